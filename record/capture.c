/* SPDX-License-Identifier: Apache-2.0
 *
 * The recorder's loop (record/capture.h): one thread drains the rings, everything else it is told through descriptors.
 *
 * Events are written MARGIN after they happened, so that those of other CPUs with an earlier time are there too. The
 * rings wake us when they fill; otherwise we look ten times a second.
 */
#include "record/capture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "record/capture-internal.h"
#include "record/metrics.h"
#include "record/privileges.h"
#include "record/rings.h"
#include "record/target.h"
#include "record/watch.h"

#define MARGIN_NS 5000000ull
#define SETTLE_NS 500000000ull /* how long to wait at the end for events under way */
#define SECOND_NS 1000000000ull
#define METRICS_NS 5000000000ull
#define RELOAD_DELAY_NS 500000000ull /* a change is often several */
#define STEP_NS 100000000ull /* of the governor */

enum { POLL_MS = 100, SETTLE_MS = 1, HASTE_PCT = 40 };

enum source { SOURCE_RING, SOURCE_SIGNAL, SOURCE_CHILD, SOURCE_SNAPSHOT, SOURCE_RULES, SOURCE_SERVER, SOURCE_TRIGGER };

/* The clock of the events: boot clock plus the offset fixed at start (scap-format.md 14.3), so a step of the wall clock
 * in between does not matter. */
uint64_t hc_capture_now(const struct hc_capture *c)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec + c->o->config->boot_to_epoch_ns;
}

static int watch(struct hc_capture *c, int fd, enum source source, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.u32 = source };

	return epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static int set_up(struct hc_capture *c, struct hc_diag *reterr_diag)
{
	uint32_t n, size;
	const int *fds = hc_kernel_rings(c->p->kernel, &n, &size);
	int err = hc_rings_new(&c->rings, fds, n, size, reterr_diag);

	if (err)
		return err;
	c->start_ns = c->tick_ns = hc_capture_now(c);
	c->stream = hc_stream_new(&(struct hc_stream_options){ .output = c->p->output, .kernel = c->p->kernel,
							       .iterators = c->p->iterators, .rings = c->rings, .config = c->o->config,
							       .host_root = c->o->host_root, .max_events = c->o->max_events },
				  c->start_ns);
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	err = c->epoll < 0 ? -errno : watch(c, c->p->signals, SOURCE_SIGNAL, EPOLLIN);
	if (!err)
		err = watch(c, hc_stream_fd(c->stream), SOURCE_SNAPSHOT, EPOLLIN);
	if (!err && c->child_running)
		err = watch(c, c->p->child->pidfd, SOURCE_CHILD, EPOLLIN);
	c->watch = hc_watch_new(c->select->files, c->select->nfiles);
	if (hc_watch_is_newer(c->select->files, c->select->nfiles, c->select->read_at))
		c->reload_ns = c->start_ns;
	if (!err && hc_watch_fd(c->watch) >= 0)
		err = watch(c, hc_watch_fd(c->watch), SOURCE_RULES, EPOLLIN);
	if (!err && c->p->control)
		err = watch(c, hc_server_fd(c->p->control), SOURCE_SERVER, EPOLLIN);
	if (!err && c->p->metrics)
		err = watch(c, hc_server_fd(c->p->metrics), SOURCE_SERVER, EPOLLIN);
	if (!err && c->p->trigger) {
		err = watch(c, hc_trigger_fd(c->p->trigger), SOURCE_TRIGGER, EPOLLIN);
		if (!err) /* edge-triggered: room in the pipe is nothing new */
			err = watch(c, hc_feed_fd(hc_trigger_feed(c->p->trigger)), SOURCE_TRIGGER, EPOLLOUT | EPOLLET);
		hc_stream_feed(c->stream, hc_trigger_feed(c->p->trigger));
	}
	/* edge-triggered: what stays in a ring for the margin must not wake us again and again */
	for (uint32_t i = 0; !err && i < n; i++)
		err = watch(c, fds[i], SOURCE_RING, EPOLLIN | EPOLLET);
	if (err)
		return hc_diag_set(reterr_diag, err, "cannot wait for events: %s", strerror(-err));
	return 0;
}

