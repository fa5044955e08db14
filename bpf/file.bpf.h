/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Opening files (emission.tsv: open, openat, openat2, creat, open_by_handle_at), at exit and, against arguments that
 * change while the call runs, at entry (scap-format.md 14.1).
 */
#pragma once

enum { FMODE_CREATED_BIT = 0x100000, CREAT_UPPER_LAYER = 1, CREAT_LOWER_LAYER = 2 };

struct opened {
	__u32 dev;   /* encoded, 10.9 */
	__u64 ino;
	__u32 flags; /* O_F_CREATED and the overlay bits */
	enum layer layer;
	struct file *file;
};

/* What the kernel knows of the file a successful open gave. */
static __always_inline void look_at_opened(struct opened *o, __s64 fd)
{
	struct file *file = fd > 0 ? file_of_fd(fd) : NULL;
	struct super_block *sb;
	struct inode *inode;

	o->dev = 0;
	o->ino = 0;
	o->flags = 0;
	o->layer = LAYER_NONE;
	o->file = file;
	if (!file)
		return;
	inode = BPF_CORE_READ(file, f_inode);
	sb = BPF_CORE_READ(inode, i_sb);
	o->dev = encode_dev(BPF_CORE_READ(sb, s_dev));
	o->ino = BPF_CORE_READ(inode, i_ino);
	if ((__u32)BPF_CORE_READ(file, f_mode) & FMODE_CREATED_BIT)
		o->flags |= O_F_CREATED;
	o->layer = layer_within(sb, inode);
	o->flags |= o->layer == LAYER_UPPER ? FD_UPPER_LAYER : o->layer == LAYER_LOWER ? FD_LOWER_LAYER : 0;
}

VARIABLE(open, PPME_SYSCALL_OPEN_X)
{
	struct opened o;

	look_at_opened(&o, RET);
	put_s64(e, RET);
	put_user_str(e, A(0));
	put_u32(e, map_open_flags(A(1)) | o.flags);
	put_u32(e, map_open_modes(A(1), A(2)));
	put_u32(e, o.dev);
	put_u64(e, o.ino);
}

VARIABLE(openat, PPME_SYSCALL_OPENAT_2_X)
{
	struct opened o;

	look_at_opened(&o, RET);
	put_s64(e, RET);
	put_s64(e, map_dirfd(A(0)));
	put_user_str(e, A(1));
	put_u32(e, map_open_flags(A(2)) | o.flags);
	put_u32(e, map_open_modes(A(2), A(3)));
	put_u32(e, o.dev);
	put_u64(e, o.ino);
}

/* struct open_how, the same for 32-bit callers */
struct how {
	__u64 flags, mode, resolve;
};

static __always_inline void read_how(struct how *how, __u64 addr)
{
	how->flags = how->mode = how->resolve = 0;
	bpf_probe_read_user(how, sizeof(*how), (void *)addr);
}

VARIABLE(openat2, PPME_SYSCALL_OPENAT2_X)
{
	struct opened o;
	struct how how;

	look_at_opened(&o, RET);
	read_how(&how, A(2));
	put_s64(e, RET);
	put_s64(e, map_dirfd(A(0)));
	put_user_str(e, A(1));
	put_u32(e, map_open_flags(how.flags) | o.flags);
	put_u32(e, map_open_modes(how.flags, how.mode));
	put_u32(e, map_openat2_resolve(how.resolve));
	put_u32(e, o.dev);
	put_u64(e, o.ino);
}

VARIABLE(creat, PPME_SYSCALL_CREAT_X)
{
	struct opened o;

	look_at_opened(&o, RET);
	put_s64(e, RET);
	put_user_str(e, A(0));
	put_u32(e, map_open_modes(K_O_CREAT, A(1)));
	put_u32(e, o.dev);
	put_u64(e, o.ino);
	put_u16(e, o.layer == LAYER_UPPER ? CREAT_UPPER_LAYER : o.layer == LAYER_LOWER ? CREAT_LOWER_LAYER : 0);
}

VARIABLE(open_by_handle_at, PPME_SYSCALL_OPEN_BY_HANDLE_AT_X)
{
	struct opened o;

	look_at_opened(&o, RET);
	put_s64(e, RET);
	put_s64(e, map_dirfd(A(0)));
	put_u32(e, map_open_flags(A(2)) | o.flags);
	if (RET > 0)
		put_file_path(e, o.file);
	else
		put_empty(e);
	put_u32(e, o.dev);
	put_u64(e, o.ino);
}

ENTER(open, PPME_SYSCALL_OPEN_E)
{
	put_user_str(e, A(0));
	put_u32(e, map_open_flags(A(1)));
	put_u32(e, map_open_modes(A(1), A(2)));
}

ENTER(creat, PPME_SYSCALL_CREAT_E)
{
	put_user_str(e, A(0));
	put_u32(e, map_open_modes(K_O_CREAT, A(1)));
}

ENTER(openat, PPME_SYSCALL_OPENAT_2_E)
{
	put_s64(e, map_dirfd(A(0)));
	put_user_str(e, A(1));
	put_u32(e, map_open_flags(A(2)));
	put_u32(e, map_open_modes(A(2), A(3)));
}

ENTER(openat2, PPME_SYSCALL_OPENAT2_E)
{
	struct how how;

	read_how(&how, A(2));
	put_s64(e, map_dirfd(A(0)));
	put_user_str(e, A(1));
	put_u32(e, map_open_flags(how.flags));
	put_u32(e, map_open_modes(how.flags, how.mode));
	put_u32(e, map_openat2_resolve(how.resolve));
}
