/* SPDX-License-Identifier: Apache-2.0
 *
 * The selection algorithm of selection.md 4, step by step, with the lines of section 5 and a reason for every member. A
 * pure function: no I/O, no state. Names are compared after the round trip through codes, as the reference does (Q).
 */
#include "rules/selection.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "rules/ruleset.h"

int hc_state_set_parse(const char *name)
{
	if (!strcmp(name, "current"))
		return HC_STATE_SET_CURRENT;
	return strcmp(name, "falco-0.35") ? -1 : HC_STATE_SET_FALCO_0_35;
}

/* All calls that belong to one of the sets (enum hc_sc_set). */
static struct hc_scset belonging(unsigned sets)
{
	struct hc_scset set = { 0 };

	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
		if (hc_sc_table[sc].sets & sets)
			hc_scset_add(&set, sc);
	return set;
}

static struct hc_scset with(struct hc_scset a, const struct hc_scset *b)
{
	hc_scset_unite(&a, b);
	return a;
}

static struct hc_scset without(struct hc_scset a, const struct hc_scset *b)
{
	hc_scset_subtract(&a, b);
	return a;
}

static bool meet(const struct hc_scset *a, const struct hc_scset *b)
{
	for (int i = 0; i < HC_SCSET_WORDS; i++)
		if (a->w[i] & b->w[i])
			return true;
	return false;
}

static bool is_empty(const struct hc_scset *set)
{
	return !hc_scset_count(set);
}

void hc_selection_state_set(enum hc_state_set which, struct hc_scset *ret)
{
	/* what 0.35's tables did not count in (selection.md 3) */
	static const uint16_t newer[] = { PPM_SC_CLOSE_RANGE, PPM_SC_MEMFD_CREATE, PPM_SC_PIDFD_GETFD, PPM_SC_PIDFD_OPEN,
					  PPM_SC_RECVMMSG, PPM_SC_SENDMMSG, PPM_SC_SETREGID, PPM_SC_SETREUID };

	*ret = belonging(HC_SCSET_STATE);
	if (which == HC_STATE_SET_CURRENT)
		return;
	for (size_t i = 0; i < sizeof newer / sizeof *newer; i++)
		ret->w[newer[i] / 64] &= ~(1ull << newer[i] % 64);
	hc_scset_add(ret, PPM_SC_SETPGID);
}

void hc_selection_ignored_set(enum hc_state_set which, struct hc_scset *ret)
{
	struct hc_scset state;

	hc_selection_state_set(which, &state);
	*ret = without(belonging(HC_SCSET_IO), &state);
}

void hc_selection_repair(const struct hc_scset *set, struct hc_scset *ret)
{
	const struct hc_scset net = belonging(HC_SCSET_NET), base = belonging(HC_SCSET_REPAIR_BASE),
			      fds = belonging(HC_SCSET_FILE | HC_SCSET_IO | HC_SCSET_IO_OTHER);
	const struct hc_scset asked = *set; /* set may be *ret */

	*ret = with(asked, &base);
	if (meet(&asked, &net)) {
		hc_scset_add(ret, PPM_SC_SOCKET);
		hc_scset_add(ret, PPM_SC_GETSOCKOPT);
		hc_scset_add(ret, PPM_SC_CLOSE);
	}
	if (hc_scset_has(&asked, PPM_SC_ACCEPT) || hc_scset_has(&asked, PPM_SC_ACCEPT4) ||
	    hc_scset_has(&asked, PPM_SC_LISTEN))
		hc_scset_add(ret, PPM_SC_BIND);
	if (meet(&asked, &fds))
		hc_scset_add(ret, PPM_SC_CLOSE);
}

/* What the container plugin parses events of (selection.md 4, step 2). */
static struct hc_scset plugin_set(void)
{
	static const uint16_t codes[] = { PPM_SC_CLONE, PPM_SC_FORK, PPM_SC_VFORK, PPM_SC_CLONE3, PPM_SC_EXECVE,
					  PPM_SC_EXECVEAT, PPM_SC_CHROOT, PPM_SC_SCHED_PROCESS_EXIT };
	struct hc_scset set = { 0 };

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		hc_scset_add(&set, codes[i]);
	return set;
}

/* ---- lines ---- */

struct maker {
	struct hc_arena *arena;
	struct hc_selection *sel;
	uint32_t cap;
};

static void add_line(struct maker *m, enum hc_selection_level level, const char *text)
{
	struct hc_selection *sel = m->sel;

	if (sel->nlines == m->cap) {
		struct hc_selection_line *lines = hc_arena_array(m->arena, struct hc_selection_line, m->cap ? 2 * m->cap : 16);

		if (sel->nlines)
			memcpy(lines, sel->lines, sel->nlines * sizeof *lines);
		sel->lines = lines;
		m->cap = m->cap ? 2 * m->cap : 16;
	}
	sel->lines[sel->nlines++] = (struct hc_selection_line){ level, text };
}

static void join(struct hc_buf *buf, const char *const *names, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		hc_buf_printf(buf, "%s%s", i ? ", " : "", names[i]);
}

