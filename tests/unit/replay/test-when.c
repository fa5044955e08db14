/* SPDX-License-Identifier: Apache-2.0
 *
 * Times from command lines.
 */
#include <criterion/criterion.h>

#include "replay/when.h"

static const struct {
	const char *text;
	uint64_t ns;
	bool relative;
} good[] = {
	{ "@0", 0, false },
	{ "@1534527348.514682170", 1534527348514682170, false },
	{ "@1.5", 1500000000, false },
	{ "1970-01-01T00:00:00Z", 0, false },
	{ "2018-08-17T17:35:48.514682170Z", 1534527348514682170, false },
	{ "2018-08-17 17:35:48", 1534527348000000000, false },
	{ "2018-08-17 17:35", 1534527300000000000, false },
	{ "2018-08-17T19:35:48+02:00", 1534527348000000000, false },
	{ "2018-08-17T12:05:48-0530", 1534527348000000000, false },
	{ "2000-02-29T00:00:00Z", 951782400000000000, false },
	{ "+90s", 90000000000, true },
	{ "+90", 90000000000, true },
	{ "+1.5m", 90000000000, true },
	{ "+250ms", 250000000, true },
	{ "+2h", 7200000000000, true },
};

static const char *const bad[] = { "", "@", "@x", "@1x", "@1.", "+", "+5y", "yesterday", "2018-08-17", "2018-13-01T00:00:00Z",
				   "2018-08-17T25:00:00Z", "2018-08-17T17:35:48X", "2018-08-17T17:35:48+2", "1969-12-31T23:59:59Z",
				   "1970-01-01T00:00:00+01:00", "@99999999999999", "+99999999999999d", "17:35:48" };

Test(when, reads_what_people_type)
{
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		uint64_t ns = 1;
		bool relative;

		cr_expect(hc_when_parse(good[i].text, &ns, &relative), "%s", good[i].text);
		cr_expect_eq(ns, good[i].ns, "%s: %lu", good[i].text, ns);
		cr_expect_eq(relative, good[i].relative, "%s", good[i].text);
	}
}

Test(when, refuses_what_is_unclear_or_out_of_range)
{
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		uint64_t ns;
		bool relative;

		cr_expect_not(hc_when_parse(bad[i], &ns, &relative), "'%s' was taken", bad[i]);
	}
}
