/* SPDX-License-Identifier: Apache-2.0
 *
 * Sockets beside a recording: requests and answers, limits, deadlines, who is let in, what is at the path already; the
 * control language and the metrics' two ways of asking.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "record/control.h"
#include "record/scrape.h"
#include "record/server.h"

#define MS 1000000ull
#define SECOND (1000 * MS)

static char dir[] = "/tmp/hindcast-server-XXXXXX";
static struct hc_server *server;
static struct hc_diag diag;
static uint64_t now = 1000 * SECOND;

static void setup(void)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
}

static void teardown(void)
{
	char command[64];

	server = hc_server_free(server);
	snprintf(command, sizeof command, "rm -r %s", dir);
	cr_assert_eq(chdir("/"), 0);
	cr_assert_eq(system(command), 0);
}

TestSuite(server, .init = setup, .fini = teardown);

static const struct hc_server_options control_options = { .path = "s", .what = "control socket",
							   .deadline_ms = HC_CONTROL_DEADLINE_MS };
static const struct hc_server_options scrape_options = { .path = "s", .what = "metrics socket", .everybody = true,
							  .deadline_ms = HC_SCRAPE_DEADLINE_MS, .quiet_ms = HC_SCRAPE_QUIET_MS };

static void open_server(const struct hc_server_options *o)
{
	cr_assert_eq(hc_server_new(&server, o, &diag), 0, "%s", diag.text);
}

static int dial(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "s" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0, "connect: %m");
	return fd;
}

/* What has arrived; "" nothing, NULL: the connection is closed. */
static const char *arrived(int fd)
{
	static char buf[65536];
	ssize_t n = recv(fd, buf, sizeof buf - 1, MSG_DONTWAIT);

	if (n == 0)
		return NULL;
	buf[n < 0 ? 0 : n] = '\0';
	return buf;
}

static struct hc_control_request last;
static unsigned done;

static json_t *obey(void *ctx, const struct hc_control_request *request, const struct hc_server_peer *peer)
{
	last = *request;
	done++;
	return json_pack("{s:b, s:i, s:b}", "ok", 1, "uid", (int)peer->uid, "pid", peer->pid == getpid());
}

static void serve_control(void)
{
	struct hc_control control = { obey, NULL };

	hc_server_serve(server, now, hc_control_serve, &control);
}

static void render(void *ctx, struct hc_buf *out)
{
	hc_buf_puts(out, "a_total 1\n");
}

static void serve_scrape(void)
{
	struct hc_scrape scrape = { render, NULL };

	hc_server_serve(server, now, hc_scrape_serve, &scrape);
}

static void put(int fd, const char *text)
{
	cr_assert_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

Test(server, the_control_socket_is_private_and_goes_with_the_recorder)
{
	struct stat st;

	open_server(&control_options);
	cr_assert_eq(stat("s", &st), 0);
	cr_expect(S_ISSOCK(st.st_mode) && (st.st_mode & 07777) == 0600, "mode %o", st.st_mode);
	server = hc_server_free(server);
	cr_expect_neq(stat("s", &st), 0);
}

Test(server, everybody_may_connect_to_the_metrics)
{
	struct stat st;

	open_server(&scrape_options);
	cr_assert_eq(stat("s", &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0666, "mode %o", st.st_mode);
}

Test(server, replaces_a_dead_recorders_socket_but_nothing_else)
{
	struct hc_server *second = NULL;
	int fd = open("s", O_CREAT | O_WRONLY, 0600);

	cr_expect_eq(hc_server_new(&server, &control_options, &diag), -EEXIST);
	cr_expect(strstr(diag.text, "no socket"), "%s", diag.text);
	close(fd);
	unlink("s");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&(struct sockaddr_un){ .sun_family = AF_UNIX, .sun_path = "s" },
			  sizeof(struct sockaddr_un)), 0);
	close(fd); /* the socket file stays, and nobody listens */
	open_server(&control_options);
	cr_expect_eq(hc_server_new(&second, &control_options, &diag), -EADDRINUSE, "%s", diag.text);
	cr_expect_null(second);
}

