/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads and descriptors from the kernel's iterators (bpf/snapshot-abi.h), as the files of /proc would tell them
 * (scap-format.md 16.2, 16.4), but in a few reads for thousands. /proc is asked for what the kernel side does not know:
 * cgroups once per set of them, the start of a pid namespace once per namespace.
 *
 * Beyond /proc: the overlay layers and memfds, and the kernel address of unix sockets, by which events name them too.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/snapshot-abi.h"
#include "common/cleanup.h"
#include "common/hash.h"
#include "record/snapshot-parts.h"

enum { READ_SIZE = 1 << 16, RECORD_CAP = 1 << 16 };

/* A thread before it is known which others are of its group. */
struct told {
	struct hc_thread_info t;
	uint64_t cgroups, pidns; /* hashes of ids, see struct hc_snap_task */
	uint64_t group_pfmajor, group_pfminor;
};

struct tasks {
	struct hc_scan *scan;
	struct hc_map *seen;
	struct hc_vec told; /* struct told */
};

/* Reads records to the end and hands each to fn: rec begins with its u32 size, and len bytes of it are there. */
static int read_records(int fd, size_t min, void (*fn)(void *ctx, const char *rec, size_t len), void *ctx)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };

	for (;;) {
		ssize_t n = read(fd, hc_buf_room(&buf, READ_SIZE), READ_SIZE);
		size_t off = 0;
		uint32_t size;

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return buf.len ? -EPROTO : 0;
		buf.len += (size_t)n;
		while (buf.len - off >= sizeof size) {
			memcpy(&size, buf.p + off, sizeof size);
			if (size < min || size > RECORD_CAP)
				return -EPROTO;
			if (buf.len - off < size)
				break;
			fn(ctx, buf.p + off, size);
			off += size;
		}
		memmove(buf.p, buf.p + off, buf.len - off);
		buf.len -= off;
	}
}

/* ---- threads ---- */

/* A path as its link in /proc says it. */
static struct hc_str link_text(struct hc_arena *arena, const char *path, uint32_t len, bool deleted)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	if (len < 2)
		return (struct hc_str){ 0 };
	if (*path != '/') { /* a memfd: in no directory, and so called deleted */
		hc_buf_putc(&text, '/');
		deleted = true;
	}
	hc_buf_put(&text, path, len - 1);
	if (deleted)
		hc_buf_puts(&text, " (deleted)");
	return hc_proc_str(arena, text.p, text.len, HC_PATH_CAP);
}

static bool is_writable(const struct hc_snap_task *r)
{
	if (!r->exe_ino || r->flags & (HC_SNAP_EXE_DELETED | HC_SNAP_EXE_MEMFD))
		return false; /* not there any more */
	return r->exe_uid == r->uid || r->exe_mode & S_IWOTH || (r->exe_gid == r->gid && r->exe_mode & S_IWGRP) ||
	       (r->uid == 0 && !(r->flags & HC_SNAP_EXE_READ_ONLY));
}

/* The memory a main thread shares with the others of its group. */
static void take_image(struct hc_arena *arena, const struct hc_snap_task *r, const char *strings, struct hc_thread_info *t)
{
	struct hc_buf copy HC_BUF_DONE = { 0 };
	size_t args = r->args_len;

	t->exepath = link_text(arena, strings, r->exe_len, r->flags & HC_SNAP_EXE_DELETED);
	hc_buf_put(&copy, strings + r->exe_len, r->args_len + r->env_len);
	if (r->flags & HC_SNAP_TITLE) {
		size_t title = strnlen(copy.p, args);

		args = title < args ? title + 1 : args;
	}
	hc_scan_cmdline(arena, copy.p, args, t);
	hc_scan_environ(arena, copy.p + r->args_len, r->env_len, t);
}

