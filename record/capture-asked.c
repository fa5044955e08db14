/* SPDX-License-Identifier: Apache-2.0
 *
 * What others ask of a recording under way: by signal, through the control socket, for its metrics. Whatever is asked, and
 * however often, the recording goes on, unless it is asked to end.
 */
#include "record/capture-internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "record/control.h"
#include "record/metrics.h"
#include "record/name.h"
#include "record/scrape.h"

static void report(const struct hc_capture *c)
{
	struct hc_stream_counts counts;
	uint64_t shed, lost = hc_kernel_lost(c->p->kernel, &shed);
	uint32_t fill;

	hc_stream_counts(c->stream, &counts);
	hc_rings_pending(c->rings, &fill);
	fprintf(stderr, "hindcast record: %llu events recorded, %llu dropped, %llu shed so far; fullest ring %u %%\n",
		(unsigned long long)counts.events, (unsigned long long)(lost + counts.refused), (unsigned long long)shed, fill);
}

/* The flight recorder's trigger. A file that cannot be written does not end the recording: reterr_diag says why, and so
 * does standard error. */
int hc_capture_save(struct hc_capture *c, const struct hc_ledger_trigger *trigger, struct hc_diag *reterr_diag)
{
	bool extends = c->p->flight && hc_flight_is_saving(c->p->flight);
	const char *detail = trigger->rule ? trigger->rule : trigger->text;
	struct hc_output_stats out;
	int err;

	if (!c->p->flight)
		err = hc_diag_set(reterr_diag, -EINVAL, "nothing to save: without --flight everything is in the capture already");
	else
		err = hc_stream_save(c->stream, hc_capture_now(c), trigger, reterr_diag);
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

/* With a command, asking us to stop means asking it, with that signal; 0: it has been asked already (the terminal asks
 * both). Asked again, we end without it. */
static void asked_to_stop(struct hc_capture *c, const char *how, int signo)
{
	if (!c->child_running || !c->child_released || c->stop_asked) {
		c->stop = how;
		hc_output_hurry(c->p->output);
		return;
	}
	c->stop_asked = true;
	if (signo)
		kill(c->p->child->pid, signo);
}

/* The terminal is gone, and we are not to care (nohup). */
static bool is_idle_hangup(const struct signalfd_siginfo *si)
{
	struct sigaction inherited;

	return si->ssi_signo == SIGHUP && !sigaction(SIGHUP, NULL, &inherited) && inherited.sa_handler == SIG_IGN;
}

int hc_capture_signalled(struct hc_capture *c, struct hc_diag *reterr_diag)
{
	struct signalfd_siginfo si;
	struct hc_diag diag;
	int err = 0;

	while (err >= 0 && read(c->p->signals, &si, sizeof si) == sizeof si) {
		if (si.ssi_signo == SIGHUP && si.ssi_code != SI_KERNEL)
			err = hc_capture_reload(c, "SIGHUP", reterr_diag);
		else if (si.ssi_signo == SIGUSR1)
			report(c);
		else if (si.ssi_signo == SIGUSR2)
			hc_capture_save(c, &(struct hc_ledger_trigger){ .reason = "SIGUSR2", .at_ns = hc_capture_now(c),
									.has_requester = true, .pid = (pid_t)si.ssi_pid,
									.uid = si.ssi_uid }, &diag);
		else if (!is_idle_hangup(&si))
			asked_to_stop(c, "signal", si.ssi_code == SI_KERNEL ? 0 : (int)si.ssi_signo);
	}
	return err < 0 ? err : 0;
}

static json_t *control_save(struct hc_capture *c, const struct hc_control_request *request, const struct hc_server_peer *peer)
{
	const struct hc_ledger_trigger trigger = { .reason = "control", .text = *request->reason ? request->reason : NULL,
						   .at_ns = hc_capture_now(c), .has_requester = true, .pid = peer->pid, .uid = peer->uid };
	bool extends = c->p->flight && hc_flight_is_saving(c->p->flight);
	struct hc_output_stats out;
	struct hc_diag diag;

	if (hc_capture_save(c, &trigger, &diag))
		return hc_control_error(diag.text);
	hc_output_stats(c->p->output, &out);
	return json_pack("{s:b, s:o, s:b}", "ok", 1, "file", hc_name_json(out.path, strlen(out.path)), "extended", extends);
}

static json_t *control_status(struct hc_capture *c)
{
	uint64_t shed, lost = hc_kernel_lost(c->p->kernel, &shed);
	struct hc_stream_counts counts;
	struct hc_output_stats out;
	struct hc_trigger_stats live;
	json_t *answer;
	uint32_t fill;

	hc_stream_counts(c->stream, &counts);
	hc_rings_pending(c->rings, &fill);
	hc_output_stats(c->p->output, &out);
	answer = json_pack("{s:b, s:i, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:i, s:o, s:I, s:b, s:I}", "ok", 1, "pid", (int)getpid(),
			   "started_ns", (json_int_t)c->start_ns, "now_ns", (json_int_t)hc_capture_now(c), "events",
			   (json_int_t)counts.events, "lost", (json_int_t)(lost + counts.refused), "shed", (json_int_t)shed,
			   "ring_fill_pct", (int)fill, "selected_syscalls", (int)hc_scset_count(&c->governor.selected),
			   "shed_syscalls", (int)hc_scset_count(&c->governor.shed), "file",
			   hc_name_json(out.path, strlen(out.path)), "bytes", (json_int_t)out.bytes_out, "saving",
			   c->p->flight && hc_flight_is_saving(c->p->flight), "saves", (json_int_t)out.saves);
	if (c->p->trigger) {
		hc_trigger_stats(c->p->trigger, &live);
		json_object_set_new(answer, "live", json_pack("{s:b, s:I, s:I}", "running", live.running, "alerts",
							      (json_int_t)live.alerts, "left_out", (json_int_t)live.feed.left_out));
	}
	return answer;
}

/* hc_control_do */
static json_t *control(void *ctx, const struct hc_control_request *request, const struct hc_server_peer *peer)
{
	struct hc_capture *c = ctx;
	struct hc_diag diag;
	int err;

	switch (request->verb) {
	case HC_CONTROL_SAVE: return control_save(c, request, peer);
	case HC_CONTROL_STATUS: return control_status(c);
	case HC_CONTROL_RELOAD:
		err = hc_capture_reload(c, "control", &diag);
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
void hc_capture_metrics(void *ctx, struct hc_buf *out)
{
	const struct hc_capture *c = ctx;
	struct hc_metrics m = { .kernel = c->p->kernel, .output = c->p->output, .rings = c->rings,
				.selected = hc_scset_count(&c->governor.selected), .shed = hc_scset_count(&c->governor.shed) };
	struct hc_trigger_stats live;
	struct hc_stream_counts counts;

	hc_stream_counts(c->stream, &counts);
	m.events = counts.events;
	if (c->p->trigger) {
		hc_trigger_stats(c->p->trigger, &live);
		m.live = &live;
	}
	hc_metrics_render(&m, out);
}

/* Requests to the sockets; they wait for nothing, the recording comes first. */
int hc_capture_serve(struct hc_capture *c, uint64_t now, struct hc_diag *reterr_diag)
{
	struct hc_control requests = { control, c };
	struct hc_scrape scrape = { hc_capture_metrics, c };

	if (c->p->control)
		hc_server_serve(c->p->control, now, hc_control_serve, &requests);
	if (c->p->metrics)
		hc_server_serve(c->p->metrics, now, hc_scrape_serve, &scrape);
	if (c->failure)
		*reterr_diag = c->failure_diag;
	return c->failure;
}
