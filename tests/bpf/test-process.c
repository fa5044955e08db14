/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver test: exec (both ways, successful and failed), clone in all its views, procexit; every parameter
 * against emission.tsv, with /proc as the witness for what a process is.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bpf/harness.h"

/* What the child notes about itself, for the parent to compare with. */
struct self {
	char cgroups[4096], exe[4096], comm[16], cmdline[4096];
	size_t cgroups_len, cmdline_len;
	int tid, pid, ppid, pgid;
	struct stat exe_st;
	uint64_t nofile, caps[3];
	uint32_t loginuid, uid, gid, tty, exe_flags;
};
enum { WRITABLE = 1, UPPER_LAYER = 2, FROM_MEMFD = 4, LOWER_LAYER = 8 }; /* exe_flags */
enum { OTHER_UID = 54321, OTHER_GID = 54322 }; /* somebody who is not root and owns nothing */

static struct self *self;
static struct hc_event *ev;

static uint64_t status_hex(const char *key)
{
	char line[256];
	uint64_t v = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, key, strlen(key)))
			v = strtoull(line + strlen(key), NULL, 16);
	if (f)
		fclose(f);
	return v & ((1ull << 41) - 1);
}

static size_t slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = 0;
	return n > 0 ? n : 0;
}

static void note_rights(void)
{
	self->caps[0] = status_hex("CapInh:");
	self->caps[1] = status_hex("CapPrm:");
	self->caps[2] = status_hex("CapEff:");
	self->exe_flags = access("/proc/self/exe", W_OK) == 0 ? WRITABLE : 0;
}

/* Field n of /proc/PID/stat, behind the name. */
static long long stat_field(const char *path, int n)
{
	char buf[1024], *p;

	slurp(path, buf, sizeof buf);
	p = strrchr(buf, ')');
	for (n -= 2; p && n > 0; n--)
		p = strchr(p + 1, ' ');
	return p ? strtoll(p, NULL, 10) : -1;
}

static void note_self(void)
{
	struct rlimit lim;
	char buf[64];

	self->tid = gettid();
	self->pid = getpid();
	self->ppid = getppid();
	self->pgid = getpgrp();
	getrlimit(RLIMIT_NOFILE, &lim);
	self->nofile = lim.rlim_cur;
	note_rights();
	self->uid = geteuid();
	self->gid = getegid();
	self->tty = stat_field("/proc/self/stat", 7);
	self->cmdline_len = slurp("/proc/self/cmdline", self->cmdline, sizeof self->cmdline);
	self->exe[readlink("/proc/self/exe", self->exe, sizeof self->exe - 1)] = 0;
	stat("/proc/self/exe", &self->exe_st);
	self->cgroups_len = slurp("/proc/self/cgroup", self->cgroups, sizeof self->cgroups);
	slurp("/proc/self/comm", self->comm, sizeof self->comm);
	self->comm[strcspn(self->comm, "\n")] = 0;
	slurp("/proc/self/loginuid", buf, sizeof buf);
	self->loginuid = buf[0] ? strtoul(buf, NULL, 10) : 0xffffffff;
}

/* The set has each controller the kernel knows, in order, with a path that /proc confirms. */
static void check_cgroups(struct hc_event *e, unsigned k)
{
	static const char *const order[] = { "cpuset", "cpu", "cpuacct", "io", "memory" };
	uint32_t len;
	const char *p = (const char *)hc_event_param(e, k, &len), *end = p + len;
	size_t next = 0, n = 0;

	while (p < end) {
		const char *eq = strchr(p, '='), *path;
		char want[4200];

		CHECK(eq && eq[1] == '/', "cgroup entry \"%s\"", p);
		if (!eq)
			return;
		while (next < 5 && (strlen(order[next]) != (size_t)(eq - p) || strncmp(order[next], p, eq - p)))
			next++;
		CHECK(next < 5, "controller out of order: \"%s\"", p);
		next++;
		n++;
		path = eq + 1;
		snprintf(want, sizeof want, ":%s", path);
		CHECK(strcmp(path, "/") == 0 || strstr(self->cgroups, want) || strstr(self->cgroups, "::"), "path \"%s\"", path);
		p += strlen(p) + 1;
	}
	CHECK(n >= 1, "no cgroups");
	CHECK(p == end, "cgroups end in the middle");
}

