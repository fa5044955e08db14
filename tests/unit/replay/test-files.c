/* SPDX-License-Identifier: Apache-2.0
 *
 * Files and simple fds (state-engine.md 10.2, 11), the event's fd (5.3), and tables shared by a fork.
 */
#include <criterion/criterion.h>

#include "event-builder.h"

enum { O_CLOEXEC_ = 4096, O_DIRECTORY_ = 1024, UPPER = 32768, LOWER = 65536, CREATED = 16384 };

static struct world w;

static void setup(void)
{
	w = world_begin();
	world_thread(&w, 1, 1, 0);
	world_thread(&w, 10, 10, 1);
	world_thread(&w, 11, 10, 1)->flags = HC_CL_CLONE_FILES | HC_CL_CLONE_THREAD;
	world_fd(&w, 10, 3, HC_FD_DIRECTORY, "/etc");
	world_load(&w);
}

static void teardown(void)
{
	world_end(&w);
}

TestSuite(files, .init = setup, .fini = teardown);

#define EXPECT_FD(tid, num, want_type, want_name) \
	do { \
		struct hc_fd *f_ = world_get_fd(&w, tid, num); \
		cr_assert_not_null(f_, "fd %d", (int)(num)); \
		cr_expect_eq(f_->type, want_type, "type %d of fd %d", f_->type, (int)(num)); \
		cr_expect_str_eq(text(f_->name), want_name); \
	} while (0)

static void open_at(int64_t tid, int64_t fd, int64_t dirfd, const char *name, uint32_t flags)
{
	feed(&w, PPME_SYSCALL_OPENAT_2_X, tid, N(fd), N(dirfd), S(name), N(flags), N(0644), N(0x801), N(77));
}

Test(files, open_names_are_relative_to_what_the_call_says)
{
	feed(&w, PPME_SYSCALL_OPEN_X, 10, N(4), S("a/../b"), N(1), N(0), N(5), N(6));
	EXPECT_FD(10, 4, HC_FD_FILE_V2, "/home/b");
	cr_expect_str_eq(text(w.state->fd->raw), "a/../b");
	cr_expect_eq(w.state->fd->dev, 5);
	cr_expect_eq(w.state->fd->ino, 6);
	cr_expect(w.state->fd_name_changed);
	cr_expect_eq(w.state->thread->last_fd, 4);

	open_at(10, 5, 3, "passwd", 1);
	EXPECT_FD(10, 5, HC_FD_FILE_V2, "/etc/passwd");
	open_at(10, 6, -100, "x", 1);
	EXPECT_FD(10, 6, HC_FD_FILE_V2, "/home/x");
	open_at(10, 7, 99, "../x", 1);
	EXPECT_FD(10, 7, HC_FD_FILE_V2, "<UNKNOWN>../x");
	open_at(10, 8, 99, "/abs//x", O_DIRECTORY_ | UPPER);
	EXPECT_FD(10, 8, HC_FD_DIRECTORY, "/abs/x");
	cr_expect_eq(w.state->fd->flags & (HC_FDF_UPPER | HC_FDF_LOWER), HC_FDF_UPPER);
	feed(&w, PPME_SYSCALL_OPENAT2_X, 10, N(9), N(3), S("y"), N(LOWER), N(0), N(0), N(1), N(2));
	EXPECT_FD(10, 9, HC_FD_FILE_V2, "/etc/y");
	cr_expect_eq(w.state->fd->flags & (HC_FDF_UPPER | HC_FDF_LOWER), HC_FDF_LOWER);
	feed(&w, PPME_SYSCALL_CREAT_X, 10, N(10), S("new"), N(0644), N(1), N(2), N(3));
	EXPECT_FD(10, 10, HC_FD_FILE_V2, "/home/new");
	cr_expect_eq(w.state->fd->flags & (HC_FDF_UPPER | HC_FDF_LOWER), HC_FDF_UPPER, "upper wins");
	feed(&w, PPME_SYSCALL_OPEN_BY_HANDLE_AT_X, 10, N(11), N(3), N(1), S("/not//normal"), N(1), N(2));
	EXPECT_FD(10, 11, HC_FD_FILE_V2, "/not/normal");
	feed(&w, PPME_SYSCALL_OPEN_X, 10, N(12), EMPTY, N(1), N(0), N(5), N(6));
	EXPECT_FD(10, 12, HC_FD_FILE_V2, "/home/<NA>");
}

