/* SPDX-License-Identifier: Apache-2.0
 *
 * Sockets: what connect, accept and traffic make of their ends, roles and names (state-engine.md 12). In a connected IP
 * socket source is the client, destination the server. A TCP socket's tuple is fixed once it has a name, all others follow
 * the traffic. hc_fd.sock is overlaid; what a change of type leaves behind there is intended (3.3 (Q)).
 */
#include "replay/state-internal.h"

#include "replay/sockets.h"

enum { EINPROGRESS_NATIVE = 115, SOCK_STREAM_NATIVE = 1, SOCK_DGRAM_NATIVE = 2, SOCK_RAW_NATIVE = 3 };
enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_RAW = 255 };
enum { AF_NETLINK_PORTABLE = 16 };

/* The ends of an IP tuple, of a parameter or of an entry; bytes of one family. */
struct ends {
	uint32_t len; /* 4 or 16 */
	uint8_t src[16], dst[16];
	uint16_t sport, dport;
};

static int64_t result(struct hc_event *ev)
{
	return hc_event_i64(ev, 0, -1);
}

static void put16(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof v);
}

static struct ends load_ends(const uint8_t *sock, bool v4)
{
	struct ends e = { .len = v4 ? 4 : 16 };

	memcpy(e.src, sock, e.len);
	memcpy(e.dst, sock + (v4 ? HC_V4_DST : HC_V6_DST), e.len);
	e.sport = hc_le16(sock + (v4 ? HC_V4_SPORT : HC_V6_SPORT));
	e.dport = hc_le16(sock + (v4 ? HC_V4_DPORT : HC_V6_DPORT));
	return e;
}

static void store_ends(uint8_t *sock, const struct ends *e)
{
	const bool v4 = e->len == 4;

	memcpy(sock, e->src, e->len);
	memcpy(sock + (v4 ? HC_V4_DST : HC_V6_DST), e->dst, e->len);
	put16(sock + (v4 ? HC_V4_SPORT : HC_V6_SPORT), e->sport);
	put16(sock + (v4 ? HC_V4_DPORT : HC_V6_DPORT), e->dport);
}

static struct ends swapped(const struct ends *e)
{
	struct ends r = { .len = e->len, .sport = e->dport, .dport = e->sport };

	memcpy(r.src, e->dst, e->len);
	memcpy(r.dst, e->src, e->len);
	return r;
}

static bool ends_equal(const struct ends *a, const struct ends *b)
{
	return a->len == b->len && a->sport == b->sport && a->dport == b->dport && !memcmp(a->src, b->src, a->len) &&
	       !memcmp(a->dst, b->dst, a->len);
}

static bool is_zero(const uint8_t *p, uint32_t len)
{
	static const uint8_t zero[16];

	return !memcmp(p, zero, len);
}

/* Ends of an IP tuple parameter; IPv6 with both ends mapped becomes IPv4. */
static struct ends tuple_ends(const struct hc_socktuple *t)
{
	struct ends e = { .len = t->family == HC_AF_INET ? 4 : 16, .sport = t->sport, .dport = t->dport };
	const bool mapped = e.len == 16 && hc_ip_is_mapped(t->src) && hc_ip_is_mapped(t->dst);

	if (mapped)
		e.len = 4;
	memcpy(e.src, t->src + (mapped ? 12 : 0), e.len);
	memcpy(e.dst, t->dst + (mapped ? 12 : 0), e.len);
	return e;
}

static uint8_t *l4_of(struct hc_fd *fd)
{
	return &fd->sock[fd->type == HC_FD_IPV4_SOCK ? HC_V4_L4 : HC_V6_L4];
}

/* Only IPv4 tuples count as TCP or UDP sockets (12.7 (Q)). */
static bool is_l4(const struct hc_fd *fd, uint8_t l4)
{
	return fd->type == HC_FD_IPV4_SOCK && fd->sock[HC_V4_L4] == l4;
}

static void swap_ends(struct hc_fd *fd)
{
	struct ends e = load_ends(fd->sock, fd->type == HC_FD_IPV4_SOCK), r = swapped(&e);

	store_ends(fd->sock, &r);
}

