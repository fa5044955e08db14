/* SPDX-License-Identifier: Apache-2.0
 *
 * The calls that bring back what lists cannot say. Which calls those are is not reasoned out here: candidates are tried on a
 * state of their own, and the first whose fd entry comes out equal is taken. What no call brings back is left to
 * state-numbers.c. A second state ("mirror") is what a reader has so far.
 */
#include "replay/state-extra.h"

#include <arpa/inet.h>

#include "common/ledger.h"
#include "common/mem.h"
#include "replay/sockets.h"
#include "replay/state-internal.h"

enum { CALLS_MAX = 4, DATA_MAX = 9 << 10, AT_FDCWD_PORTABLE = -100 };
enum { AF_PACKET_PORTABLE = 17, AF_NETLINK_PORTABLE = 16, F_SETFD_PORTABLE = 3, FD_CLOEXEC_NATIVE = 1 };

/* A call being put together: parameters in the order of the schema, numbers in its widths. */
struct call {
	struct hc_event ev;
	uint8_t lens[4 * HC_EVENT_PARAMS_MAX];
	uint8_t data[DATA_MAX];
	uint32_t len;
};

struct extra {
	struct hc_state *want, *mirror;
	struct hc_state *trial; /* one thread with one fd table, to try calls on */
	struct hc_section trial_section;
	uint64_t ts_ns;
	hc_state_extra_fn fn;
	hc_state_wanted_fn wanted;
	void *ctx, *wanted_ctx;
	int r;
	struct hc_state_extra_stats *stats;
	struct call calls[CALLS_MAX]; /* the candidate */
	uint32_t ncalls;
};

/* ---- calls ---- */

static struct call *call(struct extra *x, uint16_t type, int64_t tid)
{
	struct call *c = &x->calls[x->ncalls++];

	c->ev = (struct hc_event){ .type = type, .tid = tid, .ts_ns = x->ts_ns, .flags = HC_EVENT_STATE_ONLY,
				   .lens = c->lens, .data = c->data };
	c->len = 0;
	return c;
}

static void put_bytes(struct call *c, const void *p, size_t len)
{
	const bool large = hc_event_type_is_large(c->ev.type);
	const uint32_t n = len <= DATA_MAX - c->len ? (uint32_t)len : 0;

	memcpy(c->lens + (large ? 4 : 2) * c->ev.nparams++, &n, large ? 4 : 2);
	if (n)
		memcpy(c->data + c->len, p, n);
	c->len += n;
}

static void put_number(struct call *c, int64_t v)
{
	const int size = hc_param_type_size(hc_event_info(&c->ev)->params[c->ev.nparams].type);

	put_bytes(c, &v, size > 0 ? (size_t)size : sizeof v);
}

static void put_string(struct call *c, struct hc_str s)
{
	char buf[HC_PATH_SIZE * 4 + 1];

	if (s.len > sizeof buf - 1)
		s.len = sizeof buf - 1;
	memcpy(buf, s.p, s.len);
	buf[s.len] = '\0';
	put_bytes(c, buf, s.len + 1);
}

/* To the reader: the mirror sees what it will see. */
static void emit(struct extra *x, struct hc_event *ev)
{
	if (x->r)
		return;
	hc_state_event(x->mirror, ev);
	x->stats->events++;
	x->r = x->fn(x->ctx, ev);
}

static void emit_calls(struct extra *x)
{
	for (uint32_t i = 0; i < x->ncalls; i++)
		emit(x, &x->calls[i].ev);
	x->ncalls = 0;
}

/* ---- sockets ---- */

static uint32_t family_of(const struct hc_fd *fd)
{
	switch (fd->type) {
	case HC_FD_UNIX_SOCK: return HC_AF_UNIX;
	case HC_FD_IPV4_SOCK: case HC_FD_IPV4_SERVSOCK: return HC_AF_INET;
	case HC_FD_IPV6_SOCK: case HC_FD_IPV6_SERVSOCK: return HC_AF_INET6;
	case HC_FD_NETLINK: return AF_NETLINK_PORTABLE;
	default: return AF_PACKET_PORTABLE;
	}
}

