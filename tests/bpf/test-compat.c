/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver test: 32-bit callers on x86_64, by way of int $0x80, and of x32 callers the execs. Numbers of another table,
 * narrower pointers and structures, and the calls whose arguments are shaped otherwise; of the events' parameters those
 * that come about in another way than a 64-bit caller's. Elsewhere there is nothing to test.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bpf/harness.h"

#if defined(__x86_64__)
static struct hc_event *ev;

/* A 32-bit system call from this 64-bit program. Arguments are below 4 GiB. */
static long int80(long nr, const long a[6])
{
	register long sixth __asm__("r8") = a[5];
	long r;

	/* the sixth goes where the frame pointer is; below the stack pointer may be data of this function */
	__asm__ volatile("sub $128, %%rsp; push %%rbp; mov %%r8, %%rbp; int $0x80; pop %%rbp; add $128, %%rsp"
			 : "=a"(r), "+r"(sixth)
			 : "a"(nr), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
			 : "memory", "cc", "r9", "r10", "r11");
	return (int)r;
}
#define call32(type, nr, ...) call_by(int80, type, nr, __VA_ARGS__)

/* Memory a 32-bit caller can name, which both runs of a script share; from the start again in each. */
enum { LOW_SIZE = 1 << 16 };
static char *low_start, *low_next;

static void *low(size_t len)
{
	void *p = low_next;

	low_next += (len + 15) & ~(size_t)15;
	if (low_next > low_start + LOW_SIZE)
		abort();
	return p;
}

/* Filled before the calls; what the kernel writes there is for the second run. */
static void *low_copy(const void *from, size_t len)
{
	void *p = low(len);

	return checking() ? p : memcpy(p, from, len);
}

static char *low_str(const char *s)
{
	return low_copy(s, strlen(s) + 1);
}

static uint32_t ptr(const void *p)
{
	return (uint32_t)(uintptr_t)p;
}

#define WORDS(...) ((uint32_t *)low_copy((const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ })))

