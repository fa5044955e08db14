/* SPDX-License-Identifier: Apache-2.0
 *
 * Archives loaded whole: what is in a good one, and every way a hostile one is refused, by the member's name.
 */
#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <string.h>

#include "common/buf.h"
#include "common/mem.h"
#include "formats/reader.h"
#include "formats/unarchive.h"

/* ---- making archives ---- */

static la_ssize_t to_buf(struct archive *a, void *ctx, const void *p, size_t len)
{
	hc_buf_put(ctx, p, len);
	return (la_ssize_t)len;
}

static struct archive *writer(struct hc_buf *to, bool zip, bool zstd)
{
	struct archive *a = archive_write_new();

	if (zip)
		archive_write_set_format_zip(a);
	else
		archive_write_set_format_gnutar(a);
	if (zstd)
		archive_write_add_filter_zstd(a);
	archive_write_set_bytes_in_last_block(a, 1);
	cr_assert_eq(archive_write_open(a, to, NULL, to_buf, NULL), ARCHIVE_OK);
	return a;
}

static void add(struct archive *a, const char *name, unsigned type, const char *link, const void *p, size_t len)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, 0644);
	if (type == AE_IFLNK)
		archive_entry_set_symlink(e, link);
	else if (link)
		archive_entry_set_hardlink(e, link);
	else if (type == AE_IFREG)
		archive_entry_set_size(e, (la_int64_t)len);
	cr_assert_geq(archive_write_header(a, e), ARCHIVE_WARN, "%s: %s", name, archive_error_string(a));
	if (len)
		cr_assert_eq(archive_write_data(a, p, len), (la_ssize_t)len);
	archive_entry_free(e);
}

static void end(struct archive *a)
{
	cr_assert_eq(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
}

static int load(const struct hc_buf *b, struct hc_archive **ret, struct hc_diag *diag)
{
	return hc_archive_load(ret, hc_source_new_memory(b->p, b->len), "x.tar", diag);
}

/* ---- good ones ---- */

static void check_good(bool zip, bool zstd)
{
	HC_CLEANUP(hc_archive_free) struct hc_archive *archive = NULL;
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct archive *a = writer(&b, zip, zstd);
	const struct hc_archive_member *m;
	struct hc_diag diag;

	add(a, "./", AE_IFDIR, NULL, NULL, 0);
	add(a, "./rules/", AE_IFDIR, NULL, NULL, 0);
	add(a, "./rules/b.yaml", AE_IFREG, NULL, "bb", 2);
	add(a, "rules/a.yaml", AE_IFREG, NULL, "a", 1);
	add(a, "empty", AE_IFREG, NULL, NULL, 0);
	end(a);
	cr_assert_eq(load(&b, &archive, &diag), 0, "%s", diag.text);
	cr_assert_eq(archive->n, 3);
	cr_expect_eq(archive->bytes, 3);
	cr_expect_str_eq(archive->members[0].name, "empty");
	cr_expect_str_eq(archive->members[1].name, "rules/a.yaml");
	cr_expect_str_eq(archive->members[2].name, "rules/b.yaml");
	m = hc_archive_get(archive, "rules/b.yaml");
	cr_assert_not_null(m);
	cr_expect_eq(m->len, 2);
	cr_expect_str_eq((const char *)m->p, "bb", "a NUL stands behind the bytes");
	cr_expect_null(hc_archive_get(archive, "rules"));
}

Test(unarchive, members_come_sorted_by_name)
{
	check_good(false, false);
	check_good(false, true);
	check_good(true, false);
}

/* ---- hostile ones ---- */

static void expect_refused(const struct hc_buf *b, const char *text)
{
	struct hc_archive *archive;
	struct hc_diag diag;

	cr_assert_eq(load(b, &archive, &diag), HC_READ_UNSUPPORTED, "expected: %s", text);
	cr_expect_str_eq(diag.text, text);
	cr_expect_str_eq(diag.file, "x.tar");
}

static void expect_one_refused(const char *name, unsigned type, const char *link, const char *text)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct archive *a = writer(&b, false, false);

	add(a, "good", AE_IFREG, NULL, "x", 1);
	add(a, name, type, link, NULL, 0);
	end(a);
	expect_refused(&b, text);
}

