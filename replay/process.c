/* SPDX-License-Identifier: Apache-2.0
 *
 * What threads do to themselves short of clone and exec (state-engine.md 8 and 9). Most handlers act only on success;
 * prctl(PR_SET_NAME) and setpgid deliberately change nothing (Q).
 */
#include "replay/state-internal.h"

enum { RLIMIT_NOFILE_PORTABLE = 7, PR_SET_CHILD_SUBREAPER_PORTABLE = 36, PR_GET_CHILD_SUBREAPER_PORTABLE = 37 };

#define ALL_CAPS ((1ull << 41) - 1)

static bool succeeded(const struct hc_state *s, struct hc_event *ev)
{
	return s->thread && hc_event_i64(ev, 0, -1) >= 0;
}

void hc_on_procexit(struct hc_state *s, struct hc_event *ev)
{
	struct hc_thread *t = s->thread;
	uint32_t len;

	if (!t)
		return;
	hc_thread_kill(t);
	s->exited = t;
	if (!t->child_first)
		return;
	if (!hc_event_param(ev, 4, &len))
		t->reaper_tid = -1;
	else if (len)
		t->reaper_tid = hc_event_i64(ev, 4, -1);
}

void hc_on_prctl(struct hc_state *s, struct hc_event *ev)
{
	const uint64_t option = hc_event_u64(ev, 1, 0);

	if (!succeeded(s, ev) || !s->thread->group)
		return;
	if (option == PR_SET_CHILD_SUBREAPER_PORTABLE || option == PR_GET_CHILD_SUBREAPER_PORTABLE)
		s->thread->group->reaper = hc_event_u64(ev, 3, 0) != 0;
}

void hc_on_setsid(struct hc_state *s, struct hc_event *ev)
{
	if (!succeeded(s, ev))
		return;
	s->thread->sid = hc_event_i64(ev, 0, -1);
	hc_state_touch(s, s->thread);
}

/* "Update cwd with P" (9). The base is the calling thread's own attribute, empty in threads that are not main (Q). */
static void update_cwd(struct hc_state *s, struct hc_str path)
{
	struct hc_thread *t = s->thread, *main = hc_thread_main(t);
	char buf[HC_PATH_SIZE + 1];
	uint32_t n;

	if (!main)
		return;
	n = hc_path_concat(buf, hc_text_str(t->cwd), path);
	if (!n || buf[n - 1] != '/')
		buf[n++] = '/';
	if (hc_text_is(main->cwd, buf, n))
		return;
	hc_text_set(s, &main->cwd, buf, n);
	hc_state_touch(s, main);
}

void hc_on_chdir(struct hc_state *s, struct hc_event *ev)
{
	if (succeeded(s, ev))
		update_cwd(s, hc_event_str(ev, 1));
}

void hc_on_fchdir(struct hc_state *s, struct hc_event *ev)
{
	if (succeeded(s, ev) && s->fd)
		update_cwd(s, hc_text_str(s->fd->name));
}

void hc_on_chroot(struct hc_state *s, struct hc_event *ev)
{
	char buf[HC_PATH_SIZE];

	if (!s->thread || hc_event_i64(ev, 0, -1) != 0)
		return;
	hc_text_set(s, &s->thread->root, buf, hc_path_concat(buf, hc_thread_cwd(s->thread), hc_event_str(ev, 1)));
}

static void set_ids(struct hc_state *s, struct hc_event *ev, uint32_t k, uint32_t *id, bool is_user)
{
	uint32_t len;

	if (!s->thread || hc_event_i64(ev, 0, -1) != 0 || !hc_event_param(ev, k, &len) || !len)
		return;
	*id = (uint32_t)hc_event_u64(ev, k, UINT32_MAX);
	hc_users_note(s, s->thread->container, is_user ? *id : UINT32_MAX, is_user ? UINT32_MAX : *id);
	hc_thread_touch(s->thread);
}

void hc_on_setuid(struct hc_state *s, struct hc_event *ev)
{
	if (s->thread)
		set_ids(s, ev, 1, &s->thread->uid, true);
}

