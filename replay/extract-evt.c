/* SPDX-License-Identifier: Apache-2.0
 *
 * evt.* fields about the event itself: number, time, type, category, results, flags of opens (fields-semantics.md 2).
 * Parameters as text are in extract-arg.c.
 */
#include "replay/extract.h"

#include <ctype.h>

#include "common/mem.h"
#include "replay/paths.h"
#include "replay/print.h"

enum { NS_PER_S = 1000000000, INFRA_ID_LEN = 12 };

static bool is_generic(const struct hc_event *ev)
{
	return ev->type == PPME_GENERIC_E || ev->type == PPME_GENERIC_X;
}

/* "Has a return value" (2.3), and which. */
static bool result_of(struct hc_event *ev, int64_t *ret)
{
	const struct hc_event_info *info = hc_event_info(ev);
	uint32_t len;

	if (!(info->category & EC_SYSCALL) || !(ev->type & 1) || !info->nparams || is_generic(ev))
		return false;
	hc_event_param(ev, 0, &len);
	if (len != 4 && len != 8)
		return false;
	*ret = hc_event_i64(ev, 0, 0);
	return true;
}

static bool is_file(const struct hc_fd *fd)
{
	return fd->type == HC_FD_FILE || fd->type == HC_FD_FILE_V2;
}

static bool is_ip(const struct hc_fd *fd)
{
	return hc_fd_is_ip_tuple(fd) || hc_fd_is_ip_server(fd);
}

/* evt.count.error.*: does an event count as an error of that kind (2.3)? Not exclusive: a failed mmap of a file is one
 * of files and one of memory. By name, so that obsolete codes count as well. */
static bool counts_as(const struct hc_eval *eval, enum hc_field_id id)
{
	const struct hc_event_info *info = hc_event_info(eval->ev);
	const struct hc_fd *fd = eval->event_fd;
	struct hc_str name = hc_str(info->name);
	bool memory = (info->category & HC_EC_LOW_MASK) == EC_MEMORY, file, net;

	if (fd) {
		file = is_file(fd) || fd->type == HC_FD_DIRECTORY;
		net = is_ip(fd) || fd->type == HC_FD_UNIX_SOCK;
	} else {
		file = hc_str_is(name, "open") || hc_str_is(name, "creat") || hc_str_is(name, "openat") ||
		       hc_str_is(name, "openat2") || hc_str_is(name, "open_by_handle_at");
		net = hc_str_is(name, "accept") || hc_str_is(name, "accept4") || hc_str_is(name, "connect");
	}
	switch (id) {
	case HC_FIELD_EVT_COUNT_ERROR_FILE: return file;
	case HC_FIELD_EVT_COUNT_ERROR_NET: return net;
	case HC_FIELD_EVT_COUNT_ERROR_MEMORY: return memory;
	default: return !file && !net && (fd || !memory);
	}
}

static bool buflen(const struct hc_eval *eval, enum hc_field_id id, struct hc_value *ret)
{
	const struct hc_fd *fd = eval->event_fd;
	uint16_t category = hc_event_info(eval->ev)->category & HC_EC_LOW_MASK;
	int64_t res;

	if (!fd || !(category & HC_EC_IO_BASE) || !result_of(eval->ev, &res) || res < 0)
		return false;
	switch (id) {
	case HC_FIELD_EVT_BUFLEN_FILE: case HC_FIELD_EVT_BUFLEN_FILE_IN: case HC_FIELD_EVT_BUFLEN_FILE_OUT:
		if (!is_file(fd))
			return false;
		break;
	case HC_FIELD_EVT_BUFLEN_NET: case HC_FIELD_EVT_BUFLEN_NET_IN: case HC_FIELD_EVT_BUFLEN_NET_OUT:
		if (!is_ip(fd))
			return false;
		break;
	default: break;
	}
	switch (id) {
	case HC_FIELD_EVT_BUFLEN_IN: case HC_FIELD_EVT_BUFLEN_FILE_IN: case HC_FIELD_EVT_BUFLEN_NET_IN:
		if (category != EC_IO_READ)
			return false;
		break;
	case HC_FIELD_EVT_BUFLEN_OUT: case HC_FIELD_EVT_BUFLEN_FILE_OUT: case HC_FIELD_EVT_BUFLEN_NET_OUT:
		if (category != EC_IO_WRITE)
			return false;
		break;
	default: break;
	}
	return hc_give_int(ret, (uint64_t)res);
}

