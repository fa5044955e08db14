/* SPDX-License-Identifier: Apache-2.0
 *
 * The event view: one event in the current schema as pointers into the bytes it was read from. No copy, no
 * allocation. The reader guarantees that the lengths table and every parameter lie inside the event; nothing is
 * promised about what a parameter holds (scap-format.md 10.3).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/schema.h"

struct hc_event {
	uint64_t num;   /* 1-based running number over the whole input; 0 if the producer does not count */
	uint64_t ts_ns; /* ns since the epoch */
	int64_t tid;    /* initial pid namespace; -1: no thread */
	uint16_t type;  /* enum hc_event_type, < HC_EVENT_COUNT */
	uint16_t cpu;
	uint32_t flags;   /* block flags word, bit 0 = state only (scap-format.md 9.2) */
	uint32_t nparams; /* as stored; may differ from the schema's for types no conversion manages */
	uint64_t off;     /* offset of the event's block in the uncompressed input; for messages */
	const uint8_t *lens; /* nparams little-endian u16, or u32 for EF_LARGE_PAYLOAD types. Borrowed like data */
	const uint8_t *data; /* the parameters one after the other */

	/* Offsets of the parameters in data, made by hc_event_index() on first use. */
	uint32_t nindexed; /* 0: not made yet; else min(nparams, HC_EVENT_PARAMS_MAX) + 1 */
	uint32_t param_off[HC_EVENT_PARAMS_MAX + 1];
};

enum { HC_EVENT_STATE_ONLY = 1 };

static inline uint16_t hc_le16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint32_t hc_le32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

static inline uint64_t hc_le64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "captures are little endian, and so is hindcast");

static inline const struct hc_event_info *hc_event_info(const struct hc_event *ev)
{
	return &hc_event_table[ev->type];
}

static inline bool hc_event_type_is_large(uint16_t type)
{
	return type == PPME_PLUGINEVENT_E || type == PPME_CONTAINER_JSON_2_E || type == PPME_ASYNCEVENT_E;
}

/* Fills param_off. Surplus parameters beyond HC_EVENT_PARAMS_MAX are not indexed (scap-format.md 11.2). */
static inline void hc_event_index(struct hc_event *ev)
{
	uint32_t n = ev->nparams < HC_EVENT_PARAMS_MAX ? ev->nparams : HC_EVENT_PARAMS_MAX, off = 0;

	if (hc_event_type_is_large(ev->type)) {
		for (uint32_t i = 0; i < n; i++) {
			ev->param_off[i] = off;
			off += hc_le32(ev->lens + 4 * i);
		}
	} else {
		for (uint32_t i = 0; i < n; i++) {
			ev->param_off[i] = off;
			off += hc_le16(ev->lens + 2 * i);
		}
	}
	ev->param_off[n] = off;
	ev->nindexed = n + 1;
}

/* Parameter k, borrowed like the event; NULL (and length 0) if the event has no such parameter. A parameter that is
 * there but empty gives a non-NULL pointer and length 0; both mean "absent" to most callers (scap-format.md 10.2). */
static inline const uint8_t *hc_event_param(struct hc_event *ev, uint32_t k, uint32_t *ret_len)
{
	if (!ev->nindexed)
		hc_event_index(ev);
	if (k >= ev->nindexed - 1) {
		*ret_len = 0;
		return NULL;
	}
	*ret_len = ev->param_off[k + 1] - ev->param_off[k];
	return ev->data + ev->param_off[k];
}

/* "Present": there and not empty. */
static inline bool hc_event_has(struct hc_event *ev, uint32_t k)
{
	uint32_t len;

	hc_event_param(ev, k, &len);
	return len > 0;
}

/* Integer parameters: the stored width (1, 2, 4 or 8 bytes) zero- or sign-extended; fallback if the parameter is
 * missing, empty or of an odd width. */
static inline uint64_t hc_event_u64(struct hc_event *ev, uint32_t k, uint64_t fallback)
{
	uint32_t len;
	const uint8_t *p = hc_event_param(ev, k, &len);

	switch (len) {
	case 1: return p[0];
	case 2: return hc_le16(p);
	case 4: return hc_le32(p);
	case 8: return hc_le64(p);
	default: return fallback;
	}
}

static inline int64_t hc_event_i64(struct hc_event *ev, uint32_t k, int64_t fallback)
{
	uint32_t len;
	const uint8_t *p = hc_event_param(ev, k, &len);

	switch (len) {
	case 1: return (int8_t)p[0];
	case 2: return (int16_t)hc_le16(p);
	case 4: return (int32_t)hc_le32(p);
	case 8: return (int64_t)hc_le64(p);
	default: return fallback;
	}
}
