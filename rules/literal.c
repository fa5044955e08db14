/* SPDX-License-Identifier: Apache-2.0
 *
 * Literals by type. The quirks of sscanf are kept on purpose: rules rely on what Falco accepts and on what it makes of
 * numbers that do not fit (rules-language.md 5.4 (Q)).
 */
#include "rules/literal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/schema.h"
#include "rules/value.h"

enum { SHOWN_MAX = 200 };
#define TEXT(s) (int)((s).len < SHOWN_MAX ? (s).len : SHOWN_MAX), (s).p

int hc_service_port(struct hc_str name)
{
	static const struct {
		const char *name;
		uint16_t port;
	} services[] = {
#define S(name, port) { name, port },
#include "rules/services.def"
#undef S
	};

	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		if (hc_str_is(name, services[i].name))
			return services[i].port;
	return -1;
}

/* Decimal as sscanf's %d/%u take it: leading blanks, sign, saturating at 64 bits; the rest must be empty. Then cut to the
 * type's width. */
static int parse_number(struct hc_str text, uint8_t type, uint64_t *ret, struct hc_diag *diag)
{
	bool is_signed = hc_type_is_signed(type);
	int size = hc_param_type_size(type);
	char buf[64], *end = buf;
	uint64_t v = 0;

	*ret = 0;
	if (text.len < sizeof buf && !memchr(text.p, 0, text.len)) {
		memcpy(buf, text.p, text.len);
		buf[text.len] = '\0';
		v = is_signed ? (uint64_t)strtoll(buf, &end, 10) : strtoull(buf, &end, 10);
	}
	if (end == buf || *end)
		return hc_diag_set(diag, -EINVAL, "%.*s is not a valid number", TEXT(text));
	switch (size) {
	case 1: v = is_signed ? (uint64_t)(int8_t)v : (uint8_t)v; break;
	case 2: v = is_signed ? (uint64_t)(int16_t)v : (uint16_t)v; break;
	case 4: v = is_signed ? (uint64_t)(int32_t)v : (uint32_t)v; break;
	}
	*ret = v;
	return 0;
}

/* An integer, like the reference has it; the value is a double's bits. */
static int parse_double(struct hc_str text, uint64_t *ret, struct hc_diag *diag)
{
	double d;
	int r = parse_number(text, PT_INT64, ret, diag);

	d = (double)(int64_t)*ret;
	memcpy(ret, &d, sizeof d);
	return r;
}

static int parse_port(struct hc_str text, uint64_t *ret, struct hc_diag *diag)
{
	bool digits = true;
	int port;

	for (uint32_t i = 0; i < text.len; i++)
		digits &= text.p[i] >= '0' && text.p[i] <= '9';
	*ret = 0;
	if (!text.len)
		return 0;
	if (digits)
		return parse_number(text, PT_UINT16, ret, diag);
	port = hc_service_port(text);
	if (port < 0)
		return hc_diag_set(diag, -EINVAL, "unrecognized protocol %.*s", TEXT(text));
	*ret = (uint64_t)port;
	return 0;
}

/* text as an address of one family; false if it is none. */
static bool address(struct hc_arena *arena, struct hc_str text, int family, struct hc_str *ret)
{
	uint8_t bytes[16];
	char buf[64];

	if (text.len >= sizeof buf || memchr(text.p ? text.p : "", 0, text.len))
		return false;
	snprintf(buf, sizeof buf, "%.*s", (int)text.len, text.p ? text.p : "");
	if (inet_pton(family, buf, bytes) != 1)
		return false;
	ret->len = family == AF_INET ? 4 : 16;
	ret->p = hc_arena_dupn(arena, (char *)bytes, ret->len);
	return true;
}

static bool has_char(struct hc_str s, char c)
{
	return s.len && memchr(s.p, c, s.len);
}

static int parse_ip(struct hc_arena *arena, struct hc_str text, struct hc_str *ret, struct hc_diag *diag)
{
	bool v4 = has_char(text, '.');

	if (address(arena, text, v4 ? AF_INET : AF_INET6, ret))
		return 0;
	return hc_diag_set(diag, -EINVAL, "unrecognized %s address %.*s", v4 ? "IPv4" : "IPv6", TEXT(text));
}

