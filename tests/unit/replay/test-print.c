/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes, numbers and times as text, each at its limits.
 */
#include <criterion/criterion.h>

#include "replay/print.h"

static const char *json(const char *s, size_t len)
{
	static struct hc_buf buf;

	hc_buf_reset(&buf);
	hc_print_json_quoted(&buf, (struct hc_str){ s, (uint32_t)len });
	return buf.p;
}

#define cr_expect_json(in, out) cr_expect_str_eq(json(in, sizeof(in) - 1), out)

Test(print_json, escapes_what_json_needs_and_nothing_else)
{
	cr_expect_json("plain /etc/passwd", "\"plain /etc/passwd\"");
	cr_expect_json("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
	cr_expect_json("\n\t\r\b\f", "\"\\n\\t\\r\\b\\f\"");
	cr_expect_json("\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"");
	cr_expect_json("a\0b", "\"a\\u0000b\"");
	cr_expect_json("", "\"\"");
}

Test(print_json, keeps_valid_utf8_and_replaces_the_rest)
{
	cr_expect_json("h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7", "\"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7\"");
	cr_expect_json("\xff", "\"\xef\xbf\xbd\"");
	cr_expect_json("a\xe2\x82z", "\"a\xef\xbf\xbdz\"");                       /* cut sequence: one sign */
	cr_expect_json("\xe2\x82", "\"\xef\xbf\xbd\"");                           /* ... also at the end */
	cr_expect_json("\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"");               /* overlong */
	cr_expect_json("\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* surrogate */
	cr_expect_json("\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

Test(print_json, doubles_read_back_the_same)
{
	static const struct {
		double d;
		const char *text;
	} cases[] = { { 0.03, "0.03" }, { 0, "0.0" }, { 100, "100.0" }, { 0.054931640625, "0.054931640625" },
		    { 0.1 + 0.2, "0.30000000000000004" } };

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct hc_buf buf HC_BUF_DONE = { 0 };

		hc_print_json_double(&buf, cases[i].d);
		cr_expect_str_eq(buf.p, cases[i].text);
	}
}

Test(print_bytes, shows_other_bytes_as_dots_and_cuts_long_buffers)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };
	uint8_t many[2000];

	hc_print_dotted(&buf, (const uint8_t *)"\x7f" "ELF\n\xc3\xa9 ok", 10);
	cr_expect_str_eq(buf.p, ".ELF... ok");
	memset(many, 'x', sizeof many);
	for (size_t len = 1020; len <= 1024; len++) {
		hc_buf_reset(&buf);
		cr_expect(hc_print_bytes(&buf, many, len, false));
		cr_expect_eq(buf.len, len > 1022 ? 1021 : len, "length %zu", len);
	}
}

Test(print_bytes, base64_pads_and_refuses_what_is_too_long)
{
	static const char *const plain[] = { "", "f", "fo", "foo", "foob", "fooba", "foobar" };
	static const char *const coded[] = { "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	uint8_t many[2000] = { 0 };
	struct hc_buf buf HC_BUF_DONE = { 0 };

	for (int i = 1; i < 7; i++) {
		hc_buf_reset(&buf);
		cr_expect(hc_print_bytes(&buf, (const uint8_t *)plain[i], strlen(plain[i]), true));
		cr_expect_str_eq(buf.p, coded[i]);
	}
	hc_buf_reset(&buf);
	cr_expect(hc_print_bytes(&buf, many, 765, true));
	cr_expect_eq(buf.len, 1020);
	cr_expect_not(hc_print_bytes(&buf, many, 766, true), "1024 characters exceed 1021");
	cr_expect_eq(buf.len, 1020, "nothing is appended then");
}

static const char *number(void (*print)(struct hc_buf *, uint64_t), uint64_t v)
{
	static struct hc_buf buf;

	hc_buf_reset(&buf);
	print(&buf, v);
	return buf.p;
}

Test(print_numbers, have_the_printf_forms)
{
	cr_expect_str_eq(number(hc_print_hex, 0), "0");
	cr_expect_str_eq(number(hc_print_hex, 0xfe00), "FE00");
	cr_expect_str_eq(number(hc_print_hex, UINT64_MAX), "FFFFFFFFFFFFFFFF");
	cr_expect_str_eq(number(hc_print_octal, 0), "0");
	cr_expect_str_eq(number(hc_print_octal, 04755), "4755");
	cr_expect_str_eq(number(hc_print_octal, UINT64_MAX), "1777777777777777777777");
	cr_expect_str_eq(number(hc_print_padded, 0), "000000000");
	cr_expect_str_eq(number(hc_print_padded, 42), "000000042");
	cr_expect_str_eq(number(hc_print_padded, 123456789), "123456789");
	cr_expect_str_eq(number(hc_print_padded, 1234567890123), "1234567890123");
}

static const char *when(uint64_t ts_ns, enum hc_print_time_format format)
{
	static struct hc_buf buf;

	hc_buf_reset(&buf);
	hc_print_time(&buf, ts_ns, format);
	return buf.p;
}

Test(print_time, formats_are_falcos)
{
	hc_print_zone_set(0);
	cr_expect_str_eq(when(1534527348514682170, HC_PRINT_CLOCK), "17:35:48.514682170");
	cr_expect_str_eq(when(1534527348514682170, HC_PRINT_CLOCK_S), "17:35:48");
	cr_expect_str_eq(when(1534527348514682170, HC_PRINT_DATE), "2018-08-17 17:35:48.514682170");
	cr_expect_str_eq(when(1534527348514682170, HC_PRINT_DATE_S), "2018-08-17 17:35:48");
	cr_expect_str_eq(when(1534527348514682170, HC_PRINT_ISO8601), "2018-08-17T17:35:48.514682170+0000");
	cr_expect_str_eq(when(1534527348514682170, HC_PRINT_ISO8601_Z), "2018-08-17T17:35:48.514682170Z");
	cr_expect_str_eq(when(0, HC_PRINT_DATE), "1970-01-01 00:00:00.000000000");
	cr_expect_str_eq(when(951782400000000000, HC_PRINT_DATE_S), "2000-02-29 00:00:00");
	cr_expect_str_eq(when(UINT64_MAX, HC_PRINT_ISO8601_Z), "2554-07-21T23:34:33.709551615Z");
}

Test(print_time, local_times_use_the_zone_and_utc_ones_do_not)
{
	hc_print_zone_set(-5 * 3600 - 1800);
	cr_expect_str_eq(when(3600ull * 1000000000, HC_PRINT_DATE), "1969-12-31 19:30:00.000000000");
	cr_expect_str_eq(when(3600ull * 1000000000, HC_PRINT_ISO8601), "1970-01-01T01:00:00.000000000+0000");
	hc_print_zone_set(2 * 3600);
	cr_expect_str_eq(when(0, HC_PRINT_CLOCK_S), "02:00:00");
}

Test(print_ip, writes_both_families_without_brackets)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };
	uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 3 };

	hc_print_ip(&buf, (const uint8_t[]){ 10, 0, 255, 1 }, 4);
	hc_buf_putc(&buf, ' ');
	hc_print_ip(&buf, v6, 16);
	cr_expect_str_eq(buf.p, "10.0.255.1 2001:db8::3");
}
