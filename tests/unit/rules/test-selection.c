/* SPDX-License-Identifier: Apache-2.0
 *
 * Selection: the fixed sets, the verified runs of selection.md 5.1, and the published example of Falco 0.35.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/ruleset.h"
#include "rules/selection.h"

static struct hc_arena arena;

static void setup(void)
{
	hc_arena_init(&arena);
}

static void teardown(void)
{
	hc_arena_done(&arena);
}

TestSuite(selection, .init = setup, .fini = teardown);

static struct hc_scset set_of(const char *names)
{
	struct hc_scset set = { 0 };
	char copy[1024], *save = NULL;

	snprintf(copy, sizeof copy, "%s", names);
	for (char *p = strtok_r(copy, ", ", &save); p; p = strtok_r(NULL, ", ", &save))
		hc_scset_add_name(&set, hc_str(p));
	return set;
}

static const char *shown(const struct hc_scset *set)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };
	const char **names;
	uint32_t n;

	names = hc_scset_names(set, &arena, &n);
	hc_buf_puts(&buf, "");
	for (uint32_t i = 0; i < n; i++)
		hc_buf_printf(&buf, "%s%s", i ? ", " : "", names[i]);
	return hc_arena_dup(&arena, buf.p);
}

/* The calls themselves, in code order; names fold twins. */
static const char *calls(const struct hc_scset *set)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };
	const char *names[HC_SC_COUNT];
	uint32_t n = 0;

	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
		if (hc_scset_has(set, sc))
			names[n++] = hc_sc_table[sc].name;
	hc_buf_puts(&buf, "");
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = i + 1; k < n; k++)
			if (strcmp(names[k], names[i]) < 0) {
				const char *t = names[i];

				names[i] = names[k];
				names[k] = t;
			}
	for (uint32_t i = 0; i < n; i++)
		hc_buf_printf(&buf, "%s%s", i ? " " : "", names[i]);
	return hc_arena_dup(&arena, buf.p);
}

Test(selection, fixed_sets)
{
	struct hc_scset set;

	hc_selection_state_set(HC_STATE_SET_CURRENT, &set);
	cr_expect_str_eq(
		calls(&set),
		"accept accept4 bind capset chdir chroot clone clone3 close close_range connect creat dup dup2 dup3 epoll_create "
		"epoll_create1 eventfd eventfd2 execve execveat fchdir fcntl fcntl64 fork getsockopt inotify_init inotify_init1 "
		"io_uring_setup memfd_create mount open open_by_handle_at openat openat2 pidfd_getfd pidfd_open pipe pipe2 prctl "
		"prlimit64 recvfrom recvmmsg recvmsg sched_process_exit sendmmsg sendmsg sendto setgid setgid32 setregid setresgid "
		"setresgid32 setresuid setresuid32 setreuid setrlimit setsid setuid setuid32 shutdown signalfd signalfd4 socket "
		"socketpair timerfd_create umount umount2 userfaultfd vfork");
	hc_selection_state_set(HC_STATE_SET_FALCO_0_35, &set);
	cr_expect_eq(hc_scset_count(&set), 63);
	hc_selection_ignored_set(HC_STATE_SET_CURRENT, &set);
	cr_expect_str_eq(calls(&set), "pread64 preadv pwrite64 pwritev read readv recv send sendfile sendfile64 write writev");
	cr_expect_str_eq(shown(&set), "pread, preadv, pwrite, pwritev, read, readv, recv, send, sendfile, write, writev");
	hc_selection_ignored_set(HC_STATE_SET_FALCO_0_35, &set);
	cr_expect_str_eq(calls(&set), "pread64 preadv pwrite64 pwritev read readv recv recvmmsg send sendfile sendfile64 sendmmsg "
				      "write writev");
}

static void repairs(const char *names, const char *adds)
{
	struct hc_scset set = set_of(names), base = { 0 }, got;

	hc_selection_repair(&set, &got);
	hc_selection_repair(&base, &base);
	hc_scset_subtract(&got, &base);
	cr_expect_str_eq(calls(&got), adds, "repair(%s) adds %s, not %s", names, calls(&got), adds);
}

Test(selection, repair_adds_what_the_picture_needs)
{
	struct hc_scset none = { 0 }, base;

	hc_selection_repair(&none, &base);
	cr_expect_str_eq(calls(&base), "capset chdir chroot clone clone3 execve execveat fchdir fork prctl sched_process_exit setgid "
				       "setgid32 setpgid setresgid setresgid32 setresuid setresuid32 setsid setuid setuid32 vfork");
	repairs("connect", "close connect getsockopt socket");
	repairs("accept", "accept accept4 bind close getsockopt socket");
	repairs("open", "close open");
	repairs("listen", "bind close getsockopt listen socket");
	repairs("read", "close read");
	repairs("kill", "kill");
}

