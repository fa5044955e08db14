/* SPDX-License-Identifier: Apache-2.0
 *
 * The snapshot taken both ways, by BPF iterators and from /proc, of processes that lie still: entry by entry the same.
 * The processes are unlike each other in all that an entry tells.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "record/iterators.h"

static int failures;
static char dir[] = "/tmp/hindcast-snapshot-XXXXXX";

static void fail(const char *what, int64_t tid, int64_t fd, const char *field)
{
	failures++;
	if (fd >= 0)
		fprintf(stderr, "%s: thread %lld, fd %lld: %s differs\n", what, (long long)tid, (long long)fd, field);
	else
		fprintf(stderr, "%s: thread %lld: %s differs\n", what, (long long)tid, field);
}

/* ---- processes that lie still ---- */

static void lie_still(void)
{
	for (;;)
		pause();
}

static void *still_thread(void *name)
{
	prctl(PR_SET_NAME, name);
	lie_still();
	return NULL;
}

static void files(void)
{
	char path[128];
	int p[2];

	snprintf(path, sizeof path, "%s/file", dir);
	open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	snprintf(path, sizeof path, "%s/deleted", dir);
	open(path, O_WRONLY | O_CREAT | O_SYNC, 0600);
	unlink(path);
	snprintf(path, sizeof path, "%s/link", dir);
	if (!symlink("file", path))
		open(path, O_PATH | O_NOFOLLOW);
	snprintf(path, sizeof path, "%s/fifo", dir);
	if (!mkfifo(path, 0600))
		open(path, O_RDWR | O_NONBLOCK);
	open(dir, O_RDONLY | O_DIRECTORY);
	open("/", O_RDONLY | O_DIRECTORY);
	open("/dev/zero", O_RDONLY);
	open("/proc/self/ns/mnt", O_RDONLY);
	open("/proc/self/status", O_RDONLY);
	memfd_create("a memory file", MFD_CLOEXEC);
	dup2(open("/dev/null", O_RDONLY), 900); /* in the second hundreds of the table */
	if (pipe(p))
		perror("pipe");
}

static void anonymous(void)
{
	sigset_t set;

	sigemptyset(&set);
	eventfd(1, 0);
	epoll_create1(0);
	inotify_init1(0);
	signalfd(-1, &set, 0);
	timerfd_create(CLOCK_MONOTONIC, 0);
	syscall(SYS_userfaultfd, 1 /* user mode only */);
	syscall(SYS_pidfd_open, getpid(), 0);
	syscall(SYS_io_uring_setup, 4, calloc(1, 512));
	syscall(SYS_fanotify_init, 0, 0);
}

static void inet(int family, int type, int protocol, bool bound, bool listening)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *a = family == AF_INET ? (void *)&a4 : (void *)&a6;
	socklen_t len = family == AF_INET ? sizeof a4 : sizeof a6;
	int s = socket(family, type, protocol);

	if (s < 0 || (bound && bind(s, a, len)) || (listening && listen(s, 5)) || getsockname(s, a, &len))
		return;
	if (type == SOCK_RAW || !bound)
		return;
	if (listening || type == SOCK_DGRAM) {
		int c = socket(family, type, protocol);

		if (!connect(c, a, len) && listening)
			accept(s, NULL, NULL);
	}
}

