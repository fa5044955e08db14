/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates: where a token ends, widths, what is refused.
 */
#include "fake.h"

#include "common/buf.h"
#include "rules/output.h"

static struct hc_checker checker;

static void init(void)
{
	hc_checker_init(&checker);
}
static void done(void)
{
	hc_checker_done(&checker);
}
TestSuite(output, .init = init, .fini = done);

static const struct hc_output *compile(const char *template)
{
	const struct hc_output *o = NULL;

	return hc_output_compile(&checker, template, strlen(template), &o) < 0 ? NULL : o;
}

/* "text<field>text<field:width>" */
static const char *shape(const char *template)
{
	static struct hc_buf buf;
	const struct hc_output *o = compile(template);

	hc_buf_reset(&buf);
	if (!o)
		return checker.notes[checker.nnotes - 1].text;
	if (o->star)
		hc_buf_puts(&buf, "*");
	for (uint32_t i = 0; i < o->nsegments; i++) {
		const struct hc_output_segment *s = &o->segments[i];

		if (s->expr)
			hc_buf_putc(&buf, '<');
		hc_buf_put(&buf, s->text.p, s->text.len);
		if (s->width)
			hc_buf_printf(&buf, ":%u", s->width);
		if (s->expr)
			hc_buf_putc(&buf, '>');
	}
	return buf.len ? buf.p : "";
}

Test(output, longest_field_that_compiles_counts)
{
	static const char *const cases[][2] = {
		{ "%proc.namex", "<proc.name>x" },
		{ "%proc.name.", "<proc.name>." },
		{ "a %evt.arg.fd, b", "a <evt.arg.fd>, b" },
		{ "%proc.aname[2]x", "<proc.aname[2]>x" },
		{ "%proc.env[A B]", "<proc.env>[A B]" },
		{ "%proc.env[\"A B\"]!", "<proc.env[\"A B\"]>!" },
		{ "%proc.name%proc.pid", "<proc.name><proc.pid>" },
		{ "%12proc.name|%0proc.pid", "<proc.name:12>|<proc.pid>" },
		{ "*%evt.num", "*<evt.num>" },
		{ "**%evt.num", "**<evt.num>" },
		{ "(%toupper(basename(proc.exe))) x", "(<toupper(basename(proc.exe))>) x" },
		{ "%len(proc.args)[x]", "<len(proc.args)>[x]" },
		{ "%evt.time.iso8601: %evt.times", "<evt.time.iso8601>: <evt.time>s" },
		{ "%fd.net %fd.ip", "<fd.net> <fd.ip>" },
		{ "plain", "plain" },
		{ "", "" },
		{ "x %container.info y", "x  y" },
		{ "%evt.arg[0] %thread.cgroup.cpu", "<evt.arg[0]> <thread.cgroup.cpu>" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cr_expect_str_eq(shape(cases[i][0]), cases[i][1], "%s: %s", cases[i][0], shape(cases[i][0]));
}

Test(output, refused_templates_say_why)
{
	cr_expect_str_eq(shape("100%"), "invalid formatting syntax: formatting cannot end with a %");
	cr_expect_str_eq(shape("a %12"), "invalid formatting syntax: formatting cannot end with a %");
	cr_expect_str_eq(shape("a %% b"), "unknown filter: % b");
	cr_expect_str_eq(shape("%proc.nam x"), "unknown filter: proc.nam x");
	cr_assert_eq(checker.notes[0].pos.off, 1);
	cr_assert_str_eq(checker.notes[0].code, "LOAD_ERR_COMPILE_OUTPUT");
	cr_assert_str_eq(checker.notes[0].hint, "did you mean 'proc.name'?");
	cr_expect_null(compile("%tolower(proc.pid)"));
	cr_expect_null(compile("%99999proc.name"));
}

Test(output, fields_are_listed_once_in_key_order)
{
	const struct hc_output *o = compile("%proc.pid %proc.name %evt.num %tolower(proc.name) %concat(proc.name, fd.name)");

	cr_assert_not_null(o);
	cr_assert_eq(o->nfields, 4);
	cr_assert_str_eq(o->fields[0]->text.p, "evt.num");
	cr_assert_str_eq(o->fields[1]->text.p, "fd.name");
	cr_assert_str_eq(o->fields[2]->text.p, "proc.name");
	cr_assert_str_eq(o->fields[3]->text.p, "proc.pid");
}

Test(output, deprecated_things_are_warned_about)
{
	cr_assert_not_null(compile("%container.info %evt.latency.s"));
	cr_assert_eq(checker.nnotes, 3);
	cr_assert_str_eq(checker.notes[0].code, "LOAD_DEPRECATED_ITEM");
	cr_assert_null(checker.notes[0].deprecated_field);
	cr_assert_str_eq(checker.notes[1].deprecated_field, "evt.latency");
	cr_assert_str_eq(checker.notes[2].deprecated_field, "evt.latency.s");
	cr_assert_null(compile("%evt.latency.s %container.info %no.field"));
	cr_assert_eq(checker.nnotes, 2);
	cr_assert_null(checker.notes[0].deprecated_field);
	cr_assert(checker.notes[1].error);
}

Test(output, places_are_those_in_the_rule)
{
	compile("*%no.field");
	cr_assert_eq(checker.notes[0].pos.off, 2);
	compile("* %container.info%container.info %evt.dir");
	cr_assert_eq(checker.notes[0].pos.off, 2);
	cr_assert_eq(checker.notes[1].pos.off, 34);
}