/* evt.type.is.NAME: the lowest code with that name, or that plus one (2.2). */
static bool type_is(uint16_t type, struct hc_str name)
{
	for (int i = 0; i < 2 && i <= type; i++) {
		uint16_t code = (uint16_t)(type - i), lower = 0;

		if (!hc_str_is(name, hc_event_table[code].name))
			continue;
		while (lower < code && !hc_str_is(name, hc_event_table[lower].name))
			lower++;
		if (lower == code)
			return true;
	}
	return false;
}

static uint64_t reltime(const struct hc_eval *eval)
{
	return eval->ev->ts_ns - (eval->state->has_first ? eval->state->first_ts_ns : 0);
}

static bool is_syslog(const struct hc_eval *eval)
{
	struct hc_str name = eval->event_fd ? hc_text_str(eval->event_fd->name) : HC_STR("");

	return hc_event_info(eval->ev)->flags & EF_WRITES_TO_FD && memmem(name.p, name.len, "/dev/log", 8);
}

bool hc_extract_evt(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct hc_event *ev = eval->ev;
	const struct hc_event_info *info = hc_event_info(ev);
	int64_t res;

	switch (field->id) {
	case HC_FIELD_EVT_NUM: return hc_give_int(ret, ev->num);
	case HC_FIELD_EVT_RAWTIME: return hc_give_int(ret, ev->ts_ns);
	case HC_FIELD_EVT_AROUND: return !for_output && hc_give_int(ret, ev->ts_ns);
	case HC_FIELD_EVT_RAWTIME_S: return hc_give_int(ret, ev->ts_ns / NS_PER_S);
	case HC_FIELD_EVT_RAWTIME_NS: return hc_give_int(ret, ev->ts_ns % NS_PER_S);
	case HC_FIELD_EVT_RELTIME: return hc_give_int(ret, reltime(eval));
	case HC_FIELD_EVT_RELTIME_S: return hc_give_int(ret, reltime(eval) / NS_PER_S);
	case HC_FIELD_EVT_RELTIME_NS: return hc_give_int(ret, reltime(eval) % NS_PER_S);
	case HC_FIELD_EVT_LATENCY: case HC_FIELD_EVT_LATENCY_S: case HC_FIELD_EVT_LATENCY_NS:
	case HC_FIELD_EVT_LATENCY_QUANTIZED: case HC_FIELD_EVT_WAIT_LATENCY: return hc_give_int(ret, 0);
	case HC_FIELD_EVT_IS_ASYNC: return hc_give_bool(ret, info->category & EC_METAEVENT);
	case HC_FIELD_EVT_TYPE_IS: return hc_give_int(ret, type_is(ev->type, field->key));
	case HC_FIELD_EVT_CPU: return hc_give_int(ret, (uint64_t)(int64_t)(int16_t)ev->cpu);
	case HC_FIELD_EVT_IS_IO: return hc_give_bool(ret, info->flags & (EF_READS_FROM_FD | EF_WRITES_TO_FD));
	case HC_FIELD_EVT_IS_IO_READ: return hc_give_bool(ret, info->flags & EF_READS_FROM_FD);
	case HC_FIELD_EVT_IS_IO_WRITE: return hc_give_bool(ret, info->flags & EF_WRITES_TO_FD);
	case HC_FIELD_EVT_IS_WAIT: return hc_give_bool(ret, info->flags & EF_WAITS);
	case HC_FIELD_EVT_IS_SYSLOG: return hc_give_bool(ret, is_syslog(eval));
	case HC_FIELD_EVT_COUNT: return hc_give_int(ret, 1);
	case HC_FIELD_EVT_COUNT_EXIT: return ev->type & 1 && hc_give_int(ret, 1);
	case HC_FIELD_EVT_COUNT_PROCINFO:
		return hc_give_int(ret, ev->type == PPME_PROCINFO_E && eval->thread && hc_thread_is_main(eval->thread));
	case HC_FIELD_EVT_COUNT_THREADINFO: return hc_give_int(ret, ev->type == PPME_PROCINFO_E);
	case HC_FIELD_EVT_RAWRES: return result_of(ev, &res) && hc_give_int(ret, (uint64_t)res);
	case HC_FIELD_EVT_FAILED: return result_of(ev, &res) && hc_give_bool(ret, res < 0);
	case HC_FIELD_EVT_COUNT_ERROR: return result_of(ev, &res) && hc_give_int(ret, res < 0);
	case HC_FIELD_EVT_COUNT_ERROR_FILE: case HC_FIELD_EVT_COUNT_ERROR_NET: case HC_FIELD_EVT_COUNT_ERROR_MEMORY:
	case HC_FIELD_EVT_COUNT_ERROR_OTHER:
		return result_of(ev, &res) && counts_as(eval, field->id) && hc_give_int(ret, res < 0);
	default: return buflen(eval, field->id, ret);
	}
}