static void take_task(void *ctx, const char *rec, size_t len)
{
	struct tasks *tasks = ctx;
	struct hc_arena *arena = &tasks->scan->section->arena;
	struct hc_snap_task r;
	struct told *told;
	struct hc_thread_info *t;
	const char *strings = rec + sizeof r;
	uint64_t all;

	memcpy(&r, rec, sizeof r);
	all = (uint64_t)r.exe_len + r.args_len + r.env_len + r.cwd_len + r.root_len;
	if (r.tid <= 0 || r.pid <= 0 || all > len - sizeof r)
		return; /* has gone while it was looked at */
	hc_map_put(tasks->seen, (uint64_t)r.tid, NULL);
	if (r.flags & HC_SNAP_NO_MEMORY)
		return;
	told = hc_vec_push(&tasks->told, sizeof *told);
	told->cgroups = hc_hash_bytes((uint64_t[]){ r.css_set, r.cgroup_id }, 2 * sizeof(uint64_t));
	told->pidns = hc_hash_bytes((uint64_t[]){ r.pidns, r.root_place }, 2 * sizeof(uint64_t));
	told->group_pfmajor = r.group_pfmajor;
	told->group_pfminor = r.group_pfminor;
	t = &told->t;
	*t = (struct hc_thread_info){
		.tid = r.tid, .pid = r.pid, .ptid = r.ptid, .sid = r.sid, .pgid = r.pgid, .vpgid = r.vpgid,
		.vtid = r.vtid ? r.vtid : r.tid, .vpid = r.vpid ? r.vpid : r.pid, .fdlimit = (int64_t)r.fdlimit,
		.uid = r.uid, .gid = r.gid, .loginuid = r.loginuid, .tty = r.tty,
		.vmsize_kb = r.vmsize_kb, .vmrss_kb = r.vmrss_kb, .vmswap_kb = r.vmswap_kb,
		.pfmajor = r.pfmajor, .pfminor = r.pfminor, .cap_inheritable = r.cap_inheritable,
		.cap_permitted = r.cap_permitted, .cap_effective = r.cap_effective, .exe_ino = r.exe_ino,
		.exe_ino_ctime_ns = r.exe_ctime_ns, .exe_ino_mtime_ns = r.exe_mtime_ns,
		.exe_writable = is_writable(&r), .exe_upper_layer = r.flags & HC_SNAP_EXE_UPPER,
		.exe_lower_layer = r.flags & HC_SNAP_EXE_LOWER, .exe_from_memfd = r.flags & HC_SNAP_EXE_MEMFD,
		.flags = r.tid == r.pid ? 0 : HC_SCAN_THREAD_FLAGS,
		.comm = hc_proc_str(arena, r.comm, strnlen(r.comm, sizeof r.comm), sizeof r.comm),
	};
	take_image(arena, &r, strings, t);
	strings += r.exe_len + r.args_len + r.env_len;
	t->cwd = link_text(arena, strings, r.cwd_len, r.flags & HC_SNAP_CWD_DELETED);
	t->root = link_text(arena, strings + r.cwd_len, r.root_len, r.flags & HC_SNAP_ROOT_DELETED);
}

