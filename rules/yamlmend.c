/* SPDX-License-Identifier: Apache-2.0
 *
 * libyaml is asked; where it stops at something the other library goes on from, the text is edited and it is asked again.
 * Invariant: marks are always those of the file as it is. What this costs is bounded by READ_MAX, however many edits a
 * hostile file asks for.
 */
#include "rules/yamlmend.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"

enum {
	MENDS_MAX = 256,
	READ_MAX = 32 << 20, /* bytes given to libyaml over all attempts */
};

struct mending {
	const char *file;
	size_t len;
	struct hc_yaml_edit edits[MENDS_MAX]; /* by place */
	struct hc_yaml_mend mends[MENDS_MAX]; /* in the order found */
	uint32_t n;
};

static bool edit(struct mending *m, uint32_t at, uint32_t removed, const char *put, const char *what)
{
	uint32_t i = m->n;

	for (uint32_t k = 0; k < m->n; k++)
		if (m->edits[k].at == at)
			return false; /* it did not help */
	if (m->n == MENDS_MAX)
		return false;
	for (; i > 0 && m->edits[i - 1].at > at; i--)
		m->edits[i] = m->edits[i - 1];
	m->edits[i] = (struct hc_yaml_edit){ at, removed, put };
	m->mends[m->n++] = (struct hc_yaml_mend){ at, what };
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool starts_document(const char *line)
{
	return (!strncmp(line, "---", 3) || !strncmp(line, "...", 3)) && (!line[3] || is_blank(line[3]) || line[3] == '\n');
}

static uint32_t line_start(const struct mending *m, uint32_t at)
{
	while (at > 0 && m->file[at - 1] != '\n')
		at--;
	return at;
}

static uint32_t column(const struct mending *m, uint32_t at)
{
	return at - line_start(m, at);
}

/* A quote that is never closed: the file's last line break closes it. */
static bool close_quote(struct mending *m, uint32_t quote)
{
	uint32_t end = (uint32_t)m->len;

	while (end > quote && is_blank(m->file[end - 1]))
		end--;
	if (quote >= m->len || end <= quote + 1 || m->file[end - 1] != '\n' || !strchr("\"'", m->file[quote]))
		return false;
	return edit(m, (uint32_t)m->len, 0, m->file[quote] == '"' ? "\"" : "'",
		    "a quote is never closed; all up to the end of the file was taken for its text") &&
	       (m->mends[m->n - 1].off = quote, true);
}

/* The last line of a document is a word without a colon: a key without a value. */
static bool end_key(struct mending *m, uint32_t key)
{
	uint32_t end = key, next;

	while (end < m->len && m->file[end] != '\n' && !(end > key && m->file[end] == '#' && is_blank(m->file[end - 1])))
		end++;
	for (next = end; next < m->len && m->file[next] != '\n';)
		next++;
	while (next < m->len && (is_blank(m->file[next]) || m->file[next] == '\n'))
		next++;
	while (end > key && is_blank(m->file[end - 1]))
		end--;
	if (end == key || (next < m->len && !(m->file[next - 1] == '\n' && starts_document(m->file + next))))
		return false;
	return edit(m, end, 0, ":", "there is no colon; this was taken for a key without a value") &&
	       (m->mends[m->n - 1].off = key, true);
}

/* A value that begins below its key, but no further to the right. */
static bool indent_value(struct mending *m, uint32_t value)
{
	uint32_t p = value;

	while (p > 0 && (is_blank(m->file[p - 1]) || m->file[p - 1] == '\n'))
		p--;
	return p > 0 && m->file[p - 1] == ':' && edit(m, value, 0, " ", NULL);
}

/* Something behind the end of a document: another one. */
static bool begin_document(struct mending *m, uint32_t at)
{
	uint32_t start = line_start(m, at);

	for (uint32_t i = start; i < at; i++)
		if (!is_blank(m->file[i]))
			return false;
	return edit(m, start, 0, "---\n",
		    "this is indented less than what the document began with, or has no '-': it was taken for another document");
}

/* A tab on a line with nothing but a comment. */
static bool blank_tab(struct mending *m, uint32_t at)
{
	uint32_t end = at;

	for (uint32_t i = line_start(m, at); i < at; i++)
		if (!is_blank(m->file[i]))
			return false;
	while (end < m->len && is_blank(m->file[end]))
		end++;
	return (end == m->len || m->file[end] == '\n' || m->file[end] == '#') && edit(m, at, end - at, " ", NULL);
}

/* A directive that nobody knows. */
static bool drop_line(struct mending *m, uint32_t at)
{
	uint32_t start = line_start(m, at), end = at;

	while (end < m->len && m->file[end] != '\n')
		end++;
	return edit(m, start, end - start, "", NULL);
}

/* Where libyaml stopped, to an edit; false: it is wrong for everybody. */
static bool mend(struct mending *m, const struct hc_yaml_failure *f)
{
	const char *p = m->file + f->off;

	if (!f->problem)
		return false;
	if (!strcmp(f->problem, "found unexpected end of stream"))
		return close_quote(m, f->context_off);
	if (!strcmp(f->problem, "could not find expected ':'")) {
		if (strchr("\"'[{", m->file[f->context_off]))
			return indent_value(m, f->context_off);
		/* where the items of the document begin: text of its own */
		if (f->context_off > 0 && column(m, f->context_off) == 0)
			return begin_document(m, f->context_off);
		return end_key(m, f->context_off);
	}
	if (!strcmp(f->problem, "found unknown directive name"))
		return drop_line(m, f->context_off);
	if (!strcmp(f->problem, "did not find expected <document start>"))
		return begin_document(m, f->off);
	if (!strcmp(f->problem, "did not find expected '-' indicator") && f->depth == 1)
		return column(m, f->off) == column(m, f->context_off) && begin_document(m, f->off);
	if (!strcmp(f->problem, "found unknown escape character"))
		return f->off + 1 < m->len && !strncmp(p, "\\'", 2) && edit(m, f->off, 1, "", NULL);
	if (!strcmp(f->problem, "found character that cannot start any token"))
		return *p == '\t' && blank_tab(m, f->off);
	if (!strcmp(f->problem, "did not find expected node content"))
		return *p == ',' && !strcmp(f->context, "while parsing a flow node") &&
		       edit(m, f->off, 0, "~", "nothing stands before the comma; it was taken for a null");
	return false;
}

static void apply(const struct mending *m, struct hc_buf *out)
{
	uint32_t at = 0;

	hc_buf_reset(out);
	for (uint32_t i = 0; i < m->n; i++) {
		hc_buf_put(out, m->file + at, m->edits[i].at - at);
		hc_buf_puts(out, m->edits[i].put);
		at = m->edits[i].at + m->edits[i].removed;
	}
	hc_buf_put(out, m->file + at, m->len - at);
}

static void take_mends(struct hc_arena *arena, const struct mending *m, struct hc_yaml_mend **ret, uint32_t *ret_n)
{
	*ret = hc_arena_array(arena, struct hc_yaml_mend, m->n + 1);
	*ret_n = 0;
	for (uint32_t i = 0; i < m->n; i++)
		if (m->mends[i].text)
			(*ret)[(*ret_n)++] = m->mends[i];
}

int hc_yaml_parse_mending(struct hc_arena *arena, const char *text, size_t len, struct hc_yaml_node ***ret_docs,
			  uint32_t *ret_ndocs, struct hc_yaml_mend **ret_mends, uint32_t *ret_nmends,
			  struct hc_diag *reterr_diag)
{
	struct mending m = { .file = text, .len = len };
	struct hc_buf edited HC_BUF_DONE = { 0 };
	struct hc_yaml_failure failure;
	struct hc_arena scratch;
	size_t read = len;
	int err = hc_yaml_parse_edited(arena, &(struct hc_yaml_input){ text, len, text, len }, ret_docs, ret_ndocs, &failure,
				       reterr_diag);

	*ret_nmends = 0;
	if (!err)
		return 0;
	hc_arena_init(&scratch);
	while (err && mend(&m, &failure) && (read += len) <= READ_MAX) {
		apply(&m, &edited);
		hc_arena_reset(&scratch);
		err = hc_yaml_parse_edited(&scratch,
					   &(struct hc_yaml_input){ text, len, edited.p, edited.len, m.edits, m.n }, ret_docs,
					   ret_ndocs, &failure, NULL);
	}
	hc_arena_done(&scratch);
	/* once more for the caller: the trees, or what is wrong when all else is mended */
	if (m.n) {
		apply(&m, &edited);
		err = hc_yaml_parse_edited(arena, &(struct hc_yaml_input){ text, len, edited.p, edited.len, m.edits, m.n },
					   ret_docs, ret_ndocs, &failure, reterr_diag);
	}
	if (!err)
		take_mends(arena, &m, ret_mends, ret_nmends);
	return err;
}
