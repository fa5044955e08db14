/* SPDX-License-Identifier: Apache-2.0
 *
 * Alert lines and objects, byte for byte (rules-language.md 8.1 to 8.4).
 */
#include <criterion/criterion.h>

#include "field-checks.h"
#include "replay/alert.h"
#include "replay/message.h"
#include "replay/print.h"

static struct hc_arena arena;
static struct hc_buf out;

static void setup(void)
{
	asker_begin();
	strcpy(a.w.section.machine.hostname, "vm");
	world_thread(&a.w, 1, 1, 0);
	world_thread(&a.w, 10, 10, 1)->comm = HC_STR("a\"b\\c\n\xff");
	asker_load();
	hc_print_zone_set(0);
	hc_arena_init(&arena);
	a.w.ts_ns = 1534527348514682170;
	happens(PPME_SYSCALL_OPENAT_2_X, 10, N(3), N(-100), S("/x"), N(4097), N(0), N(0x803), N(7));
}

static void teardown(void)
{
	hc_arena_done(&arena);
	hc_buf_done(&out);
	asker_end();
}

TestSuite(alert, .init = setup, .fini = teardown);

static const struct hc_output *compiled(const char *template)
{
	const struct hc_output *o;

	cr_assert_eq(hc_output_compile(&a.checker, template, strlen(template), &o), 0, "%s", template);
	return o;
}

static const char *alert(const char *template, struct hc_alert_options options, const struct hc_alert_entry *extra, uint32_t n,
			 const char *capture)
{
	static const char *tags[] = { "a", "b" };
	static const struct hc_rule rule = { .name = "Open", .source = "syscall", .priority = HC_PRIORITY_NOTICE, .tags = tags,
					     .ntags = 2 };
	struct hc_alert_rule r;

	hc_alert_prepare(&r, &rule, compiled(template), field_of(options.iso8601 ? "evt.time.iso8601" : "evt.time"), extra, n, &arena);
	hc_buf_reset(&out);
	hc_alert_put(&a.eval, &r, 0, capture, &options, &out);
	return out.p;
}

static const struct hc_alert_options all = { .json = true, .include_output = true, .include_fields = true, .include_tags = true };

Test(alert, text_lines_have_time_priority_message_and_json_escapes)
{
	cr_expect_str_eq(alert("opened %fd.name by %proc.name (ip=%fd.sip)", (struct hc_alert_options){ 0 }, NULL, 0, NULL),
			 "17:35:48.514682170: Notice opened /x by a\\\"b\\\\c\\n\xef\xbf\xbd (ip=<NA>)\n");
	cr_expect_str_eq(alert("x", (struct hc_alert_options){ .iso8601 = true }, NULL, 0, "cap.scap"),
			 "cap.scap: 2018-08-17T17:35:48.514682170+0000: Notice x\n");
}

Test(alert, objects_are_the_references_verified_sample)
{
	cr_expect_str_eq(alert("opened %fd.name (ip=%fd.sip, %evt.arg.flags, %fd.dev, %proc.pid)", all, NULL, 0, NULL),
			 "{\"hostname\":\"vm\",\"output\":\"17:35:48.514682170: Notice opened /x (ip=<NA>, O_RDONLY|O_CLOEXEC, 803, 10)\","
			 "\"output_fields\":{\"evt.arg.flags\":\"O_RDONLY|O_CLOEXEC\",\"evt.time\":1534527348514682170,\"fd.dev\":\"803\","
			 "\"fd.name\":\"/x\",\"fd.sip\":null,\"proc.pid\":10},\"priority\":\"Notice\",\"rule\":\"Open\","
			 "\"source\":\"syscall\","
			 "\"tags\":[\"a\",\"b\"],\"time\":\"2018-08-17T17:35:48.514682170Z\"}\n");
}

Test(alert, switches_leave_out_their_keys)
{
	cr_expect_str_eq(alert("m %evt.num", (struct hc_alert_options){ .json = true, .include_message = true }, NULL, 0, "f"),
			 "{\"capture\":\"f\",\"hostname\":\"vm\",\"message\":\"m 0\",\"priority\":\"Notice\",\"rule\":\"Open\","
			 "\"source\":\"syscall\",\"time\":\"2018-08-17T17:35:48.514682170Z\"}\n");
}

Test(alert, extra_entries_are_sorted_in_and_win)
{
	const struct hc_alert_entry extra[] = {
		{ .key = HC_STR("static.env"), .text = "pr\"od" },
		{ .key = HC_STR("a"), .output = compiled("<%proc.pid>") },
		{ .key = HC_STR("fd.name"), .field = field_of("fd.num") },
	};
	const struct hc_alert_options fields = { .json = true, .include_fields = true };

	cr_expect_str_eq(alert("%fd.name", fields, extra, 3, NULL),
			 "{\"hostname\":\"vm\",\"output_fields\":{\"a\":\"<10>\",\"evt.time\":1534527348514682170,\"fd.name\":3,"
			 "\"static.env\":\"pr\\\"od\"},\"priority\":\"Notice\",\"rule\":\"Open\",\"source\":\"syscall\","
			 "\"time\":\"2018-08-17T17:35:48.514682170Z\"}\n");
}

Test(alert, a_host_name_from_the_environment_wins)
{
	a.eval.hostname = "other";
	cr_expect(strstr(alert("x %evt.hostname", all, NULL, 0, NULL), "\"hostname\":\"other\""));
	cr_expect(strstr(out.p, "Notice x vm\""), "the field stays the capture's: %s", out.p);
}

static const char *message(const char *template)
{
	const struct hc_output *o = compiled(template);

	hc_buf_reset(&out);
	return hc_message_text(&a.eval, o, o->star, &out) ? out.p : "not printed";
}

Test(alert, message_widths_cut_and_pad)
{
	cr_expect_str_eq(message("[%5fd.name][%1proc.pid][%3proc.pid]"), "[/x   ][1][10 ]");
	cr_expect_str_eq(message("*[%5fd.sip][%2fd.sip]"), "[<NA> ][<N]");
}

Test(alert, message_without_star_an_absent_field_keeps_it_from_printing)
{
	cr_expect_str_eq(message("%fd.name %fd.sip"), "not printed");
	cr_expect_str_eq(message("*%fd.name %fd.sip"), "/x <NA>");
}

Test(alert, message_transformers_apply_and_len_of_text_prints_as_absent)
{
	cr_expect_str_eq(message("%toupper(fd.name) %basename(fd.name)"), "/X x");
	cr_expect_str_eq(message("*%len(fd.name)"), "<NA>"); /* (Q) */
}