/* The event's name as evt.type gives it: generic calls by their syscall, async events by their own name (2.2). */
static struct hc_str type_name(struct hc_event *ev)
{
	uint64_t sc;

	if (ev->type == PPME_ASYNCEVENT_E)
		return hc_event_str(ev, 1);
	if (!is_generic(ev))
		return hc_str(hc_event_info(ev)->name);
	sc = hc_event_u64(ev, 0, PPM_SC_UNKNOWN);
	if (sc == PPM_SC_UNKNOWN)
		sc = (uint64_t)hc_sc_by_x86_64((int64_t)hc_event_u64(ev, 1, UINT64_MAX));
	return hc_str(hc_sc_table[sc < HC_SC_COUNT ? sc : PPM_SC_UNKNOWN].name);
}

static const char *category_name(const struct hc_eval *eval)
{
	const struct hc_fd *fd = eval->event_fd;

	switch (hc_event_info(eval->ev)->category & HC_EC_LOW_MASK) {
	case EC_OTHER: return "other";
	case EC_FILE: return "file";
	case EC_NET: return "net";
	case EC_IPC: return "IPC";
	case EC_MEMORY: return "memory";
	case EC_PROCESS: return "process";
	case EC_SLEEP: return "sleep";
	case EC_SYSTEM: return "system";
	case EC_SIGNAL: return "signal";
	case EC_USER: return "user";
	case EC_TIME: return "time";
	case EC_PROCESSING: return "processing";
	case EC_WAIT: return "wait";
	case EC_SCHEDULER: return "scheduler";
	case EC_INTERNAL: return "internal";
	case EC_IO_READ: case EC_IO_WRITE: case EC_IO_OTHER: break;
	default: return "unknown";
	}
	if (!fd)
		return "unknown";
	if (is_file(fd) || fd->type == HC_FD_DIRECTORY)
		return "file";
	if (is_ip(fd))
		return "net";
	switch (fd->type) {
	case HC_FD_FIFO: case HC_FD_UNIX_SOCK: case HC_FD_EVENT: case HC_FD_SIGNALFD: case HC_FD_INOTIFY:
	case HC_FD_USERFAULTFD: return "ipc";
	default: return "unknown";
	}
}

static bool give_time(struct hc_eval *eval, enum hc_print_time_format format, struct hc_value *ret)
{
	struct hc_buf *buf = hc_eval_text(eval);

	hc_print_time(buf, eval->ev->ts_ns, format);
	return hc_give_buf(eval, ret, buf);
}

bool hc_extract_evt_text(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct hc_event *ev = eval->ev;
	const struct hc_event_info *info = hc_event_info(ev);

	switch (field->id) {
	case HC_FIELD_EVT_TIME: case HC_FIELD_EVT_OUTPUTTIME: return give_time(eval, HC_PRINT_CLOCK, ret);
	case HC_FIELD_EVT_TIME_S: return give_time(eval, HC_PRINT_CLOCK_S, ret);
	case HC_FIELD_EVT_TIME_ISO8601: return give_time(eval, HC_PRINT_ISO8601, ret);
	case HC_FIELD_EVT_DATETIME: return give_time(eval, HC_PRINT_DATE, ret);
	case HC_FIELD_EVT_DATETIME_S: return give_time(eval, HC_PRINT_DATE_S, ret);
	case HC_FIELD_EVT_SOURCE: return hc_give_str(ret, HC_STR("syscall"));
	case HC_FIELD_EVT_ASYNCTYPE: return info->category & EC_METAEVENT && hc_give_str(ret, type_name(ev));
	case HC_FIELD_EVT_HOSTNAME: return hc_give_str(ret, hc_str(eval->state->machine.hostname));
	case HC_FIELD_EVT_LATENCY_HUMAN: return hc_give_str(ret, HC_STR("0ns"));
	case HC_FIELD_EVT_DIR: return hc_give_str(ret, ev->type & 1 ? HC_STR("<") : HC_STR(">"));
	case HC_FIELD_SYSCALL_TYPE:
		if (!(info->category & EC_SYSCALL))
			return false;
		return hc_give_str(ret, type_name(ev));
	case HC_FIELD_EVT_CATEGORY: return hc_give_str(ret, hc_str(category_name(eval)));
	case HC_FIELD_EVT_IO_DIR:
		if (info->flags & EF_WRITES_TO_FD)
			return hc_give_str(ret, HC_STR("write"));
		return info->flags & EF_READS_FROM_FD && hc_give_str(ret, HC_STR("read"));
	default: return hc_give_str(ret, type_name(ev));
	}
}

