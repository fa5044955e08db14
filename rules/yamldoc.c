/* SPDX-License-Identifier: Apache-2.0
 *
 * Strictly read YAML documents. The complaints look like those about rules files.
 */
#include "rules/yamldoc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/options.h"
#include "rules/report.h"

/* The text with a NUL behind it, owned by the arena; what follows a NUL inside would be invisible to all readers. */
static void keep_text(struct hc_yamldoc *doc, const char *text, size_t len)
{
	doc->text = hc_arena_dupn(&doc->arena, text ? text : "", len);
	doc->len = len;
}

static void parse(struct hc_yamldoc *doc)
{
	struct hc_yaml_node **docs;
	struct hc_diag diag;
	uint32_t n;

	if (hc_yaml_parse(&doc->arena, doc->text, doc->len, &docs, &n, &diag)) {
		struct hc_yaml_node at = { .at = { .off = diag.off < 0 ? 0 : (uint32_t)diag.off, .line = diag.line ? diag.line - 1 : 0,
						   .column = diag.column ? diag.column - 1 : 0 } };

		if (at.at.off > doc->len)
			at.at.off = (uint32_t)doc->len;
		at.end = at.at.off;
		hc_yamldoc_complain(doc, diag.line ? &at : NULL, NULL, "%s", diag.text);
		return;
	}
	if (n > 1)
		hc_yamldoc_complain(doc, docs[1], NULL, "a second document; one per file is expected");
	doc->root = n && docs[0]->kind != HC_YAML_NULL ? docs[0] : NULL;
}

void hc_yamldoc_parse(struct hc_yamldoc *doc, const char *name, const char *text, size_t len)
{
	*doc = (struct hc_yamldoc){ 0 };
	hc_arena_init(&doc->arena);
	doc->name = hc_arena_dup(&doc->arena, name);
	keep_text(doc, text, len);
	parse(doc);
}

int hc_yamldoc_load(struct hc_yamldoc *doc, const char *path, const char *name, size_t max, struct hc_diag *reterr_diag)
{
	HC_FCLOSE FILE *f = fopen(path, "re");
	struct hc_buf text HC_BUF_DONE = { 0 };
	size_t n;

	*doc = (struct hc_yamldoc){ 0 };
	hc_arena_init(&doc->arena);
	doc->name = hc_arena_dup(&doc->arena, name);
	if (!f)
		return hc_diag_set(reterr_diag, -errno, "cannot open %s: %s", name, strerror(errno));
	do {
		n = fread(hc_buf_room(&text, 65536), 1, 65536, f);
		text.len += n;
		if (text.len > max)
			return hc_diag_set(reterr_diag, -EFBIG, "%s is larger than %zu KiB", name, max >> 10);
	} while (n);
	if (ferror(f))
		return hc_diag_set(reterr_diag, errno ? -errno : -EIO, "cannot read %s: %s", name, strerror(errno));
	keep_text(doc, text.p, text.len);
	parse(doc);
	return 0;
}

void hc_yamldoc_done(struct hc_yamldoc *doc)
{
	hc_buf_done(&doc->errors);
	hc_arena_done(&doc->arena);
	*doc = (struct hc_yamldoc){ 0 };
}

/* Line (from 1) and start of the line of a place. Marks of nodes have the line; places do not. */
static uint32_t line_of(const struct hc_yamldoc *doc, uint32_t off, uint32_t *ret_start)
{
	uint32_t line = 1;

	*ret_start = 0;
	for (uint32_t i = 0; i < off; i++)
		if (doc->text[i] == '\n') {
			line++;
			*ret_start = i + 1;
		}
	return line;
}

void hc_yamldoc_show(const struct hc_yamldoc *doc, uint32_t off, uint32_t end, struct hc_buf *to)
{
	uint32_t start, line = line_of(doc, off, &start), stop = start;

	while (stop < doc->len && doc->text[stop] && doc->text[stop] != '\n' && doc->text[stop] != '\r')
		stop++;
	if (off > stop)
		off = stop;
	if (end > stop)
		end = stop;
	hc_report_source(to, line, off - start + 1, end > off ? end - off : 1, (struct hc_str){ doc->text + start, stop - start });
}