Test(unarchive, refuses_names_that_lead_elsewhere)
{
	char longest[HC_ARCHIVE_NAME_MAX + 2];

	expect_one_refused("../x", AE_IFREG, NULL, "refused: member '../x' climbs out with '..'");
	expect_one_refused("a/../../x", AE_IFREG, NULL, "refused: member 'a/../../x' climbs out with '..'");
	expect_one_refused("..", AE_IFDIR, NULL, "refused: member '..' climbs out with '..'");
	expect_one_refused("/etc/x", AE_IFREG, NULL, "refused: member '/etc/x' has an absolute path");
	expect_one_refused("a//x", AE_IFREG, NULL, "refused: member 'a//x' has an empty component in its path");
	expect_one_refused("a/./x", AE_IFREG, NULL, "refused: member 'a/./x' has a '.' in its path");
	expect_one_refused("a\nb", AE_IFREG, NULL,
			   "refused: member 'a\\x0ab' has control characters in its name, or bytes beyond ASCII");
	expect_one_refused("\xc3\xa4", AE_IFREG, NULL,
			   "refused: member '\\xc3\\xa4' has control characters in its name, or bytes beyond ASCII");
	expect_one_refused("\xff\xfe", AE_IFREG, NULL,
			   "refused: member '\\xff\\xfe' has control characters in its name, or bytes beyond ASCII");
	expect_one_refused("C:\\x", AE_IFREG, NULL, "refused: member 'C:\\x' has a character in its name that is none on every "
						    "system (one of \\ : * ? \" < > |)");
	expect_one_refused("a. /x", AE_IFREG, NULL,
			   "refused: member 'a. /x' has a component that begins or ends with a blank, or ends with a dot");
	memset(longest, 'n', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	cr_expect_str_eq(hc_archive_name_problem(longest), "has a name longer than 255 bytes");
	longest[HC_ARCHIVE_NAME_MAX] = '\0';
	cr_expect_null(hc_archive_name_problem(longest));
	cr_expect_str_eq(hc_archive_name_problem(""), "has no name");
	cr_expect_str_eq(hc_archive_name_problem("a/"), "has an empty component in its path");
	cr_expect_str_eq(hc_archive_name_problem("a/.git/config"), "has a component that begins with a dot");
	cr_expect_null(hc_archive_name_problem("a..b/c d/e-1_2+3.x"));
}

Test(unarchive, refuses_what_is_no_regular_file)
{
	expect_one_refused("l", AE_IFLNK, "/etc/shadow", "refused: member 'l' is a symbolic link");
	expect_one_refused("h", AE_IFREG, "good", "refused: member 'h' is a hard link");
	expect_one_refused("c", AE_IFCHR, NULL, "refused: member 'c' is a device");
	expect_one_refused("b", AE_IFBLK, NULL, "refused: member 'b' is a device");
	expect_one_refused("p", AE_IFIFO, NULL, "refused: member 'p' is a named pipe");
}

Test(unarchive, refuses_names_that_fall_together)
{
	expect_one_refused("good", AE_IFREG, NULL, "refused: member 'good' comes twice (letter case aside)");
	expect_one_refused("GOOD", AE_IFREG, NULL, "refused: member 'good' comes twice (letter case aside)");
	expect_one_refused("good/x", AE_IFREG, NULL, "refused: member 'good/x' is in a directory that is a file as well");
	expect_one_refused("GOOD/x", AE_IFREG, NULL, "refused: member 'good' is a directory as well");
}

Test(unarchive, refuses_bombs)
{
	struct hc_buf many HC_BUF_DONE = { 0 }, zeros HC_BUF_DONE = { 0 };
	struct archive *a = writer(&many, false, true);
	char *block = hc_calloc(1, 20 << 20);

	for (int i = 0; i <= HC_ARCHIVE_MEMBERS_MAX; i++) {
		char name[16];

		snprintf(name, sizeof name, "f%d", i);
		add(a, name, AE_IFREG, NULL, NULL, 0);
	}
	end(a);
	expect_refused(&many, "refused: more than 4096 members");
	a = writer(&zeros, false, true);
	add(a, "zeros", AE_IFREG, NULL, block, 20 << 20);
	end(a);
	expect_refused(&zeros, "refused: member 'zeros' unpacks to more than 500 times what is stored");
	free(block);
}

Test(unarchive, refuses_compression_in_compression)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct archive *a = archive_write_new();

	archive_write_set_format_ustar(a);
	archive_write_add_filter_gzip(a);
	archive_write_add_filter_zstd(a);
	archive_write_set_bytes_in_last_block(a, 1);
	cr_assert_eq(archive_write_open(a, &b, NULL, to_buf, NULL), ARCHIVE_OK);
	add(a, "x", AE_IFREG, NULL, "x", 1);
	end(a);
	expect_refused(&b, "refused: member 'x' is compressed more than once");
}

