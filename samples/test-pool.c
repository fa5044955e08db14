/* SPDX-License-Identifier: Apache-2.0
 *
 * Worker processes. A worker answers through a pipe once it is done; the parent takes nothing it says on trust: lengths are
 * checked, and an answer that is not whole is a failure.
 */
#include "samples/test-pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/cursor.h"
#include "common/mem.h"
#include "samples/test-run.h"

struct worker {
	pid_t pid; /* 0: free */
	size_t job;
	int answer_fd, messages_fd; /* -1: at its end */
	struct hc_buf answer;
	uint64_t start_ns;
	bool late, talkative; /* killed for it */
};

struct pool {
	struct hc_test_job *jobs;
	size_t njobs, next, told; /* jobs started; jobs done() was called for */
	bool *finished;           /* by job */
	const struct hc_test_pool_options *options;
	struct worker *workers;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static bool takes_part(const struct hc_test_job *job, uint32_t test)
{
	return hc_test_in_run(job->file, job->chosen, job->run, test);
}

/* ---- the worker's side ---- */

static void put_u32(struct hc_buf *to, uint32_t v)
{
	hc_buf_put(to, &v, sizeof v);
}

static void put_bytes(struct hc_buf *to, const void *p, size_t len)
{
	put_u32(to, (uint32_t)len);
	hc_buf_put(to, p, len);
}

static void put_result(struct hc_buf *to, uint32_t test, const struct hc_test_result *result)
{
	put_u32(to, test);
	put_u32(to, result->status);
	put_bytes(to, result->text.p, result->text.len);
	put_u32(to, result->nedits);
	for (uint32_t i = 0; i < result->nedits; i++) {
		put_u32(to, result->edits[i].off);
		put_u32(to, result->edits[i].end);
		put_bytes(to, result->edits[i].text, result->edits[i].len);
	}
}

_Noreturn static void work(const struct pool *pool, const struct hc_test_job *job, int answer_fd, int messages_fd)
{
	struct hc_test_run_options options = { .chosen = job->chosen, .update = pool->options->update, .confine = true };
	const struct rlimit no_core = { 0, 0 };
	struct hc_buf answer = { 0 };
	size_t done = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &no_core);
	dup2(messages_fd, STDERR_FILENO);
	hc_test_run(job->file, job->run, &options, job->results);
	for (uint32_t i = 0; i < job->file->ntests; i++)
		if (takes_part(job, i))
			put_result(&answer, i, &job->results[i]);
	while (done < answer.len) {
		ssize_t n = write(answer_fd, answer.p + done, answer.len - done);

		if (n < 0 && errno != EINTR)
			_exit(1);
		done += n > 0 ? (size_t)n : 0;
	}
	_exit(0);
}

/* ---- the parent's ---- */

/* False: not a whole answer; results that were in it stand. */
static bool take_answer(const struct hc_test_job *job, const struct hc_buf *answer)
{
	struct hc_cursor c = hc_cursor(answer->p, answer->len);

	for (uint32_t i = 0; i < job->file->ntests; i++) {
		struct hc_test_result *result = &job->results[i];
		uint32_t test, status, len, nedits;
		const uint8_t *text;

		if (!takes_part(job, i))
			continue;
		test = hc_cursor_u32(&c);
		status = hc_cursor_u32(&c);
		len = hc_cursor_u32(&c);
		text = hc_cursor_bytes(&c, len);
		nedits = hc_cursor_u32(&c);
		if (!hc_cursor_ok(&c) || test != i || status >= HC_TEST_STATUS_COUNT)
			return false;
		result->status = status;
		hc_buf_put(&result->text, text, len);
		for (uint32_t k = 0; k < nedits; k++) {
			uint32_t off = hc_cursor_u32(&c), end = hc_cursor_u32(&c);

			len = hc_cursor_u32(&c);
			text = hc_cursor_bytes(&c, len);
			if (!hc_cursor_ok(&c))
				return false;
			hc_test_result_edit(result, off, end, (const char *)text, len);
		}
	}
	return true;
}

static void fail_all(const struct pool *pool, const struct hc_test_job *job, const struct worker *w, int status)
{
	for (uint32_t i = 0; i < job->file->ntests; i++) {
		struct hc_test_result *result = &job->results[i];

		if (!takes_part(job, i))
			continue;
		hc_test_result_done(result);
		result->status = HC_TEST_ERROR;
		if (w->late)
			hc_buf_printf(&result->text, "timed out after %u s; --timeout gives it more\n", pool->options->timeout_s);
		else if (w->talkative)
			hc_buf_puts(&result->text, "the process that replayed it had more to say than can be right\n");
		else if (WIFSIGNALED(status))
			hc_buf_printf(&result->text, "the process that replayed it was killed by signal %d (%s)\n", WTERMSIG(status),
				      strsignal(WTERMSIG(status)));
		else
			hc_buf_printf(&result->text, "the process that replayed it ended with exit code %d and no answer\n",
				      WEXITSTATUS(status));
	}
}

