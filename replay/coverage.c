/* SPDX-License-Identifier: Apache-2.0
 *
 * From ledger entries to a verdict per rule. The ledger is hostile input like the rest of a capture: unknown names are
 * passed over, numbers only add up.
 */
#include "replay/coverage.h"

#include <inttypes.h>
#include <string.h>

#include <jansson.h>

#include "common/ledger.h"
#include "replay/print.h"

enum { NAMES_SHOWN = 4 /* of missing or lossy system calls per rule */ };

static void note_selection(struct hc_coverage *c, const json_t *entry)
{
	const json_t *names = json_object_get(entry, "syscalls"), *name;
	struct hc_scset now = { 0 };
	size_t i;

	if (!json_is_array(names))
		return;
	json_array_foreach(names, i, name) {
		int sc = json_is_string(name) ? hc_sc_by_name(json_string_value(name)) : -1;

		if (sc >= 0)
			hc_scset_add(&now, (unsigned)sc);
	}
	if (c->known)
		hc_scset_intersect(&c->always, &now);
	else
		c->always = now;
	hc_scset_unite(&c->ever, &now);
	c->known = true;
}

static void note_loss(struct hc_coverage *c, const json_t *entry)
{
	json_t *lost = json_object_get(entry, "syscalls"), *n;
	uint64_t from = (uint64_t)json_integer_value(json_object_get(entry, "from_ns"));
	uint64_t to = (uint64_t)json_integer_value(json_object_get(entry, "to_ns"));
	int64_t unfollowed = json_integer_value(json_object_get(entry, "unfollowed"));
	const char *name;

	c->unfollowed += unfollowed > 0 ? (uint64_t)unfollowed : 0;
	if (!json_is_object(lost) || !json_object_size(lost))
		return;
	json_object_foreach(lost, name, n) {
		int sc = hc_sc_by_name(name);

		if (sc >= 0 && json_integer_value(n) > 0)
			c->lost[sc] += (uint64_t)json_integer_value(n);
	}
	if (!c->lost_from_ns || from < c->lost_from_ns)
		c->lost_from_ns = from;
	if (to > c->lost_to_ns)
		c->lost_to_ns = to;
}

void hc_coverage_note(struct hc_coverage *coverage, struct hc_str name, struct hc_str json)
{
	json_t *entry;

	if (!hc_str_is(name, HC_LEDGER_SELECTION) && !hc_str_is(name, HC_LEDGER_LOSS))
		return;
	entry = json_loadb(json.p, strnlen(json.p, json.len), 0, NULL);
	if (hc_str_is(name, HC_LEDGER_SELECTION))
		note_selection(coverage, entry);
	else
		note_loss(coverage, entry);
	json_decref(entry);
}

/* Names of a set's members, the first few of them, into text; how many there are. */
static unsigned list(struct hc_buf *text, const struct hc_scset *set)
{
	unsigned n = 0;

	for (unsigned sc = 1; sc < HC_SC_COUNT; sc++) {
		if (!hc_scset_has(set, sc))
			continue;
		if (n < NAMES_SHOWN)
			hc_buf_printf(text, "%s%s", n ? ", " : "", hc_sc_table[sc].name);
		n++;
	}
	if (n > NAMES_SHOWN)
		hc_buf_printf(text, " and %u more", n - NAMES_SHOWN);
	return n;
}

/* What the recorder can record at all, of what a rule looks at: reserved codes have no events. */
static void drop_reserved(struct hc_scset *set)
{
	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
		if (hc_scset_has(set, sc) && (hc_sc_table[sc].kind == HC_SC_RESERVED || hc_sc_table[sc].kind == HC_SC_UNKNOWN ||
					      hc_sc_table[sc].nr_x86_64 < 0))
			set->w[sc / 64] &= ~(1ull << (sc % 64));
}

/* Why a rule did not see everything; empty if it did. */
static void judge(const struct hc_coverage *c, const struct hc_rule *rule, struct hc_buf *why)
{
	struct hc_scset wanted = { 0 }, missing, lossy = { 0 };
	uint64_t lost = 0;
	unsigned n;

	if (hc_scset_of(rule->ast, &wanted, NULL))
		return;
	drop_reserved(&wanted);
	missing = wanted;
	hc_scset_subtract(&missing, &c->always);
	n = hc_scset_count(&wanted);
	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
		if (hc_scset_has(&wanted, sc) && c->lost[sc]) {
			hc_scset_add(&lossy, sc);
			lost += c->lost[sc];
		}
	if (n && hc_scset_count(&missing) == n) {
		struct hc_scset seen = wanted;

		hc_scset_intersect(&seen, &c->ever);
		hc_buf_puts(why, hc_scset_count(&seen) ? "degraded: recorded part of the time: " : "blind: never recorded: ");
		list(why, &missing);
	} else if (hc_scset_count(&missing)) {
		hc_buf_puts(why, "degraded: not recorded all the time: ");
		list(why, &missing);
	}
	if (lost) {
		hc_buf_printf(why, "%s%" PRIu64 " events lost of ", why->len ? "; " : "degraded: ", lost);
		list(why, &lossy);
		hc_buf_puts(why, " between ");
		hc_print_time(why, c->lost_from_ns, HC_PRINT_ISO8601_Z);
		hc_buf_puts(why, " and ");
		hc_print_time(why, c->lost_to_ns, HC_PRINT_ISO8601_Z);
	}
}

void hc_coverage_print(const struct hc_coverage *coverage, const struct hc_ruleset *rules, FILE *out)
{
	uint32_t whole = 0;

	if (!coverage->known)
		return;
	fputs("What the rules could see, by the capture's own ledger:\n", out);
	if (coverage->unfollowed)
		fprintf(out, "   of %" PRIu64 " processes nothing: they began when there were too many to follow; any rule may have missed "
			     "them\n", coverage->unfollowed);
	for (uint32_t i = 0; i < rules->nactive; i++) {
		struct hc_buf why HC_BUF_DONE = { 0 };

		judge(coverage, rules->active[i], &why);
		if (why.len)
			fprintf(out, "   %s: %s\n", rules->active[i]->name, why.p);
		else
			whole++;
	}
	fprintf(out, "   evaluated completely%s: %u of %u rules\n", coverage->unfollowed ? ", for the processes followed" : "", whole,
		rules->nactive);
}
