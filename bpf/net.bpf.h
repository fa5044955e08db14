/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Sockets: making, connecting, sending, receiving, options.
 */
#pragma once

FIXED(socket, PPME_SOCKET_SOCKET_X)
{
	put_s64(e, RET);
	put_u32(e, map_socket_family(A(0)));
	put_u32(e, A(1));
	put_u32(e, A(2));
	put_u32(e, map_socket_flags(A(1)));
}

FIXED(socketpair, PPME_SOCKET_SOCKETPAIR_X)
{
	struct sock *sk = NULL, *peer = NULL;
	__s32 ends[2] = { -1, -1 };

	if (RET == 0) {
		bpf_probe_read_user(ends, sizeof(ends), (void *)A(3));
		sk = sock_of_fd(ends[0]);
		if (sk && bpf_core_type_exists(struct unix_sock)) {
			struct unix_sock *us = (struct unix_sock *)sk;

			peer = BPF_CORE_READ(us, peer);
		}
	}
	put_s64(e, RET);
	put_s64(e, ends[0]);
	put_s64(e, ends[1]);
	put_u64(e, (__u64)sk);
	put_u64(e, (__u64)peer);
	put_u32(e, map_socket_family(A(0)));
	put_u32(e, A(1));
	put_u32(e, A(2));
}

VARIABLE(bind, PPME_SOCKET_BIND_X)
{
	put_s64(e, RET);
	put_sockaddr(e, A(1), A(2));
	put_s64(e, I32(A(0)));
}

enum { K_EINPROGRESS = 115 };

VARIABLE(connect, PPME_SOCKET_CONNECT_X)
{
	put_s64(e, RET);
	if (RET == 0 || RET == -K_EINPROGRESS)
		put_tuple(e, A(0), OUTBOUND, (struct caller_addr){ A(1), A(2) });
	else
		put_empty(e);
	put_s64(e, I32(A(0)));
	put_sockaddr(e, A(1), A(2));
}

ENTER(connect, PPME_SOCKET_CONNECT_E)
{
	put_s64(e, I32(A(0)));
	put_sockaddr(e, A(1), A(2));
}

FIXED(listen, PPME_SOCKET_LISTEN_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u32(e, A(1));
}

FIXED(shutdown, PPME_SOCKET_SHUTDOWN_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u8(e, map_shutdown_how(A(1)));
}

FIXED(getsockname, PPME_SOCKET_GETSOCKNAME_X)
{
}

FIXED(getpeername, PPME_SOCKET_GETPEERNAME_X)
{
}

/* fd, tuple, how full the listening socket's queue is */
static __always_inline void put_accept(struct out *e)
{
	__u32 len = 0, max = 0, pct = 0;

	put_s64(e, RET);
	if (RET >= 0) {
		struct sock *listening = sock_of_fd(A(0));

		put_tuple(e, RET, INBOUND, NO_ADDR);
		len = BPF_CORE_READ(listening, sk_ack_backlog);
		max = BPF_CORE_READ(listening, sk_max_ack_backlog);
		pct = max ? (__u64)len * 100 / max : 0;
	} else {
		put_empty(e);
	}
	put_u8(e, pct);
	put_u32(e, len);
	put_u32(e, max);
}

VARIABLE(accept, PPME_SOCKET_ACCEPT_5_X)
{
	put_accept(e);
}

VARIABLE(accept4, PPME_SOCKET_ACCEPT4_6_X)
{
	put_accept(e);
	put_u32(e, map_socket_flags(A(3)));
}

VARIABLE(sendto, PPME_SOCKET_SENDTO_X)
{
	struct caller_addr to = { A(4), A(5) };

	put_s64(e, RET);
	put_written_data(e, A(0), to, A(1), A(2));
	put_s64(e, I32(A(0)));
	put_u32(e, A(2));
	if (RET >= 0)
		put_tuple(e, A(0), OUTBOUND, to);
	else
		put_empty(e);
}

VARIABLE(recvfrom, PPME_SOCKET_RECVFROM_X)
{
	struct caller_addr from = { A(4), user_u32(A(5)) };

	put_s64(e, RET);
	put_read_data(e, A(0), from, A(1), A(2));
	if (RET >= 0)
		put_tuple(e, A(0), INBOUND, from);
	else
		put_empty(e);
	put_s64(e, I32(A(0)));
	put_u32(e, A(2));
}

/* A message header of the caller; the 32-bit one is widened. */
struct message {
	struct caller_addr name;
	__u64 iov, iovlen, control, controllen;
	__u32 msg_len; /* of a struct mmsghdr only */
};

struct message32 {
	__u32 name, namelen, iov, iovlen, control, controllen, flags, msg_len;
};

struct message64 {
	__u64 name, namelen, iov, iovlen, control, controllen;
	__u32 flags, pad, msg_len, pad2;
};

