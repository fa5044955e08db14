/* SPDX-License-Identifier: Apache-2.0
 *
 * The conversion of old events (scap-format.md 13): the table as a whole, and the consequences its section 13.4 names.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "formats/convert.h"
#include "formats/reader.h"
#include "golden.h"

struct raw {
	uint8_t lens[64];
	uint8_t data[256];
	uint32_t n, at;
};

static void add(struct raw *r, const void *p, uint16_t len)
{
	memcpy(r->lens + 2 * r->n++, &len, 2);
	memcpy(r->data + r->at, p, len);
	r->at += len;
}

static void add64(struct raw *r, uint64_t v)
{
	add(r, &v, 8);
}

static struct hc_event event(uint16_t type, int64_t tid, const struct raw *r)
{
	return (struct hc_event){ .type = type, .tid = tid, .nparams = r->n, .lens = r->lens, .data = r->data };
}

static enum hc_converted convert(struct hc_convert *c, struct hc_event *ev)
{
	const char *err = NULL;

	return hc_convert_event(c, ev, &err);
}

/* Every row of the table with parameters of the right sizes: all end in a current event or are stored. */
Test(convert, every_rule_ends_in_the_current_schema)
{
	struct hc_convert *c = hc_convert_new();
	unsigned rows = 0;

#define HC_CONVERSION(type_, nin, ...) { type_, nin },
	static const struct {
		uint16_t type, n;
	} all[] = {
#include "formats/conversions.def"
	};
#undef HC_CONVERSION
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		const struct hc_event_info *info = &hc_event_table[all[i].type];
		struct raw r = { 0 };
		struct hc_event ev;
		enum hc_converted x;
		const char *err = "";

		for (uint32_t k = 0; k < all[i].n; k++) {
			int size = k < info->nparams ? hc_param_type_size(info->params[k].type) : 0;

			add(&r, "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", size > 0 && size <= 16 ? (uint16_t)size : 0);
		}
		ev = event(all[i].type, 7, &r);
		x = hc_convert_event(c, &ev, &err);
		cr_assert_neq(x, HC_CONVERT_FAILED, "%s with %u: %s", info->id, all[i].n, err);
		if (x == HC_CONVERT_PASS) {
			const struct hc_event_info *now = &hc_event_table[ev.type];

			cr_assert_eq(ev.nparams, now->nparams, "%s with %u gives %s with %u", info->id, all[i].n, now->id,
				     ev.nparams);
			cr_assert(!(now->flags & EF_OLD_VERSION) || !(ev.type & 1), "%s with %u gives %s", info->id, all[i].n,
				  now->id);
		}
		rows++;
	}
	cr_assert_eq(rows, 253);
	hc_convert_free(c);
}

Test(convert, current_events_pass_untouched)
{
	struct hc_convert *c = hc_convert_new();
	struct hc_event ev = { .type = PPME_SYSCALL_CLOSE_X, .nparams = 2 };

	cr_assert(hc_convert_passes(&ev));
	ev.nparams = 1;
	cr_assert_not(hc_convert_passes(&ev));
	ev = (struct hc_event){ .type = PPME_PROCEXIT_1_E, .nparams = 3 };
	cr_assert(hc_convert_passes(&ev), "unmanaged types pass with any count");
	ev = (struct hc_event){ .type = PPME_SYSCALL_OPEN_E, .nparams = 3 };
	cr_assert(hc_convert_passes(&ev));
	ev = (struct hc_event){ .type = PPME_SOCKET_CONNECT_E, .nparams = 2 };
	cr_assert_not(hc_convert_passes(&ev), "it is stored too");
	hc_convert_free(c);
}