static void sockets(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	int p[2], s;

	for (int i = 0; i < 2; i++) {
		int family = i ? AF_INET6 : AF_INET;

		inet(family, SOCK_STREAM, 0, true, true);
		inet(family, SOCK_STREAM, 0, true, false);
		inet(family, SOCK_STREAM, 0, false, false);
		inet(family, SOCK_DGRAM, 0, true, false);
		inet(family, SOCK_DGRAM, 0, false, false);
		inet(family, SOCK_RAW, IPPROTO_UDP, true, false);
		inet(family, SOCK_RAW, IPPROTO_TCP, false, false);
	}
	socket(AF_INET, SOCK_STREAM, 262 /* MPTCP */);
	socket(AF_PACKET, SOCK_DGRAM, 0);
	socket(AF_UNIX, SOCK_STREAM, 0);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, p))
		perror("socketpair");
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(un.sun_path, sizeof un.sun_path, "%s/socket", dir);
	if (!bind(s, (struct sockaddr *)&un, sizeof un) && !listen(s, 1)) {
		connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&un, sizeof un);
		accept(s, NULL, NULL);
	}
	memset(un.sun_path, 'p', sizeof un.sun_path); /* no room for a NUL: relative, so that it is 108 bytes */
	if (!chdir(dir))
		bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&un, sizeof un);
	memcpy(un.sun_path, "\0an\0abstract name", 17);
	un.sun_path[4] = (char)('a' + getpid() % 26);
	bind(socket(AF_UNIX, SOCK_DGRAM, 0), (struct sockaddr *)&un, 2 + 17);
	socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	bind(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), (struct sockaddr *)&nl, sizeof nl);
}

static void threads(void)
{
	static char names[3][16] = { "worker one", "a(b) c)", "" };
	pthread_t t;

	for (int i = 0; i < 3; i++)
		pthread_create(&t, NULL, still_thread, names[i]);
	prctl(PR_SET_NAME, "fifteen letters");
	usleep(100000);
}

static void *end_thread(void *arg)
{
	memset(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, 1 << 20);
	return NULL;
}

/* Faults of threads that have ended count for the process. */
static void ended_threads(void)
{
	pthread_t t;

	pthread_create(&t, NULL, end_thread, NULL);
	pthread_join(t, NULL);
}

static void someone_else(void)
{
	struct rlimit limit = { 123, 456 };
	int loginuid = open("/proc/self/loginuid", O_WRONLY);

	setsid();
	setrlimit(RLIMIT_NOFILE, &limit);
	if (write(loginuid, "4321", 4) < 0)
		errno = 0; /* no audit, or set for good */
	close(loginuid);
	if (setresgid(65534, 65534, 65534) || setresuid(1234, 65534, 65534))
		perror("setresuid");
	prctl(PR_SET_DUMPABLE, 0);
}

static void with_terminal(void)
{
	setsid();
	for (int i = 0; i < 2; i++) {
		int fd = posix_openpt(O_RDWR | O_NOCTTY);
		const char *name = fd < 0 || grantpt(fd) || unlockpt(fd) ? NULL : ptsname(fd);

		if (name)
			open(name, O_RDWR); /* the first one becomes the controlling terminal */
	}
}

static void in_deleted_directory(void)
{
	char path[128];

	snprintf(path, sizeof path, "%s/gone", dir);
	if (mkdir(path, 0700) || chdir(path) || rmdir(path))
		perror(path);
}

static void in_chroot(void)
{
	if (chroot(dir) || chdir("/"))
		perror("chroot");
}

static void exec_sleep(char *const argv[], char *const envp[])
{
	execve("/bin/sleep", argv, envp);
	perror("/bin/sleep");
}

static void long_arguments(void)
{
	static char big[5000];
	char *env = big + 1;

	memset(big, 'x', sizeof big - 1);
	/* stops itself: a child of its own would outlive the test and hold its output open */
	execle("/bin/sh", "sh", "-c", "kill -STOP $$", big, "the last", NULL, (char *[]){ env, "A=1", NULL });
}

static void no_environment(void)
{
	exec_sleep((char *[]){ "sleep", "1000", NULL }, (char *[]){ NULL });
}

static void no_name(void)
{
	exec_sleep((char *[]){ "", "1000", NULL }, (char *[]){ "A=", "B", NULL });
}

static char *self;

/* The program again, from elsewhere; it only lies still. */
static void exec_copy(const char *path)
{
	execl(path, "still", "--still", NULL);
	perror(path);
}

