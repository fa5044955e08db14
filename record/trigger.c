/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/trigger.h. The process is started before any hook is live and before privileges are dropped; later there is no
 * way to start another one as another user, so one that ended stays away.
 */
#include "record/trigger.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/exit.h"
#include "common/mem.h"
#include "config.h"

enum {
	READY_MS = 60000,          /* to load the rules, on a busy machine */
	PIPE_BYTES = 1 << 20,
	READ_MAX = 64 << 10,       /* of alerts at a time: the recording comes first */
	IN_FD = 0, OUT_FD = 1,     /* of the process */
};

#define SECOND_NS 1000000000ull

struct hc_trigger {
	pid_t pid;       /* -1: reaped */
	int requests;    /* reading end of its standard output; -1: ended */
	struct hc_feed *feed;
	char confinement[128];
	char why[200];
	struct hc_alerts alerts;
	struct hc_feed_stats last; /* of the feed, when it ended */
};

/* ---- starting ---- */

/* The program: beside the build tree's recorder, or where it is installed. */
static void find_program(char *ret, size_t size)
{
	static const char in_build[] = "/record/hindcast-record";
	size_t tail = sizeof in_build - 1;
	ssize_t n = readlink("/proc/self/exe", ret, size - 1);

	if (n > (ssize_t)tail && !memcmp(ret + n - tail, in_build, tail)) {
		snprintf(ret + n - tail, tail, "/hindcast");
		if (!access(ret, X_OK))
			return;
	}
	snprintf(ret, size, "%s", HC_BINDIR "/hindcast");
}

/* A descriptor of the directory it is in. A user who may not pass the directories above (a home of mode 0700) can still run
 * it that way. */
static int open_program_dir(struct hc_diag *reterr_diag)
{
	char path[4096];
	int fd;

	find_program(path, sizeof path);
	if (access(path, X_OK))
		return hc_diag_set(reterr_diag, -errno, "--trigger needs the program %s: %s", path, strerror(errno));
	*strrchr(path, '/') = '\0';
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? hc_diag_set(reterr_diag, -errno, "--trigger: cannot open %s: %s", path, strerror(errno)) : fd;
}

/* What the process keeps until it has loaded the rules: as root, the right to become somebody else, and nothing more. */
static bool give_up_capabilities(void)
{
	bool bounding;

	capng_setpid(0);
	capng_get_caps_process();
	bounding = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	capng_clear(CAPNG_SELECT_BOTH);
	if (!geteuid())
		capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET, CAP_SETUID, CAP_SETGID, -1);
	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !capng_apply(bounding ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS);
}