Test(server, refuses_a_path_no_socket_can_have)
{
	struct hc_server_options o = control_options;
	char path[200];

	memset(path, 'x', sizeof path);
	path[sizeof path - 1] = '\0';
	o.path = path;
	cr_expect_eq(hc_server_new(&server, &o, &diag), -ENAMETOOLONG);
	o.path = "no/such/dir";
	cr_expect_eq(hc_server_new(&server, &o, &diag), -ENOENT);
}

Test(server, answers_requests_as_they_come)
{
	char expected[400];
	int fd;

	open_server(&control_options);
	fd = dial();
	snprintf(expected, sizeof expected,
		 "{\"ok\": true, \"uid\": %1$d, \"pid\": true}\n{\"ok\": true, \"uid\": %1$d, \"pid\": true}\n"
		 "{\"ok\": false, \"error\": \"unknown request; there are: save [REASON], status, reload, stop\"}\n", (int)geteuid());
	put(fd, "save  suspicious\tlog");
	serve_control();
	cr_expect_str_eq(arrived(fd), "");
	put(fd, "in \nstatus\nnonsense\n");
	serve_control();
	cr_expect_str_eq(arrived(fd), expected);
	cr_expect_eq(done, 2);
	cr_expect_eq(last.verb, HC_CONTROL_STATUS);
	put(fd, "stop"); /* the end of what is sent ends a line too */
	shutdown(fd, SHUT_WR);
	serve_control();
	serve_control();
	cr_expect(strstr(arrived(fd), "\"ok\": true"));
	cr_expect_null(arrived(fd));
	cr_expect_eq(last.verb, HC_CONTROL_STOP);
	close(fd);
}

Test(server, an_endless_line_ends_the_connection)
{
	static char line[3000];
	int fd;

	open_server(&control_options);
	fd = dial();
	memset(line, 'a', sizeof line - 1);
	put(fd, line);
	serve_control();
	cr_expect(strstr(arrived(fd), "\"ok\": false"));
	cr_expect_null(arrived(fd));
	close(fd);
}

Test(server, one_who_does_nothing_is_dropped_at_the_deadline)
{
	int fd;

	open_server(&control_options);
	fd = dial();
	serve_control();
	now += (HC_CONTROL_DEADLINE_MS - 1) * MS;
	serve_control();
	cr_expect_str_eq(arrived(fd), "");
	now += MS;
	serve_control();
	cr_expect_null(arrived(fd));
	close(fd);
}

Test(server, idle_clients_keep_others_waiting_no_longer_than_their_deadline)
{
	int idle[HC_SERVER_CONNECTIONS_MAX], fd;

	open_server(&control_options);
	for (int i = 0; i < HC_SERVER_CONNECTIONS_MAX; i++)
		idle[i] = dial();
	serve_control();
	fd = dial();
	put(fd, "status\n");
	serve_control();
	cr_expect_str_eq(arrived(fd), "");
	now += HC_CONTROL_DEADLINE_MS * MS;
	serve_control();
	serve_control();
	cr_expect(strstr(arrived(fd), "\"ok\": true"));
	for (int i = 0; i < HC_SERVER_CONNECTIONS_MAX; i++)
		close(idle[i]);
	close(fd);
}

Test(server, a_flood_of_connections_is_slowed_down)
{
	unsigned answered = 0;

	open_server(&scrape_options);
	for (unsigned i = 0; i < HC_SERVER_ACCEPTS_PER_SECOND + 8; i++) {
		int fd = dial();

		put(fd, "x\n");
		serve_scrape();
		serve_scrape();
		answered += !!strstr(arrived(fd), "a_total");
		close(fd);
	}
	cr_expect_eq(answered, HC_SERVER_ACCEPTS_PER_SECOND, "%u", answered);
	now += SECOND;
	serve_scrape();
	cr_assert_eq(hc_server_fd(server) >= 0, true);
}

