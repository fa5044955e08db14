/* SPDX-License-Identifier: Apache-2.0
 *
 * See harness.h.
 */
#include "tests/bpf/harness.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/hindcast.skel.h"

int failures;
const char *what = "-";

static void skip(const char *why)
{
	printf("SKIP: %s\n", why);
	exit(77);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN || getenv("BPF_VERBOSE") ? vfprintf(stderr, format, args) : 0;
}

void trace_open(struct trace *t, const struct hc_bpf_config *config, size_t ring_nbytes, enum hc_bpf_enter_way enter)
{
	const char *program = NULL;
	int r;

	if (geteuid() != 0)
		skip("loading BPF programs needs root");
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		skip("this kernel has no BTF (/sys/kernel/btf/vmlinux)");
	libbpf_set_print(quiet);
	memset(t, 0, sizeof *t);
	t->skel = hc_bpf__open();
	if (!t->skel) {
		fprintf(stderr, "cannot open the BPF object: %s\n", strerror(errno));
		exit(1);
	}
	if (config)
		memcpy((void *)&t->skel->rodata->hc_config, config, sizeof *config);
	else
		t->skel->rodata->hc_config.follow = 1;
	t->skel->rodata->hc_config.boot_to_epoch_ns = hc_bpf_boot_to_epoch_ns();
	hc_bpf_enter_open(t->skel, enter, &t->enter);
	r = hc_bpf_load(t->skel, ring_nbytes, &t->rings);
	if (r == -EPERM)
		skip("the kernel does not let us load BPF programs (EPERM: capability or lockdown)");
	if (r < 0) {
		fprintf(stderr, "cannot load the BPF programs: %s\n", strerror(-r));
		exit(1);
	}
	r = hc_bpf_attach(t->skel, &t->enter, &program);
	if (r < 0) {
		fprintf(stderr, "cannot attach %s: %s\n", program, strerror(-r));
		exit(1);
	}
}

void trace_select(struct trace *t, const char *const *names)
{
	memset(t->set, names ? 0 : 1, sizeof t->set);
	for (; names && *names; names++) {
		int sc = hc_sc_by_name(*names);

		if (sc < 0) {
			fprintf(stderr, "no system call %s\n", *names);
			exit(1);
		}
		t->set[sc] = 1;
	}
	hc_bpf_select(t->skel, t->set, t->enter.way == HC_BPF_ENTER_NONE ? NULL : &t->enter);
}

/* Structure checks that hold for every event; then the view. */
static void add(struct trace *t, uint16_t cpu, const uint8_t *p, size_t len)
{
	struct hc_event ev = { .cpu = cpu };
	const struct hc_event_info *info;
	size_t sum = 0;

	CHECK(len >= 26 && hc_le32(p + 16) == len, "len %u in a record of %zu bytes", hc_le32(p + 16), len);
	ev.ts_ns = hc_le64(p);
	ev.tid = hc_le64(p + 8);
	ev.type = hc_le16(p + 20);
	ev.nparams = hc_le32(p + 22);
	info = &hc_event_table[ev.type];
	CHECK(ev.nparams == info->nparams, "%s: %u parameters", info->id, ev.nparams);
	for (uint32_t i = 0; i < ev.nparams && i < info->nparams; i++) {
		uint16_t plen = hc_le16(p + 26 + 2 * i);
		int fixed = hc_param_type_size(info->params[i].type);

		/* the one fixed-size parameter that may be missing: the size of a sendmsg whose header is unreadable */
		CHECK(fixed < 0 || plen == fixed || (ev.type == PPME_SOCKET_SENDMSG_X && !plen), "%s.%s: length %u, not %d",
		      info->id, info->params[i].name, plen, fixed);
		if (plen && (info->params[i].type == PT_CHARBUF || info->params[i].type == PT_FSPATH ||
			     info->params[i].type == PT_FSRELPATH))
			CHECK(memchr(p + 26 + 2 * ev.nparams + sum, 0, plen) == p + 26 + 2 * ev.nparams + sum + plen - 1,
			      "%s.%s: not one NUL at the end", info->id, info->params[i].name);
		sum += plen;
	}
	CHECK(26 + 2 * ev.nparams + sum == len, "%s: parameters do not fill the event", info->id);
	if (t->n == t->room) {
		t->room = t->room ? 2 * t->room : 1024;
		t->events = realloc(t->events, t->room * sizeof *t->events);
		if (!t->events)
			abort();
	}
	uint8_t *copy = malloc(len);
	if (!copy)
		abort();
	memcpy(copy, p, len);
	ev.lens = copy + 26;
	ev.data = copy + 26 + 2 * ev.nparams;
	t->events[t->n++] = ev;
}

