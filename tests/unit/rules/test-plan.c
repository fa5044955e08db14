/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan against plain evaluation: random conditions over a random host that changes, always the same matches. More
 * pairs of rule and event than the default 100,000 with HINDCAST_PLAN_PAIRS=N, other ones with HINDCAST_PLAN_SEED=N.
 */
#include "fake.h"

#include "common/hash.h"
#include "rules/naive.h"
#include "rules/plan.h"

enum { THREADS = 4, FDS = 5 };

/* Values are a pure function of who they belong to and which field it is, so nothing but the seeds needs storing. */
static struct world {
	uint64_t random;
	uint64_t thread_seed[THREADS], lineage_seed, fd_seed[FDS], event_seed, number;
	struct hc_memo thread_memo[THREADS], lineage_memo[THREADS], fd_memo[FDS];
	uint32_t thread_epoch, lineage_epoch;
	unsigned thread, fd;
	uint16_t type;
	struct hc_value items[1024][4]; /* lists, reused in turn */
	unsigned item;
} w;

static uint32_t roll(uint32_t n)
{
	w.random = w.random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((w.random >> 33) % n);
}

static const struct hc_str strings[] = {
	HC_STR(""), HC_STR("bash"), HC_STR("sh"), HC_STR("sshd"), HC_STR("/etc/passwd"), HC_STR("/etc/shadow"), HC_STR("/tmp/x"),
	HC_STR("/tmp"), HC_STR("f"), HC_STR("BASH -c /etc"), HC_STR("a\0b"), HC_STR("/usr/bin/bash"), HC_STR("O_RDWR|O_CREAT"),
};
static const char *const written[] = { "bash", "sh", "sshd", "/etc/passwd", "/tmp/x", "/tmp", "f", "\"\"", "/etc", "a",
				       "/usr/bin/bash", "O_CREAT", "ba", "'*a*'", "'/etc/*'", "d" };
static const char *const regexes[] = { "/etc/.*", ".*passwd", "/(etc|tmp)/.*", ".*[a-z]*shadow?", "/usr/bin/ba+sh",
				       ".*/etc\\\\/shadow", "bash{1,2}", ".*sh" };
static const char *const globs[] = { "/etc/*", "*passwd", "*[st]hadow", "/usr/?*?/bash", "*\\\\/etc/*", "*/x" };
static const struct hc_str addresses[] = { HC_STR("\x7f\0\0\1"), HC_STR("\x0a\0\0\2"),
					   HC_STR("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1") };
static const uint64_t numbers[] = { 0, 1, 2, 3, 22, 443, (uint64_t)-1, (uint64_t)-2, 1000 };

#define PICK(array, h) ((array)[(h) % (sizeof(array) / sizeof *(array))])

static struct hc_value scalar(const struct hc_field *f, uint64_t h)
{
	struct hc_value v = { .kind = hc_value_kind_of(f->type) };

	switch (v.kind) {
	case HC_VALUE_STRING: case HC_VALUE_BYTES: v.s = PICK(strings, h); break;
	case HC_VALUE_IP: v.s = PICK(addresses, h); break;
	case HC_VALUE_BOOL: v.u = h & 1; break;
	case HC_VALUE_DOUBLE: v.d = (double)(h % 4); break;
	default:
		v.u = PICK(numbers, h);
		if (hc_param_type_size(f->type) == 2)
			v.u = (uint16_t)v.u;
		if (hc_param_type_size(f->type) == 4)
			v.u = (uint32_t)v.u;
	}
	return v;
}

static bool named(const struct hc_field *f, const char *name)
{
	return !strcmp(f->info->name, name);
}

/* What the planner knows about event types holds for this host as for a real one. */
static bool absent_for_type(const struct hc_field *f)
{
	const struct hc_event_info *info = &hc_event_table[w.type];
	bool has = false;

	if (!strncmp(f->info->name, "fd.", 3))
		return !(info->flags & (EF_CREATES_FD | EF_USES_FD | EF_DESTROYS_FD));
	if (named(f, "evt.arg") && f->key.len) {
		for (unsigned k = 0; k < info->nparams; k++)
			has |= hc_str_is(f->key, info->params[k].name);
		return !has;
	}
	if (named(f, "evt.rawres") || named(f, "evt.res") || named(f, "evt.failed"))
		return !(info->category & EC_SYSCALL) || !(w.type & 1) || w.type == PPME_GENERIC_X;
	return named(f, "evt.buffer") && w.type != PPME_SYSCALL_READ_X;
}

