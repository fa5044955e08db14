/* SPDX-License-Identifier: Apache-2.0
 *
 * Names to codes, and the algebra of conditions: the tables of selection.md 1.2, 1.3 and 2.1, and random conditions
 * against brute force.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "rules/evtset.h"
#include "rules/parser.h"

static struct hc_arena arena;

static void setup(void)
{
	hc_arena_init(&arena);
}

static void teardown(void)
{
	hc_arena_done(&arena);
}

TestSuite(evtset, .init = setup, .fini = teardown);

static struct hc_ast *parse(const char *text)
{
	struct hc_diag diag;
	struct hc_ast *ast;

	cr_assert_eq(hc_condition_parse(&arena, text, strlen(text), &ast, &diag), 0, "%s: %s", text, diag.text);
	return ast;
}

static void counts(const char *text, unsigned events, unsigned scs)
{
	struct hc_evset ev;
	struct hc_scset sc;

	cr_assert_eq(hc_evset_of(parse(text), &ev, NULL), 0);
	cr_assert_eq(hc_scset_of(parse(text), &sc, NULL), 0);
	cr_expect_eq(hc_evset_count(&ev), events, "%s: %u event codes, not %u", text, hc_evset_count(&ev), events);
	cr_expect_eq(hc_scset_count(&sc), scs, "%s: %u system calls, not %u", text, hc_scset_count(&sc), scs);
}

Test(evtset, worked_examples_give_their_sizes)
{
	counts("evt.type=open", 2, 1);
	counts("evt.type=open and evt.type=openat", 0, 0);
	counts("evt.type=open or evt.type=openat", 6, 2);
	counts("evt.type!=open", 452, 451);
	counts("not evt.type=open", 452, 451);
	counts("not evt.type!=open", 2, 1);
	counts("not evt.type in (open, openat)", 448, 450);
	counts("not (evt.type=open and proc.name=a)", 454, 452);
	counts("not (evt.type=open or proc.name=a)", 452, 451);
	counts("evt.type=open or proc.name=a", 454, 452);
	counts("evt.type=open and not proc.name=a", 2, 1);
	counts("proc.name!=a", 454, 452);
	counts("evt.type exists", 454, 452);
	counts("not evt.type exists", 0, 0);
	counts("evt.type contains open", 454, 452);
	counts("evt.type=nosuch", 0, 0);
	counts("evt.type!=nosuch", 454, 452);
	counts("not evt.type=nosuch", 454, 452);
	counts("evt.type in (nosuch, open)", 2, 1);
	counts("evt.type=openat and evt.dir=>", 4, 1);
	counts("evt.type=madvise", 2, 1);
	counts("evt.type in (madvise, open)", 4, 2);
	counts("evt.type=container", 3, 0);
	counts("(evt.type=open or evt.type=connect) and not evt.type=open", 2, 1);
	counts("evt.type=open and (proc.name=a or evt.type=connect)", 2, 1);
	counts("evt.num=0", 0, 0);
	counts("not evt.num>=0", 0, 0);
	counts("evt.num=0 or evt.type=open", 2, 1);
	counts("evt.type=execve and evt.num>0", 16, 1);
	counts("evt.type=OPEN", 0, 0);
	counts("evt.type in ()", 0, 0);
	counts("evt.type=accept4", 2, 1);
	counts("evt.type = oneof (open)", 454, 452);
	counts("syscall.type=open", 2, 1);
	counts("syscall.type contains ope", 454, 452);
}

Test(evtset, comparisons_of_the_event_number_are_decided_where_they_can_be)
{
	counts("evt.num in ()", 0, 0);
	counts("evt.num in (0, 0)", 0, 0);
	counts("evt.num in (0, 1)", 454, 452);
	counts("evt.num < 1", 0, 0);
	counts("evt.num < 2", 454, 452);
	counts("evt.num <= 0", 0, 0);
	counts("evt.num <= 1", 454, 452);
	counts("not evt.num >= 1", 0, 0);
	counts("evt.num >= 2", 454, 452);
	counts("not evt.num != 0", 0, 0);
	counts("not evt.num = 0", 454, 452);
	counts("evt.num = 00", 0, 0);
	counts("evt.num = -0", 454, 452);
	counts("evt.num = val(evt.num)", 454, 452);
}

Test(evtset, transformed_or_field_compared_types_are_refused)
{
	struct hc_evset ev;
	struct hc_diag diag;
	static const char *const refused[] = { "tolower(evt.type)=open", "evt.type=val(syscall.type)",
					       "not (proc.name=a or evt.type in val(proc.aname))",
					       "evt.type!=tolower(proc.name)" };

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		cr_expect_eq(hc_evset_of(parse(refused[i]), &ev, &diag), -22, "%s", refused[i]);
		cr_expect(strstr(diag.text, "event code search does not support `evt.type` checks with transformers"));
	}
	counts("tolower(evt.type) contains open", 454, 452);
}

/* Event codes of a name, and the system calls it stands for, as the table of selection.md 1.2 has them. */
static void means(const char *name, const char *codes, const char *calls)
{
	struct hc_evset ev = { 0 };
	struct hc_scset sc = { 0 };
	struct hc_buf a HC_BUF_DONE = { 0 }, b HC_BUF_DONE = { 0 };

	hc_evset_add_name(&ev, hc_str(name));
	hc_scset_add_name(&sc, hc_str(name));
	hc_buf_puts(&a, "");
	hc_buf_puts(&b, "");
	for (unsigned i = 0; i < HC_EVENT_COUNT; i++)
		if (hc_evset_has(&ev, i))
			hc_buf_printf(&a, "%s%u", a.len ? " " : "", i);
	for (unsigned i = 0; i < HC_SC_COUNT; i++)
		if (hc_scset_has(&sc, i))
			hc_buf_printf(&b, "%s%s", b.len ? " " : "", hc_sc_table[i].name);
	cr_expect_str_eq(a.p, codes, "%s: codes %s, not %s", name, a.p, codes);
	cr_expect_str_eq(b.p, calls, "%s: calls %s, not %s", name, b.p, calls);
}

