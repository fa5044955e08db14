/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast rules: what rules files come to: rules, macros, lists, the fields they use, the calls that would be recorded for
 * them and why, the plan that replay runs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/exit.h"
#include "common/mem.h"
#include "common/options.h"
#include "rules/describe.h"
#include "rules/plan.h"
#include "rules/ruleset.h"
#include "rules/selection.h"

struct options {
	bool macros, lists, fields, events, plan, json;
	const char *rule;
	/* of the selection */
	bool all, repair;
	const char *custom_set, *state_set;
};

static const struct hc_option table[] = {
	{ 0, NULL, NULL, "What to show (rules with priority, events and tags if none is given)", HC_OPTION_GROUP },
	{ 0, "rule", "NAME", "everything about one rule", HC_OPTION_STRING, offsetof(struct options, rule) },
	{ 0, "macros", NULL, "macros as they are expanded", HC_OPTION_FLAG, offsetof(struct options, macros) },
	{ 0, "lists", NULL, "lists with their items", HC_OPTION_FLAG, offsetof(struct options, lists) },
	{ 0, "fields", NULL, "fields in conditions and outputs, and how many rules use each", HC_OPTION_FLAG,
	  offsetof(struct options, fields) },
	{ 0, "events", NULL, "system calls that would be recorded, each with the reason", HC_OPTION_FLAG,
	  offsetof(struct options, events) },
	{ 0, "plan", NULL, "the plan that replay evaluates", HC_OPTION_FLAG, offsetof(struct options, plan) },
	{ 0, "json", NULL, "the whole as the document falco -L prints", HC_OPTION_FLAG, offsetof(struct options, json) },
	{ 0, NULL, NULL, "For --events", HC_OPTION_GROUP },
	{ 'A', "all", NULL, "keep high-volume I/O calls (base_syscalls.all)", HC_OPTION_FLAG, offsetof(struct options, all) },
	{ 0, "repair", NULL, "base_syscalls.repair", HC_OPTION_FLAG, offsetof(struct options, repair) },
	{ 0, "custom-set", "NAMES", "base_syscalls.custom_set: names or !names, separated by commas", HC_OPTION_STRING,
	  offsetof(struct options, custom_set) },
	{ 0, "state-set", "SET", "current (default) or falco-0.35", HC_OPTION_STRING, offsetof(struct options, state_set) },
	HC_OPTION_END,
};

static int run(int argc, char **argv);

const struct hc_command hc_cmd_rules = {
	"rules", "[OPTION]... RULES...", "list rules, and what they are made of and ask for",
	"RULES are files or directories, loaded in the order given as replay loads them.", table, run,
};

static void put_names(struct hc_names names)
{
	for (uint32_t i = 0; i < names.n; i++)
		printf("%s%s", i ? ", " : "", names.names[i]);
}

static void put_events(const struct hc_rule *rule, struct hc_arena *arena)
{
	bool all;
	struct hc_names names = hc_describe_events(rule->ast, arena, &all);

	if (all)
		printf("all");
	else if (!names.n)
		printf("none but asynchronous ones");
	else
		put_names(names);
}

static const char *state_of(const struct hc_rule *rule)
{
	return !rule->compiled ? "skipped" : rule->enabled ? "on" : "off";
}

static void put_rules(const struct hc_ruleset *rs, struct hc_arena *arena)
{
	for (uint32_t i = 0; i < rs->nrules; i++) {
		const struct hc_rule *rule = rs->rules[i];

		printf("%-13s %-7s %s\n", hc_priority_name(rule->priority), state_of(rule), rule->name);
		if (rule->ast) {
			printf("%22sevents: ", "");
			put_events(rule, arena);
			printf("\n");
		}
		if (rule->ntags) {
			printf("%22stags: ", "");
			put_names((struct hc_names){ rule->tags, rule->ntags });
			printf("\n");
		}
	}
	printf("%u rules, %u of them on; %u macros, %u lists\n", rs->nrules, rs->nactive, rs->nmacros, rs->nlists);
}

/* A text of several lines without the line ends behind it. */
static int trimmed(const char *text)
{
	size_t len = strlen(text);

	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	return (int)len;
}

