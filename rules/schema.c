/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON schema Falco holds rules files against (rules-language.md 9.4). It only ever yields status lines: what fails
 * here may load well, like a priority in lower case. The lines are those of its validator (valijson 1.0): where something
 * fails, all around it fails too and says so; an object names one unknown property at most; types are weak, so that
 * anything passes for a string, but only `true` and `false` for a boolean and only decimal digits for an integer.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "common/mem.h"
#include "rules/collection.h"

enum { STATUS_TEXT_MAX = 16 << 20 }; /* bytes of status lines per file: aliases multiply what fails */

enum kind { ANY, BOOLEAN, INTEGER, PRIORITY, OPERATION, ARRAY, OBJECT };

struct shape {
	enum kind kind;
	const struct shape *items;         /* ARRAY */
	const struct property *properties; /* OBJECT: by name, in which order they are looked at; ends with a NULL name */
	bool not_empty;                    /* OBJECT */
};
struct property {
	const char *name;
	const struct shape *shape;
	bool required;
};

static const struct shape any = { ANY }, boolean = { BOOLEAN }, integer = { INTEGER }, priority = { PRIORITY },
			  operation = { OPERATION }, array = { ARRAY, &any };

static const struct property alternative_properties[] = {
	{ "name", &any, true }, { "version", &any, true }, { NULL },
};
static const struct shape alternative = { OBJECT, NULL, alternative_properties };
static const struct shape alternatives = { ARRAY, &alternative };
static const struct property plugin_properties[] = {
	{ "alternatives", &alternatives }, { "name", &any, true }, { "version", &any, true }, { NULL },
};
static const struct shape plugin = { OBJECT, NULL, plugin_properties };
static const struct shape plugins = { ARRAY, &plugin };

static const struct property exception_properties[] = {
	{ "comps", &any }, { "fields", &any }, { "name", &any, true }, { "values", &any }, { NULL },
};
static const struct shape exception = { OBJECT, NULL, exception_properties };
static const struct shape exceptions = { ARRAY, &exception };

static const struct property override_properties[] = {
	{ "capture", &operation }, { "capture_duration", &operation }, { "condition", &operation }, { "desc", &operation },
	{ "enabled", &operation }, { "exceptions", &operation }, { "items", &operation }, { "output", &operation },
	{ "priority", &operation }, { "skip-if-unknown-filter", &operation }, { "tags", &operation },
	{ "warn_evttypes", &operation }, { NULL },
};
static const struct shape override = { OBJECT, NULL, override_properties, true };

static const struct property rule_properties[] = {
	{ "append", &boolean }, { "capture", &boolean }, { "capture_duration", &integer }, { "condition", &any },
	{ "desc", &any }, { "enabled", &boolean }, { "exceptions", &exceptions }, { "items", &array }, { "list", &any },
	{ "macro", &any }, { "output", &any }, { "override", &override }, { "priority", &priority },
	{ "required_engine_version", &any }, { "required_plugin_versions", &plugins }, { "rule", &any },
	{ "skip-if-unknown-filter", &boolean }, { "source", &any }, { "tags", &array }, { "warn_evttypes", &boolean },
	{ NULL },
};
static const struct shape rule = { OBJECT, NULL, rule_properties };
static const struct shape rules = { ARRAY, &rule };

struct check {
	struct hc_loader *ld;
	struct hc_buf path; /* "<root>[3][priority]" */
	size_t text_len;    /* of the lines so far */
};

static void add_status(struct check *c, const char *text, size_t len)
{
	struct hc_load_result *res = c->ld->file;

	c->text_len += len + 1;
	if (c->text_len > STATUS_TEXT_MAX)
		return;
	if (res->nschema_warnings == res->schema_cap) {
		res->schema_cap = res->schema_cap ? 2 * res->schema_cap : 4;
		res->schema_warnings = hc_realloc(res->schema_warnings, res->schema_cap * sizeof *res->schema_warnings);
	}
	res->schema_warnings[res->nschema_warnings++] = hc_arena_dupn(&c->ld->ruleset->arena, text, len);
}

static bool fail(struct check *c, const char *what, const char *name, const char *rest)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	c->ld->file->schema_valid = false;
	if (c->text_len > STATUS_TEXT_MAX)
		return false;
	hc_buf_printf(&text, "failed for %s: %s%s%s", c->path.p, what, name, rest);
	add_status(c, text.p, text.len);
	return false;
}

static bool fail_type(struct check *c)
{
	return fail(c, "Value type not permitted by 'type' constraint.", "", "");
}

