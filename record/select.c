/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules and base_syscalls to the set to record (record/select.h). The container plugin's wishes are left out: it is a
 * part of Falco's live process, and what it needs of a capture the state set has.
 */
#include "record/select.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "record/base-syscalls.h"
#include "rules/shipped.h"

static int read_base(struct hc_base_syscalls *base, const struct hc_select_options *options, struct hc_diag *reterr_diag)
{
	int err = options->config ? hc_base_syscalls_read(base, options->config, reterr_diag) : 0;

	for (size_t i = 0; !err && i < options->nsettings; i++)
		err = hc_base_syscalls_set(base, options->settings[i], reterr_diag);
	base->all |= options->all;
	return err;
}

/* Everything the machine has, tracepoints of high volume included. */
static void select_everything(struct hc_select *select)
{
	for (unsigned sc = 1; sc < HC_SC_COUNT; sc++)
		if (hc_sc_table[sc].kind != HC_SC_RESERVED && hc_sc_table[sc].kind != HC_SC_UNKNOWN)
			hc_scset_add(&select->selection.final, sc);
}

static int load_rules(struct hc_select *select, const struct hc_select_options *options, struct hc_diag *reterr_diag)
{
	const struct hc_ruleset_options none = { 0 };
	int r;

	select->nfiles = options->nrules ? options->nrules : 1;
	select->files = hc_arena_array(&select->arena, char *, select->nfiles);
	if (!options->nrules)
		select->files[0] = hc_rules_shipped(&select->arena);
	for (size_t i = 0; i < options->nrules; i++)
		select->files[i] = hc_arena_dup(&select->arena, options->rules[i]);
	r = hc_ruleset_load(&none, (const char *const *)select->files, select->nfiles, &select->ruleset, reterr_diag);
	if (r == HC_RULESET_INVALID) {
		hc_report_text(stderr, select->ruleset, false);
		return HC_SELECT_INVALID;
	}
	return r;
}

/* Rules of other sources (plugins) see no system calls, so they ask for none. */
static int rule_sets(const struct hc_ruleset *rs, struct hc_arena *arena, struct hc_selection_rule **ret, uint32_t *ret_n,
		     struct hc_diag *reterr_diag)
{
	struct hc_selection_rule *rules = hc_arena_array(arena, struct hc_selection_rule, rs->nactive + 1);
	uint32_t n = 0;

	for (uint32_t i = 0; i < rs->nactive; i++) {
		int err;

		if (strcmp(rs->active[i]->source, "syscall"))
			continue;
		rules[n].name = rs->active[i]->name;
		err = hc_scset_of(rs->active[i]->ast, &rules[n++].set, reterr_diag);
		if (err)
			return err;
	}
	*ret = rules;
	*ret_n = n;
	return 0;
}

static struct hc_selection_rule *join(struct hc_arena *arena, const struct hc_selection_rule *a, uint32_t na,
				      const struct hc_selection_rule *b, uint32_t nb)
{
	struct hc_selection_rule *all = hc_arena_array(arena, struct hc_selection_rule, na + nb + 1);

	for (uint32_t i = 0; i < na + nb; i++)
		all[i] = i < na ? a[i] : b[i - na];
	return all;
}

int hc_select_trigger_load(struct hc_select_trigger **ret, const char *const *paths, size_t npaths, const char *priority,
			   struct hc_diag *reterr_diag)
{
	struct hc_select_trigger *t HC_CLEANUP(hc_select_trigger_free) = hc_calloc(1, sizeof *t);
	const struct hc_ruleset_options options = { .min_priority = priority };
	int r;