Test(convert, exit_takes_parameters_from_its_enter_and_forgets_it)
{
	struct hc_convert *c = hc_convert_new();
	struct raw enter = { 0 }, leave = { 0 };
	struct hc_event ev;
	uint32_t len;

	add64(&enter, 3);
	add(&enter, "\x50\0\0\0", 4);
	add64(&leave, 5);
	add(&leave, "hello", 5);
	ev = event(PPME_SYSCALL_READ_E, 7, &enter);
	cr_assert_eq(convert(c, &ev), HC_CONVERT_STORED);
	/* Another thread's exit does not take it. */
	ev = event(PPME_SYSCALL_READ_X, 8, &leave);
	cr_assert_eq(convert(c, &ev), HC_CONVERT_PASS);
	cr_assert_eq(hc_event_i64(&ev, 2, -1), 0, "default");
	for (int i = 0; i < 2; i++) {
		ev = event(PPME_SYSCALL_READ_X, 7, &leave);
		cr_assert_eq(convert(c, &ev), HC_CONVERT_PASS);
		cr_assert_eq(ev.nparams, 4);
		cr_assert_eq(hc_event_i64(&ev, 0, -1), 5);
		cr_assert_arr_eq(hc_event_param(&ev, 1, &len), "hello", 5);
		cr_assert_eq(hc_event_i64(&ev, 2, -1), i ? 0 : 3);
		cr_assert_eq(hc_event_u64(&ev, 3, 1), i ? 0 : 0x50);
	}
	hc_convert_free(c);
}

Test(convert, stale_enter_of_another_call_counts_for_nothing)
{
	struct hc_convert *c = hc_convert_new();
	struct raw one = { 0 };
	struct hc_event ev;

	add64(&one, 9);
	ev = event(PPME_SYSCALL_CLOSE_E, 7, &one);
	cr_assert_eq(convert(c, &ev), HC_CONVERT_STORED);
	ev = event(PPME_SOCKET_LISTEN_X, 7, &one);
	cr_assert_eq(convert(c, &ev), HC_CONVERT_PASS);
	cr_assert_eq(hc_event_i64(&ev, 1, -1), 0);
	/* It is still there for its own exit. */
	ev = event(PPME_SYSCALL_CLOSE_X, 7, &one);
	cr_assert_eq(convert(c, &ev), HC_CONVERT_PASS);
	cr_assert_eq(hc_event_i64(&ev, 1, -1), 9);
	hc_convert_free(c);
}

/* 13.4: two steps; the first one uses up the enter event, so addr is the default although it was known. */
Test(convert, oldest_connect_loses_its_address)
{
	struct hc_convert *c = hc_convert_new();
	struct raw enter = { 0 }, leave = { 0 };
	struct hc_event ev;
	uint32_t len;

	add64(&enter, 3);
	add(&enter, "\2\177\0\0\1\0\0", 7);
	add64(&leave, 0);
	add(&leave, "", 0);
	ev = event(PPME_SOCKET_CONNECT_E, 7, &enter);
	cr_assert_eq(convert(c, &ev), HC_CONVERT_PASS, "stored and passed on");
	ev = event(PPME_SOCKET_CONNECT_X, 7, &leave);
	cr_assert_eq(convert(c, &ev), HC_CONVERT_PASS);
	cr_assert_eq(ev.nparams, 4);
	cr_assert_eq(hc_event_i64(&ev, 2, -1), 3);
	cr_assert_not_null(hc_event_param(&ev, 3, &len));
	cr_assert_eq(len, 0);
	hc_convert_free(c);
}

Test(convert, execve_of_2014_grows_to_today)
{
	struct hc_convert *c = hc_convert_new();
	struct raw r = { 0 };
	struct hc_event ev;
	uint32_t len;

	add64(&r, 0);
	add(&r, "cat", 4);
	add(&r, "-v", 3);
	for (int i = 0; i < 3; i++)
		add64(&r, 7);
	add(&r, "/", 2);
	add64(&r, 1024);
	ev = event(PPME_SYSCALL_EXECVE_8_X, 7, &r);
	cr_assert_eq(convert(c, &ev), HC_CONVERT_PASS);
	cr_assert_eq(ev.type, PPME_SYSCALL_EXECVE_19_X);
	cr_assert_eq(ev.nparams, 31);
	cr_assert_str_eq((const char *)hc_event_param(&ev, 1, &len), "cat");
	cr_assert_eq(hc_event_i64(&ev, 7, 0), 1024);
	hc_convert_free(c);
}

