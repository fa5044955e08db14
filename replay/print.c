/* SPDX-License-Identifier: Apache-2.0
 *
 * Renderers of replay/print.h. Values come from captures, so nothing here trusts a length or an encoding; every loop
 * is bounded by the bytes it was given.
 */
#include "replay/print.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Longest text the reference renders for a byte buffer, and the length from which it cuts (rules-language.md 8.2). */
enum { BYTES_SHOWN = 1021, BYTES_UNCUT = 1022 };

/* Length of the well-formed UTF-8 sequence at p, or 0; then *ret_bad is how many bytes one U+FFFD stands for: the
 * longest prefix that could still have become a sequence, at least 1 (Unicode's "maximal subpart"). */
static size_t utf8_sequence(const uint8_t *p, size_t left, size_t *ret_bad)
{
	uint8_t lo = 0x80, hi = 0xbf;
	size_t n;

	*ret_bad = 1;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	switch (p[0]) {
	case 0xe0: lo = 0xa0; break; /* no overlong forms */
	case 0xed: hi = 0x9f; break; /* no surrogates */
	case 0xf0: lo = 0x90; break;
	case 0xf4: hi = 0x8f; break; /* nothing above U+10FFFF */
	}
	for (size_t i = 1; i < n; i++) {
		if (i == left || p[i] < lo || p[i] > hi) {
			*ret_bad = i;
			return 0;
		}
		lo = 0x80;
		hi = 0xbf;
	}
	return n;
}

void hc_print_utf8(struct hc_buf *buf, struct hc_str s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	size_t bad, n;

	for (size_t i = 0; i < s.len; i += n) {
		n = utf8_sequence(p + i, s.len - i, &bad);
		if (n)
			hc_buf_put(buf, p + i, n);
		else
			hc_buf_puts(buf, "\xef\xbf\xbd");
		n = n ? n : bad;
	}
}

void hc_print_json(struct hc_buf *buf, struct hc_str s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	size_t plain = 0; /* start of the run not yet copied */

	for (size_t i = 0; i < s.len;) {
		size_t bad, n;
		const char *esc = NULL;
		char u[8];

		if (p[i] >= 0x20 && p[i] < 0x80 && p[i] != '"' && p[i] != '\\') {
			i++;
			continue;
		}
		n = utf8_sequence(p + i, s.len - i, &bad);
		if (n > 1) {
			i += n;
			continue;
		}
		if (n == 0) {
			esc = "\xef\xbf\xbd";
			n = bad;
		} else {
			switch (p[i]) {
			case '"': esc = "\\\""; break;
			case '\\': esc = "\\\\"; break;
			case '\n': esc = "\\n"; break;
			case '\t': esc = "\\t"; break;
			case '\r': esc = "\\r"; break;
			case '\b': esc = "\\b"; break;
			case '\f': esc = "\\f"; break;
			default:
				snprintf(u, sizeof u, "\\u%04x", p[i]);
				esc = u;
			}
		}
		hc_buf_put(buf, p + plain, i - plain);
		hc_buf_puts(buf, esc);
		i += n;
		plain = i;
	}
	if (s.len > plain)
		hc_buf_put(buf, p + plain, s.len - plain);
}

void hc_print_json_quoted(struct hc_buf *buf, struct hc_str s)
{
	hc_buf_putc(buf, '"');
	hc_print_json(buf, s);
	hc_buf_putc(buf, '"');
}

