/* SPDX-License-Identifier: Apache-2.0
 *
 * One event through the host state, in the order of state-engine.md section 1, and the two tables that drive it: how an
 * event type is prepared (5), and who applies it. Most events have no handler and cost a look-up of thread and fd.
 */
#include "replay/state-internal.h"

#include <sys/random.h>

#include "common/ledger.h"
#include "common/mem.h"

/* How the event's thread is found (5.1). */
enum kind {
	KIND_ANY,       /* looked up, or a placeholder made */
	KIND_KNOWN,     /* looked up only */
	KIND_SWITCH,    /* ... and its fds are left alone */
	KIND_NONE,      /* no thread */
	KIND_PROCINFO,  /* looked up only, nothing else */
};

struct how {
	uint8_t kind;
	uint8_t fd_param; /* 0: none; where the fd is in exit events (5.3) */
	void (*apply)(struct hc_state *s, struct hc_event *ev);
};

#define PLAIN(type, param) [type] = { .fd_param = (param) }
#define APPLY(type, handler) [type] = { .apply = (handler) }
#define APPLY_FD(type, param, handler) [type] = { .fd_param = (param), .apply = (handler) }
#define WITH(type, how_kind, handler) [type] = { .kind = (how_kind), .apply = (handler) }

static void on_async(struct hc_state *s, struct hc_event *ev)
{
	if (hc_str_is(hc_event_str(ev, 1), HC_LEDGER_STATE))
		hc_state_numbers_event(s, ev);
	else
		hc_containers_event(s, ev);
}

