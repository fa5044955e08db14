/* SPDX-License-Identifier: Apache-2.0
 *
 * What there is to say about a rules file: errors and warnings with Falco's codes and locations (rules-language.md 9), and
 * with what we add: the exact place in the file, and a hint. Rendered as text for people and as the document Falco prints.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/str.h"

/* Errors, then warnings; order and names are Falco's (rules-language.md 9.1, 9.3). */
enum hc_load_code {
	HC_LOAD_ERR_FILE_READ, HC_LOAD_ERR_YAML_PARSE, HC_LOAD_ERR_YAML_VALIDATE, HC_LOAD_ERR_COMPILE_CONDITION,
	HC_LOAD_ERR_COMPILE_OUTPUT, HC_LOAD_ERR_VALIDATE, HC_LOAD_ERR_EXTENSION,
	HC_LOAD_UNKNOWN_SOURCE, HC_LOAD_UNSAFE_NA_CHECK, HC_LOAD_NO_EVTTYPE, HC_LOAD_UNKNOWN_FILTER,
	HC_LOAD_UNUSED_MACRO, HC_LOAD_UNUSED_LIST, HC_LOAD_UNKNOWN_ITEM, HC_LOAD_DEPRECATED_ITEM,
	HC_LOAD_WARNING_EXTENSION, HC_LOAD_APPEND_NO_VALUES, HC_LOAD_EXCEPTION_NAME_NOT_UNIQUE,
	HC_LOAD_INVALID_MACRO_NAME, HC_LOAD_INVALID_LIST_NAME, HC_LOAD_COMPILE_CONDITION, HC_LOAD_UNKNOWN_KEY,
	HC_LOAD_CODE_COUNT,
};
static inline bool hc_load_is_error(enum hc_load_code code)
{
	return code <= HC_LOAD_ERR_EXTENSION;
}
const char *hc_load_code_name(enum hc_load_code code);  /* "LOAD_NO_EVTTYPE" */
const char *hc_load_code_short(enum hc_load_code code); /* "Condition has no event-type restriction" */

/* One link of a problem's chain of locations, as Falco names them; line, column and offset count from 0 (9.5). */
struct hc_location {
	const struct hc_location *parent; /* NULL: the file itself */
	const char *item_type;            /* "rule condition" */
	const char *item_name;            /* "" if it has none */
	const char *name;                 /* the file, or the condition's first characters in quotes */
	uint32_t line, column, off;       /* as Falco counts */
	uint32_t place;                   /* offset a person should look at */
};

struct hc_problem {
	enum hc_load_code code;
	const char *message;
	const struct hc_location *at; /* innermost */
	const char *snippet;          /* Falco's: a line and a caret line */
	const char *deprecated_field; /* NULL if it is not about one */
	/* Where to look: our own, counted from 1 in bytes; line 0: the file as a whole. */
	const char *file;
	uint32_t line, column, width;
	const char *source_line; /* that line of the file, without line end; NULL if line is 0 */
	const char *hint;        /* NULL if we have none */
	const char *macro;       /* the place is in this macro, which the item uses; NULL: in the item itself */
};

/* Everything about one file. All of it lives as long as the ruleset. */
struct hc_load_result {
	const char *name;
	bool successful;
	bool schema_valid;
	const char **schema_warnings; /* per document: "ok", or what fails */
	uint32_t nschema_warnings;
	struct hc_problem **errors, **warnings;
	uint32_t nerrors, nwarnings;
	uint32_t errors_cap, warnings_cap, schema_cap;
	const char *text; /* the file's content, NUL-terminated */
	size_t len;
	uint32_t *lines; /* where its lines start */
	uint32_t nlines;
	struct hc_yaml_mend *mends; /* what was read as YAML although it is none: rules/yamlmend.h */
	uint32_t nmends;
};

/* The number of the line that byte off of the file is in, from 0. */
uint32_t hc_load_line(const struct hc_load_result *file, uint32_t off);

struct hc_ruleset;

/* Messages as text: file:line:column, the line, a caret run, the code, a hint. Errors always, warnings if asked for. */
void hc_report_text(FILE *out, const struct hc_ruleset *ruleset, bool with_warnings);
/* A source line with its number and a caret run below it. column and width count bytes, column from 1; long lines are cut
 * around the caret. */
void hc_report_source(struct hc_buf *out, uint32_t number, uint32_t column, uint32_t width, struct hc_str line);
/* {"falco_load_results": [...]}, one line (rules-language.md 9.6). */
void hc_report_json(struct hc_buf *out, const struct hc_ruleset *ruleset);
