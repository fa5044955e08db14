/* SPDX-License-Identifier: Apache-2.0
 *
 * From the tables to a section's lists: the inverse of snapshot.c. Invariant: loading the lists gives every thread and fd
 * entry under the same number again; what loading makes of an entry (direction, names of sockets) is taken back here as far
 * as the lists allow. Placeholders are left out: a process list has no way to say that nothing is known.
 */
#include "replay/state-lists.h"

#include <stdlib.h>

#include "common/mem.h"
#include "replay/state-internal.h"

struct lists {
	struct hc_state *s;
	struct hc_section *to;
	hc_state_wanted_fn wanted;
	void *ctx;
	uint8_t listening[65536 / 8]; /* ports of all server sockets written */
};

static struct hc_str borrow(const struct hc_text *text)
{
	return hc_text_str(text);
}

/* A set of strings, with the final NUL that the format asks for. */
static struct hc_str borrow_set(struct lists *l, const struct hc_text *text)
{
	struct hc_str str = hc_text_str(text);

	if (!str.len || !str.p[str.len - 1])
		return str;
	/* Texts have a NUL behind their bytes. */
	return hc_section_str(l->to, str.p, str.len + 1);
}

static void add_thread(struct lists *l, const struct hc_thread *t)
{
	struct hc_thread_info *to = hc_section_add_thread(l->to);

	to->tid = t->tid;
	to->pid = t->pid;
	to->ptid = t->ptid;
	to->sid = t->sid;
	to->vpgid = t->vpgid;
	to->pgid = t->pgid;
	to->vtid = t->vtid;
	to->vpid = t->vpid;
	to->fdlimit = t->fdlimit;
	to->comm = borrow(t->comm);
	to->exe = borrow(t->exe);
	to->exepath = borrow(t->exepath);
	to->args = borrow_set(l, t->args);
	to->env = borrow_set(l, t->env);
	to->cgroups = borrow_set(l, t->cgroups);
	to->cwd = borrow(t->cwd);
	to->root = borrow(t->root);
	to->flags = t->flags;
	to->uid = t->uid;
	to->gid = t->gid;
	to->loginuid = t->loginuid;
	to->tty = t->tty;
	to->vmsize_kb = t->vmsize_kb;
	to->vmrss_kb = t->vmrss_kb;
	to->vmswap_kb = t->vmswap_kb;
	to->pfmajor = t->pfmajor;
	to->pfminor = t->pfminor;
	to->pidns_init_start_ts_ns = t->pidns_init_start_ts_ns;
	to->cap_inheritable = t->cap_inheritable;
	to->cap_permitted = t->cap_permitted;
	to->cap_effective = t->cap_effective;
	to->exe_ino = t->exe_ino;
	to->exe_ino_ctime_ns = t->exe_ino_ctime_ns;
	to->exe_ino_mtime_ns = t->exe_ino_mtime_ns;
	to->exe_writable = t->exe_writable;
	to->exe_upper_layer = t->exe_upper_layer;
	to->exe_lower_layer = t->exe_lower_layer;
	to->exe_from_memfd = t->exe_from_memfd;
}

static bool is_listed(const struct lists *l, const struct hc_thread *t)
{
	return t->tid > 0 && t->pid > 0 && (!l->wanted || l->wanted(l->ctx, t));
}

static int by_pid(const void *a, const void *b)
{
	const struct hc_thread *x = *(struct hc_thread *const *)a, *y = *(struct hc_thread *const *)b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

/* Members of a group: loading puts each main thread in front of what is there, and others behind it (3.2). */
static void add_group(struct lists *l, const struct hc_group *g)
{
	struct hc_thread *main = g->first;

	while (main && main->group_next && hc_thread_is_main(main->group_next))
		main = main->group_next;
	for (struct hc_thread *t = main; t && hc_thread_is_main(t); t = t->group_prev)
		if (is_listed(l, t))
			add_thread(l, t);
	for (struct hc_thread *t = g->first; t; t = t->group_next)
		if (!hc_thread_is_main(t) && is_listed(l, t))
			add_thread(l, t);
}

static void add_threads(struct lists *l)
{
	HC_FREE struct hc_thread **all = hc_calloc(l->s->ntids ? l->s->ntids : 1, sizeof(struct hc_thread *));
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->s->tids_cap; i++)
		if (l->s->tids[i])
			all[n++] = l->s->tids[i];
	qsort(all, n, sizeof(struct hc_thread *), by_pid);
	for (uint32_t i = 0; i < n; i++) {
		const struct hc_group *g = all[i]->group;

		if (!g && is_listed(l, all[i]))
			add_thread(l, all[i]);
		else if (g && (!i || all[i - 1]->group != g))
			add_group(l, g);
	}
}

/* ---- fds ---- */

