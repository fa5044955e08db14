/* SPDX-License-Identifier: Apache-2.0
 *
 * Alerts in Falco's shapes (rules-language.md 8.3, 8.4): a text line or a JSON object per match, ready to be written.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "replay/eval.h"
#include "rules/output.h"
#include "rules/ruleset.h"

struct hc_alert_options {
	bool json, iso8601;
	bool live; /* for the recorder: "alert TIME_NS PRIORITY RULE", and nothing of what the event says */
	bool include_message, include_output, include_fields, include_tags; /* of JSON objects */
};

/* One entry of output_fields: a field's value, a rendered template, or a constant. Exactly one is set. */
struct hc_alert_entry {
	struct hc_str key;
	const struct hc_field *field;
	const struct hc_output *output;
	const char *text;
};

/* A rule as alerts need it; made once. Borrows from the ruleset and from whoever compiled the outputs. */
struct hc_alert_rule {
	const struct hc_rule *rule;
	const struct hc_output *output;
	struct hc_alert_entry *entries; /* by key in byte order, each key once */
	uint32_t nentries;
};

/* extra: entries besides those of the output; later ones win over earlier ones and over the output's of the same key.
 * time: the field evt.time or evt.time.iso8601. All in arena. */
void hc_alert_prepare(struct hc_alert_rule *ret, const struct hc_rule *rule, const struct hc_output *output,
		      const struct hc_field *time, const struct hc_alert_entry *extra, uint32_t nextra, struct hc_arena *arena);

/* Appends one line with its newline. number: the rule's place, for fields that count per rule. capture: the file's name
 * if it is to be told, else NULL. */
void hc_alert_put(struct hc_eval *eval, const struct hc_alert_rule *alert, uint32_t number, const char *capture,
		  const struct hc_alert_options *options, struct hc_buf *to);

/* The value of one entry for the current event, as in output_fields, and as in a message. */
void hc_alert_entry_json(struct hc_eval *eval, const struct hc_alert_entry *entry, struct hc_buf *to);
void hc_alert_entry_text(struct hc_eval *eval, const struct hc_alert_entry *entry, struct hc_buf *to);
