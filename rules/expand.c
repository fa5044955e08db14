/* SPDX-License-Identifier: Apache-2.0
 *
 * The substitutions of rules-language.md 3. Lists: pure text, with all that follows from it (Q); the words of a condition
 * are looked up first so that only lists that occur are searched for, which keeps loading linear. Macros: trees; one
 * that is complete is copied as it is, so nothing is expanded twice.
 */
#include "rules/expand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

static inline bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline bool is_delim(char c)
{
	return is_blank(c) || c == '(' || c == ')' || c == ',' || c == '=';
}

void hc_expanded_done(struct hc_expanded *expanded)
{
	hc_buf_done(&expanded->text);
	free(expanded->from);
	expanded->from = NULL;
}

/* Appends len bytes; from: where each stands in the original, NULL: all at `at`. */
static void put(struct hc_expanded *out, const char *p, size_t len, const uint32_t *from, uint32_t at)
{
	if (out->text.len + len + 1 > out->from_cap) {
		out->from_cap = 2 * (out->text.len + len + 1);
		out->from = hc_realloc(out->from, out->from_cap * sizeof *out->from);
	}
	if (from && len)
		memcpy(out->from + out->text.len, from, len * sizeof *from);
	for (size_t i = 0; !from && i < len; i++)
		out->from[out->text.len + i] = at;
	hc_buf_put(&out->text, p, len);
}

static const char *find(const char *hay, size_t len, const char *needle, size_t nlen)
{
	return memmem(hay, len, needle, nlen);
}

/* One list, whole text, left to right; what was inserted is not searched again. */
static bool substitute(const struct hc_list_text *list, struct hc_expanded *x)
{
	struct hc_expanded out = { 0 };
	const char *text = x->text.p;
	size_t len = x->text.len, done = 0, search = 0, start, end;
	const char *hit;
	bool used = false;

	while (search < len && (hit = find(text + search, len - search, list->name, list->name_len))) {
		bool at_start;

		start = (size_t)(hit - text);
		end = start + list->name_len;
		search = start + 1;
		/* what precedes an inserted text's rest is the blank that was put behind it */
		if (start > 0 && !(start == done && used) && !is_delim(text[start - 1]))
			continue;
		if (end < len && !is_delim(text[end]))
			continue;
		while (start > done && is_blank(text[start - 1]))
			start--;
		while (end < len && is_blank(text[end]))
			end++;
		put(&out, text + done, start - done, x->from + done, 0);
		/* right behind another insertion: the blank put there is swallowed like any other */
		while (start == done && out.text.len && is_blank(out.text.p[out.text.len - 1]))
			out.text.len--;
		if (!list->len) {
			if (out.text.len && out.text.p[out.text.len - 1] == ',')
				out.text.len--;
			else if (end < len && text[end] == ',')
				end++;
		}
		at_start = out.text.len == 0;
		if (!at_start)
			put(&out, " ", 1, NULL, x->from[hit - text]);
		put(&out, list->text, list->len, NULL, x->from[hit - text]);
		put(&out, " ", 1, NULL, x->from[hit - text]);
		used = true;
		done = end;
		/* at the very start of the text the search begins one byte later (Q) */
		search = at_start ? end + 1 : end;
	}
	if (!used)
		return false;
	put(&out, text + done, len - done, x->from + done, 0);
	out.from[out.text.len] = x->from[len];
	hc_expanded_done(x);
	*x = out;
	return true;
}

/* Marks the lists whose names occur as words in text, from number `from` on. */
static void mark_words(const struct hc_list_texts *lists, const char *text, size_t len, uint8_t *wanted, uint32_t from)
{
	size_t start = 0;

	for (size_t i = 0; i <= len; i++) {
		const struct hc_list_text *list;

		if (i < len && !is_delim(text[i]))
			continue;
		if (i > start) {
			list = hc_strmap_get(&lists->names, (struct hc_str){ text + start, (uint32_t)(i - start) });
			if (list && list - lists->lists >= from)
				wanted[(list - lists->lists) / 8] |= (uint8_t)(1 << (list - lists->lists) % 8);
		}
		start = i + 1;
	}
}

int hc_expand_lists(struct hc_list_texts *lists, const char *text, size_t len, struct hc_expanded *ret,
		    struct hc_diag *reterr_diag)
{
	uint8_t *wanted = hc_calloc(lists->n / 8 + 1, 1);
	int r = 0;

