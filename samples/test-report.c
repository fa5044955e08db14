/* SPDX-License-Identifier: Apache-2.0
 *
 * Forms of test results. Texts of results are lines already; here they only find their place.
 */
#include "samples/test-report.h"

#include <stdlib.h>
#include <string.h>

#include "replay/print.h"

static const char *const words[] = { [HC_TEST_PASSED] = "ok", [HC_TEST_FAILED] = "FAILED", [HC_TEST_ERROR] = "ERROR",
				     [HC_TEST_SKIPPED] = "skipped" };

void hc_test_suite_done(struct hc_test_suite *suite)
{
	for (uint32_t i = 0; suite->results && i < suite->file.ntests; i++)
		hc_test_result_done(&suite->results[i]);
	free(suite->results);
	free(suite->chosen);
	hc_test_file_done(&suite->file);
	hc_buf_done(&suite->messages);
	free(suite->path);
	free(suite->name);
	*suite = (struct hc_test_suite){ 0 };
}

void hc_test_totals_add(struct hc_test_totals *totals, const struct hc_test_suite *suite)
{
	totals->files++;
	totals->unread += suite->unread;
	for (uint32_t i = 0; !suite->unread && i < suite->file.ntests; i++)
		if (suite->chosen[i])
			totals->n[suite->results[i].status]++;
}

/* Every line of the text behind a prefix. */
static void put_lines(FILE *out, const char *prefix, const struct hc_buf *text)
{
	const char *p = text->p, *end = p + text->len, *nl;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl : end;
		fprintf(out, "%s%.*s\n", prefix, (int)(nl - p), p);
	}
}

void hc_test_report_name(FILE *out, const char *name)
{
	for (; *name; name++)
		putc((unsigned char)*name < 0x20 || *name == 0x7f ? ' ' : *name, out);
}

static bool bad(const struct hc_test_result *result)
{
	return result->status == HC_TEST_FAILED || result->status == HC_TEST_ERROR;
}

/* ---- people ---- */

void hc_test_report_text(FILE *out, const struct hc_test_suite *suite, bool verbose)
{
	uint32_t n[HC_TEST_STATUS_COUNT] = { 0 };
	bool any_bad = suite->unread;

	for (uint32_t i = 0; !suite->unread && i < suite->file.ntests; i++) {
		n[suite->results[i].status] += suite->chosen[i];
		any_bad |= suite->chosen[i] && bad(&suite->results[i]);
	}
	fprintf(out, "%s: ", suite->name);
	if (suite->unread) {
		fprintf(out, "ERROR\n");
		put_lines(out, "    ", &suite->file.doc.errors);
		return;
	}
	fprintf(out, "%s, %u of %u passed%s\n", any_bad ? "FAILED" : "ok", n[HC_TEST_PASSED], suite->nchosen,
		suite->rewritten ? ", rewritten" : "");
	for (uint32_t i = 0; i < suite->file.ntests; i++) {
		const struct hc_test_result *r = &suite->results[i];

		if (!suite->chosen[i] || (!verbose && r->status == HC_TEST_PASSED))
			continue;
		fprintf(out, "  %s: ", words[r->status]);
		hc_test_report_name(out, suite->file.tests[i].name);
		if (r->status == HC_TEST_SKIPPED) {
			fputs(" (", out);
			hc_test_report_name(out, suite->file.tests[i].skip);
			putc(')', out);
		}
		putc('\n', out);
		put_lines(out, "    ", &r->text);
	}
	if (suite->messages.len && (any_bad || verbose)) {
		fputs("  Said meanwhile:\n", out);
		put_lines(out, "    ", &suite->messages);
	}
}

void hc_test_report_totals(FILE *out, const struct hc_test_totals *t, double seconds)
{
	fprintf(out, "%u passed", t->n[HC_TEST_PASSED]);
	if (t->n[HC_TEST_FAILED])
		fprintf(out, ", %u failed", t->n[HC_TEST_FAILED]);
	if (t->n[HC_TEST_ERROR])
		fprintf(out, ", %u could not be run", t->n[HC_TEST_ERROR]);
	if (t->n[HC_TEST_SKIPPED])
		fprintf(out, ", %u skipped", t->n[HC_TEST_SKIPPED]);
	if (t->unread)
		fprintf(out, ", %u file%s not read", t->unread, t->unread == 1 ? "" : "s");
	fprintf(out, "; %u file%s, %.2f s\n", t->files, t->files == 1 ? "" : "s", seconds);
}

/* ---- TAP ---- */

void hc_test_report_tap_plan(FILE *out, uint32_t ntests)
{
	fprintf(out, "TAP version 13\n1..%u\n", ntests);
}

/* A description: # begins a directive, and the line must stay one. */
static void put_tap(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '#' || *s == '\\')
			putc('\\', out);
		putc((unsigned char)*s < 0x20 || *s == 0x7f ? ' ' : *s, out);
	}
}

uint32_t hc_test_report_tap(FILE *out, const struct hc_test_suite *suite, uint32_t number)
{
	if (suite->unread) {
		fprintf(out, "not ok %u - ", number++);
		put_tap(out, suite->name);
		putc('\n', out);
		put_lines(out, "# ", &suite->file.doc.errors);
		return number;
	}
	for (uint32_t i = 0; i < suite->file.ntests; i++) {
		const struct hc_test_result *r = &suite->results[i];

		if (!suite->chosen[i])
			continue;
		fprintf(out, "%s %u - ", bad(r) ? "not ok" : "ok", number++);
		put_tap(out, suite->name);
		fputs(": ", out);
		put_tap(out, suite->file.tests[i].name);
		if (r->status == HC_TEST_SKIPPED) {
			fputs(" # SKIP ", out);
			put_tap(out, suite->file.tests[i].skip);
		}
		putc('\n', out);
		put_lines(out, "# ", &r->text);
	}
	put_lines(out, "# ", &suite->messages);
	return number;
}

