/* SPDX-License-Identifier: Apache-2.0
 *
 * The event-set algebra of selection.md. Events of all generations of a system call belong to it: they are recognised by
 * the stem of the event's identifier (PPME_SOCKET_ACCEPT4, _ACCEPT4_5, _ACCEPT4_6 are accept4's), since the syscall table
 * names only the newest pair. The tables are made once, on first use, from the schema alone.
 */
#include "rules/evtset.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/strmap.h"

/* What one name stands for. */
struct meaning {
	struct hc_evset events; /* codes from 2 up whose name it is; without 0 and 1 */
	struct hc_scset makers; /* the system calls that produce one of them */
	int sc;                 /* the system call of that name, or -1 */
	bool async;             /* an async event of the container plugin */
};

static struct {
	pthread_once_t once;
	struct hc_strmap names; /* to struct meaning */
	struct meaning *meanings;
	const char *sorted[HC_EVENT_COUNT + HC_SC_COUNT + 3];
	struct hc_evset of_sc[HC_SC_COUNT]; /* all generations; empty for generic ones */
	struct hc_evset all_events;
	struct hc_scset all_scs;
} tables = { .once = PTHREAD_ONCE_INIT };

/* The length of id without direction and generation: PPME_SYSCALL_EXECVE of PPME_SYSCALL_EXECVE_19_X. */
static size_t stem_len(const char *id)
{
	size_t n = strlen(id), digits;

	if (n > 2 && id[n - 2] == '_' && (id[n - 1] == 'E' || id[n - 1] == 'X'))
		n -= 2;
	for (digits = n; digits > 0 && id[digits - 1] >= '0' && id[digits - 1] <= '9'; digits--)
		;
	return digits < n && digits > 0 && id[digits - 1] == '_' ? digits - 1 : n;
}

static bool same_stem(const size_t *stems, unsigned a, unsigned b)
{
	return stems[a] == stems[b] && !memcmp(hc_event_table[a].id, hc_event_table[b].id, stems[a]);
}

static bool is_real(int sc)
{
	return hc_sc_table[sc].kind != HC_SC_UNKNOWN && hc_sc_table[sc].kind != HC_SC_RESERVED;
}

static struct meaning *meaning(const char *name, uint32_t *n)
{
	struct meaning *m = hc_strmap_get(&tables.names, hc_str(name));