/* Parameters 3 to 14, common to exec and clone. */
static void check_process(struct hc_event *e, int tid, int pid, int ppid, const char *comm)
{
	uint64_t size, rss;

	S64(e, 3, tid);
	S64(e, 4, pid);
	S64(e, 5, ppid);
	EMPTY(e, 6);
	U64(e, 7, self->nofile);
	CHECK(hc_event_u64(e, 8, ~0ull) < 1u << 20, "major faults");
	CHECK(hc_event_u64(e, 9, ~0ull) < 1u << 20, "minor faults");
	size = hc_event_u64(e, 10, 0);
	rss = hc_event_u64(e, 11, 0);
	CHECK(size > 50 && size < 50u << 20, "vm_size %lu kB", size);
	CHECK(rss < size, "vm_rss %lu kB", rss);
	U32(e, 12, 0);
	STR(e, 13, comm);
	check_cgroups(e, 14);
}

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

static void become_other(void)
{
	if (setresgid(OTHER_GID, OTHER_GID, OTHER_GID) < 0 || setresuid(OTHER_UID, OTHER_UID, OTHER_UID) < 0)
		_exit(1);
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

#define DIR_ "/tmp/hc-test-process"

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

/* ---- clone ---- */

struct family {
	int child[6], parent, thread, reaper, status;
	uint64_t before_ns, after_ns;
};
static struct family *family;

static int end_at_once(void *arg)
{
	return 0;
}

/* As a namespace's init: with it ends the child. */
static int end_before_child(void *arg)
{
	if (fork() == 0)
		pause();
	return 0;
}

/* The ways to make a process, and the flags the parent's event has of them, portable. Younger machines have no fork and no
 * vfork; there glibc clones, and the child's event always has one type and only those flags that can be seen afterwards. */
#if defined(__aarch64__)
enum { WAYS = 2, CLONES_BEFORE = 2, CHILD_TYPE = PPME_SYSCALL_CLONE_20_X };
#else
enum { WAYS = 4, CLONES_BEFORE = 0, CHILD_TYPE = 0 };
#endif
enum { P_FILES = 1, P_FS = 2, P_NEWPID = 64, P_IN_PIDNS = 1 << 29 };
static const struct {
	const char *name;
	int child;
	uint16_t type;
	uint32_t flags;
} ways[] = {
	{ "clone", 2, PPME_SYSCALL_CLONE_20_X, P_FILES },
	{ "clone3", 3, PPME_SYSCALL_CLONE3_X, P_FS },
	{ "fork", 0, PPME_SYSCALL_FORK_20_X, 0 },
	{ "vfork", 1, PPME_SYSCALL_VFORK_20_X, 0 },
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void clones(void *arg)
{
	struct clone_args args = { .flags = CLONE_FS, .exit_signal = SIGCHLD };
	static char stack[65536];
	pid_t pid;

	note_self();
	family->parent = getpid();
	pid = SYS_fork < 0 ? fork() : syscall(SYS_fork);
	if (pid == 0)
		_exit(3);
	family->child[0] = pid;
	waitpid(pid, NULL, 0);
	pid = vfork();
	if (pid == 0)
		_exit(0);
	family->child[1] = pid;
	waitpid(pid, NULL, 0);
	pid = clone(end_at_once, stack + sizeof stack, CLONE_FILES | SIGCHLD, NULL);
	family->child[2] = pid;
	waitpid(pid, NULL, 0);
	pid = syscall(SYS_clone3, &args, sizeof args);
	if (pid == 0)
		_exit(0);
	family->child[3] = pid;
	waitpid(pid, NULL, 0);
	syscall(SYS_clone3, 0x1000, sizeof args); /* unreadable */
	family->before_ns = now_ns();
	pid = clone(end_before_child, stack + sizeof stack, CLONE_NEWPID | SIGCHLD, NULL);
	family->after_ns = now_ns();
	family->child[4] = pid;
	waitpid(pid, NULL, 0);
	/* killed by a signal */
	pid = fork();
	if (pid == 0)
		raise(SIGKILL);
	family->child[5] = pid;
	waitpid(pid, NULL, 0);
}

static void check_view(struct hc_event *e, long res, int tid, int ppid, uint32_t flags)
{
	size_t exe_len = strlen(self->cmdline) + 1;

	S64(e, 0, res);
	STR(e, 1, self->cmdline);
	BYTES(e, 2, self->cmdline + exe_len, self->cmdline_len - exe_len);
	check_process(e, tid, tid, ppid, self->comm);
	U32(e, 15, flags);
	U32(e, 16, self->uid);
	U32(e, 17, self->gid);
	S64(e, 18, tid);
	S64(e, 19, tid);
}

static void check_clones(struct trace *t)
{
	uint64_t init_ticks = stat_field("/proc/1/stat", 22);
	int me = trace_child(t, clones, NULL);

	for (int i = 0; i < WAYS; i++) {
		uint16_t type = CHILD_TYPE ? CHILD_TYPE : ways[i].type;
		int child = family->child[ways[i].child];

		what = ways[i].name;
		ev = trace_find(t, ways[i].type, me, ways[i].type == PPME_SYSCALL_CLONE_20_X ? CLONES_BEFORE : 0);
		check_view(ev, child, me, self->ppid, ways[i].flags);
		U64(ev, 20, 0);
		what = "child's view";
		ev = trace_find(t, type, child, 0);
		check_view(ev, 0, child, me, CHILD_TYPE ? ways[i].flags & P_FILES : ways[i].flags);
		/* the same in clock ticks */
		CHECK(hc_event_u64(ev, 20, 0) / (1000000000 / sysconf(_SC_CLK_TCK)) == init_ticks, "%lu ns, %lu ticks",
		      hc_event_u64(ev, 20, 0), init_ticks);
	}
	what = "failed clone3";
	ev = trace_find(t, PPME_SYSCALL_CLONE3_X, me, 1);
	S64(ev, 0, -EFAULT);
	EMPTY(ev, 1);
	EMPTY(ev, 2);
	what = "clone into a pid namespace";
	ev = trace_find(t, PPME_SYSCALL_CLONE_20_X, me, CLONES_BEFORE + 1);
	S64(ev, 0, family->child[4]);
	U32(ev, 15, P_NEWPID);
	ev = trace_find(t, PPME_SYSCALL_CLONE_20_X, family->child[4], 0);
	S64(ev, 0, 0);
	S64(ev, 3, family->child[4]);
	U32(ev, 15, (CHILD_TYPE ? 0 : P_NEWPID) | P_IN_PIDNS);
	S64(ev, 18, 1);
	S64(ev, 19, 1);
	CHECK(hc_event_u64(ev, 20, 0) >= family->before_ns && hc_event_u64(ev, 20, 0) <= family->after_ns,
	      "a namespace's init of its own, started just now");
	what = "procexit";
	ev = trace_find(t, PPME_PROCEXIT_1_E, family->child[0], 0);
	S64(ev, 0, 3 << 8);
	S64(ev, 1, 3);
	U8(ev, 2, 0);
	U8(ev, 3, 0);
	S64(ev, 4, 0);
	ev = trace_find(t, PPME_PROCEXIT_1_E, family->child[5], 0);
	S64(ev, 0, SIGKILL);
	S64(ev, 1, 0);
	U8(ev, 2, SIGKILL);
	U8(ev, 3, 0);
	ev = trace_find(t, PPME_PROCEXIT_1_E, family->child[4], 0);
	S64(ev, 4, 0); /* nobody adopts: the namespace ends */
	trace_clear(t);
}

static void clone_of_a_user(void *arg)
{
	static char stack[65536];

	become_other();
	note_self();
	family->child[0] = clone(end_at_once, stack + sizeof stack, CLONE_FILES | SIGCHLD, NULL);
	waitpid(family->child[0], NULL, 0);
}

static void check_clone_of_a_user(struct trace *t)
{
	int me = trace_child(t, clone_of_a_user, NULL);

	what = "clone of a user";
	CHECK(self->uid == OTHER_UID && self->gid == OTHER_GID, "not root");
	check_view(trace_find(t, PPME_SYSCALL_CLONE_20_X, me, 0), family->child[0], me, self->ppid, P_FILES);
	check_view(trace_find(t, PPME_SYSCALL_CLONE_20_X, family->child[0], 0), 0, family->child[0], me, P_FILES);
	trace_clear(t);
}

/* ---- exit ---- */

static void dump_core(void *arg)
{
	struct rlimit lim = { 65536, 65536 };
	pid_t pid;

	if (chdir(DIR_) < 0)
		_exit(1);
	pid = fork();
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &lim);
		signal(SIGABRT, SIG_DFL);
		raise(SIGABRT);
	}
	waitpid(pid, &family->status, 0);
	family->child[0] = pid;
}

