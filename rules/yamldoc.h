/* SPDX-License-Identifier: Apache-2.0
 *
 * A YAML document of our own making (tests, policies ...), read strictly: whatever is unknown, repeated or of the wrong
 * shape is an error that names file, line and column, shows the line and says what was expected. All complaints are
 * gathered, so that one run shows all mistakes.
 *
 * Rules files are not read with this: their errors are Falco's (rules/report.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/diag.h"
#include "rules/yamltree.h"

enum { HC_YAMLDOC_ERRORS_MAX = 100, HC_YAMLDOC_SAME_MAX = 1000 }; /* told, recognised as told before; the rest is counted */

struct hc_yamldoc {
	const char *name; /* for messages; in the arena */
	const char *text; /* NUL-terminated, in the arena */
	size_t len;
	const struct hc_yaml_node *root; /* the only document; NULL: the text has none */
	struct hc_buf errors;            /* complaints, ready to be printed */
	uint32_t nerrors, nsame;
	struct hc_arena arena;           /* nodes and whatever the reader makes of them */
};

/* Reads a file of at most max bytes, or a text, which is copied; name is what messages call it. 0; or negative errno and diag: it
 * cannot be read. A text that is no YAML, or several documents, is a complaint. doc: hc_yamldoc_done in any case. */
int hc_yamldoc_load(struct hc_yamldoc *doc, const char *path, const char *name, size_t max, struct hc_diag *reterr_diag);
void hc_yamldoc_parse(struct hc_yamldoc *doc, const char *name, const char *text, size_t len);
void hc_yamldoc_done(struct hc_yamldoc *doc);

/* Complains of a node (NULL: of the file as a whole), once of the same. hint: one more line, or NULL. */
void hc_yamldoc_complain(struct hc_yamldoc *doc, const struct hc_yaml_node *at, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Is it a mapping whose keys are all among allowed (ends with NULL), each once? Complains otherwise; a mapping with such
 * mistakes can still be read. what: "a test", for the message. */
bool hc_yamldoc_mapping(struct hc_yamldoc *doc, const struct hc_yaml_node *node, const char *what, const char *const *allowed);
/* The text of a scalar; complains and gives NULL for anything else, also for an empty one. what: "name". */
const char *hc_yamldoc_scalar(struct hc_yamldoc *doc, const struct hc_yaml_node *node, const char *what);
/* One scalar or a sequence of them, in the arena. False: complained. Null is no text at all. */
bool hc_yamldoc_scalars(struct hc_yamldoc *doc, const struct hc_yaml_node *node, const char *what, const char ***ret,
			uint32_t *ret_n);
bool hc_yamldoc_bool(struct hc_yamldoc *doc, const struct hc_yaml_node *node, const char *what, bool *ret);

/* Appends the line of a place with a caret run below, as all our messages show it; off and end count bytes of the text. */
void hc_yamldoc_show(const struct hc_yamldoc *doc, uint32_t off, uint32_t end, struct hc_buf *to);
