/* SPDX-License-Identifier: Apache-2.0
 *
 * Output files (record/output.h): their names, their limits. How a file comes to be is record/newfile.h.
 */
#include "record/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/mem.h"
#include "record/newfile.h"

enum { NAME_SIZE = 4096 };
enum { MIN_FREE_MAX = 256 << 20 }; /* default reserve: a hundredth of the file system, at most this */

struct hc_output {
	const struct hc_output_options *options;
	struct hc_buf path;
	int fd;                   /* opened, not yet given to a writer; else -1 */
	struct hc_newfile *file;  /* the open or last one; NULL on standard output and in memory */
	int flight_dir;           /* where the flight recorder saves to; else -1 */
	struct hc_writer *writer;
	uint64_t begun_ns;        /* clock of the events at begin */
	bool deleted;             /* the open file was, by somebody */
	atomic_bool hurried;      /* recording is to end */
	uint64_t number;          /* of the file, from 1 */
	int segment;              /* the open segment's memory file; -1 */
	uint64_t saves, save_number; /* how many; the number in the last one's name */
	char notice[HC_DIAG_TEXT_MAX + 4096];
	char shown[HC_DIAG_TEXT_MAX + 4096];
	char **names;             /* ring of the last keep_files names */
	struct hc_output_stats done; /* of closed files */
};

/* Where a number goes: before the first ".scap", else before the last dot, else at the end. */
static const char *number_place(const char *path)
{
	const char *base = strrchr(path, '/'), *dot;

	base = base ? base + 1 : path;
	dot = strstr(base, ".scap");
	if (!dot)
		dot = strrchr(base, '.');
	return dot && dot != base ? dot : base + strlen(base);
}

/* trace.scap.zst -> trace-000002.scap.zst */
static void insert_number(struct hc_buf *out, const char *path, uint64_t number)
{
	const char *place = number_place(path);

	hc_buf_put(out, path, (size_t)(place - path));
	hc_buf_printf(out, "-%06llu%s", (unsigned long long)number, place);
}

/* The number in a name that insert_number made of that path's last part; 0: it is another name. */
static uint64_t number_in(const char *name, const char *base)
{
	const char *place = number_place(base);
	size_t stem = (size_t)(place - base);
	unsigned long long n;
	char *end;

	if (strncmp(name, base, stem) || name[stem] != '-' || strspn(name + stem + 1, "0123456789") < 6)
		return 0;
	errno = 0;
	n = strtoull(name + stem + 1, &end, 10);
	return errno || n > UINT32_MAX || strcmp(end, place) ? 0 : n;
}

static bool is_stdout(const struct hc_output *output)
{
	return !strcmp(output->options->path, "-");
}

/* options.path with the times in it as they are now; do its files get numbers? A time in the name tells them apart if only time
 * limits them and it is fine enough. */
static bool file_name(const struct hc_output *output, char ret[NAME_SIZE])
{
	const struct hc_output_options *o = output->options;
	time_t now = time(NULL);
	struct tm tm;

	if (!(o->max_seconds || o->flight) || !localtime_r(&now, &tm) || !strftime(ret, NAME_SIZE, o->path, &tm))
		snprintf(ret, NAME_SIZE, "%s", o->path);
	return hc_output_has_limits(output) && (!o->max_seconds || o->max_bytes || o->max_events || !strcmp(ret, o->path));
}

/* The path with the first number from *number on that is free: what is there, whoever put it there, stays. */
static void number_path(struct hc_output *output, const char *name, uint64_t *number)
{
	for (;; ++*number) {
		hc_buf_reset(&output->path);
		insert_number(&output->path, name, *number);
		if (faccessat(AT_FDCWD, output->path.p, F_OK, AT_SYMLINK_NOFOLLOW))
			return;
	}
}

static void make_path(struct hc_output *output)
{
	const struct hc_output_options *o = output->options;
	char name[NAME_SIZE];

	if (o->flight) {
		if (!output->path.len) /* once something was saved, it is that file's name */
			hc_buf_puts(&output->path, "memory");
		return;
	}
	hc_buf_reset(&output->path);
	if (is_stdout(output)) {
		hc_buf_puts(&output->path, "standard output");
		return;
	}
	if (file_name(output, name))
		number_path(output, name, &output->number);
	else
		hc_buf_puts(&output->path, name);
}

struct older {
	struct timespec at;
	char *name;
};