static void call_socket(struct extra *x, int64_t tid, int64_t num, const struct hc_fd *fd, uint32_t family)
{
	/* By l4proto: type and protocol that give it (12.3). */
	static const uint8_t kinds[][2] = { [HC_L4_UNKNOWN] = { 5, 0 }, [HC_L4_NA] = { 5, 0 }, [HC_L4_TCP] = { 1, 6 },
					    [HC_L4_UDP] = { 2, 17 }, [HC_L4_ICMP] = { 2, 1 }, [HC_L4_RAW] = { 3, 255 } };
	const uint8_t l4 = hc_fd_l4proto(fd);
	struct call *c = call(x, PPME_SOCKET_SOCKET_X, tid);

	put_number(c, num);
	put_number(c, family);
	put_number(c, kinds[l4 <= HC_L4_RAW ? l4 : HC_L4_UNKNOWN][0]);
	put_number(c, kinds[l4 <= HC_L4_RAW ? l4 : HC_L4_UNKNOWN][1]);
	put_number(c, fd->open_flags);
}

/* What stands before an IPv4 address in an IPv6 one. */
static const uint8_t all_zero[12], mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* PT_SOCKADDR of one end. */
static uint32_t address(uint8_t *to, const uint8_t *ip, uint32_t len, uint16_t port)
{
	to[0] = len == 4 ? HC_AF_INET : HC_AF_INET6;
	memcpy(to + 1, ip, len);
	memcpy(to + 1 + len, &port, 2);
	return len + 3;
}

/* The path of a connected unix socket's name `hex->hex path`; of any other its name. */
static struct hc_str unix_path(const struct hc_fd *fd)
{
	struct hc_str name = hc_text_str(fd->name);
	const char *arrow = name.len ? memmem(name.p, name.len, "->", 2) : NULL;
	const char *space = arrow ? memchr(arrow, ' ', (size_t)(name.p + name.len - arrow)) : NULL;

	if (space)
		name = (struct hc_str){ space + 1, (uint32_t)(name.p + name.len - space - 1) };
	return name;
}

static uint32_t unix_tail(uint8_t *to, struct hc_str path)
{
	const uint32_t n = path.len < 108 ? path.len : 108;

	memcpy(to, path.p, n);
	to[n] = '\0';
	return n + 1;
}

/* PT_SOCKTUPLE of an entry, or of what it must have been told as (mapped: as an IPv6 one). */
static uint32_t tuple(uint8_t *to, const struct hc_fd *fd, bool mapped)
{
	const uint8_t *ip[2];
	uint16_t port[2];
	uint32_t len, n = 1;

	if (fd->type == HC_FD_UNIX_SOCK) {
		to[0] = HC_AF_UNIX;
		memcpy(to + 1, fd->sock + HC_UN_SRC, 8);
		memcpy(to + 9, fd->sock + HC_UN_DST, 8);
		return 17 + unix_tail(to + 17, unix_path(fd));
	}
	ip[0] = hc_fd_source(fd, &len, &port[0]);
	ip[1] = hc_fd_destination(fd, &len, &port[1]);
	if (!ip[0])
		return 0;
	to[0] = len == 4 && !mapped ? HC_AF_INET : HC_AF_INET6;
	for (int i = 0; i < 2; i++) {
		if (len == 4 && mapped) {
			memcpy(to + n, mapped_prefix, sizeof mapped_prefix);
			n += sizeof mapped_prefix;
		}
		memcpy(to + n, ip[i], len);
		memcpy(to + n + len, &port[i], 2);
		n += len + 2;
	}
	return n;
}

/* prefix: what an IPv4 address stood behind in an IPv6 one; NULL: it was none. */
static void call_bind(struct extra *x, int64_t tid, int64_t num, const struct hc_fd *fd, const uint8_t *prefix)
{
	struct call *c = call(x, PPME_SOCKET_BIND_X, tid);
	uint8_t a[128], ip6[16];
	const uint8_t *ip;
	uint32_t len;
	uint16_t port;

	put_number(c, 0);
	if (fd->type == HC_FD_UNIX_SOCK) {
		a[0] = HC_AF_UNIX;
		put_bytes(c, a, 1 + unix_tail(a + 1, hc_text_str(fd->name)));
	} else {
		ip = hc_fd_destination(fd, &len, &port);
		if (ip && prefix) {
			memcpy(ip6, prefix, sizeof all_zero);
			memcpy(ip6 + sizeof all_zero, ip, 4);
			ip = ip6;
			len = sizeof ip6;
		}
		put_bytes(c, a, ip ? address(a, ip, len, port) : 0);
	}
	put_number(c, num);
}

