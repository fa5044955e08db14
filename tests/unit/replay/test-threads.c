/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads, groups and families: placeholders, clone in its views, exec, exit (state-engine.md 3.2, 5 to 9).
 */
#include <criterion/criterion.h>

#include "event-builder.h"

enum { CHILD_IN_PIDNS = 1 << 29, NEWPID = 64, VFORK = 1 << 27, THREAD = 8192, PARENT = 256 };

static struct world w;

static void setup(void)
{
	w = world_begin();
	world_thread(&w, 1, 1, 0);
	world_thread(&w, 10, 10, 1)->exe_ino = 4711;
	world_thread(&w, 11, 10, 1)->flags = HC_CL_CLONE_FILES | HC_CL_CLONE_THREAD;
	world_thread(&w, 20, 20, 10);
	world_fd(&w, 10, 3, HC_FD_FILE, "/open");
	world_load(&w);
}

static void teardown(void)
{
	world_end(&w);
}

TestSuite(threads, .init = setup, .fini = teardown);

static struct hc_thread *find(int64_t tid)
{
	return hc_state_find(w.state, tid);
}

static void nothing(void)
{
	feed(&w, PPME_SYSCALL_BRK_4_X, 1, N(0), N(0), N(0), N(0), N(0));
}

static void exit_of(int64_t tid, int64_t reaper)
{
	feed(&w, PPME_PROCEXIT_1_E, tid, N(0), N(0), N(0), N(0), N(reaper));
}

static void expect_text(const struct hc_text *t, const char *want)
{
	cr_expect_str_eq(text(t), want);
}

Test(threads, snapshot_makes_groups_and_families)
{
	struct hc_thread *t = find(11);

	cr_expect_eq(t->group, find(10)->group);
	cr_expect_eq(hc_thread_main(t), find(10));
	cr_expect_eq(hc_thread_nthreads(t), 2);
	cr_expect_eq(hc_thread_nchilds(t), 1);
	cr_expect_eq(find(20)->ptid, 10);
	cr_expect_eq(find(20)->parent, find(10));
	cr_expect_null(t->cwd, "only main threads have a cwd of their own");
	cr_expect(hc_str_is(hc_thread_cwd(t), "/home/"));
	cr_expect_eq(hc_thread_env(t).len, 8);
	cr_expect_eq(t->clone_ts_ns, 0);
	cr_expect(find(1)->group->reaper);
	cr_expect_not(find(10)->group->reaper);
}

Test(threads, snapshot_cuts_deleted_and_orphans_the_unknown)
{
	struct hc_thread_info *in = world_thread(&w, 30, 30, 999);

	in->exepath = HC_STR("/bin/gone (deleted)");
	in->cwd = HC_STR("/a/../b//");
	world_thread(&w, 20, 20, 1)->comm = HC_STR("second");
	world_load(&w);
	expect_text(find(30)->exepath, "/bin/gone");
	expect_text(find(30)->cwd, "/b/");
	cr_expect_eq(find(30)->ptid, 0, "a missing parent becomes 0");
	expect_text(find(20)->comm, "second");
	cr_expect_eq(find(20)->ptid, 1);
	cr_expect_eq(w.state->ntids, 5);
}

Test(threads, unknown_thread_becomes_a_placeholder)
{
	feed(&w, PPME_SYSCALL_OPEN_X, 500, N(3), S("x"), N(1), N(0), N(0), N(0));
	cr_assert_eq(w.state->thread, find(500));
	expect_text(find(500)->comm, "<NA>");
	expect_text(find(500)->exe, "<NA>");
	cr_expect_eq(find(500)->pid, -1);
	cr_expect(hc_thread_is_invalid(find(500)));
	cr_expect_eq(hc_thread_nthreads(find(500)), 0);
	expect_text(w.state->fd->name, "./x");
	/* These make none. */
	exit_of(501, 0);
	cr_expect_null(w.state->thread);
	feed(&w, PPME_SCHEDSWITCH_6_E, 501, N(1), N(0), N(0), N(0), N(0), N(0));
	cr_expect_null(w.state->thread);
	feed(&w, PPME_SYSCALL_CLONE_20_X, 501, N(-11));
	cr_expect_null(w.state->thread);
	cr_expect_null(find(501));
}

