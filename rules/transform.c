/* SPDX-License-Identifier: Apache-2.0
 *
 * tolower, toupper, b64, basename, len, join, concat, getopt (rules-language.md 6). All results live in the scratch
 * arena; operands that are absent make the result absent.
 */
#include "rules/transform.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

static struct hc_value string(const char *p, uint32_t len)
{
	return (struct hc_value){ .kind = HC_VALUE_STRING, .s = { p, len } };
}

static struct hc_str change_case(struct hc_arena *scratch, struct hc_str s, bool up)
{
	char *p = hc_arena_bytes(scratch, s.len + 1);

	for (uint32_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		p[i] = up ? (c >= 'a' && c <= 'z' ? c & ~32 : c) : (c >= 'A' && c <= 'Z' ? c | 32 : c);
	}
	return (struct hc_str){ p, s.len };
}

static bool transform_case(const struct hc_expr *e, const struct hc_expr_ctx *cx, struct hc_value *v)
{
	bool up = e->kind == HC_EXPR_TOUPPER;
	struct hc_value *items;

	if (v->kind == HC_VALUE_STRING) {
		v->s = change_case(cx->scratch, v->s, up);
		return true;
	}
	if (v->kind != HC_VALUE_LIST)
		return false;
	items = hc_arena_array(cx->scratch, struct hc_value, v->nitems ? v->nitems : 1);
	for (uint32_t i = 0; i < v->nitems; i++)
		items[i] = (struct hc_value){ .kind = HC_VALUE_STRING, .s = change_case(cx->scratch, v->items[i].s, up) };
	v->items = items;
	return true;
}

