/* SPDX-License-Identifier: Apache-2.0
 *
 * What rules files said, item by item in order, before anything is compiled (rules-language.md 1, 2): the one collection
 * that all files feed. Private to loading: yamltree.c -> items.c -> collection.c -> build.c.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/strmap.h"
#include "rules/ruleset.h"
#include "rules/yamltree.h"

/* The text of a condition or an output with where its parts came from, so that a place in it is a place in a file. */
struct hc_srctext_piece {
	uint32_t off, len;                  /* in the text */
	const struct hc_load_result *file;
	const struct hc_yaml_node *node;    /* the scalar the piece is the text of, from node_off on */
	uint32_t node_off;
};
/* The part of a condition that an exception was turned into: `not (...)`. */
struct hc_srctext_exception {
	uint32_t off, len;
	const char *name;
};
struct hc_srctext {
	const char *p; /* NUL-terminated */
	uint32_t len;
	struct hc_srctext_piece *pieces;
	uint32_t npieces;
	struct hc_srctext_exception *exceptions; /* in order */
	uint32_t nexceptions;
};

/* fields, comps or one value of an exception: a scalar or a list of them. */
struct hc_exception_entry {
	bool set, is_list;
	const char *item;
	const struct hc_yaml_node *node;
	struct hc_exception_entry *items;
	uint32_t nitems;
};

struct hc_exception {
	const char *name;
	struct hc_exception_entry fields, comps;
	struct hc_exception_entry *values;
	uint32_t nvalues;
	const struct hc_load_result *file;
	const struct hc_location *at;
};

/* index: number of the first definition; visibility: of the latest touch (rules-language.md 1.7). */
struct hc_list_item {
	const char *name;
	const char **items;
	uint32_t nitems, cap;
	uint32_t index, visibility;
	const struct hc_load_result *file;
	const struct hc_location *at;
};

struct hc_macro_item {
	const char *name;
	struct hc_srctext condition;
	uint32_t index, visibility;
	const struct hc_load_result *file;
	const struct hc_location *at, *condition_at;
};

struct hc_rule_item {
	const char *name, *desc, *source;
	struct hc_srctext condition, output;
	enum hc_priority priority;
	const char **tags;
	uint32_t ntags;
	struct hc_exception *exceptions;
	uint32_t nexceptions;
	bool enabled, warn_evttypes, skip_if_unknown_filter, capture;
	uint32_t capture_duration;
	bool unknown_source;
	uint32_t index, visibility;
	const struct hc_load_result *file;
	const struct hc_location *at, *condition_at, *output_at;
};

/* What an append or override item brings; the *set flags say what of it. */
struct hc_rule_update {
	struct hc_rule_item v;
	bool condition, output, desc, tags, exceptions, priority, enabled, warn_evttypes, skip_if_unknown_filter, capture,
		capture_duration;
};

struct hc_plugin_requirement {
	const char *name, *version;
};
struct hc_plugin_requirements {
	struct hc_plugin_requirement *alternatives;
	uint32_t n;
};

struct hc_collection {
	struct hc_list_item **lists;
	struct hc_macro_item **macros;
	struct hc_rule_item **rules;
	uint32_t nlists, nmacros, nrules, lists_cap, macros_cap, rules_cap;
	struct hc_strmap list_names, macro_names, rule_names;
	uint32_t counter;
	uint32_t engine_version[3]; /* the highest required */
	struct hc_plugin_requirements *plugins;
	uint32_t nplugins, plugins_cap;
	uint64_t text_used; /* bytes of conditions, outputs and list items kept, against hostile aliases */
};

/* Bytes all conditions, outputs and list items together may have: aliases could multiply a small file. */
enum { HC_COLLECTION_TEXT_MAX = 512 << 20 };

/* Where the loader is. */
struct hc_loader {
	struct hc_ruleset *ruleset;
	struct hc_load_result *file;
};

/* ---- problems (report.c) ---- */

struct hc_location *hc_location_new(struct hc_loader *ld, const struct hc_location *parent, const char *item_type,
				    const char *item_name, const struct hc_yaml_node *node);
/* A place in a condition's text, as Falco reports it: off and so on count from 0, 1, 1 as parser positions do. */
struct hc_location *hc_location_in_text(struct hc_loader *ld, const struct hc_location *parent, const char *condition,
					const struct hc_diag *place);
/* Adds an error (returns HC_RULESET_INVALID) or a warning (returns 0) at a location; source shows there unless place says
 * better. alt: the text offsets of `at` count in if it is no file's, else NULL. */
