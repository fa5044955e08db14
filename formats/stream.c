/* SPDX-License-Identifier: Apache-2.0
 *
 * Chunks go round: free -> being filled -> queue -> consumer -> free. Invariant: the queue is in the order of filling,
 * and a chunk that is out is never filled. Without the thread a chunk is filled when it is asked for.
 */
#include "formats/stream.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

enum { NCHUNKS_SYNC = 2, NCHUNKS_AHEAD = 5, CAP_MIN = 8 << 10 };

struct hc_stream {
	struct hc_source *source; /* owned */
	struct hc_filter *filter; /* owned */
	struct hc_chunk chunks[NCHUNKS_AHEAD];
	unsigned n;
	size_t cap; /* data bytes of a chunk */
	struct hc_chunk *free[NCHUNKS_AHEAD], *queue[NCHUNKS_AHEAD];
	unsigned nfree, nqueue;
	struct hc_chunk end; /* copy of the final chunk, for those who ask again */
	bool final;          /* nothing more to fill */
	bool ahead, stop;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more, room; /* a chunk was filled; a chunk was put back, or stop */
};

/* Called without the lock. */
static void fill(struct hc_stream *s, struct hc_chunk *c)
{
	c->len = 0;
	c->piece = s->filter->read(s->filter, c->data, s->cap, &c->len, &c->gap);
	c->in_off = s->source->off;
}

static void enqueue(struct hc_stream *s, struct hc_chunk *c)
{
	s->queue[s->nqueue++] = c;
	if (c->piece != HC_PIECE_DATA && c->piece != HC_PIECE_GAP) {
		s->final = true;
		s->end = *c;
	}
}

static void *run(void *arg)
{
	struct hc_stream *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->stop && !s->final) {
		struct hc_chunk *c;

		if (!s->nfree) {
			pthread_cond_wait(&s->room, &s->lock);
			continue;
		}
		c = s->free[--s->nfree];
		pthread_mutex_unlock(&s->lock);
		fill(s, c);
		pthread_mutex_lock(&s->lock);
		enqueue(s, c);
		pthread_cond_signal(&s->more);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* Signals stay with the program's own threads. */
static bool start_thread(struct hc_stream *s)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r == 0;
}

struct hc_stream *hc_stream_new(struct hc_source *source, bool ahead)
{
	struct hc_stream *s = hc_calloc(1, sizeof *s);

	s->source = source;
	s->filter = hc_filter_new(source);
	/* Small inputs need no big chunks; compression by more than 16 only makes more of them. */
	s->cap = HC_CHUNK_DATA;
	if (source->size && source->size < HC_CHUNK_DATA / 16)
		s->cap = source->size * 16 < CAP_MIN ? CAP_MIN : source->size * 16;
	s->n = ahead ? NCHUNKS_AHEAD : NCHUNKS_SYNC;
	for (unsigned i = 0; i < s->n; i++) {
		s->chunks[i].data = (uint8_t *)hc_malloc(HC_CHUNK_HEAD + s->cap) + HC_CHUNK_HEAD;
		s->free[s->nfree++] = &s->chunks[i];
	}
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->more, NULL);
	pthread_cond_init(&s->room, NULL);
	/* Without a thread (a limit was reached) the work is done here: slower, same result. */
	s->ahead = ahead && start_thread(s);
	return s;
}

struct hc_stream *hc_stream_free(struct hc_stream *s)
{
	if (!s)
		return NULL;
	if (s->ahead) {
		atomic_store(&s->source->stop, true);
		pthread_mutex_lock(&s->lock);
		s->stop = true;
		pthread_cond_signal(&s->room);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->thread, NULL);
	}
	for (unsigned i = 0; i < s->n; i++)
		free(s->chunks[i].data - HC_CHUNK_HEAD);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->more);
	pthread_cond_destroy(&s->room);
	hc_filter_free(s->filter);
	hc_source_close(s->source);
	free(s);
	return NULL;
}

struct hc_chunk *hc_stream_get(struct hc_stream *s)
{
	struct hc_chunk *c;

	if (s->ahead) {
		pthread_mutex_lock(&s->lock);
		while (!s->nqueue && !s->final)
			pthread_cond_wait(&s->more, &s->lock);
	} else if (!s->final) {
		c = s->free[--s->nfree];
		fill(s, c);
		enqueue(s, c);
	}
	if (s->nqueue) {
		c = s->queue[0];
		memmove(s->queue, s->queue + 1, --s->nqueue * sizeof *s->queue);
	} else {
		c = &s->end;
	}
	if (s->ahead)
		pthread_mutex_unlock(&s->lock);
	return c;
}

void hc_stream_put(struct hc_stream *s, struct hc_chunk *c)
{
	if (c == &s->end)
		return;
	if (s->ahead)
		pthread_mutex_lock(&s->lock);
	s->free[s->nfree++] = c;
	if (s->ahead) {
		pthread_cond_signal(&s->room);
		pthread_mutex_unlock(&s->lock);
	}
}

const char *hc_stream_compression(const struct hc_stream *s)
{
	return s->filter->name;
}