static void add_ip_fd(struct lists *l, const struct hc_fd *fd, struct hc_fd_info *to)
{
	uint32_t len;
	uint16_t port;
	const uint8_t *ip = hc_fd_source(fd, &len, &port);

	memcpy(to->sip, ip, len);
	to->sport = port;
	to->l4proto = hc_fd_l4proto(fd);
	if (hc_fd_is_ip_server(fd))
		return;
	ip = hc_fd_destination(fd, &len, &port);
	memcpy(to->dip, ip, len);
	to->dport = port;
	/* Loading turns round the sockets that were accepted (4.2). */
	if (fd->type == HC_FD_IPV4_SOCK && fd->flags & HC_FDF_ROLE_SERVER && l->listening[port / 8] >> (port % 8) & 1) {
		const struct hc_fd_info was = *to;

		memcpy(to->sip, was.dip, len);
		memcpy(to->dip, was.sip, len);
		to->sport = was.dport;
		to->dport = was.sport;
	}
}

static void add_fd(struct lists *l, int64_t tid, int64_t num, const struct hc_fd *fd)
{
	struct hc_fd_info *to;

	if (num < 0 || fd->type == HC_FD_UNKNOWN)
		return;
	to = hc_section_add_fd(l->to);
	to->tid = tid;
	to->fd = num;
	to->ino = fd->ino;
	to->type = fd->type;
	switch (fd->type) {
	case HC_FD_IPV4_SOCK: case HC_FD_IPV6_SOCK: case HC_FD_IPV4_SERVSOCK: case HC_FD_IPV6_SERVSOCK:
		add_ip_fd(l, fd, to);
		break;
	case HC_FD_UNIX_SOCK:
		to->unix_source = hc_le64(fd->sock + HC_UN_SRC);
		to->unix_dest = hc_le64(fd->sock + HC_UN_DST);
		to->name = borrow(fd->name);
		break;
	default:
		if (fd->type == HC_FD_FILE_V2) {
			to->open_flags = fd->open_flags;
			to->dev = fd->dev;
		}
		to->name = borrow(fd->name);
		break;
	}
}

/* The entries backwards in the order that fd.types shows: filling a table puts new ones in front (fd-order.c). */
static void add_fds(struct lists *l, const struct hc_thread *t)
{
	struct hc_fdtable *table = t->fds;
	struct hc_fd_order order;
	uint32_t pos = 0, n = 0;
	struct hc_fd *fd;
	int64_t num;

	if (table->order.lost) {
		while (hc_fdtable_next(table, &pos, &num, &fd))
			add_fd(l, t->tid, num, fd);
		return;
	}
	hc_fd_order_copy(l->s, &order, &table->order, t->fds_copies);
	{
		HC_FREE uint16_t *nums = hc_calloc(order.n ? order.n : 1, sizeof *nums);

		for (uint16_t at = order.first; at; at = order.next[at - 1])
			nums[n++] = (uint16_t)(at - 1);
		while (n-- > 0)
			add_fd(l, t->tid, nums[n], table->dense[nums[n]]);
	}
	hc_fd_order_done(l->s, &order);
}

static void note_listening(struct lists *l, const struct hc_thread *t)
{
	uint32_t pos = 0, len;
	struct hc_fd *fd;
	uint16_t port;
	int64_t num;

	while (hc_fdtable_next(t->fds, &pos, &num, &fd))
		if (hc_fd_is_ip_server(fd) && hc_fd_source(fd, &len, &port))
			l->listening[port / 8] |= (uint8_t)(1u << (port % 8));
}

static void add_all_fds(struct lists *l)
{
	for (uint32_t i = 0; i < l->to->nthreads; i++)
		note_listening(l, hc_state_find(l->s, l->to->threads[i].tid));
	for (uint32_t i = 0; i < l->to->nthreads; i++) {
		const struct hc_thread *t = hc_state_find(l->s, l->to->threads[i].tid);

		if (t->fds)
			add_fds(l, t);
	}
}

void hc_state_lists(struct hc_state *state, hc_state_wanted_fn wanted, void *ctx, struct hc_section *ret)
{
	HC_FREE struct lists *l = hc_calloc(1, sizeof *l);
	const struct hc_section *from = state->section;

	*l = (struct lists){ .s = state, .to = ret, .wanted = wanted, .ctx = ctx };
	ret->has_machine = from->has_machine;
	ret->machine = from->machine;
	for (uint32_t i = 0; i < from->ninterfaces; i++)
		*hc_section_add_interface(ret) = from->interfaces[i];
	hc_users_lists(state, ret);
	add_threads(l);
	add_all_fds(l);
}

uint64_t hc_state_lists_cut_texts(const struct hc_section *section)
{
	enum { PATH = 1024, SET = 4096, NAME = 1023 };
	uint64_t n = 0;

	for (uint32_t i = 0; i < section->nthreads; i++) {
		const struct hc_thread_info *t = &section->threads[i];

		n += (t->comm.len > PATH) + (t->exe.len > PATH) + (t->exepath.len > PATH) + (t->cwd.len > PATH) +
		     (t->root.len > PATH) + (t->args.len > SET) + (t->env.len > SET) + (t->cgroups.len > SET);
	}
	for (uint32_t i = 0; i < section->nfds; i++)
		n += section->fds[i].name.len > NAME;
	return n;
}
