/* SPDX-License-Identifier: Apache-2.0
 *
 * Giving up, before the first byte of a capture is read, everything that reading one does not need. A capture is
 * hostile input: should it ever take over the process, what is left to it is memory, the descriptors already open, and
 * the clock. No other file, no socket, no program, no new process, and no way back.
 */
#pragma once

#include <stdbool.h>

/* What is in force afterwards. */
struct hc_confinement {
	bool not_root;     /* root has become nobody (replay/nobody.h) */
	bool no_new_privs; /* set-uid programs would not help */
	bool seccomp;      /* the list of system calls of confine.c */
	bool landlock;     /* no path can be opened, made or removed, no TCP port bound or connected; kernel 5.13 and later */
};

/* Confines the calling process for the rest of its life. To be called once, with inputs, outputs and rules open, the
 * time zone loaded (tzset), helper processes started, and before any thread is: threads started later inherit it.
 *
 * Works afterwards: read, write and their kin on open descriptors, memory (never executable), threads, clocks, waiting.
 * Fails with EPERM (EACCES where only Landlock stands): open in any form, socket, connect, exec, fork, kill of others.
 *
 * What the kernel or the build lacks is left out, and ret says so; that is for the caller to judge or to mention. */
void hc_confine(struct hc_confinement *ret);

/* Whether this build has the seccomp list at all (libseccomp found, no sanitizer: theirs need to open files). */
bool hc_confine_has_seccomp(void);
