/* SPDX-License-Identifier: Apache-2.0
 *
 * One task of the recorded host, and its thread group (state-engine.md 3.1, 3.2). Everything here is read-only outside the
 * host state, except the members said to belong to field extraction. Texts are borrowed until the next event.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "replay/fds.h"
#include "replay/text.h"

/* Bits of hc_thread.flags that the engine sets or tests itself; the rest are the clone_flags set as recorded. */
enum hc_thread_flags {
	HC_CL_CLONE_FILES = 1, HC_CL_NEWPID = 64, HC_CL_CLONE_PARENT = 256, HC_CL_CLONE_THREAD = 8192,
	HC_CL_INVERTED = 1 << 16,      /* created from the child's view */
	HC_CL_NAME_CHANGED = 1 << 17,
	HC_CL_CLOSED = 1 << 18,        /* dead */
	HC_CL_ACTIVE = 1 << 19,        /* an event of it was seen */
	HC_CL_NEWUSER = 1 << 20,
	HC_CL_PIPE_SRC = 1 << 21, HC_CL_PIPE_DST = 1 << 22,
	HC_CL_CLONE_VFORK = 1 << 27,
	HC_CL_CHILD_IN_PIDNS = 1 << 29,
	HC_CL_IS_MAIN = 1 << 30,
};

struct hc_group {
	int64_t pid;
	struct hc_thread *first, *last; /* members; a main thread is put at the front */
	uint32_t nlive;                 /* may count replaced entries for ever (state-engine.md 6.2) */
	bool reaper;
	bool listed;                    /* found by its pid */
};

/* Texts args, env and cgroups hold several strings, each with its NUL (the last one may lack it). cwd and env are set in
 * main threads only: hc_thread_cwd(), hc_thread_env(). */
struct hc_thread {
	int64_t tid, pid, ptid; /* -1 unknown; pid or ptid < 0: a placeholder ("invalid") */
	uint32_t flags;         /* clone_flags set plus enum hc_thread_flags */
	uint16_t enter_type;    /* of the last enter event; PPME_NONE: none yet. Survives its exit (5.3 (Q)) */
	bool container_known;   /* container was computed; false counts as host */
	struct hc_group *group; /* NULL for placeholders */
	struct hc_fdtable *fds; /* own table, NULL while empty; hc_thread_fds() is the one in use */
	uint32_t fds_copies;    /* forks since which fds is shared: only the order of its entries depends on it */
	int64_t last_fd;        /* fd of the last event: fd.num */
	struct hc_text *enter;  /* stored enter event: nparams u16, lens, data; NULL: none */

	struct hc_text *comm, *exe, *exepath, *args;
	struct hc_text *cwd, *env; /* the thread's own; cwd ends in '/' unless empty */
	struct hc_text *cgroups, *root;
	struct hc_text *container; /* container id; NULL: host */

	int64_t sid, vpgid, pgid, vtid, vpid; /* -1 unknown */
	int64_t fdlimit;                      /* -1 unknown */
	int64_t reaper_tid;                   /* told by procexit; -1 unknown */
	uint32_t uid, gid, loginuid;          /* 0xffffffff unknown */
	uint32_t tty;
	uint32_t vmsize_kb, vmrss_kb, vmswap_kb;
	uint64_t pfmajor, pfminor;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	uint64_t exe_ino, exe_ino_ctime_ns, exe_ino_mtime_ns;
	uint64_t ctime_duration_clone_ns, ctime_duration_pidns_ns; /* clone_ts - ctime (wraps); ctime - pidns start */
	uint64_t clone_ts_ns, lastexec_ts_ns, pidns_init_start_ts_ns; /* 0 unknown */
	bool exe_writable, exe_upper_layer, exe_lower_layer, exe_from_memfd;

	struct hc_thread *parent;                           /* in whose list of children it is; NULL: in none */
	struct hc_thread *child_first, *child_last;         /* list of children */
	struct hc_thread *sibling_prev, *sibling_next;
	struct hc_thread *group_prev, *group_next;

	/* Of field extraction; zero in a new thread. */
	uint64_t cpu_user_last, cpu_system_last; /* thread.cpu*: last procinfo values */
	uint64_t exectime_total_ns;              /* thread.totexectime */

	struct hc_memo memo;    /* decided from own attributes and tables; valid for hc_state.thread_epoch */
	struct hc_memo lineage; /* decided from other threads as well; valid for hc_state.lineage_epoch */
};

static inline bool hc_thread_is_main(const struct hc_thread *t)
{
	return t->tid == t->pid || t->flags & HC_CL_IS_MAIN;
}

static inline bool hc_thread_is_invalid(const struct hc_thread *t)
{
	return t->tid < 0 || t->pid < 0 || t->ptid < 0;
}

static inline bool hc_thread_is_dead(const struct hc_thread *t)
{
	return t->flags & HC_CL_CLOSED;
}

static inline bool hc_thread_in_pidns(const struct hc_thread *t)
{
	return t->flags & HC_CL_CHILD_IN_PIDNS || (t->vtid >= 0 && t->vtid != t->tid);
}

/* "Main thread of T" (3.1): T itself, else the group's first member if that is a main thread, else NULL. */
static inline struct hc_thread *hc_thread_main(const struct hc_thread *t)
{
	struct hc_thread *first;

	if (hc_thread_is_main(t))
		return (struct hc_thread *)t;
	first = t->group ? t->group->first : NULL;
	return first && hc_thread_is_main(first) ? first : NULL;
}

/* The fd table in use: the own one, or the main thread's with CLONE_FILES. NULL: none or empty. */
static inline struct hc_fdtable *hc_thread_fds(const struct hc_thread *t)
{
	if (t->flags & HC_CL_CLONE_FILES) {
		t = hc_thread_main(t);
		return t ? t->fds : NULL;
	}
	return t->fds;
}

static inline struct hc_str hc_thread_cwd(const struct hc_thread *t)
{
	const struct hc_thread *main = hc_thread_main(t);

	return main ? hc_text_str(main->cwd) : HC_STR("./");
}

static inline struct hc_str hc_thread_env(const struct hc_thread *t)
{
	const struct hc_thread *main = hc_thread_main(t);

	return hc_text_str(main ? main->env : t->env);
}

/* proc.nthreads, proc.nchilds (fields-semantics.md 4.1). */
static inline uint32_t hc_thread_nthreads(const struct hc_thread *t)
{
	return t->group ? t->group->nlive : 0;
}
uint32_t hc_thread_nchilds(const struct hc_thread *t);
