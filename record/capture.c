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

#include "record/control.h"
#include "record/governor.h"
#include "record/metrics.h"
#include "record/privileges.h"
#include "record/rings.h"
#include "record/scrape.h"
#include "record/stream.h"
#include "record/watch.h"

#define MARGIN_NS 5000000ull
#define SETTLE_NS 500000000ull /* how long to wait at the end for events under way */
#define SECOND_NS 1000000000ull
#define METRICS_NS 5000000000ull
#define RELOAD_DELAY_NS 500000000ull /* a change is often several */
#define STEP_NS 100000000ull /* of the governor */

enum { FINISH_MS = 10000 /* for the live replay's last words */ };
enum { POLL_MS = 100, SETTLE_MS = 1, HASTE_PCT = 40 };

enum source { SOURCE_RING, SOURCE_SIGNAL, SOURCE_CHILD, SOURCE_SNAPSHOT, SOURCE_RULES, SOURCE_SERVER, SOURCE_TRIGGER };

struct capture {
	const struct hc_capture_parts *p;
	const struct hc_capture_options *o;
	struct hc_rings *rings;
	struct hc_stream *stream;
	struct hc_select *select;
	int epoll;
	uint64_t start_ns, tick_ns;
	struct hc_watch *watch;
	uint64_t reload_ns;   /* when to look at changed rules; 0: they have not changed */
	uint64_t ready_ns;    /* when a snapshot was complete; 0: none waits */
	const char *stop;     /* why to end; NULL: go on */
	bool child_running, child_released, stop_asked;
	bool named;           /* the first file is */
	struct hc_governor governor;
	struct hc_scset recorded; /* selected and not shed */
	char why[160];            /* the governor's last change */
	uint64_t step_ns, step_lost, metrics_ns;
	bool metrics_failed;
	bool save_failed;     /* the last time */
	uint64_t left_out;    /* of the live replay's stream, as told */
	int failure; /* of what a request to the control socket did; failure_diag */
	struct hc_diag failure_diag;
	uint32_t step_fill_pct;
	struct hc_capture_result *result;
};

/* The clock of the events: boot clock plus the offset fixed at start (scap-format.md 14.3), so a step of the wall clock
 * in between does not matter. */
static uint64_t now_ns(const struct capture *c)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec + c->o->config->boot_to_epoch_ns;
}

