/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of work for one event, what reaches the rules, sections (state-engine.md 1, 2, 5.1), and every capture at hand.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>

#include "event-builder.h"
#include "formats/reader.h"

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

TestSuite(state, .init = setup, .fini = teardown);

Test(state, initial_state_events_are_hidden)
{
	cr_expect_not(feed(&w, PPME_USER_ADDED_E, -1, N(7), N(7), S("early"), S("/"), S("/"), S("")));
	cr_expect_not(feed(&w, PPME_ASYNCEVENT_E, -1, N(0), S("x"), S("y")));
	cr_expect_not(w.state->has_first);
	cr_expect(feed(&w, PPME_SYSCALL_GETUID_X, 10, N(0)));
	cr_expect(feed(&w, PPME_USER_ADDED_E, -1, N(8), N(7), S("late"), S("/"), S("/"), S("")));
	cr_expect(feed(&w, PPME_ASYNCEVENT_E, -1, N(0), S("x"), S("y")));
	/* A dropped event ends the beginning, too. */
	world_load(&w);
	hc_state_loaded(w.state);
	cr_expect(feed(&w, PPME_ASYNCEVENT_E, -1, N(0), S("x"), S("y")));
}

Test(state, user_list_wins_over_initial_events)
{
	*hc_section_add_user(&w.section) = (struct hc_user_info){ .uid = 7, .name = HC_STR("listed") };
	world_load(&w);
	feed(&w, PPME_USER_ADDED_E, -1, N(7), N(7), S("early"), S("/"), S("/"), S(""));
	feed(&w, PPME_SYSCALL_GETUID_X, 10, N(0));
	cr_expect_str_eq(text(hc_users_find_user(&w.state->users, NULL, 7)->name), "listed");
}

Test(state, first_ordinary_event_is_the_reference_of_time)
{
	feed(&w, PPME_SYSCALL_GETUID_X, 10, N(0));
	cr_expect(w.state->has_first);
	cr_expect_eq(w.state->first_ts_ns, w.ts_ns - 1000);
	feed(&w, PPME_SYSCALL_GETUID_X, 10, N(0));
	cr_expect_eq(w.state->first_ts_ns, w.ts_ns - 2000);
}

Test(state, enter_and_state_only_events_are_hidden)
{
	struct hc_event *ev;

	cr_expect_not(feed(&w, PPME_SYSCALL_OPEN_E, 10, S("x"), N(1), N(0)));
	cr_expect(feed(&w, PPME_SYSCALL_OPEN_X, 10, N(3), S("x"), N(1), N(0), N(0), N(0)));
	ev = build_event(w.built, PPME_SYSCALL_OPEN_X, 10, w.ts_ns,
			 (struct value[]){ N(4), S("x"), N(1), N(0), N(0), N(0) }, 6);
	ev->flags = HC_EVENT_STATE_ONLY;
	cr_expect_not(hc_state_event(w.state, ev));
	cr_expect_not_null(world_get_fd(&w, 10, 4), "applied all the same");
	cr_expect(feed(&w, PPME_PROCEXIT_1_E, 10, N(0), N(0), N(0), N(0), N(0)), "even codes that are no syscalls are seen");
}

Test(state, some_events_have_no_thread)
{
	feed(&w, PPME_DROP_E, 10, N(1));
	cr_expect_null(w.state->thread);
	feed(&w, PPME_PAGE_FAULT_E, 10, N(1), N(1), N(1));
	cr_expect_null(w.state->thread);
	feed(&w, PPME_PROCINFO_E, 10, N(1), N(1));
	cr_expect_eq(w.state->thread, hc_state_find(w.state, 10));
	feed(&w, PPME_PROCINFO_E, 555, N(1), N(1));
	cr_expect_null(w.state->thread);
	feed(&w, PPME_SIGNALDELIVER_E, 10, N(1), N(1), N(1));
	cr_expect_eq(w.state->thread, hc_state_find(w.state, 10));
}

