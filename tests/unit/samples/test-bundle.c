/* SPDX-License-Identifier: Apache-2.0
 *
 * Bundles: packed, opened, tampered with, unpacked.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "common/file.h"
#include "common/mem.h"
#include "formats/reader.h"
#include "samples/bundle.h"
#include "samples/folder.h"
#include "samples/pack.h"

static char dir[] = "/tmp/hc-bundle-XXXXXX";

static void make_dir(void)
{
	cr_assert_not_null(mkdtemp(dir));
}

static void remove_dir(void)
{
	char cmd[64];

	snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
	cr_assert_eq(system(cmd), 0);
}

TestSuite(bundle, .init = make_dir, .fini = remove_dir);

static const char *path_of(const char *name)
{
	static char paths[4][256];
	static int i;

	i = (i + 1) % 4;
	snprintf(paths[i], sizeof paths[i], "%s/%s", dir, name);
	return paths[i];
}

static void add(struct hc_archive *a, const char *name, const char *text)
{
	struct hc_buf b = { 0 };

	hc_buf_puts(&b, text);
	hc_archive_add(a, name, &b);
}

/* Some members, in an order of choice. */
static struct hc_archive *members(bool backwards)
{
	static const char *const rows[][2] = {
		{ "bundle.yaml", "title: A test\ntechniques: [T1059.004]\nlicense: Apache-2.0\n" },
		{ "notes.txt", "" },
		{ "rules/a.yaml", "[]\n" },
		{ "rules/b.test.yaml", "tests: []\n" },
		{ "rules/deep/b.yml", "[]\n" },
		{ "tests/x.test.yaml", "rules: ../rules/a.yaml\n" },
	};
	struct hc_archive *a = hc_calloc(1, sizeof *a);
	size_t n = sizeof rows / sizeof *rows;
	struct hc_diag diag;

	for (size_t i = 0; i < n; i++)
		add(a, rows[backwards ? n - 1 - i : i][0], rows[backwards ? n - 1 - i : i][1]);
	cr_assert_eq(hc_archive_seal(a, "x", &diag), 0);
	return a;
}

static void pack(struct hc_buf *to, bool backwards)
{
	HC_CLEANUP(hc_archive_free) struct hc_archive *a = members(backwards);
	struct hc_diag diag;

	cr_assert_eq(hc_pack(to, a, "x", &diag), 0, "%s", diag.text);
}

static int reopen(const struct hc_buf *b, struct hc_bundle **ret, struct hc_diag *diag)
{
	return hc_bundle_open_source(ret, hc_source_new_memory(b->p, b->len), "x.tar.zst", diag);
}

Test(bundle, the_same_members_give_the_same_bytes)
{
	struct hc_buf a HC_BUF_DONE = { 0 }, b HC_BUF_DONE = { 0 };

	pack(&a, false);
	pack(&b, true);
	cr_assert_eq(a.len, b.len);
	cr_expect_arr_eq(a.p, b.p, a.len);
}

Test(bundle, opens_with_its_manifest)
{
	HC_CLEANUP(hc_bundle_close) struct hc_bundle *bundle = NULL;
	struct hc_buf b HC_BUF_DONE = { 0 };
	const struct hc_archive_member *m;
	struct hc_diag diag;

	pack(&b, false);
	cr_assert_eq(reopen(&b, &bundle, &diag), 0, "%s", diag.text);
	cr_assert_not_null(bundle->manifest);
	cr_expect_str_eq(json_string_value(json_object_get(bundle->manifest, "title")), "A test");
	cr_expect_eq(json_array_size(json_object_get(bundle->manifest, "members")), 6);
	cr_expect_eq(json_array_size(json_object_get(bundle->manifest, "captures")), 0);
	cr_expect_str_eq(hc_bundle_resolve(bundle, "tests/x.test.yaml", "../rules/a.yaml")->name, "rules/a.yaml");
	cr_expect_str_eq(hc_bundle_resolve(bundle, NULL, "./rules//deep/../a.yaml")->name, "rules/a.yaml");
	cr_expect_null(hc_bundle_resolve(bundle, "tests/x.test.yaml", "../../x"), "leads outside");
	cr_expect_null(hc_bundle_resolve(bundle, "tests/x.test.yaml", "/rules/a.yaml"));
	cr_expect_null(hc_bundle_resolve(bundle, NULL, "rules"));
	m = hc_bundle_next(bundle, NULL, "", HC_INSIDE_TEST_SUFFIX);
	cr_expect_str_eq(m->name, "rules/b.test.yaml");
	m = hc_bundle_next(bundle, m, "", HC_INSIDE_TEST_SUFFIX);
	cr_expect_str_eq(m->name, "tests/x.test.yaml");
	cr_expect_null(hc_bundle_next(bundle, m, "", HC_INSIDE_TEST_SUFFIX));
	cr_expect(hc_inside_is_rules("rules/a.yaml"));
	cr_expect(hc_inside_is_rules("rules/deep/b.yml"));
	cr_expect_not(hc_inside_is_rules("rules/b.test.yaml"));
	cr_expect_not(hc_inside_is_rules("bundle.yaml"));
}