/* It ends when the stream does: signals to the whole group or the service are not for it. SIGKILL is ours to send. */
static void ignore_signals(void)
{
	static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE };
	sigset_t none;

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		signal(signals[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void __attribute__((noreturn)) process_main(int dir, char **argv, int in, int out)
{
	static char time_zone[] = "TZ=UTC";
	char *environment[] = { time_zone, NULL };

	ignore_signals();
	if (dup2(in, IN_FD) < 0 || dup2(out, OUT_FD) < 0 || !give_up_capabilities())
		_exit(HC_EXIT_FAIL);
	dir = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	syscall(SYS_close_range, 3, dir - 1, 0);
	syscall(SYS_close_range, dir + 1, ~0U, 0);
	syscall(SYS_execveat, dir, argv[0], argv, environment, 0);
	fprintf(stderr, "hindcast record: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(HC_EXIT_FAIL);
}

static char **make_argv(const struct hc_trigger_options *o)
{
	static char first[] = "hindcast", replay[] = "replay", live[] = "--live", rules[] = "-r", input[] = "-",
		    priority[] = "--priority", one_thread[] = "--one-thread";
	char **argv = hc_calloc(2 * o->nrules + 10, sizeof *argv);
	size_t n = 0;

	argv[n++] = first;
	argv[n++] = replay;
	argv[n++] = live;
	argv[n++] = one_thread;
	if (o->priority) {
		argv[n++] = priority;
		argv[n++] = (char *)o->priority;
	}
	for (size_t i = 0; i < o->nrules; i++) {
		argv[n++] = rules;
		argv[n++] = (char *)o->rules[i];
	}
	argv[n] = input;
	return argv;
}

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec;
}

/* Reaps the process, which has ended or is about to, and words how it came. Should it do neither, after all, it stays. */
static void reap(struct hc_trigger *t)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	int status = 0;
	pid_t r = 0;

	for (int i = 0; t->pid > 0 && i < 100; i++) {
		r = waitpid(t->pid, &status, WNOHANG);
		if (r)
			break;
		nanosleep(&pause, NULL);
	}
	t->pid = -1;
	if (*t->why || !r)
		return;
	if (WIFSIGNALED(status))
		snprintf(t->why, sizeof t->why, "was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(t->why, sizeof t->why, "ended with exit code %d", WEXITSTATUS(status));
}

/* Its first line, "ready ...". */
static int await_ready(struct hc_trigger *t, struct hc_diag *reterr_diag)
{
	static const char word[] = "ready ";
	uint64_t end_ns = clock_ns() + READY_MS * 1000000ull;
	char line[sizeof t->confinement + sizeof word - 2] = "";
	size_t len = 0;

	while (len < sizeof line - 1) {
		struct pollfd p = { .fd = t->requests, .events = POLLIN };
		uint64_t now = clock_ns();
		int r = now < end_ns ? poll(&p, 1, (int)((end_ns - now) / 1000000 + 1)) : 0;
		ssize_t n = r > 0 ? read(t->requests, line + len, 1) : r;

		if (r < 0 && errno == EINTR)
			continue;
		if (r == 0)
			return hc_diag_set(reterr_diag, -ETIMEDOUT, "--trigger: the live replay was not ready within %d s",
					   READY_MS / 1000);
		if (n <= 0) {
			reap(t);
			return hc_diag_set(reterr_diag, -ECHILD, "--trigger: the live replay could not start: it %s", t->why);
		}
		if (line[len] == '\n')
			break;
		len++;
	}
	line[len] = '\0';
	if (strncmp(line, word, sizeof word - 1))
		return hc_diag_set(reterr_diag, -EPROTO, "--trigger: the live replay is of another version than the recorder");
	snprintf(t->confinement, sizeof t->confinement, "%s", line + sizeof word - 1);
	return 0;
}

int hc_trigger_start(struct hc_trigger **ret, const struct hc_trigger_options *options, struct hc_diag *reterr_diag)
{
	struct hc_trigger *t HC_CLEANUP(hc_trigger_free) = hc_calloc(1, sizeof *t);
	int stream[2] = { -1, -1 }, requests[2] = { -1, -1 }, dir HC_CLOSE = -1, err;
	char **argv HC_FREE = make_argv(options);

	t->pid = t->requests = -1;
	dir = open_program_dir(reterr_diag);
	if (dir < 0)
		return dir;
	if (pipe2(stream, O_CLOEXEC) || pipe2(requests, O_CLOEXEC)) {
		err = -errno;
		if (stream[0] >= 0) {
			close(stream[0]);
			close(stream[1]);
		}
		return hc_diag_set(reterr_diag, err, "--trigger: cannot make a pipe: %s", strerror(-err));
	}
	fcntl(stream[1], F_SETPIPE_SZ, PIPE_BYTES); /* where that is too much for the user, the usual 64 KiB do */
	fcntl(stream[1], F_SETFL, O_NONBLOCK);
	t->pid = fork();
	if (t->pid == 0)
		process_main(dir, argv, stream[0], requests[1]);
	err = t->pid < 0 ? -errno : 0;
	close(stream[0]);
	close(requests[1]);
	t->requests = requests[0];
	t->feed = hc_feed_new(stream[1], HC_FEED_KEEP_MAX);
	if (err)
		return hc_diag_set(reterr_diag, err, "--trigger: cannot start a process: %s", strerror(-err));
	err = await_ready(t, reterr_diag);
	if (err)
		return err;
	fcntl(t->requests, F_SETFL, O_NONBLOCK);
	*ret = TAKE(t);
	return 0;
}

struct hc_trigger *hc_trigger_free(struct hc_trigger *t)
{
	if (!t)
		return NULL;
	hc_feed_free(t->feed);
	if (t->requests >= 0)
		close(t->requests);
	if (t->pid > 0)
		kill(t->pid, SIGKILL);
	reap(t);
	free(t);
	return NULL;
}

pid_t hc_trigger_pid(const struct hc_trigger *t)
{
	return t->pid;
}

const char *hc_trigger_confinement(const struct hc_trigger *t)
{
	return t->confinement;
}

struct hc_feed *hc_trigger_feed(struct hc_trigger *t)
{
	return t->feed;
}

int hc_trigger_fd(const struct hc_trigger *t)
{
	return t->requests;
}

const char *hc_trigger_why(const struct hc_trigger *t)
{
	return t->why;
}

void hc_trigger_stats(const struct hc_trigger *t, struct hc_trigger_stats *ret)
{
	*ret = (struct hc_trigger_stats){ .running = t->feed, .alerts = t->alerts.total, .feed = t->last };
	if (t->feed)
		hc_feed_stats(t->feed, &ret->feed);
}

/* ---- running ---- */

/* Takes what has come. 1: more may come; 0: that was all; -EPROTO. */
static int receive(struct hc_trigger *t)
{
	char buf[READ_MAX];
	ssize_t n = read(t->requests, buf, sizeof buf);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : 0;
	if (n > 0 && hc_alerts_take(&t->alerts, buf, (size_t)n))
		return -EPROTO;
	return n > 0;
}

static void end_stream(struct hc_trigger *t)
{
	if (!t->feed)
		return;
	hc_feed_stats(t->feed, &t->last);
	t->last.kept_bytes = 0;
	t->feed = hc_feed_free(t->feed);
}

/* No more stream, no more alerts. Who has closed its output but lives on gets no chance to do so: we would wait for it. */
static int end(struct hc_trigger *t)
{
	end_stream(t);
	close(TAKE_FD(t->requests));
	kill(t->pid, SIGKILL);
	reap(t);
	return HC_TRIGGER_ENDED;
}

int hc_trigger_serve(struct hc_trigger *t, uint64_t now_ns, hc_alerts_fn fn, void *ctx)
{
	int r;

	if (!t->feed)
		return 0;
	hc_feed_push(t->feed); /* a broken pipe shows at the other one too */
	r = receive(t);
	if (r < 0)
		snprintf(t->why, sizeof t->why, "was stopped, because it wrote what no live replay writes");
	hc_alerts_tell(&t->alerts, now_ns, r <= 0, fn, ctx);
	return r <= 0 ? end(t) : 0;
}

int hc_trigger_finish(struct hc_trigger *t, uint64_t now_ns, uint32_t wait_ms, hc_alerts_fn fn, void *ctx)
{
	uint64_t end_ns = clock_ns() + wait_ms * 1000000ull, now;
	struct hc_feed_stats feed;
	int r = 1;

	if (!t->feed)
		return 0;
	while (r > 0 && (now = clock_ns()) < end_ns) {
		struct pollfd p[2] = { { .fd = t->requests, .events = POLLIN }, { .fd = -1, .events = POLLOUT } };

		if (t->feed) {
			bool broken = hc_feed_push(t->feed);

			hc_feed_stats(t->feed, &feed);
			if (broken || !feed.kept_bytes)
				end_stream(t);
			else
				p[1].fd = hc_feed_fd(t->feed);
		}
		poll(p, 2, (int)((end_ns - now) / 1000000 + 1));
		r = receive(t);
	}
	hc_alerts_tell(&t->alerts, now_ns, true, fn, ctx);
	if (r)
		snprintf(t->why, sizeof t->why, r > 0 ? "was stopped, because it was not done with the last events within %u s" :
							"was stopped, because it wrote what no live replay writes", wait_ms / 1000);
	end(t);
	return r ? HC_TRIGGER_ENDED : 0;
}
