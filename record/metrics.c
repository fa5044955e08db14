/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/metrics.h.
 */
#include "record/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "record/ledger.h"

static void one(struct hc_buf *out, const char *name, const char *type, const char *help, double value)
{
	hc_buf_printf(out, "# HELP hindcast_record_%s %s\n# TYPE hindcast_record_%s %s\nhindcast_record_%s %.17g\n", name, help, name,
		      type, name, value);
}

void hc_metrics_render(const struct hc_metrics *m, struct hc_buf *out)
{
	uint32_t n;
	const volatile struct hc_bpf_cpu *cpus = hc_kernel_cpus(m->kernel, &n);
	struct hc_output_stats files;
	struct hc_rings_stats rings;

	hc_output_stats(m->output, &files);
	hc_rings_stats(m->rings, &rings);
	one(out, "events_total", "counter", "Events written.", (double)m->events);
	one(out, "plain_bytes_total", "counter", "Bytes of captures before compression.", (double)files.bytes_plain);
	one(out, "written_bytes_total", "counter", "Bytes of captures as written.", (double)files.bytes_out);
	one(out, "files_total", "counter", "Files, or segments in memory, begun.", (double)files.files);
	one(out, "late_events_total", "counter", "Events given a later time than their own to keep the order.", (double)rings.late);
	one(out, "ring_fill_ratio", "gauge", "Fullest ring at the last look.", rings.fill_pct / 100.0);
	one(out, "selected_syscalls", "gauge", "System calls selected, shed ones included.", m->selected);
	one(out, "shed_syscalls", "gauge", "System calls given up at present.", m->shed);
	one(out, "cpu_seconds_total", "counter", "CPU time of the recorder process.", (double)hc_ledger_cpu_ns() / 1e9);
	one(out, "bpf_seconds_total", "counter", "Time the BPF programs have spent on making events; one in 128 is timed.",
	    (double)hc_ledger_bpf_ns(m->kernel) / 1e9);
	one(out, "unfollowed_processes_total", "counter", "Processes to be followed (--follow, --pid) that are not: too many.",
	    (double)hc_kernel_unfollowed(m->kernel));
	one(out, "saves_total", "counter", "Files the flight recorder has written.", (double)files.saves);
	if (m->live) {
		one(out, "live_up", "gauge", "1 while the live replay of --trigger runs.", m->live->running);
		one(out, "live_alerts_total", "counter", "Alerts of the live replay.", (double)m->live->alerts);
		one(out, "live_events_total", "counter", "Events given to the live replay.", (double)m->live->feed.events);
		one(out, "live_left_out_events_total", "counter", "Events the live replay did not get, because it was behind.",
		    (double)m->live->feed.left_out);
		one(out, "live_kept_bytes", "gauge", "Bytes that wait for the live replay.", (double)m->live->feed.kept_bytes);
	}
	hc_buf_puts(out, "# HELP hindcast_record_lost_events_total Events lost, by CPU and cause.\n"
			 "# TYPE hindcast_record_lost_events_total counter\n");
	for (uint32_t cpu = 0; cpu < n; cpu++)
		for (unsigned why = 0; why < HC_DROP_COUNT; why++)
			hc_buf_printf(out, "hindcast_record_lost_events_total{cpu=\"%u\",cause=\"%s\"} %llu\n", cpu,
				      hc_kernel_drop_name(why), (unsigned long long)cpus[cpu].dropped[why]);
}

int hc_metrics_write(const char *path, const struct hc_buf *text, struct hc_diag *reterr_diag)
{
	struct hc_buf temporary HC_BUF_DONE = { 0 };
	int fd HC_CLOSE = -1, err = 0;

	hc_buf_printf(&temporary, "%s.new", path);
	/* always a new file: one that is there could be a pipe that nobody reads */
	unlink(temporary.p);
	fd = open(temporary.p, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd >= 0)
		errno = 0; /* a short write leaves it as it is */
	if (fd < 0 || write(fd, text->p, text->len) != (ssize_t)text->len || rename(temporary.p, path))
		err = errno ? -errno : -ENOSPC;
	if (err && fd >= 0)
		unlink(temporary.p);
	return !err ? 0 : hc_diag_set(reterr_diag, err, "cannot write the metrics to %s: %s", path, strerror(-err));
}