static int drain(struct hc_capture *c, uint64_t until_ns, struct hc_diag *reterr_diag)
{
	int r = hc_rings_drain(c->rings, until_ns, hc_stream_emit, c->stream);
	struct hc_stream_counts counts;

	if (r < 0)
		*reterr_diag = *hc_stream_diag(c->stream);
	hc_stream_counts(c->stream, &counts);
	c->enough |= r == HC_STREAM_ENOUGH || (c->o->max_events && counts.events >= c->o->max_events);
	if (c->enough && !c->stop)
		c->stop = "event limit";
	return r < 0 ? r : 0;
}

/* Up to when events can be merged. In a ring that is filling up they cannot wait for the others any longer: better a
 * time stamp a little late (hc_rings_drain) than an event lost. */
static uint64_t horizon(const struct hc_capture *c, uint64_t now)
{
	uint32_t fill_pct;

	hc_rings_pending(c->rings, &fill_pct);
	return fill_pct >= HASTE_PCT ? now : now - MARGIN_NS;
}

/* Puts the selection, less what the governor has shed, into force and into the ledger. */
static int apply(struct hc_capture *c, const char *reason, const char *why, struct hc_diag *reterr_diag)
{
	struct hc_diag diag;

	c->recorded = c->governor.selected;
	hc_scset_subtract(&c->recorded, &c->governor.shed);
	if (hc_kernel_select(c->p->kernel, &c->governor.selected, &c->governor.shed, &diag))
		fprintf(stderr, "hindcast record: %s; it is not recorded\n", diag.text);
	return hc_stream_selection(c->stream, c->select, &c->recorded, reason, why, reterr_diag);
}

static void govern(struct hc_capture *c)
{
	struct hc_scset keep;

	hc_selection_state_set(HC_STATE_SET_CURRENT, &keep);
	if (c->o->keep)
		hc_scset_unite(&keep, c->o->keep);
	hc_governor_init(&c->governor, &c->select->selection.final, &c->select->selection.rules, &keep);
}

/* Ten times a second: is there more than we can keep? */
static int step(struct hc_capture *c, uint64_t now, struct hc_diag *reterr_diag)
{
	struct hc_pressure p = { .now_ns = now };
	struct hc_rings_stats stats;
	uint64_t lost, shed;
	unsigned sc;
	enum hc_governor_change change;

	hc_rings_stats(c->rings, &stats);
	if (stats.fill_pct > c->step_fill_pct)
		c->step_fill_pct = stats.fill_pct;
	if (!c->o->keep || now - c->step_ns < STEP_NS)
		return 0;
	lost = hc_kernel_lost(c->p->kernel, &shed);
	p.lost = lost - c->step_lost;
	p.fill_pct = c->step_fill_pct;
	c->step_lost = lost;
	c->step_ns = now;
	c->step_fill_pct = 0;
	hc_stream_costs(c->stream, p.cost);
	change = hc_governor_step(&c->governor, &p, &sc);
	if (change == HC_GOVERNOR_NONE)
		return 0;
	snprintf(c->why, sizeof c->why, "%s %s: fullest ring at %u %%, %llu events lost", hc_sc_table[sc].name,
		 change == HC_GOVERNOR_SHED ? "given up" : "taken back", p.fill_pct, (unsigned long long)p.lost);
	if (!c->o->quiet)
		fprintf(stderr, "hindcast record: %s\n", c->why);
	return apply(c, change == HC_GOVERNOR_SHED ? "shed" : "restore", c->why, reterr_diag);
}

/* The rules anew. If they do not load, the old set stays: HC_CAPTURE_REFUSED. */
int hc_capture_reload(struct hc_capture *c, const char *why, struct hc_diag *reterr_diag)
{
	struct hc_select *select, *old;
	struct hc_diag diag = { 0 };
	int r = hc_select_make(&select, c->o->select, &diag), err;
	char text[1200];

	if (r) {
		fprintf(stderr, "hindcast record: the new rules are not used, recording goes on with the old ones%s%s\n",
			r < 0 ? ": " : "", r < 0 ? hc_diag_format(&diag, text, sizeof text) : "");
		return HC_CAPTURE_REFUSED;
	}
	old = c->select;
	c->select = select;
	govern(c);
	err = apply(c, "reload", why, reterr_diag);
	hc_select_free(old);
	if (c->o->quiet)
		return err;
	hc_select_warn(select);
	fprintf(stderr, "hindcast record: rules reloaded: %zu rules, %u system calls selected\n", select->nrules,
		hc_scset_count(&select->selection.final));
	return err;
}

