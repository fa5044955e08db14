/* SPDX-License-Identifier: Apache-2.0
 *
 * Adaptive selection: which syscalls the kernel is asked for (selection.md). A pure function of rules and options;
 * only the recorder calls it. It never applies to a capture being replayed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/schema.h"

/* A set of syscall codes or event codes. */
struct hc_scset {
	uint64_t w[(HC_SC_COUNT + 63) / 64];
};
struct hc_evset {
	uint64_t w[(HC_EVENT_COUNT + 63) / 64];
};

static inline bool hc_scset_has(const struct hc_scset *s, unsigned sc)
{
	return s->w[sc / 64] >> (sc % 64) & 1;
}
static inline void hc_scset_add(struct hc_scset *s, unsigned sc)
{
	s->w[sc / 64] |= 1ull << (sc % 64);
}