void hc_fd_swap(struct hc_state *s, struct hc_fd *fd)
{
	struct ends e;
	char buf[HC_SOCK_TEXT_SIZE];

	swap_ends(fd);
	e = load_ends(fd->sock, true);
	hc_fd_set_name(s, fd, buf, hc_ip_tuple_text(buf, e.src, e.sport, e.dst, e.dport, 4, true));
}

/* Name in protocol form (12.1). */
static void name_by_protocol(struct hc_state *s, struct hc_fd *fd)
{
	struct ends e = load_ends(fd->sock, fd->type == HC_FD_IPV4_SOCK);
	const uint8_t l4 = *l4_of(fd);
	char buf[HC_SOCK_TEXT_SIZE];

	if (l4 == HC_L4_TCP || l4 == HC_L4_UDP || l4 == HC_L4_ICMP || l4 == HC_L4_RAW)
		hc_fd_set_name(s, fd, buf, hc_ip_tuple_text(buf, e.src, e.sport, e.dst, e.dport, e.len,
							     l4 == HC_L4_TCP || l4 == HC_L4_UDP));
	else
		hc_fd_set_name(s, fd, "<unknown>", 9);
}

static void name_by_tuple(struct hc_state *s, struct hc_fd *fd, const uint8_t *p, uint32_t len)
{
	char buf[HC_SOCK_TEXT_SIZE];

	hc_fd_set_name(s, fd, buf, hc_socktuple_text(buf, p, len));
}

/* 12.3 */
static uint8_t l4_of_socket(uint32_t type, uint32_t proto)
{
	switch (proto) {
	case PROTO_TCP: return type == SOCK_RAW_NATIVE ? HC_L4_RAW : HC_L4_TCP;
	case PROTO_UDP: return type == SOCK_RAW_NATIVE ? HC_L4_RAW : HC_L4_UDP;
	case PROTO_ICMP: return type == SOCK_RAW_NATIVE ? HC_L4_RAW : HC_L4_ICMP;
	case PROTO_RAW: return HC_L4_RAW;
	case 0:
		type &= 0xff;
		return type == SOCK_STREAM_NATIVE ? HC_L4_TCP : type == SOCK_DGRAM_NATIVE ? HC_L4_UDP : HC_L4_UNKNOWN;
	default: return HC_L4_UNKNOWN;
	}
}

static struct hc_fd *add_socket(struct hc_state *s, int64_t num, uint32_t domain, uint32_t type, uint32_t proto)
{
	uint8_t kind = domain == HC_AF_UNIX    ? HC_FD_UNIX_SOCK
		       : domain == HC_AF_INET  ? HC_FD_IPV4_SOCK
		       : domain == HC_AF_INET6 ? HC_FD_IPV6_SOCK
		       : domain == AF_NETLINK_PORTABLE ? HC_FD_NETLINK
						       : HC_FD_UNKNOWN;
	struct hc_fd *fd = hc_fds_add(s, s->thread, num, kind);

	if (fd && hc_fd_is_ip_tuple(fd))
		*l4_of(fd) = l4_of_socket(type, proto);
	return fd;
}

void hc_on_socket(struct hc_state *s, struct hc_event *ev)
{
	struct hc_fd *fd;

	if (!s->thread || result(ev) < 0)
		return;
	fd = add_socket(s, result(ev), (uint32_t)hc_event_u64(ev, 1, 0), (uint32_t)hc_event_u64(ev, 2, 0),
			(uint32_t)hc_event_u64(ev, 3, 0));
	if (fd)
		fd->open_flags = (uint32_t)hc_event_u64(ev, 4, 0);
}

void hc_on_socketpair(struct hc_state *s, struct hc_event *ev)
{
	const uint64_t ends[2] = { hc_event_u64(ev, 3, 0), hc_event_u64(ev, 4, 0) };
	struct hc_fd *fd[2];

	if (!s->thread || result(ev) < 0 || hc_event_i64(ev, 1, -1) == hc_event_i64(ev, 2, -1))
		return;
	for (uint32_t k = 0; k < 2; k++) {
		fd[k] = hc_fds_add(s, s->thread, hc_event_i64(ev, 1 + k, -1), HC_FD_UNIX_SOCK);
		if (fd[k])
			memcpy(fd[k]->sock, ends, sizeof ends);
	}
	/* The first one is the event's fd; but last_fd is the second (Q). */
	s->fd = fd[0];
}