static struct hc_eval_occurrence *occurrence(struct hc_eval *eval, uint32_t slot)
{
	struct hc_eval_occurrence *o;

	for (uint32_t i = 0; i < eval->noccurrences; i++)
		if (eval->occurrences[i].owner == eval->owner && eval->occurrences[i].slot == slot)
			return &eval->occurrences[i];
	eval->occurrences = hc_realloc(eval->occurrences, (eval->noccurrences + 1) * sizeof *o);
	o = &eval->occurrences[eval->noccurrences++];
	*o = (struct hc_eval_occurrence){ .owner = eval->owner, .slot = slot };
	return o;
}

/* Fields that remember when they were last asked: evt.deltatime*, util.cnt. Text and JSON of one alert ask twice and get
 * the same answer. */
bool hc_extract_evt_count(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct hc_eval_occurrence *o = occurrence(eval, field->slot);

	if (o->serial != eval->serial) {
		if (field->id != HC_FIELD_UTIL_CNT)
			o->value = o->serial ? eval->ev->ts_ns - o->last_ts_ns : 0;
		else if (o->serial)
			o->value++;
		o->last_ts_ns = eval->ev->ts_ns;
		o->serial = eval->serial;
	}
	switch (field->id) {
	case HC_FIELD_EVT_DELTATIME_S: return hc_give_int(ret, o->value / NS_PER_S);
	case HC_FIELD_EVT_DELTATIME_NS: return hc_give_int(ret, o->value % NS_PER_S);
	default: return hc_give_int(ret, o->value);
	}
}

/* Portable bits of an exit's flags parameter (flags.tsv, file_flags). */
enum { O_READ = 1, O_WRITE = 2, O_CREATE = 4, O_TMP = 8192, O_CREATED = 16384, MODE_X = 0111 };

bool hc_extract_evt_open(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct hc_event *ev = eval->ev;
	uint64_t flags, mode = 0;

	switch (ev->type) {
	case PPME_SYSCALL_OPEN_X:
		flags = hc_event_u64(ev, 2, 0);
		mode = hc_event_u64(ev, 3, 0);
		break;
	case PPME_SYSCALL_OPENAT_2_X: case PPME_SYSCALL_OPENAT2_X:
		flags = hc_event_u64(ev, 3, 0);
		mode = hc_event_u64(ev, 4, 0);
		break;
	case PPME_SYSCALL_OPEN_BY_HANDLE_AT_X: flags = hc_event_u64(ev, 2, 0); break;
	case PPME_SYSCALL_CREAT_X:
		return hc_give_bool(ret, field->id == HC_FIELD_EVT_IS_OPEN_EXEC && hc_event_u64(ev, 2, 0) & MODE_X);
	default: return hc_give_bool(ret, false);
	}
	switch (field->id) {
	case HC_FIELD_EVT_IS_OPEN_READ: return hc_give_bool(ret, flags & O_READ);
	case HC_FIELD_EVT_IS_OPEN_WRITE: return hc_give_bool(ret, flags & O_WRITE);
	case HC_FIELD_EVT_IS_OPEN_EXEC: return hc_give_bool(ret, flags & (O_TMP | O_CREATE) && mode & MODE_X);
	default:
		return hc_give_bool(ret, flags & O_CREATED || (flags & O_TMP && hc_event_i64(ev, 0, -1) >= 0));
	}
}

static struct hc_str trimmed(struct hc_str s)
{
	while (s.len && isspace((unsigned char)*s.p)) {
		s.p++;
		s.len--;
	}
	while (s.len && isspace((unsigned char)s.p[s.len - 1]))
		s.len--;
	return s;
}

/* The text before the first c, which is cut off the rest together with it. */
static struct hc_str cut_at(struct hc_str *rest, char c)
{
	const char *end = rest->len ? memchr(rest->p, c, rest->len) : NULL;
	struct hc_str head = { rest->p, end ? (uint32_t)(end - rest->p) : rest->len };
	uint32_t taken = head.len + (end != NULL);

	*rest = (struct hc_str){ rest->p + taken, rest->len - taken };
	return head;
}

/* Old infrastructure events: "Event:start; ID:abc; name:x; Image:y" in the description (2.7). A value ends at a colon:
 * images come without tag and digest, unless a digest is all there is. */
