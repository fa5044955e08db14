/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/server.h. All descriptors are in an epoll set of the server's own, which is what the recorder's loop watches.
 */
#include "record/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/mem.h"

enum { BACKLOG = 16, LISTENER = HC_SERVER_CONNECTIONS_MAX /* its number in the epoll set */ };

#define MS_NS 1000000ull
#define SECOND_NS 1000000000ull

struct connection {
	int fd; /* -1: free */
	struct hc_server_peer peer;
	uint64_t deadline_ns, quiet_ns;
	char in[HC_SERVER_REQUEST_MAX];
	size_t len;
	bool ended;  /* the other side sends no more */
	bool closing; /* when out is sent */
	struct hc_buf out;
	size_t sent;
};

struct hc_server {
	struct hc_server_options o;
	char *path;
	int listener, epoll;
	bool bound, accepting;
	struct connection connections[HC_SERVER_CONNECTIONS_MAX];
	uint64_t second_ns; /* when accepted was reset */
	unsigned accepted;
};

static int watch(struct hc_server *s, int op, int fd, unsigned number, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.u32 = number };

	return epoll_ctl(s->epoll, op, fd, &ev) ? -errno : 0;
}

static void set_accepting(struct hc_server *s, bool on)
{
	if (s->accepting != on)
		watch(s, EPOLL_CTL_MOD, s->listener, LISTENER, on ? EPOLLIN : 0);
	s->accepting = on;
}

static void drop(struct hc_server *s, struct connection *c)
{
	if (c->fd < 0)
		return;
	close(TAKE_FD(c->fd)); /* leaves the epoll set by itself */
	hc_buf_done(&c->out);
}

/* Is what stands at the path a socket of ours that nobody serves any more? Then it goes. */
static int clear_path(const struct hc_server *s, const struct sockaddr_un *address, struct hc_diag *reterr_diag)
{
	struct stat st;
	int fd HC_CLOSE = -1;

	if (lstat(s->path, &st))
		return errno == ENOENT ? 0 : hc_diag_set(reterr_diag, -errno, "cannot make the %s %s: %s", s->o.what, s->path,
							 strerror(errno));
	if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		return hc_diag_set(reterr_diag, -EEXIST, "cannot make the %s: %s exists and is %s; choose another path", s->o.what, s->path,
				   S_ISSOCK(st.st_mode) ? "a socket of another user" : "no socket");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && (!connect(fd, (const struct sockaddr *)address, sizeof *address) || errno != ECONNREFUSED))
		return hc_diag_set(reterr_diag, -EADDRINUSE, "cannot make the %s %s: another recorder serves it", s->o.what, s->path);
	return unlink(s->path) && errno != ENOENT ?
		       hc_diag_set(reterr_diag, -errno, "cannot replace the old %s %s: %s", s->o.what, s->path, strerror(errno)) : 0;
}

/* Bound with its final mode: there is no moment at which others could connect. */
static int bind_private(struct hc_server *s, const struct sockaddr_un *address)
{
	mode_t old = umask(s->o.everybody ? 0111 : 0177);
	int err = bind(s->listener, (const struct sockaddr *)address, sizeof *address) ? -errno : 0;

	umask(old);
	return err;
}

int hc_server_new(struct hc_server **ret, const struct hc_server_options *options, struct hc_diag *reterr_diag)
{
	struct hc_server *s HC_CLEANUP(hc_server_free) = hc_calloc(1, sizeof *s);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int err;

	s->o = *options;
	s->path = hc_strdup(options->path);
	s->listener = s->epoll = -1;
	for (unsigned i = 0; i < HC_SERVER_CONNECTIONS_MAX; i++)
		s->connections[i].fd = -1;
	if (!*s->path || strlen(s->path) >= sizeof address.sun_path)
		return hc_diag_set(reterr_diag, -ENAMETOOLONG, "the path of the %s has to have between 1 and %zu bytes: '%s'", s->o.what,
				   sizeof address.sun_path - 1, s->path);
	memcpy(address.sun_path, s->path, strlen(s->path) + 1);
	err = clear_path(s, &address, reterr_diag);
	if (err)
		return err;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	err = s->epoll < 0 || s->listener < 0 ? -errno : bind_private(s, &address);
	s->bound = !err;
	if (!err && listen(s->listener, BACKLOG))
		err = -errno;
	if (!err)
		err = watch(s, EPOLL_CTL_ADD, s->listener, LISTENER, EPOLLIN);
	if (err)
		return hc_diag_set(reterr_diag, err, "cannot make the %s %s: %s", s->o.what, s->path, strerror(-err));
	s->accepting = true;
	*ret = TAKE(s);
	return 0;
}

void hc_server_stop(struct hc_server *s)
{
	/* the name goes first: once nobody listens, another recorder may put its own there */
	if (s->bound)
		unlink(s->path);
	s->bound = false;
	for (unsigned i = 0; i < HC_SERVER_CONNECTIONS_MAX; i++)
		drop(s, &s->connections[i]);
	if (s->listener >= 0)
		close(TAKE_FD(s->listener));
}

struct hc_server *hc_server_free(struct hc_server *s)
{
	if (!s)
		return NULL;
	hc_server_stop(s);
	if (s->epoll >= 0)
		close(s->epoll);
	free(s->path);
	free(s);
	return NULL;
}

int hc_server_fd(const struct hc_server *s)
{
	return s->epoll;
}