static const struct how how_table[HC_EVENT_COUNT] = {
	WITH(PPME_DROP_E, KIND_NONE, NULL),
	WITH(PPME_DROP_X, KIND_NONE, NULL),
	WITH(PPME_SCAPEVENT_E, KIND_NONE, NULL),
	WITH(PPME_CPU_HOTPLUG_E, KIND_NONE, NULL),
	WITH(PPME_K8S_E, KIND_NONE, NULL),
	WITH(PPME_MESOS_E, KIND_NONE, NULL),
	WITH(PPME_NOTIFICATION_E, KIND_NONE, NULL),
	WITH(PPME_INFRASTRUCTURE_EVENT_E, KIND_NONE, NULL),
	WITH(PPME_PAGE_FAULT_E, KIND_NONE, NULL),
	WITH(PPME_PLUGINEVENT_E, KIND_NONE, NULL),
	WITH(PPME_PROCINFO_E, KIND_PROCINFO, NULL),
	WITH(PPME_CONTAINER_JSON_2_E, KIND_NONE, hc_containers_event),
	WITH(PPME_ASYNCEVENT_E, KIND_NONE, on_async),
	WITH(PPME_USER_ADDED_E, KIND_NONE, hc_users_event),
	WITH(PPME_USER_DELETED_E, KIND_NONE, hc_users_event),
	WITH(PPME_GROUP_ADDED_E, KIND_NONE, hc_users_event),
	WITH(PPME_GROUP_DELETED_E, KIND_NONE, hc_users_event),
	WITH(PPME_SCHEDSWITCH_6_E, KIND_SWITCH, hc_on_switch),
	WITH(PPME_PROCEXIT_1_E, KIND_KNOWN, hc_on_procexit),
	WITH(PPME_SYSCALL_CLONE_20_X, KIND_KNOWN, hc_on_clone),
	WITH(PPME_SYSCALL_FORK_20_X, KIND_KNOWN, hc_on_clone),
	WITH(PPME_SYSCALL_VFORK_20_X, KIND_KNOWN, hc_on_clone),
	WITH(PPME_SYSCALL_CLONE3_X, KIND_KNOWN, hc_on_clone),

	APPLY(PPME_SYSCALL_EXECVE_19_X, hc_on_exec),
	APPLY(PPME_SYSCALL_EXECVEAT_X, hc_on_exec),
	APPLY(PPME_SYSCALL_PRCTL_X, hc_on_prctl),
	APPLY(PPME_SYSCALL_SETSID_X, hc_on_setsid),
	APPLY(PPME_SYSCALL_CHDIR_X, hc_on_chdir),
	APPLY(PPME_SYSCALL_GETCWD_X, hc_on_chdir),
	APPLY_FD(PPME_SYSCALL_FCHDIR_X, 1, hc_on_fchdir),
	APPLY(PPME_SYSCALL_CHROOT_X, hc_on_chroot),
	APPLY(PPME_SYSCALL_SETUID_X, hc_on_setuid),
	APPLY(PPME_SYSCALL_SETGID_X, hc_on_setgid),
	APPLY(PPME_SYSCALL_SETREUID_X, hc_on_setresuid),
	APPLY(PPME_SYSCALL_SETREGID_X, hc_on_setresgid),
	APPLY(PPME_SYSCALL_SETRESUID_X, hc_on_setresuid),
	APPLY(PPME_SYSCALL_SETRESGID_X, hc_on_setresgid),
	APPLY(PPME_SYSCALL_CAPSET_X, hc_on_capset),
	APPLY(PPME_SYSCALL_UNSHARE_X, hc_on_unshare),
	APPLY_FD(PPME_SYSCALL_SETNS_X, 1, hc_on_setns),
	APPLY(PPME_SYSCALL_GETRLIMIT_X, hc_on_rlimit),
	APPLY(PPME_SYSCALL_SETRLIMIT_X, hc_on_rlimit),
	APPLY(PPME_SYSCALL_PRLIMIT_X, hc_on_prlimit),
	APPLY(PPME_SYSCALL_BRK_4_X, hc_on_memory),
	APPLY(PPME_SYSCALL_MUNMAP_X, hc_on_memory),
	APPLY_FD(PPME_SYSCALL_MMAP_X, 8, hc_on_memory),
	APPLY_FD(PPME_SYSCALL_MMAP2_X, 8, hc_on_memory),

	APPLY(PPME_SYSCALL_OPEN_X, hc_on_open),
	APPLY(PPME_SYSCALL_CREAT_X, hc_on_open),
	APPLY(PPME_SYSCALL_OPENAT_2_X, hc_on_open),
	APPLY(PPME_SYSCALL_OPENAT2_X, hc_on_open),
	APPLY(PPME_SYSCALL_OPEN_BY_HANDLE_AT_X, hc_on_open),
	APPLY(PPME_SYSCALL_EVENTFD_X, hc_on_creator),
	APPLY(PPME_SYSCALL_EVENTFD2_X, hc_on_creator),
	APPLY(PPME_SYSCALL_SIGNALFD_X, hc_on_creator),
	APPLY(PPME_SYSCALL_SIGNALFD4_X, hc_on_creator),
	APPLY(PPME_SYSCALL_TIMERFD_CREATE_X, hc_on_creator),
	APPLY(PPME_SYSCALL_INOTIFY_INIT_X, hc_on_creator),
	APPLY(PPME_SYSCALL_INOTIFY_INIT1_X, hc_on_creator),
	APPLY(PPME_SYSCALL_EPOLL_CREATE_X, hc_on_creator),
	APPLY(PPME_SYSCALL_EPOLL_CREATE1_X, hc_on_creator),
	APPLY(PPME_SYSCALL_USERFAULTFD_X, hc_on_creator),
	APPLY(PPME_SYSCALL_IO_URING_SETUP_X, hc_on_creator),
	APPLY(PPME_SYSCALL_BPF_2_X, hc_on_creator),
	APPLY(PPME_SYSCALL_PIPE_X, hc_on_pipe),
	APPLY(PPME_SYSCALL_PIPE2_X, hc_on_pipe),
	APPLY(PPME_SYSCALL_MEMFD_CREATE_X, hc_on_memfd),
	APPLY(PPME_SYSCALL_PIDFD_OPEN_X, hc_on_pidfd_open),
	APPLY(PPME_SYSCALL_PIDFD_GETFD_X, hc_on_pidfd_getfd),
	APPLY_FD(PPME_SYSCALL_DUP_1_X, 1, hc_on_dup),
	APPLY_FD(PPME_SYSCALL_DUP2_X, 1, hc_on_dup),
	APPLY_FD(PPME_SYSCALL_DUP3_X, 1, hc_on_dup),
	APPLY_FD(PPME_SYSCALL_FCNTL_X, 1, hc_on_fcntl),
	APPLY_FD(PPME_SYSCALL_CLOSE_X, 1, hc_on_close),
	APPLY(PPME_SYSCALL_CLOSE_RANGE_X, hc_on_close_range),

	APPLY(PPME_SOCKET_SOCKET_X, hc_on_socket),
	APPLY(PPME_SOCKET_SOCKETPAIR_X, hc_on_socketpair),
	APPLY_FD(PPME_SOCKET_BIND_X, 2, hc_on_bind),
	APPLY_FD(PPME_SOCKET_CONNECT_X, 2, hc_on_connect),
	APPLY(PPME_SOCKET_ACCEPT_5_X, hc_on_accept),
	APPLY(PPME_SOCKET_ACCEPT4_6_X, hc_on_accept),
	APPLY_FD(PPME_SOCKET_SEND_X, 2, hc_on_send),
	APPLY_FD(PPME_SOCKET_SENDTO_X, 2, hc_on_send),
	APPLY_FD(PPME_SOCKET_SENDMSG_X, 2, hc_on_send),
	APPLY_FD(PPME_SOCKET_SENDMMSG_X, 1, hc_on_send),
	APPLY_FD(PPME_SOCKET_RECV_X, 2, hc_on_recv),
	APPLY_FD(PPME_SOCKET_RECVFROM_X, 3, hc_on_recv),
	APPLY_FD(PPME_SOCKET_RECVMSG_X, 5, hc_on_recv),
	APPLY_FD(PPME_SOCKET_RECVMMSG_X, 1, hc_on_recv),
	APPLY_FD(PPME_SYSCALL_READ_X, 2, hc_on_io),
	APPLY_FD(PPME_SYSCALL_READV_X, 3, hc_on_io),
	APPLY_FD(PPME_SYSCALL_PREAD_X, 2, hc_on_io),
	APPLY_FD(PPME_SYSCALL_PREADV_X, 3, hc_on_io),
	APPLY_FD(PPME_SYSCALL_WRITE_X, 2, hc_on_io),
	APPLY_FD(PPME_SYSCALL_WRITEV_X, 2, hc_on_io),
	APPLY_FD(PPME_SYSCALL_PWRITE_X, 2, hc_on_io),
	APPLY_FD(PPME_SYSCALL_PWRITEV_X, 2, hc_on_io),

	PLAIN(PPME_SOCKET_LISTEN_X, 1), PLAIN(PPME_SOCKET_SHUTDOWN_X, 1), PLAIN(PPME_SOCKET_SETSOCKOPT_X, 1),
	PLAIN(PPME_SOCKET_GETSOCKOPT_X, 1), PLAIN(PPME_SYSCALL_LSEEK_X, 1), PLAIN(PPME_SYSCALL_LLSEEK_X, 1),
	PLAIN(PPME_SYSCALL_IOCTL_3_X, 1), PLAIN(PPME_SYSCALL_FSTAT_X, 1), PLAIN(PPME_SYSCALL_GETDENTS_X, 1),
	PLAIN(PPME_SYSCALL_GETDENTS64_X, 1), PLAIN(PPME_SYSCALL_FLOCK_X, 1), PLAIN(PPME_SYSCALL_COPY_FILE_RANGE_X, 1),
	PLAIN(PPME_SYSCALL_NEWFSTATAT_X, 1), PLAIN(PPME_SYSCALL_FCHOWNAT_X, 1), PLAIN(PPME_SYSCALL_FCHMODAT_X, 1),
	PLAIN(PPME_SYSCALL_MKDIRAT_X, 1), PLAIN(PPME_SYSCALL_UNLINKAT_2_X, 1), PLAIN(PPME_SYSCALL_MKNODAT_X, 1),
	PLAIN(PPME_SYSCALL_IO_URING_REGISTER_X, 1), PLAIN(PPME_SYSCALL_IO_URING_ENTER_X, 1),
	PLAIN(PPME_SYSCALL_FSCONFIG_X, 1), PLAIN(PPME_SYSCALL_FINIT_MODULE_X, 1), PLAIN(PPME_SYSCALL_FCHMOD_X, 1),
	PLAIN(PPME_SYSCALL_FCHOWN_X, 1), PLAIN(PPME_SYSCALL_SENDFILE_X, 2), PLAIN(PPME_SYSCALL_SPLICE_X, 2),
	PLAIN(PPME_SYSCALL_SYMLINKAT_X, 2),
};

