/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Calls on files by name: links, directories, modes, owners, mounts.
 */
#pragma once

enum {
	LONG_STR_MAX = 16384,     /* where emission.tsv says 65535: no such string is valid, and the event must fit */
	MOUNT_MAGIC = 0xC0ED0000, /* what old programs put into the top 16 bits of mount flags */
};

/* res, path */
#define PATH_EVENT(name, type) \
	VARIABLE(name, type) \
	{ \
		put_s64(e, RET); \
		put_user_str(e, A(0)); \
	}
PATH_EVENT(chdir, PPME_SYSCALL_CHDIR_X)
PATH_EVENT(chroot, PPME_SYSCALL_CHROOT_X)
PATH_EVENT(lstat, PPME_SYSCALL_LSTAT_X)
PATH_EVENT(rmdir, PPME_SYSCALL_RMDIR_2_X)
PATH_EVENT(stat, PPME_SYSCALL_STAT_X)
PATH_EVENT(unlink, PPME_SYSCALL_UNLINK_2_X)

/* res, path, one u32 made from the second argument */
#define PATH_U32_EVENT(name, type, value) \
	VARIABLE(name, type) \
	{ \
		put_s64(e, RET); \
		put_user_str(e, A(0)); \
		put_u32(e, value); \
	}
PATH_U32_EVENT(access, PPME_SYSCALL_ACCESS_X, map_access_flags(A(1)))
PATH_U32_EVENT(chmod, PPME_SYSCALL_CHMOD_X, map_chmod_mode(A(1)))
PATH_U32_EVENT(mkdir, PPME_SYSCALL_MKDIR_2_X, U32(A(1)))
PATH_U32_EVENT(umount2, PPME_SYSCALL_UMOUNT2_X, map_umount2_flags(A(1)))

/* res, two paths */
#define TWO_PATHS_EVENT(name, type) \
	VARIABLE(name, type) \
	{ \
		put_s64(e, RET); \
		put_user_str(e, A(0)); \
		put_user_str(e, A(1)); \
	}
TWO_PATHS_EVENT(link, PPME_SYSCALL_LINK_2_X)
TWO_PATHS_EVENT(rename, PPME_SYSCALL_RENAME_X)
TWO_PATHS_EVENT(symlink, PPME_SYSCALL_SYMLINK_X)

/* res, path, uid, gid */
#define CHOWN_EVENT(name, type) \
	VARIABLE(name, type) \
	{ \
		put_s64(e, RET); \
		put_user_str(e, A(0)); \
		put_u32(e, A(1)); \
		put_u32(e, A(2)); \
	}
CHOWN_EVENT(chown, PPME_SYSCALL_CHOWN_X)
CHOWN_EVENT(lchown, PPME_SYSCALL_LCHOWN_X)

FIXED(fchown, PPME_SYSCALL_FCHOWN_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u32(e, A(1));
	put_u32(e, A(2));
}

VARIABLE(fchownat, PPME_SYSCALL_FCHOWNAT_X)
{
	put_s64(e, RET);
	put_s64(e, map_dirfd(A(0)));
	put_user_str(e, A(1));
	put_u32(e, A(2));
	put_u32(e, A(3));
	put_u32(e, map_fchownat_flags(A(4)));
}

FIXED(fchmod, PPME_SYSCALL_FCHMOD_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u32(e, map_chmod_mode(A(1)));
}

VARIABLE(fchmodat, PPME_SYSCALL_FCHMODAT_X)
{
	put_s64(e, RET);
	put_s64(e, map_dirfd(A(0)));
	put_user_str(e, A(1));
	put_u32(e, map_chmod_mode(A(2)));
}

FIXED(fchdir, PPME_SYSCALL_FCHDIR_X)
{
	put_s64(e, RET);
	put_s64(e, I32(A(0)));
}

VARIABLE(getcwd, PPME_SYSCALL_GETCWD_X)
{
	put_s64(e, RET);
	if (RET >= 0)
		put_user_str(e, A(0));
	else
		put_empty(e);
}

