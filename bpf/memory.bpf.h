/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Address spaces: mapping, protecting, locking memory.
 */
#pragma once

static __always_inline void put_memory(struct out *e)
{
	struct memory m;

	read_memory(bpf_get_current_task_btf(), &m);
	put_u32(e, m.size_kb);
	put_u32(e, m.rss_kb);
	put_u32(e, m.swap_kb);
}

FIXED(brk, PPME_SYSCALL_BRK_4_X)
{
	put_u64(e, RET);
	put_memory(e);
	put_u64(e, A(0));
}

FIXED(mmap, PPME_SYSCALL_MMAP_X)
{
	put_s64(e, RET);
	put_memory(e);
	put_u64(e, A(0));
	put_u64(e, A(1));
	put_u32(e, map_prot_flags(A(2)));
	put_u32(e, map_mmap_flags(A(3)));
	put_s64(e, I32(A(4)));
	put_u64(e, A(5));
}

FIXED(munmap, PPME_SYSCALL_MUNMAP_X)
{
	put_s64(e, RET);
	put_memory(e);
	put_u64(e, A(0));
	put_u64(e, A(1));
}

FIXED(mprotect, PPME_SYSCALL_MPROTECT_X)
{
	put_s64(e, RET);
	put_u64(e, A(0));
	put_u64(e, A(1));
	put_u32(e, map_prot_flags(A(2)));
}

FIXED(mlock, PPME_SYSCALL_MLOCK_X)
{
	put_s64(e, RET);
	put_u64(e, A(0));
	put_u64(e, A(1));
}

FIXED(mlock2, PPME_SYSCALL_MLOCK2_X)
{
	put_s64(e, RET);
	put_u64(e, A(0));
	put_u64(e, A(1));
	put_u32(e, map_mlock2_flags(A(2)));
}

FIXED(munlock, PPME_SYSCALL_MUNLOCK_X)
{
	put_s64(e, RET);
	put_u64(e, A(0));
	put_u64(e, A(1));
}

FIXED(mlockall, PPME_SYSCALL_MLOCKALL_X)
{
	put_s64(e, RET);
	put_u32(e, map_mlockall_flags(A(0)));
}

FIXED(munlockall, PPME_SYSCALL_MUNLOCKALL_X)
{
	put_s64(e, RET);
}
