/* SPDX-License-Identifier: Apache-2.0
 *
 * The value of a field for one event. "Absent" is not a value: extraction then returns false (rules-language.md 5.2).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

/* How a value is compared and printed; the type column of fields.tsv folded to what behaves differently.
 * Width and signedness of numbers are the field's (rules/field.h). */
enum hc_value_kind {
	HC_VALUE_STRING, /* s: bytes up to the first NUL count */
	HC_VALUE_BYTES,  /* s: all of it counts */
	HC_VALUE_INT,    /* u: sign- or zero-extended to 64 bits by the field's type */
	HC_VALUE_DOUBLE,
	HC_VALUE_BOOL,   /* u: 0 or 1 */
	HC_VALUE_IP,     /* s: 4 or 16 bytes, network order */
	HC_VALUE_LIST,   /* items, all of one other kind */
};

struct hc_value {
	enum hc_value_kind kind;
	uint32_t nitems;
	union {
		struct hc_str s;
		uint64_t u;
		double d;
		const struct hc_value *items;
	};
};
