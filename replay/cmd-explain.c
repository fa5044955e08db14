/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast explain: why a rule alerts or does not. For one event the whole condition; for a capture the events that
 * fulfilled it, and those that came nearest.
 */
#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/exit.h"
#include "common/mem.h"
#include "common/options.h"
#include "replay/confine.h"
#include "replay/inside.h"
#include "replay/misses.h"
#include "replay/print.h"
#include "replay/run.h"
#include "rules/describe.h"

#define COMMAND "hindcast explain"

enum { MATCHES_SHOWN = 20, MATCHES_HELD = 10000, TYPES_SHOWN = 12 };

struct options {
	struct hc_option_list rules;
	const char *rule;
	uint64_t event, count;
	bool json, brief, quiet, no_ahead;
};

#define ROW(member) offsetof(struct options, member)
static const struct hc_option options[] = {
	{ 'r', "rules", "FILE", "rules file or directory; may be repeated, later files see earlier ones", HC_OPTION_LIST, ROW(rules) },
	{ 0, "rule", "NAME", "the rule to explain; it may be disabled", HC_OPTION_STRING, ROW(rule) },
	{ 0, "event", "N", "explain the condition for this event: evt.num, as alerts and 'hindcast events'\nshow it", HC_OPTION_U64,
	  ROW(event), 1, 0 },
	{ 'n', "count", "N", "show up to N kinds of near misses (default 3)", HC_OPTION_U64, ROW(count), 1, HC_MISSES_KINDS_MAX },
	{ 'b', "brief", NULL, "a line for each of them instead of the condition", HC_OPTION_FLAG, ROW(brief) },
	{ 'j', "json", NULL, "one JSON object", HC_OPTION_FLAG, ROW(json) },
	{ 0, "one-thread", NULL, "do not decompress ahead on a second thread", HC_OPTION_FLAG, ROW(no_ahead) },
	{ 'q', "quiet", NULL, "no progress bar", HC_OPTION_FLAG, ROW(quiet) },
	HC_OPTION_END,
};
#undef ROW

static int run_explain(int argc, char **argv);

const struct hc_command hc_cmd_explain = {
	.name = "explain",
	.usage = "[OPTION]... CAPTURE -r RULES --rule NAME [--event N]",
	.summary = "say why a rule alerts or does not",
	.detail = "With --event: the rule's condition as a tree, each comparison with its result and the value that was found,\n"
		  "macros, lists and exceptions by their names, and what would have to be different. Without: the events the\n"
		  "rule's condition was true for, then the nearest misses: events of which the fewest comparisons would have to\n"
		  "come out otherwise, put together by what they lacked. All comparisons are evaluated; what a replay would not\n"
		  "come to is in parentheses. CAPTURE may be a bundle; without -r its own rules are used.\n\n"
		  "Exit code: 0 explained, 1 could not (no such rule or event, missing file), 2 usage, 3 rules do not load,\n"
		  "4 damaged capture (everything readable was looked at).",
	.options = options,
	.run = run_explain,
};

struct job {
	struct options opts;
	struct hc_ruleset *rules;
	const struct hc_rule *rule;
	struct hc_arena arena;
	struct hc_buf out;
	bool utf8;
	/* one event */
	struct hc_explainer *explainer;
	const struct hc_explanation *event;
	uint64_t last_num;
	/* the whole capture */
	struct hc_misses *misses;
	uint64_t *matches; /* numbers of the events that matched */
	uint32_t nmatches;
};

static int usage(const char *message)
{
	fprintf(stderr, COMMAND ": %s\nTry '" COMMAND " --help'.\n", message);
	return HC_EXIT_USAGE;
}

static int fail(int code, const struct hc_diag *diag)
{
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];

	fprintf(stderr, COMMAND ": %s\n", hc_diag_format(diag, text, sizeof text));
	return code;
}

/* From the files named, else from the bundle that the capture is in. 0 or the exit code. */
static int read_rules(struct job *job, const char *capture)
{
	__attribute__((cleanup(hc_inside_done))) struct hc_inside inside = { 0 };
	struct hc_diag diag;
	int r;

	if (job->opts.rules.n) {
		r = hc_ruleset_load(NULL, job->opts.rules.items, job->opts.rules.n, &job->rules, &diag);
	} else {
		r = hc_inside_open(&inside, capture, &diag);
		if (!r && inside.ntexts)
			r = hc_rules_texts_load(NULL, inside.texts, inside.ntexts, &job->rules, &diag);
		else if (!r)
			return usage("no rules: -r FILE, or rules/ in a bundle");
		else if (r > 0)
			return fail(HC_EXIT_DAMAGED, &diag);
	}
	if (r < 0)
		return fail(r == -EINVAL ? HC_EXIT_RULES : HC_EXIT_FAIL, &diag);
	if (r)
		hc_report_text(stderr, job->rules, false);
	return r ? HC_EXIT_RULES : 0;
}

