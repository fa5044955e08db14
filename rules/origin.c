/* SPDX-License-Identifier: Apache-2.0
 *
 * From nodes back to texts. Lists are substituted as text, so a literal came with one if the word that stood at its place
 * before substitution is a list's name: no such word survives.
 */
#include "rules/origin.h"

#include <string.h>

bool hc_origin_find(const struct hc_origin *o, uint32_t off, uint32_t *width, const struct hc_load_result **ret_file,
		    uint32_t *ret_off)
{
	uint32_t end;

	if (off > o->len)
		off = o->len;
	end = *width <= o->len - off ? off + *width : o->len;
	/* what a list brought in stands nowhere as it is */
	if (*width && o->from[end] - o->from[off] != end - off)
		*width = 0;
	return hc_srctext_place(o->text, o->from[off], ret_file, ret_off);
}

/* The list whose name is the word at off of the text as written, and where its name is kept. */
static const char *list_at(const struct hc_origin *o, uint32_t off, const struct hc_list_texts *lists)
{
	uint32_t len = (uint32_t)strcspn(o->text->p + off, " \t\n\r(),=");

	const struct hc_list_text *list = hc_strmap_get(&lists->names, (struct hc_str){ o->text->p + off, len });

	return list ? list->name : NULL;
}

static void note_lists(struct hc_ast *check, const struct hc_origin *o, const struct hc_list_texts *lists)
{
	const char *list = NULL;
	uint32_t last = UINT32_MAX;

	for (uint32_t i = 0; i < check->nvalues; i++) {
		uint32_t at = o->from[check->values[i].pos.off];

		/* the items of one list all came from one place */
		if (at != last)
			list = list_at(o, at, lists);
		check->values[i].list = list;
		last = at;
	}
}

static void note(struct hc_ast *ast, const struct hc_origin *o, const struct hc_list_texts *lists)
{
	ast->origin = o;
	for (uint32_t i = 0; i < ast->nkids; i++)
		note(ast->kids[i], o, lists);
	if (ast->kind == HC_AST_CHECK)
		note_lists(ast, o, lists);
}

void hc_origin_note(struct hc_ast *ast, const struct hc_origin *o, const struct hc_list_texts *lists)
{
	const struct hc_srctext *text = o->text;

	note(ast, o, lists);
	for (uint32_t i = 0, k = 0; i < text->nexceptions; i++) {
		uint32_t start = text->exceptions[i].off, end = start + text->exceptions[i].len;

		while (k < ast->nkids && o->from[ast->kids[k]->pos.off] < start)
			k++;
		if (k < ast->nkids && ast->kind == HC_AST_AND && ast->kids[k]->kind == HC_AST_NOT &&
		    o->from[ast->kids[k]->pos.off] < end)
			ast->kids[k]->exception = text->exceptions[i].name;
	}
}

bool hc_origin_place(const struct hc_ast *ast, struct hc_place *ret)
{
	const struct hc_origin *o = ast->origin;
	uint32_t width = 0;

	if (!o || (!hc_origin_find(o, ast->pos.off, &width, &ret->file, &ret->off) &&
		   (!ast->nvalues || !hc_origin_find(o, ast->values[0].pos.off, &width, &ret->file, &ret->off))))
		return false;
	if (ret->off > ret->file->len)
		ret->off = (uint32_t)ret->file->len;
	ret->line = hc_load_line(ret->file, ret->off) + 1;
	ret->column = ret->off - ret->file->lines[ret->line - 1] + 1;
	return true;
}