static int b64_digit(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Padding may be there or not; a lone leftover digit or any other byte makes it no Base64. */
static bool transform_b64(const struct hc_expr_ctx *cx, struct hc_value *v)
{
	uint32_t n = v->s.len, out = 0, bits = 0, have = 0;
	const char *nul;
	char *p;

	for (int pad = 0; pad < 2 && n && v->s.p[n - 1] == '='; pad++)
		n--;
	if (n % 4 == 1)
		return false;
	p = hc_arena_bytes(cx->scratch, n + 1);
	for (uint32_t i = 0; i < n; i++) {
		int d = b64_digit((unsigned char)v->s.p[i]);

		if (d < 0)
			return false;
		bits = bits << 6 | (uint32_t)d;
		have += 6;
		if (have >= 8) {
			have -= 8;
			p[out++] = (char)(bits >> have);
		}
	}
	v->s = (struct hc_str){ p, out };
	nul = v->kind == HC_VALUE_STRING && out ? memchr(p, '\0', out) : NULL;
	if (nul)
		v->s.len = (uint32_t)(nul - p);
	return true;
}

static void transform_basename(struct hc_value *v)
{
	const char *slash = v->s.len ? memrchr(v->s.p, '/', v->s.len) : NULL;

	if (slash) {
		v->s.len -= (uint32_t)(slash + 1 - v->s.p);
		v->s.p = slash + 1;
	}
}

/* A value as join() writes it: strings as they are, numbers in decimal or as their print format says. */
static struct hc_str rendered(const struct hc_expr_ctx *cx, const struct hc_value *v, const struct hc_expr *e)
{
	char buf[INET6_ADDRSTRLEN + 32];
	int n;

	switch (v->kind) {
	case HC_VALUE_STRING: case HC_VALUE_BYTES:
		return v->s;
	case HC_VALUE_BOOL:
		return hc_str(v->u ? "true" : "false");
	case HC_VALUE_DOUBLE:
		n = snprintf(buf, sizeof buf, "%.1f", v->d);
		break;
	case HC_VALUE_IP:
		if (!inet_ntop(v->s.len == 4 ? AF_INET : AF_INET6, v->s.p, buf, sizeof buf))
			return (struct hc_str){ 0 };
		n = (int)strlen(buf);
		break;
	default:
		if (e->format == PF_OCT)
			n = snprintf(buf, sizeof buf, "%" PRIo64, v->u);
		else if (e->format == PF_HEX)
			n = snprintf(buf, sizeof buf, "%" PRIX64, v->u);
		else if (e->format == PF_10_PADDED_DEC)
			n = snprintf(buf, sizeof buf, "%09" PRIu64, v->u);
		else
			n = hc_type_is_signed(e->type) ? snprintf(buf, sizeof buf, "%" PRId64, (int64_t)v->u) :
							 snprintf(buf, sizeof buf, "%" PRIu64, v->u);
	}
	return (struct hc_str){ hc_arena_dupn(cx->scratch, buf, (size_t)n), (uint32_t)n };
}

static bool joined(const struct hc_expr_ctx *cx, const struct hc_str *parts, uint32_t n, struct hc_str sep,
		   struct hc_value *ret)
{
	uint64_t total = 0, at = 0;
	char *p;

	for (uint32_t i = 0; i < n; i++)
		total += parts[i].len + (i ? sep.len : 0);
	if (total > UINT32_MAX / 2)
		return false;
	p = hc_arena_bytes(cx->scratch, total + 1);
	for (uint32_t i = 0; i < n; i++) {
		if (i && sep.len) {
			memcpy(p + at, sep.p, sep.len);
			at += sep.len;
		}
		if (parts[i].len)
			memcpy(p + at, parts[i].p, parts[i].len);
		at += parts[i].len;
	}
	*ret = string(p, (uint32_t)total);
	return true;
}

static bool transform_join(const struct hc_expr *e, const struct hc_expr_ctx *cx, struct hc_value *ret)
{
	const struct hc_expr *list = e->args[1];
	struct hc_value sep, items;
	struct hc_str *parts;

	if (!hc_expr_eval(e->args[0], cx, false, &sep) || !hc_expr_eval(list, cx, false, &items) ||
	    items.kind != HC_VALUE_LIST)
		return false;
	parts = hc_arena_array(cx->scratch, struct hc_str, items.nitems ? items.nitems : 1);
	for (uint32_t i = 0; i < items.nitems; i++)
		parts[i] = rendered(cx, &items.items[i], list->kind == HC_EXPR_LIST ? list->args[i] : list);
	return joined(cx, parts, items.nitems, rendered(cx, &sep, e->args[0]), ret);
}

static bool transform_concat(const struct hc_expr *e, const struct hc_expr_ctx *cx, struct hc_value *ret)
{
	struct hc_str *parts = hc_arena_array(cx->scratch, struct hc_str, e->nargs);
	struct hc_value v;

	for (uint32_t i = 0; i < e->nargs; i++) {
		if (!hc_expr_eval(e->args[i], cx, false, &v) || v.kind != HC_VALUE_STRING)
			return false;
		parts[i] = v.s;
	}
	return joined(cx, parts, e->nargs, (struct hc_str){ 0 }, ret);
}

/* Where getopt's walk over the words delivers to. */
struct getopt_out {
	struct hc_value *items; /* all letters and arguments, in order */
	uint32_t n;
	char want;              /* the [c], 0: all */
	bool found;
	struct hc_str last;     /* what the last c had */
};

static void deliver(struct getopt_out *out, struct hc_str letter, bool takes, struct hc_str arg)
{
	if (out->want) {
		if (letter.p[0] == out->want) {
			out->found = true;
			out->last = takes ? arg : letter;
		}
		return;
	}
	out->items[out->n++] = string(letter.p, letter.len);
	if (takes)
		out->items[out->n++] = string(arg.p, arg.len);
}

/* One cluster like -nt or -nVALUE; may consume the next word. */
static void cluster(struct getopt_out *out, struct hc_str optstring, const struct hc_value *words, uint32_t n, uint32_t *i)
{
	struct hc_str word = words[*i].s;

	for (uint32_t k = 1; k < word.len; k++) {
		struct hc_str letter = { word.p + k, 1 }, arg = HC_STR("");
		const char *known = word.p[k] != ':' && optstring.len ? memchr(optstring.p, word.p[k], optstring.len) : NULL;

		if (!known) {
			deliver(out, HC_STR("?"), false, arg);
		} else if (known + 1 < optstring.p + optstring.len && known[1] == ':') {
			if (k + 1 < word.len)
				arg = (struct hc_str){ word.p + k + 1, word.len - k - 1 };
			else if (*i + 1 < n)
				arg = words[++*i].s;
			deliver(out, letter, true, arg);
			return;
		} else {
			deliver(out, letter, false, arg);
		}
	}
}

static bool transform_getopt(const struct hc_expr *e, const struct hc_expr_ctx *cx, struct hc_value *ret)
{
	struct getopt_out out = { .want = e->option };
	struct hc_value list, optstring;
	uint64_t most = 0;

	if (!hc_expr_eval(e->args[0], cx, false, &list) || !hc_expr_eval(e->args[1], cx, false, &optstring) ||
	    list.kind != HC_VALUE_LIST || optstring.kind != HC_VALUE_STRING)
		return false;
	for (uint32_t i = 0; i < list.nitems; i++) {
		if (list.items[i].kind != HC_VALUE_STRING)
			return false;
		most += list.items[i].s.len + 1;
	}
	/* every byte of a word gives at most its letter and one argument */
	out.items = hc_arena_array(cx->scratch, struct hc_value, 2 * most + 1);
	for (uint32_t i = 0; i < list.nitems; i++) {
		struct hc_str w = list.items[i].s;

		if (w.len < 2 || w.p[0] != '-' || (w.len == 2 && w.p[1] == '-'))
			break;
		if (w.p[1] != '-')
			cluster(&out, optstring.s, list.items, list.nitems, &i);
	}
	if (out.want) {
		*ret = string(out.last.p, out.last.len);
		return out.found;
	}
	*ret = (struct hc_value){ .kind = HC_VALUE_LIST, .nitems = out.n, .items = out.items };
	return true;
}

bool hc_transform(const struct hc_expr *e, const struct hc_expr_ctx *cx, struct hc_value *ret)
{
	if (e->kind == HC_EXPR_JOIN)
		return transform_join(e, cx, ret);
	if (e->kind == HC_EXPR_CONCAT)
		return transform_concat(e, cx, ret);
	if (e->kind == HC_EXPR_GETOPT)
		return transform_getopt(e, cx, ret);
	if (!hc_expr_eval(e->args[0], cx, false, ret))
		return false;
	switch (e->kind) {
	case HC_EXPR_LEN:
		*ret = (struct hc_value){ .kind = HC_VALUE_INT, .u = ret->kind == HC_VALUE_LIST ? ret->nitems : ret->s.len };
		return true;
	case HC_EXPR_TOLOWER: case HC_EXPR_TOUPPER:
		return transform_case(e, cx, ret);
	case HC_EXPR_B64:
		return (ret->kind == HC_VALUE_STRING || ret->kind == HC_VALUE_BYTES) && transform_b64(cx, ret);
	default:
		if (ret->kind != HC_VALUE_STRING)
			return false;
		transform_basename(ret);
		return true;
	}
}
