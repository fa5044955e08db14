/* SPDX-License-Identifier: Apache-2.0
 *
 * The conversion of scap-format.md 13, driven by conversions.def. Invariant: an event is changed in steps, each of which
 * reads the event as it stands and writes a whole new one into the other of two buffers; a failing step leaves nothing
 * behind but the failure. Where libscap ends reading (a stored enter event of another call), this goes on as if none
 * were stored (13.4).
 */
#include "formats/convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/mem.h"
#include "formats/block.h"

enum action { STORE, PASS, STORE_AND_PASS, ADD_PARAMS, CHANGE_TYPE };

/* Where a new parameter comes from, one byte. */
#define OLD(k) (0x00 | (k))
#define ENTER_D(k) (0x20 | (k))
#define ENTER_E(k) (0x40 | (k))
#define DEFAULT 0x60
#define EMPTY 0x61
#define JSON 0x62
#define NOTHING 0xff

struct rule {
	uint16_t type, result;
	uint8_t nin, action, nout;
	const uint8_t *sources;
};

#define HC_CONVERSION(type, nin, action, result, nout, ...) \
	static const uint8_t sources_##type##_##nin[] = { __VA_ARGS__ };
#include "formats/conversions.def"
#undef HC_CONVERSION

static const struct rule rules[] = {
#define HC_CONVERSION(type, nin, action, result, nout, ...) { type, result, nin, action, nout, sources_##type##_##nin },
#include "formats/conversions.def"
#undef HC_CONVERSION
};
enum { NRULES = sizeof rules / sizeof *rules, STEPS_MAX = 50 };

/* An enter event waiting for its exit. Slots stay with their thread and are reused. */
struct stored {
	int64_t tid;
	uint16_t type;
	bool valid;
	uint32_t nparams;
	uint32_t cap, lens_size; /* bytes of body; of it the lengths */
	uint8_t body[];          /* lengths, then data */
};

struct scratch {
	uint8_t lens[HC_EVENT_PARAMS_MAX * 4];
	uint8_t data[HC_CONVERT_LEN_MAX];
};

struct hc_convert {
	uint16_t first[HC_EVENT_COUNT]; /* index of the type's first rule; NRULES: it has none */
	struct stored **table;          /* open addressing by tid */
	uint32_t nslots, used;
	size_t bytes; /* of all slots, against HC_CONVERT_STORE_MAX */
	uint64_t forgotten;
	struct scratch scratch[2];
};

uint8_t hc_convert_passing[HC_EVENT_COUNT];

/* ---- stored enter events ---- */

static uint32_t slot_of(const struct hc_convert *c, int64_t tid)
{
	uint32_t i = (uint32_t)hc_hash_u64((uint64_t)tid) & (c->nslots - 1);

	while (c->table[i] && c->table[i]->tid != tid)
		i = (i + 1) & (c->nslots - 1);
	return i;
}

static struct stored *find(const struct hc_convert *c, int64_t tid)
{
	return c->nslots ? c->table[slot_of(c, tid)] : NULL;
}

static void forget_all(struct hc_convert *c)
{
	for (uint32_t i = 0; i < c->nslots; i++) {
		free(c->table[i]);
		c->table[i] = NULL;
	}
	c->used = 0;
	c->bytes = 0;
}

static void grow_table(struct hc_convert *c)
{
	struct stored **old = c->table;
	uint32_t n = c->nslots;

	c->nslots = n ? n * 2 : 256;
	c->table = hc_calloc(c->nslots, sizeof *c->table);
	for (uint32_t i = 0; i < n; i++) {
		if (old[i])
			c->table[slot_of(c, old[i]->tid)] = old[i];
	}
	free(old);
}

static void store(struct hc_convert *c, struct hc_event *ev)
{
	uint32_t lens_size = ev->nparams * 2, size, i;
	struct stored *s;

	if (!ev->nindexed)
		hc_event_index(ev);
	size = lens_size + ev->param_off[ev->nindexed - 1];
	if (c->bytes + size > HC_CONVERT_STORE_MAX) {
		for (i = 0; i < c->nslots; i++)
			c->forgotten += c->table[i] && c->table[i]->valid;
		forget_all(c);
	}
	if (c->used * 2 >= c->nslots)
		grow_table(c);
	i = slot_of(c, ev->tid);
	s = c->table[i];
	if (!s || s->cap < size) {
		uint32_t cap = size < 32 ? 32 : size;

		c->used += !s;
		c->bytes += sizeof *s + cap - (s ? sizeof *s + s->cap : 0);
		s = c->table[i] = hc_realloc(s, sizeof *s + cap);
		s->cap = cap;
	}
	s->tid = ev->tid;
	s->type = ev->type;
	s->valid = true;
	s->nparams = ev->nparams;
	s->lens_size = lens_size;
	memcpy(s->body, ev->lens, lens_size);
	memcpy(s->body + lens_size, ev->data, size - lens_size);
}