static void files(void)
{
	char *name = low_str("/dev/null"), *buf = low(64);
	uint32_t *iov = WORDS(ptr(name), 4, ptr(name + 5), 3), *into = WORDS(ptr(buf), 3, ptr(buf + 32), 5);
	uint32_t *offset = WORDS(99, 1), *ts = WORDS(0, 7);
	uint32_t *day = WORDS(86400, 7), *set = WORDS(0x22, 0x11), *fds = WORDS(7777, 1);
	int *file = low(sizeof *file);

	if (!checking()) {
		*file = syscall(SYS_memfd_create, "file", 0);
		if (ftruncate(*file, 0x300004000) < 0 || pwrite(*file, "0123456789", 10, 0x300000004) != 10)
			_exit(1);
	}
	if ((ev = call32(PPME_SYSCALL_OPEN_X, 5, name, O_RDWR))) {
		S64(ev, 0, RET);
		STR(ev, 1, "/dev/null");
		CHECK((hc_event_u64(ev, 2, 0) & 3) == 3, "O_RDWR");
	}
	if ((ev = call32(PPME_GENERIC_X, 64 /* getppid */))) {
		U16(ev, 0, PPM_SC_GETPPID);
		U16(ev, 1, SYS_getppid); /* the 64-bit number */
	}
	if ((ev = call32(PPME_SYSCALL_CLOSE_X, 6, -1))) {
		S64(ev, 0, -EBADF);
		S64(ev, 1, -1);
	}
	if ((ev = call32(PPME_SYSCALL_UMOUNT2_X, 22 /* umount */, name, 0x7777))) {
		S64(ev, 0, RET);
		STR(ev, 1, "/dev/null");
		U32(ev, 2, 0);
	}
	if ((ev = call32(PPME_SYSCALL_UMOUNT2_X, 52, name, 2))) {
		S64(ev, 0, RET);
		U32(ev, 2, 2);
	}
	if ((ev = call32(PPME_SYSCALL_LSEEK_X, 19, *file, 0x7fffffff, SEEK_SET))) {
		S64(ev, 0, 0x7fffffff);
		S64(ev, 1, *file);
		U64(ev, 2, 0x7fffffff);
		U8(ev, 3, 0);
	}
	if ((ev = call32(PPME_SYSCALL_LSEEK_X, 19, *file, -1, SEEK_CUR)))
		U64(ev, 2, -1ull);
	/* _llseek: the offset in two words, the upper one first; then where to write the result */
	if ((ev = call32(PPME_SYSCALL_LSEEK_X, 140, *file, 3, 5, buf, SEEK_CUR))) {
		S64(ev, 0, 0);
		S64(ev, 1, *file);
		U64(ev, 2, 0x300000005);
		U8(ev, 3, 1);
	}
	/* positions in two words, the lower one first */
	if ((ev = call32(PPME_SYSCALL_PWRITE_X, 181, *file, name, 4, 0x2000, 3))) {
		S64(ev, 0, 4);
		BYTES(ev, 1, "/dev", 4);
		S64(ev, 2, *file);
		U32(ev, 3, 4);
		U64(ev, 4, 0x300002000);
	}
	if ((ev = call32(PPME_SYSCALL_PREAD_X, 180, *file, buf, 3, 6, 3))) {
		S64(ev, 0, 3);
		BYTES(ev, 1, "234", 3);
		S64(ev, 2, *file);
		U32(ev, 3, 3);
		U64(ev, 4, 0x300000006);
	}
	if ((ev = call32(PPME_SYSCALL_PREADV_X, 333, *file, into, 2, 5, 3))) {
		S64(ev, 0, 8);
		U32(ev, 1, 8);
		BYTES(ev, 2, "12345678", 8);
		S64(ev, 3, *file);
		U64(ev, 4, 0x300000005);
	}
	if ((ev = call32(PPME_SYSCALL_PWRITEV_X, 334, *file, iov, 2, 0x3000, 3))) {
		S64(ev, 0, 7);
		BYTES(ev, 1, "/devnul", 7);
		S64(ev, 2, *file);
		U32(ev, 3, 7);
		U64(ev, 4, 0x300003000);
	}
	if ((ev = call32(PPME_SYSCALL_WRITEV_X, 146, -1, iov, 2))) {
		S64(ev, 0, -EBADF);
		BYTES(ev, 1, "/devnul", 7);
		S64(ev, 2, -1);
		U32(ev, 3, 7);
	}
	call32(PPME_SYSCALL_LSEEK_X, 140, *file, 3, 7, buf, SEEK_SET);
	if ((ev = call32(PPME_SYSCALL_READV_X, 145, *file, into, 2))) {
		S64(ev, 0, 8);
		U32(ev, 1, 8);
		BYTES(ev, 2, "3456789", 8);
		S64(ev, 3, *file);
	}
	if ((ev = call32(PPME_SYSCALL_SENDFILE_X, 187, -1, -2, offset, 5))) {
		S64(ev, 0, -EBADF);
		U64(ev, 1, 99);
		S64(ev, 2, -1);
		S64(ev, 3, -2);
		U64(ev, 4, 5);
	}
	if ((ev = call32(PPME_SYSCALL_SENDFILE_X, 239 /* sendfile64 */, -1, -2, offset, 5))) {
		S64(ev, 0, -EBADF);
		U64(ev, 1, 1ull << 32 | 99);
		S64(ev, 2, -1);
		S64(ev, 3, -2);
		U64(ev, 4, 5);
	}
	if ((ev = call32(PPME_SYSCALL_NANOSLEEP_X, 162, ts, 0))) {
		S64(ev, 0, 0);
		U64(ev, 1, 7);
	}
	if ((ev = call32(PPME_SYSCALL_PPOLL_X, 309, fds, 1, day, set, 8))) {
		S64(ev, 0, 1);
		BYTES(ev, 1, "\1\0\x61\x1e\0\0\0\0\0\0\x40", 12); /* POLLNVAL */
		CHECK(day[0] > 80000, "%u s left", day[0]);
		U64(ev, 2, day[0] * 1000000000ull + day[1]); /* the kernel writes back what is left */
		U32(ev, 3, 0x22);
	}
}

