/* SPDX-License-Identifier: Apache-2.0
 *
 * From a section's lists to the tables (state-engine.md 4). Two parts, because events at the very beginning are applied in
 * between: threads and fds first, then what needs all of them.
 */
#include "replay/state-internal.h"

#include "replay/sockets.h"

static void set(struct hc_state *s, struct hc_text **slot, struct hc_str str)
{
	hc_text_set(s, slot, str.p, str.len);
}

/* Neighbours in the list often have the same long texts; one copy is enough. */
static void set_like(struct hc_state *s, struct hc_text **slot, struct hc_str str, struct hc_text **last)
{
	if (*last && hc_text_is(*last, str.p, str.len)) {
		hc_text_share(s, slot, *last);
	} else {
		set(s, slot, str);
		*last = *slot;
	}
}

static void set_cwd(struct hc_state *s, struct hc_thread *t, struct hc_str cwd)
{
	char buf[HC_PATH_SIZE + 1];
	uint32_t n = hc_path_concat(buf, HC_STR(""), cwd);

	if (!n || buf[n - 1] != '/')
		buf[n++] = '/';
	hc_text_set(s, &t->cwd, buf, n);
}

/* Texts that were given to the thread loaded last; borrowed from it. */
struct last_texts {
	struct hc_text *env, *cgroups;
};

static struct hc_thread *load_thread(struct hc_state *s, const struct hc_thread_info *in, struct last_texts *last)
{
	struct hc_thread *t = hc_thread_new(s, in->tid);

	if (!t)
		return NULL;
	t->pid = in->pid;
	t->ptid = in->ptid;
	t->sid = in->sid;
	t->vpgid = in->vpgid;
	t->pgid = in->pgid;
	t->vtid = in->vtid;
	t->vpid = in->vpid;
	t->fdlimit = in->fdlimit;
	t->flags = in->flags;
	t->uid = in->uid;
	t->gid = in->gid;
	t->loginuid = in->loginuid;
	t->tty = in->tty;
	t->vmsize_kb = in->vmsize_kb;
	t->vmrss_kb = in->vmrss_kb;
	t->vmswap_kb = in->vmswap_kb;
	t->pfmajor = in->pfmajor;
	t->pfminor = in->pfminor;
	t->pidns_init_start_ts_ns = in->pidns_init_start_ts_ns;
	t->cap_inheritable = in->cap_inheritable;
	t->cap_permitted = in->cap_permitted;
	t->cap_effective = in->cap_effective;
	t->exe_ino = in->exe_ino;
	t->exe_ino_ctime_ns = in->exe_ino_ctime_ns;
	t->exe_ino_mtime_ns = in->exe_ino_mtime_ns;
	t->exe_writable = in->exe_writable;
	t->exe_upper_layer = in->exe_upper_layer;
	t->exe_lower_layer = in->exe_lower_layer;
	t->exe_from_memfd = in->exe_from_memfd;
	set(s, &t->comm, in->comm);
	set(s, &t->exe, in->exe);
	hc_thread_set_exepath(s, t, in->exepath);
	set(s, &t->args, in->args);
	set(s, &t->root, in->root);
	set_like(s, &t->cgroups, in->cgroups, &last->cgroups);
	if (hc_thread_is_main(t)) {
		set_cwd(s, t, in->cwd);
		set_like(s, &t->env, in->env, &last->env);
	}
	hc_threads_put(s, t);
	hc_users_note(s, NULL, t->uid, t->gid);
	return t;
}

/* IPv6 tuples between mapped addresses are IPv4 (4.1). */
static bool is_v4_inside(const struct hc_fd_info *in)
{
	return in->type == HC_FD_IPV6_SOCK && hc_ip_is_mapped(in->sip) && hc_ip_is_mapped(in->dip);
}

static void load_ip_fd(struct hc_state *s, struct hc_fd *fd, const struct hc_fd_info *in)
{
	const bool inside = is_v4_inside(in);
	const bool v4 = inside || in->type == HC_FD_IPV4_SOCK || in->type == HC_FD_IPV4_SERVSOCK;
	const bool server = in->type == HC_FD_IPV4_SERVSOCK || in->type == HC_FD_IPV6_SERVSOCK;
	const uint8_t *src = in->sip + (inside ? 12 : 0), *dst = in->dip + (inside ? 12 : 0);
	const uint32_t len = v4 ? 4 : 16;
	char buf[HC_SOCK_TEXT_SIZE];

	memcpy(fd->sock, src, len);
	if (server) {
		memcpy(fd->sock + (v4 ? HC_V4S_PORT : HC_V6S_PORT), &in->sport, 2);
		fd->sock[v4 ? HC_V4S_L4 : HC_V6S_L4] = in->l4proto;
		hc_fd_set_name(s, fd, buf, hc_ip_port_text(buf, src, len, in->sport));
		return;
	}
	fd->type = v4 ? HC_FD_IPV4_SOCK : HC_FD_IPV6_SOCK;
	memcpy(fd->sock + (v4 ? HC_V4_DST : HC_V6_DST), dst, len);
	memcpy(fd->sock + (v4 ? HC_V4_SPORT : HC_V6_SPORT), &in->sport, 2);
	memcpy(fd->sock + (v4 ? HC_V4_DPORT : HC_V6_DPORT), &in->dport, 2);
	fd->sock[v4 ? HC_V4_L4 : HC_V6_L4] = in->l4proto;
	if (in->l4proto == HC_L4_TCP)
		fd->flags |= HC_FDF_CONNECTED;
	hc_fd_set_name(s, fd, buf, hc_ip_tuple_text(buf, src, in->sport, dst, in->dport, len, true));
}

