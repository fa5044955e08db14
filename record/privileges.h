/* SPDX-License-Identifier: Apache-2.0
 *
 * Giving up privileges once the hooks are live.
 */
#pragma once

#include <stdbool.h>

#include "common/diag.h"

/* Keeps nothing but what is named, for the calling thread and all it starts from here on; a further call can take more. */
struct hc_privileges {
	bool files;   /* what further snapshots and files need */
	bool name;    /* what naming the first file needs, where its directory is another user's */
	bool signals; /* what passing a signal on to a command that changed its user needs */
};
int hc_privileges_drop(const struct hc_privileges *keep, struct hc_diag *reterr_diag);

/* May files and arguments of every process be read from /proc? */
bool hc_privileges_see_all(void);
