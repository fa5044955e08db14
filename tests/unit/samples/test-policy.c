/* SPDX-License-Identifier: Apache-2.0
 *
 * Policies: the built-in one is what it says, a file changes what it names, mistakes are told with their place.
 */
#include "samples/policy.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct hc_policy policy;
static struct hc_buf errors;

static void setup(void)
{
	hc_policy_init(&policy);
}

static void teardown(void)
{
	hc_policy_done(&policy);
	hc_buf_done(&errors);
}

TestSuite(policy, .init = setup, .fini = teardown);

static int read_text(const char *text)
{
	hc_buf_reset(&errors);
	return hc_policy_read(&policy, "p.yaml", text, strlen(text), &errors);
}

Test(policy, built_in_drops_environments_and_buffers)
{
	cr_assert_eq(policy.action[HC_REDACT_ENV], HC_REDACT_DROP);
	cr_assert_eq(policy.action[HC_REDACT_BUFFER], HC_REDACT_DROP);
	cr_assert_eq(policy.action[HC_REDACT_PATH_SYSTEM], HC_REDACT_KEEP);
	for (int i = 0; i < HC_REDACT_CLASS_COUNT; i++)
		if (i != HC_REDACT_ENV && i != HC_REDACT_BUFFER && i != HC_REDACT_PATH_SYSTEM)
			cr_assert_eq(policy.action[i], HC_REDACT_PSEUDONYM, "%s", hc_redact_class_name((enum hc_redact_class)i));
	cr_assert(policy.ordinary);
}

Test(policy, a_file_changes_what_it_names)
{
	cr_assert_eq(read_text("classes: {user: mask, env: pseudonym}\nordinary: pseudonym\nkeep: [acme]\nsecret: [zeus, hera]\n"
			       "homes: [/srv/people/]\npatterns:\n  - match: 'proj-[0-9]+'\n    action: mask\n"), 0);
	cr_assert_eq(policy.action[HC_REDACT_USER], HC_REDACT_MASK);
	cr_assert_eq(policy.action[HC_REDACT_ENV], HC_REDACT_PSEUDONYM);
	cr_assert_eq(policy.action[HC_REDACT_BUFFER], HC_REDACT_DROP);
	cr_assert(!policy.ordinary);
	cr_assert_eq(policy.nsecret, 2);
	cr_assert(hc_str_is(policy.keep[0], "acme"));
	cr_assert(hc_str_is(policy.homes[0], "/srv/people"));
	cr_assert_eq(policy.npatterns, 1);
	cr_assert(hc_regex_match(policy.patterns[0].regex, "proj-17", 7));
}

Test(policy, mistakes_have_place_and_suggestion)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "clases: {}\n", "p.yaml:1:1: error: 'clases' is no key of a policy" },
		{ "classes:\n  user: keep\n  paths: keep\n", "p.yaml:3:3: error: 'paths' is no key of classes" },
		{ "classes:\n  user: pseudonim\n", "did you mean 'pseudonym'?" },
		{ "ordinary: drop\n", "p.yaml:1:11: error: unknown action for ordinary words 'drop'" },
		{ "homes: [srv]\n", "expected the absolute path of a folder, not 'srv'" },
		{ "patterns: [{match: '(', action: mask}]\n", "not a regular expression" },
		{ "patterns: [{match: 'a'}]\n", "a pattern needs both match and action" },
		{ "patterns: [{match: 'a', action: drop}]\n", "unknown action for words 'drop'" },
		{ "- a\n", "expected a policy: a mapping" },
		{ "classes: {user: keep, user: drop}\n", "'user' stands twice" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cr_assert_eq(read_text(cases[i].text), -EINVAL, "%s", cases[i].text);
		cr_assert(strstr(errors.p, cases[i].want), "%s: %s", cases[i].text, errors.p);
	}
}

Test(policy, an_empty_file_changes_nothing)
{
	cr_assert_eq(read_text("# nothing\n"), 0);
	cr_assert_eq(policy.action[HC_REDACT_ENV], HC_REDACT_DROP);
}
