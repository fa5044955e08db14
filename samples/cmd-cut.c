/* SPDX-License-Identifier: Apache-2.0
 *
 * `hindcast cut IN OUT`: part of a capture, by time, filter, process tree or container.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/exit.h"
#include "common/mem.h"
#include "common/options.h"
#include "formats/output.h"
#include "replay/filter.h"
#include "replay/when.h"
#include "samples/cut-around.h"
#include "samples/cut.h"

#define COMMAND "hindcast cut"

struct options {
	struct hc_option_list rules;
	const char *since, *until, *around, *before, *after, *filter, *container, *compress;
	uint64_t tree, level;
};

#define ROW(member) offsetof(struct options, member)
static const struct hc_option table[] = {
	{ .kind = HC_OPTION_GROUP, .help = "What is kept (all that is given must hold)" },
	{ 0, "since", "TIME", "2026-11-23T20:55:00Z, @EPOCHSECONDS, or +90s after the first event", HC_OPTION_STRING, ROW(since) },
	{ 0, "until", "TIME", "likewise; events of that very time are kept", HC_OPTION_STRING, ROW(until) },
	{ 0, "around", "RULE", "the time around each alert of a rule of -r; IN is read twice", HC_OPTION_STRING, ROW(around) },
	{ 0, "before", "TIME", "how long before the alert (default 5s; ns, us, ms, s, m, h, d)", HC_OPTION_STRING, ROW(before) },
	{ 0, "after", "TIME", "how long after it (default 30s)", HC_OPTION_STRING, ROW(after) },
	{ 'r', "rules", "FILE", "rules file or directory for --around; may be repeated", HC_OPTION_LIST, ROW(rules) },
	{ 'f', "filter", "CONDITION", "a condition as in rules: \"proc.name=cat and evt.type in (open, openat)\"", HC_OPTION_STRING,
	  ROW(filter) },
	{ 0, "tree", "PID", "a process and all that descends from it", HC_OPTION_U64, ROW(tree), 1, INT32_MAX },
	{ 0, "container", "ID", "processes of a container; the beginning of its id will do", HC_OPTION_STRING, ROW(container) },
	{ .kind = HC_OPTION_GROUP, .help = "How it is written" },
	{ 'z', "compress", "METHOD", "zstd, gzip or none; without it the name of OUT decides: .zst, .gz, else none",
	  HC_OPTION_STRING, ROW(compress) },
	{ 'l', "level", "N", "compression level: 1 to 19 for zstd (default 3), 1 to 9 for gzip (default 6)", HC_OPTION_U64,
	  ROW(level), 1, 19 },
	HC_OPTION_END,
};
#undef ROW

static int run(int argc, char **argv);

const struct hc_command hc_cmd_cut = {
	.name = "cut",
	.usage = "[OPTION]... IN OUT",
	.summary = "part of a capture, as a capture that replays alone",
	.detail =
	"IN is a capture (plain, gzip or zstd), '-' for standard input, or ARCHIVE:MEMBER. OUT is written under a\n"
	"temporary name and put in its place when it is complete; '-' is standard output.\n"
	"\n"
	"OUT begins with the picture of the host as it was there: processes, fds, users, containers. Events that are\n"
	"left out stay in, marked as \"state only\", where they change that picture: no rule sees them, but those that\n"
	"are kept show the same fields and raise the same alerts as before. Only what counts from the start of a\n"
	"capture differs: evt.num, evt.reltime, evt.deltatime. Processes that no kept event depends on are left out;\n"
	"to find them --filter, --tree and --container read IN twice, unless it is a pipe: then all are kept.\n"
	"\n"
	"The exit code is 4 if IN is damaged: what is readable was cut.",
	.options = table,
	.run = run,
};

static int usage(const char *message, const char *word)
{
	fprintf(stderr, COMMAND ": %s%s\nTry '" COMMAND " --help'.\n", message, word ? word : "");
	return HC_EXIT_USAGE;
}

static int set_window(const struct options *o, struct hc_cut_window *window)
{
	*window = (struct hc_cut_window){ .to_ns = UINT64_MAX };
	if (o->since && !hc_when_parse(o->since, &window->from_ns, &window->from_relative))
		return usage("--since: expected 2026-11-23T20:55:00Z, @SECONDS or +90s, not ", o->since);
	if (o->until && !hc_when_parse(o->until, &window->to_ns, &window->to_relative))
		return usage("--until: expected 2026-11-23T20:55:00Z, @SECONDS or +90s, not ", o->until);
	if (o->since && o->until && window->from_relative == window->to_relative && window->from_ns > window->to_ns)
		return usage("--since is later than --until", NULL);
	return 0;
}

static bool duration(const char *text, uint64_t *ret_ns)
{
	char buf[64];
	bool relative;

	if ((size_t)snprintf(buf, sizeof buf, "+%s", text) >= sizeof buf)
		return false;
	return hc_when_parse(buf, ret_ns, &relative);
}

/* The windows of --around, to be freed; 0 or an exit code. */
static int find_windows(const struct options *o, const char *in, struct hc_cut_window **ret, size_t *ret_n)
{
	struct hc_cut_around around = { .rule = o->around, .paths = o->rules.items, .npaths = o->rules.n };

	if (o->since || o->until)
		return usage("--around excludes --since and --until", NULL);
	if (!o->rules.n)
		return usage("--around needs the rules: -r FILE", NULL);
	if (!strcmp(in, "-"))
		return usage("--around reads the capture twice: not from standard input", NULL);
	if (!duration(o->before ? o->before : "5s", &around.before_ns))
		return usage("--before: expected a time like 500ms or 5s, not ", o->before);
	if (!duration(o->after ? o->after : "30s", &around.after_ns))
		return usage("--after: expected a time like 500ms or 5s, not ", o->after);
	return hc_cut_around(&around, in, ret, ret_n);
}

