/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules files loaded: lists, macros and rules of all files in one collection (rules-language.md 1-3), each rule with its
 * condition expanded and checked, and everything there was to say about the files. Loading knows nothing of captures;
 * what runs the rules is rules/plan.h.
 *
 * Invariant: a ruleset without errors has, for every rule in `active`, a checked tree and an output that compiles.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/diag.h"
#include "rules/ast.h"
#include "rules/check.h"
#include "rules/evtset.h"
#include "rules/output.h"
#include "rules/report.h"

/* What this engine presents itself as (rules-language.md 1.3, 1.4). */
#define HC_ENGINE_VERSION "0.63.0"
#define HC_CONTAINER_PLUGIN_VERSION "0.7.1"

enum hc_priority {
	HC_PRIORITY_EMERGENCY, HC_PRIORITY_ALERT, HC_PRIORITY_CRITICAL, HC_PRIORITY_ERROR, HC_PRIORITY_WARNING,
	HC_PRIORITY_NOTICE, HC_PRIORITY_INFORMATIONAL, HC_PRIORITY_DEBUG,
	HC_PRIORITY_COUNT,
};
/* "Emergency" ... "Informational", "Debug". */
const char *hc_priority_name(enum hc_priority priority);
/* By name in any letter case, `info` too; -1 if there is none. */
int hc_priority_parse(const char *name);

/* All texts NUL-terminated, owned by the ruleset. */
struct hc_rule {
	const char *name, *desc, *source;
	const char *condition; /* as the files have it, appends and exceptions in place, lists and macros not */
	const char *output;    /* the template, with append_output texts */
	enum hc_priority priority;
	const char **tags; /* sorted, each once */
	uint32_t ntags;
	bool enabled;       /* after switches */
	bool warn_evttypes, skip_if_unknown_filter;
	bool capture;
	uint32_t capture_duration; /* ms */
	uint32_t place;     /* in the order of first definition, from 0 */
	const char *file;   /* of the latest definition; line from 1 */
	uint32_t line;
	bool compiled;      /* false: unknown source, skipped by skip-if-unknown-filter, or not reached because of an error */
	struct hc_ast *ast; /* expanded and checked; NULL if not compiled */
	const struct hc_output *compiled_output; /* NULL if not compiled */
	struct hc_evset events; /* the event codes it can match (selection.md 2), without the ever-present asyncevent */
};

struct hc_macro {
	const char *name, *condition;
	const char *file;
	uint32_t line;
	bool used;
	const struct hc_ast *ast; /* expanded; not checked: fields of unused macros may be unknown */
};

struct hc_list {
	const char *name;
	const char **items; /* with lists inside replaced, one level (rules-language.md 3.1) */
	uint32_t nitems;
	const char *file;
	uint32_t line;
	bool used;
};

/* `rules:` of the configuration and the old -D, -t, -T (rules-language.md 10): applied in order after all files. */
struct hc_rule_switch {
	bool enable;
	const char *rule; /* pattern with `*`, or NULL */
	const char *tag;  /* or NULL */
};

/* One entry of append_output (rules-language.md 8.6); what is NULL or 0 matches every rule. */
struct hc_output_append {
	const char *source, *rule;
	const char *const *tags; /* all of which the rule must have */
	uint32_t ntags;
	const char *text;        /* appended after a blank */
};

struct hc_ruleset_options {
	const struct hc_rule_switch *switches;
	uint32_t nswitches;
	const struct hc_output_append *appends;
	uint32_t nappends;
	const char *min_priority; /* rules less urgent take no part; NULL: all do */
	bool validate;            /* go on with the next file after one with errors, as Falco's -V does */
};

struct hc_collection; /* rules/collection.h: what the files said, before compilation */

struct hc_ruleset {
	struct hc_load_result **results; /* one per file, in the order read */
	uint32_t nresults;
	bool invalid; /* some result has errors */
	uint64_t warnings_len;    /* bytes that warnings hold */
	struct hc_problem unsaid; /* stands for each of those that are too many ... */
	uint64_t nunsaid;         /* ... so many */

	struct hc_rule **rules; /* in the order of first definition, known source or not */
	uint32_t nrules;
	struct hc_rule **active; /* compiled, enabled and urgent enough, in matching order (rules-language.md 7.2) */
	uint32_t nactive;
	struct hc_macro **macros;
	uint32_t nmacros;
	struct hc_list **lists;
	uint32_t nlists;

	struct hc_ruleset_options options; /* borrowed texts */
	struct hc_arena arena;         /* lives as long as the ruleset */
	struct hc_arena compile_arena; /* trees and results of compilation; reset when a further file is compiled */
	struct hc_checker checker;     /* what trees and outputs point to */
	struct hc_collection *collection;
	const char **ignored;          /* files named that do not end in .yaml or .yml */
	uint32_t nignored;
};

enum hc_ruleset_outcome { HC_RULESET_INVALID = 1 };

/* Loads files and directories (rules-language.md 1.1) in order. 0; HC_RULESET_INVALID: there are errors, see results
 * (hc_report_text prints them; *ret_ruleset is set nevertheless); or negative errno and diag where Falco would not start: a
 * file cannot be read, a plugin is missing. *ret_ruleset: to be freed. */
int hc_ruleset_load(const struct hc_ruleset_options *options, const char *const *paths, size_t npaths,
		    struct hc_ruleset **ret_ruleset, struct hc_diag *reterr_diag);

/* The rule of that name, or NULL; then *ret_near (NULL: not wanted) is the name it may have been meant for, or NULL. */
const struct hc_rule *hc_ruleset_find(const struct hc_ruleset *ruleset, const char *name, const char **ret_near);

/* Is it called *.test.yaml or *.test.yml? Such files in a directory of rules are tests of them (docs/testing.md), no rules. */
bool hc_ruleset_is_test_name(const char *name);

/* The same in steps, for rules that are no files. */
struct hc_ruleset *hc_ruleset_new(const struct hc_ruleset_options *options);
struct hc_ruleset *hc_ruleset_free(struct hc_ruleset *ruleset);
/* name appears in messages; text is copied. 0; HC_RULESET_INVALID; or negative errno and diag for what ends Falco with a
 * runtime error instead. */
int hc_ruleset_add(struct hc_ruleset *ruleset, const char *name, const char *text, size_t len,
		   struct hc_diag *reterr_diag);
/* Switches, plugin requirements. Negative errno and diag if a required plugin is missing. */
int hc_ruleset_finish(struct hc_ruleset *ruleset, struct hc_diag *reterr_diag);
