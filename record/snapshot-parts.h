/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the files of the snapshot: what one scan knows while it runs. One file per noun: snapshot.c (the scan),
 * snapshot-task.c, snapshot-fd.c, snapshot-socket.c, snapshot-cgroup.c, snapshot-host.c, proc.c (reading /proc), and
 * snapshot-bpf.c (reading the kernel's iterators instead).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/map.h"
#include "formats/section.h"
#include "record/snapshot.h"

/* Limits of the lists' strings (scap-format.md 2.7). */
enum { HC_PATH_CAP = 1024, HC_STRINGS_CAP = 4096, HC_FDNAME_CAP = 1023, HC_USERNAME_CAP = 255 };

/* A growing array of one element type. */
struct hc_vec {
	char *p;
	uint32_t n, cap;
};
/* A zeroed element at the end; borrowed until the next push. */
void *hc_vec_push(struct hc_vec *vec, size_t size);

struct hc_cgroup_scan {
	bool has_v2;
	struct hc_buf mount;  /* where the cgroup2 file system is, reached below /proc/1/root */
	struct hc_buf root_controllers;
	struct hc_map known;  /* hash of a task's whole cgroup file -> index into texts, sets */
	struct hc_vec texts, sets; /* struct hc_str: the file, the string set it became */
};

struct hc_scan {
	struct hc_section *section; /* owner of all strings */
	const char *root;           /* HOST_ROOT or "" */
	int proc;                   /* directory fd of <root>/proc */
	struct hc_map tids;         /* already there */
	struct hc_map netns;        /* inodes of network namespaces whose socket tables were read */
	struct hc_map sockets;      /* socket inode -> 1 + index into socket_list */
	struct hc_vec socket_list;  /* struct hc_fd_info without owner */
	struct hc_map mntns;        /* inodes of mount namespaces whose mountinfo was read */
	struct hc_map devices;      /* mount id -> encoded device */
	struct hc_map cgroups_told; /* hash of an iterator's cgroup ids -> 1 + index into cgroups.sets */
	struct hc_map pidns_told;   /* hash of an iterator's namespace ids -> start of the namespace's init */
	struct hc_cgroup_scan cgroups;
	struct hc_buf a, b;         /* scratch: file contents */
};

/* proc.c: at most max bytes of dir/name replace buf's content. 0 or -errno (ESRCH and ENOENT: the task is gone). */
int hc_proc_read(int dir, const char *name, struct hc_buf *buf, size_t max);
/* The link's target, at most max bytes of it, into the arena. */
int hc_proc_link(struct hc_arena *arena, int dir, const char *name, size_t max, struct hc_str *ret);
/* The line of a "Key:\tvalue" file that starts with key: its value without blanks in front, up to its newline; NULL if
 * there is none. */
const char *hc_proc_value(const struct hc_buf *buf, const char *key);
/* Bytes as an arena string, cut at max. */
struct hc_str hc_proc_str(struct hc_arena *arena, const char *p, size_t len, size_t max);
/* "(minor & 0xFF) | (major << 8) | ..." (scap-format.md 10.9). */
uint32_t hc_proc_dev(uint32_t major, uint32_t minor);

/* snapshot-task.c: dir is /proc/PID or /proc/PID/task/TID. main is the thread group's main thread if it was read, else
 * NULL. False: leave the task out. */
bool hc_scan_thread(struct hc_scan *scan, int dir, int64_t tid, const struct hc_thread_info *main,
		    struct hc_thread_info *ret);
/* argv[0] and the rest, from the bytes of cmdline; the last byte is made a NUL. */
void hc_scan_cmdline(struct hc_arena *arena, char *cmdline, size_t len, struct hc_thread_info *t);
/* The environment's bytes; the last one is made a NUL. */
void hc_scan_environ(struct hc_arena *arena, char *env, size_t len, struct hc_thread_info *t);
/* When the init of a task's pid namespace started; dir as in hc_scan_thread. 0: not known. */
uint64_t hc_scan_pidns_start(int dir);
/* Whether the task could write to the file at its exepath, as its root has it. */
bool hc_scan_exe_writable(int dir, const struct hc_thread_info *t);
enum { HC_SCAN_THREAD_FLAGS = 0x2001 }; /* of all but main threads: portable CLONE_THREAD | CLONE_FILES */

/* snapshot-fd.c: the type, inode and name of an fd that is no socket, by the mode of its inode and by its name, which
 * must live as long as the section. */
void hc_scan_fd_type(struct hc_fd_info *fd, uint32_t mode, uint64_t ino, struct hc_str name);
/* open_flags of scap-format.md 12.1, from the kernel's. */
uint32_t hc_scan_open_flags(uint64_t kernel);
/* snapshot-fd.c: the fds of the process in dir (/proc/PID). */
void hc_scan_fds(struct hc_scan *scan, int dir, int64_t pid);
/* snapshot-socket.c: reads the tables of dir's network namespace unless known; the socket with that inode or NULL. */
const struct hc_fd_info *hc_scan_socket(struct hc_scan *scan, int dir, uint64_t ino);
/* snapshot-cgroup.c */
void hc_scan_cgroup_init(struct hc_scan *scan);
/* dir/cgroup as a string set (scap-format.md 16.3). False: a controllers file cannot be read, leave the task out. */
bool hc_scan_cgroup(struct hc_scan *scan, int dir, struct hc_str *ret);
void hc_scan_cgroup_done(struct hc_scan *scan);
/* snapshot-bpf.c: threads and descriptors from the iterators. *ret_seen: tids (owned by the caller) that they knew, those
 * of kernel threads included, which are in no list. Negative: nothing was added. */
int hc_scan_iterators(struct hc_scan *scan, const struct hc_snapshot_iterators *iterators, struct hc_map *ret_seen);
/* snapshot-host.c */
void hc_scan_machine(struct hc_scan *scan);
void hc_scan_interfaces(struct hc_scan *scan);
void hc_scan_users(struct hc_scan *scan);
