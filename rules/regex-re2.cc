/* SPDX-License-Identifier: Apache-2.0
 *
 * A C face for RE2; see rules/regex.h. No exception leaves this file: RE2 is used with its error codes only, and out of
 * memory ends the program as everywhere else.
 */
#include "rules/regex.h"

#include <re2/re2.h>

#include <cstdio>
#include <cstring>
#include <string>

struct hc_regex {
	re2::RE2 re;
	bool search;

	hc_regex(const re2::StringPiece &pattern, const re2::RE2::Options &options, bool anywhere)
		: re(pattern, options), search(anywhere)
	{
	}
};

static struct hc_regex *make(const char *pattern, size_t len, bool search, char *reterr_text, size_t size)
{
	re2::RE2::Options options(search ? re2::RE2::DefaultOptions : re2::RE2::POSIX);

	options.set_log_errors(false);
	hc_regex *re = new hc_regex(re2::StringPiece(pattern, len), options, search);
	if (re->re.ok())
		return re;
	snprintf(reterr_text, size, "%s", re->re.error().c_str());
	delete re;
	return nullptr;
}

struct hc_regex *hc_regex_new(const char *pattern, size_t len, char *reterr_text, size_t size)
{
	return make(pattern, len, false, reterr_text, size);
}

struct hc_regex *hc_regex_new_search(const char *pattern, size_t len, char *reterr_text, size_t size)
{
	return make(pattern, len, true, reterr_text, size);
}

struct hc_regex *hc_regex_free(struct hc_regex *re)
{
	delete re;
	return nullptr;
}

/* Length of the valid UTF-8 character at p, or 0; then *bad is the length of the maximal invalid part. */
static size_t utf8(const unsigned char *p, size_t left, size_t *bad)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t n;

	*bad = 1;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		n = 2;
	} else if (p[0] >= 0xe0 && p[0] <= 0xef) {
		n = 3;
		if (p[0] == 0xe0)
			lo = 0xa0;
		if (p[0] == 0xed)
			hi = 0x9f;
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		n = 4;
		if (p[0] == 0xf0)
			lo = 0x90;
		if (p[0] == 0xf4)
			hi = 0x8f;
	} else {
		return 0;
	}
	for (size_t i = 1; i < n; i++, lo = 0x80, hi = 0xbf) {
		if (i >= left || p[i] < lo || p[i] > hi) {
			*bad = i;
			return 0;
		}
	}
	return n;
}

static bool match(const struct hc_regex *re, const re2::StringPiece &text)
{
	return re->search ? re2::RE2::PartialMatch(text, re->re) : re2::RE2::FullMatch(text, re->re);
}

bool hc_regex_match(const struct hc_regex *re, const char *text, size_t len)
{
	const unsigned char *p = reinterpret_cast<const unsigned char *>(text);
	size_t i = 0, n, bad;

	while (i < len && (n = utf8(p + i, len - i, &bad)))
		i += n;
	if (i == len)
		return match(re, re2::StringPiece(text, len));
	std::string clean(text, i);
	while (i < len) {
		n = utf8(p + i, len - i, &bad);
		if (n)
			clean.append(text + i, n);
		else
			clean.append("\xef\xbf\xbd");
		i += n ? n : bad;
	}
	return match(re, clean);
}