static int put_rule(const struct hc_ruleset *rs, const char *name, struct hc_arena *arena)
{
	const char *near;
	const struct hc_rule *rule = hc_ruleset_find(rs, name, &near);
	struct hc_buf text HC_BUF_DONE = { 0 };

	if (!rule) {
		fprintf(stderr, "hindcast rules: no rule '%s'", name);
		if (near)
			fprintf(stderr, "; did you mean '%s'?", near);
		fprintf(stderr, "\n");
		return HC_EXIT_FAIL;
	}
	printf("%s\n  %.*s\n\n  where      %s:%u\n  priority   %s\n  state      %s\n  output     %s\n", rule->name,
	       trimmed(rule->desc), rule->desc, rule->file, rule->line, hc_priority_name(rule->priority), state_of(rule), rule->output);
	if (!rule->ast)
		return HC_EXIT_OK;
	printf("  events     ");
	put_events(rule, arena);
	printf("\n  fields     ");
	put_names(hc_describe_fields(rule->ast, arena));
	hc_ast_print(&text, rule->ast);
	printf("\n  condition  %.*s\n  expanded   %s\n", trimmed(rule->condition), rule->condition, text.p);
	return HC_EXIT_OK;
}

static void put_macros(const struct hc_ruleset *rs)
{
	for (uint32_t i = 0; i < rs->nmacros; i++) {
		struct hc_buf text HC_BUF_DONE = { 0 };

		hc_ast_print(&text, rs->macros[i]->ast);
		printf("%s%s\n        %s\n", rs->macros[i]->name, rs->macros[i]->used ? "" : "  (unused)", text.p);
	}
}

static void put_lists(const struct hc_ruleset *rs)
{
	for (uint32_t i = 0; i < rs->nlists; i++) {
		printf("%s%s\n        ", rs->lists[i]->name, rs->lists[i]->used ? "" : "  (unused)");
		put_names((struct hc_names){ rs->lists[i]->items, rs->lists[i]->nitems });
		printf("\n");
	}
}

struct use {
	const char *name;
	uint32_t in_conditions, in_outputs;
};

static struct use *use_of(struct use **uses, uint32_t *n, const char *name)
{
	for (uint32_t i = 0; i < *n; i++)
		if (!strcmp((*uses)[i].name, name))
			return &(*uses)[i];
	*uses = hc_realloc(*uses, (*n + 1) * sizeof **uses);
	(*uses)[*n] = (struct use){ .name = name };
	return &(*uses)[(*n)++];
}

static int by_use(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void put_fields(const struct hc_ruleset *rs, struct hc_arena *arena)
{
	struct use *uses = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < rs->nrules; i++) {
		const struct hc_rule *rule = rs->rules[i];
		struct hc_names names;

		if (!rule->ast)
			continue;
		names = hc_describe_fields(rule->ast, arena);
		for (uint32_t k = 0; k < names.n; k++)
			use_of(&uses, &n, names.names[k])->in_conditions++;
		for (uint32_t k = 0; k < rule->compiled_output->nfields; k++)
			use_of(&uses, &n, rule->compiled_output->fields[k]->text.p)->in_outputs++;
	}
	if (n)
		qsort(uses, n, sizeof *uses, by_use);
	printf("%-40s %10s %8s\n", "FIELD", "CONDITIONS", "OUTPUTS");
	for (uint32_t i = 0; i < n; i++)
		printf("%-40s %10u %8u\n", uses[i].name, uses[i].in_conditions, uses[i].in_outputs);
	free(uses);
}

/* "a,!b" to its parts, in arena. */
static const char *const *split(const char *list, struct hc_arena *arena, uint32_t *ret_n)
{
	const char **parts = hc_arena_array(arena, const char *, strlen(list) + 1);
	char *copy = hc_arena_dup(arena, list), *save = NULL;

	*ret_n = 0;
	for (char *p = strtok_r(copy, ", ", &save); p; p = strtok_r(NULL, ", ", &save))
		parts[(*ret_n)++] = p;
	return parts;
}