static void call_connect(struct extra *x, int64_t tid, int64_t num, const struct hc_fd *fd, bool mapped)
{
	struct call *c = call(x, PPME_SOCKET_CONNECT_X, tid);
	uint8_t t[160], a[128];
	const uint8_t *ip;
	uint32_t len;
	uint16_t port;

	put_number(c, 0);
	put_bytes(c, t, tuple(t, fd, mapped));
	put_number(c, num);
	if (fd->type == HC_FD_UNIX_SOCK) {
		a[0] = HC_AF_UNIX;
		put_bytes(c, a, 1 + unix_tail(a + 1, unix_path(fd)));
		return;
	}
	ip = hc_fd_destination(fd, &len, &port);
	put_bytes(c, a, ip ? address(a, ip, len, port) : 0);
}

/* As old drivers told a connect in progress: the address only at its start, no tuple at its end. */
static void call_blind_connect(struct extra *x, int64_t tid, int64_t num, const struct hc_fd *fd)
{
	struct call *c = call(x, PPME_SOCKET_CONNECT_E, tid);
	uint8_t a[128] = { HC_AF_UNIX, '/' };
	const uint8_t *ip;
	uint32_t len;
	uint16_t port;

	put_number(c, num);
	ip = hc_fd_destination(fd, &len, &port);
	put_bytes(c, a, ip ? address(a, ip, len, port) : 3);
	c = call(x, PPME_SOCKET_CONNECT_X, tid);
	put_number(c, 0);
	put_bytes(c, NULL, 0);
	put_number(c, num);
	put_bytes(c, NULL, 0);
}

/* A bind to port 0 leaves nothing but a name. */
static bool call_bind_name(struct extra *x, int64_t tid, int64_t num, const struct hc_fd *fd)
{
	struct hc_str name = hc_text_str(fd->name);
	char text[HC_SOCK_TEXT_SIZE];
	uint8_t ip[16], a[32];
	uint32_t len;
	struct call *c;

	if (name.len < 3 || name.len >= sizeof text || memcmp(name.p + name.len - 2, ":0", 2) != 0)
		return false;
	memcpy(text, name.p, name.len - 2);
	text[name.len - 2] = '\0';
	len = inet_pton(AF_INET, text, ip) == 1 ? 4 : inet_pton(AF_INET6, text, ip) == 1 ? 16 : 0;
	if (!len)
		return false;
	c = call(x, PPME_SOCKET_BIND_X, tid);
	put_number(c, 0);
	put_bytes(c, a, address(a, ip, len, 0));
	put_number(c, num);
	return true;
}

static void call_accept(struct extra *x, int64_t tid, int64_t num, const struct hc_fd *fd)
{
	struct call *c = call(x, PPME_SOCKET_ACCEPT4_6_X, tid);
	uint8_t t[160];

	put_number(c, num);
	put_bytes(c, t, tuple(t, fd, false));
	for (int i = 0; i < 3; i++) /* the queue */
		put_number(c, 0);
	put_number(c, fd->open_flags);
}

static void call_traffic(struct extra *x, int64_t tid, int64_t num, const struct hc_fd *fd, bool receiving)
{
	struct call *c = call(x, receiving ? PPME_SOCKET_RECVFROM_X : PPME_SOCKET_SENDTO_X, tid);
	uint8_t t[160];
	const uint32_t len = tuple(t, fd, false);

	put_number(c, 0);
	put_bytes(c, NULL, 0);
	if (receiving)
		put_bytes(c, t, len);
	put_number(c, num);
	put_number(c, 0);
	if (!receiving)
		put_bytes(c, t, len);
}

/* Both ends at once; the other one is closed again unless it is open. */
static void call_socketpair(struct extra *x, int64_t tid, int64_t num, const struct hc_fd *fd, int64_t other)
{
	struct call *c = call(x, PPME_SOCKET_SOCKETPAIR_X, tid);

	put_number(c, 0);
	put_number(c, num);
	put_number(c, other);
	put_number(c, (int64_t)hc_le64(fd->sock + HC_UN_SRC));
	put_number(c, (int64_t)hc_le64(fd->sock + HC_UN_DST));
	put_number(c, HC_AF_UNIX);
	put_number(c, 1);
	put_number(c, 0);
	c = call(x, PPME_SYSCALL_CLOSE_X, tid);
	put_number(c, 0);
	put_number(c, other);
}

