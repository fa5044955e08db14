/* SPDX-License-Identifier: Apache-2.0
 *
 * Test files, mutated: read as a file and as a bundle's member; what is sound is judged against a few alerts, rewritten as
 * --update would, and read again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/mem.h"
#include "samples/test-file.h"
#include "samples/test-update.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hc_bundle bundle;
static struct hc_ruleset *rules;
static struct hc_collect alerts;

static const char rules_text[] =
	"- rule: A\n  desc: a\n  condition: evt.type=open\n  output: o %proc.name %fd.name\n  priority: ERROR\n  tags: [x, y]\n"
	"- rule: B\n  desc: b\n  condition: evt.type=open\n  output: o\n  priority: INFO\n  enabled: false\n"
	"- rule: C d (e)\n  desc: c\n  condition: evt.type=open\n  output: o\n  priority: DEBUG\n";

static void member(const char *name, const char *text)
{
	struct hc_buf data = { 0 };

	hc_buf_puts(&data, text);
	hc_archive_add(bundle.archive, name, &data);
}

static void raise(uint32_t rule, uint64_t event, const char *name, const char *json)
{
	static struct hc_collected_field fields[16];
	static unsigned n;
	struct hc_collected_field *f = &fields[n];

	f[0] = (struct hc_collected_field){ HC_STR("fd.name"), hc_str(name), hc_str(json) };
	f[1] = (struct hc_collected_field){ HC_STR("proc.pid"), HC_STR("12"), HC_STR("12") };
	n += 2;
	alerts.items = hc_realloc(alerts.items, (alerts.n + 1) * sizeof *alerts.items);
	alerts.items[alerts.n++] = (struct hc_collected){ .rule = rules->rules[rule], .event = event, .ts_ns = event, .tid = 1,
							  .hostname = "h", .message = HC_STR("a message"), .fields = f, .nfields = 2 };
}

static void prepare(void)
{
	static const struct hc_ruleset_options options = { 0 };
	struct hc_diag diag;

	if (rules)
		return;
	rules = hc_ruleset_new(&options);
	if (hc_ruleset_add(rules, "r.yaml", rules_text, sizeof rules_text - 1, &diag) || hc_ruleset_finish(rules, &diag))
		abort();
	raise(0, 5, "/etc/shadow", "\"/etc/shadow\"");
	raise(0, 6, "<NA>", "null");
	raise(2, 7, "x: #'\"\n", "\"x: #'\\\"\\n\"");
	bundle.archive = hc_calloc(1, sizeof *bundle.archive);
	member("a/t.test.yaml", "tests: []");
	member("a/c.scap", "c");
	member("rules/r.yaml", "r");
	if (hc_archive_seal(bundle.archive, "bundle", &diag))
		abort();
}

static void judge(const struct hc_test_file *file, const char *path, const struct hc_test_where *where)
{
	struct hc_test_facts facts = { .file = file, .rules = rules, .alerts = &alerts };
	struct hc_test_result *results = hc_calloc(file->ntests + 1, sizeof *results);
	struct hc_strmap missing = { 0 };
	struct hc_buf text HC_BUF_DONE = { 0 };
	struct hc_test_file again;

	for (uint32_t i = 0; i < file->ntests; i++)
		if (hc_test_check_names(&facts, &file->tests[i], &results[i])) {
			hc_test_check(&facts, &file->tests[i], &results[i], &missing);
			hc_test_update(&facts, &file->tests[i], &results[i]);
		}
	if (hc_test_edited(file, results, file->ntests, &text)) {
		hc_test_file_parse(&again, path, text.p, text.len, where);
		hc_test_file_done(&again);
	}
	for (uint32_t i = 0; i < file->ntests; i++)
		hc_test_result_done(&results[i]);
	free(results);
	hc_strmap_done(&missing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hc_test_where wheres[2] = { { .scaffold = true }, { 0 } };

	prepare();
	wheres[1].bundle = &bundle;
	wheres[1].member = hc_archive_get(bundle.archive, "a/t.test.yaml");
	for (int i = 0; i < 2; i++) {
		struct hc_test_file file;

		hc_test_file_parse(&file, "a/t.test.yaml", (const char *)data, size, &wheres[i]);
		if (!file.doc.nerrors)
			judge(&file, "a/t.test.yaml", &wheres[i]);
		hc_test_file_done(&file);
	}
	return 0;
}
