/* SPDX-License-Identifier: Apache-2.0
 *
 * The state written back (state-lists.h, state-extra.h): what a second state makes of it is the first one, as far as rules
 * can see. The comparison is hc_state_numbers(): of equal states it says nothing.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>

#include "common/ledger.h"
#include "event-builder.h"
#include "formats/reader.h"
#include "replay/state-extra.h"
#include "replay/state-lists.h"

static struct world w;

static void setup(void)
{
	w = world_begin();
	world_thread(&w, 1, 1, 0);
	world_thread(&w, 10, 10, 1);
	world_load(&w);
}

static void teardown(void)
{
	world_end(&w);
}

TestSuite(state_lists, .init = setup, .fini = teardown);

static struct hc_buf said; /* hindcast.state of the last copy */

static int apply(void *ctx, struct hc_event *ev)
{
	uint32_t len;

	cr_assert(ev->flags & HC_EVENT_STATE_ONLY);
	if (ev->type == PPME_ASYNCEVENT_E) {
		const uint8_t *p = hc_event_param(ev, 2, &len);

		hc_buf_put(&said, p, len - 1);
	}
	cr_assert_not(hc_state_event(ctx, ev), "nothing of it is shown to rules");
	return 0;
}

static int collect(void *ctx, const struct hc_buf *json)
{
	hc_buf_put(ctx, json->p, json->len);
	return 0;
}

/* A second state from what is written of the first one; *ret_left: what could not be. */
static struct hc_state *copy_of(struct hc_state *state, struct hc_section *lists, uint64_t ts_ns, uint64_t *ret_left)
{
	struct hc_state_extra_stats stats;
	struct hc_state *copy = hc_state_new(0);

	hc_buf_reset(&said);
	hc_state_settle(state, ts_ns);
	hc_section_init(lists);
	hc_state_lists(state, NULL, NULL, lists);
	hc_state_section(copy, lists);
	hc_state_loaded(copy);
	cr_assert_eq(hc_state_extra(state, lists, NULL, NULL, ts_ns, apply, copy, &stats), 0);
	hc_state_settle(copy, ts_ns);
	*ret_left = stats.left;
	return copy;
}

static void expect_copied(struct hc_state *state, uint64_t ts_ns, const char *what)
{
	struct hc_buf rest HC_BUF_DONE = { 0 };
	struct hc_section lists;
	uint64_t left, after;
	struct hc_state *copy = copy_of(state, &lists, ts_ns, &left);

	cr_expect_eq(left, 0, "%s: %d attributes cannot be carried over", what, (int)left);
	hc_state_numbers(state, copy, ts_ns, collect, &rest, &after);
	cr_expect_eq(after, 0, "%s", what);
	cr_expect_eq(rest.len, 0, "%s: still different: %s", what, rest.p);
	cr_expect_eq(state->ntids, copy->ntids, "%s: %u threads, %u in the copy", what, state->ntids, copy->ntids);
	hc_state_free(copy);
	hc_section_done(&lists);
}