static int drop_privileges(const struct hc_capture *c, bool unnamed, struct hc_diag *reterr_diag)
{
	return hc_privileges_drop(&(struct hc_privileges){ .files = c->p->keep_privileges_for_files,
							   .name = unnamed || c->p->keep_privilege_to_name,
							   .signals = c->child_running || c->p->trigger }, reterr_diag);
}

/* The snapshot is there, and so are all events up to its end: the file gets its name, and the first time the command may go. */
static int snapshot_ready(struct hc_capture *c, struct hc_diag *reterr_diag)
{
	int err = hc_stream_ready(c->stream, hc_capture_now(c), reterr_diag), code;

	if (!err && !c->named) {
		err = drop_privileges(c, false, reterr_diag);
		hc_output_go_background(c->p->output);
		c->named = !err;
	}
	if (err || !c->child_running || c->child_released)
		return err;
	c->child_released = true;
	code = hc_child_release(c->p->child, c->p->child_name, reterr_diag);
	if (code) {
		c->child_running = false;
		c->result->child_exit = code;
		epoll_ctl(c->epoll, EPOLL_CTL_DEL, c->p->child->pidfd, NULL);
		fprintf(stderr, "hindcast record: %s\n", reterr_diag->text);
		c->stop = "command cannot run";
	}
	return 0;
}

static void child_ended(struct hc_capture *c)
{
	epoll_ctl(c->epoll, EPOLL_CTL_DEL, c->p->child->pidfd, NULL);
	c->child_running = false;
	c->result->child_exit = hc_child_reap(c->p->child);
	if (!c->stop)
		c->stop = "command ended";
}

static int handle(struct hc_capture *c, enum source source, struct hc_diag *reterr_diag)
{
	switch (source) {
	case SOURCE_SIGNAL: return hc_capture_signalled(c, reterr_diag);
	case SOURCE_SNAPSHOT:
		c->ready_ns = hc_capture_now(c);
		return hc_stream_acknowledge(c->stream);
	case SOURCE_CHILD: child_ended(c); return 0;
	case SOURCE_RULES:
		if (hc_watch_changed(c->watch))
			c->reload_ns = hc_capture_now(c) + RELOAD_DELAY_NS;
		return 0;
	case SOURCE_RING: case SOURCE_SERVER: case SOURCE_TRIGGER: return 0;
	}
	return 0;
}

/* Metrics that cannot be written end nothing; it is said once, until they can be. */
static void write_metrics(struct hc_capture *c, uint64_t now)
{
	struct hc_buf text HC_BUF_DONE = { 0 };
	struct hc_diag diag;
	bool failed;

	if (!c->o->metrics || now - c->metrics_ns < METRICS_NS)
		return;
	c->metrics_ns = now;
	hc_capture_metrics(c, &text);
	failed = hc_metrics_write(c->o->metrics, &text, &diag);
	if (failed && !c->metrics_failed)
		fprintf(stderr, "hindcast record: %s; recording goes on without, and tries again\n", diag.text);
	c->metrics_failed = failed;
}

/* A file system about to be full ends the recording while there is room to end it well. */
static void check_space(struct hc_capture *c)
{
	c->full = hc_output_check_space(c->p->output, &c->full_diag);
	if (c->full && !c->stop)
		c->stop = "file system full";
}

static void notice(const struct hc_capture *c)
{
	const char *text = hc_output_notice(c->p->output);

	if (text)
		fprintf(stderr, "hindcast record: %s\n", text);
	text = hc_stream_notice(c->stream);
	if (text)
		fprintf(stderr, "hindcast record: %s\n", text);
}

