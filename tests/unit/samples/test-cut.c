/* SPDX-License-Identifier: Apache-2.0
 *
 * What a cut does with the ledger, with containers and with events that belong to no process; captures made here. Fields
 * and alerts of parts are compared with the whole in tests/corpus/cut.py.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/ledger.h"
#include "formats/output.h"
#include "formats/reader.h"
#include "replay/paths.h"
#include "samples/cut.h"
#include "tests/unit/replay/event-builder.h"

static const uint64_t S = 1000000000, START = 1000000000000;
static char dir[] = "/tmp/hindcast-test-cut-XXXXXX", in[80], out[80];

struct made {
	struct hc_output output;
	struct hc_section section;
	struct built *built;
};

static void begin(struct made *m)
{
	struct hc_writer_options options = { .compress = HC_COMPRESS_NONE };
	struct hc_diag diag;

	if (!in[0]) {
		cr_assert_not_null(mkdtemp(dir));
		snprintf(in, sizeof in, "%s/in", dir);
		snprintf(out, sizeof out, "%s/out", dir);
	}
	*m = (struct made){ .built = calloc(1, sizeof *m->built) };
	hc_section_init(&m->section);
	m->section.has_machine = true;
	for (int64_t tid = 10; tid <= 12; tid++) {
		struct hc_thread_info *t = hc_section_add_thread(&m->section);

		t->tid = t->pid = t->vtid = t->vpid = tid;
		t->comm = t->exe = HC_STR("p");
		t->cwd = HC_STR("/home/");
	}
	cr_assert_eq(hc_output_open(&m->output, in, &options, &diag), 0);
	cr_assert_eq(hc_writer_section(m->output.writer, &m->section, &diag), 0);
}

static void write_values(struct made *m, uint64_t at_s, uint16_t type, int64_t tid, const struct value *values, uint32_t n)
{
	struct hc_diag diag;

	cr_assert_eq(hc_writer_event(m->output.writer, build_event(m->built, type, tid, START + at_s * S, values, n), &diag), 0);
}

#define put(m, at_s, type, tid, ...) \
	write_values((m), (at_s), (type), (tid), (struct value[]){ __VA_ARGS__ }, \
		     sizeof((struct value[]){ __VA_ARGS__ }) / sizeof(struct value))

static void put_async(struct made *m, uint64_t at_s, const char *name, const char *json)
{
	put(m, at_s, PPME_ASYNCEVENT_E, -1, B("\0\0\0", 4), S(name), S(json));
}

static void finish(struct made *m)
{
	struct hc_diag diag;

	cr_assert_eq(hc_output_close(&m->output, true, &diag), 0);
	hc_section_done(&m->section);
	free(m->built);
}

/* One line per event of the output: seconds, type or name of an asyncevent, tid, "(state)". */
static void list(struct hc_buf *to)
{
	struct hc_reader *reader;
	struct hc_diag diag;
	struct hc_event *ev;

	cr_assert_eq(hc_reader_open(&reader, out, NULL, &diag), 0);
	while (hc_reader_next(reader, &ev, &diag) == HC_READ_EVENT) {
		const bool async = ev->type == PPME_ASYNCEVENT_E;

		if (async && hc_str_is(hc_event_str(ev, 1), HC_LEDGER_STATE))
			continue; /* tests/unit/replay/test-state-lists.c */
		hc_buf_printf(to, "%d %s", (int)((ev->ts_ns - START) / S), async ? hc_event_str(ev, 1).p : hc_event_info(ev)->name);
		if (ev->tid > 0)
			hc_buf_printf(to, " %d", (int)ev->tid);
		hc_buf_puts(to, ev->flags & HC_EVENT_STATE_ONLY ? " (state)\n" : "\n");
	}
	hc_reader_close(reader);
	unlink(in);
	unlink(out);
}

static void expect_cut(uint64_t from_s, uint64_t to_s, int64_t tree, const char *want)
{
	const struct hc_cut_window window = { .from_ns = START + from_s * S, .to_ns = START + to_s * S };
	const struct hc_cut_request request = { .in = in, .out = out, .windows = &window, .nwindows = 1, .tree = tree,
						.writing = { .compress = HC_COMPRESS_NONE } };
	struct hc_buf got HC_BUF_DONE = { 0 };

	cr_assert_eq(hc_cut_run(&request), 0);
	list(&got);
	cr_expect_str_eq(got.p, want, "got:\n%s", got.p);
	rmdir(dir);
}

