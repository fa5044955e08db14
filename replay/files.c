/* SPDX-License-Identifier: Apache-2.0
 *
 * Files and the simple kinds of fds: who makes them, copies them, closes them (state-engine.md 11). Sockets are in
 * connections.c.
 */
#include "replay/state-internal.h"

enum {
	O_DIRECTORY_PORTABLE = 1024, O_F_CREATED_PORTABLE = 16384, FD_UPPER_LAYER = 32768, FD_LOWER_LAYER = 65536,
	CREAT_UPPER_LAYER = 1, CREAT_LOWER_LAYER = 2,
	F_DUPFD_PORTABLE = 1, F_SETFD_PORTABLE = 3, F_DUPFD_CLOEXEC_PORTABLE = 26, FD_CLOEXEC_NATIVE = 1,
	EPOLL_CLOEXEC_PORTABLE = 1, CLOSE_RANGE_CLOEXEC_PORTABLE = 4,
};

static int64_t result(struct hc_event *ev)
{
	return hc_event_i64(ev, 0, -1);
}

/* Where the parameters of the five opening calls are. -1: has none. */
struct open_layout {
	uint16_t type;
	int8_t dirfd, name, flags, dev, ino, creat_flags;
	int8_t enter_dirfd, enter_name, enter_flags;
};

static const struct open_layout layouts[] = {
	{ PPME_SYSCALL_OPENAT_2_X, 1, 2, 3, 5, 6, -1, 0, 1, 2 },
	{ PPME_SYSCALL_OPEN_X, -1, 1, 2, 4, 5, -1, -1, 0, 1 },
	{ PPME_SYSCALL_OPENAT2_X, 1, 2, 3, 6, 7, -1, 0, 1, 2 },
	{ PPME_SYSCALL_CREAT_X, -1, 1, -1, 3, 4, 5, -1, 0, -1 },
	{ PPME_SYSCALL_OPEN_BY_HANDLE_AT_X, -1, 3, 2, 4, 5, -1, -1, -1, -1 },
};

static uint64_t number(struct hc_event *ev, int k)
{
	return k < 0 ? 0 : hc_event_u64(ev, (uint32_t)k, 0);
}

struct opened {
	struct hc_str base, name;
	uint32_t flags;
};

/* Name, what it is relative to, and flags; those of a stored enter event win, because old drivers told them only there. */
static struct opened read_open(struct hc_state *s, struct hc_event *ev, const struct open_layout *l, struct hc_event *enter,
			       char *dir)
{
	struct opened o = { .base = HC_STR(""), .name = hc_event_str(ev, (uint32_t)l->name),
			    .flags = (uint32_t)number(ev, l->flags) };
	struct hc_event *from = ev;
	int dirfd = l->dirfd;
	uint32_t len;

	if (l->enter_name >= 0 && hc_state_enter(s, enter)) {
		struct hc_str name = hc_event_str(enter, (uint32_t)l->enter_name);

		if (!hc_str_is(name, "<NA>")) {
			o.name = name;
			o.flags = (uint32_t)number(enter, l->enter_flags) | (o.flags & -(uint32_t)O_F_CREATED_PORTABLE);
			from = enter;
			dirfd = l->enter_dirfd;
		}
	}
	if (dirfd >= 0) {
		hc_event_param(from, (uint32_t)dirfd, &len);
		if (len)
			o.base = hc_path_dirfd(s->thread, hc_event_i64(from, (uint32_t)dirfd, -1), o.name, dir);
	} else if (l->type != PPME_SYSCALL_OPEN_BY_HANDLE_AT_X) {
		o.base = hc_thread_cwd(s->thread);
	}
	return o;
}

static uint8_t layer(bool upper, bool lower)
{
	return (uint8_t)((upper ? HC_FDF_UPPER : 0) | (lower ? HC_FDF_LOWER : 0));
}

