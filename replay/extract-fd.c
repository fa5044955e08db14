/* SPDX-License-Identifier: Apache-2.0
 *
 * fd.* fields that are not about addresses: numbers, names, types, flags (fields-semantics.md 5.1 to 5.3).
 */
#include "replay/extract.h"

#include "replay/paths.h"
#include "replay/render.h"

static const struct {
	const char *word;
	char character;
} types[HC_FD_TYPE_COUNT] = {
	[HC_FD_UNKNOWN] = { "<NA>", 'o' }, [HC_FD_FILE] = { "file", 'f' }, [HC_FD_DIRECTORY] = { "directory", 'd' },
	[HC_FD_IPV4_SOCK] = { "ipv4", '4' }, [HC_FD_IPV6_SOCK] = { "ipv6", '6' }, [HC_FD_IPV4_SERVSOCK] = { "ipv4", '4' },
	[HC_FD_IPV6_SERVSOCK] = { "ipv6", '6' }, [HC_FD_FIFO] = { "pipe", 'p' }, [HC_FD_UNIX_SOCK] = { "unix", 'u' },
	[HC_FD_EVENT] = { "event", 'e' }, [HC_FD_UNSUPPORTED] = { "<NA>", 'X' }, [HC_FD_SIGNALFD] = { "signalfd", 's' },
	[HC_FD_EVENTPOLL] = { "eventpoll", 'l' }, [HC_FD_INOTIFY] = { "inotify", 'i' },
	[HC_FD_TIMERFD] = { "timerfd", 't' }, [HC_FD_NETLINK] = { "netlink", 'n' }, [HC_FD_FILE_V2] = { "file", 'f' },
	[HC_FD_BPF] = { "bpf", 'b' }, [HC_FD_USERFAULTFD] = { "userfaultfd", 'u' }, [HC_FD_IO_URING] = { "io_uring", 'r' },
	[HC_FD_MEMFD] = { "memfd", 'm' }, [HC_FD_PIDFD] = { "pidfd", 'P' },
};

char hc_fd_char(uint8_t type)
{
	return types[type < HC_FD_TYPE_COUNT ? type : HC_FD_UNKNOWN].character;
}

struct hc_str hc_fd_word(uint8_t type)
{
	return hc_str(types[type < HC_FD_TYPE_COUNT ? type : HC_FD_UNKNOWN].word);
}

static bool is_file(const struct hc_fd *fd)
{
	return fd->type == HC_FD_FILE || fd->type == HC_FD_FILE_V2;
}

/* The character an event without entry shows (5.3). */
static const char *char_of_event(uint16_t type)
{
	static const struct {
		const char *name, *character;
	} of[] = {
		{ "openat", "f" }, { "openat2", "f" }, { "creat", "f" }, { "socket", "4" }, { "accept", "4" },
		{ "accept4", "4" }, { "pipe", "p" }, { "pipe2", "p" }, { "eventfd", "e" }, { "eventfd2", "e" },
		{ "signalfd", "s" }, { "signalfd4", "s" }, { "timerfd_create", "t" }, { "inotify_init", "i" },
		{ "inotify_init1", "i" },
	};

	for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
		if (!strcmp(hc_event_table[type].name, of[i].name))
			return of[i].character;
	return "o";
}

static bool give_char(const struct hc_eval *eval, struct hc_value *ret)
{
	if (!eval->fd)
		return hc_give_str(ret, hc_str(char_of_event(eval->ev->type)));
	return hc_give_str(ret, (struct hc_str){ &types[eval->fd->type < HC_FD_TYPE_COUNT ? eval->fd->type : 0].character, 1 });
}

bool hc_extract_fd(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	const struct hc_fd *fd = eval->fd;
	struct hc_buf *buf;

	switch (field->id) {
	case HC_FIELD_FD_NUM: return hc_give_int(ret, (uint64_t)eval->thread->last_fd);
	case HC_FIELD_FD_TYPE: return hc_give_str(ret, hc_fd_word(fd->type));
	case HC_FIELD_FD_TYPECHAR: return give_char(eval, ret);
	case HC_FIELD_FD_UID:
		buf = hc_eval_text(eval);
		hc_buf_i64(buf, eval->ev->tid);
		hc_buf_i64(buf, eval->thread->last_fd);
		return hc_give_buf(eval, ret, buf);
	case HC_FIELD_FD_CONNECTED: return hc_give_bool(ret, fd->flags & HC_FDF_CONNECTED);
	case HC_FIELD_FD_NAME_CHANGED: return hc_give_bool(ret, eval->state->fd_name_changed);
	case HC_FIELD_FD_DEV: return hc_give_int(ret, (uint64_t)(int64_t)(int32_t)fd->dev);
	case HC_FIELD_FD_DEV_MAJOR: return hc_give_int(ret, (fd->dev & 0xfff00) >> 8);
	case HC_FIELD_FD_DEV_MINOR: return hc_give_int(ret, (fd->dev & 0xff) | ((fd->dev >> 12) & 0xfff00));
	case HC_FIELD_FD_INO: return hc_give_int(ret, fd->ino);
	case HC_FIELD_FD_IS_UPPER_LAYER: return hc_give_bool(ret, fd->flags & HC_FDF_UPPER);
	default: return hc_give_bool(ret, fd->flags & HC_FDF_LOWER);
	}
}

/* Parameter k as fd.name shows it: resolved text preferred. */
static bool give_param(struct hc_eval *eval, uint32_t k, struct hc_value *ret)
{
	struct hc_buf *plain = hc_eval_text(eval), *resolved = &eval->text2;

	hc_buf_reset(resolved);
	return hc_render_param(eval, k, false, plain, resolved) && hc_give_buf(eval, ret, resolved->len ? resolved : plain);
}