static void mappings(void)
{
	uint32_t *six = WORDS(0, 8192, PROT_READ, MAP_PRIVATE, 3, 0x2000);
	int *file = low(sizeof *file);
	long at;

	if (!checking()) {
		*file = syscall(SYS_memfd_create, "file", 0);
		if (ftruncate(*file, 0x300004000) < 0)
			_exit(1);
		six[4] = *file;
	}
	/* mmap: its six arguments are in memory */
	if ((ev = call32(PPME_SYSCALL_MMAP_X, 90, six, 0x7777, 0x7777, 0x7777, 0x7777, 0x7777))) {
		S64(ev, 0, RET & 0xffffffff);
		U64(ev, 4, 0);
		U64(ev, 5, 8192);
		U32(ev, 6, 1);
		U32(ev, 7, 2);
		S64(ev, 8, *file);
		U64(ev, 9, 0x2000);
	}
	at = RET & 0xffffffff;
	/* mmap2: pages instead of bytes, so that it reaches further */
	if ((ev = call32(PPME_SYSCALL_MMAP_X, 192, at, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, *file, 0x300002))) {
		U64(ev, 4, at);
		U64(ev, 5, 4096);
		U32(ev, 6, 3);
		U32(ev, 7, 1 | 4);
		S64(ev, 8, *file);
		U64(ev, 9, 0x300002000);
	}
	if ((ev = call32(PPME_SYSCALL_MUNMAP_X, 91, at, 8192))) {
		S64(ev, 0, 0);
		U64(ev, 4, at);
		U64(ev, 5, 8192);
	}
}

static void ids_and_limits(void)
{
	uint16_t *id16 = (void *)WORDS(0x77777777, 0x77777777); /* something is behind each */
	uint32_t *id = low(12), *lim = low(16), *lims = WORDS(5, 6), *lims64 = WORDS(3, 0, 4, 0), *old64 = low(16);

	if ((ev = call32(PPME_SYSCALL_SETRLIMIT_X, 75, RLIMIT_CORE, lims))) {
		S64(ev, 0, RET);
		S64(ev, 1, 5);
		S64(ev, 2, 6);
		U8(ev, 3, 4);
	}
	if ((ev = call32(PPME_SYSCALL_GETRLIMIT_X, 191 /* ugetrlimit */, RLIMIT_CORE, lim))) {
		S64(ev, 0, 0);
		S64(ev, 1, 5);
		S64(ev, 2, 6);
		U8(ev, 3, 4);
	}
	if ((ev = call32(PPME_SYSCALL_GETRLIMIT_X, 76, RLIMIT_CORE, lim + 2))) {
		S64(ev, 0, 0);
		S64(ev, 1, 5);
		S64(ev, 2, 6);
	}
	if ((ev = call32(PPME_SYSCALL_PRLIMIT_X, 340, 0, RLIMIT_CORE, lims64, old64))) {
		S64(ev, 0, 0);
		S64(ev, 1, 3);
		S64(ev, 2, 4);
		S64(ev, 3, 5);
		S64(ev, 4, 6);
	}
	if ((ev = call32(PPME_SYSCALL_SETRESGID_X, 210, 11, 12, 13))) {
		S64(ev, 0, 0);
		U32(ev, 1, 11);
		U32(ev, 2, 12);
		U32(ev, 3, 13);
	}
	if ((ev = call32(PPME_SYSCALL_GETRESGID_X, 171, id16, id16 + 1, id16 + 2))) {
		S64(ev, 0, 0);
		U32(ev, 1, 11);
		U32(ev, 2, 12);
		U32(ev, 3, 13);
	}
	if ((ev = call32(PPME_SYSCALL_SETRESUID_X, 208, 70001, 22, 70003)))
		U32(ev, 1, 70001);
	if ((ev = call32(PPME_SYSCALL_GETRESUID_X, 209, id, id + 1, id + 2))) {
		S64(ev, 0, 0);
		U32(ev, 1, 70001);
		U32(ev, 2, 22);
		U32(ev, 3, 70003);
	}
	/* those that do not fit are the overflow id (/proc/sys/kernel/overflowuid) */
	if ((ev = call32(PPME_SYSCALL_GETRESUID_X, 165, id16, id16 + 1, id16 + 2))) {
		S64(ev, 0, 0);
		U32(ev, 1, id16[0]);
		U32(ev, 2, 22);
		U32(ev, 3, id16[2]);
	}
}

