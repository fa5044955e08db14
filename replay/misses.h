/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a rule did not alert: over all events of captures, those that came nearest to its condition, put together by what
 * they lacked. "Nearest" is the fewest comparisons that would have to come out otherwise; among equals, values that
 * resemble what was asked for come first, and within one kind of miss such an event stands for the others.
 * Kinds that only add to what a nearer one lacked come last, so that the first few differ in what they say.
 *
 * Events of types the rule does not look at count as one comparison further away: it may be the type that is wrong.
 * Meant for a second pass over a capture, once it is known which rule to ask about; memory is bounded whatever comes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "replay/explain.h"

enum {
	HC_MISSES_KINDS_MAX = 256, /* kinds of misses held, fewer of conditions with thousands of comparisons */
	HC_MISSES_VALUES_MAX = 8,  /* different values told of the field that was not right */
};

struct hc_miss_value {
	char *text; /* for people, cut; owned by the collector */
	uint64_t n;
};

/* A kind of miss: events that lacked the same comparisons. */
struct hc_miss {
	const struct hc_explanation *nearest; /* the event that stands for them */
	uint64_t events;                      /* how many; kinds that had to be forgotten meanwhile start again */
	bool favoured;                        /* some of them were (hc_misses_event) */
	uint32_t distance;                    /* comparisons that would have to come out otherwise; one more for a type not looked at */
	/* If all that failed is about one field: what it was, in order of appearance, and how often something else. */
	struct hc_miss_value values[HC_MISSES_VALUES_MAX];
	uint32_t nvalues;
	uint64_t others;
};

struct hc_misses;

/* rule: one of rules->rules; both borrowed. */
struct hc_misses *hc_misses_new(const struct hc_ruleset *rules, const struct hc_rule *rule);
struct hc_misses *hc_misses_free(struct hc_misses *misses);

/* The capture that events come from now, if it is to be told; borrowed. */
void hc_misses_capture(struct hc_misses *misses, const char *name);
/* The current event. favoured: the caller knows it for what the rule is expected to alert about, so that it goes first. */
void hc_misses_event(struct hc_misses *misses, struct hc_eval *eval, bool favoured);

/* Kinds of misses, nearest first, but those that lacked all that a nearer kind lacked and more behind all others; borrowed
 * until the next event. */
uint32_t hc_misses_get(struct hc_misses *misses, const struct hc_miss *const **ret);

/* Events that fulfilled the condition, and the first of them (NULL: none). */
uint64_t hc_misses_matched(const struct hc_misses *misses, const struct hc_explanation **ret_first);
/* Of those: how many another rule, earlier in matching order, matches too, so that with rule_matching `first` that one
 * alerts instead; and which the first time. */
uint64_t hc_misses_taken(const struct hc_misses *misses, const struct hc_rule **ret_by);
/* Events of types the rule looks at; all events. */
uint64_t hc_misses_looked_at(const struct hc_misses *misses);
uint64_t hc_misses_events(const struct hc_misses *misses);

/* Why it did not alert, at most max lines, each one with `indent` before it and a newline behind it: that the rule takes no
 * part, that it matched and another one alerted, or the nearest misses, as
 *   proc.name in (shell_binaries) was false: proc.name=python3, at event 1234 (and 11 more: perl 9, php 2) */
void hc_misses_lines(struct hc_misses *misses, uint32_t max, const char *indent, struct hc_buf *to);
/* One kind of miss as such a line, without newline. */
void hc_miss_line(const struct hc_miss *miss, struct hc_buf *to);