	if (!m) {
		m = &tables.meanings[(*n)++];
		m->sc = -1;
		hc_strmap_put(&tables.names, hc_str(name), m);
	}
	return m;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void make_tables(void)
{
	size_t stems[HC_EVENT_COUNT];
	uint32_t n = 0;

	/* never freed: they are constants */
	tables.meanings = hc_calloc(HC_EVENT_COUNT + HC_SC_COUNT + 2, sizeof *tables.meanings);
	for (unsigned ev = 0; ev < HC_EVENT_COUNT; ev++) {
		hc_evset_add(&tables.all_events, ev);
		stems[ev] = stem_len(hc_event_table[ev].id);
	}
	for (int sc = 0; sc < HC_SC_COUNT; sc++) {
		const struct hc_sc_info *info = &hc_sc_table[sc];
		unsigned newest = info->exit != PPME_NONE ? info->exit : info->enter;

		if (!is_real(sc))
			continue;
		hc_scset_add(&tables.all_scs, (unsigned)sc);
		meaning(info->name, &n)->sc = sc;
		if (newest == PPME_NONE || newest < 2)
			continue;
		for (unsigned ev = 2; ev < HC_EVENT_COUNT; ev++)
			if (!(hc_event_table[ev].flags & EF_UNUSED) && same_stem(stems, newest, ev))
				hc_evset_add(&tables.of_sc[sc], ev);
	}
	for (unsigned ev = 2; ev < HC_EVENT_COUNT; ev++) {
		struct meaning *m = meaning(hc_event_table[ev].name, &n);

		hc_evset_add(&m->events, ev);
		for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
			if (hc_evset_has(&tables.of_sc[sc], ev))
				hc_scset_add(&m->makers, sc);
	}
	meaning("container", &n)->async = true;
	meaning("container_removed", &n)->async = true;

	n = 0;
	for (uint32_t i = 0; i < tables.names.cap; i++)
		if (tables.names.slots[i].key.p)
			tables.sorted[n++] = tables.names.slots[i].key.p;
	qsort(tables.sorted, n, sizeof *tables.sorted, by_bytes);
}

static void ready(void)
{
	pthread_once(&tables.once, make_tables);
}

static const struct meaning *find(struct hc_str name)
{
	ready();
	return hc_strmap_get(&tables.names, name);
}

void hc_evset_fill(struct hc_evset *ret_set)
{
	ready();
	*ret_set = tables.all_events;
}

void hc_scset_fill(struct hc_scset *ret_set)
{
	ready();
	*ret_set = tables.all_scs;
}

static bool has_events(const struct meaning *m)
{
	return hc_evset_count(&m->events) > 0;
}

void hc_evset_add_name(struct hc_evset *set, struct hc_str name)
{
	const struct meaning *m = find(name);

	if (!m)
		return;
	hc_evset_unite(set, &m->events);
	/* The async code of a plugin's event is not added: every rule is looked at for it anyway. A name that is no event's
	 * own shows up under the generic codes. */
	if (!has_events(m) && !m->async && m->sc >= 0) {
		hc_evset_add(set, PPME_GENERIC_E);
		hc_evset_add(set, PPME_GENERIC_X);
	}
}

void hc_scset_add_name(struct hc_scset *set, struct hc_str name)
{
	const struct meaning *m = find(name);

	if (!m)
		return;
	hc_scset_unite(set, &m->makers);
	/* pread64 and its like are dedicated calls whose event has another name: they stand for nothing (Q). */
	if (!has_events(m) && !m->async && m->sc >= 0 && hc_sc_table[m->sc].kind == HC_SC_GENERIC)
		hc_scset_add(set, (unsigned)m->sc);
}

bool hc_event_name_known(struct hc_str name)
{
	return find(name) != NULL;
}

const char *const *hc_event_names(void)
{
	ready();
	return tables.sorted;
}

/* ---- the algebra ---- */

/* Both universes at once: whatever is asked for, one walk. */
struct both {
	struct hc_evset ev;
	struct hc_scset sc;
};

static void everything(struct both *ret)
{
	hc_evset_fill(&ret->ev);
	hc_scset_fill(&ret->sc);
}

static void complement(struct both *set)
{
	struct both all;

	everything(&all);
	hc_evset_subtract(&all.ev, &set->ev);
	hc_scset_subtract(&all.sc, &set->sc);
	*set = all;
}

static bool is_type_field(const struct hc_operand *o)
{
	return o && o->kind == HC_OPERAND_FIELD && !o->has_arg &&
	       (hc_str_is(o->name, "evt.type") || hc_str_is(o->name, "syscall.type"));
}

static bool mentions_type_field(const struct hc_operand *o)
{
	bool found = is_type_field(o);

	for (uint32_t i = 0; o && i < o->nargs; i++)
		found |= mentions_type_field(o->args[i]);
	return found;
}

/* The value of an unsigned decimal literal, or -1 if it is none; all that matters is whether it is 0, 1 or more. */
static int small_number(struct hc_str s)
{
	int v = 0;

	for (uint32_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		v = v > 9 ? v : v * 10 + s.p[i] - '0';
	}
	return s.len ? v : -1;
}

/* What a comparison of evt.num, which counts from 1, comes to: 0 false, 1 true, -1 it depends. */
static int num_outcome(const struct hc_ast *check)
{
	int n;

	if (check->right || check->modifier)
		return -1;
	if (check->op == HC_OP_IN) {
		for (uint32_t i = 0; i < check->nvalues; i++)
			if (small_number(check->values[i].value))
				return -1;
		return 0;
	}
	n = check->nvalues == 1 ? small_number(check->values[0].value) : -1;
	switch (check->op) {
	case HC_OP_EQ: return n == 0 ? 0 : -1;
	case HC_OP_NE: return n == 0 ? 1 : -1;
	case HC_OP_LT: return n == 0 || n == 1 ? 0 : -1;
	case HC_OP_LE: return n == 0 ? 0 : -1;
	case HC_OP_GT: return n == 0 ? 1 : -1;
	case HC_OP_GE: return n == 0 || n == 1 ? 1 : -1;
	default: return -1;
	}
}

static int of_check(const struct hc_ast *check, bool negated, struct both *ret, struct hc_diag *diag)
{
	bool compares = (check->op == HC_OP_EQ || check->op == HC_OP_NE || check->op == HC_OP_IN) && !check->modifier;
	int outcome;

	everything(ret);
	if (check->left->kind == HC_OPERAND_FIELD && !check->left->has_arg && hc_str_is(check->left->name, "evt.num")) {
		outcome = num_outcome(check);
		if (outcome >= 0 && (bool)outcome == negated)
			*ret = (struct both){ 0 };
		return 0;
	}
	if (compares && ((is_type_field(check->left) && check->right) ||
			 (check->left->kind == HC_OPERAND_TRANSFORMER && mentions_type_field(check->left)))) {
		hc_diag_set(diag, -EINVAL, "event code search does not support `evt.type` checks with transformers.");
		if (diag) {
			diag->off = check->pos.off;
			diag->line = check->pos.line;
			diag->column = check->pos.column;
		}
		return -EINVAL;
	}
	if (!is_type_field(check->left) || check->modifier)
		return 0;
	if (check->op == HC_OP_EXISTS) {
		if (negated)
			*ret = (struct both){ 0 };
	} else if (compares) {
		*ret = (struct both){ 0 };
		for (uint32_t i = 0; i < check->nvalues; i++) {
			hc_evset_add_name(&ret->ev, check->values[i].value);
			hc_scset_add_name(&ret->sc, check->values[i].value);
		}
		if ((check->op == HC_OP_NE) != negated)
			complement(ret);
	}
	return 0;
}

/* Negation is pushed to the leaves: a neutral check stays neutral when negated. */
static int of_node(const struct hc_ast *ast, bool negated, struct both *ret, struct hc_diag *diag)
{
	struct both kid;
	int r;

	switch (ast->kind) {
	case HC_AST_CHECK:
		return of_check(ast, negated, ret, diag);
	case HC_AST_NOT:
		return of_node(ast->kids[0], !negated, ret, diag);
	case HC_AST_MACRO:
		everything(ret);
		return 0;
	case HC_AST_AND:
	case HC_AST_OR:
		break;
	}
	r = of_node(ast->kids[0], negated, ret, diag);
	for (uint32_t i = 1; !r && i < ast->nkids; i++) {
		r = of_node(ast->kids[i], negated, &kid, diag);
		if (r)
			break;
		if ((ast->kind == HC_AST_AND) != negated) {
			hc_evset_intersect(&ret->ev, &kid.ev);
			hc_scset_intersect(&ret->sc, &kid.sc);
		} else {
			hc_evset_unite(&ret->ev, &kid.ev);
			hc_scset_unite(&ret->sc, &kid.sc);
		}
	}
	return r;
}

int hc_evset_of(const struct hc_ast *ast, struct hc_evset *ret_set, struct hc_diag *reterr_diag)
{
	struct both both;
	int r = of_node(ast, false, &both, reterr_diag);

	if (!r)
		*ret_set = both.ev;
	return r;
}

int hc_scset_of(const struct hc_ast *ast, struct hc_scset *ret_set, struct hc_diag *reterr_diag)
{
	struct both both;
	int r = of_node(ast, false, &both, reterr_diag);

	if (!r)
		*ret_set = both.sc;
	return r;
}

/* ---- codes to names ---- */

static const char **sort_names(const char **names, uint32_t n, uint32_t *ret_n)
{
	uint32_t kept = 0;

	qsort(names, n, sizeof *names, by_bytes);
	for (uint32_t i = 0; i < n; i++)
		if (!kept || strcmp(names[kept - 1], names[i]))
			names[kept++] = names[i];
	names[kept] = NULL;
	*ret_n = kept;
	return names;
}

const char **hc_evset_names(const struct hc_evset *set, struct hc_arena *arena, uint32_t *ret_n)
{
	const char **names = hc_arena_array(arena, const char *, HC_EVENT_COUNT + 1);
	uint32_t n = 0;

	for (unsigned ev = 0; ev < HC_EVENT_COUNT; ev++)
		if (hc_evset_has(set, ev))
			names[n++] = hc_event_table[ev].name;
	return sort_names(names, n, ret_n);
}

const char **hc_scset_names(const struct hc_scset *set, struct hc_arena *arena, uint32_t *ret_n)
{
	struct hc_evset events = { 0 };
	const char **names;
	uint32_t n = 0;

	ready();
	names = hc_arena_array(arena, const char *, HC_EVENT_COUNT + HC_SC_COUNT + 1);
	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++) {
		if (!hc_scset_has(set, sc))
			continue;
		if (hc_evset_count(&tables.of_sc[sc]))
			hc_evset_unite(&events, &tables.of_sc[sc]);
		else
			names[n++] = hc_sc_table[sc].name;
	}
	for (unsigned ev = 0; ev < HC_EVENT_COUNT; ev++)
		if (hc_evset_has(&events, ev))
			names[n++] = hc_event_table[ev].name;
	return sort_names(names, n, ret_n);
}
