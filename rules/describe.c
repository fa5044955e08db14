/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptions of rule sets. Names of macros and lists come from the condition as written, fields, operators and events
 * from the expanded one, as in the reference's document.
 */
#include "rules/describe.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/strmap.h"
#include "rules/collection.h"
#include "rules/parser.h"

/* ---- collecting names ---- */

struct bag {
	struct hc_strmap seen;
	const char **names;
	uint32_t n, cap;
};

static void put(struct bag *bag, const char *name)
{
	if (hc_strmap_put(&bag->seen, hc_str(name), bag))
		return;
	if (bag->n == bag->cap) {
		bag->cap = bag->cap ? 2 * bag->cap : 16;
		bag->names = hc_realloc(bag->names, bag->cap * sizeof *bag->names);
	}
	bag->names[bag->n++] = name;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct hc_names finish(struct bag *bag, struct hc_arena *arena)
{
	struct hc_names names = { hc_arena_array(arena, const char *, bag->n + 1), bag->n };

	if (bag->n) {
		memcpy(names.names, bag->names, bag->n * sizeof *names.names);
		qsort(names.names, names.n, sizeof *names.names, by_bytes);
	}
	hc_strmap_done(&bag->seen);
	free(bag->names);
	return names;
}

static void operand_fields(struct bag *bag, const struct hc_operand *o)
{
	if (!o)
		return;
	if (o->kind == HC_OPERAND_FIELD)
		put(bag, o->text.p);
	for (uint32_t i = 0; i < o->nargs; i++)
		operand_fields(bag, o->args[i]);
}

static void collect(const struct hc_ast *ast, struct bag *fields, struct bag *operators)
{
	for (uint32_t i = 0; i < ast->nkids; i++)
		collect(ast->kids[i], fields, operators);
	if (ast->kind != HC_AST_CHECK)
		return;
	operand_fields(fields, ast->left);
	operand_fields(fields, ast->right);
	if (operators)
		put(operators, hc_op_name(ast->op));
}

struct hc_names hc_describe_fields(const struct hc_ast *ast, struct hc_arena *arena)
{
	struct bag fields = { 0 };

	collect(ast, &fields, NULL);
	return finish(&fields, arena);
}

struct hc_names hc_describe_events(const struct hc_ast *ast, struct hc_arena *arena, bool *ret_all)
{
	struct hc_evset ev = { 0 };
	struct hc_scset sc = { 0 };
	struct bag bag = { 0 };
	const char **names;
	uint32_t n;

	/* conditions that could fail here did so when they were loaded */
	(void)hc_evset_of(ast, &ev, NULL);
	(void)hc_scset_of(ast, &sc, NULL);
	*ret_all = hc_evset_count(&ev) == HC_EVENT_COUNT;
	ev.w[0] &= ~3ull; /* the generic codes show as the calls they stand for */
	names = hc_evset_names(&ev, arena, &n);
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(names[i], "NA"))
			put(&bag, names[i]);
	names = hc_scset_names(&sc, arena, &n);
	for (uint32_t i = 0; i < n; i++)
		put(&bag, names[i]);
	return finish(&bag, arena);
}

/* ---- the document ---- */

static json_t *strings(struct hc_names names)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < names.n; i++)
		json_array_append_new(array, json_string(names.names[i]));
	return array;
}

/* Macros and lists that a text names before anything is expanded. */
static void references(const struct hc_ruleset *rs, const struct hc_ast *ast, struct bag *macros, struct bag *lists)
{
	for (uint32_t i = 0; i < ast->nkids; i++)
		references(rs, ast->kids[i], macros, lists);
	if (ast->kind == HC_AST_MACRO)
		put(macros, ast->macro.p);
	for (uint32_t i = 0; ast->kind == HC_AST_CHECK && i < ast->nvalues; i++)
		if (hc_strmap_get(&rs->collection->list_names, ast->values[i].value))
			put(lists, ast->values[i].value.p);
}

/* What details of rules and macros have in common. */
static json_t *details(const struct hc_ruleset *rs, const char *condition, const struct hc_ast *ast,
		       struct hc_arena *arena)
{
	struct bag macros = { 0 }, lists = { 0 }, fields = { 0 }, operators = { 0 };
	struct hc_buf text HC_BUF_DONE = { 0 };
	struct hc_names events = { 0 }, field_names;
	struct hc_ast *raw;
	json_t *plugins = json_array();
	bool all;

	/* a list where the grammar has none leaves the raw text unparsed; then nothing is said about it */
	if (!hc_condition_parse(arena, condition, strlen(condition), &raw, NULL))
		references(rs, raw, &macros, &lists);
	hc_buf_puts(&text, "");
	if (ast) {
		collect(ast, &fields, &operators);
		events = hc_describe_events(ast, arena, &all);
		hc_ast_print(&text, ast);
	}
	field_names = finish(&fields, arena);
	for (uint32_t i = 0; i < field_names.n; i++)
		if (!strncmp(field_names.names[i], "container.", 10) || !strncmp(field_names.names[i], "k8s.", 4)) {
			json_array_append_new(plugins, json_string("container"));
			break;
		}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "macros", strings(finish(&macros, arena)), "lists",
			 strings(finish(&lists, arena)), "condition_operators", strings(finish(&operators, arena)),
			 "condition_fields", strings(field_names), "events", strings(events), "condition_compiled", text.p,
			 "plugins", plugins);
}

