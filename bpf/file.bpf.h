/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Opening and closing files (emission.tsv: open, openat, openat2, creat, open_by_handle_at, close).
 */
#pragma once

enum { FMODE_CREATED_BIT = 0x100000 };

struct opened {
	__u32 dev;   /* encoded, 10.9 */
	__u64 ino;
	__u32 flags; /* O_F_CREATED and the overlay bits */
	enum layer layer;
};

/* What the kernel knows of the file a successful open gave. */
static __always_inline void look_at_opened(struct opened *o, __s64 fd)
{
	struct file *file;
	struct inode *inode;

	o->dev = 0;
	o->ino = 0;
	o->flags = 0;
	o->layer = LAYER_NONE;
	if (fd <= 0)
		return;
	file = file_of_fd(fd);
	if (!file)
		return;
	inode = BPF_CORE_READ(file, f_inode);
	o->dev = encode_dev(BPF_CORE_READ(inode, i_sb, s_dev));
	o->ino = BPF_CORE_READ(inode, i_ino);
	if ((__u32)BPF_CORE_READ(file, f_mode) & FMODE_CREATED_BIT)
		o->flags |= O_F_CREATED;
	o->layer = overlay_layer(inode);
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

FIXED(close, PPME_SYSCALL_CLOSE_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
}
