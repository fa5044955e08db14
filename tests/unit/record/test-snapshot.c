/* SPDX-License-Identifier: Apache-2.0
 *
 * The snapshot over a /proc made up here, given as the host root: each field of scap-format.md 16 from a file whose
 * content is known, and tasks that are incomplete or gone.
 */
#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/section.h"
#include "record/snapshot.h"

static char root[64];
static struct hc_section section;

/* Puts a file or, for content "->target", a link below root; makes the directories on the way. */
static void put_bytes(const char *path, const char *content, size_t len)
{
	char full[4200];
	FILE *f;

	snprintf(full, sizeof full, "%s/%s", root, path);
	for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(full, 0700);
		*p = '/';
	}
	if (len > 2 && !memcmp(content, "->", 2)) {
		cr_assert_eq(symlink(content + 2, full), 0, "%s", full);
		return;
	}
	f = fopen(full, "w");
	cr_assert_not_null(f, "%s", full);
	fwrite(content, 1, len, f);
	fclose(f);
}
static void put(const char *path, const char *content)
{
	put_bytes(path, content, strlen(content));
}
#define PUT(path, literal) put_bytes(path, literal, sizeof(literal) - 1)

static void put_task(const char *dir, int tid, int pid, int ppid, const char *comm)
{
	char path[256], text[2048];

#define IN(name) (snprintf(path, sizeof path, "%s/" name, dir), path)
	snprintf(text, sizeof text,
		 "Name:\t%s\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nUid:\t1000\t1001\t1002\t1003\nGid:\t2000\t2001\t2002\t2003\n"
		 "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t77\nVmSize:\t   5700 kB\nVmRSS:\t    900 kB\nVmSwap:\t     12 kB\n"
		 "CapInh:\t0000000000000001\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000003000\n", comm, pid, tid, ppid, pid, tid);
	put(IN("status"), text);
	snprintf(text, sizeof text, "%d (a) b) S %d 77 66 34817 -1 4194304 111 222 333 444 0 0\n", tid, ppid);
	put(IN("stat"), text);
	snprintf(text, sizeof text, "%s\n", comm);
	put(IN("comm"), text);
	PUT(IN("cmdline"), "/bin/cat\0-n\0/etc/hosts\0");
	PUT(IN("environ"), "A=1\0B=2\0");
	put(IN("exe"), "->/no/such/cat");
	put(IN("cwd"), "->/tmp/work");
	put(IN("root"), "->/");
	put(IN("loginuid"), "1234");
	put(IN("cgroup"), "");
	put(IN("task/0"), ""); /* not a task; makes the directory */
#undef IN
}