static int load_rules(struct job *job, const char *capture)
{
	struct hc_buf name HC_BUF_DONE = { 0 };
	const char *near;
	int r = read_rules(job, capture);

	if (r)
		return r;
	job->rule = hc_ruleset_find(job->rules, job->opts.rule, &near);
	if (!job->rule) {
		fprintf(stderr, COMMAND ": no rule '%s'", job->opts.rule);
		if (near)
			hc_print_visible(&name, hc_str(near));
		fprintf(stderr, near ? "; did you mean '%s'?\n" : "\n", near ? name.p : "");
		return HC_EXIT_FAIL;
	}
	if (!job->rule->ast) {
		fprintf(stderr, COMMAND ": rule '%s' was left out when loading: its source is not 'syscall', or it asks for a field\n"
				"that does not exist here and says skip-if-unknown-filter\n", job->opts.rule);
		return HC_EXIT_FAIL;
	}
	return 0;
}

/* ---- one event ---- */

static bool find_event(void *ctx, struct hc_eval *eval)
{
	struct job *job = ctx;

	job->last_num = eval->ev->num;
	if (eval->ev->num == job->opts.event)
		job->event = hc_explain(job->explainer, job->rule, eval, &job->arena);
	return eval->ev->num < job->opts.event;
}

/* Why a rule does not look at a type is that its condition pins down others. */
static void put_types(struct job *job)
{
	bool all;
	struct hc_names names = hc_describe_events(job->rule->ast, &job->arena, &all);

	hc_buf_puts(&job->out, "it looks at ");
	if (all)
		hc_buf_puts(&job->out, "all events");
	for (uint32_t i = 0; !all && i < names.n && i < TYPES_SHOWN; i++)
		hc_buf_printf(&job->out, "%s%s", i ? ", " : "", names.names[i]);
	if (!all && names.n > TYPES_SHOWN)
		hc_buf_printf(&job->out, " and %u more", names.n - TYPES_SHOWN);
	if (!all && !names.n)
		hc_buf_puts(&job->out, "no events but asynchronous ones");
	hc_buf_putc(&job->out, '\n');
}

static int put_event(struct job *job, const struct hc_run *run)
{
	if (!job->event) {
		if (job->last_num > job->opts.event || run->events > job->opts.event)
			fprintf(stderr, COMMAND ": event %" PRIu64 " is not one that rules see: part of the recorder's own work, of the "
				"initial state, or of a plugin\n", job->opts.event);
		else
			fprintf(stderr, COMMAND ": there is no event %" PRIu64 ": the capture has %" PRIu64 "\n", job->opts.event,
				run->events);
		return HC_EXIT_FAIL;
	}
	if (job->opts.json) {
		hc_explain_json(job->event, &job->out);
		hc_buf_putc(&job->out, '\n');
	} else if (job->opts.brief) {
		hc_explain_line(job->event, &job->out);
		hc_buf_putc(&job->out, '\n');
	} else {
		hc_explain_text(job->event, job->utf8, &job->out);
		if (!job->event->looked_at)
			put_types(job);
	}
	return HC_EXIT_OK;
}

/* ---- the whole capture ---- */

static bool note_event(void *ctx, struct hc_eval *eval)
{
	struct job *job = ctx;
	uint64_t before = hc_misses_matched(job->misses, NULL);

	hc_misses_event(job->misses, eval, false);
	if (hc_misses_matched(job->misses, NULL) > before && job->nmatches < MATCHES_HELD)
		job->matches[job->nmatches++] = eval->ev->num;
	return true;
}

static void put_misses_json(struct job *job)
{
	const struct hc_explanation *first;
	const struct hc_rule *by;
	const struct hc_miss *const *misses;
	uint32_t n = hc_misses_get(job->misses, &misses);
	struct hc_buf *to = &job->out;

	hc_buf_puts(to, "{\"rule\":");
	hc_print_json_quoted(to, hc_str(job->rule->name));
	hc_buf_printf(to, ",\"enabled\":%s,\"events\":%" PRIu64 ",\"events_looked_at\":%" PRIu64 ",\"matches\":%" PRIu64,
		      job->rule->enabled ? "true" : "false", hc_misses_events(job->misses), hc_misses_looked_at(job->misses),
		      hc_misses_matched(job->misses, &first));
	hc_buf_puts(to, ",\"matched_events\":[");
	for (uint32_t i = 0; i < job->nmatches; i++)
		hc_buf_printf(to, "%s%" PRIu64, i ? "," : "", job->matches[i]);
	hc_buf_printf(to, "],\"matched_by_earlier_rule\":%" PRIu64, hc_misses_taken(job->misses, &by));
	hc_buf_puts(to, ",\"misses\":[");
	for (uint32_t i = 0; i < n && i < job->opts.count; i++) {
		hc_buf_printf(to, "%s{\"events\":%" PRIu64 ",\"nearest\":", i ? "," : "", misses[i]->events);
		hc_explain_json(misses[i]->nearest, to);
		hc_buf_putc(to, '}');
	}
	hc_buf_puts(to, "]}\n");
}