Test(state_lists, sockets_keep_their_roles_and_names)
{
	static const uint8_t any[16], peer[16] = { 0x20, 1, [15] = 3 }, own[16] = { 0x20, 1, [15] = 4 };
	struct sock t4 = tuple4(0x0a000001, 1111, 0x01020304, 443), t6 = tuple6(peer, 5, own, 80),
		    udp = tuple4(0x05050505, 5555, 0x0a000001, 53), un = tuple_unix(1, 2, "/run/x"), a6 = addr6(any, 99);
	struct sock b4 = addr4(0, 53), au = addr_unix("/run/x");
	static const uint8_t mapped[16] = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 };
	struct sock m6 = addr6(mapped, 98), b0 = addr4(0x0a000001, 0);

	feed(&w, PPME_SOCKET_SOCKET_X, 10, N(3), N(2), N(1), N(6), N(4096));
	feed(&w, PPME_SOCKET_SOCKET_X, 10, N(4), N(2), N(1), N(6), N(0));
	feed(&w, PPME_SOCKET_CONNECT_X, 10, N(-115), SOCK(t4), N(4), EMPTY);
	feed(&w, PPME_SOCKET_ACCEPT4_6_X, 10, N(5), SOCK(t4), N(0), N(0), N(0), N(4096));
	feed(&w, PPME_SOCKET_ACCEPT4_6_X, 10, N(6), SOCK(t6), N(0), N(0), N(0), N(0));
	feed(&w, PPME_SOCKET_SOCKET_X, 10, N(7), N(2), N(2), N(17), N(0));
	feed(&w, PPME_SOCKET_BIND_X, 10, N(0), SOCK(b4), N(7));
	feed(&w, PPME_SOCKET_SOCKET_X, 10, N(8), N(2), N(2), N(17), N(0));
	feed(&w, PPME_SOCKET_BIND_X, 10, N(0), SOCK(b4), N(8));
	feed(&w, PPME_SOCKET_RECVFROM_X, 10, N(1), B("x", 1), SOCK(udp), N(8), N(1));
	feed(&w, PPME_SOCKET_SOCKET_X, 10, N(9), N(10), N(1), N(6), N(0));
	feed(&w, PPME_SOCKET_SOCKET_X, 10, N(11), N(10), N(1), N(6), N(0));
	feed(&w, PPME_SOCKET_BIND_X, 10, N(0), SOCK(a6), N(11));
	feed(&w, PPME_SOCKET_SOCKET_X, 10, N(18), N(10), N(1), N(6), N(0));
	feed(&w, PPME_SOCKET_BIND_X, 10, N(0), SOCK(m6), N(18));
	feed(&w, PPME_SOCKET_SOCKET_X, 10, N(12), N(1), N(1), N(0), N(0));
	feed(&w, PPME_SOCKET_CONNECT_X, 10, N(0), SOCK(un), N(12), SOCK(au));
	feed(&w, PPME_SOCKET_SOCKETPAIR_X, 10, N(0), N(13), N(14), N(7), N(8), N(1), N(1), N(0));
	feed(&w, PPME_SOCKET_SOCKET_X, 10, N(15), N(16), N(3), N(0), N(0));
	feed(&w, PPME_SOCKET_SOCKET_X, 10, N(16), N(1), N(2), N(0), N(0));
	feed(&w, PPME_SOCKET_BIND_X, 10, N(0), SOCK(au), N(16));
	feed(&w, PPME_SOCKET_SENDTO_X, 10, N(1), B("x", 1), N(17), N(1), SOCK(t4));
	feed(&w, PPME_SOCKET_SOCKET_X, 10, N(19), N(2), N(2), N(17), N(0));
	feed(&w, PPME_SOCKET_BIND_X, 10, N(0), SOCK(b0), N(19));
	feed(&w, PPME_SOCKET_SOCKET_X, 10, N(21), N(2), N(1), N(6), N(0));
	feed(&w, PPME_SOCKET_CONNECT_E, 10, N(21), SOCK(b4));
	feed(&w, PPME_SOCKET_CONNECT_X, 10, N(-115), EMPTY, N(21), EMPTY);
	expect_copied(w.state, w.ts_ns, "sockets");
	cr_expect_null(strstr(said.p ? said.p : "", "\"fds\":[{"), "calls bring all of it back, so that others see it too: %s", said.p);
}

Test(state_lists, threads_stay_in_the_group_of_their_birth)
{
	struct clone_values c = clone_by(10, 1, 11);
	struct exec_values e = exec_of(11, 1, "/bin/x");
	struct hc_section lists;
	struct hc_state *copy;
	uint64_t left;

	c.flags = HC_CL_CLONE_THREAD;
	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 11, EXEC_VALUES(e)); /* its exit and the process's birth got lost */
	/* A group of which only a replaced entry is left, for ever counted: 1 is of the snapshot, and a thread takes its tid. */
	c = clone_child(1, 1);
	c.pid = 10;
	c.flags = HC_CL_CLONE_THREAD;
	feed(&w, PPME_SYSCALL_CLONE_20_X, 1, CLONE_VALUES(c));
	cr_assert_eq(hc_state_find(w.state, 11)->group->pid, 10);
	cr_assert_eq(hc_state_find(w.state, 1)->group->pid, 10);
	expect_copied(w.state, w.ts_ns, "groups");
	copy = copy_of(w.state, &lists, w.ts_ns, &left);
	cr_expect_eq(hc_thread_nthreads(hc_state_find(copy, 11)), 3);
	cr_expect_eq(copy->npids, w.state->npids);
	hc_state_free(copy);
	hc_section_done(&lists);
}

