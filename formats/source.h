/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a capture's stored bytes come from: a file, a pipe, memory, or whatever a callback reads (a member of an
 * archive). A window of unread bytes over a forward-only stream; nothing here knows what the bytes mean.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/diag.h"

struct hc_source {
	const uint8_t *p; /* unread bytes */
	size_t len;       /* how many */
	uint64_t off;     /* offset of p in the input */
	uint64_t size;    /* of the whole input; 0 unknown */
	bool eager;       /* input arrives slowly (pipe, followed file): hand on what is there instead of waiting for more */
	bool eof;
	char *member;     /* owned: the path was ARCHIVE:MEMBER; NULL otherwise */
	int err;          /* a read failed: negative errno */
	char error[120];  /* text for a read that failed with -EBADMSG: the stored data is damaged */
	atomic_bool stop; /* set by another thread: a waiting read gives up and reports the end */

	/* Up to cap bytes into buf: how many, 0 at the end, -errno. */
	ssize_t (*read)(struct hc_source *source, void *buf, size_t cap);
	void (*done)(struct hc_source *source); /* frees ctx; may be NULL */
	void *ctx;
	int fd;
	bool follow;
	uint8_t *buf; /* owned; NULL for memory */
	size_t cap;
};

/* Opens path, "-" for standard input. If there is no such file and path is ARCHIVE:MEMBER, opens ARCHIVE and notes MEMBER
 * in the source. */
int hc_source_open(struct hc_source **ret, const char *path, bool follow, struct hc_diag *reterr_diag);
/* Reads from memory, borrowed until close. */
struct hc_source *hc_source_new_memory(const void *p, size_t len);
/* Reads through a callback; ctx is taken and passed to done. */
struct hc_source *hc_source_new(ssize_t (*read)(struct hc_source *, void *, size_t), void (*done)(struct hc_source *),
				void *ctx);
struct hc_source *hc_source_close(struct hc_source *source);

/* Gets more unread bytes, one read: how many were added, 0 at the end of the input, -errno: from then on always. Moves
 * source->p. */
ssize_t hc_source_more(struct hc_source *source);
/* Makes at least want bytes unread if the input has them (want <= HC_SOURCE_WANT_MAX). 0, or -errno if reading failed and
 * nothing unread is left: what was read before is used first. */
int hc_source_want(struct hc_source *source, size_t want);
void hc_source_skip(struct hc_source *source, size_t n);

enum { HC_SOURCE_WANT_MAX = 2 << 20 };
