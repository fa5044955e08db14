/* SPDX-License-Identifier: Apache-2.0
 *
 * The per-CPU ring buffers seen from user space, and their merge into one stream ordered by time. Records stay where
 * the kernel put them until they are emitted; no system call and no copy per event.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/diag.h"

struct hc_rings;

/* One event in wire form (formats/writer.h); borrowed for the call. Non-zero stops the pass and is returned. */
typedef int (*hc_rings_emit_fn)(void *ctx, uint16_t cpu, const void *wire, uint32_t len);

/* fds[n]: ring buffer maps of size bytes each (a power of two), one per CPU; borrowed, they must outlive the result. */
int hc_rings_new(struct hc_rings **ret, const int *fds, uint32_t n, uint32_t size, struct hc_diag *reterr_diag);
struct hc_rings *hc_rings_free(struct hc_rings *rings);

/* Emits what is there with a timestamp of at most until_ns, in order of time. Timestamps never decrease, from pass to
 * pass too: an event that shows up after a later one was emitted is given that one's time. Returns 0, or what emit
 * returned. */
int hc_rings_drain(struct hc_rings *rings, uint64_t until_ns, hc_rings_emit_fn emit, void *ctx);

struct hc_rings_stats {
	uint64_t events, bytes; /* emitted */
	uint64_t late;          /* of those, given a later time than their own */
	uint32_t fill_pct;      /* how full the fullest ring was at the start of the last pass */
	uint32_t fill_max_pct;  /* ... of any pass since the reset */
};
void hc_rings_stats(const struct hc_rings *rings, struct hc_rings_stats *ret);
/* Bytes not yet emitted, of all rings; the fullest ring's share of its size in percent. */
uint64_t hc_rings_pending(const struct hc_rings *rings, uint32_t *ret_fill_pct);
/* Starts fill_max_pct anew. */
void hc_rings_reset_fill(struct hc_rings *rings);
