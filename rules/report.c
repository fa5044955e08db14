/* SPDX-License-Identifier: Apache-2.0
 *
 * Problems: how they are recorded. Falco's chain of locations and snippet are made exactly as Falco makes them, oddities
 * included; beside them stands the place a person should look at. How they are printed: report-text.c, report-json.c.
 */
#include "rules/report.h"

#include <stdarg.h>
#include <string.h>

#include "common/mem.h"
#include "rules/collection.h"

static const struct {
	const char *name, *text;
} codes[HC_LOAD_CODE_COUNT] = {
	[HC_LOAD_ERR_FILE_READ] = { "LOAD_ERR_FILE_READ", "File read error" },
	[HC_LOAD_ERR_YAML_PARSE] = { "LOAD_ERR_YAML_PARSE", "YAML parse error" },
	[HC_LOAD_ERR_YAML_VALIDATE] = { "LOAD_ERR_YAML_VALIDATE", "Error validating internal structure of YAML file" },
	[HC_LOAD_ERR_COMPILE_CONDITION] = { "LOAD_ERR_COMPILE_CONDITION", "Error compiling condition" },
	[HC_LOAD_ERR_COMPILE_OUTPUT] = { "LOAD_ERR_COMPILE_OUTPUT", "Error compiling output" },
	[HC_LOAD_ERR_VALIDATE] = { "LOAD_ERR_VALIDATE", "Error validating rule/macro/list/exception objects" },
	[HC_LOAD_ERR_EXTENSION] = { "LOAD_ERR_EXTENSION", "Error in extension item" },
	[HC_LOAD_UNKNOWN_SOURCE] = { "LOAD_UNKNOWN_SOURCE", "Unknown event source" },
	[HC_LOAD_UNSAFE_NA_CHECK] = { "LOAD_UNSAFE_NA_CHECK", "Unsafe <NA> comparison in condition" },
	[HC_LOAD_NO_EVTTYPE] = { "LOAD_NO_EVTTYPE", "Condition has no event-type restriction" },
	[HC_LOAD_UNKNOWN_FILTER] = { "LOAD_UNKNOWN_FILTER", "Unknown field or event-type in condition or output" },
	[HC_LOAD_UNUSED_MACRO] = { "LOAD_UNUSED_MACRO", "Unused macro" },
	[HC_LOAD_UNUSED_LIST] = { "LOAD_UNUSED_LIST", "Unused list" },
	[HC_LOAD_UNKNOWN_ITEM] = { "LOAD_UNKNOWN_ITEM", "Unknown rules file item" },
	[HC_LOAD_DEPRECATED_ITEM] = { "LOAD_DEPRECATED_ITEM", "Used deprecated item" },
	[HC_LOAD_WARNING_EXTENSION] = { "LOAD_WARNING_EXTENSION", "Warning in extension item" },
	[HC_LOAD_APPEND_NO_VALUES] = { "LOAD_APPEND_NO_VALUES", "Overriding/appending with no values" },
	[HC_LOAD_EXCEPTION_NAME_NOT_UNIQUE] = { "LOAD_EXCEPTION_NAME_NOT_UNIQUE",
						"Multiple exceptions defined with the same name" },
	[HC_LOAD_INVALID_MACRO_NAME] = { "LOAD_INVALID_MACRO_NAME", "Invalid macro name" },
	[HC_LOAD_INVALID_LIST_NAME] = { "LOAD_INVALID_LIST_NAME", "Invalid list name" },
	[HC_LOAD_COMPILE_CONDITION] = { "LOAD_COMPILE_CONDITION", "Warning in rule condition" },
	[HC_LOAD_UNKNOWN_KEY] = { "LOAD_UNKNOWN_KEY", "Unknown key in item definition" },
};

const char *hc_load_code_name(enum hc_load_code code)
{
	return codes[code].name;
}

const char *hc_load_code_short(enum hc_load_code code)
{
	return codes[code].text;
}

enum { WARNINGS_MAX = 32 << 20 }; /* bytes: an alias used a million times brings its warnings each time */

