/* SPDX-License-Identifier: Apache-2.0
 *
 * --update: expectations rewritten to what happened. Only the bytes of values that were wrong change, and keys that are
 * missing are added; comments, order and everything else stays byte by byte.
 *
 * What cannot be expressed (a regex that does not match, a field the output does not have) is left alone and keeps failing.
 */
#pragma once

#include "common/diag.h"
#include "samples/test-check.h"

/* Works out the edits of a test that was judged; they go into result. */
void hc_test_update(const struct hc_test_facts *facts, const struct hc_test *test, struct hc_test_result *result);

/* Puts the edits of all results into a copy of the file's text: sorted, each once; what would overlap an earlier one is left
 * out. How many were made. */
uint32_t hc_test_edited(const struct hc_test_file *file, const struct hc_test_result *results, uint32_t nresults, struct hc_buf *ret);

/* Replaces the file at path by text in one step; its mode and what symbolic links lead to it stay. 0 or negative errno. */
int hc_test_rewrite(const char *path, const struct hc_buf *text, struct hc_diag *reterr_diag);
