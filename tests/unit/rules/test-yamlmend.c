/* SPDX-License-Identifier: Apache-2.0
 *
 * Which texts that are no YAML by the book are read all the same, what is said of them, and which are not. The trees are
 * those of yaml-cpp 0.7.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "rules/yamlmend.h"

static struct hc_arena arena;
static struct hc_diag diag;
static struct hc_yaml_mend *mends;
static uint32_t nmends;

static void setup(void)
{
	hc_arena_init(&arena);
}

static void teardown(void)
{
	hc_arena_done(&arena);
}

TestSuite(yamlmend, .init = setup, .fini = teardown);

/* As flow YAML, places behind scalars. */
static void print(struct hc_buf *out, const struct hc_yaml_node *node)
{
	static const char *const open[] = { "", "", "[", "{" }, *const close[] = { "", "", "]", "}" };

	if (node->kind == HC_YAML_NULL)
		hc_buf_puts(out, "~");
	if (node->kind == HC_YAML_SCALAR)
		hc_buf_printf(out, "%s@%u:%u:%u", node->text.p, node->at.line, node->at.column, node->at.off);
	hc_buf_puts(out, open[node->kind]);
	for (uint32_t i = 0; i < node->nitems; i++) {
		hc_buf_puts(out, i ? " " : "");
		print(out, node->items[i]);
	}
	hc_buf_puts(out, close[node->kind]);
}

/* What text is read as, documents separated by |; "!" and the error if it is refused. */
static const char *read_as(const char *text)
{
	static char shown[512];
	struct hc_buf out HC_BUF_DONE = { 0 };
	struct hc_yaml_node **docs;
	uint32_t n = 0;

	hc_buf_puts(&out, "");
	if (hc_yaml_parse_mending(&arena, text, strlen(text), &docs, &n, &mends, &nmends, &diag))
		hc_buf_printf(&out, "!%s", diag.text);
	for (uint32_t i = 0; i < n; i++) {
		hc_buf_puts(&out, i ? "|" : "");
		print(&out, docs[i]);
	}
	snprintf(shown, sizeof shown, "%s", out.p);
	return shown;
}

Test(yamlmend, good_yaml_is_read_as_it_is)
{
	cr_expect_str_eq(read_as("- a: [b, ~]\n---\n'c'\n"), "[{a@0:2:2 [b@0:6:6 ~]}]|c@2:0:16");
	cr_expect_eq(nmends, 0);
}

Test(yamlmend, a_quote_that_is_never_closed_ends_with_the_file)
{
	cr_expect_str_eq(read_as("- a: \"b\n  c: d\n"), "[{a@0:2:2 b c: d @0:5:5}]");
	cr_assert_eq(nmends, 1);
	cr_expect_eq(mends[0].off, 5);
	cr_expect_str_eq(read_as("- a: 'b\n  c: d\n \t\n"), "[{a@0:2:2 b c: d\n@0:5:5}]");
	cr_expect_eq(read_as("- a: 'b\n  c: d")[0], '!', "the last line has no end");
	cr_expect_eq(read_as("- a: 'b")[0], '!');
	cr_expect_eq(read_as("- a: 'b\n---\n- c\n")[0], '!');
}

Test(yamlmend, a_last_line_without_a_colon_is_a_key_without_a_value)
{
	cr_expect_str_eq(read_as("- a: b\n  c d"), "[{a@0:2:2 b@0:5:5 c d@1:2:9 ~}]");
	cr_assert_eq(nmends, 1);
	cr_expect_eq(mends[0].off, 9);
	cr_expect_str_eq(read_as("- a: b\n  c d # e\n---\n- f\n"), "[{a@0:2:2 b@0:5:5 c d@1:2:9 ~}]|[f@3:2:23]");
	cr_expect_eq(read_as("- a: b\n  c d\n  e: f\n")[0], '!', "any other line");
	cr_expect_eq(read_as("- a: b\n  c d\n- e: f\n")[0], '!');
	cr_expect_eq(read_as("- a: b\n  'c'\n")[0], '!');
	cr_expect_eq(read_as("- a: b\n  [c]\n")[0], '!');
}

Test(yamlmend, what_stands_behind_the_end_of_a_document_is_another_one)
{
	cr_expect_str_eq(read_as("  - a: b\n - c\n- d\n"), "[{a@0:4:4 b@0:7:7}]|[c@1:3:12]|[d@2:2:16]");
	cr_expect_eq(nmends, 2);
	cr_expect_str_eq(read_as("- a\n...\n- b\n"), "[a@0:2:2]|[b@2:2:10]");
	cr_expect_str_eq(read_as("- a\nb: c\n"), "[a@0:2:2]|{b@1:0:4 c@1:3:7}");
	cr_expect_str_eq(read_as("- a: b\noops\n"), "[{a@0:2:2 b@0:5:5}]|oops@1:0:7");
	cr_expect_str_eq(read_as("- a: b\noops # x\n- c\n"), "[{a@0:2:2 b@0:5:5}]|oops@1:0:7|[c@2:2:18]");
	cr_expect_eq(read_as("- a: b\noops\n- c: d\n")[0], '!', "its next line belongs to it");
	cr_expect_eq(read_as("- a:\n  - b\n c: d\n")[0], '!', "between two levels");
	cr_expect_eq(read_as("- a:\n    - b\n   - c\n")[0], '!');
	cr_expect_eq(read_as("a: b\n- c\n")[0], '!');
}

Test(yamlmend, small_things)
{
	cr_expect_str_eq(read_as("- a: \"it\\'s\"\n- é: b\n"), "[{a@0:2:2 it's@0:5:5} {é@1:2:15 b@1:6:19}]");
	cr_expect_eq(read_as("- \"\\q\"\n")[0], '!');
	cr_expect_str_eq(read_as("- a: [b]\n \t # c\n- d\n"), "[{a@0:2:2 [b@0:6:6]} d@2:2:18]");
	cr_expect_eq(nmends, 0, "nobody need know");
	cr_expect_eq(read_as("- a: [b]\n\t- d\n")[0], '!');
	cr_expect_str_eq(read_as("- [,a,, b]\n"), "[[~ a@0:4:4 ~ b@0:8:8]]");
	cr_expect_eq(nmends, 2);
	cr_expect_eq(read_as("- ,a\n")[0], '!');
	cr_expect_str_eq(read_as("%FOO x\n---\n- a\n"), "[a@2:2:13]");
	cr_expect_str_eq(read_as("- a:\n  [x,\n y]\n  b: c\n"), "[{a@0:2:2 [x@1:3:8 y@2:1:12] b@3:2:17 c@3:5:20}]");
	cr_expect_str_eq(read_as("- a:\n  'x'\n- b\n"), "[{a@0:2:2 x@1:2:7} b@2:2:13]");
}

Test(yamlmend, what_a_hostile_file_asks_for_is_bounded)
{
	struct hc_buf text HC_BUF_DONE = { 0 };
	struct hc_yaml_node **docs;
	uint32_t n;

	for (int i = 0; i < 4000; i++)
		hc_buf_puts(&text, "- [,,,,]\n...\n");
	cr_expect_neq(hc_yaml_parse_mending(&arena, text.p, text.len, &docs, &n, &mends, &nmends, &diag), 0);
	cr_expect_eq(nmends, 0);
}
