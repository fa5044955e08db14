/* SPDX-License-Identifier: Apache-2.0
 *
 * `hindcast convert IN OUT`: the same capture in another compression, in current blocks and the current schema.
 */
#include <stdio.h>

#include "common/exit.h"
#include "common/options.h"
#include "formats/copy.h"

struct options {
	const char *compress;
	uint64_t level;
	bool raw;
};

static const struct hc_option table[] = {
	{ 'z', "compress", "METHOD", "zstd, gzip or none; without it the name of OUT decides: .zst, .gz, else none",
	  HC_OPTION_STRING, offsetof(struct options, compress) },
	{ 'l', "level", "N", "compression level: 1 to 19 for zstd (default 3), 1 to 9 for gzip (default 6)", HC_OPTION_U64,
	  offsetof(struct options, level), 1, 19 },
	{ 'R', "raw", NULL, "keep old events as they are instead of converting them to the current schema", HC_OPTION_FLAG,
	  offsetof(struct options, raw) },
	HC_OPTION_END,
};

static int run(int argc, char **argv);

const struct hc_command hc_cmd_convert = {
	"convert",
	"[OPTION]... IN OUT",
	"rewrite a capture: compression, current format",
	"IN is a capture (plain, gzip or zstd), '-' for standard input, or ARCHIVE:MEMBER. OUT is written under a\n"
	"temporary name and put in its place when it is complete; '-' is standard output.\n"
	"\n"
	"Old block versions become current ones, and old events current events, as any reader of today sees them.\n"
	"Plain and gzip captures can be read by Falco, sysdig and Stratoshark; zstd by hindcast and 'zstd -dc'.\n"
	"\n"
	"The exit code is 4 if IN is damaged: what is readable was written.",
	table,
	run,
};

static int run(int argc, char **argv)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	struct hc_copy copy = { .command = "convert" };
	struct hc_writer_options writing = { .background = true };
	struct hc_reader_options reading = { 0 };
	struct options o = { 0 };
	struct hc_diag diag;
	int n = 0, status = 0, r;

	if (hc_options_parse(&hc_cmd_convert, argc, argv, &o, &n, &status))
		return status;
	if (n != 2) {
		fprintf(stderr, "hindcast convert: one input and one output are needed. Try 'hindcast convert --help'.\n");
		return HC_EXIT_USAGE;
	}
	if (hc_output_compression(o.compress, argv[2], &writing.compress) < 0) {
		fprintf(stderr, "hindcast convert: unknown compression '%s'; expected zstd, gzip or none\n", o.compress);
		return HC_EXIT_USAGE;
	}
	if (writing.compress == HC_COMPRESS_GZIP && o.level > 9) {
		fprintf(stderr, "hindcast convert: gzip has levels 1 to 9\n");
		return HC_EXIT_USAGE;
	}
	writing.level = (int)o.level;
	reading.raw = o.raw;
	r = hc_reader_open(&reader, argv[1], &reading, &diag);
	if (r) {
		hc_copy_complain(&copy, &diag);
		return r < 0 ? HC_EXIT_FAIL : HC_EXIT_DAMAGED;
	}
	r = hc_output_open(&copy.output, argv[2], &writing, &diag);
	if (r) {
		hc_copy_complain(&copy, &diag);
		return HC_EXIT_FAIL;
	}
	hc_progress_init(&copy.progress, "converting", true);
	return hc_copy_finish(&copy, hc_copy_all(&copy, reader));
}
