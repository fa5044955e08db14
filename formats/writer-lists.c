/* SPDX-License-Identifier: Apache-2.0
 *
 * A section's header and lists as blocks, in their current versions and order (scap-format.md 3.1, 4 to 8). Strings
 * beyond the format's limits are cut as the format's own writer cuts them. Long process lists become several blocks:
 * some readers refuse blocks of many megabytes (2.2).
 */
#include "formats/writer-lists.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/mem.h"
#include "formats/block.h"

enum { PATH_LIMIT = 1024, ARGS_LIMIT = 4096, FD_NAME_LIMIT = 1023, IF_NAME_LIMIT = 1023, USER_LIMIT = 255 };
enum { PL_BLOCK_SPLIT = 256 << 10 };

/* ---- little-endian output ---- */

static void put(struct hc_buf *b, const void *p, size_t len)
{
	hc_buf_put(b, p, len);
}
static void put_u8(struct hc_buf *b, uint8_t v)
{
	put(b, &v, sizeof v);
}
static void put_u16(struct hc_buf *b, uint16_t v)
{
	put(b, &v, sizeof v);
}
static void put_u32(struct hc_buf *b, uint32_t v)
{
	put(b, &v, sizeof v);
}
static void put_u64(struct hc_buf *b, uint64_t v)
{
	put(b, &v, sizeof v);
}
static void put_str16(struct hc_buf *b, struct hc_str s, uint32_t max)
{
	uint16_t len = (uint16_t)(s.len < max ? s.len : max);

	put_u16(b, len);
	put(b, s.p, len);
}

/* Sets of NUL-terminated strings: a cut one ends with a NUL in its last byte. */
static void put_strings16(struct hc_buf *b, struct hc_str s)
{
	put_str16(b, s, ARGS_LIMIT);
	if (s.len > ARGS_LIMIT)
		b->p[b->len - 1] = '\0';
}

/* ---- blocks ---- */

/* Begins a block at the buffer's end; its offset goes to end_block. */
static size_t begin_block(struct hc_buf *b, uint32_t type)
{
	size_t at = b->len;

	put_u32(b, type);
	put_u32(b, 0);
	return at;
}

static int end_block(struct hc_buf *b, size_t at, hc_lists_sink sink, void *ctx)
{
	static const uint8_t zero[3];
	uint32_t total;
	int r;

	put(b, zero, -(b->len - at) & 3);
	total = (uint32_t)(b->len - at + 4);
	memcpy(b->p + at + 4, &total, 4);
	put_u32(b, total);
	r = sink(ctx, b->p + at, total);
	b->len = at;
	return r;
}

/* An entry's length goes in front once it is known; `counted` of its own bytes count. */
static void end_entry(struct hc_buf *b, size_t at, uint32_t counted)
{
	uint32_t len = (uint32_t)(b->len - at - 4) + counted;

	memcpy(b->p + at, &len, 4);
}

static int section_header(struct hc_buf *b, hc_lists_sink sink, void *ctx)
{
	size_t at = begin_block(b, HC_BLOCK_SHB);

	put_u32(b, HC_SHB_MAGIC);
	put_u16(b, 1);
	put_u16(b, 2);
	put_u64(b, UINT64_MAX);
	return end_block(b, at, sink, ctx);
}

static int machine(const struct hc_machine *m, struct hc_buf *b, hc_lists_sink sink, void *ctx)
{
	size_t at = begin_block(b, HC_BLOCK_MI);
	char hostname[128] = { 0 };

	memcpy(hostname, m->hostname, strnlen(m->hostname, sizeof hostname - 1));
	put_u32(b, m->ncpus);
	put_u64(b, m->memory_bytes);
	put_u64(b, m->max_pid);
	put(b, hostname, sizeof hostname);
	put_u64(b, m->boot_ts_ns);
	for (int i = 0; i < 3; i++) /* flags and two reserved words */
		put_u64(b, 0);
	return end_block(b, at, sink, ctx);
}

static void interface(struct hc_buf *b, const struct hc_interface *i)
{
	size_t at = b->len;
	uint32_t alen = i->type & 1 ? 4 : 16;
	uint32_t name = i->name.len < IF_NAME_LIMIT ? i->name.len : IF_NAME_LIMIT;

	put_u32(b, 0);
	put_u16(b, i->type & 1 ? 1 : 2);
	put_u16(b, (uint16_t)name);
	put(b, i->addr, alen);
	put(b, i->netmask, alen);
	put(b, i->broadcast, alen);
	put_u64(b, i->linkspeed);
	put(b, i->name.p, name);
	end_entry(b, at, 0);
}