static void put_matches(struct job *job)
{
	uint64_t n = hc_misses_matched(job->misses, NULL), taken;
	const struct hc_rule *by;
	struct hc_buf *to = &job->out;

	hc_buf_puts(to, "rule '");
	hc_print_visible(to, hc_str(job->rule->name));
	hc_buf_puts(to, job->rule->enabled ? "'\n" : "', which is disabled\n");
	put_types(job);
	hc_buf_printf(to, "%" PRIu64 " events, %" PRIu64 " of them of these types\n", hc_misses_events(job->misses),
		      hc_misses_looked_at(job->misses));
	if (!n) {
		hc_buf_puts(to, "the condition was never true\n");
		return;
	}
	hc_buf_printf(to, "the condition was true %" PRIu64 " time%s, at event%s ", n, n == 1 ? "" : "s", n == 1 ? "" : "s");
	for (uint32_t i = 0; i < job->nmatches && i < MATCHES_SHOWN; i++)
		hc_buf_printf(to, "%s%" PRIu64, i ? ", " : "", job->matches[i]);
	hc_buf_puts(to, n > MATCHES_SHOWN ? " ...\n" : "\n");
	taken = hc_misses_taken(job->misses, &by);
	if (!taken)
		return;
	hc_buf_puts(to, "rule '");
	hc_print_visible(to, hc_str(by->name));
	hc_buf_printf(to, "' comes before it and matched %" PRIu64 " of these, too: with rule_matching 'first' that one alerts\n", taken);
}

static void put_misses(struct job *job)
{
	const struct hc_miss *const *misses;
	uint32_t n = hc_misses_get(job->misses, &misses);

	put_matches(job);
	if (!n)
		return;
	hc_buf_printf(&job->out, "\nnearest misses, %" PRIu64 " of %s%u kinds:\n", n < job->opts.count ? n : job->opts.count,
		      n == HC_MISSES_KINDS_MAX ? "more than " : "", n);
	for (uint32_t i = 0; i < n && i < job->opts.count; i++) {
		const struct hc_miss *m = misses[i];

		if (job->opts.brief) {
			hc_miss_line(m, &job->out);
			hc_buf_putc(&job->out, '\n');
			continue;
		}
		hc_buf_printf(&job->out, "\n%" PRIu64 " event%s, %u comparison%s short; the nearest:\n", m->events,
			      m->events == 1 ? "" : "s", m->nearest->root->to_true, m->nearest->root->to_true == 1 ? "" : "s");
		hc_explain_text(m->nearest, job->utf8, &job->out);
	}
}

/* Marks beyond ASCII only for those whose locale says they can be shown. */
static bool locale_is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8;

	if (!locale)
		return false;
	utf8 = !strcmp(nl_langinfo_l(CODESET, locale), "UTF-8");
	freelocale(locale);
	return utf8;
}

static int explain(struct job *job, const char *path)
{
	struct hc_run run = { .command = COMMAND, .ctx = job, .no_ahead = job->opts.no_ahead || hc_run_on_one_cpu(),
			      .progress = !job->opts.quiet };
	struct hc_confinement confinement;
	struct hc_run_input input;
	struct hc_diag diag;
	int exit_code = HC_EXIT_OK;

	if (hc_run_open(&input, path, &diag))
		return fail(HC_EXIT_FAIL, &diag);
	job->utf8 = locale_is_utf8();
	if (job->opts.event) {
		run.fn = find_event;
		job->explainer = hc_explainer_new();
	} else {
		run.fn = note_event;
		job->misses = hc_misses_new(job->rules, job->rule);
		job->matches = hc_calloc(MATCHES_HELD, sizeof *job->matches);
	}
	tzset();
	hc_confine(&confinement);
	hc_run_capture(&run, &input);
	if (job->opts.event)
		exit_code = put_event(job, &run);
	else if (job->opts.json)
		put_misses_json(job);
	else
		put_misses(job);
	if (job->out.len)
		fwrite(job->out.p, 1, job->out.len, stdout);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, COMMAND ": standard output: %s\n", strerror(errno));
		return HC_EXIT_FAIL;
	}
	return hc_run_exit(&run) ? hc_run_exit(&run) : exit_code;
}

static int run_explain(int argc, char **argv)
{
	struct job job = { .opts.count = 3 };
	int n, exit_code;

	if (hc_options_parse(&hc_cmd_explain, argc, argv, &job.opts, &n, &exit_code))
		return exit_code;
	if (n != 1)
		exit_code = usage(n ? "one capture at a time" : "which capture?");
	else if (!job.opts.rule)
		exit_code = usage("which rule? --rule NAME");
	else {
		hc_arena_init(&job.arena);
		exit_code = load_rules(&job, argv[1]);
		if (!exit_code)
			exit_code = explain(&job, argv[1]);
		hc_misses_free(job.misses);
		hc_explainer_free(job.explainer);
		hc_arena_done(&job.arena);
		hc_ruleset_free(job.rules);
	}
	hc_buf_done(&job.out);
	free(job.matches);
	hc_options_done(&hc_cmd_explain, &job.opts);
	return exit_code;
}
