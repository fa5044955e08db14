/* SPDX-License-Identifier: Apache-2.0
 *
 * One thread from its /proc directory: scap-format.md 16.1 and 16.2, field by field. Threads share the memory of their
 * main thread, so exe, args and env are taken over from it instead of being read again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "record/snapshot-parts.h"

enum {
	STATUS_CAP = 1 << 16,     /* `status` is some 1.5 KiB; CPU lists of huge machines make it longer */
};

static uint64_t number(const struct hc_buf *status, const char *key, int base)
{
	const char *v = hc_proc_value(status, key);

	return v ? strtoull(v, NULL, base) : 0;
}

/* The index-th number of a line; fallback if the line is missing or shorter. */
static int64_t nth(const struct hc_buf *status, const char *key, unsigned index, int64_t fallback)
{
	const char *v = hc_proc_value(status, key);
	char *end;

	for (; v; v = end) {
		long long n = strtoll(v, &end, 10);

		if (end == v || memchr(v, '\n', (size_t)(end - v)))
			return fallback;
		if (!index--)
			return n;
	}
	return fallback;
}

static void read_status(const struct hc_buf *status, struct hc_thread_info *t)
{
	t->pid = nth(status, "Tgid:", 0, t->tid);
	t->ptid = nth(status, "PPid:", 0, 0);
	t->uid = (uint32_t)nth(status, "Uid:", 1, 0);
	t->gid = (uint32_t)nth(status, "Gid:", 1, 0);
	t->cap_inheritable = number(status, "CapInh:", 16);
	t->cap_permitted = number(status, "CapPrm:", 16);
	t->cap_effective = number(status, "CapEff:", 16);
	t->vmsize_kb = (uint32_t)number(status, "VmSize:", 10);
	t->vmrss_kb = (uint32_t)number(status, "VmRSS:", 10);
	t->vmswap_kb = (uint32_t)number(status, "VmSwap:", 10);
	t->vtid = nth(status, "NSpid:", 1, t->tid);
	t->vpid = nth(status, "NStgid:", 1, t->pid);
	t->vpgid = nth(status, "NSpgid:", 1, 0);
	t->pgid = t->vpgid ? nth(status, "NSpgid:", 0, -1) : -1;
}

/* Fields are counted as in proc(5); the command name, field 2, may hold anything, so count from the last ')'. */
static bool read_stat(const struct hc_buf *stat, struct hc_thread_info *t)
{
	const char *p = strrchr(stat->p, ')');
	long long pgrp, session, tty;
	unsigned long long minflt, majflt;

	if (!p || sscanf(p + 1, " %*c %*d %lld %lld %lld %*d %*u %llu %*u %llu", &pgrp, &session, &tty, &minflt, &majflt) != 5)
		return false;
	if (t->pgid == -1)
		t->pgid = pgrp;
	t->sid = session;
	t->tty = (uint32_t)tty;
	t->pfminor = minflt;
	t->pfmajor = majflt;
	return true;
}

void hc_scan_cmdline(struct hc_arena *arena, char *cmdline, size_t len, struct hc_thread_info *t)
{
	size_t exe;

	if (!len)
		return;
	cmdline[len - 1] = '\0';
	exe = strlen(cmdline);
	t->exe = hc_proc_str(arena, cmdline, exe, HC_PATH_CAP);
	if (exe + 1 < len)
		t->args = hc_proc_str(arena, cmdline + exe + 1, len - exe - 1, HC_STRINGS_CAP);
}

void hc_scan_environ(struct hc_arena *arena, char *env, size_t len, struct hc_thread_info *t)
{
	if (!len)
		return;
	env[len - 1] = '\0';
	t->env = hc_proc_str(arena, env, len, HC_STRINGS_CAP);
}