Test(threads, callers_view_makes_the_child)
{
	struct clone_values c = clone_by(10, 1, 30);
	struct hc_thread *t;

	c.uid = 5;
	c.gid = 6;
	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
	cr_expect_eq(w.state->thread, find(10));
	expect_text(find(10)->comm, "comm10");
	t = find(30);
	cr_assert_not_null(t);
	cr_expect_eq(t->pid, 30);
	cr_expect_eq(t->ptid, 10);
	cr_expect_eq(t->vtid, 30);
	cr_expect_eq(t->vpid, 30);
	cr_expect_eq(t->parent, find(10));
	expect_text(t->comm, "comm");
	expect_text(t->exe, "exe");
	cr_expect_eq(t->args->len, 4);
	expect_text(t->exepath, "/bin/exe10");
	expect_text(t->cwd, "/home/");
	cr_expect_eq(t->env->len, 8);
	cr_expect_eq(t->exe_ino, 4711);
	cr_expect_eq(t->uid, 5);
	cr_expect_eq(t->gid, 6);
	cr_expect_eq(t->fdlimit, 1024);
	cr_expect_eq(t->vmsize_kb, 100);
	cr_expect_eq(t->pidns_init_start_ts_ns, 0);
	cr_expect_eq(t->clone_ts_ns, w.ts_ns - 1000);
	expect_text(world_get_fd(&w, 30, 3)->name, "/open");
	/* The child's own view comes second and changes nothing. */
	c = clone_child(30, 10);
	c.comm = "other";
	feed(&w, PPME_SYSCALL_CLONE_20_X, 30, CLONE_VALUES(c));
	expect_text(find(30)->comm, "comm");
	cr_expect_eq(w.state->thread, find(30));
}

Test(threads, childs_view_makes_the_child)
{
	struct clone_values c = clone_child(30, 10);
	struct hc_thread *t;

	c.vtid = c.vpid = 3;
	c.pidns_start = 17;
	feed(&w, PPME_SYSCALL_CLONE_20_X, 30, CLONE_VALUES(c));
	t = find(30);
	cr_assert_eq(w.state->thread, t);
	cr_expect(t->flags & HC_CL_INVERTED);
	cr_expect_eq(t->ptid, 10);
	cr_expect_eq(t->vpid, 3);
	cr_expect_eq(t->pidns_init_start_ts_ns, 17, "counted from boot, although the time of boot is known");
	expect_text(t->exepath, "/bin/exe10");
	expect_text(t->cwd, "/home/");
	expect_text(world_get_fd(&w, 30, 3)->name, "/open");
	/* The caller's view comes second. */
	c = clone_by(10, 1, 30);
	c.comm = "other";
	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
	expect_text(find(30)->comm, "comm");
	cr_expect_eq(find(30)->vpid, 3);
}

Test(threads, clone_thread_joins_the_group)
{
	struct clone_values c = clone_by(10, 1, 12);

	c.flags = THREAD;
	feed(&w, PPME_SYSCALL_CLONE3_X, 10, CLONE_VALUES(c));
	cr_expect_eq(find(12)->pid, 10);
	cr_expect_eq(find(12)->ptid, 1);
	cr_expect(find(12)->flags & HC_CL_CLONE_FILES);
	cr_expect_eq(hc_thread_nthreads(find(10)), 3);
	expect_text(world_get_fd(&w, 12, 3)->name, "/open");
	cr_expect_null(find(12)->fds);
	/* From the child's side, with an unknown process. */
	c = clone_child(601, 599);
	c.pid = 600;
	c.flags = THREAD;
	feed(&w, PPME_SYSCALL_CLONE_20_X, 601, CLONE_VALUES(c));
	cr_assert_not_null(find(600), "its main thread is made up");
	cr_expect_eq(find(600)->pid, 600);
	cr_expect_eq(find(600)->ptid, 0, "599 is unknown");
	expect_text(find(600)->comm, "comm");
	cr_expect_eq(find(601)->group, find(600)->group);
}