static void init(struct hc_state *s)
{
	hc_threads_init(s);
	hc_fd_again_init(s);
	hc_groups_init(s);
	hc_users_init(s);
	hc_containers_init(s);
	hc_cgroups_init(s);
}

static void done(struct hc_state *s)
{
	hc_cgroups_done(s);
	hc_containers_done(s);
	hc_users_done(s);
	hc_threads_done(s);
	hc_fd_again_done(s);
	hc_groups_done(s);
	hc_pool_done(&s->pool);
}

struct hc_state *hc_state_new(uint64_t bytes_max)
{
	struct hc_state *s = hc_calloc(1, sizeof *s);

	s->thread_epoch = s->lineage_epoch = 1;
	/* A predictable seed would only let a capture slow us down, so a failure is not worth an error. */
	if (getrandom(&s->seed, sizeof s->seed, GRND_NONBLOCK) != (ssize_t)sizeof s->seed)
		s->seed = (uint64_t)(uintptr_t)s;
	hc_pool_init(&s->pool, bytes_max ? bytes_max : HC_STATE_BYTES_MAX);
	init(s);
	return s;
}

struct hc_state *hc_state_free(struct hc_state *s)
{
	if (s) {
		done(s);
		free(s);
	}
	return NULL;
}

void hc_state_section(struct hc_state *s, const struct hc_section *section)
{
	done(s);
	init(s);
	s->event = NULL;
	s->container = NULL;
	s->container_removed = false;
	s->has_first = false;
	s->first_ts_ns = 0;
	s->section = section;
	if (section->has_machine) /* else that of the section before stays in force (scap-format.md 2.4) */
		s->machine = section->machine;
	hc_state_raise(&s->thread_epoch);
	hc_state_raise(&s->lineage_epoch);
	hc_snapshot_load(s, section);
	s->loading = true;
}

