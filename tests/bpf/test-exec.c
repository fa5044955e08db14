/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver test: exec both ways, successful and failed, by root and by others, and what is known of the executable; every
 * parameter against emission.tsv, with /proc as the witness for what a process is.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bpf/self.h"

static struct hc_event *ev;

static char *const argv_ok[] = { "argument zero", "first", "", "third one", NULL };
static char *const envp_ok[] = { "A=1", "LONG=two words", NULL };

static void check_exec_rest(struct hc_event *e, const char *path, const struct stat *st)
{
	U32(e, 16, self->tty);
	S64(e, 17, self->pgid);
	U32(e, 18, self->loginuid);
	/* where the test itself is in an overlay file system, layers come to it */
	CHECK((hc_event_u64(e, 19, 0) & (WRITABLE | FROM_MEMFD)) == self->exe_flags, "flags %#lx", hc_event_u64(e, 19, 0));
	U64(e, 20, self->caps[0]);
	U64(e, 21, self->caps[1]);
	U64(e, 22, self->caps[2]);
	U64(e, 23, st->st_ino);
	U64(e, 24, st->st_ctim.tv_sec * 1000000000ull + st->st_ctim.tv_nsec);
	U64(e, 25, st->st_mtim.tv_sec * 1000000000ull + st->st_mtim.tv_nsec);
	U32(e, 26, self->uid);
	STR(e, 27, path);
	S64(e, 28, self->pgid);
	U32(e, 29, self->gid);
}

static const char args_bytes[] = "first\0\0third one"; /* the literal adds the last NUL */
static const char env_bytes[] = "A=1\0LONG=two words";

static void check_failed(struct hc_event *e)
{
	S64(e, 0, -ENOENT);
	STR(e, 1, "argument zero");
	BYTES(e, 2, args_bytes, sizeof args_bytes);
	check_process(e, self->tid, self->pid, self->ppid, self->comm);
	BYTES(e, 15, env_bytes, sizeof env_bytes);
	check_exec_rest(e, self->exe, &self->exe_st);
}

static void failed_execs(void)
{
	static char *const none[] = { NULL, "beyond", NULL };

	if (!checking())
		note_self();
	if ((ev = call(PPME_SYSCALL_EXECVE_19_X, SYS_execve, "/nonexistent/program", argv_ok, envp_ok))) {
		CHECK(self->exe_flags == WRITABLE, "root may write its executable");
		check_failed(ev);
		STR(ev, 30, "/nonexistent/program");
	}
	if ((ev = call(PPME_SYSCALL_EXECVE_19_X, SYS_execve, "/nonexistent/program", NULL, NULL))) {
		S64(ev, 0, -ENOENT);
		STR(ev, 1, "");
		EMPTY(ev, 2);
		EMPTY(ev, 15);
	}
	if ((ev = call(PPME_SYSCALL_EXECVE_19_X, SYS_execve, "/nonexistent/program", none, none))) {
		EMPTY(ev, 1);
		EMPTY(ev, 2);
		EMPTY(ev, 15);
	}
	if ((ev = call(PPME_SYSCALL_EXECVEAT_X, SYS_execveat, AT_FDCWD, "/nonexistent/program", argv_ok, envp_ok, 0)))
		check_failed(ev);
}

static void execs_of_a_user(void)
{
	if (!checking()) {
		become_other();
		note_self();
	}
	if ((ev = call(PPME_SYSCALL_EXECVE_19_X, SYS_execve, "/nonexistent/program", argv_ok, envp_ok))) {
		CHECK(self->uid == OTHER_UID && self->gid == OTHER_GID && self->exe_flags == 0, "not root");
		check_failed(ev);
	}
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return written;
}

/* In a user name space with these maps, which somebody outside has to write. */
static bool enter_namespace(const char *uid_map, const char *gid_map)
{
	int gate[2], status;
	pid_t pid;
	char c;

	if (pipe(gate) < 0)
		_exit(1);
	pid = fork();
	if (pid == 0) {
		char path[64];

		if (read(gate[0], &c, 1) != 1)
			_exit(1);
		snprintf(path, sizeof path, "/proc/%d/uid_map", getppid());
		if (!write_file(path, uid_map))
			_exit(1);
		snprintf(path, sizeof path, "/proc/%d/gid_map", getppid());
		_exit(!write_file(path, gid_map));
	}
	become_other();
	note_self();
	if (unshare(CLONE_NEWUSER) < 0 || write(gate[1], "", 1) != 1)
		kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	note_rights();
	return status == 0;
}