VARIABLE(mkdirat, PPME_SYSCALL_MKDIRAT_X)
{
	put_s64(e, RET);
	put_s64(e, map_dirfd(A(0)));
	put_user_str(e, A(1));
	put_u32(e, U32(A(2)));
}

VARIABLE(unlinkat, PPME_SYSCALL_UNLINKAT_2_X)
{
	put_s64(e, RET);
	put_s64(e, map_dirfd(A(0)));
	put_user_str(e, A(1));
	put_u32(e, map_unlinkat_flags(A(2)));
}

VARIABLE(newfstatat, PPME_SYSCALL_NEWFSTATAT_X)
{
	put_s64(e, RET);
	put_s64(e, map_dirfd(A(0)));
	put_user_str(e, A(1));
	put_u32(e, map_newfstatat_flags(A(3)));
}

/* res, directory and name twice */
static __always_inline void put_two_at(struct out *e)
{
	put_s64(e, RET);
	put_s64(e, map_dirfd(A(0)));
	put_user_str(e, A(1));
	put_s64(e, map_dirfd(A(2)));
	put_user_str(e, A(3));
}

VARIABLE(renameat, PPME_SYSCALL_RENAMEAT_X)
{
	put_two_at(e);
}

VARIABLE(renameat2, PPME_SYSCALL_RENAMEAT2_X)
{
	put_two_at(e);
	put_u32(e, U32(A(4)));
}

VARIABLE(linkat, PPME_SYSCALL_LINKAT_2_X)
{
	put_two_at(e);
	put_u32(e, map_linkat_flags(A(4)));
}

VARIABLE(symlinkat, PPME_SYSCALL_SYMLINKAT_X)
{
	put_s64(e, RET);
	put_user_str(e, A(0));
	put_s64(e, map_dirfd(A(1)));
	put_user_str(e, A(2));
}

/* The device argument of mknod is in the kernel's user-space encoding: decode, then encode as 10.9 says, which gives the
 * same layout without stray bits. */
static __always_inline __u32 user_dev(__u32 dev)
{
	__u32 major = (dev & 0xfff00) >> 8, minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);

	return encode_dev(major << 20 | minor);
}

VARIABLE(mknod, PPME_SYSCALL_MKNOD_X)
{
	put_s64(e, RET);
	put_user_str(e, A(0));
	put_u32(e, map_mknod_mode(A(1)));
	put_u32(e, user_dev(A(2)));
}

VARIABLE(mknodat, PPME_SYSCALL_MKNODAT_X)
{
	put_s64(e, RET);
	put_s64(e, map_dirfd(A(0)));
	put_user_str(e, A(1));
	put_u32(e, map_mknod_mode(A(2)));
	put_u32(e, user_dev(A(3)));
}

VARIABLE(mount, PPME_SYSCALL_MOUNT_X)
{
	__u32 flags = A(3);

	if ((flags & 0xffff0000) == MOUNT_MAGIC)
		flags &= 0xffff;
	put_s64(e, RET);
	put_user_str(e, A(0));
	put_user_str(e, A(1));
	put_user_str_max(e, A(2), LONG_STR_MAX);
	put_u32(e, flags);
}

enum { FSCONFIG_STRING = 1, FSCONFIG_BINARY = 2, FSCONFIG_PATH = 3, FSCONFIG_PATH_EMPTY = 4 };

VARIABLE(fsconfig, PPME_SYSCALL_FSCONFIG_X)
{
	__u32 cmd = A(1);
	bool string = cmd == FSCONFIG_STRING || cmd == FSCONFIG_PATH || cmd == FSCONFIG_PATH_EMPTY;

	put_s64(e, RET);
	put_s64(e, I32(A(0)));
	put_u32(e, cmd);
	put_user_str_max(e, A(2), LONG_STR_MAX);
	put_user_bytes(e, A(3), RET >= 0 && cmd == FSCONFIG_BINARY ? U32(A(4)) : 0);
	put_user_str(e, RET >= 0 && string ? A(3) : 0);
	put_u32(e, A(4));
}
