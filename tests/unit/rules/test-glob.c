/* SPDX-License-Identifier: Apache-2.0
 *
 * Our matcher against libc's fnmatch, on every short pattern over an alphabet that holds everything special.
 */
#include <fnmatch.h>

#include <criterion/criterion.h>

#include "rules/glob.h"

Test(glob, agrees_with_fnmatch)
{
	static const char pattern_bytes[] = "ab*?[]-!\\^", text_bytes[] = "abB[].-";
	unsigned seed = 1;

	for (int i = 0; i < 300000; i++) {
		char pattern[9], text[6];
		unsigned np = (seed = seed * 1103515245 + 12345) >> 16 & 7, nt = (seed = seed * 1103515245 + 12345) >> 16 & 3;
		bool fold = i & 1;

		for (unsigned k = 0; k < np; k++)
			pattern[k] = pattern_bytes[((seed = seed * 1103515245 + 12345) >> 16) % (sizeof pattern_bytes - 1)];
		pattern[np] = '\0';
		for (unsigned k = 0; k < nt; k++)
			text[k] = text_bytes[((seed = seed * 1103515245 + 12345) >> 16) % (sizeof text_bytes - 1)];
		text[nt] = '\0';
		cr_assert_eq(hc_glob_match(hc_str(pattern), hc_str(text), fold),
			     fnmatch(pattern, text, fold ? FNM_CASEFOLD : 0) == 0, "pattern \"%s\" text \"%s\" fold %d", pattern,
			     text, fold);
	}
}

Test(glob, classes_and_slashes)
{
	cr_assert(hc_glob_match(HC_STR("*[[:digit:]]"), HC_STR("/a/.b/7"), false));
	cr_assert_not(hc_glob_match(HC_STR("[[:alpha:]_]"), HC_STR("7"), false));
	cr_assert(hc_glob_match(HC_STR("[![:upper:]]"), HC_STR("a"), false));
}

Test(glob, hostile_patterns_take_no_time)
{
	static char pattern[4001], text[4001];

	memset(text, 'a', 4000);
	for (int i = 0; i < 4000; i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[3999] = 'b';
	cr_assert_not(hc_glob_match(hc_str(pattern), hc_str(text), false));
}