struct hc_problem *hc_problem_add(struct hc_loader *ld, enum hc_load_code code, const struct hc_location *at,
				  const char *alt, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Where to look, in our own terms. */
void hc_problem_place(struct hc_loader *ld, struct hc_problem *problem, const struct hc_load_result *file, uint32_t off,
		      uint32_t width);
void hc_problem_place_node(struct hc_loader *ld, struct hc_problem *problem, const struct hc_load_result *file,
			   const struct hc_yaml_node *node);
/* The file and offset where byte off of text stands; false if it comes from no file. */
bool hc_srctext_place(const struct hc_srctext *text, uint32_t off, const struct hc_load_result **ret_file, uint32_t *ret_off);
void hc_problem_hint(struct hc_loader *ld, struct hc_problem *problem, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- items (items.c, exceptions.c): YAML to collection ---- */

int hc_items_read(struct hc_loader *ld, const char *text, size_t len);
int hc_exceptions_read(struct hc_loader *ld, const struct hc_yaml_node *item, const struct hc_location *parent,
		       bool append, struct hc_exception **ret, uint32_t *ret_n);
/* Fills in the comps an exception leaves out and checks that there is one for each field; _check also looks at operators
 * and fields. */
int hc_exception_shape(struct hc_loader *ld, struct hc_exception *ex);
int hc_exception_check(struct hc_loader *ld, struct hc_exception *ex, bool known_source);
/* The rule's condition with its exceptions as text (rules-language.md 2.2). */
int hc_exceptions_apply(struct hc_loader *ld, const struct hc_rule_item *rule, struct hc_srctext *ret_condition);

/* Falco's JSON schema (rules-language.md 9.4): sets schema_valid and schema_warnings of ld->file. schema.c */
void hc_schema_check(struct hc_loader *ld, struct hc_yaml_node *const *docs, uint32_t ndocs);

/* A mandatory or optional scalar (rules-language.md 1.2); *ret_node NULL if it is optional and missing. */
int hc_item_scalar(struct hc_loader *ld, const struct hc_yaml_node *item, const char *key,
		   const struct hc_location *at, bool optional, const struct hc_yaml_node **ret_node);

/* As a C++ stream reads an unsigned: 0x and 0 prefixes count, nothing may be left over. */
bool hc_item_to_u32(struct hc_str s, uint32_t *ret);
void hc_item_warn_unknown_keys(struct hc_loader *ld, const struct hc_yaml_node *item, const char *const *allowed,
			       const struct hc_location *at);

/* ---- versions.c ---- */

int hc_engine_version_read(struct hc_loader *ld, const struct hc_yaml_node *item, const struct hc_location *parent);
int hc_plugin_versions_read(struct hc_loader *ld, const struct hc_yaml_node *item, const struct hc_location *parent);
/* Negative errno and diag with Falco's message if a required plugin is not there. */
int hc_plugin_versions_check(const struct hc_ruleset *ruleset, struct hc_diag *reterr_diag);

/* ---- collection.c ---- */

void hc_collection_done(struct hc_collection *collection);
int hc_collection_define_list(struct hc_loader *ld, struct hc_list_item *list);
int hc_collection_append_list(struct hc_loader *ld, const struct hc_list_item *list);
int hc_collection_define_macro(struct hc_loader *ld, struct hc_macro_item *macro);
int hc_collection_append_macro(struct hc_loader *ld, const struct hc_macro_item *macro);
int hc_collection_define_rule(struct hc_loader *ld, struct hc_rule_item *rule);
int hc_collection_append_rule(struct hc_loader *ld, struct hc_rule_update *update);
int hc_collection_replace_rule(struct hc_loader *ld, struct hc_rule_update *update);
int hc_collection_enable_rule(struct hc_loader *ld, const char *name, bool enabled, const struct hc_location *at,
			      const struct hc_yaml_node *node);
/* text from one scalar, and one text behind another with a blank between. */
int hc_srctext_from(struct hc_loader *ld, const struct hc_yaml_node *node, struct hc_srctext *ret);
int hc_srctext_append(struct hc_loader *ld, struct hc_srctext *text, const struct hc_srctext *more);

/* ---- build.c ---- */

/* Compiles the whole collection anew, as the reference does after each file. 0; HC_RULESET_INVALID; or negative errno and
 * diag (see hc_ruleset_add). */
int hc_ruleset_build(struct hc_loader *ld, struct hc_diag *reterr_diag);
