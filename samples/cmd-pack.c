/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast pack: a directory becomes a bundle.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/exit.h"
#include "common/file.h"
#include "common/options.h"
#include "formats/reader.h"
#include "samples/bundle.h"
#include "samples/folder.h"
#include "samples/pack.h"
#include "samples/sign.h"

#define COMMAND "hindcast pack"

struct options {
	struct hc_option_list rules;
	const char *key;
	bool quiet;
};

static const struct hc_option table[] = {
	{ 'r', "rules", "FILE", "put this rules file, or those of this directory, into the bundle's rules/; may be\nrepeated",
	  HC_OPTION_LIST, offsetof(struct options, rules) },
	{ 's', "sign", "KEY", "write a signature beside the bundle, OUT.sig, with an Ed25519 key in PEM",
	  HC_OPTION_STRING, offsetof(struct options, key) },
	{ 'q', "quiet", NULL, "say nothing where nothing is wrong", HC_OPTION_FLAG, offsetof(struct options, quiet) },
	HC_OPTION_END,
};

static int run(int argc, char **argv);

const struct hc_command hc_cmd_pack = {
	"pack",
	"[OPTION]... DIR OUT",
	"make a bundle: captures, rules and tests in one file",
	"All files below DIR go into OUT, a .tar.zst, but for those whose names begin with a dot: captures, rules (in rules/),\n"
	"tests (*.test.yaml), and what else belongs to the case. manifest.json in it lists them with their hashes, and says how\n"
	"each capture was recorded. A bundle.yaml in DIR may say more: title, description, kind (attack, benign), techniques\n"
	"(MITRE ATT&CK), references, license. The same files give the same bytes, whoever packs them wherever.\n"
	"\n"
	"Nothing is taken out: cut and redact come first. 'hindcast test OUT' and 'hindcast replay OUT' work on the bundle as\n"
	"it is. Keys are made by 'openssl genpkey -algorithm ed25519 -out KEY'; see 'hindcast verify --help' for the other side.\n"
	"\n"
	"Exit code: 0 packed, 1 could not, 2 usage, 4 something in DIR cannot be in a bundle, or is named .scap and is none.",
	table,
	run,
};

static int complain(int r, const struct hc_diag *diag)
{
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];

	fprintf(stderr, COMMAND ": %s\n", hc_diag_format(diag, text, sizeof text));
	return r < 0 ? HC_EXIT_FAIL : HC_EXIT_DAMAGED;
}

/* ---- rules from elsewhere ---- */

static int add_rules_file(struct hc_archive *archive, const char *path, struct hc_diag *diag)
{
	const char *slash = strrchr(path, '/'), *problem;
	struct hc_buf name HC_BUF_DONE = { 0 }, data HC_BUF_DONE = { 0 };
	const struct hc_archive_member *there = NULL;
	int r = hc_file_read(&data, path, HC_ARCHIVE_BYTES_MAX - archive->bytes, diag);

	if (r)
		return r;
	hc_buf_printf(&name, HC_INSIDE_RULES "%s", slash ? slash + 1 : path);
	problem = hc_archive_name_problem(name.p);
	if (problem)
		return hc_diag_set_off(diag, HC_READ_UNSUPPORTED, path, -1, "%s", problem);
	for (uint32_t i = 0; i < archive->n && !there; i++)
		there = strcmp(archive->members[i].name, name.p) ? NULL : &archive->members[i];
	if (there && (there->len != data.len || memcmp(there->p, data.p, data.len)))
		return hc_diag_set_off(diag, HC_READ_UNSUPPORTED, path, -1, "there is another file that would be %s", name.p);
	if (!there)
		hc_archive_add(archive, name.p, &data);
	return 0;
}

