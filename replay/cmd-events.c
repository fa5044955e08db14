/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast events: the events of a capture, one line or object each, with everything the host state knows about them; a
 * filter is a rule condition. With --list the schema itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/exit.h"
#include "common/options.h"
#include "replay/confine.h"
#include "replay/filter.h"
#include "replay/message.h"
#include "replay/run.h"
#include "rules/output.h"

/* What sysdig prints by default. */
#define LINE_FORMAT "*%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info"

struct options {
	const char *format;
	bool json, list, base64, no_ahead, quiet, follow;
	uint64_t max;
};

#define ROW(member) offsetof(struct options, member)
static const struct hc_option options[] = {
	{ 'p', "print", "FORMAT", "print each event like this: text with %FIELD tokens. A leading '*' prints events\n"
	  "that lack some of the fields, too, with <NA> in place of these; without it\nthey are left out",
	  HC_OPTION_STRING, ROW(format) },
	{ 'j', "json", NULL, "print an object per event, keyed by field; absent fields are null", HC_OPTION_FLAG, ROW(json) },
	{ 'n', "count", "N", "stop after printing N events", HC_OPTION_U64, ROW(max), 1, 0 },
	{ 'f', "follow", NULL, "at the end of FILE wait for more, as tail -f does: it is still being written", HC_OPTION_FLAG,
	  ROW(follow) },
	{ 'b', "base64", NULL, "show data buffers in Base64", HC_OPTION_FLAG, ROW(base64) },
	{ 0, "list", NULL, "list the events of the schema instead, with their parameters; with --json as\nobjects",
	  HC_OPTION_FLAG, ROW(list) },
	{ 0, "one-thread", NULL, "do not decompress ahead on a second thread", HC_OPTION_FLAG, ROW(no_ahead) },
	{ 'q', "quiet", NULL, "no progress bar", HC_OPTION_FLAG, ROW(quiet) },
	HC_OPTION_END,
};
#undef ROW

struct printer {
	const struct hc_output *output;
	bool json;
	struct hc_buf line;
	uint64_t max, printed;
	struct hc_plan *filter;
};

static bool print_event(void *ctx, struct hc_eval *eval)
{
	struct printer *p = ctx;
	const uint32_t *rules;
	bool shown;

	if (p->filter && !hc_eval_rules(eval, p->filter, false, &rules))
		return true;
	hc_buf_reset(&p->line);
	eval->owner = 1;
	shown = p->json ? hc_message_json(eval, p->output, p->output->star, &p->line)
			: hc_message_text(eval, p->output, p->output->star, &p->line);
	eval->owner = 0;
	if (!shown)
		return true;
	hc_buf_putc(&p->line, '\n');
	fwrite(p->line.p, 1, p->line.len, stdout);
	p->printed++;
	return !ferror(stdout) && (!p->max || p->printed < p->max);
}

/* ---- the schema ---- */

static const char *format_name(uint8_t format)
{
	static const char *const names[] = { "na", "dec", "hex", "dec_padded10", "id", "dir", "oct" };

	return names[format];
}

static void list_event(struct hc_buf *to, uint16_t code, bool json)
{
	const struct hc_event_info *info = &hc_event_table[code];

	if (info->flags & EF_UNUSED)
		return;
	if (json) {
		hc_buf_printf(to, "{\"code\":%u,\"dir\":\"%c\",\"name\":\"%s\",\"old\":%s,\"params\":[", code,
			      code & 1 ? '<' : '>', info->name, info->flags & EF_OLD_VERSION ? "true" : "false");
		for (int k = 0; k < info->nparams; k++)
			hc_buf_printf(to, "%s{\"format\":\"%s\",\"name\":\"%s\",\"type\":\"%s\"}", k ? "," : "",
				      format_name(info->params[k].format), info->params[k].name,
				      hc_param_type_name(info->params[k].type) + strlen("PT_"));
		hc_buf_puts(to, "]}\n");
		return;
	}
	hc_buf_printf(to, "%c %s(", code & 1 ? '<' : '>', info->name);
	for (int k = 0; k < info->nparams; k++)
		hc_buf_printf(to, "%s%s %s", k ? ", " : "", hc_param_type_name(info->params[k].type) + strlen("PT_"),
			      info->params[k].name);
	hc_buf_puts(to, info->flags & EF_OLD_VERSION ? ") (old)\n" : ")\n");
}

