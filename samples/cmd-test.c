/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast test: declarative tests of rules against captures, for people and for CI.
 */
#include <stdio.h>

#include "common/exit.h"
#include "common/options.h"
#include "samples/test.h"

#define COMMAND "hindcast test"

struct options {
	const char *filter, *junit;
	uint64_t jobs, timeout;
	bool list, tap, verbose, quiet, update;
};

#define ROW(member) offsetof(struct options, member)
static const struct hc_option options[] = {
	{ .kind = HC_OPTION_GROUP, .help = "Which tests" },
	{ 'f', "filter", "TEXT", "only tests with TEXT in \"FILE: NAME\"; with *, ? or [ it must match that or NAME",
	  HC_OPTION_STRING, ROW(filter) },
	{ 'l', "list", NULL, "name the tests instead of running them", HC_OPTION_FLAG, ROW(list) },
	{ .kind = HC_OPTION_GROUP, .help = "Running" },
	{ 'j', "jobs", "N", "run so many at a time (default: as many as there are processors)", HC_OPTION_U64, ROW(jobs), 1, 256 },
	{ 0, "timeout", "SECONDS", "give up on a run after this time (default: 120)", HC_OPTION_U64, ROW(timeout), 1, 86400 },
	{ 'u', "update", NULL, "rewrite expectations that fail to what happened; read the difference before you commit it",
	  HC_OPTION_FLAG, ROW(update) },
	{ .kind = HC_OPTION_GROUP, .help = "Output" },
	{ 'v', "verbose", NULL, "tests that pass and what was said meanwhile, too", HC_OPTION_FLAG, ROW(verbose) },
	{ 'q', "quiet", NULL, "only the last line, and files that cannot be read", HC_OPTION_FLAG, ROW(quiet) },
	{ 0, "tap", NULL, "TAP version 13 on standard output", HC_OPTION_FLAG, ROW(tap) },
	{ 0, "junit", "FILE", "write a JUnit report to FILE besides", HC_OPTION_STRING, ROW(junit) },
	HC_OPTION_END,
};
#undef ROW

static int run_test(int argc, char **argv);

const struct hc_command hc_cmd_test = {
	.name = "test",
	.usage = "[OPTION]... [PATH]...",
	.summary = "test rules against captures, as *.test.yaml files say",
	.detail = "PATH is a test file, a bundle (hindcast pack), or a directory with *.test.yaml files and bundles below it\n"
		  "(default: the current one).\n"
		  "docs/testing.md describes them; the shortest one:\n\n"
		  "  capture: incident.scap.zst\n"
		  "  rules: my_rules.yaml\n"
		  "  tests:\n"
		  "    - rule: Shadow file read\n"
		  "      expectedOutcome: {count: 1, outputFields: {proc.name: cat}}\n\n"
		  "Exit code: 0 all passed, 1 a test failed or could not be run, 2 usage, no tests, or a test file with mistakes.",
	.options = options,
	.run = run_test,
};

static int run_test(int argc, char **argv)
{
	struct options o = { 0 };
	struct hc_test_list list = { 0 };
	struct hc_test_list_options run;
	struct hc_diag diag;
	int n, exit_code;

	if (hc_options_parse(&hc_cmd_test, argc, argv, &o, &n, &exit_code))
		return exit_code;
	run = (struct hc_test_list_options){ .filter = o.filter, .parallel = (unsigned)o.jobs, .timeout_s = (unsigned)o.timeout,
					     .list = o.list, .tap = o.tap, .verbose = o.verbose, .quiet = o.quiet,
					     .update = o.update, .junit = o.junit, .command = COMMAND };
	for (int i = 0; i < (n ? n : 1); i++) {
		if (!hc_test_list_add(&list, n ? argv[i + 1] : ".", o.update, &diag))
			continue;
		fprintf(stderr, COMMAND ": %s\n", diag.text);
		hc_test_list_done(&list);
		return HC_EXIT_FAIL;
	}
	exit_code = hc_test_list_run(&list, &run);
	hc_test_list_done(&list);
	return exit_code;
}
