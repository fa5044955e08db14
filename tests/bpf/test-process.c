/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver test: clone in all its views, procexit; every parameter against emission.tsv, with /proc as the witness for what a
 * process is.
 */
#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bpf/self.h"

#define DIR_ "/tmp/hc-test-process"

static struct hc_event *ev;

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
	while (syscall(SYS_tgkill, getpid(), family->thread, 0) == 0) /* the kernel is not yet done with it */
		sched_yield();
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

int main(int argc, char **argv)
{
	static const char *const names[] = { "clone", "clone3", "fork", "vfork", "sched_process_exit", NULL };
	struct trace t;

	/* arguments for the clones to have */
	if (argc == 1)
		execv("/proc/self/exe", (char *[]){ argv[0], "an argument", "", "another one", NULL });
	self = mmap_shared(sizeof *self);
	family = mmap_shared(sizeof *family);
	if (system("rm -rf " DIR_ " && mkdir " DIR_) != 0)
		return 1;
	trace_open(&t, NULL, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, names);
	check_clones(&t);
	check_clone_of_a_user(&t);
	check_core(&t);
	check_reapers(&t);
	trace_close(&t);
	if (system("rm -rf " DIR_) != 0)
		return 1;
	return failures != 0;
}
