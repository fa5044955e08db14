/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/alerts.h.
 */
#include "record/alerts.h"

#include <errno.h>
#include <string.h>

#define SECOND_NS 1000000000ull

bool hc_alerts_parse(const char *line, size_t len, struct hc_alerts_one *ret)
{
	static const char word[] = "alert ";
	const char *p = line + sizeof word - 1, *end = line + len, *blank;
	uint64_t ns = 0;

	if (len < sizeof word || memcmp(line, word, sizeof word - 1) || len > sizeof ret->rule)
		return false;
	for (blank = p; blank < end && *blank >= '0' && *blank <= '9' && blank - p < 19; blank++)
		ns = ns * 10 + (uint64_t)(*blank - '0');
	if (blank == p || blank == end || *blank != ' ')
		return false;
	p = blank + 1;
	blank = memchr(p, ' ', (size_t)(end - p));
	if (!blank || blank == p || (size_t)(blank - p) >= sizeof ret->priority || blank + 1 == end)
		return false;
	for (const char *c = p; c < end; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	*ret = (struct hc_alerts_one){ .event_ns = ns, .count = 1 };
	memcpy(ret->priority, p, (size_t)(blank - p));
	memcpy(ret->rule, blank + 1, (size_t)(end - blank - 1));
	return true;
}

/* The place of the rule. A rule too many takes that of the one told of longest ago, if that has nothing left to tell. */
static struct hc_alerts_one *find(struct hc_alerts *a, const char *rule)
{
	struct hc_alerts_one *oldest = NULL;

	for (size_t i = 0; i < a->nrules; i++) {
		struct hc_alerts_one *one = &a->rules[i];

		if (!strcmp(one->rule, rule))
			return one;
		if (!one->count && (!oldest || one->told_ns < oldest->told_ns))
			oldest = one;
	}
	if (a->nrules < HC_ALERTS_RULES_MAX)
		oldest = &a->rules[a->nrules++];
	else if (!oldest)
		return &a->rules[0]; /* all have news for the coming second; that there was one more alert is told with them */
	*oldest = (struct hc_alerts_one){ 0 };
	return oldest;
}

static bool take_line(struct hc_alerts *a)
{
	struct hc_alerts_one alert, *one;

	if (!hc_alerts_parse(a->line, a->len, &alert))
		return false;
	a->total++;
	one = find(a, alert.rule);
	alert.count += one->count;
	alert.told_ns = one->told_ns;
	*one = alert;
	return true;
}

int hc_alerts_take(struct hc_alerts *a, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] != '\n' && a->len == sizeof a->line)
			return -EPROTO;
		if (p[i] != '\n') {
			a->line[a->len++] = p[i];
			continue;
		}
		if (!take_line(a))
			return -EPROTO;
		a->len = 0;
	}
	return 0;
}

void hc_alerts_tell(struct hc_alerts *a, uint64_t now_ns, bool all, hc_alerts_fn fn, void *ctx)
{
	for (size_t i = 0; i < a->nrules; i++) {
		struct hc_alerts_one *one = &a->rules[i];

		if (!one->count || (!all && now_ns - one->told_ns < SECOND_NS))
			continue;
		one->told_ns = now_ns;
		fn(ctx, one);
		one->count = 0;
	}
}
