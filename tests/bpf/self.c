/* SPDX-License-Identifier: Apache-2.0
 *
 * See self.h.
 */
#include "tests/bpf/self.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct self *self;

static uint64_t status_hex(const char *key)
{
	char line[256];
	uint64_t v = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, key, strlen(key)))
			v = strtoull(line + strlen(key), NULL, 16);
	if (f)
		fclose(f);
	return v & ((1ull << 41) - 1);
}

static size_t slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = 0;
	return n > 0 ? n : 0;
}

void note_rights(void)
{
	self->caps[0] = status_hex("CapInh:");
	self->caps[1] = status_hex("CapPrm:");
	self->caps[2] = status_hex("CapEff:");
	self->exe_flags = access("/proc/self/exe", W_OK) == 0 ? WRITABLE : 0;
}

long long stat_field(const char *path, int n)
{
	char buf[1024], *p;

	slurp(path, buf, sizeof buf);
	p = strrchr(buf, ')');
	for (n -= 2; p && n > 0; n--)
		p = strchr(p + 1, ' ');
	return p ? strtoll(p, NULL, 10) : -1;
}

void note_self(void)
{
	struct rlimit lim;
	char buf[64];

	self->tid = gettid();
	self->pid = getpid();
	self->ppid = getppid();
	self->pgid = getpgrp();
	getrlimit(RLIMIT_NOFILE, &lim);
	self->nofile = lim.rlim_cur;
	note_rights();
	self->uid = geteuid();
	self->gid = getegid();
	self->tty = stat_field("/proc/self/stat", 7);
	self->cmdline_len = slurp("/proc/self/cmdline", self->cmdline, sizeof self->cmdline);
	self->exe[readlink("/proc/self/exe", self->exe, sizeof self->exe - 1)] = 0;
	stat("/proc/self/exe", &self->exe_st);
	self->cgroups_len = slurp("/proc/self/cgroup", self->cgroups, sizeof self->cgroups);
	slurp("/proc/self/comm", self->comm, sizeof self->comm);
	self->comm[strcspn(self->comm, "\n")] = 0;
	slurp("/proc/self/loginuid", buf, sizeof buf);
	self->loginuid = buf[0] ? strtoul(buf, NULL, 10) : 0xffffffff;
}

/* The set has each controller the kernel knows, in order, with a path that /proc confirms. */
static void check_cgroups(struct hc_event *e, unsigned k)
{
	static const char *const order[] = { "cpuset", "cpu", "cpuacct", "io", "memory" };
	uint32_t len;
	const char *p = (const char *)hc_event_param(e, k, &len), *end = p + len;
	size_t next = 0, n = 0;

	while (p < end) {
		const char *eq = strchr(p, '='), *path;
		char want[4200];

		CHECK(eq && eq[1] == '/', "cgroup entry \"%s\"", p);
		if (!eq)
			return;
		while (next < 5 && (strlen(order[next]) != (size_t)(eq - p) || strncmp(order[next], p, eq - p)))
			next++;
		CHECK(next < 5, "controller out of order: \"%s\"", p);
		next++;
		n++;
		path = eq + 1;
		snprintf(want, sizeof want, ":%s", path);
		CHECK(strcmp(path, "/") == 0 || strstr(self->cgroups, want) || strstr(self->cgroups, "::"), "path \"%s\"", path);
		p += strlen(p) + 1;
	}
	CHECK(n >= 1, "no cgroups");
	CHECK(p == end, "cgroups end in the middle");
}

void check_process(struct hc_event *e, int tid, int pid, int ppid, const char *comm)
{
	uint64_t size, rss;

	S64(e, 3, tid);
	S64(e, 4, pid);
	S64(e, 5, ppid);
	EMPTY(e, 6);
	U64(e, 7, self->nofile);
	CHECK(hc_event_u64(e, 8, ~0ull) < 1u << 20, "major faults");
	CHECK(hc_event_u64(e, 9, ~0ull) < 1u << 20, "minor faults");
	size = hc_event_u64(e, 10, 0);
	rss = hc_event_u64(e, 11, 0);
	CHECK(size > 50 && size < 50u << 20, "vm_size %lu kB", size);
	CHECK(rss < size, "vm_rss %lu kB", rss);
	U32(e, 12, 0);
	STR(e, 13, comm);
	check_cgroups(e, 14);
}

void become_other(void)
{
	if (setresgid(OTHER_GID, OTHER_GID, OTHER_GID) < 0 || setresuid(OTHER_UID, OTHER_UID, OTHER_UID) < 0)
		_exit(1);
}
