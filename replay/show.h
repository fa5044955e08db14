/* SPDX-License-Identifier: Apache-2.0
 *
 * Field values as outputs show them: text in messages (rules-language.md 8.2), values in JSON objects (8.4).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "replay/eval.h"
#include "rules/field.h"
#include "rules/value.h"

/* Appends a value of a parameter type and print format; false, and nothing appended, if such a value prints as absent
 * (numbers without a print format (Q)). */
bool hc_show_text(struct hc_buf *to, const struct hc_value *value, uint8_t type, uint8_t format, bool base64);
/* The same as a JSON value; what prints as absent is null. */
void hc_show_json(struct hc_buf *to, const struct hc_value *value, uint8_t type, uint8_t format, bool base64);

/* A field of the current event as text; false, and nothing appended, if it is absent or prints so. */
bool hc_show_field(struct hc_eval *eval, const struct hc_field *field, struct hc_buf *to);
/* Likewise: "<NA>" and null if absent. Time fields are integers in JSON. */
void hc_show_field_text(struct hc_eval *eval, const struct hc_field *field, struct hc_buf *to);
void hc_show_field_json(struct hc_eval *eval, const struct hc_field *field, struct hc_buf *to);