	*ret = (struct hc_expanded){ 0 };
	hc_buf_puts(&ret->text, "");
	hc_buf_put(&ret->text, text, len);
	ret->from_cap = len + 1;
	ret->from = hc_malloc(ret->from_cap * sizeof *ret->from);
	for (size_t i = 0; i <= len; i++)
		ret->from[i] = (uint32_t)i;
	mark_words(lists, text, len, wanted, 0);
	for (uint32_t byte = 0; !r && byte <= lists->n / 8; byte++) {
		if (!wanted[byte] && !lists->any_odd)
			continue;
		for (uint32_t i = byte * 8; i < lists->n && i < byte * 8 + 8; i++) {
			struct hc_list_text *list = &lists->lists[i];

			if (!(wanted[byte] >> i % 8 & 1) && !list->odd_name)
				continue;
			if (!substitute(list, ret))
				continue;
			list->used = true;
			if (ret->text.len > HC_EXPANDED_TEXT_MAX) {
				r = hc_diag_set(reterr_diag, -EINVAL, "the condition is longer than 16 MiB once its lists are in place");
				break;
			}
			/* a name inside an item can only be that of a later list */
			mark_words(lists, list->text, list->len, wanted, i + 1);
		}
	}
	free(wanted);
	return r;
}

/* ---- macros ---- */

struct expansion {
	struct hc_macro_trees *macros;
	struct hc_arena *arena;
	uint32_t visibility, nodes, depth_max;
	struct hc_diag *diag;
	const struct hc_ast **at;
	bool undefined; /* an undefined macro was met; a loop found later takes precedence */
};

static int fail_at(struct expansion *x, const struct hc_ast *at, const char *format, struct hc_str name)
{
	hc_diag_set(x->diag, -EINVAL, format, (int)name.len, name.p);
	*x->at = at;
	if (x->diag) {
		x->diag->off = at->pos.off;
		x->diag->line = at->pos.line;
		x->diag->column = at->pos.column;
	}
	return -EINVAL;
}

static int count(struct expansion *x, const struct hc_ast *at, uint32_t nodes, uint32_t depth)
{
	static const struct hc_str none = { "", 0 };

	x->nodes += nodes;
	x->macros->total += nodes;
	if (depth > x->depth_max)
		x->depth_max = depth;
	if (x->nodes > HC_EXPANDED_NODES_MAX)
		return fail_at(x, at, "the condition has more than 200000 comparisons once its macros are in place%.*s", none);
	if (x->macros->total > HC_EXPANDED_TOTAL_MAX)
		return fail_at(x, at, "all conditions together have more than 2 million comparisons%.*s", none);
	if (depth > HC_EXPANDED_DEPTH_MAX)
		return fail_at(x, at, "macros are nested too deeply: more than 1000 levels%.*s", none);
	return 0;
}

static int expand(struct expansion *x, struct hc_ast **slot, uint32_t depth);

/* Called when the macros inside are in place already, so the outermost ends up first. */
static void note_use(struct expansion *x, struct hc_ast *ast, const struct hc_macro_tree *m)
{
	struct hc_ast_use *use = hc_arena_new(x->arena, struct hc_ast_use);

	*use = (struct hc_ast_use){ m->name, ast->uses };
	ast->uses = use;
}

static int expand_macro(struct expansion *x, struct hc_ast **slot, uint32_t depth)
{
	struct hc_ast *ref = *slot;
	struct hc_macro_tree *m = hc_strmap_get(&x->macros->names, ref->macro);
	int r;

	if (!m || m->index >= x->visibility) {
		/* the first undefined one is reported, unless there is a loop */
		if (!x->undefined)
			fail_at(x, ref, "Undefined macro '%.*s' used in filter.", ref->macro);
		x->undefined = true;
		return 0;
	}
	if (m->open)
		return fail_at(x, ref, "reference loop in macro '%.*s'", ref->macro);
	m->used = true;
	if (m->done) {
		r = count(x, ref, m->nodes, depth + m->depth);
		if (!r) {
			*slot = hc_ast_copy(x->arena, m->ast);
			note_use(x, *slot, m);
		}
		return r;
	}
	/* one that is visible although it comes later: its raw tree, seen with our eyes. Counts as a level: it may be nothing
	 * but the name of another such */
	m->open = true;
	*slot = hc_ast_copy(x->arena, m->ast);
	r = count(x, ref, 0, depth);
	if (!r)
		r = expand(x, slot, depth + 1);
	m->open = false;
	note_use(x, *slot, m);
	return r;
}

static int expand(struct expansion *x, struct hc_ast **slot, uint32_t depth)
{
	int r;

	if ((*slot)->kind == HC_AST_MACRO)
		return expand_macro(x, slot, depth);
	r = count(x, *slot, 1, depth);
	for (uint32_t i = 0; !r && i < (*slot)->nkids; i++)
		r = expand(x, &(*slot)->kids[i], depth + 1);
	return r;
}

int hc_expand_macros(struct hc_macro_trees *macros, struct hc_arena *arena, struct hc_ast **ast, uint32_t visibility,
		     uint32_t *ret_nodes, uint32_t *ret_depth, struct hc_diag *reterr_diag,
		     const struct hc_ast **reterr_at, bool *reterr_undefined)
{
	struct expansion x = { .macros = macros, .arena = arena, .visibility = visibility, .diag = reterr_diag,
			       .at = reterr_at };
	int r = expand(&x, ast, 1);

	*ret_nodes = x.nodes;
	*ret_depth = x.depth_max;
	*reterr_undefined = !r && x.undefined;
	return r ? r : x.undefined ? -EINVAL : 0;
}
