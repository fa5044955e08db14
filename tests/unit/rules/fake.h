/* SPDX-License-Identifier: Apache-2.0
 *
 * A stand-in for the host state: field texts with values, and conditions evaluated against them.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "rules/check.h"
#include "rules/parser.h"

struct fake_value {
	const char *field; /* as written in conditions */
	struct hc_value value;
	struct hc_value items[4]; /* of a list: those of FAKE_LIST live no longer than the statement that names them */
};

struct fake {
	struct fake_value values[32];
	unsigned n;
};

static inline bool fake_extract(void *ctx, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct fake *fake = ctx;

	for (unsigned i = 0; i < fake->n; i++)
		if (hc_str_is(field->text, fake->values[i].field)) {
			*ret = fake->values[i].value;
			return true;
		}
	return false;
}

static inline void fake_set(struct fake *fake, const char *field, struct hc_value value)
{
	unsigned i = 0;

	while (i < fake->n && strcmp(fake->values[i].field, field))
		i++;
	fake->values[i].field = field;
	fake->values[i].value = value;
	if (value.kind == HC_VALUE_LIST && value.nitems) {
		memcpy(fake->values[i].items, value.items, value.nitems * sizeof value);
		fake->values[i].value.items = fake->values[i].items;
	}
	if (i == fake->n)
		fake->n++;
}

#define FAKE_STR(text) ((struct hc_value){ .kind = HC_VALUE_STRING, .s = { text, sizeof(text) - 1 } })
#define FAKE_BYTES(text) ((struct hc_value){ .kind = HC_VALUE_BYTES, .s = { text, sizeof(text) - 1 } })
#define FAKE_INT(n) ((struct hc_value){ .kind = HC_VALUE_INT, .u = (uint64_t)(n) })
#define FAKE_BOOL(b) ((struct hc_value){ .kind = HC_VALUE_BOOL, .u = (b) })
#define FAKE_IP(bytes) ((struct hc_value){ .kind = HC_VALUE_IP, .s = { bytes, sizeof(bytes) - 1 } })
#define FAKE_LIST(...) \
	((struct hc_value){ .kind = HC_VALUE_LIST, \
			    .nitems = sizeof((struct hc_value[]){ __VA_ARGS__ }) / sizeof(struct hc_value), \
			    .items = (struct hc_value[]){ __VA_ARGS__ } })
#define FAKE_NONE ((struct hc_value){ .kind = HC_VALUE_LIST })