void hc_on_open(struct hc_state *s, struct hc_event *ev)
{
	const struct open_layout *l = layouts;
	char path[HC_PATH_SIZE], dir[HC_PATH_SIZE + 1];
	const int64_t res = result(ev);
	struct hc_event enter;
	struct hc_fd_opened made;
	struct opened o;

	if (!s->thread || res < 0)
		return;
	while (l->type != ev->type)
		l++;
	o = read_open(s, ev, l, &enter, dir);
	made = (struct hc_fd_opened){
		.type = o.flags & O_DIRECTORY_PORTABLE ? HC_FD_DIRECTORY : HC_FD_FILE_V2, .open_flags = o.flags,
		.dev = (uint32_t)number(ev, l->dev), .ino = number(ev, l->ino),
		.name = { path, hc_path_concat(path, o.base, o.name) }, .raw = o.name };
	if (l->creat_flags >= 0) {
		const uint64_t flags = number(ev, l->creat_flags);

		made.flags = layer(flags & CREAT_UPPER_LAYER, !(flags & CREAT_UPPER_LAYER) && flags & CREAT_LOWER_LAYER);
	} else {
		made.flags = layer(o.flags & FD_UPPER_LAYER, o.flags & FD_LOWER_LAYER);
	}
	hc_fds_add_opened(s, s->thread, res, &made);
}

/* Calls that make one nameless fd: its type, and which parameter is its open flags (0: none). */
void hc_on_creator(struct hc_state *s, struct hc_event *ev)
{
	const int64_t res = result(ev);
	uint8_t type;
	uint32_t k = 0;
	struct hc_fd *fd;

	switch (ev->type) {
	case PPME_SYSCALL_EVENTFD_X: type = HC_FD_EVENT; break;
	case PPME_SYSCALL_EVENTFD2_X: type = HC_FD_EVENT; k = 1; break;
	case PPME_SYSCALL_SIGNALFD_X: type = HC_FD_SIGNALFD; break;
	case PPME_SYSCALL_SIGNALFD4_X: type = HC_FD_SIGNALFD; k = 1; break;
	case PPME_SYSCALL_TIMERFD_CREATE_X: type = HC_FD_TIMERFD; k = 2; break;
	case PPME_SYSCALL_INOTIFY_INIT_X: type = HC_FD_INOTIFY; break;
	case PPME_SYSCALL_INOTIFY_INIT1_X: type = HC_FD_INOTIFY; k = 1; break;
	case PPME_SYSCALL_EPOLL_CREATE_X: type = HC_FD_EVENTPOLL; break;
	case PPME_SYSCALL_EPOLL_CREATE1_X: type = HC_FD_EVENTPOLL; k = 1; break;
	case PPME_SYSCALL_USERFAULTFD_X: type = HC_FD_USERFAULTFD; break;
	case PPME_SYSCALL_IO_URING_SETUP_X: type = HC_FD_IO_URING; break;
	default: type = HC_FD_BPF; break; /* bpf: every res >= 0 (Q) */
	}
	if (!s->thread || res < 0)
		return;
	fd = hc_fds_add(s, s->thread, res, type);
	if (!fd || !k)
		return;
	fd->open_flags = (uint32_t)hc_event_u64(ev, k, 0);
	if (type == HC_FD_EVENTPOLL)
		fd->open_flags = fd->open_flags & EPOLL_CLOEXEC_PORTABLE ? HC_CLOEXEC : 0;
}

void hc_on_pipe(struct hc_state *s, struct hc_event *ev)
{
	if (!s->thread || result(ev) < 0)
		return;
	for (uint32_t k = 1; k <= 2; k++) {
		struct hc_fd *fd = hc_fds_add(s, s->thread, hc_event_i64(ev, k, -1), HC_FD_FIFO);

		if (!fd)
			continue;
		fd->ino = hc_event_u64(ev, 3, 0);
		if (ev->type == PPME_SYSCALL_PIPE2_X)
			fd->open_flags = (uint32_t)hc_event_u64(ev, 4, 0);
	}
}