static void call_cloexec(struct extra *x, int64_t tid, int64_t num)
{
	struct call *c = call(x, PPME_SYSCALL_FCNTL_X, tid);

	put_number(c, 0);
	put_number(c, num);
	put_number(c, F_SETFD_PORTABLE);
	put_number(c, FD_CLOEXEC_NATIVE);
}

enum { WAYS = 14, WAY_PAIR = 9 };

/* The k-th way an entry may have come about; false: that is none for it. */
static bool make_way(struct extra *x, int k, int64_t tid, int64_t num, const struct hc_fd *fd, int64_t unused)
{
	const bool ip = hc_fd_is_ip_tuple(fd), server = hc_fd_is_ip_server(fd), local = fd->type == HC_FD_UNIX_SOCK;
	const uint32_t family = family_of(fd);
	struct call *c;

	x->ncalls = 0;
	if (!ip && !server && !local && fd->type != HC_FD_NETLINK && fd->type != HC_FD_UNKNOWN) {
		if (k == 0 && fd->type == HC_FD_MEMFD) {
			c = call(x, PPME_SYSCALL_MEMFD_CREATE_X, tid);
			put_number(c, num);
			put_string(c, hc_text_str(fd->name));
			put_number(c, fd->open_flags);
		} else if (k == 0 && fd->type == HC_FD_PIDFD) {
			c = call(x, PPME_SYSCALL_PIDFD_OPEN_X, tid);
			put_number(c, num);
			put_number(c, fd->pid);
			put_number(c, fd->open_flags);
		} else {
			return false;
		}
		return true;
	}
	if (fd->type == HC_FD_UNKNOWN && num < 0) {
		if (k)
			return false;
		c = call(x, PPME_SYSCALL_MEMFD_CREATE_X, tid);
		put_number(c, num);
		put_bytes(c, NULL, 0);
		put_number(c, 0);
		return true;
	}
	if (k == 3) {
		call_accept(x, tid, num, fd);
		return ip || local;
	}
	if (k == WAY_PAIR) {
		call_socketpair(x, tid, num, fd, unused);
		return local && unused >= 0;
	}
	call_socket(x, tid, num, fd, (k == 4 && ip) || k == 10 || k == 11 ? HC_AF_INET6 : family);
	switch (k) {
	case 0: return true;
	case 1: call_connect(x, tid, num, fd, false); return ip || local;
	case 2: call_bind(x, tid, num, fd, NULL); return server || local;
	case 4: call_connect(x, tid, num, fd, true); return ip;
	case 5: call_traffic(x, tid, num, fd, true); return ip || local;
	case 6: call_traffic(x, tid, num, fd, false); return ip || local;
	case 7: call_bind(x, tid, num, fd, NULL); call_traffic(x, tid, num, fd, true); return ip;
	case 8: call_bind(x, tid, num, fd, NULL); call_traffic(x, tid, num, fd, false); return ip;
	case 10: call_bind(x, tid, num, fd, all_zero); return fd->type == HC_FD_IPV4_SERVSOCK;
	case 11: call_bind(x, tid, num, fd, mapped_prefix); return fd->type == HC_FD_IPV4_SERVSOCK;
	case 12: call_blind_connect(x, tid, num, fd); return ip || local;
	default: return ip && call_bind_name(x, tid, num, fd);
	}
}

/* Whether the candidate makes an entry like that, with a call to set close-on-exec if that is all that is missing. */
static bool try_calls(struct extra *x, int64_t tid, int64_t num, const struct hc_fd *fd)
{
	struct hc_thread *t = hc_state_find(x->trial, tid);
	struct hc_fd *got, copy;
	bool same;

	for (uint32_t i = 0; i < x->ncalls; i++)
		hc_state_event(x->trial, &x->calls[i].ev);
	hc_state_settle(x->trial, x->ts_ns);
	got = hc_fdtable_find(t->fds, num);
	same = got && hc_state_same_fd(fd, got);
	if (got && !same && x->ncalls < CALLS_MAX && fd->open_flags == HC_CLOEXEC && !got->open_flags) {
		copy = *got;
		copy.open_flags = HC_CLOEXEC;
		same = hc_state_same_fd(fd, &copy);
		if (same)
			call_cloexec(x, tid, num);
	}
	hc_fds_range(x->trial, t, INT64_MIN, INT64_MAX, false);
	if (got && num < 0)
		hc_fds_remove(x->trial, t, num);
	return same;
}

