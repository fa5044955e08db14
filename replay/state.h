/* SPDX-License-Identifier: Apache-2.0
 *
 * The picture of the recorded host (state-engine.md): threads, fds, users, containers, built from a section's lists and
 * kept up to date by every event. Rules look at it right after hc_state_event().
 *
 * Loop: hc_state_section() for the first section and after every HC_READ_SECTION; then per event hc_state_event(), and
 * the rules only if that returned true. While `loading` is set, tell hc_state_loaded() as soon as the reader reports
 * that it dropped an event (state-engine.md 2, initial-state events).
 *
 * Remembered predicates (rules/memo.h) are kept valid here:
 * - an fd entry's memo is reset whenever anything in the entry changes: name, type, roles, connected, flags, addresses;
 *   entries are copied before they are changed while shared, and a copy starts with an empty memo. An unchanged entry of a file
 *   may serve an equal open later, with its memo. Epoch: always 1.
 * - a thread's `memo` (own attributes, user and container tables) is reset whenever an attribute of that thread changes
 *   except those listed below; thread_epoch is raised when the user, group or container tables change.
 * - the `lineage` memo additionally depends on other threads: lineage_epoch is raised by everything that adds, removes,
 *   re-parents or revalidates a thread, changes its comm, exe, exepath, args, env, cwd, pid, ids of session and groups,
 *   flags, or the membership of a thread group.
 * Not covered, so fields showing them must be event-scoped: vmsize/rss/swap, pfmajor/pfminor, fdlimit, last_fd, enter_type,
 * numbers of live group members, contents and counts of fd tables.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/event.h"
#include "common/cleanup.h"
#include "formats/section.h"
#include "replay/containers.h"
#include "replay/fds.h"
#include "replay/text.h"
#include "replay/thread.h"
#include "replay/users.h"

enum {
	HC_THREADS_MAX = 262144, /* state-engine.md 14 */
	HC_EXITS_MAX = 8192,     /* remembered exits */
	HC_GROUPS_MAX = 2 * HC_THREADS_MAX, /* thread groups, those only replaced entries are left of included */
};
/* All of the host state together: 2 KiB for each of HC_THREADS_MAX threads, several times what hosts need per thread.
 * Beyond it new entries are refused, and tables still shared after a fork stay as they are. */
#define HC_STATE_BYTES_MAX (512ull << 20)

/* What limits cost, for the closing summary: nothing is left out silently. */
struct hc_state_stats {
	uint64_t threads, threads_peak;  /* now; most at a time */
	uint64_t threads_refused;        /* not added, or to no group: table or memory full */
	uint64_t placeholders;           /* threads made up because an event came from an unknown one */
	uint64_t fds_refused;            /* not added (or changed): 4096 in a table, or memory full */
	uint64_t texts_refused;          /* attributes left empty: memory full */
	uint64_t users_refused, containers_refused;
	uint64_t containers_bad;         /* container events whose JSON could not be used */
	uint64_t bytes, bytes_peak;
};

struct hc_state {
	/* The current event, as the rules see it. Read only. */
	struct hc_event *event;   /* borrowed from the caller of hc_state_event */
	struct hc_thread *thread; /* attached thread or NULL (5.1) */
	struct hc_fd *fd;         /* the event's fd entry or NULL (5.3) */
	bool fd_name_changed;     /* fd.name_changed */
	bool io_changed;          /* a transfer changed its fd's entry, or made one */
	bool enter_usable;        /* exit of the seven: the stored enter event belongs to it */
	const struct hc_container *container; /* container events: the one described; else NULL */
	bool container_removed;   /* it goes before the next event */
	bool loading;             /* initial-state events are being consumed */
	bool has_first;
	uint64_t first_ts_ns;     /* reference of evt.reltime: first event that is no meta event; see has_first */
	uint32_t thread_epoch, lineage_epoch; /* of remembered predicates; never 0 */

	const struct hc_section *section; /* borrowed: interfaces, machine */
	struct hc_machine machine;        /* of the section, or of the last one that had any; zeros if none had */
	struct hc_users users;
	struct hc_containers containers;

