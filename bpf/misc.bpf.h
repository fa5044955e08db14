/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * What remains: kernel modules, BPF, io_uring, keys, quotas, semaphores, futexes, sleep.
 */
#pragma once

VARIABLE(init_module, PPME_SYSCALL_INIT_MODULE_X)
{
	put_s64(e, RET);
	put_user_bytes(e, A(0), at_most(U16(A(1)), HC_BPF_EVENT_MAX - 2 * STR_MAX)); /* the event must fit */
	put_u64(e, A(1));
	put_user_str(e, A(2));
}

VARIABLE(finit_module, PPME_SYSCALL_FINIT_MODULE_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_user_str(e, A(1));
	put_u32(e, map_finit_module_flags(A(2)));
}

VARIABLE(delete_module, PPME_SYSCALL_DELETE_MODULE_X)
{
	put_s64(e, RET);
	put_user_str(e, A(0));
	put_u32(e, map_delete_module_flags(A(1)));
}

FIXED(bpf, PPME_SYSCALL_BPF_2_X)
{
	put_s64(e, RET);
	put_u32(e, A(0));
}

/* ---- io_uring ---- */

FIXED(io_uring_setup, PPME_SYSCALL_IO_URING_SETUP_X)
{
	struct {
		__u32 sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features;
	} p = {};

	bpf_probe_read_user(&p, sizeof(p), (void *)A(1));
	put_s64(e, RET);
	put_u32(e, A(0));
	put_u32(e, p.sq_entries);
	put_u32(e, p.cq_entries);
	put_u32(e, map_io_uring_setup_flags(p.flags));
	put_u32(e, p.sq_thread_cpu);
	put_u32(e, p.sq_thread_idle);
	put_u32(e, map_io_uring_setup_feats(p.features));
}

FIXED(io_uring_enter, PPME_SYSCALL_IO_URING_ENTER_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u32(e, A(1));
	put_u32(e, A(2));
	put_u32(e, map_io_uring_enter_flags(A(3)));
	put_u32(e, A(4));
}

FIXED(io_uring_register, PPME_SYSCALL_IO_URING_REGISTER_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u16(e, A(1));
	put_u64(e, A(2));
	put_u32(e, A(3));
}

/* ---- futex, sleep, semaphores ---- */

FIXED(futex, PPME_SYSCALL_FUTEX_X)
{
	put_s64(e, RET);
	put_u64(e, A(0));
	put_u16(e, map_futex_op(A(1)));
	put_u64(e, A(2));
}

FIXED(nanosleep, PPME_SYSCALL_NANOSLEEP_X)
{
	put_s64(e, RET);
	put_u64(e, user_timespec(A(0), e->cpu->compat));
}

FIXED(semget, PPME_SYSCALL_SEMGET_X)
{
	put_s64(e, RET);
	put_u32(e, A(0));
	put_u32(e, A(1));
	put_u32(e, map_semget_flags(A(2)));
}

enum { K_SETVAL = 16 };

FIXED(semctl, PPME_SYSCALL_SEMCTL_X)
{
	put_s64(e, RET);
	put_u32(e, A(0));
	put_u32(e, A(1));
	put_u16(e, map_semctl_cmd(U16(A(2))));
	put_u32(e, U16(A(2)) == K_SETVAL ? A(3) : 0);
}

FIXED(semop, PPME_SYSCALL_SEMOP_X)
{
	struct {
		__u16 num, op, flags;
	} ops[2] = {};

	if (RET == 0 && A(1) && A(2)) {
		bpf_probe_read_user(&ops[0], sizeof(ops[0]), (void *)A(1));
		if (U32(A(2)) > 1)
			bpf_probe_read_user(&ops[1], sizeof(ops[1]), (void *)(A(1) + sizeof(ops[0])));
	}
	put_s64(e, RET);
	put_u32(e, A(2));
	put_u16(e, ops[0].num);
	put_u16(e, ops[0].op);
	put_u16(e, map_semop_flags(ops[0].flags));
	put_u16(e, ops[1].num);
	put_u16(e, ops[1].op);
	put_u16(e, map_semop_flags(ops[1].flags));
	put_u32(e, A(0));
}

