/* SPDX-License-Identifier: Apache-2.0
 *
 * Templates to segments. After a `%` the longest beginning of the rest that is a field or a transformer call counts (Q),
 * so `%proc.namex` is proc.name and an x: candidates are tried from the longest on.
 */
#include "rules/output.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/buf.h"
#include "common/mem.h"
#include "rules/lint.h"
#include "rules/parser.h"

/* Longer names than any field and argument; what is tried behind a % ends here. */
enum { NAME_MAX_LEN = 256 };

#define CONTAINER_INFO \
	"%container.info is deprecated and no more useful, and will be dropped by Falco 1.0.0. The container plugin will " \
	"automatically add required fields to the output message."

struct template {
	struct hc_checker *checker;
	struct hc_str written;   /* the template as it stands in the rule */
	struct hc_arena scratch; /* operands while they are tried */
	const char *p;           /* the same without * and %container.info; NUL-terminated */
	uint32_t len;
	struct hc_output_segment *segments; /* grows; moved to the checker's arena at the end */
	uint32_t n, cap;
	const struct hc_field **fields;
	uint32_t nfields, fields_cap;
};

static const char container_info[] = "%container.info";
enum { CONTAINER_INFO_LEN = sizeof container_info - 1 };

/* Where what stands at off now was written. */
static uint32_t written_at(const struct template *t, uint32_t off)
{
	const char *from = t->written.p, *end = from + t->written.len, *hit;
	uint32_t at = off + (t->written.len && *from == '*');

	for (; (hit = memmem(from, (size_t)(end - from), container_info, CONTAINER_INFO_LEN)); from = hit + CONTAINER_INFO_LEN)
		if (hit <= t->written.p + at)
			at += CONTAINER_INFO_LEN;
	return at;
}

static void note(struct hc_checker *c, bool error, const char *code, const char *text, const char *hint, uint32_t off,
		 uint32_t len)
{
	struct hc_check_note n = { error, code, text, hint, NULL, { off, 1, off + 1 }, len };

	hc_checker_note(c, &n);
}

static int refuse(struct template *t, const char *text, const char *hint, uint32_t off)
{
	note(t->checker, true, "LOAD_ERR_COMPILE_OUTPUT", text, hint, written_at(t, off), 1);
	return -EINVAL;
}

static void add_segment(struct template *t, struct hc_output_segment s)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 16;
		t->segments = hc_realloc(t->segments, t->cap * sizeof *t->segments);
	}
	t->segments[t->n++] = s;
}

static void add_fields(struct template *t, const struct hc_expr *e)
{
	for (uint32_t i = 0; i < e->nargs; i++)
		add_fields(t, e->args[i]);
	if (e->kind != HC_EXPR_FIELD)
		return;
	for (uint32_t i = 0; i < t->nfields; i++)
		if (t->fields[i] == e->field)
			return;
	if (t->nfields == t->fields_cap) {
		t->fields_cap = t->fields_cap ? t->fields_cap * 2 : 16;
		t->fields = hc_realloc(t->fields, t->fields_cap * sizeof *t->fields);
	}
	t->fields[t->nfields++] = e->field;
}

/* Is text[0..len) a field or transformer as a whole? The condition parser knows: "TEXT exists" is a comparison. */
static const struct hc_expr *try_operand(struct template *t, const char *text, uint32_t len, struct hc_diag *diag)
{
	const struct hc_operand *at;
	const struct hc_expr *e;
	struct hc_ast *ast;
	char *condition = hc_arena_printf(&t->scratch, "%.*s exists", (int)len, text);

	if (hc_condition_parse(&t->scratch, condition, strlen(condition), &ast, diag) < 0 || ast->kind != HC_AST_CHECK ||
	    ast->op != HC_OP_EXISTS || ast->left->pos.off != 0)
		return NULL;
	if (hc_expr_compile(ast->left, &t->checker->fields, &t->checker->arena, &e, &at, diag) < 0)
		return NULL;
	return e;
}

