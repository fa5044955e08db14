/* SPDX-License-Identifier: Apache-2.0
 *
 * Changes of rule files, as editors and packages make them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/watch.h"

static char dir[] = "/tmp/hindcast-watch-XXXXXX";
static struct hc_watch *watch;
static char *paths[] = { "rules.yaml", "rules.d" };

static void put(const char *path)
{
	FILE *f = fopen(path, "w");

	cr_assert_not_null(f);
	fputs("x", f);
	fclose(f);
}

static void setup(void)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
	cr_assert_eq(mkdir("rules.d", 0700), 0);
	put("rules.yaml");
	watch = hc_watch_new(paths, 2);
	cr_assert_geq(hc_watch_fd(watch), 0);
}

static void teardown(void)
{
	char command[64];

	hc_watch_free(watch);
	snprintf(command, sizeof command, "rm -r %s", dir);
	cr_assert_eq(chdir("/"), 0);
	cr_assert_eq(system(command), 0);
}

TestSuite(watch, .init = setup, .fini = teardown);

Test(watch, a_file_written_or_replaced_has_changed)
{
	cr_expect(!hc_watch_changed(watch));
	put("rules.yaml");
	cr_expect(hc_watch_changed(watch));
	cr_expect(!hc_watch_changed(watch));
	put("rules.yaml~");
	cr_expect(!hc_watch_changed(watch));
	cr_assert_eq(rename("rules.yaml~", "rules.yaml"), 0);
	cr_expect(hc_watch_changed(watch));
}

Test(watch, a_directory_changes_by_its_yaml_files)
{
	put("rules.d/readme");
	cr_expect(!hc_watch_changed(watch));
	put("rules.d/a.yaml");
	cr_expect(hc_watch_changed(watch));
	cr_assert_eq(unlink("rules.d/a.yaml"), 0);
	cr_expect(hc_watch_changed(watch));
}

Test(watch, a_directory_can_be_replaced)
{
	cr_assert_eq(mkdir("rules.new", 0700), 0);
	put("rules.new/a.yaml");
	cr_expect(!hc_watch_changed(watch));
	cr_assert_eq(rename("rules.d", "rules.old"), 0);
	cr_assert_eq(rename("rules.new", "rules.d"), 0);
	cr_expect(hc_watch_changed(watch));
	put("rules.d/a.yaml");
	cr_expect(hc_watch_changed(watch), "the other directory is not watched");
	put("rules.old/a.yaml");
	hc_watch_changed(watch);
	cr_assert_eq(system("rm -r rules.d"), 0);
	cr_expect(hc_watch_changed(watch));
	cr_assert_eq(mkdir("rules.d", 0700), 0);
	cr_expect(hc_watch_changed(watch));
	put("rules.d/b.yaml");
	cr_expect(hc_watch_changed(watch));
	put("elsewhere.yaml");
	cr_expect(!hc_watch_changed(watch));
}

Test(watch, a_volume_of_links_changes_by_one_link)
{
	cr_assert_eq(mkdir("rules.d/..1", 0700), 0);
	cr_assert_eq(mkdir("rules.d/..2", 0700), 0);
	cr_assert_eq(symlink("..2", "rules.d/..data.new"), 0);
	cr_expect(!hc_watch_changed(watch));
	cr_assert_eq(rename("rules.d/..data.new", "rules.d/..data"), 0);
	cr_expect(hc_watch_changed(watch));
}

Test(watch, a_change_before_the_watch_shows_in_the_time)
{
	const struct timespec past = { .tv_sec = 1 }, future = { .tv_sec = 1ll << 40 };

	cr_expect(hc_watch_is_newer(paths, 2, past));
	cr_expect(!hc_watch_is_newer(paths, 2, future));
	cr_expect(!hc_watch_is_newer((char *[]){ "no-such" }, 1, past));
}