/* ---- quotas ---- */

enum {
	Q_QUOTAON_ = 0x800002, Q_GETFMT_ = 0x800004, Q_GETINFO_ = 0x800005, Q_SETINFO_ = 0x800006, Q_GETQUOTA_ = 0x800007,
	Q_SETQUOTA_ = 0x800008, Q_XGETQUOTA_ = ('X' << 8) + 3, Q_XSETQLIM_ = ('X' << 8) + 4,
	QIF_BLIMITS_ = 1, QIF_SPACE_ = 2, QIF_ILIMITS_ = 4, QIF_BTIME_ = 16, QIF_ITIME_ = 32,
	IIF_BGRACE_ = 1, IIF_IGRACE_ = 2, IIF_FLAGS_ = 4,
	QFMT_NOT_USED = 1,
};

VARIABLE(quotactl, PPME_SYSCALL_QUOTACTL_X)
{
	struct {
		__u64 bhard, bsoft, space, ihard, isoft, inodes, btime, itime;
		__u32 valid, pad;
	} q = {};
	struct {
		__u64 bgrace, igrace;
		__u32 flags, valid;
	} info = {};
	__u32 cmd = U32(A(0)) >> 8;

	if (cmd == Q_GETQUOTA_ || cmd == Q_SETQUOTA_)
		bpf_probe_read_user(&q, sizeof(q), (void *)A(3));
	if (cmd == Q_GETINFO_ || cmd == Q_SETINFO_)
		bpf_probe_read_user(&info, sizeof(info), (void *)A(3));
	put_s64(e, RET);
	put_user_str(e, A(1));
	put_user_str(e, cmd == Q_QUOTAON_ ? A(3) : 0);
	put_u64(e, q.valid & QIF_BLIMITS_ ? q.bhard : 0);
	put_u64(e, q.valid & QIF_BLIMITS_ ? q.bsoft : 0);
	put_u64(e, q.valid & QIF_SPACE_ ? q.space : 0);
	put_u64(e, q.valid & QIF_ILIMITS_ ? q.ihard : 0);
	put_u64(e, q.valid & QIF_ILIMITS_ ? q.isoft : 0);
	put_u64(e, q.valid & QIF_BTIME_ ? q.btime : 0);
	put_u64(e, q.valid & QIF_ITIME_ ? q.itime : 0);
	put_u64(e, info.valid & IIF_BGRACE_ ? info.bgrace : 0);
	put_u64(e, info.valid & IIF_IGRACE_ ? info.igrace : 0);
	put_u8(e, info.valid & IIF_FLAGS_ ? info.flags : 0);
	put_u8(e, cmd == Q_GETFMT_ ? map_quotactl_fmt(user_u32(A(3))) : QFMT_NOT_USED);
	put_u16(e, map_quotactl_cmd(A(0)));
	put_u8(e, map_quotactl_type(A(0)));
	put_u32(e, cmd == Q_GETQUOTA_ || cmd == Q_SETQUOTA_ || cmd == Q_XGETQUOTA_ || cmd == Q_XSETQLIM_ ? A(2) : 0);
	put_u8(e, cmd == Q_QUOTAON_ ? map_quotactl_fmt(A(2)) : QFMT_NOT_USED);
}

/* ---- keys ---- */

/* How keyctl arguments 1 to 4 are told, two bits each from the lowest: nothing, number, string (10.7). */
enum { KEY_NONE = 0, KEY_NUM = 1, KEY_STR = 2 };
#define KEY(a1, a2, a3, a4) (KEY_##a1 | KEY_##a2 << 2 | KEY_##a3 << 4 | KEY_##a4 << 6)

