/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver test: sockets of the three told families; addresses, tuples, messages, options; every parameter against
 * emission.tsv.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/bpf/harness.h"

static struct hc_event *ev;

/* Builds a PT_SOCKTUPLE or PT_SOCKADDR to compare with. */
static unsigned char want[256];
static size_t nwant;

static void w(const void *p, size_t len)
{
	memcpy(want + nwant, p, len);
	nwant += len;
}
#define WANT_FAMILY(f) (nwant = 0, w(&(uint8_t){ f }, 1))
#define WANT_U16(v) w(&(uint16_t){ v }, 2)
#define WANT_U64(v) w(&(uint64_t){ v }, 8)

static void want_v4(uint32_t a, uint16_t port)
{
	w(&(uint32_t){ htonl(a) }, 4);
	WANT_U16(port);
}

static void want_v6(uint16_t port)
{
	w(&in6addr_loopback, 16);
	WANT_U16(port);
}

enum { LOCAL = 0x7f000001 };

/* Until so many connections wait to be accepted: TCP counts them after connect(2) has returned. */
static void wait_for_pending(int server, unsigned n)
{
	struct tcp_info info = { 0 };
	socklen_t len;

	do {
		len = sizeof info;
		sched_yield();
	} while (getsockopt(server, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 && info.tcpi_unacked < n);
}

static void tcp4(void)
{
	struct sockaddr_in *addr = shared(sizeof *addr), *peer = shared(sizeof *peer);
	socklen_t *len = shared(sizeof *len);
	char *buf = shared(128);
	long server, client, conn;
	uint16_t port, cport;

	if (!checking())
		*addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(LOCAL) };
	if ((ev = call(PPME_SOCKET_SOCKET_X, SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 6))) {
		S64(ev, 0, RET);
		U32(ev, 1, 2);
		U32(ev, 2, SOCK_STREAM | SOCK_CLOEXEC);
		U32(ev, 3, 6);
		U32(ev, 4, 4096);
	}
	server = RET;
	if ((ev = call(PPME_SOCKET_BIND_X, SYS_bind, server, addr, sizeof *addr))) {
		S64(ev, 0, 0);
		WANT_FAMILY(2);
		want_v4(LOCAL, 0);
		BYTES(ev, 1, want, nwant);
		S64(ev, 2, server);
	}
	*len = sizeof *addr;
	if ((ev = call(PPME_SOCKET_GETSOCKNAME_X, SYS_getsockname, server, addr, len)))
		CHECK(ev->nparams == 0, "getsockname has no parameters");
	port = ntohs(addr->sin_port);
	if ((ev = call(PPME_SOCKET_LISTEN_X, SYS_listen, server, 7))) {
		S64(ev, 0, 0);
		S64(ev, 1, server);
		U32(ev, 2, 7);
	}
	if ((ev = call(PPME_SOCKET_SOCKET_X, SYS_socket, AF_INET, SOCK_STREAM, 0)))
		U32(ev, 4, 0);
	client = RET;
	if ((ev = call(PPME_SOCKET_CONNECT_X, SYS_connect, client, addr, sizeof *addr))) {
		cport = ntohs(peer->sin_port);
		S64(ev, 0, 0);
		WANT_FAMILY(2);
		want_v4(LOCAL, cport);
		want_v4(LOCAL, port);
		BYTES(ev, 1, want, nwant);
		S64(ev, 2, client);
		WANT_FAMILY(2);
		want_v4(LOCAL, port);
		BYTES(ev, 3, want, nwant);
	}
	*len = sizeof *peer;
	if (!checking())
		getsockname(client, (struct sockaddr *)peer, len);
	else
		also(PPME_SOCKET_GETSOCKNAME_X);
	cport = ntohs(peer->sin_port);
	for (int i = 0; i < 2; i++) {
		call(PPME_SOCKET_SOCKET_X, SYS_socket, AF_INET, SOCK_STREAM, 0);
		call(PPME_SOCKET_CONNECT_X, SYS_connect, RET, addr, sizeof *addr);
	}
	if (!checking())
		wait_for_pending(server, 3);
	/* the queue is told as it is afterwards */
	if ((ev = call(PPME_SOCKET_ACCEPT4_6_X, SYS_accept4, server, NULL, NULL, SOCK_NONBLOCK))) {
		S64(ev, 0, RET);
		WANT_FAMILY(2);
		want_v4(LOCAL, cport);
		want_v4(LOCAL, port);
		BYTES(ev, 1, want, nwant);
		U8(ev, 2, 2 * 100 / 7);
		U32(ev, 3, 2);
		U32(ev, 4, 7);
		U32(ev, 5, 64);
	}
	conn = RET;
	if ((ev = call(PPME_SOCKET_ACCEPT_5_X, SYS_accept, server, NULL, NULL))) {
		S64(ev, 0, RET);
		U8(ev, 2, 100 / 7);
		U32(ev, 3, 1);
		U32(ev, 4, 7);
	}
	if ((ev = call(PPME_SOCKET_ACCEPT_5_X, SYS_accept, -1, NULL, NULL))) {
		S64(ev, 0, -EBADF);
		EMPTY(ev, 1);
		U8(ev, 2, 0);
		U32(ev, 3, 0);
		U32(ev, 4, 0);
	}
	if ((ev = call(PPME_SOCKET_SENDTO_X, SYS_sendto, client, "hello there", 11, 0, NULL, 0))) {
		S64(ev, 0, 11);
		BYTES(ev, 1, "hello there", 11);
		S64(ev, 2, client);
		U32(ev, 3, 11);
		WANT_FAMILY(2);
		want_v4(LOCAL, cport);
		want_v4(LOCAL, port);
		BYTES(ev, 4, want, nwant);
	}
	if ((ev = call(PPME_SOCKET_RECVFROM_X, SYS_recvfrom, conn, buf, 128, 0, NULL, NULL))) {
		S64(ev, 0, 11);
		BYTES(ev, 1, "hello there", 11);
		WANT_FAMILY(2);
		want_v4(LOCAL, cport);
		want_v4(LOCAL, port);
		BYTES(ev, 2, want, nwant);
		S64(ev, 3, conn);
		U32(ev, 4, 128);
	}
	if ((ev = call(PPME_SOCKET_RECVFROM_X, SYS_recvfrom, conn, buf, 5, MSG_DONTWAIT, NULL, NULL))) {
		S64(ev, 0, -EAGAIN);
		EMPTY(ev, 1);
		EMPTY(ev, 2);
		S64(ev, 3, conn);
		U32(ev, 4, 5);
	}
	if ((ev = call(PPME_SOCKET_GETPEERNAME_X, SYS_getpeername, -1, NULL, NULL)))
		CHECK(ev->nparams == 0, "getpeername has no parameters");
	if ((ev = call(PPME_SOCKET_SHUTDOWN_X, SYS_shutdown, conn, SHUT_RDWR))) {
		S64(ev, 0, 0);
		S64(ev, 1, conn);
		U8(ev, 2, 2);
	}
	if ((ev = call(PPME_SOCKET_SHUTDOWN_X, SYS_shutdown, -1, 9))) {
		S64(ev, 0, -EBADF);
		U8(ev, 2, 255);
	}
}

