/* SPDX-License-Identifier: Apache-2.0
 *
 * The recording's counters as Prometheus text: in a file that a node exporter's textfile collector (or anybody) reads, or for
 * a socket (record/scrape.h).
 */
#pragma once

#include <stdint.h>

#include "common/buf.h"
#include "common/diag.h"
#include "record/kernel.h"
#include "record/output.h"
#include "record/rings.h"
#include "record/trigger.h"

struct hc_metrics {
	const struct hc_kernel *kernel;
	const struct hc_output *output;
	const struct hc_rings *rings;
	uint64_t events;
	const struct hc_trigger_stats *live; /* of the live replay; NULL: there was none */
	uint32_t selected, shed; /* system calls recorded, and given up at present */
};

/* Appends the state of now. */
void hc_metrics_render(const struct hc_metrics *metrics, struct hc_buf *out);
/* Replaces the file at path by that text; a reader never sees half of it. */
int hc_metrics_write(const char *path, const struct hc_buf *text, struct hc_diag *reterr_diag);