void hc_yamldoc_complain(struct hc_yamldoc *doc, const struct hc_yaml_node *at, const char *hint, const char *format, ...)
{
	struct hc_buf line HC_BUF_DONE = { 0 };
	char text[512];
	va_list ap;

	if (doc->nerrors >= HC_YAMLDOC_ERRORS_MAX || doc->nsame >= HC_YAMLDOC_SAME_MAX) {
		doc->nerrors++;
		return;
	}
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	hc_buf_puts(&line, doc->name);
	if (at)
		hc_buf_printf(&line, ":%u:%u", at->at.line + 1, at->at.column + 1);
	hc_buf_printf(&line, ": error: %s\n", text);
	/* A place may be looked at more than once, on behalf of several items or through an alias. */
	if (doc->errors.len && strstr(doc->errors.p, line.p)) {
		doc->nsame++;
		return;
	}
	doc->nerrors++;
	hc_buf_put(&doc->errors, line.p, line.len);
	if (at)
		hc_yamldoc_show(doc, at->at.off, at->end, &doc->errors);
	if (hint)
		hc_buf_printf(&doc->errors, "       = hint: %s\n", hint);
}

static bool is_repeated(const struct hc_yaml_node *mapping, uint32_t i)
{
	for (uint32_t k = 0; k < i; k += 2)
		if (mapping->items[k]->kind == HC_YAML_SCALAR && hc_str_eq(mapping->items[k]->text, mapping->items[i]->text))
			return true;
	return false;
}

static bool is_among(struct hc_str word, const char *const *names)
{
	for (; *names; names++)
		if (hc_str_is(word, *names))
			return true;
	return false;
}

static void complain_of_key(struct hc_yamldoc *doc, const struct hc_yaml_node *key, const char *what, const char *const *allowed)
{
	struct hc_buf hint HC_BUF_DONE = { 0 };
	const char *near = key->text.len < 64 ? hc_nearest(key->text.p, allowed) : NULL;

	if (near) {
		hc_buf_printf(&hint, "did you mean '%s'?", near);
	} else {
		hc_buf_puts(&hint, "keys are");
		for (const char *const *a = allowed; *a; a++)
			hc_buf_printf(&hint, "%s %s", a == allowed ? "" : ",", *a);
	}
	hc_yamldoc_complain(doc, key, hint.p, "'%.100s' is no key of %s", key->text.p, what);
}

bool hc_yamldoc_mapping(struct hc_yamldoc *doc, const struct hc_yaml_node *node, const char *what, const char *const *allowed)
{
	if (node->kind != HC_YAML_MAPPING) {
		hc_yamldoc_complain(doc, node, NULL, "expected %s: a mapping of keys to values", what);
		return false;
	}
	for (uint32_t i = 0; i + 1 < node->nitems; i += 2) {
		const struct hc_yaml_node *key = node->items[i];

		if (key->kind != HC_YAML_SCALAR)
			hc_yamldoc_complain(doc, key, NULL, "a key of %s must be a single word", what);
		else if (!is_among(key->text, allowed))
			complain_of_key(doc, key, what, allowed);
		else if (is_repeated(node, i))
			hc_yamldoc_complain(doc, key, NULL, "'%s' stands twice in %s", key->text.p, what);
	}
	return true;
}

const char *hc_yamldoc_scalar(struct hc_yamldoc *doc, const struct hc_yaml_node *node, const char *what)
{
	if (node->kind != HC_YAML_SCALAR) {
		hc_yamldoc_complain(doc, node, NULL, "%s: expected a single value", what);
		return NULL;
	}
	if (!node->text.len) {
		hc_yamldoc_complain(doc, node, NULL, "%s must not be empty", what);
		return NULL;
	}
	if (memchr(node->text.p, '\0', node->text.len)) {
		hc_yamldoc_complain(doc, node, NULL, "%s must not contain a NUL", what);
		return NULL;
	}
	return node->text.p;
}

bool hc_yamldoc_scalars(struct hc_yamldoc *doc, const struct hc_yaml_node *node, const char *what, const char ***ret,
			uint32_t *ret_n)
{
	const struct hc_yaml_node *const one[] = { node };
	const struct hc_yaml_node *const *items = node->kind == HC_YAML_SEQUENCE ? (const struct hc_yaml_node *const *)node->items : one;
	uint32_t n = node->kind == HC_YAML_SEQUENCE ? node->nitems : node->kind == HC_YAML_NULL ? 0 : 1;

	*ret = hc_arena_array(&doc->arena, const char *, n + 1);
	*ret_n = 0;
	for (uint32_t i = 0; i < n; i++) {
		const char *text = hc_yamldoc_scalar(doc, items[i], what);

		if (!text)
			return false;
		(*ret)[(*ret_n)++] = text;
	}
	return true;
}

bool hc_yamldoc_bool(struct hc_yamldoc *doc, const struct hc_yaml_node *node, const char *what, bool *ret)
{
	int truth = node->kind == HC_YAML_SCALAR ? hc_yaml_bool(node->text) : -1;

	if (truth < 0) {
		hc_yamldoc_complain(doc, node, NULL, "%s: expected true or false", what);
		return false;
	}
	*ret = truth;
	return true;
}