static void check_core(struct trace *t)
{
	trace_child(t, dump_core, NULL);
	what = "core dump";
	if (!WCOREDUMP(family->status))
		printf("no core dump to be had: its mark not checked\n");
	ev = trace_find(t, PPME_PROCEXIT_1_E, family->child[0], 0);
	S64(ev, 0, family->status);
	S64(ev, 1, 0);
	U8(ev, 2, SIGABRT);
	U8(ev, 3, WCOREDUMP(family->status) ? 1 : 0);
	S64(ev, 4, 0);
	trace_clear(t);
}

/* A process that ends before its child: the child goes to a subreaper on the way to init, or to init; it notes to whom. */
static void orphan(void *subreaper)
{
	int end[2];
	char c;

	if (pipe(end) < 0 || prctl(PR_SET_CHILD_SUBREAPER, subreaper ? 1 : 0) < 0)
		_exit(1);
	family->parent = getpid();
	if (fork() == 0) {
		pid_t me = getpid();

		family->child[0] = me;
		if (fork() == 0) {
			while (getppid() == me)
				sched_yield();
			family->reaper = getppid();
		}
		_exit(0);
	}
	close(end[1]);
	if (read(end[0], &c, 1) < 0)
		_exit(1);
	while (wait(NULL) > 0)
		;
}

