/* SPDX-License-Identifier: Apache-2.0
 *
 * libyaml's events to trees. libyaml counts characters; everything here counts bytes, so marks are translated. The
 * recursion is bounded by HC_YAML_DEPTH_MAX, memory by HC_YAML_NODES_MAX and by the file itself.
 */
#include "rules/yamltree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "common/cleanup.h"
#include "common/mem.h"
#include "common/strmap.h"

enum { CHECKPOINT = 256 }; /* characters between two known byte offsets */

struct reader {
	yaml_parser_t yaml;
	struct hc_arena *arena;
	struct hc_diag *diag;
	const char *text; /* what libyaml reads */
	size_t len;
	const struct hc_yaml_input *input;
	struct hc_yaml_failure *failure;
	bool ascii;
	uint32_t *checkpoints; /* byte offset of every CHECKPOINT-th character; unused if ascii */
	uint32_t *lines;       /* byte offset of every line's start in the file */
	uint32_t nlines;
	uint32_t nnodes, depth;
	uint32_t weight, text_len; /* of the documents so far */
	struct hc_strmap anchors; /* to nodes; names in the arena */
	/* items of collections being read, innermost last */
	struct hc_yaml_node **stack;
	uint32_t nstack, stack_cap;
};

static void index_lines(struct reader *r)
{
	const char *file = r->input->file;
	uint32_t cap = 64;

	r->lines = hc_malloc(cap * sizeof *r->lines);
	r->lines[r->nlines++] = 0;
	for (const char *p = file, *end = file + r->input->file_len; p < end && (p = memchr(p, '\n', (size_t)(end - p)));) {
		if (r->nlines == cap) {
			cap *= 2;
			r->lines = hc_realloc(r->lines, cap * sizeof *r->lines);
		}
		r->lines[r->nlines++] = (uint32_t)(++p - file);
	}
}

static void index_text(struct reader *r, size_t start)
{
	uint32_t chars = 0;
	char all = 0;

	for (size_t i = start; i < r->len; i++)
		all |= r->text[i];
	r->ascii = (signed char)all >= 0;
	if (r->ascii)
		return;
	r->checkpoints = hc_malloc((r->len / CHECKPOINT + 2) * sizeof *r->checkpoints);
	for (size_t i = start; i < r->len; i++)
		if ((r->text[i] & 0xc0) != 0x80) {
			if (chars % CHECKPOINT == 0)
				r->checkpoints[chars / CHECKPOINT] = (uint32_t)i;
			chars++;
		}
	/* the end counts as a character: marks may point there */
	if (chars % CHECKPOINT == 0)
		r->checkpoints[chars / CHECKPOINT] = (uint32_t)r->len;
}

/* A byte of the text to its place in the file: what an edit put stands where the edit was made. */
static uint32_t file_off(const struct reader *r, uint32_t off)
{
	uint32_t longer = 0; /* of the text so far, modulo 2^32 */

	for (uint32_t i = 0; i < r->input->nedits; i++) {
		const struct hc_yaml_edit *e = &r->input->edits[i];
		uint32_t put = (uint32_t)strlen(e->put);

		if (off <= e->at + longer)
			break;
		if (off < e->at + longer + put)
			return e->at;
		longer += put - e->removed;
	}
	off -= longer;
	return off < r->input->file_len ? off : (uint32_t)r->input->file_len;
}

static uint32_t byte_off(const struct reader *r, size_t start, size_t chars)
{
	size_t i;

	if (r->ascii)
		return (uint32_t)(start + chars < r->len ? start + chars : r->len);
	i = r->checkpoints[chars / CHECKPOINT];
	for (size_t n = chars % CHECKPOINT; n && i < r->len; n--)
		for (i++; i < r->len && (r->text[i] & 0xc0) == 0x80; i++)
			;
	return (uint32_t)i;
}

static size_t bom_len(const char *text, size_t len)
{
	return len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
}

static struct hc_yaml_mark mark_of(const struct reader *r, uint32_t off)
{
	struct hc_yaml_mark m = { .off = off };
	uint32_t lo = 0, hi = r->nlines;

