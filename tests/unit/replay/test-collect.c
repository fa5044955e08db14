/* SPDX-License-Identifier: Apache-2.0
 *
 * Alerts as values: the same texts as in alert lines, only what was asked for, nothing lost without a count.
 */
#include <criterion/criterion.h>

#include "field-checks.h"
#include "replay/collect.h"

static struct hc_arena arena;
static struct hc_collect c;

static void setup(void)
{
	asker_begin();
	strcpy(a.w.section.machine.hostname, "vm");
	world_thread(&a.w, 1, 1, 0);
	world_thread(&a.w, 10, 10, 1)->comm = HC_STR("a\"b");
	asker_load();
	hc_arena_init(&arena);
	a.w.ts_ns = 1534527348514682170;
	happens(PPME_SYSCALL_OPENAT_2_X, 10, N(3), N(-100), S("/x"), N(4097), N(0), N(0x803), N(7));
}

static void teardown(void)
{
	hc_collect_done(&c);
	hc_arena_done(&arena);
	asker_end();
}

TestSuite(collect, .init = setup, .fini = teardown);

static const struct hc_rule rule = { .name = "Open", .source = "syscall", .priority = HC_PRIORITY_NOTICE };

static struct hc_alert_rule prepared(const char *template)
{
	const struct hc_output *o;
	struct hc_alert_rule r;

	cr_assert_eq(hc_output_compile(&a.checker, template, strlen(template), &o), 0, "%s", template);
	hc_alert_prepare(&r, &rule, o, field_of("evt.time"), NULL, 0, &arena);
	return r;
}

Test(collect, keeps_message_and_fields_as_alert_lines_have_them)
{
	struct hc_alert_rule r = prepared("opened %fd.name by %proc.name (ip=%fd.sip, %proc.pid)");
	const struct hc_collected_field *f;

	hc_collect_init(&c, HC_COLLECT_MESSAGE | HC_COLLECT_FIELDS);
	c.capture = 3;
	hc_collect_put(&c, &a.eval, &r, 0);
	cr_assert_eq(c.n, 1);
	cr_expect_str_eq(c.items[0].rule->name, "Open");
	cr_expect_eq(c.items[0].capture, 3);
	cr_expect_eq(c.items[0].event, a.eval.ev->num);
	cr_expect_eq(c.items[0].ts_ns, 1534527348514682170);
	cr_expect_str_eq(c.items[0].hostname, "vm");
	cr_expect_str_eq(c.items[0].message.p, "opened /x by a\"b (ip=<NA>, 10)");
	f = hc_collected_field(&c.items[0], HC_STR("proc.name"));
	cr_assert(f);
	cr_expect_str_eq(f->text.p, "a\"b");
	cr_expect_str_eq(f->json.p, "\"a\\\"b\"");
	f = hc_collected_field(&c.items[0], HC_STR("fd.sip"));
	cr_expect_str_eq(f->text.p, "<NA>");
	cr_expect_str_eq(f->json.p, "null");
	cr_expect_str_eq(hc_collected_field(&c.items[0], HC_STR("proc.pid"))->json.p, "10");
	cr_expect_null(hc_collected_field(&c.items[0], HC_STR("proc.ppid")));
}

Test(collect, keeps_only_what_was_asked_for)
{
	struct hc_alert_rule r = prepared("%proc.name");

	hc_collect_init(&c, 0);
	for (int i = 0; i < 100; i++)
		hc_collect_put(&c, &a.eval, &r, 0);
	cr_expect_eq(c.n, 100);
	cr_expect_eq(c.items[99].nfields, 0);
	cr_expect_null(c.items[99].message.p);
	cr_expect_eq(c.items[99].hostname, c.items[0].hostname, "one copy of the host name");
}

Test(collect, counts_what_is_too_much_to_keep)
{
	struct hc_alert_rule r = prepared("%proc.name");

	hc_collect_init(&c, HC_COLLECT_MESSAGE);
	hc_collect_put(&c, &a.eval, &r, 0);
	c.arena.used = HC_COLLECT_BYTES_MAX;
	hc_collect_put(&c, &a.eval, &r, 0);
	cr_expect_eq(c.n, 1);
	cr_expect_eq(c.left_out, 1);
}
