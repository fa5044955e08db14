/* SPDX-License-Identifier: Apache-2.0
 *
 * Every block version, against what scap-format.md says is in it.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "formats/reader.h"
#include "golden.h"

/* Opens a golden file; the first event is still to come. */
static struct hc_reader *open_golden(const char *name, struct hc_buf *buf)
{
	struct hc_reader *r = NULL;
	struct hc_diag diag = { 0 };

	golden_find(name)->build(buf);
	cr_assert_eq(hc_reader_open_memory(&r, buf->p, buf->len, name, NULL, &diag), 0, "%s: %s", name, diag.text);
	return r;
}
#define OPEN(name) \
	struct hc_buf buf HC_BUF_DONE = { 0 }; \
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = open_golden(name, &buf); \
	const struct hc_section *s = hc_reader_section(reader)

static bool is(struct hc_str s, const char *p, size_t len)
{
	return s.len == len && !memcmp(s.p, p, len);
}

Test(blocks, every_golden_file_gives_its_events)
{
	for (size_t i = 0; i < golden_n; i++) {
		const struct golden *g = &golden_files[i];
		struct hc_buf b HC_BUF_DONE = { 0 };
		HC_CLEANUP(hc_reader_close) struct hc_reader *r = open_golden(g->name, &b);
		struct hc_diag diag = { 0 };
		struct hc_event *ev;
		unsigned n = 0;
		int x;

		while ((x = hc_reader_next(r, &ev, &diag)) == 0 || x == HC_READ_SECTION) {
			if (x == 0)
				cr_assert_eq(ev->num, ++n, "%s", g->name);
		}
		cr_assert_eq(x, HC_READ_EOF, "%s: %d %s", g->name, x, diag.text);
		cr_assert_eq(n, g->events, "%s: %u events", g->name, n);
	}
}

Test(blocks, small_file_of_the_format_page)
{
	OPEN("small");
	struct hc_event *ev;
	uint32_t len;

	cr_assert_eq(s->nthreads, 1);
	cr_assert_eq(s->threads[0].tid, 100);
	cr_assert(hc_str_is(s->threads[0].comm, "cat"));
	cr_assert(is(s->threads[0].args, "/etc/hosts", 11));
	cr_assert_eq(s->threads[0].pgid, 100);
	cr_assert_eq(s->threads[0].tty, 0x8800);
	cr_assert_eq(s->threads[0].loginuid, 1000);
	cr_assert_eq(s->nfds, 1);
	cr_assert_eq(s->fds[0].fd, 3);
	cr_assert_eq(s->fds[0].dev, 0x801);
	cr_assert(hc_str_is(s->fds[0].name, "/etc/hosts"));
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(ev->off, 544);
	cr_assert_eq(ev->cpu, 2);
	cr_assert_eq(ev->ts_ns, 0x17979CFE71C4CA00);
	cr_assert_eq(ev->tid, 100);
	cr_assert_eq(ev->type, PPME_SYSCALL_CLOSE_X);
	cr_assert_eq(hc_event_i64(ev, 1, -1), 3);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(ev->type, PPME_SYSCALL_OPENAT_2_X);
	cr_assert_eq(ev->nparams, 7);
	cr_assert_str_eq((const char *)hc_event_param(ev, 2, &len), "/etc/hosts");
	cr_assert_eq(hc_event_i64(ev, 1, 0), -100);
	cr_assert_eq(hc_event_u64(ev, 6, 0), 42);
	cr_assert_null(hc_event_param(ev, 7, &len));
}

