/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameter rendering. The bytes of a parameter are whatever the capture holds: a fixed-size type of another length
 * prints like an absent one, strings end at their first NUL or at the end, nothing is read beyond the parameter.
 */
#include "replay/render.h"

#include <inttypes.h>

#include "common/cursor.h"
#include "replay/extract.h"
#include "replay/paths.h"
#include "replay/print.h"
#include "replay/sockets.h"

struct param {
	const struct hc_param_info *info; /* its own, or for PT_DYN that of the value inside */
	const uint8_t *p;
	uint32_t len;
};

/* As everywhere, old recorders' (NULL) is the text <NA> (scap-format.md 10.2). */
static struct hc_str text_of(const uint8_t *p, uint32_t len)
{
	struct hc_str s = { (const char *)p, p ? (uint32_t)strnlen((const char *)p, len) : 0 };

	return hc_str_is(s, "(NULL)") ? HC_STR("<NA>") : s;
}

static void put_str(struct hc_buf *to, struct hc_str s)
{
	hc_buf_put(to, s.p, s.len);
}

static uint64_t unsigned_of(const struct param *q)
{
	switch (q->len) {
	case 1: return q->p[0];
	case 2: return hc_le16(q->p);
	case 4: return hc_le32(q->p);
	default: return hc_le64(q->p);
	}
}

static int64_t signed_of(const struct param *q)
{
	switch (q->len) {
	case 1: return (int8_t)q->p[0];
	case 2: return (int16_t)hc_le16(q->p);
	case 4: return (int32_t)hc_le32(q->p);
	default: return (int64_t)hc_le64(q->p);
	}
}

static void put_integer(struct hc_buf *to, const struct param *q)
{
	uint64_t u = unsigned_of(q);

	if (q->info->format == PF_OCT) {
		if (u)
			hc_buf_putc(to, '0');
		hc_print_octal(to, u);
	} else if (q->info->format == PF_HEX) {
		hc_print_hex(to, u);
	} else if (hc_type_is_signed(q->info->type) || q->len >= 4) { /* (Q): 32 and 64 bits always signed: chown's uid=-1 */
		hc_buf_i64(to, signed_of(q));
	} else {
		hc_buf_u64(to, u);
	}
}

static void put_errno(struct hc_buf *to, int64_t v)
{
	const char *name = v < 0 && v > INT64_MIN ? hc_errno_name(-v) : NULL;

	if (name)
		hc_buf_puts(to, name);
}

/* "<4t>1.2.3.4:5->6.7.8.9:10" */
static void put_fd(struct hc_eval *eval, struct hc_buf *to, int64_t fd)
{
	const struct hc_fd *entry;

	if (fd == HC_AT_FDCWD) {
		hc_buf_puts(to, "AT_FDCWD");
		return;
	}
	if (fd < 0) {
		put_errno(to, fd);
		return;
	}
	entry = hc_eval_fd_at(eval, fd);
	if (!entry)
		return;
	hc_buf_putc(to, '<');
	hc_buf_putc(to, hc_fd_char(entry->type));
	if (hc_fd_is_ip_tuple(entry) || hc_fd_is_ip_server(entry)) {
		switch (hc_fd_shown_l4proto(entry)) {
		case HC_L4_TCP: hc_buf_putc(to, 't'); break;
		case HC_L4_UDP: hc_buf_putc(to, 'u'); break;
		case HC_L4_ICMP: hc_buf_putc(to, 'i'); break;
		case HC_L4_RAW: hc_buf_putc(to, 'r'); break;
		default: break;
		}
	}
	hc_buf_putc(to, '>');
	put_str(to, hc_text_str(entry->name));
}

static void put_separated(struct hc_buf *to, size_t start, const char *name)
{
	if (to->len > start)
		hc_buf_putc(to, '|');
	hc_buf_puts(to, name);
}

/* The reference's walk (scap-format.md 10.3): matched bits are consumed, the entry of the whole value ends it. */
static void put_flags(struct hc_buf *to, const struct hc_flagset *set, uint64_t whole)
{
	size_t start = to->len;
	uint64_t left = whole;

	for (size_t i = 0; i < set->n; i++) {
		uint64_t v = set->flags[i].value;

		if (v ? (left & v) != v : whole != 0)
			continue;
		put_separated(to, start, set->flags[i].name);
		if (v == whole)
			return;
		left &= ~v;
	}
}