Test(files, failed_open_changes_nothing)
{
	feed(&w, PPME_SYSCALL_OPEN_X, 10, N(-2), S("x"), N(1), N(0), N(0), N(0));
	cr_expect_null(w.state->fd);
	cr_expect_eq(w.state->thread->last_fd, -1);
	cr_expect_eq(hc_thread_fds(w.state->thread)->n, 1);
}

Test(files, stored_enter_event_wins)
{
	cr_expect_not(feed(&w, PPME_SYSCALL_OPENAT_2_E, 10, N(3), S("entered"), N(1), N(0)), "enter events are hidden");
	open_at(10, 4, -100, "exited", 2 | CREATED);
	EXPECT_FD(10, 4, HC_FD_FILE_V2, "/etc/entered");
	cr_expect_eq(w.state->fd->open_flags, 1 | CREATED);

	/* Used up: the same exit again finds no enter event. */
	open_at(10, 5, -100, "exited", 2);
	EXPECT_FD(10, 5, HC_FD_FILE_V2, "/home/exited");

	/* An unreadable name in the enter event is none. */
	feed(&w, PPME_SYSCALL_OPENAT_2_E, 10, N(3), EMPTY, N(1), N(0));
	open_at(10, 6, -100, "exited", 2);
	EXPECT_FD(10, 6, HC_FD_FILE_V2, "/home/exited");

	/* Of another call: not usable. */
	feed(&w, PPME_SYSCALL_OPEN_E, 10, S("entered"), N(1), N(0));
	open_at(10, 7, -100, "exited", 2);
	EXPECT_FD(10, 7, HC_FD_FILE_V2, "/home/exited");
}

Test(files, creators_make_their_type)
{
	static const struct {
		uint16_t type;
		uint8_t fd_type;
	} rows[] = {
		{ PPME_SYSCALL_EVENTFD_X, HC_FD_EVENT }, { PPME_SYSCALL_SIGNALFD_X, HC_FD_SIGNALFD },
		{ PPME_SYSCALL_TIMERFD_CREATE_X, HC_FD_TIMERFD }, { PPME_SYSCALL_INOTIFY_INIT_X, HC_FD_INOTIFY },
		{ PPME_SYSCALL_INOTIFY_INIT1_X, HC_FD_INOTIFY }, { PPME_SYSCALL_EPOLL_CREATE_X, HC_FD_EVENTPOLL },
		{ PPME_SYSCALL_USERFAULTFD_X, HC_FD_USERFAULTFD }, { PPME_SYSCALL_IO_URING_SETUP_X, HC_FD_IO_URING },
		{ PPME_SYSCALL_BPF_2_X, HC_FD_BPF },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		feed(&w, rows[i].type, 10, N(20 + i));
		EXPECT_FD(10, 20 + (int)i, rows[i].fd_type, "");
		feed(&w, rows[i].type, 10, N(-9));
		cr_expect_null(w.state->fd);
	}
	feed(&w, PPME_SYSCALL_EPOLL_CREATE1_X, 10, N(40), N(1));
	EXPECT_FD(10, 40, HC_FD_EVENTPOLL, "");
	cr_expect_eq(w.state->fd->open_flags, O_CLOEXEC_);
	feed(&w, PPME_SYSCALL_EVENTFD2_X, 10, N(41), N(O_CLOEXEC_), N(0));
	cr_expect_eq(w.state->fd->open_flags, O_CLOEXEC_);
	feed(&w, PPME_SYSCALL_PIDFD_OPEN_X, 10, N(42), N(1234), N(0));
	EXPECT_FD(10, 42, HC_FD_PIDFD, "/proc/1234");
	cr_expect_eq(w.state->fd->pid, 1234);
	feed(&w, PPME_SYSCALL_PIPE2_X, 10, N(0), N(43), N(44), N(555), N(O_CLOEXEC_));
	EXPECT_FD(10, 43, HC_FD_FIFO, "");
	EXPECT_FD(10, 44, HC_FD_FIFO, "");
	cr_expect_eq(w.state->thread->last_fd, 44);
	cr_expect_eq(w.state->fd->ino, 555);
	cr_expect_not(w.state->fd_name_changed);
}