/* Root there has every capability, but none over files whose owner has no name there. */
static void execs_in_namespace(const char *uid_map, const char *gid_map, uint32_t flags)
{
	bool *made = shared(sizeof *made);

	if (!checking())
		*made = enter_namespace(uid_map, gid_map);
	if (*made && (ev = call(PPME_SYSCALL_EXECVE_19_X, SYS_execve, "/nonexistent/program", argv_ok, envp_ok))) {
		CHECK(self->caps[2] & 1 << CAP_DAC_OVERRIDE, "root");
		CHECK(self->exe_flags == flags, "%u: not what access(2) says", flags);
		check_failed(ev);
	}
	if (!*made && checking())
		printf("no user name space to be had: root of one not checked\n");
}

static void execs_of_a_namespace_root(void)
{
	execs_in_namespace("0 54321 1", "0 54322 1", 0);
}

static void execs_where_root_has_a_name(void)
{
	execs_in_namespace("0 54321 1\n7 0 1", "0 54322 1\n7 0 1", WRITABLE);
}

static void execs_at_a_terminal(void)
{
	struct stat *st = shared(sizeof *st);

	if (!checking()) {
		int pt = posix_openpt(O_RDWR | O_NOCTTY);

		setsid();
		if (pt >= 0 && unlockpt(pt) == 0)
			stat(ptsname(pt), st);
		if (st->st_rdev && open(ptsname(pt), O_RDWR) < 0)
			_exit(1);
		note_self();
	}
	if (checking() && !st->st_rdev)
		printf("no pseudo terminal to be had: tty not checked\n");
	if ((ev = call(PPME_SYSCALL_EXECVE_19_X, SYS_execve, "/nonexistent/program", argv_ok, envp_ok))) {
		check_failed(ev);
		U32(ev, 16, major(st->st_rdev) << 8 | (minor(st->st_rdev) & 0xff) | (minor(st->st_rdev) & ~0xffu) << 12);
	}
}

