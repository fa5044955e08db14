/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the host state share among themselves; nobody else includes this. Section numbers are those of
 * state-engine.md.
 */
#pragma once

#include "replay/paths.h"
#include "replay/state.h"

enum {
	HC_CLOEXEC = 4096,         /* O_CLOEXEC, portable */
	HC_YOUNG_NS = 2000000000, /* 6.1 step 4, 6.2 step 1 */
};

/* Attributes. Each setter resets the memos that can depend on it; see the rule at the top of state.h. */

/* Own attributes that no other thread's fields show. */
static inline void hc_thread_touch(struct hc_thread *t)
{
	hc_memo_reset(&t->memo);
	hc_memo_reset(&t->lineage);
}

static inline void hc_state_raise(uint32_t *epoch)
{
	if (!++*epoch)
		*epoch = 1;
}

/* Attributes that fields of descendants or group members show too. */
static inline void hc_state_touch(struct hc_state *s, struct hc_thread *t)
{
	hc_thread_touch(t);
	hc_state_raise(&s->lineage_epoch);
}

/* Replaces *slot by a copy of the bytes; keeps it if it already holds them. Left empty when memory is full. */
void hc_text_set(struct hc_state *s, struct hc_text **slot, const void *p, size_t len);
/* The same with a reference to text. */
void hc_text_share(struct hc_state *s, struct hc_text **slot, struct hc_text *text);
/* From parameter k: a string, or a set of strings (all bytes). like: text to share if it holds the same; may be NULL. */
void hc_text_set_param(struct hc_state *s, struct hc_text **slot, struct hc_event *ev, uint32_t k);
void hc_text_set_bytes(struct hc_state *s, struct hc_text **slot, struct hc_event *ev, uint32_t k, struct hc_text *like);

/* threads.c: the table of threads (3.1). */
void hc_threads_init(struct hc_state *s);
void hc_threads_done(struct hc_state *s);
/* A thread with initial values, in no table and no group; NULL if the table or the memory is full (counted). */
struct hc_thread *hc_thread_new(struct hc_state *s, int64_t tid);
/* Puts it into the table, replacing (6.2 (Q): not removing) an entry with the same tid. */
void hc_threads_put(struct hc_state *s, struct hc_thread *t);
/* Frees a thread that was never put. */
void hc_thread_discard(struct hc_state *s, struct hc_thread *t);
/* Found, or a placeholder (5.2), or NULL if the table is full. */
struct hc_thread *hc_threads_get(struct hc_state *s, int64_t tid);
/* Takes the entry out of the table, its group and family without any of the effects of section 8, and frees it. */
void hc_threads_erase(struct hc_state *s, struct hc_thread *t);

/* The thread whose tid is t's ptid, or NULL; mostly the one that has t among its children. */
static inline struct hc_thread *hc_thread_parent(struct hc_state *s, const struct hc_thread *t)
{
	return t->parent && t->parent->tid == t->ptid ? t->parent : hc_state_find(s, t->ptid);
}

/* groups.c: thread groups, families, exit (3.2, 8). */
void hc_groups_init(struct hc_state *s);
void hc_groups_done(struct hc_state *s);
void hc_thread_create_dependencies(struct hc_state *s, struct hc_thread *t);
void hc_thread_detach(struct hc_state *s, struct hc_thread *t);
void hc_thread_leave_group(struct hc_state *s, struct hc_thread *t);
/* Among its members, in none before; not counted as alive. */
void hc_thread_join_group(struct hc_group *g, struct hc_thread *t);
/* Moves it to the end of another list of children (NULL: into none); its ptid stays. */
void hc_thread_set_parent(struct hc_thread *t, struct hc_thread *parent);
void hc_thread_kill(struct hc_thread *t);
/* NULL: no such group. */
struct hc_group *hc_group_find(struct hc_state *s, int64_t pid);
/* One without members, where there is none; NULL: no room (counted). */
struct hc_group *hc_group_make(struct hc_state *s, int64_t pid);
/* The pid stands for it no longer; it is gone unless it has members. */
void hc_group_unlist(struct hc_state *s, struct hc_group *g);
/* Removal of section 8; t and possibly other threads are gone afterwards. */
void hc_thread_remove(struct hc_state *s, struct hc_thread *t);
void hc_exits_add(struct hc_state *s, int64_t ptid, int64_t tid, uint64_t ts_ns);
bool hc_exits_recent(const struct hc_state *s, int64_t ptid, int64_t tid, uint64_t ts_ns);
/* The i-th remembered exit, oldest first; false: there are no more. */
bool hc_exits_get(const struct hc_state *s, uint32_t i, int64_t *ret_ptid, int64_t *ret_tid, uint64_t *ret_ts_ns);

