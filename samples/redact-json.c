/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON in events: what container engines said, and our own ledger. The shape stays, every string goes through its class;
 * keys too, unless they are the vocabulary of the document. What is no JSON becomes an empty object.
 */
#include "samples/redact-internal.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "replay/state-extra.h"

enum { NUMBER_MAX = 100000 }; /* the first of more than NUMBER_DIGITS digits */

struct walk {
	struct hc_redactor *r;
	bool ledger;
};

/* The ledger's own words (common/ledger.h); all other keys are taken for text. */
static bool is_ledger_key(const char *key)
{
	static const char words[] =
		" added alerts arch around at_ns behind bpf_ns bytes cgroup_id classes comm confinement container cpus cut "
		"dynamic_snaplen enter_events event_ns events failed fds file files filter follow from_ns full_ports kernel "
		"left_out literals lost margin_ns named opaque ordinary pid priority reason recorder_cpu_ns removed ring-full "
		"ring_fill_max_pct rings rule rules skipped snaplen source source_sha256 source_why started_ns state statsd_port "
		"syscalls text threads to_ns tree uid unfollowed unsupported values version why ";
	char word[64];

	snprintf(word, sizeof word, " %.60s ", key);
	return (!strchr(key, ' ') && strstr(words, word)) || hc_state_numbers_key(key) || hc_sc_by_name(key) >= 0;
}

/* Facts chosen from a few, or said by the kernel: words with dashes between that are looked at one by one. */
static bool is_fact(const char *key)
{
	static const char *const keys[] = { "kernel", "arch", "reason", "state", "source", "failed", "enter_events", NULL };

	for (const char *const *k = keys; *k; k++)
		if (!strcmp(key, *k))
			return true;
	return false;
}

static void put_fact(struct hc_redactor *r, struct hc_buf *out, struct hc_str s)
{
	for (uint32_t i = 0, k; i <= s.len; i = k + 1) {
		for (k = i; k < s.len && s.p[k] != '-'; k++)
			;
		if (i)
			hc_buf_putc(out, '-');
		hc_redact_text(r, out, HC_REDACT_ARGS, (struct hc_str){ s.p + i, k - i }, 0);
	}
}

static enum hc_redact_class class_of(const struct walk *w, const char *key)
{
	if (!w->ledger)
		return !strcmp(key, "env") || !strcmp(key, "Env") ? HC_REDACT_ENV : !strcmp(key, "User") ? HC_REDACT_USER :
											    HC_REDACT_CONTAINER;
	return !strcmp(key, "comm") ? HC_REDACT_COMMAND : HC_REDACT_ARGS;
}

static json_t *redact_string(struct walk *w, const char *key, const json_t *value)
{
	struct hc_str s = { json_string_value(value), (uint32_t)json_string_length(value) };
	enum hc_redact_class class = class_of(w, key);
	struct hc_buf out HC_BUF_DONE = { 0 };
	json_t *made;

	if (class == HC_REDACT_ENV)
		hc_redact_env(w->r, &out, s);
	else if (w->ledger && is_fact(key) && w->r->policy->action[class] != HC_REDACT_DROP)
		put_fact(w->r, &out, s);
	else if (w->r->policy->action[class] != HC_REDACT_DROP || class == HC_REDACT_USER || class == HC_REDACT_COMMAND)
		hc_redact_text(w->r, &out, class, s, HC_REDACT_ORDINARY * (class == HC_REDACT_CONTAINER));
	if (out.len && !out.p[out.len - 1])
		out.len--;
	made = json_stringn(out.p ? out.p : "", out.len);
	/* bytes that are no UTF-8 cannot come out of what was none; names from the rules might */
	return made ? made : json_string("");
}

/* IPv4 addresses are numbers in some documents. What else is longer than the numbers that stay in texts must be known. */
static json_t *redact_number(struct walk *w, const char *key, json_t *value)
{
	uint8_t ip[4];
	json_int_t v = json_integer_value(value);

	if (w->ledger)
		return json_incref(value);
	if ((strcmp(key, "ip") && strcmp(key, "HostIp")) || v < 0 || v > UINT32_MAX) {
		if ((json_is_integer(value) && v < NUMBER_MAX && v > -NUMBER_MAX) || hc_redact_word(w->r, hc_str(key))->ordinary)
			return json_incref(value);
		w->r->counts.opaque++;
		return json_integer(0);
	}
	for (int i = 0; i < 4; i++)
		ip[i] = (uint8_t)(v >> (24 - 8 * i));
	hc_redact_ip(w->r, ip, sizeof ip, ip);
	return json_integer((json_int_t)ip[0] << 24 | ip[1] << 16 | ip[2] << 8 | ip[3]);
}