/* As /proc lists them: processes by number, each one's main thread first. */
static int by_process(const void *a, const void *b)
{
	const struct hc_thread_info *x = &((const struct told *)a)->t, *y = &((const struct told *)b)->t;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	if ((x->tid == x->pid) != (y->tid == y->pid))
		return x->tid == x->pid ? -1 : 1;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

/* What /proc has to tell, unless it has told it of a task in the same place. False: leave it out. */
static bool complete(struct hc_scan *scan, const struct told *told, struct hc_thread_info *t)
{
	uint64_t *cgroups = hc_map_get(&scan->cgroups_told, told->cgroups);
	uint64_t *pidns = hc_map_get(&scan->pidns_told, told->pidns);
	bool elsewhere = !hc_str_is(t->root, "/"); /* a changed root, where its program's path may lead nowhere */
	int dir HC_CLOSE = -1;
	char name[32];

	if (!cgroups || !pidns || elsewhere) {
		snprintf(name, sizeof name, "%lld", (long long)t->tid);
		dir = openat(scan->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (elsewhere && dir >= 0)
		t->exe_writable = hc_scan_exe_writable(dir, t);
	if (pidns)
		t->pidns_init_start_ts_ns = *pidns;
	else if (dir >= 0 && (t->pidns_init_start_ts_ns = hc_scan_pidns_start(dir)))
		*hc_map_put(&scan->pidns_told, told->pidns, NULL) = t->pidns_init_start_ts_ns;
	if (cgroups) {
		t->cgroups = ((struct hc_str *)(void *)scan->cgroups.sets.p)[*cgroups - 1];
	} else if (dir >= 0) {
		uint32_t before = scan->cgroups.sets.n;
		bool found = hc_scan_cgroup(scan, dir, &t->cgroups);

		if (scan->cgroups.sets.n > before) /* a text not seen before; other ids can have the same one */
			*hc_map_put(&scan->cgroups_told, told->cgroups, NULL) = scan->cgroups.sets.n;
		return found;
	}
	return true;
}

static void add_threads(struct hc_scan *scan, const struct hc_vec *all)
{
	struct told *told = (struct told *)(void *)all->p;
	struct hc_thread_info *main = NULL;

	if (all->n)
		qsort(told, all->n, sizeof *told, by_process);
	for (uint32_t i = 0; i < all->n; i++) {
		struct hc_thread_info *t = &told[i].t;

		if (t->tid == t->pid) {
			/* stat of a process adds up its threads, those that have ended too */
			t->pfmajor += told[i].group_pfmajor;
			t->pfminor += told[i].group_pfminor;
			for (uint32_t k = i + 1; k < all->n && told[k].t.pid == t->pid; k++) {
				t->pfmajor += told[k].t.pfmajor;
				t->pfminor += told[k].t.pfminor;
			}
			main = t;
		} else if (main && main->pid == t->pid) {
			t->exe = main->exe;
			t->args = main->args;
			t->env = main->env;
			t->exepath = main->exepath;
		}
		if (!complete(scan, &told[i], t))
			continue;
		hc_map_put(&scan->tids, (uint64_t)t->tid, NULL);
		*hc_section_add_thread(scan->section) = *t;
	}
}

/* ---- descriptors ---- */

static void take_inet(const struct hc_snap_file *f, struct hc_fd_info *fd)
{
	static const uint8_t any[16];
	bool v6 = f->family == AF_INET6, served = !memcmp(f->dip, any, sizeof any);

	fd->type = served ? v6 ? HC_FD_IPV6_SERVSOCK : HC_FD_IPV4_SERVSOCK : v6 ? HC_FD_IPV6_SOCK : HC_FD_IPV4_SOCK;
	fd->l4proto = f->type == SOCK_RAW ? HC_L4_RAW : f->protocol == IPPROTO_TCP ? HC_L4_TCP : HC_L4_UDP;
	fd->sport = f->sport;
	fd->dport = served ? 0 : f->dport;
	memcpy(fd->sip, f->sip, sizeof fd->sip);
	memcpy(fd->dip, f->dip, sizeof fd->dip);
}

/* The bound name as /proc/net/unix prints it: NULs as '@', without the one at the end of a path. */
static struct hc_str unix_name(struct hc_arena *arena, const char *name, uint32_t len)
{
	struct hc_str s = hc_proc_str(arena, name, len && *name ? len - 1 : len, HC_FDNAME_CAP);

	for (uint32_t i = 0; i < s.len; i++)
		if (!s.p[i])
			((char *)s.p)[i] = '@';
	return s;
}

/* False: in none of the tables that are told (scap-format.md 16.4). */
static bool take_socket(struct hc_scan *scan, const struct hc_snap_file *f, const char *name, struct hc_fd_info *fd)
{
	fd->ino = f->ino;
	switch (f->listed ? f->family : AF_UNSPEC) {
	case AF_INET:
	case AF_INET6: take_inet(f, fd); return true;
	case AF_UNIX:
		fd->type = HC_FD_UNIX_SOCK;
		fd->unix_source = f->sock;
		fd->name = unix_name(&scan->section->arena, name, f->name_len);
		return true;
	case AF_NETLINK: fd->type = HC_FD_NETLINK; return true;
	default: return false;
	}
}

static void take_file(void *ctx, const char *rec, size_t len)
{
	struct hc_scan *scan = ctx;
	struct hc_snap_file f;
	struct hc_fd_info fd = { 0 };
	const char *name = rec + sizeof f;

	memcpy(&f, rec, sizeof f);
	if (f.pid <= 0 || f.name_len > len - sizeof f || !hc_map_get(&scan->tids, (uint64_t)f.pid))
		return;
	fd.tid = f.pid;
	fd.fd = f.fd;
	if (S_ISSOCK(f.mode)) {
		if (!take_socket(scan, &f, name, &fd))
			return;
	} else {
		hc_scan_fd_type(&fd, f.mode, f.ino,
				hc_proc_str(&scan->section->arena, name, f.name_len ? f.name_len - 1 : 0, HC_FDNAME_CAP));
		if (fd.type == HC_FD_FILE_V2) {
			fd.open_flags = hc_scan_open_flags(f.open_flags) | f.overlay;
			fd.dev = f.dev;
		}
	}
	*hc_section_add_fd(scan->section) = fd;
}

int hc_scan_iterators(struct hc_scan *scan, const struct hc_snapshot_iterators *iterators, struct hc_map *ret_seen)
{
	struct tasks tasks = { .scan = scan, .seen = ret_seen };
	int err = read_records(iterators->tasks, sizeof(struct hc_snap_task), take_task, &tasks);

	if (!err)
		add_threads(scan, &tasks.told);
	free(tasks.told.p);
	return err ? err : read_records(iterators->files, sizeof(struct hc_snap_file), take_file, scan);
}
