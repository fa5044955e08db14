/* SPDX-License-Identifier: Apache-2.0
 *
 * References to fields: what is accepted, with which argument, and what the reference then carries.
 */
#include <stdio.h>

#include <criterion/criterion.h>

#include "rules/field.h"

static struct hc_field_set set;
static struct hc_diag diag;

static void init(void)
{
	hc_field_set_init(&set);
}
static void done(void)
{
	hc_field_set_done(&set);
}
TestSuite(field, .init = init, .fini = done);

static const struct hc_field *get(const char *name, const char *arg)
{
	const struct hc_field *f = NULL;
	char text[256];

	snprintf(text, sizeof text, arg ? "%s[%s]" : "%s", name, arg);
	if (hc_field_parse(&set, hc_str(name), arg, hc_str(arg), hc_str(text), &f, &diag) < 0)
		return NULL;
	return f;
}

Test(field, catalogue_has_every_row_once)
{
	cr_assert_eq(HC_FIELD_COUNT, 294);
	for (int i = 0; i < HC_FIELD_COUNT; i++) {
		const struct hc_field_info *f = &hc_field_table[i];

		cr_assert_eq(hc_field_info_find(hc_str(f->name)), f, "%s", f->name);
		cr_assert(f->help[0], "%s", f->name);
	}
}

Test(field, equal_texts_are_one_object_with_a_slot)
{
	const struct hc_field *a = get("proc.aname", "2"), *b = get("proc.aname", "3");

	cr_assert_neq(a, b);
	cr_assert_eq(get("proc.aname", "2"), a);
	cr_assert_eq(a->slot, 0);
	cr_assert_eq(b->slot, 1);
	cr_assert_eq(b->index, 3);
	cr_assert_eq(b->match, HC_MATCH_ONE);
	cr_assert_eq(get("proc.aname", NULL)->match, HC_MATCH_ANY);
	cr_assert(hc_str_is(b->text, "proc.aname[3]"));
}

Test(field, index_minus_one_is_no_index)
{
	cr_assert_not(get("proc.aname", "-1")->has_index);
	cr_assert_eq(get("proc.aname", "-1")->match, HC_MATCH_ANY);
	cr_assert(get("proc.aname", "-2")->has_index);
}

Test(field, suffix_chooses_a_parameter_and_its_type)
{
	cr_assert(hc_str_is(get("evt.arg.flags", NULL)->key, "flags"));
	cr_assert_eq(get("evt.arg.flags", NULL)->type, PT_CHARBUF);
	cr_assert_eq(get("evt.rawarg.flags", NULL)->type, PT_FLAGS32);
	cr_assert_eq(get("evt.rawarg.res", NULL)->type, PT_ERRNO);
	cr_assert_eq(get("evt.arg", "1")->index, 1);
	cr_assert(hc_str_is(get("thread.cgroup.cpuset", NULL)->key, "cpuset"));
	cr_assert(hc_str_is(get("proc.env", "PATH")->key, "PATH"));
	cr_assert(hc_str_is(get("evt.type.is.openat", NULL)->key, "openat"));
}

Test(field, wrong_references_say_nonexistent_field)
{
	static const struct {
		const char *name, *arg;
	} wrong[] = {
		{ "proc.nam", NULL }, { "proc.name", "1" }, { "proc.name.x", NULL }, { "evt.arg", NULL },
		{ "evt.arg.nosuch", NULL }, { "evt.rawarg", "0" }, { "proc.aname", "x" }, { "proc.aname", "0x1" },
		{ "evt.type.is.nosuch", NULL }, { "thread.cgroup", NULL }, { "evt.abspath.mid", NULL }, { "evt.around", "-4" },
		{ "proc.aname", "99999999999" }, { "container.label", NULL }, { "thread.cgroup.a1", NULL },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		cr_assert_null(get(wrong[i].name, wrong[i].arg), "%s", wrong[i].name);
		cr_assert(strstr(diag.text, "nonexistent field"), "%s: %s", wrong[i].name, diag.text);
	}
	cr_assert_eq(set.n, 0);
	get("proc.aname", "x");
	cr_assert_str_eq(diag.text, "filter_check called with nonexistent field proc.aname[x]");
}

Test(field, hint_says_why_or_what_was_meant)
{
	char hint[HC_FIELD_HINT_MAX];

	hc_field_hint(hc_str("proc.nam"), false, hc_str(NULL), hint);
	cr_assert_str_eq(hint, "did you mean 'proc.name'?");
	hc_field_hint(hc_str("proc.uid"), false, hc_str(NULL), hint);
	cr_assert_str_eq(hint, "did you mean 'user.uid'?", "another class has it");
	hc_field_hint(hc_str("usr.name"), false, hc_str(NULL), hint);
	cr_assert_str_eq(hint, "did you mean 'user.name'?", "no class is called usr");
	hc_field_hint(hc_str("proc.aname"), true, hc_str("x"), hint);
	cr_assert_str_eq(hint, "[x] is not a decimal index");
}
