/* SPDX-License-Identifier: Apache-2.0
 *
 * clone, fork, vfork, clone3 (state-engine.md 6): one call gives two exit events, the caller's and the child's, in either
 * order or with one of them missing. Whichever comes first makes the child, if it is trustworthy enough.
 */
#include "replay/state-internal.h"

enum {
	RES, EXE, ARGS, TID, PID, PTID, CWD, FDLIMIT, PGFT_MAJ, PGFT_MIN, VM_SIZE, VM_RSS, VM_SWAP, COMM, CGROUPS, FLAGS,
	UID, GID, VTID, VPID, PIDNS_START,
};

/* exe, comm and args as the event tells them; like: whom the args probably equal. */
static void set_identity(struct hc_state *s, struct hc_thread *t, struct hc_event *ev, const struct hc_thread *like)
{
	hc_text_set_param(s, &t->exe, ev, EXE);
	if (hc_event_has(ev, COMM))
		hc_text_set_param(s, &t->comm, ev, COMM);
	else
		hc_text_share(s, &t->comm, t->exe);
	hc_text_set_bytes(s, &t->args, ev, ARGS, like ? like->args : NULL);
}

static void set_common(struct hc_state *s, struct hc_thread *t, struct hc_event *ev, const struct hc_thread *like)
{
	set_identity(s, t, ev, like);
	t->fdlimit = hc_event_i64(ev, FDLIMIT, -1);
	if (hc_event_has(ev, VM_SWAP)) {
		t->pfmajor = hc_event_u64(ev, PGFT_MAJ, 0);
		t->pfminor = hc_event_u64(ev, PGFT_MIN, 0);
		t->vmsize_kb = (uint32_t)hc_event_u64(ev, VM_SIZE, 0);
		t->vmrss_kb = (uint32_t)hc_event_u64(ev, VM_RSS, 0);
		t->vmswap_kb = (uint32_t)hc_event_u64(ev, VM_SWAP, 0);
	}
	t->uid = (uint32_t)hc_event_u64(ev, UID, UINT32_MAX);
	t->gid = (uint32_t)hc_event_u64(ev, GID, UINT32_MAX);
	if (hc_event_has(ev, CGROUPS))
		hc_text_set_bytes(s, &t->cgroups, ev, CGROUPS, like ? like->cgroups : NULL);
	t->clone_ts_ns = ev->ts_ns;
	hc_users_note(s, NULL, t->uid, t->gid);
}

static void inherit(struct hc_state *s, struct hc_thread *t, const struct hc_thread *from)
{
	hc_text_share(s, &t->exepath, from->exepath);
	hc_text_share(s, &t->root, from->root);
	t->exe_writable = from->exe_writable;
	t->exe_upper_layer = from->exe_upper_layer;
	t->exe_lower_layer = from->exe_lower_layer;
	t->exe_from_memfd = from->exe_from_memfd;
	t->sid = from->sid;
	t->vpgid = from->vpgid;
	t->pgid = from->pgid;
	t->tty = from->tty;
	t->loginuid = from->loginuid;
	t->cap_inheritable = from->cap_inheritable;
	t->cap_permitted = from->cap_permitted;
	t->cap_effective = from->cap_effective;
	t->exe_ino = from->exe_ino;
	t->exe_ino_ctime_ns = from->exe_ino_ctime_ns;
	t->exe_ino_mtime_ns = from->exe_ino_mtime_ns;
	t->ctime_duration_clone_ns = from->ctime_duration_clone_ns;
}

/* What a new process, as opposed to a thread, takes along. env is the entry's own, not its main thread's. */
static void inherit_process(struct hc_state *s, struct hc_thread *t, const struct hc_thread *from)
{
	const struct hc_thread *main = hc_thread_main(from);

	hc_fds_copy(s, t, from);
	if (main)
		hc_text_share(s, &t->cwd, main->cwd);
	else
		hc_text_set(s, &t->cwd, "./", 2);
	hc_text_share(s, &t->env, from->env);
}

static void set_virtual_ids(struct hc_thread *t, struct hc_event *ev)
{
	if (hc_event_has(ev, VPID)) {
		t->vtid = hc_event_i64(ev, VTID, -1);
		t->vpid = hc_event_i64(ev, VPID, -1);
	} else {
		t->vtid = t->tid;
		t->vpid = -1;
	}
}

/* Only the child's own event tells its true ids and parent (6.1 step 3). */
static bool left_to_child(const struct hc_thread *caller, const struct hc_event *ev, uint32_t flags)
{
	return flags & (HC_CL_CHILD_IN_PIDNS | HC_CL_NEWPID | HC_CL_CLONE_PARENT | HC_CL_CLONE_VFORK) ||
	       caller->tid != caller->vtid || ev->type == PPME_SYSCALL_VFORK_20_X;
}