Test(server, a_client_that_does_not_read_is_dropped)
{
	int fd, size = 4096;
	static struct hc_control control = { obey, NULL };

	open_server(&control_options);
	fd = dial();
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	for (int i = 0; i < 20000; i++) {
		if (send(fd, "status\n", 7, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
		hc_server_serve(server, now, hc_control_serve, &control);
	}
	now += HC_CONTROL_DEADLINE_MS * MS;
	hc_server_serve(server, now, hc_control_serve, &control);
	for (int i = 0; i < 20000 && arrived(fd) && send(fd, "status\n", 7, MSG_DONTWAIT | MSG_NOSIGNAL) > 0; i++)
		;
	cr_expect_lt(send(fd, "status\n", 7, MSG_DONTWAIT | MSG_NOSIGNAL), 0);
	close(fd);
}

Test(server, metrics_are_plain_text_for_who_sends_nothing)
{
	int fd;

	open_server(&scrape_options);
	fd = dial();
	serve_scrape();
	cr_expect_str_eq(arrived(fd), "");
	now += HC_SCRAPE_QUIET_MS * MS;
	serve_scrape();
	cr_expect_str_eq(arrived(fd), "a_total 1\n");
	cr_expect_null(arrived(fd));
	close(fd);
}

Test(server, metrics_are_http_for_who_asks_with_get)
{
	int fd;
	const char *got;

	open_server(&scrape_options);
	fd = dial();
	put(fd, "GE");
	serve_scrape();
	put(fd, "T /metrics HTTP/1.1\r\nHost: x\r\n");
	serve_scrape();
	cr_expect_str_eq(arrived(fd), "");
	put(fd, "\r\n");
	serve_scrape();
	got = arrived(fd);
	cr_expect(!strncmp(got, "HTTP/1.0 200 OK\r\n", 17), "%s", got);
	cr_expect(strstr(got, "Content-Length: 10\r\n"), "%s", got);
	cr_expect(strstr(got, "\r\n\r\na_total 1\n"), "%s", got);
	cr_expect_null(arrived(fd));
	close(fd);
}

static const char *parse(const char *line, struct hc_control_request *ret)
{
	return hc_control_parse(line, strlen(line), ret);
}

Test(control, reads_its_four_requests)
{
	struct hc_control_request r;

	cr_expect_null(parse("save", &r));
	cr_expect(r.verb == HC_CONTROL_SAVE && !*r.reason);
	cr_expect_null(parse("  save  two words \r", &r));
	cr_expect_str_eq(r.reason, "two words");
	cr_expect_null(parse("status", &r));
	cr_expect_eq(r.verb, HC_CONTROL_STATUS);
	cr_expect_null(parse("reload\r", &r));
	cr_expect_eq(r.verb, HC_CONTROL_RELOAD);
	cr_expect_null(parse("stop", &r));
	cr_expect_eq(r.verb, HC_CONTROL_STOP);
}

Test(control, refuses_everything_else)
{
	struct hc_control_request r;

	cr_expect_not_null(parse("", &r));
	cr_expect_not_null(parse("saved", &r));
	cr_expect_not_null(parse("sav", &r));
	cr_expect_not_null(parse("Save", &r));
	cr_expect_not_null(parse("stop now", &r));
	cr_expect_not_null(hc_control_parse("save\0", 5, &r));
}

Test(control, a_reason_is_made_printable_and_cut)
{
	struct hc_control_request r;
	char line[HC_CONTROL_LINE_MAX];

	cr_expect_null(parse("save a\033[31mb\177", &r));
	cr_expect_str_eq(r.reason, "a?[31mb?");
	cr_expect_null(parse("save caf\xc3\xa9", &r));
	cr_expect_str_eq(r.reason, "caf\xc3\xa9");
	cr_expect_null(parse("save caf\xe9", &r));
	cr_expect_str_eq(r.reason, "caf?");
	memset(line, 'x', sizeof line);
	memcpy(line, "save ", 5);
	cr_expect_null(hc_control_parse(line, sizeof line, &r));
	cr_expect_eq(strlen(r.reason), HC_CONTROL_REASON_MAX);
}
