/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML documents as trees that know where everything stands in the file. Of YAML's types only what rules files need is
 * told apart: null, scalars by their text, sequences, mappings. An alias is the anchored node, with its place.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/diag.h"
#include "common/str.h"

/* Against hostile files: nesting that would exhaust the stack of whoever walks the tree, and memory. */
enum {
	HC_YAML_DEPTH_MAX = 128,
	HC_YAML_NODES_MAX = 4 << 20,
	HC_YAML_WEIGHT_MAX = 16 << 20, /* values of a text with every alias written out: bounds all walks over its trees */
	HC_YAML_BYTES_MAX = 64 << 20,
	HC_YAML_TEXT_MAX = 256 << 20, /* bytes of scalars, likewise written out */
};

enum hc_yaml_kind { HC_YAML_NULL, HC_YAML_SCALAR, HC_YAML_SEQUENCE, HC_YAML_MAPPING };
enum hc_yaml_style { HC_YAML_PLAIN, HC_YAML_SINGLE, HC_YAML_DOUBLE, HC_YAML_LITERAL, HC_YAML_FOLDED };

/* Line, column and offset count from 0, in bytes. */
struct hc_yaml_mark {
	uint32_t off, line, column;
};

struct hc_yaml_node {
	enum hc_yaml_kind kind;
	enum hc_yaml_style style;     /* SCALAR */
	struct hc_str text;           /* SCALAR: NUL-terminated */
	struct hc_yaml_mark at;
	struct hc_yaml_mark falco_at; /* where Falco's library says it is: a value left out is at the next thing there is */
	uint32_t end;                 /* offset behind its last byte */
	struct hc_yaml_node **items;  /* SEQUENCE: items; MAPPING: key, value, key, value ... */
	uint32_t nitems;              /* entries of items */
	uint32_t weight;              /* itself and all values below, aliases written out */
	uint32_t text_len;            /* bytes of all scalars in it, likewise */
	bool open;                    /* still being read: an alias to it would be a loop */
	uint32_t alias, alias_end;    /* through an alias: where that stands, as `at` is the anchored node's; else 0 */
};

/* All documents of a text. Nodes live in arena. 0, or -EINVAL and diag with text, off, line and column (from 1). */
int hc_yaml_parse(struct hc_arena *arena, const char *text, size_t len, struct hc_yaml_node ***ret_docs,
		  uint32_t *ret_ndocs, struct hc_diag *reterr_diag);

/* A difference between a file and the text read in its place: at byte `at` of the file `removed` bytes are left out and
 * `put` stands instead. */
struct hc_yaml_edit {
	uint32_t at, removed;
	const char *put;
};
struct hc_yaml_input {
	const char *file;
	size_t file_len;
	const char *text; /* the file with the edits */
	size_t len;
	const struct hc_yaml_edit *edits; /* by place */
	uint32_t nedits;
};

/* Where libyaml stopped, in bytes of the file. */
struct hc_yaml_failure {
	const char *problem; /* its words; NULL: it was not libyaml's doing */
	const char *context; /* "while parsing a flow node" */
	uint32_t off, context_off;
	uint32_t depth; /* collections around the place */
};

/* hc_yaml_parse() of an edited text: all marks are the file's. reterr_diag may be NULL. */
int hc_yaml_parse_edited(struct hc_arena *arena, const struct hc_yaml_input *input, struct hc_yaml_node ***ret_docs,
			 uint32_t *ret_ndocs, struct hc_yaml_failure *reterr_failure, struct hc_diag *reterr_diag);

/* The value of a mapping's first entry with that key, or NULL. ret_key, if not NULL, is the key's node. */
struct hc_yaml_node *hc_yaml_get(const struct hc_yaml_node *mapping, const char *key);
struct hc_yaml_node *hc_yaml_get_key(const struct hc_yaml_node *mapping, const char *key);

/* The YAML 1.1 words true/yes/on/y and false/no/off/n in lower, upper or capitalised spelling: 1, 0; else -1. */
int hc_yaml_bool(struct hc_str text);

/* Where byte value_off of a scalar's text stands in the file: folding, indentation and escapes taken into account. */
uint32_t hc_yaml_source_off(const char *file, const struct hc_yaml_node *scalar, uint32_t value_off);