/* Sixteen strings are looked at, and 4096 bytes of name and arguments. */
static void long_execs(void)
{
	static char *many[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f", "beyond", NULL };
	static const char bytes[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009\0a\0b\0c\0d\0e\0f";
	static char half[3001], want[4096 - 3001];
	char *big[] = { half, half + 2000, half, "beyond", NULL };

	memset(half, 'h', 3000);
	if ((ev = call(PPME_SYSCALL_EXECVE_19_X, SYS_execve, "/nonexistent/program", many, many))) {
		STR(ev, 1, "0");
		BYTES(ev, 2, bytes + 2, sizeof bytes - 2);
		BYTES(ev, 15, bytes, sizeof bytes);
	}
	if ((ev = call(PPME_SYSCALL_EXECVE_19_X, SYS_execve, "/nonexistent/program", big, NULL))) {
		memset(want, 'h', sizeof want - 1);
		want[1000] = '\0';
		STR(ev, 1, half);
		BYTES(ev, 2, want, sizeof want);
	}
}

#define DIR_ "/tmp/hc-test-exec"

/* /bin/true, whatever it is a link to */
static char true_path[4096];
static struct stat true_st;

static void exec_true(void *how)
{
	note_self();
	if (how)
		syscall(SYS_execveat, AT_FDCWD, "/bin/true", argv_ok, envp_ok, 0);
	else
		execve("/bin/true", argv_ok, envp_ok);
	_exit(1);
}

static void successful_exec(struct trace *t, void *how)
{
	int pid = trace_child(t, exec_true, how);

	what = how ? "execveat" : "execve";
	CHECK(trace_count(t, PPME_SYSCALL_EXECVE_19_X, pid) == 1, "%zu exec events",
	      trace_count(t, PPME_SYSCALL_EXECVE_19_X, pid));
	CHECK(trace_count(t, PPME_SYSCALL_EXECVEAT_X, pid) == 0, "an execveat event for a success");
	ev = trace_find(t, PPME_SYSCALL_EXECVE_19_X, pid, 0);
	S64(ev, 0, 0);
	STR(ev, 1, "argument zero");
	BYTES(ev, 2, args_bytes, sizeof args_bytes);
	check_process(ev, pid, pid, self->ppid, "true");
	BYTES(ev, 15, env_bytes, sizeof env_bytes);
	check_exec_rest(ev, true_path, &true_st);
	STR(ev, 30, "/bin/true");
	what = "procexit";
	ev = trace_find(t, PPME_PROCEXIT_1_E, pid, 0);
	S64(ev, 0, 0);
	S64(ev, 1, 0);
	U8(ev, 2, 0);
	U8(ev, 3, 0);
	S64(ev, 4, 0);
	trace_clear(t);
}

static void exec_memfd(void *arg)
{
	int in = open("/bin/true", O_RDONLY), fd = memfd_create("payload", MFD_CLOEXEC);
	char buf[65536];
	ssize_t n;

	while ((n = read(in, buf, sizeof buf)) > 0)
		if (write(fd, buf, n) != n)
			_exit(1);
	syscall(SYS_execveat, fd, "", argv_ok, envp_ok, AT_EMPTY_PATH);
	_exit(1);
}

static void check_memfd(struct trace *t)
{
	int pid = trace_child(t, exec_memfd, NULL);

	what = "exec of a memory file";
	ev = trace_find(t, PPME_SYSCALL_EXECVE_19_X, pid, 0);
	CHECK(hc_event_u64(ev, 19, 0) & FROM_MEMFD, "from memfd");
	STR(ev, 27, "memfd:payload");
	trace_clear(t);
}

static void exec_there(void *path)
{
	execve(path, argv_ok, envp_ok);
	_exit(1);
}

/* Of an overlay file system: untouched the executable is in the lower layer, opened for writing in the upper. */
static void check_layers(struct trace *t)
{
	static char path[] = DIR_ "/merged/true";

	what = "exec of a layer";
	if (system("cd " DIR_ " && mkdir lower upper work merged && cat /bin/true >lower/true && mount -t overlay overlay -o "
		   "lowerdir=lower,upperdir=upper,workdir=work merged 2>/dev/null") != 0) {
		printf("no overlay file system to be had: layers not checked\n");
		return;
	}
	chmod(DIR_ "/lower/true", 0755);
	for (int i = 0; i < 2; i++) {
		int pid = trace_child(t, exec_there, path);

		ev = trace_find(t, PPME_SYSCALL_EXECVE_19_X, pid, 0);
		S64(ev, 0, 0);
		U32(ev, 19, WRITABLE | (i ? UPPER_LAYER : LOWER_LAYER));
		STR(ev, 27, path);
		close(open(path, O_RDWR));
		trace_clear(t);
	}
	if (system("umount " DIR_ "/merged") != 0)
		CHECK(false, "still mounted");
}

/* Of a deep cgroup the last six components are told. */
#define GROUPS "/sys/fs/cgroup/cpu/hc-test-1/2/3/4/5/6/7/8"
static void in_deep_cgroup(void *arg)
{
	int fd = open(GROUPS "/cgroup.procs", O_WRONLY);

	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(1);
	close(fd);
	execv("/nonexistent/program", argv_ok);
}

static void check_deep_cgroup(struct trace *t)
{
	static const char want[] = "cpu=/3/4/5/6/7/8";
	uint32_t len;
	const char *p;
	int pid;

	/* cpu.shares: version 1; in a version 2 tree "cpu" would be but a name */
	if (system("test -e /sys/fs/cgroup/cpu/cpu.shares && mkdir -p " GROUPS " 2>/dev/null") != 0) {
		printf("no cpu controller in a hierarchy of its own: deep cgroups not checked\n");
		return;
	}
	pid = trace_child(t, in_deep_cgroup, NULL);
	what = "deep cgroup";
	ev = trace_find(t, PPME_SYSCALL_EXECVE_19_X, pid, 0);
	p = (const char *)hc_event_param(ev, 14, &len);
	CHECK(p && memmem(p, len, want, sizeof want), "\"%s\"", p);
	trace_clear(t);
	if (system("cd /sys/fs/cgroup/cpu && rmdir -p hc-test-1/2/3/4/5/6/7/8") != 0)
		CHECK(false, "cgroups left behind");
}

int main(void)
{
	static void (*const scripts[])(void) = {
		failed_execs, long_execs, execs_of_a_user, execs_of_a_namespace_root, execs_where_root_has_a_name,
		execs_at_a_terminal,
	};
	static const char *const names[] = { "execve", "execveat", "sched_process_exit", NULL };
	struct trace t;

	self = mmap_shared(sizeof *self);
	if (!realpath("/bin/true", true_path) || stat(true_path, &true_st) < 0)
		return 1;
	if (system("umount " DIR_ "/merged 2>/dev/null; rm -rf " DIR_ " && mkdir " DIR_) != 0)
		return 1;
	trace_open(&t, NULL, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, names);
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		trace_script(&t, scripts[i]);
		trace_clear(&t);
	}
	successful_exec(&t, NULL);
	successful_exec(&t, "at");
	check_memfd(&t);
	check_layers(&t);
	check_deep_cgroup(&t);
	trace_close(&t);
	if (system("rm -rf " DIR_) != 0)
		return 1;
	return failures != 0;
}
