/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/newfile.h. All work on names is relative to the directory that was looked at when the file was created.
 */
#include "record/newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"

enum { TEMPORARY_MAX = 64, TRIES = 100 };

struct hc_newfile {
	char *path;
	const char *base; /* in path */
	int fd;
	int dir;          /* -1: a device or a pipe */
	char temporary[TEMPORARY_MAX]; /* the hidden name; empty: none */
	bool published;
};

static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? hc_strndup(path, slash == path ? 1 : (size_t)(slash - path)) : hc_strdup(".");
}

int hc_newfile_open_dir(const char *path, struct hc_diag *reterr_diag)
{
	char *dir HC_FREE = dir_of(path);
	int fd HC_CLOSE = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return hc_diag_set(reterr_diag, -errno, "cannot open the directory %s to write %s: %s", dir, path, strerror(errno));
	if (st.st_mode & S_IWOTH && st.st_uid != geteuid())
		return hc_diag_set(reterr_diag, -EPERM,
				   "will not write %s: everybody may write into %s, which belongs to another user (uid %u), so the file "
				   "could be exchanged or read; choose another directory", path, dir, (unsigned)st.st_uid);
	return TAKE_FD(fd);
}

bool hc_newfile_dir_is_foreign(const char *path)
{
	char *dir HC_FREE = dir_of(path);
	struct stat st;

	return !stat(dir, &st) && st.st_uid != geteuid();
}

int hc_newfile_check_unused(int dir, const char *name, const char *path, struct hc_diag *reterr_diag)
{
	int fd HC_CLOSE = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || !flock(fd, LOCK_SH | LOCK_NB) || errno != EWOULDBLOCK)
		return 0;
	return hc_diag_set(reterr_diag, -EBUSY, "will not write %s: another recorder is writing it; choose another name", path);
}

/* Devices, pipes: where everybody may make one, it could be a trap. */
static int look_at_special(const struct hc_newfile *file, const struct stat *st, struct hc_diag *reterr_diag)
{
	struct stat dir;

	if (st->st_uid == geteuid() || fstat(file->dir, &dir) || !(dir.st_mode & S_IWOTH))
		return -ENXIO;
	return hc_diag_set(reterr_diag, -EPERM,
			   "will not write to %s: it is no file, belongs to another user (uid %u), and everybody may write into its "
			   "directory", file->path, (unsigned)st->st_uid);
}