/* (Q) The type of the last enter event is not forgotten with it. */
Test(state, last_fd_survives_a_second_exit_of_the_same_call)
{
	feed(&w, PPME_SYSCALL_OPEN_E, 10, S("x"), N(1), N(0));
	feed(&w, PPME_SYSCALL_OPEN_X, 10, N(3), S("x"), N(1), N(0), N(0), N(0));
	feed(&w, PPME_SYSCALL_OPEN_X, 10, N(-2), S("x"), N(1), N(0), N(0), N(0));
	cr_expect_eq(w.state->thread->last_fd, 3);
	feed(&w, PPME_SYSCALL_GETUID_X, 10, N(0));
	cr_expect_eq(w.state->thread->last_fd, -1);
}

Test(state, new_section_starts_anew)
{
	feed(&w, PPME_SYSCALL_OPEN_X, 500, N(3), S("x"), N(1), N(0), N(0), N(0));
	cr_expect_not_null(hc_state_find(w.state, 500));
	world_load(&w);
	cr_expect_null(hc_state_find(w.state, 500));
	cr_expect_not_null(hc_state_find(w.state, 10));
	cr_expect(w.state->loading);
	cr_expect_not(w.state->has_first, "times are relative to its own first event");
}

/* Forks, exits and reuses in random order: the table must stay consistent, which removal from an open-addressing table
 * makes easy to get wrong. */
Test(state, many_threads_come_and_go)
{
	uint64_t seed = 1;
	static bool alive[4096];
	uint32_t n = 0;

	for (int i = 0; i < 100000; i++) {
		int64_t tid;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		tid = 1000 + (int64_t)(seed >> 40) % 4096;
		w.ts_ns += 3000000000;
		if (alive[tid - 1000]) {
			feed(&w, PPME_PROCEXIT_1_E, tid, N(0), N(0), N(0), N(0), N(0));
			feed(&w, PPME_SYSCALL_GETUID_X, 10, N(0));
		} else {
			struct clone_values c = clone_child(tid, 10);

			feed(&w, PPME_SYSCALL_CLONE_20_X, tid, CLONE_VALUES(c));
		}
		alive[tid - 1000] ^= 1;
		cr_assert_eq(hc_state_find(w.state, tid) != NULL, alive[tid - 1000]);
	}
	for (int i = 0; i < 4096; i++) {
		n += alive[i];
		cr_assert_eq(hc_state_find(w.state, 1000 + i) != NULL, alive[i]);
	}
	cr_expect_eq(w.state->ntids, n + 2);
}

/* A fork bomb of processes with full tables costs memory for what differs, and time for what happens. */
Test(state, fork_bomb_stays_small)
{
	struct hc_state_stats stats;

	for (int fd = 0; fd < 4000; fd++)
		feed(&w, PPME_SYSCALL_OPEN_X, 10, N(fd), S("/some/file"), N(1), N(0), N(0), N(0));
	for (int i = 0; i < 20000; i++) {
		struct clone_values c = clone_child(1000 + i, i ? 999 + i : 10);

		feed(&w, PPME_SYSCALL_CLONE_20_X, 1000 + i, CLONE_VALUES(c));
		cr_assert_eq(hc_thread_fds(w.state->thread)->n, 4000);
	}
	hc_state_stats(w.state, &stats);
	cr_expect_lt(stats.bytes_peak, 32 << 20, "%llu bytes", (unsigned long long)stats.bytes_peak);
	for (int i = 19999; i >= 0; i--)
		feed(&w, PPME_PROCEXIT_1_E, 1000 + i, N(0), N(0), N(0), N(0), N(0));
	feed(&w, PPME_SYSCALL_GETUID_X, 10, N(0));
	cr_expect_eq(w.state->ntids, 2);
}

