/* SPDX-License-Identifier: Apache-2.0
 *
 * fs.path.*: the paths of successful file system calls, and fdlist.*: the fds of poll (fields-semantics.md 8, 9).
 */
#include "replay/extract.h"

#include "common/cursor.h"
#include "replay/paths.h"
#include "replay/print.h"

/* How a relative path of an event becomes absolute (8). */
enum base { CWD, OPENED, DIRECTORY_FD, SYMLINK, DIRFD_PATH, FD_NAME };

static const struct row {
	uint16_t type;
	uint8_t base;
	int8_t name, source, target;            /* parameters; -1: none */
	int8_t dirfd, source_dirfd, target_dirfd; /* theirs; -1: none */
} rows[] = {
	{ PPME_SYSCALL_MKDIR_2_X, CWD, 1, -1, -1, -1, -1, -1 },
	{ PPME_SYSCALL_MKDIRAT_X, DIRECTORY_FD, 2, -1, -1, 1, -1, -1 },
	{ PPME_SYSCALL_RMDIR_2_X, CWD, 1, -1, -1, -1, -1, -1 },
	{ PPME_SYSCALL_UNLINK_2_X, CWD, 1, -1, -1, -1, -1, -1 },
	{ PPME_SYSCALL_UNLINKAT_2_X, DIRECTORY_FD, 2, -1, -1, 1, -1, -1 },
	{ PPME_SYSCALL_CHOWN_X, CWD, 1, -1, -1, -1, -1, -1 },
	{ PPME_SYSCALL_LCHOWN_X, CWD, 1, -1, -1, -1, -1, -1 },
	{ PPME_SYSCALL_OPEN_X, CWD, 1, -1, -1, -1, -1, -1 },
	{ PPME_SYSCALL_OPENAT_2_X, OPENED, 2, -1, -1, 1, -1, -1 },
	{ PPME_SYSCALL_OPENAT2_X, OPENED, 2, -1, -1, 1, -1, -1 },
	{ PPME_SYSCALL_UMOUNT_1_X, CWD, 1, -1, -1, -1, -1, -1 },
	{ PPME_SYSCALL_UMOUNT2_X, CWD, 1, -1, -1, -1, -1, -1 },
	{ PPME_SYSCALL_CHMOD_X, CWD, 1, -1, -1, -1, -1, -1 },
	{ PPME_SYSCALL_FCHMODAT_X, DIRECTORY_FD, 2, -1, -1, 1, -1, -1 },
	{ PPME_SYSCALL_FCHOWNAT_X, DIRECTORY_FD, 2, -1, -1, 1, -1, -1 },
	{ PPME_SYSCALL_FCHMOD_X, FD_NAME, 1, -1, -1, -1, -1, -1 },
	{ PPME_SYSCALL_FCHOWN_X, FD_NAME, 1, -1, -1, -1, -1, -1 },
	{ PPME_SYSCALL_QUOTACTL_X, CWD, 1, -1, -1, -1, -1, -1 },
	{ PPME_SYSCALL_RENAME_X, CWD, -1, 1, 2, -1, -1, -1 },
	{ PPME_SYSCALL_RENAMEAT_X, CWD, -1, 2, 4, -1, 1, 3 },
	{ PPME_SYSCALL_RENAMEAT2_X, DIRFD_PATH, -1, 2, 4, -1, 1, 3 },
	{ PPME_SYSCALL_LINK_2_X, CWD, -1, 2, 1, -1, -1, -1 }, /* source and target are that way round */
	{ PPME_SYSCALL_LINKAT_2_X, CWD, -1, 4, 2, -1, 3, 1 },
	{ PPME_SYSCALL_SYMLINK_X, CWD, -1, 2, 1, -1, -1, -1 },
	{ PPME_SYSCALL_SYMLINKAT_X, SYMLINK, -1, 3, 1, -1, 2, -1 },
	{ PPME_SYSCALL_MOUNT_X, CWD, -1, 1, 2, -1, -1, -1 },
};

static const struct row *row_of(uint16_t type)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].type == type)
			return &rows[i];
	return NULL;
}

/* "Successful" as the reference sees it: an open fails only with -1, that is EPERM (8 (Q)). */
static bool succeeded(struct hc_event *ev)
{
	switch (ev->type) {
	case PPME_SYSCALL_OPEN_X: case PPME_SYSCALL_OPENAT_2_X: case PPME_SYSCALL_OPENAT2_X:
		return hc_event_i64(ev, 0, -1) != -1;
	default: return hc_event_i64(ev, 0, -1) == 0;
	}
}

/* The name of a directory's entry, else the bare word (8 (Q)). */
static bool give_at_directory(struct hc_eval *eval, int8_t kdirfd, struct hc_str path, struct hc_value *ret)
{
	const int64_t dirfd = kdirfd < 0 ? -1 : hc_event_i64(eval->ev, (uint32_t)kdirfd, -1);
	const struct hc_fd *entry = hc_eval_fd_at(eval, dirfd);
	char dir[HC_PATH_SIZE + 1];

	if (!entry || entry->type != HC_FD_DIRECTORY)
		return hc_give_concat(eval, ret, HC_STR("<UNKNOWN>"), path);
	return hc_give_concat(eval, ret, hc_path_dirfd(eval->thread, dirfd, path, dir), path);
}

