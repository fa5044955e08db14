/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML trees: what is a null, where things stand, and what hostile files come to.
 */
#include <criterion/criterion.h>

#include "common/buf.h"
#include "rules/yamltree.h"

static struct hc_arena arena;
static struct hc_diag diag;

static void setup(void)
{
	hc_arena_init(&arena);
}

static void teardown(void)
{
	hc_arena_done(&arena);
}

TestSuite(yamltree, .init = setup, .fini = teardown);

static struct hc_yaml_node *parse(const char *text)
{
	struct hc_yaml_node **docs;
	uint32_t n;

	cr_assert_eq(hc_yaml_parse(&arena, text, strlen(text), &docs, &n, &diag), 0, "%s", diag.text);
	cr_assert_geq(n, 1);
	return docs[0];
}

Test(yamltree, plain_words_for_nothing_are_null_and_quoted_ones_are_not)
{
	struct hc_yaml_node *seq = parse("[null, Null, NULL, ~, 'null', nULL, !!str null, \"\"]");
	static const enum hc_yaml_kind kinds[] = { HC_YAML_NULL, HC_YAML_NULL, HC_YAML_NULL, HC_YAML_NULL, HC_YAML_SCALAR,
						   HC_YAML_SCALAR, HC_YAML_SCALAR, HC_YAML_SCALAR };
	struct hc_yaml_node *map;

	cr_assert_eq(seq->nitems, 8);
	for (uint32_t i = 0; i < 8; i++)
		cr_expect_eq(seq->items[i]->kind, kinds[i], "%u", i);
	map = parse("a:\nb: ''\n");
	cr_expect_eq(hc_yaml_get(map, "a")->kind, HC_YAML_NULL);
	cr_expect_eq(hc_yaml_get(map, "b")->kind, HC_YAML_SCALAR);
	cr_expect_null(hc_yaml_get(map, "c"));
}

Test(yamltree, the_first_of_equal_keys_counts)
{
	cr_expect(hc_str_is(hc_yaml_get(parse("{a: 1, a: 2}"), "a")->text, "1"));
}

Test(yamltree, words_for_booleans)
{
	static const char *const yes[] = { "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON" };
	static const char *const neither[] = { "", "1", "tRUE", "yeS", "YEs", "yess", "t" };

	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		cr_expect_eq(hc_yaml_bool(hc_str(yes[i])), 1, "%s", yes[i]);
	cr_expect_eq(hc_yaml_bool(hc_str("Off")), 0);
	cr_expect_eq(hc_yaml_bool(hc_str("n")), 0);
	for (size_t i = 0; i < sizeof neither / sizeof *neither; i++)
		cr_expect_eq(hc_yaml_bool(hc_str(neither[i])), -1, "%s", neither[i]);
}

Test(yamltree, marks_count_bytes_behind_a_byte_order_mark_and_wide_characters)
{
	static const char text[] = "\xef\xbb\xbf# gr\xc3\xb6\xc3\x9f" "er\r\n- \xe2\x82\xac: x\n  key: y\n";
	struct hc_yaml_node *seq = parse(text), *value = hc_yaml_get(seq->items[0], "key");

	cr_expect_eq(value->at.line, 2);
	cr_expect_eq(value->at.column, 7);
	cr_expect_eq(text[value->at.off], 'y');
	cr_expect_eq(text[hc_yaml_get(seq->items[0], "\xe2\x82\xac")->at.off], 'x');
}

/* The byte X of a value is found where X stands in the file, whatever the style. */
static void places(const char *text)
{
	struct hc_yaml_node *value = hc_yaml_get(parse(text), "k");
	const char *x = strchr(value->text.p, 'X');
	uint32_t off;

	cr_assert(x, "%s", text);
	off = hc_yaml_source_off(text, value, (uint32_t)(x - value->text.p));
	cr_expect_eq(text[off], 'X', "%s: at %u", text, off);
}

Test(yamltree, places_in_values_are_places_in_the_file)
{
	places("k: X");
	places("k: a and X b");
	places("k: a and\n   b   and\n\n  c X\n");
	places("k: 'it''s ''quoted'' X'");
	places("k: 'a\n  b\n\n  c X'");
	places("k: \"a\\tb \\\"c\\\" \\\\ \\x41\\u00e9 X\"");
	places("k: \"a \\\n   b X\"");
	places("k: \"\xc3\xa9t\xc3\xa9 X\"");
	places("k: |\n  a\n    b\n  c X\n");
	places("k: >\n  a\n  b\n\n    c\n  d X\n");
	places("k: >-  # a comment X\n  a X\n");
	places("k: |2+\n   a\n  X\n\n");
	places("k: &anchor !!str a X");
	places("k: !tag \"a X\"");
}

Test(yamltree, every_place_is_inside_the_scalar)
{
	static const char *const texts[] = { "k: a b", "k: 'a '' b'", "k: \"\\n\\n\\x20 a\\\n  \"", "k: |\n  a\n\n\n", "k: >\n\n  a\n",
					     "k: \"\\u20ac\\t\"" };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct hc_yaml_node *value = hc_yaml_get(parse(texts[i]), "k");

		for (uint32_t off = 0; off <= value->text.len + 3; off++) {
			uint32_t at = hc_yaml_source_off(texts[i], value, off);

			cr_expect(at >= value->at.off && at <= value->end, "%s: %u at %u", texts[i], off, at);
		}
	}
}

static void refused(const char *text, size_t len, const char *part)
{
	struct hc_yaml_node **docs;
	uint32_t n;

	cr_assert_eq(hc_yaml_parse(&arena, text, len, &docs, &n, &diag), -22);
	cr_expect(strstr(diag.text, part), "%s", diag.text);
	cr_expect_geq(diag.line, 1);
}

Test(yamltree, hostile_texts_are_refused)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };

	for (int i = 0; i < 200; i++)
		hc_buf_putc(&buf, '[');
	refused(buf.p, buf.len, "nested more than 128 deep");
	refused("&a [*a]", 7, "the very value it stands in");
	refused("[*a]", 4, "not defined before");
	/* nine collections of nine aliases each, and so on */
	hc_buf_reset(&buf);
	hc_buf_puts(&buf, "- &a0 [x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 10; i++)
		hc_buf_printf(&buf, "- &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i - 1, i - 1, i - 1, i - 1,
			      i - 1, i - 1, i - 1, i - 1, i - 1);
	refused(buf.p, buf.len, "more than 16 million values");
	/* and one long text, often */
	hc_buf_reset(&buf);
	hc_buf_puts(&buf, "- &a ");
	for (int i = 0; i < 1 << 20; i++)
		hc_buf_putc(&buf, 'x');
	for (int i = 0; i < 256; i++)
		hc_buf_puts(&buf, "\n- *a");
	refused(buf.p, buf.len, "256 MiB of text");
	refused("a: \xff", 4, "");
	refused("a: \0b", 5, "");
	refused("a: 'x", 5, "end of stream");
}

Test(yamltree, errors_say_where)
{
	struct hc_yaml_node **docs;
	uint32_t n;

	cr_assert_eq(hc_yaml_parse(&arena, "- a: b\n   c: d\n", 15, &docs, &n, &diag), -22);
	cr_expect_eq(diag.line, 2);
	cr_expect_eq(diag.column, 5);
	cr_expect_eq(diag.off, 11);
}
