/* SPDX-License-Identifier: Apache-2.0
 *
 * What a section of a capture says before its first event: machine, threads, fds, interfaces, users and groups
 * (scap-format.md 4 to 8), in memory. The reader fills one, the recorder's snapshot too; the writer writes one and the
 * host state starts from one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/str.h"

struct hc_machine {
	uint32_t ncpus;          /* 0xffffffff: unknown */
	uint64_t memory_bytes;
	uint64_t max_pid;
	char hostname[129];      /* NUL-terminated */
	uint64_t boot_ts_ns;     /* epoch; 0 in captures before 2022-12 */
};

/* One entry of the process list; absent fields hold the defaults of scap-format.md 5. */
struct hc_thread_info {
	int64_t tid, pid, ptid, sid, vpgid, pgid, vtid, vpid, fdlimit;
	struct hc_str comm, exe, exepath, args, env, cwd, cgroups, root; /* args, env, cgroups: each string with its NUL */
	uint32_t flags; /* set clone_flags */
	uint32_t uid, gid, loginuid, tty;
	uint32_t vmsize_kb, vmrss_kb, vmswap_kb;
	uint64_t pfmajor, pfminor;
	uint64_t pidns_init_start_ts_ns;
	uint64_t cap_inheritable, cap_permitted, cap_effective;
	uint64_t exe_ino, exe_ino_ctime_ns, exe_ino_mtime_ns;
	bool exe_writable, exe_upper_layer, exe_lower_layer, exe_from_memfd;
};

/* Fd types (scap-format.md 6); the numbers are those on disk. */
enum hc_fd_type {
	HC_FD_UNKNOWN, HC_FD_FILE, HC_FD_DIRECTORY, HC_FD_IPV4_SOCK, HC_FD_IPV6_SOCK, HC_FD_IPV4_SERVSOCK,
	HC_FD_IPV6_SERVSOCK, HC_FD_FIFO, HC_FD_UNIX_SOCK, HC_FD_EVENT, HC_FD_UNSUPPORTED, HC_FD_SIGNALFD,
	HC_FD_EVENTPOLL, HC_FD_INOTIFY, HC_FD_TIMERFD, HC_FD_NETLINK, HC_FD_FILE_V2, HC_FD_BPF, HC_FD_USERFAULTFD,
	HC_FD_IO_URING, HC_FD_MEMFD, HC_FD_PIDFD,
	HC_FD_TYPE_COUNT,
};

enum hc_l4proto { HC_L4_UNKNOWN, HC_L4_NA, HC_L4_TCP, HC_L4_UDP, HC_L4_ICMP, HC_L4_RAW };

struct hc_fd_info {
	int64_t tid; /* owner */
	int64_t fd;
	uint64_t ino;
	uint8_t type;      /* enum hc_fd_type */
	uint8_t l4proto;   /* enum hc_l4proto; IP sockets */
	uint16_t sport, dport; /* IP sockets; SERVSOCK: sport is the port */
	uint8_t sip[16], dip[16]; /* network order, IPv4 in the first 4 bytes; SERVSOCK: sip is the address */
	uint64_t unix_source, unix_dest; /* UNIX_SOCK: kernel addresses, 0 unknown */
	uint32_t open_flags, dev; /* FILE_V2; open_flags portable */
	struct hc_str name;       /* types that carry one */
};

struct hc_interface {
	uint16_t type; /* 1 IPv4, 2 IPv6, 3 and 4 the same without linkspeed (read only) */
	uint8_t addr[16], netmask[16], broadcast[16];
	uint64_t linkspeed;
	struct hc_str name;
};

struct hc_user_info {
	uint32_t uid, gid;
	struct hc_str name, home, shell;
};

struct hc_group_info {
	uint32_t gid;
	struct hc_str name;
};

/* Strings are owned by the arena; everything lives until hc_section_done. Fill one with the adders. Several process or fd list
 * blocks accumulate, a later interface or user list replaces the earlier one (scap-format.md 2.4). */
struct hc_section {
	struct hc_arena arena;
	uint16_t format_major, format_minor; /* as its header says; set by the reader; 0.0: the header is lost */
	bool has_machine;
	struct hc_machine machine;
	struct hc_thread_info *threads;
	struct hc_fd_info *fds; /* in file order; those of one thread are adjacent */
	struct hc_interface *interfaces;
	struct hc_user_info *users;
	struct hc_group_info *groups;
	uint32_t nthreads, nfds, ninterfaces, nusers, ngroups;
};

void hc_section_init(struct hc_section *section);
void hc_section_done(struct hc_section *section);

/* One more entry with the defaults of scap-format.md 5; borrowed until the next call for the same list. */
struct hc_thread_info *hc_section_add_thread(struct hc_section *section);
struct hc_fd_info *hc_section_add_fd(struct hc_section *section);
struct hc_interface *hc_section_add_interface(struct hc_section *section);
struct hc_user_info *hc_section_add_user(struct hc_section *section);
struct hc_group_info *hc_section_add_group(struct hc_section *section);
/* A copy in the section's arena. */
struct hc_str hc_section_str(struct hc_section *section, const void *p, size_t len);