/* A bundle whose tar had one text exchanged for another of the same length. */
static void tamper(const char *what, const char *by, const char *expected)
{
	struct hc_buf b HC_BUF_DONE = { 0 }, tar HC_BUF_DONE = { 0 };
	struct hc_bundle *bundle;
	struct hc_diag diag;
	size_t n;
	char *at;

	pack(&b, false);
	n = ZSTD_decompress(hc_buf_room(&tar, 1 << 20), 1 << 20, b.p, b.len);
	cr_assert_not(ZSTD_isError(n));
	tar.len = n;
	at = memmem(tar.p, tar.len, what, strlen(what));
	cr_assert_not_null(at);
	memcpy(at, by, strlen(by));
	cr_assert_eq(reopen(&tar, &bundle, &diag), HC_READ_UNSUPPORTED, "%s", expected);
	cr_expect_str_eq(diag.text, expected);
}

Test(bundle, does_not_open_when_tampered_with)
{
	tamper("rules: ../rules/a.yaml\n", "rules: ../rules/b.yaml\n",
	       "member 'tests/x.test.yaml' has another SHA-256 than the manifest says");
	tamper("\"name\": \"notes.txt\"", "\"name\": \"nodes.txt\"", "member 'nodes.txt' is missing: the manifest lists it");
	tamper("\"size\": 23", "\"size\": 24", "member 'tests/x.test.yaml' has another size than the manifest says");
	tamper("\"name\": \"notes.txt\"", "\"name\" : notes.txt\"", "manifest.json: invalid token near 'notes'");
	tamper("\"format\": \"hindcast-bundle\"", "\"format\": \"hindsight-bundl\"",
	       "manifest.json: is no manifest of a hindcast bundle");
	tamper("\"version\": 1,", "\"version\": 7,", "manifest.json: version 7; this hindcast knows bundles up to version 1");
}

Test(bundle, a_member_beside_the_manifest_is_one_too_many)
{
	HC_CLEANUP(hc_archive_free) struct hc_archive *a = members(false);
	struct hc_buf b HC_BUF_DONE = { 0 }, tar HC_BUF_DONE = { 0 };
	struct hc_bundle *bundle;
	struct hc_diag diag;
	size_t n;
	char *at;

	cr_assert_eq(hc_pack(&b, a, "x", &diag), 0);
	n = ZSTD_decompress(hc_buf_room(&tar, 1 << 20), 1 << 20, b.p, b.len);
	tar.len = n;
	/* Its row goes: blanks are as good as what they replace. */
	at = memmem(tar.p, tar.len, "    {\n      \"name\": \"notes.txt\"", 30);
	cr_assert_not_null(at);
	memset(at, ' ', (size_t)(strchr(at, '}') + 2 - at));
	cr_assert_eq(reopen(&tar, &bundle, &diag), HC_READ_UNSUPPORTED);
	cr_expect_str_eq(diag.text, "member 'notes.txt' is not in the manifest");
}

static void about_fails(const char *text, const char *expected, uint32_t line, uint32_t column)
{
	HC_CLEANUP(hc_archive_free) struct hc_archive *a = hc_calloc(1, sizeof *a);
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_diag diag;

	add(a, "bundle.yaml", text);
	cr_assert_eq(hc_pack(&b, a, "x", &diag), HC_READ_UNSUPPORTED, "%s", text);
	cr_expect_str_eq(diag.text, expected);
	cr_expect_str_eq(diag.file, "bundle.yaml");
	cr_expect_eq(diag.line, line, "%s: line %u", text, diag.line);
	cr_expect_eq(diag.column, column, "%s: column %u", text, diag.column);
}

Test(bundle, says_what_is_wrong_in_bundle_yaml)
{
	about_fails("titel: x\n", "unknown key 'titel'; did you mean title?", 1, 1);
	about_fails("kind: evil\n", "kind: expected attack or benign, not 'evil'", 1, 7);
	about_fails("title: x\ntechniques: [T1059, 1059]\n",
		    "techniques: '1059' is no MITRE ATT&CK technique, like T1059 or T1059.004", 2, 21);
	about_fails("techniques: T1059\n", "techniques: expected a list", 1, 13);
	about_fails("title: [x]\n", "title: expected a text", 1, 8);
	about_fails("- x\n", "expected one mapping: title: ..., license: ...", 1, 1);
}