static void become_server(struct hc_fd *fd, const uint8_t *ip, uint32_t len, uint16_t port)
{
	const uint8_t l4 = hc_fd_l4proto(fd);

	fd->type = len == 4 ? HC_FD_IPV4_SERVSOCK : HC_FD_IPV6_SERVSOCK;
	memcpy(fd->sock, ip, len);
	put16(fd->sock + (len == 4 ? HC_V4S_PORT : HC_V6S_PORT), port);
	fd->sock[len == 4 ? HC_V4S_L4 : HC_V6S_L4] = l4 == HC_L4_NA ? HC_L4_UNKNOWN : l4;
	fd->flags = (uint8_t)((fd->flags & ~HC_FDF_ROLES) | HC_FDF_ROLE_SERVER);
}

void hc_on_bind(struct hc_state *s, struct hc_event *ev)
{
	char buf[HC_SOCK_TEXT_SIZE];
	struct hc_sockaddr a;
	struct hc_fd *fd;
	const uint8_t *p;
	uint32_t len;

	p = hc_event_param(ev, 1, &len);
	if (!s->fd || result(ev) < 0 || !hc_sockaddr_read(p, len, &a))
		return;
	fd = hc_fds_edit_event(s);
	if (!fd)
		return;
	if (a.family == HC_AF_INET && a.port)
		become_server(fd, a.ip, 4, a.port);
	else if (a.family == HC_AF_INET6 && a.port && hc_ip_is_mapped(a.ip))
		become_server(fd, a.ip + 12, 4, a.port);
	else if (a.family == HC_AF_INET6 && a.port)
		become_server(fd, a.ip, 16, a.port);
	hc_fd_set_name(s, fd, buf, hc_sockaddr_text(buf, p, len));
}

/* Writes the four parts unless they are there already; in what is a tuple of that family, also the other way round (12.8). */
static bool set_ends(struct hc_fd *fd, const struct ends *e)
{
	const bool is_tuple = fd->type == (e->len == 4 ? HC_FD_IPV4_SOCK : HC_FD_IPV6_SOCK);
	struct ends old = load_ends(fd->sock, e->len == 4), rev = swapped(e);

	if (ends_equal(&old, e) || (is_tuple && ends_equal(&old, &rev)))
		return false;
	store_ends(fd->sock, e);
	return true;
}

/* The part of connect that goes by the tuple (12.5): A is the exit's address, E the enter's. */
static void connect_ip(struct hc_state *s, struct hc_fd *fd, const struct hc_socktuple *t, const struct hc_sockaddr *a,
		       const struct hc_sockaddr *e)
{
	struct hc_socktuple chosen = *t;
	struct ends ends;
	bool changed;

	if (a && e && a->family == t->family && e->family == t->family && a->port == t->dport &&
	    !memcmp(a->ip, t->dst, sizeof t->dst)) {
		memcpy(chosen.dst, e->ip, sizeof chosen.dst);
		chosen.dport = e->port;
	}
	ends = tuple_ends(&chosen);
	fd->type = ends.len == 4 ? HC_FD_IPV4_SOCK : HC_FD_IPV6_SOCK;
	changed = set_ends(fd, &ends);
	if (changed && fd->flags & HC_FDF_ROLE_SERVER && is_l4(fd, HC_L4_UDP))
		swap_ends(fd);
	name_by_protocol(s, fd);
}

static void connect_unix(struct hc_state *s, struct hc_fd *fd, const struct hc_socktuple *t, const struct hc_sockaddr *a,
			 const struct hc_sockaddr *e)
{
	struct hc_str path = t->path;
	char buf[HC_SOCK_TEXT_SIZE];

	memcpy(fd->sock + HC_UN_SRC, &t->unix_src, 8);
	memcpy(fd->sock + HC_UN_DST, &t->unix_dst, 8);
	if (a && e && a->family == HC_AF_UNIX && e->family == HC_AF_UNIX && hc_str_eq(a->path, t->path))
		path = e->path;
	hc_fd_set_name(s, fd, buf, hc_unix_text(buf, t->unix_src, t->unix_dst, path));
}

