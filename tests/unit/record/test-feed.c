/* SPDX-License-Identifier: Apache-2.0
 *
 * The stream to a live replay: whole captures through a pipe, what happens when nobody reads, and the lines that come back.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/event.h"
#include "formats/reader.h"
#include "formats/source.h"
#include "record/alerts.h"
#include "record/feed.h"

enum { DATA = 1000, KEEP = 256 << 10 };

static int fds[2];
static struct hc_feed *feed;
static struct hc_section section;

static void setup(void)
{
	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	feed = hc_feed_new(fds[1], KEEP);
	hc_section_init(&section);
}

static void teardown(void)
{
	hc_feed_free(feed);
	hc_section_done(&section);
}

TestSuite(feed, .init = setup, .fini = teardown);

/* A write event with DATA bytes and that time. */
static void put(uint64_t ts)
{
	static uint8_t wire[26 + 2 * 2 + 8 + DATA];
	uint32_t len = sizeof wire;

	memcpy(wire, &ts, 8);
	memcpy(wire + 16, &len, 4);
	memcpy(wire + 20, &(uint16_t){ PPME_SYSCALL_WRITE_X }, 2);
	memcpy(wire + 22, &(uint32_t){ 2 }, 4);
	memcpy(wire + 26, (uint16_t[]){ 8, DATA }, 4);
	hc_feed_event(feed, 0, 0, wire, len);
}

/* What the pipe holds now, appended. */
static void collect(struct hc_buf *to)
{
	ssize_t n;

	while ((n = read(fds[0], hc_buf_room(to, 65536), 65536)) > 0)
		to->len += (size_t)n;
}

/* Events and sections of a capture in memory; its damage is a failure. */
static void count(const struct hc_buf *bytes, uint64_t *ret_events, uint64_t *ret_sections)
{
	struct hc_reader *reader = NULL;
	struct hc_diag diag;
	struct hc_event *ev;
	int r;

	*ret_events = *ret_sections = 0;
	cr_assert_eq(hc_reader_open_source(&reader, hc_source_new_memory(bytes->p, bytes->len), "feed",
					   &(struct hc_reader_options){ 0 }, &diag), 0, "%s", diag.text);
	*ret_sections = 1;
	while ((r = hc_reader_next(reader, &ev, &diag)) != HC_READ_EOF) {
		cr_assert(r == HC_READ_EVENT || r == HC_READ_SECTION, "%d: %s", r, diag.text);
		*ret_events += r == HC_READ_EVENT;
		*ret_sections += r == HC_READ_SECTION;
	}
	hc_reader_close(reader);
}

Test(feed, what_was_pushed_can_be_read_at_once)
{
	struct hc_buf got HC_BUF_DONE = { 0 };
	uint64_t events, sections;

	put(1); /* before the lists: goes nowhere */
	cr_expect(hc_feed_wants_section(feed));
	hc_feed_section(feed, &section);
	cr_expect_not(hc_feed_wants_section(feed));
	put(2);
	put(3);
	cr_expect_eq(hc_feed_push(feed), 0);
	collect(&got);
	count(&got, &events, &sections);
	cr_expect(events == 2 && sections == 1, "%llu events", (unsigned long long)events);
}

Test(feed, a_reader_that_stands_still_costs_events_of_its_stream_only)
{
	struct hc_buf got HC_BUF_DONE = { 0 };
	struct hc_feed_stats stats;
	uint64_t events, sections, kept_most = 0;

	hc_feed_section(feed, &section);
	for (uint64_t i = 0; i < 2000; i++) {
		put(i);
		cr_assert_eq(hc_feed_push(feed), 0);
		hc_feed_stats(feed, &stats);
		kept_most = stats.kept_bytes > kept_most ? stats.kept_bytes : kept_most;
	}
	cr_expect(stats.behind && stats.left_out && stats.events + stats.left_out == 2000);
	cr_expect_lt(kept_most, KEEP + (128 << 10));
	cr_expect_not(hc_feed_wants_section(feed), "lists while there is no room for anything");
	while (hc_feed_stats(feed, &stats), stats.kept_bytes) {
		collect(&got);
		cr_assert_eq(hc_feed_push(feed), 0);
	}
	cr_expect_not(stats.behind);
	cr_expect(hc_feed_wants_section(feed), "after a gap the picture has to be renewed");
	hc_feed_section(feed, &section);
	put(3000);
	cr_assert_eq(hc_feed_push(feed), 0);
	collect(&got);
	count(&got, &events, &sections);
	cr_expect(events == stats.events + 1 && sections == 2, "%llu events, %llu sections", (unsigned long long)events,
		  (unsigned long long)sections);
}

