/* SPDX-License-Identifier: Apache-2.0
 *
 * What the plan remembers with a thread or an fd: the results of conditions that depend on nothing else. The host
 * state embeds one hc_memo per subject and says when it is stale; what is inside is the plan's business
 * (architecture.md decision 3).
 *
 * The contract: whenever anything a remembered field could read has changed, the owner calls hc_memo_reset() for the
 * subjects concerned, or raises the epoch it hands to the plan (hc_plan_subject), which outdates all at once. Resetting
 * too often only costs time; not resetting is a wrong alert.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All memos of the process together: enough for every live thread of a large host with the official rules; beyond it
 * results are worked out again instead of remembered. */
enum { HC_MEMO_BYTES_MAX = 16 << 20 };

struct hc_memo {
	uint32_t *bits; /* owned; NULL until the subject is seen a second time */
	uint32_t epoch; /* what was current when bits were filled; 0: stale */
	uint32_t size;  /* words at bits; 1 without bits: seen once in this epoch */
};

/* Forgets everything remembered; keeps the memory. Zero-initialised is a valid, empty memo. */
static inline void hc_memo_reset(struct hc_memo *memo)
{
	memo->epoch = 0;
}

void hc_memo_done(struct hc_memo *memo);

/* hc_memo_room() where there is none yet. */
bool hc_memo_grow(struct hc_memo *memo, uint32_t words);

/* For the plan: room for at least `words`, new ones zero. False: the cap is reached. */
static inline bool hc_memo_room(struct hc_memo *memo, uint32_t words)
{
	return (memo->bits && memo->size >= words) || hc_memo_grow(memo, words);
}
