/* SPDX-License-Identifier: Apache-2.0
 *
 * What a section's lists cannot say of the host state: when threads were born, roles of sockets, how a file was named when it
 * was opened ... In a capture it stands behind the lists, as events with the bit "state only" (scap-format.md 9.2): system
 * calls that any reader applies (socket, connect, openat ...) wherever calls can say it, and the rest as numbers in
 * hindcast.state (common/ledger.h), which only hindcast applies.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/event.h"
#include "replay/state-lists.h"
#include "replay/state.h"

struct hc_state_extra_stats {
	uint64_t events;   /* given to fn */
	uint64_t left;     /* attributes that neither lists nor events can bring back */
};

/* Gets each event in order, state-only, borrowed; other than 0 stops. */
typedef int (*hc_state_extra_fn)(void *ctx, struct hc_event *ev);

/* The events to be written between `lists` (made by hc_state_lists from `state`) and the first event of a new capture, whose
 * time is ts_ns. `state` is as before that event (hc_state_settle). It is not changed. 0 or what fn returned. wanted and
 * wanted_ctx as for the lists. */
int hc_state_extra(struct hc_state *state, const struct hc_section *lists, hc_state_wanted_fn wanted, void *wanted_ctx,
		   uint64_t ts_ns, hc_state_extra_fn fn, void *ctx, struct hc_state_extra_stats *ret);

/* state-numbers.c: hindcast.state. Differences of `want` from `have`, as JSON objects appended to texts of at most about
 * 200 KiB each, which fn gets; only threads that both know. Counts in *ret_left what cannot be said. */
typedef int (*hc_state_numbers_fn)(void *ctx, const struct hc_buf *json);
int hc_state_numbers(struct hc_state *want, struct hc_state *have, uint64_t ts_ns, hc_state_numbers_fn fn, void *ctx,
		     uint64_t *ret_left);
/* Whether a key is one of hindcast.state's own words. */
bool hc_state_numbers_key(const char *key);
/* Equal in everything rules can see, but for hc_fd.memo and what is only of the capture's own list. */
bool hc_state_same_fd(const struct hc_fd *a, const struct hc_fd *b);
