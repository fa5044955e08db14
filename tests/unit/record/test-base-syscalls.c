/* SPDX-License-Identifier: Apache-2.0
 *
 * base_syscalls from a falco.yaml and from -o.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "record/base-syscalls.h"

static struct hc_base_syscalls base;
static struct hc_diag diag;
static char path[] = "/tmp/hindcast-base-XXXXXX";

static void setup(void)
{
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
	base = (struct hc_base_syscalls){ 0 };
}

static void teardown(void)
{
	hc_base_syscalls_done(&base);
	unlink(path);
}

TestSuite(base_syscalls, .init = setup, .fini = teardown);

static int read_text(const char *text)
{
	FILE *f = fopen(path, "w");

	cr_assert_not_null(f);
	fputs(text, f);
	fclose(f);
	return hc_base_syscalls_read(&base, path, &diag);
}

Test(base_syscalls, falco_yaml_sets_all_three)
{
	cr_assert_eq(read_text("rules_files: [a, b]\nbase_syscalls:\n  custom_set: [clone, \"!read\"]\n  repair: true\n  all: yes\n"), 0);
	cr_assert_eq(base.n, 2);
	cr_expect_str_eq(base.custom_set[0], "clone");
	cr_expect_str_eq(base.custom_set[1], "!read");
	cr_expect(base.repair && base.all);
}

Test(base_syscalls, empty_and_absent_mean_the_defaults)
{
	cr_expect_eq(read_text(""), 0);
	cr_expect_eq(read_text("base_syscalls:\n"), 0);
	cr_expect_eq(read_text("base_syscalls:\n  custom_set: []\n  repair: false\n"), 0);
	cr_expect(base.n == 0 && !base.repair && !base.all);
}

Test(base_syscalls, options_override_and_append)
{
	cr_assert_eq(read_text("base_syscalls: {custom_set: [a, b]}\n"), 0);
	cr_expect_eq(hc_base_syscalls_set(&base, "base_syscalls.custom_set[]=c", &diag), 0);
	cr_expect_eq(base.n, 3);
	cr_expect_eq(hc_base_syscalls_set(&base, "base_syscalls.custom_set=[x, \"!y\"]", &diag), 0);
	cr_assert_eq(base.n, 2);
	cr_expect_str_eq(base.custom_set[1], "!y");
	cr_expect_eq(hc_base_syscalls_set(&base, "base_syscalls.repair=true", &diag), 0);
	cr_expect(base.repair);
	cr_expect_eq(hc_base_syscalls_set(&base, "base_syscalls={all: true}", &diag), 0);
	cr_expect(base.all);
}

Test(base_syscalls, mistakes_name_their_place)
{
	cr_expect_lt(read_text("base_syscalls:\n  repair: perhaps\n"), 0);
	cr_expect(diag.line == 2 && diag.column == 11, "%u:%u", diag.line, diag.column);
	cr_expect_str_eq(diag.file, path);
	cr_expect_lt(read_text("base_syscalls:\n  repare: true\n"), 0);
	cr_expect_lt(read_text("base_syscalls: [a]\n"), 0);
	cr_expect_lt(read_text("base_syscalls:\n  custom_set: [[a]]\n"), 0);
	cr_expect_lt(read_text("a: b: c\n"), 0);
	cr_expect_lt(read_text("root:x:0:0:root:/root:/bin/sh\n"), 0);
	cr_expect_lt(read_text("[base_syscalls]\n"), 0);
	cr_expect_lt(hc_base_syscalls_set(&base, "priority=debug", &diag), 0);
	cr_expect_lt(hc_base_syscalls_set(&base, "base_syscalls.repair", &diag), 0);
	cr_expect_lt(hc_base_syscalls_read(&base, "/no/such/falco.yaml", &diag), 0);
}
