/* SPDX-License-Identifier: Apache-2.0
 *
 * What a test expects held against the alerts that were raised: the verdict, what to say about it, and what --update would
 * write instead.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/strmap.h"
#include "replay/collect.h"
#include "samples/test-file.h"

enum hc_test_status { HC_TEST_PASSED, HC_TEST_FAILED, HC_TEST_ERROR /* could not be run */, HC_TEST_SKIPPED, HC_TEST_STATUS_COUNT };

/* Replace bytes [off, end) of the test file by text. */
struct hc_test_edit {
	uint32_t off, end;
	char *text; /* owned */
	uint32_t len;
};

struct hc_test_result {
	enum hc_test_status status;
	struct hc_buf text; /* what there is to say: lines */
	struct hc_test_edit *edits;
	uint32_t nedits;
};
void hc_test_result_done(struct hc_test_result *result);
/* text is copied. */
void hc_test_result_edit(struct hc_test_result *result, uint32_t off, uint32_t end, const char *text, size_t len);

struct hc_test_facts {
	const struct hc_test_file *file;
	const struct hc_ruleset *rules;
	const struct hc_collect *alerts;
	const struct hc_strmap *whys; /* rule names to texts (const char *) of why they did not alert; NULL: not known yet */
};

/* Fills in result. missing: every rule of which too few alerts were raised is put in, for a second look: its name to the
 * expectation (struct hc_test_expect). */
void hc_test_check(const struct hc_test_facts *facts, const struct hc_test *test, struct hc_test_result *result,
		   struct hc_strmap *missing);

/* Rule names that no rule has: an error, as a typing mistake would make `none` pass forever. False: complained in result. */
bool hc_test_check_names(const struct hc_test_facts *facts, const struct hc_test *test, struct hc_test_result *result);

/* Parts, for samples/test-update.h. */
struct hc_test_tally {
	uint64_t of_rule, matching;
	const struct hc_collected *nearest; /* of the rule, with the fewest differences; the first of them */
};
/* ret_matching: by alert. */
struct hc_test_tally hc_test_tally(const struct hc_test_facts *facts, const struct hc_test_expect *expect, bool *ret_matching);
bool hc_test_field_is(const struct hc_collected *alert, const struct hc_test_field *want);
/* Does the test name the rule anywhere? */
bool hc_test_is_named(const struct hc_test *test, const char *rule);