Test(threads, callers_view_leaves_some_children_to_their_own)
{
	static const uint32_t flags[] = { CHILD_IN_PIDNS, NEWPID, VFORK, PARENT };
	struct clone_values c = clone_by(10, 1, 30);

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		c.flags = flags[i];
		feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
		cr_expect_null(find(30), "%x", flags[i]);
	}
	c.flags = 0;
	feed(&w, PPME_SYSCALL_VFORK_20_X, 10, CLONE_VALUES(c));
	cr_expect_null(find(30));
	find(10)->vtid = 2;
	feed(&w, PPME_SYSCALL_FORK_20_X, 10, CLONE_VALUES(c));
	cr_expect_null(find(30), "the caller is in a namespace");
}

Test(threads, child_that_is_gone_already_is_not_made)
{
	struct clone_values c = clone_child(30, 10);

	feed(&w, PPME_SYSCALL_CLONE_20_X, 30, CLONE_VALUES(c));
	exit_of(30, 0);
	nothing();
	cr_expect_null(find(30));
	c = clone_by(10, 1, 30);
	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
	cr_expect_null(find(30), "it exited less than two seconds ago");
	w.ts_ns += 2000000000;
	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
	cr_expect_not_null(find(30), "the number is used again");
}

Test(threads, exit_ring_forgets_the_oldest)
{
	struct clone_values c;

	for (int i = 0; i < HC_EXITS_MAX + 1; i++) {
		c = clone_child(1000 + i, 10);
		feed(&w, PPME_SYSCALL_CLONE_20_X, 1000 + i, CLONE_VALUES(c));
		exit_of(1000 + i, 0);
	}
	nothing();
	c = clone_by(10, 1, 1001);
	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
	cr_expect_null(find(1001));
	c = clone_by(10, 1, 1000);
	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
	cr_expect_not_null(find(1000));
}

Test(threads, stale_entry_is_replaced_by_either_view)
{
	struct clone_values c = clone_by(10, 1, 20);

	/* 20 is of the snapshot: the caller's view removes it, the child's overwrites it. */
	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
	expect_text(find(20)->comm, "comm");
	cr_expect_eq(hc_thread_nthreads(find(20)), 1);
	w.ts_ns += 3000000000;
	c = clone_child(20, 10);
	c.comm = "again";
	feed(&w, PPME_SYSCALL_CLONE_20_X, 20, CLONE_VALUES(c));
	expect_text(find(20)->comm, "again");
	cr_expect_eq(hc_thread_nthreads(find(20)), 1, "removed first: old enough, and not of the snapshot");
	c = clone_child(10, 1);
	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
	cr_expect_eq(hc_thread_nthreads(find(10)), 3, "(Q) the overwritten entry is still counted");
}

Test(threads, ages_do_not_reach_into_the_past)
{
	struct clone_values c = clone_by(10, 1, 30);

	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
	w.ts_ns -= 5000;
	c = clone_child(30, 10);
	c.comm = "earlier";
	feed(&w, PPME_SYSCALL_CLONE_20_X, 30, CLONE_VALUES(c));
	expect_text(find(30)->comm, "earlier");
	w.ts_ns += 1000000;
	exit_of(30, 0);
	nothing();
	w.ts_ns -= 500000;
	c = clone_by(10, 1, 30);
	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
	cr_expect_not_null(find(30), "the exit that is remembered lies ahead");
}