/* ---- JUnit ---- */

/* Text and attribute values; what XML 1.0 has no way to hold becomes a question mark. */
static void put_xml(struct hc_buf *out, const char *p, size_t n)
{
	struct hc_buf text HC_BUF_DONE = { 0 };
	const char *s;
	size_t len;

	hc_print_utf8(&text, (struct hc_str){ p, (uint32_t)n });
	s = text.p;
	len = text.len;
	for (size_t i = 0; i < len; i++) {
		switch (s[i]) {
		case '<': hc_buf_puts(out, "&lt;"); break;
		case '>': hc_buf_puts(out, "&gt;"); break;
		case '&': hc_buf_puts(out, "&amp;"); break;
		case '"': hc_buf_puts(out, "&quot;"); break;
		case '\n': hc_buf_puts(out, "&#10;"); break;
		case '\t': hc_buf_putc(out, ' '); break;
		case '\xef': /* U+FFFE, U+FFFF */
			if (i + 2 < len && s[i + 1] == '\xbf' && (uint8_t)s[i + 2] >= 0xbe) {
				hc_buf_putc(out, '?');
				i += 2;
			} else {
				hc_buf_putc(out, s[i]);
			}
			break;
		default: hc_buf_putc(out, (unsigned char)s[i] < 0x20 || s[i] == 0x7f ? '?' : s[i]);
		}
	}
}

static void put_lines_xml(struct hc_buf *out, const struct hc_buf *text)
{
	const char *p = text->p, *end = p + text->len, *nl;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl : end;
		put_xml(out, p, (size_t)(nl - p));
		hc_buf_putc(out, '\n');
	}
}

static void put_case(struct hc_buf *out, const struct hc_test_suite *suite, const char *name, const struct hc_test_result *r,
		     const char *skip)
{
	const char *first = r->text.len ? r->text.p : "";

	hc_buf_puts(out, "    <testcase classname=\"");
	put_xml(out, suite->name, strlen(suite->name));
	hc_buf_puts(out, "\" name=\"");
	put_xml(out, name, strlen(name));
	hc_buf_printf(out, "\" time=\"%.3f\"", suite->nchosen ? suite->seconds / suite->nchosen : 0);
	if (!bad(r) && r->status != HC_TEST_SKIPPED) {
		hc_buf_puts(out, "/>\n");
		return;
	}
	if (r->status == HC_TEST_SKIPPED) {
		hc_buf_puts(out, "><skipped message=\"");
		put_xml(out, skip, strlen(skip));
		hc_buf_puts(out, "\"/></testcase>\n");
		return;
	}
	hc_buf_printf(out, "><%s message=\"", r->status == HC_TEST_FAILED ? "failure" : "error");
	put_xml(out, first, strcspn(first, "\n"));
	hc_buf_puts(out, "\">");
	put_lines_xml(out, &r->text);
	hc_buf_printf(out, "</%s></testcase>\n", r->status == HC_TEST_FAILED ? "failure" : "error");
}

static void put_suite(struct hc_buf *out, const struct hc_test_suite *suite)
{
	struct hc_test_totals t = { .n = { 0 } };

	hc_test_totals_add(&t, suite);
	hc_buf_puts(out, "  <testsuite name=\"");
	put_xml(out, suite->name, strlen(suite->name));
	hc_buf_printf(out, "\" tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%.3f\">\n",
		      suite->unread ? 1 : suite->nchosen, t.n[HC_TEST_FAILED], t.n[HC_TEST_ERROR] + t.unread, t.n[HC_TEST_SKIPPED],
		      suite->seconds);
	if (suite->unread) {
		struct hc_test_result r = { .status = HC_TEST_ERROR, .text = suite->file.doc.errors };

		put_case(out, suite, "the file can be read", &r, NULL);
	}
	for (uint32_t i = 0; !suite->unread && i < suite->file.ntests; i++)
		if (suite->chosen[i])
			put_case(out, suite, suite->file.tests[i].name, &suite->results[i], suite->file.tests[i].skip);
	if (suite->messages.len) {
		hc_buf_puts(out, "    <system-err>");
		put_lines_xml(out, &suite->messages);
		hc_buf_puts(out, "</system-err>\n");
	}
	hc_buf_puts(out, "  </testsuite>\n");
}

void hc_test_report_junit(struct hc_buf *out, const struct hc_test_suite *suites, size_t nsuites, double seconds)
{
	struct hc_test_totals t = { .n = { 0 } };

	for (size_t i = 0; i < nsuites; i++)
		hc_test_totals_add(&t, &suites[i]);
	hc_buf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"hindcast test\" tests=\"%u\" failures=\"%u\" "
		      "errors=\"%u\" skipped=\"%u\" time=\"%.3f\">\n",
		      t.n[HC_TEST_PASSED] + t.n[HC_TEST_FAILED] + t.n[HC_TEST_ERROR] + t.n[HC_TEST_SKIPPED] + t.unread,
		      t.n[HC_TEST_FAILED], t.n[HC_TEST_ERROR] + t.unread, t.n[HC_TEST_SKIPPED], seconds);
	for (size_t i = 0; i < nsuites; i++)
		if (suites[i].unread || suites[i].nchosen)
			put_suite(out, &suites[i]);
	hc_buf_puts(out, "</testsuites>\n");
}