/* ---- one step ---- */

/* The new event as it grows in a scratch buffer. */
struct builder {
	struct scratch *to;
	const struct hc_event_info *info;
	uint32_t n, size; /* parameters and data bytes so far */
	bool wide;
};

static bool append(struct builder *b, const uint8_t *p, uint32_t len)
{
	uint32_t width = b->wide ? 4 : 2;

	if (b->n >= HC_EVENT_PARAMS_MAX ||
	    HC_EVENT_HEADER + (uint64_t)(b->n + 1) * width + b->size + len > HC_CONVERT_LEN_MAX)
		return false;
	memcpy(b->to->lens + b->n * width, &len, width);
	if (len)
		memcpy(b->to->data + b->size, p, len);
	b->n++;
	b->size += len;
	return true;
}

/* A copied value: cut to the longest the target's type can have; integers keep their low bytes (scap-format.md 13.3). */
static bool append_cut(struct builder *b, const uint8_t *p, uint32_t len)
{
	uint8_t type = b->info->params[b->n].type;
	int size = hc_param_type_size(type);
	uint32_t max = type == PT_IPADDR ? 16 : type == PT_IPNET ? 32 : size >= 0 ? (uint32_t)size : b->wide ? UINT32_MAX : 65535;

	return append(b, p, len < max ? len : max);
}

static bool append_default(struct builder *b)
{
	static const uint8_t zeros[32], ones[4] = { 0xff, 0xff, 0xff, 0xff };
	uint8_t type = b->info->params[b->n].type;
	int size = hc_param_type_size(type);

	if (type == PT_UID || type == PT_GID)
		return append(b, ones, 4);
	return append(b, zeros, type == PT_IPADDR ? 4 : type == PT_IPNET ? 8 : size >= 0 ? (uint32_t)size : 0);
}

/* {"id":"<id>","type":<type>,"name":"<name>","image":"<image>"}, unescaped; empty if a part is missing. */
static bool append_container(struct builder *b, struct hc_event *ev)
{
	static const char *const before[] = { "{\"id\":\"", "\",\"type\":", ",\"name\":\"", "\",\"image\":\"" };
	char json[HC_CONVERT_LEN_MAX], *to = json, *end = json + sizeof json;
	uint32_t len;

	for (uint32_t k = 0; k < 4; k++) {
		const uint8_t *p = hc_event_param(ev, k, &len);
		uint32_t type = 0;
		char number[16];

		if (k == 1) {
			if (len > 4)
				return append(b, NULL, 0);
			memcpy(&type, p, len);
			len = (uint32_t)snprintf(number, sizeof number, "%u", type);
			p = (const uint8_t *)number;
		} else if (len == 0) {
			return append(b, NULL, 0);
		} else {
			len--; /* the NUL */
		}
		if ((size_t)(end - to) < strlen(before[k]) + len + 3)
			return false;
		to = stpcpy(to, before[k]);
		memcpy(to, p, len);
		to += len;
	}
	memcpy(to, "\"}", 3);
	return append(b, (uint8_t *)json, (uint32_t)(to + 3 - json));
}

/* One source byte; false with *reterr set: cannot be done. */
static bool append_source(struct hc_convert *c, struct builder *b, uint8_t source, struct hc_event *ev,
			  struct stored *enter, bool *ret_used, const char **reterr)
{
	uint32_t k = source & 0x1f, len;
	const uint8_t *p;
	bool ok;

	*reterr = "the converted event would be longer than 64 KiB";
	if (source == EMPTY)
		return append(b, NULL, 0);
	if (source == JSON)
		return append_container(b, ev);
	if (source == DEFAULT || (source >= ENTER_D(0) && !enter))
		return source < ENTER_E(0) || source == DEFAULT ? append_default(b) : append(b, NULL, 0);
	if (source < ENTER_D(0)) {
		p = hc_event_param(ev, k, &len);
		if (!p) {
			*reterr = "a parameter the conversion needs is missing";
			return false;
		}
		return append_cut(b, p, len);
	}
	struct hc_event stored = { .type = enter->type, .nparams = enter->nparams, .lens = enter->body,
				   .data = enter->body + enter->lens_size };

	p = hc_event_param(&stored, k, &len);
	if (!p) {
		*reterr = "the stored enter event lacks a parameter the conversion needs";
		return false;
	}
	ok = append_cut(b, p, len);
	*ret_used = true;
	return ok;
}

