/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast redact: a capture to be shown to others.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit.h"
#include "common/options.h"
#include "formats/copy.h"
#include "samples/redact-setup.h"
#include "samples/redact-verify.h"

#define COMMAND "hindcast redact"

struct options {
	struct hc_redact_wishes with;
	const char *compress;
	uint64_t level;
	bool print_policy, verify;
};

static const struct hc_option table[] = {
	{ 'p', "policy", "FILE", "what to do with which class of data (YAML); without it the built-in policy", HC_OPTION_STRING,
	  offsetof(struct options, with.policy) },
	{ 0, "print-policy", NULL, "print the built-in policy, to start from", HC_OPTION_FLAG, offsetof(struct options, print_policy) },
	{ 'k', "key", "FILE", "key of the pseudonyms, 16 bytes or more, so that several captures get the same ones;\n"
			      "without it a random key that nobody learns",
	  HC_OPTION_STRING, offsetof(struct options, with.key) },
	{ 'r', "rules", "FILE", "keep what these rules look for, a file or a directory; may be repeated;\n"
			"default: the shipped rules",
	  HC_OPTION_LIST, offsetof(struct options, with.rules) },
	{ 0, "no-rules", NULL, "keep nothing for the sake of rules", HC_OPTION_FLAG, offsetof(struct options, with.no_rules) },
	{ 'v', "verify", NULL, "replay both afterwards and list every alert of the rules that changed", HC_OPTION_FLAG,
	  offsetof(struct options, verify) },
	{ 'z', "compress", "METHOD", "zstd, gzip or none; without it the name of OUT decides: .zst, .gz, else none",
	  HC_OPTION_STRING, offsetof(struct options, compress) },
	{ 'l', "level", "N", "compression level: 1 to 19 for zstd (default 3), 1 to 9 for gzip (default 6)", HC_OPTION_U64,
	  offsetof(struct options, level), 1, 19 },
	HC_OPTION_END,
};

static int run(int argc, char **argv);

const struct hc_command hc_cmd_redact = {
	"redact",
	"[OPTION]... IN OUT",
	"take what is private out of a capture",
	"IN is a capture, '-' for standard input, or ARCHIVE:MEMBER. OUT is put in its place when it is complete; '-' is\n"
	"standard output.\n"
	"\n"
	"Names of users and hosts, addresses, paths, arguments, names of containers become pseudonyms: the same word the same\n"
	"one everywhere. Addresses keep their kind and the prefixes they share. Environments and what was read and written\n"
	"are left out. What rules look for stays, so that they find the same; so do words and system files that are the same\n"
	"on every Linux host. The last event of OUT says what was done, not with which key. What redaction cannot hide (times,\n"
	"process numbers, sizes ...) is in docs/sharing.md.\n"
	"\n"
	"Exit code: 0 done, 1 could not, 2 usage, 3 the rules do not load, 4 IN is damaged: what is readable was written,\n"
	"7 alerts changed (--verify); OUT is there all the same.",
	table,
	run,
};

static int usage(const char *text)
{
	fprintf(stderr, COMMAND ": %s. Try '" COMMAND " --help'.\n", text);
	return HC_EXIT_USAGE;
}

/* Everything one run needs. */
struct job {
	struct options o;
	const char *in, *out;
	struct hc_redact_setup setup;
	struct hc_writer_options writing;
};

/* All of it, and what was done with it as the last event. */
static int pour(struct job *job, struct hc_copy *copy, struct hc_reader *reader)
{
	struct hc_event *ev = NULL, out;
	int r = HC_READ_SECTION;
	uint64_t last_ns = 0;

	do {
		if (r == HC_READ_SECTION) {
			struct hc_diag diag;

			r = hc_writer_section(copy->output.writer,
					      hc_redact_section(job->setup.redactor, hc_reader_section(reader)), &diag);
			if (r)
				hc_copy_complain(copy, &diag);
		} else {
			last_ns = ev->ts_ns;
			hc_redact_event(job->setup.redactor, ev, &out);
			r = hc_copy_event(copy, reader, &out);
		}
		if (r < 0)
			return r;
		r = hc_copy_next(copy, reader, &ev);
		if (r < 0)
			return r;
	} while (r != HC_READ_EOF);
	hc_redact_ledger(job->setup.redactor, last_ns, &out);
	return hc_copy_event(copy, reader, &out);
}

