/* SPDX-License-Identifier: Apache-2.0
 *
 * Strictly read YAML: every mistake is named with its place, all of them at once.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "rules/yamldoc.h"

static struct hc_yamldoc doc;

static void parse(const char *text)
{
	hc_yamldoc_parse(&doc, "f.yaml", text, strlen(text));
}

static void teardown(void)
{
	hc_yamldoc_done(&doc);
}

TestSuite(yamldoc, .fini = teardown);

static const char *const keys[] = { "name", "rules", NULL };

Test(yamldoc, complains_of_unknown_and_repeated_keys_with_place_and_suggestion)
{
	parse("name: x\nrulez: y\nzzz: 1\nname: z\n");
	cr_assert(hc_yamldoc_mapping(&doc, doc.root, "a test", keys));
	cr_expect_eq(doc.nerrors, 3);
	cr_expect_str_eq(doc.errors.p, "f.yaml:2:1: error: 'rulez' is no key of a test\n"
				       "     2 | rulez: y\n"
				       "       | ^^^^^\n"
				       "       = hint: did you mean 'rules'?\n"
				       "f.yaml:3:1: error: 'zzz' is no key of a test\n"
				       "     3 | zzz: 1\n"
				       "       | ^^^\n"
				       "       = hint: keys are name, rules\n"
				       "f.yaml:4:1: error: 'name' stands twice in a test\n"
				       "     4 | name: z\n"
				       "       | ^^^^\n");
}

Test(yamldoc, complains_of_text_that_is_no_yaml_where_it_breaks)
{
	parse("name: [a, b\nrules: c\n");
	cr_expect_null(doc.root);
	cr_expect_eq(doc.nerrors, 1);
	cr_expect(!strncmp(doc.errors.p, "f.yaml:2:", 9), "%s", doc.errors.p);
}

Test(yamldoc, wants_one_document)
{
	parse("a: 1\n---\nb: 2\n");
	cr_expect_eq(doc.nerrors, 1);
	hc_yamldoc_done(&doc);
	parse("# nothing\n");
	cr_expect_eq(doc.nerrors, 0);
	cr_expect_null(doc.root);
}

Test(yamldoc, scalars_take_one_or_many_and_nothing_else)
{
	const char **texts;
	uint32_t n;

	parse("one: a\nmany: [a, b]\nnone:\nbad: [a, {b: c}]\nempty: ''\nnul: \"a\\0b\"\nflag: yes\nnoflag: 3\n");
	cr_assert(hc_yamldoc_scalars(&doc, hc_yaml_get(doc.root, "one"), "one", &texts, &n));
	cr_expect_eq(n, 1);
	cr_assert(hc_yamldoc_scalars(&doc, hc_yaml_get(doc.root, "many"), "many", &texts, &n));
	cr_expect_eq(n, 2);
	cr_expect_str_eq(texts[1], "b");
	cr_assert(hc_yamldoc_scalars(&doc, hc_yaml_get(doc.root, "none"), "none", &texts, &n));
	cr_expect_eq(n, 0);
	cr_expect(!hc_yamldoc_scalars(&doc, hc_yaml_get(doc.root, "bad"), "bad", &texts, &n));
	cr_expect_null(hc_yamldoc_scalar(&doc, hc_yaml_get(doc.root, "empty"), "empty"));
	cr_expect_null(hc_yamldoc_scalar(&doc, hc_yaml_get(doc.root, "nul"), "nul"));
	cr_expect_eq(doc.nerrors, 3);
	bool flag = false;
	cr_expect(hc_yamldoc_bool(&doc, hc_yaml_get(doc.root, "flag"), "flag", &flag) && flag);
	cr_expect(!hc_yamldoc_bool(&doc, hc_yaml_get(doc.root, "noflag"), "noflag", &flag));
}

Test(yamldoc, shows_lines_without_what_a_terminal_would_obey)
{
	parse("n\xc3\xb6: 1\t\xe2\x82\xac\n");
	hc_yamldoc_show(&doc, 0, 3, &doc.errors);
	cr_expect_str_eq(doc.errors.p, "     1 | n\xc3\xb6: 1 \xe2\x82\xac\n       | ^^\n");
	hc_yamldoc_done(&doc);
	parse("a: \x1b[31m\xc2\x9b\xff\xe2\x82\n");
	cr_expect_eq(doc.nerrors, 1);
	cr_expect(strstr(doc.errors.p, "     1 | a: .[31m.....\n"), "%s", doc.errors.p);
}

Test(yamldoc, counts_complaints_beyond_the_limit_without_writing_them)
{
	struct hc_buf text HC_BUF_DONE = { 0 };
	size_t full;

	for (int i = 0; i < HC_YAMLDOC_ERRORS_MAX; i++)
		hc_buf_printf(&text, "k%d: 1\n", i);
	parse(text.p);
	hc_yamldoc_mapping(&doc, doc.root, "a test", keys);
	full = doc.errors.len;
	hc_yamldoc_complain(&doc, NULL, NULL, "one more");
	cr_expect_eq(doc.nerrors, HC_YAMLDOC_ERRORS_MAX + 1);
	cr_expect_eq(doc.errors.len, full);
}

Test(yamldoc, refuses_files_that_are_missing_or_too_large)
{
	char path[] = "/tmp/hindcast-yamldoc-XXXXXX";
	struct hc_diag diag;
	int fd = mkstemp(path);

	cr_assert_eq(write(fd, "abc: def\n", 9), 9);
	close(fd);
	cr_expect_eq(hc_yamldoc_load(&doc, path, path, 4, &diag), -EFBIG);
	hc_yamldoc_done(&doc);
	cr_expect_eq(hc_yamldoc_load(&doc, path, path, 4096, &diag), 0);
	cr_expect_not_null(doc.root);
	hc_yamldoc_done(&doc);
	unlink(path);
	cr_expect_eq(hc_yamldoc_load(&doc, path, path, 4096, &diag), -ENOENT);
}