	while (hi - lo > 1) {
		uint32_t mid = (lo + hi) / 2;

		if (r->lines[mid] <= m.off)
			lo = mid;
		else
			hi = mid;
	}
	m.line = lo;
	m.column = m.off - r->lines[lo];
	return m;
}

static struct hc_yaml_mark mark(const struct reader *r, size_t index)
{
	return mark_of(r, file_off(r, byte_off(r, bom_len(r->text, r->len), index)));
}

static int fail(struct reader *r, size_t index, const char *text)
{
	struct hc_yaml_mark m = mark(r, index);

	hc_diag_set(r->diag, -EINVAL, "%s", text);
	if (r->diag) {
		r->diag->off = m.off;
		r->diag->line = m.line + 1;
		r->diag->column = m.column + 1;
	}
	return -EINVAL;
}

static int fail_yaml(struct reader *r)
{
	char text[256];

	if (r->yaml.error == YAML_SCANNER_ERROR || r->yaml.error == YAML_PARSER_ERROR)
		*r->failure = (struct hc_yaml_failure){ r->yaml.problem, r->yaml.context ? r->yaml.context : "",
							mark(r, r->yaml.problem_mark.index).off,
							mark(r, r->yaml.context_mark.index).off, r->depth };

	snprintf(text, sizeof text, "%s%s%s", r->yaml.problem ? r->yaml.problem : "not YAML",
		 r->yaml.context ? " " : "", r->yaml.context ? r->yaml.context : "");
	/* encoding errors have a byte offset, all others a mark in characters */
	if (r->yaml.error == YAML_READER_ERROR) {
		struct reader bytes = *r;
		int err;

		bytes.ascii = true;
		err = fail(&bytes, r->yaml.problem_offset < r->len ? r->yaml.problem_offset : r->len, text);
		return err;
	}
	return fail(r, r->yaml.problem_mark.index, text);
}

static struct hc_yaml_node *new_node(struct reader *r, enum hc_yaml_kind kind, const yaml_event_t *ev)
{
	struct hc_yaml_node *node = hc_arena_new(r->arena, struct hc_yaml_node);

	node->kind = kind;
	node->weight = 1;
	node->at = mark(r, ev->start_mark.index);
	node->falco_at = node->at;
	node->end = mark(r, ev->end_mark.index).off;
	return node;
}

/* What a plain scalar must be to be nothing (YAML 1.2 core schema). */
static bool is_null_word(const char *s, size_t len)
{
	return !len || (len == 1 && *s == '~') ||
	       (len == 4 && (!memcmp(s, "null", 4) || !memcmp(s, "Null", 4) || !memcmp(s, "NULL", 4)));
}

/* Behind blanks, line breaks and comments. */
static uint32_t next_token(const struct reader *r, uint32_t off)
{
	const char *p = r->input->file;
	uint32_t len = (uint32_t)r->input->file_len;

	while (off < len && (strchr(" \t\r\n", p[off]) || p[off] == '#'))
		if (p[off++] == '#')
			while (off < len && p[off] != '\n')
				off++;
	return off;
}

static struct hc_yaml_node *scalar(struct reader *r, const yaml_event_t *ev)
{
	static const uint8_t styles[] = {
		[YAML_ANY_SCALAR_STYLE] = HC_YAML_PLAIN, [YAML_PLAIN_SCALAR_STYLE] = HC_YAML_PLAIN,
		[YAML_SINGLE_QUOTED_SCALAR_STYLE] = HC_YAML_SINGLE, [YAML_DOUBLE_QUOTED_SCALAR_STYLE] = HC_YAML_DOUBLE,
		[YAML_LITERAL_SCALAR_STYLE] = HC_YAML_LITERAL, [YAML_FOLDED_SCALAR_STYLE] = HC_YAML_FOLDED,
	};
	const char *value = (const char *)ev->data.scalar.value;
	size_t len = ev->data.scalar.length;
	struct hc_yaml_node *node = new_node(r, HC_YAML_SCALAR, ev);

