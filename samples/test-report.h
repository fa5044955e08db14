/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of tests: for people as they come, as TAP (version 13), as a JUnit file that CI systems read.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/buf.h"
#include "samples/test-check.h"
#include "samples/test-file.h"

/* A test file with what came of it. */
struct hc_test_suite {
	char *path;                     /* as found; owned */
	const struct hc_bundle *bundle; /* it is a member of; NULL: a file. Borrowed like member */
	const struct hc_archive_member *member;
	char *name;                     /* as told; owned */
	struct hc_test_file file;       /* owned */
	bool *chosen;                   /* by test; owned */
	struct hc_test_result *results; /* likewise */
	uint32_t nchosen;
	struct hc_buf messages; /* of its runs; owned */
	double seconds;         /* all runs together */
	bool unread;            /* it could not be read or has mistakes: file.doc.errors */
	bool rewritten;
};
void hc_test_suite_done(struct hc_test_suite *suite);

struct hc_test_totals {
	uint32_t n[HC_TEST_STATUS_COUNT], files, unread;
};
void hc_test_totals_add(struct hc_test_totals *totals, const struct hc_test_suite *suite);

/* A name somebody gave, on one line and without control characters: test files may be strangers'. */
void hc_test_report_name(FILE *out, const char *name);
/* A finished file: a line per test, details of those that did not pass. */
void hc_test_report_text(FILE *out, const struct hc_test_suite *suite, bool verbose);
/* "12 passed, 1 failed ..." */
void hc_test_report_totals(FILE *out, const struct hc_test_totals *totals, double seconds);

/* The plan first, then every finished file; number: of the first test in it, counted from 1; returns the next one. */
void hc_test_report_tap_plan(FILE *out, uint32_t ntests);
uint32_t hc_test_report_tap(FILE *out, const struct hc_test_suite *suite, uint32_t number);

/* The whole document. */
void hc_test_report_junit(struct hc_buf *out, const struct hc_test_suite *suites, size_t nsuites, double seconds);