static void put_enum(struct hc_buf *to, const struct hc_flagset *set, uint64_t v)
{
	size_t start = to->len;

	for (size_t i = 0; i < set->n; i++)
		if (set->flags[i].value == v)
			put_separated(to, start, set->flags[i].name);
}

/* Like put_flags, but the entry of the whole value ends the walk with its name even if its bits were named before:
 * a socket's 0140000 is S_IFREG|S_IFSOCK, with permissions only S_IFREG is left of the type. */
static void put_mode(struct hc_buf *to, const struct hc_flagset *set, uint64_t whole)
{
	size_t start = to->len;
	uint64_t left = whole;

	for (size_t i = 0; i < set->n; i++) {
		uint64_t v = set->flags[i].value;

		if (v == whole || (v && (left & v) == v))
			put_separated(to, start, set->flags[i].name);
		if (v == whole)
			return;
		left &= (left & v) == v ? ~v : UINT64_MAX;
	}
}

/* Relative, there and not the text <NA>: such paths have a resolved form. */
static bool is_relative(struct hc_str s)
{
	return s.len && s.p[0] != '/' && !hc_str_is(s, "<NA>");
}

static void put_concat(struct hc_buf *to, struct hc_str base, struct hc_str path)
{
	char full[HC_PATH_SIZE];

	hc_buf_put(to, full, hc_path_concat(full, base, path));
}

/* Unknown directory fds give an empty base here, unlike in the fd table (fields-semantics.md 3.2). */
static void put_relpath(struct hc_eval *eval, struct hc_buf *to, struct hc_str path, int8_t dirfd_param)
{
	int64_t dirfd = dirfd_param < 0 ? -1 : hc_event_i64(eval->ev, (uint32_t)dirfd_param, -1);
	char dir[HC_PATH_SIZE + 1];
	bool known = dirfd == HC_AT_FDCWD || hc_eval_fd_at(eval, dirfd);

	put_concat(to, known ? hc_path_dirfd(eval->thread, dirfd, path, dir) : HC_STR(""), path);
}

static void put_fdlist(struct hc_eval *eval, struct hc_buf *to, const struct param *q)
{
	struct hc_cursor c = hc_cursor(q->p, q->len);
	uint16_t n = hc_cursor_u16(&c);

	for (uint16_t i = 0; i < n; i++) {
		int64_t fd = hc_cursor_i64(&c);
		int16_t flags = (int16_t)hc_cursor_u16(&c); /* printed as 32 bits */
		const struct hc_fd *entry;

		if (!hc_cursor_ok(&c))
			return;
		entry = hc_eval_fd_at(eval, fd);
		hc_buf_printf(to, "%s%" PRIu64 ":%c%x", i ? " " : "", (uint64_t)fd, entry ? hc_fd_char(entry->type) : '?',
			      (unsigned)flags);
	}
}

static void put_sigset(struct hc_buf *to, uint32_t mask)
{
	size_t start = to->len;

	for (uint32_t sig = 0; sig < 32; sig++) {
		const char *name = mask >> sig & 1 ? hc_signal_name(sig + 1) : NULL;

		if (!name)
			continue;
		if (to->len > start)
			hc_buf_putc(to, ' ');
		hc_buf_puts(to, name);
	}
}

/* PT_DYN: what stands behind the selector, as a parameter of its own; false if it is none we know. */
static bool unwrap_dyn(const struct param *q, struct hc_param_info *info, struct param *ret)
{
	static const struct {
		const char *set;
		uint8_t selector, type, format;
	} kinds[] = {
		{ "sockopt_dynamic_param", 0, PT_BYTEBUF, PF_NA }, { "sockopt_dynamic_param", 1, PT_ERRNO, PF_DEC },
		{ "sockopt_dynamic_param", 2, PT_UINT32, PF_DEC }, { "sockopt_dynamic_param", 3, PT_UINT64, PF_DEC },
		{ "sockopt_dynamic_param", 4, PT_RELTIME, PF_DEC }, { "ptrace_dynamic_param", 0, PT_UINT64, PF_HEX },
		{ "ptrace_dynamic_param", 1, PT_SIGTYPE, PF_DEC }, { "bpf_dynamic_param", 0, PT_FD, PF_DEC },
		{ "bpf_dynamic_param", 1, PT_ERRNO, PF_DEC }, { "keyctl_dynamic_param", 0, PT_INT64, PF_DEC },
		{ "keyctl_dynamic_param", 1, PT_CHARBUF, PF_NA },
	};

	if (!q->len || !q->info->set)
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (q->p[0] != kinds[i].selector || strcmp(q->info->set->name, kinds[i].set))
			continue;
		*info = *q->info;
		info->type = kinds[i].type;
		info->format = kinds[i].format;
		info->set = NULL;
		*ret = (struct param){ info, q->p + 1, q->len - 1 };
		return true;
	}
	return false;
}