static const __u8 keyctl_arguments[64] = {
	[0] = KEY(NUM, NUM, NONE, NONE),  /* GET_KEYRING_ID */
	[1] = KEY(STR, NONE, NONE, NONE), /* JOIN_SESSION_KEYRING */
	[2] = KEY(NUM, NUM, NUM, NONE),   /* UPDATE */
	[3] = KEY(NUM, NONE, NONE, NONE), /* REVOKE */
	[4] = KEY(NUM, NUM, NUM, NONE),   /* CHOWN */
	[5] = KEY(NUM, NUM, NONE, NONE),  /* SETPERM */
	[6] = KEY(NUM, NUM, NUM, NONE),   /* DESCRIBE */
	[7] = KEY(NUM, NONE, NONE, NONE), /* CLEAR */
	[8] = KEY(NUM, NUM, NONE, NONE),  /* LINK */
	[9] = KEY(NUM, NUM, NONE, NONE),  /* UNLINK */
	[10] = KEY(NUM, STR, STR, NUM),   /* SEARCH */
	[11] = KEY(NUM, NUM, NUM, NONE),  /* READ */
	[12] = KEY(NUM, NUM, NUM, NUM),   /* INSTANTIATE */
	[13] = KEY(NUM, NUM, NUM, NONE),  /* NEGATE */
	[14] = KEY(NUM, NONE, NONE, NONE), /* SET_REQKEY_KEYRING */
	[15] = KEY(NUM, NUM, NONE, NONE), /* SET_TIMEOUT */
	[16] = KEY(NUM, NONE, NONE, NONE), /* ASSUME_AUTHORITY */
	[17] = KEY(NUM, NUM, NUM, NONE),  /* GET_SECURITY */
	[18] = KEY(NONE, NONE, NONE, NONE), /* SESSION_TO_PARENT */
	[19] = KEY(NUM, NUM, NUM, NUM),   /* REJECT */
	[20] = KEY(NUM, NUM, NUM, NUM),   /* INSTANTIATE_IOV */
	[21] = KEY(NUM, NONE, NONE, NONE), /* INVALIDATE */
	[22] = KEY(NUM, NUM, NONE, NONE), /* GET_PERSISTENT */
	[23] = KEY(NUM, NUM, NUM, NUM),   /* DH_COMPUTE */
	[24] = KEY(NUM, NUM, STR, NONE),  /* PKEY_QUERY */
	[25] = KEY(NUM, STR, NUM, NUM),   /* PKEY_ENCRYPT */
	[26] = KEY(NUM, STR, NUM, NUM),   /* PKEY_DECRYPT */
	[27] = KEY(NUM, STR, NUM, NUM),   /* PKEY_SIGN */
	[28] = KEY(NUM, STR, NUM, NUM),   /* PKEY_VERIFY */
	[29] = KEY(NUM, STR, STR, NONE),  /* RESTRICT_KEYRING */
	[30] = KEY(NUM, NUM, NUM, NUM),   /* MOVE */
	[31] = KEY(NUM, NUM, NONE, NONE), /* CAPABILITIES */
	[32] = KEY(NUM, NUM, NUM, NONE),  /* WATCH_KEY */
};

static __always_inline void put_key_argument(struct out *e, __u32 how, __u64 a)
{
	__u32 start = e->off;
	__u8 *p = var_at(e);

	if (how == KEY_STR) {
		*p = 1;
		e->off++;
		e->off += a ? read_user_str(var_at(e), STR_MAX, a) : 0;
	} else {
		*p = 0;
		*(__u64 *)(p + 1) = how == KEY_NUM ? a : 0;
		e->off += 9;
	}
	var_close(e, start);
}

VARIABLE(keyctl, PPME_SYSCALL_KEYCTL_X)
{
	__u32 op = A(0), how = op < 64 ? keyctl_arguments[MASKED(op, 63)] : 0;

	put_s64(e, RET);
	put_u32(e, op);
	put_key_argument(e, how & 3, A(1));
	put_key_argument(e, how >> 2 & 3, A(2));
	put_key_argument(e, how >> 4 & 3, A(3));
	put_key_argument(e, how >> 6 & 3, A(4));
}
