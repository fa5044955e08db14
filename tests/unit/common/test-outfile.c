/* SPDX-License-Identifier: Apache-2.0
 *
 * Output files: whole or not there, and nothing else is ever replaced.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/outfile.h"

static char dir[] = "/tmp/hc-outfile-XXXXXX";

static void make_dir(void)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
}

static void remove_dir(void)
{
	unlink("file");
	unlink("link");
	rmdir(dir);
}

TestSuite(outfile, .init = make_dir, .fini = remove_dir);

static unsigned entries(void)
{
	DIR *d = opendir(".");
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void expect_content(const char *path, const char *text)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };

	cr_assert_eq(hc_file_read(&buf, path, 100, NULL), 0);
	cr_expect_str_eq(buf.p, text);
}

Test(outfile, has_its_name_and_mode_only_when_it_is_kept)
{
	struct hc_outfile file;
	struct stat st;

	cr_assert_eq(hc_file_write("file", "old", 3, 0600, NULL), 0);
	cr_assert_eq(hc_outfile_open(&file, "file", 0640, NULL), 0);
	cr_assert_eq(hc_file_write_fd(file.fd, "new", 3), 0);
	expect_content("file", "old");
	cr_assert_eq(hc_outfile_close(&file, true, NULL), 0);
	expect_content("file", "new");
	cr_assert_eq(stat("file", &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0640);
	cr_expect_eq(entries(), 1, "something was left beside the file");
}

Test(outfile, leaves_nothing_when_it_is_not_kept)
{
	struct hc_outfile file;

	cr_assert_eq(hc_file_write("file", "old", 3, 0600, NULL), 0);
	cr_assert_eq(hc_outfile_open(&file, "./file", 0600, NULL), 0);
	cr_assert_eq(entries(), 2);
	cr_assert_eq(hc_outfile_close(&file, false, NULL), 0);
	expect_content("file", "old");
	cr_expect_eq(entries(), 1);
}

/* Or /dev/null would be a file after somebody wrote to it as root. */
Test(outfile, writes_to_a_pipe_or_device_as_it_is)
{
	struct stat st;
	char got[4] = "";
	int reader;

	cr_assert_eq(mkfifo("file", 0600), 0);
	cr_assert_eq(symlink("file", "link"), 0);
	reader = open("file", O_RDONLY | O_NONBLOCK);
	cr_assert_eq(hc_file_write("file", "a", 1, 0600, NULL), 0);
	cr_assert_eq(hc_file_write("link", "b", 1, 0600, NULL), 0, "as /dev/stdout is");
	cr_expect_eq(read(reader, got, 3), 2);
	cr_expect_str_eq(got, "ab");
	close(reader);
	cr_assert_eq(stat("file", &st), 0);
	cr_expect(S_ISFIFO(st.st_mode));
	cr_expect_eq(entries(), 2);
}

Test(outfile, refuses_links_to_files_and_directories)
{
	struct hc_outfile file;
	struct hc_diag diag;

	cr_assert_eq(symlink("nowhere", "link"), 0);
	cr_expect_eq(hc_outfile_open(&file, "link", 0600, &diag), -ELOOP);
	cr_expect_str_eq(diag.file, "link");
	cr_expect_eq(hc_outfile_open(&file, ".", 0600, &diag), -EISDIR);
	cr_expect_eq(hc_outfile_open(&file, "no/such", 0600, &diag), -ENOENT);
	cr_expect_eq(entries(), 1);
}
