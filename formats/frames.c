/* SPDX-License-Identifier: Apache-2.0
 *
 * Compressing and writing frames. Invariant: the file always ends with a complete frame: a frame whose writing failed is
 * taken back by truncation where the file allows it. After the first error nothing more is written.
 */
#include "formats/frames.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "common/cleanup.h"
#include "common/mem.h"

enum { STALLED_MS = 1000 }; /* a reader that takes nothing for so long is asked about */

struct frame {
	uint8_t *p;
	size_t len, cap;
	uint64_t counted; /* by hc_frames_count */
};

struct hc_frames {
	int fd; /* -1: everything goes to sink */
	hc_writer_sink sink;
	void *sink_ctx;
	bool (*give_up)(void *ctx);
	void *give_up_ctx;
	char *name;
	enum hc_compress compress;
	size_t frame_size;
	struct frame open;    /* being filled by the caller */
	struct frame closed;  /* with the writing side; len 0: idle */
	uint8_t *packed;      /* compressed frame */
	size_t packed_cap;
	ZSTD_CCtx *zstd;
	z_stream gzip;
	bool regular;         /* a file that can be truncated */
	uint64_t start;       /* offset in the file where our bytes begin */
	_Atomic uint64_t out, frames, counted; /* in the file */
	uint64_t plain;
	struct hc_diag diag;
	int err;              /* first error */

	bool background, stop;
	pthread_t thread;
	pthread_mutex_t lock; /* closed, err, stop; diag once err is set */
	pthread_cond_t work, idle;
};

/* ---- the writing side ---- */

static const char *reason(const struct hc_frames *f, int err)
{
	return err == -ETIMEDOUT && !f->regular ? "whoever reads it takes nothing" : strerror(-err);
}

/* write(2); but a pipe or socket is written to in pieces it takes at once, so that a stalled reader can be given up. */
static ssize_t write_some(const struct hc_frames *f, const uint8_t *p, size_t len)
{
	struct pollfd to = { .fd = f->fd, .events = POLLOUT };
	int ready;

	if (f->regular || !f->give_up)
		return write(f->fd, p, len);
	while (!(ready = poll(&to, 1, STALLED_MS)))
		if (f->give_up(f->give_up_ctx)) {
			errno = ETIMEDOUT;
			return -1;
		}
	return ready < 0 ? ready : write(f->fd, p, len < PIPE_BUF ? len : PIPE_BUF);
}

static int write_all(struct hc_frames *f, const uint8_t *p, size_t len)
{
	uint64_t done = 0;

	if (f->sink) {
		int err = f->sink(f->sink_ctx, p, len);

		if (err)
			return hc_diag_set_off(&f->diag, err, f->name, -1, "cannot write: %s", strerror(-err));
		done = len;
	}
	while (done < len) {
		ssize_t n = write_some(f, p + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int err = n < 0 ? -errno : -EIO;

			/* The half frame would be read as damage. */
			if (f->regular && ftruncate(f->fd, (off_t)(f->start + f->out)) < 0)
				return hc_diag_set_off(&f->diag, err, f->name, -1,
						       "cannot write: %s (and the last frame could not be taken back)",
						       reason(f, err));
			return hc_diag_set_off(&f->diag, err, f->name, -1, "cannot write: %s", reason(f, err));
		}
		done += (uint64_t)n;
	}
	f->out += len;
	f->frames++;
	return 0;
}

static uint8_t *packed_room(struct hc_frames *f, size_t bound)
{
	if (f->packed_cap < bound) {
		free(f->packed);
		f->packed = hc_malloc(bound);
		f->packed_cap = bound;
	}
	return f->packed;
}

static int pack(struct hc_frames *f, const struct frame *in)
{
	size_t n;

	switch (f->compress) {
	case HC_COMPRESS_ZSTD:
		packed_room(f, ZSTD_compressBound(in->len));
		n = ZSTD_compress2(f->zstd, f->packed, f->packed_cap, in->p, in->len);
		if (ZSTD_isError(n))
			return hc_diag_set_off(&f->diag, -EIO, f->name, -1, "zstd: %s", ZSTD_getErrorName(n));
		return write_all(f, f->packed, n);
	case HC_COMPRESS_GZIP:
		packed_room(f, deflateBound(&f->gzip, in->len));
		deflateReset(&f->gzip);
		f->gzip.next_in = in->p;
		f->gzip.avail_in = (uInt)in->len;
		f->gzip.next_out = f->packed;
		f->gzip.avail_out = (uInt)f->packed_cap;
		if (deflate(&f->gzip, Z_FINISH) != Z_STREAM_END)
			return hc_diag_set_off(&f->diag, -EIO, f->name, -1, "gzip: %s",
					       f->gzip.msg ? f->gzip.msg : "compression failed");
		return write_all(f, f->packed, f->packed_cap - f->gzip.avail_out);
	default:
		return write_all(f, in->p, in->len);
	}
}

static int pack_and_write(struct hc_frames *f, const struct frame *in)
{
	int err = pack(f, in);

	if (!err)
		f->counted += in->counted;
	return err;
}