Test(files, failed_memfd_counts_but_is_never_found)
{
	const uint32_t before = hc_thread_fds(hc_state_find(w.state, 10))->n;

	feed(&w, PPME_SYSCALL_MEMFD_CREATE_X, 10, N(5), S("name"), N(1));
	EXPECT_FD(10, 5, HC_FD_MEMFD, "name");
	feed(&w, PPME_SYSCALL_MEMFD_CREATE_X, 10, N(-24), S("name"), N(1));
	cr_assert_not_null(w.state->fd);
	cr_expect_eq(w.state->fd->type, HC_FD_UNKNOWN);
	cr_expect_eq(w.state->thread->last_fd, -24);
	cr_expect_null(world_get_fd(&w, 10, -24));
	cr_expect_eq(hc_thread_fds(w.state->thread)->n, before + 2);
}

Test(files, dup_copies_without_close_on_exec)
{
	open_at(10, 4, -100, "x", 1 | O_CLOEXEC_);
	feed(&w, PPME_SYSCALL_DUP_1_X, 10, N(7), N(4));
	EXPECT_FD(10, 7, HC_FD_FILE_V2, "/home/x");
	cr_expect_str_eq(text(w.state->fd->raw), "x");
	cr_expect_eq(w.state->fd->open_flags, 1);
	cr_expect_not(w.state->fd_name_changed, "a copy keeps its previous name");
	cr_expect_eq(w.state->thread->last_fd, 7);
	feed(&w, PPME_SYSCALL_DUP3_X, 10, N(8), N(4), N(8), N(O_CLOEXEC_));
	cr_expect_eq(w.state->fd->open_flags, 1 | O_CLOEXEC_);
	feed(&w, PPME_SYSCALL_DUP2_X, 10, N(4), N(4), N(4));
	EXPECT_FD(10, 4, HC_FD_FILE_V2, "/home/x");
	feed(&w, PPME_SYSCALL_FCNTL_X, 10, N(9), N(4), N(26), N(0));
	EXPECT_FD(10, 9, HC_FD_FILE_V2, "/home/x");
	cr_expect_eq(w.state->fd->open_flags, 1 | O_CLOEXEC_);
	feed(&w, PPME_SYSCALL_FCNTL_X, 10, N(0), N(9), N(3), N(0));
	cr_expect_eq(w.state->fd->open_flags, 1);
	feed(&w, PPME_SYSCALL_FCNTL_X, 10, N(0), N(9), N(3), N(1));
	cr_expect_eq(w.state->fd->open_flags, 1 | O_CLOEXEC_);
	feed(&w, PPME_SYSCALL_DUP_1_X, 10, N(30), N(99));
	cr_expect_null(world_get_fd(&w, 10, 30), "dup of an unknown fd adds nothing");
	cr_expect_eq(w.state->thread->last_fd, 99);
}

Test(files, close_takes_effect_with_the_next_event)
{
	feed(&w, PPME_SYSCALL_CLOSE_X, 10, N(-9), N(3));
	feed(&w, PPME_SYSCALL_READ_X, 1, N(0), EMPTY, N(0), N(0));
	cr_expect_not_null(world_get_fd(&w, 10, 3), "a failed close closes nothing");
	feed(&w, PPME_SYSCALL_CLOSE_X, 10, N(0), N(3));
	EXPECT_FD(10, 3, HC_FD_DIRECTORY, "/etc");
	cr_expect_not_null(w.state->fd);
	feed(&w, PPME_SYSCALL_READ_X, 1, N(0), EMPTY, N(0), N(0));
	cr_expect_null(world_get_fd(&w, 10, 3));
}