	node->style = styles[ev->data.scalar.style];
	node->text = (struct hc_str){ hc_arena_dupn(r->arena, value, len), (uint32_t)len };
	node->text_len = (uint32_t)len;
	if (node->style == HC_YAML_PLAIN && !ev->data.scalar.tag && is_null_word(value, len))
		node->kind = HC_YAML_NULL;
	if (node->kind == HC_YAML_NULL && !len && !ev->data.scalar.anchor)
		node->falco_at = mark_of(r, next_token(r, node->end));
	return node;
}

static void anchor(struct reader *r, const yaml_char_t *name, struct hc_yaml_node *node)
{
	if (name)
		hc_strmap_put(&r->anchors, hc_str(hc_arena_dup(r->arena, (const char *)name)), node);
}

static void push(struct reader *r, struct hc_yaml_node *node)
{
	if (r->nstack == r->stack_cap) {
		r->stack_cap = r->stack_cap ? 2 * r->stack_cap : 64;
		r->stack = hc_realloc(r->stack, r->stack_cap * sizeof *r->stack);
	}
	r->stack[r->nstack++] = node;
}

/* What the alias stands for, knowing where it does: whoever edits the text must not meet the anchored one. */
static struct hc_yaml_node *aliased(struct reader *r, const yaml_event_t *ev, const struct hc_yaml_node *anchored)
{
	struct hc_yaml_node *node = hc_arena_new(r->arena, struct hc_yaml_node);

	*node = *anchored;
	node->alias = mark(r, ev->start_mark.index).off;
	node->alias_end = mark(r, ev->end_mark.index).off;
	return node;
}

static const char too_heavy[] = "with its aliases written out the file has more than 16 million values or 256 MiB of text";

static int node_from(struct reader *r, yaml_event_t *ev, struct hc_yaml_node **ret);

/* The entries of a collection up to its end event. */
static int collection(struct reader *r, struct hc_yaml_node *node, yaml_event_type_t end)
{
	uint32_t first = r->nstack;
	struct hc_yaml_node *item;
	yaml_event_t ev;
	size_t start;
	bool done;
	int err;

	node->open = true;
	for (;;) {
		if (!yaml_parser_parse(&r->yaml, &ev))
			return fail_yaml(r);
		start = ev.start_mark.index;
		done = ev.type == end;
		if (done)
			node->end = mark(r, ev.end_mark.index).off;
		err = done ? 0 : node_from(r, &ev, &item);
		yaml_event_delete(&ev);
		if (err)
			return err;
		if (done)
			break;
		/* a key without a colon: its value is where the key is */
		if (item->kind == HC_YAML_NULL && !item->text.len && r->nstack > first && (r->nstack - first) % 2 &&
		    node->kind == HC_YAML_MAPPING && r->stack[r->nstack - 1]->end == item->at.off && item->at.off &&
		    r->input->file[item->at.off - 1] != ':')
			item->falco_at = r->stack[r->nstack - 1]->at;
		push(r, item);
		node->weight += item->weight; /* both below the cap: no overflow */
		node->text_len += item->text_len;
		if (node->weight > HC_YAML_WEIGHT_MAX || node->text_len > HC_YAML_TEXT_MAX)
			return fail(r, start, too_heavy);
	}
	node->open = false;
	node->nitems = r->nstack - first;
	node->items = hc_arena_array(r->arena, struct hc_yaml_node *, node->nitems + 1);
	if (node->nitems)
		memcpy(node->items, r->stack + first, node->nitems * sizeof *node->items);
	r->nstack = first;
	return 0;
}

