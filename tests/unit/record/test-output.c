/* SPDX-License-Identifier: Apache-2.0
 *
 * Output files: their names, limits, the ring of the last ones, and what is not written to.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/event.h"
#include "record/output.h"

static char dir[] = "/tmp/hindcast-output-XXXXXX";
static struct hc_section section;
static struct hc_output *output;
static struct hc_diag diag;

static void setup(void)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
	hc_section_init(&section);
}

static void teardown(void)
{
	char command[64];

	hc_output_free(output);
	hc_section_done(&section);
	snprintf(command, sizeof command, "rm -r %s", dir);
	cr_assert_eq(chdir("/"), 0);
	cr_assert_eq(system(command), 0);
}

TestSuite(output, .init = setup, .fini = teardown);

/* One file with one event. */
static void one_file(void)
{
	uint8_t wire[28] = { 0 };
	uint32_t len = sizeof wire;

	memcpy(wire + 16, &len, 4);
	memcpy(wire + 20, &(uint16_t){ PPME_SCAPEVENT_E }, 2);
	cr_assert_eq(hc_output_begin(output, &section, &diag), 0, "%s", diag.text);
	hc_writer_wire_event(hc_output_writer(output), 0, 0, wire, len, &diag);
	cr_assert_eq(hc_output_end(output, &diag), 0, "%s", diag.text);
}

Test(output, a_single_file_has_the_name_given_and_is_private)
{
	static const struct hc_output_options o = { .path = "a.scap.zst" };
	struct stat st;

	umask(0);
	cr_assert_eq(hc_output_new(&output, &o, &diag), 0, "%s", diag.text);
	one_file();
	cr_assert_eq(stat("a.scap.zst", &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0600);
	cr_expect_gt(st.st_size, 0);
}

Test(output, an_existing_file_becomes_private_and_empty)
{
	static const struct hc_output_options o = { .path = "a" };
	struct stat st;
	int fd = open("a", O_CREAT | O_WRONLY, 0666);

	cr_assert_eq(fchmod(fd, 0666), 0);
	cr_assert_eq(write(fd, "old", 3), 3);
	close(fd);
	cr_assert_eq(hc_output_new(&output, &o, &diag), 0, "%s", diag.text);
	cr_assert_eq(stat("a", &st), 0);
	cr_expect(st.st_size == 0 && (st.st_mode & 07777) == 0600);
}

Test(output, numbers_go_before_the_extension_and_old_files_go)
{
	static const struct hc_output_options o = { .path = "./x.y/t.scap.zst", .max_events = 1, .keep_files = 2 };

	cr_assert_eq(mkdir("x.y", 0700), 0);
	cr_assert_eq(hc_output_new(&output, &o, &diag), 0, "%s", diag.text);
	for (int i = 0; i < 4; i++)
		one_file();
	cr_expect_neq(access("x.y/t-000001.scap.zst", F_OK), 0);
	cr_expect_neq(access("x.y/t-000002.scap.zst", F_OK), 0);
	cr_expect_eq(access("x.y/t-000003.scap.zst", F_OK), 0);
	cr_expect_eq(access("x.y/t-000004.scap.zst", F_OK), 0);
}

Test(output, a_name_without_extension_gets_the_number_at_the_end)
{
	static const struct hc_output_options o = { .path = "trace", .max_events = 1 };

	cr_assert_eq(hc_output_new(&output, &o, &diag), 0, "%s", diag.text);
	cr_expect_eq(access("trace-000001", F_OK), 0);
}

Test(output, times_in_the_name_are_filled_in)
{
	static const struct hc_output_options o = { .path = "t-%Y.scap", .max_seconds = 60 };
	struct hc_output_stats stats;

	cr_assert_eq(hc_output_new(&output, &o, &diag), 0, "%s", diag.text);
	hc_output_stats(output, &stats);
	cr_expect(strlen(stats.path) == 11 && !memcmp(stats.path, "t-2", 3), "%s", stats.path);
}

Test(output, limits_say_when_a_file_is_full)
{
	static const struct hc_output_options o = { .path = "t", .max_events = 3 };

	cr_assert_eq(hc_output_new(&output, &o, &diag), 0, "%s", diag.text);
	cr_assert_eq(hc_output_begin(output, &section, &diag), 0);
	cr_expect(!hc_output_is_full(output, 2, 0));
	cr_expect(hc_output_is_full(output, 3, 0));
}

Test(output, links_and_places_open_to_all_are_refused)
{
	cr_assert_eq(symlink("target", "link"), 0);
	cr_expect_lt(hc_output_new(&output, &(struct hc_output_options){ .path = "link" }, &diag), 0);
	cr_expect_neq(access("target", F_OK), 0);
	cr_expect_lt(hc_output_new(&output, &(struct hc_output_options){ .path = "no/such/file" }, &diag), 0);
	if (geteuid() != 0)
		return; /* the rest needs a directory of another user */
	cr_assert_eq(mkdir("open", 0700), 0);
	cr_assert_eq(chown("open", 12345, (gid_t)-1), 0);
	cr_assert_eq(chmod("open", 0777), 0);
	cr_expect_lt(hc_output_new(&output, &(struct hc_output_options){ .path = "open/f" }, &diag), 0);
	cr_expect_not_null(strstr(diag.text, "everybody"));
}