Test(files, close_range_removes_or_marks)
{
	for (int fd = 4; fd < 9; fd++)
		open_at(10, fd, -100, "x", 1);
	open_at(10, 5000, -100, "x", 1);
	feed(&w, PPME_SYSCALL_CLOSE_RANGE_X, 10, N(0), N(5), N(6), N(0));
	cr_expect_not_null(world_get_fd(&w, 10, 4));
	cr_expect_null(world_get_fd(&w, 10, 5));
	cr_expect_null(world_get_fd(&w, 10, 6));
	feed(&w, PPME_SYSCALL_CLOSE_RANGE_X, 10, N(0), N(7), N(UINT32_MAX), N(4));
	cr_expect_eq(world_get_fd(&w, 10, 7)->open_flags, 1 | O_CLOEXEC_);
	cr_expect_eq(world_get_fd(&w, 10, 5000)->open_flags, 1 | O_CLOEXEC_);
	cr_expect_eq(world_get_fd(&w, 10, 4)->open_flags, 1);
	feed(&w, PPME_SYSCALL_CLOSE_RANGE_X, 10, N(-22), N(0), N(UINT32_MAX), N(0));
	cr_expect_not_null(world_get_fd(&w, 10, 4));
	feed(&w, PPME_SYSCALL_CLOSE_RANGE_X, 10, N(0), N(0), N(UINT32_MAX), N(0));
	cr_expect_eq(hc_thread_fds(w.state->thread)->n, 0);
}

Test(files, threads_share_the_table_of_their_main_thread)
{
	open_at(11, 4, -100, "x", 1);
	EXPECT_FD(10, 4, HC_FD_FILE_V2, "/home/x");
	feed(&w, PPME_SYSCALL_CLOSE_X, 11, N(0), N(3));
	feed(&w, PPME_SYSCALL_READ_X, 1, N(0), EMPTY, N(0), N(0));
	cr_expect_null(world_get_fd(&w, 10, 3));
}

/* The children see what was open at the fork, whatever either side does afterwards. */
Test(files, fork_takes_a_snapshot_of_the_table)
{
	struct clone_values c = clone_by(10, 1, 20);

	open_at(10, 4, -100, "x", 1);
	feed(&w, PPME_SYSCALL_CLONE_20_X, 10, CLONE_VALUES(c));
	cr_assert_not_null(hc_state_find(w.state, 20));
	EXPECT_FD(20, 4, HC_FD_FILE_V2, "/home/x");
	open_at(10, 5, -100, "parents", 1);
	open_at(20, 5, -100, "childs", 1);
	feed(&w, PPME_SYSCALL_FCNTL_X, 20, N(0), N(4), N(3), N(1));
	feed(&w, PPME_SYSCALL_CLOSE_X, 20, N(0), N(3));
	feed(&w, PPME_SYSCALL_READ_X, 1, N(0), EMPTY, N(0), N(0));
	EXPECT_FD(10, 5, HC_FD_FILE_V2, "/home/parents");
	EXPECT_FD(20, 5, HC_FD_FILE_V2, "/home/childs");
	EXPECT_FD(10, 3, HC_FD_DIRECTORY, "/etc");
	cr_expect_null(world_get_fd(&w, 20, 3));
	cr_expect_eq(world_get_fd(&w, 10, 4)->open_flags, 1);
	cr_expect_eq(world_get_fd(&w, 20, 4)->open_flags, 1 | O_CLOEXEC_);
}

Test(files, the_table_ends_at_4096_entries)
{
	struct hc_state_stats stats;

	for (int fd = 0; fd < 4200; fd++)
		open_at(1, 3 * fd, -100, "x", 1);
	cr_expect_eq(hc_thread_fds(w.state->thread)->n, HC_FDS_MAX);
	cr_expect_null(w.state->fd);
	cr_expect_eq(w.state->thread->last_fd, 3 * 4199, "last_fd is set all the same");
	hc_state_stats(w.state, &stats);
	cr_expect_eq(stats.fds_refused, 4200 - HC_FDS_MAX);
	/* Replacing works in a full table, and so do removal and look-up of large numbers. */
	open_at(1, 3 * 4000, -100, "y", 1);
	EXPECT_FD(1, 3 * 4000, HC_FD_FILE_V2, "/home/y");
	feed(&w, PPME_SYSCALL_CLOSE_X, 1, N(0), N(3 * 3000));
	open_at(1, 100000, -100, "z", 1);
	EXPECT_FD(1, 100000, HC_FD_FILE_V2, "/home/z");
	cr_expect_null(world_get_fd(&w, 1, 3 * 3000));
	cr_expect_not_null(world_get_fd(&w, 1, 3 * 3001));
}