/* ... and where the children do change their tables, memory ends the copying, not the machine. */
Test(state, copies_of_tables_end_with_the_memory)
{
	const size_t max = 4 << 20;
	struct hc_state *state = hc_state_new(max);
	struct hc_state_stats stats;

	hc_state_section(state, &w.section);
	for (int fd = 0; fd < 4000; fd++)
		hc_state_event(state, build_event(w.built, PPME_SYSCALL_OPEN_X, 10, w.ts_ns++,
						  (struct value[]){ N(fd), S("/x"), N(4096), N(0), N(0), N(0) }, 6));
	for (int i = 0; i < 500; i++) {
		struct clone_values c = clone_child(1000 + i, 10);
		struct value values[] = { CLONE_VALUES(c) };

		hc_state_event(state, build_event(w.built, PPME_SYSCALL_CLONE_20_X, 1000 + i, w.ts_ns++, values, 21));
	}
	for (int i = 0; i < 500; i++) {
		hc_state_event(state, build_event(w.built, PPME_SYSCALL_OPEN_X, 1000 + i, w.ts_ns++,
						  (struct value[]){ N(5), S("/y"), N(1), N(0), N(0), N(0) }, 6));
		hc_state_event(state, build_event(w.built, PPME_SYSCALL_CLOSE_RANGE_X, 1000 + i, w.ts_ns++,
						  (struct value[]){ N(0), N(7), N(9), N(0) }, 4));
	}
	hc_state_stats(state, &stats);
	cr_expect_lt(stats.bytes_peak, max + (128 << 10), "%llu bytes", (unsigned long long)stats.bytes_peak);
	cr_expect_gt(stats.fds_refused, 0);
	hc_state_free(state);
}

Test(state, thread_table_ends_at_its_limit)
{
	struct hc_state_stats stats;

	for (int i = 0; i < HC_THREADS_MAX + 100; i++)
		feed(&w, PPME_SYSCALL_GETUID_X, 1000 + i, N(0));
	cr_expect_null(w.state->thread, "no thread beyond");
	hc_state_stats(w.state, &stats);
	cr_expect_eq(stats.threads, HC_THREADS_MAX);
	cr_expect_eq(stats.threads_refused, 102);
}

/* Joined captures (scap-format.md 2.4). */
Test(state, machine_stays_until_another_section_names_one)
{
	struct hc_section next = { 0 };

	w.section.has_machine = true;
	snprintf(w.section.machine.hostname, sizeof w.section.machine.hostname, "first");
	hc_state_section(w.state, &w.section);
	hc_state_section(w.state, &next);
	cr_expect_str_eq(w.state->machine.hostname, "first");
	next.has_machine = true;
	hc_state_section(w.state, &next);
	cr_expect_str_eq(w.state->machine.hostname, "");
}

/* Whole captures: nothing but the sanitizers looks at the result here, apart from the sums. */
Test(state, every_capture_at_hand_passes)
{
	const char *shared = getenv("HINDCAST_SHARED");
	char dir[4096], path[8192];
	struct dirent *e;
	DIR *d;

	snprintf(dir, sizeof dir, "%s/captures", shared ? shared : HC_SOURCE_ROOT "/../shared");
	d = opendir(dir);
	if (!d)
		cr_skip_test("no captures at %s", dir);
	while ((e = readdir(d))) {
		struct hc_reader *reader HC_CLEANUP(hc_reader_close) = NULL;
		struct hc_diag diag = { 0 };
		struct hc_state_stats stats;
		struct hc_event *ev;
		int r;

		if (e->d_name[0] == '.' || strstr(e->d_name, "busy"))
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		cr_assert_eq(hc_reader_open(&reader, path, NULL, &diag), 0, "%s: %s", path, diag.text);
		hc_state_section(w.state, hc_reader_section(reader));
		while ((r = hc_reader_next(reader, &ev, &diag)) == HC_READ_EVENT || r == HC_READ_SECTION) {
			if (r == HC_READ_SECTION)
				hc_state_section(w.state, hc_reader_section(reader));
			else
				hc_state_event(w.state, ev);
		}
		hc_state_stats(w.state, &stats);
		cr_expect_gt(stats.threads, 0, "%s", path);
		cr_expect_eq(stats.threads_refused + stats.fds_refused + stats.texts_refused + stats.containers_bad, 0, "%s", path);
		/* The section dies with the reader. */
		world_load(&w);
	}
	closedir(d);
}
