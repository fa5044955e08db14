/* SPDX-License-Identifier: Apache-2.0
 *
 * A part of a capture as a capture of its own that replays alone: sections begin with the picture of the host as it was
 * there, and events that are left out stay in as "state only" where kept ones depend on what they did.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/writer.h"
#include "rules/evtset.h"
#include "rules/plan.h"

/* Events from from_ns to to_ns, both included. */
struct hc_cut_window {
	uint64_t from_ns, to_ns;
	bool from_relative, to_relative; /* counted from the capture's first event */
};

struct hc_cut_request {
	const char *in, *out; /* "-": standard input, output */
	const struct hc_cut_window *windows; /* ascending, apart from each other; borrowed */
	size_t nwindows;             /* 0: the whole capture */
	struct hc_plan *filter;      /* NULL: none; borrowed */
	const struct hc_evset *filter_events;
	const char *filter_text;
	int64_t tree;                /* pid; 0: none */
	const char *container;       /* beginning of an id; NULL: none */
	const char *around;          /* rule the windows are around; NULL: none */
	struct hc_writer_options writing;
};

/* Does it, with messages to stderr; an exit code of common/exit.h. */
int hc_cut_run(const struct hc_cut_request *request);