/* before, the number of names unless it is left out, after, the names. */
static void add_set(struct maker *m, enum hc_selection_level level, const char *before, bool counted, const char *after,
		    const struct hc_scset *set)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };
	const char **names;
	uint32_t n;

	names = hc_scset_names(set, m->arena, &n);
	hc_buf_puts(&buf, before);
	if (counted)
		hc_buf_printf(&buf, "(%u) ", n);
	hc_buf_puts(&buf, after);
	join(&buf, names, n);
	add_line(m, level, hc_arena_dup(m->arena, buf.p));
}

/* ---- custom_set ---- */

struct names {
	const char **names; /* sorted, each once */
	uint32_t n;
};

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The entries of custom_set with or without `!`, and the calls they stand for. */
static struct names custom_names(const struct hc_selection_options *o, bool negative, struct hc_arena *arena,
				 struct hc_scset *ret_set)
{
	struct names list = { hc_arena_array(arena, const char *, o->ncustom_set + 1), 0 };
	uint32_t kept = 0;

	*ret_set = (struct hc_scset){ 0 };
	for (uint32_t i = 0; i < o->ncustom_set; i++) {
		const char *name = o->custom_set[i];

		if (!*name || (*name == '!') != negative)
			continue;
		list.names[list.n++] = name + negative;
	}
	if (list.n)
		qsort(list.names, list.n, sizeof *list.names, by_bytes);
	for (uint32_t i = 0; i < list.n; i++) {
		if (kept && !strcmp(list.names[kept - 1], list.names[i]))
			continue;
		hc_scset_add_name(ret_set, hc_str(list.names[i]));
		list.names[kept++] = list.names[i];
	}
	list.n = kept;
	return list;
}

/* Warns of names that are not among the names their set shows as. */
static void warn_invalid(struct maker *m, const struct names *list, const struct hc_scset *set, const char *which)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };
	const char **valid;
	uint32_t n, bad = 0;

	valid = hc_scset_names(set, m->arena, &n);
	hc_buf_printf(&buf, "Invalid (%s) syscall names: warning (base_syscalls override): ", which);
	for (uint32_t i = 0; i < list->n; i++)
		if (!n || !bsearch(&list->names[i], valid, n, sizeof *valid, by_bytes))
			hc_buf_printf(&buf, "%s%s", bad++ ? ", " : "", list->names[i]);
	if (bad)
		add_line(m, HC_SELECTION_WARNING, hc_arena_dup(m->arena, buf.p));
}

/* ---- the algorithm ---- */

static void give_reason(struct hc_selection *sel, const struct hc_scset *set, enum hc_selection_reason reason)
{
	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
		if (hc_scset_has(set, sc))
			sel->reason[sc] |= (uint8_t)reason;
}

static void unite_rules(const struct hc_selection_rule *rules, uint32_t nrules, struct hc_selection *sel)
{
	for (uint32_t i = 0; i < nrules; i++) {
		hc_scset_unite(&sel->rules, &rules[i].set);
		for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
			if (hc_scset_has(&rules[i].set, sc) && !sel->rule[sc]++)
				sel->first_rule[sc] = rules[i].name;
	}
	give_reason(sel, &sel->rules, HC_SELECTED_RULE);
}

static void say_unsupported(struct maker *m, const struct hc_scset *missing)
{
	add_set(m, HC_SELECTION_STDERR,
		"Loaded rules match syscalls that are not activated (e.g. were removed via config settings such as no -A flag or "
		"negative base_syscalls elements) or unsupported with current configuration: warning (unsupported-evttype): ",
		false, "", missing);
	add_line(m, HC_SELECTION_STDERR,
		 "If syscalls in rules include high volume syscalls (-> activate via `-A` flag), else syscalls may have been removed "
		 "via base_syscalls option or might be associated with syscalls undefined on your architecture "
		 "(https://marcin.juszkiewicz.com.pl/download/tables/syscalls.html)");
}