/* fds.c: tables and entries (3.3). */
void hc_fdtable_release(struct hc_state *s, struct hc_fdtable *table);
/* Makes the table of `to` a copy of the one in use by `from`. */
void hc_fds_copy(struct hc_state *s, struct hc_thread *to, const struct hc_thread *from);
/* A fresh entry of that type under a number in the thread's table, replacing what was there. Sets last_fd and the event's
 * fd. NULL: no table, or no room (last_fd is set then, 5.3). t may be NULL. */
struct hc_fd *hc_fds_add(struct hc_state *s, struct hc_thread *t, int64_t fd, uint8_t type);
/* The same with a copy of another entry; it may live in the same place. */
struct hc_fd *hc_fds_add_copy(struct hc_state *s, struct hc_thread *t, int64_t fd, const struct hc_fd *of);
/* The same for an opened file; strings are copied. */
struct hc_fd_opened {
	uint8_t type, flags;
	uint32_t open_flags, dev;
	uint64_t ino;
	struct hc_str name, raw;
};
struct hc_fd *hc_fds_add_opened(struct hc_state *s, struct hc_thread *t, int64_t fd, const struct hc_fd_opened *o);
/* Into a given thread's own table, whatever is in use; for the snapshot. */
struct hc_fd *hc_fds_add_own(struct hc_state *s, struct hc_thread *t, int64_t fd, uint8_t type);
/* The entry under fd made safe to change: no longer shared with another process, memo reset. NULL: no such entry. Moves
 * the event's fd along. */
struct hc_fd *hc_fds_edit(struct hc_state *s, struct hc_thread *t, int64_t fd);
/* The same in the thread's own table, whatever is in use. */
struct hc_fd *hc_fds_edit_own(struct hc_state *s, struct hc_thread *t, int64_t fd);
/* The entry under any number, negative ones too; NULL: none. table may be NULL. */
struct hc_fd *hc_fdtable_find(struct hc_fdtable *table, int64_t fd);
/* Puts the own table's entries in this order for fd.types; ignored unless they are exactly these. */
void hc_fds_set_order(struct hc_state *s, struct hc_thread *t, const uint16_t *nums, uint32_t n, uint16_t nbuckets);
/* The same for the event's fd, known to be there. */
struct hc_fd *hc_fds_edit_event(struct hc_state *s);
void hc_fds_remove(struct hc_state *s, struct hc_thread *t, int64_t fd);
void hc_fds_remove_cloexec(struct hc_state *s, struct hc_thread *t);
/* close_range (11.4): removes, or marks close-on-exec. */
void hc_fds_range(struct hc_state *s, struct hc_thread *t, int64_t first, int64_t last, bool cloexec);
void hc_fd_set_cloexec(struct hc_fd *fd, bool on);
/* Names an entry; of the event's entry it notes whether that changed anything (fd.name_changed). */
void hc_fd_set_name(struct hc_state *s, struct hc_fd *fd, const void *p, size_t len);
/* IPv4 tuple from the snapshot: exchanges its ends and renames it (4.2). */
void hc_fd_swap(struct hc_state *s, struct hc_fd *fd);

/* fd-again.c. */
void hc_fd_again_init(struct hc_state *s);
void hc_fd_again_done(struct hc_state *s);
/* An entry laid by that is as the open would make it but for open_flags, with one reference; or NULL. *ret_again: for
 * hc_fd.again of an entry made in its place. */
struct hc_fd *hc_fd_again_take(struct hc_state *s, const struct hc_fd_opened *o, uint16_t *ret_again);
/* Takes an entry without references. True: laid by; *ret_instead is then the one to be freed in its place, or NULL. */
bool hc_fd_again_keep(struct hc_state *s, struct hc_fd *fd, struct hc_fd **ret_instead);

/* fd-order.c. */
void hc_fd_order_done(struct hc_state *s, struct hc_fd_order *o);
void hc_fd_order_add(struct hc_state *s, struct hc_fd_order *o, int64_t fd, uint32_t dense_cap);
void hc_fd_order_remove(struct hc_fd_order *o, int64_t fd);
void hc_fd_order_copy(struct hc_state *s, struct hc_fd_order *to, const struct hc_fd_order *from, uint32_t times);

bool hc_fd_order_equal(const struct hc_fd_order *a, const struct hc_fd_order *b);
/* nums: the entries, each once. */
void hc_fd_order_set(struct hc_state *s, struct hc_fd_order *o, const uint16_t *nums, uint32_t n, uint16_t nbuckets,
		     uint32_t dense_cap);

