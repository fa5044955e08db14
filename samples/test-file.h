/* SPDX-License-Identifier: Apache-2.0
 *
 * Declarative tests of rules, *.test.yaml (docs/testing.md): which captures are replayed with which rules, and what must
 * have alerted. Keys are those of falcosecurity's event-generator where they mean the same (tests, name, rule,
 * expectedOutcome, outputFields ...). This is only what the file says; samples/test-run.h does it.
 *
 * Invariant: a file loaded without complaints has, for every test, a run and something to expect.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/diag.h"
#include "rules/regex.h"
#include "rules/ruleset.h"
#include "rules/yamldoc.h"
#include "samples/bundle.h"

/* Against hostile files. */
enum {
	HC_TEST_BYTES_MAX = 4 << 20,
	HC_TEST_TESTS_MAX = 10000,  /* of a file */
	HC_TEST_PATHS_MAX = 1000,   /* captures or rules of a run */
	HC_TEST_REGEXES_MAX = 128,  /* different ones of a file (RE2 takes up to 8 MiB for each); their patterns' length: */
	HC_TEST_PATTERN_MAX = 4096,
};

enum hc_test_match { HC_TEST_ANY, HC_TEST_EQUAL, HC_TEST_REGEX, HC_TEST_ABSENT };

/* What a text must be. regex: RE2 in POSIX syntax, the whole text, as in rules. */
struct hc_test_pattern {
	enum hc_test_match match;
	struct hc_str text; /* the text, or the regex's pattern */
	const struct hc_regex *regex;
	const struct hc_yaml_node *at; /* the text's node; NULL: ANY */
};

struct hc_test_field {
	struct hc_str key;
	struct hc_test_pattern want;
};

/* N, N+, N-M, none. at NULL: nothing was said, which means 1+. */
struct hc_test_count {
	uint32_t min, max;
	const struct hc_yaml_node *at;
};

/* So many alerts of this rule that are all of this. */
struct hc_test_expect {
	const char *rule;
	const struct hc_yaml_node *rule_at;
	const struct hc_yaml_node *mapping; /* where its keys stand; NULL: an entry of counts */
	struct hc_test_count count;
	struct hc_test_pattern source, hostname, output;
	int priority; /* enum hc_priority; -1: any */
	const struct hc_yaml_node *priority_at;
	const char **tags; /* which the alert must have, besides others */
	uint32_t ntags;
	const struct hc_yaml_node *tags_at;
	struct hc_test_field *fields;
	uint32_t nfields;
};

struct hc_test {
	const char *name, *description;
	const char *skip;               /* why it is not run; NULL: it is */
	const struct hc_yaml_node *at;      /* the test's mapping */
	const struct hc_yaml_node *name_at; /* what to point at if there is nothing better */
	const struct hc_yaml_node *outcome; /* expectedOutcome's value; NULL: there is none */
	uint32_t run;
	struct hc_test_expect *expects;
	uint32_t nexpects;
	const char **order; /* rules that must alert one after the other */
	const struct hc_yaml_node *order_at;
	uint32_t norder;
	bool others_none;   /* rules not named in it must not alert */
	const struct hc_yaml_node *others_at;
};

/* A capture or rules: a path ready to be opened, or a member of the bundle the test is in. */
struct hc_test_input {
	const char *path;
	const char *shown; /* as the test has it */
	const struct hc_archive_member *member; /* NULL: a path */
};

/* What is replayed; tests that want the same share one. */
struct hc_test_run {
	struct hc_test_input *captures, *rules;
	uint32_t ncaptures, nrules;
	bool match_all;
	bool damaged; /* a damaged capture is no failure */
	const char *priority;
	struct hc_rule_switch *switches;
	uint32_t nswitches;
	uint64_t since_ns, until_ns;
	bool since_relative, until_relative;
};

struct hc_test_file {
	struct hc_yamldoc doc; /* doc.errors has the complaints */
	const char *description;
	struct hc_test *tests;
	uint32_t ntests;
	struct hc_test_run *runs;
	uint32_t nruns;
	struct hc_regex **regexes; /* owned */
	uint32_t nregexes;
};

struct hc_test_where {
	const char *name; /* for messages; NULL: the path */
	const char *dir;  /* what paths are relative to; NULL: the directory of the path */
	/* The test is this member of a bundle, and so is whatever it names: nothing outside can be reached. */
	const struct hc_bundle *bundle;
	const struct hc_archive_member *member;
	bool scaffold; /* tests that expect nothing are no mistake: expectations are about to be written */
};

/* where NULL: all by default. 0, or negative errno and diag: it cannot be read. Mistakes in it are complaints: file->doc.nerrors. To
 * be freed either way. */
int hc_test_file_load(struct hc_test_file *file, const char *path, const struct hc_test_where *where, struct hc_diag *reterr_diag);
/* The same from memory; path is not opened. */
void hc_test_file_parse(struct hc_test_file *file, const char *path, const char *text, size_t len, const struct hc_test_where *where);
void hc_test_file_done(struct hc_test_file *file);

/* "2", "at least 1", "2 to 5", "none". */
void hc_test_count_say(const struct hc_test_count *count, struct hc_buf *to);
bool hc_test_count_has(const struct hc_test_count *count, uint64_t n);
bool hc_test_pattern_has(const struct hc_test_pattern *pattern, struct hc_str text);

/* Does the test take part when this run is made? chosen: by test. */
static inline bool hc_test_in_run(const struct hc_test_file *file, const bool *chosen, uint32_t run, uint32_t test)
{
	return file->tests[test].run == run && chosen[test] && !file->tests[test].skip;
}