/* The node that begins with ev, which stays the caller's. */
static int node_from(struct reader *r, yaml_event_t *ev, struct hc_yaml_node **ret)
{
	struct hc_yaml_node *node;
	int err = 0;

	if (++r->nnodes > HC_YAML_NODES_MAX)
		return fail(r, ev->start_mark.index, "more than 4 million values in one rules file; split it");
	switch (ev->type) {
	case YAML_ALIAS_EVENT:
		node = hc_strmap_get(&r->anchors, hc_str((const char *)ev->data.alias.anchor));
		if (!node)
			return fail(r, ev->start_mark.index, "the alias refers to an anchor that is not defined before it");
		if (node->open)
			return fail(r, ev->start_mark.index, "the alias refers to the very value it stands in");
		node = aliased(r, ev, node);
		break;
	case YAML_SCALAR_EVENT:
		node = scalar(r, ev);
		anchor(r, ev->data.scalar.anchor, node);
		break;
	default:
		if (++r->depth > HC_YAML_DEPTH_MAX)
			return fail(r, ev->start_mark.index, "values are nested more than 128 deep");
		if (ev->type == YAML_SEQUENCE_START_EVENT) {
			node = new_node(r, HC_YAML_SEQUENCE, ev);
			anchor(r, ev->data.sequence_start.anchor, node);
			err = collection(r, node, YAML_SEQUENCE_END_EVENT);
		} else {
			node = new_node(r, HC_YAML_MAPPING, ev);
			anchor(r, ev->data.mapping_start.anchor, node);
			err = collection(r, node, YAML_MAPPING_END_EVENT);
		}
		r->depth--;
	}
	*ret = node;
	return err;
}

static int documents(struct reader *r)
{
	struct hc_yaml_node *doc;
	yaml_event_t ev;
	bool end;
	int err;

	for (;;) {
		if (!yaml_parser_parse(&r->yaml, &ev))
			return fail_yaml(r);
		end = ev.type == YAML_STREAM_END_EVENT;
		err = 0;
		switch (ev.type) {
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
		case YAML_STREAM_END_EVENT:
			break;
		case YAML_DOCUMENT_START_EVENT:
			/* anchors do not reach over documents */
			hc_strmap_done(&r->anchors);
			break;
		default:
			err = node_from(r, &ev, &doc);
			if (err)
				break;
			push(r, doc);
			r->weight += doc->weight;
			r->text_len += doc->text_len;
			if (r->weight > HC_YAML_WEIGHT_MAX || r->text_len > HC_YAML_TEXT_MAX)
				err = fail(r, ev.start_mark.index, too_heavy);
		}
		yaml_event_delete(&ev);
		if (err || end)
			return err;
	}
}

int hc_yaml_parse(struct hc_arena *arena, const char *text, size_t len, struct hc_yaml_node ***ret_docs,
		  uint32_t *ret_ndocs, struct hc_diag *reterr_diag)
{
	struct hc_yaml_failure failure;

	return hc_yaml_parse_edited(arena, &(struct hc_yaml_input){ text, len, text, len }, ret_docs, ret_ndocs, &failure,
				    reterr_diag);
}

int hc_yaml_parse_edited(struct hc_arena *arena, const struct hc_yaml_input *input, struct hc_yaml_node ***ret_docs,
			 uint32_t *ret_ndocs, struct hc_yaml_failure *reterr_failure, struct hc_diag *reterr_diag)
{
	const char *text = input->text;
	size_t len = input->len;
	struct reader r = { .arena = arena, .diag = reterr_diag, .text = text, .len = len, .input = input,
			    .failure = reterr_failure };
	int err;

	*reterr_failure = (struct hc_yaml_failure){ 0 };
	if (len > HC_YAML_BYTES_MAX)
		return hc_diag_set(reterr_diag, -EINVAL, "the file is larger than 64 MiB; split it");
	if (!yaml_parser_initialize(&r.yaml))
		return hc_diag_set(reterr_diag, -ENOMEM, "out of memory");
	index_lines(&r);
	index_text(&r, bom_len(text, len));
	yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
	/* with the encoding given libyaml does not look for the mark itself */
	yaml_parser_set_input_string(&r.yaml, (const unsigned char *)text + bom_len(text, len), len - bom_len(text, len));
	err = documents(&r);
	if (!err) {
		*ret_ndocs = r.nstack;
		*ret_docs = hc_arena_array(arena, struct hc_yaml_node *, r.nstack + 1);
		if (r.nstack)
			memcpy(*ret_docs, r.stack, r.nstack * sizeof *r.stack);
	}
	yaml_parser_delete(&r.yaml);
	hc_strmap_done(&r.anchors);
	free(r.stack);
	free(r.lines);
	free(r.checkpoints);
	return err;
}