void hc_state_loaded(struct hc_state *s)
{
	if (!s->loading)
		return;
	s->loading = false;
	hc_snapshot_finish(s);
}

/* Initial-state events may only stand at the very beginning (2). */
bool hc_state_is_initial_type(uint16_t type)
{
	switch (type) {
	case PPME_CONTAINER_JSON_2_E:
	case PPME_USER_ADDED_E:
	case PPME_USER_DELETED_E:
	case PPME_GROUP_ADDED_E:
	case PPME_GROUP_DELETED_E:
	case PPME_ASYNCEVENT_E:
		return true;
	default:
		return false;
	}
}

void hc_state_settle(struct hc_state *s, uint64_t ts_ns)
{
	struct hc_thread *t = s->exited;

	if (t) {
		s->exited = NULL;
		hc_exits_add(s, t->ptid, t->tid, ts_ns);
		hc_thread_remove(s, t);
	}
	t = s->closed_in;
	if (t) {
		s->closed_in = NULL;
		hc_fds_remove(s, t, s->closed_fd);
	}
	if (s->container_removed)
		hc_containers_settle(s);
}

/* Recorders that did not tell the arguments at the enter wrote events without any; conversion gives them empty ones. They
 * are not kept, so that their exits find no usable enter event (5.3) rather than one that says "<NA>". */