/* ---- opened files ---- */

enum { NO_DIRFD = -1 /* the parameter stays empty */ };

static void call_openat(struct extra *x, int64_t tid, int64_t num, int64_t dirfd, const struct hc_fd *fd)
{
	struct call *c = call(x, PPME_SYSCALL_OPENAT_2_X, tid);

	put_number(c, num);
	if (dirfd == NO_DIRFD)
		put_bytes(c, NULL, 0);
	else
		put_number(c, dirfd);
	put_string(c, hc_text_str(fd->raw));
	put_number(c, fd->open_flags);
	put_number(c, 0);
	put_number(c, fd->dev);
	put_number(c, (int64_t)fd->ino);
}

static void call_chdir(struct extra *x, int64_t tid, struct hc_str path)
{
	struct call *c = call(x, PPME_SYSCALL_CHDIR_X, tid);

	put_number(c, 0);
	put_string(c, path);
}

static bool leads_to(struct hc_str base, struct hc_str raw, const struct hc_text *full)
{
	char buf[HC_PATH_SIZE];

	return hc_text_is(full, buf, hc_path_concat(buf, base, raw));
}

/* A directory from which a relative name leads to the full one: one above the file, or, for names that go up, below that.
 * False if there is none. */
static bool base_of(struct hc_str raw, const struct hc_text *full, char *buf, struct hc_str *ret)
{
	enum { DEEPER_MAX = 8 };
	const struct hc_str f = hc_text_str(full);

	for (uint32_t n = f.len; n > 0; n--) {
		if (f.p[n - 1] != '/')
			continue;
		memcpy(buf, f.p, n);
		for (uint32_t k = 0; k <= DEEPER_MAX && n + 2 * k < HC_PATH_SIZE; k++) {
			*ret = (struct hc_str){ buf, n + 2 * k };
			if (k)
				memcpy(buf + n + 2 * (k - 1), "x/", 2);
			if (leads_to(*ret, raw, full))
				return true;
		}
	}
	return false;
}

/* An opened file remembers the name it was opened with: from the working directory, something that is open, an unknown or no
 * directory, or one the process goes to for the purpose. */
static void restore_opened(struct extra *x, struct hc_thread *t, int64_t num, const struct hc_fd *fd)
{
	enum { TRIES_MAX = 1024 /* places in the table: big ones full of such files would take for ever */ };
	struct hc_thread *seen = hc_state_find(x->mirror, t->tid);
	struct hc_str raw = hc_text_str(fd->raw), base;
	char dir[HC_PATH_SIZE + 1], buf[HC_PATH_SIZE + 1];
	uint32_t pos = 0;
	struct hc_fd *d;
	int64_t dirfd;

	x->ncalls = 0;
	if (leads_to(hc_path_dirfd(seen, AT_FDCWD_PORTABLE, raw, dir), raw, fd->name)) {
		call_openat(x, t->tid, num, AT_FDCWD_PORTABLE, fd);
	} else if (hc_text_is(fd->name, raw.p, raw.len)) {
		struct call *c = call(x, PPME_SYSCALL_OPEN_BY_HANDLE_AT_X, t->tid);

		put_number(c, num);
		put_number(c, 0);
		put_number(c, fd->open_flags);
		put_string(c, raw);
		put_number(c, fd->dev);
		put_number(c, (int64_t)fd->ino);
	} else {
		while (!x->ncalls && pos < TRIES_MAX && hc_fdtable_next(hc_thread_fds(seen), &pos, &dirfd, &d))
			if (dirfd >= 0 && leads_to(hc_path_dirfd(seen, dirfd, raw, dir), raw, fd->name))
				call_openat(x, t->tid, num, dirfd, fd);
		if (!x->ncalls && leads_to(HC_STR("<UNKNOWN>"), raw, fd->name))
			call_openat(x, t->tid, num, INT32_MAX, fd);
		else if (!x->ncalls && leads_to(HC_STR(""), raw, fd->name))
			call_openat(x, t->tid, num, NO_DIRFD, fd);
		if (!x->ncalls && base_of(raw, fd->name, buf, &base)) {
			char cwd_buf[HC_PATH_SIZE + 1];
			const struct hc_str now = hc_thread_cwd(seen);
			struct hc_str cwd = { cwd_buf, now.len < sizeof cwd_buf ? now.len : 0 };

			memcpy(cwd_buf, now.p, cwd.len);
			call_chdir(x, t->tid, base);
			call_openat(x, t->tid, num, AT_FDCWD_PORTABLE, fd);
			call_chdir(x, t->tid, cwd);
		}
	}
	emit_calls(x);
}

