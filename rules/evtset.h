/* SPDX-License-Identifier: Apache-2.0
 *
 * Sets of event codes and of system call codes, and which of them a condition can be true for (selection.md 1, 2): the
 * one algebra behind the rule index and behind selection. It over-approximates: an event that can make the condition
 * true is in the set, save for two quirks that are the reference's: `!=` and `not =` with the name of a call that has no
 * event of its own take all such calls out of the set of events, and with `accept` they take accept4 out of the calls.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/diag.h"
#include "common/schema.h"
#include "rules/ast.h"

enum { HC_SCSET_WORDS = (HC_SC_COUNT + 63) / 64, HC_EVSET_WORDS = (HC_EVENT_COUNT + 63) / 64 };

struct hc_scset {
	uint64_t w[HC_SCSET_WORDS];
};
struct hc_evset {
	uint64_t w[HC_EVSET_WORDS];
};

#define HC_SET_OPS(name, words) \
	static inline bool hc_##name##_has(const struct hc_##name *s, unsigned code) \
	{ \
		return s->w[code / 64] >> (code % 64) & 1; \
	} \
	static inline void hc_##name##_add(struct hc_##name *s, unsigned code) \
	{ \
		s->w[code / 64] |= 1ull << (code % 64); \
	} \
	static inline void hc_##name##_unite(struct hc_##name *s, const struct hc_##name *other) \
	{ \
		for (int i = 0; i < words; i++) \
			s->w[i] |= other->w[i]; \
	} \
	static inline void hc_##name##_intersect(struct hc_##name *s, const struct hc_##name *other) \
	{ \
		for (int i = 0; i < words; i++) \
			s->w[i] &= other->w[i]; \
	} \
	static inline void hc_##name##_subtract(struct hc_##name *s, const struct hc_##name *other) \
	{ \
		for (int i = 0; i < words; i++) \
			s->w[i] &= ~other->w[i]; \
	} \
	static inline unsigned hc_##name##_count(const struct hc_##name *s) \
	{ \
		unsigned n = 0; \
		for (int i = 0; i < words; i++) \
			n += (unsigned)__builtin_popcountll(s->w[i]); \
		return n; \
	}
HC_SET_OPS(scset, HC_SCSET_WORDS)
HC_SET_OPS(evset, HC_EVSET_WORDS)

/* All 454 event codes; all 452 codes of system calls and tracepoints. */
void hc_evset_fill(struct hc_evset *ret_set);
void hc_scset_fill(struct hc_scset *ret_set);

/* The events and system calls an expanded condition (no HC_AST_MACRO left) can be true for. 0, or -EINVAL with Falco's
 * message where it refuses to start: evt.type compared with a field, or through a transformer. diag->off: the check's. */
int hc_evset_of(const struct hc_ast *ast, struct hc_evset *ret_set, struct hc_diag *reterr_diag);
int hc_scset_of(const struct hc_ast *ast, struct hc_scset *ret_set, struct hc_diag *reterr_diag);

/* Names to codes (selection.md 1.1, 1.2): adds what the name stands for; an unknown one adds nothing. */
void hc_evset_add_name(struct hc_evset *set, struct hc_str name);
void hc_scset_add_name(struct hc_scset *set, struct hc_str name);
/* Would evt.type accept the name as a literal: an event's, a system call's, a container plugin's async event's
 * (rules-language.md 4)? */
bool hc_event_name_known(struct hc_str name);

/* Every name hc_event_name_known accepts, sorted, NULL at the end: for suggestions. */
const char *const *hc_event_names(void);

/* The names a set of system calls shows as (selection.md 1.3): sorted, each once, in arena. */
const char **hc_scset_names(const struct hc_scset *set, struct hc_arena *arena, uint32_t *ret_n);
/* The same for event codes. */
const char **hc_evset_names(const struct hc_evset *set, struct hc_arena *arena, uint32_t *ret_n);