Test(blocks, process_lists_of_all_versions)
{
	static const char *const names[] = { "pl-v1", "pl-v2", "pl-v3", "pl-v4", "pl-v5", "pl-v6", "pl-v7", "pl-v8", "pl-v9-0" };

	for (int v = 1; v <= 9; v++) {
		OPEN(names[v - 1]);

		cr_assert_eq(s->nthreads, 2, "V%d", v);
		cr_assert_eq(s->threads[1].tid, 101, "V%d", v);
		for (int i = 0; i < 2; i++) {
			const struct hc_thread_info *t = &s->threads[i];

			cr_assert_eq(t->ptid, 1);
			cr_assert_eq(t->sid, v >= 6 ? 60 : -1, "V%d", v);
			cr_assert_eq(t->vpgid, v >= 8 ? 80 : -1, "V%d", v);
			cr_assert(hc_str_is(t->exepath, v >= 7 ? "/usr/bin/cat" : ""), "V%d", v);
			cr_assert(is(t->args, "-v\0x\0", 5), "V%d: the last NUL is added", v);
			cr_assert(hc_str_is(t->cwd, "/tmp"));
			cr_assert_eq(t->fdlimit, 1024);
			cr_assert_eq(t->flags, 0x100);
			cr_assert_eq(t->gid, 1001);
			cr_assert_eq(t->pfminor, v >= 2 ? 25 : 0, "V%d", v);
			cr_assert(v >= 3 ? is(t->env, "A=1\0", 4) : t->env.len == 0, "V%d", v);
			cr_assert_eq(t->vtid, v >= 4 ? 41 : -1, "V%d", v);
			cr_assert(v >= 4 ? is(t->cgroups, "cpu=/\0mem=/x", 12) : t->cgroups.len == 0, "V%d", v);
			cr_assert(hc_str_is(t->root, v >= 5 ? "/root" : ""), "V%d", v);
			cr_assert_eq(t->loginuid, UINT32_MAX);
			cr_assert_eq(t->pgid, -1);
		}
	}
}

Test(blocks, process_list_tails_of_all_lengths)
{
	static const struct {
		const char *name;
		unsigned tail;
	} cases[] = { { "pl-v9-0", 0 },	  { "pl-v9-4", 4 },   { "pl-v9-5", 5 },	  { "pl-v9-29", 29 }, { "pl-v9-66", 66 },
		      { "pl-v9-67", 67 }, { "pl-v9-68", 68 }, { "pl-v9-76", 76 }, { "pl-v9-90", 90 } };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unsigned n = cases[i].tail;
		OPEN(cases[i].name);
		const struct hc_thread_info *t = &s->threads[1];

		cr_assert_eq(s->nthreads, 2, "tail %u", n);
		cr_assert_eq(t->tid, 101, "tail %u", n);
		cr_assert_eq(t->pidns_init_start_ts_ns, n > 29 ? 25 : 0, "tail %u", n);
		cr_assert_eq(t->tty, n > 29 ? 26 : 0, "tail %u", n);
		cr_assert_eq(t->loginuid, n >= 4 ? 27 : UINT32_MAX, "tail %u", n);
		cr_assert_eq(t->exe_writable, n >= 5, "tail %u", n);
		cr_assert_eq(t->cap_effective, n >= 29 ? 31 : 0, "tail %u", n);
		cr_assert_eq(t->exe_upper_layer, n >= 66, "tail %u", n);
		cr_assert_eq(t->exe_ino_mtime_ns, n >= 66 ? 35 : 0, "tail %u", n);
		cr_assert_eq(t->exe_from_memfd, n >= 67, "tail %u", n);
		cr_assert_eq(t->exe_lower_layer, n >= 68, "tail %u", n);
		cr_assert_eq(t->pgid, n >= 76 ? 38 : -1, "tail %u", n);
	}
}

Test(blocks, a_field_that_does_not_fit_is_skipped_and_the_next_one_tested)
{
	/* 30 bytes: the two middle fields (12), loginuid (4), exe_writable (1), one capability set (8); the next two sets
	 * do not fit in the 5 bytes left, exe_upper_layer does. */
	OPEN("pl-v9-30");
	const struct hc_thread_info *t = &s->threads[0];

	cr_assert_eq(t->tty, 26);
	cr_assert_eq(t->loginuid, 27);
	cr_assert_eq(t->cap_inheritable, 29);
	cr_assert_eq(t->cap_permitted, 0);
	cr_assert_eq(t->cap_effective, 0);
	cr_assert_eq(t->exe_upper_layer, true, "the byte where cap_permitted would begin");
	cr_assert_eq(t->exe_ino, 0);
}

