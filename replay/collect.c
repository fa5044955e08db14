/* SPDX-License-Identifier: Apache-2.0
 *
 * Alerts kept as values. Texts are rendered by what renders alert lines, so that both say the same.
 */
#include "replay/collect.h"

#include <stdlib.h>

#include "common/mem.h"
#include "replay/message.h"

void hc_collect_init(struct hc_collect *collect, unsigned what)
{
	*collect = (struct hc_collect){ .what = what };
	hc_arena_init(&collect->arena);
}

void hc_collect_done(struct hc_collect *collect)
{
	free(collect->items);
	hc_arena_done(&collect->arena);
	*collect = (struct hc_collect){ 0 };
}

static struct hc_str keep(struct hc_collect *collect, const char *p, size_t len)
{
	return (struct hc_str){ hc_arena_dupn(&collect->arena, p ? p : "", len), (uint32_t)len };
}

/* The host name hardly ever changes: one copy for all alerts in a row. */
static const char *keep_hostname(struct hc_collect *collect, const char *name)
{
	const char *last = collect->n ? collect->items[collect->n - 1].hostname : NULL;

	return last && !strcmp(last, name) ? last : hc_arena_dup(&collect->arena, name);
}

static const struct hc_collected_field *keep_fields(struct hc_collect *collect, struct hc_eval *eval,
						    const struct hc_alert_rule *alert)
{
	struct hc_collected_field *fields = hc_arena_array(&collect->arena, struct hc_collected_field, alert->nentries);
	struct hc_buf text HC_BUF_DONE = { 0 };

	for (uint32_t i = 0; i < alert->nentries; i++) {
		const struct hc_alert_entry *e = &alert->entries[i];

		fields[i].key = keep(collect, e->key.p, e->key.len);
		hc_buf_reset(&text);
		hc_alert_entry_text(eval, e, &text);
		fields[i].text = keep(collect, text.p, text.len);
		hc_buf_reset(&text);
		hc_alert_entry_json(eval, e, &text);
		fields[i].json = keep(collect, text.p, text.len);
	}
	return fields;
}

void hc_collect_put(struct hc_collect *collect, struct hc_eval *eval, const struct hc_alert_rule *alert, uint32_t number)
{
	const char *hostname = eval->hostname ? eval->hostname : eval->state->machine.hostname;
	struct hc_buf message HC_BUF_DONE = { 0 };
	struct hc_collected *item;

	if (collect->n >= HC_COLLECT_ALERTS_MAX || collect->arena.used >= HC_COLLECT_BYTES_MAX) {
		collect->left_out++;
		return;
	}
	if (collect->n == collect->cap) {
		collect->cap = collect->cap ? 2 * collect->cap : 64;
		collect->items = hc_realloc(collect->items, collect->cap * sizeof *collect->items);
	}
	item = &collect->items[collect->n];
	*item = (struct hc_collected){ .rule = alert->rule, .capture = collect->capture, .event = eval->ev->num,
				       .ts_ns = eval->ev->ts_ns, .tid = eval->ev->tid,
				       .hostname = keep_hostname(collect, hostname) };
	eval->owner = number + 1;
	if (collect->what & HC_COLLECT_MESSAGE) {
		hc_message_text(eval, alert->output, true, &message);
		item->message = keep(collect, message.p, message.len);
	}
	if (collect->what & HC_COLLECT_FIELDS) {
		item->fields = keep_fields(collect, eval, alert);
		item->nfields = alert->nentries;
	}
	eval->owner = 0;
	collect->n++;
}

void hc_collect_run(struct hc_collect *collect, struct hc_replay *replay, struct hc_run *run, struct hc_run_input *inputs,
		    size_t ninputs)
{
	run->fn = hc_replay_event;
	run->ctx = replay;
	run->wanted = hc_replay_wanted(replay);
	for (size_t i = 0; i < ninputs; i++) {
		collect->capture = (uint32_t)i;
		hc_replay_collect(replay, collect);
		hc_run_capture(run, &inputs[i]);
	}
}

const struct hc_collected_field *hc_collected_field(const struct hc_collected *alert, struct hc_str key)
{
	for (uint32_t i = 0; i < alert->nfields; i++)
		if (hc_str_eq(alert->fields[i].key, key))
			return &alert->fields[i];
	return NULL;
}
