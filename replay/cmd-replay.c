/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast replay: rules over captures, the alerts Falco would have raised. Everything that is opened is opened first
 * (rules, configuration, outputs, all captures), then the process confines itself, and only then the first byte of a
 * capture is read.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/exit.h"
#include "common/mem.h"
#include "common/options.h"
#include "replay/config.h"
#include "replay/confine.h"
#include "replay/hits.h"
#include "replay/replay.h"
#include "replay/run.h"
#include "replay/sink.h"
#include "replay/when.h"

#define COMMAND "hindcast replay"

struct options {
	struct hc_option_list rules, assignments, tags, untags, disables, files, coverage;
	const char *config, *priority, *since, *until, *plan, *output, *program, *extra;
	bool json, all_events, exit_alerts, exit_gaps, quiet, one_thread, flush, live;
};

#define ROW(member) offsetof(struct options, member)
static const struct hc_option options[] = {
	{ .kind = HC_OPTION_GROUP, .help = "Rules" },
	{ 'r', "rules", "FILE", "rules file or directory; may be repeated, later files see earlier ones", HC_OPTION_LIST, ROW(rules) },
	{ 't', "tag", "TAG", "run only rules with this tag; may be repeated", HC_OPTION_LIST, ROW(tags) },
	{ 'T', "no-tag", "TAG", "run no rules with this tag; may be repeated", HC_OPTION_LIST, ROW(untags) },
	{ 'D', "disable", "TEXT", "run no rules with this text in their name; may be repeated", HC_OPTION_LIST, ROW(disables) },
	{ 0, "priority", "LEVEL", "run only rules of this priority or a more urgent one", HC_OPTION_STRING, ROW(priority) },
	{ .kind = HC_OPTION_GROUP, .help = "Configuration" },
	{ 'c', "config", "FILE", "a falco.yaml; keys that do nothing for a replay are named once", HC_OPTION_STRING, ROW(config) },
	{ 'o', "option", "KEY=VALUE", "set a configuration key, as -o rule_matching=all; may be repeated", HC_OPTION_LIST,
	  ROW(assignments) },
	{ .kind = HC_OPTION_GROUP, .help = "Output" },
	{ 'j', "json", NULL, "alerts as JSON objects, one per line", HC_OPTION_FLAG, ROW(json) },
	{ 'p', "print", "TEXT", "append this to the output of every rule", HC_OPTION_STRING, ROW(extra) },
	{ 'w', "output", "FILE", "append alerts to FILE instead of writing them to standard output", HC_OPTION_STRING, ROW(output) },
	{ 0, "program", "COMMAND", "write alerts to the standard input of COMMAND, started once", HC_OPTION_STRING, ROW(program) },
	{ 0, "coverage", "FILE", "also write how often each comparison of each rule was evaluated and true, over all\n"
	  "captures: a page if FILE ends in .html, JSON if in .json, else text; - is standard output.\nMay be repeated", HC_OPTION_LIST,
	  ROW(coverage) },
	{ 'U', "unbuffered", NULL, "write out each alert at once", HC_OPTION_FLAG, ROW(flush) },
	{ 'q', "quiet", NULL, "no progress bar, no closing summary", HC_OPTION_FLAG, ROW(quiet) },
	{ 0, "live", NULL, "what 'hindcast record --trigger' starts: a line 'ready ...' once confined, then\n"
			   "'alert TIME_NS PRIORITY RULE' at once for each alert, without its text", HC_OPTION_FLAG, ROW(live) },
	{ .kind = HC_OPTION_GROUP, .help = "Which events alert (all of them always update the picture of the host)" },
	{ 0, "since", "TIME", "2026-11-23T20:55:00Z, @EPOCHSECONDS, or +90s after the first event", HC_OPTION_STRING, ROW(since) },
	{ 0, "until", "TIME", "likewise", HC_OPTION_STRING, ROW(until) },
	{ .kind = HC_OPTION_GROUP, .help = "Exit code" },
	{ 0, "exit-alerts", NULL, "exit with 6 if there was any alert", HC_OPTION_FLAG, ROW(exit_alerts) },
	{ 0, "exit-gaps", NULL, "exit with 5 if a capture states that events were lost", HC_OPTION_FLAG, ROW(exit_gaps) },
	{ .kind = HC_OPTION_GROUP, .help = "Evaluation" },
	{ 0, "plan", "KIND", "graph: all rules as one plan (default); naive: one rule after the other. Same alerts", HC_OPTION_STRING,
	  ROW(plan) },
	{ 0, "one-thread", NULL, "do not decompress ahead on a second thread", HC_OPTION_FLAG, ROW(one_thread) },
	{ .kind = HC_OPTION_GROUP, .help = "Accepted from older tools" },
	{ 'e', NULL, "FILE", "a capture, like FILE", HC_OPTION_LIST, ROW(files) },
	{ 'A', NULL, NULL, "no effect: every recorded event is evaluated in any case", HC_OPTION_FLAG, ROW(all_events) },
	HC_OPTION_END,
};
#undef ROW

