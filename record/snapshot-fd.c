/* SPDX-License-Identifier: Apache-2.0
 *
 * The file descriptors of one process (scap-format.md 16.4). An entry whose descriptor is closed meanwhile is left out.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/flagmaps.def"
#include "record/snapshot-parts.h"

enum { MOUNTINFO_CAP = 16 << 20, /* hosts of thousands of containers have some MiB */
       FDINFO_CAP = 4096         /* flags and mnt_id stand in front; epoll's list behind does not matter */ };

static void cleanup_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* The access mode, then every flag of which any bit is set. */
uint32_t hc_scan_open_flags(uint64_t x)
{
	enum { P_RDONLY = 1, P_WRONLY = 2, P_RDWR = 3 };
	uint32_t out = (x & 3) == 1 ? P_WRONLY : (x & 3) == 2 ? P_RDWR : P_RDONLY;

#define BIT(constant, kernel, portable) \
	if ((uint64_t)(kernel) > 3 && x & (uint64_t)(kernel)) \
		out |= (uint32_t)(portable);
	HC_MAP_open_flags(BIT)
#undef BIT
	return out;
}

/* Mount ids are unique in the whole host while a mount lives, so one map serves all namespaces. */
static void read_mounts(struct hc_scan *scan, int dir)
{
	struct stat st;
	bool fresh = true;

	if (!fstatat(dir, "ns/mnt", &st, 0))
		hc_map_put(&scan->mntns, st.st_ino, &fresh);
	if (!fresh || hc_proc_read(dir, "mountinfo", &scan->b, MOUNTINFO_CAP))
		return;
	for (char *line = scan->b.p; line && *line; line = strchr(line, '\n')) {
		unsigned id, parent, major, minor;

		line += *line == '\n';
		if (sscanf(line, "%u %u %u:%u", &id, &parent, &major, &minor) == 4)
			*hc_map_put(&scan->devices, id, NULL) = hc_proc_dev(major, minor);
	}
}

/* What fdinfo adds; without it the entry is good nevertheless. */
static void fill_file(struct hc_scan *scan, int dir, const char *number, const struct stat *st, struct hc_fd_info *fd)
{
	char path[280];
	const char *v;
	uint64_t *dev;

	fd->dev = hc_proc_dev(major(st->st_dev), minor(st->st_dev));
	snprintf(path, sizeof path, "fdinfo/%s", number);
	if (hc_proc_read(dir, path, &scan->a, FDINFO_CAP))
		return;
	v = hc_proc_value(&scan->a, "flags:");
	if (v)
		fd->open_flags = hc_scan_open_flags(strtoull(v, NULL, 8));
	v = hc_proc_value(&scan->a, "mnt_id:");
	/* The mount's device, not the file's: btrfs and overlayfs give files other ones, and the kernel side records the
	 * mount's. Detached mounts stand in nobody's mountinfo; then the file's is the best there is. */
	dev = v ? hc_map_get(&scan->devices, strtoull(v, NULL, 10)) : NULL;
	if (dev)
		fd->dev = (uint32_t)*dev;
}

static const struct hc_str anon_prefix = HC_STR("anon_inode:");

static bool is_anonymous(struct hc_str name)
{
	return name.len > anon_prefix.len && !memcmp(name.p, anon_prefix.p, anon_prefix.len);
}

static uint8_t anon_type(struct hc_str name)
{
	static const struct {
		const char *name;
		uint8_t type;
	} types[] = {
		{ "[eventfd]", HC_FD_EVENT }, { "[eventpoll]", HC_FD_EVENTPOLL }, { "inotify", HC_FD_INOTIFY },
		{ "[signalfd]", HC_FD_SIGNALFD }, { "[timerfd]", HC_FD_TIMERFD }, { "[io_uring]", HC_FD_IO_URING },
		{ "[userfaultfd]", HC_FD_USERFAULTFD }, { "[pidfd]", HC_FD_PIDFD }, { "bpf-map", HC_FD_BPF },
		{ "bpf-prog", HC_FD_BPF }, { "bpf-link", HC_FD_BPF }, { "bpf_link", HC_FD_BPF }, { "bpf_iter", HC_FD_BPF },
	};

	if (is_anonymous(name)) {
		struct hc_str rest = { name.p + anon_prefix.len, name.len - anon_prefix.len };

		for (size_t i = 0; i < sizeof types / sizeof *types; i++)
			if (hc_str_is(rest, types[i].name))
				return types[i].type;
	}
	return HC_FD_UNSUPPORTED;
}

/* "pipe:[123]", "socket:[123]": the number; 0 if the name is not of that form. */
static uint64_t bracketed(struct hc_str name, const char *prefix)
{
	size_t len = strlen(prefix);

	return name.len > len && !memcmp(name.p, prefix, len) ? strtoull(name.p + len, NULL, 10) : 0;
}

void hc_scan_fd_type(struct hc_fd_info *fd, uint32_t mode, uint64_t ino, struct hc_str name)
{
	fd->ino = ino;
	fd->name = name;
	/* kernels differ in what mode these have: none (as stat always says), or that of a regular file (pidfds) */
	switch (is_anonymous(name) ? 0 : mode & S_IFMT) {
	case S_IFIFO:
		fd->type = HC_FD_FIFO;
		if (bracketed(name, "pipe:["))
			fd->ino = bracketed(name, "pipe:[");
		break;
	case S_IFREG:
	case S_IFBLK:
	case S_IFCHR:
	case S_IFLNK:
		fd->type = name.len >= 7 && !memcmp(name.p, "/memfd:", 7) ? HC_FD_MEMFD : HC_FD_FILE_V2;
		break;
	case S_IFDIR:
		fd->type = HC_FD_DIRECTORY;
		break;
	default:
		fd->type = anon_type(name);
		fd->name = (struct hc_str){ 0 };
		break;
	}
}

/* False: no entry. */
static bool fill(struct hc_scan *scan, int dir, const char *number, struct hc_fd_info *fd)
{
	struct stat st;
	const struct hc_fd_info *socket;
	struct hc_str name;
	char path[280];

	snprintf(path, sizeof path, "fd/%s", number);
	if (fstatat(dir, path, &st, 0) || hc_proc_link(&scan->section->arena, dir, path, HC_FDNAME_CAP, &name))
		return false;
	if (!S_ISSOCK(st.st_mode)) {
		hc_scan_fd_type(fd, st.st_mode, st.st_ino, name);
		if (fd->type == HC_FD_FILE_V2)
			fill_file(scan, dir, number, &st, fd);
		return true;
	}
	socket = hc_scan_socket(scan, dir, bracketed(name, "socket:["));
	if (!socket)
		return false;
	*fd = (struct hc_fd_info){ .tid = fd->tid, .fd = fd->fd, .ino = socket->ino, .type = socket->type,
				   .l4proto = socket->l4proto, .sport = socket->sport, .dport = socket->dport,
				   .unix_source = socket->unix_source, .name = socket->name };
	memcpy(fd->sip, socket->sip, sizeof fd->sip);
	memcpy(fd->dip, socket->dip, sizeof fd->dip);
	return true;
}

void hc_scan_fds(struct hc_scan *scan, int dir, int64_t pid)
{
	int fd = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__attribute__((cleanup(cleanup_dir))) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	read_mounts(scan, dir);
	while ((entry = readdir(d))) {
		struct hc_fd_info info = { .tid = pid };
		char *end;

		info.fd = strtoll(entry->d_name, &end, 10);
		if (end == entry->d_name || *end)
			continue;
		if (fill(scan, dir, entry->d_name, &info))
			*hc_section_add_fd(scan->section) = info;
	}
}
