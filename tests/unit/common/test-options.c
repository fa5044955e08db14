/* SPDX-License-Identifier: Apache-2.0
 *
 * Command lines as users type them.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>

#include "common/exit.h"
#include "common/options.h"

struct options {
	bool all;
	const char *file;
	struct hc_option_list rules;
	uint64_t size;
};

static const struct hc_option table[] = {
	{ 'A', "all", NULL, "take all", HC_OPTION_FLAG, offsetof(struct options, all) },
	{ 'w', "write", "FILE", "where to", HC_OPTION_STRING, offsetof(struct options, file) },
	{ 'r', "rules", "PATH", "rules", HC_OPTION_LIST, offsetof(struct options, rules) },
	{ 'C', NULL, "SIZE", "size", HC_OPTION_U64, offsetof(struct options, size), 1, 1 << 30 },
	HC_OPTION_END,
};
static const struct hc_command cmd = { "try", "[OPTION]... FILE...", "Tries.", NULL, table, NULL };

static int parse(struct options *o, int *ret_n, int *ret_exit, char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return hc_options_parse(&cmd, argc, argv, o, ret_n, ret_exit);
}
#define ARGV(...) (char *[]){ (char[]){ "try" }, __VA_ARGS__, NULL }

Test(options, clusters_joined_values_and_positionals_mix)
{
	struct options o = { 0 };
	int n, status;
	char **argv = ARGV("one", "-Aw", "out", "-rA", "--rules=B", "two", "-C", "64K", "--", "-x");

	cr_assert_eq(parse(&o, &n, &status, argv), 0);
	cr_assert(o.all);
	cr_assert_str_eq(o.file, "out");
	cr_assert_eq(o.rules.n, 2);
	cr_assert_str_eq(o.rules.items[0], "A");
	cr_assert_str_eq(o.rules.items[1], "B");
	cr_assert_eq(o.size, 65536);
	cr_assert_eq(n, 3);
	cr_assert_str_eq(argv[1], "one");
	cr_assert_str_eq(argv[2], "two");
	cr_assert_str_eq(argv[3], "-x");
	hc_options_done(&cmd, &o);
	cr_expect_null(o.rules.items);
}

Test(options, lists_are_freed_when_parsing_fails, .init = cr_redirect_stderr)
{
	struct options o = { 0 };
	int n, status = -1;

	cr_assert_neq(parse(&o, &n, &status, ARGV("-ra", "-rb", "-C0")), 0);
	cr_expect_eq(status, HC_EXIT_USAGE);
	cr_expect_null(o.rules.items);
	cr_expect_eq(o.rules.n, 0);
}

Test(options, unknown_option_is_usage_error_with_suggestion, .init = cr_redirect_stderr)
{
	struct options o = { 0 };
	int n, status = -1;

	cr_assert_neq(parse(&o, &n, &status, ARGV((char[]){ "--rulez=x" })), 0);
	cr_assert_eq(status, HC_EXIT_USAGE);
	fflush(stderr);
	cr_assert_stderr_eq_str("hindcast try: unknown option '--rulez'; did you mean '--rules'?\n"
				"Try 'hindcast try --help'.\n");
}

Test(options, number_outside_its_range_is_refused, .init = cr_redirect_stderr)
{
	struct options o = { 0 };
	int n, status = -1;

	cr_assert_neq(parse(&o, &n, &status, ARGV("-C", "2G")), 0);
	cr_assert_eq(status, HC_EXIT_USAGE);
	cr_assert_neq(parse(&o, &n, &status, ARGV("-C", "-1")), 0);
	cr_assert_neq(parse(&o, &n, &status, ARGV("-C", "17X")), 0);
	cr_assert_eq(o.size, 0);
}

Test(options, nearest_name_only_when_near)
{
	const char *names[] = { "replay", "record", "info", NULL };

	cr_assert_str_eq(hc_nearest("reply", names), "replay");
	cr_assert_null(hc_nearest("frobnicate", names));
}

Test(options, a_flag_takes_no_value_and_others_need_one)
{
	struct options o = { 0 };
	int n, status = -1;

	cr_redirect_stderr();
	cr_assert_neq(parse(&o, &n, &status, ARGV((char[]){ "--all=yes" })), 0);
	cr_assert_eq(status, HC_EXIT_USAGE);
	status = -1;
	cr_assert_neq(parse(&o, &n, &status, ARGV("--write")), 0);
	cr_assert_eq(status, HC_EXIT_USAGE);
	status = -1;
	cr_assert_neq(parse(&o, &n, &status, ARGV("-w")), 0);
	cr_assert_eq(status, HC_EXIT_USAGE);
}

Test(options, arguments_where_none_belong_are_refused, .init = cr_redirect_stderr)
{
	struct options o = { 0 };
	int status = -1;

	cr_assert_neq(parse(&o, NULL, &status, ARGV("stray")), 0);
	cr_assert_eq(status, HC_EXIT_USAGE);
}

Test(options, help_goes_to_stdout_and_names_every_option, .init = cr_redirect_stdout)
{
	struct options o = { 0 };
	int n, status = -1;

	cr_assert_neq(parse(&o, &n, &status, ARGV("--help")), 0);
	cr_assert_eq(status, HC_EXIT_OK);
	fflush(stdout);
	cr_assert_stdout_eq_str("Usage: hindcast try [OPTION]... FILE...\n\nTries.\n\n"
				"  -A, --all                   take all\n"
				"  -w, --write=FILE            where to\n"
				"  -r, --rules=PATH            rules\n"
				"  -C SIZE                     size\n"
				"  -h, --help                  show this help\n");
}
