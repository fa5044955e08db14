/* SPDX-License-Identifier: Apache-2.0
 *
 * From YAML to the collection: one rules file's items in order (rules-language.md 1). The first error ends the file; what
 * came before it stays collected, as in the reference. Keys are looked at in the reference's order, since with several
 * things wrong that order decides which one is reported.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/options.h"
#include "rules/collection.h"
#include "rules/hint.h"
#include "rules/lexer.h"
#include "rules/yamlmend.h"

#define WARNING_APPEND \
	"'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead."
#define WARNING_ENABLED \
	"The standalone 'enabled' key usage is deprecated. The correct approach requires also a 'replace' entry under the " \
	"'override' key (i.e. 'enabled: replace')."
#define ERROR_OVERRIDE_APPEND \
	"Keys 'override' and 'append: true' cannot be used together. Add an 'append' entry (e.g. 'condition: append') under " \
	"'override' instead."

#define INVALID(ld, at, ...) (hc_problem_add(ld, HC_LOAD_ERR_YAML_VALIDATE, at, NULL, __VA_ARGS__), HC_RULESET_INVALID)

typedef const struct hc_yaml_node *node_t;

int hc_item_scalar(struct hc_loader *ld, node_t item, const char *key, const struct hc_location *at, bool optional,
		   node_t *ret_node)
{
	node_t value = hc_yaml_get(item, key);
	struct hc_problem *p;
	const struct hc_location *value_at;

	*ret_node = NULL;
	if (!value && optional)
		return 0;
	if (!value)
		return INVALID(ld, at, "Item has no mapping for key '%s'", key);
	if (value->kind == HC_YAML_NULL) {
		p = hc_problem_add(ld, HC_LOAD_ERR_YAML_VALIDATE, at, NULL, "Mapping for key '%s' is empty", key);
		hc_problem_place_node(ld, p, ld->file, hc_yaml_get_key(item, key));
		return HC_RULESET_INVALID;
	}
	value_at = hc_location_new(ld, at, "value for", key, value);
	if (value->kind != HC_YAML_SCALAR)
		return INVALID(ld, value_at, "Value is not a scalar value");
	if (!value->text.len)
		return INVALID(ld, value_at, "Value must be non-empty");
	*ret_node = value;
	return 0;
}

static int read_bool(struct hc_loader *ld, node_t item, const char *key, const struct hc_location *at, bool *ret)
{
	node_t value;
	int r = hc_item_scalar(ld, item, key, at, true, &value), v;
	struct hc_problem *p;

	if (r || !value)
		return r;
	v = hc_yaml_bool(value->text);
	if (v < 0) {
		p = hc_problem_add(ld, HC_LOAD_ERR_YAML_VALIDATE, hc_location_new(ld, at, "value for", key, value), NULL,
				   "Can't decode YAML scalar value");
		hc_problem_hint(ld, p, "'%s' is true or false", key);
		return HC_RULESET_INVALID;
	}
	*ret = v;
	return 0;
}

bool hc_item_to_u32(struct hc_str s, uint32_t *ret)
{
	char *end;
	unsigned long long v;

	if (!s.len || !isdigit((unsigned char)s.p[s.p[0] == '+']))
		return false;
	errno = 0;
	v = strtoull(s.p, &end, 0);
	if (*end || errno || v > UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static int read_u32(struct hc_loader *ld, node_t item, const char *key, const struct hc_location *at, uint32_t *ret)
{
	node_t value;
	int r = hc_item_scalar(ld, item, key, at, true, &value);

	if (!r && value && !hc_item_to_u32(value->text, ret))
		return INVALID(ld, hc_location_new(ld, at, "value for", key, value), "Can't decode YAML scalar value");
	return r;
}

/* A sequence of scalars as texts. */
static int read_texts(struct hc_loader *ld, node_t item, const char *key, const struct hc_location *at, bool optional,
		      const char ***ret, uint32_t *ret_n)
{
	node_t value = hc_yaml_get(item, key);
	const struct hc_location *value_at;

	*ret_n = 0;
	if (!value && optional)
		return 0;
	if (!value)
		return INVALID(ld, at, "Item has no mapping for key '%s'", key);
	value_at = hc_location_new(ld, at, "value for", key, value);
	if (value->kind != HC_YAML_SEQUENCE)
		return INVALID(ld, value_at, "Value is not a sequence");
	*ret = hc_arena_array(&ld->ruleset->arena, const char *, value->nitems + 1);
	for (uint32_t i = 0; i < value->nitems; i++) {
		node_t v = value->items[i];

		if (v->kind != HC_YAML_SCALAR)
			return INVALID(ld, hc_location_new(ld, value_at, "list item", "", v), "sequence value is not scalar");
		(*ret)[(*ret_n)++] = v->text.p;
		ld->ruleset->collection->text_used += sizeof(char *);
	}
	if (ld->ruleset->collection->text_used > HC_COLLECTION_TEXT_MAX)
		return INVALID(ld, value_at, "the rules need more than 512 MiB; is an alias used very often?");
	return 0;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int read_tags(struct hc_loader *ld, node_t item, const struct hc_location *at, struct hc_rule_item *rule)
{
	uint32_t n, kept = 0;
	int r = read_texts(ld, item, "tags", at, true, &rule->tags, &n);

	if (n)
		qsort(rule->tags, n, sizeof *rule->tags, by_bytes);
	for (uint32_t i = 0; i < n; i++)
		if (!kept || strcmp(rule->tags[kept - 1], rule->tags[i]))
			rule->tags[kept++] = rule->tags[i];
	rule->ntags = kept;
	return r;
}

/* ---- keys ---- */

static const char *const list_keys[] = { "list", "items", "append", "override", NULL };
static const char *const macro_keys[] = { "macro", "condition", "append", "override", NULL };
static const char *const rule_keys[] = {
	"rule", "condition", "output", "desc", "priority", "source", "enabled", "capture", "capture_duration",
	"warn_evttypes", "skip-if-unknown-filter", "tags", "exceptions", "override", "append", NULL,
};

static bool among(const char *const *names, struct hc_str name)
{
	for (; *names; names++)
		if (hc_str_is(name, *names))
			return true;
	return false;
}

void hc_item_warn_unknown_keys(struct hc_loader *ld, node_t item, const char *const *allowed,
			       const struct hc_location *at)
{
	for (uint32_t i = 0; i + 1 < item->nitems; i += 2) {
		node_t key = item->items[i];
		const char *name = key->kind == HC_YAML_NULL ? "null" : key->text.p ? key->text.p : "", *near;
		struct hc_problem *p;

		if (key->kind == HC_YAML_SCALAR && among(allowed, key->text))
			continue;
		p = hc_problem_add(ld, HC_LOAD_UNKNOWN_KEY, at, NULL, "Unknown key '%s'", name);
		hc_problem_place_node(ld, p, ld->file, key);
		near = *name ? hc_nearest(name, allowed) : NULL;
		if (near)
			hc_problem_hint(ld, p, "did you mean '%s'?", near);
	}
}

/* ---- override ---- */

/* The keys an item may override; entries that it does are marked. */
struct overridable {
	const char *key;
	bool can_append;
	bool append, replace; /* asked for */
};
enum { NOVERRIDABLE = 11 };

static const struct overridable rule_overridable[NOVERRIDABLE + 1] = {
	{ "capture", false }, { "capture_duration", false }, { "condition", true }, { "desc", true }, { "enabled", false },
	{ "exceptions", true }, { "output", true }, { "priority", false }, { "skip-if-unknown-filter", false },
	{ "tags", true }, { "warn_evttypes", false }, { NULL },
};

static struct overridable *find_overridable(struct overridable *table, const char *key)
{
	for (; table->key; table++)
		if (!strcmp(table->key, key))
			return table;
	return NULL;
}

static bool bad_word(node_t node)
{
	return node->kind != HC_YAML_SCALAR && node->kind != HC_YAML_NULL;
}

/* Fills table (ends with a NULL key); *ret_any: something is overridden. */
static int read_override(struct hc_loader *ld, node_t item, const struct hc_location *item_at,
			 struct overridable *table, bool *ret_any)
{
	node_t value = hc_yaml_get(item, "override");
	const struct hc_location *at, *top = item_at;
	struct hc_problem *p;

	while (top->parent)
		top = top->parent;
	*ret_any = false;
	if (!value || value->kind == HC_YAML_NULL || value->kind == HC_YAML_SCALAR)
		return 0;
	at = hc_location_new(ld, item_at, "overrides", "", item);
	for (uint32_t i = 0; i + 1 < value->nitems || (value->kind == HC_YAML_SEQUENCE && i < value->nitems); i += 2) {
		node_t key = value->items[i], op = value->kind == HC_YAML_MAPPING ? value->items[i + 1] : NULL;
		const char *name, *asked;
		struct overridable *o;
		node_t word;

		if (!op || bad_word(key) || bad_word(op)) {
			word = bad_word(key) || !op ? key : op;
			p = op ? hc_problem_add(ld, HC_LOAD_ERR_VALIDATE, top, NULL,
						"yaml-cpp: error at line %u, column %u: bad conversion", word->at.line + 1,
						word->at.column + 1) :
				 hc_problem_add(ld, HC_LOAD_ERR_VALIDATE, top, NULL,
						"invalid node; this may result from using a map iterator as a sequence iterator, "
						"or vice-versa");
			hc_problem_place_node(ld, p, ld->file, op ? word : value);
			hc_problem_hint(ld, p, "'override' says for each key what to do with it: 'condition: append' or "
					       "'condition: replace'");
			return HC_RULESET_INVALID;
		}
		name = key->kind == HC_YAML_NULL ? "null" : key->text.p;
		asked = op->kind == HC_YAML_NULL ? "null" : op->text.p;
		o = find_overridable(table, name);
		if (!strcmp(asked, "append")) {
			if (!o || !o->can_append)
				return INVALID(ld, hc_location_new(ld, at, "overrides", name, key),
					       "Key '%s' cannot be appended to, use 'replace' instead", name);
			o->append = true;
		} else if (!strcmp(asked, "replace")) {
			if (!o)
				return INVALID(ld, hc_location_new(ld, at, "overrides", name, key),
					       "Key '%s' cannot be replaced", name);
			o->replace = true;
		} else {
			return INVALID(ld, hc_location_new(ld, at, "value for", name, op),
				       "Invalid override operation for key '%s': '%s'. Allowed values are: %s%s", name,
				       asked, o && o->can_append ? "append " : "", o ? "replace " : "");
		}
		*ret_any = true;
	}
	return 0;
}

/* append: true, and override, which exclude each other. */
static int read_append(struct hc_loader *ld, node_t item, const struct hc_location *at, struct overridable *table,
		       bool *ret_append, bool *ret_override)
{
	struct hc_problem *p;
	int r;

	*ret_append = false;
	r = read_bool(ld, item, "append", at, ret_append);
	if (r)
		return r;
	if (*ret_append) {
		p = hc_problem_add(ld, HC_LOAD_DEPRECATED_ITEM, at, NULL, WARNING_APPEND);
		hc_problem_place_node(ld, p, ld->file, hc_yaml_get_key(item, "append"));
	}
	r = read_override(ld, item, at, table, ret_override);
	if (!r && *ret_append && *ret_override)
		return INVALID(ld, at, ERROR_OVERRIDE_APPEND);
	return r;
}

/* ---- lists and macros ---- */

static int read_list(struct hc_loader *ld, node_t item, const struct hc_location *parent)
{
	struct overridable table[] = { { "items", true }, { NULL } };
	struct hc_list_item list = { .file = ld->file };
	bool append, override;
	node_t name;
	int r = hc_item_scalar(ld, item, "list", hc_location_new(ld, parent, "list", "", item), false, &name);

	if (r)
		return r;
	list.name = name->text.p;
	list.at = hc_location_new(ld, parent, "list", list.name, item);
	hc_item_warn_unknown_keys(ld, item, list_keys, list.at);
	if (!hc_lex_is_bare(name->text))
		hc_problem_place_node(ld, hc_problem_add(ld, HC_LOAD_INVALID_LIST_NAME, list.at, NULL,
							 "List has an invalid name. List names should match a regular expression: "
							 "([^()\"'[:space:]=,]+)"),
				      ld->file, name);
	r = read_texts(ld, item, "items", list.at, false, &list.items, &list.nitems);
	list.cap = list.nitems;
	if (!r)
		r = read_append(ld, item, list.at, table, &append, &override);
	if (r)
		return r;
	return append || table[0].append ? hc_collection_append_list(ld, &list) : hc_collection_define_list(ld, &list);
}

static bool is_identifier(const char *s)
{
	if (!isalpha((unsigned char)*s))
		return false;
	while (isalnum((unsigned char)*s) || *s == '_')
		s++;
	return !*s;
}

static int read_macro(struct hc_loader *ld, node_t item, const struct hc_location *parent)
{
	struct overridable table[] = { { "condition", true }, { NULL } };
	struct hc_macro_item macro = { .file = ld->file };
	bool append, override;
	node_t name, condition;
	int r = hc_item_scalar(ld, item, "macro", hc_location_new(ld, parent, "macro", "", item), false, &name);

	if (r)
		return r;
	macro.name = name->text.p;
	macro.at = hc_location_new(ld, parent, "macro", macro.name, item);
	hc_item_warn_unknown_keys(ld, item, macro_keys, macro.at);
	if (!is_identifier(macro.name))
		hc_problem_place_node(ld, hc_problem_add(ld, HC_LOAD_INVALID_MACRO_NAME, macro.at, NULL,
							 "Macro has an invalid name. Macro names should match a regular expression: "
							 "([a-zA-Z]+[a-zA-Z0-9_]*)"),
				      ld->file, name);
	r = hc_item_scalar(ld, item, "condition", macro.at, false, &condition);
	if (r)
		return r;
	macro.condition_at = hc_location_new(ld, macro.at, "macro condition", "", condition);
	r = hc_srctext_from(ld, condition, &macro.condition);
	if (!r)
		r = read_append(ld, item, macro.at, table, &append, &override);
	if (r)
		return r;
	return append || table[0].append ? hc_collection_append_macro(ld, &macro) :
					   hc_collection_define_macro(ld, &macro);
}

/* ---- rules ---- */

static int read_text(struct hc_loader *ld, node_t item, const char *key, const struct hc_location *at,
		     struct hc_srctext *ret, node_t *ret_node)
{
	int r = hc_item_scalar(ld, item, key, at, false, ret_node);

	return r ? r : hc_srctext_from(ld, *ret_node, ret);
}

static int read_priority(struct hc_loader *ld, node_t item, const struct hc_location *at, struct hc_rule_item *rule)
{
	static const char *const names[] = { "EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE",
					     "INFORMATIONAL", "INFO", "DEBUG", NULL };
	struct hc_problem *p;
	const char *near;
	char upper[32];
	node_t value;
	int r = hc_item_scalar(ld, item, "priority", at, false, &value), priority;
	size_t i;

	if (r)
		return r;
	priority = hc_priority_parse(value->text.p);
	if (priority < 0) {
		p = hc_problem_add(ld, HC_LOAD_ERR_YAML_VALIDATE, hc_location_new(ld, at, "rule priority", "", value), NULL,
				   "Invalid priority");
		for (i = 0; i < sizeof upper - 1 && value->text.p[i]; i++)
			upper[i] = (char)toupper((unsigned char)value->text.p[i]);
		upper[i] = '\0';
		near = hc_nearest(upper, names);
		if (near)
			hc_problem_hint(ld, p, "did you mean %s?", near);
		else
			hc_problem_hint(ld, p, "one of EMERGENCY, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFORMATIONAL, DEBUG");
		return HC_RULESET_INVALID;
	}
	rule->priority = (enum hc_priority)priority;
	return 0;
}

/* Where an item only touches a rule that exists, source may be empty; it is compared, not set. */
static int read_update_source(struct hc_loader *ld, node_t item, const struct hc_location *at, const char **ret)
{
	node_t value = hc_yaml_get(item, "source");

	*ret = NULL;
	if (!value || value->kind == HC_YAML_NULL)
		return 0;
	if (value->kind != HC_YAML_SCALAR)
		return INVALID(ld, hc_location_new(ld, at, "value for", "source", value), "Value is not a scalar value");
	*ret = value->text.len ? value->text.p : NULL;
	return 0;
}

/* The keys that both an append and a replace may bring; which says whether to take key. */
static int read_update(struct hc_loader *ld, node_t item, bool append, struct overridable *table,
		       struct hc_rule_update *u)
{
	/* in the reference's order */
	static const char *const order[] = { "condition", "exceptions", "output", "desc", "tags", "priority", "enabled",
					     "warn_evttypes", "skip-if-unknown-filter", "capture", "capture_duration" };
	const struct hc_location *at = u->v.at;
	node_t node;
	int r = 0;

	for (size_t i = 0; !r && i < sizeof order / sizeof *order; i++) {
		const char *key = order[i];
		struct overridable *o = find_overridable(table, key);

		if (append ? !o->append : !o->replace)
			continue;
		if (!hc_yaml_get(item, key))
			return INVALID(ld, at, "An %s override for '%s' was specified but '%s' is not defined",
				       append ? "append" : "replace", key, key);
		switch (i) {
		case 0:
			u->condition = true;
			r = read_text(ld, item, key, at, &u->v.condition, &node);
			if (!r)
				r = read_update_source(ld, item, at, &u->v.source);
			break;
		case 1:
			u->exceptions = true;
			r = hc_exceptions_read(ld, item, at, append, &u->v.exceptions, &u->v.nexceptions);
			break;
		case 2:
			u->output = true;
			r = read_text(ld, item, key, at, &u->v.output, &node);
			break;
		case 3:
			u->desc = true;
			r = hc_item_scalar(ld, item, key, at, false, &node);
			u->v.desc = r ? NULL : node->text.p;
			break;
		case 4:
			u->tags = true;
			r = read_tags(ld, item, at, &u->v);
			break;
		case 5:
			u->priority = true;
			r = read_priority(ld, item, at, &u->v);
			break;
		case 6:
			u->enabled = true;
			r = read_bool(ld, item, key, at, &u->v.enabled);
			break;
		case 7:
			u->warn_evttypes = true;
			r = read_bool(ld, item, key, at, &u->v.warn_evttypes);
			break;
		case 8:
			u->skip_if_unknown_filter = true;
			r = read_bool(ld, item, key, at, &u->v.skip_if_unknown_filter);
			break;
		case 9:
			u->capture = true;
			r = read_bool(ld, item, key, at, &u->v.capture);
			break;
		case 10:
			u->capture_duration = true;
			r = read_u32(ld, item, key, at, &u->v.capture_duration);
			break;
		}
	}
	return r;
}

static int override_rule(struct hc_loader *ld, node_t item, const struct hc_location *at, const char *name,
			 struct overridable *table)
{
	struct hc_rule_update append = { .v = { .name = name, .at = at, .file = ld->file } }, replace = append;
	bool any_append = false, any_replace = false;
	int r = 0;

	for (struct overridable *o = table; o->key; o++) {
		any_append |= o->append;
		any_replace |= o->replace;
	}
	if (any_append) {
		r = read_update(ld, item, true, table, &append);
		if (!r)
			r = hc_collection_append_rule(ld, &append);
	}
	if (!r && any_replace) {
		r = read_update(ld, item, false, table, &replace);
		if (!r)
			r = hc_collection_replace_rule(ld, &replace);
	}
	for (struct overridable *o = table; !r && o->key; o++)
		if (!o->append && !o->replace && hc_yaml_get(item, o->key)) {
			struct hc_problem *p = hc_problem_add(
				ld, HC_LOAD_ERR_YAML_VALIDATE,
				hc_location_new(ld, at, "overrides", o->key, hc_yaml_get(item, o->key)), NULL,
				"Unexpected key '%s': no corresponding entry under 'override' is defined.", o->key);

			hc_problem_place_node(ld, p, ld->file, hc_yaml_get_key(item, o->key));
			r = HC_RULESET_INVALID;
		}
	return r;
}

/* The deprecated append: true looks at condition and exceptions only. */
static int append_rule(struct hc_loader *ld, node_t item, const struct hc_location *at, const char *name)
{
	struct hc_rule_update u = { .v = { .name = name, .at = at, .file = ld->file } };
	node_t node;
	int r = 0;

	u.condition = hc_yaml_get(item, "condition");
	u.exceptions = hc_yaml_get(item, "exceptions");
	if (u.condition)
		r = read_text(ld, item, "condition", at, &u.v.condition, &node);
	if (!r && u.exceptions)
		r = hc_exceptions_read(ld, item, at, true, &u.v.exceptions, &u.v.nexceptions);
	if (!r)
		r = read_update_source(ld, item, at, &u.v.source);
	return r ? r : hc_collection_append_rule(ld, &u);
}

static void trim(struct hc_srctext *text)
{
	struct hc_srctext_piece *piece = &text->pieces[0];
	uint32_t from = 0, to = text->len;

	while (from < to && isspace((unsigned char)text->p[from]))
		from++;
	while (to > from && isspace((unsigned char)text->p[to - 1]))
		to--;
	if (!from && to == text->len)
		return;
	text->len = to - from;
	text->p += from;
	((char *)text->p)[text->len] = '\0';
	piece->node_off += from;
	piece->len = text->len;
}

static int define_rule(struct hc_loader *ld, node_t item, const struct hc_location *at, const char *name)
{
	struct hc_rule_item rule = { .name = name, .at = at, .file = ld->file, .source = "syscall", .enabled = true,
				     .warn_evttypes = true };
	node_t condition, output, node;
	int r = read_text(ld, item, "condition", at, &rule.condition, &condition);

	if (!r) {
		rule.condition_at = hc_location_new(ld, at, "rule condition", "", condition);
		r = read_text(ld, item, "output", at, &rule.output, &output);
	}
	if (!r) {
		rule.output_at = hc_location_new(ld, at, "rule output", "", output);
		trim(&rule.output);
		r = hc_item_scalar(ld, item, "desc", at, false, &node);
	}
	if (!r) {
		rule.desc = node->text.p;
		r = read_priority(ld, item, at, &rule);
	}
	if (!r)
		r = hc_item_scalar(ld, item, "source", at, true, &node);
	if (!r && node)
		rule.source = node->text.p;
	if (!r)
		r = read_bool(ld, item, "enabled", at, &rule.enabled);
	if (!r)
		r = read_bool(ld, item, "warn_evttypes", at, &rule.warn_evttypes);
	if (!r)
		r = read_bool(ld, item, "skip-if-unknown-filter", at, &rule.skip_if_unknown_filter);
	if (!r)
		r = read_bool(ld, item, "capture", at, &rule.capture);
	if (!r)
		r = read_u32(ld, item, "capture_duration", at, &rule.capture_duration);
	if (!r)
		r = read_tags(ld, item, at, &rule);
	if (!r)
		r = hc_exceptions_read(ld, item, at, false, &rule.exceptions, &rule.nexceptions);
	return r ? r : hc_collection_define_rule(ld, &rule);
}

static int read_rule(struct hc_loader *ld, node_t item, const struct hc_location *parent)
{
	struct overridable table[NOVERRIDABLE + 1];
	const struct hc_location *at;
	bool append, override, enabled = true;
	struct hc_problem *p;
	node_t name;
	int r = hc_item_scalar(ld, item, "rule", hc_location_new(ld, parent, "rule", "", item), false, &name);

	if (r)
		return r;
	at = hc_location_new(ld, parent, "rule", name->text.p, item);
	hc_item_warn_unknown_keys(ld, item, rule_keys, at);
	memcpy(table, rule_overridable, sizeof table);
	r = read_append(ld, item, at, table, &append, &override);
	if (r)
		return r;
	if (override)
		return override_rule(ld, item, at, name->text.p, table);
	if (append)
		return append_rule(ld, item, at, name->text.p);
	if (hc_yaml_get(item, "condition") || hc_yaml_get(item, "output") || hc_yaml_get(item, "desc") ||
	    hc_yaml_get(item, "priority"))
		return define_rule(ld, item, at, name->text.p);
	/* the old way to switch a rule that exists */
	if (!hc_yaml_get(item, "enabled"))
		return INVALID(ld, at, "Item has no mapping for key 'enabled'");
	r = read_bool(ld, item, "enabled", at, &enabled);
	if (r)
		return r;
	p = hc_problem_add(ld, HC_LOAD_DEPRECATED_ITEM, at, NULL, WARNING_ENABLED);
	hc_problem_place_node(ld, p, ld->file, hc_yaml_get_key(item, "enabled"));
	return hc_collection_enable_rule(ld, name->text.p, enabled, at, name);
}

/* ---- files ---- */

static int read_item(struct hc_loader *ld, node_t item, const struct hc_location *parent)
{
	static const struct {
		const char *key;
		int (*read)(struct hc_loader *, node_t, const struct hc_location *);
	} kinds[] = {
		{ "required_engine_version", hc_engine_version_read }, { "required_plugin_versions", hc_plugin_versions_read },
		{ "list", read_list }, { "macro", read_macro }, { "rule", read_rule },
	};
	static const char *const names[] = { "required_engine_version", "required_plugin_versions", "list", "macro", "rule",
					     NULL };
	const struct hc_location *at = hc_location_new(ld, parent, "rules content item", "", item);
	struct hc_problem *p;
	const char *near = NULL;

	if (item->kind != HC_YAML_MAPPING)
		return INVALID(ld, at, "Unexpected element type. Each element should be a yaml associative array.");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (hc_yaml_get(item, kinds[i].key))
			return kinds[i].read(ld, item, parent);
	p = hc_problem_add(ld, HC_LOAD_UNKNOWN_ITEM, at, NULL, "Unknown top level item");
	for (uint32_t i = 0; !near && i + 1 < item->nitems; i += 2)
		if (item->items[i]->kind == HC_YAML_SCALAR)
			near = hc_nearest(item->items[i]->text.p, names);
	if (near)
		hc_problem_hint(ld, p, "did you mean '%s'?", near);
	return 0;
}

int hc_items_read(struct hc_loader *ld, const char *text, size_t len)
{
	const struct hc_location *top = hc_location_new(ld, NULL, "rules content", "", NULL);
	struct hc_yaml_node **docs;
	char hint[HC_HINT_MAX];
	struct hc_diag diag;
	struct hc_problem *p;
	uint32_t ndocs;
	int r = hc_yaml_parse_mending(&ld->ruleset->arena, text, len, &docs, &ndocs, &ld->file->mends, &ld->file->nmends, &diag);

	if (r) {
		struct hc_location *at = hc_location_new(ld, top, "value for", "", NULL);

		at->line = diag.line ? diag.line - 1 : 0;
		at->column = diag.column ? diag.column - 1 : 0;
		at->off = at->place = diag.off > 0 ? (uint32_t)diag.off : 0;
		p = hc_problem_add(ld, HC_LOAD_ERR_YAML_PARSE, at, NULL, "%s", diag.text);
		hc_hint_yaml(text, at->off < len ? at->off : len, diag.text, hint);
		if (hint[0])
			hc_problem_hint(ld, p, "%s", hint);
		return HC_RULESET_INVALID;
	}
	hc_schema_check(ld, docs, ndocs);
	for (uint32_t d = 0; d < ndocs; d++) {
		if (docs[d]->kind == HC_YAML_NULL)
			continue;
		if (docs[d]->kind != HC_YAML_SEQUENCE) {
			p = hc_problem_add(ld, HC_LOAD_ERR_YAML_VALIDATE, top, NULL,
					   docs[d]->kind == HC_YAML_MAPPING ? "Rules content is not yaml array of objects" :
									      "Rules content is not yaml");
			hc_problem_place(ld, p, ld->file, docs[d]->at.off, 0);
			hc_problem_hint(ld, p, "a rules file is a list: every item starts with '- rule:', '- macro:' or '- list:'");
			return HC_RULESET_INVALID;
		}
		for (uint32_t i = 0; i < docs[d]->nitems; i++) {
			if (docs[d]->items[i]->kind == HC_YAML_NULL)
				continue;
			r = read_item(ld, docs[d]->items[i], top);
			if (r)
				return r;
		}
	}
	return 0;
}