static void tracing(void)
{
	uint32_t *word = WORDS(0x55667788, 0x11223344, 0, 0xffffffff);
	pid_t *child = low(sizeof *child);

	if (!checking())
		*child = stopped_child();
	if ((ev = call32(PPME_SYSCALL_PTRACE_X, 26, PTRACE_PEEKDATA, *child, word, word + 2))) {
		unsigned char addr[9] = { 0 };

		S64(ev, 0, 0);
		memcpy(addr + 1, &word, 8);
		BYTES(ev, 1, addr, 9);
		BYTES(ev, 2, "\0\x88\x77\x66\x55\0\0\0\0", 9); /* a word of 32 bits */
		U16(ev, 3, 3); /* PPM_PTRACE_PEEKDATA */
		S64(ev, 4, *child);
	}
	if (!checking()) {
		kill(*child, SIGKILL);
		waitpid(*child, NULL, 0);
	}
}

enum { PKTINFO_SPACE = 12 + sizeof(struct in_pktinfo) }; /* with a header of three words */

static void sockets(void)
{
	struct sockaddr_in *addr = low(sizeof *addr);
	char *text = low_str("some text"), *buf = low(256), *control = low(64);
	uint32_t *iov = WORDS(ptr(text), 4, ptr(text + 4), 5), *into = WORDS(ptr(buf), 3, ptr(buf + 64), 100);
	uint32_t *msg = WORDS(ptr(addr), sizeof *addr, ptr(iov), 2, 0, 0, 0), *in = low(7 * 4), *multi = low(2 * 8 * 4);
	uint32_t *tv = WORDS(3, 4), *one = WORDS(1), *args = WORDS(AF_INET, SOCK_DGRAM, 17), *len = WORDS(sizeof *addr);
	uint16_t port;
	long a, b;

	if ((ev = call32(PPME_SOCKET_SOCKET_X, 102 /* socketcall */, 1 /* SYS_SOCKET */, args))) {
		S64(ev, 0, RET);
		U32(ev, 1, 2);
		U32(ev, 2, 2);
		U32(ev, 3, 17);
	}
	a = RET;
	if ((ev = call32(PPME_SOCKET_SOCKET_X, 359, AF_INET, SOCK_DGRAM, 17)))
		U32(ev, 3, 17);
	b = RET;
	if (!checking()) {
		*addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		bind(a, (struct sockaddr *)addr, sizeof *addr);
		getsockname(a, (struct sockaddr *)addr, len);
	}
	port = ntohs(addr->sin_port);
	if ((ev = call32(PPME_SOCKET_SETSOCKOPT_X, 366, a, SOL_SOCKET, 20 /* SO_RCVTIMEO_OLD */, tv, 8))) {
		unsigned char want[9] = { 4 };

		memcpy(want + 1, &(uint64_t){ 3000004000 }, 8);
		S64(ev, 0, 0);
		BYTES(ev, 4, want, 9);
		U32(ev, 5, 8);
	}
	call32(PPME_SOCKET_SETSOCKOPT_X, 366, a, IPPROTO_IP, IP_PKTINFO, one, 4);
	if ((ev = call32(PPME_SOCKET_SENDMSG_X, 370, b, msg, 0))) {
		const uint8_t *p = hc_event_param(ev, 4, &(uint32_t){ 0 });

		S64(ev, 0, 9);
		BYTES(ev, 1, "some text", 9);
		S64(ev, 2, b);
		U32(ev, 3, 9);
		CHECK(p[0] == 2 && hc_le32(p + 7) == htonl(INADDR_LOOPBACK) && hc_le16(p + 11) == port, "the other end");
	}
	if (!checking())
		memcpy(in, (uint32_t[]){ 0, 0, ptr(into), 2, ptr(control), 64, 0 }, 7 * 4);
	if ((ev = call32(PPME_SOCKET_RECVMSG_X, 372, a, in, 0))) {
		S64(ev, 0, 9);
		U32(ev, 1, 9);
		BYTES(ev, 2, "some text", 9);
		CHECK(in[5] == PKTINFO_SPACE && control[8] == IP_PKTINFO, "%u bytes of control", in[5]);
		BYTES(ev, 4, control, PKTINFO_SPACE);
		S64(ev, 5, a);
	}
	for (int i = 0; i < 2; i++)
		memcpy(multi + 8 * i, (uint32_t[]){ ptr(addr), sizeof *addr, ptr(iov + 2 * i), 1, 0, 0, 0, 0 }, 8 * 4);
	if ((ev = call32(PPME_SOCKET_SENDMMSG_X, 345, b, multi, 2, 0))) {
		for (int i = 0; i < 2; i++) {
			ev = i ? also(PPME_SOCKET_SENDMMSG_X) : ev;
			S64(ev, 0, i ? 5 : 4);
			S64(ev, 1, b);
			U32(ev, 2, i ? 5 : 4);
			BYTES(ev, 3, i ? " text" : "some", i ? 5 : 4);
			CHECK(hc_le16(hc_event_param(ev, 4, &(uint32_t){ 0 }) + 11) == port, "the other end");
		}
	}
	memcpy(multi, (uint32_t[]){ 0, 0, ptr(into + 2), 1, ptr(control), PKTINFO_SPACE, 0, 0 }, 8 * 4);
	if ((ev = call32(PPME_SOCKET_RECVMMSG_X, 337, a, multi, 1, 0, 0))) {
		S64(ev, 0, 4);
		S64(ev, 1, a);
		U32(ev, 2, 4);
		BYTES(ev, 3, "some", 4);
		BYTES(ev, 5, control, PKTINFO_SPACE);
	}
}