enum { PKTINFO_SPACE = CMSG_SPACE(sizeof(struct in6_pktinfo)) };

static void udp6(void)
{
	struct sockaddr_in6 *addr = shared(sizeof *addr), *peer = shared(sizeof *peer);
	socklen_t *len = shared(sizeof *len);
	struct msghdr *msg = shared(sizeof *msg), *in = shared(sizeof *in);
	struct mmsghdr *multi = shared(3 * sizeof *multi);
	struct iovec *iov = shared(2 * sizeof *iov);
	char *buf = shared(512), *control = shared(3 * 128);
	struct { struct cmsghdr h; struct in6_pktinfo info; } *pktinfo = (void *)control;
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(LOCAL) };
	long a, b;
	uint16_t port, bport;

	call(PPME_SOCKET_SOCKET_X, SYS_socket, AF_INET6, SOCK_DGRAM, 0);
	a = RET;
	call(PPME_SOCKET_SOCKET_X, SYS_socket, AF_INET6, SOCK_DGRAM, 0);
	b = RET;
	if (!checking())
		*addr = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
	if ((ev = call(PPME_SOCKET_BIND_X, SYS_bind, a, addr, sizeof *addr))) {
		WANT_FAMILY(10);
		want_v6(0);
		S64(ev, 0, RET);
		BYTES(ev, 1, want, nwant);
	}
	if (!checking()) {
		*len = sizeof *addr;
		getsockname(a, (struct sockaddr *)addr, len);
		peer->sin6_family = AF_INET6;
		peer->sin6_addr = in6addr_loopback;
		bind(b, (struct sockaddr *)peer, sizeof *peer);
		*len = sizeof *peer;
		getsockname(b, (struct sockaddr *)peer, len);
	}
	port = ntohs(addr->sin6_port);
	bport = ntohs(peer->sin6_port);
	if ((ev = call(PPME_SOCKET_SENDTO_X, SYS_sendto, b, "datagram", 8, 0, addr, sizeof *addr))) {
		S64(ev, 0, 8);
		BYTES(ev, 1, "datagram", 8);
		WANT_FAMILY(10);
		want_v6(bport);
		want_v6(port);
		BYTES(ev, 4, want, nwant);
	}
	if ((ev = call(PPME_SOCKET_RECVFROM_X, SYS_recvfrom, a, buf, 128, 0, peer, len))) {
		S64(ev, 0, 8);
		WANT_FAMILY(10);
		want_v6(bport);
		want_v6(port);
		BYTES(ev, 2, want, nwant);
	}
	iov[0] = (struct iovec){ "mess", 4 };
	iov[1] = (struct iovec){ "age", 3 };
	*msg = (struct msghdr){ .msg_name = addr, .msg_namelen = sizeof *addr, .msg_iov = iov, .msg_iovlen = 2 };
	if ((ev = call(PPME_SOCKET_SENDMSG_X, SYS_sendmsg, b, msg, 0))) {
		S64(ev, 0, 7);
		BYTES(ev, 1, "message", 7);
		S64(ev, 2, b);
		U32(ev, 3, 7);
		WANT_FAMILY(10);
		want_v6(bport);
		want_v6(port);
		BYTES(ev, 4, want, nwant);
	}
	if ((ev = call(PPME_SOCKET_SENDMSG_X, SYS_sendmsg, -1, msg, 0))) {
		S64(ev, 0, -EBADF);
		BYTES(ev, 1, "message", 7);
		U32(ev, 3, 7);
		EMPTY(ev, 4);
	}
	if ((ev = call(PPME_SOCKET_SENDMSG_X, SYS_sendmsg, -1, NULL, 0))) {
		S64(ev, 0, -EBADF);
		EMPTY(ev, 1);
		EMPTY(ev, 3);
	}
	iov[0] = (struct iovec){ buf, 128 };
	call(PPME_SOCKET_SETSOCKOPT_X, SYS_setsockopt, a, IPPROTO_IPV6, IPV6_RECVPKTINFO, &(int){ 1 }, 4);
	if (!checking())
		*in = (struct msghdr){ .msg_name = peer, .msg_namelen = sizeof *peer, .msg_iov = iov, .msg_iovlen = 1,
				       .msg_control = control, .msg_controllen = 128 };
	if ((ev = call(PPME_SOCKET_RECVMSG_X, SYS_recvmsg, a, in, 0))) {
		S64(ev, 0, 7);
		U32(ev, 1, 7);
		BYTES(ev, 2, "message", 7);
		WANT_FAMILY(10);
		want_v6(bport);
		want_v6(port);
		BYTES(ev, 3, want, nwant);
		CHECK(in->msg_controllen == PKTINFO_SPACE, "%zu bytes of control", in->msg_controllen);
		CHECK(pktinfo->h.cmsg_type == IPV6_PKTINFO && IN6_IS_ADDR_LOOPBACK(&pktinfo->info.ipi6_addr), "packet info");
		BYTES(ev, 4, control, PKTINFO_SPACE);
		S64(ev, 5, a);
	}
	/* two messages in one call: one event each */
	iov[0] = (struct iovec){ "first", 5 };
	iov[1] = (struct iovec){ "second!", 7 };
	memset(multi, 0, 2 * sizeof *multi);
	for (int i = 0; i < 2; i++)
		multi[i].msg_hdr = (struct msghdr){
			.msg_name = addr, .msg_namelen = sizeof *addr, .msg_iov = iov + i, .msg_iovlen = 1,
		};
	if ((ev = call(PPME_SOCKET_SENDMMSG_X, SYS_sendmmsg, b, multi, 2, 0))) {
		for (int i = 0; i < 2; i++) {
			const char *text = i ? "second!" : "first";

			ev = i ? also(PPME_SOCKET_SENDMMSG_X) : ev;
			S64(ev, 0, strlen(text));
			S64(ev, 1, b);
			U32(ev, 2, strlen(text));
			BYTES(ev, 3, text, strlen(text));
			WANT_FAMILY(10);
			want_v6(bport);
			want_v6(port);
			BYTES(ev, 4, want, nwant);
		}
	}
	iov[0] = (struct iovec){ buf, 128 };
	iov[1] = (struct iovec){ buf + 128, 128 };
	for (int i = 0; i < 2 && !checking(); i++)
		multi[i].msg_hdr = (struct msghdr){ .msg_iov = iov + i, .msg_iovlen = 1, .msg_control = control + 128 * (i + 1),
						    .msg_controllen = 128 };
	if ((ev = call(PPME_SOCKET_RECVMMSG_X, SYS_recvmmsg, a, multi, 2, 0, NULL))) {
		for (int i = 0; i < 2; i++) {
			const char *text = i ? "second!" : "first";

			ev = i ? also(PPME_SOCKET_RECVMMSG_X) : ev;
			S64(ev, 0, strlen(text));
			S64(ev, 1, a);
			U32(ev, 2, strlen(text));
			BYTES(ev, 3, text, strlen(text));
			WANT_FAMILY(10);
			/* the receiving socket has no remote end, and no address was asked for: zeros */
			memset(want + 1, 0, 18);
			nwant = 1 + 18;
			want_v6(port);
			BYTES(ev, 4, want, nwant);
			BYTES(ev, 5, control, PKTINFO_SPACE); /* the same for all three */
		}
	}
	if ((ev = call(PPME_SOCKET_RECVMMSG_X, SYS_recvmmsg, -1, multi, 2, 0, NULL))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, -1);
		U32(ev, 2, 0);
		EMPTY(ev, 3);
		EMPTY(ev, 4);
		EMPTY(ev, 5);
	}
	if ((ev = call(PPME_SOCKET_SENDMMSG_X, SYS_sendmmsg, -1, multi, 2, 0))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, -1);
		U32(ev, 2, 0);
		EMPTY(ev, 3);
		EMPTY(ev, 4);
	}
	/* an address of the other family, which a socket bound to no address takes, is told mapped */
	call(PPME_SOCKET_SOCKET_X, SYS_socket, AF_INET6, SOCK_DGRAM, 0);
	v4.sin_port = htons(port);
	if ((ev = call(PPME_SOCKET_SENDTO_X, SYS_sendto, RET, "four", 4, 0, &v4, sizeof v4))) {
		const uint8_t *p = hc_event_param(ev, 4, &(uint32_t){ 0 });

		S64(ev, 0, 4);
		nwant = 0;
		w(p, 19); /* the kernel has just chosen the port */
		CHECK(p[0] == 10 && !memcmp(p + 1, &in6addr_any, 16), "own end");
		w("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
		want_v4(LOCAL, port);
		BYTES(ev, 4, want, nwant);
	}
}

