/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules a bundle brings along, for when none are given: its files below rules/, in the order of their names. Read before the
 * process confines itself; the captures in it are not kept.
 */
#pragma once

#include <stdbool.h>

#include "common/diag.h"
#include "formats/unarchive.h"
#include "rules/ruleset.h"

#define HC_INSIDE_RULES "rules/"
#define HC_INSIDE_TEST_SUFFIX ".test.yaml"

/* Is a member of that name a rules file: *.yaml or *.yml below rules/, no test? */
bool hc_inside_is_rules(const char *name);

/* A rules text for hc_replay_options; name is for messages. */
struct hc_rules_text {
	const char *name, *p; /* owned by hc_inside */
	size_t len;
};

/* As hc_ruleset_load does for files. */
int hc_rules_texts_load(const struct hc_ruleset_options *options, const struct hc_rules_text *texts, size_t ntexts,
			struct hc_ruleset **ret_ruleset, struct hc_diag *reterr_diag);

struct hc_inside {
	struct hc_archive *archive;  /* owned */
	struct hc_rules_text *texts; /* owned */
	size_t ntexts;
};

/* What path holds; no texts if it is no archive or has none. 0; HC_READ_UNSUPPORTED or HC_READ_TRUNCATED (an archive that is
 * refused or damaged); or negative errno. Standard input is left alone. */
int hc_inside_open(struct hc_inside *ret, const char *path, struct hc_diag *reterr_diag);
void hc_inside_done(struct hc_inside *inside);