/* Here buffers are shown whole; only evt.buffer cuts them. */
static void put_bytes(struct hc_buf *to, const uint8_t *p, uint32_t len, bool base64)
{
	if (base64)
		hc_print_base64(to, p, len);
	else
		hc_print_dotted(to, p, len);
}

static void put_absent(struct hc_buf *to, uint8_t type)
{
	switch (type) {
	case PT_BYTEBUF: case PT_SOCKTUPLE: case PT_FDLIST: case PT_CHARBUFARRAY: case PT_CHARBUF_PAIR_ARRAY: case PT_DYN:
		hc_buf_puts(to, "NULL");
		break;
	default: hc_buf_puts(to, "<NA>");
	}
}

static void put_string(struct hc_eval *eval, const struct param *q, struct hc_buf *plain, struct hc_buf *resolved)
{
	struct hc_str s = text_of(q->p, q->len);

	put_str(plain, s);
	if (!is_relative(s) || !eval->thread)
		return;
	if (q->info->type == PT_FSPATH)
		put_concat(resolved, hc_thread_cwd(eval->thread), s);
	else if (q->info->type == PT_FSRELPATH)
		put_relpath(eval, resolved, s, q->info->dirfd);
}

static void put_id(struct hc_eval *eval, const struct param *q, struct hc_buf *plain, struct hc_buf *resolved)
{
	uint32_t id = (uint32_t)unsigned_of(q);
	const struct hc_text *container = eval->thread ? eval->thread->container : NULL;
	const struct hc_user *record;

	if (id == UINT32_MAX) {
		hc_buf_puts(plain, "-1");
		hc_buf_puts(resolved, "<NONE>");
		return;
	}
	hc_buf_i64(plain, (int32_t)id);
	record = q->info->type == PT_UID ? hc_users_find_user(&eval->state->users, container, id)
					 : hc_users_find_group(&eval->state->users, container, id);
	put_str(resolved, record && record->name ? hc_text_str(record->name) : HC_STR("<NA>"));
}

/* The types whose resolved text is a name for a number; q has the type's own size. */
static void put_number(struct hc_eval *eval, const struct param *q, struct hc_buf *plain, struct hc_buf *resolved)
{
	const struct hc_flagset *set = q->info->set;
	uint64_t u = unsigned_of(q);
	const char *name = NULL;
	const struct hc_thread *thread;

	switch (q->info->type) {
	case PT_ERRNO:
		hc_buf_i64(plain, signed_of(q));
		put_errno(resolved, signed_of(q));
		break;
	case PT_FD: case PT_FD32:
		hc_buf_i64(plain, signed_of(q));
		put_fd(eval, resolved, signed_of(q));
		break;
	case PT_PID: case PT_PID32:
		hc_buf_i64(plain, signed_of(q));
		if ((thread = hc_state_find(eval->state, signed_of(q))))
			put_str(resolved, hc_text_str(thread->comm));
		break;
	case PT_FLAGS8: case PT_FLAGS16: case PT_FLAGS32:
		hc_buf_u64(plain, u);
		if (set)
			put_flags(resolved, set, u);
		break;
	case PT_ENUMFLAGS8: case PT_ENUMFLAGS16: case PT_ENUMFLAGS32:
		hc_buf_u64(plain, u);
		if (set)
			put_enum(resolved, set, u);
		break;
	case PT_MODE:
		if (u)
			hc_buf_putc(plain, '0');
		hc_print_octal(plain, u);
		if (set)
			put_mode(resolved, set, u);
		break;
	case PT_SIGTYPE:
		hc_buf_u64(plain, u);
		name = hc_signal_name(u);
		break;
	case PT_SYSCALLID:
		if (u < HC_SC_COUNT) {
			hc_buf_u64(plain, u);
			name = hc_sc_table[u].name;
		} else {
			hc_buf_puts(plain, "<unknown syscall>");
		}
		break;
	case PT_RELTIME:
		if (u == UINT64_MAX) {
			hc_buf_puts(plain, "none");
		} else {
			hc_buf_u64(plain, u);
			hc_buf_printf(resolved, "%lgs", (double)u / 1e9);
		}
		break;
	case PT_ABSTIME: hc_print_time(plain, u, HC_PRINT_DATE); break;
	default: put_integer(plain, q);
	}
	if (name)
		hc_buf_puts(resolved, name);
}

