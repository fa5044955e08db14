/* SPDX-License-Identifier: Apache-2.0
 *
 * The metadata blocks, scap-format.md 4 to 8. Invariant: an entry is added whole or not at all. Entries that carry
 * their length are skipped alone when bad; without lengths (V1 to V8) the rest of the block is lost.
 */
#include "formats/lists.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/cursor.h"
#include "formats/block.h"

/* Longest strings, scap-format.md 2.7. */
enum { PATH_LIMIT = 1024, ARGS_LIMIT = 4096, FD_NAME_LIMIT = 1023, IF_NAME_LIMIT = 1023, USER_LIMIT = 255 };

/* What the blocks' lists have in common: the bytes left, the section they go to, what could not be used. */
struct list {
	struct hc_cursor c;
	const uint8_t *body;
	struct hc_section *section;
	struct hc_lists_loss loss;
};

/* The bytes from `at` to where the cursor is are of no use. */
static void lose(struct list *l, const uint8_t *at, const char *format, ...)
{
	va_list args;

	l->loss.len += (size_t)(l->c.p - at);
	if (l->loss.cause[0])
		return;
	l->loss.at = (size_t)(at - l->body);
	va_start(args, format);
	vsnprintf(l->loss.cause, sizeof l->loss.cause, format, args);
	va_end(args);
}

/* An entry that began at `at`. With `rest` the following ones cannot be told from it. */
static void lose_entry(struct list *l, const uint8_t *at, bool rest, const char *what, uint32_t index)
{
	if (rest)
		l->c.p = l->c.end;
	lose(l, at, "%s, entry %u: lengths do not fit or a limit is exceeded", what, index + 1);
}

static struct hc_str str16(struct hc_section *s, struct hc_cursor *c, size_t max)
{
	uint16_t len;
	const char *p = hc_cursor_str16(c, max, &len);

	return hc_section_str(s, p, len);
}

/* args and env: every string ends in NUL, the last too. The arena's copy has one more NUL behind it. */
static struct hc_str strings16(struct hc_section *s, struct hc_cursor *c)
{
	struct hc_str str = str16(s, c, ARGS_LIMIT);

	if (str.len && str.p[str.len - 1] != '\0')
		str.len++;
	return str;
}

static void machine(struct list *l)
{
	struct hc_machine *m = &l->section->machine;
	const uint8_t *host;

	/* Shorter ones than the 180 bytes ever written are taken as far as the host name goes. */
	if (hc_cursor_left(&l->c) < 148) {
		l->c.p = l->c.end;
		lose(l, l->body, "machine info of %zu bytes, expected %u", (size_t)(l->c.end - l->body), HC_MI_BODY_LEN);
		return;
	}
	m->ncpus = hc_cursor_u32(&l->c);
	m->memory_bytes = hc_cursor_u64(&l->c);
	m->max_pid = hc_cursor_u64(&l->c);
	host = hc_cursor_bytes(&l->c, 128);
	memcpy(m->hostname, host, 128);
	m->hostname[128] = '\0';
	m->boot_ts_ns = hc_cursor_u64(&l->c);
	l->section->has_machine = true;
}

