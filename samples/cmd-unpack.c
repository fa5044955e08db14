/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast unpack: a bundle becomes a directory, after everything in it was checked.
 */
#include <stdio.h>

#include "common/exit.h"
#include "common/options.h"
#include "samples/bundle.h"
#include "samples/folder.h"

#define COMMAND "hindcast unpack"

struct options {
	bool quiet;
};

static const struct hc_option table[] = {
	{ 'q', "quiet", NULL, "say nothing where nothing is wrong", HC_OPTION_FLAG, offsetof(struct options, quiet) },
	HC_OPTION_END,
};

static int run(int argc, char **argv);

const struct hc_command hc_cmd_unpack = {
	"unpack",
	"[OPTION]... BUNDLE DIR",
	"take a bundle apart, into a new directory",
	"DIR must not exist: nothing is overwritten, nothing is written outside of it, and it appears only when all of it is\n"
	"there. A bundle that is damaged, does not agree with its manifest, or holds what no bundle should (paths that lead\n"
	"elsewhere, links, devices, names that fall together, more than 4,096 members or 512 MiB) is refused with the\n"
	"member's name. 'hindcast pack DIR OUT' makes the same bundle again.\n"
	"\n"
	"Exit code: 0 unpacked, 1 could not, 2 usage, 4 refused.",
	table,
	run,
};

static int complain(int r, const struct hc_diag *diag)
{
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];

	fprintf(stderr, COMMAND ": %s\n", hc_diag_format(diag, text, sizeof text));
	return r < 0 ? HC_EXIT_FAIL : HC_EXIT_DAMAGED;
}

static int run(int argc, char **argv)
{
	HC_CLEANUP(hc_bundle_close) struct hc_bundle *bundle = NULL;
	struct options o = { 0 };
	struct hc_diag diag;
	int n = 0, status = 0, r;

	if (hc_options_parse(&hc_cmd_unpack, argc, argv, &o, &n, &status))
		return status;
	if (n != 2) {
		fprintf(stderr, COMMAND ": a bundle and the directory to make are needed. Try '" COMMAND " --help'.\n");
		return HC_EXIT_USAGE;
	}
	r = hc_bundle_open(&bundle, argv[1], &diag);
	if (r)
		return complain(r, &diag);
	if (!bundle->manifest) {
		fprintf(stderr, COMMAND ": %s: no " HC_BUNDLE_MANIFEST " in it: an archive, but no bundle\n", argv[1]);
		return HC_EXIT_DAMAGED;
	}
	r = hc_folder_make(argv[2], bundle->archive, &diag);
	if (r)
		return complain(r, &diag);
	if (!o.quiet)
		fprintf(stderr, COMMAND ": %u members, %.1f KiB, in %s\n", bundle->archive->n,
			(double)bundle->archive->bytes / 1024, argv[2]);
	return HC_EXIT_OK;
}