static int start(struct pool *pool, struct worker *w, struct hc_diag *diag)
{
	HC_CLOSE int answer = -1;
	HC_CLOSE int answer_in = -1;
	HC_CLOSE int messages = -1;
	HC_CLOSE int messages_in = -1;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return hc_diag_set(diag, -errno, "cannot make a pipe: %s", strerror(errno));
	answer = fds[0];
	answer_in = fds[1];
	if (pipe2(fds, O_CLOEXEC))
		return hc_diag_set(diag, -errno, "cannot make a pipe: %s", strerror(errno));
	messages = fds[0];
	messages_in = fds[1];
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return hc_diag_set(diag, -errno, "cannot start a process: %s", strerror(errno));
	if (!pid)
		work(pool, &pool->jobs[pool->next], answer_in, messages_in);
	*w = (struct worker){ .pid = pid, .job = pool->next++, .answer_fd = TAKE_FD(answer), .messages_fd = TAKE_FD(messages),
			      .start_ns = now_ns() };
	return 0;
}

static void finish(struct pool *pool, struct worker *w)
{
	struct hc_test_job *job = &pool->jobs[w->job];
	int status;

	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	job->seconds = (double)(now_ns() - w->start_ns) / 1e9;
	if (!WIFEXITED(status) || WEXITSTATUS(status) || w->late || w->talkative || !take_answer(job, &w->answer))
		fail_all(pool, job, w, status);
	hc_buf_done(&w->answer);
	pool->finished[w->job] = true;
	*w = (struct worker){ .answer_fd = -1, .messages_fd = -1 };
	while (pool->told < pool->njobs && pool->finished[pool->told])
		pool->options->done(pool->options->ctx, &pool->jobs[pool->told++]);
}

/* Reads what is there; closes at the end. False: more than max. */
static bool drain(int *fd, struct hc_buf *to, size_t max)
{
	ssize_t n = read(*fd, hc_buf_room(to, 65536), 65536);

	if (n > 0)
		to->len += (size_t)n;
	if (n == 0 || (n < 0 && errno != EINTR)) {
		close(*fd);
		*fd = -1;
	}
	return to->len <= max;
}

static void serve(struct pool *pool, struct worker *w, bool answer_ready, bool messages_ready)
{
	struct hc_test_job *job = &pool->jobs[w->job];

	if (answer_ready && !drain(&w->answer_fd, &w->answer, HC_TEST_ANSWER_MAX))
		w->talkative = true;
	/* Messages beyond the limit are let go: they are for people. */
	if (messages_ready && !drain(&w->messages_fd, &job->messages, HC_TEST_MESSAGES_MAX))
		job->messages.p[job->messages.len = HC_TEST_MESSAGES_MAX] = '\0';
	if (now_ns() - w->start_ns > (uint64_t)pool->options->timeout_s * 1000000000 && (w->answer_fd >= 0 || w->messages_fd >= 0))
		w->late = true;
	if (w->late || w->talkative)
		kill(w->pid, SIGKILL);
	if (w->late || w->talkative || (w->answer_fd < 0 && w->messages_fd < 0)) {
		if (w->answer_fd >= 0)
			close(w->answer_fd);
		if (w->messages_fd >= 0)
			close(w->messages_fd);
		finish(pool, w);
	}
}

/* Waits for something to read, a quarter of a second at most: deadlines are not that exact. */
static void wait_and_serve(struct pool *pool)
{
	unsigned n = pool->options->parallel;
	HC_FREE struct pollfd *fds = hc_calloc(2 * (size_t)n, sizeof *fds);

	for (unsigned i = 0; i < n; i++) {
		fds[2 * i] = (struct pollfd){ .fd = pool->workers[i].pid ? pool->workers[i].answer_fd : -1, .events = POLLIN };
		fds[2 * i + 1] = (struct pollfd){ .fd = pool->workers[i].pid ? pool->workers[i].messages_fd : -1, .events = POLLIN };
	}
	poll(fds, 2 * (nfds_t)n, 250);
	for (unsigned i = 0; i < n; i++)
		if (pool->workers[i].pid)
			serve(pool, &pool->workers[i], fds[2 * i].revents, fds[2 * i + 1].revents);
}

static unsigned busy(const struct pool *pool)
{
	unsigned n = 0;

	for (unsigned i = 0; i < pool->options->parallel; i++)
		n += pool->workers[i].pid != 0;
	return n;
}

int hc_test_pool(struct hc_test_job *jobs, size_t njobs, const struct hc_test_pool_options *options, struct hc_diag *reterr_diag)
{
	HC_FREE struct worker *workers = hc_calloc(options->parallel, sizeof *workers);
	HC_FREE bool *finished = hc_calloc(njobs + 1, sizeof *finished);
	struct pool pool = { .jobs = jobs, .njobs = njobs, .finished = finished, .options = options, .workers = workers };
	int r = 0;

	for (unsigned i = 0; i < options->parallel; i++)
		workers[i].answer_fd = workers[i].messages_fd = -1;
	while (pool.next < njobs || busy(&pool)) {
		for (unsigned i = 0; i < options->parallel && pool.next < njobs; i++) {
			if (workers[i].pid)
				continue;
			r = start(&pool, &workers[i], reterr_diag);
			if (r && !busy(&pool))
				return r;
			if (r)
				break; /* try again when others have ended */
		}
		if (busy(&pool))
			wait_and_serve(&pool);
	}
	return 0;
}