Test(threads, sizes_are_told_by_failed_calls_and_kept_where_nothing_is_told)
{
	struct hc_thread *t = find(10);

	feed(&w, PPME_SYSCALL_MMAP_X, 10, N(-12), N(100), N(50), N(5));
	cr_expect(t->vmsize_kb == 100 && t->vmrss_kb == 50 && t->vmswap_kb == 5);
	feed(&w, PPME_SYSCALL_BRK_4_X, 10, N(4096), N(200), EMPTY, EMPTY, EMPTY);
	cr_expect(t->vmsize_kb == 200 && t->vmrss_kb == 50 && t->vmswap_kb == 5);
	feed(&w, PPME_SCHEDSWITCH_6_E, 10, N(20), N(7), N(8), N(300), N(60), N(6));
	cr_expect(t->pfmajor == 7 && t->pfminor == 8 && t->vmsize_kb == 300);
	feed(&w, PPME_SCHEDSWITCH_6_E, 10, N(20), EMPTY, EMPTY, EMPTY, EMPTY, EMPTY);
	cr_expect(t->pfmajor == 7 && t->pfminor == 8 && t->vmsize_kb == 300);
}

Test(threads, caller_that_was_unknown_learns_from_its_clone)
{
	struct clone_values c = clone_by(700, 10, 30);

	c.vtid = c.vpid = 700;
	feed(&w, PPME_SYSCALL_CLONE_20_X, 700, CLONE_VALUES(c));
	cr_assert_eq(w.state->thread, find(700));
	cr_expect_eq(find(700)->pid, 700);
	cr_expect_eq(find(700)->parent, find(10));
	expect_text(find(700)->comm, "comm");
	cr_assert_not_null(find(30));
	cr_expect_null(find(30)->exepath, "nothing to inherit");
	cr_expect_null(find(30)->cwd);
	cr_expect_eq(find(30)->sid, -1);
}

Test(threads, exec_replaces_the_program)
{
	struct exec_values e = exec_of(10, 1, "/usr/bin/prog (deleted)");
	struct hc_thread *t = find(10);

	e.uid = 0;
	e.flags = 1 | 4;
	e.ctime = 600000000000;
	t->clone_ts_ns = 700000000000;
	t->pidns_init_start_ts_ns = 500000000000;
	feed(&w, PPME_SYSCALL_OPEN_X, 10, N(4), S("x"), N(4096), N(0), N(0), N(0));
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 10, EXEC_VALUES(e));
	cr_assert_eq(find(10), t);
	expect_text(t->exe, "/usr/bin/prog (deleted)");
	expect_text(t->exepath, "/usr/bin/prog");
	expect_text(t->comm, "prog");
	expect_text(t->cwd, "/home/");
	cr_expect_eq(t->args->len, 4);
	cr_expect_eq(t->env->len, 4);
	cr_expect_eq(t->tty, 34816);
	cr_expect_eq(t->vpgid, 55);
	cr_expect_eq(t->pgid, 77);
	cr_expect_eq(t->sid, 1);
	cr_expect_eq(t->loginuid, 1000);
	cr_expect(t->exe_writable && t->exe_from_memfd && !t->exe_upper_layer && !t->exe_lower_layer);
	cr_expect_eq(t->cap_effective, 3);
	cr_expect_eq(t->ctime_duration_clone_ns, 100000000000);
	cr_expect_eq(t->ctime_duration_pidns_ns, 100000000000);
	cr_expect_null(world_get_fd(&w, 10, 4), "close-on-exec");
	cr_expect_not_null(world_get_fd(&w, 10, 3));
	cr_expect_null(find(11), "other threads end");
	cr_expect_eq(hc_thread_nthreads(t), 1);
	cr_expect_eq(t->flags & (HC_CL_CLONE_THREAD | HC_CL_CLONE_FILES), 0);
	/* Without pgid the old one is not kept. */
	e.pgid = EMPTY;
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 10, EXEC_VALUES(e));
	cr_expect_eq(t->pgid, -1);
	e.res = -2;
	e.comm = "failed";
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 10, EXEC_VALUES(e));
	expect_text(t->comm, "prog");
}