static uint64_t seed_of(const struct hc_field *f)
{
	switch (f->scope) {
	case HC_SCOPE_THREAD: return w.thread_seed[w.thread];
	case HC_SCOPE_LINEAGE: return hc_hash_u64(w.thread_seed[w.thread] + w.lineage_seed);
	case HC_SCOPE_FD: return w.fd_seed[w.fd];
	case HC_SCOPE_EVENT: return named(f, "evt.is_open_read") ? w.type : w.event_seed;
	case HC_SCOPE_TYPE: return w.type;
	default: return 1;
	}
}

static bool extract(void *ctx, const struct hc_field *f, bool for_output, struct hc_value *ret)
{
	uint64_t h = hc_hash_u64(seed_of(f) * 31 + f->id * 1009 + (uint64_t)f->index * 7 + f->key.len);

	if (named(f, "evt.num")) {
		*ret = (struct hc_value){ .kind = HC_VALUE_INT, .u = w.number };
		return true;
	}
	if (named(f, "evt.type")) {
		const char *name = hc_event_table[w.type].name;

		if (w.type == PPME_GENERIC_X)
			name = h & 1 ? "madvise" : "exit";
		else if (w.type == PPME_ASYNCEVENT_E)
			name = h & 1 ? "container" : "hello";
		*ret = (struct hc_value){ .kind = HC_VALUE_STRING, .s = hc_str(name) };
		return true;
	}
	if (absent_for_type(f) || h % 7 == 0)
		return false;
	h >>= 8;
	if (f->match == HC_MATCH_UNRESOLVED) {
		*ret = (struct hc_value){ .kind = HC_VALUE_BOOL, .u = h & 1 };
		return true;
	}
	if (f->match == HC_MATCH_ANY || f->match == HC_MATCH_BOTH_ENDS || f->is_list) {
		uint32_t n = h % 3 + (f->match == HC_MATCH_ANY);
		struct hc_value *items = w.items[w.item++ % 1024];

		for (uint32_t i = 0; i < n; i++)
			items[i] = scalar(f, h >> (4 + 4 * i));
		*ret = (struct hc_value){ .kind = HC_VALUE_LIST, .nitems = n, .items = items };
		return true;
	}
	*ret = scalar(f, h);
	return true;
}

/* --- conditions --- */

static const char *const string_fields[] = { "proc.name", "proc.exepath", "proc.cmdline", "proc.pname", "proc.aname",
					     "proc.aname[2]", "fd.name", "fd.typechar", "evt.arg.flags", "evt.arg.name",
					     "proc.cwd", "container.id", "fs.path.name", "proc.name", "fd.name", "evt.res" };
static const char *const number_fields[] = { "user.uid", "proc.tty", "fd.num", "evt.rawres", "fd.sport", "fd.port",
					     "proc.apid", "proc.apid[1]", "evt.num", "proc.pid" };
static const char *const bool_fields[] = { "evt.failed", "evt.is_open_read", "fd.connected", "evt.is_io" };
static const char *const events[] = { "openat", "execve", "connect", "read", "madvise", "container", "procexit", "open" };

static const char *string_check(struct hc_arena *a)
{
	static const char *const ops[] = { "=", "!=", "contains", "icontains", "startswith", "endswith", "glob", "regex" };
	static const char *const modifiers[] = { "oneof", "anyof", "allof" };
	const char *f = PICK(string_fields, roll(1000)), *x = PICK(written, roll(1000)), *y = PICK(written, roll(1000));

	switch (roll(12)) {
	case 0: return hc_arena_printf(a, "%s in (%s, %s, %s)", f, x, y, PICK(written, roll(1000)));
	case 1: return hc_arena_printf(a, "%s pmatch (%s, %s)", f, x, y);
	case 2: return hc_arena_printf(a, "%s exists", f);
	case 3: return hc_arena_printf(a, "%s %s %s (%s, %s)", f, PICK(ops, roll(7)), PICK(modifiers, roll(3)), x, y);
	case 4: return hc_arena_printf(a, "%s = %s", f, x);
	case 5:
		f = PICK(string_fields, roll(4));
		return hc_arena_printf(a, "%s %s %s", roll(2) ? f : hc_arena_printf(a, "toupper(%s)", f), PICK(ops, roll(6)),
				       roll(2) ? "val(proc.name)" : "basename(proc.exepath)");
	case 6: return hc_arena_printf(a, "%s regex '%s'", f, PICK(regexes, roll(1000)));
	case 7: return hc_arena_printf(a, "%s glob '%s'", f, PICK(globs, roll(1000)));
	default: return hc_arena_printf(a, "%s %s %s", f, PICK(ops, roll(6)), x);
	}
}

