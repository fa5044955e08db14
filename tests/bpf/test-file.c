/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver test: files by name and by descriptor, and what the five calls told at entry are told with; every parameter
 * against emission.tsv.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/bpf/harness.h"

#define DIR_ "/tmp/hc-test-bpf"
#define FILE_ DIR_ "/file"

/* portable values (flags.tsv) */
enum {
	P_RDONLY = 1, P_WRONLY = 2, P_RDWR = 3, P_CREAT = 4, P_TRUNC = 256, P_DIRECTORY = 1024, P_LARGEFILE = 2048,
	P_CLOEXEC = 4096, P_TMPFILE = 8192, P_CREATED = 16384, P_NONBLOCK = 64, P_UPPER = 32768, P_LOWER = 65536,
};

static struct hc_event *ev;

static uint32_t dev_of(const char *path, uint64_t *ret_ino)
{
	struct stat st = { 0 };

	stat(path, &st);
	*ret_ino = st.st_ino;
	return (minor(st.st_dev) & 0xff) | major(st.st_dev) << 8 | (minor(st.st_dev) & ~0xffu) << 12;
}

/* bits that depend on the file system below the test: overlay layers */
static uint32_t flags_of(struct hc_event *e, unsigned k)
{
	return hc_event_u64(e, k, 0) & ~(uint64_t)(P_UPPER | P_LOWER);
}

static void opens(void)
{
	struct open_how how = { .flags = O_RDWR | O_CREAT | O_CLOEXEC, .mode = 0612, .resolve = RESOLVE_NO_SYMLINKS };
	struct { struct file_handle h; unsigned char bytes[MAX_HANDLE_SZ]; } *fh = shared(sizeof *fh);
	int *mount = shared(sizeof *mount);
	struct statfs fs;
	uint64_t ino;
	uint32_t dev;
	long fd;

	if ((ev = call(PPME_SYSCALL_OPEN_X, SYS_open, FILE_, O_CREAT | O_WRONLY | O_TRUNC, 0640))) {
		dev = dev_of(FILE_, &ino);
		S64(ev, 0, RET);
		STR(ev, 1, FILE_);
		CHECK(flags_of(ev, 2) == (P_WRONLY | P_CREAT | P_TRUNC | P_CREATED), "flags %#x", flags_of(ev, 2));
		U32(ev, 3, 0640);
		U32(ev, 4, dev);
		U64(ev, 5, ino);
	}
	if ((ev = call(PPME_SYSCALL_OPENAT_2_X, SYS_openat, AT_FDCWD, FILE_, O_RDWR | O_NONBLOCK, 0777))) {
		dev = dev_of(FILE_, &ino);
		S64(ev, 0, RET);
		S64(ev, 1, -100);
		STR(ev, 2, FILE_);
		CHECK(flags_of(ev, 3) == (P_RDWR | P_NONBLOCK), "flags %#x", flags_of(ev, 3));
		U32(ev, 4, 0);
		U32(ev, 5, dev);
		U64(ev, 6, ino);
	}
	fd = RET;
	if ((ev = call(PPME_SYSCALL_CLOSE_X, SYS_close, fd))) {
		S64(ev, 0, 0);
		S64(ev, 1, fd);
	}
	if ((ev = call(PPME_SYSCALL_OPENAT_2_X, SYS_openat, 9999, "not/there", O_DIRECTORY, 0123))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, 9999);
		STR(ev, 2, "not/there");
		U32(ev, 3, P_RDONLY | P_DIRECTORY | P_TMPFILE); /* any-bit quirk */
		U32(ev, 4, 0123);
		U32(ev, 5, 0);
		U64(ev, 6, 0);
	}
	if ((ev = call(PPME_SYSCALL_OPENAT_2_X, SYS_openat, AT_FDCWD, NULL, 0, 0))) {
		S64(ev, 0, -EFAULT);
		EMPTY(ev, 2);
	}
	if ((ev = call(PPME_SYSCALL_OPENAT_2_X, SYS_openat, AT_FDCWD, "", 0, 0))) {
		S64(ev, 0, -ENOENT);
		STR(ev, 2, "");
	}
	if ((ev = call(PPME_SYSCALL_OPENAT2_X, SYS_openat2, AT_FDCWD, FILE_, &how, sizeof how))) {
		dev = dev_of(FILE_, &ino);
		S64(ev, 0, RET);
		S64(ev, 1, -100);
		STR(ev, 2, FILE_);
		CHECK(flags_of(ev, 3) == (P_RDWR | P_CREAT | P_CLOEXEC), "flags %#x", flags_of(ev, 3));
		U32(ev, 4, 0612);
		U32(ev, 5, 8); /* RESOLVE_NO_SYMLINKS */
		U32(ev, 6, dev);
		U64(ev, 7, ino);
	}
	if ((ev = call(PPME_SYSCALL_CREAT_X, SYS_creat, FILE_ "2", 0604))) {
		dev = dev_of(FILE_ "2", &ino);
		S64(ev, 0, RET);
		STR(ev, 1, FILE_ "2");
		U32(ev, 2, 0604);
		U32(ev, 3, dev);
		U64(ev, 4, ino);
		U16(ev, 5, statfs(FILE_, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC ? 1 : 0);
	}
	if (!checking()) {
		fh->h.handle_bytes = MAX_HANDLE_SZ;
		name_to_handle_at(AT_FDCWD, FILE_, &fh->h, mount, 0);
	}
	fd = RET;
	if ((ev = call(PPME_SYSCALL_OPEN_BY_HANDLE_AT_X, SYS_open_by_handle_at, fd, &fh->h, O_RDONLY))) {
		S64(ev, 0, RET);
		S64(ev, 1, fd);
		if (RET > 0) {
			dev = dev_of(FILE_, &ino);
			CHECK(flags_of(ev, 2) == P_RDONLY, "flags %#x", flags_of(ev, 2));
			STR(ev, 3, FILE_);
			U32(ev, 4, dev);
			U64(ev, 5, ino);
		} else {
			U32(ev, 2, P_RDONLY);
			EMPTY(ev, 3);
			U32(ev, 4, 0);
			U64(ev, 5, 0);
		}
	}
}