static void restart_clock(const struct hc_server *s, struct connection *c, uint64_t now_ns)
{
	c->deadline_ns = now_ns + s->o.deadline_ms * MS_NS;
	c->quiet_ns = s->o.quiet_ms ? now_ns + s->o.quiet_ms * MS_NS : UINT64_MAX;
}

static bool is_welcome(const struct hc_server *s, const struct hc_server_peer *peer)
{
	return s->o.everybody || peer->uid == 0 || peer->uid == geteuid();
}

static void receive(struct hc_server *s, struct connection *c, uint64_t now_ns)
{
	ssize_t n = c->closing ? 0 : recv(c->fd, c->in + c->len, sizeof c->in - c->len, MSG_DONTWAIT);

	if (n > 0) {
		c->len += (size_t)n;
		c->quiet_ns = s->o.quiet_ms ? now_ns + s->o.quiet_ms * MS_NS : UINT64_MAX;
	} else if (n == 0 && !c->closing) {
		c->ended = true;
	} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
		drop(s, c);
	}
}

/* False: nobody waits. */
static bool accept_one(struct hc_server *s, struct connection *c, uint64_t now_ns)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred cred = { .uid = (uid_t)-1 };
	socklen_t size = sizeof cred;

	if (fd < 0)
		return false;
	s->accepted++;
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size);
	*c = (struct connection){ .fd = fd, .peer = { cred.pid, cred.uid } };
	restart_clock(s, c, now_ns);
	if (!is_welcome(s, &c->peer)) {
		hc_buf_printf(&c->out, "{\"ok\": false, \"error\": \"only root and the recorder's own user may use the %s\"}\n", s->o.what);
		c->closing = true;
	}
	if (watch(s, EPOLL_CTL_ADD, fd, (unsigned)(c - s->connections), EPOLLIN))
		drop(s, c);
	else
		receive(s, c, now_ns); /* what to answer is there already, mostly */
	return true;
}

static bool may_accept(struct hc_server *s, struct connection **ret_free)
{
	*ret_free = NULL;
	for (unsigned i = 0; i < HC_SERVER_CONNECTIONS_MAX && !*ret_free; i++)
		if (s->connections[i].fd < 0)
			*ret_free = &s->connections[i];
	return *ret_free && s->accepted < HC_SERVER_ACCEPTS_PER_SECOND;
}

static void accept_some(struct hc_server *s, uint64_t now_ns)
{
	struct connection *c;

	while (may_accept(s, &c) && accept_one(s, c, now_ns))
		;
	set_accepting(s, may_accept(s, &c));
}

/* Lets fn have what is there, as long as it takes something. */
static void answer(struct hc_server *s, struct connection *c, uint64_t now_ns, hc_server_fn fn, void *ctx)
{
	while (c->fd >= 0 && !c->closing && (c->len || c->ended || now_ns >= c->quiet_ns)) {
		bool end = c->ended || now_ns >= c->quiet_ns;
		size_t used = 0;
		enum hc_server_next next = fn(ctx, &c->peer, c->in, c->len, end, &used, &c->out);

		c->closing = next == HC_SERVER_LAST || (next == HC_SERVER_MORE && (end || c->len == sizeof c->in));
		if (next != HC_SERVER_TAKEN || !used)
			return;
		memmove(c->in, c->in + used, c->len - used);
		c->len -= used;
		restart_clock(s, c, now_ns);
		c->closing = c->ended && !c->len;
	}
}

static void transmit(struct hc_server *s, struct connection *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->fd, c->out.p + c->sent, c->out.len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			drop(s, c);
			return;
		}
		if (n < 0)
			break;
		c->sent += (size_t)n;
	}
	if (c->sent < c->out.len) {
		/* nothing more is read before this is sent */
		watch(s, EPOLL_CTL_MOD, c->fd, (unsigned)(c - s->connections), EPOLLOUT);
		return;
	}
	hc_buf_reset(&c->out);
	c->sent = 0;
	if (c->closing)
		drop(s, c);
	else
		watch(s, EPOLL_CTL_MOD, c->fd, (unsigned)(c - s->connections), EPOLLIN);
}

void hc_server_serve(struct hc_server *s, uint64_t now_ns, hc_server_fn fn, void *ctx)
{
	struct epoll_event events[HC_SERVER_CONNECTIONS_MAX + 1];
	int n = epoll_wait(s->epoll, events, HC_SERVER_CONNECTIONS_MAX + 1, 0);
	bool waiting = !s->accepting;

	if (now_ns - s->second_ns >= SECOND_NS) {
		s->second_ns = now_ns;
		s->accepted = 0;
	}
	for (int i = 0; i < n; i++) {
		waiting |= events[i].data.u32 == LISTENER;
		if (events[i].data.u32 < LISTENER && !s->connections[events[i].data.u32].out.len)
			receive(s, &s->connections[events[i].data.u32], now_ns);
	}
	if (waiting)
		accept_some(s, now_ns);
	for (unsigned i = 0; i < HC_SERVER_CONNECTIONS_MAX; i++) {
		struct connection *c = &s->connections[i];

		if (c->fd >= 0 && !c->out.len)
			answer(s, c, now_ns, fn, ctx);
		if (c->fd >= 0 && (c->out.len || c->closing))
			transmit(s, c);
		if (c->fd >= 0 && now_ns >= c->deadline_ns)
			drop(s, c);
	}
}
