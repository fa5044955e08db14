/* SPDX-License-Identifier: Apache-2.0
 *
 * Only the last digits of a word can begin an address, as the dot or colon behind them ends the word: there is never more
 * than one place to look. In doubt it is an address: what is none is only hidden for nothing.
 */
#include "samples/text-address.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	MAC_PAIRS = 6,
	GROUP_DIGITS = 4, /* of IPv6 */
	SURE_COLONS = 3,  /* amid letters fewer are more likely File::Copy than an address */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Does what stands before i end with an escape (%20) whose last digit is no part of what follows? */
static bool is_escaped(struct hc_str s, uint32_t i)
{
	return i >= 3 && s.p[i - 3] == '%' && is_hex(s.p[i - 2]) && is_hex(s.p[i - 1]);
}

/* Numbers with dots between them; they may have zeros in front, as some programs print them. */
static bool numbers_at(struct hc_str s, uint32_t i, struct hc_text_address *ret)
{
	uint32_t parts = 0, fit = 0, k = i;
	bool possible = false;

	if (i && ((is_digit(s.p[i - 1]) && !is_escaped(s, i)) || (s.p[i - 1] == '.' && i > 1 && is_digit(s.p[i - 2]))))
		return false;
	for (;;) {
		uint32_t v = 0, digits = 0;

		for (; k < s.len && is_digit(s.p[k]); k++, digits++)
			v = v > UINT8_MAX ? v : v * 10 + (uint32_t)(s.p[k] - '0');
		fit = digits <= 3 && v <= UINT8_MAX ? fit + 1 : 0;
		possible |= fit >= 4;
		if (parts < 4)
			ret->addr[parts] = (uint8_t)v;
		parts++;
		if (k + 1 >= s.len || s.p[k] != '.' || !is_digit(s.p[k + 1]))
			break;
		k++;
	}
	ret->kind = parts == 4 ? HC_TEXT_IPV4 : HC_TEXT_NUMBERS;
	ret->end = k;
	return possible;
}

/* Of six or more: fingerprints look so, too. */
static bool pairs_at(struct hc_str s, uint32_t i, struct hc_text_address *ret)
{
	uint32_t pairs = 0, k = i;

	for (; k + 1 < s.len && is_hex(s.p[k]) && is_hex(s.p[k + 1]); k++) {
		pairs++;
		k += 2;
		ret->end = k;
		if (k >= s.len || s.p[k] != ':')
			break;
	}
	ret->kind = HC_TEXT_MAC;
	return pairs >= MAC_PAIRS;
}

static bool parses(struct hc_str s, uint32_t i, uint32_t end, uint8_t addr[16])
{
	char text[INET6_ADDRSTRLEN];

	if (end - i >= sizeof text)
		return false;
	memcpy(text, s.p + i, end - i);
	text[end - i] = '\0';
	return inet_pton(AF_INET6, text, addr) == 1;
}

/* How far the characters of an IPv6 address go, with no group longer than it can be. */
static uint32_t ipv6_reach(struct hc_str s, uint32_t i)
{
	uint32_t k, digits = 0;

	for (k = i; k < s.len && k - i < INET6_ADDRSTRLEN - 1; k++) {
		digits = is_hex(s.p[k]) ? digits + 1 : 0;
		if (digits > GROUP_DIGITS || (!digits && s.p[k] != ':' && s.p[k] != '.'))
			break;
	}
	return k;
}

static bool ipv6_at(struct hc_str s, uint32_t i, struct hc_text_address *ret)
{
	uint32_t end = ipv6_reach(s, i), colons = 0;
	bool digit = false;

	for (uint32_t k = i; k < end; k++)
		colons += s.p[k] == ':';
	/* a port or the end of a sentence may stand behind: the longest part that is an address */
	while (colons >= 2 && !parses(s, i, end, ret->addr))
		do {
			colons -= s.p[--end] == ':';
		} while (colons >= 2 && s.p[end] != ':' && s.p[end] != '.' && s.p[end - 1] != ':');
	for (uint32_t k = i; k < end && s.p[k] != ':'; k++)
		digit |= is_digit(s.p[k]);
	if (colons < 2 ||
	    (colons < SURE_COLONS && ((i && is_letter(s.p[i - 1]) && !digit) || (end < s.len && is_letter(s.p[end])))))
		return false;
	ret->kind = HC_TEXT_IPV6;
	ret->end = end;
	return true;
}

bool hc_text_address_at(struct hc_str s, uint32_t i, struct hc_text_address *ret)
{
	bool pairs;

	if (is_digit(s.p[i]) && numbers_at(s, i, ret))
		return true;
	if (s.p[i] == ':'
		    ? i + 1 >= s.len || s.p[i + 1] != ':' || (i && (is_letter(s.p[i - 1]) || is_digit(s.p[i - 1])))
		    : !is_hex(s.p[i]))
		return false;
	/* where the last pair has more digits behind it, it may be a group of an IPv6 address */
	pairs = pairs_at(s, i, ret);
	return (pairs && (ret->end == s.len || !is_hex(s.p[ret->end]))) || ipv6_at(s, i, ret) ||
	       (pairs && pairs_at(s, i, ret));
}

uint32_t hc_text_address_in(struct hc_str s, uint32_t i, uint32_t end)
{
	struct hc_text_address found;
	uint32_t k = end;

	if (end >= s.len || (s.p[end] != '.' && s.p[end] != ':'))
		return end;
	if (s.p[end] == '.')
		while (k > i && is_digit(s.p[k - 1]) && !is_escaped(s, k))
			k--;
	else
		while (k > i && end - k < GROUP_DIGITS && is_hex(s.p[k - 1]))
			k--;
	if (k < end && hc_text_address_at(s, k, &found))
		return k;
	/* letters before a hardware address may be digits, too */
	return s.p[end] == ':' && end - k > 2 && pairs_at(s, end - 2, &found) ? end - 2 : end;
}