/* ---- the verified runs ---- */

static const struct hc_selection_line *line_with(const struct hc_selection *sel, const char *part)
{
	for (uint32_t i = 0; i < sel->nlines; i++)
		if (strstr(sel->lines[i].text, part))
			return &sel->lines[i];
	return NULL;
}

static void says(const struct hc_selection *sel, enum hc_selection_level level, const char *text)
{
	for (uint32_t i = 0; i < sel->nlines; i++)
		if (!strcmp(sel->lines[i].text, text)) {
			cr_expect_eq(sel->lines[i].level, level, "%s", text);
			return;
		}
	cr_expect(false, "no line '%s'", text);
	for (uint32_t i = 0; i < sel->nlines; i++)
		fprintf(stderr, "    %s\n", sel->lines[i].text);
}

/* Rule A of selection.md 5.1; D is disabled and takes no part. */
static struct hc_selection run(const struct hc_selection_options *o)
{
	struct hc_selection_rule a = { "A", { { 0 } } };
	struct hc_selection sel;

	a.set = set_of("open openat read accept4");
	hc_selection_make(o, &a, 1, &arena, &sel);
	return sel;
}

#define UNSUPPORTED \
	"Loaded rules match syscalls that are not activated (e.g. were removed via config settings such as no -A flag or " \
	"negative base_syscalls elements) or unsupported with current configuration: warning (unsupported-evttype): "

Test(selection, run_with_defaults)
{
	struct hc_selection_options o = { 0 };
	struct hc_selection sel = run(&o);

	cr_assert_eq(sel.nlines, 6);
	says(&sel, HC_SELECTION_DEBUG, "(5) syscalls in rules: accept, accept4, open, openat, read");
	cr_expect(line_with(&sel, "+(62) syscalls (Falco's state engine set of syscalls): accept, bind, "));
	says(&sel, HC_SELECTION_DEBUG, "-(1) ignored syscalls (-> activate via `-A` flag): read");
	cr_expect(line_with(&sel, "(65) syscalls selected in total (final set): "));
	says(&sel, HC_SELECTION_STDERR, UNSUPPORTED "read");
}

Test(selection, run_with_repair)
{
	struct hc_selection_options o = { .repair = true };
	struct hc_selection sel = run(&o);

	says(&sel, HC_SELECTION_DEBUG,
	     "+(22) syscalls (Falco's state engine set of syscalls): bind, capset, chdir, chroot, clone, clone3, close, execve, "
	     "execveat, fchdir, fork, getsockopt, prctl, procexit, setgid, setpgid, setresgid, setresuid, setsid, setuid, socket, "
	     "vfork");
	says(&sel, HC_SELECTION_DEBUG, "-(1) ignored syscalls (-> activate via `-A` flag): read");
	cr_expect(line_with(&sel, "(26) syscalls selected in total (final set): "));
}

Test(selection, run_with_custom_set)
{
	const char *const custom[] = { "clone", "!read", "" };
	struct hc_selection_options o = { .custom_set = custom, .ncustom_set = 3 };
	struct hc_selection sel = run(&o);

	says(&sel, HC_SELECTION_DEBUG, "+(1) syscalls added (base_syscalls override): clone");
	says(&sel, HC_SELECTION_DEBUG, "-(1) syscalls removed (base_syscalls override): read");
	cr_expect_null(line_with(&sel, "state engine"));
	says(&sel, HC_SELECTION_DEBUG,
	     "(6) syscalls selected in total (final set): accept, accept4, clone, open, openat, procexit");
	says(&sel, HC_SELECTION_STDERR, UNSUPPORTED "read");
	cr_expect_str_eq(hc_selection_why(&sel, PPM_SC_READ, &arena),
			 "wanted by rule 'A'; left out: !name in base_syscalls.custom_set");
	cr_expect_str_eq(hc_selection_why(&sel, PPM_SC_CLONE, &arena), "base_syscalls.custom_set");
	cr_expect_str_eq(hc_selection_why(&sel, PPM_SC_SCHED_PROCESS_EXIT, &arena), "always recorded");
}

Test(selection, run_with_all)
{
	struct hc_selection_options o = { .all = true };
	struct hc_selection sel = run(&o);

	cr_expect_null(line_with(&sel, "ignored"));
	cr_expect_null(line_with(&sel, "unsupported"));
	cr_expect(line_with(&sel, "(66) syscalls selected in total (final set): "));
	cr_expect(hc_scset_has(&sel.final, PPM_SC_READ));
}