static int set_writing(const struct options *o, struct hc_cut_request *request)
{
	request->writing = (struct hc_writer_options){ .background = true, .level = (int)o->level };
	if (hc_output_compression(o->compress, request->out, &request->writing.compress) < 0)
		return usage("--compress: expected zstd, gzip or none, not ", o->compress);
	if (request->writing.compress == HC_COMPRESS_GZIP && o->level > 9)
		return usage("gzip has levels 1 to 9", NULL);
	return 0;
}

/* Everything but the filter. The windows are owned by the caller. */
static int set_request(const struct options *o, struct hc_cut_request *request, struct hc_cut_window **windows)
{
	int status = set_writing(o, request);

	if (status)
		return status;
	if (o->around) {
		status = find_windows(o, request->in, windows, &request->nwindows);
	} else if (o->before || o->after || o->rules.n) {
		return usage("--before, --after and -r go with --around", NULL);
	} else if (o->since || o->until) {
		*windows = hc_calloc(1, sizeof **windows);
		request->nwindows = 1;
		status = set_window(o, *windows);
	}
	request->windows = *windows;
	request->around = o->around;
	request->tree = (int64_t)o->tree;
	request->container = o->container;
	return status;
}

static int run(int argc, char **argv)
{
	struct options o = { 0 };
	struct hc_cut_request request = { 0 };
	struct hc_cut_window *windows = NULL;
	struct hc_checker checker;
	struct hc_evset events;
	int n = 0, status = 0;

	if (hc_options_parse(&hc_cmd_cut, argc, argv, &o, &n, &status))
		return status;
	hc_checker_init(&checker);
	if (n == 2) {
		request.in = argv[1];
		request.out = argv[2];
	} else {
		status = usage("one input and one output are needed", NULL);
	}
	if (!status && o.filter) {
		request.filter_text = o.filter;
		request.filter_events = &events;
		request.filter = hc_filter_compile(COMMAND, &checker, o.filter, &events);
		status = request.filter ? 0 : HC_EXIT_USAGE;
	}
	if (!status)
		status = set_request(&o, &request, &windows);
	if (!status)
		status = hc_cut_run(&request);
	hc_plan_free(request.filter);
	hc_checker_done(&checker);
	free(windows);
	hc_options_done(&hc_cmd_cut, &o);
	return status;
}