/* (Q) A failed call leaves an entry of unknown type under its negative result: never found, but counted. */
void hc_on_memfd(struct hc_state *s, struct hc_event *ev)
{
	const int64_t res = result(ev);
	struct hc_str name = hc_event_str(ev, 1);
	struct hc_fd *fd;

	if (!s->thread)
		return;
	fd = hc_fds_add(s, s->thread, res, res >= 0 ? HC_FD_MEMFD : HC_FD_UNKNOWN);
	if (!fd || res < 0)
		return;
	fd->open_flags = (uint32_t)hc_event_u64(ev, 2, 0);
	hc_fd_set_name(s, fd, name.p, name.len);
}

void hc_on_pidfd_open(struct hc_state *s, struct hc_event *ev)
{
	const int64_t res = result(ev), pid = hc_event_i64(ev, 1, -1);
	char name[40];
	struct hc_fd *fd;

	if (!s->thread || res < 0)
		return;
	fd = hc_fds_add(s, s->thread, res, HC_FD_PIDFD);
	if (!fd)
		return;
	fd->pid = pid;
	fd->open_flags = (uint32_t)hc_event_u64(ev, 2, 0);
	hc_fd_set_name(s, fd, name, (size_t)snprintf(name, sizeof name, "/proc/%lld", (long long)pid));
}

void hc_on_pidfd_getfd(struct hc_state *s, struct hc_event *ev)
{
	const int64_t res = result(ev);
	struct hc_fd *pidfd, *target, *copy;
	struct hc_thread *other;

	if (!s->thread || res < 0)
		return;
	pidfd = hc_fdtable_get(hc_thread_fds(s->thread), hc_event_i64(ev, 1, -1));
	other = pidfd && pidfd->type == HC_FD_PIDFD ? hc_state_find(s, pidfd->pid) : NULL;
	target = other ? hc_fdtable_get(hc_thread_fds(other), hc_event_i64(ev, 2, -1)) : NULL;
	copy = target ? hc_fds_add_copy(s, s->thread, res, target) : NULL;
	if (copy)
		hc_fd_set_cloexec(copy, true);
}

void hc_on_dup(struct hc_state *s, struct hc_event *ev)
{
	const int64_t res = result(ev);
	struct hc_fd *copy;

	if (!s->thread || !s->fd || res < 0)
		return;
	copy = hc_fds_add_copy(s, s->thread, res, s->fd);
	if (res == 0)
		s->thread->flags |= HC_CL_PIPE_DST;
	else if (res == 1)
		s->thread->flags |= HC_CL_PIPE_SRC;
	if (copy)
		hc_fd_set_cloexec(copy, ev->type == PPME_SYSCALL_DUP3_X && hc_event_u64(ev, 3, 0) & HC_CLOEXEC);
}

void hc_on_fcntl(struct hc_state *s, struct hc_event *ev)
{
	const int64_t res = result(ev);
	const uint64_t cmd = hc_event_u64(ev, 2, 0);
	struct hc_fd *fd;

	if (!s->thread || !s->fd || res < 0)
		return;
	if (cmd == F_DUPFD_PORTABLE || cmd == F_DUPFD_CLOEXEC_PORTABLE) {
		fd = hc_fds_add_copy(s, s->thread, res, s->fd);
		if (fd)
			hc_fd_set_cloexec(fd, cmd == F_DUPFD_CLOEXEC_PORTABLE);
	} else if (cmd == F_SETFD_PORTABLE) {
		fd = hc_fds_edit_event(s);
		if (fd)
			hc_fd_set_cloexec(fd, hc_event_u64(ev, 3, 0) & FD_CLOEXEC_NATIVE);
	}
}

void hc_on_close(struct hc_state *s, struct hc_event *ev)
{
	if (!s->thread || !s->fd || result(ev) < 0)
		return;
	s->closed_in = s->thread;
	s->closed_fd = s->thread->last_fd;
}

void hc_on_close_range(struct hc_state *s, struct hc_event *ev)
{
	if (!s->thread || result(ev) < 0)
		return;
	hc_fds_range(s, s->thread, (int64_t)hc_event_u64(ev, 1, 0), (int64_t)(uint32_t)hc_event_u64(ev, 2, 0),
		     hc_event_u64(ev, 3, 0) & CLOSE_RANGE_CLOEXEC_PORTABLE);
}