static bool tells_nothing(struct hc_event *ev)
{
	return !hc_event_has(ev, 0) && ev->type != PPME_SOCKET_CONNECT_E && ev->type != PPME_SYSCALL_EXECVEAT_E;
}

/* Keeps a passing enter event with its thread: count and lengths of its parameters, then their bytes. */
static void store_enter(struct hc_state *s, struct hc_thread *t, struct hc_event *ev)
{
	uint8_t buf[2 + 2 * HC_EVENT_PARAMS_MAX];
	struct hc_text *text;
	uint32_t n, size;

	hc_text_unref(&s->pool, t->enter);
	t->enter = NULL;
	if (tells_nothing(ev))
		return;
	if (!ev->nindexed)
		hc_event_index(ev);
	n = ev->nindexed - 1;
	size = 2 + 2 * n;
	memcpy(buf, &(uint16_t){ (uint16_t)n }, 2);
	memcpy(buf + 2, ev->lens, 2 * (size_t)n);
	if (hc_pool_full(&s->pool)) {
		s->stats.texts_refused++;
		return;
	}
	text = hc_pool_alloc(&s->pool, sizeof *text + size + ev->param_off[n] + 1);
	text->refs = 1;
	text->len = size + ev->param_off[n];
	memcpy(text->p, buf, size);
	memcpy(text->p + size, ev->data, ev->param_off[n]);
	t->enter = text;
}

bool hc_state_enter(struct hc_state *s, struct hc_event *ret)
{
	const struct hc_text *text;
	uint32_t n;

	if (!s->enter_usable)
		return false;
	text = s->thread->enter;
	n = hc_le16((const uint8_t *)text->p);
	*ret = (struct hc_event){ .type = s->thread->enter_type, .tid = s->thread->tid, .nparams = n,
				  .lens = (const uint8_t *)text->p + 2, .data = (const uint8_t *)text->p + 2 + 2 * n };
	return true;
}

static void prepare_enter(struct hc_state *s, struct hc_event *ev, struct hc_thread *t)
{
	t->last_fd = -1;
	t->enter_type = ev->type;
	if (!(hc_event_info(ev)->category & EC_SYSCALL))
		return;
	store_enter(s, t, ev);
	if (ev->type == PPME_SOCKET_CONNECT_E) {
		t->last_fd = hc_event_i64(ev, 0, -1);
		s->fd = hc_fdtable_get(hc_thread_fds(t), t->last_fd);
	}
}

static void prepare_exit(struct hc_state *s, struct hc_event *ev, struct hc_thread *t, const struct how *how)
{
	if (ev->type == (uint16_t)(t->enter_type + 1) ||
	    (ev->type == PPME_SYSCALL_EXECVE_19_X && t->enter_type == PPME_SYSCALL_EXECVEAT_E))
		s->enter_usable = t->enter != NULL;
	else
		t->last_fd = -1;
	if (!how->fd_param)
		return;
	if (t->last_fd == -1)
		t->last_fd = hc_event_i64(ev, how->fd_param, -1);
	s->fd = hc_fdtable_get(hc_thread_fds(t), t->last_fd);
}