/* multi: the message is followed by its msg_len. */
static __always_inline bool read_message(struct message *m, __u64 addr, bool compat, bool multi)
{
	__builtin_memset(m, 0, sizeof(*m));
	if (compat) {
		struct message32 m32 = {};

		if (bpf_probe_read_user(&m32, multi ? 32 : 28, (void *)addr) < 0)
			return false;
		m->name = (struct caller_addr){ m32.name, m32.namelen };
		m->iov = m32.iov;
		m->iovlen = m32.iovlen;
		m->control = m32.control;
		m->controllen = m32.controllen;
		m->msg_len = m32.msg_len;
	} else {
		struct message64 m64 = {};

		if (bpf_probe_read_user(&m64, multi ? 64 : 56, (void *)addr) < 0)
			return false;
		m->name = (struct caller_addr){ m64.name, m64.namelen };
		m->iov = m64.iov;
		m->iovlen = m64.iovlen;
		m->control = m64.control;
		m->controllen = m64.controllen;
		m->msg_len = m64.msg_len;
	}
	return true;
}

VARIABLE(sendmsg, PPME_SOCKET_SENDMSG_X)
{
	struct message m;
	bool readable = read_message(&m, A(1), e->cpu->compat, false);
	__u32 limit = snaplen(A(0), m.name, 0, 0), size = 0;

	put_s64(e, RET);
	size = put_vectors(e, m.iov, m.iovlen, RET > 0 ? at_most(limit, RET) : limit);
	put_s64(e, I32(A(0)));
	if (readable)
		put_u32(e, size);
	else
		put_empty(e);
	if (RET >= 0)
		put_tuple(e, A(0), OUTBOUND, m.name);
	else
		put_empty(e);
}

VARIABLE(recvmsg, PPME_SOCKET_RECVMSG_X)
{
	struct message m;

	read_message(&m, A(1), e->cpu->compat, false);
	put_s64(e, RET);
	put_u32(e, RET >= 0 ? RET : 0);
	if (RET >= 0) {
		put_vectors(e, m.iov, m.iovlen, at_most(snaplen(A(0), m.name, 0, 0), RET));
		put_tuple(e, A(0), INBOUND, m.name);
		put_user_bytes(e, m.control, m.controllen <= 65535 ? m.controllen : 0);
	} else {
		put_empty(e);
		put_empty(e);
		put_empty(e);
	}
	put_s64(e, I32(A(0)));
}

enum { MESSAGES_MAX = 16 };

static __always_inline __u64 message_addr(struct hc_bpf_cpu *cpu, __u32 i)
{
	return cpu->args[1] + i * (cpu->compat ? 32 : 64);
}

/* One event per message. */
static long sendmmsg_step(__u32 i, void *ctx)
{
	struct hc_bpf_cpu *cpu = this_cpu();
	struct out out, *e = &out;
	struct message m;
	__u32 limit, size;

	if (i >= cpu->ret)
		return 1;
	if (!out_begin(e, cpu, cpu->sc, PPME_SOCKET_SENDMMSG_X, HC_NPARAMS_PPME_SOCKET_SENDMMSG_X))
		return 0;
	read_message(&m, message_addr(cpu, i), cpu->compat, true);
	limit = snaplen(A(0), m.name, 0, 0);
	put_s64(e, m.msg_len);
	put_s64(e, U32(A(0)));
	/* the size comes before the data, but is only known after them */
	put_u32(e, 0);
	size = put_vectors(e, m.iov, m.iovlen, m.msg_len ? at_most(limit, m.msg_len) : limit);
	*(__u32 *)(e->p + EVENT_HEADER + 2 * HC_NPARAMS_PPME_SOCKET_SENDMMSG_X + 16) = size;
	put_tuple(e, A(0), OUTBOUND, m.name);
	out_end(e, cpu->sc);
	return 0;
}

static long recvmmsg_step(__u32 i, void *ctx)
{
	struct hc_bpf_cpu *cpu = this_cpu();
	struct out out, *e = &out;
	struct message m;

	if (i >= cpu->ret)
		return 1;
	if (!out_begin(e, cpu, cpu->sc, PPME_SOCKET_RECVMMSG_X, HC_NPARAMS_PPME_SOCKET_RECVMMSG_X))
		return 0;
	read_message(&m, message_addr(cpu, i), cpu->compat, true);
	put_s64(e, m.msg_len);
	put_s64(e, U32(A(0)));
	put_u32(e, m.msg_len);
	put_vectors(e, m.iov, m.iovlen, at_most(snaplen(A(0), m.name, 0, 0), m.msg_len));
	put_tuple(e, A(0), INBOUND, m.name);
	put_user_bytes(e, m.control, U16(m.controllen));
	out_end(e, cpu->sc);
	return 0;
}

/* A call that moved no message: result, fd, and nothing else. */
static __always_inline void no_message(struct hc_bpf_cpu *cpu, __u16 type, __u32 nparams)
{
	struct out out, *e = &out;

	if (!out_begin(e, cpu, cpu->sc, type, nparams))
		return;
	put_s64(e, cpu->ret);
	put_s64(e, I32(A(0)));
	put_u32(e, 0);
	for (__u32 i = 3; i < nparams; i++)
		put_empty(e);
	out_end(e, cpu->sc);
}