struct sink {
	struct trace *t;
	uint16_t cpu;
	bool keep;
};

static int on_record(void *ctx, void *data, size_t len)
{
	struct sink *s = ctx;

	if (s->keep)
		add(s->t, s->cpu, data, len);
	return 0;
}

static int by_time(const void *a, const void *b)
{
	const struct hc_event *x = a, *y = b;

	return x->ts_ns < y->ts_ns ? -1 : x->ts_ns > y->ts_ns;
}

void trace_drain(struct trace *t, bool keep)
{
	for (size_t i = 0; i < t->rings.n; i++) {
		struct sink s = { t, i, keep };
		struct ring_buffer *rb = ring_buffer__new(t->rings.fds[i], on_record, &s, NULL);

		if (!rb) {
			perror("ring_buffer__new");
			exit(1);
		}
		ring_buffer__consume(rb);
		ring_buffer__free(rb);
	}
	if (t->n)
		qsort(t->events, t->n, sizeof *t->events, by_time);
	t->produced = t->dropped_total = 0;
	memset(t->dropped, 0, sizeof t->dropped);
	for (int i = 0; i < HC_BPF_CPUS_MAX; i++) {
		t->produced += t->skel->bss->hc_cpus[i].produced;
		for (int d = 0; d < HC_DROP_COUNT; d++) {
			t->dropped[d] += t->skel->bss->hc_cpus[i].dropped[d];
			t->dropped_total += t->skel->bss->hc_cpus[i].dropped[d];
		}
	}
}

void trace_clear(struct trace *t)
{
	for (size_t i = 0; i < t->n; i++)
		free((void *)(t->events[i].lens - 26));
	t->n = 0;
}