Test(selection, run_with_repair_and_negative_and_unknown_names)
{
	const char *const custom[] = { "!open", "nosuch" };
	struct hc_selection_options o = { .repair = true, .custom_set = custom, .ncustom_set = 2 };
	struct hc_selection sel = run(&o);

	says(&sel, HC_SELECTION_WARNING,
	     "Invalid (positive) syscall names: warning (base_syscalls override): nosuch");
	says(&sel, HC_SELECTION_DEBUG, "-(1) syscalls removed (base_syscalls override): open");
	cr_expect(line_with(&sel, "+(22) syscalls (Falco's state engine set of syscalls): "));
	says(&sel, HC_SELECTION_DEBUG, "-(1) ignored syscalls (-> activate via `-A` flag): read");
	cr_expect(line_with(&sel, "(25) syscalls selected in total (final set): "));
	says(&sel, HC_SELECTION_STDERR, UNSUPPORTED "open, read");
	cr_expect_null(line_with(&sel, "repaired"));
}

Test(selection, names_that_stand_for_nothing_are_invalid_even_if_calls_have_them)
{
	const char *const custom[] = { "pread64", "openat", "!llseek", "!_llseek" };
	struct hc_selection_options o = { .custom_set = custom, .ncustom_set = 4, .repair = true };
	struct hc_selection sel = run(&o);

	says(&sel, HC_SELECTION_WARNING,
	     "Invalid (positive) syscall names: warning (base_syscalls override): pread64");
	says(&sel, HC_SELECTION_WARNING,
	     "Invalid (negative) syscall names: warning (base_syscalls override): _llseek");
	cr_expect(line_with(&sel, " repaired syscalls: "));
	cr_expect_eq(line_with(&sel, " repaired syscalls: ")->level, HC_SELECTION_INFO);
}

Test(selection, the_container_plugin_asks_for_process_events)
{
	const char *const custom[] = { "clone" };
	struct hc_selection_options o = { .custom_set = custom, .ncustom_set = 1, .container_plugin = true };
	struct hc_selection sel = run(&o);

	says(&sel, HC_SELECTION_DEBUG,
	     "(8) syscalls required by plugins: chroot, clone, clone3, execve, execveat, fork, procexit, vfork");
	cr_expect(hc_scset_has(&sel.final, PPM_SC_EXECVEAT));
	/* repair forgets them (Q) */
	o = (struct hc_selection_options){ .repair = true, .container_plugin = true };
	sel = run(&o);
	cr_expect_eq(sel.reason[PPM_SC_EXECVEAT] & HC_SELECTED_PLUGIN, 0);
}

Test(selection, no_rules_leave_the_state_set)
{
	struct hc_selection_options o = { 0 };
	struct hc_selection sel;

	hc_selection_make(&o, NULL, 0, &arena, &sel);
	cr_assert_eq(sel.nlines, 2);
	cr_expect(strstr(sel.lines[0].text, "+(65) syscalls (Falco's state engine"));
	cr_expect(strstr(sel.lines[1].text, "(65) syscalls selected"));
}

/* ---- real rules ---- */

static const char *shared(const char *name)
{
	const char *dir = getenv("HINDCAST_SHARED");
	char *path = dir ? hc_arena_printf(&arena, "%s/%s", dir, name) :
			   hc_arena_printf(&arena, HC_SOURCE_ROOT "/../shared/%s", name);
	FILE *f = fopen(path, "r");

	if (!f)
		cr_skip_test("%s is not there; set HINDCAST_SHARED", path);
	fclose(f);
	return path;
}

Test(selection, the_published_example_of_falco_0_35)
{
	const char *path = shared("rules/falco_rules-2023-03-22.yaml");
	struct hc_selection_options o = { .state_set = HC_STATE_SET_FALCO_0_35 };
	struct hc_selection_rule *rules;
	struct hc_selection sel;
	struct hc_ruleset *rs;
	struct hc_diag diag;
	uint32_t n;

	cr_assert_eq(hc_ruleset_load(NULL, &path, 1, &rs, &diag), 0);
	rules = hc_selection_rules(rs, &arena, &n);
	hc_selection_make(&o, rules, n, &arena, &sel);
	says(&sel, HC_SELECTION_DEBUG,
	     "(32) syscalls in rules: accept, accept4, connect, creat, dup, dup2, dup3, execve, execveat, link, linkat, listen, "
	     "mkdir, mkdirat, open, openat, openat2, ptrace, recvfrom, rename, renameat, renameat2, rmdir, sendmsg, sendto, setuid, "
	     "socket, symlink, symlinkat, unlink, unlinkat, userfaultfd");
	cr_expect(line_with(&sel, "+(40) syscalls (Falco's state engine set of syscalls): "));
	cr_expect(line_with(&sel, "(72) syscalls selected in total (final set): "));
	hc_ruleset_free(rs);
}