Test(files, pidfd_getfd_takes_from_the_other_process)
{
	world_thread(&w, 30, 30, 1);
	open_at(1, 4, -100, "secret", 1);
	feed(&w, PPME_SYSCALL_PIDFD_OPEN_X, 10, N(8), N(1), N(0));
	feed(&w, PPME_SYSCALL_PIDFD_GETFD_X, 10, N(9), N(8), N(4), N(0));
	EXPECT_FD(10, 9, HC_FD_FILE_V2, "/home/secret");
	cr_expect_eq(w.state->fd->open_flags, 1 | O_CLOEXEC_);
	feed(&w, PPME_SYSCALL_PIDFD_GETFD_X, 10, N(12), N(3), N(4), N(0));
	cr_expect_null(world_get_fd(&w, 10, 12), "3 is no pidfd");
}

Test(files, fd_position_is_that_of_the_call)
{
	feed(&w, PPME_SYSCALL_READ_X, 10, N(1), B("x", 1), N(3), N(1));
	cr_expect_eq(w.state->thread->last_fd, 3);
	cr_expect_str_eq(text(w.state->fd->name), "/etc");
	feed(&w, PPME_SYSCALL_READV_X, 10, N(1), N(1), B("x", 1), N(3));
	cr_expect_eq(w.state->thread->last_fd, 3);
	feed(&w, PPME_SYSCALL_UNLINKAT_2_X, 10, N(0), N(-100), S("x"), N(0));
	cr_expect_eq(w.state->thread->last_fd, -100);
	cr_expect_null(w.state->fd);
	feed(&w, PPME_SYSCALL_UNLINK_2_X, 10, N(0), S("x"));
	cr_expect_eq(w.state->thread->last_fd, -1);
	feed(&w, PPME_SYSCALL_READ_X, 10, N(-9), EMPTY, EMPTY, N(1));
	cr_expect_eq(w.state->thread->last_fd, -1, "no fd in the event");
}

/* Every type that uses an fd says where it is; a new row in the schema must not be forgotten. */
Test(files, every_type_that_uses_an_fd_finds_it)
{
	for (uint16_t type = 1; type < HC_EVENT_COUNT; type += 2) {
		const struct hc_event_info *info = &hc_event_table[type];
		struct value values[HC_EVENT_PARAMS_MAX];

		if (!(info->flags & EF_USES_FD) || info->flags & EF_OLD_VERSION)
			continue;
		for (uint32_t i = 0; i < info->nparams; i++) {
			const uint8_t t = info->params[i].type;

			values[i] = t == PT_FD && i ? N(3) : hc_param_type_size(t) > 0 ? N(-1) : EMPTY;
		}
		feed_values(&w, type, 10, values, info->nparams);
		cr_expect_eq(w.state->thread->last_fd, 3, "%s", info->id);
		cr_expect_not_null(w.state->fd, "%s", info->id);
	}
}

static void expect_order(int64_t tid, const char *want)
{
	struct hc_fdtable *table = hc_fds_in_order(w.state, hc_state_find(w.state, tid));
	char got[512] = "";
	struct hc_fd *fd;
	uint32_t pos = 0, len = 0;

	while (hc_fdtable_next_in_order(table, &pos, &fd))
		len += (uint32_t)snprintf(got + len, sizeof got - len, "%s ", text(fd->name) + 1);
	cr_expect_str_eq(got, want);
}

