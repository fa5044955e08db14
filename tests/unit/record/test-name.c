/* SPDX-License-Identifier: Apache-2.0
 *
 * Names that are UTF-8, and names that are not, in JSON.
 */
#include "record/name.h"

#include <criterion/criterion.h>
#include <string.h>

static void check(const char *name, const char *want)
{
	json_t *text = hc_name_json(name, strlen(name));

	cr_assert(text, "%s", want);
	cr_assert_str_eq(json_string_value(text), want);
	json_decref(text);
}

Test(name, stays_as_it_is_where_it_is_utf8)
{
	check("", "");
	check("plain", "plain");
	check("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x9f", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x9f");
	check("tab\t", "tab\t");
}

Test(name, shows_other_bytes_in_hexadecimal)
{
	check("\xff", "\\xff");
	check("x\xc3\xa4x\xe4", "x\xc3\xa4x\\xe4");
	check("cut \xe2\x82", "cut \\xe2\\x82");
	check("\xc0\x80 \xed\xa0\x80", "\\xc0\\x80 \\xed\\xa0\\x80"); /* overlong; half of a surrogate pair */
}