bool hc_extract_fspath(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	const struct row *row = row_of(eval->ev->type);
	char dir[HC_PATH_SIZE + 1];
	int8_t k, kdirfd;
	struct hc_str path;
	bool raw, target = false;

	if (!row || !succeeded(eval->ev))
		return false;
	switch (field->id) {
	case HC_FIELD_FS_PATH_NAME: case HC_FIELD_FS_PATH_NAMERAW:
		k = row->name;
		kdirfd = row->dirfd;
		break;
	case HC_FIELD_FS_PATH_SOURCE: case HC_FIELD_FS_PATH_SOURCERAW:
		k = row->source;
		kdirfd = row->source_dirfd;
		break;
	default:
		k = row->target;
		kdirfd = row->target_dirfd;
		target = true;
	}
	raw = field->id == HC_FIELD_FS_PATH_NAMERAW || field->id == HC_FIELD_FS_PATH_SOURCERAW ||
	      field->id == HC_FIELD_FS_PATH_TARGETRAW;
	if (k < 0)
		return false;
	if (row->base == FD_NAME) {
		if (!hc_fd_name(eval, ret))
			return false;
		path = ret->s;
	} else {
		path = hc_event_str(eval->ev, (uint32_t)k);
	}
	if (raw)
		return hc_give_str(ret, path);
	if (path.len && path.p[0] == '/')
		return hc_give_concat(eval, ret, HC_STR(""), path);
	switch (row->base) {
	case OPENED:
		if (!eval->event_fd)
			return hc_give_str(ret, HC_STR("<UNKNOWN>"));
		return hc_give_text(ret, eval->event_fd->name);
	case DIRECTORY_FD: return give_at_directory(eval, kdirfd, path, ret);
	case SYMLINK: return give_at_directory(eval, target ? -1 : kdirfd, path, ret);
	case DIRFD_PATH:
		return hc_give_concat(eval, ret, hc_path_dirfd(eval->thread, hc_event_i64(eval->ev, (uint32_t)kdirfd, -1), path, dir),
				      path);
	default: return hc_give_concat(eval, ret, hc_thread_cwd(eval->thread), path);
	}
}

/* What one fd adds to an fdlist field; false if it is left out. */
static bool put_listed(struct hc_buf *to, enum hc_field_id id, int64_t number, const struct hc_fd *fd)
{
	bool tuple = fd && hc_fd_is_ip_tuple(fd), server = fd && hc_fd_is_ip_server(fd);
	const uint8_t *addr;
	uint32_t len;
	uint16_t port;

	switch (id) {
	case HC_FIELD_FDLIST_NUMS: hc_buf_i64(to, number); return true;
	case HC_FIELD_FDLIST_NAMES:
		if (fd && fd->name)
			hc_buf_put(to, fd->name->p, fd->name->len);
		else
			hc_buf_puts(to, "<NA>");
		return true;
	case HC_FIELD_FDLIST_CIPS: case HC_FIELD_FDLIST_CPORTS:
		if (!tuple)
			return false;
		addr = hc_fd_source(fd, &len, &port);
		break;
	case HC_FIELD_FDLIST_SIPS:
		if (!tuple && !server)
			return false;
		addr = hc_fd_destination(fd, &len, &port);
		if (server)
			len = 4; /* (Q): of IPv6 servers the first four bytes, as if they were IPv4 */
		break;
	default:
		if (!tuple)
			return false;
		addr = hc_fd_destination(fd, &len, &port);
	}
	if (id == HC_FIELD_FDLIST_CIPS || id == HC_FIELD_FDLIST_SIPS)
		hc_print_ip(to, addr, len);
	else
		hc_buf_u64(to, port);
	return true;
}

bool hc_extract_fdlist(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct hc_buf *buf = hc_eval_text(eval);
	struct hc_cursor c;
	const uint8_t *p;
	uint32_t len, n;

	if (eval->ev->type != PPME_SYSCALL_POLL_X && eval->ev->type != PPME_SYSCALL_PPOLL_X)
		return false;
	p = hc_event_param(eval->ev, 1, &len);
	c = hc_cursor(p, len);
	n = hc_cursor_u16(&c);
	for (uint32_t i = 0; i < n; i++) {
		int64_t number = hc_cursor_i64(&c);

		hc_cursor_u16(&c); /* flags */
		if (!hc_cursor_ok(&c))
			break;
		if (buf->len)
			hc_buf_putc(buf, ',');
		if (!put_listed(buf, field->id, number, hc_eval_fd_at(eval, number)) && buf->len)
			buf->p[--buf->len] = 0;
	}
	return buf->len && hc_give_buf(eval, ret, buf);
}