/* ---- all of it ---- */

static void begin_trials(struct extra *x, const struct hc_thread *t)
{
	struct hc_thread_info *in;

	if (x->trial_section.nthreads && x->trial_section.threads[0].tid == t->tid)
		return;
	x->trial_section.nthreads = 0;
	in = hc_section_add_thread(&x->trial_section);
	in->tid = t->tid;
	in->pid = t->tid;
	hc_state_section(x->trial, &x->trial_section);
	hc_state_loaded(x->trial);
}

/* A number that is free in both tables, for the other end of a pair; if both ends are open, the other one's. */
static int64_t other_end(struct extra *x, struct hc_thread *t, int64_t num)
{
	struct hc_thread *seen = hc_state_find(x->mirror, t->tid);
	int64_t i = 0;

	while (i < HC_FDS_DENSE_MAX && (i == num || hc_fdtable_get(t->fds, i) || hc_fdtable_get(seen->fds, i)))
		i++;
	return i < HC_FDS_DENSE_MAX ? i : -1;
}

static void restore_fd(struct extra *x, struct hc_thread *t, int64_t num, const struct hc_fd *fd)
{
	struct hc_thread *seen = hc_state_find(x->mirror, t->tid);
	const struct hc_fd *got = seen ? hc_fdtable_find(seen->fds, num) : NULL;

	if (got && hc_state_same_fd(fd, got))
		return;
	if (fd->raw && (fd->type == HC_FD_FILE_V2 || fd->type == HC_FD_DIRECTORY)) {
		restore_opened(x, t, num, fd);
		return;
	}
	begin_trials(x, t);
	for (int k = 0; k < WAYS; k++) {
		if (make_way(x, k, t->tid, num, fd, k == WAY_PAIR ? other_end(x, t, num) : -1) &&
		    try_calls(x, t->tid, num, fd)) {
			emit_calls(x);
			return;
		}
	}
	x->ncalls = 0;
	if (got && fd->open_flags & HC_CLOEXEC && !(got->open_flags & HC_CLOEXEC)) {
		call_cloexec(x, t->tid, num);
		emit_calls(x);
	}
}

static void restore_fds(struct extra *x, struct hc_thread *t)
{
	uint32_t pos = 0;
	struct hc_fd *fd;
	int64_t num;

	/* Calls would go to the main thread's table. */
	if (t->flags & HC_CL_CLONE_FILES && hc_thread_main(t) != t)
		return;
	while (!x->r && hc_fdtable_next(t->fds, &pos, &num, &fd))
		restore_fd(x, t, num, fd);
}

/* Nothing is known of a placeholder but that it is there, and its fds: a call that fails makes one. */
static void restore_placeholder(struct extra *x, const struct hc_thread *t)
{
	if (hc_state_find(x->mirror, t->tid))
		return;
	put_number(call(x, PPME_SYSCALL_SETSID_X, t->tid), -1);
	emit_calls(x);
}

/* A stored enter event, of a call that has not returned. */
static void restore_enter(struct extra *x, const struct hc_thread *t)
{
	const uint8_t *p = (const uint8_t *)t->enter->p;
	const uint32_t n = hc_le16(p);
	struct hc_event ev = { .type = t->enter_type, .tid = t->tid, .ts_ns = x->ts_ns, .flags = HC_EVENT_STATE_ONLY,
			       .nparams = n, .lens = p + 2, .data = p + 2 + 2 * n };

	emit(x, &ev);
}

