/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast control: a request to a running recorder through its control socket (record/control.h), and its answer. Links
 * nothing of the recorder: it runs wherever the socket can be reached.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/exit.h"
#include "common/options.h"

#define COMMAND "hindcast control"

enum { ANSWER_MAX = 1 << 20 };

struct options {
	uint64_t timeout_s;
};

static const struct hc_option options[] = {
	{ 't', "timeout", "N", "give up after N seconds without an answer (10)", HC_OPTION_U64, offsetof(struct options, timeout_s), 1,
	  3600 },
	HC_OPTION_END,
};

static int run_control(int argc, char **argv);

const struct hc_command hc_cmd_control = {
	.name = "control",
	.usage = "[OPTION]... SOCKET REQUEST [REASON]",
	.summary = "ask a running recorder to save, to reload its rules, or how it is",
	.detail = "SOCKET is what 'hindcast record --control SOCKET' made. REQUEST is one of\n\n"
		  "  save [REASON]  write what --flight keeps in memory, and what follows; REASON goes into the capture\n"
		  "  status         what was recorded, lost and saved so far\n"
		  "  reload         read the rules again\n"
		  "  stop           end the recording\n\n"
		  "The answer is one JSON object on one line. Only root and the recorder's own user are let in.\n\n"
		  "Exit code: 0 done, 1 not done or nobody answers, 2 usage.",
	.options = options,
	.run = run_control,
};

static int fail(const char *path, const char *what)
{
	fprintf(stderr, COMMAND ": %s: %s\n", path, what);
	return HC_EXIT_FAIL;
}

static int usage(const char *what)
{
	fprintf(stderr, COMMAND ": %s\nTry '" COMMAND " --help'.\n", what);
	return HC_EXIT_USAGE;
}

/* The request as one line: its words with a blank between them. */
static bool make_line(struct hc_buf *line, int n, char **words)
{
	for (int i = 0; i < n; i++) {
		if (strchr(words[i], '\n'))
			return false;
		hc_buf_printf(line, "%s%s", i ? " " : "", words[i]);
	}
	hc_buf_putc(line, '\n');
	return true;
}

static int dial(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd HC_CLOSE = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof address.sun_path)
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address))
		return -errno;
	return TAKE_FD(fd);
}

/* One line, without its newline. */
static int receive(int fd, uint64_t timeout_s, struct hc_buf *answer)
{
	while (answer->len < ANSWER_MAX) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int r = poll(&p, 1, (int)timeout_s * 1000);
		ssize_t n = r > 0 ? recv(fd, hc_buf_room(answer, 4096), 4096, 0) : r ? -1 : 0;

		if (!r)
			return -ETIMEDOUT;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ECONNRESET;
		answer->len += (size_t)n;
		answer->p[answer->len] = '\0';
		if (memchr(answer->p, '\n', answer->len))
			return 0;
	}
	return -EMSGSIZE;
}

static const char *explain(int err)
{
	switch (err) {
	case -ENOENT: return "there is no such socket; is the recorder running, with --control?";
	case -ECONNREFUSED: return "nobody serves this socket: the recorder has ended";
	case -EACCES: return "permission denied: only root and the recorder's own user may";
	case -ETIMEDOUT: return "no answer; see --timeout";
	default: return strerror(-err);
	}
}

static int run_control(int argc, char **argv)
{
	struct options o = { .timeout_s = 10 };
	struct hc_buf line HC_BUF_DONE = { 0 }, answer HC_BUF_DONE = { 0 };
	int fd HC_CLOSE = -1, n, status, err;

	if (hc_options_parse(&hc_cmd_control, argc, argv, &o, &n, &status))
		return status;
	if (n < 2)
		return usage("which socket, and what to ask?");
	if (!make_line(&line, n - 1, argv + 2))
		return usage("a request is one line");
	fd = dial(argv[1]);
	if (fd < 0)
		return fail(argv[1], explain(fd));
	if (send(fd, line.p, line.len, MSG_NOSIGNAL) != (ssize_t)line.len)
		return fail(argv[1], explain(-errno));
	err = receive(fd, o.timeout_s, &answer);
	if (err)
		return fail(argv[1], explain(err));
	fputs(answer.p, stdout);
	return strncmp(answer.p, "{\"ok\": true", 11) ? HC_EXIT_FAIL : HC_EXIT_OK;
}
