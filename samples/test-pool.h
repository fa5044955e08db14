/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs in processes of their own, several at a time: each confines itself, and what becomes of one (a crash, a hang, all
 * memory eaten) is the failure of its tests and of nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "samples/test-check.h"
#include "samples/test-file.h"

struct hc_test_job {
	const struct hc_test_file *file;
	uint32_t run;
	const bool *chosen;             /* by test of the file */
	struct hc_test_result *results; /* by test of the file, shared by the file's jobs; each fills in its own */
	struct hc_buf messages;         /* what the run wrote to standard error; to be done */
	double seconds;
};

struct hc_test_pool_options {
	unsigned parallel;  /* processes at a time; at least 1 */
	unsigned timeout_s; /* for one run; at least 1 */
	bool update;
	/* Called for every job when it and all before it are finished, in order. */
	void (*done)(void *ctx, struct hc_test_job *job);
	void *ctx;
};

enum { HC_TEST_ANSWER_MAX = 64 << 20, HC_TEST_MESSAGES_MAX = 256 << 10 }; /* bytes a process may have to say */

/* 0; or negative errno and diag if no process could be started at all. */
int hc_test_pool(struct hc_test_job *jobs, size_t njobs, const struct hc_test_pool_options *options, struct hc_diag *reterr_diag);
