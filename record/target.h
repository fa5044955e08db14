/* SPDX-License-Identifier: Apache-2.0
 *
 * A control group as users name it, and as the kernel side tests for it.
 */
#pragma once

#include <stdint.h>

#include "common/diag.h"

/* path: a directory of the cgroup2 file system, or what /proc/PID/cgroup shows behind "0::". The id is the directory's
 * inode number, level its depth below the root (0). */
int hc_target_cgroup(const char *path, uint64_t *ret_id, uint32_t *ret_level, struct hc_diag *reterr_diag);