static int run_replay(int argc, char **argv);

const struct hc_command hc_cmd_replay = {
	.name = "replay",
	.usage = "[OPTION]... FILE... -r RULES",
	.summary = "run Falco rules over captures",
	.detail = "FILE may be plain, gzip or zstd; - is standard input. With several captures each alert names its file.\n"
		  "FILE may also be a bundle ('hindcast pack'): its capture is replayed and, without -r, its own rules/*.yaml\n"
		  "are used. A bundle with several captures needs a choice: BUNDLE:MEMBER, with -r.\n"
		  "Every recorded event is evaluated, whatever the configuration says about base_syscalls.\n\n"
		  "Exit code: 0 replayed, 1 could not (missing file, output error), 2 usage, 3 rules do not load,\n"
		  "4 damaged capture (everything readable was evaluated), 5 and 6 see --exit-gaps and --exit-alerts.",
	.options = options,
	.run = run_replay,
};

/* Everything of one run; zero-initialised, released by done(). */
struct job {
	struct options opts;
	struct hc_config config;
	struct hc_rule_switch *switches;
	struct hc_replay *replay;
	struct hc_sinks sinks;
	struct hc_run run;
	struct hc_run_input *inputs;
	size_t ninputs;
	struct hc_hits *hits; /* NULL: no coverage wanted */
	FILE **coverage;      /* opts.coverage.n, opened before the process confines itself */
};

static int fail(int code, const struct hc_diag *diag)
{
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];

	fprintf(stderr, COMMAND ": %s\n", hc_diag_format(diag, text, sizeof text));
	return code;
}

static int usage(const char *message, const char *word)
{
	fprintf(stderr, COMMAND ": %s%s\nTry '" COMMAND " --help'.\n", message, word ? word : "");
	return HC_EXIT_USAGE;
}

static void print_notes(const struct hc_buf *notes)
{
	for (const char *p = notes->p, *end; p && *p; p = end + 1) {
		end = strchr(p, '\n');
		fprintf(stderr, COMMAND ": note: %.*s\n", (int)(end - p), p);
	}
}

static int configure(struct job *job)
{
	struct options *o = &job->opts;
	struct hc_config *config = &job->config;
	struct hc_diag diag;

	hc_config_init(config);
	if (o->config && hc_config_load(config, o->config, &diag))
		return fail(HC_EXIT_USAGE, &diag);
	for (size_t i = 0; i < o->assignments.n; i++)
		if (hc_config_set(config, o->assignments.items[i], &diag))
			return fail(HC_EXIT_USAGE, &diag);
	if (hc_config_finish(config, &diag))
		return fail(HC_EXIT_USAGE, &diag);
	print_notes(&config->notes);
	if (o->priority)
		config->priority = o->priority;
	if (config->priority && hc_priority_parse(config->priority) < 0)
		return usage("unknown priority ", config->priority);
	config->json_output |= o->json;
	if (o->tags.n && (o->untags.n || o->disables.n))
		return usage("-t cannot be combined with -T or -D", NULL);
	if (o->extra && (!strcmp(o->extra, "c") || !strcmp(o->extra, "container") || !strcmp(o->extra, "k") ||
			 !strcmp(o->extra, "kubernetes"))) {
		fprintf(stderr, COMMAND ": note: -p %s has no effect: its fields come with append_output's suggested_output\n", o->extra);
		o->extra = NULL;
	}
	if (o->files.n)
		fputs(COMMAND ": note: -e FILE is accepted; FILE alone does\n", stderr);
	if (o->all_events)
		fputs(COMMAND ": note: -A has no effect: every recorded event is evaluated in any case\n", stderr);
	return 0;
}

