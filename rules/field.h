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

/* What a field's value can depend on; results of conditions are remembered by it (rules/memo.h), so where in doubt a
 * field is EVENT. A field that also looks at the event's bytes, its time, last_fd or per-event scratch is EVENT. */
enum hc_scope {
	HC_SCOPE_CONST,   /* nothing: the same for every event */
	HC_SCOPE_TYPE,    /* the event code */
	HC_SCOPE_THREAD,  /* the thread entry of the event: own attributes, user and container tables included */
	HC_SCOPE_LINEAGE, /* ... and entries of other threads: parent, ancestors, leaders, main thread */
	HC_SCOPE_FD,      /* the event's fd entry */
	HC_SCOPE_EVENT,   /* anything */
	HC_SCOPE_COUNT,
};

enum hc_field_arg {
	HC_ARG_NONE, HC_ARG_INDEX, HC_ARG_KEY, HC_ARG_INDEX_OR_KEY, HC_ARG_NAME /* .name suffix */, HC_ARG_INDEX_OR_NAME,
};

enum hc_field_flag {
	HC_FIELD_IS_LIST = 1, HC_FIELD_ARG_REQUIRED = 2, HC_FIELD_NO_RHS = 4, HC_FIELD_NO_TRANSFORMER = 8,
	HC_FIELD_FILTER_ONLY = 16, HC_FIELD_PRINT_ONLY = 32, HC_FIELD_HIDDEN = 64, HC_FIELD_DEPRECATED = 128,
	HC_FIELD_SUGGESTED = 256, HC_FIELD_NO_IN = 512, /* `in` never matches (rules-language.md 5.4, 5.5 (Q)) */
};

/* How the candidate values of one field take part in a comparison. Fields other than ONE extract as said here when asked
 * for a condition, and as their single printable value when asked for an output. */
enum hc_field_match {
	HC_MATCH_ONE,        /* ordinary */
	HC_MATCH_ANY,        /* HC_VALUE_LIST; any candidate satisfies the operator, whatever it is; an empty list is
				absent: proc.aname without index ... */
	HC_MATCH_BOTH_ENDS,  /* HC_VALUE_LIST of 0 (non-IP entry), 1 or 2 ends; no fd entry: absent. `=`, orderings, `in`:
				either end; `!=`: all, and at least one; `exists`: also for the empty list. fd.ip, fd.port,
				fd.proto and fd.net (fields-semantics.md 5.5) */
	HC_MATCH_UNRESOLVED, /* HC_VALUE_BOOL: the fd entry is an IP tuple with a role; no entry: absent. Names are never
				resolved: `!=` gives that bool, `exists` true, all else false. fd.cip.name ... */
	HC_MATCH_AROUND,     /* the event's time; `=` compares with index +- literal ms. evt.around */
};

struct hc_field_info {
	const char *name;
	uint8_t type;   /* enum hc_param_type, of one value */
	uint8_t format; /* enum hc_print_format */
	uint8_t arg;    /* enum hc_field_arg */
	uint8_t scope;  /* enum hc_scope */
	uint8_t match;  /* enum hc_field_match */
	uint16_t flags; /* enum hc_field_flag */
	const char *help;
};
extern const struct hc_field_info hc_field_table[HC_FIELD_COUNT];

/* A field with its argument, as written somewhere. Interned per rule set by its text: equal texts are one object, so
 * `slot` can index per-event caches. */
struct hc_field {
	enum hc_field_id id;
	const struct hc_field_info *info;
	uint8_t type;     /* info->type, or what the argument makes of it (evt.rawarg.X) */
	uint8_t format;
	uint8_t scope;
	uint8_t match;
	bool is_list;
	bool has_index;   /* [N] given; -1 counts as not given (fields-semantics.md 1) */
	int64_t index;
	struct hc_str key;  /* [KEY] or .NAME; empty if none; NUL-terminated, owned by the set */
	struct hc_str text; /* the whole as written: JSON keys; NUL-terminated, owned by the set */
	uint32_t slot;      /* dense number within the set */
};

/* The references of one rule set. */
struct hc_field_set {
	struct hc_arena arena;
	struct hc_field **fields; /* by slot */
	uint32_t n, cap;
	uint32_t *buckets; /* slot + 1; power of two */
	uint32_t nbuckets;
};

void hc_field_set_init(struct hc_field_set *set);
void hc_field_set_done(struct hc_field_set *set);

/* Resolves a reference: name is everything before a bracket ("evt.arg.flags", "proc.aname"), arg the unquoted text in
 * brackets, text the whole as written. 0: *ret borrowed from the set. -EINVAL: no such field, or not with that argument:
 * diag->text is "filter_check called with nonexistent field TEXT" (rules-language.md 9.2). Everything is copied. */
int hc_field_parse(struct hc_field_set *set, struct hc_str name, bool has_arg, struct hc_str arg, struct hc_str text,
		   const struct hc_field **ret, struct hc_diag *diag);

/* Why such a reference is unknown, or what may have been meant: "did you mean 'proc.name'?". */
enum { HC_FIELD_HINT_MAX = 192 };
void hc_field_hint(struct hc_str name, bool has_arg, struct hc_str arg, char ret_hint[HC_FIELD_HINT_MAX]);

/* hc_field_parse() for a field without argument known to exist (a suffix .NAME may be part of name). Asserts that it does. */
const struct hc_field *hc_field_of(struct hc_field_set *set, const char *name);

/* The catalogue entry of exactly that name (no argument, no suffix), or NULL. */
const struct hc_field_info *hc_field_info_find(struct hc_str name);

/* A catalogue name near to `name`, for "did you mean"; NULL if none is. */
const char *hc_field_nearest(struct hc_str name);

/* Asks for a field's value for the current event of ctx. for_output chooses the printable form of fields that differ
 * (enum hc_field_match, proc.apid ...). False: absent. Bytes and items are borrowed until ctx's next event. */
typedef bool (*hc_extract_fn)(void *ctx, const struct hc_field *field, bool for_output, struct hc_value *ret);