void hc_selection_make(const struct hc_selection_options *options, const struct hc_selection_rule *rules,
		       uint32_t nrules, struct hc_arena *arena, struct hc_selection *ret)
{
	struct maker m = { .arena = arena, .sel = ret };
	struct hc_scset plugins = { 0 }, pos, neg, base, x, more, ignored;
	struct names positive, negative;

	*ret = (struct hc_selection){ 0 };
	/* 1: what the rules want */
	unite_rules(rules, nrules, ret);
	if (!is_empty(&ret->rules))
		add_set(&m, HC_SELECTION_DEBUG, "", true, "syscalls in rules: ", &ret->rules);
	/* 2: what plugins want */
	if (options->container_plugin) {
		plugins = plugin_set();
		add_set(&m, HC_SELECTION_DEBUG, "", true, "syscalls required by plugins: ", &plugins);
	}
	/* 3, 4: the state set, or what takes its place */
	positive = custom_names(options, false, arena, &pos);
	negative = custom_names(options, true, arena, &neg);
	hc_selection_state_set(options->state_set, &base);
	if (!is_empty(&pos)) {
		base = pos;
		add_set(&m, HC_SELECTION_DEBUG, "+", true, "syscalls added (base_syscalls override): ", &pos);
	}
	warn_invalid(&m, &positive, &pos, "positive");
	give_reason(ret, &base, is_empty(&pos) ? HC_SELECTED_STATE : HC_SELECTED_CUSTOM);
	/* 5, 6: all of it, or the least that keeps the rules working; that one forgets the plugins (Q) */
	x = with(with(ret->rules, &plugins), &base);
	if (options->repair && is_empty(&pos)) {
		for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
			ret->reason[sc] &= (uint8_t)~HC_SELECTED_STATE;
		hc_selection_repair(&ret->rules, &x);
		more = without(x, &ret->rules);
		give_reason(ret, &more, HC_SELECTED_REPAIR);
	} else {
		give_reason(ret, &plugins, HC_SELECTED_PLUGIN);
	}
	/* 7: !names */
	if (!is_empty(&neg)) {
		hc_scset_subtract(&x, &neg);
		add_set(&m, HC_SELECTION_DEBUG, "-", true, "syscalls removed (base_syscalls override): ", &neg);
		give_reason(ret, &neg, HC_REMOVED_CUSTOM);
	}
	warn_invalid(&m, &negative, &neg, "negative");
	/* 8 */
	more = without(x, &ret->rules);
	if (!is_empty(&more) && is_empty(&pos))
		add_set(&m, HC_SELECTION_DEBUG, "+", true, "syscalls (Falco's state engine set of syscalls): ", &more);
	/* 9: high-volume I/O */
	hc_selection_ignored_set(options->state_set, &ignored);
	hc_scset_intersect(&ignored, &x);
	if (!options->all && !is_empty(&ignored)) {
		hc_scset_subtract(&x, &ignored);
		add_set(&m, HC_SELECTION_DEBUG, "-", true, "ignored syscalls (-> activate via `-A` flag): ", &ignored);
		give_reason(ret, &ignored, HC_REMOVED_IGNORED);
	}
	/* 10 */
	if (options->repair && (positive.n || negative.n)) {
		more = x;
		hc_selection_repair(&more, &x);
		more = without(x, &more);
		give_reason(ret, &more, HC_SELECTED_REPAIR);
		if (!is_empty(&more))
			add_set(&m, HC_SELECTION_INFO, "+", true, "repaired syscalls: ", &more);
	}
	/* 11 */
	if (!hc_scset_has(&x, PPM_SC_SCHED_PROCESS_EXIT))
		ret->reason[PPM_SC_SCHED_PROCESS_EXIT] |= HC_SELECTED_ALWAYS;
	hc_scset_add(&x, PPM_SC_SCHED_PROCESS_EXIT);
	ret->final = x;
	add_set(&m, HC_SELECTION_DEBUG, "", true, "syscalls selected in total (final set): ", &x);
	/* 12 */
	more = without(ret->rules, &x);
	if (!is_empty(&more))
		say_unsupported(&m, &more);
}

struct hc_selection_rule *hc_selection_rules(const struct hc_ruleset *ruleset, struct hc_arena *arena, uint32_t *ret_n)
{
	struct hc_selection_rule *rules = hc_arena_array(arena, struct hc_selection_rule, ruleset->nactive + 1);

	for (uint32_t i = 0; i < ruleset->nactive; i++) {
		rules[i].name = ruleset->active[i]->name;
		/* cannot fail: the event set, which fails for the same conditions, was made when the rule was loaded */
		(void)hc_scset_of(ruleset->active[i]->ast, &rules[i].set, NULL);
	}
	*ret_n = ruleset->nactive;
	return rules;
}

const char *hc_selection_why(const struct hc_selection *selection, unsigned sc, struct hc_arena *arena)
{
	static const struct {
		uint8_t reason;
		bool removed;
		const char *text;
	} texts[] = {
		{ HC_SELECTED_STATE, false, "state engine" },
		{ HC_SELECTED_CUSTOM, false, "base_syscalls.custom_set" },
		{ HC_SELECTED_REPAIR, false, "base_syscalls.repair" },
		{ HC_SELECTED_PLUGIN, false, "container plugin" },
		{ HC_SELECTED_ALWAYS, false, "always recorded" },
		{ HC_REMOVED_IGNORED, true, "left out: high-volume I/O (-A keeps it)" },
		{ HC_REMOVED_CUSTOM, true, "left out: !name in base_syscalls.custom_set" },
	};
	struct hc_buf buf HC_BUF_DONE = { 0 };
	bool in = hc_scset_has(&selection->final, sc);

	hc_buf_puts(&buf, "");
	if (selection->reason[sc] & HC_SELECTED_RULE) {
		hc_buf_printf(&buf, "wanted by rule '%s'", selection->first_rule[sc]);
		if (selection->rule[sc] > 1)
			hc_buf_printf(&buf, " and %u more", selection->rule[sc] - 1);
	}
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if ((selection->reason[sc] & texts[i].reason) && texts[i].removed == !in)
			hc_buf_printf(&buf, "%s%s", buf.len ? "; " : "", texts[i].text);
	return hc_arena_dup(arena, buf.p);
}