Test(blocks, fds_of_all_types)
{
	static const char *const files[] = { "fdl-v1", "fdl-v2" };

	for (int v2 = 0; v2 <= 1; v2++) {
		OPEN(files[v2]);

		cr_assert_eq(s->nfds, v2 ? 24 : 22, "%u fds", s->nfds);
		for (uint32_t i = 0; i < 22; i++) {
			const struct hc_fd_info *f = &s->fds[i];

			cr_assert_eq(f->tid, 100);
			cr_assert_eq(f->fd, 10 + i);
			cr_assert_eq(f->ino, 1000 + i);
			cr_assert_eq(f->type, i);
		}
		cr_assert_eq(s->fds[3].sip[0], 1);
		cr_assert_eq(s->fds[3].dip[3], 8);
		cr_assert_eq(s->fds[4].dip[15], 32);
		cr_assert_eq(s->fds[4].dport, 2222);
		cr_assert_eq(s->fds[5].sport, 80);
		cr_assert_eq(s->fds[6].l4proto, HC_L4_UDP);
		cr_assert_eq(s->fds[8].unix_dest, 0x2222);
		cr_assert(hc_str_is(s->fds[8].name, "/run/sock"));
		cr_assert_eq(s->fds[16].open_flags, 0x1001);
		cr_assert_eq(s->fds[16].dev, v2 ? 0x801 : 0);
		cr_assert(hc_str_is(s->fds[21].name, "/name"));
		if (v2) {
			cr_assert_eq(s->fds[22].type, HC_FD_UNSUPPORTED);
			cr_assert(hc_str_is(s->fds[22].name, "unknown-type:[40]"));
			cr_assert_eq(s->fds[23].dev, 0, "an entry that ends before dev");
			cr_assert(hc_str_is(s->fds[23].name, "/etc/hosts"));
		}
	}
}

Test(blocks, interfaces_of_all_types_and_the_known_defect)
{
	static const char *const files[] = { "il-v1", "il-v2", "il-v2-defect" };

	for (int f = 0; f < 3; f++) {
		OPEN(files[f]);

		cr_assert_eq(s->ninterfaces, 4, "%s", files[f]);
		for (uint16_t t = 1; t <= 4; t++) {
			const struct hc_interface *i = &s->interfaces[t - 1];
			unsigned alen = t & 1 ? 4 : 16;

			cr_assert_eq(i->type, t);
			cr_assert_eq(i->addr[alen - 1], alen, "%s %u", files[f], t);
			cr_assert_eq(i->broadcast[0], 2 * alen + 1, "%s %u", files[f], t);
			cr_assert_eq(i->linkspeed, t <= 2 || f == 2 ? (t > 2 ? t : t) + 1000 : 0, "%s %u", files[f], t);
			cr_assert(hc_str_is(i->name, "eth0"), "%s %u", files[f], t);
		}
	}
}

Test(blocks, users_and_groups)
{
	static const char *const files[] = { "ul-v1", "ul-v2" };

	for (int f = 0; f < 2; f++) {
		OPEN(files[f]);

		cr_assert_eq(s->nusers, 1);
		cr_assert_eq(s->users[0].gid, 1001);
		cr_assert(hc_str_is(s->users[0].home, "/home/bob"));
		cr_assert_eq(s->ngroups, 1);
		cr_assert(hc_str_is(s->groups[0].name, "bobs"));
	}
}

