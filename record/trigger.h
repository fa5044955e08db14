/* SPDX-License-Identifier: Apache-2.0
 *
 * --trigger: rules that watch the recording while it is made. A `hindcast replay` of its own process, user (nobody, if we
 * are root), and confinement reads the stream through a pipe; it evaluates what the host's programs can write into it, and is
 * therefore trusted with nothing. All it can do to us is a line "alert TIME_NS PRIORITY RULE" through a second pipe, which
 * means: save now. Whatever it does or fails to do, the recording goes on.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/cleanup.h"
#include "common/diag.h"
#include "record/alerts.h"
#include "record/feed.h"

struct hc_trigger;

struct hc_trigger_options {
	const char *const *rules;     /* files and directories */
	size_t nrules;
	const char *priority;         /* only rules at least that urgent; NULL: all */
};

/* Starts the process and waits until it has loaded the rules and is confined. Its messages go to our standard error. */
int hc_trigger_start(struct hc_trigger **ret, const struct hc_trigger_options *options, struct hc_diag *reterr_diag);
/* Ends it, by force if need be. */
struct hc_trigger *hc_trigger_free(struct hc_trigger *trigger);
HC_DEFINE_CLEANUP(struct hc_trigger *, hc_trigger_free);

pid_t hc_trigger_pid(const struct hc_trigger *trigger);
/* What it said of its confinement: "uid=65534 no_new_privs=1 seccomp=1 landlock=1"; borrowed. */
const char *hc_trigger_confinement(const struct hc_trigger *trigger);
/* Where the stream goes; NULL once the process has ended. Borrowed. */
struct hc_feed *hc_trigger_feed(struct hc_trigger *trigger);
/* Readable when there are alerts, or when the process ended. */
int hc_trigger_fd(const struct hc_trigger *trigger);

enum { HC_TRIGGER_ENDED = 1 };

/* Pushes the stream on, and takes alerts. Never waits. 0; HC_TRIGGER_ENDED, once: the process is gone, and hc_trigger_why
 * says how that came. */
int hc_trigger_serve(struct hc_trigger *trigger, uint64_t now_ns, hc_alerts_fn fn, void *ctx);
/* At the end: the stream ends, and what it says about the last events is waited for, for at most that long. As serve. */
int hc_trigger_finish(struct hc_trigger *trigger, uint64_t now_ns, uint32_t wait_ms, hc_alerts_fn fn, void *ctx);
const char *hc_trigger_why(const struct hc_trigger *trigger);

struct hc_trigger_stats {
	bool running;
	uint64_t alerts;
	struct hc_feed_stats feed;
};
void hc_trigger_stats(const struct hc_trigger *trigger, struct hc_trigger_stats *ret);
