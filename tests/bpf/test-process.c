/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver test: exec (both ways, successful and failed), clone in all its views, procexit; every parameter
 * against emission.tsv, with /proc as the witness for what a process is.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bpf/harness.h"

/* What the child notes about itself, for the parent to compare with. */
struct self {
	char cgroups[4096], exe[4096], comm[16];
	size_t cgroups_len;
	int tid, pid, ppid, pgid;
	struct stat exe_st;
	uint64_t nofile, caps[3];
	uint32_t loginuid;
};

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
	self->caps[0] = status_hex("CapInh:");
	self->caps[1] = status_hex("CapPrm:");
	self->caps[2] = status_hex("CapEff:");
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
	U32(e, 16, 0);
	S64(e, 17, self->pgid);
	U32(e, 18, self->loginuid);
	CHECK(hc_event_u64(e, 19, 0) & 1, "root may write its executable");
	CHECK((hc_event_u64(e, 19, 0) & 4) == 0, "not from a memory file");
	U64(e, 20, self->caps[0]);
	U64(e, 21, self->caps[1]);
	U64(e, 22, self->caps[2]);
	U64(e, 23, st->st_ino);
	U64(e, 24, st->st_ctim.tv_sec * 1000000000ull + st->st_ctim.tv_nsec);
	U64(e, 25, st->st_mtim.tv_sec * 1000000000ull + st->st_mtim.tv_nsec);
	U32(e, 26, 0);
	STR(e, 27, path);
	S64(e, 28, self->pgid);
	U32(e, 29, 0);
}

static const char args_bytes[] = "first\0\0third one"; /* the literal adds the last NUL */
static const char env_bytes[] = "A=1\0LONG=two words";

static void failed_execs(void)
{
	if (!checking())
		note_self();
	if ((ev = call(PPME_SYSCALL_EXECVE_19_X, SYS_execve, "/nonexistent/program", argv_ok, envp_ok))) {
		S64(ev, 0, -ENOENT);
		STR(ev, 1, "argument zero");
		BYTES(ev, 2, args_bytes, sizeof args_bytes);
		check_process(ev, self->tid, self->pid, self->ppid, self->comm);
		BYTES(ev, 15, env_bytes, sizeof env_bytes);
		check_exec_rest(ev, self->exe, &self->exe_st);
		STR(ev, 30, "/nonexistent/program");
	}
	if ((ev = call(PPME_SYSCALL_EXECVE_19_X, SYS_execve, "/nonexistent/program", NULL, NULL))) {
		S64(ev, 0, -ENOENT);
		STR(ev, 1, "");
		EMPTY(ev, 2);
		EMPTY(ev, 15);
	}
	if ((ev = call(PPME_SYSCALL_EXECVEAT_X, SYS_execveat, AT_FDCWD, "/nonexistent/program", argv_ok, envp_ok, 0))) {
		S64(ev, 0, -ENOENT);
		STR(ev, 1, "argument zero");
		BYTES(ev, 2, args_bytes, sizeof args_bytes);
		check_process(ev, self->tid, self->pid, self->ppid, self->comm);
		BYTES(ev, 15, env_bytes, sizeof env_bytes);
		check_exec_rest(ev, self->exe, &self->exe_st);
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
	CHECK(hc_event_u64(ev, 19, 0) & 4, "from memfd");
	STR(ev, 27, "memfd:payload");
	trace_clear(t);
}

/* ---- clone ---- */

struct family {
	int child[5], parent;
};
static struct family *family;

static int end_at_once(void *arg)
{
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
	pid = clone(end_at_once, stack + sizeof stack, CLONE_NEWPID | SIGCHLD, NULL);
	family->child[4] = pid;
	waitpid(pid, NULL, 0);
	/* killed by a signal */
	pid = fork();
	if (pid == 0)
		raise(SIGKILL);
	waitpid(pid, NULL, 0);
}

static void check_view(struct hc_event *e, long res, int tid, int ppid, uint32_t flags)
{
	S64(e, 0, res);
	CHECK(strstr((const char *)hc_event_param(e, 1, &(uint32_t){ 0 }), "test-bpf-process"), "exe");
	check_process(e, tid, tid, ppid, self->comm);
	U32(e, 15, flags);
	U32(e, 16, 0);
	U32(e, 17, 0);
	S64(e, 18, tid);
	S64(e, 19, tid);
}

static void check_clones(struct trace *t)
{
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
		CHECK(hc_event_u64(ev, 20, ~0ull) < 10000000000ull, "the initial namespace's init started with the machine");
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
	CHECK(hc_event_u64(ev, 20, 0) > 1000000000, "a namespace's init of its own, started just now");
	what = "procexit";
	ev = trace_find(t, PPME_PROCEXIT_1_E, family->child[0], 0);
	S64(ev, 0, 3 << 8);
	S64(ev, 1, 3);
	U8(ev, 2, 0);
	U8(ev, 3, 0);
	S64(ev, 4, 0);
	for (size_t i = 0; i < t->n; i++) {
		ev = &t->events[i];
		if (ev->type == PPME_PROCEXIT_1_E && hc_event_u64(ev, 0, 0) == SIGKILL)
			break;
	}
	S64(ev, 0, SIGKILL);
	S64(ev, 1, 0);
	U8(ev, 2, SIGKILL);
	U8(ev, 3, 0);
	trace_clear(t);
}

/* A process that ends before its child: the child goes to init, or to a subreaper on the way. */
static void orphan(void *arg)
{
	int gate[2];
	char c;

	if (pipe(gate) < 0)
		_exit(1);
	family->parent = getpid();
	if (fork() == 0) {
		family->child[0] = getpid();
		if (fork() == 0) {
			close(gate[1]);
			_exit(read(gate[0], &c, 1) < 0);
		}
		_exit(0);
	}
	wait(NULL);
}

static void check_orphan(struct trace *t)
{
	trace_child(t, orphan, NULL);
	what = "reaper";
	ev = trace_find(t, PPME_PROCEXIT_1_E, family->child[0], 0);
	CHECK(hc_event_i64(ev, 4, -2) >= 1, "reaper %ld", hc_event_i64(ev, 4, -2));
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

int main(void)
{
	static const char *const names[] = {
		"execve", "execveat", "clone", "clone3", "fork", "vfork", "sched_process_exit", NULL,
	};
	struct trace t;

	self = mmap_shared(sizeof *self);
	family = mmap_shared(sizeof *family);
	if (!realpath("/bin/true", true_path) || stat(true_path, &true_st) < 0)
		return 1;
	trace_open(&t, NULL, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, names);
	trace_script(&t, failed_execs);
	trace_clear(&t);
	trace_script(&t, long_execs);
	trace_clear(&t);
	successful_exec(&t, NULL);
	successful_exec(&t, "at");
	check_memfd(&t);
	check_clones(&t);
	check_orphan(&t);
	check_deep_cgroup(&t);
	trace_close(&t);
	return failures != 0;
}