/* Names longer than the lists can hold, and root where it was deleted. */
static void restore_users(struct extra *x)
{
	const struct hc_user *user = hc_users_find_user(&x->mirror->users, NULL, 0);
	const struct hc_user *group = hc_users_find_group(&x->mirror->users, NULL, 0);
	struct call *c;

	if (user && !hc_users_find_user(&x->want->users, NULL, 0)) {
		c = call(x, PPME_USER_DELETED_E, -1);
		put_number(c, 0);
		put_number(c, user->gid);
		put_string(c, hc_text_str(user->name));
		put_string(c, hc_text_str(user->home));
		put_string(c, hc_text_str(user->shell));
		put_string(c, HC_STR(""));
	}
	if (group && !hc_users_find_group(&x->want->users, NULL, 0)) {
		c = call(x, PPME_GROUP_DELETED_E, -1);
		put_number(c, 0);
		put_string(c, hc_text_str(group->name));
		put_string(c, HC_STR(""));
	}
	emit_calls(x);
}

static int emit_numbers(void *ctx, const struct hc_buf *json)
{
	static const uint32_t id = 0;
	struct extra *x = ctx;
	struct hc_buf data HC_BUF_DONE = { 0 };
	const uint32_t lens[3] = { sizeof id, sizeof HC_LEDGER_STATE, (uint32_t)json->len + 1 };
	struct hc_event ev = { .type = PPME_ASYNCEVENT_E, .tid = -1, .ts_ns = x->ts_ns, .flags = HC_EVENT_STATE_ONLY,
			       .nparams = 3, .lens = (const uint8_t *)lens };

	hc_buf_put(&data, &id, sizeof id);
	hc_buf_put(&data, HC_LEDGER_STATE, sizeof HC_LEDGER_STATE);
	hc_buf_put(&data, json->p, json->len + 1);
	ev.data = (const uint8_t *)data.p;
	emit(x, &ev);
	return x->r;
}

/* All threads in ascending order, so that equal states give equal files. */
static int by_tid(const void *a, const void *b)
{
	const struct hc_thread *x = *(struct hc_thread *const *)a, *y = *(struct hc_thread *const *)b;

	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

static void restore_all(struct extra *x)
{
	HC_FREE struct hc_thread **all = hc_calloc(x->want->ntids ? x->want->ntids : 1, sizeof(struct hc_thread *));
	uint32_t n = 0;

	for (uint32_t i = 0; i < x->want->tids_cap; i++) {
		struct hc_thread *t = x->want->tids[i];

		if (t && (hc_state_find(x->mirror, t->tid) ||
			  (t->pid <= 0 && (!x->wanted || x->wanted(x->wanted_ctx, t)))))
			all[n++] = t;
	}
	qsort(all, n, sizeof(struct hc_thread *), by_tid);
	restore_users(x);
	for (uint32_t i = 0; i < n && !x->r; i++)
		if (all[i]->pid <= 0)
			restore_placeholder(x, all[i]);
	for (uint32_t i = 0; i < n && !x->r; i++)
		restore_fds(x, all[i]);
	for (uint32_t i = 0; i < n && !x->r; i++)
		if (all[i]->enter)
			restore_enter(x, all[i]);
	hc_state_settle(x->mirror, x->ts_ns);
}

int hc_state_extra(struct hc_state *state, const struct hc_section *lists, hc_state_wanted_fn wanted, void *wanted_ctx,
		   uint64_t ts_ns, hc_state_extra_fn fn, void *ctx, struct hc_state_extra_stats *ret)
{
	HC_CLEANUP(hc_state_free) struct hc_state *mirror = hc_state_new(0);
	HC_CLEANUP(hc_state_free) struct hc_state *trial = hc_state_new(0);
	HC_FREE struct extra *x = hc_calloc(1, sizeof *x);
	uint64_t left = 0;

	*ret = (struct hc_state_extra_stats){ 0 };
	*x = (struct extra){ .want = state, .mirror = mirror, .trial = trial, .ts_ns = ts_ns, .fn = fn, .ctx = ctx,
			     .wanted = wanted, .wanted_ctx = wanted_ctx, .stats = ret };
	hc_section_init(&x->trial_section);
	for (uint32_t i = 0; i < lists->ninterfaces; i++)
		*hc_section_add_interface(&x->trial_section) = lists->interfaces[i];
	hc_state_section(mirror, lists);
	hc_state_loaded(mirror);
	restore_all(x);
	if (!x->r)
		x->r = hc_state_numbers(state, mirror, ts_ns, emit_numbers, x, &left);
	ret->left = left;
	hc_section_done(&x->trial_section);
	return x->r;
}