Test(evtset, names_mean_all_generations_and_twins)
{
	means("open", "2 3", "open");
	means("accept", "26 27 56 57 246 247 248 249", "accept accept4");
	means("accept4", "388 389", "accept4");
	means("umount", "258 259 386 387", "umount");
	means("umount2", "390 391", "umount2");
	means("pread", "112 113", "pread64");
	means("pread64", "0 1", "");
	means("prlimit", "144 145", "prlimit64");
	means("prlimit64", "0 1", "");
	means("fcntl", "150 151", "fcntl fcntl64");
	means("fcntl64", "0 1", "");
	means("llseek", "88 89", "_llseek");
	means("_llseek", "0 1", "");
	means("sendfile", "188 189", "sendfile sendfile64");
	means("getrlimit", "140 141", "getrlimit ugetrlimit");
	means("ugetrlimit", "0 1", "");
	means("setuid", "198 199", "setuid setuid32");
	means("setuid32", "0 1", "");
	means("select", "82 83 84 85", "select");
	means("_newselect", "0 1", "_newselect");
	means("madvise", "0 1", "madvise");
	means("exit_group", "0 1", "exit_group");
	means("procexit", "16 186", "sched_process_exit");
	means("switch", "146 152", "sched_switch");
	means("signaldeliver", "232", "signal_deliver");
	means("page_fault", "290", "page_fault_user page_fault_kernel");
	means("container", "228 272 324", "");
	means("asyncevent", "402", "");
	means("syscall", "", "");
	means("no_such", "", "");
}