/* Names of events whose fd is not known, mostly because the call failed (5.2). */
static bool name_of_event(struct hc_eval *eval, bool raw, struct hc_value *ret)
{
	struct hc_event *ev = eval->ev;
	char dir[HC_PATH_SIZE + 1];
	struct hc_str name;
	uint32_t len, dirfd_len;

	switch (ev->type) {
	case PPME_SYSCALL_OPEN_X: case PPME_SYSCALL_CREAT_X: case PPME_SOCKET_ACCEPT_5_X: case PPME_SOCKET_ACCEPT4_6_X:
	case PPME_SOCKET_CONNECT_X: return give_param(eval, 1, ret);
	case PPME_SYSCALL_OPENAT_2_X: case PPME_SYSCALL_OPENAT2_X:
		hc_event_param(ev, 1, &dirfd_len);
		hc_event_param(ev, 2, &len);
		if (!len || !dirfd_len)
			return false;
		name = hc_event_str(ev, 2);
		if (raw)
			return hc_give_str(ret, name);
		return hc_give_concat(eval, ret, hc_path_dirfd(eval->thread, hc_event_i64(ev, 1, -1), name, dir), name);
	case PPME_SYSCALL_OPEN_BY_HANDLE_AT_X: return give_param(eval, 3, ret);
	default: return ev->type & 1 && hc_give_str(ret, HC_STR(""));
	}
}

bool hc_fd_name(struct hc_eval *eval, struct hc_value *ret)
{
	if (eval->fd)
		return hc_give_text(ret, eval->fd->name);
	return name_of_event(eval, false, ret);
}

/* fd.nameraw: as the process passed it, runs of '/' reduced to one. */
static bool give_raw(struct hc_eval *eval, struct hc_value *ret)
{
	struct hc_buf *buf;
	struct hc_value v;

	if (eval->fd)
		hc_give_text(&v, eval->fd->raw);
	else if (!name_of_event(eval, true, &v))
		return false;
	if (!memmem(v.s.p, v.s.len, "//", 2)) {
		*ret = v;
		return true;
	}
	buf = hc_eval_text(eval);
	for (uint32_t i = 0; i < v.s.len; i++)
		if (v.s.p[i] != '/' || i == 0 || v.s.p[i - 1] != '/')
			hc_buf_putc(buf, v.s.p[i]);
	return hc_give_buf(eval, ret, buf);
}

/* Directory part of a path; nothing to cut gives "/" (5.2). */
static struct hc_str directory_of(struct hc_str path)
{
	const char *slash = path.len ? memrchr(path.p, '/', path.len) : NULL;

	if (path.len && path.p[path.len - 1] == '/')
		return path;
	if (!slash || slash == path.p)
		return HC_STR("/");
	return (struct hc_str){ path.p, (uint32_t)(slash - path.p) };
}

static struct hc_str filename_of(struct hc_str path)
{
	const char *slash = path.len ? memrchr(path.p, '/', path.len) : NULL;

	if (!slash)
		return HC_STR("/");
	if (slash + 1 == path.p + path.len)
		return path;
	return (struct hc_str){ slash + 1, (uint32_t)(path.p + path.len - slash - 1) };
}

static bool give_directory(struct hc_eval *eval, struct hc_value *ret)
{
	if (eval->fd && !is_file(eval->fd) && eval->fd->type != HC_FD_DIRECTORY)
		return false;
	if (!hc_fd_name(eval, ret))
		return false;
	if (!eval->fd || is_file(eval->fd))
		ret->s = directory_of(ret->s);
	return true;
}

bool hc_extract_fd_name(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct hc_buf *buf;
	struct hc_str id;

	switch (field->id) {
	case HC_FIELD_FD_NAME: return hc_fd_name(eval, ret);
	case HC_FIELD_FD_NAMERAW: return give_raw(eval, ret);
	case HC_FIELD_FD_DIRECTORY: return give_directory(eval, ret);
	case HC_FIELD_FD_FILENAME:
		return is_file(eval->fd) && hc_give_str(ret, filename_of(hc_text_str(eval->fd->name)));
	case HC_FIELD_FD_CONTAINERNAME:
		if (!hc_fd_name(eval, ret))
			return false;
		break;
	default:
		if (!give_directory(eval, ret))
			return false;
	}
	id = hc_container_id(eval->thread);
	buf = hc_eval_text(eval);
	hc_buf_put(buf, id.p, id.len);
	hc_buf_putc(buf, ':');
	hc_buf_put(buf, ret->s.p, ret->s.len);
	return hc_give_buf(eval, ret, buf);
}

/* fd.types: the distinct words of the table in use; with an index that of one fd. */
bool hc_extract_fd_types(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	const struct hc_fdtable *table = hc_fds_in_order(eval->state, eval->thread);
	struct hc_value *items = hc_arena_array(&eval->scratch, struct hc_value, HC_FD_TYPE_COUNT);
	struct hc_fd *fd;
	uint32_t pos = 0, n = 0;

	if (field->has_index) {
		fd = hc_fdtable_get(table, field->index);
		if (!fd)
			return false;
		hc_give_str(&items[n++], hc_fd_word(fd->type));
	} else {
		uint64_t seen = 0;

		/* Two types may share a word: server sockets and tuples. */
		while (hc_fdtable_next_in_order(table, &pos, &fd)) {
			struct hc_str word = hc_fd_word(fd->type);
			uint32_t i = 0;

			if (seen >> fd->type & 1)
				continue;
			seen |= 1ull << fd->type;
			while (i < n && !hc_str_eq(items[i].s, word))
				i++;
			if (i == n)
				hc_give_str(&items[n++], word);
		}
	}
	*ret = (struct hc_value){ .kind = HC_VALUE_LIST, .nitems = n, .items = items };
	return n > 0;
}
