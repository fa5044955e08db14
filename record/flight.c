/* SPDX-License-Identifier: Apache-2.0
 *
 * Segments as memory files (record/flight.h). A segment is a quarter of the window, so that forgetting the oldest loses at
 * most that much more than was promised.
 */
#include "record/flight.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/mem.h"

enum { PARTS = 4, SEGMENTS_MAX = 64 };

struct segment {
	int fd;
	uint64_t bytes, ended_ns;
};

struct hc_flight {
	uint64_t window_ns, max_bytes, bytes;
	struct segment segments[SEGMENTS_MAX]; /* oldest first */
	unsigned n;
	int save;                /* the file being written; -1: none */
	uint64_t copied;         /* bytes of the open segment that are in it */
	unsigned saved;          /* how many of the segments are in it */
	uint64_t save_until_ns, save_max_bytes;
};

struct hc_flight *hc_flight_new(uint64_t window_ns, uint64_t max_bytes)
{
	struct hc_flight *flight = hc_calloc(1, sizeof *flight);

	flight->window_ns = window_ns;
	flight->max_bytes = max_bytes;
	flight->save = -1;
	return flight;
}

void hc_flight_limit_saves(struct hc_flight *flight, uint64_t max_bytes)
{
	flight->save_max_bytes = max_bytes;
}

/* With that many bytes more, is the save as large as it may be? */
static bool is_large(const struct hc_flight *flight, uint64_t bytes)
{
	off_t at = flight->save_max_bytes ? lseek(flight->save, 0, SEEK_CUR) : -1;

	return at >= 0 && (uint64_t)at + bytes >= flight->save_max_bytes;
}

static void forget_oldest(struct hc_flight *flight)
{
	close(flight->segments[0].fd);
	flight->bytes -= flight->segments[0].bytes;
	flight->n--;
	flight->saved -= flight->saved > 0;
	memmove(flight->segments, flight->segments + 1, flight->n * sizeof *flight->segments);
}

struct hc_flight *hc_flight_free(struct hc_flight *flight)
{
	if (!flight)
		return NULL;
	while (flight->n)
		forget_oldest(flight);
	hc_flight_stop_saving(flight);
	free(flight);
	return NULL;
}

int hc_flight_open(struct hc_flight *flight)
{
	int fd = memfd_create("hindcast-flight", MFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Copies the bytes from off to end. */
static int append(int to, int from, uint64_t begin, uint64_t end)
{
	off_t off = (off_t)begin;

	while ((uint64_t)off < end) {
		ssize_t n = sendfile(to, from, &off, end - (uint64_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
	}
	return 0;
}

/* A save that fails is over, with what is whole in the file; what is in memory stays. */
static int append_or_stop(struct hc_flight *flight, int from, uint64_t begin, uint64_t end, struct hc_diag *reterr_diag)
{
	off_t before = lseek(flight->save, 0, SEEK_CUR);
	int err = append(flight->save, from, begin, end);

	if (!err)
		return 0;
	if (before >= 0 && ftruncate(flight->save, before))
		err = -errno; /* the cut segment stays, and is read up to its last frame */
	close(TAKE_FD(flight->save));
	return hc_diag_set(reterr_diag, err, "cannot save what is in memory: %s", strerror(-err));
}

int hc_flight_progress(struct hc_flight *flight, int fd, struct hc_diag *reterr_diag)
{
	uint64_t from = flight->copied;
	struct stat st;

	if (flight->save < 0 || fstat(fd, &st) || (uint64_t)st.st_size <= from)
		return 0;
	flight->copied = (uint64_t)st.st_size;
	return append_or_stop(flight, fd, from, flight->copied, reterr_diag);
}

int hc_flight_add(struct hc_flight *flight, int fd, uint64_t now_ns, struct hc_diag *reterr_diag)
{
	struct segment segment = { .fd = fcntl(fd, F_DUPFD_CLOEXEC, 3), .ended_ns = now_ns };
	struct stat st;
	int err = 0;

	if (segment.fd < 0 || fstat(segment.fd, &st)) {
		err = -errno;
		if (segment.fd >= 0)
			close(segment.fd);
		return hc_diag_set(reterr_diag, err, "cannot keep a segment in memory: %s", strerror(-err));
	}
	segment.bytes = (uint64_t)st.st_size;
	if (flight->save >= 0) {
		err = hc_flight_progress(flight, fd, reterr_diag);
		if (flight->save >= 0 && (now_ns >= flight->save_until_ns || is_large(flight, 0)))
			hc_flight_stop_saving(flight);
	}
	flight->copied = 0;
	if (flight->n == SEGMENTS_MAX)
		forget_oldest(flight);
	flight->segments[flight->n++] = segment;
	flight->saved = flight->n;
	flight->bytes += segment.bytes;
	while (flight->n > 1 && (flight->bytes > flight->max_bytes || flight->segments[0].ended_ns + flight->window_ns < now_ns))
		forget_oldest(flight);
	return err;
}

bool hc_flight_is_full(const struct hc_flight *flight, uint64_t begun_ns, uint64_t bytes, uint64_t now_ns)
{
	return now_ns >= begun_ns + flight->window_ns / PARTS || bytes >= flight->max_bytes / PARTS ||
	       (flight->save >= 0 && (now_ns >= flight->save_until_ns || is_large(flight, bytes - flight->copied)));
}

void hc_flight_extend(struct hc_flight *flight, uint64_t now_ns)
{
	flight->save_until_ns = now_ns + flight->window_ns;
}

void hc_flight_save(struct hc_flight *flight, int fd, uint64_t now_ns)
{
	hc_flight_extend(flight, now_ns);
	flight->save = fd;
	flight->saved = 0;
	flight->copied = 0;
}

int hc_flight_save_next(struct hc_flight *flight, struct hc_diag *reterr_diag)
{
	int err;

	if (flight->saved >= flight->n)
		return 0;
	err = append_or_stop(flight, flight->segments[flight->saved].fd, 0, flight->segments[flight->saved].bytes, reterr_diag);
	if (err)
		return err;
	flight->saved++;
	return 1;
}

bool hc_flight_is_saving(const struct hc_flight *flight)
{
	return flight->save >= 0;
}

void hc_flight_stop_saving(struct hc_flight *flight)
{
	if (flight->save >= 0)
		close(TAKE_FD(flight->save));
}
