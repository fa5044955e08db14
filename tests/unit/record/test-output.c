/* SPDX-License-Identifier: Apache-2.0
 *
 * Output files: their names, limits, the ring of the last ones, and what is not written to.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
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
	cr_assert_eq(hc_output_begin(output, &section, 1, &diag), 0, "%s", diag.text);
	hc_writer_wire_event(hc_output_writer(output), 0, 0, wire, len, &diag);
	cr_assert_eq(hc_output_publish(output, &diag), 0, "%s", diag.text);
	cr_assert_eq(hc_output_end(output, 1, &diag), 0, "%s", diag.text);
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

/* What is there stays until there is something better, and is replaced, not written over. */
Test(output, a_file_gets_its_name_when_it_can_be_replayed)
{
	static const struct hc_output_options o = { .path = "a" };
	struct stat old, st;
	int fd = open("a", O_CREAT | O_WRONLY, 0666);

	cr_assert_eq(fchmod(fd, 0666), 0);
	cr_assert_eq(write(fd, "old", 3), 3);
	close(fd);
	cr_assert_eq(stat("a", &old), 0);
	cr_assert_eq(hc_output_new(&output, &o, &diag), 0, "%s", diag.text);
	cr_assert_eq(hc_output_begin(output, &section, 1, &diag), 0, "%s", diag.text);
	cr_assert_eq(stat("a", &st), 0);
	cr_expect(st.st_size == 3 && st.st_ino == old.st_ino);
	cr_assert_eq(hc_output_publish(output, &diag), 0, "%s", diag.text);
	cr_assert_eq(stat("a", &st), 0);
	cr_expect(st.st_size > 3 && (st.st_mode & 07777) == 0600 && st.st_ino != old.st_ino);
	cr_assert_eq(hc_output_end(output, 1, &diag), 0);
}

static int nothing_but_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") && strcmp(d->d_name, "..");
}

Test(output, what_ends_before_that_leaves_nothing)
{
	static const struct hc_output_options o = { .path = "a" };
	struct dirent **entries;

	cr_assert_eq(hc_output_new(&output, &o, &diag), 0, "%s", diag.text);
	cr_assert_eq(hc_output_begin(output, &section, 1, &diag), 0, "%s", diag.text);
	output = hc_output_free(output);
	cr_expect_eq(scandir(".", &entries, nothing_but_dots, NULL), 0);
}

Test(output, a_name_that_comes_again_is_not_taken_for_the_old_file)
{
	static const struct hc_output_options o = { .path = "t-%Z", .max_seconds = 1, .keep_files = 3 };
	static const char *const zones[] = { "AAA0", "BBB0" };

	for (int i = 0; i < 4; i++) {
		setenv("TZ", zones[i % 2], 1);
		tzset();
		if (i == 0)
			cr_assert_eq(hc_output_new(&output, &o, &diag), 0, "%s", diag.text);
		one_file();
	}
	cr_expect_eq(access("t-AAA", F_OK), 0);
	cr_expect_eq(access("t-BBB", F_OK), 0);
}

/* Files go by the events' clock: the wall clock may have been set to anything. */
Test(output, time_limits_do_not_look_at_the_wall_clock)
{
	static const struct hc_output_options o = { .path = "t", .max_seconds = 10 };

	cr_assert_eq(hc_output_new(&output, &o, &diag), 0, "%s", diag.text);
	cr_assert_eq(hc_output_begin(output, &section, 1000000000, &diag), 0);
	cr_expect(!hc_output_is_full(output, 5, 10999999999));
	cr_expect(hc_output_is_full(output, 5, 11000000000));
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

static void touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	cr_assert_geq(fd, 0);
	close(fd);
}

Test(output, numbers_go_on_after_those_of_earlier_recordings)
{
	static const struct hc_output_options o = { .path = "t.scap", .max_events = 1, .keep_files = 3 };

	touch("t-000007.scap");
	touch("t-000009.scap");
	touch("t-000008.scap");
	touch("t-000099.scap.zst"); /* others' */
	touch("t-00010.scap");
	touch("u-000050.scap");
	cr_assert_eq(hc_output_new(&output, &o, &diag), 0, "%s", diag.text);
	one_file();
	cr_expect_eq(access("t-000010.scap", F_OK), 0);
	cr_expect_neq(access("t-000007.scap", F_OK), 0, "the oldest of the last three has to go, whoever made it");
	cr_expect_eq(access("t-000008.scap", F_OK), 0);
	one_file();
	cr_expect_eq(access("t-000011.scap", F_OK), 0);
	cr_expect_neq(access("t-000008.scap", F_OK), 0);
	cr_expect_eq(access("t-000099.scap.zst", F_OK), 0);
	cr_expect_eq(access("t-00010.scap", F_OK), 0);
	cr_expect_eq(access("u-000050.scap", F_OK), 0);
}

Test(output, a_name_without_extension_gets_the_number_at_the_end)
{
	static const struct hc_output_options o = { .path = "trace", .max_events = 1 };

	cr_assert_eq(hc_output_new(&output, &o, &diag), 0, "%s", diag.text);
	one_file();
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
	cr_assert_eq(hc_output_begin(output, &section, 1, &diag), 0);
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
