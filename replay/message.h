/* SPDX-License-Identifier: Apache-2.0
 *
 * A compiled output template (rules/output.h) filled in for the current event.
 */
#pragma once

#include <stdbool.h>

#include "common/buf.h"
#include "replay/eval.h"
#include "rules/output.h"

/* Appends the message. star: absent fields print as <NA>; otherwise a message with an absent field is not printed at all:
 * false, and nothing appended (rules-language.md 8.1). */
bool hc_message_text(struct hc_eval *eval, const struct hc_output *output, bool star, struct hc_buf *to);

/* Appends the JSON object of the template's plain fields, keys sorted; false (nothing appended) as above. */
bool hc_message_json(struct hc_eval *eval, const struct hc_output *output, bool star, struct hc_buf *to);