void hc_on_setgid(struct hc_state *s, struct hc_event *ev)
{
	if (s->thread)
		set_ids(s, ev, 1, &s->thread->gid, false);
}

/* setresuid, setreuid: the effective id. */
void hc_on_setresuid(struct hc_state *s, struct hc_event *ev)
{
	if (s->thread)
		set_ids(s, ev, 2, &s->thread->uid, true);
}

void hc_on_setresgid(struct hc_state *s, struct hc_event *ev)
{
	if (s->thread)
		set_ids(s, ev, 2, &s->thread->gid, false);
}

static void set_caps(struct hc_thread *t, uint64_t inheritable, uint64_t permitted, uint64_t effective)
{
	t->cap_inheritable = inheritable;
	t->cap_permitted = permitted;
	t->cap_effective = effective;
	hc_thread_touch(t);
}

void hc_on_capset(struct hc_state *s, struct hc_event *ev)
{
	if (succeeded(s, ev))
		set_caps(s->thread, hc_event_u64(ev, 1, 0), hc_event_u64(ev, 2, 0), hc_event_u64(ev, 3, 0));
}

/* A new user namespace: its first process has every capability in it. */
void hc_on_unshare(struct hc_state *s, struct hc_event *ev)
{
	if (succeeded(s, ev) && hc_event_u64(ev, 1, 0) & HC_CL_NEWUSER)
		set_caps(s->thread, ALL_CAPS, ALL_CAPS, ALL_CAPS);
}

void hc_on_setns(struct hc_state *s, struct hc_event *ev)
{
	if (succeeded(s, ev) && hc_event_u64(ev, 2, 0) & HC_CL_NEWUSER)
		set_caps(s->thread, ALL_CAPS, ALL_CAPS, ALL_CAPS);
}

static void set_fdlimit(struct hc_thread *t, int64_t limit)
{
	struct hc_thread *main = t ? hc_thread_main(t) : NULL;

	if (main && limit != -1)
		main->fdlimit = limit;
}

void hc_on_rlimit(struct hc_state *s, struct hc_event *ev)
{
	if (succeeded(s, ev) && hc_event_u64(ev, 3, 0) == RLIMIT_NOFILE_PORTABLE)
		set_fdlimit(s->thread, hc_event_i64(ev, 1, -1));
}

void hc_on_prlimit(struct hc_state *s, struct hc_event *ev)
{
	const int64_t limit = hc_event_i64(ev, 1, -1), tid = hc_event_i64(ev, 5, 0);

	if (!s->thread || hc_event_i64(ev, 0, -1) != 0 || hc_event_u64(ev, 6, 0) != RLIMIT_NOFILE_PORTABLE || limit == -1 ||
	    !hc_event_has(ev, 5))
		return;
	set_fdlimit(tid ? hc_threads_get(s, tid) : s->thread, limit);
}

/* The sizes are how things stand at the event, so failed calls tell them too. Old events lack the later ones, or all. */
static void set_vm(struct hc_thread *t, struct hc_event *ev, uint32_t first)
{
	if (hc_event_has(ev, first))
		t->vmsize_kb = (uint32_t)hc_event_u64(ev, first, 0);
	if (!hc_event_has(ev, first + 2))
		return;
	t->vmrss_kb = (uint32_t)hc_event_u64(ev, first + 1, 0);
	t->vmswap_kb = (uint32_t)hc_event_u64(ev, first + 2, 0);
}

void hc_on_memory(struct hc_state *s, struct hc_event *ev)
{
	if (s->thread)
		set_vm(s->thread, ev, 1);
}

void hc_on_switch(struct hc_state *s, struct hc_event *ev)
{
	struct hc_thread *main;

	if (!s->thread || !hc_event_has(ev, 5))
		return;
	s->thread->pfmajor = hc_event_u64(ev, 1, 0);
	s->thread->pfminor = hc_event_u64(ev, 2, 0);
	main = hc_thread_main(s->thread);
	if (main)
		set_vm(main, ev, 3);
}