/* The fields of a PL V9 entry behind `root`, each there only if it fits; scap-format.md 5 "Reading rule". */
static void thread_tail(struct hc_thread_info *t, struct hc_cursor *c)
{
	/* Two fields were put in the middle in 2022; shorter entries are older and do without them. */
	if (hc_cursor_left(c) > 29) {
		if (hc_cursor_left(c) >= 8)
			t->pidns_init_start_ts_ns = hc_cursor_u64(c);
		if (hc_cursor_left(c) >= 4)
			t->tty = hc_cursor_u32(c);
	}
	if (hc_cursor_left(c) >= 4)
		t->loginuid = hc_cursor_u32(c);
	if (hc_cursor_left(c) >= 1)
		t->exe_writable = hc_cursor_u8(c) != 0;
	if (hc_cursor_left(c) >= 8)
		t->cap_inheritable = hc_cursor_u64(c);
	if (hc_cursor_left(c) >= 8)
		t->cap_permitted = hc_cursor_u64(c);
	if (hc_cursor_left(c) >= 8)
		t->cap_effective = hc_cursor_u64(c);
	if (hc_cursor_left(c) >= 1)
		t->exe_upper_layer = hc_cursor_u8(c) != 0;
	if (hc_cursor_left(c) >= 8)
		t->exe_ino = hc_cursor_u64(c);
	if (hc_cursor_left(c) >= 8)
		t->exe_ino_ctime_ns = hc_cursor_u64(c);
	if (hc_cursor_left(c) >= 8)
		t->exe_ino_mtime_ns = hc_cursor_u64(c);
	if (hc_cursor_left(c) >= 1)
		t->exe_from_memfd = hc_cursor_u8(c) != 0;
	if (hc_cursor_left(c) >= 1)
		t->exe_lower_layer = hc_cursor_u8(c) != 0;
	if (hc_cursor_left(c) >= 8)
		t->pgid = hc_cursor_i64(c);
}

static void thread(struct hc_thread_info *t, struct hc_section *s, struct hc_cursor *c, int version)
{
	t->tid = hc_cursor_i64(c);
	t->pid = hc_cursor_i64(c);
	t->ptid = hc_cursor_i64(c);
	if (version >= 6)
		t->sid = hc_cursor_i64(c);
	if (version >= 8)
		t->vpgid = hc_cursor_i64(c);
	t->comm = str16(s, c, PATH_LIMIT);
	t->exe = str16(s, c, PATH_LIMIT);
	if (version >= 7)
		t->exepath = str16(s, c, PATH_LIMIT);
	t->args = strings16(s, c);
	t->cwd = str16(s, c, PATH_LIMIT);
	t->fdlimit = hc_cursor_i64(c);
	t->flags = hc_cursor_u32(c);
	t->uid = hc_cursor_u32(c);
	t->gid = hc_cursor_u32(c);
	if (version >= 2) {
		t->vmsize_kb = hc_cursor_u32(c);
		t->vmrss_kb = hc_cursor_u32(c);
		t->vmswap_kb = hc_cursor_u32(c);
		t->pfmajor = hc_cursor_u64(c);
		t->pfminor = hc_cursor_u64(c);
	}
	if (version >= 3)
		t->env = strings16(s, c);
	if (version >= 4) {
		t->vtid = hc_cursor_i64(c);
		t->vpid = hc_cursor_i64(c);
		t->cgroups = str16(s, c, ARGS_LIMIT);
	}
	if (version >= 5)
		t->root = str16(s, c, PATH_LIMIT);
	if (version >= 9)
		thread_tail(t, c);
}

/* The bytes of an entry that begins with its own length, which counts `counted` bytes of itself. False: the length is
 * nonsense and the rest of the block with it. */
static bool entry(struct list *l, uint32_t counted, struct hc_cursor *ret)
{
	uint32_t len = hc_cursor_u32(&l->c);
	const uint8_t *p;

	if (l->c.failed || len < counted)
		return false;
	p = hc_cursor_bytes(&l->c, len - counted);
	if (!p)
		return false;
	*ret = hc_cursor(p, len - counted);
	return true;
}

static void threads(struct list *l, int version)
{
	for (uint32_t i = 0; hc_cursor_left(&l->c) >= 4; i++) {
		struct hc_cursor in, *c = version >= 9 ? &in : &l->c;
		const uint8_t *at = l->c.p;
		struct hc_thread_info *t;

		if (version >= 9 && !entry(l, 4, &in)) {
			lose_entry(l, at, true, "process list", i);
			return;
		}
		t = hc_section_add_thread(l->section);
		thread(t, l->section, c, version);
		if (!hc_cursor_ok(c)) {
			l->section->nthreads--;
			lose_entry(l, at, version < 9, "process list", i);
		}
	}
}