/* connect without a tuple, as old drivers told it while in progress: all that is known is the address it was asked for. */
static void connect_blind(struct hc_state *s, struct hc_fd *fd, const struct hc_sockaddr *e)
{
	const bool mapped = e->family == HC_AF_INET6 && hc_ip_is_mapped(e->ip);
	const bool v4 = e->family == HC_AF_INET || mapped;

	if (e->family == HC_AF_UNIX) {
		hc_fd_set_name(s, fd, "NULL", 4);
		return;
	}
	fd->type = v4 ? HC_FD_IPV4_SOCK : HC_FD_IPV6_SOCK;
	memcpy(fd->sock + (v4 ? HC_V4_DST : HC_V6_DST), e->ip + (mapped ? 12 : 0), v4 ? 4 : 16);
	put16(fd->sock + (v4 ? HC_V4_DPORT : HC_V6_DPORT), e->port);
}

void hc_on_connect(struct hc_state *s, struct hc_event *ev)
{
	const int64_t res = result(ev);
	struct hc_sockaddr a_buf, e_buf, *a = NULL, *e = NULL;
	struct hc_socktuple t;
	struct hc_event enter;
	struct hc_fd *fd;
	const uint8_t *p;
	uint32_t len;

	if (!s->fd || (res < 0 && res != -EINPROGRESS_NATIVE))
		return;
	fd = hc_fds_edit_event(s);
	if (!fd)
		return;
	fd->flags |= HC_FDF_CONNECTED;
	if (hc_state_enter(s, &enter)) {
		p = hc_event_param(&enter, 1, &len);
		e = hc_sockaddr_read(p, len, &e_buf) ? &e_buf : NULL;
	}
	p = hc_event_param(ev, 3, &len);
	a = hc_sockaddr_read(p, len, &a_buf) ? &a_buf : NULL;
	p = hc_event_param(ev, 1, &len);
	if (!len) {
		if (e)
			connect_blind(s, fd, e);
		return;
	}
	if (!hc_socktuple_read(p, len, &t))
		return;
	if (t.family != HC_AF_UNIX)
		connect_ip(s, fd, &t, a, e);
	else if (fd->type == HC_FD_UNIX_SOCK)
		connect_unix(s, fd, &t, a, e);
	else
		return;
	if (!(fd->flags & HC_FDF_ROLES))
		fd->flags |= HC_FDF_ROLE_CLIENT;
}

void hc_on_accept(struct hc_state *s, struct hc_event *ev)
{
	const int64_t res = result(ev);
	struct hc_socktuple t;
	struct hc_fd *fd;
	const uint8_t *p;
	uint32_t len;

	if (!s->thread || res < 0)
		return;
	s->thread->last_fd = res;
	p = hc_event_param(ev, 1, &len);
	if (!hc_socktuple_read(p, len, &t))
		return;
	if (t.family == HC_AF_UNIX) {
		fd = hc_fds_add(s, s->thread, res, HC_FD_UNIX_SOCK);
		if (!fd)
			return;
		memcpy(fd->sock + HC_UN_SRC, &t.unix_src, 8);
		memcpy(fd->sock + HC_UN_DST, &t.unix_dst, 8);
	} else {
		struct ends e = tuple_ends(&t);

		fd = hc_fds_add(s, s->thread, res, e.len == 4 ? HC_FD_IPV4_SOCK : HC_FD_IPV6_SOCK);
		if (!fd)
			return;
		store_ends(fd->sock, &e);
		*l4_of(fd) = HC_L4_TCP;
	}
	fd->flags |= HC_FDF_CONNECTED | HC_FDF_ROLE_SERVER;
	name_by_tuple(s, fd, p, len);
	if (ev->type == PPME_SOCKET_ACCEPT4_6_X)
		fd->open_flags = (uint32_t)hc_event_u64(ev, 5, 0);
}