/* Exactly these names stand for anything but the call of their own name. */
Test(evtset, the_names_that_are_not_their_own_call_are_the_documented_ones)
{
	static const char *const odd[] = {
		"accept", "fcntl", "getegid", "geteuid", "getgid", "getresgid", "getresuid", "getrlimit", "getuid", "llseek",
		"page_fault", "pread", "prlimit", "procexit", "pwrite", "sendfile", "setgid", "setresgid", "setresuid",
		"setuid", "signaldeliver", "switch",
	};
	const char *const *names = hc_event_names();
	size_t n = 0;

	for (; *names; names++) {
		struct hc_scset sc = { 0 };
		int own = hc_sc_by_name(*names);

		hc_scset_add_name(&sc, hc_str(*names));
		if (!hc_scset_count(&sc) || (own >= 0 && hc_scset_count(&sc) == 1 && hc_scset_has(&sc, (unsigned)own)))
			continue;
		cr_assert_lt(n, sizeof odd / sizeof *odd, "%s too", *names);
		cr_expect_str_eq(*names, odd[n++]);
	}
	cr_expect_eq(n, sizeof odd / sizeof *odd);
}

Test(evtset, sets_show_as_names_of_all_generations)
{
	struct hc_scset sc = { 0 };
	const char **names;
	uint32_t n;

	hc_scset_add_name(&sc, hc_str("accept4"));
	hc_scset_add_name(&sc, hc_str("procexit"));
	hc_scset_add_name(&sc, hc_str("madvise"));
	names = hc_scset_names(&sc, &arena, &n);
	cr_assert_eq(n, 4);
	cr_expect_str_eq(names[0], "accept");
	cr_expect_str_eq(names[1], "accept4");
	cr_expect_str_eq(names[2], "madvise");
	cr_expect_str_eq(names[3], "procexit");
}

Test(evtset, the_state_set_is_what_the_schema_says_modifies_state)
{
	unsigned n = 0;

	for (unsigned code = 0; code < HC_SC_COUNT; code++) {
		const struct hc_sc_info *info = &hc_sc_table[code];
		bool state = info->driver_flags & UF_NEVER_DROP;

		if (info->kind == HC_SC_DEDICATED || info->kind == HC_SC_TRACEPOINT)
			for (unsigned e = 2; e < HC_EVENT_COUNT; e++)
				if (e == info->enter || e == info->exit)
					state |= (hc_event_table[e].flags & EF_MODIFIES_STATE) != 0;
		n += state;
		cr_expect_eq(state, (info->sets & HC_SCSET_STATE) != 0, "%s", info->name);
	}
	cr_expect_eq(n, 70);
}

/* ---- random conditions against brute force ---- */

static const char *const some_names[] = { "open", "openat", "accept", "accept4", "madvise", "pread64", "pread", "container",
					  "procexit", "setuid", "setuid32", "execve", "nosuch" };
enum { NSOME = sizeof some_names / sizeof *some_names };

static unsigned long rnd(unsigned long n)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x % n;
}

static void random_condition(struct hc_buf *buf, int depth)
{
	static const char *const ops[] = { "=", "!=", "==" };
	unsigned long kids;

	switch (depth ? rnd(7) : 3 + rnd(4)) {
	case 0:
		hc_buf_puts(buf, "not ");
		random_condition(buf, depth - 1);
		break;
	case 1:
	case 2:
		kids = 2 + rnd(2);
		hc_buf_putc(buf, '(');
		for (unsigned long i = 0, word = rnd(2); i < kids; i++) {
			hc_buf_puts(buf, !i ? "" : word ? " and " : " or ");
			random_condition(buf, depth - 1);
		}
		hc_buf_putc(buf, ')');
		break;
	case 3:
		hc_buf_printf(buf, "%s.type%s%s", rnd(4) ? "evt" : "syscall", ops[rnd(3)], some_names[rnd(NSOME)]);
		break;
	case 4:
		hc_buf_printf(buf, "evt.type in (%s, %s)", some_names[rnd(NSOME)], some_names[rnd(NSOME)]);
		break;
	case 5:
		hc_buf_printf(buf, "proc.name=%c", "ab"[rnd(2)]);
		break;
	case 6:
		hc_buf_printf(buf, "evt.num%s%lu", (const char *[]){ "=", ">=", "<", "<=", ">", "!=" }[rnd(6)], rnd(3));
		break;
	}
}