static void load_fd(struct hc_state *s, struct hc_thread *t, const struct hc_fd_info *in)
{
	struct hc_fd *fd;

	/* Nobody writes these, and the reference has no place for them. */
	if (in->type == HC_FD_UNKNOWN)
		return;
	fd = hc_fds_add_own(s, t, in->fd, in->type);
	if (!fd)
		return;
	fd->flags = HC_FDF_FROM_PROC;
	fd->ino = in->ino;
	switch (in->type) {
	case HC_FD_IPV4_SOCK:
	case HC_FD_IPV6_SOCK:
	case HC_FD_IPV4_SERVSOCK:
	case HC_FD_IPV6_SERVSOCK:
		load_ip_fd(s, fd, in);
		break;
	case HC_FD_UNIX_SOCK:
		memcpy(fd->sock + HC_UN_SRC, &in->unix_source, 8);
		memcpy(fd->sock + HC_UN_DST, &in->unix_dest, 8);
		fd->flags |= in->name.len ? HC_FDF_ROLE_SERVER : HC_FDF_ROLE_CLIENT;
		set(s, &fd->name, in->name);
		break;
	default:
		fd->open_flags = in->open_flags;
		fd->dev = in->dev;
		set(s, &fd->name, in->name);
		break;
	}
}

/* Direction of IPv4 tuples (4.2): one whose source port a server socket of the snapshot listens on was accepted. */
static void set_direction(struct hc_state *s, const uint8_t *listening)
{
	for (uint32_t i = 0; i < s->tids_cap; i++) {
		uint32_t pos = 0;
		struct hc_fd *fd;
		int64_t num;

		if (!s->tids[i])
			continue;
		while (hc_fdtable_next(s->tids[i]->fds, &pos, &num, &fd)) {
			const uint16_t port = hc_le16(fd->sock + HC_V4_SPORT);

			if (fd->type != HC_FD_IPV4_SOCK || !(fd->flags & HC_FDF_FROM_PROC) || fd->flags & HC_FDF_ROLES)
				continue;
			fd = hc_fds_edit_own(s, s->tids[i], num);
			if (!fd)
				continue;
			if (listening[port / 8] >> (port % 8) & 1)
				hc_fd_swap(s, fd);
			fd->flags |= listening[port / 8] >> (port % 8) & 1 ? HC_FDF_ROLE_SERVER : HC_FDF_ROLE_CLIENT;
		}
	}
}

void hc_snapshot_load(struct hc_state *s, const struct hc_section *section)
{
	struct last_texts last = { 0 };
	struct hc_thread *t = NULL;

	for (uint32_t i = 0; i < section->nthreads; i++) {
		/* A replaced entry takes its texts along. */
		if (hc_state_find(s, section->threads[i].tid))
			last = (struct last_texts){ 0 };
		load_thread(s, &section->threads[i], &last);
	}
	for (uint32_t i = 0; i < section->nfds; i++) {
		t = hc_state_find(s, section->fds[i].tid);
		if (t)
			load_fd(s, t, &section->fds[i]);
	}
	/* In the order of the list, so that equal input gives equal groups. */
	for (uint32_t i = 0; i < section->nthreads; i++) {
		t = hc_state_find(s, section->threads[i].tid);
		if (t)
			hc_thread_create_dependencies(s, t);
	}
}

void hc_snapshot_finish(struct hc_state *s)
{
	const struct hc_section *section = s->section;
	uint8_t listening[65536 / 8] = { 0 };

	hc_users_section(s, section);
	for (uint32_t i = 0; i < section->nfds; i++) {
		const struct hc_fd_info *in = &section->fds[i];

		if (in->type == HC_FD_IPV4_SERVSOCK || in->type == HC_FD_IPV6_SERVSOCK)
			listening[in->sport / 8] |= (uint8_t)(1u << (in->sport % 8));
	}
	set_direction(s, listening);
	for (uint32_t i = 0; i < section->nthreads; i++) {
		struct hc_thread *t = hc_state_find(s, section->threads[i].tid);

		if (t && !t->container_known)
			hc_thread_compute_container(s, t);
	}
}
