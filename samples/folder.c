/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a directory into members and back. Every step goes through the descriptor of the directory it is in and follows no
 * link, so that nobody who changes names meanwhile can lead it elsewhere.
 */
#include "samples/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "common/mem.h"
#include "formats/reader.h"
#include "samples/bundle.h"

/* ---- reading ---- */

struct scan {
	struct hc_archive *archive;
	const char *dir; /* as given, for messages */
	struct hc_buf *left_out;
	struct hc_diag *diag;
};

static int scan_dir(struct scan *s, int fd, const char *prefix);

static int refuse(struct scan *s, const char *name, const char *problem)
{
	char shown[512];

	return hc_diag_set_off(s->diag, HC_READ_UNSUPPORTED, s->dir, -1, "'%s' %s",
			       hc_archive_name_show(name, shown, sizeof shown), problem);
}

static int add_file(struct scan *s, int fd, const char *name)
{
	struct hc_buf data HC_BUF_DONE = { 0 };
	int r;

	if (s->archive->n >= HC_ARCHIVE_MEMBERS_MAX)
		return hc_diag_set_off(s->diag, HC_READ_UNSUPPORTED, s->dir, -1, "more than %d files", HC_ARCHIVE_MEMBERS_MAX);
	r = hc_file_read_fd(&data, fd, name, HC_ARCHIVE_BYTES_MAX - s->archive->bytes, s->diag);
	if (r == -EFBIG)
		return refuse(s, name, "makes it more than 512 MiB, which is all a bundle may hold; 'hindcast cut' first");
	if (r)
		return r;
	hc_archive_add(s->archive, name, &data);
	return 0;
}