static int interfaces(const struct hc_section *s, struct hc_buf *b, hc_lists_sink sink, void *ctx)
{
	size_t at;

	if (!s->ninterfaces)
		return 0;
	at = begin_block(b, HC_BLOCK_IL_V2);
	for (int six = 0; six <= 1; six++) {
		for (uint32_t n = 0; n < s->ninterfaces; n++) {
			if ((s->interfaces[n].type & 1) != six)
				interface(b, &s->interfaces[n]);
		}
	}
	return end_block(b, at, sink, ctx);
}

static int users(const struct hc_section *s, struct hc_buf *b, hc_lists_sink sink, void *ctx)
{
	size_t at;

	if (!s->nusers && !s->ngroups)
		return 0;
	at = begin_block(b, HC_BLOCK_UL_V2);
	for (uint32_t n = 0; n < s->nusers; n++) {
		const struct hc_user_info *u = &s->users[n];
		size_t entry = b->len;

		put_u32(b, 0);
		put_u8(b, 0);
		put_u32(b, u->uid);
		put_u32(b, u->gid);
		put_str16(b, u->name, USER_LIMIT);
		put_str16(b, u->home, USER_LIMIT);
		put_str16(b, u->shell, USER_LIMIT);
		end_entry(b, entry, 4);
	}
	for (uint32_t n = 0; n < s->ngroups; n++) {
		size_t entry = b->len;

		put_u32(b, 0);
		put_u8(b, 1);
		put_u32(b, s->groups[n].gid);
		put_str16(b, s->groups[n].name, USER_LIMIT);
		end_entry(b, entry, 4);
	}
	return end_block(b, at, sink, ctx);
}

static void thread(struct hc_buf *b, const struct hc_thread_info *t)
{
	size_t at = b->len;

	put_u32(b, 0);
	put_u64(b, (uint64_t)t->tid);
	put_u64(b, (uint64_t)t->pid);
	put_u64(b, (uint64_t)t->ptid);
	put_u64(b, (uint64_t)t->sid);
	put_u64(b, (uint64_t)t->vpgid);
	put_str16(b, t->comm, PATH_LIMIT);
	put_str16(b, t->exe, PATH_LIMIT);
	put_str16(b, t->exepath, PATH_LIMIT);
	put_strings16(b, t->args);
	put_str16(b, t->cwd.len ? t->cwd : HC_STR("/"), PATH_LIMIT);
	put_u64(b, (uint64_t)t->fdlimit);
	put_u32(b, t->flags);
	put_u32(b, t->uid);
	put_u32(b, t->gid);
	put_u32(b, t->vmsize_kb);
	put_u32(b, t->vmrss_kb);
	put_u32(b, t->vmswap_kb);
	put_u64(b, t->pfmajor);
	put_u64(b, t->pfminor);
	put_strings16(b, t->env);
	put_u64(b, (uint64_t)t->vtid);
	put_u64(b, (uint64_t)t->vpid);
	put_strings16(b, t->cgroups);
	put_str16(b, t->root, PATH_LIMIT);
	put_u64(b, t->pidns_init_start_ts_ns);
	put_u32(b, t->tty);
	put_u32(b, t->loginuid);
	put_u8(b, t->exe_writable);
	put_u64(b, t->cap_inheritable);
	put_u64(b, t->cap_permitted);
	put_u64(b, t->cap_effective);
	put_u8(b, t->exe_upper_layer);
	put_u64(b, t->exe_ino);
	put_u64(b, t->exe_ino_ctime_ns);
	put_u64(b, t->exe_ino_mtime_ns);
	put_u8(b, t->exe_from_memfd);
	put_u8(b, t->exe_lower_layer);
	put_u64(b, (uint64_t)t->pgid);
	end_entry(b, at, 4);
}

static int threads(const struct hc_section *s, struct hc_buf *b, hc_lists_sink sink, void *ctx)
{
	for (uint32_t n = 0; n < s->nthreads;) {
		size_t at = begin_block(b, HC_BLOCK_PL_V9);
		int r;

		do
			thread(b, &s->threads[n++]);
		while (n < s->nthreads && b->len - at < PL_BLOCK_SPLIT);
		r = end_block(b, at, sink, ctx);
		if (r)
			return r;
	}
	return 0;
}