SEC("tp_btf/sys_exit")
int x_sendmmsg(void *ctx)
{
	struct hc_bpf_cpu *cpu = this_cpu();

	if (cpu->ret > 0)
		bpf_loop(MESSAGES_MAX, sendmmsg_step, NULL, 0);
	else
		no_message(cpu, PPME_SOCKET_SENDMMSG_X, HC_NPARAMS_PPME_SOCKET_SENDMMSG_X);
	return 0;
}

SEC("tp_btf/sys_exit")
int x_recvmmsg(void *ctx)
{
	struct hc_bpf_cpu *cpu = this_cpu();

	if (cpu->ret > 0)
		bpf_loop(MESSAGES_MAX, recvmmsg_step, NULL, 0);
	else
		no_message(cpu, PPME_SOCKET_RECVMMSG_X, HC_NPARAMS_PPME_SOCKET_RECVMMSG_X);
	return 0;
}

/* ---- options ---- */

enum {
	OPT_ERROR = 4, OPT_RCVTIMEO = 20, OPT_SNDTIMEO = 21, OPT_RCVTIMEO_NEW = 66, OPT_SNDTIMEO_NEW = 67, OPT_COOKIE = 57,
	DYN_UNKNOWN = 0, DYN_ERRNO = 1, DYN_UINT32 = 2, DYN_UINT64 = 3, DYN_TIMEVAL = 4,
};

/* SOL_SOCKET options below 64 whose value is told as a u32 (10.7) */
#define O(n) (1ULL << (n))
static const __u64 u32_options =
	O(1) | O(2) | O(3) | O(5) | O(6) | O(7) | O(8) | O(9) | O(10) | O(11) | O(12) | O(14) | O(15) | O(16) | O(18) |
	O(19) | O(22) | O(23) | O(24) | O(25) | O(27) | O(29) | O(30) | O(31) | O(32) | O(33) | O(34) | O(35) | O(36) |
	O(37) | O(38) | O(39) | O(40) | O(41) | O(42) | O(43) | O(44) | O(45) | O(46) | O(47) | O(48) | O(49);
#undef O

/* The value of a socket option, as PT_DYN (10.7). */
static __always_inline void put_sockopt(struct out *e, __s32 level, __u32 opt, __u64 addr, __u32 len)
{
	__u32 start = e->off;
	__u8 *p = var_at(e);

	if (level == K_SOL_SOCKET && opt == OPT_ERROR) {
		__s32 v = 0;

		bpf_probe_read_user(&v, sizeof(v), (void *)addr);
		*p = DYN_ERRNO;
		*(__s64 *)(p + 1) = -(__s64)v;
		e->off += 9;
	} else if (level == K_SOL_SOCKET && (opt == OPT_RCVTIMEO || opt == OPT_SNDTIMEO || opt == OPT_RCVTIMEO_NEW ||
					     opt == OPT_SNDTIMEO_NEW)) {
		__s64 tv[2] = {};

		if (e->cpu->compat && opt < OPT_RCVTIMEO_NEW) {
			__s32 tv32[2] = {};

			bpf_probe_read_user(tv32, sizeof(tv32), (void *)addr);
			tv[0] = tv32[0];
			tv[1] = tv32[1];
		} else {
			bpf_probe_read_user(tv, sizeof(tv), (void *)addr);
		}
		*p = DYN_TIMEVAL;
		*(__u64 *)(p + 1) = tv[0] * 1000000000ULL + tv[1] * 1000;
		e->off += 9;
	} else if (level == K_SOL_SOCKET && opt == OPT_COOKIE) {
		*p = DYN_UINT64;
		*(__u64 *)(p + 1) = user_u64(addr);
		e->off += 9;
	} else if (level == K_SOL_SOCKET && opt < 64 && (u32_options >> opt & 1)) {
		__u32 v = 0;

		bpf_probe_read_user(&v, sizeof(v), (void *)addr);
		*p = DYN_UINT32;
		*(__u32 *)(p + 1) = v;
		e->off += 5;
	} else {
		*p = DYN_UNKNOWN;
		e->off++;
		var_user_bytes(e, addr, len);
	}
	var_close(e, start);
}

VARIABLE(setsockopt, PPME_SOCKET_SETSOCKOPT_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u8(e, map_sockopt_level(A(1)));
	put_u8(e, map_sockopt_optname(A(1), A(2)));
	put_sockopt(e, A(1), A(2), A(3), U16(A(4)));
	put_u32(e, U16(A(4)));
}

VARIABLE(getsockopt, PPME_SOCKET_GETSOCKOPT_X)
{
	__s32 len = 0;

	bpf_probe_read_user(&len, sizeof(len), (void *)A(4));
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u8(e, map_sockopt_level(A(1)));
	put_u8(e, map_sockopt_optname(A(1), A(2)));
	put_sockopt(e, A(1), A(2), A(3), len > 0 ? len : 0);
	put_u32(e, len);
}
