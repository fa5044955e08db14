/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast diff: what a change of rules changes, over captures. Everything is opened, then the process confines itself, then
 * the captures are read: once for each rule set, once more for explanations.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common/exit.h"
#include "common/mem.h"
#include "common/options.h"
#include "replay/confine.h"
#include "samples/corpus.h"
#include "samples/diff.h"

#define COMMAND "hindcast diff"

struct options {
	struct hc_option_list rules, assignments;
	const char *config;
	uint64_t limit;
	bool json, markdown, with_time, exit_changes;
};

#define ROW(member) offsetof(struct options, member)
static const struct hc_option options[] = {
	{ .kind = HC_OPTION_GROUP, .help = "Rules" },
	{ 'r', "rules", "FILES", "once for the old rules, once for the new ones: a file, a directory, or several\n"
	  "with commas between", HC_OPTION_LIST, ROW(rules) },
	{ 'c', "config", "FILE", "a falco.yaml for both", HC_OPTION_STRING, ROW(config) },
	{ 'o', "option", "KEY=VALUE", "set a configuration key, as -o rule_matching=all; may be repeated", HC_OPTION_LIST,
	  ROW(assignments) },
	{ .kind = HC_OPTION_GROUP, .help = "Output" },
	{ 'j', "json", NULL, "one JSON object, with every alert that is not the same", HC_OPTION_FLAG, ROW(json) },
	{ 'm', "markdown", NULL, "Markdown, for a pull request", HC_OPTION_FLAG, ROW(markdown) },
	{ 'n', "limit", "N", "show up to N alerts of each rule that were lost, as many gained and changed\n(default 5)", HC_OPTION_U64,
	  ROW(limit), 0, 1000000 },
	{ 0, "time", NULL, "processor time, too; unlike everything else it differs from run to run", HC_OPTION_FLAG, ROW(with_time) },
	{ .kind = HC_OPTION_GROUP, .help = "Exit code" },
	{ 0, "exit-changes", NULL, "exit with 7 if any alert was lost, gained or changed", HC_OPTION_FLAG, ROW(exit_changes) },
	HC_OPTION_END,
};
#undef ROW

static int run_diff(int argc, char **argv);

const struct hc_command hc_cmd_diff = {
	.name = "diff",
	.usage = "[OPTION]... -r OLD -r NEW CAPTURE...",
	.summary = "say what a change of rules changes, over captures",
	.detail = "Both rule sets are replayed over the captures; told are the alerts that only one of them raises, with the\n"
		  "comparison in the rule's condition that makes the difference, those with another output, priority or tags, the\n"
		  "system calls 'hindcast record' would select for one and not for the other, and what the conditions cost: how\n"
		  "often they look up a field, which is the same number on every machine.\n"
		  "CAPTURE may be a directory: all files below it with .scap in their names, and bundles.\n\n"
		  "Exit code: 0 compared, 1 could not (missing file), 2 usage, 3 rules do not load, 4 damaged capture (everything\n"
		  "readable was compared), 7 see --exit-changes.",
	.options = options,
	.run = run_diff,
};

struct job {
	struct options opts;
	struct hc_diff diff;
	struct hc_corpus corpus;
	struct hc_run_input *inputs[3];
};

static int fail(int code, const struct hc_diag *diag)
{
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];

	fprintf(stderr, COMMAND ": %s\n", hc_diag_format(diag, text, sizeof text));
	return code;
}

static int usage(const char *message)
{
	fprintf(stderr, COMMAND ": %s\nTry '" COMMAND " --help'.\n", message);
	return HC_EXIT_USAGE;
}

/* "a.yaml,b/" to its parts, unless there is a file of that very name. */
static void split(struct job *job, const char *list, struct hc_diff_side *side)
{
	char *copy = hc_arena_dup(&job->corpus.arena, list), *save = NULL;

	side->paths = hc_arena_array(&job->corpus.arena, const char *, strlen(list) / 2 + 2);
	if (!access(list, F_OK)) {
		side->paths[side->npaths++] = copy;
		return;
	}
	for (char *p = strtok_r(copy, ",", &save); p; p = strtok_r(NULL, ",", &save))
		side->paths[side->npaths++] = p;
}