static void fd(struct hc_buf *b, const struct hc_fd_info *f)
{
	size_t at = b->len;
	uint32_t alen = f->type == HC_FD_IPV6_SOCK || f->type == HC_FD_IPV6_SERVSOCK ? 16 : 4;

	put_u32(b, 0);
	put_u64(b, (uint64_t)f->fd);
	put_u64(b, f->ino);
	put_u8(b, f->type);
	switch (f->type) {
	case HC_FD_IPV4_SOCK:
	case HC_FD_IPV6_SOCK:
		put(b, f->sip, alen);
		put(b, f->dip, alen);
		put_u16(b, f->sport);
		put_u16(b, f->dport);
		put_u8(b, f->l4proto);
		break;
	case HC_FD_IPV4_SERVSOCK:
	case HC_FD_IPV6_SERVSOCK:
		put(b, f->sip, alen);
		put_u16(b, f->sport);
		put_u8(b, f->l4proto);
		break;
	case HC_FD_UNIX_SOCK:
		put_u64(b, f->unix_source);
		put_u64(b, f->unix_dest);
		put_str16(b, f->name, FD_NAME_LIMIT);
		break;
	case HC_FD_FILE_V2:
		put_u32(b, f->open_flags);
		put_str16(b, f->name, FD_NAME_LIMIT);
		put_u32(b, f->dev);
		break;
	default:
		put_str16(b, f->name, FD_NAME_LIMIT);
	}
	end_entry(b, at, 4);
}

/* A run of adjacent fds of one thread; runs are found by tid. */
struct run {
	int64_t tid;
	uint32_t first, n;
	bool written;
};

static int by_tid(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static int fd_block(const struct hc_section *s, int64_t tid, struct run *runs, uint32_t n, struct hc_buf *b,
		    hc_lists_sink sink, void *ctx)
{
	size_t at = begin_block(b, HC_BLOCK_FDL_V2);

	put_u64(b, (uint64_t)tid);
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < runs[i].n; k++) {
			if (s->fds[runs[i].first + k].type != HC_FD_UNKNOWN) /* never written (scap-format.md 6) */
				fd(b, &s->fds[runs[i].first + k]);
		}
		runs[i].written = true;
	}
	return end_block(b, at, sink, ctx);
}

/* One block per thread of the process list, in its order, also for those without fds; then fds of unknown threads,
 * which readers ignore but a copy should not lose. */
static int fds(const struct hc_section *s, struct hc_buf *b, hc_lists_sink sink, void *ctx)
{
	HC_FREE struct run *runs = hc_calloc(s->nfds ? s->nfds : 1, sizeof *runs);
	uint32_t nruns = 0, n;
	int r;

	for (uint32_t i = 0; i < s->nfds; i++) {
		if (!nruns || runs[nruns - 1].tid != s->fds[i].tid)
			runs[nruns++] = (struct run){ s->fds[i].tid, i, 0, false };
		runs[nruns - 1].n++;
	}
	qsort(runs, nruns, sizeof *runs, by_tid);
	for (uint32_t t = 0; t < s->nthreads; t++) {
		int64_t tid = s->threads[t].tid;
		uint32_t lo = 0, hi = nruns;

		while (lo < hi) {
			uint32_t mid = (lo + hi) / 2;

			if (runs[mid].tid < tid)
				lo = mid + 1;
			else
				hi = mid;
		}
		for (n = 0; lo + n < nruns && runs[lo + n].tid == tid && !runs[lo + n].written; n++)
			;
		r = fd_block(s, tid, runs + lo, n, b, sink, ctx);
		if (r)
			return r;
	}
	for (uint32_t i = 0; i < nruns; i += n) {
		for (n = 1; i + n < nruns && runs[i + n].tid == runs[i].tid; n++)
			;
		if (runs[i].written)
			continue;
		r = fd_block(s, runs[i].tid, runs + i, n, b, sink, ctx);
		if (r)
			return r;
	}
	return 0;
}

int hc_lists_write(const struct hc_section *s, hc_lists_sink sink, void *ctx)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	int r = section_header(&b, sink, ctx);

	if (!r && s->has_machine)
		r = machine(&s->machine, &b, sink, ctx);
	if (!r)
		r = interfaces(s, &b, sink, ctx);
	if (!r)
		r = users(s, &b, sink, ctx);
	if (!r)
		r = threads(s, &b, sink, ctx);
	if (!r)
		r = fds(s, &b, sink, ctx);
	return r;
}
