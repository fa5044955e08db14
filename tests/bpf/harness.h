/* SPDX-License-Identifier: Apache-2.0
 *
 * A minimal recorder for the driver tests: loads the BPF object, records one forked child (or this process), hands the
 * events back as event views. No files, no snapshot: what it shows is what the kernel side wrote.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "bpf/loader.h"
#include "common/event.h"

#if defined(__aarch64__)
/* Calls that younger machines do not have, replaced by those with an `at` or a number in their name. */
enum {
	SYS_open = -1, SYS_creat = -1, SYS_rmdir = -1, SYS_unlink = -1, SYS_stat = -1, SYS_lstat = -1, SYS_access = -1,
	SYS_link = -1, SYS_symlink = -1, SYS_rename = -1, SYS_mkdir = -1, SYS_chmod = -1, SYS_chown = -1, SYS_lchown = -1,
	SYS_mknod = -1, SYS_dup2 = -1, SYS_pipe = -1, SYS_epoll_create = -1, SYS_epoll_wait = -1, SYS_eventfd = -1,
	SYS_inotify_init = -1, SYS_signalfd = -1, SYS_getdents = -1, SYS_select = -1, SYS_poll = -1, SYS_getpgrp = -1,
	SYS_fork = -1,
};
#endif

struct trace {
	struct hc_bpf *skel;
	struct hc_bpf_rings rings;
	struct hc_bpf_enter enter;
	uint8_t set[HC_BPF_SC_MAX];
	struct hc_event *events; /* owned; sorted by time */
	size_t n, room;
	uint64_t produced, dropped[HC_DROP_COUNT], dropped_total; /* sums over the CPUs */
};

/* Exits with 77 and the reason when BPF cannot work here. config may be NULL. Follows only `followed` thread groups,
 * which the caller adds with hc_bpf_follow(). */
void trace_open(struct trace *t, const struct hc_bpf_config *config, size_t ring_nbytes, enum hc_bpf_enter_way enter);
void trace_select(struct trace *t, const char *const *names); /* NULL-terminated syscall names; NULL: all of them */

/* Runs fn in a forked, followed child that starts after the hooks are live; waits for it; drains. Returns its pid. */
int trace_child(struct trace *t, void (*fn)(void *), void *arg);
/* A child of the caller's that it traces, and that has stopped. */
int stopped_child(void);
/* Zeroed memory that forked children share. */
void *mmap_shared(size_t len);
void trace_drain(struct trace *t, bool keep);
void trace_clear(struct trace *t);
void trace_close(struct trace *t);

/* The i-th event of that type by that thread (tid < 0: any); a failed check if there is none. */
struct hc_event *trace_find(struct trace *t, uint16_t type, int tid, size_t i);
size_t trace_count(struct trace *t, uint16_t type, int tid);

/* A script is a function that is run twice: in the traced child, where call() performs the system call and returns NULL,
 * and afterwards in the parent, where call() returns the event that call gave and RET what it returned:
 *
 *   if ((ev = call(PPME_SYSCALL_DUP_1_X, SYS_dup, 5))) {
 *           S64(ev, 0, RET); S64(ev, 1, 5);
 *   }
 *
 * Memory from shared() keeps what the child or the kernel wrote there. Calls a script makes must all be selected. Those with
 * a negative number, which this machine does not have, are passed over: NULL in both runs. */
void trace_script(struct trace *t, void (*script)(void));
long native_call(long nr, const long args[6]); /* the result, or a negative errno */
struct hc_event *call_args(uint16_t type, long (*make)(long nr, const long args[6]), long nr, const long args[6]);
#define call(type, nr, ...) call_by(native_call, type, nr, __VA_ARGS__)
#define call_by(make, type, nr, ...) \
	call_args(type, make, nr, (const long[6]){ LONGS(__VA_ARGS__ __VA_OPT__(,) 0, 0, 0, 0, 0, 0) })
#define LONGS(a, b, c, d, e, f, ...) (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f)
struct hc_event *also(uint16_t type); /* parent: the next event of that type, from no call of the script; child: NULL */
void *shared(size_t len);       /* the same memory in both runs, zeroed before the first */
bool checking(void);            /* in the parent's run */
struct trace *checking_trace(void); /* whose events the parent's run looks at */
long script_ret(void);
pid_t script_pid(void);         /* of the child, in both runs */
#define RET script_ret()

/* Checks: count failures, go on. */
extern int failures;
extern const char *what; /* named in messages */
#define CHECK(cond, ...) \
	do { \
		if (!(cond)) { \
			failures++; \
			fprintf(stderr, "%s:%d: %s: %s: ", __FILE__, __LINE__, what, #cond); \
			fprintf(stderr, "" __VA_ARGS__); \
			fputc('\n', stderr); \
		} \
	} while (0)

/* Parameter k of ev is stored with exactly this width and value; a string with its NUL; bytes; nothing. */
void check_int(struct hc_event *ev, unsigned k, unsigned width, uint64_t want, const char *expr, int line);
void check_str(struct hc_event *ev, unsigned k, const char *want, int line);
void check_bytes(struct hc_event *ev, unsigned k, const void *want, size_t len, int line);
#define S64(ev, k, v) check_int(ev, k, 8, (uint64_t)(int64_t)(v), #v, __LINE__)
#define U64(ev, k, v) check_int(ev, k, 8, (uint64_t)(v), #v, __LINE__)
#define U32(ev, k, v) check_int(ev, k, 4, (uint32_t)(v), #v, __LINE__)
#define U16(ev, k, v) check_int(ev, k, 2, (uint16_t)(v), #v, __LINE__)
#define U8(ev, k, v) check_int(ev, k, 1, (uint8_t)(v), #v, __LINE__)
#define STR(ev, k, v) check_str(ev, k, v, __LINE__)
#define BYTES(ev, k, p, n) check_bytes(ev, k, p, n, __LINE__)
#define EMPTY(ev, k) check_bytes(ev, k, NULL, 0, __LINE__)