	/* Internal from here. */
	struct hc_pool pool;
	uint64_t seed;            /* of hash tables: their order is never visible, and nobody can choose collisions */
	struct hc_thread **tids;  /* open addressing by tid, linear probing */
	uint32_t ntids, tids_cap; /* tids_cap: a power of two */
	struct hc_thread *last_found;
	struct hc_group **pids;   /* open addressing by pid */
	uint32_t npids, pids_cap;
	bool had_enter;               /* the current event found (and took away) a stored enter event */
	uint64_t placeholders_before; /* stats.placeholders before it */
	struct hc_thread *exited;     /* removed before the next event */
	struct hc_thread *closed_in;  /* thread whose table loses closed_fd before the next event */
	int64_t closed_fd;
	struct hc_exits *exits;
	struct hc_cgroup_cache *cgroup_cache;
	struct hc_fd **again;         /* fd-again.c */
	struct hc_state_stats stats;
};

/* Zeroed state without a section; owned by the caller. bytes_max 0: HC_STATE_BYTES_MAX. */
struct hc_state *hc_state_new(uint64_t bytes_max);
struct hc_state *hc_state_free(struct hc_state *state);
HC_DEFINE_CLEANUP(struct hc_state *, hc_state_free);

/* Throws everything away and starts from the lists of a section (4), which must live until the next call or free. */
void hc_state_section(struct hc_state *state, const struct hc_section *section);
/* Ends the consumption of initial-state events and does steps 5 to 7 of section 4; no effect if already done. */
void hc_state_loaded(struct hc_state *state);

/* Applies one event. True: the rules are to see it; false: state only, a stored enter event or initial state. Everything
 * borrowed from the state is valid until the next call. The event must stay valid as long. */
bool hc_state_event(struct hc_state *state, struct hc_event *ev);

/* Whether an event of that type, if it comes while the state is loading, belongs to the initial state: no rule sees it (2). */
bool hc_state_is_initial_type(uint16_t type);

/* After hc_state_event: whether later events would look different had this one not been applied. Errs on the side of yes. */
bool hc_state_matters(const struct hc_state *state);

/* What an exit, a close or the removal of a container leaves to be done before the next event (1, step 2), done now;
 * ts_ns: that event's time. */
void hc_state_settle(struct hc_state *state, uint64_t ts_ns);

/* The thread with that tid, or NULL; also finds placeholders and dead ones. */
struct hc_thread *hc_state_find(struct hc_state *state, int64_t tid);
/* The fd table in use, ready for hc_fdtable_next_in_order(); NULL: none or empty. */
struct hc_fdtable *hc_fds_in_order(struct hc_state *state, struct hc_thread *thread);
/* "Ancestor n" (fields-semantics.md 4.2), n = 0: the own main thread; hops to main threads. NULL: none. */
struct hc_thread *hc_state_ancestor(struct hc_state *state, const struct hc_thread *thread, uint32_t n);

/* Walk upwards by ptid without hopping, with loop detection (fields-semantics.md 4.2):
 *   struct hc_walk w = hc_walk_begin(state, main_thread);
 *   while ((t = hc_walk_next(&w))) ...
 * yields the parent of main_thread first. */
struct hc_walk {
	struct hc_state *state;
	struct hc_thread *at, *hare;
	uint32_t left; /* generations; 4096 at most are walked */
};
struct hc_walk hc_walk_begin(struct hc_state *state, struct hc_thread *from);
struct hc_thread *hc_walk_next(struct hc_walk *walk);

/* Session or group leader (fields-semantics.md 4.3). */
enum hc_leader { HC_LEADER_SID, HC_LEADER_VPGID, HC_LEADER_PGID };
struct hc_thread *hc_state_leader(struct hc_state *state, const struct hc_thread *thread, enum hc_leader which);

/* "Belongs to the machine" (fields-semantics.md 5.4); addr of 4 or 16 bytes, thread may be NULL. */
bool hc_state_is_local(struct hc_state *state, const struct hc_thread *thread, const uint8_t *addr, uint32_t len);

void hc_state_stats(const struct hc_state *state, struct hc_state_stats *ret);