struct hc_location *hc_location_new(struct hc_loader *ld, const struct hc_location *parent, const char *item_type,
				    const char *item_name, const struct hc_yaml_node *node)
{
	struct hc_location *at = hc_arena_new(&ld->ruleset->arena, struct hc_location);

	*at = (struct hc_location){ parent, item_type, item_name, ld->file->name, 0, 0, 0, 0 };
	if (node) {
		at->line = node->falco_at.line;
		at->column = node->falco_at.column;
		at->off = node->falco_at.off;
		at->place = node->at.off;
	}
	return at;
}

struct hc_location *hc_location_in_text(struct hc_loader *ld, const struct hc_location *parent, const char *condition,
					const struct hc_diag *place)
{
	struct hc_arena *arena = &ld->ruleset->arena;
	struct hc_location *at = hc_arena_new(arena, struct hc_location);
	char *name = strlen(condition) > 20 ? hc_arena_printf(arena, "\"%.17s...\"", condition) :
					      hc_arena_printf(arena, "\"%s\"", condition);

	for (char *p = name; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	/* the parser's position is simply added to the parent's, whatever lies between (Q) */
	*at = (struct hc_location){ parent, "condition expression", "", name, parent->line + place->line,
				    parent->column + place->column, parent->off + (uint32_t)place->off, 0 };
	return at;
}

/* The line around off with a caret line below: at most 80 bytes to either side, cut ends shown as dots. */
static const char *snippet(struct hc_arena *arena, const char *text, size_t len, size_t off)
{
	enum { HALF = 80 };
	size_t from, to;
	char *line, *out;

	if (!len)
		return "<No context available>\n";
	while (off > 0 && (off >= len || text[off] == '\n'))
		off--;
	for (from = off; from > 0 && text[from] != '\n' && off - from < HALF; from--)
		;
	for (to = off; to < len - 1 && text[to] != '\n' && to - off < HALF; to++)
		;
	if (text[from] == '\n')
		from++;
	if (text[to] == '\n')
		to--;
	if (to + 1 <= from)
		return "<No context available>\n";
	line = hc_arena_dupn(arena, text + from, to - from + 1);
	if (off - from >= HALF)
		memcpy(line, "...", 3);
	if (to - off >= HALF)
		memcpy(line + (to - from) - 2, "...", 3);
	out = hc_arena_printf(arena, "%s\n%*s^\n", line, (int)(off - from), "");
	return out;
}

static void add(struct hc_problem ***v, uint32_t *n, uint32_t *cap, struct hc_problem *p)
{
	if (*n == *cap) {
		*cap = *cap ? 2 * *cap : 8;
		*v = hc_realloc(*v, *cap * sizeof **v);
	}
	(*v)[(*n)++] = p;
}

/* Falco looks a snippet up by the name of the innermost location. */
static const struct hc_load_result *file_named(const struct hc_loader *ld, const char *name)
{
	if (!strcmp(ld->file->name, name))
		return ld->file;
	for (uint32_t i = ld->ruleset->nresults; i > 0; i--)
		if (!strcmp(ld->ruleset->results[i - 1]->name, name))
			return ld->ruleset->results[i - 1];
	return NULL;
}

struct hc_problem *hc_problem_add(struct hc_loader *ld, enum hc_load_code code, const struct hc_location *at,
				  const char *alt, const char *format, ...)
{
	struct hc_arena *arena = &ld->ruleset->arena;
	struct hc_load_result *res = ld->file;
	struct hc_problem *p;
	const struct hc_load_result *file;
	char *message;
	va_list ap;
	int n;

	if (!hc_load_is_error(code) && ld->ruleset->warnings_len > WARNINGS_MAX) {
		ld->ruleset->nunsaid++;
		ld->ruleset->unsaid = (struct hc_problem){ .code = code, .message = "", .at = at, .snippet = "" };
		return &ld->ruleset->unsaid;
	}
	p = hc_arena_new(arena, struct hc_problem);
	file = file_named(ld, at->name);
	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	message = hc_arena_bytes(arena, (size_t)n + 1);
	va_start(ap, format);
	vsnprintf(message, (size_t)n + 1, format, ap);
	va_end(ap);
	p->code = code;
	p->message = message;
	p->at = at;
	if (alt && *alt)
		p->snippet = snippet(arena, alt, strlen(alt), at->off);
	else if (file)
		p->snippet = snippet(arena, file->text, file->len, at->off);
	else
		p->snippet = hc_arena_printf(arena, "<No context for file + %s>\n", at->name);
	if (hc_load_is_error(code)) {
		add(&res->errors, &res->nerrors, &res->errors_cap, p);
		res->successful = false;
		ld->ruleset->invalid = true;
	} else {
		add(&res->warnings, &res->nwarnings, &res->warnings_cap, p);
		ld->ruleset->warnings_len += sizeof *p + (size_t)n + strlen(p->snippet);
	}
	/* the innermost location that is a place in a file, unless the caller knows better */
	while (at && !(file = file_named(ld, at->name)))
		at = at->parent;
	if (at && at->parent)
		hc_problem_place(ld, p, file, at->place, 0);
	else if (file)
		p->file = file->name;
	return p;
}

/* The run of bytes at off that a person would call one word; at least 1. */
static uint32_t word_width(const char *text, size_t len, uint32_t off)
{
	uint32_t n = 0;

	while (off + n < len && !strchr(" \t\r\n(),", text[off + n]))
		n++;
	return n ? n : 1;
}

uint32_t hc_load_line(const struct hc_load_result *file, uint32_t off)
{
	uint32_t lo = 0, hi = file->nlines;

	while (hi - lo > 1) {
		if (file->lines[(lo + hi) / 2] <= off)
			lo = (lo + hi) / 2;
		else
			hi = (lo + hi) / 2;
	}
	return lo;
}

void hc_problem_place(struct hc_loader *ld, struct hc_problem *problem, const struct hc_load_result *file, uint32_t off,
		      uint32_t width)
{
	uint32_t from, to, line;

	if (problem == &ld->ruleset->unsaid)
		return;
	if (off > file->len)
		off = (uint32_t)file->len;
	/* at the end of the file: the last line that says something */
	while (off && off >= file->len && strchr("\r\n", file->text[off - 1]))
		off--;
	line = hc_load_line(file, off);
	from = file->lines[line];
	for (to = off; to < file->len && file->text[to] != '\n'; to++)
		;
	if (to > from && to > off && file->text[to - 1] == '\r')
		to--;
	problem->file = file->name;
	problem->line = line + 1;
	problem->column = off - from + 1;
	problem->width = width ? width : word_width(file->text, file->len, off);
	if (problem->width > to - off)
		problem->width = to > off ? to - off : 1;
	if (!hc_load_is_error(problem->code))
		ld->ruleset->warnings_len += to - from;
	problem->source_line = hc_arena_dupn(&ld->ruleset->arena, file->text + from, to - from);
}

void hc_problem_place_node(struct hc_loader *ld, struct hc_problem *problem, const struct hc_load_result *file,
			   const struct hc_yaml_node *node)
{
	hc_problem_place(ld, problem, file, node->at.off, node->end - node->at.off);
}

bool hc_srctext_place(const struct hc_srctext *text, uint32_t off, const struct hc_load_result **ret_file, uint32_t *ret_off)
{
	for (uint32_t i = 0; i < text->npieces; i++) {
		const struct hc_srctext_piece *piece = &text->pieces[i];

		if (off < piece->off || off > piece->off + piece->len)
			continue;
		/* between two pieces the earlier one's end and the later one's start are both near enough */
		if (off == piece->off + piece->len && i + 1 < text->npieces && text->pieces[i + 1].off == off)
			continue;
		*ret_file = piece->file;
		*ret_off = hc_yaml_source_off(piece->file->text, piece->node, piece->node_off + off - piece->off);
		return true;
	}
	return false;
}

void hc_problem_hint(struct hc_loader *ld, struct hc_problem *problem, const char *format, ...)
{
	char hint[512];
	va_list ap;

	if (problem == &ld->ruleset->unsaid)
		return;
	va_start(ap, format);
	vsnprintf(hint, sizeof hint, format, ap);
	va_end(ap);
	problem->hint = hc_arena_dup(&ld->ruleset->arena, hint);
}
