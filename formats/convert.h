/* SPDX-License-Identifier: Apache-2.0
 *
 * Old events become current ones (scap-format.md 13). A table decides per type and parameter count; an event of the
 * current schema costs one comparison.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/event.h"

struct hc_convert;

enum hc_converted {
	HC_CONVERT_PASS,    /* ev is to be delivered, possibly changed */
	HC_CONVERT_STORED,  /* an enter event, kept until its exit event comes; nothing to deliver */
	HC_CONVERT_DROPPED, /* nothing to deliver */
	HC_CONVERT_FAILED,  /* there is no current form of this event */
};

/* Parameter count with which a type passes untouched; the two other kinds. */
enum { HC_CONVERT_ANY = 255, HC_CONVERT_NEVER = 254 };
extern uint8_t hc_convert_passing[HC_EVENT_COUNT]; /* filled by the first hc_convert_new */

static inline bool hc_convert_passes(const struct hc_event *ev)
{
	uint8_t n = hc_convert_passing[ev->type];

	return n == HC_CONVERT_ANY || n == ev->nparams;
}

struct hc_convert *hc_convert_new(void);
struct hc_convert *hc_convert_free(struct hc_convert *convert);
/* A new section: forgets all stored enter events. */
void hc_convert_reset(struct hc_convert *convert);
/* Converts *ev in place: it then points into memory of the converter, borrowed until the next call. reterr (static text)
 * is set for HC_CONVERT_FAILED. */
enum hc_converted hc_convert_event(struct hc_convert *convert, struct hc_event *ev, const char **reterr);
/* Enter events that had to be forgotten because too many were stored: their exit events came out with defaults. */
uint64_t hc_convert_forgotten(const struct hc_convert *convert);

enum {
	/* Stored enter events, in bytes: one per thread, and far more threads than any host has. */
	HC_CONVERT_STORE_MAX = 64 << 20,
	HC_CONVERT_LEN_MAX = 65536, /* `len` of an event that needs conversion (scap-format.md 2.7) */
};