Test(threads, exec_of_old_captures_takes_the_path_of_its_enter_event)
{
	struct exec_values e = exec_of(10, 1, "prog");

	e.trusted = EMPTY;
	feed(&w, PPME_SYSCALL_EXECVE_19_E, 10, S("sub/../prog"));
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 10, EXEC_VALUES(e));
	expect_text(find(10)->exepath, "/home/prog");
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 10, EXEC_VALUES(e));
	expect_text(find(10)->exepath, "/home/prog");
	feed(&w, PPME_SYSCALL_EXECVE_19_E, 10, EMPTY);
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 10, EXEC_VALUES(e));
	expect_text(find(10)->exepath, "/home/prog");
	feed(&w, PPME_SYSCALL_EXECVE_19_E, 10, S("<NA>"));
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 10, EXEC_VALUES(e));
	expect_text(find(10)->exepath, "<NA>");
	/* execveat: enter of one, exit of the other when it succeeds. */
	feed(&w, PPME_SYSCALL_EXECVEAT_E, 10, N(3), S(""), N(1));
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 10, EXEC_VALUES(e));
	expect_text(find(10)->exepath, "/open");
	feed(&w, PPME_SYSCALL_EXECVEAT_E, 10, N(3), S("x"), N(0));
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 10, EXEC_VALUES(e));
	expect_text(find(10)->exepath, "/open/x");
	feed(&w, PPME_SYSCALL_EXECVEAT_E, 10, N(99), S("x"), N(0));
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 10, EXEC_VALUES(e));
	expect_text(find(10)->exepath, "<NA>");
}

Test(threads, exec_of_a_placeholder_makes_it_real)
{
	struct exec_values e = exec_of(800, 10, "/bin/x");

	feed(&w, PPME_SYSCALL_EXECVE_19_X, 800, EXEC_VALUES(e));
	cr_expect_eq(find(800)->parent, find(10));
	cr_expect_eq(find(800)->vpid, 800);
	cr_expect_eq(hc_thread_nthreads(find(800)), 1);
}

Test(threads, exit_takes_effect_with_the_next_event)
{
	exit_of(20, 0);
	cr_expect_eq(w.state->thread, find(20));
	cr_expect(hc_thread_is_dead(find(20)));
	nothing();
	cr_expect_null(find(20));
	cr_expect_null(find(10)->child_first);
}

Test(threads, main_thread_stays_until_its_group_has_ended)
{
	exit_of(10, 1);
	nothing();
	cr_assert_not_null(find(10));
	cr_expect_eq(hc_thread_nthreads(find(11)), 1);
	cr_expect_eq(hc_thread_nchilds(find(11)), 1, "the dead main thread is not subtracted");
	expect_text(world_get_fd(&w, 11, 3)->name, "/open");
	exit_of(11, 1);
	nothing();
	cr_expect_null(find(10));
	cr_expect_null(find(11));
}

Test(threads, children_go_to_the_reaper)
{
	/* Told by the event. */
	exit_of(10, 1);
	nothing();
	cr_expect_eq(find(20)->ptid, 1);
	cr_expect_eq(find(20)->parent, find(1));
}

Test(threads, group_outlives_members_whose_numbers_were_given_anew)
{
	struct exec_values e = exec_of(11, 1, "/bin/x");
	struct clone_values c = clone_by(20, 10, 30);

	/* The exit of 11 and the clone that gave its number to a process are lost: it stays in the group of 10. */
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 11, EXEC_VALUES(e));
	cr_expect_eq(find(11)->group, find(10)->group);
	feed(&w, PPME_SYSCALL_CLONE_20_X, 20, CLONE_VALUES(c));
	exit_of(10, 11);
	exit_of(11, 1);
	nothing();
	cr_expect_null(find(11));
	cr_expect_eq(find(20)->ptid, 1);
	cr_assert_not_null(find(10), "the group's end took 11 along, not 10");
	cr_assert_not_null(find(10)->group);
	cr_expect_eq(find(10)->group->nlive, 0);
	/* A process 10 is born and ends like any other. */
	c = clone_by(20, 10, 10);
	feed(&w, PPME_SYSCALL_CLONE_20_X, 20, CLONE_VALUES(c));
	cr_expect_eq(hc_thread_nthreads(find(10)), 1);
	exit_of(10, 1);
	nothing();
	cr_expect_null(find(10));
}