static int copy_self(int to)
{
	int from = open(self, O_RDONLY);
	struct stat st;

	fstat(from, &st);
	for (off_t done = 0; done < st.st_size;)
		if (sendfile64(to, from, &done, (size_t)(st.st_size - done)) <= 0)
			return -1;
	close(from);
	return 0;
}

static void deleted_program(void)
{
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/program", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0777);
	if (copy_self(fd))
		return;
	close(fd);
	exec_copy(path);
}

static void memory_program(void)
{
	int fd = memfd_create("program", MFD_CLOEXEC);
	char path[32];

	if (copy_self(fd))
		return;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	exec_copy(path);
}

/* As setproctitle(3): over the arguments, and on over the environment. */
static char **own_argv;
static void titled(void)
{
	size_t len = strlen(own_argv[0]);

	memset(own_argv[0], 't', len + 40);
	own_argv[0][len + 40] = '\0';
}

static void titled_short(void)
{
	char *last = own_argv[0];

	for (char **a = own_argv; *a; a++)
		last = *a + strlen(*a);
	*last = '!'; /* no NUL at the end: a title, which ends at the first one */
}

static void in_namespaces(void)
{
	if (unshare(CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS))
		return;
	if (!fork()) { /* the first of its own */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setsid();
		sockets();
	}
}

static void nothing(void)
{
}

