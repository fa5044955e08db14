/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast verify: is a bundle what its manifest, and whoever signed it, says it is?
 */
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit.h"
#include "common/file.h"
#include "common/options.h"
#include "formats/info.h"
#include "samples/bundle.h"
#include "samples/manifest.h"
#include "samples/sign.h"

#define COMMAND "hindcast verify"

enum { BUNDLE_FILE_MAX = HC_ARCHIVE_BYTES_MAX + (64 << 20) };

struct options {
	const char *key, *signature;
	bool quiet;
};

static const struct hc_option table[] = {
	{ 'k', "key", "PUBLIC", "the signature must be this key's: an Ed25519 public key in PEM", HC_OPTION_STRING,
	  offsetof(struct options, key) },
	{ 0, "signature", "FILE", "the signature; default: BUNDLE.sig", HC_OPTION_STRING, offsetof(struct options, signature) },
	{ 'q', "quiet", NULL, "print only what is wrong", HC_OPTION_FLAG, offsetof(struct options, quiet) },
	HC_OPTION_END,
};

static int run(int argc, char **argv);

const struct hc_command hc_cmd_verify = {
	"verify",
	"[OPTION]... BUNDLE",
	"check a bundle: hashes, captures, signature",
	"A line for each member: ok or BAD, size, SHA-256, name. Checked are the archive itself, each member against the\n"
	"manifest, that nothing is missing or added, that the captures read to their ends as the manifest says, and, with --key,\n"
	"the signature. Without --key whoever can change a member can change the manifest as well.\n"
	"\n"
	"A signature is 64 raw bytes, so this does the same:\n"
	"  openssl pkeyutl -verify -pubin -inkey PUBLIC -rawin -in BUNDLE -sigfile BUNDLE.sig\n"
	"\n"
	"Exit code: 0 all is well, 1 could not be checked (a missing file), 2 usage, 4 something is wrong.",
	table,
	run,
};

struct job {
	struct options o;
	const char *path;
	struct hc_buf bytes;
	struct hc_bundle bundle;
	unsigned problems;
};

static int complain(int r, const struct hc_diag *diag)
{
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];

	fprintf(stderr, COMMAND ": %s\n", hc_diag_format(diag, text, sizeof text));
	return r < 0 ? HC_EXIT_FAIL : HC_EXIT_DAMAGED;
}

/* ---- members ---- */

static const json_t *row_of(const json_t *rows, const char *key, const char *name)
{
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const char *s = json_string_value(json_object_get(json_array_get(rows, i), key));

		if (s && !strcmp(s, name))
			return json_array_get(rows, i);
	}
	return NULL;
}

/* A capture against what the manifest says of it; NULL: agrees. */
static const char *capture_problem(const struct job *job, const struct hc_archive_member *m, struct hc_diag *diag)
{
	const json_t *row = row_of(json_object_get(job->bundle.manifest, "captures"), "member", m->name);
	struct hc_info info;
	bool same, sound;

	if (!row)
		return strstr(m->name, ".scap") ? "is a capture that the manifest does not describe" : NULL;
	if (hc_info_read_memory(&info, m->p, m->len, m->name, diag))
		return diag->text;
	same = (json_int_t)info.stats.events == json_integer_value(json_object_get(row, "events"));
	sound = hc_info_is_sound(&info);
	hc_info_done(&info);
	if (!sound && !json_is_false(json_object_get(row, "sound")))
		return "is a damaged capture; the manifest says that it is sound";
	return same ? NULL : "has another number of events than the manifest says";
}

static void print_member(void *ctx, const char *name, const struct hc_archive_member *m, const char *problem)
{
	struct job *job = ctx;
	const json_t *row = row_of(json_object_get(job->bundle.manifest, "members"), "name", name);
	const char *sha256 = json_string_value(json_object_get(row, "sha256"));
	struct hc_diag diag;
	char shown[512];

	hc_archive_name_show(name, shown, sizeof shown);
	if (!problem) {
		problem = capture_problem(job, m, &diag);
		job->problems += problem != NULL;
	}
	if (problem)
		printf("BAD  %s %s\n", shown, problem);
	else if (!job->o.quiet)
		printf("ok   %10zu  %s  %s\n", m->len, sha256, shown);
}

