/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON schema Falco holds rules files against (rules-language.md 9.4). It only ever yields status lines: what fails
 * here may load well, like a priority in lower case. Scalars are typed weakly: any will do as a string.
 */
#include <stdlib.h>

#include "common/mem.h"
#include "rules/collection.h"

enum kind { STRING, BOOLEAN, INTEGER, INT_OR_STRING, PRIORITY, OPERATION, ANY, ARRAY, OBJECT };

struct shape {
	enum kind kind;
	const struct shape *items;         /* ARRAY */
	const struct property *properties; /* OBJECT: ends with a NULL name */
	bool not_empty;                    /* OBJECT */
};
struct property {
	const char *name;
	const struct shape *shape;
	bool required;
};

static const struct shape string = { STRING }, boolean = { BOOLEAN }, integer = { INTEGER }, any = { ANY },
			  priority = { PRIORITY }, operation = { OPERATION }, item = { INT_OR_STRING };
static const struct shape items = { ARRAY, &item }, tags = { ARRAY, &string };

static const struct property alternative_properties[] = {
	{ "name", &string, true }, { "version", &string, true }, { NULL },
};
static const struct shape alternative = { OBJECT, NULL, alternative_properties };
static const struct shape alternatives = { ARRAY, &alternative };
static const struct property plugin_properties[] = {
	{ "name", &string, true }, { "version", &string, true }, { "alternatives", &alternatives }, { NULL },
};
static const struct shape plugin = { OBJECT, NULL, plugin_properties };
static const struct shape plugins = { ARRAY, &plugin };

static const struct property exception_properties[] = {
	{ "name", &string, true }, { "fields", &any }, { "comps", &any }, { "values", &any }, { NULL },
};
static const struct shape exception = { OBJECT, NULL, exception_properties };
static const struct shape exceptions = { ARRAY, &exception };

static const struct property override_properties[] = {
	{ "items", &operation }, { "desc", &operation }, { "condition", &operation }, { "output", &operation },
	{ "priority", &operation }, { "enabled", &operation }, { "exceptions", &operation }, { "capture", &operation },
	{ "capture_duration", &operation }, { "tags", &operation }, { "warn_evttypes", &operation },
	{ "skip-if-unknown-filter", &operation }, { NULL },
};
static const struct shape override = { OBJECT, NULL, override_properties, true };

static const struct property rule_properties[] = {
	{ "required_engine_version", &string }, { "required_plugin_versions", &plugins }, { "macro", &string },
	{ "condition", &string }, { "list", &string }, { "items", &items }, { "rule", &string }, { "desc", &string },
	{ "enabled", &boolean }, { "output", &string }, { "append", &boolean }, { "priority", &priority },
	{ "capture", &boolean }, { "capture_duration", &integer }, { "source", &string }, { "exceptions", &exceptions },
	{ "override", &override }, { "tags", &tags }, { "warn_evttypes", &boolean },
	{ "skip-if-unknown-filter", &boolean }, { NULL },
};
static const struct shape rule = { OBJECT, NULL, rule_properties };
static const struct shape rules = { ARRAY, &rule };

struct check {
	struct hc_loader *ld;
	struct hc_buf path; /* "<root>[3][priority]" */
};

static void add_status(struct check *c, const char *text)
{
	struct hc_load_result *res = c->ld->file;

	if (res->nschema_warnings == res->schema_cap) {
		res->schema_cap = res->schema_cap ? 2 * res->schema_cap : 4;
		res->schema_warnings = hc_realloc(res->schema_warnings, res->schema_cap * sizeof *res->schema_warnings);
	}
	res->schema_warnings[res->nschema_warnings++] = hc_arena_dup(&c->ld->ruleset->arena, text);
}

static bool fail(struct check *c, const char *format, const char *arg)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	hc_buf_printf(&text, "failed for %s: ", c->path.p);
	hc_buf_puts(&text, format);
	if (arg)
		hc_buf_printf(&text, "'%s'.", arg);
	add_status(c, text.p);
	c->ld->file->schema_valid = false;
	return false;
}

static bool is_integer(struct hc_str s)
{
	char *end;

	if (!s.len)
		return false;
	(void)strtoll(s.p, &end, 0);
	return !*end;
}

static bool among(struct hc_str s, const char *const *words)
{
	for (; *words; words++)
		if (hc_str_is(s, *words))
			return true;
	return false;
}

static bool check_scalar(struct check *c, const struct hc_yaml_node *node, enum kind kind)
{
	static const char *const priorities[] = { "EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO",
						  "INFORMATIONAL", "DEBUG", NULL };
	static const char *const operations[] = { "append", "replace", NULL };
	bool null = node->kind == HC_YAML_NULL;

	if (kind == ANY)
		return true;
	if (!null && node->kind != HC_YAML_SCALAR)
		return fail(c, "Value type not permitted by 'type' constraint.", NULL);
	if ((kind == BOOLEAN && (null || hc_yaml_bool(node->text) < 0)) || (kind == INTEGER && !null && !is_integer(node->text)))
		return fail(c, "Value type not permitted by 'type' constraint.", NULL);
	if ((kind == PRIORITY && !among(node->text, priorities)) || (kind == OPERATION && !among(node->text, operations)))
		return fail(c, "Failed to match against any enum values.", NULL);
	return true;
}

static bool check_node(struct check *c, const struct hc_yaml_node *node, const struct shape *shape);

/* One level down and back. */
static bool check_below(struct check *c, const struct hc_yaml_node *node, const struct shape *shape, const char *step)
{
	size_t len = c->path.len;
	bool good;

	hc_buf_printf(&c->path, "[%s]", step);
	good = check_node(c, node, shape);
	c->path.len = len;
	c->path.p[len] = '\0';
	return good;
}

static bool check_object(struct check *c, const struct hc_yaml_node *node, const struct shape *shape)
{
	bool good = true;

	if (shape->not_empty && !node->nitems)
		good = fail(c, "Object should have at least 1 property.", NULL);
	for (uint32_t i = 0; i + 1 < node->nitems; i += 2) {
		const struct property *p = shape->properties;

		while (p->name && !(node->items[i]->kind == HC_YAML_SCALAR && hc_str_is(node->items[i]->text, p->name)))
			p++;
		if (p->name)
			good &= check_below(c, node->items[i + 1], p->shape, p->name);
		else
			good = fail(c, "Object contains a property that could not be validated using 'properties' or "
				       "'additionalProperties' constraints: ",
				    node->items[i]->text.p ? node->items[i]->text.p : "");
	}
	for (const struct property *p = shape->properties; p->name; p++)
		if (p->required && !hc_yaml_get(node, p->name))
			good = fail(c, "Missing required property ", p->name);
	return good;
}

static bool check_node(struct check *c, const struct hc_yaml_node *node, const struct shape *shape)
{
	bool good = true;
	char step[16];

	if (shape->kind != ARRAY && shape->kind != OBJECT)
		return check_scalar(c, node, shape->kind);
	if (node->kind == HC_YAML_NULL)
		return true;
	if (node->kind != (shape->kind == ARRAY ? HC_YAML_SEQUENCE : HC_YAML_MAPPING))
		return fail(c, "Value type not permitted by 'type' constraint.", NULL);
	if (shape->kind == OBJECT)
		return check_object(c, node, shape);
	for (uint32_t i = 0; i < node->nitems; i++) {
		snprintf(step, sizeof step, "%u", i);
		good &= check_below(c, node->items[i], shape->items, step);
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
			add_status(&c, "ok");
	}
	hc_buf_done(&c.path);
}