Test(state_lists, opened_files_keep_the_name_they_were_opened_by)
{
	feed(&w, PPME_SYSCALL_OPENAT_2_X, 10, N(3), N(-100), S("rel"), N(1), N(0), N(0x801), N(7));
	feed(&w, PPME_SYSCALL_OPENAT_2_X, 10, N(4), N(-100), S("/etc"), N(1025), N(0), N(0x801), N(8));
	feed(&w, PPME_SYSCALL_OPENAT_2_X, 10, N(5), N(4), S("passwd"), N(4097), N(0), N(0x801), N(9));
	feed(&w, PPME_SYSCALL_OPENAT_2_X, 10, N(6), N(-100), S("./a/../b"), N(1), N(0), N(0), N(0));
	feed(&w, PPME_SYSCALL_CHDIR_X, 10, N(0), S("/somewhere/else"));
	feed(&w, PPME_SYSCALL_OPENAT_2_X, 10, N(7), N(-100), S("../up"), N(1), N(0), N(0), N(0));
	feed(&w, PPME_SYSCALL_CHDIR_X, 10, N(0), S("/tmp"));
	feed(&w, PPME_SYSCALL_OPEN_BY_HANDLE_AT_X, 10, N(8), N(3), N(2), S("/by//handle"), N(0), N(0));
	feed(&w, PPME_SYSCALL_MEMFD_CREATE_X, 10, N(9), S("mem"), N(1));
	feed(&w, PPME_SYSCALL_MEMFD_CREATE_X, 10, N(-1), S("no"), N(1));
	feed(&w, PPME_SYSCALL_PIDFD_OPEN_X, 10, N(11), N(1), N(0));
	feed(&w, PPME_SYSCALL_PIPE2_X, 10, N(0), N(12), N(13), N(77), N(4096));
	feed(&w, PPME_SYSCALL_EVENTFD2_X, 10, N(14), N(4096));
	feed(&w, PPME_SYSCALL_DUP_1_X, 10, N(20), N(3));
	feed(&w, PPME_SYSCALL_OPENAT_2_X, 10, N(21), N(77), S("of/unknown"), N(1), N(0), N(0), N(0));
	feed(&w, PPME_SYSCALL_OPENAT_2_X, 10, N(22), EMPTY, S("./of/none"), N(1), N(0), N(0), N(0));
	feed(&w, PPME_SYSCALL_OPEN_X, 10, N(23), S("/plain/file"), N(1), N(0), N(0), N(0));
	feed(&w, PPME_SYSCALL_OPENAT_2_X, 10, N(24), N(23), S("../below"), N(1), N(0), N(0), N(0));
	expect_copied(w.state, w.ts_ns, "files");
}

Test(state_lists, processes_keep_times_parents_and_groups)
{
	struct clone_values thread = clone_by(10, 1, 11), child = clone_by(10, 1, 12);
	struct exec_values exec = exec_of(12, 10, "/bin/y");

	thread.flags = 8192;
	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(thread));
	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(child));
	child = clone_child(12, 10);
	feed(&w, PPME_SYSCALL_CLONE_20_X, 12, CLONE_VALUES(child));
	feed(&w, PPME_SYSCALL_EXECVE_19_X, 12, EXEC_VALUES(exec));
	child = clone_child(13, 99); /* of a parent nobody knows: a placeholder */
	feed(&w, PPME_SYSCALL_CLONE_20_X, 13, CLONE_VALUES(child));
	feed(&w, PPME_SYSCALL_SETUID_X, 50, N(0), N(7)); /* another one */
	feed(&w, PPME_SYSCALL_OPEN_X, 50, N(3), S("f"), N(1), N(0), N(0), N(0));
	expect_copied(w.state, w.ts_ns, "all alive");
	feed(&w, PPME_PROCEXIT_1_E, 10, N(0), N(0), N(0), N(0), N(1)); /* the main thread, before its thread */
	expect_copied(w.state, w.ts_ns, "a dead main thread");
	feed(&w, PPME_SYSCALL_GETUID_X, 1, N(0));
	expect_copied(w.state, w.ts_ns, "children handed over");
}

Test(state_lists, calls_that_have_not_returned_and_recent_exits)
{
	struct clone_values child = clone_by(10, 1, 12);
	struct hc_section lists;
	struct hc_state *copy;
	struct hc_event *ev;
	uint64_t left;

	feed(&w, PPME_SYSCALL_OPENAT_2_E, 10, N(-100), S("before"), N(1), N(0));
	feed(&w, PPME_SYSCALL_CLONE_20_X, 1, CLONE_VALUES(clone_by(1, 0, 20)));
	feed(&w, PPME_PROCEXIT_1_E, 20, N(0), N(0), N(0), N(0), N(0));
	feed(&w, PPME_SYSCALL_GETUID_X, 1, N(0));
	copy = copy_of(w.state, &lists, w.ts_ns, &left);
	ev = build_event(w.built, PPME_SYSCALL_OPENAT_2_X, 10, w.ts_ns,
			 (struct value[]){ N(3), N(-100), S("after"), N(1), N(0), N(0), N(0) }, 7);
	hc_state_event(copy, ev);
	cr_assert_not_null(copy->fd);
	cr_expect_str_eq(text(copy->fd->raw), "before", "the enter event wins, as it would have");
	/* The parent's view of a clone that comes after the child's exit makes no child. */
	child = clone_by(1, 0, 20);
	ev = build_event(w.built, PPME_SYSCALL_CLONE_20_X, 1, w.ts_ns, (struct value[]){ CLONE_VALUES(child) }, 21);
	hc_state_event(copy, ev);
	cr_expect_null(hc_state_find(copy, 20));
	hc_state_free(copy);
	hc_section_done(&lists);
}

