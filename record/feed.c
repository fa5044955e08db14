/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/feed.h. A writer makes the blocks; its sink writes them to the pipe, or keeps what the pipe does not take.
 */
#include "record/feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/mem.h"
#include "formats/writer.h"

enum { FRAME = 64 << 10, COMPACT = 1 << 20 };

struct hc_feed {
	int fd;
	size_t keep_max;
	struct hc_writer *writer;
	struct hc_buf kept;
	size_t sent;   /* of kept */
	int err;       /* the pipe's end: nothing goes there any more */
	bool begun;    /* a section was written */
	bool gap;      /* events were left out since the last one */
	struct hc_feed_stats stats;
};

/* What the pipe takes now; how much, or negative errno. */
static ssize_t write_some(int fd, const uint8_t *p, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(fd, p + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static size_t kept(const struct hc_feed *feed)
{
	return feed->kept.len - feed->sent;
}

/* hc_writer_sink */
static int take(void *ctx, const void *bytes, size_t len)
{
	struct hc_feed *feed = ctx;
	ssize_t n = 0;

	if (feed->err)
		return 0; /* the writer goes on, into nothing */
	if (!kept(feed))
		n = write_some(feed->fd, bytes, len);
	if (n < 0) {
		feed->err = (int)n;
		return 0;
	}
	if ((size_t)n < len)
		hc_buf_put(&feed->kept, (const uint8_t *)bytes + n, len - (size_t)n);
	return 0;
}

struct hc_feed *hc_feed_new(int fd, size_t keep_max)
{
	struct hc_feed *feed = hc_calloc(1, sizeof *feed);
	const struct hc_writer_options options = { .compress = HC_COMPRESS_NONE, .frame_size = FRAME, .sink = take,
						    .sink_ctx = feed };

	feed->fd = fd;
	feed->keep_max = keep_max;
	if (hc_writer_open(&feed->writer, -1, "pipe", &options, NULL))
		abort(); /* there is nothing about it that could fail */
	return feed;
}

struct hc_feed *hc_feed_free(struct hc_feed *feed)
{
	if (!feed)
		return NULL;
	feed->err = -ECANCELED;
	hc_writer_close(feed->writer, NULL);
	close(feed->fd);
	hc_buf_done(&feed->kept);
	free(feed);
	return NULL;
}

int hc_feed_fd(const struct hc_feed *feed)
{
	return feed->fd;
}

bool hc_feed_wants_section(const struct hc_feed *feed)
{
	return !feed->begun || (feed->gap && !feed->stats.behind);
}

void hc_feed_section(struct hc_feed *feed, const struct hc_section *section)
{
	hc_writer_section(feed->writer, section, NULL);
	feed->begun = true;
	feed->gap = false;
}

/* Whether there is room; between full and half empty the answer stays what it was. */
static bool has_room(struct hc_feed *feed)
{
	size_t n = kept(feed);

	if (n > feed->keep_max)
		feed->stats.behind = true;
	else if (n <= feed->keep_max / 2)
		feed->stats.behind = false;
	return !feed->stats.behind;
}

void hc_feed_event(struct hc_feed *feed, uint16_t cpu, uint32_t flags, const void *wire, uint32_t len)
{
	if (!feed->begun || feed->err)
		return;
	if (!has_room(feed)) {
		feed->stats.left_out++;
		feed->gap = true;
		return;
	}
	if (!hc_writer_wire_event(feed->writer, cpu, flags, wire, len, NULL))
		feed->stats.events++;
}

int hc_feed_push(struct hc_feed *feed)
{
	ssize_t n;

	hc_writer_flush(feed->writer, NULL);
	if (feed->err || !kept(feed))
		return feed->err;
	n = write_some(feed->fd, (const uint8_t *)feed->kept.p + feed->sent, kept(feed));
	if (n < 0) {
		feed->err = (int)n;
		return feed->err;
	}
	feed->sent += (size_t)n;
	if (!kept(feed)) {
		hc_buf_done(&feed->kept); /* it can be large, and is seldom needed */
		feed->sent = 0;
	} else if (feed->sent >= COMPACT && feed->sent >= kept(feed)) {
		memmove(feed->kept.p, feed->kept.p + feed->sent, kept(feed));
		feed->kept.len -= feed->sent;
		feed->sent = 0;
	}
	has_room(feed);
	return 0;
}

void hc_feed_stats(const struct hc_feed *feed, struct hc_feed_stats *ret)
{
	*ret = feed->stats;
	ret->kept_bytes = kept(feed);
}
