/* SPDX-License-Identifier: Apache-2.0
 *
 * All files below a directory, by name: the same order everywhere. Hidden files and directories are left out, links to
 * directories are not followed, what goes away meanwhile is not missed.
 */
#pragma once

#include "common/diag.h"

enum { HC_WALK_DEPTH_MAX = 32 };

/* Something other than 0 ends the walk and is returned. path: the whole; name: its last part; both borrowed. */
typedef int (*hc_walk_fn)(void *ctx, const char *path, const char *name, struct hc_diag *reterr_diag);

int hc_walk(const char *dir, hc_walk_fn fn, void *ctx, struct hc_diag *reterr_diag);