#define TWO(type, nr, a, b) \
	if ((ev = call(type, nr, a, b))) { \
		S64(ev, 0, RET); \
		STR(ev, 1, a); \
		STR(ev, 2, b); \
	}
#define ONE(type, nr, a) \
	if ((ev = call(type, nr, a))) { \
		S64(ev, 0, RET); \
		STR(ev, 1, a); \
	}

static void paths(void)
{
	char *cwd = shared(4096);
	struct stat *st = shared(sizeof *st);
	int *fs = shared(sizeof *fs);

	ONE(PPME_SYSCALL_CHDIR_X, SYS_chdir, DIR_)
	if ((ev = call(PPME_SYSCALL_GETCWD_X, SYS_getcwd, cwd, 4096))) {
		S64(ev, 0, sizeof DIR_);
		STR(ev, 1, DIR_);
	}
	if ((ev = call(PPME_SYSCALL_GETCWD_X, SYS_getcwd, cwd, 1))) {
		S64(ev, 0, -ERANGE);
		EMPTY(ev, 1);
	}
	ONE(PPME_SYSCALL_CHROOT_X, SYS_chroot, "/nonexistent")
	ONE(PPME_SYSCALL_RMDIR_2_X, SYS_rmdir, "nodir")
	ONE(PPME_SYSCALL_UNLINK_2_X, SYS_unlink, "nofile")
	if ((ev = call(PPME_SYSCALL_STAT_X, SYS_stat, DIR_, st))) {
		S64(ev, 0, 0);
		STR(ev, 1, DIR_);
	}
	if ((ev = call(PPME_SYSCALL_LSTAT_X, SYS_lstat, "nofile", st))) {
		S64(ev, 0, -ENOENT);
		STR(ev, 1, "nofile");
	}
	if ((ev = call(PPME_SYSCALL_NEWFSTATAT_X, SYS_newfstatat, AT_FDCWD, "nofile", st, AT_SYMLINK_NOFOLLOW))) {
		S64(ev, 0, -ENOENT);
		S64(ev, 1, -100);
		STR(ev, 2, "nofile");
		U32(ev, 3, 256);
	}
	if ((ev = call(PPME_SYSCALL_ACCESS_X, SYS_access, "nofile", R_OK | X_OK))) {
		S64(ev, 0, -ENOENT);
		STR(ev, 1, "nofile");
		U32(ev, 2, 5);
	}
	TWO(PPME_SYSCALL_LINK_2_X, SYS_link, "file", "hard")
	TWO(PPME_SYSCALL_SYMLINK_X, SYS_symlink, "file", "soft")
	TWO(PPME_SYSCALL_RENAME_X, SYS_rename, "hard", "moved")
	if ((ev = call(PPME_SYSCALL_RENAMEAT_X, SYS_renameat, AT_FDCWD, "moved", 9977, "x"))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, -100);
		STR(ev, 2, "moved");
		S64(ev, 3, 9977);
		STR(ev, 4, "x");
	}
	if ((ev = call(PPME_SYSCALL_RENAMEAT2_X, SYS_renameat2, AT_FDCWD, "moved", AT_FDCWD, "file", 1))) {
		S64(ev, 0, -EEXIST);
		S64(ev, 1, -100);
		STR(ev, 2, "moved");
		S64(ev, 3, -100);
		STR(ev, 4, "file");
		U32(ev, 5, 1);
	}
	if ((ev = call(PPME_SYSCALL_LINKAT_2_X, SYS_linkat, AT_FDCWD, "soft", AT_FDCWD, "hard2", AT_SYMLINK_FOLLOW))) {
		S64(ev, 0, 0);
		S64(ev, 1, -100);
		STR(ev, 2, "soft");
		S64(ev, 3, -100);
		STR(ev, 4, "hard2");
		U32(ev, 5, 1024);
	}
	if ((ev = call(PPME_SYSCALL_SYMLINKAT_X, SYS_symlinkat, "target", AT_FDCWD, "soft2"))) {
		S64(ev, 0, 0);
		STR(ev, 1, "target");
		S64(ev, 2, -100);
		STR(ev, 3, "soft2");
	}
	if ((ev = call(PPME_SYSCALL_MKDIR_2_X, SYS_mkdir, "dir", 0751))) {
		S64(ev, 0, 0);
		STR(ev, 1, "dir");
		U32(ev, 2, 0751);
	}
	if ((ev = call(PPME_SYSCALL_MKDIRAT_X, SYS_mkdirat, AT_FDCWD, "dir", 0700))) {
		S64(ev, 0, -EEXIST);
		S64(ev, 1, -100);
		STR(ev, 2, "dir");
		U32(ev, 3, 0700);
	}
	if ((ev = call(PPME_SYSCALL_UNLINKAT_2_X, SYS_unlinkat, AT_FDCWD, "dir", AT_REMOVEDIR))) {
		S64(ev, 0, 0);
		S64(ev, 1, -100);
		STR(ev, 2, "dir");
		U32(ev, 3, 512);
	}
	if ((ev = call(PPME_SYSCALL_CHMOD_X, SYS_chmod, "file", 04711))) {
		S64(ev, 0, 0);
		STR(ev, 1, "file");
		U32(ev, 2, 04711);
	}
	if ((ev = call(PPME_SYSCALL_FCHMOD_X, SYS_fchmod, -7, 0100644))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, -7);
		U32(ev, 2, 0644);
	}
	if ((ev = call(PPME_SYSCALL_FCHMODAT_X, SYS_fchmodat, AT_FDCWD, "file", 0600))) {
		S64(ev, 0, 0);
		S64(ev, 1, -100);
		STR(ev, 2, "file");
		U32(ev, 3, 0600);
	}
	if ((ev = call(PPME_SYSCALL_CHOWN_X, SYS_chown, "file", 12, -1))) {
		S64(ev, 0, RET);
		STR(ev, 1, "file");
		U32(ev, 2, 12);
		U32(ev, 3, -1);
	}
	if ((ev = call(PPME_SYSCALL_LCHOWN_X, SYS_lchown, "nofile", 1, 2))) {
		S64(ev, 0, -ENOENT);
		STR(ev, 1, "nofile");
		U32(ev, 2, 1);
		U32(ev, 3, 2);
	}
	if ((ev = call(PPME_SYSCALL_FCHOWN_X, SYS_fchown, 9988, 3, 4))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, 9988);
		U32(ev, 2, 3);
		U32(ev, 3, 4);
	}
	if ((ev = call(PPME_SYSCALL_FCHOWNAT_X, SYS_fchownat, AT_FDCWD, "nofile", 5, 6, AT_EMPTY_PATH))) {
		S64(ev, 0, -ENOENT);
		S64(ev, 1, -100);
		STR(ev, 2, "nofile");
		U32(ev, 3, 5);
		U32(ev, 4, 6);
		U32(ev, 5, 4096);
	}
	if ((ev = call(PPME_SYSCALL_MKNOD_X, SYS_mknod, "fifo", S_IFIFO | 0620, makedev(0x12, 0x345)))) {
		S64(ev, 0, 0);
		STR(ev, 1, "fifo");
		U32(ev, 2, S_IFIFO | 0620);
		U32(ev, 3, 0x45 | 0x12 << 8 | 0x300 << 12);
	}
	if ((ev = call(PPME_SYSCALL_MKNODAT_X, SYS_mknodat, AT_FDCWD, "file", 0644, makedev(0x12, 0x345)))) {
		S64(ev, 0, -EEXIST);
		S64(ev, 1, -100);
		STR(ev, 2, "file");
		U32(ev, 3, S_IFREG | 0644); /* no type means a regular file */
		U32(ev, 4, 0x45 | 0x12 << 8 | 0x300 << 12);
	}
	if ((ev = call(PPME_SYSCALL_FCHDIR_X, SYS_fchdir, 9991))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, 9991);
	}
	if ((ev = call(PPME_SYSCALL_MOUNT_X, SYS_mount, "dev", "/nonexistent", "nofs", 0xC0ED0001, 0))) {
		S64(ev, 0, RET);
		STR(ev, 1, "dev");
		STR(ev, 2, "/nonexistent");
		STR(ev, 3, "nofs");
		U32(ev, 4, 1);
	}
	if ((ev = call(PPME_SYSCALL_UMOUNT2_X, SYS_umount2, "/nonexistent", 2))) {
		S64(ev, 0, RET);
		STR(ev, 1, "/nonexistent");
		U32(ev, 2, 2);
	}
	if ((ev = call(PPME_SYSCALL_FSCONFIG_X, SYS_fsconfig, 9993, 1, "key", "value", 5))) {
		S64(ev, 0, RET);
		S64(ev, 1, 9993);
		U32(ev, 2, 1);
		STR(ev, 3, "key");
		EMPTY(ev, 4);
		EMPTY(ev, 5); /* the call failed */
		U32(ev, 6, 5);
	}
	/* ramfs takes any parameter and makes nothing of it */
	if (!checking())
		*fs = syscall(SYS_fsopen, "ramfs", 0);
	if ((ev = call(PPME_SYSCALL_FSCONFIG_X, SYS_fsconfig, *fs, 1, "key", "value", 0))) {
		if (RET < 0)
			printf("no ramfs to configure: values of fsconfig not checked\n");
		S64(ev, 0, RET);
		S64(ev, 1, *fs);
		U32(ev, 2, 1);
		STR(ev, 3, "key");
		EMPTY(ev, 4);
		BYTES(ev, 5, "value", RET < 0 ? 0 : 6);
		U32(ev, 6, 0);
	}
	if ((ev = call(PPME_SYSCALL_FSCONFIG_X, SYS_fsconfig, *fs, 2, "binary", "\0\1\2bytes", 7))) {
		S64(ev, 0, RET);
		U32(ev, 2, 2);
		STR(ev, 3, "binary");
		BYTES(ev, 4, "\0\1\2bytes", RET < 0 ? 0 : 7);
		EMPTY(ev, 5);
		U32(ev, 6, 7);
	}
}