static uint64_t ns(struct timespec ts)
{
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t hc_scan_pidns_start(int dir)
{
	struct stat st;

	return fstatat(dir, "root/proc/1/cmdline", &st, 0) ? 0 : ns(st.st_ctim);
}

bool hc_scan_exe_writable(int dir, const struct hc_thread_info *t)
{
	char path[HC_PATH_CAP + 8];
	struct stat st;

	if (!t->exepath.len)
		return false;
	snprintf(path, sizeof path, "root%.*s", (int)t->exepath.len, t->exepath.p);
	if (fstatat(dir, path, &st, 0))
		return false;
	return st.st_uid == t->uid || st.st_mode & S_IWOTH || (st.st_gid == t->gid && st.st_mode & S_IWGRP) ||
	       (t->uid == 0 && (!faccessat(dir, path, W_OK, AT_EACCESS) || errno != EROFS));
}

/* The executable's inode, by the exe link itself: that is the file that runs, whatever the mount namespace makes of
 * its path. exe_writable asks whether the task could change it, so there the path counts. */
static void read_executable(int dir, struct hc_thread_info *t)
{
	struct stat st;

	if (!fstatat(dir, "exe", &st, 0)) {
		t->exe_ino = st.st_ino;
		t->exe_ino_ctime_ns = ns(st.st_ctim);
		t->exe_ino_mtime_ns = ns(st.st_mtim);
	}
	t->exe_writable = hc_scan_exe_writable(dir, t);
}

/* A task with capabilities beyond ours, init for one, hides its memory and links (no CAP_SYS_PTRACE, a sandbox). It is
 * there nevertheless, and others descend from it: better without those fields than not at all. */
static bool is_denied(int err)
{
	return err == -EACCES || err == -EPERM;
}

static bool read_place(struct hc_arena *arena, int dir, const char *name, struct hc_str *ret)
{
	int err = hc_proc_link(arena, dir, name, HC_PATH_CAP, ret);

	return !err || is_denied(err);
}

/* False: the task is to be left out. */
static bool read_memory(struct hc_scan *scan, int dir, struct hc_thread_info *t)
{
	struct hc_arena *arena = &scan->section->arena;
	bool has_exe;
	int err;

	if (hc_proc_read(dir, "cmdline", &scan->a, HC_STRINGS_CAP))
		return false;
	err = hc_proc_link(arena, dir, "exe", HC_PATH_CAP, &t->exepath);
	has_exe = !err;
	if (!scan->a.len && !has_exe)
		return false; /* a kernel thread or a zombie */
	hc_scan_cmdline(arena, scan->a.p, scan->a.len, t);
	err = hc_proc_read(dir, "environ", &scan->a, HC_STRINGS_CAP);
	if (err && !is_denied(err))
		return false;
	hc_scan_environ(arena, scan->a.p, scan->a.len, t);
	return true;
}

bool hc_scan_thread(struct hc_scan *scan, int dir, int64_t tid, const struct hc_thread_info *main,
		    struct hc_thread_info *ret)
{
	struct hc_arena *arena = &scan->section->arena;
	struct hc_thread_info t = { .tid = tid, .fdlimit = -1, .loginuid = UINT32_MAX };
	struct rlimit limit;

	if (hc_proc_read(dir, "status", &scan->a, STATUS_CAP))
		return false;
	read_status(&scan->a, &t);
	if (hc_proc_read(dir, "stat", &scan->a, STATUS_CAP) || !read_stat(&scan->a, &t))
		return false;
	if (main && main->pid == t.pid) {
		t.exe = main->exe;
		t.args = main->args;
		t.env = main->env;
		t.exepath = main->exepath;
	} else if (!read_memory(scan, dir, &t)) {
		return false;
	}
	if (hc_proc_read(dir, "comm", &scan->a, HC_PATH_CAP))
		return false;
	if (scan->a.len && scan->a.p[scan->a.len - 1] == '\n')
		scan->a.len--;
	t.comm = hc_proc_str(arena, scan->a.p, scan->a.len, HC_PATH_CAP);
	if (!read_place(arena, dir, "cwd", &t.cwd) || !read_place(arena, dir, "root", &t.root))
		return false;
	if (!hc_scan_cgroup(scan, dir, &t.cgroups))
		return false;
	if (!hc_proc_read(dir, "loginuid", &scan->a, 32) && scan->a.len)
		t.loginuid = (uint32_t)strtoul(scan->a.p, NULL, 10);
	if (!prlimit((pid_t)tid, RLIMIT_NOFILE, NULL, &limit))
		t.fdlimit = (int64_t)limit.rlim_cur;
	t.pidns_init_start_ts_ns = hc_scan_pidns_start(dir);
	read_executable(dir, &t);
	t.flags = t.tid == t.pid ? 0 : HC_SCAN_THREAD_FLAGS;
	*ret = t;
	return true;
}