static int loop(struct hc_capture *c, struct hc_diag *reterr_diag)
{
	while (!c->stop) {
		struct epoll_event events[16];
		int n = epoll_wait(c->epoll, events, 16, c->ready_ns ? SETTLE_MS : POLL_MS), err = 0;
		uint64_t now;

		for (int i = 0; !err && i < n; i++)
			err = handle(c, events[i].data.u32, reterr_diag);
		now = hc_capture_now(c);
		if (!err)
			err = drain(c, horizon(c, now), reterr_diag);
		if (!err && c->ready_ns && now - MARGIN_NS >= c->ready_ns) {
			c->ready_ns = 0;
			err = snapshot_ready(c, reterr_diag);
		}
		if (!err)
			err = step(c, now, reterr_diag);
		if (!err && c->reload_ns && now >= c->reload_ns) {
			c->reload_ns = 0;
			err = hc_capture_reload(c, "rule files changed", reterr_diag);
			err = err < 0 ? err : 0;
		}
		if (!err)
			err = hc_capture_serve(c, now, reterr_diag);
		if (!err)
			err = hc_capture_live_serve(c, now, reterr_diag);
		if (!err && now - c->tick_ns >= SECOND_NS) {
			c->tick_ns = now;
			check_space(c);
			err = hc_stream_tick(c->stream, now, reterr_diag);
			if (!err)
				err = hc_capture_live_check(c, now, reterr_diag);
			notice(c);
			write_metrics(c, now);
		}
		if (err)
			return err;
		if (c->o->max_seconds && now - c->start_ns >= c->o->max_seconds * SECOND_NS && !c->stop)
			c->stop = "time limit";
	}
	return 0;
}

static uint64_t produced(const struct hc_capture *c)
{
	uint32_t n;
	const volatile struct hc_bpf_cpu *cpus = hc_kernel_cpus(c->p->kernel, &n);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += cpus[i].produced;
	return sum;
}

/* Every event the kernel has counted as produced reaches us, if we wait for the programs that were running when the
 * hooks went. */
static int settle(struct hc_capture *c, struct hc_diag *reterr_diag)
{
	static const struct hc_scset nothing;
	const struct timespec pause = { .tv_nsec = SETTLE_MS * 1000000 };
	uint64_t end = hc_capture_now(c) + SETTLE_NS;
	int err;

	hc_kernel_select(c->p->kernel, &nothing, &nothing, reterr_diag); /* it is about to be unhooked anyway */
	hc_kernel_detach(c->p->kernel);
	err = drain(c, UINT64_MAX, reterr_diag);
	if (!err)
		err = hc_stream_settle(c->stream, hc_capture_now(c), reterr_diag);
	while (!err) {
		struct hc_rings_stats stats;

		err = drain(c, UINT64_MAX, reterr_diag);
		hc_rings_stats(c->rings, &stats);
		if (stats.events >= produced(c) || c->enough || hc_capture_now(c) > end)
			break;
		nanosleep(&pause, NULL);
	}
	return err;
}

/* Recording has ended before the command: it goes on, and its exit code is waited for. */
static void wait_for_child(struct hc_capture *c)
{
	int epoll HC_CLOSE = -1;

	if (!c->child_running || !c->child_released)
		return;
	if (c->p->control)
		hc_server_stop(c->p->control);
	if (c->p->metrics)
		hc_server_stop(c->p->metrics);
	/* of all that woke the recorder only these two still matter; the rest would do so for ever, since nobody looks at it */
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll >= 0) {
		close(c->epoll);
		c->epoll = TAKE_FD(epoll);
		watch(c, c->p->signals, SOURCE_SIGNAL, EPOLLIN);
		watch(c, c->p->child->pidfd, SOURCE_CHILD, EPOLLIN);
	}
	if (!c->o->quiet)
		fprintf(stderr, "hindcast record: recording has ended (%s), %s still runs\n", c->stop ? c->stop : "failed",
			c->p->child_name);
	while (c->child_running) {
		struct epoll_event ev;

		if (epoll_wait(c->epoll, &ev, 1, -1) != 1)
			continue;
		if (ev.data.u32 == SOURCE_CHILD) {
			child_ended(c);
		} else if (ev.data.u32 == SOURCE_SIGNAL) {
			struct signalfd_siginfo si;

			while (read(c->p->signals, &si, sizeof si) == sizeof si)
				if (si.ssi_signo != SIGUSR1 && si.ssi_signo != SIGUSR2 && si.ssi_code != SI_KERNEL)
					kill(c->p->child->pid, (int)si.ssi_signo);
		}
	}
}

