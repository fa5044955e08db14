/* SPDX-License-Identifier: Apache-2.0
 *
 * The command a recording is made of (record -- COMMAND): forked early, before the recorder changes anything about itself
 * (signals, priority, limits, privileges), held back until the hooks are live, then let go. It runs exactly as it would have
 * without us.
 */
#pragma once

#include <sys/types.h>

#include "common/diag.h"

struct hc_child {
	pid_t pid;
	int pidfd; /* readable when it has ended */
	int go;    /* it waits for the other end of this */
	int error; /* where it says why it cannot run */
};
#define HC_CHILD_NONE { .pid = -1, .pidfd = -1, .go = -1, .error = -1 }

/* argv ends with NULL. */
int hc_child_start(struct hc_child *child, char **argv, struct hc_diag *reterr_diag);
/* Lets it go. 0: it runs. Otherwise the exit code env(1) would have, 126 or 127, and diag; it is reaped then. */
int hc_child_release(struct hc_child *child, const char *name, struct hc_diag *reterr_diag);
/* After it has ended: its exit code, 128 + signal if it was killed. */
int hc_child_reap(struct hc_child *child);
/* Closes what is open; a child still held back ends by itself. */
void hc_child_done(struct hc_child *child);