Test(threads, reaper_among_the_children_becomes_its_own_parent)
{
	struct clone_values c = clone_by(10, 1, 30);

	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
	exit_of(10, 20);
	nothing();
	cr_expect_eq(find(20)->ptid, 20);
	cr_expect_eq(find(30)->ptid, 20);
	exit_of(20, 1);
	nothing();
	cr_expect_null(find(20));
	cr_expect_eq(find(30)->ptid, 1);
}

Test(threads, children_go_to_a_sibling_thread_first)
{
	feed(&w, PPME_PROCEXIT_1_E, 10, N(0), N(0), N(0), N(0));
	nothing();
	cr_expect_eq(find(20)->ptid, 11);
	feed(&w, PPME_PROCEXIT_1_E, 11, N(0), N(0), N(0), N(0));
	nothing();
	cr_expect_eq(find(20)->ptid, 1, "then to the nearest reaper above");
}

Test(threads, children_without_a_reaper_have_no_parent)
{
	exit_of(11, 0);
	find(1)->group->reaper = false;
	feed(&w, PPME_PROCEXIT_1_E, 10, N(0), N(0), N(0), N(0));
	nothing();
	cr_expect_eq(find(20)->ptid, 0);
	cr_expect_null(find(20)->parent);
}

Test(threads, subreaper_gets_the_children)
{
	struct clone_values c = clone_by(20, 10, 30);

	feed(&w, PPME_SYSCALL_PRCTL_X, 10, N(0), N(36), S(""), N(1));
	cr_expect(find(10)->group->reaper);
	feed(&w, PPME_SYSCALL_CLONE_20_X, 20, CLONE_VALUES(c));
	feed(&w, PPME_PROCEXIT_1_E, 20, N(0), N(0), N(0), N(0));
	nothing();
	cr_expect_eq(find(30)->ptid, 10);
	feed(&w, PPME_SYSCALL_PRCTL_X, 10, N(0), N(37), S(""), N(0));
	cr_expect_not(find(10)->group->reaper, "(Q) asking clears it");
}

Test(threads, reaper_in_another_namespace_is_none)
{
	find(20)->vtid = 5;
	feed(&w, PPME_SYSCALL_PRCTL_X, 10, N(0), N(36), S(""), N(1));
	feed(&w, PPME_SYSCALL_SETSID_X, 20, N(20));
	{
		struct clone_values c = clone_child(30, 20);

		c.vtid = c.vpid = 6;
		feed(&w, PPME_SYSCALL_CLONE_20_X, 30, CLONE_VALUES(c));
	}
	feed(&w, PPME_PROCEXIT_1_E, 20, N(0), N(0), N(0), N(0));
	nothing();
	cr_expect_eq(find(30)->ptid, 0);
}

Test(threads, unknown_reaper_is_made_up)
{
	exit_of(11, 0);
	exit_of(10, 900);
	nothing();
	cr_expect_not_null(find(900));
	cr_expect_eq(find(20)->ptid, 1, "but a placeholder inherits nothing");
}

Test(threads, dead_thread_revives_with_exec)
{
	struct exec_values e = exec_of(10, 1, "/bin/x");

	exit_of(10, 1);
	nothing();
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 10, EXEC_VALUES(e));
	cr_expect_not(hc_thread_is_dead(find(10)));
	cr_expect_eq(hc_thread_nthreads(find(10)), 1);
	cr_expect_null(find(11));
}