/* May what is at the path now be replaced? 1: it is a regular file, 0: nothing is there, -ENXIO: it is to be opened. */
static int look(const struct hc_newfile *file, struct hc_diag *reterr_diag)
{
	struct stat st;
	int err;

	if (fstatat(file->dir, file->base, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : hc_diag_set(reterr_diag, -errno, "cannot write %s: %s", file->path, strerror(errno));
	if (S_ISLNK(st.st_mode))
		return hc_diag_set(reterr_diag, -ELOOP, "will not write through the symbolic link %s; name its target ('-' is standard "
				   "output)", file->path);
	if (!S_ISREG(st.st_mode))
		return look_at_special(file, &st, reterr_diag);
	err = hc_newfile_check_unused(file->dir, file->base, file->path, reterr_diag);
	if (err)
		return err;
	if (st.st_uid != geteuid())
		return hc_diag_set(reterr_diag, -EPERM, "will not overwrite %s, which belongs to another user (uid %u)", file->path,
				   (unsigned)st.st_uid);
	return 1;
}

static void next_temporary(struct hc_newfile *file)
{
	static unsigned n;

	snprintf(file->temporary, sizeof file->temporary, ".hindcast-%ld-%u.part", (long)getpid(), ++n);
}

/* A file without a name, or with a hidden one. */
static int create(struct hc_newfile *file)
{
	file->fd = openat(file->dir, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	if (file->fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL))
		return file->fd < 0 ? -errno : 0;
	for (int i = 0; i < TRIES; i++) {
		next_temporary(file);
		file->fd = openat(file->dir, file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (file->fd >= 0 || errno != EEXIST)
			break;
	}
	if (file->fd >= 0)
		return 0;
	*file->temporary = '\0';
	return -errno;
}

/* Devices, pipes; and files that are there in a directory that is not ours to write into. */
static int open_as_it_is(struct hc_newfile *file)
{
	struct stat st;

	file->fd = openat(file->dir, file->base, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	if (file->fd < 0 || fstat(file->fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode)) {
		if (fchmod(file->fd, 0600) || ftruncate(file->fd, 0))
			return -errno;
	} else {
		close(TAKE_FD(file->dir));
	}
	file->published = true;
	return 0;
}

int hc_newfile_create(struct hc_newfile **ret, const char *path, struct hc_diag *reterr_diag)
{
	struct hc_newfile *file HC_CLEANUP(hc_newfile_free) = hc_calloc(1, sizeof *file);
	int there, err;

	file->fd = file->dir = -1;
	file->path = hc_strdup(path);
	file->base = strrchr(file->path, '/') ? strrchr(file->path, '/') + 1 : file->path;
	if (!*file->base)
		return hc_diag_set(reterr_diag, -EISDIR, "cannot write %s: this names a directory; add the name of a file", path);
	file->dir = hc_newfile_open_dir(path, reterr_diag);
	if (file->dir < 0)
		return file->dir;
	there = look(file, reterr_diag);
	if (there < 0 && there != -ENXIO)
		return there;
	err = there == -ENXIO ? open_as_it_is(file) : create(file);
	if ((err == -EACCES || err == -EPERM) && there == 1)
		err = open_as_it_is(file);
	if (err)
		return hc_diag_set(reterr_diag, err, "cannot write %s: %s", path, strerror(-err));
	flock(file->fd, LOCK_EX | LOCK_NB); /* for other recorders to see; the lock lasts as long as a descriptor of it */
	*ret = TAKE(file);
	return 0;
}

struct hc_newfile *hc_newfile_free(struct hc_newfile *file)
{
	if (!file)
		return NULL;
	if (*file->temporary && !file->published)
		unlinkat(file->dir, file->temporary, 0);
	if (file->fd >= 0)
		close(file->fd);
	if (file->dir >= 0)
		close(file->dir);
	free(file->path);
	free(file);
	return NULL;
}

int hc_newfile_fd(const struct hc_newfile *file)
{
	int fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 3);

	return fd < 0 ? -errno : fd;
}

/* Names the nameless file; -EEXIST if the name is taken. Through /proc, because naming a descriptor needs a capability that
 * is given up long before the last file is opened. */
static int name_it(const struct hc_newfile *file, const char *name)
{
	char self[64];

	snprintf(self, sizeof self, "/proc/self/fd/%d", file->fd);
	return linkat(AT_FDCWD, self, file->dir, name, AT_SYMLINK_FOLLOW) ? -errno : 0;
}

/* A hidden name, on the way to one that is taken: a link cannot replace what is there, renaming does. */
static int name_aside(struct hc_newfile *file)
{
	int err = -EEXIST;

	for (int i = 0; err == -EEXIST && i < TRIES; i++) {
		next_temporary(file);
		err = name_it(file, file->temporary);
	}
	if (err)
		*file->temporary = '\0';
	return err;
}

int hc_newfile_publish(struct hc_newfile *file, struct hc_diag *reterr_diag)
{
	int err;

	if (file->published)
		return 0;
	err = look(file, reterr_diag);
	if (err < 0 && err != -ENXIO)
		return err;
	err = *file->temporary ? -EEXIST : name_it(file, file->base);
	if (err == -EEXIST) {
		err = *file->temporary ? 0 : name_aside(file);
		if (!err && renameat(file->dir, file->temporary, file->dir, file->base))
			err = -errno;
	}
	if (err)
		return hc_diag_set(reterr_diag, err, "cannot give the capture its name %s: %s", file->path, strerror(-err));
	file->published = true;
	return 0;
}

bool hc_newfile_is_deleted(const struct hc_newfile *file)
{
	struct stat st;

	return file->published && !fstat(file->fd, &st) && S_ISREG(st.st_mode) && !st.st_nlink;
}

int hc_newfile_dir(const struct hc_newfile *file)
{
	return file->dir;
}
