/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast check: are these rules files valid, and if not, where and why (rules-language.md 9.5, 9.6).
 */
#include <errno.h>
#include <stdio.h>

#include "common/exit.h"
#include "common/mem.h"
#include "common/options.h"
#include "rules/ruleset.h"

struct options {
	struct hc_option_list rules;
	bool verbose, json;
};

static const struct hc_option table[] = {
	{ 'r', "rules", "PATH", "a rules file or directory, as an argument is", HC_OPTION_LIST,
	  offsetof(struct options, rules) },
	{ 'V', "verbose", NULL, "show every warning, not only how many there are", HC_OPTION_FLAG,
	  offsetof(struct options, verbose) },
	{ 0, "json", NULL, "the result as the document falco -V prints", HC_OPTION_FLAG, offsetof(struct options, json) },
	HC_OPTION_END,
};

static int run(int argc, char **argv);

const struct hc_command hc_cmd_check = {
	"check", "[OPTION]... RULES...", "say whether rules files load, and what is wrong where",
	"Files are loaded in the order given, a directory's by name, as hindcast and Falco load them: later files see\n"
	"and may change what earlier ones define. Only names that end in .yaml or .yml count.\n"
	"Exit code 0: all of them load; 3: some do not.",
	table, run,
};

/* The line per file; errors themselves went to stderr. */
static void summary(const struct hc_ruleset *rs, bool verbose)
{
	for (uint32_t i = 0; i < rs->nresults; i++) {
		const struct hc_load_result *res = rs->results[i];

		printf("%s: %s%s\n", res->name, res->successful ? "Ok" : "Invalid",
		       res->successful && res->nwarnings ? ", with warnings" : "");
		if (res->nerrors)
			printf(" %u error%s\n", res->nerrors, res->nerrors == 1 ? "" : "s");
		if (res->nwarnings)
			printf(" %u warning%s%s\n", res->nwarnings, res->nwarnings == 1 ? "" : "s",
			       verbose ? "" : " (-V shows them)");
	}
}

static int check(const struct options *o, const char *const *paths, size_t n)
{
	struct hc_ruleset_options options = { .validate = true };
	struct hc_buf json HC_BUF_DONE = { 0 };
	struct hc_ruleset *rs;
	struct hc_diag diag;
	char text[1200];
	int r = hc_ruleset_load(&options, paths, n, &rs, &diag);

	if (r < 0) {
		fprintf(stderr, "hindcast check: %s\n", hc_diag_format(&diag, text, sizeof text));
		return r == -EINVAL ? HC_EXIT_RULES : HC_EXIT_FAIL;
	}
	if (o->json) {
		hc_report_json(&json, rs);
		fwrite(json.p, 1, json.len, stdout);
	} else {
		hc_report_text(stderr, rs, o->verbose);
		summary(rs, o->verbose);
	}
	if (!rs->nresults) {
		fprintf(stderr, "hindcast check: no rules file there, nothing was checked\n");
		hc_ruleset_free(rs);
		return HC_EXIT_FAIL;
	}
	hc_ruleset_free(rs);
	return r ? HC_EXIT_RULES : HC_EXIT_OK;
}

static int run(int argc, char **argv)
{
	struct options o = { 0 };
	int n, status;

	if (hc_options_parse(&hc_cmd_check, argc, argv, &o, &n, &status))
		return status;
	for (int i = 0; i < n; i++) {
		o.rules.items = hc_realloc(o.rules.items, (o.rules.n + 1) * sizeof *o.rules.items);
		o.rules.items[o.rules.n++] = argv[1 + i];
	}
	if (!o.rules.n) {
		fprintf(stderr, "hindcast check: name a rules file or a directory of them\nTry 'hindcast check --help'.\n");
		status = HC_EXIT_USAGE;
	} else {
		status = check(&o, o.rules.items, o.rules.n);
	}
	hc_options_done(&hc_cmd_check, &o);
	return status;
}