static struct hc_rule_switch *push(struct job *job, uint32_t *n, struct hc_rule_switch s)
{
	job->switches = hc_realloc(job->switches, (*n + 1) * sizeof s);
	job->switches[*n] = s;
	return &job->switches[(*n)++];
}

/* -D, -T and -t as the switches of `rules:` that replaced them (rules-language.md 10), after those of the file. */
static uint32_t make_switches(struct job *job)
{
	const struct options *o = &job->opts;
	uint32_t n = 0;

	for (uint32_t i = 0; i < job->config.nswitches; i++)
		push(job, &n, job->config.switches[i]);
	for (size_t i = 0; i < o->disables.n; i++)
		push(job, &n, (struct hc_rule_switch){ .rule = hc_arena_printf(&job->config.arena, "*%s*", o->disables.items[i]) });
	for (size_t i = 0; i < o->untags.n; i++)
		push(job, &n, (struct hc_rule_switch){ .tag = o->untags.items[i] });
	if (o->tags.n)
		push(job, &n, (struct hc_rule_switch){ .rule = "*" });
	for (size_t i = 0; i < o->tags.n; i++)
		push(job, &n, (struct hc_rule_switch){ .enable = true, .tag = o->tags.items[i] });
	return n;
}

/* The only capture may be a bundle that brings its rules along. */
static int rules_inside(struct hc_inside *ret, const char *path, struct hc_replay_options *load)
{
	struct hc_diag diag;
	int r = path ? hc_inside_open(ret, path, &diag) : 0;

	if (r)
		return fail(r < 0 ? HC_EXIT_FAIL : HC_EXIT_DAMAGED, &diag);
	load->texts = ret->texts;
	load->ntexts = ret->ntexts;
	return ret->ntexts ? 0 : usage("no rules: -r FILE, rules_files in the configuration, or rules/ in a bundle", NULL);
}

/* only: the capture, if there is one only. */
static int load_rules(struct job *job, const char *only)
{
	const struct options *o = &job->opts;
	struct hc_replay_options load = { .config = &job->config, .extra_output = o->extra, .live = o->live,
					     .naive = o->plan && !strcmp(o->plan, "naive") };
	struct hc_inside inside = { 0 };
	struct hc_diag diag;
	int r;

	if (o->plan && !load.naive && strcmp(o->plan, "graph"))
		return usage("--plan is graph or naive, not ", o->plan);
	load.paths = o->rules.n ? o->rules.items : job->config.rules_files;
	load.npaths = o->rules.n ? o->rules.n : job->config.nrules_files;
	r = load.npaths ? 0 : rules_inside(&inside, only, &load);
	if (r) {
		hc_inside_done(&inside);
		return r;
	}
	load.nswitches = make_switches(job);
	load.switches = job->switches;
	r = hc_replay_new(&job->replay, &load, &diag);
	hc_inside_done(&inside);
	if (r < 0)
		return fail(r == -EINVAL ? HC_EXIT_RULES : HC_EXIT_FAIL, &diag);
	return r ? HC_EXIT_RULES : 0;
}

static int open_outputs(struct job *job)
{
	const struct options *o = &job->opts;
	const struct hc_config *c = &job->config;
	const char *file = o->output ? o->output : c->file_enabled ? c->file : NULL;
	const char *program = o->program ? o->program : c->program_enabled ? c->program : NULL;
	struct hc_diag diag;

	if (file && hc_sinks_file(&job->sinks, file, &diag))
		return fail(HC_EXIT_FAIL, &diag);
	if (program && hc_sinks_program(&job->sinks, program, &diag))
		return fail(HC_EXIT_FAIL, &diag);
	if (!o->output && !o->program && c->stdout_enabled)
		hc_sinks_stdout(&job->sinks);
	return 0;
}

/* ---- coverage of conditions ---- */