/* An address of this host for one end, given the other (12.8); 0 if there is none. */
static void infer_address(const struct hc_state *s, const uint8_t *other, uint32_t len, uint8_t *ret)
{
	static const uint8_t loop4[4] = { 127, 0, 0, 1 }, loop6[16] = { [15] = 1 };
	const struct hc_section *sec = s->section;
	const uint8_t *subnet = NULL, *any = NULL;

	memset(ret, 0, len);
	for (uint32_t i = 0; sec && i < sec->ninterfaces; i++) {
		const struct hc_interface *f = &sec->interfaces[i];
		bool same = true;

		if ((f->type == 1 || f->type == 3 ? 4u : 16u) != len)
			continue;
		if (!memcmp(f->addr, other, len)) {
			memcpy(ret, f->addr, len);
			return;
		}
		for (uint32_t k = 0; k < (len == 4 ? 4u : 8u); k++) {
			const uint8_t mask = len == 4 ? f->netmask[k] : 0xff;

			same &= (f->addr[k] & mask) == (other[k] & mask);
		}
		if (same && !subnet)
			subnet = f->addr;
		if (!any && memcmp(f->addr, len == 4 ? loop4 : loop6, len) != 0)
			any = f->addr;
	}
	if (subnet || any)
		memcpy(ret, subnet ? subnet : any, len);
}

static void fill_unknown_end(const struct hc_state *s, struct hc_fd *fd)
{
	struct ends e = load_ends(fd->sock, fd->type == HC_FD_IPV4_SOCK);
	uint8_t *missing, addr[16];
	const uint8_t *other;

	if (is_zero(e.src, e.len)) {
		missing = e.src;
		other = e.dst;
	} else if (is_zero(e.dst, e.len)) {
		missing = e.dst;
		other = e.src;
	} else {
		return;
	}
	infer_address(s, other, e.len, addr);
	if (!memcmp(addr, other, e.len) && e.sport == e.dport)
		return;
	memcpy(missing, addr, e.len);
	store_ends(fd->sock, &e);
}

/* update(tuple) of 12.8: true if it reports a change. IPv4 makes whatever it was an IPv4 tuple. IPv6 leaves the type as it
 * is (B): over a bound socket's server form the tuple is written all the same, and fields show what then stands there. */
static bool update(const struct hc_state *s, struct hc_fd *fd, const struct hc_socktuple *t)
{
	struct ends e;

	if (t->family == HC_AF_UNIX) {
		fd->type = HC_FD_UNIX_SOCK;
		memcpy(fd->sock + HC_UN_SRC, &t->unix_src, 8);
		memcpy(fd->sock + HC_UN_DST, &t->unix_dst, 8);
		return true;
	}
	if (fd->type == HC_FD_IPV4_SERVSOCK && t->family == HC_AF_INET)
		fd->sock[HC_V4_L4] = fd->sock[HC_V4S_L4];
	e = tuple_ends(t);
	if (e.len == 4)
		fd->type = HC_FD_IPV4_SOCK;
	if (!set_ends(fd, &e))
		return false;
	if (!hc_fd_is_ip_tuple(fd))
		return true;
	if (*l4_of(fd) == HC_L4_UNKNOWN)
		*l4_of(fd) = HC_L4_UDP;
	fill_unknown_end(s, fd);
	return true;
}

static bool bound_to(const struct hc_fd *fd, uint16_t port)
{
	return (fd->type == HC_FD_IPV4_SERVSOCK && hc_le16(fd->sock + HC_V4S_PORT) == port) ||
	       (fd->type == HC_FD_IPV4_SOCK && hc_le16(fd->sock + HC_V4_DPORT) == port);
}

/* Client or server, from the process's other IPv4 sockets and this one itself (12.9 (Q)); the ports of an IPv6 tuple are
 * read at the IPv4 offsets. */
static void guess_role(struct hc_state *s, struct hc_fd *fd, bool receiving)
{
	const uint16_t sport = hc_le16(fd->sock + HC_V4_SPORT), dport = hc_le16(fd->sock + HC_V4_DPORT);
	const struct hc_fdtable *table = hc_thread_fds(s->thread);
	bool bound = false, uses_sport = false;
	uint32_t pos = 0;
	struct hc_fd *f;
	int64_t num;

	while (hc_fdtable_next(table, &pos, &num, &f)) {
		bound |= bound_to(f, dport);
		uses_sport |= f->type == HC_FD_IPV4_SOCK && hc_le16(f->sock + HC_V4_SPORT) == sport;
	}
	if (!bound || (uses_sport && !receiving))
		fd->flags |= HC_FDF_ROLE_CLIENT;
	else
		fd->flags |= HC_FDF_ROLE_SERVER;
}

