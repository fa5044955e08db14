/* SPDX-License-Identifier: Apache-2.0
 *
 * One event as rules and outputs see it: the context behind hc_extract_fn. Values are borrowed from the event and the
 * host state, or built in a scratch arena that is emptied at the next event; after a short warm-up no event costs a
 * malloc. Answers never depend on who asked before, except for the few fields that the reference defines that way.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/event.h"
#include "replay/state.h"
#include "rules/field.h"
#include "rules/plan.h"

/* A value built for the current event, by field slot: [0] for conditions, [1] for outputs. */
struct hc_eval_slot {
	struct {
		uint64_t serial;              /* hc_eval.built_serial it was built for */
		const struct hc_field *field; /* several field sets may be in use: slots alone do not tell */
		bool present;
		struct hc_value value;
	} built[2];
};

/* What evt.deltatime and util.cnt remember about one of their occurrences. */
struct hc_eval_occurrence {
	uint32_t owner, slot;
	uint64_t last_ts_ns; /* of the event it was last asked for */
	uint64_t value;      /* given for that event */
	uint64_t serial;
};

/* A compiled [KEY] of container.mount*. */
struct hc_eval_pattern {
	struct hc_eval_pattern *next;
	const struct hc_field *field;
	struct hc_regex *regex; /* NULL: not a valid pattern */
};

struct hc_eval {
	struct hc_state *state;
	struct hc_event *ev;
	struct hc_thread *thread; /* attached, or for meta events that of the header's tid; may be NULL */
	struct hc_fd *event_fd;   /* the event's entry; NULL: none. evt.abspath puts a directory in its place */
	struct hc_fd *fd;         /* the same, else the entry of last_fd; NULL: none, or the type has no fd fields */
	bool fd_fields;           /* the event's type has fd fields and a thread is known (fields-semantics.md 5.1) */
	bool base64;              /* how outputs show byte buffers */
	uint32_t owner;           /* who asks, for fields that count their own evaluations: 0 conditions, else rule + 1 */
	const char *hostname;     /* key hostname of alerts: FALCO_HOSTNAME, or NULL: the capture's */
	hc_extract_fn extract;    /* what conditions ask for values, given this context; NULL: hc_extract */

	/* Internal from here. */
	uint64_t serial;       /* of the current event; never 0 */
	uint64_t built_serial; /* of built values; never 0 */
	struct hc_arena scratch;
	struct hc_buf text, text2; /* for building */
	struct hc_eval_slot *slots;
	uint32_t nslots;
	struct hc_eval_occurrence *occurrences;
	uint32_t noccurrences;
	struct hc_eval_pattern *patterns;
	uint64_t *switch_ts_ns; /* by cpu: last switch event, for thread.exectime */
	uint64_t exectime_serial, exectime_ns, cpu_serial;
	double cpu_user, cpu_system, cpu_total;
};

/* state is borrowed for the context's life. */
void hc_eval_init(struct hc_eval *eval, struct hc_state *state);
void hc_eval_done(struct hc_eval *eval);

/* After hc_state_event() returned true. */
void hc_eval_begin(struct hc_eval *eval, struct hc_event *ev);
/* Makes fd (may be NULL) the entry that the current event is about, for all fields asked from now on. */
void hc_eval_set_fd(struct hc_eval *eval, struct hc_fd *fd);

/* hc_extract_fn; ctx is the struct hc_eval. */
bool hc_extract(void *ctx, const struct hc_field *field, bool for_output, struct hc_value *ret);

/* The matching rules for the current event (hc_plan_eval). */
uint32_t hc_eval_rules(struct hc_eval *eval, struct hc_plan *plan, bool all, const uint32_t **ret_rules);
