/* SPDX-License-Identifier: Apache-2.0
 *
 * What a capture's ledger means for rules.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "replay/coverage.h"

static const char rules_text[] =
	"- rule: Opens\n  desc: d\n  condition: evt.type in (open, openat)\n  output: o\n  priority: NOTICE\n"
	"- rule: Binds\n  desc: d\n  condition: evt.type = bind\n  output: o\n  priority: NOTICE\n";

static struct hc_ruleset *rules;
static struct hc_coverage c;
static char *printed;

static void setup(void)
{
	struct hc_ruleset_options options = { 0 };
	struct hc_diag diag;

	c = (struct hc_coverage){ 0 };
	rules = hc_ruleset_new(&options);
	cr_assert_eq(hc_ruleset_add(rules, "test", rules_text, strlen(rules_text), &diag), 0);
	cr_assert_eq(hc_ruleset_finish(rules, &diag), 0);
	cr_assert_eq(rules->nactive, 2);
}

static void teardown(void)
{
	hc_ruleset_free(rules);
	free(printed);
	printed = NULL;
}

TestSuite(coverage, .init = setup, .fini = teardown);

static void note(const char *name, const char *json)
{
	hc_coverage_note(&c, hc_str(name), hc_str(json));
}

static const char *report(void)
{
	size_t size;
	FILE *f;

	free(printed);
	f = open_memstream(&printed, &size);
	hc_coverage_print(&c, rules, f);
	fclose(f);
	return printed;
}

Test(coverage, without_a_ledger_nothing_is_said)
{
	note("hindcast.start", "{\"syscalls\":[\"open\"]}");
	note("other", "{\"syscalls\":[\"open\"]}");
	cr_expect_str_empty(report());
}

Test(coverage, complete_when_everything_was_recorded)
{
	note("hindcast.selection", "{\"reason\":\"start\",\"syscalls\":[\"open\",\"openat\",\"bind\",\"read\",\"no such call\"]}");
	cr_expect_str_eq(report(), "What the rules could see, by the capture's own ledger:\n   evaluated completely: 2 of 2 rules\n");
}

Test(coverage, blind_and_degraded_rules_are_named_with_the_reason)
{
	note("hindcast.selection", "{\"syscalls\":[\"openat\"]}");
	note("hindcast.loss", "{\"from_ns\":1000000000,\"to_ns\":2000000000,\"lost\":7,\"syscalls\":{\"openat\":5,\"read\":2}}");
	note("hindcast.loss", "{\"from_ns\":3000000000,\"to_ns\":4000000000,\"lost\":1,\"syscalls\":{\"openat\":1}}");
	cr_expect_str_eq(report(),
			 "What the rules could see, by the capture's own ledger:\n"
			 "   Opens: degraded: not recorded all the time: open; 6 events lost of openat between "
			 "1970-01-01T00:00:01.000000000Z and 1970-01-01T00:00:04.000000000Z\n"
			 "   Binds: blind: never recorded: bind\n"
			 "   evaluated completely: 0 of 2 rules\n");
}

Test(coverage, processes_that_were_not_followed_concern_every_rule)
{
	note("hindcast.selection", "{\"syscalls\":[\"open\",\"openat\",\"bind\"]}");
	note("hindcast.loss", "{\"from_ns\":1,\"to_ns\":2,\"lost\":0,\"cpus\":{},\"syscalls\":{},\"unfollowed\":3}");
	note("hindcast.loss", "{\"from_ns\":2,\"to_ns\":3,\"lost\":0,\"cpus\":{},\"syscalls\":{},\"unfollowed\":-4}");
	cr_expect_str_eq(report(),
			 "What the rules could see, by the capture's own ledger:\n"
			 "   of 3 processes nothing: they began when there were too many to follow; any rule may have missed them\n"
			 "   evaluated completely, for the processes followed: 2 of 2 rules\n");
}

Test(coverage, a_call_shed_for_a_while_degrades)
{
	note("hindcast.selection", "{\"syscalls\":[\"open\",\"openat\",\"bind\"]}");
	note("hindcast.selection", "{\"reason\":\"shed\",\"syscalls\":[\"open\",\"openat\"]}");
	note("hindcast.selection", "{\"reason\":\"restore\",\"syscalls\":[\"open\",\"openat\",\"bind\"]}");
	cr_expect(strstr(report(), "   Binds: degraded: recorded part of the time: bind\n"), "%s", report());
	cr_expect(strstr(report(), "completely: 1 of 2"));
}

Test(coverage, broken_entries_are_passed_over)
{
	static const char *const broken[] = { "", "{", "[]", "{\"syscalls\":5}", "{\"syscalls\":[5,null]}", "\xff", "null" };

	note("hindcast.selection", "{\"syscalls\":[\"open\",\"openat\",\"bind\"]}");
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
		note("hindcast.loss", broken[i]);
	cr_expect(strstr(report(), "completely: 2 of 2"), "%s", report());
}