static void say(const char *json)
{
	struct hc_event *ev = build_event(w.built, PPME_ASYNCEVENT_E, -1, w.ts_ns,
					  (struct value[]){ B("\0\0\0", 4), S(HC_LEDGER_STATE), S(json) }, 3);

	hc_state_event(w.state, ev);
}

Test(state_lists, numbers_can_say_what_they_like)
{
	struct hc_thread *t;
	uint32_t pos = 0, n = 0;
	struct hc_fd *fd;

	feed(&w, PPME_SYSCALL_GETUID_X, 10, N(0));
	for (int i = 0; i < 20; i++)
		feed(&w, PPME_SYSCALL_EVENTFD2_X, 10, N(i), N(0));
	say("");
	say("[]");
	say("{\"threads\":3,\"fds\":[7,{}],\"exits\":[[1]],\"orders\":[{\"tid\":10}]}");
	say("{\"threads\":[{\"tid\":10,\"parent\":10,\"enter_type\":402,\"pid\":10,\"flags\":-1}]}");
	say("{\"threads\":[{\"tid\":1,\"parent\":10,\"alone\":1},{\"tid\":10,\"parent\":1}],\"groups\":[{\"pid\":10,\"live\":0}]}");
	say("{\"fds\":[{\"tid\":10,\"fd\":3,\"flags\":255,\"nameless\":1},{\"tid\":10,\"fd\":-3}]}");
	say("{\"orders\":[{\"tid\":10,\"buckets\":29,\"fds\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}]}");
	say("{\"orders\":[{\"tid\":10,\"buckets\":30,\"fds\":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]}]}");
	say("{\"orders\":[{\"tid\":10,\"buckets\":59,\"fds\":[19,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,0]}]}");
	t = hc_state_find(w.state, 10);
	cr_expect_neq(t->enter_type, PPME_ASYNCEVENT_E);
	t->flags &= ~(uint32_t)HC_CL_CLONE_FILES;
	while (hc_fdtable_next_in_order(hc_fds_in_order(w.state, t), &pos, &fd))
		n++;
	cr_expect_eq(n, 20, "every entry once, whatever was asked for");
	for (int i = 19; i >= 0; i--)
		feed(&w, PPME_SYSCALL_CLOSE_X, 10, N(0), N(i));
	feed(&w, PPME_PROCEXIT_1_E, 10, N(0), N(0), N(0), N(0), N(0));
	feed(&w, PPME_PROCEXIT_1_E, 1, N(0), N(0), N(0), N(0), N(0));
	feed(&w, PPME_SYSCALL_GETUID_X, 10, N(0));
}

/* ---- every capture at hand ---- */

static void check_capture(const char *path)
{
	struct hc_reader *reader;
	struct hc_state *state = hc_state_new(0);
	struct hc_diag diag;
	struct hc_event *ev;
	uint64_t n = 0, next = 1;
	int r;

	cr_assert_eq(hc_reader_open(&reader, path, NULL, &diag), 0, "%s", path);
	hc_state_section(state, hc_reader_section(reader));
	while ((r = hc_reader_next(reader, &ev, &diag)) == HC_READ_EVENT) {
		if (++n == next) {
			hc_state_loaded(state);
			expect_copied(state, ev->ts_ns, path);
			next = next * 5 / 2 + 7;
		}
		hc_state_event(state, ev);
	}
	cr_expect_eq(r, HC_READ_EOF, "%s", path);
	hc_state_free(state);
	hc_reader_close(reader);
}

Test(state_lists, every_capture_at_hand, .timeout = 0)
{
	const char *root = getenv("HINDCAST_SHARED");
	char dir[4096], path[8192];
	struct dirent *entry;
	DIR *d;

	if (root)
		snprintf(dir, sizeof dir, "%s/captures", root);
	else
		snprintf(dir, sizeof dir, HC_SOURCE_ROOT "/../shared/captures");
	d = opendir(dir);
	if (!d)
		cr_skip_test("no captures in %s", dir);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.' || strstr(entry->d_name, "busy"))
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		check_capture(path);
	}
	closedir(d);
}