/* A thread that ends before its child: the child goes to another thread. */
static void *fork_and_end(void *end)
{
	char c;

	family->thread = gettid();
	if (fork() == 0) {
		close(((int *)end)[1]);
		_exit(read(((int *)end)[0], &c, 1) < 0);
	}
	return NULL;
}

static void leave_to_sibling(void *arg)
{
	pthread_t thread;
	int end[2];

	family->parent = getpid();
	if (pipe(end) < 0 || pthread_create(&thread, NULL, fork_and_end, end))
		_exit(1);
	pthread_join(thread, NULL);
	close(end[1]);
	wait(NULL);
}

static void check_reapers(struct trace *t)
{
	what = "reaper";
	trace_child(t, orphan, NULL);
	ev = trace_find(t, PPME_PROCEXIT_1_E, family->child[0], 0);
	S64(ev, 4, family->reaper);
	trace_clear(t);
	what = "subreaper";
	trace_child(t, orphan, "subreaper");
	ev = trace_find(t, PPME_PROCEXIT_1_E, family->child[0], 0);
	CHECK(family->reaper == family->parent, "%d, not %d", family->reaper, family->parent);
	S64(ev, 4, family->parent);
	trace_clear(t);
	what = "sibling";
	trace_child(t, leave_to_sibling, NULL);
	ev = trace_find(t, PPME_PROCEXIT_1_E, family->thread, 0);
	S64(ev, 4, family->parent);
	trace_clear(t);
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

int main(int argc, char **argv)
{
	static void (*const scripts[])(void) = {
		failed_execs, long_execs, execs_of_a_user, execs_of_a_namespace_root,
		execs_where_root_has_a_name, execs_at_a_terminal,
	};
	static const char *const names[] = {
		"execve", "execveat", "clone", "clone3", "fork", "vfork", "sched_process_exit", NULL,
	};
	struct trace t;

	/* arguments for the clones to have */
	if (argc == 1)
		execv("/proc/self/exe", (char *[]){ argv[0], "an argument", "", "another one", NULL });
	self = mmap_shared(sizeof *self);
	family = mmap_shared(sizeof *family);
	if (!realpath("/bin/true", true_path) || stat(true_path, &true_st) < 0)
		return 1;
	trace_open(&t, NULL, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, names);
	if (system("umount " DIR_ "/merged 2>/dev/null; rm -rf " DIR_ " && mkdir " DIR_) != 0)
		return 1;
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		trace_script(&t, scripts[i]);
		trace_clear(&t);
	}
	successful_exec(&t, NULL);
	successful_exec(&t, "at");
	check_memfd(&t);
	check_layers(&t);
	check_clones(&t);
	check_clone_of_a_user(&t);
	check_core(&t);
	check_reapers(&t);
	check_deep_cgroup(&t);
	if (system("rm -rf " DIR_) != 0)
		return 1;
	trace_close(&t);
	return failures != 0;
}