/* ADD_PARAMS or CHANGE_TYPE; ev then points into to. */
static bool step(struct hc_convert *c, const struct rule *rule, struct hc_event *ev, struct scratch *to, const char **reterr)
{
	struct builder b = { to, &hc_event_table[rule->result], 0, 0, hc_event_type_is_large(rule->result) };
	struct stored *enter = find(c, ev->tid);
	bool used = false;

	/* A stale one of another call counts for nothing. */
	if (enter && (!enter->valid || enter->type != ev->type - 1))
		enter = NULL;
	*reterr = "the converted event would be longer than 64 KiB";
	if (rule->action == ADD_PARAMS) {
		for (uint32_t k = 0; k < rule->nin; k++) {
			uint32_t len;
			const uint8_t *p = hc_event_param(ev, k, &len);

			if (!append(&b, p, len))
				return false;
		}
	}
	for (uint32_t i = 0; b.n < rule->nout; i++) {
		if (!append_source(c, &b, rule->sources[i], ev, enter, &used, reterr))
			return false;
	}
	if (used)
		enter->valid = false;
	ev->type = rule->result;
	ev->nparams = b.n;
	ev->lens = to->lens;
	ev->data = to->data;
	ev->nindexed = 0;
	return true;
}

static const struct rule *find_rule(const struct hc_convert *c, uint16_t type, uint32_t nparams)
{
	for (uint32_t i = c->first[type]; i < NRULES && rules[i].type == type; i++) {
		if (rules[i].nin == nparams)
			return &rules[i];
	}
	return NULL;
}

enum hc_converted hc_convert_event(struct hc_convert *c, struct hc_event *ev, const char **reterr)
{
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		const struct hc_event_info *info = &hc_event_table[ev->type];
		const struct rule *rule;

		if (info->flags & EF_UNUSED)
			return HC_CONVERT_DROPPED;
		if (!(info->flags & EF_CONVERTER_MANAGED))
			return info->flags & EF_OLD_VERSION ? HC_CONVERT_DROPPED : HC_CONVERT_PASS;
		if (ev->type & 1) {
			if (ev->nparams > info->nparams) {
				*reterr = "more parameters than this event type has";
				return HC_CONVERT_FAILED;
			}
			if (!(info->flags & EF_OLD_VERSION) && ev->nparams == info->nparams)
				return HC_CONVERT_PASS;
		}
		rule = find_rule(c, ev->type, ev->nparams);
		if (!rule) {
			*reterr = "no recorder is known to have written this event with so many parameters";
			return HC_CONVERT_FAILED;
		}
		switch (rule->action) {
		case PASS:
			return HC_CONVERT_PASS;
		case STORE:
			store(c, ev);
			return HC_CONVERT_STORED;
		case STORE_AND_PASS:
			store(c, ev);
			return HC_CONVERT_PASS;
		default:
			if (!step(c, rule, ev, &c->scratch[i & 1], reterr))
				return HC_CONVERT_FAILED;
		}
	}
	*reterr = "the conversion does not end";
	return HC_CONVERT_FAILED;
}

/* ---- set-up ---- */

/* Which events pass without looking closer: unmanaged current ones, managed exits with the current count, and the
 * enter events that pass and leave no trace. */
static void fill_passing(void)
{
	for (uint32_t t = 0; t < HC_EVENT_COUNT; t++) {
		const struct hc_event_info *info = &hc_event_table[t];

		if (info->flags & EF_UNUSED)
			hc_convert_passing[t] = HC_CONVERT_NEVER;
		else if (!(info->flags & EF_CONVERTER_MANAGED))
			hc_convert_passing[t] = info->flags & EF_OLD_VERSION ? HC_CONVERT_NEVER : HC_CONVERT_ANY;
		else
			hc_convert_passing[t] = (t & 1) && !(info->flags & EF_OLD_VERSION) ? info->nparams : HC_CONVERT_NEVER;
	}
	for (uint32_t i = 0; i < NRULES; i++) {
		if (rules[i].action == PASS)
			hc_convert_passing[rules[i].type] = rules[i].nin;
	}
}

struct hc_convert *hc_convert_new(void)
{
	struct hc_convert *c = hc_calloc(1, sizeof *c);

	for (uint32_t t = 0; t < HC_EVENT_COUNT; t++)
		c->first[t] = NRULES;
	for (uint32_t i = NRULES; i-- > 0;)
		c->first[rules[i].type] = (uint16_t)i;
	fill_passing();
	return c;
}

void hc_convert_reset(struct hc_convert *c)
{
	forget_all(c);
}

struct hc_convert *hc_convert_free(struct hc_convert *c)
{
	if (!c)
		return NULL;
	forget_all(c);
	free(c->table);
	free(c);
	return NULL;
}

uint64_t hc_convert_forgotten(const struct hc_convert *c)
{
	return c->forgotten;
}