/* A field without argument: no parser needed, and most tokens are one. */
static const struct hc_expr *try_name(struct template *t, const char *text, uint32_t len)
{
	struct hc_operand op = { .kind = HC_OPERAND_FIELD, .text = { text, len }, .name = { text, len } };
	const struct hc_operand *at;
	const struct hc_expr *e;

	return hc_expr_compile(&op, &t->checker->fields, &t->checker->arena, &e, &at, NULL) < 0 ? NULL : e;
}

/* The place behind the bracket that closes the one at p[0], quotes respected; 0 if it is not closed. */
static uint32_t closing(const char *p, char open, char close)
{
	uint32_t depth = 0;
	char quote = '\0';

	for (uint32_t i = 0; p[i]; i++) {
		if (quote) {
			if (p[i] == quote && p[i - 1] != '\\')
				quote = '\0';
		} else if (p[i] == '"' || p[i] == '\'') {
			quote = p[i];
		} else if (p[i] == open) {
			depth++;
		} else if (p[i] == close && --depth == 0) {
			return i + 1;
		}
	}
	return 0;
}

/* A token at t->p + at (behind % and width): the longest beginning that compiles. Returns its length, 0 if there is none;
 * then diag says what is wrong with the longest. */
static uint32_t longest(struct template *t, uint32_t at, const struct hc_expr **ret, struct hc_diag *diag)
{
	const char *p = t->p + at;
	uint32_t name = 0, end;

	while (isalnum((unsigned char)p[name]) || p[name] == '_' || p[name] == '.')
		name++;
	if (name > NAME_MAX_LEN)
		name = NAME_MAX_LEN;
	if (p[name] == '(' && !memchr(p, '.', name) && (end = closing(p + name, '(', ')'))) {
		uint32_t arg = p[name + end] == '[' ? closing(p + name + end, '[', ']') : 0;

		end += name;
		if (arg && (*ret = try_operand(t, p, end + arg, diag)))
			return end + arg;
		if ((*ret = try_operand(t, p, end, diag)))
			return end;
		return 0;
	}
	if (p[name] == '[' && (end = closing(p + name, '[', ']')) && (*ret = try_operand(t, p, name + end, diag)))
		return name + end;
	for (uint32_t len = name; len > 0; len--)
		if ((*ret = try_name(t, p, len)))
			return len;
	return 0;
}

/* "unknown filter: REST", the rest cut to a line (8.1); why and what may have been meant go into the hint. */
static int refuse_token(struct template *t, uint32_t at, const struct hc_diag *diag)
{
	char text[256], hint[HC_FIELD_HINT_MAX] = "";
	const char *p = t->p + at;
	uint32_t name = 0;

	while (isalnum((unsigned char)p[name]) || p[name] == '_' || p[name] == '.')
		name++;
	if (p[name] == '(')
		snprintf(hint, sizeof hint, "%.*s", (int)sizeof hint - 1, diag->text);
	else if (name && memchr(p, '.', name))
		hc_field_hint((struct hc_str){ p, name }, false, (struct hc_str){ 0 }, hint);
	else
		snprintf(hint, sizeof hint, "a %% cannot be written as such in an output; it begins a field");
	snprintf(text, sizeof text, "unknown filter: %.*s", 200, p);
	return refuse(t, text, hint, at);
}

static int take_token(struct template *t, uint32_t *at)
{
	struct hc_diag diag = { "" };
	const struct hc_expr *e = NULL;
	uint64_t width = 0;
	uint32_t from = ++*at, len;

	for (; isdigit((unsigned char)t->p[*at]); ++*at)
		if (width <= HC_OUTPUT_WIDTH_MAX)
			width = width * 10 + (uint64_t)(t->p[*at] - '0');
	if (width > HC_OUTPUT_WIDTH_MAX)
		return refuse(t, "invalid formatting token: the width is too large", "at most 65535", from);
	if (*at == t->len)
		return refuse(t, "invalid formatting syntax: formatting cannot end with a %", NULL, *at - 1);
	len = longest(t, *at, &e, &diag);
	if (!len)
		return refuse_token(t, *at, &diag);
	add_segment(t, (struct hc_output_segment){ e, e->text, (uint32_t)width });
	add_fields(t, e);
	*at += len;
	return 0;
}