Test(bundle, what_is_named_a_capture_must_be_one)
{
	HC_CLEANUP(hc_archive_free) struct hc_archive *a = hc_calloc(1, sizeof *a);
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_diag diag;

	add(a, "x.scap.zst", "no capture at all");
	cr_assert_eq(hc_pack(&b, a, "x", &diag), HC_READ_UNSUPPORTED);
	cr_expect_str_eq(diag.file, "x.scap.zst");
}

/* ---- directories ---- */

Test(bundle, unpacks_and_packs_to_the_same_bytes)
{
	HC_CLEANUP(hc_bundle_close) struct hc_bundle *bundle = NULL;
	HC_CLEANUP(hc_archive_free) struct hc_archive *again = NULL;
	struct hc_buf a HC_BUF_DONE = { 0 }, b HC_BUF_DONE = { 0 }, left_out HC_BUF_DONE = { 0 };
	struct hc_diag diag;
	struct stat st;

	pack(&a, false);
	cr_assert_eq(reopen(&a, &bundle, &diag), 0);
	umask(022);
	cr_assert_eq(hc_folder_make(path_of("out//"), bundle->archive, &diag), 0, "%s", diag.text);
	cr_assert_eq(stat(path_of("out/rules/deep/b.yml"), &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0644);
	cr_assert_eq(stat(path_of("out"), &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0755);
	cr_assert_eq(mkdir(path_of("out/.git"), 0700), 0);
	cr_assert_eq(chmod(path_of("out/notes.txt"), 0400), 0);
	cr_assert_eq(hc_folder_load(&again, path_of("out"), &left_out, &diag), 0, "%s", diag.text);
	cr_expect_str_eq(left_out.p, ".git\n");
	cr_assert_eq(hc_pack(&b, again, "x", &diag), 0);
	cr_assert_eq(a.len, b.len);
	cr_expect_arr_eq(a.p, b.p, a.len);
}

Test(bundle, unpacking_overwrites_nothing)
{
	HC_CLEANUP(hc_archive_free) struct hc_archive *a = members(false);
	struct hc_diag diag;
	struct stat st;

	cr_assert_eq(mkdir(path_of("there"), 0700), 0);
	cr_expect_eq(hc_folder_make(path_of("there"), a, &diag), -EEXIST, "not even an empty directory");
	cr_assert_eq(symlink("nowhere", path_of("link")), 0);
	cr_expect_eq(hc_folder_make(path_of("link"), a, &diag), -EEXIST);
	cr_expect_eq(hc_folder_make(path_of("no/such/place"), a, &diag), -ENOENT);
	cr_assert_eq(rmdir(path_of("there")), 0, "nothing was put into it");
	cr_expect_neq(stat(path_of("nowhere"), &st), 0);
}

Test(bundle, a_directory_with_what_no_bundle_holds_is_refused)
{
	HC_CLEANUP(hc_archive_free) struct hc_archive *a = NULL;
	struct hc_buf left_out HC_BUF_DONE = { 0 };
	struct hc_diag diag;

	cr_assert_eq(symlink("/etc/passwd", path_of("link")), 0);
	cr_expect_eq(hc_folder_load(&a, dir, &left_out, &diag), HC_READ_UNSUPPORTED);
	cr_expect_str_eq(diag.text, "'link' is a symbolic link; a bundle holds files");
	cr_assert_eq(unlink(path_of("link")), 0);
	cr_assert_eq(mkfifo(path_of("pipe"), 0600), 0);
	cr_expect_eq(hc_folder_load(&a, dir, &left_out, &diag), HC_READ_UNSUPPORTED);
	cr_expect_str_eq(diag.text, "'pipe' is no regular file");
	cr_assert_eq(unlink(path_of("pipe")), 0);
	cr_assert_eq(hc_file_write(path_of("a:b"), "", 0, 0600, &diag), 0);
	cr_expect_eq(hc_folder_load(&a, dir, &left_out, &diag), HC_READ_UNSUPPORTED);
	cr_assert_eq(unlink(path_of("a:b")), 0);
	cr_assert_eq(hc_file_write(path_of("a"), "", 0, 0600, &diag), 0);
	cr_assert_eq(hc_file_write(path_of("A"), "", 0, 0600, &diag), 0);
	cr_expect_eq(hc_folder_load(&a, dir, &left_out, &diag), HC_READ_UNSUPPORTED);
	cr_expect_str_eq(diag.text, "refused: member 'a' comes twice (letter case aside)");
}