	hc_arena_init(&t->arena);
	r = hc_ruleset_load(&options, paths, npaths, &t->ruleset, reterr_diag);
	if (r == HC_RULESET_INVALID) {
		hc_report_text(stderr, t->ruleset, false);
		return HC_SELECT_INVALID;
	}
	if (!r)
		r = rule_sets(t->ruleset, &t->arena, &t->rules, &t->nrules, reterr_diag);
	if (r)
		return r;
	if (!t->nrules)
		return hc_diag_set(reterr_diag, -ENODATA, "no rule of --trigger could ever raise an alert: %s", t->ruleset->nrules ?
				   "all are disabled, less urgent than --trigger-priority, or not about system calls" :
				   "the files have none");
	*ret = TAKE(t);
	return 0;
}

struct hc_select_trigger *hc_select_trigger_free(struct hc_select_trigger *t)
{
	if (!t)
		return NULL;
	hc_ruleset_free(t->ruleset);
	hc_arena_done(&t->arena);
	free(t);
	return NULL;
}

static int make(struct hc_select *select, const struct hc_select_options *options, struct hc_base_syscalls *base,
		struct hc_diag *reterr_diag)
{
	struct hc_selection_options how = { 0 };
	struct hc_selection_rule *rules;
	uint32_t nrules;
	int r;

	if (options->state_set)
		how.state_set = (enum hc_state_set)hc_state_set_parse(options->state_set);
	r = read_base(base, options, reterr_diag);
	if (r)
		return r;
	if (options->everything) {
		select_everything(select);
		return 0;
	}
	r = load_rules(select, options, reterr_diag);
	if (!r)
		r = rule_sets(select->ruleset, &select->arena, &rules, &nrules, reterr_diag);
	if (r)
		return r;
	select->nrules = nrules;
	if (options->trigger) {
		rules = join(&select->arena, rules, nrules, options->trigger->rules, options->trigger->nrules);
		nrules += options->trigger->nrules;
	}
	how.custom_set = (const char *const *)base->custom_set;
	how.ncustom_set = (uint32_t)base->n;
	how.repair = base->repair;
	how.all = base->all;
	hc_selection_make(&how, rules, nrules, &select->arena, &select->selection);
	return 0;
}

int hc_select_make(struct hc_select **ret, const struct hc_select_options *options, struct hc_diag *reterr_diag)
{
	struct hc_select *select HC_CLEANUP(hc_select_free) = hc_calloc(1, sizeof *select);
	struct hc_base_syscalls base = { 0 };
	int r;

	hc_arena_init(&select->arena);
	clock_gettime(CLOCK_REALTIME, &select->read_at);
	r = make(select, options, &base, reterr_diag);
	hc_base_syscalls_done(&base);
	if (!r)
		*ret = TAKE(select);
	return r;
}

struct hc_select *hc_select_free(struct hc_select *select)
{
	if (!select)
		return NULL;
	hc_ruleset_free(select->ruleset);
	hc_arena_done(&select->arena);
	free(select);
	return NULL;
}

void hc_select_warn(const struct hc_select *select)
{
	for (uint32_t i = 0; i < select->selection.nlines; i++)
		if (select->selection.lines[i].level >= HC_SELECTION_WARNING)
			fprintf(stderr, "hindcast record: %s\n", select->selection.lines[i].text);
}

void hc_select_print(const struct hc_select *select)
{
	for (uint32_t i = 0; i < select->selection.nlines; i++) {
		const struct hc_selection_line *line = &select->selection.lines[i];

		fflush(stdout); /* both may go to one terminal or pipe; keep the order */
		fprintf(line->level == HC_SELECTION_STDERR ? stderr : stdout, "%s\n", line->text);
	}
	if (!select->ruleset) {
		uint32_t n;
		struct hc_arena arena;
		const char **names;

		hc_arena_init(&arena);
		names = hc_scset_names(&select->selection.final, &arena, &n);
		printf("(%u) syscalls selected in total (final set): ", n);
		for (uint32_t i = 0; i < n; i++)
			printf("%s%s", i ? ", " : "", names[i]);
		putchar('\n');
		hc_arena_done(&arena);
	}
}
