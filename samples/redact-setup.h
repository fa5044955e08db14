/* SPDX-License-Identifier: Apache-2.0
 *
 * From what a command line asks for to a redactor: policy, key, rules. Problems are printed to stderr.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/options.h"
#include "samples/policy.h"
#include "samples/redact.h"

struct hc_redact_wishes {
	const char *policy, *key;    /* files; NULL: the built-in policy, a random key */
	struct hc_option_list rules; /* files and directories; none: the shipped ones */
	bool no_rules;
};

struct hc_redact_setup {
	struct hc_redactor *redactor;
	struct hc_policy policy;
	const char *const *paths; /* of the rules */
	size_t npaths;
	struct hc_arena arena;
};

/* 0, or the exit code. _done in any case; a zeroed setup is none. */
int hc_redact_setup(struct hc_redact_setup *ret, const struct hc_redact_wishes *wishes);
void hc_redact_setup_done(struct hc_redact_setup *setup);