Test(feed, a_reader_that_is_gone_is_an_error_and_no_more)
{
	hc_feed_section(feed, &section);
	close(fds[0]);
	put(1);
	cr_expect_eq(hc_feed_push(feed), -EPIPE);
	for (uint64_t i = 0; i < 2000; i++)
		put(i);
	cr_expect_eq(hc_feed_push(feed), -EPIPE);
}

static bool parse(const char *line, struct hc_alerts_one *ret)
{
	return hc_alerts_parse(line, strlen(line), ret);
}

Test(alerts, a_line_is_a_time_a_priority_and_a_rule)
{
	struct hc_alerts_one a;

	cr_assert(parse("alert 1795480637652940470 Warning marker touched", &a));
	cr_expect_eq(a.event_ns, 1795480637652940470u);
	cr_expect_str_eq(a.priority, "Warning");
	cr_expect_str_eq(a.rule, "marker touched");
	cr_expect_eq(a.count, 1);
}

Test(alerts, nothing_else_is_taken)
{
	static const char *const wrong[] = {
		"", "alert", "alert ", "alert 1", "alert 1 ", "alert 1 x", "alert 1 x ", "alert x y z", "alert -1 y z", "alert  1 y z",
		"alert 99999999999999999999 y z", "Alert 1 y z", "ready uid=0", "alert 1 averyveryverylongpriority z",
		"alert 1 y z\x1b[31m", "{\"rule\": \"x\"}",
	};
	static char line[HC_ALERTS_LINE_MAX + 2];
	struct hc_alerts_one a;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_expect_not(parse(wrong[i], &a), "'%s'", wrong[i]);
	memset(line, 'a', sizeof line - 1);
	memcpy(line, "alert 1 y ", 10);
	cr_expect_not(parse(line, &a));
}

static struct hc_alerts_one told[200];
static size_t ntold;

static void keep(void *ctx, const struct hc_alerts_one *alert)
{
	told[ntold++] = *alert;
}

static struct hc_alerts alerts;

static int take(const char *text)
{
	return hc_alerts_take(&alerts, text, strlen(text));
}

Test(alerts, come_in_pieces_and_are_told_at_once_then_once_a_second)
{
	const uint64_t second = 1000000000u, t = 100 * second;

	cr_expect_eq(take("alert 5 Warning a\nalert 6 Wa"), 0);
	hc_alerts_tell(&alerts, t, false, keep, NULL);
	cr_assert_eq(ntold, 1);
	cr_expect(told[0].event_ns == 5 && told[0].count == 1);
	cr_expect_eq(take("rning a\nalert 7 Warning a\nalert 8 Error b\n"), 0);
	hc_alerts_tell(&alerts, t + 1, false, keep, NULL);
	cr_assert_eq(ntold, 2, "more of a wait, the first b does not");
	cr_expect_str_eq(told[1].rule, "b");
	hc_alerts_tell(&alerts, t + second, false, keep, NULL);
	cr_assert_eq(ntold, 3);
	cr_expect(!strcmp(told[2].rule, "a") && told[2].count == 2 && told[2].event_ns == 7);
	hc_alerts_tell(&alerts, t + 5 * second, true, keep, NULL);
	cr_expect_eq(ntold, 3, "nothing new, nothing told");
	cr_expect_eq(alerts.total, 4);
}

Test(alerts, no_number_of_rules_is_too_many)
{
	char line[64];

	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 2 * HC_ALERTS_RULES_MAX; i++) {
			snprintf(line, sizeof line, "alert %d Error rule %d\n", i + 1, i);
			cr_assert_eq(take(line), 0);
		}
	hc_alerts_tell(&alerts, 1, true, keep, NULL);
	cr_expect_eq(ntold, HC_ALERTS_RULES_MAX);
	cr_expect_eq(alerts.total, 6 * HC_ALERTS_RULES_MAX);
}

Test(alerts, who_says_something_else_is_refused)
{
	static char endless[HC_ALERTS_LINE_MAX + 10];

	cr_expect_eq(take("save /etc/shadow\n"), -EPROTO);
	alerts = (struct hc_alerts){ 0 };
	memset(endless, 'x', sizeof endless - 1);
	cr_expect_eq(take(endless), -EPROTO);
}