static int watch(struct capture *c, int fd, enum source source, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.u32 = source };

	return epoll_ctl(c->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static int set_up(struct capture *c, struct hc_diag *reterr_diag)
{
	uint32_t n, size;
	const int *fds = hc_kernel_rings(c->p->kernel, &n, &size);
	int err = hc_rings_new(&c->rings, fds, n, size, reterr_diag);

	if (err)
		return err;
	c->start_ns = c->tick_ns = now_ns(c);
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

static int drain(struct capture *c, uint64_t until_ns, struct hc_diag *reterr_diag)
{
	int r = hc_rings_drain(c->rings, until_ns, hc_stream_emit, c->stream);

	if (r < 0)
		*reterr_diag = *hc_stream_diag(c->stream);
	if (r == HC_STREAM_ENOUGH && !c->stop)
		c->stop = "event limit";
	return r < 0 ? r : 0;
}

/* Up to when events can be merged. In a ring that is filling up they cannot wait for the others any longer: better a
 * time stamp a little late (hc_rings_drain) than an event lost. */
static uint64_t horizon(const struct capture *c, uint64_t now)
{
	uint32_t fill_pct;

	hc_rings_pending(c->rings, &fill_pct);
	return fill_pct >= HASTE_PCT ? now : now - MARGIN_NS;
}

static void report(const struct capture *c)
{
	uint64_t refused, events = hc_stream_events(c->stream, &refused), shed, lost = hc_kernel_lost(c->p->kernel, &shed);
	uint32_t fill;

	hc_rings_pending(c->rings, &fill);
	fprintf(stderr, "hindcast record: %llu events recorded, %llu dropped, %llu shed so far; fullest ring %u %%\n",
		(unsigned long long)events, (unsigned long long)(lost + refused), (unsigned long long)shed, fill);
}

/* Puts the selection, less what the governor has shed, into force and into the ledger. */
static int apply(struct capture *c, const char *reason, const char *why, struct hc_diag *reterr_diag)
{
	struct hc_diag diag;

	c->recorded = c->governor.selected;
	hc_scset_subtract(&c->recorded, &c->governor.shed);
	if (hc_kernel_select(c->p->kernel, &c->governor.selected, &c->governor.shed, &diag))
		fprintf(stderr, "hindcast record: %s; it is not recorded\n", diag.text);
	return hc_stream_selection(c->stream, c->select, &c->recorded, reason, why, reterr_diag);
}

static void govern(struct capture *c)
{
	struct hc_scset keep;

	hc_selection_state_set(HC_STATE_SET_CURRENT, &keep);
	if (c->o->keep)
		hc_scset_unite(&keep, c->o->keep);
	hc_governor_init(&c->governor, &c->select->selection.final, &c->select->selection.rules, &keep);
}

/* Ten times a second: is there more than we can keep? */
static int step(struct capture *c, uint64_t now, struct hc_diag *reterr_diag)
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

enum { RELOAD_REFUSED = 1 };

/* The rules anew. If they do not load, the old set stays: RELOAD_REFUSED. */
static int reload(struct capture *c, const char *why, struct hc_diag *reterr_diag)
{
	struct hc_select *select, *old;
	struct hc_diag diag = { 0 };
	int r = hc_select_make(&select, c->o->select, &diag), err;
	char text[1200];

	if (r) {
		fprintf(stderr, "hindcast record: the new rules are not used, recording goes on with the old ones%s%s\n",
			r < 0 ? ": " : "", r < 0 ? hc_diag_format(&diag, text, sizeof text) : "");
		return RELOAD_REFUSED;
	}
	old = c->select;
	c->select = select;
	govern(c);
	err = apply(c, "reload", why, reterr_diag);
	hc_select_free(old);
	if (!c->o->quiet)
		fprintf(stderr, "hindcast record: rules reloaded: %zu rules, %u system calls selected\n", select->nrules,
			hc_scset_count(&select->selection.final));
	return err;
}

/* The flight recorder's trigger. A file that cannot be written does not end the recording: reterr_diag says why, and so
 * does standard error. */
static int save(struct capture *c, const struct hc_ledger_trigger *trigger, struct hc_diag *reterr_diag)
{
	bool extends = c->p->flight && hc_flight_is_saving(c->p->flight);
	const char *detail = trigger->rule ? trigger->rule : trigger->text;
	struct hc_output_stats out;
	int err;

	if (!c->p->flight)
		err = hc_diag_set(reterr_diag, -EINVAL, "nothing to save: without --flight everything is in the capture already");
	else
		err = hc_stream_save(c->stream, now_ns(c), trigger, reterr_diag);
	if (err && (!trigger->alerts || !c->save_failed)) /* alerts can come again and again */
		fprintf(stderr, "hindcast record: %s\n", reterr_diag->text);
	c->save_failed = err;
	if (!err && !c->o->quiet && !(extends && trigger->alerts)) {
		hc_output_stats(c->p->output, &out);
		fprintf(stderr, "hindcast record: %s %s, because of %s%s%s\n", extends ? "saving on to" : "saving to", out.path,
			trigger->alerts ? "rule" : trigger->reason, !detail ? "" : trigger->rule ? " " : ": ", detail ? detail : "");
	}
	return err;
}

/* hc_alerts_fn */
static void alerted(void *ctx, const struct hc_alerts_one *alert)
{
	struct capture *c = ctx;
	struct hc_diag diag;

	save(c, &(struct hc_ledger_trigger){ .reason = "alert", .at_ns = now_ns(c), .rule = alert->rule, .priority = alert->priority,
					     .event_ns = alert->event_ns, .alerts = alert->count }, &diag);
}

static int say_live(struct capture *c, struct hc_diag *reterr_diag)
{
	json_t *rules = json_array();

	for (size_t i = 0; i < c->o->ntriggers; i++)
		json_array_append_new(rules, json_string(c->o->triggers[i]));
	return hc_stream_live(c->stream, json_pack("{s:s, s:o, s:s}", "state", "running", "rules", rules, "confinement",
						   hc_trigger_confinement(c->p->trigger)), true, reterr_diag);
}

static int live_ended(struct capture *c, struct hc_diag *reterr_diag)
{
	hc_stream_feed(c->stream, NULL);
	fprintf(stderr, "hindcast record: the live replay of --trigger %s; recording goes on, but no alert will save it any more\n",
		hc_trigger_why(c->p->trigger));
	return hc_stream_live(c->stream, json_pack("{s:s, s:s}", "state", "ended", "why", hc_trigger_why(c->p->trigger)), true,
			      reterr_diag);
}

/* Once a second: did the live replay have to do without events? */
static int check_live(struct capture *c, uint64_t now, struct hc_diag *reterr_diag)
{
	struct hc_trigger_stats stats;
	uint64_t left_out;

	if (!c->p->trigger)
		return 0;
	hc_trigger_stats(c->p->trigger, &stats);
	left_out = stats.feed.left_out - c->left_out;
	if (!left_out)
		return 0;
	if (!c->left_out && !c->o->quiet)
		fprintf(stderr, "hindcast record: the live replay of --trigger is too slow for this host's events; some are left out "
				"for it, and counted. What is recorded is complete\n");
	c->left_out = stats.feed.left_out;
	return hc_stream_live(c->stream, json_pack("{s:s, s:I, s:I}", "state", "behind", "left_out", (json_int_t)left_out, "to_ns",
						   (json_int_t)now), false, reterr_diag);
}

static int serve_live(struct capture *c, uint64_t now, struct hc_diag *reterr_diag)
{
	if (c->p->trigger && hc_trigger_serve(c->p->trigger, now, alerted, c) == HC_TRIGGER_ENDED)
		return live_ended(c, reterr_diag);
	return 0;
}

/* At the end: what the last events raise still counts. */
static int finish_live(struct capture *c, struct hc_diag *reterr_diag)
{
	int err = 0;

	if (!c->p->trigger)
		return 0;
	if (hc_trigger_finish(c->p->trigger, now_ns(c), FINISH_MS, alerted, c) == HC_TRIGGER_ENDED)
		err = live_ended(c, reterr_diag);
	hc_stream_feed(c->stream, NULL);
	return err ? err : check_live(c, now_ns(c), reterr_diag);
}

/* With a command, asking us to stop means asking it, with that signal; 0: it has been asked already (the terminal asks
 * both). Asked again, we end without it. */
static void asked_to_stop(struct capture *c, const char *how, int signo)
{
	if (!c->child_running || !c->child_released || c->stop_asked) {
		c->stop = how;
		return;
	}
	c->stop_asked = true;
	if (signo)
		kill(c->p->child->pid, signo);
}

static int signalled(struct capture *c, struct hc_diag *reterr_diag)
{
	struct signalfd_siginfo si;
	struct hc_diag diag;
	int err = 0;

	while (err >= 0 && read(c->p->signals, &si, sizeof si) == sizeof si) {
		if (si.ssi_signo == SIGHUP && si.ssi_code != SI_KERNEL)
			err = reload(c, "SIGHUP", reterr_diag);
		else if (si.ssi_signo == SIGUSR1)
			report(c);
		else if (si.ssi_signo == SIGUSR2)
			save(c, &(struct hc_ledger_trigger){ .reason = "SIGUSR2", .at_ns = now_ns(c), .has_requester = true,
							     .pid = (pid_t)si.ssi_pid, .uid = si.ssi_uid }, &diag);
		else
			asked_to_stop(c, "signal", si.ssi_code == SI_KERNEL ? 0 : (int)si.ssi_signo);
	}
	return err < 0 ? err : 0;
}

static json_t *control_save(struct capture *c, const struct hc_control_request *request, const struct hc_server_peer *peer)
{
	const struct hc_ledger_trigger trigger = { .reason = "control", .text = *request->reason ? request->reason : NULL,
						   .at_ns = now_ns(c), .has_requester = true, .pid = peer->pid, .uid = peer->uid };
	bool extends = c->p->flight && hc_flight_is_saving(c->p->flight);
	struct hc_output_stats out;
	struct hc_diag diag;

	if (save(c, &trigger, &diag))
		return hc_control_error(diag.text);
	hc_output_stats(c->p->output, &out);
	return json_pack("{s:b, s:s, s:b}", "ok", 1, "file", out.path, "extended", extends);
}

static json_t *control_status(struct capture *c)
{
	uint64_t refused, events = hc_stream_events(c->stream, &refused), shed, lost = hc_kernel_lost(c->p->kernel, &shed);
	struct hc_output_stats out;
	uint32_t fill;

	hc_rings_pending(c->rings, &fill);
	hc_output_stats(c->p->output, &out);
	return json_pack("{s:b, s:i, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:i, s:s, s:I, s:b, s:I}", "ok", 1, "pid", (int)getpid(),
			 "started_ns", (json_int_t)c->start_ns, "now_ns", (json_int_t)now_ns(c), "events", (json_int_t)events,
			 "lost", (json_int_t)(lost + refused), "shed", (json_int_t)shed, "ring_fill_pct", (int)fill,
			 "selected_syscalls", (int)hc_scset_count(&c->governor.selected),
			 "shed_syscalls", (int)hc_scset_count(&c->governor.shed), "file", out.path,
			 "bytes", (json_int_t)out.bytes_out, "saving", c->p->flight && hc_flight_is_saving(c->p->flight),
			 "saves", (json_int_t)out.saves);
}

/* hc_control_do */
static json_t *control(void *ctx, const struct hc_control_request *request, const struct hc_server_peer *peer)
{
	struct capture *c = ctx;
	struct hc_diag diag;
	int err;

	switch (request->verb) {
	case HC_CONTROL_SAVE: return control_save(c, request, peer);
	case HC_CONTROL_STATUS: return control_status(c);
	case HC_CONTROL_RELOAD:
		err = reload(c, "control", &diag);
		if (err < 0) {
			c->failure = err;
			c->failure_diag = diag;
		}
		if (err)
			return hc_control_error(err < 0 ? diag.text : "the new rules are not used; the recorder's messages say why");
		break;
	case HC_CONTROL_STOP:
		asked_to_stop(c, "control", SIGTERM);
		break;
	default: return hc_control_error("not possible");
	}
	return json_pack("{s:b}", "ok", 1);
}

/* What the metrics are made of. */
static void render_metrics(void *ctx, struct hc_buf *out)
{
	const struct capture *c = ctx;
	struct hc_metrics m = { .kernel = c->p->kernel, .output = c->p->output, .rings = c->rings,
				.selected = hc_scset_count(&c->governor.selected), .shed = hc_scset_count(&c->governor.shed) };
	struct hc_trigger_stats live;
	uint64_t refused;

	m.events = hc_stream_events(c->stream, &refused);
	if (c->p->trigger) {
		hc_trigger_stats(c->p->trigger, &live);
		m.live = &live;
	}
	hc_metrics_render(&m, out);
}

/* Requests to the sockets; they wait for nothing, the recording comes first. */
static int serve(struct capture *c, uint64_t now, struct hc_diag *reterr_diag)
{
	struct hc_control requests = { control, c };
	struct hc_scrape scrape = { render_metrics, c };

	if (c->p->control)
		hc_server_serve(c->p->control, now, hc_control_serve, &requests);
	if (c->p->metrics)
		hc_server_serve(c->p->metrics, now, hc_scrape_serve, &scrape);
	if (c->failure)
		*reterr_diag = c->failure_diag;
	return c->failure;
}

static int drop_privileges(const struct capture *c, bool unnamed, struct hc_diag *reterr_diag)
{
	return hc_privileges_drop(&(struct hc_privileges){ .files = c->p->keep_privileges_for_files, .name = unnamed,
							   .signals = c->child_running || c->p->trigger }, reterr_diag);
}

/* The snapshot is there, and so are all events up to its end: the file gets its name, and the first time the command may go. */
static int snapshot_ready(struct capture *c, struct hc_diag *reterr_diag)
{
	int err = hc_stream_ready(c->stream, now_ns(c), reterr_diag), code;

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

static void child_ended(struct capture *c)
{
	epoll_ctl(c->epoll, EPOLL_CTL_DEL, c->p->child->pidfd, NULL);
	c->child_running = false;
	c->result->child_exit = hc_child_reap(c->p->child);
	if (!c->stop)
		c->stop = "command ended";
}

static int handle(struct capture *c, enum source source, struct hc_diag *reterr_diag)
{
	switch (source) {
	case SOURCE_SIGNAL: return signalled(c, reterr_diag);
	case SOURCE_SNAPSHOT:
		c->ready_ns = now_ns(c);
		return hc_stream_acknowledge(c->stream);
	case SOURCE_CHILD: child_ended(c); return 0;
	case SOURCE_RULES:
		if (hc_watch_changed(c->watch))
			c->reload_ns = now_ns(c) + RELOAD_DELAY_NS;
		return 0;
	case SOURCE_RING: case SOURCE_SERVER: case SOURCE_TRIGGER: return 0;
	}
	return 0;
}

/* Metrics that cannot be written end nothing; it is said once. */
static void write_metrics(struct capture *c, uint64_t now)
{
	struct hc_buf text HC_BUF_DONE = { 0 };
	struct hc_diag diag;

	if (!c->o->metrics || c->metrics_failed || now - c->metrics_ns < METRICS_NS)
		return;
	c->metrics_ns = now;
	render_metrics(c, &text);
	if (hc_metrics_write(c->o->metrics, &text, &diag)) {
		c->metrics_failed = true;
		fprintf(stderr, "hindcast record: %s; recording goes on without\n", diag.text);
	}
}

static void notice(const struct capture *c)
{
	const char *text = hc_output_notice(c->p->output);

	if (text)
		fprintf(stderr, "hindcast record: %s\n", text);
}

static int loop(struct capture *c, struct hc_diag *reterr_diag)
{
	while (!c->stop) {
		struct epoll_event events[16];
		int n = epoll_wait(c->epoll, events, 16, c->ready_ns ? SETTLE_MS : POLL_MS), err = 0;
		uint64_t now;

		for (int i = 0; !err && i < n; i++)
			err = handle(c, events[i].data.u32, reterr_diag);
		now = now_ns(c);
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
			err = reload(c, "rule files changed", reterr_diag);
			err = err < 0 ? err : 0;
		}
		if (!err)
			err = serve(c, now, reterr_diag);
		if (!err)
			err = serve_live(c, now, reterr_diag);
		if (!err && now - c->tick_ns >= SECOND_NS) {
			c->tick_ns = now;
			err = hc_stream_tick(c->stream, now, reterr_diag);
			if (!err)
				err = check_live(c, now, reterr_diag);
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

/* Every event the kernel has counted as produced reaches us, if we wait for the programs that were running when the
 * hooks went. */
static int settle(struct capture *c, struct hc_diag *reterr_diag)
{
	static const struct hc_scset nothing;
	const struct timespec pause = { .tv_nsec = SETTLE_MS * 1000000 };
	uint64_t end = now_ns(c) + SETTLE_NS;
	uint32_t n;
	const volatile struct hc_bpf_cpu *cpus = hc_kernel_cpus(c->p->kernel, &n);

	hc_kernel_select(c->p->kernel, &nothing, &nothing, reterr_diag); /* it is about to be unhooked anyway */
	hc_kernel_detach(c->p->kernel);
	for (;;) {
		struct hc_rings_stats stats;
		uint64_t produced = 0;
		int err = drain(c, UINT64_MAX, reterr_diag);

		for (uint32_t i = 0; i < n; i++)
			produced += cpus[i].produced;
		hc_rings_stats(c->rings, &stats);
		if (err || stats.events >= produced || !strcmp(c->stop, "event limit") || now_ns(c) > end)
			return err;
		nanosleep(&pause, NULL);
	}
}

/* Recording has ended before the command: it goes on, and its exit code is waited for. */
static void wait_for_child(struct capture *c)
{
	if (!c->child_running || !c->child_released)
		return;
	if (!c->o->quiet)
		fprintf(stderr, "hindcast record: recording has ended (%s), %s still runs\n", c->stop ? c->stop : "failed",
			c->p->child_name);
	while (c->child_running) {
		struct epoll_event ev;
		struct hc_diag ignored;

		if (epoll_wait(c->epoll, &ev, 1, -1) != 1)
			continue;
		if (ev.data.u32 == SOURCE_CHILD) {
			child_ended(c);
		} else if (ev.data.u32 == SOURCE_SIGNAL) {
			struct signalfd_siginfo si;

			while (read(c->p->signals, &si, sizeof si) == sizeof si)
				if (si.ssi_signo != SIGUSR1 && si.ssi_signo != SIGUSR2 && si.ssi_code != SI_KERNEL)
					kill(c->p->child->pid, (int)si.ssi_signo);
		} else {
			drain(c, 0, &ignored);
		}
	}
}

/* The recording ends before the time after the trigger is over. */
static void end_save(struct capture *c)
{
	struct hc_output_stats out;

	hc_flight_stop_saving(c->p->flight);
	hc_output_stats(c->p->output, &out);
	if (!c->o->quiet)
		fprintf(stderr, "hindcast record: saved %s, up to the end of the recording\n", out.path);
}

static int record(struct capture *c, struct hc_diag *reterr_diag)
{
	int err;

	if (c->o->config->follow && c->child_running) {
		err = hc_kernel_follow(c->p->kernel, c->p->child->pid, reterr_diag);
		if (err)
			return err;
	}
	err = hc_kernel_attach(c->p->kernel, true, reterr_diag);
	if (err)
		return err;
	govern(c);
	err = apply(c, "start", NULL, reterr_diag);
	if (!err && c->p->trigger)
		err = say_live(c, reterr_diag);
	if (!err)
		err = hc_stream_snapshot(c->stream, now_ns(c), reterr_diag);
	if (!err) /* the snapshot's thread has its own; all that comes later needs less */
		err = drop_privileges(c, true, reterr_diag);
	if (!err)
		err = loop(c, reterr_diag);
	if (!err)
		err = settle(c, reterr_diag);
	if (!err)
		err = finish_live(c, reterr_diag);
	if (!err)
		err = hc_stream_end(c->stream, now_ns(c), c->stop, reterr_diag);
	notice(c);
	if (c->p->flight && hc_flight_is_saving(c->p->flight))
		end_save(c);
	return err;
}

int hc_capture_run(const struct hc_capture_parts *parts, const struct hc_capture_options *options,
		   struct hc_capture_result *ret, struct hc_diag *reterr_diag)
{
	struct capture c = { .p = parts, .o = options, .select = parts->select, .epoll = -1, .result = ret,
			     .child_running = parts->child->pid > 0 };
	int err;

	*ret = (struct hc_capture_result){ .child_exit = -1 };
	err = set_up(&c, reterr_diag);
	if (!err)
		err = record(&c, reterr_diag);
	if (c.stream) {
		uint64_t refused;

		ret->duration_ns = now_ns(&c) - c.start_ns;
		ret->events = hc_stream_events(c.stream, &refused);
		ret->lost = hc_kernel_lost(parts->kernel, &ret->shed) + refused;
		if (err)
			fprintf(stderr, "hindcast record: recording stops: %s\n", reterr_diag->text);
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