static const char args_bytes[] = "first\0\0third one";
static const char env_bytes[] = "A=1\0LONG=two words";

/* Arrays of 32-bit pointers, in which the one behind the last is no argument. */
static void execs(void)
{
	char *program = low_str("/nonexistent/program"), *beyond = low_str("beyond");
	uint32_t *argv = WORDS(ptr(low_str("argument zero")), ptr(low_str("first")), ptr(low_str("")), ptr(low_str("third one")), 0,
			       ptr(beyond));
	uint32_t *envp = WORDS(ptr(low_str("A=1")), ptr(low_str("LONG=two words")), 0, ptr(beyond));
	uint32_t *none = WORDS(0, ptr(beyond), 0);
	static const struct {
		long (*make)(long, const long[6]);
		long nr;
		bool at; /* execveat */
	} ways[] = {
		{ int80, 11, false }, { int80, 358, true },
		/* refused by a kernel without x32, but tried */
		{ native_call, 0x40000000 | 520, false }, { native_call, 0x40000000 | 545, true },
	};

	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		if (ways[i].at)
			ev = call_by(ways[i].make, PPME_SYSCALL_EXECVEAT_X, ways[i].nr, 0xffffff9c, program, argv, envp, 0);
		else
			ev = call_by(ways[i].make, PPME_SYSCALL_EXECVE_19_X, ways[i].nr, program, argv, envp);
		if (ev) {
			CHECK(RET == -ENOENT || (RET == -ENOSYS && ways[i].make == native_call), "%ld", RET);
			S64(ev, 0, RET);
			STR(ev, 1, "argument zero");
			BYTES(ev, 2, args_bytes, sizeof args_bytes);
			BYTES(ev, 15, env_bytes, sizeof env_bytes);
			if (!ways[i].at)
				STR(ev, 30, "/nonexistent/program");
		}
	}
	if ((ev = call32(PPME_SYSCALL_EXECVE_19_X, 11, program, none, none))) {
		S64(ev, 0, -ENOENT);
		EMPTY(ev, 1);
		EMPTY(ev, 2);
		EMPTY(ev, 15);
	}
}