/* The tuple of a datagram sent to a name by a socket without a peer. */
static void check_name(struct hc_event *e, const char *name)
{
	uint32_t len;
	const uint8_t *p = hc_event_param(e, 4, &len);

	CHECK(len == 17 + strlen(name) + 1 && p[0] == 1 && !strcmp((const char *)p + 17, name), "%u bytes: \"%s\"", len, p + 17);
	CHECK(hc_le64(p + 1) == 0 && hc_le64(p + 9), "no peer, but an own end");
}

static void local(void)
{
	static const struct sockaddr_un path = { .sun_family = AF_UNIX, .sun_path = "/tmp/hc-test-bpf.sock" };
	static const struct sockaddr_un abstract = { .sun_family = AF_UNIX, .sun_path = "\0hc-test-bpf" };
	static const struct sockaddr_un longer = { .sun_family = AF_UNIX, .sun_path = "\0abcdefgh" };
	socklen_t abstract_len = offsetof(struct sockaddr_un, sun_path) + 12;
	socklen_t short_len = offsetof(struct sockaddr_un, sun_path) + 4;
	struct iovec iov = { "y", 1 };
	struct msghdr msg = { .msg_name = (void *)&longer, .msg_namelen = short_len, .msg_iov = &iov, .msg_iovlen = 1 };
	int *ends = shared(8), *more = shared(8);
	char *buf = shared(64);
	uint64_t from, to;
	long server, client;

	if (!checking())
		unlink(path.sun_path);
	call(PPME_SOCKET_SOCKET_X, SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	server = RET;
	if ((ev = call(PPME_SOCKET_BIND_X, SYS_bind, server, &path, sizeof path))) {
		WANT_FAMILY(1);
		w(path.sun_path, strlen(path.sun_path) + 1);
		BYTES(ev, 1, want, nwant);
	}
	call(PPME_SOCKET_LISTEN_X, SYS_listen, server, 3);
	call(PPME_SOCKET_SOCKET_X, SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	client = RET;
	if ((ev = call(PPME_SOCKET_CONNECT_X, SYS_connect, client, &path, sizeof path))) {
		uint32_t len;
		const uint8_t *p = hc_event_param(ev, 1, &len);

		S64(ev, 0, 0);
		CHECK(len == 17 + strlen(path.sun_path) + 1 && p[0] == 1, "tuple of %u bytes", len);
		CHECK(!strcmp((const char *)p + 17, path.sun_path), "\"%s\"", p + 17);
		CHECK(hc_le64(p + 1) && hc_le64(p + 9), "addresses of both ends");
		S64(ev, 2, client);
		WANT_FAMILY(1);
		w(path.sun_path, strlen(path.sun_path) + 1);
		BYTES(ev, 3, want, nwant);
	}
	if ((ev = call(PPME_SOCKET_ACCEPT_5_X, SYS_accept, server, NULL, NULL))) {
		uint32_t len;
		const uint8_t *p = hc_event_param(ev, 1, &len);

		S64(ev, 0, RET);
		CHECK(len == 17 + strlen(path.sun_path) + 1 && !strcmp((const char *)p + 17, path.sun_path), "own path");
		U8(ev, 2, 0);
		U32(ev, 3, 0);
		U32(ev, 4, 3);
	}
	call(PPME_SOCKET_SOCKET_X, SYS_socket, AF_UNIX, SOCK_DGRAM, 0);
	server = RET;
	if ((ev = call(PPME_SOCKET_BIND_X, SYS_bind, server, &abstract, abstract_len))) {
		WANT_FAMILY(1);
		w("hc-test-bpf", 12);
		BYTES(ev, 1, want, nwant);
	}
	call(PPME_SOCKET_SOCKET_X, SYS_socket, AF_UNIX, SOCK_DGRAM, 0);
	client = RET;
	if ((ev = call(PPME_SOCKET_SENDTO_X, SYS_sendto, client, "x", 1, 0, &abstract, abstract_len))) {
		S64(ev, 0, 1);
		check_name(ev, "hc-test-bpf");
	}
	if ((ev = call(PPME_SOCKET_RECVFROM_X, SYS_recvfrom, server, buf, 9, 0, NULL, NULL))) {
		uint32_t len;
		const uint8_t *p = hc_event_param(ev, 2, &len);

		CHECK(len == 17 + 12 && !memcmp(p + 17, "hc-test-bpf", 12), "own abstract name: %u bytes", len);
	}
	/* a name ends where the caller says it does */
	call(PPME_SOCKET_SOCKET_X, SYS_socket, AF_UNIX, SOCK_DGRAM, 0);
	call(PPME_SOCKET_BIND_X, SYS_bind, RET, &longer, short_len);
	if ((ev = call(PPME_SOCKET_SENDTO_X, SYS_sendto, client, "x", 1, 0, &longer, short_len))) {
		S64(ev, 0, 1);
		check_name(ev, "abc");
	}
	if ((ev = call(PPME_SOCKET_SENDMSG_X, SYS_sendmsg, client, &msg, 0))) {
		S64(ev, 0, 1);
		check_name(ev, "abc");
	}
	if ((ev = call(PPME_SOCKET_SOCKETPAIR_X, SYS_socketpair, AF_UNIX, SOCK_STREAM, PF_UNIX, ends))) {
		S64(ev, 0, 0);
		S64(ev, 1, ends[0]);
		S64(ev, 2, ends[1]);
		from = hc_event_u64(ev, 3, 0);
		to = hc_event_u64(ev, 4, 0);
		CHECK(from && to && from != to, "kernel addresses");
		U32(ev, 5, 1);
		U32(ev, 6, SOCK_STREAM);
		U32(ev, 7, 1);
	}
	if ((ev = call(PPME_SOCKET_SOCKETPAIR_X, SYS_socketpair, AF_INET, SOCK_STREAM, 0, more))) {
		S64(ev, 0, RET);
		S64(ev, 1, -1);
		S64(ev, 2, -1);
		U64(ev, 3, 0);
		U64(ev, 4, 0);
		U32(ev, 5, 2);
	}
	/* a family that is not told */
	if ((ev = call(PPME_SOCKET_CONNECT_X, SYS_connect, -1, &(struct sockaddr){ .sa_family = AF_PACKET }, 16))) {
		S64(ev, 0, -EBADF);
		EMPTY(ev, 1);
		S64(ev, 2, -1);
		EMPTY(ev, 3);
	}
}

static void options(void)
{
	struct timeval tv = { .tv_sec = 3, .tv_usec = 4 };
	struct sockaddr_in *addr = shared(sizeof *addr);
	int *value = shared(4);
	uint64_t *cookie = shared(8);
	socklen_t *len = shared(sizeof *len);
	long fd;

	if (!checking())
		*addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(LOCAL) };
	call(PPME_SOCKET_SOCKET_X, SYS_socket, AF_INET, SOCK_STREAM, 0);
	fd = RET;
	if ((ev = call(PPME_SOCKET_SETSOCKOPT_X, SYS_setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, 4))) {
		S64(ev, 0, 0);
		S64(ev, 1, fd);
		U8(ev, 2, 1);
		U8(ev, 3, 2); /* SO_REUSEADDR */
		BYTES(ev, 4, "\2\1\0\0\0", 5);
		U32(ev, 5, 4);
	}
	if ((ev = call(PPME_SOCKET_SETSOCKOPT_X, SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv))) {
		nwant = 0;
		w("\4", 1);
		WANT_U64(3000004000ull);
		BYTES(ev, 4, want, nwant);
		U32(ev, 5, 16);
	}
	if ((ev = call(PPME_SOCKET_SETSOCKOPT_X, SYS_setsockopt, fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, 4))) {
		U8(ev, 2, 2);
		U8(ev, 3, 0);
		BYTES(ev, 4, "\0\1\0\0\0", 5);
	}
	*len = 4;
	if ((ev = call(PPME_SOCKET_GETSOCKOPT_X, SYS_getsockopt, fd, SOL_SOCKET, SO_ERROR, value, len))) {
		S64(ev, 0, 0);
		S64(ev, 1, fd);
		U8(ev, 2, 1);
		U8(ev, 3, 4); /* SO_ERROR */
		BYTES(ev, 4, "\1\0\0\0\0\0\0\0\0", 9);
		U32(ev, 5, 4);
	}
	if ((ev = call(PPME_SOCKET_GETSOCKOPT_X, SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, value, len)))
		BYTES(ev, 4, "\2\1\0\0\0", 5);
	if (!checking())
		*len = 8;
	if ((ev = call(PPME_SOCKET_GETSOCKOPT_X, SYS_getsockopt, fd, SOL_SOCKET, SO_COOKIE, cookie, len))) {
		CHECK(*cookie != 0, "cookie");
		U8(ev, 3, 53); /* SO_COOKIE */
		nwant = 0;
		w("\3", 1);
		WANT_U64(*cookie);
		BYTES(ev, 4, want, nwant);
		U32(ev, 5, 8);
	}
	/* bound, but nobody listens there */
	if (!checking()) {
		bind(fd, (struct sockaddr *)addr, sizeof *addr);
		*len = sizeof *addr;
		getsockname(fd, (struct sockaddr *)addr, len);
		*len = 4;
	}
	call(PPME_SOCKET_SOCKET_X, SYS_socket, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	fd = RET;
	if ((ev = call(PPME_SOCKET_CONNECT_X, SYS_connect, fd, addr, sizeof *addr))) {
		const uint8_t *p = hc_event_param(ev, 1, &(uint32_t){ 0 });

		S64(ev, 0, -EINPROGRESS);
		nwant = 0;
		w(p, 7);
		want_v4(LOCAL, ntohs(addr->sin_port));
		BYTES(ev, 1, want, nwant);
	}
	if (!checking())
		poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
	if ((ev = call(PPME_SOCKET_GETSOCKOPT_X, SYS_getsockopt, fd, SOL_SOCKET, SO_ERROR, value, len))) {
		CHECK(*value == ECONNREFUSED, "%d", *value);
		nwant = 0;
		w("\1", 1);
		WANT_U64(-(int64_t)ECONNREFUSED);
		BYTES(ev, 4, want, nwant);
	}
}

/* With dynamic snaplen, what looks like a protocol worth it is kept longer. */
static void dynamic(void)
{
	static char http[3000] = "POST / HTTP/1.1\r\n";
	int *ends = shared(8);

	if (!checking() && pipe(ends) < 0)
		_exit(1);
	if ((ev = call(PPME_SYSCALL_WRITE_X, SYS_write, ends[1], http, sizeof http)))
		BYTES(ev, 1, http, 80); /* no socket */
	call(PPME_SOCKET_SOCKETPAIR_X, SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, ends);
	if ((ev = call(PPME_SYSCALL_WRITE_X, SYS_write, ends[1], http, sizeof http)))
		BYTES(ev, 1, http, 2000);
	if ((ev = call(PPME_SYSCALL_WRITE_X, SYS_write, ends[1], http + 4, sizeof http - 4)))
		BYTES(ev, 1, http + 4, 80);
}

int main(void)
{
	static const char *const names[] = {
		"socket", "socketpair", "bind", "listen", "connect", "accept", "accept4", "getsockname", "getpeername",
		"shutdown", "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "setsockopt", "getsockopt",
		"write", NULL,
	};
	struct hc_bpf_config config = { .follow = 1, .snaplen = 80, .dynamic_snaplen = 1, .statsd_port = 8125 };
	struct trace t;

	trace_open(&t, NULL, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, names);
	trace_script(&t, tcp4);
	trace_clear(&t);
	trace_script(&t, udp6);
	trace_clear(&t);
	trace_script(&t, local);
	trace_clear(&t);
	trace_script(&t, options);
	trace_close(&t);

	trace_open(&t, &config, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, names);
	trace_script(&t, dynamic);
	trace_close(&t);
	unlink("/tmp/hc-test-bpf.sock");
	return failures != 0;
}