static void fd_payload(struct hc_fd_info *f, struct hc_section *s, struct hc_cursor *c, bool v2)
{
	const uint8_t *p;
	uint32_t alen = f->type == HC_FD_IPV6_SOCK || f->type == HC_FD_IPV6_SERVSOCK ? 16 : 4;

	switch (f->type) {
	case HC_FD_UNKNOWN:
		return;
	case HC_FD_IPV4_SOCK:
	case HC_FD_IPV6_SOCK:
		if ((p = hc_cursor_bytes(c, alen)))
			memcpy(f->sip, p, alen);
		if ((p = hc_cursor_bytes(c, alen)))
			memcpy(f->dip, p, alen);
		f->sport = hc_cursor_u16(c);
		f->dport = hc_cursor_u16(c);
		f->l4proto = hc_cursor_u8(c);
		return;
	case HC_FD_IPV4_SERVSOCK:
	case HC_FD_IPV6_SERVSOCK:
		if ((p = hc_cursor_bytes(c, alen)))
			memcpy(f->sip, p, alen);
		f->sport = hc_cursor_u16(c);
		f->l4proto = hc_cursor_u8(c);
		return;
	case HC_FD_UNIX_SOCK:
		f->unix_source = hc_cursor_u64(c);
		f->unix_dest = hc_cursor_u64(c);
		f->name = str16(s, c, FD_NAME_LIMIT);
		return;
	case HC_FD_FILE_V2:
		f->open_flags = hc_cursor_u32(c);
		f->name = str16(s, c, FD_NAME_LIMIT);
		if (v2 && hc_cursor_left(c) >= 4)
			f->dev = hc_cursor_u32(c);
		return;
	default:
		if (f->type < HC_FD_TYPE_COUNT) {
			f->name = str16(s, c, FD_NAME_LIMIT);
		} else {
			/* A newer recorder's type: the entry's length steps over what it holds. */
			f->name.p = hc_arena_printf(&s->arena, "unknown-type:[%u]", f->type);
			f->name.len = (uint32_t)strlen(f->name.p);
			f->type = HC_FD_UNSUPPORTED;
		}
	}
}

static void fds(struct list *l, bool v2)
{
	int64_t tid = hc_cursor_i64(&l->c);

	if (!hc_cursor_ok(&l->c)) {
		lose(l, l->body, "fd list too short for a thread id");
		return;
	}
	for (uint32_t i = 0; hc_cursor_left(&l->c) >= 4; i++) {
		struct hc_cursor in, *c = v2 ? &in : &l->c;
		const uint8_t *at = l->c.p;
		struct hc_fd_info *f;

		if (v2 && !entry(l, 4, &in)) {
			lose_entry(l, at, true, "fd list", i);
			return;
		}
		f = hc_section_add_fd(l->section);
		f->tid = tid;
		f->fd = hc_cursor_i64(c);
		f->ino = hc_cursor_u64(c);
		f->type = hc_cursor_u8(c);
		fd_payload(f, l->section, c, v2);
		if (!hc_cursor_ok(c)) {
			l->section->nfds--;
			lose_entry(l, at, !v2, "fd list", i);
		}
	}
}

static void interface(struct hc_interface *i, struct hc_section *s, struct hc_cursor *c, bool v2)
{
	bool linkspeed;
	uint16_t name_len;
	uint32_t alen;
	const uint8_t *p;

	i->type = hc_cursor_u16(c);
	name_len = hc_cursor_u16(c);
	if (i->type < 1 || i->type > 4 || name_len > IF_NAME_LIMIT) {
		c->failed = true;
		return;
	}
	alen = i->type & 1 ? 4 : 16;
	if ((p = hc_cursor_bytes(c, alen)))
		memcpy(i->addr, p, alen);
	if ((p = hc_cursor_bytes(c, alen)))
		memcpy(i->netmask, p, alen);
	if ((p = hc_cursor_bytes(c, alen)))
		memcpy(i->broadcast, p, alen);
	/* Types 3 and 4 have none, except where a V1 list was recorded again as V2 (scap-format.md 7 "Known defect"). */
	linkspeed = i->type <= 2 || (v2 && hc_cursor_left(c) >= 8U + name_len);
	if (linkspeed)
		i->linkspeed = hc_cursor_u64(c);
	p = hc_cursor_bytes(c, name_len);
	i->name = hc_section_str(s, p, p ? name_len : 0);
}

