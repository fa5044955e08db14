/* SPDX-License-Identifier: Apache-2.0
 *
 * What `hindcast redact` does with which kind of data: the built-in policy, or a YAML file over it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/str.h"
#include "rules/regex.h"

enum hc_redact_class {
	HC_REDACT_USER, HC_REDACT_HOST, HC_REDACT_IP, HC_REDACT_PATH_HOME, HC_REDACT_PATH_SYSTEM, HC_REDACT_PATH,
	HC_REDACT_COMMAND, HC_REDACT_ARGS, HC_REDACT_ENV, HC_REDACT_BUFFER, HC_REDACT_CONTAINER,
	HC_REDACT_CLASS_COUNT,
};

enum hc_redact_action {
	HC_REDACT_KEEP,      /* as it is, but for what belongs to another class */
	HC_REDACT_PSEUDONYM, /* word by word */
	HC_REDACT_MASK,      /* all words become the same */
	HC_REDACT_DROP,      /* nothing is left where a value can be left out, else as mask */
	HC_REDACT_ACTION_COUNT,
};

const char *hc_redact_class_name(enum hc_redact_class c);
const char *hc_redact_action_name(enum hc_redact_action a);

/* Words that match get the action whatever they are elsewhere. */
struct hc_policy_pattern {
	struct hc_regex *regex; /* owned */
	enum hc_redact_action action; /* KEEP, PSEUDONYM or MASK */
};

struct hc_policy {
	enum hc_redact_action action[HC_REDACT_CLASS_COUNT];
	bool ordinary; /* keep words of samples/ordinary.h */
	struct hc_str *keep, *secret, *homes; /* words; words; folders of home folders, without a slash at the end */
	uint32_t nkeep, nsecret, nhomes;
	struct hc_policy_pattern *patterns;
	uint32_t npatterns;
	struct hc_arena arena;
};

/* The built-in policy. */
void hc_policy_init(struct hc_policy *policy);
void hc_policy_done(struct hc_policy *policy);
/* What a text or a file says over what is there. 0, or negative errno with lines for stderr appended to errors. name is for
 * messages. */
int hc_policy_read(struct hc_policy *policy, const char *name, const char *text, size_t len, struct hc_buf *errors);
int hc_policy_load(struct hc_policy *policy, const char *path, struct hc_buf *errors);
/* The built-in policy as a file with comments. */
extern const char hc_policy_default[];
