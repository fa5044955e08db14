/* SPDX-License-Identifier: Apache-2.0
 *
 * Do rules still say the same? Replays a capture and its redacted copy and compares the alerts by event and rule.
 */
#pragma once

#include <stddef.h>

#include "common/diag.h"

struct hc_redact_verdict {
	size_t before, after;         /* alerts */
	size_t gone, new, exchanged;  /* exchanged: another rule at the same event */
};

enum { HC_REDACT_VERIFY_RULES = 1 /* the rules have errors, which were printed */ };

/* Prints every alert whose outcome changed to stdout. Every rule that matches counts, not just the first. The process
 * confines itself. 0, HC_REDACT_VERIFY_RULES, or negative errno with diag. */
int hc_redact_verify(const char *original, const char *redacted, const char *const *rules, size_t nrules,
		     struct hc_redact_verdict *ret, struct hc_diag *reterr_diag);