static bool is_integer(struct hc_str s)
{
	const char *p = s.p;
	char *end;

	while (isspace((unsigned char)*p))
		p++;
	errno = 0;
	(void)strtoll(p, &end, 10);
	return end != p && end == s.p + s.len && !errno;
}

static bool among(const struct hc_yaml_node *node, const char *const *words)
{
	for (; node->kind == HC_YAML_SCALAR && *words; words++)
		if (hc_str_is(node->text, *words))
			return true;
	return false;
}

static bool check_scalar(struct check *c, const struct hc_yaml_node *node, enum kind kind)
{
	static const char *const priorities[] = { "EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO",
						  "INFORMATIONAL", "DEBUG", NULL };
	static const char *const operations[] = { "append", "replace", NULL };
	static const char *const booleans[] = { "true", "false", NULL };

	if ((kind == BOOLEAN && !among(node, booleans)) ||
	    (kind == INTEGER && !(node->kind == HC_YAML_SCALAR && is_integer(node->text))))
		return fail_type(c);
	if ((kind == PRIORITY && !among(node, priorities)) || (kind == OPERATION && !among(node, operations)))
		return fail(c, "Failed to match against any enum values.", "", "");
	return true;
}

static bool check_node(struct check *c, const struct hc_yaml_node *node, const struct shape *shape);

/* One level down and back. */
static bool check_below(struct check *c, const struct hc_yaml_node *node, const struct shape *shape, const char *step)
{
	size_t len = c->path.len;
	bool good;

	hc_buf_putc(&c->path, '[');
	hc_buf_puts(&c->path, step);
	hc_buf_putc(&c->path, ']');
	good = check_node(c, node, shape);
	c->path.len = len;
	c->path.p[len] = '\0';
	return good;
}

/* The first entry that is none of the shape's, or repeats one that is; NULL if all are known and there once. */
static const char *first_unknown(const struct hc_yaml_node *node, const struct property *known)
{
	uint32_t nfound = 0;

	for (const struct property *p = known; p->name; p++)
		nfound += hc_yaml_get(node, p->name) != NULL;
	if (nfound == node->nitems / 2)
		return NULL;
	for (uint32_t i = 0; i + 1 < node->nitems; i += 2) {
		const struct hc_yaml_node *key = node->items[i];
		const struct property *p = known;

		while (p->name && !(key->kind == HC_YAML_SCALAR && hc_str_is(key->text, p->name)))
			p++;
		if (!p->name)
			return key->kind == HC_YAML_NULL ? "null" : key->text.p ? key->text.p : "";
	}
	return "";
}

static bool check_object(struct check *c, const struct hc_yaml_node *node, const struct shape *shape)
{
	const char *unknown;
	bool good = true;

	if (shape->not_empty && !node->nitems)
		good = fail(c, "Object should have no fewer than 1 properties.", "", "");
	for (const struct property *p = shape->properties; p->name; p++) {
		const struct hc_yaml_node *value = hc_yaml_get(node, p->name);

		if (value && !check_below(c, value, p->shape, p->name))
			good = fail(c, "Failed to validate against schema associated with property name '", p->name, "'.");
	}
	unknown = first_unknown(node, shape->properties);
	if (unknown)
		good = fail(c, "Object contains a property that could not be validated using 'properties' or "
			       "'additionalProperties' constraints: '", unknown, "'.");
	for (const struct property *p = shape->properties; p->name; p++)
		if (p->required && !hc_yaml_get(node, p->name))
			good = fail(c, "Missing required property '", p->name, "'.");
	return good;
}

static bool check_node(struct check *c, const struct hc_yaml_node *node, const struct shape *shape)
{
	bool good = true;
	char step[16];

	if (shape->kind != ARRAY && shape->kind != OBJECT)
		return check_scalar(c, node, shape->kind);
	if (node->kind != (shape->kind == ARRAY ? HC_YAML_SEQUENCE : HC_YAML_MAPPING))
		return fail_type(c);
	if (shape->kind == OBJECT)
		return check_object(c, node, shape);
	for (uint32_t i = 0; i < node->nitems; i++) {
		snprintf(step, sizeof step, "%u", i);
		if (!check_below(c, node->items[i], shape->items, step))
			good = fail(c, "Failed to validate item #", step, " in array.");
	}
	return good;
}

void hc_schema_check(struct hc_loader *ld, struct hc_yaml_node *const *docs, uint32_t ndocs)
{
	struct check c = { .ld = ld };

	ld->file->schema_valid = true;
	for (uint32_t i = 0; i < ndocs; i++) {
		hc_buf_reset(&c.path);
		hc_buf_puts(&c.path, "<root>");
		if (check_node(&c, docs[i], &rules))
			add_status(&c, "ok", 2);
	}
	hc_buf_done(&c.path);
}