static void (*current)(void);

static void from_the_start(void)
{
	low_next = low_start;
	current();
}

static void enters(void *arg)
{
	struct sockaddr_un *to;
	char *name;

	low_next = low_start;
	name = low_str("/dev/null");
	to = low(sizeof *to);
	to->sun_family = AF_UNIX;
	strcpy(to->sun_path, "/nowhere");
	int80(5 /* open */, (long[6]){ (long)name, O_RDWR });
	int80(295 /* openat */, (long[6]){ 0xffffff9c, (long)name, O_RDONLY });
	int80(8 /* creat */, (long[6]){ (long)name, 0600 });
	int80(362 /* connect */, (long[6]){ 77, (long)to, sizeof *to });
	int80(102 /* socketcall */, (long[6]){ 3 /* SYS_CONNECT */, (long)WORDS(78, ptr(to), sizeof *to) });
}

static void check_enters(enum hc_bpf_enter_way way)
{
	static const char *const names[] = { "open", "openat", "creat", "connect", NULL };
	struct trace t;
	bool told;
	int pid;

	what = "32-bit callers' enter events";
	trace_open(&t, NULL, 1 << 20, way);
	trace_select(&t, names);
	pid = trace_child(&t, enters, NULL);
	told = t.enter.way != HC_BPF_ENTER_AT_TRACEPOINTS;
	printf("enter events: %s\n", hc_bpf_enter_text(&t.enter));
	CHECK(trace_count(&t, PPME_SOCKET_CONNECT_E, pid) == (told ? 2 : 0), "of connect");
	if (told) {
		ev = trace_find(&t, PPME_SYSCALL_OPEN_E, pid, 0);
		STR(ev, 0, "/dev/null");
		ev = trace_find(&t, PPME_SYSCALL_OPENAT_2_E, pid, 0);
		S64(ev, 0, -100);
		STR(ev, 1, "/dev/null");
		ev = trace_find(&t, PPME_SYSCALL_CREAT_E, pid, 0);
		U32(ev, 1, 0600);
		for (int i = 0; i < 2; i++) {
			ev = trace_find(&t, PPME_SOCKET_CONNECT_E, pid, i);
			S64(ev, 0, 77 + i);
			BYTES(ev, 1, "\1/nowhere", 10);
		}
	}
	trace_close(&t);
}

/* In a child: where 32-bit calls were turned off at boot, the instruction ends it. */
static bool have_32bit_calls(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		_exit(int80(20 /* getpid */, (long[6]){ 0 }) != getpid());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(void)
{
	static const char *const names[] = {
		"open", "getppid", "close", "umount2", "lseek", "pwrite64", "pread64", "preadv", "pwritev", "writev", "readv",
		"sendfile", "nanosleep", "ppoll", "mmap", "munmap", "setrlimit", "getrlimit", "prlimit64", "setresgid",
		"getresgid", "setresuid", "getresuid", "ptrace", "socket", "setsockopt", "sendmsg", "recvmsg", "sendmmsg",
		"recvmmsg", "execve", "execveat", NULL,
	};
	static void (*const scripts[])(void) = { files, mappings, ids_and_limits, tracing, sockets, execs };
	struct trace t;

	if (!have_32bit_calls()) {
		printf("SKIP: no 32-bit calls on this kernel\n");
		return 77;
	}
	low_start = mmap(NULL, LOW_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low_start == MAP_FAILED)
		return 1;
	for (enum hc_bpf_enter_way way = HC_BPF_ENTER_AT_FUNCTIONS; way <= HC_BPF_ENTER_AT_ALL; way++)
		check_enters(way);
	trace_open(&t, NULL, 1 << 20, HC_BPF_ENTER_NONE);
	trace_select(&t, names);
	for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
		current = scripts[i];
		trace_script(&t, from_the_start);
		trace_clear(&t);
	}
	trace_close(&t);
	return failures != 0;
}
#else
int main(void)
{
	printf("SKIP: no 32-bit callers are recorded on this machine\n");
	return 77;
}
#endif