static const struct {
	const char *name;
	void (*set_up)(void);
} kinds[] = {
	{ "plain", nothing }, { "files", files }, { "anonymous", anonymous }, { "sockets", sockets },
	{ "threads", threads }, { "ended threads", ended_threads }, { "someone else", someone_else },
	{ "terminal", with_terminal }, { "deleted directory", in_deleted_directory }, { "chroot", in_chroot },
	{ "long arguments", long_arguments }, { "no environment", no_environment }, { "no name (arguments)", no_name },
	{ "deleted program", deleted_program }, { "program in memory", memory_program }, { "titled", titled },
	{ "short title", titled_short }, { "namespaces", in_namespaces },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- comparing ---- */

static bool same(struct hc_str a, struct hc_str b)
{
	return a.len == b.len && (!a.len || !memcmp(a.p, b.p, a.len));
}

static void compare_thread(const char *what, const struct hc_thread_info *a, const struct hc_thread_info *b)
{
#define SAME(field) \
	if (a->field != b->field) { \
		fail(what, a->tid, -1, #field); \
		fprintf(stderr, "  bpf %llx, proc %llx\n", (unsigned long long)a->field, (unsigned long long)b->field); \
	}
#define TEXT(field) \
	if (!same(a->field, b->field)) { \
		fail(what, a->tid, -1, #field); \
		fprintf(stderr, "  bpf \"%.*s\" (%u), proc \"%.*s\" (%u)\n", (int)a->field.len, a->field.p, a->field.len, \
			(int)b->field.len, b->field.p, b->field.len); \
	}
	SAME(pid) SAME(ptid) SAME(sid) SAME(vpgid) SAME(pgid) SAME(vtid) SAME(vpid)
	TEXT(comm) TEXT(exe) TEXT(exepath) TEXT(args) TEXT(env) TEXT(cwd) TEXT(cgroups) TEXT(root)
	SAME(flags) SAME(uid) SAME(gid) SAME(loginuid) SAME(tty) SAME(vmsize_kb) SAME(vmswap_kb)
	SAME(pfmajor) SAME(pfminor) SAME(pidns_init_start_ts_ns) SAME(cap_inheritable) SAME(cap_permitted)
	SAME(cap_effective) SAME(exe_ino) SAME(exe_ino_ctime_ns) SAME(exe_ino_mtime_ns) SAME(exe_writable)
	if (b->fdlimit != -1) /* the recorder is not allowed to ask (no CAP_SYS_RESOURCE) */
		SAME(fdlimit)
	/* since 6.2 the kernel counts by CPU and adds up only for /proc */
	if (a->vmrss_kb > b->vmrss_kb + 2048 || b->vmrss_kb > a->vmrss_kb + 2048)
		fail(what, a->tid, -1, "vmrss_kb");
	if (a->exe_from_memfd != !strcmp(what, "program in memory"))
		fail(what, a->tid, -1, "exe_from_memfd");
}

static void compare_fd(const char *what, const struct hc_fd_info *a, const struct hc_fd_info *b)
{
#define FD_SAME(field) \
	if (a->field != b->field) { \
		fail(what, a->tid, a->fd, #field); \
		fprintf(stderr, "  bpf %llx, proc %llx\n", (unsigned long long)a->field, (unsigned long long)b->field); \
	}
	FD_SAME(ino) FD_SAME(type) FD_SAME(l4proto) FD_SAME(sport) FD_SAME(dport) FD_SAME(unix_dest)
	FD_SAME(open_flags) FD_SAME(dev)
	if (memcmp(a->sip, b->sip, 16) || memcmp(a->dip, b->dip, 16))
		fail(what, a->tid, a->fd, "address");
	if (a->type == HC_FD_UNIX_SOCK && a->unix_source < 1ull << 63) /* /proc hides it */
		fail(what, a->tid, a->fd, "unix_source");
	if (!same(a->name, b->name)) {
		fail(what, a->tid, a->fd, "name");
		fprintf(stderr, "  bpf \"%.*s\", proc \"%.*s\"\n", (int)a->name.len, a->name.p, (int)b->name.len, b->name.p);
	}
}

static const struct hc_thread_info *thread_of(const struct hc_section *s, int64_t tid)
{
	for (uint32_t i = 0; i < s->nthreads; i++)
		if (s->threads[i].tid == tid)
			return &s->threads[i];
	return NULL;
}

static const struct hc_fd_info *fd_of(const struct hc_section *s, int64_t tid, int64_t fd)
{
	for (uint32_t i = 0; i < s->nfds; i++)
		if (s->fds[i].tid == tid && s->fds[i].fd == fd)
			return &s->fds[i];
	return NULL;
}

/* All entries of one process in a that are not in b. */
static void report_missing(const char *what, const char *where, const struct hc_section *a, const struct hc_section *b,
			   int64_t pid)
{
	for (uint32_t i = 0; i < a->nthreads; i++)
		if (a->threads[i].pid == pid && !thread_of(b, a->threads[i].tid))
			fail(what, a->threads[i].tid, -1, where);
	for (uint32_t i = 0; i < a->nfds; i++)
		if (a->fds[i].tid == pid && !fd_of(b, pid, a->fds[i].fd)) {
			fail(what, pid, a->fds[i].fd, where);
			fprintf(stderr, "  type %u, \"%.*s\"\n", a->fds[i].type, (int)a->fds[i].name.len, a->fds[i].name.p);
		}
}

static void compare_process(const char *what, const struct hc_section *bpf, const struct hc_section *proc, int64_t pid,
			    unsigned *threads, unsigned *fds)
{
	report_missing(what, "presence (only by bpf)", bpf, proc, pid);
	report_missing(what, "presence (only in proc)", proc, bpf, pid);
	for (uint32_t i = 0; i < bpf->nthreads; i++) {
		const struct hc_thread_info *t = &bpf->threads[i], *other = thread_of(proc, t->tid);

		if (t->pid == pid && other) {
			compare_thread(what, t, other);
			++*threads;
		}
	}
	for (uint32_t i = 0; i < bpf->nfds; i++) {
		const struct hc_fd_info *f = &bpf->fds[i], *other = fd_of(proc, f->tid, f->fd);

		if (f->tid == pid && other) {
			compare_fd(what, f, other);
			++*fds;
		}
	}
}

/* ---- the run ---- */

static struct hc_iterators *iterators(enum hc_iterators_use use)
{
	struct hc_iterators *it;
	struct hc_diag diag;

	if (hc_iterators_new(&it, use, &diag)) {
		printf("skipped: %s\n", diag.text);
		exit(77);
	}
	return it;
}

static void snapshot(struct hc_iterators *it, struct hc_section *section, bool want_iterators)
{
	struct hc_snapshot_source source;
	struct hc_diag diag;

	hc_section_init(section);
	if (hc_iterators_snapshot(it, section, "", &source, &diag)) {
		fprintf(stderr, "no snapshot: %s\n", diag.text);
		exit(1);
	}
	if (source.iterators != want_iterators) {
		fprintf(stderr, "snapshot %s iterators: %s\n", source.iterators ? "by" : "without", source.why);
		failures++;
	}
}

static pid_t start(void (*set_up)(void))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	set_up();
	lie_still();
	return 0;
}

/* Waits until a process that execs has become what it will be. */
static void settle(pid_t pid, const char *deleted)
{
	char path[64], link[256] = "", own[256] = "";

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	if (readlink("/proc/self/exe", own, sizeof own - 1) < 0)
		return;
	for (int i = 0; i < 500 && (!*link || !strcmp(link, own)); i++, usleep(10000)) {
		memset(link, 0, sizeof link);
		if (readlink(path, link, sizeof link - 1) < 0)
			return;
	}
	if (deleted)
		unlink(deleted);
}

static int compare(void)
{
	struct hc_iterators *bpf = iterators(HC_ITERATORS_ALWAYS), *proc = iterators(HC_ITERATORS_NEVER);
	struct hc_section by_bpf, by_proc;
	pid_t pids[KINDS];
	char program[128];
	unsigned nthreads = 0, nfds = 0;

	snprintf(program, sizeof program, "%s/program", dir);
	for (int i = 0; i < KINDS; i++)
		pids[i] = start(kinds[i].set_up);
	for (int i = 0; i < KINDS; i++)
		if (strstr(kinds[i].name, "arguments") || strstr(kinds[i].name, "environment") || strstr(kinds[i].name, "program"))
			settle(pids[i], kinds[i].set_up == deleted_program ? program : NULL);
	usleep(500000);
	snapshot(proc, &by_proc, false); /* so that both find the same in the kernel's caches */
	hc_section_done(&by_proc);
	snapshot(bpf, &by_bpf, true);
	snapshot(proc, &by_proc, false);
	for (int i = 0; i < KINDS; i++) {
		if (!thread_of(&by_bpf, pids[i]))
			fail(kinds[i].name, pids[i], -1, "presence (not by bpf)");
		compare_process(kinds[i].name, &by_bpf, &by_proc, pids[i], &nthreads, &nfds);
		for (uint32_t k = 0; k < by_proc.nthreads; k++) /* the one inside its own namespaces */
			if (by_proc.threads[k].ptid == pids[i])
				compare_process(kinds[i].name, &by_bpf, &by_proc, by_proc.threads[k].pid, &nthreads, &nfds);
	}
	printf("%u threads and %u descriptors compared\n", nthreads, nfds);
	if (nthreads < KINDS + 3 || nfds < 100) {
		fprintf(stderr, "fewer than there should be\n");
		failures++;
	}
	for (int i = 0; i < KINDS; i++)
		kill(pids[i], SIGKILL);
	hc_section_done(&by_bpf);
	hc_section_done(&by_proc);
	hc_iterators_free(bpf);
	hc_iterators_free(proc);
	return failures != 0;
}

int main(int argc, char **argv)
{
	char command[64];
	int r;

	self = argv[0];
	own_argv = argv;
	if (argc > 1 && !strcmp(argv[1], "--still"))
		lie_still();
	if (geteuid()) {
		printf("skipped: needs root\n");
		return 77;
	}
	if (!mkdtemp(dir) || chmod(dir, 0777)) {
		perror(dir);
		return 1;
	}
	r = compare();
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command) ? 1 : r;
}
