/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests found, run and reported: what `hindcast test` does with files, directories and bundles.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/diag.h"
#include "samples/bundle.h"
#include "samples/test-report.h"

enum { HC_TEST_FILES_MAX = 100000 };

/* Zero-initialise; hc_test_list_done. */
struct hc_test_list {
	struct hc_test_suite *suites;
	size_t n, cap;
	struct hc_bundle **bundles; /* which suites are from */
	size_t nbundles;
};

/* Adds a test file, a bundle's tests, or all below a directory by name: *.test.yaml, *.test.yml and bundles (*.tar.zst with a
 * manifest); hidden files and directories are left out, links to directories not followed. Files that have mistakes are added
 * as such. 0 or negative errno and diag: path cannot be read. scaffold: see hc_test_where. */
int hc_test_list_add(struct hc_test_list *list, const char *path, bool scaffold, struct hc_diag *reterr_diag);
void hc_test_list_done(struct hc_test_list *list);

struct hc_test_list_options {
	const char *filter; /* only tests with this text in "FILE: NAME", or a pattern for that or NAME; NULL: all */
	unsigned parallel, timeout_s; /* 0: as many as there are processors; two minutes */
	bool list;          /* name the tests, run none */
	bool tap, verbose, quiet, update;
	const char *junit;  /* file to write; NULL: none */
	const char *command; /* "hindcast test": leads messages */
};

/* Runs and reports to standard output. HC_EXIT_OK: all passed; HC_EXIT_FAIL: some did not; HC_EXIT_USAGE: there was nothing to
 * run, or files have mistakes. */
int hc_test_list_run(struct hc_test_list *list, const struct hc_test_list_options *options);