void hc_state_prepare(struct hc_state *s, struct hc_event *ev)
{
	const struct how *how = &how_table[ev->type];
	struct hc_thread *t = NULL, *last = s->last_found;

	s->fd = NULL;
	s->enter_usable = false;
	if (how->kind <= KIND_KNOWN && last && last->tid == ev->tid)
		t = last; /* mostly */
	else if (how->kind == KIND_ANY)
		t = hc_threads_get(s, ev->tid);
	else if (how->kind != KIND_NONE)
		t = hc_state_find(s, ev->tid);
	s->thread = t;
	if (!t || how->kind == KIND_SWITCH || how->kind == KIND_PROCINFO)
		return;
	if (how->kind == KIND_ANY)
		t->flags |= HC_CL_ACTIVE;
	if (ev->type & 1)
		prepare_exit(s, ev, t, how);
	else
		prepare_enter(s, ev, t);
}

/* A thread that became another program or was born may be in another container (fields-semantics.md 6.1). */
static void note_container(struct hc_state *s, struct hc_event *ev)
{
	switch (ev->type) {
	case PPME_SYSCALL_CLONE_20_X:
	case PPME_SYSCALL_FORK_20_X:
	case PPME_SYSCALL_VFORK_20_X:
	case PPME_SYSCALL_CLONE3_X:
	case PPME_SYSCALL_EXECVE_19_X:
	case PPME_SYSCALL_EXECVEAT_X:
	case PPME_SYSCALL_CHROOT_X:
		if (s->thread && hc_event_i64(ev, 0, -1) >= 0)
			hc_thread_compute_container(s, s->thread);
		break;
	default:
		break;
	}
}

bool hc_state_event(struct hc_state *s, struct hc_event *ev)
{
	const struct hc_event_info *info = hc_event_info(ev);
	const struct how *how = &how_table[ev->type];

	if (s->exited || s->closed_in || s->container_removed)
		hc_state_settle(s, ev->ts_ns);
	if (s->loading && !hc_state_is_initial_type(ev->type))
		hc_state_loaded(s);
	if (!s->has_first && !(info->category & EC_METAEVENT)) {
		s->has_first = true;
		s->first_ts_ns = ev->ts_ns;
	}
	s->event = ev;
	s->container = NULL;
	s->fd_name_changed = s->io_changed = s->had_enter = false;
	s->placeholders_before = s->stats.placeholders;
	hc_state_prepare(s, ev);
	if (how->apply) {
		how->apply(s, ev);
		note_container(s, ev);
	}
	if (s->thread && s->thread->enter && ev->type & 1) {
		hc_text_unref(&s->pool, s->thread->enter);
		s->thread->enter = NULL;
		s->enter_usable = false;
		s->had_enter = true;
	}
	if (s->loading || ev->flags & HC_EVENT_STATE_ONLY)
		return false;
	return ev->type & 1 || !(info->category & EC_SYSCALL);
}

bool hc_state_matters(const struct hc_state *s)
{
	struct hc_event *ev = s->event;
	void (*apply)(struct hc_state *s, struct hc_event *ev) = how_table[ev->type].apply;
	uint32_t len;

	if (s->had_enter || s->stats.placeholders != s->placeholders_before)
		return true;
	if (!(ev->type & 1) && hc_event_info(ev)->category & EC_SYSCALL)
		return true; /* to be stored */
	if (!apply)
		return false;
	if (apply == hc_on_io || apply == hc_on_send || apply == hc_on_recv)
		return s->io_changed;
	/* Failed calls change nothing, but for one still in progress, one that is counted, and those that tell sizes. */
	if (ev->type & 1 && ev->type != PPME_SOCKET_CONNECT_X && ev->type != PPME_SYSCALL_MEMFD_CREATE_X &&
	    apply != hc_on_memory) {
		hc_event_param(ev, 0, &len);
		return !len || hc_event_i64(ev, 0, -1) >= 0;
	}
	return true;
}

void hc_state_stats(const struct hc_state *s, struct hc_state_stats *ret)
{
	*ret = s->stats;
	ret->threads = s->ntids;
	ret->users_refused = s->users.refused;
	ret->containers_refused = s->containers.refused;
	ret->containers_bad = s->containers.bad;
	ret->bytes = s->pool.used;
	ret->bytes_peak = s->pool.peak;
}