bool hc_extract_evt_infra(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	static const struct {
		enum hc_field_id id;
		const char *key;
	} keys[] = {
		{ HC_FIELD_EVT_INFRA_DOCKER_NAME, "Event" }, { HC_FIELD_EVT_INFRA_DOCKER_CONTAINER_ID, "ID" },
		{ HC_FIELD_EVT_INFRA_DOCKER_CONTAINER_NAME, "name" }, { HC_FIELD_EVT_INFRA_DOCKER_CONTAINER_IMAGE, "Image" },
	};
	struct hc_str key = { 0 }, left;

	if (eval->ev->type != PPME_INFRASTRUCTURE_EVENT_E)
		return false;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (keys[i].id == field->id)
			key = hc_str(keys[i].key);
	left = hc_event_str(eval->ev, 2);
	while (left.len) {
		struct hc_str whole = trimmed(cut_at(&left, ';')), rest, value;

		if (!hc_str_eq(trimmed(cut_at(&whole, ':')), key))
			continue;
		rest = whole;
		value = trimmed(cut_at(&rest, ':'));
		if (field->id == HC_FIELD_EVT_INFRA_DOCKER_CONTAINER_IMAGE)
			value = hc_str_is(value, "sha256") ? trimmed(whole) : trimmed(cut_at(&value, '@'));
		if (field->id == HC_FIELD_EVT_INFRA_DOCKER_CONTAINER_ID && value.len > INFRA_ID_LEN)
			value.len = INFRA_ID_LEN;
		return hc_give_str(ret, value);
	}
	return false;
}

/* The directory fd and path parameters of evt.abspath's events (2.6); dst: the second pair. */
static bool at_pair(uint16_t type, bool dst, uint32_t *ret_dirfd, uint32_t *ret_path)
{
	switch (type) {
	case PPME_SYSCALL_RENAMEAT_X: case PPME_SYSCALL_RENAMEAT2_X: case PPME_SYSCALL_LINKAT_2_X:
		*ret_dirfd = dst ? 3 : 1;
		*ret_path = dst ? 4 : 2;
		return true;
	case PPME_SYSCALL_SYMLINKAT_X:
		*ret_dirfd = 2;
		*ret_path = 3;
		return true;
	case PPME_SYSCALL_OPENAT_2_X: case PPME_SYSCALL_OPENAT2_X: case PPME_SYSCALL_UNLINKAT_2_X:
	case PPME_SYSCALL_MKDIRAT_X: case PPME_SYSCALL_FCHMODAT_X: case PPME_SYSCALL_FCHOWNAT_X:
		*ret_dirfd = 1;
		*ret_path = 2;
		return true;
	default: return false;
	}
}

bool hc_extract_evt_abspath(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	uint32_t kdirfd, kpath, dirfd_len, path_len;
	struct hc_str path, base;
	struct hc_buf *buf;
	struct hc_fd *dir;
	int64_t dirfd;

	if (eval->ev->type == PPME_SYSCALL_OPEN_BY_HANDLE_AT_X)
		return hc_event_i64(eval->ev, 0, -1) > 0 &&
		       hc_give_concat(eval, ret, HC_STR(""), hc_event_str(eval->ev, 3));
	if (!at_pair(eval->ev->type, hc_str_is(field->key, "dst"), &kdirfd, &kpath))
		return false;
	hc_event_param(eval->ev, kdirfd, &dirfd_len);
	hc_event_param(eval->ev, kpath, &path_len);
	if (!dirfd_len || !path_len)
		return false;
	path = hc_event_str(eval->ev, kpath);
	dirfd = hc_event_i64(eval->ev, kdirfd, -1);
	if (path.len && path.p[0] == '/')
		return hc_give_concat(eval, ret, HC_STR("."), path);
	if (dirfd == HC_AT_FDCWD)
		return hc_give_concat(eval, ret, hc_thread_cwd(eval->thread), path);
	dir = hc_eval_fd_at(eval, dirfd);
	/* The reference replaces the event's fd by the directory here, for all fields after this one (2.6 (Q)). Conditions
	 * may be evaluated in any order and do without. */
	if (for_output)
		hc_eval_set_fd(eval, dir);
	if (!dir)
		return hc_give_concat(eval, ret, HC_STR("<UNKNOWN>/"), path);
	buf = hc_eval_text(eval);
	base = hc_text_str(dir->name);
	hc_buf_put(buf, base.p, base.len);
	hc_buf_putc(buf, '/');
	return hc_give_concat(eval, ret, (struct hc_str){ buf->p, (uint32_t)buf->len }, path);
}
