/* SPDX-License-Identifier: Apache-2.0
 *
 * Environment variables in configurations; the cases are those of Falco's own description.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "common/environ.h"

Test(environ, replaces_what_has_braces_and_one_dollar)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "${HC_T}", "value" }, { "/a/${HC_T}/${HC_T}${HC_T}/b", "/a/value/valuevalue/b" }, { "$HC_T", "$HC_T" },
		{ "$${HC_T}", "${HC_T}" }, { "$$HC_T", "$$HC_T" }, { "$${HC_T}$${HC_T}", "${HC_T}${HC_T}" },
		{ "$${${HC_T}}", "${${HC_T}}" }, { "$${HC_T}${HC_T}", "${HC_T}value" }, { "${HC_UNSET_X}", "" },
		{ "${HC_NESTED}/x", "value/x" }, { "${HC_LOOP}", "" }, { "${", "${" }, { "${}", "" }, { "$", "$" },
		{ "${open", "${open" }, { "", "" }, { "%fd.name costs 5$", "%fd.name costs 5$" },
	};

	setenv("HC_T", "value", 1);
	setenv("HC_NESTED", "${HC_T}", 1);
	setenv("HC_LOOP", "${HC_LOOP}", 1);
	unsetenv("HC_UNSET_X");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct hc_buf buf HC_BUF_DONE = { 0 };

		hc_buf_puts(&buf, "");
		hc_environ_expand(&buf, hc_str(cases[i].text));
		cr_expect_str_eq(buf.p ? buf.p : "", cases[i].want, "%s: %s", cases[i].text, buf.p ? buf.p : "");
	}
}