static void enters(void)
{
	struct open_how how = { .flags = O_RDONLY | O_CREAT, .mode = 0604, .resolve = 1 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(0x1234), .sin_addr.s_addr = htonl(0x7f000002) };
	static const char path[] = FILE_;

	/* at entry the kernel has not looked at the name yet: its page must be there (sanitizers turn mlockall() off) */
	CHECK(*(volatile const char *)path == '/', "path");
	if (call(PPME_SYSCALL_OPENAT_2_X, SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT, 0640)) {
		ev = trace_find(checking_trace(), PPME_SYSCALL_OPENAT_2_E, script_pid(), 0);
		S64(ev, 0, -100);
		STR(ev, 1, FILE_);
		U32(ev, 2, P_RDWR | P_CREAT);
		U32(ev, 3, 0640);
	}
	if (call(PPME_SYSCALL_OPEN_X, SYS_open, path, O_RDONLY, 0777)) {
		ev = trace_find(checking_trace(), PPME_SYSCALL_OPEN_E, script_pid(), 0);
		STR(ev, 0, FILE_);
		U32(ev, 1, P_RDONLY);
		U32(ev, 2, 0);
	}
	if (call(PPME_SYSCALL_OPEN_X, SYS_open, path, O_WRONLY | O_CREAT | O_EXCL, 0651)) {
		ev = trace_find(checking_trace(), PPME_SYSCALL_OPEN_E, script_pid(), 1);
		STR(ev, 0, FILE_);
		U32(ev, 1, P_WRONLY | P_CREAT | 32 /* O_EXCL */);
		U32(ev, 2, 0651);
	}
	if (call(PPME_SYSCALL_OPENAT2_X, SYS_openat2, AT_FDCWD, path, &how, sizeof how)) {
		ev = trace_find(checking_trace(), PPME_SYSCALL_OPENAT2_E, script_pid(), 0);
		S64(ev, 0, -100);
		STR(ev, 1, FILE_);
		U32(ev, 2, P_RDONLY | P_CREAT);
		U32(ev, 3, 0604);
		U32(ev, 4, 16); /* RESOLVE_NO_XDEV */
	}
	if (call(PPME_SYSCALL_CREAT_X, SYS_creat, path, 0600)) {
		ev = trace_find(checking_trace(), PPME_SYSCALL_CREAT_E, script_pid(), 0);
		STR(ev, 0, FILE_);
		U32(ev, 1, 0600);
	}
	if (call(PPME_SOCKET_CONNECT_X, SYS_connect, 77, &to, sizeof to)) {
		ev = trace_find(checking_trace(), PPME_SOCKET_CONNECT_E, script_pid(), 0);
		S64(ev, 0, 77);
		BYTES(ev, 1, "\2\x7f\0\0\2\x34\x12", 7); /* the port in this machine's order */
	}
}

