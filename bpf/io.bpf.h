/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Calls that move data by fd: read, write and their positional and vector forms (scap-format.md 15).
 */
#pragma once

enum { VECTORS_MAX = 32 };

/* Data a call read: nothing unless it read something. */
static __always_inline void put_read_data(struct out *e, __s32 fd, struct caller_addr from, __u64 buf, __u32 size)
{
	put_user_bytes(e, buf, RET > 0 ? at_most(snaplen(fd, from, buf, size), RET) : 0);
}

/* Data a call wrote, or would have written. */
static __always_inline void put_written_data(struct out *e, __s32 fd, struct caller_addr from, __u64 buf, __u64 size)
{
	put_user_bytes(e, buf, at_most(snaplen(fd, from, buf, size), RET > 0 ? (__u64)RET : size));
}

VARIABLE(read, PPME_SYSCALL_READ_X)
{
	put_s64(e, RET);
	put_read_data(e, A(0), NO_ADDR, A(1), A(2));
	put_s64(e, I32(A(0)));
	put_u32(e, A(2));
}

VARIABLE(write, PPME_SYSCALL_WRITE_X)
{
	put_s64(e, RET);
	put_written_data(e, A(0), NO_ADDR, A(1), A(2));
	put_s64(e, I32(A(0)));
	put_u32(e, A(2));
}

VARIABLE(pread64, PPME_SYSCALL_PREAD_X)
{
	put_s64(e, RET);
	put_read_data(e, A(0), NO_ADDR, A(1), A(2));
	put_s64(e, I32(A(0)));
	put_u32(e, A(2));
	put_u64(e, A(3));
}

VARIABLE(pwrite64, PPME_SYSCALL_PWRITE_X)
{
	put_s64(e, RET);
	put_written_data(e, A(0), NO_ADDR, A(1), A(2));
	put_s64(e, I32(A(0)));
	put_u32(e, A(2));
	put_u64(e, A(3));
}

struct gather {
	struct scratch *s;
	__u32 off, count;
	bool compat;
};

/* One vector. What is collected ends at the first that is empty or cannot be read; the sum goes on (15.3). */
static long gather_step(__u32 i, void *ctx)
{
	struct gather *g = ctx;
	struct scratch *s = g->s;
	const __u8 *vector = s->path + MASKED(i * (g->compat ? 8 : 16), 16 * VECTORS_MAX - 1);
	__u64 base, len, n;

	if (i >= g->count)
		return 1;
	if (g->compat) {
		base = *(__u32 *)vector;
		len = *(__u32 *)(vector + 4);
	} else {
		base = *(__u64 *)vector;
		len = *(__u64 *)(vector + 8);
	}
	s->gathered.sum += len;
	n = MASKED(at_most(s->gathered.room, len), SCRATCH_MASK);
	if (!n || bpf_probe_read_user(s->bytes + MASKED(g->off + s->gathered.done, SCRATCH_MASK), n, (void *)base) < 0) {
		s->gathered.room = 0;
		return 0;
	}
	s->gathered.done += n;
	s->gathered.room -= n;
	return 0;
}

/* Appends at off the bytes of `count` vectors at addr, one after the other, cut at `limit`; the array is first copied
 * behind the event, into s->path. Returns the bytes appended, and the sum of the vectors' lengths in the upper half. */
__noinline __u64 hc_vectors_at(struct scratch *s, __u32 off, __u64 addr, __u32 count, __u64 limit_and_compat)
{
	__u32 limit = limit_and_compat >> 1, room;
	bool compat = limit_and_compat & 1;
	struct gather g = { .s = s, .off = off, .count = at_most(count, VECTORS_MAX), .compat = compat };

	if (!s || !addr || !count)
		return 0;
	if (bpf_probe_read_user(s->path, MASKED(g.count * (compat ? 8 : 16), 1023), (void *)addr) < 0)
		return 0;
	room = off < HC_BPF_EVENT_MAX - 1024 ? HC_BPF_EVENT_MAX - 1024 - off : 0;
	s->gathered.room = at_most(limit, room);
	s->gathered.done = s->gathered.sum = 0;
	bpf_loop(VECTORS_MAX, gather_step, &g, 0);
	return (__u64)s->gathered.sum << 32 | s->gathered.done;
}

/* The data parameter of a vector call; returns the sum of the lengths. */
static __always_inline __u32 put_vectors(struct out *e, __u64 addr, __u64 count, __u32 limit)
{
	__u64 r = hc_vectors_at((struct scratch *)e->p, e->off, addr, at_most(count, VECTORS_MAX),
				(__u64)limit << 1 | (e->cpu->compat & 1));

	out_advance(e, (__u32)r);
	return r >> 32;
}

/* res, size, data, fd */
static __always_inline void put_readv(struct out *e)
{
	put_s64(e, RET);
	put_u32(e, RET > 0 ? RET : 0);
	if (RET > 0)
		put_vectors(e, A(1), A(2), at_most(snaplen(A(0), NO_ADDR, 0, 0), RET));
	else
		put_empty(e);
	put_s64(e, I32(A(0)));
}

/* res, data, fd, size */
static __always_inline void put_writev(struct out *e)
{
	__u32 limit = snaplen(A(0), NO_ADDR, 0, 0), size;

	put_s64(e, RET);
	size = put_vectors(e, A(1), A(2), RET > 0 ? at_most(limit, RET) : limit);
	put_s64(e, I32(A(0)));
	put_u32(e, size);
}

VARIABLE(readv, PPME_SYSCALL_READV_X)
{
	put_readv(e);
}

VARIABLE(preadv, PPME_SYSCALL_PREADV_X)
{
	put_readv(e);
	put_u64(e, A(3));
}

VARIABLE(writev, PPME_SYSCALL_WRITEV_X)
{
	put_writev(e);
}

VARIABLE(pwritev, PPME_SYSCALL_PWRITEV_X)
{
	put_writev(e);
	put_u64(e, A(3));
}

/* res, pid, data of the local vectors */
#define PROCESS_VM_EVENT(name, type) \
	VARIABLE(name, type) \
	{ \
		put_s64(e, RET); \
		put_s64(e, A(0)); \
		if (RET > 0) \
			put_vectors(e, A(1), A(2), at_most(hc_config.snaplen, RET)); \
		else \
			put_empty(e); \
	}
PROCESS_VM_EVENT(process_vm_readv, PPME_SYSCALL_PROCESS_VM_READV_X)
PROCESS_VM_EVENT(process_vm_writev, PPME_SYSCALL_PROCESS_VM_WRITEV_X)
