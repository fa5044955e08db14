/* SPDX-License-Identifier: Apache-2.0
 *
 * The tokens of rules-language.md 4. Invariant: pos only moves forward, never past len, and counts lines at \n and \r as
 * the reference's parser does, so error positions agree with it.
 */
#include "rules/lexer.h"

#include <string.h>

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_alpha(c) || is_digit(c) || c == '_';
}

/* What may separate tokens; backspace too (Q). */
static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\b' || c == '\r' || c == '\n';
}

/* What ends bare strings, and follows `not`: POSIX [:space:]. */
static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_bare(char c)
{
	return c && !is_space(c) && c != '(' && c != ')' && c != '"' && c != '\'' && c != '=' && c != ',';
}

void hc_lexer_init(struct hc_lexer *lx, struct hc_arena *arena, const char *text, size_t len)
{
	*lx = (struct hc_lexer){ .text = text, .len = len, .pos = { 0, 1, 1 }, .arena = arena };
}

static void advance(struct hc_lexer *lx, size_t n)
{
	for (const char *p = hc_lex_cursor(lx); n; n--, p++) {
		lx->pos.off++;
		lx->pos.column++;
		if (*p == '\r' || *p == '\n') {
			lx->pos.column = 1;
			lx->pos.line++;
		}
	}
}

/* n bytes become the last token; none is no token. */
static bool take(struct hc_lexer *lx, size_t n)
{
	if (!n)
		return false;
	lx->last = (struct hc_str){ hc_lex_cursor(lx), (uint32_t)n };
	advance(lx, n);
	return true;
}

bool hc_lex_blank(struct hc_lexer *lx)
{
	size_t n = 0;

	while (is_blank(hc_lex_cursor(lx)[n]))
		n++;
	advance(lx, n);
	return n > 0;
}

bool hc_lex_text(struct hc_lexer *lx, const char *text)
{
	const char *p = hc_lex_cursor(lx);
	size_t n = 0;

	while (text[n] && p[n] == text[n])
		n++;
	return !text[n] && take(lx, n);
}

bool hc_lex_word_op(struct hc_lexer *lx, const char *word)
{
	const char *p = hc_lex_cursor(lx);
	size_t n = 0;

	while (word[n] && p[n] == word[n])
		n++;
	if (word[n] || !is_blank(p[n]))
		return false;
	take(lx, n);
	hc_lex_blank(lx);
	return true;
}

bool hc_lex_not(struct hc_lexer *lx)
{
	const char *p = hc_lex_cursor(lx);
	size_t n = 3;

	if (strncmp(p, "not", 3) || !is_space(p[3]))
		return false;
	while (is_space(p[n]))
		n++;
	return take(lx, n);
}

static size_t identifier_len(const char *p)
{
	size_t n = 0;

	if (!is_alpha(*p))
		return 0;
	while (is_word(p[n]))
		n++;
	return n;
}

bool hc_lex_identifier(struct hc_lexer *lx)
{
	return take(lx, identifier_len(hc_lex_cursor(lx)));
}

bool hc_lex_field_name(struct hc_lexer *lx)
{
	const char *p = hc_lex_cursor(lx);
	size_t n = identifier_len(p), more;
	bool dotted = false;

	while (n && p[n] == '.' && (more = identifier_len(p + n + 1))) {
		n += 1 + more;
		dotted = true;
	}
	return dotted && take(lx, n);
}

bool hc_lex_arg(struct hc_lexer *lx)
{
	const char *p = hc_lex_cursor(lx);
	size_t n = 0;

	while (p[n] && !is_space(p[n]) && !strchr("[]\"'", p[n]))
		n++;
	return take(lx, n);
}

bool hc_lex_number(struct hc_lexer *lx)
{
	const char *p = hc_lex_cursor(lx);
	size_t n = 0, e;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && (is_alpha(p[2]) || is_digit(p[2]))) {
		for (n = 2; is_alpha(p[n]) || is_digit(p[n]); n++)
			;
		return take(lx, n);
	}
	if (p[n] == '+' || p[n] == '-')
		n++;
	if (!is_digit(p[n]))
		return false;
	while (is_digit(p[n]))
		n++;
	if (p[n] == '.')
		n++;
	while (is_digit(p[n]))
		n++;
	if ((p[n] == 'e' || p[n] == 'E') && (p[n + 1] == '+' || p[n + 1] == '-') && is_digit(p[n + 2])) {
		for (e = n + 2; is_digit(p[e]); e++)
			;
		n = e;
	}
	return take(lx, n);
}

bool hc_lex_bare(struct hc_lexer *lx)
{
	const char *p = hc_lex_cursor(lx);
	size_t n = 0;

	while (is_bare(p[n]))
		n++;
	return take(lx, n);
}

bool hc_lex_is_bare(struct hc_str s)
{
	for (uint32_t i = 0; i < s.len; i++)
		if (!is_bare(s.p[i]))
			return false;
	return s.len > 0;
}

static int hex(char c)
{
	return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Resolves the escapes of src[0..n) into dst; returns the length. bad: the letter of the first unknown escape. */
static size_t unescape(char *dst, const char *src, size_t n, char quote, char *bad)
{
	static const char from[] = "bfnrt\\/ ", to[] = "\b\f\n\r\t\\/\\"; /* backslash blank is a backslash (Q) */
	size_t len = 0;
	const char *e;

	for (size_t i = 0; i < n; i++) {
		if (src[i] != '\\') {
			dst[len++] = src[i];
			continue;
		}
		/* the closing quote has no backslash before it, so there is always a next byte */
		if (++i < n && src[i] == quote) {
			dst[len++] = quote;
		} else if (i < n && src[i] == 'x') {
			if (i + 2 >= n || hex(src[i + 1]) < 0 || hex(src[i + 2]) < 0) {
				*bad = 'x';
				return 0;
			}
			dst[len++] = (char)(hex(src[i + 1]) * 16 + hex(src[i + 2]));
			i += 2;
		} else if (i < n && src[i] && (e = strchr(from, src[i]))) {
			dst[len++] = to[e - from];
		} else {
			*bad = i < n ? src[i] : '\\';
			return 0;
		}
	}
	return len;
}

bool hc_lex_quoted(struct hc_lexer *lx)
{
	const char *p = hc_lex_cursor(lx);
	char quote = *p, *value;
	size_t n = 1;

	lx->bad_escape = 0;
	if (quote != '"' && quote != '\'')
		return false;
	/* the first quote not right behind a backslash closes, even if that backslash is itself escaped (Q) */
	while (p[n] && (p[n] != quote || p[n - 1] == '\\'))
		n++;
	if (!p[n])
		return false;
	value = hc_arena_bytes(lx->arena, n);
	advance(lx, n + 1);
	n = unescape(value, p + 1, n - 1, quote, &lx->bad_escape);
	value[n] = '\0';
	if (lx->bad_escape)
		return false;
	lx->last = (struct hc_str){ value, (uint32_t)n };
	return true;
}
