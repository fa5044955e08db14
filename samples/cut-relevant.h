/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose state the events that are kept depend on: their threads, processes, ancestors, leaders of session and group, those
 * they were cloned from, and what these depend on in turn, at any time within the cut. All others may be left out without a
 * trace. It takes reading the capture once before it is cut.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "samples/cut.h"

struct hc_cut_relevant;

/* To be freed; NULL: the capture could not be read, so that everybody must count. */
struct hc_cut_relevant *hc_cut_relevant_find(const struct hc_cut_request *request);
struct hc_cut_relevant *hc_cut_relevant_free(struct hc_cut_relevant *relevant);
HC_DEFINE_CLEANUP(struct hc_cut_relevant *, hc_cut_relevant_free);
bool hc_cut_relevant_has(const struct hc_cut_relevant *relevant, int64_t tid);