static void print_captures(const struct job *job)
{
	const json_t *captures = json_object_get(job->bundle.manifest, "captures");

	for (size_t i = 0; i < json_array_size(captures); i++) {
		const json_t *c = json_array_get(captures, i);
		const char *name = json_string_value(json_object_get(c, "member"));
		char shown[512];

		/* Not of this bundle: the manifest may say anything. */
		if (!name || !hc_archive_get(job->bundle.archive, name))
			continue;
		printf("     %s: %lld events, %lld lost%s\n", hc_archive_name_show(name, shown, sizeof shown),
		       (long long)json_integer_value(json_object_get(c, "events")),
		       (long long)json_integer_value(json_object_get(c, "lost")),
		       json_is_false(json_object_get(c, "sound")) ? ", damaged" : "");
	}
}

/* ---- the signature ---- */

static int check_signature(struct job *job)
{
	struct hc_buf path HC_BUF_DONE = { 0 }, signature HC_BUF_DONE = { 0 };
	uint8_t public[HC_SIGN_KEY_SIZE];
	struct hc_diag diag;
	int r;

	if (job->o.signature)
		hc_buf_puts(&path, job->o.signature);
	else
		hc_buf_printf(&path, "%s.sig", job->path);
	if (!job->o.key) {
		if (!job->o.quiet && access(path.p, F_OK) == 0)
			printf("     signature: not checked, there was no --key (%s)\n", path.p);
		return 0;
	}
	r = hc_sign_load_public(public, job->o.key, &diag);
	if (!r)
		r = hc_file_read(&signature, path.p, 4096, &diag);
	if (r)
		return complain(r, &diag);
	if (signature.len != HC_SIGN_SIZE ||
	    !hc_sign_check(public, job->bytes.p, job->bytes.len, (const uint8_t *)signature.p)) {
		printf("BAD  signature: %s\n", signature.len != HC_SIGN_SIZE ? "is not 64 bytes long"
						       : "not made by this key for these bytes");
		job->problems++;
	} else if (!job->o.quiet) {
		printf("ok   signature\n");
	}
	return 0;
}

static int verify(struct job *job)
{
	const struct hc_archive_member *m;
	struct hc_diag diag;
	int r = hc_file_read(&job->bytes, job->path, BUNDLE_FILE_MAX, &diag), status;

	if (r)
		return complain(r, &diag);
	/* First of all: what is not signed is not worth looking into. */
	status = check_signature(job);
	if (status)
		return status;
	r = hc_archive_load(&job->bundle.archive, hc_source_new_memory(job->bytes.p, job->bytes.len), job->path, &diag);
	if (r)
		return complain(r, &diag);
	m = hc_archive_get(job->bundle.archive, HC_BUNDLE_MANIFEST);
	if (!m) {
		fprintf(stderr, COMMAND ": %s: no " HC_BUNDLE_MANIFEST " in it: an archive, but no bundle\n", job->path);
		return HC_EXIT_DAMAGED;
	}
	r = hc_manifest_parse(&job->bundle.manifest, m, job->path, &diag);
	if (r)
		return complain(r, &diag);
	job->problems += hc_manifest_check(job->bundle.manifest, job->bundle.archive, print_member, job);
	if (job->problems) {
		printf("%s: %u %s\n", job->path, job->problems, job->problems == 1 ? "thing is wrong" : "things are wrong");
		return HC_EXIT_DAMAGED;
	}
	if (!job->o.quiet)
		print_captures(job);
	return HC_EXIT_OK;
}

static int run(int argc, char **argv)
{
	struct job job = { 0 };
	int n = 0, status = 0;

	if (hc_options_parse(&hc_cmd_verify, argc, argv, &job.o, &n, &status))
		return status;
	if (n != 1) {
		fprintf(stderr, COMMAND ": which bundle? Try '" COMMAND " --help'.\n");
		return HC_EXIT_USAGE;
	}
	job.path = argv[1];
	status = verify(&job);
	hc_archive_free(job.bundle.archive);
	json_decref(job.bundle.manifest);
	hc_buf_done(&job.bytes);
	return status;
}