Test(convert, container_event_becomes_json_with_wide_lengths)
{
	struct hc_convert *c = hc_convert_new();
	struct raw r = { 0 };
	struct hc_event ev;
	uint32_t len;

	add(&r, "abc", 4);
	add(&r, "\3\0\0\0", 4);
	add(&r, "web", 4);
	add(&r, "nginx", 6);
	ev = event(PPME_CONTAINER_E, 0, &r);
	cr_assert_eq(convert(c, &ev), HC_CONVERT_PASS);
	cr_assert_eq(ev.type, PPME_CONTAINER_JSON_2_E);
	cr_assert_str_eq((const char *)hc_event_param(&ev, 0, &len),
			 "{\"id\":\"abc\",\"type\":3,\"name\":\"web\",\"image\":\"nginx\"}");
	cr_assert_eq(len, strlen("{\"id\":\"abc\",\"type\":3,\"name\":\"web\",\"image\":\"nginx\"}") + 1);
	hc_convert_free(c);
}

Test(convert, copied_values_are_cut_to_the_target_type)
{
	struct hc_convert *c = hc_convert_new();
	struct raw r = { 0 };
	struct hc_event ev;
	uint32_t len;

	/* A result longer than its type: a longer value than the type allows is cut, a shorter one stays short. */
	add(&r, "\1\2\3\4\5\6\7\10\11\12", 10);
	ev = event(PPME_SYSCALL_BRK_1_X, 7, &r);
	cr_assert_eq(convert(c, &ev), HC_CONVERT_PASS);
	hc_event_param(&ev, 0, &len);
	cr_assert_eq(len, 8);
	cr_assert_eq(hc_event_u64(&ev, 0, 0), 0x0807060504030201);
	hc_convert_free(c);
}

Test(convert, too_many_parameters_or_an_unknown_count_fail_alone)
{
	struct hc_convert *c = hc_convert_new();
	struct raw r = { 0 };
	struct hc_event ev;

	for (int i = 0; i < 3; i++)
		add64(&r, 1);
	ev = event(PPME_SYSCALL_CLOSE_X, 7, &r);
	cr_assert_eq(convert(c, &ev), HC_CONVERT_FAILED);
	ev = event(PPME_SYSCALL_CLOSE_E, 7, &r);
	cr_assert_eq(convert(c, &ev), HC_CONVERT_FAILED);
	hc_convert_free(c);
}

Test(convert, stored_enters_are_bounded)
{
	struct hc_convert *c = hc_convert_new();
	static uint8_t data[65536 + 12];

	/* sendto's enter event with a tuple of 64 KiB, for very many threads. */
	for (int64_t tid = 0; tid < 3000; tid++) {
		static uint8_t lens3[6] = { 8, 0, 4, 0, 0xff, 0xef };
		struct hc_event ev = { .type = PPME_SOCKET_SENDTO_E, .tid = tid, .nparams = 3, .lens = lens3, .data = data };

		cr_assert_eq(convert(c, &ev), HC_CONVERT_STORED);
	}
	cr_assert_gt(hc_convert_forgotten(c), 0);
	cr_assert_lt(hc_convert_forgotten(c), 3000);
	hc_convert_free(c);
}

Test(convert, reader_reports_what_cannot_be_converted_and_goes_on)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
	static const uint32_t lens[] = { 8, 8, 8 };
	static const uint64_t data[3];
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_reader_stats stats;
	struct hc_diag diag;
	struct hc_event *ev;

	put_shb(&b);
	put_close(&b, 1);
	put_event(&b, &(struct put_event){ 0x216, 0, 2, 100, PPME_SYSCALL_CLOSE_X, 3, lens, data });
	put_close(&b, 3);
	cr_assert_eq(hc_reader_open_memory(&r, b.p, b.len, "x", NULL, NULL), 0);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), 0);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_SKIPPED);
	cr_assert_eq(diag.off, 28 + 60);
	cr_assert(strstr(diag.text, "PPME_SYSCALL_CLOSE_X"), "%s", diag.text);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), 0);
	cr_assert_eq(ev->num, 2);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_EOF);
	hc_reader_stats(r, &stats);
	cr_assert_eq(stats.skipped_ranges, 1);
}
