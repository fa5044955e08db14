/* SPDX-License-Identifier: Apache-2.0
 *
 * Alert lines. Keys of objects stand in byte order, as every consumer of Falco's JSON is used to.
 */
#include "replay/alert.h"

#include <stdlib.h>

#include "replay/message.h"
#include "replay/print.h"
#include "replay/show.h"

static int by_key(const void *a, const void *b)
{
	const struct hc_alert_entry *x = a, *y = b;
	uint32_t len = x->key.len < y->key.len ? x->key.len : y->key.len;
	int order = memcmp(x->key.p, y->key.p, len);

	return order ? order : (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

/* Sets the entry of that key, adding it if there is none. */
static void set_entry(struct hc_alert_entry *entries, uint32_t *n, struct hc_alert_entry e)
{
	uint32_t i = 0;

	while (i < *n && !hc_str_eq(entries[i].key, e.key))
		i++;
	entries[i] = e;
	if (i == *n)
		++*n;
}

void hc_alert_prepare(struct hc_alert_rule *ret, const struct hc_rule *rule, const struct hc_output *output,
		      const struct hc_field *time, const struct hc_alert_entry *extra, uint32_t nextra, struct hc_arena *arena)
{
	struct hc_alert_entry *entries = hc_arena_array(arena, struct hc_alert_entry, output->nfields + 1 + nextra);
	uint32_t n = 0;

	for (uint32_t i = 0; i < output->nfields; i++)
		set_entry(entries, &n, (struct hc_alert_entry){ .key = output->fields[i]->text, .field = output->fields[i] });
	set_entry(entries, &n, (struct hc_alert_entry){ .key = time->text, .field = time });
	for (uint32_t i = 0; i < nextra; i++)
		set_entry(entries, &n, extra[i]);
	qsort(entries, n, sizeof *entries, by_key);
	*ret = (struct hc_alert_rule){ rule, output, entries, n };
}

void hc_alert_entry_text(struct hc_eval *eval, const struct hc_alert_entry *e, struct hc_buf *to)
{
	if (e->field)
		hc_show_field_text(eval, e->field, to);
	else if (e->output)
		hc_message_text(eval, e->output, true, to);
	else
		hc_buf_puts(to, e->text);
}

void hc_alert_entry_json(struct hc_eval *eval, const struct hc_alert_entry *e, struct hc_buf *to)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	if (e->field) {
		hc_show_field_json(eval, e->field, to);
	} else {
		hc_alert_entry_text(eval, e, &text);
		hc_print_json_quoted(to, (struct hc_str){ text.p, (uint32_t)text.len });
	}
}

static void put_fields(struct hc_eval *eval, const struct hc_alert_rule *alert, struct hc_buf *to)
{
	hc_buf_putc(to, '{');
	for (uint32_t i = 0; i < alert->nentries; i++) {
		if (i)
			hc_buf_putc(to, ',');
		hc_print_json_quoted(to, alert->entries[i].key);
		hc_buf_putc(to, ':');
		hc_alert_entry_json(eval, &alert->entries[i], to);
	}
	hc_buf_putc(to, '}');
}

/* "TIME: Priority MESSAGE" into line; where the message starts comes back. */
static size_t put_line(struct hc_eval *eval, const struct hc_alert_rule *alert, bool iso8601, struct hc_buf *line)
{
	size_t message;

	hc_print_time(line, eval->ev->ts_ns, iso8601 ? HC_PRINT_ISO8601 : HC_PRINT_CLOCK);
	hc_buf_puts(line, ": ");
	hc_buf_puts(line, hc_priority_name(alert->rule->priority));
	hc_buf_putc(line, ' ');
	message = line->len;
	hc_message_text(eval, alert->output, true, line);
	return message;
}

static void put_key(struct hc_buf *to, const char *key)
{
	if (to->p[to->len - 1] != '{')
		hc_buf_putc(to, ',');
	hc_buf_putc(to, '"');
	hc_buf_puts(to, key);
	hc_buf_puts(to, "\":");
}

static void put_object(struct hc_eval *eval, const struct hc_alert_rule *alert, const char *capture,
		       const struct hc_alert_options *options, struct hc_str line, size_t message, struct hc_buf *to)
{
	const char *host = eval->hostname ? eval->hostname : eval->state->machine.hostname;

	hc_buf_putc(to, '{');
	if (capture) {
		put_key(to, "capture");
		hc_print_json_quoted(to, hc_str(capture));
	}
	put_key(to, "hostname");
	hc_print_json_quoted(to, hc_str(host));
	if (options->include_message) {
		put_key(to, "message");
		hc_print_json_quoted(to, (struct hc_str){ line.p + message, line.len - (uint32_t)message });
	}
	if (options->include_output) {
		put_key(to, "output");
		hc_print_json_quoted(to, line);
	}
	if (options->include_fields) {
		put_key(to, "output_fields");
		put_fields(eval, alert, to);
	}
	put_key(to, "priority");
	hc_print_json_quoted(to, hc_str(hc_priority_name(alert->rule->priority)));
	put_key(to, "rule");
	hc_print_json_quoted(to, hc_str(alert->rule->name));
	put_key(to, "source");
	hc_print_json_quoted(to, hc_str(alert->rule->source));
	if (options->include_tags) {
		put_key(to, "tags");
		hc_buf_putc(to, '[');
		for (uint32_t i = 0; i < alert->rule->ntags; i++) {
			if (i)
				hc_buf_putc(to, ',');
			hc_print_json_quoted(to, hc_str(alert->rule->tags[i]));
		}
		hc_buf_putc(to, ']');
	}
	put_key(to, "time");
	hc_buf_putc(to, '"');
	hc_print_time(to, eval->ev->ts_ns, HC_PRINT_ISO8601_Z);
	hc_buf_puts(to, "\"}\n");
}

/* A reader with privileges takes this apart: numbers, words of ours and the rule's name, which is no event's either. */
static void put_live(const struct hc_eval *eval, const struct hc_alert_rule *alert, struct hc_buf *to)
{
	hc_buf_puts(to, "alert ");
	hc_buf_u64(to, eval->ev->ts_ns);
	hc_buf_putc(to, ' ');
	hc_buf_puts(to, hc_priority_name(alert->rule->priority));
	hc_buf_putc(to, ' ');
	for (const char *p = alert->rule->name; *p; p++)
		hc_buf_putc(to, (unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p);
	hc_buf_putc(to, '\n');
}

void hc_alert_put(struct hc_eval *eval, const struct hc_alert_rule *alert, uint32_t number, const char *capture,
		  const struct hc_alert_options *options, struct hc_buf *to)
{
	struct hc_buf line HC_BUF_DONE = { 0 };
	struct hc_str text;
	size_t message;

	if (options->live) {
		put_live(eval, alert, to);
		return;
	}
	eval->owner = number + 1;
	message = put_line(eval, alert, options->iso8601, &line);
	text = (struct hc_str){ line.p, (uint32_t)line.len };
	if (options->json) {
		put_object(eval, alert, capture, options, text, message, to);
	} else {
		if (capture) {
			hc_print_json(to, hc_str(capture));
			hc_buf_puts(to, ": ");
		}
		hc_print_json(to, text);
		hc_buf_putc(to, '\n');
	}
	eval->owner = 0;
}
