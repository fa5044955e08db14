/* SPDX-License-Identifier: Apache-2.0
 *
 * Warnings about conditions. They never make loading fail.
 */
#include "rules/lint.h"

#include <ctype.h>
#include <stdio.h>

#define TEXT(s) (int)((s).len < 200 ? (s).len : 200), (s).p

static void warn(struct hc_checker *c, const struct hc_ast *check, const struct hc_literal *l, const char *text)
{
	hc_checker_note(c, &(struct hc_check_note){ false, "LOAD_COMPILE_CONDITION", text, NULL, NULL, l->pos, l->value.len,
						    check->values_pos });
}

const char *hc_deprecated_field(unsigned i)
{
	static const char *const fields[] = { "evt.dir", "evt.latency", "evt.latency.s", "evt.latency.ns",
					      "evt.latency.human", "evt.wait_latency" };

	return i < sizeof fields / sizeof *fields ? fields[i] : NULL;
}

void hc_lint_deprecated(struct hc_checker *c, const char *field, struct hc_ast_pos pos, uint32_t len)
{
	char text[128];

	snprintf(text, sizeof text, "usage of '%s' field has been deprecated due to the drop of enter events", field);
	hc_checker_note(c, &(struct hc_check_note){ false, "LOAD_DEPRECATED_ITEM", text, NULL, field, pos, len });
}

static const struct hc_operand *find_field(const struct hc_operand *op, const char *name)
{
	const struct hc_operand *found = op->kind == HC_OPERAND_FIELD && hc_str_is(op->name, name) ? op : NULL;

	for (uint32_t i = 0; !found && i < op->nargs; i++)
		found = find_field(op->args[i], name);
	return found;
}

/* The first use of the field in a left-hand side, noted. */
static bool note_use(struct hc_checker *c, const struct hc_ast *ast, const char *name)
{
	const struct hc_operand *op;

	for (uint32_t i = 0; i < ast->nkids; i++)
		if (note_use(c, ast->kids[i], name))
			return true;
	op = ast->kind == HC_AST_CHECK ? find_field(ast->left, name) : NULL;
	if (!op)
		return false;
	c->current = ast;
	hc_lint_deprecated(c, name, op->pos, op->text.len);
	return true;
}

void hc_lint_deprecated_fields(struct hc_checker *c, const struct hc_ast *ast)
{
	for (unsigned i = 0; hc_deprecated_field(i); i++)
		note_use(c, ast, hc_deprecated_field(i));
}

/* Blanks removed; false if it is too long to be what we look for, or has a NUL. */
static bool squeeze(struct hc_str s, char *buf, size_t size)
{
	size_t n = 0;

	for (uint32_t i = 0; i < s.len; i++) {
		if (!s.p[i] || n + 1 >= size)
			return false;
		if (!isspace((unsigned char)s.p[i]))
			buf[n++] = s.p[i];
	}
	buf[n] = '\0';
	return true;
}

static bool looks_like_field(const char *text)
{
	struct hc_field_set set;
	const struct hc_field *f;
	const char *bracket = strchr(text, '[');
	struct hc_str name = hc_str(text), arg = { 0 };
	bool is;

	/* all names start with one of these; most literals do not */
	if (!strchr(text, '.') || !strchr("epstufgck", text[0]))
		return false;
	if (bracket) {
		if (text[name.len - 1] != ']')
			return false;
		arg = (struct hc_str){ bracket + 1, (uint32_t)(text + name.len - 1 - (bracket + 1)) };
		name.len = (uint32_t)(bracket - text);
	}
	hc_field_set_init(&set);
	is = hc_field_parse(&set, name, bracket, arg, hc_str(text), &f, NULL) == 0;
	hc_field_set_done(&set);
	return is;
}

static bool looks_like_transformer(const char *text)
{
	static const char *const names[] = { "tolower(", "toupper(", "b64(", "basename(", "len(", "join(", "concat(",
					     "getopt(", "val(" };

	if (text[strlen(text) - 1] != ')')
		return false;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strncmp(text, names[i], strlen(names[i])))
			return true;
	return false;
}

/* No metacharacter but ^ first, $ last, and a .* .+ .? that is first or last byte for byte: not behind ^ nor before $ (Q). */
static bool is_plain_regex(struct hc_str s)
{
	static const char meta[] = "\\^$.[]|()?*+{}";

	for (uint32_t i = 0; i < s.len; i++) {
		if ((!i && s.p[i] == '^') || (i + 1 == s.len && s.p[i] == '$'))
			continue;
		if (s.p[i] == '.' && i + 1 < s.len && (!i || i + 2 == s.len) && s.p[i + 1] && strchr("*+?", s.p[i + 1]))
			i++;
		else if (strchr(meta, s.p[i]))
			return false;
	}
	return true;
}

void hc_lint_literal(struct hc_checker *c, const struct hc_ast *check, const struct hc_literal *l)
{
	char buf[256], text[400];

	if (check->op == HC_OP_REGEX && is_plain_regex(l->value)) {
		snprintf(text, sizeof text,
			 "regex check with '%.*s' may be optimized with simpler operators such as '=', 'contains', 'startswith', "
			 "'endswith'", TEXT(l->value));
		warn(c, check, l, text);
	}
	if (!l->value.len || !squeeze(l->value, buf, sizeof buf) || !buf[0])
		return;
	if (looks_like_field(buf))
		snprintf(text, sizeof text, "'%.*s' may be a valid field misused as a const string value", TEXT(l->value));
	else if (looks_like_transformer(buf))
		snprintf(text, sizeof text, "'%.*s' may be a valid field transformer misused as a const string value",
			 TEXT(l->value));
	else
		return;
	warn(c, check, l, text);
}
