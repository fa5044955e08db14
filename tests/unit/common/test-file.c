/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole files read and written.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file.h"

static char dir[] = "/tmp/hc-file-XXXXXX";
static char path[64];

static void make_dir(void)
{
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/file", dir);
}

static void remove_dir(void)
{
	unlink(path);
	rmdir(dir);
}

TestSuite(file, .init = make_dir, .fini = remove_dir);

Test(file, reads_what_was_written)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };
	struct hc_diag diag;
	struct stat st;

	cr_assert_eq(hc_file_write(path, "a\0b", 3, 0640, &diag), 0);
	cr_assert_eq(hc_file_write(path, "c\0d", 3, 0640, &diag), 0, "an older file is replaced");
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0640);
	cr_assert_eq(hc_file_read(&buf, path, 3, &diag), 0);
	cr_assert_eq(buf.len, 3);
	cr_expect_arr_eq(buf.p, "c\0d", 4);
	cr_assert_eq(hc_file_read(&buf, path, 3, &diag), 0, "appends, and the cap is each file's");
	cr_expect_eq(buf.len, 6);
}

Test(file, refuses_what_is_bigger_than_the_cap)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };
	struct hc_diag diag;

	cr_assert_eq(hc_file_write(path, "four", 4, 0600, &diag), 0);
	cr_assert_eq(hc_file_read(&buf, path, 3, &diag), -EFBIG);
	cr_expect_str_eq(diag.text, "is bigger than 3 bytes");
	cr_expect_str_eq(diag.file, path);
}

Test(file, an_empty_file_is_an_empty_text)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };
	struct hc_diag diag;

	cr_assert_eq(hc_file_write(path, "", 0, 0600, &diag), 0);
	cr_assert_eq(hc_file_read(&buf, path, 0, &diag), 0);
	cr_expect_eq(buf.len, 0);
	cr_expect_str_eq(buf.p, "");
}

Test(file, failing_to_write_leaves_nothing)
{
	struct hc_diag diag;

	cr_assert_eq(hc_file_write("/proc/no/such/place", "x", 1, 0600, &diag), -ENOENT);
	cr_assert_eq(mkdir(path, 0700), 0);
	cr_expect_lt(hc_file_write(path, "x", 1, 0600, &diag), 0, "a directory is not replaced by a file");
	cr_assert_eq(rmdir(path), 0);
	cr_expect_eq(rmdir(dir), 0, "something was left beside the file");
}

Test(file, closed_standard_streams_are_no_file_s)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		close(STDIN_FILENO);
		close(STDERR_FILENO);
		hc_file_hold_standard();
		_exit(open(path, O_CREAT | O_WRONLY, 0600) <= STDERR_FILENO ? 1 :
		      write(STDERR_FILENO, "x", 1) != -1 || errno != EBADF  ? 2 :
		      fcntl(STDOUT_FILENO, F_GETFL) & O_PATH		     ? 3 : 0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(WEXITSTATUS(status), 0);
}