static int open_coverage(struct job *job)
{
	const struct hc_option_list *paths = &job->opts.coverage;
	struct hc_diag diag;

	if (!paths->n)
		return 0;
	job->coverage = hc_calloc(paths->n, sizeof(*job->coverage));
	for (size_t i = 0; i < paths->n; i++) {
		job->coverage[i] = !strcmp(paths->items[i], "-") ? stdout : fopen(paths->items[i], "we");
		if (!job->coverage[i]) {
			hc_diag_set(&diag, -errno, "%s: cannot write: %s", paths->items[i], strerror(errno));
			return fail(HC_EXIT_FAIL, &diag);
		}
	}
	job->hits = hc_hits_new(hc_replay_rules(job->replay));
	return 0;
}

/* hc_run_fn in place of hc_replay_event if coverage is wanted. */
static bool event_with_coverage(void *ctx, struct hc_eval *eval)
{
	struct job *job = ctx;

	hc_hits_event(job->hits, eval);
	return hc_replay_event(job->replay, eval);
}

/* After the alerts. 0 or the exit code. */
static int write_coverage(struct job *job)
{
	for (size_t i = 0; i < job->opts.coverage.n; i++) {
		const char *path = job->opts.coverage.items[i];
		struct hc_buf report HC_BUF_DONE = { 0 };
		struct hc_diag diag;

		hc_hits_report(job->hits, hc_hits_format_of(path), &report);
		if (fwrite(report.p, 1, report.len, job->coverage[i]) == report.len && !fflush(job->coverage[i]))
			continue;
		hc_diag_set(&diag, -errno, "%s: cannot write: %s", path, strerror(errno));
		return fail(HC_EXIT_FAIL, &diag);
	}
	return 0;
}

/* All captures, before anything is read from the first of them. */
static int open_captures(struct job *job, int argc, char **argv)
{
	size_t n = (size_t)argc + job->opts.files.n;
	bool pipe = false;
	struct hc_diag diag;

	if (!n && job->config.capture_file)
		n = 1;
	if (!n)
		return usage("which capture?", NULL);
	job->inputs = hc_calloc(n, sizeof *job->inputs);
	for (size_t i = 0; i < n; i++) {
		const char *path = i < (size_t)argc ? argv[i]
			: i - (size_t)argc < job->opts.files.n ? job->opts.files.items[i - (size_t)argc] : job->config.capture_file;

		if (hc_run_open(&job->inputs[i], path, &diag))
			return fail(HC_EXIT_FAIL, &diag);
		job->ninputs++;
		pipe |= !strcmp(path, "-");
	}
	job->sinks.flush = job->opts.flush || job->opts.live || pipe;
	return 0;
}

static int set_window(struct job *job)
{
	const struct options *o = &job->opts;
	struct hc_run *run = &job->run;

	if (o->since && !hc_when_parse(o->since, &run->since_ns, &run->since_relative))
		return usage("--since: expected 2026-11-23T20:55:00Z, @SECONDS or +90s, not ", o->since);
	if (o->until && !hc_when_parse(o->until, &run->until_ns, &run->until_relative))
		return usage("--until: expected 2026-11-23T20:55:00Z, @SECONDS or +90s, not ", o->until);
	return 0;
}

static void summarise(const struct job *job, double seconds)
{
	const struct hc_run *run = &job->run;
	const struct hc_state_stats *s = &run->worst;

	hc_replay_statistics(job->replay, stderr);
	hc_coverage_print(&run->coverage, hc_replay_rules(job->replay), stderr);
	fprintf(stderr, "%" PRIu64 " events read, %" PRIu64 " evaluated, %.2f s\n", run->events, run->seen, seconds);
	if (run->drops)
		fprintf(stderr, "%" PRIu64 " events state that others were lost when this was recorded\n", run->drops);
	if (run->foreign)
		fprintf(stderr, "%" PRIu64 " events of plugins passed over: the rules are about system calls\n", run->foreign);
	if (run->damaged)
		fprintf(stderr, "%" PRIu64 " of %zu captures damaged, %" PRIu64 " bytes passed over; everything readable was evaluated\n",
			run->damaged, job->ninputs, run->skipped_bytes);
	if (s->threads_refused || s->fds_refused || s->texts_refused || s->users_refused || s->containers_refused)
		fprintf(stderr, "limits reached: left out %" PRIu64 " threads, %" PRIu64 " fds, %" PRIu64 " texts, %" PRIu64
			" users, %" PRIu64 " containers; alerts may be missing\n",
			s->threads_refused, s->fds_refused, s->texts_refused, s->users_refused, s->containers_refused);
	if (s->containers_bad)
		fprintf(stderr, "%" PRIu64 " container events could not be used: their JSON is broken\n", s->containers_bad);
}