Test(threads, attributes_follow_the_calls)
{
	struct hc_thread *t = find(10);

	feed(&w, PPME_SYSCALL_SETSID_X, 10, N(10));
	cr_expect_eq(t->sid, 10);
	feed(&w, PPME_SYSCALL_SETPGID_X, 10, N(0), N(10), N(10));
	cr_expect_eq(t->vpgid, 1);
	feed(&w, PPME_SYSCALL_SETUID_X, 10, N(0), N(33));
	cr_expect_eq(t->uid, 33);
	feed(&w, PPME_SYSCALL_SETRESUID_X, 10, N(0), N(1), N(2), N(3));
	cr_expect_eq(t->uid, 2);
	feed(&w, PPME_SYSCALL_SETREGID_X, 10, N(0), N(1), N(4));
	cr_expect_eq(t->gid, 4);
	feed(&w, PPME_SYSCALL_SETGID_X, 10, N(-1), N(9));
	cr_expect_eq(t->gid, 4);
	feed(&w, PPME_SYSCALL_CAPSET_X, 10, N(0), N(1), N(2), N(4));
	cr_expect_eq(t->cap_permitted, 2);
	feed(&w, PPME_SYSCALL_UNSHARE_X, 10, N(0), N(0x100000));
	cr_expect_eq(t->cap_inheritable, (1ull << 41) - 1);
	feed(&w, PPME_SYSCALL_SETRLIMIT_X, 11, N(0), N(4242), N(-1), N(7));
	cr_expect_eq(t->fdlimit, 4242, "the main thread's");
	feed(&w, PPME_SYSCALL_PRLIMIT_X, 20, N(0), N(17), N(-1), N(0), N(0), N(10), N(7));
	cr_expect_eq(t->fdlimit, 17);
	feed(&w, PPME_SYSCALL_PRLIMIT_X, 10, N(0), N(18), N(-1), N(0), N(0), EMPTY, N(7));
	cr_expect_eq(t->fdlimit, 17, "whose it is got lost");
	feed(&w, PPME_SYSCALL_MUNMAP_X, 10, N(0), N(7), N(8), N(9), N(0), N(0));
	cr_expect_eq(t->vmrss_kb, 8);
	feed(&w, PPME_SCHEDSWITCH_6_E, 11, N(1), N(100), N(200), N(1), N(2), N(3));
	cr_expect_eq(find(11)->pfmajor, 100);
	cr_expect_eq(t->vmsize_kb, 1);
	cr_expect_eq(w.state->thread, find(11));
}

Test(threads, cwd_is_the_main_threads)
{
	feed(&w, PPME_SYSCALL_CHDIR_X, 10, N(0), S("sub"));
	expect_text(find(10)->cwd, "/home/sub/");
	feed(&w, PPME_SYSCALL_CHDIR_X, 10, N(-2), S("nowhere"));
	expect_text(find(10)->cwd, "/home/sub/");
	feed(&w, PPME_SYSCALL_CHDIR_X, 11, N(0), S("/abs"));
	expect_text(find(10)->cwd, "/abs/");
	feed(&w, PPME_SYSCALL_CHDIR_X, 11, N(0), S("rel"));
	expect_text(find(10)->cwd, "rel/");
	feed(&w, PPME_SYSCALL_FCHDIR_X, 10, N(0), N(3));
	expect_text(find(10)->cwd, "/open/");
	feed(&w, PPME_SYSCALL_GETCWD_X, 10, N(5), S("/real"));
	expect_text(find(10)->cwd, "/real/");
}

Test(threads, ancestors_and_leaders_are_found)
{
	struct hc_walk walk;

	cr_expect_eq(hc_state_ancestor(w.state, find(20), 0), find(20));
	cr_expect_eq(hc_state_ancestor(w.state, find(20), 1), find(10));
	cr_expect_eq(hc_state_ancestor(w.state, find(20), 2), find(1));
	cr_expect_null(hc_state_ancestor(w.state, find(20), 3));
	cr_expect_eq(hc_state_ancestor(w.state, find(11), 0), find(10));
	walk = hc_walk_begin(w.state, find(20));
	cr_expect_eq(hc_walk_next(&walk), find(10));
	cr_expect_eq(hc_walk_next(&walk), find(1));
	cr_expect_null(hc_walk_next(&walk));
	cr_expect_eq(hc_state_leader(w.state, find(20), HC_LEADER_SID), find(1));
	find(20)->sid = -1;
	cr_expect_null(hc_state_leader(w.state, find(20), HC_LEADER_SID));
	/* In a namespace the number means nothing here: the last ancestor with the same one leads. */
	find(20)->vtid = 2;
	find(20)->vpgid = find(10)->vpgid = 7;
	cr_expect_eq(hc_state_leader(w.state, find(20), HC_LEADER_VPGID), find(10));
}