static void open_once(void *arg)
{
	close(open(FILE_, O_RDONLY));
}

/* Enter events of a call begin and end with its selection, whatever privileges are left by then. */
static void late_enters(struct trace *t)
{
	static const char *const without[] = { "close", NULL }, *const with[] = { "openat", "close", NULL };

	what = "selected late";
	for (int i = 0; i < 4; i++) {
		trace_clear(t);
		trace_select(t, i % 2 ? with : without);
		trace_child(t, open_once, NULL);
		CHECK(trace_count(t, PPME_SYSCALL_OPENAT_2_E, -1) == (size_t)(i % 2), "enter events");
		CHECK(trace_count(t, PPME_SYSCALL_OPENAT_2_X, -1) == (size_t)(i % 2), "exit events");
	}
}

/* Files of an overlay file system: untouched ones are in the lower layer, written ones in the upper. */
static void layers(void)
{
	uint64_t ino;
	uint32_t dev;

	if ((ev = call(PPME_SYSCALL_OPENAT_2_X, SYS_openat, AT_FDCWD, DIR_ "/merged/below", O_RDONLY, 0)))
		U32(ev, 3, P_RDONLY | P_LOWER);
	if ((ev = call(PPME_SYSCALL_OPENAT_2_X, SYS_openat, AT_FDCWD, DIR_ "/merged/below", O_RDWR, 0)))
		U32(ev, 3, P_RDWR | P_UPPER);
	if ((ev = call(PPME_SYSCALL_OPEN_X, SYS_open, DIR_ "/merged/below", O_RDONLY, 0)))
		U32(ev, 2, P_RDONLY | P_UPPER);
	if ((ev = call(PPME_SYSCALL_CREAT_X, SYS_creat, DIR_ "/merged/new", 0600))) {
		dev = dev_of(DIR_ "/merged/new", &ino);
		U32(ev, 3, dev);
		U64(ev, 4, ino);
		U16(ev, 5, 1);
	}
}