static int find(const struct hc_yaml_node *mapping, const char *key)
{
	for (uint32_t i = 0; mapping->kind == HC_YAML_MAPPING && i + 1 < mapping->nitems; i += 2)
		if (mapping->items[i]->kind == HC_YAML_SCALAR && hc_str_is(mapping->items[i]->text, key))
			return (int)i;
	return -1;
}

struct hc_yaml_node *hc_yaml_get(const struct hc_yaml_node *mapping, const char *key)
{
	int i = find(mapping, key);

	return i < 0 ? NULL : mapping->items[i + 1];
}

struct hc_yaml_node *hc_yaml_get_key(const struct hc_yaml_node *mapping, const char *key)
{
	int i = find(mapping, key);

	return i < 0 ? NULL : mapping->items[i];
}

int hc_yaml_bool(struct hc_str text)
{
	static const char *const words[] = { "n", "y", "no", "yes", "false", "true", "off", "on" };
	bool upper = text.len > 0, lower = true;

	for (uint32_t i = 0; i < text.len; i++) {
		bool is_upper = text.p[i] >= 'A' && text.p[i] <= 'Z';

		upper &= is_upper;
		lower &= !is_upper || !i; /* a capital first letter is fine */
	}
	if (!upper && !lower)
		return -1;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == text.len && !strncasecmp(words[i], text.p, text.len))
			return (int)(i & 1);
	return -1;
}

/* ---- positions ---- */

static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Past anchor, tag, the opening quote or the header of a block scalar. */
static uint32_t content_start(const char *file, const struct hc_yaml_node *scalar)
{
	uint32_t p = scalar->at.off;

	while (p < scalar->end && (file[p] == '&' || file[p] == '!')) {
		while (p < scalar->end && !is_white(file[p]))
			p++;
		while (p < scalar->end && is_white(file[p]))
			p++;
	}
	if (scalar->style == HC_YAML_SINGLE || scalar->style == HC_YAML_DOUBLE)
		return p + 1;
	if (scalar->style == HC_YAML_LITERAL || scalar->style == HC_YAML_FOLDED)
		while (p < scalar->end && file[p] != '\n')
			p++;
	return p;
}

/* How many bytes of the file make the next byte that is no blank of a double-quoted scalar; 0: they make blanks. */
static uint32_t escape_len(const char *p, uint32_t left)
{
	static const char wide[] = "xuU";
	const char *w;

	if (*p != '\\' || left < 2)
		return 1;
	w = strchr(wide, p[1]);
	if (w && *w)
		return 2 + (2u << (w - wide));
	return strchr(" tnr\n", p[1]) ? 0 : 2;
}

uint32_t hc_yaml_source_off(const char *file, const struct hc_yaml_node *scalar, uint32_t value_off)
{
	uint32_t p = content_start(file, scalar), end = scalar->end, n;

	/* Blanks may be folded, stripped or doubled; every other byte of the value has its counterpart, in order. */
	for (uint32_t i = 0; i <= value_off && i <= scalar->text.len; i++) {
		if (i < value_off && (is_white(scalar->text.p[i]) || (scalar->text.p[i] & 0xc0) == 0x80))
			continue;
		while (p < end && (is_white(file[p]) ||
				   (scalar->style == HC_YAML_DOUBLE && !escape_len(file + p, end - p)))) {
			if (i == value_off && (i == scalar->text.len || is_white(scalar->text.p[i])))
				break;
			p += file[p] == '\\' ? 2 : 1;
		}
		if (i == value_off)
			break;
		n = scalar->style == HC_YAML_DOUBLE ? escape_len(file + p, end - p) :
		    scalar->style == HC_YAML_SINGLE && file[p] == '\'' ? 2 : 1;
		p = p + n < end ? p + n : end;
		while (p < end && (file[p] & 0xc0) == 0x80)
			p++;
	}
	return p < end ? p : end;
}