static const char *check_text(struct hc_arena *a)
{
	static const char *const ops[] = { "=", "!=", "<", "<=", ">", ">=" };
	const char *const *o = ops;

	switch (roll(10)) {
	case 0: case 1:
		return roll(3) ? hc_arena_printf(a, "%s %s %u", PICK(number_fields, roll(1000)), o[roll(6)], roll(4)) :
				 hc_arena_printf(a, "%s in (%u, 22, 443)", PICK(number_fields, roll(1000)), roll(4));
	case 2: return hc_arena_printf(a, "%s = %s", PICK(bool_fields, roll(1000)), roll(2) ? "true" : "false");
	case 3:
		return roll(3) ? hc_arena_printf(a, "evt.type = %s", PICK(events, roll(1000))) :
				 hc_arena_printf(a, "evt.type in (%s, %s)", PICK(events, roll(1000)), PICK(events, roll(1000)));
	case 4:
		switch (roll(6)) {
		case 0: return "fd.ip = 127.0.0.1";
		case 1: return "fd.net != 10.0.0.0/8";
		case 2: return "fd.snet in (10.0.0.0/8, 127.0.0.0/8)";
		case 3: return "fd.sip.name != a.b";
		case 4: return "fd.types in (f, bash, \"\")";
		default: return "evt.buffer bcontains 61";
		}
	default: return string_check(a);
	}
}

static const char *condition(struct hc_arena *a, unsigned depth)
{
	const char *x, *y;

	if (!depth || !roll(4))
		return check_text(a);
	x = condition(a, depth - 1);
	y = condition(a, depth - 1);
	switch (roll(5)) {
	case 0: return hc_arena_printf(a, "not (%s)", x);
	case 1: case 2: return hc_arena_printf(a, "(%s) or (%s)", x, y);
	default: return hc_arena_printf(a, "(%s) and (%s)", x, y);
	}
}

/* --- the comparison --- */

static void next_event(void)
{
	static const uint16_t types[] = { PPME_SYSCALL_OPENAT_2_X, PPME_SYSCALL_EXECVE_19_X, PPME_SOCKET_CONNECT_X,
					  PPME_SYSCALL_READ_X, PPME_GENERIC_X, PPME_ASYNCEVENT_E, PPME_PROCEXIT_1_E };

	w.type = PICK(types, roll(1000));
	w.thread = roll(THREADS);
	w.fd = roll(FDS);
	w.event_seed = w.random;
	w.number++;
	if (!roll(6)) {
		w.thread_seed[w.thread] = w.random;
		hc_memo_reset(&w.thread_memo[w.thread]);
		w.lineage_epoch++;
	}
	if (!roll(10)) {
		w.lineage_seed = w.random;
		w.lineage_epoch++;
	}
	if (!roll(20))
		w.thread_epoch++;
	if (!roll(5)) {
		w.fd_seed[w.fd] = w.random;
		hc_memo_reset(&w.fd_memo[w.fd]);
	}
}

