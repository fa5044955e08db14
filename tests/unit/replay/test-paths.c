/* SPDX-License-Identifier: Apache-2.0
 *
 * Path arithmetic: the verified table of state-engine.md 10.1 and the limits.
 */
#include <criterion/criterion.h>

#include "event-builder.h"
#include "replay/paths.h"

static const char *concat(const char *base, const char *path)
{
	static char buf[HC_PATH_SIZE];
	uint32_t n = hc_path_concat(buf, hc_str(base), hc_str(path));

	cr_assert_eq(n, strlen(buf), "length of %s + %s", base, path);
	return buf;
}

Test(paths, concat_agrees_with_the_verified_table)
{
	static const struct {
		const char *base, *path, *result;
	} rows[] = {
		{ "/a/b/", "c", "/a/b/c" }, { "/a/b/", "../c", "/a/c" }, { "/a/b/", "../../../c", "/c" },
		{ "/a/b/", "..", "/a" }, { "/a/b/", "../../..", "/" }, { "/a/b/", ".", "/a/b" },
		{ "/a/b/", "./c//d/", "/a/b/c/d" }, { "/a/b/", "c/..", "/a/b" }, { "/a/b/", "", "" },
		{ "/a/b/", "/x/../y", "/y" }, { "/a/b", "c", "/a/bc" }, { "/a/../b/", "c", "/a/../b/c" },
		{ "", "/x/./y//z/", "/x/y/z" }, { "", "x/../y", "y" }, { "", "../y", "y" }, { "", "/..", "/" },
		{ "", "//", "/" }, { "", "...", "..." }, { "./", "foo", "./foo" }, { "./", "../foo", "foo" },
		{ "<UNKNOWN>", "foo", "<UNKNOWN>foo" }, { "<UNKNOWN>", "../foo", "<UNKNOWN>../foo" },
		{ "<UNKNOWN>", "foo/../bar", "bar" }, { "/", "../foo", "/foo" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_str_eq(concat(rows[i].base, rows[i].path), rows[i].result, "%s + %s", rows[i].base, rows[i].path);
}

/* The short cut for paths without anything to normalise must see every place where there is something. */
Test(paths, concat_normalises_at_every_offset)
{
	for (int before = 0; before < 40; before++) {
		char path[80], want[80];

		memset(path, 'x', sizeof path);
		path[0] = '/';
		memcpy(want, path, sizeof path);
		strcpy(path + 1 + before, "/.//y");
		strcpy(want + 1 + before, before ? "/y" : "y");
		cr_expect_str_eq(concat("", path), want, "%d", before);
		strcpy(path + 1 + before, "/..");
		cr_expect_str_eq(concat("", path), "/", "%d", before);
	}
}

Test(paths, concat_refuses_what_is_too_long)
{
	char base[HC_PATH_SIZE + 1], path[HC_PATH_SIZE + 1];

	memset(base, 'b', sizeof base);
	memset(path, 'p', sizeof path);
	base[0] = '/';
	base[1000] = path[23] = '\0';
	cr_expect_eq(strlen(concat(base, path)), 1023);
	path[23] = 'p';
	path[24] = '\0';
	cr_expect_str_eq(concat(base, path), "/DIR_TOO_LONG/FILENAME_TOO_LONG");
	/* Counted although an absolute path drops the base. */
	path[0] = '/';
	cr_expect_str_eq(concat(base, path), "/DIR_TOO_LONG/FILENAME_TOO_LONG");
}

Test(paths, directory_fd_gives_the_base)
{
	struct world w = world_begin();
	char buf[HC_PATH_SIZE + 1];
	struct hc_thread *t;

	world_thread(&w, 10, 10, 1);
	world_fd(&w, 10, 3, HC_FD_DIRECTORY, "/etc");
	world_fd(&w, 10, 4, HC_FD_DIRECTORY, "/");
	world_fd(&w, 10, 5, HC_FD_FILE, "");
	world_load(&w);
	t = hc_state_find(w.state, 10);
	cr_expect(hc_str_is(hc_path_dirfd(t, 3, HC_STR("x"), buf), "/etc/"));
	cr_expect(hc_str_is(hc_path_dirfd(t, 4, HC_STR("x"), buf), "/"));
	cr_expect(hc_str_is(hc_path_dirfd(t, 5, HC_STR("x"), buf), ""));
	cr_expect(hc_str_is(hc_path_dirfd(t, 9, HC_STR("x"), buf), "<UNKNOWN>"));
	cr_expect(hc_str_is(hc_path_dirfd(t, -100, HC_STR("x"), buf), "/home/"));
	cr_expect(hc_str_is(hc_path_dirfd(t, 3, HC_STR("/x"), buf), "."));
	cr_expect(hc_str_is(hc_path_dirfd(NULL, 3, HC_STR("x"), buf), "<UNKNOWN>"));
	world_end(&w);
}
