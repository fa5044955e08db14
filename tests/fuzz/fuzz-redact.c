/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole captures, mutated, through redaction. What comes out of any input keeps the format's promises: strings end with
 * their only NUL, numbers have their width or are absent, lists can be written.
 */
#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "formats/reader.h"
#include "formats/writer-lists.h"
#include "rules/ruleset.h"
#include "samples/redact.h"

enum { EVENTS_MAX = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char rules_text[] =
	"- rule: r\n  desc: d\n  priority: INFO\n  output: o\n"
	"  condition: >\n"
	"    evt.type=openat and (fd.name contains a or fd.name startswith /etc/r or fd.name endswith .so or proc.name in (cat, sh)\n"
	"    or proc.cmdline icontains \"-e s\" or fd.name glob '/home/*/.s?h*' or proc.cmdline regex '.*(py|sh).*' or fd.sip=10.0.0.1\n"
	"    or fd.snet in (192.168.0.0/16, 2001:db8::/33) or proc.env contains PATH or evt.buffer bcontains 454c46\n"
	"    or evt.buffer contains root or container.id startswith 3a)\n";

static int discard(void *ctx, const void *block, size_t len)
{
	(void)ctx;
	(void)block;
	(void)len;
	return 0;
}

static void check_event(struct hc_event *ev)
{
	const struct hc_event_info *info = hc_event_info(ev);

	assert(ev->nparams <= info->nparams);
	for (uint32_t i = 0; i < ev->nparams; i++) {
		const uint8_t type = info->params[i].type;
		uint32_t len;
		const uint8_t *p = hc_event_param(ev, i, &len);
		const int width = hc_param_type_size(type);

		if (!len)
			continue;
		assert(width <= 0 || len == (uint32_t)width);
		/* argv and the like are sets of strings, whatever their type */
		if (type == PT_CHARBUF || type == PT_FSPATH || type == PT_FSRELPATH)
			assert(!p[len - 1]);
		if (type == PT_FSPATH || type == PT_FSRELPATH)
			assert(!memchr(p, 0, len - 1));
		if (type == PT_SOCKADDR)
			assert(p[0] == 1 ? len >= 2 && !p[len - 1] : p[0] == 2 ? len == 7 : p[0] == 10 && len == 19);
		if (type == PT_SOCKTUPLE)
			assert(p[0] == 1 ? len >= 18 && !p[len - 1] : p[0] == 2 ? len == 13 : p[0] == 10 && len == 37);
	}
}

static void redact(struct hc_redactor *redactor, const uint8_t *data, size_t size)
{
	struct hc_reader *reader HC_CLEANUP(hc_reader_close) = NULL;
	struct hc_event *ev, to;
	struct hc_diag diag;
	int r;

	if (hc_reader_open_memory(&reader, data, size, "fuzz", NULL, &diag))
		return;
	hc_lists_write(hc_redact_section(redactor, hc_reader_section(reader)), discard, NULL);
	for (int i = 0; i < EVENTS_MAX; i++) {
		r = hc_reader_next(reader, &ev, &diag);
		if (r == HC_READ_SECTION) {
			hc_lists_write(hc_redact_section(redactor, hc_reader_section(reader)), discard, NULL);
		} else if (r == HC_READ_EVENT) {
			hc_redact_event(redactor, ev, &to);
			check_event(&to);
		} else if (r != HC_READ_SKIPPED) {
			break;
		}
	}
	hc_redact_ledger(redactor, 1, &to);
	check_event(&to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hc_policy policy;
	static struct hc_ruleset *rules;
	struct hc_redact_options options = { .policy = &policy, .key = "a key of the fuzzer", .key_len = 19 };
	struct hc_redactor *redactor;

	if (!rules) {
		hc_policy_init(&policy);
		rules = hc_ruleset_new(NULL);
		if (hc_ruleset_add(rules, "rules", rules_text, sizeof rules_text - 1, NULL))
			abort();
	}
	options.rules = rules;
	redactor = hc_redactor_new(&options);
	redact(redactor, data, size);
	hc_redactor_free(redactor);
	return 0;
}