static int put_selection(const struct hc_ruleset *rs, const struct options *o, struct hc_arena *arena)
{
	struct hc_selection_options so = { .all = o->all, .repair = o->repair };
	struct hc_selection *sel = hc_arena_new(arena, struct hc_selection);
	struct hc_selection_rule *rules;
	int set = o->state_set ? hc_state_set_parse(o->state_set) : HC_STATE_SET_CURRENT;
	uint32_t n;

	if (set < 0) {
		fprintf(stderr, "hindcast rules: --state-set is current or falco-0.35, not '%s'\n", o->state_set);
		return HC_EXIT_USAGE;
	}
	so.state_set = (enum hc_state_set)set;
	if (o->custom_set)
		so.custom_set = split(o->custom_set, arena, &so.ncustom_set);
	rules = hc_selection_rules(rs, arena, &n);
	hc_selection_make(&so, rules, n, arena, sel);
	for (uint32_t i = 0; i < sel->nlines; i++)
		if (sel->lines[i].level >= HC_SELECTION_WARNING)
			fprintf(stderr, "%s\n", sel->lines[i].text);
	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
		if (hc_scset_has(&sel->final, sc) || hc_scset_has(&sel->rules, sc))
			printf("%c %-22s %s\n", hc_scset_has(&sel->final, sc) ? '+' : '-', hc_sc_table[sc].name,
			       hc_selection_why(sel, sc, arena));
	printf("%u system calls recorded, %u of them wanted by rules\n", hc_scset_count(&sel->final),
	       hc_scset_count(&sel->rules));
	return HC_EXIT_OK;
}

static void put_plan(const struct hc_ruleset *rs)
{
	struct hc_buf text HC_BUF_DONE = { 0 };
	struct hc_plan *plan = hc_plan_new();

	for (uint32_t i = 0; i < rs->nactive; i++)
		hc_plan_add(plan, rs->active[i]->name, rs->active[i]->ast, &rs->active[i]->events);
	hc_plan_seal(plan, false);
	hc_plan_print(plan, &text);
	fwrite(text.p, 1, text.len, stdout);
	hc_plan_free(plan);
}

static int show(const struct hc_ruleset *rs, const struct options *o, struct hc_arena *arena)
{
	struct hc_buf json HC_BUF_DONE = { 0 };

	if (o->json) {
		hc_describe_json(&json, rs);
		fwrite(json.p, 1, json.len, stdout);
		return HC_EXIT_OK;
	}
	if (o->rule)
		return put_rule(rs, o->rule, arena);
	if (o->macros)
		put_macros(rs);
	if (o->lists)
		put_lists(rs);
	if (o->fields)
		put_fields(rs, arena);
	if (o->plan)
		put_plan(rs);
	if (o->events)
		return put_selection(rs, o, arena);
	if (!o->macros && !o->lists && !o->fields && !o->plan)
		put_rules(rs, arena);
	return HC_EXIT_OK;
}

static int run(int argc, char **argv)
{
	struct options o = { 0 };
	struct hc_arena arena;
	struct hc_ruleset *rs;
	struct hc_diag diag;
	char text[1200];
	int n, status, r;

	if (hc_options_parse(&hc_cmd_rules, argc, argv, &o, &n, &status))
		return status;
	if (!n) {
		fprintf(stderr, "hindcast rules: name a rules file or a directory of them\nTry 'hindcast rules --help'.\n");
		return HC_EXIT_USAGE;
	}
	r = hc_ruleset_load(NULL, (const char *const *)argv + 1, (size_t)n, &rs, &diag);
	if (r < 0) {
		fprintf(stderr, "hindcast rules: %s\n", hc_diag_format(&diag, text, sizeof text));
		return r == -EINVAL ? HC_EXIT_RULES : HC_EXIT_FAIL;
	}
	if (r) {
		hc_report_text(stderr, rs, false);
		hc_ruleset_free(rs);
		return HC_EXIT_RULES;
	}
	hc_arena_init(&arena);
	status = show(rs, &o, &arena);
	hc_arena_done(&arena);
	hc_ruleset_free(rs);
	return status;
}
