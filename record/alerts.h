/* SPDX-License-Identifier: Apache-2.0
 *
 * What a live replay (record/trigger.h) says: lines "alert TIME_NS PRIORITY RULE", and nothing else. Its bytes come from a
 * process that reads what any program of the host can write, so they are checked like a capture's. A rule's first alert is
 * told at once, more of the same rule together once a second, however many they are.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HC_ALERTS_LINE_MAX = 1024,
	HC_ALERTS_RULES_MAX = 64, /* told apart at a time */
};

/* Alerts of one rule since the last time it was told of. */
struct hc_alerts_one {
	char rule[HC_ALERTS_LINE_MAX], priority[16];
	uint64_t event_ns; /* time of the last event that raised it */
	uint64_t count;    /* not told yet */
	uint64_t told_ns;
};

/* Zero-initialise. */
struct hc_alerts {
	char line[HC_ALERTS_LINE_MAX]; /* what has come of the next line */
	size_t len;
	struct hc_alerts_one rules[HC_ALERTS_RULES_MAX];
	size_t nrules;
	uint64_t total;
};

/* One line without its newline; false: not such a line. */
bool hc_alerts_parse(const char *line, size_t len, struct hc_alerts_one *ret);
/* The next bytes. 0, or -EPROTO: this is not what a live replay says. */
int hc_alerts_take(struct hc_alerts *alerts, const char *p, size_t len);

typedef void (*hc_alerts_fn)(void *ctx, const struct hc_alerts_one *alert);
/* Tells of what is due, or of all there is. */
void hc_alerts_tell(struct hc_alerts *alerts, uint64_t now_ns, bool all, hc_alerts_fn fn, void *ctx);
