/* SPDX-License-Identifier: Apache-2.0
 *
 * execve and execveat (state-engine.md 7): a thread becomes another program. Old captures tell the path only in the enter
 * event, which is why that is kept.
 */
#include "replay/state-internal.h"

enum {
	RES, EXE, ARGS, TID, PID, PTID, CWD, FDLIMIT, PGFT_MAJ, PGFT_MIN, VM_SIZE, VM_RSS, VM_SWAP, COMM, CGROUPS, ENV, TTY,
	VPGID, LOGINUID, EXEC_FLAGS, CAP_INHERITABLE, CAP_PERMITTED, CAP_EFFECTIVE, EXE_INO, EXE_CTIME, EXE_MTIME, UID,
	TRUSTED_EXEPATH, PGID, GID,
};

enum { EXE_WRITABLE = 1, EXE_UPPER_LAYER = 2, EXE_FROM_MEMFD = 4, EXE_LOWER_LAYER = 8 };
enum { AT_EMPTY_PATH_PORTABLE = 1 };

static struct hc_str cut_deleted(struct hc_str s)
{
	static const char tail[] = " (deleted)";
	const uint32_t n = sizeof tail - 1;

	if (s.len >= n && !memcmp(s.p + s.len - n, tail, n))
		s.len -= n;
	return s;
}

void hc_thread_set_exepath(struct hc_state *s, struct hc_thread *t, struct hc_str path)
{
	path = cut_deleted(path);
	hc_text_set(s, &t->exepath, path.p, path.len);
}

/* exepath of captures without trusted_exepath. */
static void exepath_from_enter(struct hc_state *s, struct hc_thread *t)
{
	char path[HC_PATH_SIZE], dir[HC_PATH_SIZE + 1];
	struct hc_str name, base;
	struct hc_event enter;

	if (!hc_state_enter(s, &enter))
		return;
	if (enter.type == PPME_SYSCALL_EXECVEAT_E) {
		const bool empty_path = hc_event_u64(&enter, 2, 0) & AT_EMPTY_PATH_PORTABLE;

		name = hc_event_str(&enter, 1);
		base = hc_path_dirfd(t, hc_event_i64(&enter, 0, -1), name, dir);
		if ((hc_str_is(name, "<NA>") && !empty_path) || hc_str_is(base, "<UNKNOWN>")) {
			hc_thread_set_exepath(s, t, HC_STR("<NA>"));
			return;
		}
		if (empty_path) {
			name = base;
			base = HC_STR("");
		}
	} else {
		name = hc_event_str(&enter, 0);
		base = hc_thread_cwd(t);
		if (hc_str_is(name, "<NA>")) {
			hc_thread_set_exepath(s, t, name);
			return;
		}
	}
	hc_thread_set_exepath(s, t, (struct hc_str){ path, hc_path_concat(path, base, name) });
}

static void set_inode(struct hc_thread *t, struct hc_event *ev)
{
	if (!hc_event_has(ev, EXE_MTIME))
		return;
	t->exe_ino = hc_event_u64(ev, EXE_INO, 0);
	t->exe_ino_ctime_ns = hc_event_u64(ev, EXE_CTIME, 0);
	t->exe_ino_mtime_ns = hc_event_u64(ev, EXE_MTIME, 0);
	if (t->clone_ts_ns)
		t->ctime_duration_clone_ns = t->clone_ts_ns - t->exe_ino_ctime_ns;
	if (t->pidns_init_start_ts_ns && t->exe_ino_ctime_ns > t->pidns_init_start_ts_ns)
		t->ctime_duration_pidns_ns = t->exe_ino_ctime_ns - t->pidns_init_start_ts_ns;
}

