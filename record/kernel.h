/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel side in the recorder's hands: loading, the set of what is recorded, the hooks, the counters. The only
 * header of record/ whose implementation knows libbpf.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/types.h>

#include "bpf/abi.h"
#include "common/cleanup.h"
#include "common/diag.h"
#include "rules/selection.h"

struct hc_kernel;

/* Loads the programs and makes the rings (ring_size bytes each, rounded up to a power of two); nothing is hooked yet
 * and nothing selected. enter_events: those of bpf/enter.h too. On failure *reterr_diag says in words what the kernel or the
 * user lacks. */
int hc_kernel_open(struct hc_kernel **ret, const struct hc_bpf_config *config, bool enter_events, uint64_t ring_size,
		   struct hc_diag *reterr_diag);
struct hc_kernel *hc_kernel_close(struct hc_kernel *kernel);
HC_DEFINE_CLEANUP(struct hc_kernel *, hc_kernel_close);

/* Replaces the set of what is recorded, in place and at any time; those also in shed are counted, not recorded. What the
 * machine has no number for is passed over. An error (diag) means that a tracepoint of the set cannot be hooked, which
 * needs the privileges of the start; all else of the set is in force. */
int hc_kernel_select(struct hc_kernel *kernel, const struct hc_scset *set, const struct hc_scset *shed,
		     struct hc_diag *reterr_diag);
/* The hooks go live, those for the five enter events too (bpf/enter.h). */
int hc_kernel_attach(struct hc_kernel *kernel, struct hc_diag *reterr_diag);
/* Where the enter events come from, for the ledger (hc_bpf_enter_text()). */
const char *hc_kernel_enter_text(const struct hc_kernel *kernel);
/* Removes all hooks; events under way still reach the rings. */
void hc_kernel_detach(struct hc_kernel *kernel);
/* Adds a process to those that a recording with config.follow is limited to. */
int hc_kernel_follow(struct hc_kernel *kernel, pid_t pid, struct hc_diag *reterr_diag);

/* Ring buffer maps, one per possible CPU; borrowed until close. */
const int *hc_kernel_rings(const struct hc_kernel *kernel, uint32_t *ret_n, uint32_t *ret_size);
/* The kernel's counters, live, by CPU; borrowed until close. */
const volatile struct hc_bpf_cpu *hc_kernel_cpus(const struct hc_kernel *kernel, uint32_t *ret_n);
/* Events lost by portable code, live: [HC_BPF_SC_MAX]. */
const volatile __u64 *hc_kernel_dropped_by_sc(const struct hc_kernel *kernel);

/* Events lost so far, all CPUs; those of calls that were shed apart. */
uint64_t hc_kernel_lost(const struct hc_kernel *kernel, uint64_t *ret_shed);
/* Processes that should have been followed (config.follow) and are not, because there were too many. */
uint64_t hc_kernel_unfollowed(const struct hc_kernel *kernel);
/* "ring-full" and so on: as the ledger and the summary name causes. */
const char *hc_kernel_drop_name(unsigned why);