Test(blocks, aliases_of_2014)
{
	OPEN("aliases");
	struct hc_event *ev;

	cr_assert_str_eq(s->machine.hostname, "alias");
	cr_assert_eq(s->nthreads, 3, "several process lists accumulate");
	cr_assert_eq(s->threads[2].tid, 103);
	cr_assert_eq(s->nfds, 1);
	cr_assert_eq(s->ninterfaces, 1);
	cr_assert_eq(s->ngroups, 1);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(ev->type, PPME_SYSCALL_CLOSE_X);
	cr_assert_eq(hc_event_i64(ev, 1, -1), 3);
}

Test(blocks, events_of_both_header_versions)
{
	OPEN("events-v2");
	struct hc_event *ev;
	uint32_t len;

	cr_assert_eq(s->machine.ncpus, UINT32_MAX);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(ev->flags, 0);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(ev->flags, HC_EVENT_STATE_ONLY);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
		cr_assert_eq(ev->type, PPME_ASYNCEVENT_E);
		cr_assert_eq(ev->tid, -1);
		cr_assert_str_eq((const char *)hc_event_param(ev, 1, &len), "name");
		cr_assert_eq(hc_event_param(ev, 2, &len)[0], 'd');
		cr_assert_eq(len, 70);
	}
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(ev->ts_ns, 1005, "the type to come was skipped");
	cr_assert_eq(ev->num, 5, "and not counted");
}

Test(blocks, v1_events_find_their_parameter_count)
{
	OPEN("events-v1");
	struct hc_event *ev;
	uint32_t len;

	cr_assert_eq(s->nthreads, 0);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(ev->nparams, 2);
	cr_assert_eq(hc_event_i64(ev, 1, -1), 3);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(ev->flags, HC_EVENT_STATE_ONLY);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(ev->type, PPME_NOTIFICATION_E);
	cr_assert_str_eq((const char *)hc_event_param(ev, 1, &len), "de");
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(ev->type, PPME_PROCEXIT_1_E);
	cr_assert_eq(ev->nparams, 0);
}

Test(blocks, v1_lengths_that_are_3_too_much_need_no_room_for_them)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_event *ev;

	put_shb(&b);
	for (uint32_t n = 1; n <= 4; n++) { /* every length of the padding */
		const uint32_t lens[] = { 2, n }, len = 22 + 4 + 2 + n + 3;
		size_t at = b.len;

		put_event(&b, &(struct put_event){ 0x204, 0, n, 100, PPME_INFRASTRUCTURE_EVENT_E, 2, lens, "1\0abc" });
		memcpy(b.p + at + 26, &len, 4);
	}
	cr_assert_eq(hc_reader_open_memory(&reader, b.p, b.len, "x", NULL, NULL), 0);
	for (uint32_t n = 1, len; n <= 4; n++) {
		cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0, "%u", n);
		cr_assert_eq(ev->nparams, 2);
		hc_event_param(ev, 1, &len);
		cr_assert_eq(len, n);
	}
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), HC_READ_EOF);
}

Test(blocks, joined_sections_start_anew)
{
	OPEN("joined");
	struct hc_event *ev;

	cr_assert_eq(s->nthreads, 2);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), HC_READ_SECTION);
	s = hc_reader_section(reader);
	cr_assert_eq(s->nthreads, 0);
	cr_assert_str_eq(s->machine.hostname, "second");
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(ev->num, 2, "event numbers go on");
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), HC_READ_SECTION);
	s = hc_reader_section(reader);
	cr_assert_str_eq(s->machine.hostname, "second", "the machine stays in force");
	cr_assert_eq(s->ninterfaces, 1, "a later interface list replaces");
	cr_assert_eq(s->interfaces[0].type, 3);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(ev->ts_ns, 3000);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), HC_READ_EOF);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), HC_READ_EOF, "and again");
}

/* ---- refusals ---- */

static int open_bytes(const void *p, size_t len, struct hc_diag *diag)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;

	return hc_reader_open_memory(&r, p, len, "x", NULL, diag);
}

