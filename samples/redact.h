/* SPDX-License-Identifier: Apache-2.0
 *
 * A capture without what is private in it, section by section and event by event. What replaces a word depends on the key,
 * the policy, the rules and the names of users and hosts the section lists, and on nothing else: not on where the word
 * stands nor what came before.
 *
 * Invariant: everything that comes out is a number, or went through one of the classes of samples/policy.h. What is not
 * understood (a parameter of a wrong length, JSON that is none, data of plugins) is left out and counted.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/event.h"
#include "formats/section.h"
#include "samples/policy.h"

struct hc_redactor;
struct hc_ruleset;

struct hc_redact_options {
	const struct hc_policy *policy;  /* borrowed for the life of the redactor */
	const void *key;                 /* copied into the HMAC's state */
	size_t key_len;
	const struct hc_ruleset *rules;  /* only looked at by _new; NULL: no rules */
	uint32_t nrules_files;           /* for the ledger */
};

/* What was taken out, by class; what could not be understood. */
struct hc_redact_counts {
	uint64_t values[HC_REDACT_CLASS_COUNT]; /* words replaced, or whole values dropped */
	uint64_t bytes[HC_REDACT_CLASS_COUNT];
	uint64_t named;   /* words that stayed because rules name them */
	uint64_t opaque;  /* values left out: malformed, or of a kind that cannot be looked into */
	uint64_t cut;     /* values that grew beyond what the format holds, and lost their end */
};

struct hc_redactor *hc_redactor_new(const struct hc_redact_options *options);
struct hc_redactor *hc_redactor_free(struct hc_redactor *redactor);
HC_DEFINE_CLEANUP(struct hc_redactor *, hc_redactor_free);

/* A new section begins: its lists, redacted, borrowed until the next section. */
const struct hc_section *hc_redact_section(struct hc_redactor *redactor, const struct hc_section *section);
/* *ret is borrowed until the next call. */
void hc_redact_event(struct hc_redactor *redactor, struct hc_event *event, struct hc_event *ret);
/* The ledger's event that says what was done (common/ledger.h): after the last event, at its time. Borrowed likewise. */
void hc_redact_ledger(struct hc_redactor *redactor, uint64_t ts_ns, struct hc_event *ret);

const struct hc_redact_counts *hc_redact_counts(const struct hc_redactor *redactor);
