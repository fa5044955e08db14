/* SPDX-License-Identifier: Apache-2.0
 *
 * A recording under way: events from the rings into files, snapshots, the ledger, limits, signals, the command.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "record/command.h"
#include "record/iterators.h"
#include "record/kernel.h"
#include "record/output.h"
#include "record/select.h"
#include "record/server.h"
#include "record/trigger.h"

struct hc_capture_options {
	const char *host_root;
	uint64_t max_events;  /* in all; 0: no limit */
	uint64_t max_seconds;
	pid_t pid;            /* follow what descends from it already, too; 0: none */
	const struct hc_select_options *select; /* for reloads */
	const struct hc_bpf_config *config;     /* for the ledger */
	const char *const *triggers; /* the rules of parts.trigger, for the ledger */
	size_t ntriggers;
	const struct hc_scset *keep;            /* never shed, besides the state set; NULL: shed nothing at all */
	const char *metrics;   /* file to keep up to date; NULL: none */
	bool quiet;
};

/* All borrowed until the end of hc_capture_run. */
struct hc_capture_parts {
	struct hc_kernel *kernel;
	const struct hc_iterators *iterators;
	struct hc_output *output;
	struct hc_select *select; /* the first selection; the capture replaces (and frees) it on reload: taken */
	struct hc_flight *flight; /* NULL: none */
	struct hc_child *child;   /* held back; pid -1: none */
	const char *child_name;
	struct hc_trigger *trigger; /* NULL: none */
	struct hc_server *control; /* NULL: none */
	struct hc_server *metrics; /* socket for the metrics; NULL: none */
	int signals;              /* signalfd of SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 */
	bool keep_privileges_for_files;
	bool keep_privilege_to_name; /* the directory is somebody else's, and a file or the metrics may have to be made there again */
};

struct hc_capture_result {
	uint64_t events, lost, shed;
	uint64_t unwritten; /* came from the kernel, and into no file, because the recording failed */
	uint64_t duration_ns;
	int child_exit; /* -1: there was none, or it did not run */
};

/* Hooks in, records until there is a reason to stop, hooks out, files closed. 0, or negative errno and diag if the
 * recording failed; *ret is set in both cases. */
int hc_capture_run(const struct hc_capture_parts *parts, const struct hc_capture_options *options,
		   struct hc_capture_result *ret, struct hc_diag *reterr_diag);
