/* SPDX-License-Identifier: Apache-2.0
 *
 * One run of a test file: its rules loaded, its captures replayed, its tests judged, in this process.
 * samples/test-pool.h does that in a process of its own, which is what commands want.
 */
#pragma once

#include <stdbool.h>

#include "samples/test-check.h"
#include "samples/test-file.h"

struct hc_test_run_options {
	const bool *chosen; /* by test of the file: take part */
	bool update;        /* work out edits of the file */
	bool confine;       /* give up everything replaying does not need before reading a capture: the end of all other work */
};

/* Judges the chosen tests of the run; results: one per test of the file, zeroed; to be done. What is wrong with rules or
 * captures is printed to stderr besides. */
void hc_test_run(const struct hc_test_file *file, uint32_t run, const struct hc_test_run_options *options,
		 struct hc_test_result *results);