Test(cut, ledger_in_force_is_said_again_and_late_losses_stay)
{
	struct made m;

	begin(&m);
	put_async(&m, 0, HC_LEDGER_SELECTION, "{\"reason\":\"start\",\"syscalls\":[\"open\"]}");
	put(&m, 1, PPME_SYSCALL_GETUID_X, 10, N(0));
	put_async(&m, 2, HC_LEDGER_SELECTION, "{\"reason\":\"reload\",\"syscalls\":[\"open\",\"read\"]}");
	put(&m, 4, PPME_SYSCALL_GETUID_X, 10, N(0));
	put(&m, 9, PPME_SYSCALL_GETUID_X, 10, N(0));
	/* Of an interval that began in the window; the next one did not. */
	put_async(&m, 10, HC_LEDGER_LOSS, "{\"from_ns\":1004000000000,\"to_ns\":1010000000000,\"lost\":3}");
	put_async(&m, 20, HC_LEDGER_LOSS, "{\"from_ns\":1010000000000,\"to_ns\":1020000000000,\"lost\":4}");
	finish(&m);
	expect_cut(3, 5, 0,
		   "4 hindcast.cut\n4 hindcast.selection\n4 scapevent (state)\n4 getuid 10\n10 hindcast.loss (state)\n");
}

Test(cut, containers_are_described_again_where_they_are_known_already)
{
	struct made m;

	begin(&m);
	put_async(&m, 0, "container", "{\"container\":{\"id\":\"aaaaaaaaaaaa\",\"name\":\"old\",\"type\":0}}");
	put_async(&m, 1, "container", "{\"container\":{\"id\":\"aaaaaaaaaaaa\",\"name\":\"new\",\"type\":0}}");
	put(&m, 2, PPME_SYSCALL_GETUID_X, 10, N(0));
	put_async(&m, 3, "container", "{\"container\":{\"id\":\"bbbbbbbbbbbb\",\"name\":\"b\",\"type\":0}}");
	put(&m, 4, PPME_SYSCALL_GETUID_X, 10, N(0));
	finish(&m);
	expect_cut(3, 4, 0, "3 hindcast.cut\n3 container\n3 scapevent (state)\n3 container\n4 getuid 10\n");
}

Test(cut, what_others_did_stays_out_but_drops_do_not)
{
	struct made m;

	begin(&m);
	put(&m, 0, PPME_SYSCALL_GETUID_X, 10, N(0));
	put(&m, 1, PPME_SYSCALL_OPEN_X, 10, N(3), S("mine"), N(1), N(0), N(0), N(0));
	put(&m, 2, PPME_SYSCALL_OPEN_X, 11, N(3), S("other"), N(1), N(0), N(0), N(0));
	put(&m, 3, PPME_DROP_E, 11, N(7));
	put(&m, 4, PPME_SYSCALL_CLOSE_X, 10, N(0), N(3));
	put(&m, 5, PPME_USER_ADDED_E, -1, N(7), N(7), S("u"), S("/"), S("/"), S(""));
	finish(&m);
	/* The file begins with the window, but is another one: a scapevent ends its initial state. */
	expect_cut(0, 9, 10, "0 hindcast.cut\n0 scapevent (state)\n0 getuid 10\n1 open 10\n3 drop 11 (state)\n4 close 10\n"
			     "5 useradded (state)\n");
}

Test(cut, a_window_from_the_start_is_a_copy)
{
	struct made m;

	begin(&m);
	put_async(&m, 0, "container", "{\"container\":{\"id\":\"aaaaaaaaaaaa\",\"name\":\"n\",\"type\":0}}");
	put(&m, 1, PPME_SYSCALL_GETUID_X, 10, N(0));
	put(&m, 8, PPME_SYSCALL_GETUID_X, 11, N(0));
	finish(&m);
	expect_cut(0, 5, 0, "0 hindcast.cut\n0 container\n1 getuid 10\n");
}

Test(cut, what_is_no_initial_state_does_not_become_one)
{
	struct made m;

	begin(&m);
	put_async(&m, 0, "container", "{\"container\":{\"id\":\"aaaaaaaaaaaa\",\"name\":\"n\",\"type\":0}}");
	put(&m, 0, PPME_SYSCALL_GETCWD_E, 10); /* an old enter event, which readers drop, ends it */
	put_async(&m, 1, "container", "{\"container\":{\"id\":\"bbbbbbbbbbbb\",\"name\":\"n\",\"type\":0}}");
	put(&m, 1, PPME_SYSCALL_GETUID_X, 10, N(0));
	finish(&m);
	expect_cut(0, 5, 0, "0 hindcast.cut\n0 container\n1 scapevent (state)\n1 container\n1 getuid 10\n");
}

Test(cut, an_empty_window_is_a_capture_all_the_same)
{
	struct made m;

	begin(&m);
	put(&m, 1, PPME_SYSCALL_GETUID_X, 10, N(0));
	finish(&m);
	expect_cut(5, 6, 0, "1 hindcast.cut\n1 scapevent (state)\n");
}