static void *run(void *arg)
{
	struct hc_frames *f = arg;

	pthread_mutex_lock(&f->lock);
	for (;;) {
		if (f->closed.len) {
			/* The caller does not touch `closed` until its len is 0 again. */
			struct frame frame = f->closed;
			int err = f->err;

			if (!err) {
				pthread_mutex_unlock(&f->lock);
				err = pack_and_write(f, &frame);
				pthread_mutex_lock(&f->lock);
			}
			f->err = err;
			f->closed.len = 0;
			pthread_cond_signal(&f->idle);
		} else if (f->stop) {
			break;
		} else {
			pthread_cond_wait(&f->work, &f->lock);
		}
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

/* ---- the caller's side ---- */

static void wait_idle(struct hc_frames *f)
{
	while (f->closed.len)
		pthread_cond_wait(&f->idle, &f->lock);
}

/* Hands the open frame over. Without a thread it is written at once. */
static void cut(struct hc_frames *f)
{
	struct frame old;

	if (!f->open.len)
		return;
	f->plain += f->open.len;
	if (!f->background) {
		if (!f->err)
			f->err = pack_and_write(f, &f->open);
		f->open.len = f->open.counted = 0;
		return;
	}
	pthread_mutex_lock(&f->lock);
	wait_idle(f);
	old = f->closed;
	f->closed = f->open;
	f->open = old;
	f->open.len = f->open.counted = 0;
	pthread_cond_signal(&f->work);
	pthread_mutex_unlock(&f->lock);
}

uint8_t *hc_frames_room(struct hc_frames *f, size_t n)
{
	uint8_t *p;

	if (f->open.len && f->open.len + n > f->frame_size) {
		cut(f);
		if (hc_frames_error(f, NULL))
			return NULL;
	}
	if (f->open.cap < f->open.len + n) {
		f->open.cap = f->open.len + n > f->frame_size ? f->open.len + n : f->frame_size;
		f->open.p = hc_realloc(f->open.p, f->open.cap);
	}
	p = f->open.p + f->open.len;
	f->open.len += n;
	return p;
}

int hc_frames_error(struct hc_frames *f, struct hc_diag *reterr_diag)
{
	int err;

	if (f->background)
		pthread_mutex_lock(&f->lock);
	err = f->err;
	if (err && reterr_diag)
		*reterr_diag = f->diag;
	if (f->background)
		pthread_mutex_unlock(&f->lock);
	return err;
}

int hc_frames_flush(struct hc_frames *f, struct hc_diag *reterr_diag)
{
	cut(f);
	if (f->background) {
		pthread_mutex_lock(&f->lock);
		wait_idle(f);
		pthread_mutex_unlock(&f->lock);
	}
	return hc_frames_error(f, reterr_diag);
}

void hc_frames_count(struct hc_frames *f)
{
	f->open.counted++;
}

void hc_frames_stats(struct hc_frames *f, struct hc_frames_stats *ret)
{
	*ret = (struct hc_frames_stats){ .out = f->out, .frames = f->frames, .counted = f->counted, .plain = f->plain + f->open.len };
}

static int set_up_compression(struct hc_frames *f, int level)
{
	if (f->compress == HC_COMPRESS_ZSTD) {
		f->zstd = ZSTD_createCCtx();
		if (!f->zstd)
			return -ENOMEM;
		ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_compressionLevel, level ? level : ZSTD_CLEVEL_DEFAULT);
		ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_checksumFlag, 1);
		ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_contentSizeFlag, 1);
	} else if (f->compress == HC_COMPRESS_GZIP) {
		if (deflateInit2(&f->gzip, level ? level : Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
				 Z_DEFAULT_STRATEGY) != Z_OK)
			return -EINVAL;
	}
	return 0;
}

void hc_frames_go_background(struct hc_frames *f)
{
	sigset_t all, old;

	if (f->background)
		return;
	/* Signals stay with the program's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	f->background = pthread_create(&f->thread, NULL, run, f) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

int hc_frames_new(struct hc_frames **ret, int fd, const char *name, const struct hc_writer_options *options,
		  struct hc_diag *reterr_diag)
{
	struct hc_frames *f = hc_calloc(1, sizeof *f);
	struct stat st;
	int r;

	f->fd = fd;
	f->sink = options->sink;
	f->sink_ctx = options->sink_ctx;
	f->give_up = options->give_up;
	f->give_up_ctx = options->give_up_ctx;
	f->name = hc_strdup(name);
	f->compress = options->compress;
	f->frame_size = options->frame_size ? options->frame_size : HC_WRITER_FRAME_SIZE;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		/* what is opened for appending (>>) is written to at its end, wherever the offset is before that */
		off_t at = fcntl(fd, F_GETFL) & O_APPEND ? st.st_size : lseek(fd, 0, SEEK_CUR);

		f->regular = at >= 0;
		f->start = f->regular ? (uint64_t)at : 0;
	}
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->work, NULL);
	pthread_cond_init(&f->idle, NULL);
	r = set_up_compression(f, options->level);
	if (r < 0) {
		f->err = hc_diag_set_off(&f->diag, r, name, -1, "cannot set up compression (level %d)", options->level);
		return hc_frames_close(f, reterr_diag);
	}
	if (options->background)
		hc_frames_go_background(f);
	*ret = f;
	return 0;
}

int hc_frames_close(struct hc_frames *f, struct hc_diag *reterr_diag)
{
	int err;

	cut(f);
	if (f->background) {
		pthread_mutex_lock(&f->lock);
		f->stop = true;
		pthread_cond_signal(&f->work);
		pthread_mutex_unlock(&f->lock);
		pthread_join(f->thread, NULL);
		f->background = false;
	}
	/* Network file systems report a full disk only now. */
	if (f->fd >= 0 && close(f->fd) < 0 && !f->err)
		f->err = hc_diag_set_off(&f->diag, -errno, f->name, -1, "closing failed: %m");
	err = hc_frames_error(f, reterr_diag);
	ZSTD_freeCCtx(f->zstd);
	if (f->compress == HC_COMPRESS_GZIP)
		deflateEnd(&f->gzip);
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->work);
	pthread_cond_destroy(&f->idle);
	free(f->open.p);
	free(f->closed.p);
	free(f->packed);
	free(f->name);
	free(f);
	return err;
}
