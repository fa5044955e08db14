/* SPDX-License-Identifier: Apache-2.0
 *
 * A control group as users name it, and as the kernel side tests for it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/diag.h"

/* path: a directory of the cgroup2 file system, or what /proc/PID/cgroup shows behind "0::". The id is the directory's
 * inode number, level its depth below the root (0). */
int hc_target_cgroup(const char *path, uint64_t *ret_id, uint32_t *ret_level, struct hc_diag *reterr_diag);

/* The kernel side knows processes by their numbers in the initial pid name space. Ours, as the /proc below host_root shows it;
 * 0: it cannot be told, because this is another name space and that /proc is its own. */
pid_t hc_target_self(const char *host_root);
bool hc_target_is_contained(void);

/* Of what process is that a thread? Its own number: it is one; 0: there is none. */
pid_t hc_target_process_of(pid_t tid);

/* Calls fn with each process that descends from that one at present, those that begin meanwhile included as long as fn's
 * own way of following keeps up with the ones it knows. What fn returns ends it if it is not 0. */
int hc_target_descendants(pid_t of, int (*fn)(void *ctx, pid_t pid), void *ctx);
