/* SPDX-License-Identifier: Apache-2.0
 *
 * The thin front: `hindcast X` runs the subcommand X. It knows the commands only as rows of commands.def. The
 * recorder is its own executable, so that nothing else links libbpf or ever needs privileges.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/exit.h"
#include "common/file.h"
#include "common/options.h"
#include "config.h"

#define HC_COMMAND(name, object) extern const struct hc_command hc_cmd_##object;
#include "common/commands.def"
#undef HC_COMMAND

static const struct hc_command *const commands[] = {
#define HC_COMMAND(name, object) &hc_cmd_##object,
#include "common/commands.def"
#undef HC_COMMAND
	NULL,
};

static void help(void)
{
	printf("Usage: hindcast COMMAND [ARGUMENT]...\n\n"
	       "Records what a Linux host does, and runs Falco rules over the record as often as you like.\n\n"
	       "  %-10s %s\n", "record", "record this host into a capture file (needs root)");
	for (const struct hc_command *const *c = commands; *c; c++)
		printf("  %-10s %s\n", (*c)->name, (*c)->summary);
	printf("\n'hindcast COMMAND --help' tells more. Version " HC_VERSION ".\n");
}

/* Replaces this process by hindcast-record: beside this executable (build tree), else in its installed place. */
static int exec_recorder(char **argv)
{
	char self[4096], path[sizeof self + 32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	char *slash;

	if (n > 0) {
		self[n] = '\0';
		slash = strrchr(self, '/');
		if (slash) {
			*slash = '\0';
			snprintf(path, sizeof path, "%s/record/hindcast-record", self);
			if (access(path, X_OK))
				snprintf(path, sizeof path, "%s/hindcast-record", self);
			execv(path, argv);
		}
	}
	execv(HC_LIBEXECDIR "/hindcast-record", argv);
	fprintf(stderr, "hindcast: cannot run the recorder, " HC_LIBEXECDIR "/hindcast-record: %s%s\n", strerror(errno),
		n <= 0 ? "\nIt is looked for beside this program, too, but that needs /proc: mount -t proc proc /proc" :
		errno == ENOENT ? "\nThis hindcast was built without it (-Dbpf=disabled); it can still replay captures." : "");
	return HC_EXIT_FAIL;
}

static int unknown(const char *word)
{
	const char *names[64] = { "record" }, *near;
	size_t n = 1;

	for (const struct hc_command *const *c = commands; *c && n < 63; c++)
		names[n++] = (*c)->name;
	names[n] = NULL;
	near = hc_nearest(word, names);
	fprintf(stderr, "hindcast: unknown command '%s'", word);
	if (near)
		fprintf(stderr, "; did you mean '%s'?", near);
	fprintf(stderr, "\nTry 'hindcast --help'.\n");
	return HC_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static char help_option[] = "--help";

	hc_file_hold_standard();
	if (argc < 2) {
		help();
		return HC_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("hindcast " HC_VERSION "\n");
		return HC_EXIT_OK;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		help();
		return HC_EXIT_OK;
	}
	if (!strcmp(argv[1], "help")) {
		if (argc == 2) {
			help();
			return HC_EXIT_OK;
		}
		argv[1] = argv[2];
		argv[2] = help_option;
	}
	if (!strcmp(argv[1], "record"))
		return exec_recorder(argv + 1);
	for (const struct hc_command *const *c = commands; *c; c++)
		if (!strcmp((*c)->name, argv[1])) {
			int status = (*c)->run(argc - 1, argv + 1);

			if (fflush(stdout) || ferror(stdout)) {
				fprintf(stderr, "hindcast %s: cannot write to standard output: %s\n", (*c)->name, strerror(errno));
				return status ? status : HC_EXIT_FAIL;
			}
			return status;
		}
	return unknown(argv[1]);
}