void *mmap_shared(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

int trace_child(struct trace *t, void (*fn)(void *), void *arg)
{
	volatile int *state = mmap_shared(sizeof *state);
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		/* no call that a test could have selected */
		*state = 1;
		while (*state != 2)
			sched_yield();
		fn(arg);
		_exit(0);
	}
	/* followed only once its own view of that fork is over */
	while (*state != 1)
		sched_yield();
	hc_bpf_follow(t->skel, pid);
	*state = 2;
	waitpid(pid, &status, 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child ended with status %#x", status);
	munmap((void *)state, sizeof *state);
	trace_drain(t, true);
	return pid;
}

int stopped_child(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return pid;
}

void trace_close(struct trace *t)
{
	trace_clear(t);
	free(t->events);
	hc_bpf_rings_close(&t->rings);
	hc_bpf_enter_close(&t->enter);
	hc_bpf__destroy(t->skel);
}

size_t trace_count(struct trace *t, uint16_t type, int tid)
{
	size_t n = 0;

	for (size_t k = 0; k < t->n; k++)
		n += t->events[k].type == type && (tid < 0 || t->events[k].tid == tid);
	return n;
}

struct hc_event *trace_find(struct trace *t, uint16_t type, int tid, size_t i)
{
	static struct hc_event none;

	for (size_t k = 0; k < t->n; k++)
		if (t->events[k].type == type && (tid < 0 || t->events[k].tid == tid) && !i--)
			return &t->events[k];
	CHECK(false, "no such %s event", hc_event_table[type].id);
	none = (struct hc_event){ .type = type };
	return &none;
}

static const char *param_name(struct hc_event *ev, unsigned k)
{
	return k < hc_event_table[ev->type].nparams ? hc_event_table[ev->type].params[k].name : "?";
}

void check_int(struct hc_event *ev, unsigned k, unsigned width, uint64_t want, const char *expr, int line)
{
	uint32_t len;
	const uint8_t *p = hc_event_param(ev, k, &len);
	uint64_t got = 0;

	memcpy(&got, p ? p : (const uint8_t *)"", len < 8 ? len : 8);
	if (len == width && got == want)
		return;
	failures++;
	fprintf(stderr, "line %d: %s: %s.%s is %#" PRIx64 " in %u bytes, expected %#" PRIx64 " in %u (%s)\n", line, what,
		hc_event_table[ev->type].id, param_name(ev, k), got, len, want, width, expr);
}

void check_bytes(struct hc_event *ev, unsigned k, const void *want, size_t want_len, int line)
{
	uint32_t len;
	const uint8_t *p = hc_event_param(ev, k, &len);

	if (p && len == want_len && (!len || !memcmp(p, want, len)))
		return;
	failures++;
	fprintf(stderr, "line %d: %s: %s.%s is \"%.*s\" (%u bytes), expected \"%.*s\" (%zu bytes)\n", line, what,
		hc_event_table[ev->type].id, param_name(ev, k), (int)len, (const char *)p, len, (int)want_len,
		want ? (const char *)want : "", want_len);
}

void check_str(struct hc_event *ev, unsigned k, const char *want, int line)
{
	check_bytes(ev, k, want, strlen(want) + 1, line);
}

/* ---- scripts ---- */

enum { CALLS_MAX = 512, SHARED_MAX = 1 << 20 };

static struct script_run {
	struct {
		long ret[CALLS_MAX];
		size_t n;
		_Alignas(16) char bytes[SHARED_MAX];
	} *log; /* written by the child, read by the parent */
	struct trace *t; /* NULL in the child */
	size_t ncalls, nbytes, cursor;
	pid_t pid;
	long ret;
} run;

bool checking(void)
{
	return run.t != NULL;
}

struct trace *checking_trace(void)
{
	return run.t;
}

long script_ret(void)
{
	return run.ret;
}

pid_t script_pid(void)
{
	return run.pid;
}

void *shared(size_t len)
{
	void *p = run.log->bytes + run.nbytes;

	run.nbytes += (len + 15) & ~(size_t)15;
	if (run.nbytes > SHARED_MAX)
		abort();
	return p;
}

struct hc_event *also(uint16_t type)
{
	if (!run.t)
		return NULL;
	for (size_t k = run.cursor; k < run.t->n; k++) {
		if (run.t->events[k].type == type && run.t->events[k].tid == run.pid) {
			run.cursor = k + 1;
			return &run.t->events[k];
		}
	}
	CHECK(false, "no %s event", hc_event_table[type].id);
	return NULL;
}

long native_call(long nr, const long a[6])
{
	long r = syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);

	return r == -1 ? -errno : r;
}

struct hc_event *call_args(uint16_t type, long (*make)(long, const long[6]), long nr, const long args[6])
{
	if (run.ncalls == CALLS_MAX)
		abort();
	if (nr < 0)
		return NULL;
	if (run.t) {
		what = hc_event_table[type].name;
		run.ret = run.log->ret[run.ncalls++];
		return also(type);
	}
	run.ret = make(nr, args);
	run.log->ret[run.ncalls++] = run.ret;
	return NULL;
}

static void in_child(void *script)
{
	run.pid = getpid();
	/* pages of this program the child has not touched yet cannot be read from BPF; a call that fails before it looks
	 * at a string would leave its parameter empty */
	if (mlockall(MCL_CURRENT) < 0)
		_exit(98);
	((void (*)(void))script)();
}

void trace_script(struct trace *t, void (*script)(void))
{
	pid_t pid;

	run = (struct script_run){ 0 };
	run.log = mmap_shared(sizeof *run.log);
	pid = trace_child(t, in_child, (void *)script);
	run.t = t;
	run.pid = pid;
	script();
	munmap(run.log, sizeof *run.log);
}