/* The plain truth of a condition for an event of a code that shows as name. */
static bool holds(const struct hc_ast *ast, const char *name, char comm, unsigned num)
{
	unsigned n;

	switch (ast->kind) {
	case HC_AST_AND:
	case HC_AST_OR:
		for (uint32_t i = 0; i < ast->nkids; i++)
			if (holds(ast->kids[i], name, comm, num) != (ast->kind == HC_AST_AND))
				return ast->kind == HC_AST_OR;
		return ast->kind == HC_AST_AND;
	case HC_AST_NOT:
		return !holds(ast->kids[0], name, comm, num);
	default:
		break;
	}
	if (hc_str_is(ast->left->name, "proc.name"))
		return ast->values[0].value.p[0] == comm;
	if (hc_str_is(ast->left->name, "evt.num")) {
		n = (unsigned)atoi(ast->values[0].value.p);
		switch (ast->op) {
		case HC_OP_EQ: return num == n;
		case HC_OP_NE: return num != n;
		case HC_OP_LT: return num < n;
		case HC_OP_LE: return num <= n;
		case HC_OP_GT: return num > n;
		default: return num >= n;
		}
	}
	for (uint32_t i = 0; i < ast->nvalues; i++)
		if (hc_str_is(ast->values[i].value, name))
			return ast->op != HC_OP_NE;
	return ast->op == HC_OP_NE;
}

/* Is a literal of the condition in the set of names that stand for more than what shows under them (see evtset.h)? */
static bool names(const char *text, bool generic)
{
	return generic ? strstr(text, "madvise") || strstr(text, "pread64") || strstr(text, "setuid32") :
			 strstr(text, "accept") != NULL;
}

Test(evtset, an_event_that_makes_a_condition_true_is_always_in_its_set)
{
	unsigned inside = 0, outside = 0;

	for (int round = 0; round < 1500; round++) {
		struct hc_buf text HC_BUF_DONE = { 0 };
		struct hc_evset ev;
		struct hc_scset sc;
		struct hc_ast *ast;

		hc_arena_reset(&arena);
		random_condition(&text, 1 + (int)rnd(4));
		ast = parse(text.p);
		cr_assert_eq(hc_evset_of(ast, &ev, NULL), 0);
		cr_assert_eq(hc_scset_of(ast, &sc, NULL), 0);
		for (unsigned code = 0; code < HC_EVENT_COUNT; code++) {
			bool generic = code < 2, can = false;

			/* a generic event shows as the call's name; try those that conditions can tell apart */
			for (int i = 0; i < (generic ? NSOME + 1 : 1) && !can && !(generic && names(text.p, true)); i++) {
				const char *name = !generic ? hc_event_table[code].name : i < NSOME ? some_names[i] : "sync";

				if (generic && (hc_sc_by_name(name) < 0 ||
						hc_sc_table[hc_sc_by_name(name)].kind != HC_SC_GENERIC))
					continue;
				for (int c = 0; c < 6 && !can; c++)
					can = holds(ast, name, "abc"[c % 3], 1 + (unsigned)c / 3);
			}
			cr_assert(!can || hc_evset_has(&ev, code), "%s: event code %u can match", text.p, code);
			inside += can;
			outside += !hc_evset_has(&ev, code);
		}
		for (unsigned code = 0; code < HC_SC_COUNT; code++) {
			const struct hc_sc_info *info = &hc_sc_table[code];
			bool can = false;

			if ((info->kind != HC_SC_DEDICATED && info->kind != HC_SC_GENERIC) ||
			    (code == PPM_SC_ACCEPT4 && names(text.p, false)))
				continue;
			for (int c = 0; c < 6 && !can; c++)
				can = holds(ast, info->kind == HC_SC_GENERIC ? info->name : hc_event_table[info->exit].name,
					    "abc"[c % 3], 1 + (unsigned)c / 3);
			cr_assert(!can || hc_scset_has(&sc, code), "%s: system call %s can match", text.p, info->name);
		}
	}
	/* the test would be empty if everything or nothing were in the sets */
	cr_expect_gt(inside, 10000);
	cr_expect_gt(outside, 10000);
}