Test(unarchive, says_what_is_damaged)
{
	struct hc_archive *archive;
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct archive *a = writer(&b, false, false);
	struct hc_diag diag;

	cr_expect_eq(hc_archive_load(&archive, hc_source_new_memory("hello", 5), "x", &diag), HC_READ_UNSUPPORTED);
	add(a, "x", AE_IFREG, NULL, "0123456789", 10);
	add(a, "y", AE_IFREG, NULL, "0123456789", 10);
	end(a);
	b.len = 512 + 5;
	cr_expect_eq(load(&b, &archive, &diag), HC_READ_TRUNCATED);
	cr_expect_eq(strncmp(diag.text, "damaged in member 'x': ", 23), 0, "%s", diag.text);
}

/* What stands behind the end of a tar is nowhere listed, and other readers pass over it: a place to hide things. */
Test(unarchive, nothing_hides_behind_the_end)
{
	static const char junk[] = "no tar at all, but something somebody wants to have carried";

	for (int zstd = 0; zstd < 2; zstd++) {
		HC_CLEANUP(hc_archive_free) struct hc_archive *archive = NULL;
		struct hc_buf b HC_BUF_DONE = { 0 };
		struct archive *a = writer(&b, false, zstd);
		struct hc_diag diag;
		size_t whole;

		add(a, "x", AE_IFREG, NULL, "x", 1);
		end(a);
		whole = b.len;
		a = writer(&b, false, zstd);
		add(a, "y", AE_IFREG, NULL, "y", 1);
		end(a);
		cr_assert_eq(load(&b, &archive, &diag), 0, "%s", diag.text);
		cr_expect_eq(archive->n, 2, "a second tar's members are members");
		archive = hc_archive_free(archive);

		b.len = whole;
		a = archive_write_new();
		archive_write_set_format_raw(a);
		if (zstd)
			archive_write_add_filter_zstd(a);
		archive_write_set_bytes_in_last_block(a, 1);
		cr_assert_eq(archive_write_open(a, &b, NULL, to_buf, NULL), ARCHIVE_OK);
		add(a, "junk", AE_IFREG, NULL, junk, sizeof junk);
		end(a);
		cr_expect_eq(load(&b, &archive, &diag), HC_READ_TRUNCATED);
		cr_expect_eq(strncmp(diag.text, "damaged behind member 1: ", 25), 0, "%s", diag.text);
	}
}

/* Cut anywhere, it is loaded in part by nobody: an outcome, or all of a shorter archive that is sound. */
Test(unarchive, any_cut_is_an_outcome)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct archive *a = writer(&b, false, true);
	size_t whole;

	add(a, "a", AE_IFREG, NULL, "aaaa", 4);
	add(a, "b/c", AE_IFREG, NULL, "cc", 2);
	end(a);
	whole = b.len;
	for (b.len = 0; b.len < whole; b.len++) {
		HC_CLEANUP(hc_archive_free) struct hc_archive *archive = NULL;
		struct hc_diag diag;
		int r = load(&b, &archive, &diag);

		cr_assert(r == HC_READ_UNSUPPORTED || r == HC_READ_TRUNCATED || r == 0, "%zu: %d", b.len, r);
		cr_assert(r || archive->n <= 2);
	}
}
