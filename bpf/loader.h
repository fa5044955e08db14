/* SPDX-License-Identifier: Apache-2.0
 *
 * From skeleton to live hooks: the parts every user of the BPF object needs (the recorder, the driver tests).
 *
 *   struct hc_bpf *skel = hc_bpf__open();
 *   skel->rodata->hc_config.self_tgid = ...; skel->rodata->hc_config.boot_to_epoch_ns = ...;
 *   hc_bpf_enter_open(skel, way, &enter);       only if enter events are wanted (bpf/enter.h)
 *   hc_bpf_load(skel, ring_bytes, &rings);      size maps, load, wire programs, create rings
 *   hc_bpf_select(skel, sc_set, &enter);        interest table; any time, as often as wanted
 *   hc_bpf_attach(skel, &enter, &bad);          hooks live from here on
 *   ... drain rings.fds[cpu], read skel->bss->hc_cpus[cpu] ...
 *   hc_bpf_rings_close(&rings); hc_bpf_enter_close(&enter); hc_bpf__destroy(skel);
 *
 * Zero or negative errno. Never call hc_bpf__attach(): it would attach the filling programs to sys_exit themselves.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/abi.h"
#include "bpf/enter.h"

struct hc_bpf; /* the skeleton, bpf/hindcast.skel.h */

enum { HC_BPF_SHED = 2 }; /* value in sc_set of hc_bpf_select */

struct hc_bpf_rings {
	int *fds;      /* owned; ring buffer map of CPU i; -1: no such CPU */
	size_t n;      /* possible CPUs, at most HC_BPF_CPUS_MAX */
	size_t nbytes; /* size of each ring, a power of two and whole pages */
};

/* Nanoseconds to add to CLOCK_BOOTTIME to get the wall clock, now. */
uint64_t hc_bpf_boot_to_epoch_ns(void);

/* ring_nbytes is rounded up to a power of two of at least a page. On error nothing stays open but skel. */
int hc_bpf_load(struct hc_bpf *skel, size_t ring_nbytes, struct hc_bpf_rings *ret_rings);

/* Attaches the hooks; enter: also those at the entry of calls, NULL: without. *reterr_program (static text) names the one
 * that could not be. */
int hc_bpf_attach(struct hc_bpf *skel, struct hc_bpf_enter *enter, const char **reterr_program);

/* Makes the interest table say exactly: the system calls and tracepoints whose portable code has sc_set[code] set;
 * where it is HC_BPF_SHED the call is counted (HC_DROP_SHED) and not recorded.
 * enter: their enter events too, where there are any (NULL: none). In place: a call selected before and after is never missed. Hooks
 * of tracepoints come and go with it, once hc_bpf_attach() was called. */
int hc_bpf_select(struct hc_bpf *skel, const uint8_t sc_set[HC_BPF_SC_MAX], struct hc_bpf_enter *enter);

/* Adds a thread group to those followed (config.follow). */
int hc_bpf_follow(struct hc_bpf *skel, uint32_t tgid);

void hc_bpf_rings_close(struct hc_bpf_rings *rings);