/* The order of a std::unordered_map<int64_t, ...> of libstdc++, printed by one for the same steps. */
Test(files, entries_are_listed_as_the_reference_does)
{
	static const int16_t steps[] = { 0, 1, 2, 5, 255, 10, -1, 1, 18, 3, 999, 4, 6, 7, 8, 9, 11, 12, 999, -7, -18, 31, 18, 7, 999 };
	static const char *const orders[] = {
		"3 1 10 255 18 5 2 0 ",
		"12 11 0 2 5 18 255 8 10 1 3 4 6 7 9 ",
		"7 18 12 11 0 31 2 5 255 8 10 1 3 4 6 9 ",
	};
	struct clone_values c = clone_by(1, 0, 40);
	size_t next = 0;

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		char name[16];

		if (steps[i] == 999) {
			expect_order(1, orders[next++]);
		} else if (steps[i] < 0) {
			feed(&w, PPME_SYSCALL_CLOSE_X, 1, N(0), N(-steps[i]));
			feed(&w, PPME_SYSCALL_GETUID_X, 1, N(0));
		} else {
			snprintf(name, sizeof name, "/%d", steps[i]);
			open_at(1, steps[i], -100, name, 1);
		}
	}
	/* Children fill their tables in the order of their parents'. */
	feed(&w, PPME_SYSCALL_CLONE_20_X, 1, CLONE_VALUES(c));
	c = clone_by(40, 1, 41);
	feed(&w, PPME_SYSCALL_CLONE_20_X, 40, CLONE_VALUES(c));
	expect_order(41, "3 1 10 9 6 4 7 18 5 12 11 0 31 2 255 8 ");
	expect_order(1, orders[2]);
	expect_order(40, "9 6 4 7 18 5 12 11 0 31 2 255 8 10 1 3 ");
	/* Numbers out of the array's range: ascending. */
	open_at(10, 9000, -100, "/9000", 1);
	open_at(10, 1, -100, "/1", 1);
	expect_order(10, "1 etc 9000 ");
}

/* fd-again.c: what rules remember of a file serves the next open of it, and none that differs in anything a field shows. */
Test(files, opened_again)
{
	open_at(10, 4, -100, "x", 1);
	world_get_fd(&w, 10, 4)->memo.epoch = 1;
	feed(&w, PPME_SYSCALL_CLOSE_X, 10, N(0), N(4));
	open_at(10, 5, -100, "x", 2);
	EXPECT_FD(10, 5, HC_FD_FILE_V2, "/home/x");
	cr_expect_eq(w.state->fd->memo.epoch, 1);
	cr_expect_eq(w.state->fd->open_flags, 2, "of this open");
	cr_expect_eq(w.state->fd->refs, 1);
	cr_expect(w.state->fd_name_changed);

	open_at(10, 6, -100, "x", 1);
	cr_expect_eq(w.state->fd->memo.epoch, 0, "while the other is open it is another");
	feed(&w, PPME_SYSCALL_CLOSE_X, 10, N(0), N(6));
	feed(&w, PPME_SYSCALL_CLOSE_X, 10, N(0), N(5));

	open_at(10, 5, -100, "./x", 1);
	EXPECT_FD(10, 5, HC_FD_FILE_V2, "/home/x");
	cr_expect_str_eq(text(w.state->fd->raw), "./x");
	cr_expect_eq(w.state->fd->memo.epoch, 0, "fd.nameraw differs");
	open_at(10, 6, -100, "x", UPPER);
	cr_expect_eq(w.state->fd->flags, HC_FDF_UPPER);
	cr_expect_eq(w.state->fd->memo.epoch, 0);
	feed(&w, PPME_SYSCALL_OPENAT_2_X, 10, N(7), N(-100), S("x"), N(1), N(0), N(0x801), N(78));
	cr_expect_eq(w.state->fd->ino, 78);
	cr_expect_eq(w.state->fd->memo.epoch, 0);
	feed(&w, PPME_SYSCALL_OPENAT_2_X, 10, N(8), N(-100), S("x"), N(1), N(0), N(0x802), N(77));
	cr_expect_eq(w.state->fd->dev, 0x802);
	open_at(10, 9, -100, "x", O_DIRECTORY_);
	EXPECT_FD(10, 9, HC_FD_DIRECTORY, "/home/x");
}

Test(files, what_was_changed_is_not_opened_again)
{
	open_at(10, 4, -100, "x", 1);
	feed(&w, PPME_SYSCALL_FCNTL_X, 10, N(0), N(4), N(3), N(1));
	world_get_fd(&w, 10, 4)->memo.epoch = 1;
	feed(&w, PPME_SYSCALL_CLOSE_X, 10, N(0), N(4));
	open_at(10, 4, -100, "x", 1);
	cr_expect_eq(w.state->fd->memo.epoch, 0);
	cr_expect_eq(w.state->fd->open_flags, 1);
}