/* Who started this waits for it before letting events come, and notes what holds us. */
static void say_ready(struct job *job, const struct hc_confinement *c)
{
	struct hc_buf line HC_BUF_DONE = { 0 };

	hc_buf_printf(&line, "ready uid=%u no_new_privs=%d seccomp=%d landlock=%d\n", (unsigned)geteuid(), c->no_new_privs, c->seccomp,
		      c->landlock);
	hc_sinks_put(&job->sinks, &line);
}

static int replay_all(struct job *job)
{
	struct timespec start, end;
	struct hc_confinement confinement;
	struct hc_diag diag;
	int exit_code;

	job->run.command = COMMAND;
	job->run.fn = job->hits ? event_with_coverage : hc_replay_event;
	job->run.ctx = job->hits ? (void *)job : job->replay;
	job->run.wanted = hc_replay_wanted(job->replay);
	job->run.base64 = job->config.base64;
	job->run.no_ahead = job->opts.one_thread || hc_run_on_one_cpu();
	job->run.progress = !job->opts.quiet && !job->opts.live && !(job->sinks.n && isatty(STDOUT_FILENO));
	job->run.hostname = getenv("FALCO_HOSTNAME");
	signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error of that output, not the end of the others */
	tzset();
	hc_confine(&confinement);
	if (job->opts.live)
		say_ready(job, &confinement);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (size_t i = 0; i < job->ninputs; i++) {
		hc_replay_capture(job->replay, job->ninputs > 1 ? job->inputs[i].path : NULL, &job->sinks);
		hc_run_capture(&job->run, &job->inputs[i]);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	exit_code = hc_run_exit(&job->run);
	if (hc_sinks_close(&job->sinks, &diag))
		exit_code = fail(HC_EXIT_FAIL, &diag);
	if (write_coverage(job))
		exit_code = HC_EXIT_FAIL;
	if (!job->opts.quiet && !job->opts.live)
		summarise(job, (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
	if (exit_code)
		return exit_code;
	if (job->opts.exit_gaps && job->run.drops)
		return HC_EXIT_INCOMPLETE;
	return job->opts.exit_alerts && hc_replay_alerts(job->replay) ? HC_EXIT_ALERTS : HC_EXIT_OK;
}

static void done(struct job *job)
{
	struct hc_diag diag;

	hc_sinks_close(&job->sinks, &diag);
	for (size_t i = 0; i < job->ninputs; i++)
		hc_source_close(job->inputs[i].source);
	free(job->inputs);
	for (size_t i = 0; job->coverage && i < job->opts.coverage.n; i++)
		if (job->coverage[i] && job->coverage[i] != stdout)
			fclose(job->coverage[i]);
	free(job->coverage);
	hc_hits_free(job->hits);
	hc_replay_free(job->replay);
	free(job->switches);
	hc_config_done(&job->config);
	hc_options_done(&hc_cmd_replay, &job->opts);
}

static int run_replay(int argc, char **argv)
{
	struct job job = { 0 };
	int n, exit_code;

	if (hc_options_parse(&hc_cmd_replay, argc, argv, &job.opts, &n, &exit_code))
		return exit_code;
	exit_code = configure(&job);
	if (!exit_code)
		exit_code = set_window(&job);
	if (!exit_code)
		exit_code = load_rules(&job, n == 1 && !job.opts.files.n ? argv[1] : NULL);
	if (!exit_code)
		exit_code = open_captures(&job, n, argv + 1);
	if (!exit_code)
		exit_code = open_outputs(&job);
	if (!exit_code)
		exit_code = open_coverage(&job);
	if (!exit_code)
		exit_code = replay_all(&job);
	done(&job);
	return exit_code;
}