static int by_age(const void *a, const void *b)
{
	const struct timespec *x = &((const struct older *)a)->at, *y = &((const struct older *)b)->at;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? -1 : 1;
	return (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

/* Has strftime made that name, at some time? What merely looks like it must not be counted, as it would be deleted. */
static bool is_time_name(const char *name, const char *format)
{
	struct tm tm = { .tm_isdst = -1 };
	const char *end = strptime(name, format, &tm);
	char again[NAME_SIZE];

	return end && !*end && strftime(again, sizeof again, format, &tm) && !strcmp(again, name);
}

/* Of files that only times tell apart: the last of earlier recordings count among the last keep_files. */
static void continue_times(struct hc_output *output)
{
	const char *path = output->options->path, *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	struct hc_buf full HC_BUF_DONE = { 0 };
	struct older *older = NULL;
	const struct dirent *entry;
	uint64_t n = 0, keep = output->options->keep_files, first;
	struct stat st;
	DIR *dir;

	hc_buf_put(&full, path, (size_t)(base - path));
	if (!keep || !strchr(base, '%') || (slash && memchr(path, '%', (size_t)(slash - path))))
		return;
	dir = opendir(slash ? full.p : ".");
	while (dir && (entry = readdir(dir))) {
		if (!is_time_name(entry->d_name, base) || fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
		    !S_ISREG(st.st_mode) || st.st_uid != geteuid())
			continue;
		full.len = (size_t)(base - path);
		hc_buf_puts(&full, entry->d_name);
		older = hc_realloc(older, (n + 1) * sizeof *older);
		older[n++] = (struct older){ st.st_mtim, hc_strdup(full.p) };
	}
	if (dir)
		closedir(dir);
	if (n)
		qsort(older, n, sizeof *older, by_age);
	/* the first new file takes the place of the oldest */
	first = n > keep ? n - keep : 0;
	for (uint64_t i = 0; i < n; i++) {
		if (i < first)
			free(older[i].name);
		else
			output->names[keep - (n - first) + i - first] = older[i].name;
	}
	free(older);
}

/* Of files that have numbers, and of saves: goes on where earlier recordings have ended, so that none of theirs is replaced, and
 * counts theirs among the last keep_files. */
static int continue_numbers(struct hc_output *output, struct hc_diag *reterr_diag)
{
	uint64_t keep = output->options->keep_files, last = 0;
	struct hc_buf path HC_BUF_DONE = { 0 };
	char name[NAME_SIZE], *slash;
	const struct dirent *entry;
	DIR *dir;

	if (is_stdout(output))
		return 0;
	if (!file_name(output, name)) {
		if (output->options->max_seconds)
			continue_times(output);
		return 0;
	}
	slash = strrchr(name, '/');
	hc_buf_put(&path, name, slash ? (size_t)(slash + 1 - name) : 0);
	dir = opendir(slash ? path.p : ".");
	while (dir && (entry = readdir(dir))) {
		uint64_t n = number_in(entry->d_name, slash ? slash + 1 : name);
		char **slot = n && keep ? &output->names[(n - 1) % keep] : NULL;

		last = n > last ? n : last;
		if (!slot || (*slot && number_in(strrchr(*slot, '/') ? strrchr(*slot, '/') + 1 : *slot, slash ? slash + 1 : name) > n))
			continue;
		path.len = slash ? (size_t)(slash + 1 - name) : 0;
		hc_buf_puts(&path, entry->d_name);
		free(*slot);
		*slot = hc_strdup(path.p);
	}
	if (dir)
		closedir(dir);
	output->number = last + 1;
	output->save_number = last;
	/* two recorders would go on with the same numbers, and replace each other's files */
	hc_buf_reset(&path);
	insert_number(&path, name, last);
	return last ? hc_newfile_check_unused(AT_FDCWD, path.p, path.p, reterr_diag) : 0;
}

/* The file that shall be at output->path; a descriptor to write it with, or negative errno. */
static int create_file(struct hc_output *output, struct hc_diag *reterr_diag)
{
	int err;

	output->file = hc_newfile_free(output->file);
	err = hc_newfile_create(&output->file, output->path.p, reterr_diag);
	if (err)
		return err;
	err = hc_newfile_fd(output->file);
	return err < 0 ? hc_diag_set(reterr_diag, err, "cannot write %s: %s", output->path.p, strerror(-err)) : err;
}

static int open_segment(struct hc_output *output, struct hc_diag *reterr_diag)
{
	int fd = hc_flight_open(output->options->flight);

	if (fd < 0)
		return hc_diag_set(reterr_diag, fd, "no memory for the flight recorder: %s", strerror(-fd));
	output->segment = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return fd;
}

static int open_stdout(struct hc_diag *reterr_diag)
{
	int fd;

	if (isatty(STDOUT_FILENO))
		return hc_diag_set(reterr_diag, -EINVAL,
				   "will not write a capture to the terminal; redirect standard output or name a file with -w");
	fd = fcntl(STDOUT_FILENO, F_GETFL);
	if (fd >= 0 && (fd & O_PATH || (fd & O_ACCMODE) == O_RDONLY))
		return hc_diag_set(reterr_diag, -EBADF, "cannot write to standard output: it is %s", fd & O_PATH ? "closed" :
				   "open for reading only");
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? hc_diag_set(reterr_diag, -errno, "cannot write to standard output: %s", strerror(errno)) : fd;
}

static int open_file(struct hc_output *output, struct hc_diag *reterr_diag)
{
	make_path(output);
	output->fd = output->options->flight ? open_segment(output, reterr_diag) :
		     is_stdout(output)       ? open_stdout(reterr_diag) :
					       create_file(output, reterr_diag);
	return output->fd < 0 ? output->fd : 0;
}

/* -ENOSPC and a message if the file system is about to be full. */
static int check_reserve(const struct hc_output *output, struct hc_diag *reterr_diag)
{
	int dir = output->file ? hc_newfile_dir(output->file) : output->flight_dir;
	uint64_t left, reserve = output->options->min_free;
	struct statvfs fs;

	if (dir < 0 || fstatvfs(dir, &fs))
		return 0;
	if (reserve == UINT64_MAX) {
		reserve = (uint64_t)fs.f_blocks * fs.f_frsize / 100;
		reserve = reserve < MIN_FREE_MAX ? reserve : MIN_FREE_MAX;
	}
	left = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (left >= reserve)
		return 0;
	return hc_diag_set(reterr_diag, -ENOSPC,
			   "the file system of %s has only %llu KiB left, less than the reserve of %llu KiB (--min-free)",
			   output->path.p, (unsigned long long)(left >> 10), (unsigned long long)(reserve >> 10));
}

int hc_output_new(struct hc_output **ret, const struct hc_output_options *options, struct hc_diag *reterr_diag)
{
	struct hc_output *output HC_CLEANUP(hc_output_free) = hc_calloc(1, sizeof *output);
	int err;

	output->options = options;
	output->fd = output->flight_dir = output->segment = -1;
	output->number = 1;
	if (options->keep_files)
		output->names = hc_calloc(options->keep_files, sizeof *output->names);
	if (options->flight) { /* nothing is written for now, but if it could not be, better to know at once */
		output->flight_dir = hc_newfile_open_dir(options->path, reterr_diag);
		if (output->flight_dir < 0)
			return output->flight_dir;
	}
	err = continue_numbers(output, reterr_diag);
	if (!err)
		err = open_file(output, reterr_diag);
	if (!err && !options->flight)
		err = check_reserve(output, reterr_diag);
	if (err)
		return err;
	*ret = TAKE(output);
	return 0;
}

struct hc_output *hc_output_free(struct hc_output *output)
{
	if (!output)
		return NULL;
	if (output->writer)
		hc_writer_close(output->writer, NULL);
	if (output->fd >= 0)
		close(output->fd);
	if (output->flight_dir >= 0)
		close(output->flight_dir);
	hc_newfile_free(output->file);
	if (output->segment >= 0)
		close(output->segment);
	for (uint64_t i = 0; output->names && i < output->options->keep_files; i++)
		free(output->names[i]);
	free(output->names);
	hc_buf_done(&output->path);
	free(output);
	return NULL;
}

/* The newest name takes the place of the one keep_files back, whose file goes. A name that comes again is a file that was
 * replaced: its older mention must not cost the newer file. */
static void forget_oldest(struct hc_output *output, uint64_t number)
{
	uint64_t keep = output->options->keep_files;
	char **slot;

	if (!keep)
		return;
	for (uint64_t i = 0; i < keep; i++)
		if (output->names[i] && !strcmp(output->names[i], output->path.p)) {
			free(output->names[i]);
			output->names[i] = NULL;
		}
	slot = &output->names[(number - 1) % keep];
	if (*slot)
		unlink(*slot);
	free(*slot);
	*slot = hc_strdup(output->path.p);
}

/* Whoever reads the capture takes nothing: reason enough to end if that is what we are asked for. The signal that asks may
 * still wait for the thread which waits for the reader. */
static bool give_up(void *ctx)
{
	const struct hc_output *output = ctx;
	sigset_t pending;

	return output->hurried || (!sigpending(&pending) && (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1));
}

void hc_output_hurry(struct hc_output *output)
{
	output->hurried = true;
}

int hc_output_begin(struct hc_output *output, const struct hc_section *section, uint64_t now_ns, struct hc_diag *reterr_diag)
{
	struct hc_writer_options options = { .compress = output->options->compress, .give_up = give_up, .give_up_ctx = output };
	int err;

	if (output->done.files) {
		output->number++;
		options.background = true;
		if (output->fd < 0 && !is_stdout(output)) {
			err = open_file(output, reterr_diag);
			if (err)
				return err;
		}
	}
	err = hc_writer_open(&output->writer, TAKE_FD(output->fd), output->path.p, &options, reterr_diag);
	if (err)
		return err;
	output->begun_ns = now_ns;
	output->deleted = false;
	return hc_writer_section(output->writer, section, reterr_diag);
}

int hc_output_publish(struct hc_output *output, struct hc_diag *reterr_diag)
{
	int err = hc_writer_flush(output->writer, reterr_diag);

	if (!err && output->file && !output->options->flight) /* a save's file gets its name with the first segment in it */
		err = hc_newfile_publish(output->file, reterr_diag);
	if (!err && !output->options->flight)
		forget_oldest(output, output->number);
	return err;
}

void hc_output_go_background(struct hc_output *output)
{
	if (output->writer)
		hc_writer_go_background(output->writer);
}

static void add_stats(struct hc_output_stats *to, const struct hc_writer_stats *from)
{
	to->bytes_out += from->bytes_out;
	to->bytes_plain += from->bytes_plain;
	to->recorded_out += from->recorded_out;
	to->files++;
}

int hc_output_flush(struct hc_output *output, struct hc_diag *reterr_diag)
{
	int err = hc_writer_flush(output->writer, reterr_diag);
	struct hc_diag diag;

	if (!err && !output->options->flight && output->file && !output->deleted && hc_newfile_is_deleted(output->file)) {
		output->deleted = true;
		snprintf(output->notice, sizeof output->notice, "somebody has deleted %s; another file is begun", output->path.p);
	}
	if (err || !output->options->flight || !hc_flight_is_saving(output->options->flight))
		return err;
	if (output->file && hc_newfile_is_deleted(output->file)) {
		hc_flight_stop_saving(output->options->flight);
		snprintf(output->notice, sizeof output->notice,
			 "somebody has deleted %s while it was being saved; what is in memory stays, for the next save", output->path.p);
		return 0;
	}
	/* that it could not be saved is no reason to stop recording */
	if (hc_flight_progress(output->options->flight, output->segment, &diag) || hc_newfile_publish(output->file, &diag))
		snprintf(output->notice, sizeof output->notice, "%s (%s)", diag.text, output->path.p);
	return 0;
}

/* Hands the finished segment to the flight recorder. That it could not be saved is no reason to stop recording. */
static void keep_segment(struct hc_output *output, uint64_t now_ns)
{
	bool was_saving = hc_flight_is_saving(output->options->flight);
	struct hc_diag diag;
	int err = hc_flight_add(output->options->flight, output->segment, now_ns, &diag);

	if (!err && was_saving) /* nothing was in memory when the save began: this is the file's first segment */
		err = hc_newfile_publish(output->file, &diag);
	if (err)
		snprintf(output->notice, sizeof output->notice, "%s (%s)", diag.text, output->path.p);
	else if (was_saving && !hc_flight_is_saving(output->options->flight))
		snprintf(output->notice, sizeof output->notice, "saved %s", output->path.p);
	close(TAKE_FD(output->segment));
}

int hc_output_end(struct hc_output *output, uint64_t now_ns, struct hc_diag *reterr_diag)
{
	struct hc_writer *writer = TAKE(output->writer);
	struct hc_writer_stats stats;
	int err;

	if (!writer)
		return 0;
	err = hc_writer_flush(writer, reterr_diag);
	hc_writer_stats(writer, &stats);
	if (err) {
		hc_writer_close(writer, NULL);
	} else {
		err = hc_writer_close(writer, reterr_diag);
	}
	add_stats(&output->done, &stats);
	if (!err && output->options->flight)
		keep_segment(output, now_ns);
	return err;
}

/* The name of the next save. */
static void name_save(struct hc_output *output)
{
	char name[NAME_SIZE];

	file_name(output, name);
	output->save_number++;
	number_path(output, name, &output->save_number);
}

/* The oldest save goes when there is something of a new one, not before. */
static void count_save(struct hc_output *output)
{
	output->saves++;
	forget_oldest(output, output->save_number);
}

int hc_output_save(struct hc_output *output, uint64_t now_ns, struct hc_diag *reterr_diag)
{
	struct hc_flight *flight = output->options->flight;
	bool counted = false;
	int fd, r;

	if (hc_flight_is_saving(flight)) {
		hc_flight_extend(flight, now_ns);
		return 0;
	}
	r = check_reserve(output, reterr_diag);
	if (r)
		return r;
	name_save(output);
	fd = create_file(output, reterr_diag);
	if (fd < 0)
		return fd;
	hc_flight_save(flight, fd, now_ns);
	while ((r = hc_flight_save_next(flight, reterr_diag)) > 0) {
		int err = hc_newfile_publish(output->file, reterr_diag);

		if (err) {
			hc_flight_stop_saving(flight);
			return err;
		}
		if (!counted)
			count_save(output);
		counted = true;
	}
	if (!r && !counted) /* there is nothing in memory; it is to come */
		count_save(output);
	return r;
}

const char *hc_output_notice(struct hc_output *output)
{
	if (!*output->notice)
		return NULL;
	memcpy(output->shown, output->notice, sizeof output->shown);
	*output->notice = '\0';
	return output->shown;
}

struct hc_writer *hc_output_writer(struct hc_output *output)
{
	return output->writer;
}

int hc_output_async(struct hc_output *output, uint64_t ts_ns, const char *name, const char *json,
		    struct hc_diag *reterr_diag)
{
	/* plugin id, name with its NUL, data (events.def); lengths of large events are 32 bits wide */
	uint32_t lens[3] = { 4, (uint32_t)strlen(name) + 1, (uint32_t)strlen(json) };
	struct hc_buf data HC_BUF_DONE = { 0 };
	struct hc_event ev = { .ts_ns = ts_ns, .tid = -1, .type = PPME_ASYNCEVENT_E, .nparams = 3 };

	hc_buf_put(&data, &(uint32_t){ 0 }, 4);
	hc_buf_put(&data, name, lens[1]);
	hc_buf_put(&data, json, lens[2]);
	ev.lens = (const uint8_t *)lens;
	ev.data = (const uint8_t *)data.p;
	return hc_writer_event(output->writer, &ev, reterr_diag);
}

bool hc_output_has_limits(const struct hc_output *output)
{
	const struct hc_output_options *o = output->options;

	return o->max_bytes || o->max_seconds || o->max_events || o->flight;
}

bool hc_output_is_full(const struct hc_output *output, uint64_t events, uint64_t now_ns)
{
	const struct hc_output_options *o = output->options;
	struct hc_writer_stats stats;

	if (!output->writer)
		return false;
	if (output->deleted)
		return true;
	if (is_stdout(output) || !hc_output_has_limits(output))
		return false;
	if (o->flight) {
		hc_writer_stats(output->writer, &stats);
		return hc_flight_is_full(o->flight, output->begun_ns, stats.bytes_out, now_ns);
	}
	if (o->max_seconds && now_ns >= output->begun_ns + o->max_seconds * 1000000000u)
		return true;
	if (!events)
		return false; /* lists alone can be larger than a small limit */
	if (o->max_events && events >= o->max_events)
		return true;
	hc_writer_stats(output->writer, &stats);
	return o->max_bytes && stats.bytes_out >= o->max_bytes;
}

int hc_output_check_space(struct hc_output *output, struct hc_diag *reterr_diag)
{
	struct hc_flight *flight = output->options->flight;
	struct hc_diag diag;

	if (!flight)
		return check_reserve(output, reterr_diag);
	/* memory is not full: it is the save that has to end */
	if (hc_flight_is_saving(flight) && check_reserve(output, &diag)) {
		hc_flight_stop_saving(flight);
		snprintf(output->notice, sizeof output->notice, "saved %s, but not all that was to follow: %s", output->path.p, diag.text);
	}
	return 0;
}

void hc_output_stats(const struct hc_output *output, struct hc_output_stats *ret)
{
	*ret = output->done;
	ret->path = output->path.p;
	ret->saves = output->saves;
	if (output->writer) {
		struct hc_writer_stats stats;

		hc_writer_stats(output->writer, &stats);
		add_stats(ret, &stats);
	}
}