static void compare(const struct hc_ast *const *trees, const char *const *texts, uint32_t n, struct hc_plan *plan,
		    const struct hc_evset *evsets)
{
	struct hc_plan_event ev = { .type = w.type, .extract = extract };
	struct hc_arena scratch;
	struct hc_expr_ctx cx = { extract, NULL, &scratch };
	const uint32_t *got;
	uint32_t ngot, at = 0, first;

	hc_arena_init(&scratch);
	/* now and then the host has nothing to remember with */
	if (roll(5))
		ev.thread = (struct hc_plan_subject){ &w.thread_memo[w.thread], w.thread_epoch };
	if (roll(5))
		ev.lineage = (struct hc_plan_subject){ &w.lineage_memo[w.thread], w.lineage_epoch };
	if (roll(5))
		ev.fd = (struct hc_plan_subject){ &w.fd_memo[w.fd], 1 };
	ngot = hc_plan_eval(plan, &ev, true, &got);
	first = ngot ? got[0] : UINT32_MAX;
	for (uint32_t i = 0; i < n; i++) {
		bool want = (hc_evset_has(&evsets[i], w.type) || w.type == PPME_ASYNCEVENT_E) && hc_naive_eval(trees[i], &cx);
		bool has = at < ngot && got[at] == i;

		cr_assert_eq(has, want, "rule %u, %s, is %d by plan, %d by plain evaluation: %s", i,
			     hc_event_table[w.type].name, has, want, texts[i]);
		at += has;
	}
	cr_assert_eq(at, ngot);
	ngot = hc_plan_eval(plan, &ev, false, &got);
	cr_assert_eq(ngot, first != UINT32_MAX);
	if (ngot)
		cr_assert_eq(got[0], first);
	hc_arena_done(&scratch);
}

static void forget_all(void)
{
	for (unsigned i = 0; i < THREADS; i++) {
		hc_memo_done(&w.thread_memo[i]);
		hc_memo_done(&w.lineage_memo[i]);
	}
	for (unsigned i = 0; i < FDS; i++)
		hc_memo_done(&w.fd_memo[i]);
}

static unsigned one_plan(uint32_t n, unsigned nevents)
{
	struct hc_arena arena;
	struct hc_checker checker;
	struct hc_plan *plan = hc_plan_new();
	const struct hc_ast **trees;
	const char **texts;
	struct hc_evset *evsets;
	struct hc_diag diag;

	hc_arena_init(&arena);
	hc_checker_init(&checker);
	trees = hc_arena_array(&arena, const struct hc_ast *, n);
	texts = hc_arena_array(&arena, const char *, n);
	evsets = hc_arena_array(&arena, struct hc_evset, n);
	for (uint32_t i = 0; i < n; i++) {
		struct hc_ast *ast;

		texts[i] = condition(&arena, 1 + roll(4));
		cr_assert_eq(hc_condition_parse(&arena, texts[i], strlen(texts[i]), &ast, &diag), 0, "%s: %s", texts[i],
			     diag.text);
		cr_assert_eq(hc_check_condition(&checker, ast), 0, "%s: %s", texts[i],
			     checker.nnotes ? checker.notes[checker.nnotes - 1].text : "");
		cr_assert_eq(hc_evset_of(ast, &evsets[i], &diag), 0);
		trees[i] = ast;
		hc_plan_add(plan, "rule", ast, &evsets[i]);
	}
	hc_plan_seal(plan, false);
	for (unsigned i = 0; i < nevents; i++) {
		next_event();
		compare(trees, texts, n, plan, evsets);
	}
	forget_all();
	hc_plan_free(plan);
	hc_checker_done(&checker);
	hc_arena_done(&arena);
	return n * nevents;
}

static uint64_t setting(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : fallback;
}

Test(plan, equals_plain_evaluation)
{
	uint64_t want = setting("HINDCAST_PLAN_PAIRS", 100000), pairs = 0;

	w = (struct world){ .random = setting("HINDCAST_PLAN_SEED", 1), .thread_epoch = 1, .lineage_epoch = 1 };
	while (pairs < want)
		pairs += one_plan(roll(3) ? 1 + roll(20) : 60 + roll(60), 100);
}

/* --- what it saves --- */

static unsigned extractions;

static bool counting(void *ctx, const struct hc_field *f, bool for_output, struct hc_value *ret)
{
	extractions++;
	return extract(ctx, f, for_output, ret);
}

static struct hc_plan *plan_of(struct hc_checker *checker, struct hc_arena *arena, const char *format, unsigned n)
{
	struct hc_plan *plan = hc_plan_new();
	struct hc_evset set;
	struct hc_diag diag;
	struct hc_ast *ast;