static int parse_net(struct hc_arena *arena, struct hc_str text, struct hc_literal_value *ret, struct hc_diag *diag)
{
	bool v4 = has_char(text, '.');
	const char *slash = text.len ? memchr(text.p, '/', text.len) : NULL;
	struct hc_str addr, mask;
	uint64_t bits;

	if (!slash)
		return hc_diag_set(diag, -EINVAL, "unrecognized IP network %.*s", TEXT(text));
	addr = (struct hc_str){ text.p, (uint32_t)(slash - text.p) };
	mask = (struct hc_str){ slash + 1, text.len - addr.len - 1 };
	if (!address(arena, addr, v4 ? AF_INET : AF_INET6, &ret->s))
		return hc_diag_set(diag, -EINVAL, "unrecognized IP address %.*s", TEXT(text));
	if (parse_number(mask, PT_UINT64, &bits, NULL) < 0 || bits > (v4 ? 32 : 128) || (!v4 && bits < 1))
		return hc_diag_set(diag, -EINVAL, v4 ? "invalid netmask %.*s" : "invalid v6 netmask %.*s", TEXT(mask));
	ret->prefix = (uint8_t)bits;
	return 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static int parse_hex(struct hc_arena *arena, struct hc_str text, struct hc_str *ret, struct hc_diag *diag)
{
	char *p = hc_arena_bytes(arena, text.len / 2 + 1);

	for (uint32_t i = 0; i < text.len; i += 2) {
		int hi = hex_digit(text.p[i]), lo = i + 1 < text.len ? hex_digit(text.p[i + 1]) : -1;

		if (hi < 0 || lo < 0)
			return hc_diag_set(diag, -EINVAL,
					   "bcontains and bstartswith operator support hex strings only");
		p[i / 2] = (char)(hi << 4 | lo);
	}
	*ret = (struct hc_str){ p, text.len / 2 };
	return 0;
}

/* How rare a byte is in names, paths and command lines, roughly; more is rarer. */
static int rarity(unsigned char c)
{
	switch (c) {
	case '/': case ' ': case '-': case '_': case '.': case 'e': case 't': case 'a': case 'o': case 'i': case 'n': case 's':
	case 'r': case 'l':
		return 0;
	case '\0':
		return 4;
	default:
		return c >= 'a' && c <= 'z' ? 1 : c >= '0' && c <= '9' ? 2 : 3;
	}
}

static uint8_t pivot_of(struct hc_str s)
{
	uint32_t best = 0;
	int most = s.len ? rarity((unsigned char)s.p[0]) : 0;

	for (uint32_t i = 1; i < s.len && i < 64; i++) {
		int r = rarity((unsigned char)s.p[i]);

		if (r > most) {
			most = r;
			best = i;
		}
	}
	return (uint8_t)best;
}

int hc_literal_parse(struct hc_arena *arena, struct hc_str text, uint8_t type, bool hex, struct hc_literal_value *ret,
		     struct hc_diag *diag)
{
	int r;

	*ret = (struct hc_literal_value){ .s = text, .pivot = pivot_of(text) };
	if (hex) {
		r = parse_hex(arena, text, &ret->s, diag);
		ret->pivot = 0;
		return r;
	}
	switch (type) {
	case PT_PORT:
		return parse_port(text, &ret->u, diag);
	case PT_IPADDR: case PT_IPV6ADDR:
		return parse_ip(arena, text, &ret->s, diag);
	case PT_IPNET:
		return parse_net(arena, text, ret, diag);
	case PT_BOOL:
		ret->u = hc_str_is(text, "true");
		if (!ret->u && !hc_str_is(text, "false"))
			return hc_diag_set(diag, -EINVAL, "unrecognized boolean value %.*s", TEXT(text));
		return 0;
	case PT_DOUBLE:
		return parse_double(text, &ret->u, diag);
	case PT_SIGTYPE: case PT_SYSCALLID:
		/* comparable by the table, but the reference has no parser for them (fields-semantics.md 3.3) */
		return hc_diag_set(diag, -EINVAL, "wrong parameter type %d", type);
	default:
		if (hc_value_kind_of(type) == HC_VALUE_INT)
			return parse_number(text, type, &ret->u, diag);
		return 0;
	}
}

bool hc_net_same_family(const struct hc_literal_value *net, struct hc_str addr)
{
	return net->s.len == addr.len;
}

bool hc_net_has(const struct hc_literal_value *net, struct hc_str addr)
{
	uint32_t whole = net->prefix / 8, rest = net->prefix % 8;

	if (!hc_net_same_family(net, addr) || memcmp(net->s.p, addr.p, whole))
		return false;
	return !rest || !(((uint8_t)net->s.p[whole] ^ (uint8_t)addr.p[whole]) >> (8 - rest));
}