static void summarise(const struct hc_redact_counts *c)
{
	const char *between = ": taken out";

	fprintf(stderr, COMMAND);
	for (int i = 0; i < HC_REDACT_CLASS_COUNT; i++) {
		if (!c->values[i])
			continue;
		fprintf(stderr, "%s %s %" PRIu64 " (%" PRIu64 " bytes)", between, hc_redact_class_name(i), c->values[i], c->bytes[i]);
		between = ",";
	}
	fprintf(stderr, "%s %" PRIu64 " words that rules name stayed\n", *between == ':' ? ": nothing to take out;" : ";", c->named);
	if (c->opaque)
		fprintf(stderr, COMMAND ": %" PRIu64 " values left out: malformed, or data of plugins\n", c->opaque);
	if (c->cut)
		fprintf(stderr, COMMAND ": %" PRIu64 " values became too long for the format and lost their end\n", c->cut);
}

static int redact(struct job *job)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	struct hc_copy copy = { .command = "redact" };
	struct hc_diag diag;
	int r = hc_reader_open(&reader, job->in, NULL, &diag);

	if (r) {
		hc_copy_complain(&copy, &diag);
		return r < 0 ? HC_EXIT_FAIL : HC_EXIT_DAMAGED;
	}
	if (hc_output_open(&copy.output, job->out, &job->writing, &diag)) {
		hc_copy_complain(&copy, &diag);
		return HC_EXIT_FAIL;
	}
	hc_progress_init(&copy.progress, "redacting", true);
	r = hc_copy_finish(&copy, pour(job, &copy, reader));
	if (r != HC_EXIT_FAIL)
		summarise(hc_redact_counts(job->setup.redactor));
	return r;
}

/* After the redaction; r: its exit code. */
static int verify(struct job *job, int r)
{
	struct hc_redact_verdict v;
	struct hc_diag diag;
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];
	int x = hc_redact_verify(job->in, job->out, job->setup.paths, job->setup.npaths, &v, &diag);

	if (x > 0)
		return HC_EXIT_RULES;
	if (x < 0) {
		fprintf(stderr, COMMAND ": %s\n", hc_diag_format(&diag, text, sizeof text));
		return x == -EINVAL ? HC_EXIT_RULES : HC_EXIT_FAIL;
	}
	fprintf(stderr, COMMAND ": %zu alerts before, %zu after", v.before, v.after);
	if (!v.gone && !v.new && !v.exchanged) {
		fprintf(stderr, ": the same rules at the same events\n");
		return r;
	}
	fprintf(stderr, ": %zu gone, %zu new, %zu of another rule\n", v.gone, v.new, v.exchanged);
	return HC_EXIT_CHANGES;
}

static int check_usage(struct job *job, int n, char **argv)
{
	if (n != 2)
		return usage("one input and one output are needed");
	if (job->o.with.no_rules && job->o.with.rules.n && !job->o.verify)
		return usage("--no-rules and --rules exclude each other but for --verify");
	if (job->o.verify && (!strcmp(argv[1], "-") || !strcmp(argv[2], "-")))
		return usage("--verify reads IN again, and OUT: both must be files");
	if (hc_output_compression(job->o.compress, argv[2], &job->writing.compress) < 0) {
		fprintf(stderr, COMMAND ": unknown compression '%s'; expected zstd, gzip or none\n", job->o.compress);
		return HC_EXIT_USAGE;
	}
	if (job->writing.compress == HC_COMPRESS_GZIP && job->o.level > 9)
		return usage("gzip has levels 1 to 9");
	job->writing.level = (int)job->o.level;
	job->in = argv[1];
	job->out = argv[2];
	return 0;
}

static int run(int argc, char **argv)
{
	struct job job = { .writing.background = true };
	int n = 0, status = 0;

	if (hc_options_parse(&hc_cmd_redact, argc, argv, &job.o, &n, &status))
		return status;
	if (job.o.print_policy) {
		fputs(hc_policy_default, stdout);
		hc_options_done(&hc_cmd_redact, &job.o);
		return HC_EXIT_OK;
	}
	status = check_usage(&job, n, argv);
	if (!status)
		status = hc_redact_setup(&job.setup, &job.o.with);
	if (!status)
		status = redact(&job);
	if (job.o.verify && (!status || status == HC_EXIT_DAMAGED) && job.setup.redactor)
		status = verify(&job, status);
	hc_redact_setup_done(&job.setup);
	hc_options_done(&hc_cmd_redact, &job.o);
	return status;
}