int main(void)
{
	static const char *const names[] = {
		"open", "openat", "openat2", "creat", "open_by_handle_at", "close", "chdir", "getcwd", "chroot", "rmdir",
		"unlink", "stat", "lstat", "newfstatat", "access", "link", "symlink", "rename", "renameat", "renameat2",
		"linkat", "symlinkat", "mkdir", "mkdirat", "unlinkat", "chmod", "fchmod", "fchmodat", "chown", "lchown",
		"fchown", "fchownat", "mknod", "mknodat", "fchdir", "mount", "umount2", "fsconfig", "connect",
		NULL,
	};
	struct trace t;

	trace_open(&t, NULL, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, names);
	if (system("umount " DIR_ "/merged 2>/dev/null; rm -rf " DIR_ " && mkdir " DIR_) != 0)
		return 1;
	/* what the calls would have left that this machine does not have, here and below */
	if (SYS_open < 0 && system("touch " FILE_) != 0)
		return 1;
	trace_script(&t, opens);
	trace_clear(&t);
	if (SYS_link < 0 && system("cd " DIR_ " && ln file moved && ln -s file soft && mkdir dir") != 0)
		return 1;
	trace_script(&t, paths);
	trace_clear(&t);
	if (system("cd " DIR_ " && mkdir lower upper work merged && echo x > lower/below && mount -t overlay overlay -o "
		   "lowerdir=lower,upperdir=upper,workdir=work merged 2>/dev/null") == 0)
		trace_script(&t, layers);
	else
		printf("no overlay file system to be had: layers not checked\n");
	trace_close(&t);

	for (enum hc_bpf_enter_way way = HC_BPF_ENTER_AT_FUNCTIONS; way <= HC_BPF_ENTER_AT_ALL; way++) {
		trace_open(&t, NULL, 1 << 20, way);
		printf("enter events: %s\n", hc_bpf_enter_text(&t.enter));
		trace_select(&t, names);
		trace_script(&t, enters);
		late_enters(&t);
		trace_close(&t);
	}
	if (system("umount " DIR_ "/merged 2>/dev/null; rm -rf " DIR_) != 0)
		return 1;
	return failures != 0;
}
