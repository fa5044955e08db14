/* SPDX-License-Identifier: Apache-2.0
 *
 * The host state written back as a section's lists: what a capture that begins at this point must say before its first
 * event (scap-format.md 4 to 8). Lists cannot hold everything the state knows; state-restore.h has the rest.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "formats/section.h"
#include "replay/state.h"

/* Whether a thread's entry is wanted; NULL in place of the function: all are. */
typedef bool (*hc_state_wanted_fn)(void *ctx, const struct hc_thread *thread);

/* Adds machine, interfaces, users, groups, threads and fds to an empty section. Most strings are borrowed from the state
 * until its next event. Threads come in the order that gives their groups the same order again. */
void hc_state_lists(struct hc_state *state, hc_state_wanted_fn wanted, void *ctx, struct hc_section *ret);

/* Texts longer than the lists can hold (scap-format.md 2.7): they are cut when written. */
uint64_t hc_state_lists_cut_texts(const struct hc_section *section);
