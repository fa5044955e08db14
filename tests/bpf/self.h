/* SPDX-License-Identifier: Apache-2.0
 *
 * What a recorded process notes of itself, from /proc and the like, for the parent to hold against the events that
 * describe processes.
 */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "tests/bpf/harness.h"

struct self {
	char cgroups[4096], exe[4096], comm[16], cmdline[4096];
	size_t cgroups_len, cmdline_len;
	int tid, pid, ppid, pgid;
	struct stat exe_st;
	uint64_t nofile, caps[3];
	uint32_t loginuid, uid, gid, tty, exe_flags;
};
enum { WRITABLE = 1, UPPER_LAYER = 2, FROM_MEMFD = 4, LOWER_LAYER = 8 }; /* exe_flags */
enum { OTHER_UID = 54321, OTHER_GID = 54322 }; /* somebody who is not root and owns nothing */
extern struct self *self; /* shared with the children */

void note_self(void);
void note_rights(void); /* of all that only what it may */
void become_other(void);
/* Field n of /proc/PID/stat, from the third on. */
long long stat_field(const char *path, int n);

/* Parameters 3 to 14, common to exec and clone. */
void check_process(struct hc_event *ev, int tid, int pid, int ppid, const char *comm);