static int configure(struct job *job)
{
	const struct options *o = &job->opts;
	struct hc_diag diag;

	for (int i = 0; i < 2; i++) {
		struct hc_config *config = &job->diff.side[i].config;

		hc_config_init(config);
		if (o->config && hc_config_load(config, o->config, &diag))
			return fail(HC_EXIT_USAGE, &diag);
		for (size_t k = 0; k < o->assignments.n; k++)
			if (hc_config_set(config, o->assignments.items[k], &diag))
				return fail(HC_EXIT_USAGE, &diag);
		if (hc_config_finish(config, &diag))
			return fail(HC_EXIT_USAGE, &diag);
		split(job, o->rules.items[i], &job->diff.side[i]);
	}
	for (const char *p = job->diff.side[0].config.notes.p, *end; p && *p; p = end + 1) {
		end = strchr(p, '\n');
		fprintf(stderr, COMMAND ": note: %.*s\n", (int)(end - p), p);
	}
	return 0;
}

static int load_rules(struct job *job)
{
	struct hc_diag diag;
	int r = hc_diff_load(&job->diff, &diag);

	if (r < 0)
		return fail(r == -EINVAL ? HC_EXIT_RULES : HC_EXIT_FAIL, &diag);
	return r ? HC_EXIT_RULES : 0;
}

/* Three descriptors for each capture: the limit may stand in the way. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_captures(struct job *job, int argc, char **argv)
{
	struct hc_corpus *corpus = &job->corpus;
	struct hc_diag diag;

	for (int i = 0; i < argc; i++)
		if (hc_corpus_add(corpus, argv[i], &diag))
			return fail(HC_EXIT_FAIL, &diag);
	raise_limit();
	for (int k = 0; k < 3; k++) {
		job->inputs[k] = hc_calloc(corpus->n + 1, sizeof **job->inputs);
		for (size_t i = 0; i < corpus->n; i++)
			if (hc_run_open(&job->inputs[k][i], corpus->paths[i], &diag))
				return fail(HC_EXIT_FAIL, &diag);
	}
	job->diff.captures = corpus->paths;
	job->diff.ncaptures = corpus->n;
	return 0;
}

static int compare(struct job *job)
{
	const struct options *o = &job->opts;
	struct hc_diff_report report = { .limit = o->limit, .with_time = o->with_time };
	const struct hc_diff *diff = &job->diff;
	struct hc_confinement confinement;
	struct hc_buf text HC_BUF_DONE = { 0 };

	tzset();
	hc_confine(&confinement);
	hc_diff_run(&job->diff, COMMAND, job->inputs, job->corpus.n);
	if (o->json)
		hc_diff_json(diff, &report, &text);
	else if (o->markdown)
		hc_diff_markdown(diff, &report, &text);
	else
		hc_diff_text(diff, &report, &text);
	fwrite(text.p, 1, text.len, stdout);
	for (int i = 0; i < 2; i++)
		if (diff->side[i].alerts.left_out) {
			fprintf(stderr, COMMAND ": %llu alerts of the %s rules are beyond what can be compared; compare fewer captures\n",
				(unsigned long long)diff->side[i].alerts.left_out, i ? "new" : "old");
			return HC_EXIT_FAIL;
		}
	if (hc_run_exit(&diff->side[1].run))
		return hc_run_exit(&diff->side[1].run);
	return o->exit_changes && diff->nitems ? HC_EXIT_CHANGES : HC_EXIT_OK;
}

static void done(struct job *job)
{
	for (int k = 0; k < 3; k++) {
		for (size_t i = 0; job->inputs[k] && i < job->corpus.n; i++)
			hc_source_close(job->inputs[k][i].source);
		free(job->inputs[k]);
	}
	hc_diff_done(&job->diff);
	hc_corpus_done(&job->corpus);
	hc_options_done(&hc_cmd_diff, &job->opts);
}

static int run_diff(int argc, char **argv)
{
	struct job job = { .opts.limit = 5 };
	int n, exit_code;

	if (hc_options_parse(&hc_cmd_diff, argc, argv, &job.opts, &n, &exit_code))
		return exit_code;
	if (job.opts.rules.n != 2)
		exit_code = usage("-r twice: the old rules, the new rules; several files of one side with commas between");
	else if (job.opts.json && job.opts.markdown)
		exit_code = usage("--json or --markdown?");
	else if (!n)
		exit_code = usage("which capture?");
	else
		exit_code = 0;
	hc_corpus_init(&job.corpus);
	if (!exit_code)
		exit_code = configure(&job);
	if (!exit_code)
		exit_code = load_rules(&job);
	if (!exit_code)
		exit_code = open_captures(&job, n, argv + 1);
	if (!exit_code)
		exit_code = compare(&job);
	done(&job);
	return exit_code;
}
