/* SPDX-License-Identifier: Apache-2.0
 *
 * Policy, key and rules to a redactor. The key exists in the redactor only.
 */
#include "samples/redact-setup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/exit.h"
#include "common/file.h"
#include "rules/ruleset.h"
#include "rules/shipped.h"

#define COMMAND "hindcast redact"

enum { KEY_LEN = 32, KEY_MIN = 16, KEY_MAX = 4096 };

static int complain(int exit_code, const struct hc_diag *diag)
{
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];

	fprintf(stderr, COMMAND ": %s\n", hc_diag_format(diag, text, sizeof text));
	return exit_code;
}

static int read_policy(struct hc_policy *policy, const char *path)
{
	struct hc_buf errors HC_BUF_DONE = { 0 };
	int r = path ? hc_policy_load(policy, path, &errors) : 0;

	if (!r)
		return 0;
	fprintf(stderr, "%s%.*s", r == -EINVAL ? "" : COMMAND ": ", (int)errors.len, errors.p);
	return r == -EINVAL ? HC_EXIT_USAGE : HC_EXIT_FAIL;
}

static int read_key(struct hc_buf *key, const char *path)
{
	struct hc_diag diag;

	if (!path) {
		if (getrandom(hc_buf_room(key, KEY_LEN), KEY_LEN, 0) != KEY_LEN) {
			fprintf(stderr, COMMAND ": the system gives no random bytes for a key: %s\n", strerror(errno));
			return HC_EXIT_FAIL;
		}
		key->len = KEY_LEN;
		return 0;
	}
	hc_buf_room(key, KEY_MAX); /* at once, so that no copy stays behind in freed memory */
	if (hc_file_read(key, path, KEY_MAX, &diag))
		return complain(HC_EXIT_FAIL, &diag);
	if (key->len >= KEY_MIN)
		return 0;
	fprintf(stderr, COMMAND ": the key in %s is %zu bytes long; expected at least %d, as 'head -c 32 /dev/urandom' gives\n",
		path, key->len, KEY_MIN);
	return HC_EXIT_FAIL;
}

static int load_rules(struct hc_redact_setup *setup, const struct hc_redact_wishes *wishes, struct hc_ruleset **ret)
{
	struct hc_diag diag;
	char *shipped;
	int r;

	*ret = NULL;
	setup->paths = wishes->rules.items;
	setup->npaths = wishes->rules.n;
	if (!setup->npaths) {
		shipped = hc_rules_shipped(&setup->arena);
		setup->paths = memcpy(hc_arena_array(&setup->arena, char *, 1), &shipped, sizeof shipped);
		setup->npaths = 1;
	}
	if (wishes->no_rules)
		return 0;
	r = hc_ruleset_load(NULL, setup->paths, setup->npaths, ret, &diag);
	if (r < 0) {
		*ret = NULL;
		return complain(r == -EINVAL ? HC_EXIT_RULES : HC_EXIT_FAIL, &diag);
	}
	if (r)
		hc_report_text(stderr, *ret, false);
	return r ? HC_EXIT_RULES : 0;
}

int hc_redact_setup(struct hc_redact_setup *setup, const struct hc_redact_wishes *wishes)
{
	struct hc_redact_options options = { .policy = &setup->policy };
	struct hc_buf key HC_BUF_DONE = { 0 };
	struct hc_ruleset *rules = NULL;
	int r;

	hc_arena_init(&setup->arena);
	hc_policy_init(&setup->policy);
	r = read_policy(&setup->policy, wishes->policy);
	if (!r)
		r = load_rules(setup, wishes, &rules);
	if (!r)
		r = read_key(&key, wishes->key);
	if (!r) {
		options.key = key.p;
		options.key_len = key.len;
		options.rules = rules;
		options.nrules_files = rules ? rules->nresults : 0;
		setup->redactor = hc_redactor_new(&options);
	}
	if (key.p)
		explicit_bzero(key.p, key.cap);
	if (rules)
		hc_ruleset_free(rules);
	return r;
}

void hc_redact_setup_done(struct hc_redact_setup *setup)
{
	hc_redactor_free(setup->redactor);
	hc_policy_done(&setup->policy);
	hc_arena_done(&setup->arena);
}
