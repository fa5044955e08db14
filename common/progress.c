/* SPDX-License-Identifier: Apache-2.0
 *
 * Drawing the progress line.
 */
#include "common/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_NS = 1000000000, AGAIN_NS = 100000000, BAR = 24 };

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void hc_progress_init(struct hc_progress *p, const char *label, bool wanted)
{
	*p = (struct hc_progress){ .on = wanted && isatty(STDERR_FILENO), .label = label };
	if (p->on)
		p->start_ns = now_ns();
}

void hc_progress_show(struct hc_progress *p, uint64_t done, uint64_t total, uint64_t count, const char *unit)
{
	int64_t now = now_ns(), spent = now - p->start_ns;
	double part;
	char bar[BAR + 1];

	if (!p->on || spent < FIRST_NS || now - p->last_ns < AGAIN_NS)
		return;
	p->last_ns = now;
	p->drawn = true;
	if (!total) {
		fprintf(stderr, "\r\033[K%s: %" PRIu64 " %s, %" PRIu64 " MiB", p->label, count, unit, done >> 20);
		return;
	}
	part = done < total ? (double)done / (double)total : 1;
	memset(bar, '.', BAR);
	memset(bar, '#', (size_t)(part * BAR));
	bar[BAR] = '\0';
	fprintf(stderr, "\r\033[K%s: [%s] %3.0f %%  %" PRIu64 " %s", p->label, bar, part * 100, count, unit);
	if (part > 0.02)
		fprintf(stderr, ", %.0f s left", (double)spent / 1e9 * (1 - part) / part);
}

void hc_progress_clear(struct hc_progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
}