static void set_credentials(struct hc_state *s, struct hc_thread *t, struct hc_event *ev)
{
	if (hc_event_has(ev, VPGID))
		t->vpgid = hc_event_i64(ev, VPGID, -1);
	if (hc_event_has(ev, LOGINUID))
		t->loginuid = (uint32_t)hc_event_u64(ev, LOGINUID, UINT32_MAX);
	if (hc_event_has(ev, EXEC_FLAGS)) {
		const uint64_t flags = hc_event_u64(ev, EXEC_FLAGS, 0);

		t->exe_writable = flags & EXE_WRITABLE;
		t->exe_upper_layer = flags & EXE_UPPER_LAYER;
		t->exe_from_memfd = flags & EXE_FROM_MEMFD;
		t->exe_lower_layer = flags & EXE_LOWER_LAYER;
	}
	if (hc_event_has(ev, CAP_EFFECTIVE)) {
		t->cap_inheritable = hc_event_u64(ev, CAP_INHERITABLE, 0);
		t->cap_permitted = hc_event_u64(ev, CAP_PERMITTED, 0);
		t->cap_effective = hc_event_u64(ev, CAP_EFFECTIVE, 0);
	}
	set_inode(t, ev);
	if (hc_event_has(ev, UID))
		t->uid = (uint32_t)hc_event_u64(ev, UID, UINT32_MAX);
	t->pgid = hc_event_i64(ev, PGID, -1);
	if (hc_event_has(ev, GID))
		t->gid = (uint32_t)hc_event_u64(ev, GID, UINT32_MAX);
	hc_users_note(s, t->container, t->uid, t->gid);
}

static void set_program(struct hc_state *s, struct hc_thread *t, struct hc_event *ev)
{
	hc_text_set_param(s, &t->exe, ev, EXE);
	t->lastexec_ts_ns = ev->ts_ns;
	if (hc_event_has(ev, COMM))
		hc_text_set_param(s, &t->comm, ev, COMM);
	else
		hc_text_share(s, &t->comm, t->exe);
	hc_text_set_bytes(s, &t->args, ev, ARGS, NULL);
	t->pid = hc_event_i64(ev, PID, t->pid);
	if (hc_thread_is_invalid(t)) {
		t->ptid = hc_event_i64(ev, PTID, -1);
		if (!(t->flags & HC_CL_CHILD_IN_PIDNS)) {
			t->vtid = t->tid;
			t->vpid = t->pid;
		}
		hc_thread_create_dependencies(s, t);
	}
	t->fdlimit = hc_event_i64(ev, FDLIMIT, t->fdlimit);
	if (hc_event_has(ev, VM_SWAP)) {
		t->pfmajor = hc_event_u64(ev, PGFT_MAJ, 0);
		t->pfminor = hc_event_u64(ev, PGFT_MIN, 0);
		t->vmsize_kb = (uint32_t)hc_event_u64(ev, VM_SIZE, 0);
		t->vmrss_kb = (uint32_t)hc_event_u64(ev, VM_RSS, 0);
		t->vmswap_kb = (uint32_t)hc_event_u64(ev, VM_SWAP, 0);
	}
	if (hc_event_has(ev, ENV))
		hc_text_set_bytes(s, &t->env, ev, ENV, NULL);
	if (hc_event_has(ev, CGROUPS))
		hc_text_set_bytes(s, &t->cgroups, ev, CGROUPS, t->cgroups);
	if (hc_event_has(ev, TTY))
		t->tty = (uint32_t)hc_event_u64(ev, TTY, 0);
}

/* All members but the caller that are not main end with an exec (step 9). */
static void remove_siblings(struct hc_state *s, struct hc_thread *t)
{
	struct hc_group *g = t->group;

	for (struct hc_thread *m = g->first, *next; m; m = next) {
		next = m->group_next;
		if (m != t && !hc_thread_is_main(m))
			hc_thread_remove(s, m);
	}
}

void hc_on_exec(struct hc_state *s, struct hc_event *ev)
{
	struct hc_thread *t = s->thread;

	if (!t || hc_event_i64(ev, RES, -1) < 0)
		return;
	if (hc_thread_is_dead(t)) {
		t->flags &= ~(uint32_t)HC_CL_CLOSED;
		if (t->group)
			t->group->nlive++;
	}
	set_program(s, t, ev);
	if (hc_event_has(ev, TRUSTED_EXEPATH))
		hc_thread_set_exepath(s, t, hc_event_str(ev, TRUSTED_EXEPATH));
	else
		exepath_from_enter(s, t);
	set_credentials(s, t, ev);
	hc_fds_remove_cloexec(s, t);
	t->flags = HC_CL_ACTIVE | HC_CL_NAME_CHANGED |
		   (t->flags & (HC_CL_PIPE_SRC | HC_CL_PIPE_DST | HC_CL_IS_MAIN | HC_CL_INVERTED));
	hc_state_touch(s, t);
	if (t->group && t->group->nlive > 1)
		remove_siblings(s, t);
}
