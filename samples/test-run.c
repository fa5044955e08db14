/* SPDX-License-Identifier: Apache-2.0
 *
 * A run: everything is opened, then the process confines itself, then the captures are read; and read once more if there
 * are rules of which alerts are missing, to find out why.
 */
#include "samples/test-run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/mem.h"
#include "replay/config.h"
#include "replay/confine.h"
#include "samples/test-update.h"
#include "samples/test-why.h"

struct job {
	const struct hc_test_file *file;
	const struct hc_test_run *what;
	uint32_t number; /* of the run */
	const struct hc_test_run_options *options;
	struct hc_test_result *results; /* by test of the file */
	struct hc_config config;
	struct hc_replay *replay;
	struct hc_run_input *inputs, *again; /* the same captures, for the second look */
	struct hc_run run;
	struct hc_collect alerts;
	struct hc_strmap whys;
	struct hc_arena arena; /* texts of whys */
};

static bool takes_part(const struct job *job, uint32_t test)
{
	return hc_test_in_run(job->file, job->options->chosen, job->number, test);
}

/* None of the run's tests can be judged. */
__attribute__((format(printf, 2, 3))) static void give_up(struct job *job, const char *format, ...)
{
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 128];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	for (uint32_t i = 0; i < job->file->ntests; i++)
		if (takes_part(job, i)) {
			job->results[i].status = HC_TEST_ERROR;
			hc_buf_printf(&job->results[i].text, "%s\n", text);
		}
}

static bool load_rules(struct job *job)
{
	const struct hc_test_run *what = job->what;
	struct hc_replay_options load = { .config = &job->config, .switches = what->switches, .nswitches = what->nswitches };
	const char **paths = hc_arena_array(&job->arena, const char *, what->nrules + 1);
	struct hc_rules_text *texts = hc_arena_array(&job->arena, struct hc_rules_text, what->nrules + 1);
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];
	struct hc_diag diag;
	int r;

	hc_config_init(&job->config);
	job->config.match_all = what->match_all;
	job->config.priority = what->priority;
	for (uint32_t i = 0; i < what->nrules; i++) {
		const struct hc_test_input *in = &what->rules[i];

		if (in->member)
			texts[load.ntexts++] = (struct hc_rules_text){ in->member->name, (const char *)in->member->p, in->member->len };
		else
			paths[load.npaths++] = in->path;
	}
	load.paths = paths;
	load.texts = texts;
	r = hc_replay_new(&job->replay, &load, &diag);
	if (r < 0)
		give_up(job, "cannot load the rules: %s", hc_diag_format(&diag, text, sizeof text));
	else if (r)
		give_up(job, "the rules have errors");
	return !r;
}

static int open_capture(struct hc_run_input *ret, const struct hc_test_input *in, struct hc_diag *diag)
{
	int r = 0;

	if (in->member)
		ret->source = hc_source_new_memory(in->member->p, in->member->len);
	else
		r = hc_run_open(ret, in->path, diag);
	ret->path = in->shown;
	return r;
}

static bool open_captures(struct job *job)
{
	const struct hc_test_run *what = job->what;
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];
	struct hc_diag diag;

	job->inputs = hc_calloc(what->ncaptures + 1, sizeof *job->inputs);
	job->again = hc_calloc(what->ncaptures + 1, sizeof *job->again);
	for (uint32_t i = 0; i < what->ncaptures; i++) {
		const struct hc_test_input *in = &what->captures[i];

		if (open_capture(&job->inputs[i], in, &diag) || open_capture(&job->again[i], in, &diag)) {
			give_up(job, "%s", hc_diag_format(&diag, text, sizeof text));
			return false;
		}
	}
	return true;
}

/* Names of rules that do not exist: those tests are judged already. */
static bool check_names(struct job *job, const struct hc_test_facts *facts)
{
	bool any = false;

	for (uint32_t i = 0; i < job->file->ntests; i++)
		if (takes_part(job, i))
			any |= hc_test_check_names(facts, &job->file->tests[i], &job->results[i]);
	return any;
}

static void replay(struct job *job)
{
	const struct hc_test_run *what = job->what;
	struct hc_run *run = &job->run;

	*run = (struct hc_run){ .command = "replay", .since_ns = what->since_ns, .until_ns = what->until_ns,
				.since_relative = what->since_relative, .until_relative = what->until_relative,
				.no_ahead = true /* tests run side by side instead */ };
	hc_collect_init(&job->alerts, HC_COLLECT_MESSAGE | HC_COLLECT_FIELDS);
	hc_collect_run(&job->alerts, job->replay, run, job->inputs, what->ncaptures);
	if (run->failed)
		give_up(job, "a capture could not be read");
	else if (run->damaged && !what->damaged)
		give_up(job, "a capture is damaged; 'options: {damaged: allowed}' takes it as it is");
	else if (job->alerts.left_out)
		give_up(job, "more alerts than can be kept: %zu and %llu more", job->alerts.n, (unsigned long long)job->alerts.left_out);
}

/* Judges all tests; missing as in hc_test_check. */
static void judge(struct job *job, const struct hc_test_facts *facts, struct hc_strmap *missing)
{
	for (uint32_t i = 0; i < job->file->ntests; i++) {
		struct hc_test_result *result = &job->results[i];

		if (!takes_part(job, i) || result->status == HC_TEST_ERROR)
			continue;
		hc_test_result_done(result);
		hc_test_check(facts, &job->file->tests[i], result, missing);
	}
}

static void judge_and_explain(struct job *job, struct hc_test_facts *facts)
{
	struct hc_strmap missing = { 0 };

	judge(job, facts, &missing);
	if (missing.n) {
		hc_test_why(&missing, facts->rules, &job->run, job->again, job->what->ncaptures, &job->whys, &job->arena);
		facts->whys = &job->whys;
		judge(job, facts, NULL);
	}
	for (uint32_t i = 0; job->options->update && i < job->file->ntests; i++)
		if (takes_part(job, i) && job->results[i].status != HC_TEST_ERROR)
			hc_test_update(facts, &job->file->tests[i], &job->results[i]);
	hc_strmap_done(&missing);
}

static void done(struct job *job)
{
	for (uint32_t i = 0; i < job->what->ncaptures; i++) {
		if (job->inputs)
			hc_source_close(job->inputs[i].source);
		if (job->again)
			hc_source_close(job->again[i].source);
	}
	free(job->inputs);
	free(job->again);
	hc_strmap_done(&job->whys);
	hc_arena_done(&job->arena);
	hc_collect_done(&job->alerts);
	hc_replay_free(job->replay);
	hc_config_done(&job->config);
}

void hc_test_run(const struct hc_test_file *file, uint32_t run, const struct hc_test_run_options *options,
		 struct hc_test_result *results)
{
	struct job job = { .file = file, .what = &file->runs[run], .number = run, .options = options, .results = results };
	struct hc_test_facts facts = { .file = file, .alerts = &job.alerts };
	struct hc_confinement confinement;

	hc_arena_init(&job.arena);
	if (load_rules(&job) && open_captures(&job)) {
		facts.rules = hc_replay_rules(job.replay);
		if (check_names(&job, &facts)) {
			tzset();
			if (options->confine)
				hc_confine(&confinement);
			replay(&job);
			judge_and_explain(&job, &facts);
		}
	}
	done(&job);
}