static void interfaces(struct list *l, bool v2)
{
	l->section->ninterfaces = 0;
	for (uint32_t n = 0; hc_cursor_left(&l->c) >= 4; n++) {
		struct hc_cursor in, *c = v2 ? &in : &l->c;
		const uint8_t *at = l->c.p;

		if (v2 && !entry(l, 0, &in)) { /* the one list whose lengths do not count themselves */
			lose_entry(l, at, true, "interface list", n);
			return;
		}
		interface(hc_section_add_interface(l->section), l->section, c, v2);
		if (!hc_cursor_ok(c)) {
			l->section->ninterfaces--;
			lose_entry(l, at, !v2, "interface list", n);
		}
	}
}

static void user(struct hc_section *s, struct hc_cursor *c)
{
	if (hc_cursor_u8(c) == 0) {
		struct hc_user_info *u = hc_section_add_user(s);

		u->uid = hc_cursor_u32(c);
		u->gid = hc_cursor_u32(c);
		u->name = str16(s, c, USER_LIMIT);
		u->home = str16(s, c, USER_LIMIT);
		u->shell = str16(s, c, USER_LIMIT);
		s->nusers -= !hc_cursor_ok(c);
	} else {
		struct hc_group_info *g = hc_section_add_group(s);

		g->gid = hc_cursor_u32(c);
		g->name = str16(s, c, USER_LIMIT);
		s->ngroups -= !hc_cursor_ok(c);
	}
}

static void users(struct list *l, bool v2)
{
	l->section->nusers = l->section->ngroups = 0;
	for (uint32_t i = 0; hc_cursor_left(&l->c) >= 4; i++) {
		struct hc_cursor in, *c = v2 ? &in : &l->c;
		const uint8_t *at = l->c.p;

		if (v2 && !entry(l, 4, &in)) {
			lose_entry(l, at, true, "user list", i);
			return;
		}
		user(l->section, c);
		if (!hc_cursor_ok(c))
			lose_entry(l, at, !v2, "user list", i);
	}
}

bool hc_lists_parse(struct hc_section *section, uint32_t type, const uint8_t *body, size_t len,
		    struct hc_lists_loss *ret_loss)
{
	struct list l = { .c = hc_cursor(body, len), .body = body, .section = section };

	switch (type) {
	case HC_BLOCK_MI: machine(&l); break;
	case HC_BLOCK_PL_V1: threads(&l, 1); break;
	case HC_BLOCK_PL_V2: threads(&l, 2); break;
	case HC_BLOCK_PL_V3: threads(&l, 3); break;
	case HC_BLOCK_PL_V4: threads(&l, 4); break;
	case HC_BLOCK_PL_V5: threads(&l, 5); break;
	case HC_BLOCK_PL_V6: threads(&l, 6); break;
	case HC_BLOCK_PL_V7: threads(&l, 7); break;
	case HC_BLOCK_PL_V8: threads(&l, 8); break;
	case HC_BLOCK_PL_V9: threads(&l, 9); break;
	case HC_BLOCK_FDL_V1: fds(&l, false); break;
	case HC_BLOCK_FDL_V2: fds(&l, true); break;
	case HC_BLOCK_IL_V1: interfaces(&l, false); break;
	case HC_BLOCK_IL_V2: interfaces(&l, true); break;
	case HC_BLOCK_UL_V1: users(&l, false); break;
	case HC_BLOCK_UL_V2: users(&l, true); break;
	default: break;
	}
	*ret_loss = l.loss;
	return !l.loss.cause[0];
}
