/* SPDX-License-Identifier: Apache-2.0
 *
 * Times from the command line. Out of range or unclear is refused rather than guessed.
 */
#include "replay/when.h"

#include <ctype.h>
#include <string.h>

static const uint64_t NS = 1000000000;

/* Exactly n digits, at most max. */
static bool digits(const char **p, int n, uint64_t max, uint64_t *ret)
{
	*ret = 0;
	for (int i = 0; i < n; i++, ++*p) {
		if (!isdigit((unsigned char)**p))
			return false;
		*ret = *ret * 10 + (uint64_t)(**p - '0');
	}
	return *ret <= max;
}

/* Up to nine digits behind a point, if there is one. */
static bool fraction(const char **p, uint64_t *ret_ns)
{
	uint64_t scale = NS / 10;

	*ret_ns = 0;
	if (**p != '.')
		return true;
	++*p;
	if (!isdigit((unsigned char)**p))
		return false;
	for (; isdigit((unsigned char)**p); ++*p, scale /= 10)
		*ret_ns += (uint64_t)(**p - '0') * scale;
	return true;
}

static bool number(const char **p, uint64_t max, uint64_t *ret)
{
	const char *start = *p;

	*ret = 0;
	for (; isdigit((unsigned char)**p); ++*p) {
		*ret = *ret * 10 + (uint64_t)(**p - '0');
		if (*ret > max)
			return false;
	}
	return *p > start;
}

static bool duration(const char *p, uint64_t *ret_ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = { { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 }, { "", 1000000000 },
		      { "m", 60000000000 }, { "h", 3600000000000 }, { "d", 86400000000000 } };
	uint64_t whole, part;

	if (!number(&p, 100000000000ull, &whole) || !fraction(&p, &part))
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (!strcmp(p, units[i].name)) {
			if (whole > UINT64_MAX / 2 / units[i].ns)
				return false;
			*ret_ns = whole * units[i].ns + (uint64_t)((double)part / 1e9 * (double)units[i].ns + 0.5);
			return true;
		}
	return false;
}

/* Days from 1970-01-01 of a Gregorian date, for years from 1970. */
static uint64_t day_number(uint64_t y, uint64_t m, uint64_t d)
{
	uint64_t era, yoe, doy;

	y -= m <= 2;
	era = y / 400;
	yoe = y - era * 400;
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* Z, +hh:mm, -hhmm or nothing, and the end. */
static bool zone(const char *p, int64_t *ret_s)
{
	int sign = *p == '-' ? -1 : 1;
	uint64_t h, m;

	*ret_s = 0;
	if (!*p || !strcmp(p, "Z"))
		return true;
	if (*p != '+' && *p != '-')
		return false;
	p++;
	if (!digits(&p, 2, 23, &h))
		return false;
	p += *p == ':';
	if (!digits(&p, 2, 59, &m))
		return false;
	*ret_s = sign * (int64_t)(h * 3600 + m * 60);
	return !*p;
}

static bool calendar(const char *p, uint64_t *ret_ns)
{
	uint64_t y, mo, d, h, mi, s = 0, part = 0;
	int64_t offset, total;

	if (!digits(&p, 4, 2400, &y) || y < 1970 || *p++ != '-' || !digits(&p, 2, 12, &mo) || !mo || *p++ != '-' ||
	    !digits(&p, 2, 31, &d) || !d || (*p != 'T' && *p != ' '))
		return false;
	p++;
	if (!digits(&p, 2, 23, &h) || *p++ != ':' || !digits(&p, 2, 59, &mi))
		return false;
	if (*p == ':') {
		p++;
		if (!digits(&p, 2, 60, &s) || !fraction(&p, &part))
			return false;
	}
	if (!zone(p, &offset))
		return false;
	total = (int64_t)(day_number(y, mo, d) * 86400 + h * 3600 + mi * 60 + s) - offset;
	if (total < 0)
		return false;
	*ret_ns = (uint64_t)total * NS + part;
	return true;
}

bool hc_when_parse(const char *text, uint64_t *ret_ns, bool *ret_relative)
{
	uint64_t s, part;

	*ret_relative = *text == '+';
	if (*text == '+')
		return duration(text + 1, ret_ns);
	if (*text != '@')
		return calendar(text, ret_ns);
	text++;
	if (!number(&text, 10000000000ull, &s) || !fraction(&text, &part) || *text)
		return false;
	*ret_ns = s * NS + part;
	return true;
}