static int add_entry(struct scan *s, int at, const char *entry, const char *name)
{
	/* Without waiting for the other end of a pipe. */
	HC_CLOSE int fd = openat(at, entry, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *problem;
	struct stat st;

	if (fd < 0 && (errno == ELOOP || errno == ENXIO))
		return refuse(s, name, errno == ELOOP ? "is a symbolic link; a bundle holds files" : "is no regular file");
	if (fd < 0 || fstat(fd, &st) < 0)
		return hc_diag_set_off(s->diag, -errno, name, -1, "cannot open: %m");
	problem = hc_archive_name_problem(name);
	if (problem)
		return refuse(s, name, problem);
	if (S_ISDIR(st.st_mode))
		return scan_dir(s, TAKE_FD(fd), name);
	return S_ISREG(st.st_mode) ? add_file(s, fd, name) : refuse(s, name, "is no regular file");
}

/* fd is taken. Depth is bounded by the longest name. */
static int scan_dir(struct scan *s, int fd, const char *prefix)
{
	DIR *dir = fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (!dir) {
		close(fd);
		return hc_diag_set_off(s->diag, -errno, *prefix ? prefix : s->dir, -1, "cannot read the directory: %m");
	}
	while (!r && (errno = 0, e = readdir(dir))) {
		struct hc_buf name HC_BUF_DONE = { 0 };

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		hc_buf_printf(&name, "%s%s%s", prefix, *prefix ? "/" : "", e->d_name);
		if (e->d_name[0] == '.') {
			hc_buf_printf(s->left_out, "%s\n", name.p);
			continue;
		}
		if (strcmp(name.p, HC_BUNDLE_MANIFEST))
			r = add_entry(s, fd, e->d_name, name.p);
	}
	if (!r && errno)
		r = hc_diag_set_off(s->diag, -errno, *prefix ? prefix : s->dir, -1, "cannot read the directory: %m");
	closedir(dir);
	return r;
}

int hc_folder_load(struct hc_archive **ret, const char *dir, struct hc_buf *ret_left_out, struct hc_diag *reterr_diag)
{
	HC_CLEANUP(hc_archive_free) struct hc_archive *archive = hc_calloc(1, sizeof *archive);
	struct scan s = { archive, dir, ret_left_out, reterr_diag };
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return hc_diag_set_off(reterr_diag, -errno, dir, -1, "cannot open the directory: %m");
	r = scan_dir(&s, fd, "");
	if (!r)
		r = hc_archive_seal(archive, dir, reterr_diag);
	if (r)
		return r;
	*ret = TAKE(archive);
	return 0;
}

/* ---- writing ---- */

/* The directory a member is in, made on the way: its descriptor, or -1 and errno. *ret_base: what is left of the name. */
static int enter(int top, const char *name, const char **ret_base)
{
	int at = fcntl(top, F_DUPFD_CLOEXEC, 3);

	for (const char *slash; at >= 0 && (slash = strchr(name, '/')); name = slash + 1) {
		HC_FREE char *part = hc_strndup(name, (size_t)(slash - name));
		int next = -1;

		if (mkdirat(at, part, 0777) == 0 || errno == EEXIST)
			next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
	}
	*ret_base = name;
	return at;
}

static int write_member(int top, const struct hc_archive_member *m)
{
	const char *base;
	HC_CLOSE int at = enter(top, m->name, &base);
	HC_CLOSE int fd = at < 0 ? -1 : openat(at, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);

	return fd < 0 ? -errno : hc_file_write_fd(fd, m->p, m->len);
}

/* What was begun and cannot be completed: only names of members, each below the directory made for them. */
static void remove_all(const char *temp, const struct hc_archive *archive)
{
	HC_CLOSE int top = open(temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (uint32_t i = archive->n; top >= 0 && i-- > 0;) {
		HC_FREE char *name = hc_strdup(archive->members[i].name);

		unlinkat(top, name, 0);
		for (char *slash; (slash = strrchr(name, '/'));) {
			*slash = '\0';
			unlinkat(top, name, AT_REMOVEDIR);
		}
	}
	rmdir(temp);
}

static int fill(const char *temp, const char *dir, const struct hc_archive *archive, struct hc_diag *diag)
{
	HC_CLOSE int top = open(temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mode_t mask = umask(0);
	int r = 0;

	umask(mask);
	if (top < 0)
		return hc_diag_set_off(diag, -errno, dir, -1, "cannot open the directory made for it: %m");
	for (uint32_t i = 0; !r && i < archive->n; i++) {
		r = write_member(top, &archive->members[i]);
		if (r)
			hc_diag_set_off(diag, r, dir, -1, "cannot write '%s': %s", archive->members[i].name, strerror(-r));
	}
	if (!r && fchmod(top, 0777 & ~mask) < 0)
		r = hc_diag_set_off(diag, -errno, dir, -1, "cannot be made accessible: %m");
	/* Fails where something is called dir already, an empty directory included. */
	if (!r && renameat2(AT_FDCWD, temp, AT_FDCWD, dir, RENAME_NOREPLACE) < 0)
		r = hc_diag_set_off(diag, -errno, dir, -1, errno == EEXIST ? "exists already; nothing is overwritten"
									   : "cannot be put in its place: %m");
	return r;
}

int hc_folder_make(const char *dir, const struct hc_archive *archive, struct hc_diag *reterr_diag)
{
	struct hc_buf plain HC_BUF_DONE = { 0 }, temp HC_BUF_DONE = { 0 };
	const char *slash;
	struct stat st;
	int r;

	hc_buf_puts(&plain, dir);
	while (plain.len > 1 && plain.p[plain.len - 1] == '/')
		plain.p[--plain.len] = '\0';
	if (lstat(plain.p, &st) == 0)
		return hc_diag_set_off(reterr_diag, -EEXIST, dir, -1, "exists already; nothing is overwritten");
	slash = strrchr(plain.p, '/');
	hc_buf_printf(&temp, "%.*s.%s.XXXXXX", slash ? (int)(slash - plain.p) + 1 : 0, plain.p, slash ? slash + 1 : plain.p);
	if (!mkdtemp(temp.p))
		return hc_diag_set_off(reterr_diag, -errno, dir, -1, "cannot create a directory beside it: %m");
	r = fill(temp.p, plain.p, archive, reterr_diag);
	if (r)
		remove_all(temp.p, archive);
	return r;
}