	for (unsigned i = 0; i < n; i++) {
		const char *text = hc_arena_printf(arena, format, i, i);

		cr_assert_eq(hc_condition_parse(arena, text, strlen(text), &ast, &diag), 0, "%s", text);
		cr_assert_eq(hc_check_condition(checker, ast), 0, "%s", text);
		cr_assert_eq(hc_evset_of(ast, &set, &diag), 0);
		hc_plan_add(plan, text, ast, &set);
	}
	hc_plan_seal(plan, false);
	return plan;
}

Test(plan, thread_scoped_results_are_remembered_until_reset)
{
	struct hc_plan_event ev = { .type = PPME_SYSCALL_OPENAT_2_X, .extract = counting };
	struct hc_arena arena;
	struct hc_checker checker;
	struct hc_plan *plan;
	const uint32_t *got;

	hc_arena_init(&arena);
	hc_checker_init(&checker);
	w = (struct world){ .random = 7, .type = ev.type, .thread_epoch = 1 };
	plan = plan_of(&checker, &arena, "evt.type = openat and proc.name = n%u and proc.exepath = /x%u", 3);
	ev.thread = (struct hc_plan_subject){ &w.thread_memo[0], 1 };
	hc_plan_eval(plan, &ev, true, &got);
	hc_plan_eval(plan, &ev, true, &got);
	extractions = 0;
	hc_plan_eval(plan, &ev, true, &got);
	cr_assert_eq(extractions, 0);
	hc_memo_reset(&w.thread_memo[0]);
	hc_plan_eval(plan, &ev, true, &got);
	cr_assert_gt(extractions, 0);
	forget_all();
	hc_plan_free(plan);
	hc_checker_done(&checker);
	hc_arena_done(&arena);
}

Test(plan, types_without_rules_cost_nothing)
{
	struct hc_plan_event ev = { .type = PPME_SYSCALL_READ_X, .extract = counting };
	struct hc_arena arena;
	struct hc_checker checker;
	struct hc_plan *plan;
	const uint32_t *got;

	hc_arena_init(&arena);
	hc_checker_init(&checker);
	w = (struct world){ .random = 7, .type = ev.type };
	plan = plan_of(&checker, &arena, "evt.type = openat and proc.name = n%u", 3);
	cr_assert_not(hc_plan_wants(plan, ev.type));
	cr_assert(hc_plan_wants(plan, PPME_ASYNCEVENT_E));
	cr_assert_eq(hc_plan_eval(plan, &ev, true, &got), 0);
	cr_assert_eq(extractions, 0);
	hc_plan_free(plan);
	hc_checker_done(&checker);
	hc_arena_done(&arena);
}

Test(plan, prints_what_it_does_for_people)
{
	static const char *const texts[] = {
		"evt.type = openat and fd.name startswith /etc and proc.name = cat",
		"evt.type = openat and fd.name startswith /etc and (fd.num >= 0 or evt.num = 0)",
		"evt.type = connect and evt.num = 0",
	};
	struct hc_buf out HC_BUF_DONE = { 0 };
	struct hc_plan *plan = hc_plan_new();
	struct hc_checker checker;
	struct hc_evset set;
	struct hc_arena arena;
	struct hc_diag diag;
	struct hc_ast *ast;

	hc_arena_init(&arena);
	hc_checker_init(&checker);
	for (unsigned i = 0; i < 3; i++) {
		cr_assert_eq(hc_condition_parse(&arena, texts[i], strlen(texts[i]), &ast, &diag), 0);
		cr_assert_eq(hc_check_condition(&checker, ast), 0);
		cr_assert_eq(hc_evset_of(ast, &set, &diag), 0);
		hc_plan_add(plan, i == 0 ? "one" : i == 1 ? "two" : "never", ast, &set);
	}
	hc_plan_seal(plan, false);
	hc_plan_print(plan, &out);
	cr_assert(strstr(out.p, "3 rules, 6 different comparisons"), "%s", out.p);
	cr_assert(strstr(out.p, "\nopenat (PPME_SYSCALL_OPENAT_2_X)\n"
				"  if fd.name startswith /etc  [fd]\n"
				"    if proc.name = cat  [thread]\n"
				"      -> one\n"
				"    if fd.num >= 0\n"
				"      -> two\n"), "%s", out.p);
	cr_assert_null(strstr(out.p, "connect ("), "%s", out.p);
	hc_plan_free(plan);
	hc_checker_done(&checker);
	hc_arena_done(&arena);
}