static void put_param(struct hc_eval *eval, const struct param *q, bool base64, struct hc_buf *plain, struct hc_buf *resolved)
{
	int size = hc_param_type_size(q->info->type);
	struct hc_param_info info;
	struct param inner;
	char text[HC_SOCK_TEXT_SIZE];
	double d;

	if (!q->len || (size >= 0 && q->len != (uint32_t)size)) {
		put_absent(plain, q->info->type);
		return;
	}
	switch (q->info->type) {
	case PT_CHARBUF: case PT_FSPATH: case PT_FSRELPATH: put_string(eval, q, plain, resolved); break;
	case PT_BYTEBUF: put_bytes(plain, q->p, q->len, base64); break;
	case PT_CHARBUFARRAY: case PT_CHARBUF_PAIR_ARRAY: hc_print_dotted(plain, q->p, q->len); break;
	case PT_SOCKADDR: hc_buf_put(plain, text, hc_sockaddr_text(text, q->p, q->len)); break;
	case PT_SOCKTUPLE: hc_buf_put(plain, text, hc_socktuple_text(text, q->p, q->len)); break;
	case PT_FDLIST: put_fdlist(eval, plain, q); break;
	case PT_SIGSET: put_sigset(plain, (uint32_t)unsigned_of(q)); break;
	case PT_UID: case PT_GID: put_id(eval, q, plain, resolved); break;
	case PT_IPV4ADDR: case PT_IPV6ADDR: case PT_IPADDR: hc_print_ip(plain, q->p, q->len); break;
	case PT_IPV4NET: case PT_IPV6NET: case PT_IPNET: hc_buf_puts(plain, "<IPNET>"); break;
	case PT_DOUBLE:
		memcpy(&d, q->p, sizeof d);
		hc_buf_printf(plain, "%.1f", d);
		break;
	case PT_DYN:
		if (!unwrap_dyn(q, &info, &inner))
			hc_buf_puts(plain, "INVALID DYNAMIC PARAMETER");
		else if (inner.len || info.type != PT_BYTEBUF) /* an option without bytes shows nothing */
			put_param(eval, &inner, base64, plain, resolved);
		break;
	default: put_number(eval, q, plain, resolved);
	}
}

bool hc_render_param(struct hc_eval *eval, uint32_t k, bool base64, struct hc_buf *plain, struct hc_buf *resolved)
{
	const struct hc_event_info *info = hc_event_info(eval->ev);
	struct param q;

	q.p = hc_event_param(eval->ev, k, &q.len);
	if (!q.p || k >= info->nparams)
		return false;
	q.info = &info->params[k];
	put_param(eval, &q, base64, plain, resolved);
	return true;
}

void hc_render_params(struct hc_eval *eval, bool base64, struct hc_buf *to)
{
	const struct hc_event_info *info = hc_event_info(eval->ev);
	struct hc_buf resolved HC_BUF_DONE = { 0 };

	if (eval->ev->type == PPME_GENERIC_E || eval->ev->type == PPME_GENERIC_X)
		return;
	for (uint32_t k = 0; k < info->nparams && k < eval->ev->nparams; k++) {
		if (k)
			hc_buf_putc(to, ' ');
		hc_buf_puts(to, info->params[k].name);
		hc_buf_putc(to, '=');
		hc_buf_reset(&resolved);
		hc_render_param(eval, k, base64, to, &resolved);
		if (!resolved.len)
			continue;
		hc_buf_putc(to, '(');
		hc_buf_put(to, resolved.p, resolved.len);
		hc_buf_putc(to, ')');
	}
}
