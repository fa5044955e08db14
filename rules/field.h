/* SPDX-License-Identifier: Apache-2.0
 *
 * The field catalogue (from fields.def) and a reference to a field as a rule writes it. The rules layer knows types,
 * arguments and scopes; how a value comes about is the business of whoever evaluates (replay/), behind hc_extract_fn.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/diag.h"
#include "common/schema.h"
#include "rules/value.h"

enum hc_field_id {
#define HC_FIELD(id, ...) HC_FIELD_##id,
#include "rules/fields.def"
#undef HC_FIELD
	HC_FIELD_COUNT,
};

/* What a field's value can depend on. A predicate's scope is the widest of its fields'. THREAD: the event's thread and
 * its ancestors; FD: the event's fd entry; both change only when the host state says so. */
enum hc_scope { HC_SCOPE_CONST, HC_SCOPE_THREAD, HC_SCOPE_FD, HC_SCOPE_EVENT };

enum hc_field_arg { HC_ARG_NONE, HC_ARG_INDEX, HC_ARG_KEY, HC_ARG_INDEX_OR_KEY, HC_ARG_NAME /* .name suffix */ };

enum hc_field_flag {
	HC_FIELD_IS_LIST = 1, HC_FIELD_ARG_REQUIRED = 2, HC_FIELD_NO_RHS = 4, HC_FIELD_NO_TRANSFORMER = 8,
	HC_FIELD_FILTER_ONLY = 16, HC_FIELD_PRINT_ONLY = 32, HC_FIELD_HIDDEN = 64, HC_FIELD_DEPRECATED = 128,
	HC_FIELD_SUGGESTED = 256,
};

/* How several candidate values of one field take part in a comparison. Such fields extract as HC_VALUE_LIST when asked
 * for a condition, and as their single printable value when asked for an output. */
enum hc_field_match {
	HC_MATCH_ONE,       /* ordinary */
	HC_MATCH_ANY,       /* any candidate satisfies the operator, whatever it is: proc.aname without index ... */
	HC_MATCH_BOTH_ENDS, /* `=`, orderings: either; `!=`: all: fd.ip, fd.port, fd.net, fd.proto (fields-semantics.md 5.5) */
};

struct hc_field_info {
	const char *name;
	uint8_t type;   /* enum hc_param_type, of one value */
	uint8_t format; /* enum hc_print_format */
	uint8_t arg;    /* enum hc_field_arg */
	uint16_t flags; /* enum hc_field_flag */
	uint8_t scope;  /* enum hc_scope */
	uint8_t match;  /* enum hc_field_match */
	const char *help;
};
extern const struct hc_field_info hc_field_table[HC_FIELD_COUNT];

/* A field with its argument, as written somewhere. Interned per rule set: equal references are one object, so `slot`
 * can index per-event caches. */
struct hc_field {
	enum hc_field_id id;
	const struct hc_field_info *info;
	uint8_t type;     /* info->type, or what the argument makes of it (evt.rawarg.X) */
	uint8_t format;
	uint8_t scope;
	uint8_t match;
	bool has_index;   /* [N] given; -1 counts as not given (fields-semantics.md 1) */
	int64_t index;
	struct hc_str key; /* [KEY] or .NAME; empty if none; NUL-terminated, owned by the rule set */
	struct hc_str text; /* the whole as written: JSON keys */
	uint32_t slot;    /* dense number within the rule set */
};

/* Asks for a field's value for the current event of ctx. for_output chooses the printable form of fields that differ
 * (enum hc_field_match, proc.apid ...). False: absent. Bytes and items are borrowed until ctx's next event. */
typedef bool (*hc_extract_fn)(void *ctx, const struct hc_field *field, bool for_output, struct hc_value *ret);
