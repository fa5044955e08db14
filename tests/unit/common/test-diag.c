/* SPDX-License-Identifier: Apache-2.0
 *
 * Diagnostics: the forms they print in, and what happens to long ones.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#include "common/diag.h"

Test(diag, prints_with_the_place_it_knows)
{
	struct hc_diag d;
	char buf[2048];

	cr_assert_eq(hc_diag_set(&d, -EINVAL, "no %s", "luck"), -EINVAL);
	cr_assert_str_eq(hc_diag_format(&d, buf, sizeof buf), "no luck");
	hc_diag_set_off(&d, -EIO, "a.scap", 17, "cut");
	cr_assert_str_eq(hc_diag_format(&d, buf, sizeof buf), "a.scap: at byte 17: cut");
	hc_diag_set_off(&d, -EIO, "a.scap", -1, "cut");
	cr_assert_str_eq(hc_diag_format(&d, buf, sizeof buf), "a.scap: cut");
	d.line = 3;
	d.column = 9;
	cr_assert_str_eq(hc_diag_format(&d, buf, sizeof buf), "a.scap:3:9: cut");
}

Test(diag, nobody_listening_is_fine)
{
	cr_assert_eq(hc_diag_set(NULL, 4, "x"), 4);
	cr_assert_eq(hc_diag_set_off(NULL, -ENOENT, NULL, 0, "x"), -ENOENT);
}

Test(diag, long_texts_and_names_are_cut_not_overrun)
{
	struct hc_diag d;
	char name[1000], buf[64];

	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	hc_diag_set_off(&d, 0, name, 1, "%s%s", name, name);
	cr_assert_eq(strlen(d.text), HC_DIAG_TEXT_MAX - 1);
	cr_assert_eq(strlen(d.file), HC_DIAG_FILE_MAX - 1);
	hc_diag_format(&d, buf, sizeof buf);
	cr_assert_eq(strlen(buf), sizeof buf - 1);
}