static int list_schema(bool json)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	for (uint16_t code = 0; code < HC_EVENT_COUNT; code++)
		list_event(&text, code, json);
	fwrite(text.p, 1, text.len, stdout);
	return fflush(stdout) ? HC_EXIT_FAIL : HC_EXIT_OK;
}

static int print_events(struct options *opts, const char *path, struct hc_checker *checker, char *filter)
{
	const char *format = opts->format ? opts->format : LINE_FORMAT;
	struct printer printer = { .json = opts->json, .max = opts->max };
	struct hc_run run = { .command = "hindcast events", .fn = print_event, .ctx = &printer, .base64 = opts->base64,
			      .no_ahead = opts->no_ahead || hc_run_on_one_cpu(), .progress = !opts->quiet && !isatty(STDOUT_FILENO) };
	struct hc_confinement confinement;
	struct hc_run_input input;
	struct hc_evset events;
	struct hc_diag diag;
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];

	if (hc_output_compile(checker, format, strlen(format), &printer.output)) {
		hc_filter_complain(run.command, checker, "format", format);
		return HC_EXIT_USAGE;
	}
	if (filter) {
		printer.filter = hc_filter_compile(run.command, checker, filter, &events);
		if (!printer.filter)
			return HC_EXIT_USAGE;
		run.wanted = &events;
	}
	input.path = path;
	if (hc_source_open(&input.source, path, opts->follow, &diag)) {
		fprintf(stderr, "hindcast events: %s\n", hc_diag_format(&diag, text, sizeof text));
		hc_plan_free(printer.filter);
		return HC_EXIT_FAIL;
	}
	if (opts->follow) /* each event is shown when it comes, also to a pipe */
		setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	tzset();
	hc_confine(&confinement);
	hc_run_capture(&run, &input);
	hc_buf_done(&printer.line);
	hc_plan_free(printer.filter);
	if (fflush(stdout) || ferror(stdout)) {
		if (errno != EPIPE)
			fprintf(stderr, "hindcast events: standard output: %s\n", strerror(errno));
		return HC_EXIT_FAIL;
	}
	return hc_run_exit(&run);
}

static int run_events(int argc, char **argv);

const struct hc_command hc_cmd_events = {
	.name = "events",
	.usage = "[OPTION]... FILE [FILTER]\n       hindcast events --list [--json]",
	.summary = "print the events of a capture",
	.detail = "FILE may be plain, gzip or zstd; - is standard input. FILTER is a condition as in rules, in one or\n"
		  "several words: proc.name=cat and evt.type in (open, openat). The default format is\n"
		  LINE_FORMAT ".\n"
		  "Exit code: 0 all events were read, 4 the capture is damaged (everything readable was printed).",
	.options = options,
	.run = run_events,
};

static int run_events(int argc, char **argv)
{
	struct options opts = { 0 };
	struct hc_checker checker;
	int n, exit_code;

	if (hc_options_parse(&hc_cmd_events, argc, argv, &opts, &n, &exit_code))
		return exit_code;
	if (opts.list && n == 0)
		return list_schema(opts.json);
	if (n == 0 || opts.list) {
		fprintf(stderr, "hindcast events: %s\nTry 'hindcast events --help'.\n",
			n ? "--list takes no file" : "which capture?");
		return HC_EXIT_USAGE;
	}
	hc_checker_init(&checker);
	exit_code = print_events(&opts, argv[1], &checker, hc_filter_join(&checker, n - 1, argv + 2));
	hc_checker_done(&checker);
	return exit_code;
}