static void setup(void)
{
	strcpy(root, "/tmp/hindcast-snapshot-XXXXXX");
	cr_assert_not_null(mkdtemp(root));
	put("proc/stat", "cpu  1 2\nbtime 1700000000\n");
	hc_section_init(&section);
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static void teardown(void)
{
	hc_section_done(&section);
	nftw(root, drop, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(snapshot, .init = setup, .fini = teardown);

static void take(void)
{
	struct hc_diag diag = { 0 };

	cr_assert_eq(hc_snapshot_take(&section, root, NULL, NULL, &diag), 0, "%s", diag.text);
}

static bool is(struct hc_str s, const char *text, size_t len)
{
	return s.len == len && !memcmp(s.p ? s.p : "", text, len);
}
#define IS(s, literal) is(s, literal, sizeof(literal) - 1)

Test(snapshot, thread_fields_come_from_their_files)
{
	const struct hc_thread_info *t;

	put_task("proc/100", 100, 100, 7, "cat");
	take();
	cr_assert_eq(section.nthreads, 1);
	t = &section.threads[0];
	cr_expect(t->tid == 100 && t->pid == 100 && t->ptid == 7);
	cr_expect(t->uid == 1001 && t->gid == 2001 && t->loginuid == 1234);
	cr_expect(t->vtid == 100 && t->vpid == 100 && t->vpgid == 0 && t->pgid == 77);
	cr_expect(t->sid == 66 && t->tty == 34817);
	cr_expect(t->pfminor == 111 && t->pfmajor == 333);
	cr_expect(t->vmsize_kb == 5700 && t->vmrss_kb == 900 && t->vmswap_kb == 12);
	cr_expect(t->cap_inheritable == 1 && t->cap_permitted == 0x1ffffffffff && t->cap_effective == 0x3000);
	cr_expect(IS(t->comm, "cat"));
	cr_expect(IS(t->exe, "/bin/cat"));
	cr_expect(IS(t->args, "-n\0/etc/hosts\0"));
	cr_expect(IS(t->env, "A=1\0B=2\0"));
	cr_expect(IS(t->exepath, "/no/such/cat"));
	cr_expect(IS(t->cwd, "/tmp/work"));
	cr_expect(IS(t->root, "/"));
	cr_expect_eq(t->flags, 0);
	cr_expect_eq(t->exe_ino, 0);
}

Test(snapshot, ids_in_a_pid_namespace_are_the_second_numbers)
{
	put_task("proc/100", 100, 100, 7, "cat");
	put("proc/100/status", "Tgid:\t100\nPPid:\t7\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n"
			       "NStgid:\t100\t5\nNSpid:\t100\t5\nNSpgid:\t99\t4\n");
	take();
	cr_assert_eq(section.nthreads, 1);
	cr_expect(section.threads[0].vtid == 5 && section.threads[0].vpid == 5);
	cr_expect(section.threads[0].pgid == 99 && section.threads[0].vpgid == 4);
}

Test(snapshot, other_threads_follow_their_main_thread)
{
	put_task("proc/100", 100, 100, 7, "main");
	put_task("proc/100/task/101", 101, 100, 7, "worker");
	put("proc/100/task/100/comm", "main"); /* the main thread is there too, and is not taken twice */
	take();
	cr_assert_eq(section.nthreads, 2);
	cr_expect(section.threads[1].tid == 101 && section.threads[1].pid == 100);
	cr_expect_eq(section.threads[1].flags, 0x2001);
	cr_expect(IS(section.threads[1].comm, "worker"));
	cr_expect(IS(section.threads[1].exe, "/bin/cat"));
}

Test(snapshot, incomplete_tasks_and_kernel_threads_are_left_out)
{
	static const char *const needed[] = { "cmdline", "comm", "environ", "status", "stat", "cwd", "root" };
	char dir[64], path[4200];

	for (int i = 0; i < 7; i++) {
		snprintf(dir, sizeof dir, "proc/%d", 200 + i);
		put_task(dir, 200 + i, 200 + i, 1, "gone");
		snprintf(path, sizeof path, "%s/%s/%s", root, dir, needed[i]);
		cr_assert_eq(remove(path), 0);
	}
	put_task("proc/300", 300, 300, 1, "kthread");
	put("proc/300/cmdline", "");
	snprintf(path, sizeof path, "%s/proc/300/exe", root);
	unlink(path);
	put_task("proc/400", 400, 400, 1, "alive");
	take();
	cr_assert_eq(section.nthreads, 1);
	cr_expect_eq(section.threads[0].tid, 400);
}

Test(snapshot, long_command_lines_are_cut_with_a_nul)
{
	char *text = calloc(1, 6000);

	memset(text, 'x', 6000);
	text[3] = '\0';
	put_task("proc/100", 100, 100, 7, "cat");
	put_bytes("proc/100/cmdline", text, 6000);
	put_bytes("proc/100/environ", text, 6000);
	take();
	cr_assert_eq(section.nthreads, 1);
	cr_expect(IS(section.threads[0].exe, "xxx"));
	cr_expect_eq(section.threads[0].args.len, 4092);
	cr_expect_eq(section.threads[0].args.p[4091], '\0');
	cr_expect_eq(section.threads[0].env.len, 4096);
	cr_expect_eq(section.threads[0].env.p[4095], '\0');
	free(text);
}

Test(snapshot, cgroups_of_both_versions_become_a_string_set)
{
	char target[80];

	snprintf(target, sizeof target, "->%s", root);
	put_task("proc/1", 1, 1, 0, "init");
	snprintf(target + 70, 10, "x");
	{
		char path[4200];

		snprintf(path, sizeof path, "%s/proc/1/root", root);
		unlink(path);
		put("proc/1/root", target);
	}
	put("proc/1/mounts", "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n");
	put("sys/fs/cgroup/cgroup.controllers", "cpu memory pids rdma\n");
	put("sys/fs/cgroup/a/cgroup.controllers", "cpu memory pids\n");
	put("sys/fs/cgroup/a/b/cgroup.controllers", "memory\n");
	put_task("proc/100", 100, 100, 7, "cat");
	put("proc/100/cgroup", "12:cpu,cpuacct:/v1\n1:name=systemd:/s\n0::/a/b\n");
	put_task("proc/101", 101, 101, 7, "cat");
	put("proc/101/cgroup", "0::/gone\n"); /* its controllers cannot be read */
	take();
	cr_assert_eq(section.nthreads, 2);
	for (uint32_t i = 0; i < 2; i++)
		if (section.threads[i].tid == 100)
			cr_expect(IS(section.threads[i].cgroups, "cpu=/v1\0cpuacct=/v1\0name=systemd=/s\0"
								 "memory=/a/b\0cpu=/a\0pids=/a\0rdma=/\0"));
}

static const struct hc_fd_info *fd_of(int64_t fd)
{
	for (uint32_t i = 0; i < section.nfds; i++)
		if (section.fds[i].fd == fd)
			return &section.fds[i];
	return NULL;
}

Test(snapshot, descriptors_by_the_type_of_what_they_are)
{
	const struct hc_fd_info *fd;
	char link[100];
	struct stat st;

	put_task("proc/100", 100, 100, 7, "cat");
	put("data", "x");
	snprintf(link, sizeof link, "->%s/data", root);
	put("proc/100/fd/0", link);
	put("proc/100/fdinfo/0", "pos:\t0\nflags:\t0102001\nmnt_id:\t31\n");
	put("proc/100/mountinfo", "31 1 8:3 / / rw - ext4 /dev/sda3 rw\n");
	put("proc/100/fd/1", "->/");
	put("proc/100/fd/2", "->socket:[1]"); /* cannot be examined: left out */
	take();
	fd = fd_of(0);
	cr_assert_not_null(fd);
	cr_expect_eq(fd->tid, 100);
	cr_expect_eq(fd->type, HC_FD_FILE_V2);
	cr_expect_eq(fd->open_flags, 2u | 8u | 2048u); /* O_WRONLY O_APPEND O_LARGEFILE */
	cr_expect_eq(fd->dev, 8u << 8 | 3u);
	cr_expect_eq(stat(root, &st), 0);
	cr_expect(fd->name.len > 5 && !memcmp(fd->name.p + fd->name.len - 5, "/data", 5));
	fd = fd_of(1);
	cr_assert_not_null(fd);
	cr_expect_eq(fd->type, HC_FD_DIRECTORY);
	cr_expect(IS(fd->name, "/"));
	cr_expect_null(fd_of(2));
}

Test(snapshot, machine_and_user_tables)
{
	put("etc/passwd", "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1001::/home/ann:/bin/sh\n");
	put("etc/group", "root:x:0:\nstaff:x:50:ann\n");
	take();
	cr_expect(section.has_machine);
	cr_expect_eq(section.machine.boot_ts_ns, 1700000000ull * 1000000000u);
	cr_assert_eq(section.nusers, 2);
	cr_expect(section.users[1].uid == 1000 && section.users[1].gid == 1001);
	cr_expect(IS(section.users[1].name, "ann"));
	cr_expect(IS(section.users[1].home, "/home/ann"));
	cr_expect(IS(section.users[1].shell, "/bin/sh"));
	cr_assert_eq(section.ngroups, 2);
	cr_expect(section.groups[1].gid == 50 && IS(section.groups[1].name, "staff"));
}

Test(snapshot, without_proc_there_is_none)
{
	struct hc_diag diag = { 0 };

	cr_expect_lt(hc_snapshot_take(&section, "/no/such/root", NULL, NULL, &diag), 0);
	cr_expect_not_null(strstr(diag.text, "/no/such/root/proc"));
}

/* The real host: this process, its pipe and its sockets as the kernel shows them. */
Test(snapshot, real_proc_knows_this_process)
{
	bool found = false;
	struct hc_diag diag;
	int p[2], pipe_type = -1;

	cr_assert_eq(pipe(p), 0);
	cr_assert_eq(hc_snapshot_take(&section, "", NULL, NULL, &diag), 0);
	for (uint32_t i = 0; i < section.nthreads; i++)
		found |= section.threads[i].tid == getpid() && section.threads[i].ptid == getppid();
	for (uint32_t i = 0; i < section.nfds; i++)
		if (section.fds[i].tid == getpid() && section.fds[i].fd == p[0])
			pipe_type = section.fds[i].type;
	cr_expect(found);
	cr_expect_eq(pipe_type, HC_FD_FIFO);
	close(p[0]);
	close(p[1]);
}