/* True if a tuple tells nothing new about the entry: then it is left alone, and what is remembered of it stays valid. */
static bool is_known(const struct hc_fd *fd, const struct hc_socktuple *t)
{
	struct ends e, old, rev;

	if (t->family == HC_AF_UNIX) {
		char buf[HC_SOCK_TEXT_SIZE];

		return fd->type == HC_FD_UNIX_SOCK && hc_le64(fd->sock + HC_UN_SRC) == t->unix_src &&
		       hc_le64(fd->sock + HC_UN_DST) == t->unix_dst &&
		       hc_text_is(fd->name, buf, hc_unix_text(buf, t->unix_src, t->unix_dst, t->path));
	}
	e = tuple_ends(t);
	if (fd->type != (e.len == 4 ? HC_FD_IPV4_SOCK : HC_FD_IPV6_SOCK))
		return false;
	old = load_ends(fd->sock, e.len == 4);
	rev = swapped(&e);
	return ends_equal(&old, &e) || ends_equal(&old, &rev);
}

static void traffic(struct hc_state *s, const uint8_t *p, uint32_t len, bool receiving)
{
	struct hc_socktuple t;
	struct hc_fd *fd = s->fd;

	if (hc_fd_is_ip_tuple(fd) && !(fd->flags & HC_FDF_CONNECTED)) {
		fd = hc_fds_edit_event(s);
		if (!fd)
			return;
		fd->flags |= HC_FDF_CONNECTED;
		s->io_changed = true;
	}
	/* Most traffic is on named TCP sockets, and must cost nothing. */
	if (!len || (fd->name && is_l4(fd, HC_L4_TCP)) || !hc_socktuple_read(p, len, &t) || is_known(fd, &t))
		return;
	s->io_changed = true;
	fd = hc_fds_edit_event(s);
	if (!fd || !update(s, fd, &t))
		return;
	if (!hc_fd_is_ip_tuple(fd)) {
		name_by_tuple(s, fd, p, len);
		return;
	}
	if (!(fd->flags & HC_FDF_ROLES))
		guess_role(s, fd, receiving);
	if (fd->flags & (receiving ? HC_FDF_ROLE_CLIENT : HC_FDF_ROLE_SERVER))
		swap_ends(fd);
	name_by_protocol(s, fd);
}

void hc_on_send(struct hc_state *s, struct hc_event *ev)
{
	const uint8_t *p;
	uint32_t len;

	if (!s->thread || !hc_event_has(ev, 0) || result(ev) < 0)
		return;
	p = hc_event_param(ev, 4, &len);
	if (!s->fd && s->thread->last_fd >= 0 && ev->type != PPME_SOCKET_SENDMMSG_X && len &&
	    (p[0] == HC_AF_INET || p[0] == HC_AF_INET6)) {
		add_socket(s, s->thread->last_fd, p[0], SOCK_DGRAM_NATIVE, PROTO_UDP);
		s->io_changed = true;
	}
	if (s->fd)
		traffic(s, p, len, false);
}

void hc_on_recv(struct hc_state *s, struct hc_event *ev)
{
	const uint8_t *p;
	uint32_t len;

	if (!s->fd || !hc_event_has(ev, 0) || result(ev) < 0)
		return;
	p = hc_event_param(ev, ev->type == PPME_SOCKET_RECVFROM_X ? 2 : ev->type == PPME_SOCKET_RECVMSG_X ? 3 : 4, &len);
	traffic(s, p, len, true);
}

/* read, write and kin only show that an IP socket is connected. */
void hc_on_io(struct hc_state *s, struct hc_event *ev)
{
	struct hc_fd *fd = s->fd;

	if (!fd || !hc_fd_is_ip_tuple(fd) || fd->flags & HC_FDF_CONNECTED || result(ev) < 0)
		return;
	s->io_changed = true;
	fd = hc_fds_edit_event(s);
	if (fd)
		fd->flags |= HC_FDF_CONNECTED;
}