/* The recording ends before the time after the trigger is over. */
static void end_save(struct hc_capture *c)
{
	struct hc_output_stats out;

	hc_flight_stop_saving(c->p->flight);
	hc_output_stats(c->p->output, &out);
	if (!c->o->quiet)
		fprintf(stderr, "hindcast record: saved %s, up to the end of the recording\n", out.path);
}

struct family {
	struct hc_kernel *kernel;
	struct hc_diag *diag;
};

static int follow_too(void *ctx, pid_t pid)
{
	const struct family *family = ctx;

	return hc_kernel_follow(family->kernel, pid, family->diag);
}

static int record(struct hc_capture *c, struct hc_diag *reterr_diag)
{
	int err;

	if (c->o->config->follow && c->child_running) {
		err = hc_kernel_follow(c->p->kernel, c->p->child->pid, reterr_diag);
		if (err)
			return err;
	}
	err = hc_kernel_attach(c->p->kernel, reterr_diag);
	if (!err && c->o->pid) /* from now on the kernel adds the children of whom it follows */
		err = hc_target_descendants(c->o->pid, follow_too, &(struct family){ c->p->kernel, reterr_diag });
	if (err)
		return err;
	govern(c);
	err = apply(c, "start", NULL, reterr_diag);
	if (!err && c->p->trigger)
		err = hc_capture_live_begin(c, reterr_diag);
	if (!err)
		err = hc_stream_snapshot(c->stream, hc_capture_now(c), reterr_diag);
	if (!err) /* the snapshot's thread has its own; all that comes later needs less */
		err = drop_privileges(c, true, reterr_diag);
	if (!err)
		err = loop(c, reterr_diag);
	if (!err)
		err = settle(c, reterr_diag);
	if (!err)
		err = hc_capture_live_finish(c, reterr_diag);
	if (!err)
		err = hc_stream_end(c->stream, hc_capture_now(c), c->stop, reterr_diag);
	notice(c);
	if (c->p->flight && hc_flight_is_saving(c->p->flight))
		end_save(c);
	if (!err && c->full)
		*reterr_diag = c->full_diag;
	return err ? err : c->full;
}

/* What became of every event the kernel made, also if the recording failed: then what was on its way is counted too. */
static void account(struct hc_capture *c, bool failed)
{
	struct hc_capture_result *r = c->result;
	struct hc_stream_counts counts;
	struct hc_output_stats out;
	uint64_t accounted;

	r->duration_ns = hc_capture_now(c) - c->start_ns;
	hc_stream_counts(c->stream, &counts);
	hc_output_stats(c->p->output, &out);
	r->events = failed ? out.recorded_out : counts.events;
	r->lost = hc_kernel_lost(c->p->kernel, &r->shed) + counts.refused;
	accounted = r->events + counts.refused + counts.skipped;
	r->unwritten = c->enough || produced(c) < accounted ? 0 : produced(c) - accounted;
}

/* No more events are made, and what is whole reaches the file. */
static void give_up(struct hc_capture *c, const struct hc_diag *diag)
{
	struct hc_diag ignored;
	char text[1200];

	hc_kernel_detach(c->p->kernel);
	hc_output_end(c->p->output, hc_capture_now(c), &ignored);
	fprintf(stderr, "hindcast record: recording stops: %s\n", hc_diag_format(diag, text, sizeof text));
}

int hc_capture_run(const struct hc_capture_parts *parts, const struct hc_capture_options *options,
		   struct hc_capture_result *ret, struct hc_diag *reterr_diag)
{
	struct hc_capture c = { .p = parts, .o = options, .select = parts->select, .epoll = -1, .result = ret,
			     .child_running = parts->child->pid > 0 };
	int err;

	*ret = (struct hc_capture_result){ .child_exit = -1 };
	err = set_up(&c, reterr_diag);
	if (!err)
		err = record(&c, reterr_diag);
	if (err)
		give_up(&c, reterr_diag);
	if (c.stream) {
		account(&c, err);
		wait_for_child(&c);
	}
	hc_stream_free(c.stream);
	hc_rings_free(c.rings);
	hc_watch_free(c.watch);
	hc_select_free(c.select);
	if (c.epoll >= 0)
		close(c.epoll);
	return err;
}