/* users.c, containers.c, cgroups.c. */
void hc_users_init(struct hc_state *s);
void hc_users_done(struct hc_state *s);
void hc_users_section(struct hc_state *s, const struct hc_section *section);
/* The host's users and groups as a section's lists, by number; names are borrowed. */
void hc_users_lists(const struct hc_state *s, struct hc_section *ret);
/* "User and group added" (13): whenever a thread gets one; container NULL: host. */
void hc_users_note(struct hc_state *s, const struct hc_text *container, uint32_t uid, uint32_t gid);
void hc_users_event(struct hc_state *s, struct hc_event *ev);
void hc_containers_init(struct hc_state *s);
void hc_containers_done(struct hc_state *s);
void hc_containers_event(struct hc_state *s, struct hc_event *ev);
/* Forgets the container whose removal the last event told; only while container_removed is set. */
void hc_containers_settle(struct hc_state *s);
/* state-numbers.c: asyncevent hindcast.state. */
void hc_state_numbers_event(struct hc_state *s, struct hc_event *ev);
/* An entry with id and type only, unless one is known. */
void hc_containers_note(struct hc_state *s, struct hc_str id, int32_t type);
/* Computes the container id of a thread from its cgroups (fields-semantics.md 6.1). */
void hc_thread_compute_container(struct hc_state *s, struct hc_thread *t);
void hc_cgroups_init(struct hc_state *s);
void hc_cgroups_done(struct hc_state *s);

/* exec.c: without a trailing " (deleted)". */
void hc_thread_set_exepath(struct hc_state *s, struct hc_thread *t, struct hc_str path);

/* Event handlers, called with the event prepared; which one for which type is in state.c. res is parameter 0. */
void hc_on_clone(struct hc_state *s, struct hc_event *ev);    /* clone.c */
void hc_on_exec(struct hc_state *s, struct hc_event *ev);     /* exec.c */
void hc_on_procexit(struct hc_state *s, struct hc_event *ev); /* process.c, 8 and 9 */
void hc_on_prctl(struct hc_state *s, struct hc_event *ev);
void hc_on_setsid(struct hc_state *s, struct hc_event *ev);
void hc_on_chdir(struct hc_state *s, struct hc_event *ev);
void hc_on_fchdir(struct hc_state *s, struct hc_event *ev);
void hc_on_chroot(struct hc_state *s, struct hc_event *ev);
void hc_on_setuid(struct hc_state *s, struct hc_event *ev);
void hc_on_setgid(struct hc_state *s, struct hc_event *ev);
void hc_on_setresuid(struct hc_state *s, struct hc_event *ev);
void hc_on_setresgid(struct hc_state *s, struct hc_event *ev);
void hc_on_capset(struct hc_state *s, struct hc_event *ev);
void hc_on_unshare(struct hc_state *s, struct hc_event *ev);
void hc_on_setns(struct hc_state *s, struct hc_event *ev);
void hc_on_rlimit(struct hc_state *s, struct hc_event *ev);
void hc_on_prlimit(struct hc_state *s, struct hc_event *ev);
void hc_on_memory(struct hc_state *s, struct hc_event *ev);
void hc_on_switch(struct hc_state *s, struct hc_event *ev);
void hc_on_open(struct hc_state *s, struct hc_event *ev);     /* files.c, 11 */
void hc_on_creator(struct hc_state *s, struct hc_event *ev);
void hc_on_pipe(struct hc_state *s, struct hc_event *ev);
void hc_on_memfd(struct hc_state *s, struct hc_event *ev);
void hc_on_pidfd_open(struct hc_state *s, struct hc_event *ev);
void hc_on_pidfd_getfd(struct hc_state *s, struct hc_event *ev);
void hc_on_dup(struct hc_state *s, struct hc_event *ev);
void hc_on_fcntl(struct hc_state *s, struct hc_event *ev);
void hc_on_close(struct hc_state *s, struct hc_event *ev);
void hc_on_close_range(struct hc_state *s, struct hc_event *ev);
void hc_on_socket(struct hc_state *s, struct hc_event *ev);   /* connections.c, 12 */
void hc_on_socketpair(struct hc_state *s, struct hc_event *ev);
void hc_on_bind(struct hc_state *s, struct hc_event *ev);
void hc_on_connect(struct hc_state *s, struct hc_event *ev);
void hc_on_accept(struct hc_state *s, struct hc_event *ev);
void hc_on_send(struct hc_state *s, struct hc_event *ev);
void hc_on_recv(struct hc_state *s, struct hc_event *ev);
void hc_on_io(struct hc_state *s, struct hc_event *ev);

/* state.c. */
/* Repeats the look-up of thread and fd for the current event (5). */
void hc_state_prepare(struct hc_state *s, struct hc_event *ev);
/* The stored enter event of the event's thread as an event of its own, in *ret; false if there is no usable one. */
bool hc_state_enter(struct hc_state *s, struct hc_event *ret);

/* snapshot.c: section 4, steps 1 to 3 and 6; 5 and 7. */
void hc_snapshot_load(struct hc_state *s, const struct hc_section *section);
void hc_snapshot_finish(struct hc_state *s);