static void on_caller(struct hc_state *s, struct hc_event *ev, int64_t child_tid)
{
	const uint32_t flags = (uint32_t)hc_event_u64(ev, FLAGS, 0);
	struct hc_thread *caller = hc_threads_get(s, ev->tid), *old, *t;
	bool was_invalid, replaced = false;

	s->thread = caller;
	if (!caller)
		return;
	was_invalid = hc_thread_is_invalid(caller);
	if (was_invalid) {
		caller->pid = hc_event_i64(ev, PID, -1);
		caller->ptid = hc_event_i64(ev, PTID, -1);
		set_virtual_ids(caller, ev);
		hc_thread_create_dependencies(s, caller);
		hc_state_touch(s, caller);
	}
	if (left_to_child(caller, ev, flags) || hc_exits_recent(s, caller->tid, child_tid, ev->ts_ns))
		return;
	old = hc_state_find(s, child_tid);
	if (old) {
		if (old->flags & HC_CL_INVERTED)
			return;
		hc_thread_remove(s, old);
		replaced = true;
		caller = hc_state_find(s, ev->tid);
		if (!caller)
			return;
	}
	t = hc_thread_new(s, child_tid);
	if (!t)
		return;
	set_common(s, t, ev, caller);
	t->flags = flags;
	if (flags & HC_CL_CLONE_THREAD) {
		t->pid = caller->pid;
		t->ptid = caller->ptid;
		t->flags |= HC_CL_CLONE_FILES;
		t->lastexec_ts_ns = caller->lastexec_ts_ns;
	} else {
		t->pid = t->tid;
		t->ptid = caller->tid;
		if (!was_invalid)
			inherit_process(s, t, caller);
	}
	t->vtid = t->tid;
	t->vpid = t->pid;
	if (was_invalid) {
		set_identity(s, caller, ev, t);
		hc_state_touch(s, caller);
	} else {
		inherit(s, t, caller);
	}
	hc_thread_create_dependencies(s, t);
	hc_threads_put(s, t);
	if (replaced)
		hc_state_prepare(s, ev);
}

/* The entry a child's view inherits from (6.2 step 3); NULL: table full. */
static struct hc_thread *origin_of(struct hc_state *s, struct hc_thread *t, bool *ret_was_invalid)
{
	const bool is_leader = !(t->flags & HC_CL_CLONE_THREAD);
	struct hc_thread *from = hc_threads_get(s, is_leader ? t->ptid : t->pid);

	if (!from)
		return NULL;
	*ret_was_invalid = hc_thread_is_invalid(from);
	if (*ret_was_invalid && !is_leader) {
		from->pid = t->pid;
		from->ptid = t->ptid;
		from->vpid = t->vpid;
		from->vtid = from->vpid;
		hc_thread_create_dependencies(s, from);
		hc_state_touch(s, from);
	}
	return from;
}

static void on_child(struct hc_state *s, struct hc_event *ev)
{
	struct hc_thread *t = hc_state_find(s, ev->tid), *from;
	uint32_t flags = (uint32_t)hc_event_u64(ev, FLAGS, 0);
	bool was_invalid, replaced = false;

	if (t && t->clone_ts_ns) {
		/* Unsigned, so that an event from before the entry's birth counts as long after it (Q). */
		if (ev->ts_ns - t->clone_ts_ns < HC_YOUNG_NS)
			return;
		hc_thread_remove(s, t);
		replaced = true;
	}
	t = hc_thread_new(s, ev->tid);
	if (!t) {
		s->thread = NULL;
		return;
	}
	t->flags = flags | HC_CL_INVERTED | (flags & HC_CL_CLONE_THREAD ? HC_CL_CLONE_FILES : 0);
	t->pid = hc_event_i64(ev, PID, -1);
	t->ptid = hc_event_i64(ev, PTID, -1);
	set_virtual_ids(t, ev);
	from = origin_of(s, t, &was_invalid);
	if (!from) {
		hc_thread_discard(s, t);
		s->thread = NULL;
		return;
	}
	set_common(s, t, ev, from);
	if (!was_invalid) {
		inherit(s, t, from);
		if (flags & HC_CL_CLONE_THREAD)
			t->lastexec_ts_ns = from->lastexec_ts_ns;
		else
			inherit_process(s, t, from);
	} else if (flags & HC_CL_CLONE_THREAD) {
		set_identity(s, from, ev, t);
		hc_state_touch(s, from);
	}
	/* (Q) The reference would add the time of boot (6.2), and outside of namespaces show that alone. While it reads a file
	 * that time is 0 to it, whatever the file says: outside it shows nothing, inside what is told, as counted from boot. */
	if (flags & (HC_CL_CHILD_IN_PIDNS | HC_CL_NEWPID) || t->tid != t->vtid)
		t->pidns_init_start_ts_ns = hc_event_u64(ev, PIDNS_START, 0);
	hc_thread_create_dependencies(s, t);
	hc_threads_put(s, t);
	s->thread = t;
	if (replaced)
		hc_state_prepare(s, ev);
}

void hc_on_clone(struct hc_state *s, struct hc_event *ev)
{
	const int64_t res = hc_event_i64(ev, RES, -1);

	if (res > 0)
		on_caller(s, ev, res);
	else if (res == 0)
		on_child(s, ev);
}