/* Characters that show as nothing or change how others show: C1 controls, marks and embeddings of direction. */
static bool is_hidden(uint32_t c)
{
	return c < 0xa0 || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

void hc_print_visible(struct hc_buf *buf, struct hc_str s)
{
	const uint8_t *p = (const uint8_t *)s.p;

	for (size_t i = 0, n, bad; i < s.len; i += n) {
		uint32_t c = p[i];

		n = 1;
		if (c >= 0x20 && c < 0x7f) {
			hc_buf_putc(buf, (char)c);
			continue;
		}
		if (c == '\n' || c == '\t' || c == '\r') {
			hc_buf_puts(buf, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
			continue;
		}
		if (c >= 0x80 && (n = utf8_sequence(p + i, s.len - i, &bad)) > 1) {
			c &= 0xffu >> (n + 1);
			for (size_t k = 1; k < n; k++)
				c = c << 6 | (p[i + k] & 0x3f);
			if (is_hidden(c))
				hc_buf_printf(buf, "\\u%04x", c);
			else
				hc_buf_put(buf, p + i, n);
			continue;
		}
		n = 1;
		hc_buf_printf(buf, "\\x%02x", c);
	}
}

void hc_print_json_double(struct hc_buf *buf, double d)
{
	char text[40];

	if (!isfinite(d)) {
		hc_buf_puts(buf, "null");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, d);
		if (strtod(text, NULL) == d)
			break;
	}
	if (!strpbrk(text, ".eE"))
		strcat(text, ".0"); /* stays a floating-point number for readers that care */
	hc_buf_puts(buf, text);
}

void hc_print_base64(struct hc_buf *buf, const void *data, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *p = data;
	char *to = hc_buf_room(buf, (len + 2) / 3 * 4), *start = to;

	for (; len >= 3; p += 3, len -= 3) {
		*to++ = digits[p[0] >> 2];
		*to++ = digits[(p[0] & 3) << 4 | p[1] >> 4];
		*to++ = digits[(p[1] & 15) << 2 | p[2] >> 6];
		*to++ = digits[p[2] & 63];
	}
	if (len) {
		*to++ = digits[p[0] >> 2];
		*to++ = digits[(p[0] & 3) << 4 | (len == 2 ? p[1] >> 4 : 0)];
		*to++ = len == 2 ? digits[(p[1] & 15) << 2] : '=';
		*to++ = '=';
	}
	buf->len += (size_t)(to - start);
	*to = 0;
}

void hc_print_dotted(struct hc_buf *buf, const uint8_t *p, size_t len)
{
	char *to = hc_buf_room(buf, len);

	for (size_t i = 0; i < len; i++)
		to[i] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '.';
	to[len] = 0;
	buf->len += len;
}

bool hc_print_bytes(struct hc_buf *buf, const uint8_t *p, size_t len, bool base64)
{
	if (!base64)
		hc_print_dotted(buf, p, len > BYTES_UNCUT ? BYTES_SHOWN : len);
	else if ((len + 2) / 3 * 4 > BYTES_SHOWN)
		return false;
	else
		hc_print_base64(buf, p, len);
	return true;
}

void hc_print_ip(struct hc_buf *buf, const uint8_t *addr, uint32_t len)
{
	char text[INET6_ADDRSTRLEN];

	if (len == 4 || len == 16)
		hc_buf_puts(buf, inet_ntop(len == 4 ? AF_INET : AF_INET6, addr, text, sizeof text));
}

void hc_print_hex(struct hc_buf *buf, uint64_t v)
{
	char text[16];
	int n = 0;

	do {
		text[15 - n++] = "0123456789ABCDEF"[v & 15];
		v >>= 4;
	} while (v);
	hc_buf_put(buf, text + 16 - n, (size_t)n);
}

void hc_print_octal(struct hc_buf *buf, uint64_t v)
{
	char text[22];
	int n = 0;

	do {
		text[21 - n++] = (char)('0' + (v & 7));
		v >>= 3;
	} while (v);
	hc_buf_put(buf, text + 22 - n, (size_t)n);
}

void hc_print_padded(struct hc_buf *buf, uint64_t v)
{
	for (uint64_t limit = 100000000; limit > 1 && v < limit; limit /= 10)
		hc_buf_putc(buf, '0');
	hc_buf_u64(buf, v);
}

static int32_t zone_s;
static bool zone_known;

void hc_print_zone_set(int32_t offset_s)
{
	zone_s = offset_s;
	zone_known = true;
}

static int32_t zone(void)
{
	if (!zone_known) {
		time_t now = time(NULL);
		struct tm tm;

		hc_print_zone_set(localtime_r(&now, &tm) ? (int32_t)tm.tm_gmtoff : 0);
	}
	return zone_s;
}

/* n decimal digits of v with leading zeros. */
static void digits(struct hc_buf *buf, uint64_t v, int n)
{
	char text[20];

	for (int i = n; i-- > 0; v /= 10)
		text[i] = (char)('0' + v % 10);
	hc_buf_put(buf, text, (size_t)n);
}

/* Proleptic Gregorian date of a day number (days since 1970-01-01), by the 400-year era. */
static void put_date(struct hc_buf *buf, int64_t day)
{
	int64_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	uint64_t doe = (uint64_t)(z - era * 146097);
	uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	uint64_t month = mp < 10 ? mp + 3 : mp - 9;

	digits(buf, (uint64_t)((int64_t)yoe + era * 400 + (month <= 2)), 4);
	hc_buf_putc(buf, '-');
	digits(buf, month, 2);
	hc_buf_putc(buf, '-');
	digits(buf, doy - (153 * mp + 2) / 5 + 1, 2);
}

void hc_print_time(struct hc_buf *buf, uint64_t ts_ns, enum hc_print_time_format format)
{
	bool utc = format == HC_PRINT_ISO8601 || format == HC_PRINT_ISO8601_Z;
	int64_t s = (int64_t)(ts_ns / 1000000000) + (utc ? 0 : zone()), day = s / 86400, in_day = s % 86400;

	if (in_day < 0) {
		in_day += 86400;
		day--;
	}
	if (format != HC_PRINT_CLOCK && format != HC_PRINT_CLOCK_S) {
		put_date(buf, day);
		hc_buf_putc(buf, utc ? 'T' : ' ');
	}
	digits(buf, (uint64_t)in_day / 3600, 2);
	hc_buf_putc(buf, ':');
	digits(buf, (uint64_t)in_day / 60 % 60, 2);
	hc_buf_putc(buf, ':');
	digits(buf, (uint64_t)in_day % 60, 2);
	if (format == HC_PRINT_CLOCK_S || format == HC_PRINT_DATE_S)
		return;
	hc_buf_putc(buf, '.');
	digits(buf, ts_ns % 1000000000, 9);
	switch (format) {
	case HC_PRINT_ISO8601: hc_buf_puts(buf, "+0000"); break;
	case HC_PRINT_ISO8601_Z: hc_buf_putc(buf, 'Z'); break;
	default: break;
	}
}