static int compile(struct template *t)
{
	int r;

	for (uint32_t at = 0; at < t->len;) {
		const char *percent = memchr(t->p + at, '%', t->len - at);
		uint32_t end = percent ? (uint32_t)(percent - t->p) : t->len;

		if (end > at)
			add_segment(t, (struct hc_output_segment){ .text = { t->p + at, end - at } });
		at = end;
		if (!percent)
			break;
		r = take_token(t, &at);
		if (r < 0)
			return r;
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	const struct hc_field *const *x = a, *const *y = b;

	return strcmp((*x)->text.p, (*y)->text.p);
}

/* The template without %container.info, in the checker's arena. */
static struct hc_str cleaned(struct hc_checker *c, const char *p, size_t len)
{
	struct hc_buf text HC_BUF_DONE = { 0 };
	const char *end = p + len, *hit;

	while ((hit = memmem(p, (size_t)(end - p), container_info, CONTAINER_INFO_LEN))) {
		hc_buf_put(&text, p, (size_t)(hit - p));
		p = hit + CONTAINER_INFO_LEN;
	}
	hc_buf_put(&text, p, (size_t)(end - p));
	return (struct hc_str){ hc_arena_dupn(&c->arena, text.p, text.len), (uint32_t)text.len };
}

/* (Q) A substring test: %evt.latency.s counts as evt.latency too (9.3). */
static void lint(const struct template *t)
{
	for (unsigned i = 0; hc_deprecated_field(i); i++) {
		const char *f = hc_deprecated_field(i), *hit = memmem(t->p, t->len, f, strlen(f));

		if (hit) {
			uint32_t off = written_at(t, (uint32_t)(hit - t->p));

			hc_lint_deprecated(t->checker, f, (struct hc_ast_pos){ off, 1, off + 1 }, (uint32_t)strlen(f));
		}
	}
}

int hc_output_compile(struct hc_checker *c, const char *template, size_t len, const struct hc_output **ret)
{
	bool star = len && template[0] == '*';
	struct template t = { .checker = c, .written = { template, (uint32_t)len } };
	const char *info = memmem(template, len, container_info, CONTAINER_INFO_LEN);
	struct hc_output *o;
	int r;

	c->nnotes = 0;
	if (memchr(template, '\0', len)) {
		note(c, true, "LOAD_ERR_COMPILE_OUTPUT", "invalid formatting token: a NUL byte", NULL, 0, 1);
		return -EINVAL;
	}
	o = hc_arena_new(&c->arena, struct hc_output);
	o->star = star;
	if (info)
		note(c, false, "LOAD_DEPRECATED_ITEM", CONTAINER_INFO, NULL, (uint32_t)(info - template), CONTAINER_INFO_LEN);
	o->text = cleaned(c, template + star, len - star);
	t.p = o->text.p;
	t.len = o->text.len;
	hc_arena_init(&t.scratch);
	r = compile(&t);
	if (r == 0) {
		lint(&t);
		if (t.nfields)
			qsort(t.fields, t.nfields, sizeof *t.fields, by_text);
		o->segments = hc_arena_array(&c->arena, struct hc_output_segment, t.n + 1);
		o->fields = hc_arena_array(&c->arena, const struct hc_field *, t.nfields + 1);
		if (t.n)
			memcpy(o->segments, t.segments, t.n * sizeof *t.segments);
		if (t.nfields)
			memcpy(o->fields, t.fields, t.nfields * sizeof *t.fields);
		o->nsegments = t.n;
		o->nfields = t.nfields;
		*ret = o;
	}
	free(t.segments);
	free(t.fields);
	hc_arena_done(&t.scratch);
	return r;
}
