/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * What is known of a socket: addresses passed by the caller (scap-format.md 10.4), the tuple of both ends (10.5), and
 * how much of its data is kept (15.1, 15.2).
 */
#pragma once

enum {
	K_AF_UNSPEC = 0, K_AF_UNIX = 1, K_AF_INET = 2, K_AF_INET6 = 10,
	K_S_IFSOCK = 0140000,
	UNIX_PATH_MAX_ = 108,
	SOCKADDR_MAX = 128, /* sizeof(struct sockaddr_storage) */
	SOCKADDR_IN6_SIZE = 28,
	OUTBOUND = 0, INBOUND = 1,
};

/* The socket behind an fd of the current task; NULL if it is none. */
static __always_inline struct sock *sock_of_fd(__s32 fd)
{
	struct file *file = file_of_fd(fd);
	struct socket *socket;

	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & K_S_IFMT) != K_S_IFSOCK)
		return NULL;
	socket = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

static __always_inline __u64 at_most(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

/* An address the caller passed, or the kernel wrote for it: where it is and how long. */
struct caller_addr {
	__u64 p; /* 0: none */
	__u32 len;
};
#define NO_ADDR ((struct caller_addr){})

/* A sockaddr of any family, as the caller or the kernel wrote it. */
union address {
	__u8 bytes[SOCKADDR_MAX];
	struct {
		__u16 family;
		__u16 port; /* network order */
		__u32 v4;
	} in;
	struct {
		__u16 family;
		__u16 port;
		__u32 flowinfo;
		__u32 v6[4];
	} in6;
	struct {
		__u16 family;
		char path[SOCKADDR_MAX - 2];
	} un;
};

/* Appends at off a PT_SOCKADDR made from len bytes of user memory. Returns its length; 0: unreadable, or of no family
 * that is told. */
__noinline __u32 hc_sockaddr_at(struct scratch *s, __u32 off, __u64 addr, __u32 len)
{
	union address a = {};
	__u8 *p;
	long n;

	if (!s || !addr || !len)
		return 0;
	if (len > SOCKADDR_MAX)
		len = SOCKADDR_MAX;
	if (bpf_probe_read_user(&a, MASKED(len, SOCKADDR_MAX - 1) ?: SOCKADDR_MAX, (void *)addr) < 0)
		return 0;
	p = s->bytes + MASKED(off, SCRATCH_MASK);
	*p = a.in.family;
	switch (a.in.family) {
	case K_AF_INET:
		*(__u32 *)(p + 1) = a.in.v4;
		*(__u16 *)(p + 5) = __builtin_bswap16(a.in.port);
		return 7;
	case K_AF_INET6:
		for (int i = 0; i < 4; i++)
			*(__u32 *)(p + 1 + 4 * i) = a.in6.v6[i];
		*(__u16 *)(p + 17) = __builtin_bswap16(a.in6.port);
		return 19;
	case K_AF_UNIX:
		/* an abstract name is told without its leading NUL */
		n = bpf_probe_read_kernel_str(p + 1, UNIX_PATH_MAX_ + 1, a.un.path + MASKED(!a.un.path[0], 1));
		return n > 0 ? n + 1 : 0;
	default: return 0;
	}
}

static __always_inline void put_sockaddr(struct out *e, __u64 addr, __u16 len)
{
	out_advance(e, hc_sockaddr_at((struct scratch *)e->p, e->off, addr, len));
}

struct inet_ends {
	__u32 local[4], remote[4]; /* network order; IPv4 in the first */
	__u16 local_port, remote_port; /* host order */
};

/* The remote end from the caller's address; an IPv4 one on an inet6 socket is told as the kernel then connects, mapped. */
static __always_inline void read_remote(struct inet_ends *ends, __u16 family, struct caller_addr from)
{
	union {
		struct {
			__u16 family, port;
			__u32 v4_or_flow;
			__u32 v6[4];
		} in;
		__u8 bytes[32];
	} a = {};

	if (bpf_probe_read_user(&a, MASKED(at_most(from.len, SOCKADDR_IN6_SIZE), sizeof(a) - 1), (void *)from.p) < 0)
		return;
	if (family == K_AF_INET && (a.in.family == K_AF_INET || a.in.family == K_AF_UNSPEC)) {
		ends->remote[0] = a.in.v4_or_flow;
	} else if (family == K_AF_INET6 && a.in.family == K_AF_INET6) {
		__builtin_memcpy(ends->remote, a.in.v6, 16);
	} else if (family == K_AF_INET6 && a.in.family == K_AF_INET) {
		ends->remote[2] = __builtin_bswap32(0xffff);
		ends->remote[3] = a.in.v4_or_flow;
	} else {
		return;
	}
	ends->remote_port = __builtin_bswap16(a.in.port);
}

/* Both ends of an inet or inet6 socket; the remote one from the caller's address if the socket has none. */
static __always_inline void read_ends(struct inet_ends *ends, struct sock *sk, __u16 family, struct caller_addr from)
{
	struct inet_sock *inet = (struct inet_sock *)sk;

	__builtin_memset(ends, 0, sizeof(*ends));
	ends->local_port = __builtin_bswap16(BPF_CORE_READ(inet, inet_sport));
	ends->remote_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (family == K_AF_INET) {
		ends->local[0] = BPF_CORE_READ(inet, inet_saddr);
		ends->remote[0] = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	} else if (bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		struct ipv6_pinfo *v6 = BPF_CORE_READ(inet, pinet6);

		BPF_CORE_READ_INTO(&ends->local, v6, saddr);
		BPF_CORE_READ_INTO(&ends->remote, sk, __sk_common.skc_v6_daddr);
	}
	if (ends->remote_port == 0 && from.p)
		read_remote(ends, family, from);
}

/* Appends at off the bound name of a unix socket, with its NUL. Returns the length. */
static __always_inline __u32 unix_path_at(struct scratch *s, __u32 off, struct unix_sock *us)
{
	struct unix_address *ua = us ? BPF_CORE_READ(us, addr) : NULL;
	__u8 *p = s->bytes + MASKED(off, SCRATCH_MASK);
	char *name, first = 0;
	__s32 len;
	long n = 0;

	*p = 0;
	if (!ua)
		return 1;
	len = BPF_CORE_READ(ua, len) - 2; /* without the family; an abstract name need not end in NUL */
	name = (char *)ua + bpf_core_field_offset(struct unix_address, name) + 2;
	bpf_probe_read_kernel(&first, 1, name);
	if (!first) {
		name++;
		len--;
	}
	if (len <= 0)
		return 1;
	if (len > UNIX_PATH_MAX_)
		len = UNIX_PATH_MAX_;
	n = bpf_probe_read_kernel_str(p, MASKED(len + 1, 127), name);
	return n > 0 ? n : 1;
}

/* Appends at off the name in a unix address of the caller, with its NUL; an abstract one without the leading NUL, and it need
 * not end in one. Returns the length. */
static __always_inline __u32 unix_path_of_caller(struct scratch *s, __u32 off, struct caller_addr from)
{
	__u8 *p = s->bytes + MASKED(off, SCRATCH_MASK);
	__u32 len = from.len > 2 ? at_most(from.len - 2, UNIX_PATH_MAX_) : 0;
	char first = 0;

	*p = 0;
	if (!len || bpf_probe_read_user(&first, 1, (void *)(from.p + 2)) < 0)
		return 1;
	if (!first)
		len--;
	return read_user_str(p, MASKED(len + 1, 127), from.p + 2 + !first) ?: 1;
}

/* Appends at off the PT_SOCKTUPLE of an fd. addr: what the caller passed, or 0; s->addr_len is its length. Returns the
 * tuple's; 0: no socket of a family that is told. */
__noinline __u32 hc_tuple_at(struct scratch *s, __u32 off, __s32 fd, __u32 direction, __u64 addr)
{
	struct sock *sk = sock_of_fd(fd);
	struct caller_addr from = { .p = addr };
	__u16 family;
	__u8 *p;

	if (!s || !sk)
		return 0;
	from.len = s->addr_len;
	p = s->bytes + MASKED(off, SCRATCH_MASK);
	family = BPF_CORE_READ(sk, __sk_common.skc_family);
	*p = family;
	if (family == K_AF_INET || family == K_AF_INET6) {
		struct inet_ends ends;

		read_ends(&ends, sk, family, from);
		if (family == K_AF_INET) {
			*(__u32 *)(p + 1) = direction == OUTBOUND ? ends.local[0] : ends.remote[0];
			*(__u16 *)(p + 5) = direction == OUTBOUND ? ends.local_port : ends.remote_port;
			*(__u32 *)(p + 7) = direction == OUTBOUND ? ends.remote[0] : ends.local[0];
			*(__u16 *)(p + 11) = direction == OUTBOUND ? ends.remote_port : ends.local_port;
			return 13;
		}
		for (int i = 0; i < 4; i++) {
			*(__u32 *)(p + 1 + 4 * i) = direction == OUTBOUND ? ends.local[i] : ends.remote[i];
			*(__u32 *)(p + 19 + 4 * i) = direction == OUTBOUND ? ends.remote[i] : ends.local[i];
		}
		*(__u16 *)(p + 17) = direction == OUTBOUND ? ends.local_port : ends.remote_port;
		*(__u16 *)(p + 35) = direction == OUTBOUND ? ends.remote_port : ends.local_port;
		return 37;
	}
	if (family == K_AF_UNIX && bpf_core_type_exists(struct unix_sock)) {
		struct unix_sock *us = (struct unix_sock *)sk;
		struct sock *peer = BPF_CORE_READ(us, peer);

		*(__u64 *)(p + 1) = direction == OUTBOUND ? (__u64)peer : (__u64)sk;
		*(__u64 *)(p + 9) = direction == OUTBOUND ? (__u64)sk : (__u64)peer;
		if (direction == OUTBOUND && !peer && addr)
			return 17 + unix_path_of_caller(s, off + 17, from);
		return 17 + unix_path_at(s, off + 17, direction == OUTBOUND ? (struct unix_sock *)peer : us);
	}
	return 0;
}

static __always_inline void put_tuple(struct out *e, __s32 fd, __u32 direction, struct caller_addr from)
{
	struct scratch *s = (struct scratch *)e->p;

	s->addr_len = from.len; /* a global function has five arguments at most */
	out_advance(e, hc_tuple_at(s, e->off, fd, direction, from.p));
}

/* ---- snaplen ---- */

enum {
	SNAPLEN_FULL = 16000, SNAPLEN_PROTOCOL = 2000, SNAPLEN_DNS = 512,
	PORT_DNS = 53, PORT_MYSQL = 3306, PORT_POSTGRES = 5432, PORT_MONGODB = 27017,
};

#define WORD(a, b, c, d) ((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)

/* Rule 4 of 15.2: does the buffer look like a protocol worth more bytes? */
static __always_inline bool protocol_in(__u64 buf, __u32 size, __u16 local, __u16 remote)
{
	__u8 b[16] = {};
	__u32 w, word3;

	if (bpf_probe_read_user(b, sizeof(b), (void *)buf) < 0)
		return false;
	w = *(__u32 *)b;
	word3 = *(__u32 *)(b + 12);
	if ((local == PORT_MYSQL || remote == PORT_MYSQL) && size >= 5)
		return b[0] == 3 || b[1] == 3 || b[2] == 3 || b[3] == 3 || b[4] == 3 || (!b[2] && !b[3]);
	if ((local == PORT_POSTGRES || remote == PORT_POSTGRES) && size >= 7)
		return ((b[0] == 'Q' || b[0] == 'P' || b[0] == 'E') && !b[1]) || (!b[4] && b[5] == 3 && !b[6]);
	if (local == PORT_MONGODB || remote == PORT_MONGODB ||
	    (size >= 16 && (word3 == 1 || (word3 >= 2001 && word3 <= 2007))))
		return true;
	if (size < 5)
		return false;
	return w == WORD('G', 'E', 'T', ' ') || w == WORD('P', 'O', 'S', 'T') || w == WORD('P', 'U', 'T', ' ') ||
	       w == WORD('D', 'E', 'L', 'E') || w == WORD('T', 'R', 'A', 'C') || w == WORD('C', 'O', 'N', 'N') ||
	       w == WORD('O', 'P', 'T', 'I') || (w == WORD('H', 'T', 'T', 'P') && b[4] == '/');
}

/* Dynamic snaplen of one event; buf 0: vectors and messages, for which rule 4 does not hold. */
__noinline __u32 hc_dynamic_snaplen(__s32 fd, __u64 addr, __u32 addr_len, __u64 buf, __u32 size)
{
	struct sock *sk = sock_of_fd(fd);
	__u32 base = hc_config.snaplen, more = 0;
	struct inet_ends ends;
	__u16 family, min = hc_config.fullcapture_port_min, max = hc_config.fullcapture_port_max;

	family = sk ? BPF_CORE_READ(sk, __sk_common.skc_family) : 0;
	if (!sk)
		return base;
	__builtin_memset(&ends, 0, sizeof(ends));
	if (family == K_AF_INET || family == K_AF_INET6)
		read_ends(&ends, sk, family, (struct caller_addr){ addr, addr_len });
	if (max && ((ends.local_port >= min && ends.local_port <= max) ||
		    (ends.remote_port >= min && ends.remote_port <= max)))
		more = SNAPLEN_FULL;
	else if (hc_config.statsd_port && ends.remote_port == hc_config.statsd_port)
		more = SNAPLEN_PROTOCOL;
	else if (ends.remote_port == PORT_DNS)
		more = SNAPLEN_DNS;
	else if (buf && protocol_in(buf, size, ends.local_port, ends.remote_port))
		more = SNAPLEN_PROTOCOL;
	return more > base ? more : base;
}

static __always_inline __u32 snaplen(__s32 fd, struct caller_addr from, __u64 buf, __u32 size)
{
	return hc_config.dynamic_snaplen ? hc_dynamic_snaplen(fd, from.p, from.len, buf, size) : hc_config.snaplen;
}