static json_t *redact_value(struct walk *w, const char *key, json_t *value);

static json_t *redact_object(struct walk *w, json_t *object)
{
	json_t *made = json_object(), *value;
	const char *key;

	json_object_foreach(object, key, value) {
		struct hc_buf name HC_BUF_DONE = { 0 };

		if (w->ledger && is_ledger_key(key)) {
			hc_buf_puts(&name, key);
		} else {
			hc_redact_text(w->r, &name, HC_REDACT_CONTAINER, hc_str(key), HC_REDACT_ORDINARY);
		}
		json_object_set_new(made, name.p ? name.p : "", redact_value(w, key, value));
	}
	return made;
}

static json_t *redact_value(struct walk *w, const char *key, json_t *value)
{
	json_t *made, *item;
	size_t i;

	switch (json_typeof(value)) {
	case JSON_STRING:
		return redact_string(w, key, value);
	case JSON_INTEGER:
	case JSON_REAL:
		return redact_number(w, key, value);
	case JSON_OBJECT:
		return redact_object(w, value);
	case JSON_ARRAY:
		made = json_array();
		json_array_foreach(value, i, item)
			json_array_append_new(made, redact_value(w, key, item));
		return made;
	default:
		return json_incref(value);
	}
}

static void redact(struct walk *w, struct hc_buf *out, struct hc_str s)
{
	json_t *doc = json_loadb(s.p, s.len, 0, NULL), *made;
	char *text;

	if (!json_is_object(doc)) {
		w->r->counts.opaque++;
		hc_buf_puts(out, "{}");
		json_decref(doc);
		return;
	}
	made = redact_value(w, "", doc);
	text = json_dumps(made, JSON_COMPACT | JSON_PRESERVE_ORDER);
	hc_buf_puts(out, text ? text : "{}");
	free(text);
	json_decref(made);
	json_decref(doc);
}

void hc_redact_container_json(struct hc_redactor *r, struct hc_buf *out, struct hc_str s)
{
	struct walk w = { r, false };

	if (r->policy->action[HC_REDACT_CONTAINER] == HC_REDACT_DROP) {
		r->counts.values[HC_REDACT_CONTAINER]++;
		r->counts.bytes[HC_REDACT_CONTAINER] += s.len;
		hc_buf_puts(out, "{}");
		return;
	}
	redact(&w, out, s);
}

void hc_redact_ledger_json(struct hc_redactor *r, struct hc_buf *out, struct hc_str s)
{
	struct walk w = { r, true };

	redact(&w, out, s);
}

void hc_redact_ledger_data(struct hc_redactor *r, struct hc_buf *out)
{
	const struct hc_redact_counts *c = &r->counts;

	hc_buf_printf(out, "{\"version\":\"%s\",\"classes\":{", HC_VERSION);
	for (int i = 0; i < HC_REDACT_CLASS_COUNT; i++)
		hc_buf_printf(out, "%s\"%s\":\"%s\"", i ? "," : "", hc_redact_class_name(i), hc_redact_action_name(r->policy->action[i]));
	hc_buf_printf(out, "},\"ordinary\":\"%s\",\"rules\":{\"files\":%u,\"literals\":%u},\"removed\":{",
		      r->policy->ordinary ? "keep" : "pseudonym", r->nrules_files, r->rules.literals);
	for (int i = 0, n = 0; i < HC_REDACT_CLASS_COUNT; i++)
		if (c->values[i])
			hc_buf_printf(out, "%s\"%s\":{\"values\":%llu,\"bytes\":%llu}", n++ ? "," : "", hc_redact_class_name(i),
				      (unsigned long long)c->values[i], (unsigned long long)c->bytes[i]);
	hc_buf_printf(out, "},\"named\":%llu,\"opaque\":%llu,\"cut\":%llu}", (unsigned long long)c->named,
		      (unsigned long long)c->opaque, (unsigned long long)c->cut);
}