Test(blocks, what_is_no_capture_is_named)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_diag diag;

	cr_assert_eq(open_bytes("", 0, &diag), HC_READ_TRUNCATED);
	cr_assert(strstr(diag.text, "empty"), "%s", diag.text);
	cr_assert_eq(open_bytes("#!/bin/sh\necho hello\n", 21, &diag), HC_READ_UNSUPPORTED);
	cr_assert(strstr(diag.text, "text"), "%s", diag.text);
	cr_assert_eq(open_bytes("\xd4\xc3\xb2\xa1 and thirty bytes more of this", 34, &diag), HC_READ_UNSUPPORTED);
	cr_assert(strstr(diag.text, "pcap"), "%s", diag.text);
	cr_assert_eq(open_bytes((char[300]){ 0 }, 300, &diag), HC_READ_UNSUPPORTED); /* a hole where a file was */
	cr_assert(strstr(diag.text, "unknown data"), "%s", diag.text);
	put_shb(&b);
	b.p[12] = 2; /* major version */
	cr_assert_eq(open_bytes(b.p, b.len, &diag), HC_READ_UNSUPPORTED);
	cr_assert(strstr(diag.text, "version 2.2"), "%s", diag.text);
	hc_buf_reset(&b);
	put_shb(&b);
	memcpy(b.p + 8, "\x1a\x2b\x3c\x4d", 4);
	cr_assert_eq(open_bytes(b.p, b.len, &diag), HC_READ_UNSUPPORTED);
	cr_assert(strstr(diag.text, "big-endian"), "%s", diag.text);
	cr_assert_eq(open_bytes(b.p, 20, &diag), HC_READ_TRUNCATED);
	for (size_t n = 1; n < 28; n++) {
		cr_assert_eq(open_bytes(b.p, n, &diag), HC_READ_TRUNCATED, "%zu", n);
		cr_assert(strstr(diag.text, "section header"), "%s", diag.text);
	}
	hc_buf_reset(&b);
	put_shb(&b);
	b.p[4] = 24;
	cr_assert_eq(open_bytes(b.p, b.len, &diag), HC_READ_UNSUPPORTED);
	cr_assert(strstr(diag.text, "header of 24 bytes"), "%s", diag.text);
}

/* Others refuse it: it cannot pass for complete, but its lists are there. */
Test(blocks, a_section_without_events_is_cut_short)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_diag diag;
	struct hc_event *ev;

	put_shb(&b);
	put_mi(&b, 0x201, "h");
	cr_assert_eq(hc_reader_open_memory(&r, b.p, b.len, "x", NULL, NULL), 0);
	cr_assert_str_eq(hc_reader_section(r)->machine.hostname, "h");
	cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_TRUNCATED);
	cr_assert_eq(diag.off, 220);
	r = hc_reader_close(r);
	put_close(&b, 1);
	put_shb(&b);
	cr_assert_eq(hc_reader_open_memory(&r, b.p, b.len, "x", NULL, NULL), 0);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), 0);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_SECTION);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_TRUNCATED);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_TRUNCATED, "and again");
}

Test(blocks, events_of_newer_types_are_counted)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
	struct hc_buf b HC_BUF_DONE = { 0 };
	const uint32_t lens[] = { 2 };
	struct hc_reader_stats stats;
	struct hc_event *ev;

	put_shb(&b);
	for (uint16_t type = 454; type < 457; type++)
		put_event(&b, &(struct put_event){ 0x216, 0, type, 100, type, 1, lens, "x" });
	cr_assert_eq(hc_reader_open_memory(&r, b.p, b.len, "x", NULL, NULL), 0);
	cr_assert_eq(hc_reader_next(r, &ev, NULL), HC_READ_EOF);
	hc_reader_stats(r, &stats);
	cr_assert_eq(stats.newer, 3);
}