static void exception_details(const struct hc_rule_item *item, struct hc_arena *arena, json_t *o)
{
	struct bag names = { 0 }, operators = { 0 }, fields = { 0 };

	for (uint32_t i = 0; i < item->nexceptions; i++) {
		const struct hc_exception *ex = &item->exceptions[i];

		put(&names, ex->name);
		if (!ex->fields.is_list && ex->fields.item)
			put(&fields, ex->fields.item);
		if (!ex->comps.is_list && ex->comps.item)
			put(&operators, ex->comps.item);
		for (uint32_t k = 0; k < ex->fields.nitems; k++)
			if (ex->fields.items[k].item)
				put(&fields, ex->fields.items[k].item);
		for (uint32_t k = 0; k < ex->comps.nitems; k++)
			if (ex->comps.items[k].item)
				put(&operators, ex->comps.items[k].item);
	}
	json_object_set_new(o, "exception_names", strings(finish(&names, arena)));
	json_object_set_new(o, "exception_operators", strings(finish(&operators, arena)));
	json_object_set_new(o, "exception_fields", strings(finish(&fields, arena)));
}

static json_t *rule_object(const struct hc_ruleset *rs, const struct hc_rule *rule, struct hc_arena *arena)
{
	const struct hc_rule_item *item = hc_strmap_get(&rs->collection->rule_names, hc_str(rule->name));
	struct hc_names tags = { rule->tags, rule->ntags };
	json_t *info, *more = details(rs, item->condition.p, rule->ast, arena), *fields = json_array();

	info = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:o, s:b, s:I}", "name", rule->name, "condition",
			 item->condition.p, "priority", hc_priority_name(rule->priority), "output", item->output.p,
			 "description", rule->desc, "enabled", rule->enabled, "source", rule->source, "tags", strings(tags),
			 "capture", rule->capture, "capture_duration", (json_int_t)rule->capture_duration);
	exception_details(item, arena, more);
	for (uint32_t i = 0; rule->compiled_output && i < rule->compiled_output->nfields; i++)
		json_array_append_new(fields, json_string(rule->compiled_output->fields[i]->text.p));
	json_object_set_new(more, "output_fields", fields);
	json_object_set_new(more, "output_compiled", json_string(rule->output));
	return json_pack("{s:o, s:o}", "info", info, "details", more);
}

static json_t *macro_object(const struct hc_ruleset *rs, const struct hc_macro *macro, struct hc_arena *arena)
{
	json_t *more = details(rs, macro->condition, macro->ast, arena);

	json_object_set_new(more, "used", json_boolean(macro->used));
	return json_pack("{s:{s:s, s:s}, s:o}", "info", "name", macro->name, "condition", macro->condition, "details", more);
}

static json_t *list_object(const struct hc_ruleset *rs, const struct hc_list *list, struct hc_arena *arena)
{
	const struct hc_list_item *item = hc_strmap_get(&rs->collection->list_names, hc_str(list->name));
	struct hc_names raw = { item->items, item->nitems }, compiled = { list->items, list->nitems };
	struct bag lists = { 0 };

	for (uint32_t i = 0; i < item->nitems; i++) {
		const struct hc_list_item *ref = hc_strmap_get(&rs->collection->list_names, hc_str(item->items[i]));

		if (ref && ref->index < item->visibility)
			put(&lists, ref->name);
	}
	return json_pack("{s:{s:s, s:o}, s:{s:b, s:o, s:o, s:o}}", "info", "name", list->name, "items", strings(raw),
			 "details", "used", list->used, "lists", strings(finish(&lists, arena)), "items_compiled",
			 strings(compiled), "plugins", json_array());
}

static json_t *requirements(const struct hc_collection *c)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < c->nplugins; i++) {
		const struct hc_plugin_requirements *reqs = &c->plugins[i];
		json_t *alternatives = json_array(), *o;

		for (uint32_t k = 1; k < reqs->n; k++)
			json_array_append_new(alternatives, json_pack("{s:s, s:s}", "name", reqs->alternatives[k].name, "version",
								      reqs->alternatives[k].version));
		o = json_pack("{s:s, s:s, s:o}", "name", reqs->alternatives[0].name, "version", reqs->alternatives[0].version,
			      "alternatives", alternatives);
		json_array_append_new(array, o);
	}
	return array;
}

void hc_describe_json(struct hc_buf *out, const struct hc_ruleset *ruleset)
{
	const uint32_t *v = ruleset->collection->engine_version;
	json_t *rules = json_array(), *macros = json_array(), *lists = json_array(), *doc;
	struct hc_arena arena;
	char version[48], *text;

	hc_arena_init(&arena);
	for (uint32_t i = 0; i < ruleset->nrules; i++)
		json_array_append_new(rules, rule_object(ruleset, ruleset->rules[i], &arena));
	for (uint32_t i = 0; i < ruleset->nmacros; i++)
		json_array_append_new(macros, macro_object(ruleset, ruleset->macros[i], &arena));
	for (uint32_t i = 0; i < ruleset->nlists; i++)
		json_array_append_new(lists, list_object(ruleset, ruleset->lists[i], &arena));
	snprintf(version, sizeof version, "%u.%u.%u", v[0], v[1], v[2]);
	doc = json_pack("{s:o, s:o, s:o, s:s, s:o}", "rules", rules, "macros", macros, "lists", lists,
			"required_engine_version", version, "required_plugin_versions", requirements(ruleset->collection));
	text = json_dumps(doc, JSON_COMPACT | JSON_SORT_KEYS);
	hc_buf_puts(out, text);
	hc_buf_putc(out, '\n');
	free(text);
	json_decref(doc);
	hc_arena_done(&arena);
}
