/* SPDX-License-Identifier: Apache-2.0
 *
 * The scan (scap-format.md 16). What the iterators tell comes first; then, in /proc, every process that is not known yet,
 * its other threads, its descriptors. Tasks come and go while it runs; whatever cannot be read completely is left out,
 * and the events recorded meanwhile tell the rest.
 */
#include "record/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "record/snapshot-parts.h"

enum { STATUS_CAP = 1 << 16 };

static void cleanup_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}
#define CLOSEDIR __attribute__((cleanup(cleanup_dir)))

static DIR *open_dir(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

/* The next entry whose name is a number; 0 at the end. */
static int64_t next_number(DIR *d)
{
	struct dirent *entry;

	while ((entry = readdir(d))) {
		char *end;
		long long n = strtoll(entry->d_name, &end, 10);

		if (n > 0 && !*end)
			return n;
	}
	return 0;
}

static void add_thread(struct hc_scan *scan, int at, int64_t tid, const struct hc_thread_info *main)
{
	int dir HC_CLOSE = -1;
	struct hc_thread_info t;
	char name[32];

	if (hc_map_get(&scan->tids, (uint64_t)tid))
		return;
	snprintf(name, sizeof name, "%lld", (long long)tid);
	dir = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || !hc_scan_thread(scan, dir, tid, main, &t))
		return;
	hc_map_put(&scan->tids, (uint64_t)tid, NULL);
	*hc_section_add_thread(scan->section) = t;
}

static void scan_process(struct hc_scan *scan, int64_t pid)
{
	int dir HC_CLOSE = -1;
	DIR *tasks CLOSEDIR = NULL;
	struct hc_thread_info main;
	bool has_main;
	char name[32];

	if (hc_map_get(&scan->tids, (uint64_t)pid))
		return;
	snprintf(name, sizeof name, "%lld", (long long)pid);
	dir = openat(scan->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return;
	has_main = hc_scan_thread(scan, dir, pid, NULL, &main);
	if (has_main) {
		hc_map_put(&scan->tids, (uint64_t)pid, NULL);
		*hc_section_add_thread(scan->section) = main;
	}
	tasks = open_dir(dir, "task");
	for (int64_t tid; tasks && (tid = next_number(tasks));)
		if (tid != pid)
			add_thread(scan, dirfd(tasks), tid, has_main ? &main : NULL);
	if (has_main)
		hc_scan_fds(scan, dir, pid);
}

/* Inside a cgroup namespace /proc shows other tasks' cgroups relative to ours ("/../.."). Looking from the namespace
 * of the host's init instead makes all of them absolute, as scap-format.md 16.3 asks. Returns a fd of our own namespace
 * if this thread was moved, else -1. */
static int enter_host_cgroupns(struct hc_scan *scan)
{
	int host HC_CLOSE = openat(scan->proc, "1/ns/cgroup", O_RDONLY | O_CLOEXEC);
	int own HC_CLOSE = openat(scan->proc, "thread-self/ns/cgroup", O_RDONLY | O_CLOEXEC);
	struct stat a, b;

	if (host < 0 || own < 0 || fstat(host, &a) || fstat(own, &b) || a.st_ino == b.st_ino)
		return -1;
	if (setns(host, CLONE_NEWCGROUP))
		return -1;
	return TAKE_FD(own);
}

static void scan_done(struct hc_scan *scan)
{
	hc_scan_cgroup_done(scan);
	if (scan->proc >= 0)
		close(scan->proc);
	free(scan->socket_list.p);
	hc_map_done(&scan->tids);
	hc_map_done(&scan->netns);
	hc_map_done(&scan->sockets);
	hc_map_done(&scan->mntns);
	hc_map_done(&scan->devices);
	hc_map_done(&scan->cgroups_told);
	hc_map_done(&scan->pidns_told);
	hc_buf_done(&scan->a);
	hc_buf_done(&scan->b);
}

/* Iterators tell the tasks of the reader's pid namespace. Those are the tasks of this /proc if it knows us by one number
 * only. */
static bool is_our_pidns(struct hc_scan *scan)
{
	const char *numbers;
	char *end;

	if (hc_proc_read(scan->proc, "self/status", &scan->a, STATUS_CAP))
		return false;
	numbers = hc_proc_value(&scan->a, "NSpid:");
	return numbers && strtol(numbers, &end, 10) == getpid() && *end == '\n';
}

/* Threads and descriptors by the iterators; *ret_seen as in hc_scan_iterators. */
static void ask_iterators(struct hc_scan *scan, const struct hc_snapshot_iterators *iterators, struct hc_map *ret_seen,
			  struct hc_snapshot_source *source)
{
	int err;

	if (!is_our_pidns(scan)) {
		snprintf(source->why, sizeof source->why, "%s/proc is of another pid namespace than the recorder's", scan->root);
		return;
	}
	err = hc_scan_iterators(scan, iterators, ret_seen);
	if (err)
		snprintf(source->why, sizeof source->why, "the kernel's iterators cannot be read: %s", strerror(-err));
	else
		source->iterators = true;
}

int hc_snapshot_take(struct hc_section *section, const char *host_root, const struct hc_snapshot_iterators *iterators,
		     struct hc_snapshot_source *ret_source, struct hc_diag *reterr_diag)
{
	__attribute__((cleanup(scan_done))) struct hc_scan scan = { .section = section, .root = host_root, .proc = -1 };
	struct hc_snapshot_source source = { 0 };
	struct hc_map seen = { 0 };
	struct hc_buf path HC_BUF_DONE = { 0 };
	DIR *processes CLOSEDIR = NULL;
	int own_cgroupns HC_CLOSE = -1;

	hc_buf_printf(&path, "%s/proc", host_root);
	scan.proc = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	processes = scan.proc < 0 ? NULL : open_dir(scan.proc, ".");
	if (!processes)
		return hc_diag_set(reterr_diag, -errno, "cannot read %s, where the processes of this host are listed: %s", path.p,
				   strerror(errno));
	hc_scan_machine(&scan);
	hc_scan_interfaces(&scan);
	hc_scan_users(&scan);
	own_cgroupns = enter_host_cgroupns(&scan);
	hc_scan_cgroup_init(&scan);
	if (iterators)
		ask_iterators(&scan, iterators, &seen, &source);
	for (int64_t pid; (pid = next_number(processes));)
		if (!hc_map_get(&seen, (uint64_t)pid))
			scan_process(&scan, pid);
	hc_map_done(&seen);
	if (own_cgroupns >= 0)
		setns(own_cgroupns, CLONE_NEWCGROUP);
	if (ret_source)
		*ret_source = source;
	return 0;
}