Test(threads, walks_end_in_loops)
{
	struct hc_walk walk;

	find(10)->ptid = 20;
	walk = hc_walk_begin(w.state, find(20));
	cr_expect_eq(hc_walk_next(&walk), find(10));
	for (int i = 0; i < 4 && hc_walk_next(&walk); i++)
		cr_assert_neq(i, 3, "endless");
	find(10)->ptid = 10;
	walk = hc_walk_begin(w.state, find(20));
	cr_expect_eq(hc_walk_next(&walk), find(10), "its own parent, but the first one");
	cr_expect_null(hc_walk_next(&walk));
}

/* What is remembered about a thread becomes stale with each of these. */
Test(threads, memos_become_stale_with_what_they_show)
{
	struct exec_values e = exec_of(20, 10, "/bin/x");
	struct hc_thread *t = find(10);
	uint32_t epoch;

	hc_state_loaded(w.state);
	t->memo.epoch = t->lineage.epoch = 1;
	feed(&w, PPME_SYSCALL_READ_X, 10, N(0), EMPTY, N(3), N(0));
	feed(&w, PPME_SYSCALL_OPEN_X, 10, N(4), S("x"), N(1), N(0), N(0), N(0));
	cr_expect_eq(t->memo.epoch, 1, "files say nothing about the thread");
	cr_expect_eq(t->lineage.epoch, 1);
	feed(&w, PPME_SYSCALL_SETUID_X, 10, N(0), N(33));
	cr_expect_eq(t->memo.epoch, 0);
	cr_expect_eq(t->lineage.epoch, 0);
	epoch = w.state->lineage_epoch;
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 20, EXEC_VALUES(e));
	cr_expect_neq(w.state->lineage_epoch, epoch, "exec of another thread");
	epoch = w.state->lineage_epoch;
	feed(&w, PPME_SYSCALL_CHDIR_X, 10, N(0), S("sub"));
	cr_expect_neq(w.state->lineage_epoch, epoch);
	epoch = w.state->lineage_epoch;
	exit_of(20, 0);
	nothing();
	cr_expect_neq(w.state->lineage_epoch, epoch);
	epoch = w.state->thread_epoch;
	feed(&w, PPME_USER_ADDED_E, -1, N(7), N(7), S("u"), S("/"), S("/"), S(""));
	cr_expect_neq(w.state->thread_epoch, epoch);
	world_get_fd(&w, 10, 3)->memo.epoch = 1;
	feed(&w, PPME_SYSCALL_READ_X, 10, N(0), EMPTY, N(3), N(0));
	cr_expect_eq(world_get_fd(&w, 10, 3)->memo.epoch, 1);
	feed(&w, PPME_SYSCALL_FCNTL_X, 10, N(0), N(3), N(3), N(1));
	cr_expect_eq(world_get_fd(&w, 10, 3)->memo.epoch, 0);
}

Test(threads, memory_cap_refuses_and_counts)
{
	struct hc_state *state = hc_state_new(40000);
	struct hc_state_stats stats;

	hc_state_section(state, &w.section);
	for (int i = 0; i < 1000; i++) {
		struct clone_values c = clone_child(1000 + i, 10);
		struct value values[] = { CLONE_VALUES(c) };

		hc_state_event(state, build_event(w.built, PPME_SYSCALL_CLONE_20_X, 1000 + i, w.ts_ns++, values, 21));
		hc_state_event(state, build_event(w.built, PPME_SYSCALL_OPEN_X, 1000 + i, w.ts_ns++,
						  (struct value[]){ N(3), S("x"), N(1), N(0), N(0), N(0) }, 6));
	}
	hc_state_stats(state, &stats);
	cr_expect_gt(stats.threads_refused, 900);
	cr_expect_lt(stats.bytes_peak, 44000, "%lu", (unsigned long)stats.bytes_peak);
	hc_state_free(state);
}