static int is_yaml(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return e->d_name[0] != '.' && dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

static int add_rules(struct hc_archive *archive, const char *path, struct hc_diag *diag)
{
	struct dirent **entries;
	struct stat st;
	int n, r = 0;

	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return add_rules_file(archive, path, diag);
	n = scandir(path, &entries, is_yaml, alphasort);
	if (n < 0)
		return hc_diag_set_off(diag, -errno, path, -1, "cannot read the directory: %m");
	for (int i = 0; i < n; i++) {
		struct hc_buf file HC_BUF_DONE = { 0 };

		hc_buf_printf(&file, "%s/%s", path, entries[i]->d_name);
		if (!r)
			r = add_rules_file(archive, file.p, diag);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* ---- the command ---- */

static void print_left_out(const struct hc_buf *left_out)
{
	for (const char *p = left_out->p, *end; p && *p; p = end + 1) {
		end = strchr(p, '\n');
		fprintf(stderr, COMMAND ": note: left out, its name begins with a dot: %.*s\n", (int)(end - p), p);
	}
}

static int sign(const struct hc_buf *packed, const uint8_t secret[HC_SIGN_KEY_SIZE], const char *out, struct hc_diag *diag)
{
	uint8_t signature[HC_SIGN_SIZE];
	struct hc_buf path HC_BUF_DONE = { 0 };

	hc_sign_make(signature, secret, packed->p, packed->len);
	hc_buf_printf(&path, "%s.sig", out);
	return hc_file_write(path.p, signature, sizeof signature, 0644, diag);
}

/* Damaged evidence can be worth sharing; who packs it should know. */
static void warn_damaged(const struct hc_archive *archive)
{
	const struct hc_archive_member *m = hc_archive_get(archive, HC_BUNDLE_MANIFEST);
	json_t *manifest = json_loadb((const char *)m->p, m->len, 0, NULL), *capture;
	size_t i;

	json_array_foreach(json_object_get(manifest, "captures"), i, capture)
		if (json_is_false(json_object_get(capture, "sound")))
			fprintf(stderr, COMMAND ": note: %s is damaged; its manifest says so\n",
				json_string_value(json_object_get(capture, "member")));
	json_decref(manifest);
}

static int pack(const struct options *o, const uint8_t secret[HC_SIGN_KEY_SIZE], const char *dir, const char *out)
{
	HC_CLEANUP(hc_archive_free) struct hc_archive *archive = NULL;
	struct hc_buf left_out HC_BUF_DONE = { 0 }, packed HC_BUF_DONE = { 0 };
	struct hc_diag diag;
	int r = hc_folder_load(&archive, dir, &left_out, &diag);

	for (size_t i = 0; !r && i < o->rules.n; i++)
		r = add_rules(archive, o->rules.items[i], &diag);
	if (!r && o->rules.n)
		r = hc_archive_seal(archive, dir, &diag);
	if (r)
		return complain(r, &diag);
	print_left_out(&left_out);
	r = hc_pack(&packed, archive, out, &diag);
	/* The signature first: a bundle with an old one beside it would look tampered with. */
	if (!r && secret)
		r = sign(&packed, secret, out, &diag);
	if (!r)
		r = hc_file_write(out, packed.p, packed.len, 0644, &diag);
	if (r)
		return complain(r, &diag);
	warn_damaged(archive);
	if (!o->quiet)
		fprintf(stderr, COMMAND ": %u members, %.1f KiB, as %.1f KiB in %s\n", archive->n, (double)archive->bytes / 1024,
			(double)packed.len / 1024, out);
	return HC_EXIT_OK;
}

static int run(int argc, char **argv)
{
	uint8_t secret[HC_SIGN_KEY_SIZE];
	struct options o = { 0 };
	struct hc_diag diag;
	int n = 0, status = 0;

	if (hc_options_parse(&hc_cmd_pack, argc, argv, &o, &n, &status))
		return status;
	if (n != 2) {
		fprintf(stderr, COMMAND ": a directory and the bundle to make are needed. Try '" COMMAND " --help'.\n");
		status = HC_EXIT_USAGE;
	} else if (o.key && !strcmp(argv[2], "-")) {
		fprintf(stderr, COMMAND ": --sign writes OUT.sig: OUT cannot be standard output\n");
		status = HC_EXIT_USAGE;
	} else if (o.key && hc_sign_load_secret(secret, o.key, &diag)) {
		status = complain(-1, &diag);
	} else {
		status = pack(&o, o.key ? secret : NULL, argv[1], argv[2]);
	}
	explicit_bzero(secret, sizeof secret);
	hc_options_done(&hc_cmd_pack, &o);
	return status;
}
