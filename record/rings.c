/* SPDX-License-Identifier: Apache-2.0
 *
 * Draining BPF ring buffers without libbpf's callback loop: the merge needs to look at every ring's first record
 * before it takes any. The memory layout is the kernel's documented one (a page with the consumer's position, a page
 * with the producer's, the data mapped twice in a row), each record an 8-byte header and its bytes.
 *
 * Merge: a heap of the rings' first records. Order inside a ring is the kernel's; between rings it is that of the
 * timestamps, as long as an event reaches its ring before the pass's time limit has passed it, which the caller's
 * margin makes sure of in all but pathological cases. Whatever comes later than that is still written, never dropped.
 */
#include "record/rings.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event.h"
#include "common/mem.h"

enum {
	RECORD_HEADER = 8,
	WIRE_MIN = 26,           /* scap-format.md 9.1 */
	RELEASE_STEP = 1 << 16,  /* bytes after which the kernel is told that the space is free again */
};

struct ring {
	unsigned long *consumer_pos;
	const unsigned long *producer_pos;
	const uint8_t *data;
	unsigned long pos;      /* of the first record not emitted */
	unsigned long released; /* what consumer_pos says */
	unsigned long end;      /* producer's position as this pass knows it */
	uint64_t ts;            /* of the first record, while the ring is in the heap */
	uint32_t len;           /* its bytes */
	uint16_t cpu;
};

struct hc_rings {
	struct ring *rings;
	struct ring **heap; /* smallest ts first */
	uint32_t n, nheap, size;
	size_t page;
	uint64_t last_ts;
	struct hc_rings_stats stats;
	uint8_t patched[1 << 16]; /* an event whose time had to be changed; ring memory is read-only */
};

static int map_ring(struct hc_rings *rings, struct ring *ring, int fd)
{
	void *p = mmap(NULL, rings->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	ring->consumer_pos = p;
	p = mmap(NULL, rings->page + 2 * (size_t)rings->size, PROT_READ, MAP_SHARED, fd, (off_t)rings->page);
	if (p == MAP_FAILED)
		return -errno;
	ring->producer_pos = p;
	ring->data = (const uint8_t *)p + rings->page;
	ring->pos = ring->released = *ring->consumer_pos;
	return 0;
}

int hc_rings_new(struct hc_rings **ret, const int *fds, uint32_t n, uint32_t size, struct hc_diag *reterr_diag)
{
	struct hc_rings *rings = hc_calloc(1, sizeof *rings);

	rings->page = (size_t)sysconf(_SC_PAGESIZE);
	rings->size = size;
	rings->n = n;
	rings->rings = hc_calloc(n, sizeof *rings->rings);
	rings->heap = hc_calloc(n, sizeof(struct ring *));
	for (uint32_t i = 0; i < n; i++) {
		int err = map_ring(rings, &rings->rings[i], fds[i]);

		rings->rings[i].cpu = (uint16_t)i;
		if (err) {
			hc_rings_free(rings);
			return hc_diag_set(reterr_diag, err, "cannot map the ring buffer of CPU %u: %s", i, strerror(-err));
		}
	}
	*ret = rings;
	return 0;
}

struct hc_rings *hc_rings_free(struct hc_rings *rings)
{
	if (!rings)
		return NULL;
	for (uint32_t i = 0; i < rings->n; i++) {
		struct ring *r = &rings->rings[i];

		if (r->consumer_pos)
			munmap(r->consumer_pos, rings->page);
		if (r->producer_pos)
			munmap((void *)r->producer_pos, rings->page + 2 * (size_t)rings->size);
	}
	free(rings->rings);
	free(rings->heap);
	free(rings);
	return NULL;
}

static void release(struct ring *ring)
{
	if (ring->released != ring->pos)
		__atomic_store_n(ring->consumer_pos, ring->pos, __ATOMIC_RELEASE);
	ring->released = ring->pos;
}

/* Looks at the ring's first record, stepping over discarded ones. 1: ts and len are set; 0: nothing there; -EAGAIN: a
 * record is being filled this moment. */
static int peek(struct hc_rings *rings, struct ring *ring)
{
	while (ring->pos < ring->end) {
		const uint8_t *header = ring->data + (ring->pos & (rings->size - 1));
		uint32_t word = __atomic_load_n((const uint32_t *)(const void *)header, __ATOMIC_ACQUIRE);

		if (word & BPF_RINGBUF_BUSY_BIT)
			return -EAGAIN;
		ring->len = word & ~(uint32_t)BPF_RINGBUF_DISCARD_BIT;
		if (!(word & BPF_RINGBUF_DISCARD_BIT) && ring->len >= WIRE_MIN) {
			ring->ts = hc_le64(header + RECORD_HEADER);
			return 1;
		}
		ring->pos += (RECORD_HEADER + ring->len + 7) & ~7ul;
	}
	return 0;
}

static void sift_down(struct hc_rings *rings, uint32_t i)
{
	struct ring **h = rings->heap, *r = h[i];

	for (;;) {
		uint32_t kid = 2 * i + 1;

		if (kid >= rings->nheap)
			break;
		if (kid + 1 < rings->nheap && h[kid + 1]->ts < h[kid]->ts)
			kid++;
		if (h[kid]->ts >= r->ts)
			break;
		h[i] = h[kid];
		i = kid;
	}
	h[i] = r;
}

static int emit_first(struct hc_rings *rings, struct ring *ring, hc_rings_emit_fn emit, void *ctx)
{
	const uint8_t *wire = ring->data + (ring->pos & (rings->size - 1)) + RECORD_HEADER;
	int err;

	if (ring->ts < rings->last_ts && ring->len <= sizeof rings->patched) {
		memcpy(rings->patched, wire, ring->len);
		memcpy(rings->patched, &rings->last_ts, sizeof rings->last_ts);
		wire = rings->patched;
		rings->stats.late++;
	} else {
		rings->last_ts = ring->ts;
	}
	err = emit(ctx, ring->cpu, wire, ring->len);
	if (err)
		return err;
	rings->stats.events++;
	rings->stats.bytes += ring->len;
	ring->pos += (RECORD_HEADER + ring->len + 7) & ~7ul;
	if (ring->pos - ring->released >= RELEASE_STEP)
		release(ring);
	return 0;
}

/* 0, or -EAGAIN if some ring's first record is not complete yet: it may be the oldest of all, so the pass has to wait
 * for it (a matter of nanoseconds: its program is running). */
static int build_heap(struct hc_rings *rings)
{
	rings->nheap = 0;
	for (uint32_t i = 0; i < rings->n; i++) {
		struct ring *ring = &rings->rings[i];
		int r;

		ring->end = __atomic_load_n(ring->producer_pos, __ATOMIC_ACQUIRE);
		r = peek(rings, ring);
		if (r < 0)
			return r;
		if (r)
			rings->heap[rings->nheap++] = ring;
	}
	for (uint32_t i = rings->nheap / 2; i-- > 0;)
		sift_down(rings, i);
	return 0;
}

int hc_rings_drain(struct hc_rings *rings, uint64_t until_ns, hc_rings_emit_fn emit, void *ctx)
{
	uint32_t fill;
	int err = 0;

	hc_rings_pending(rings, &fill);
	rings->stats.fill_pct = fill;
	if (fill > rings->stats.fill_max_pct)
		rings->stats.fill_max_pct = fill;
	if (build_heap(rings))
		return 0;
	while (rings->nheap && rings->heap[0]->ts <= until_ns) {
		struct ring *ring = rings->heap[0];
		int r;

		err = emit_first(rings, ring, emit, ctx);
		if (err)
			break;
		r = peek(rings, ring);
		if (r < 0)
			break;
		if (!r)
			rings->heap[0] = rings->heap[--rings->nheap];
		if (rings->nheap)
			sift_down(rings, 0);
	}
	for (uint32_t i = 0; i < rings->n; i++)
		release(&rings->rings[i]);
	return err;
}

uint64_t hc_rings_pending(const struct hc_rings *rings, uint32_t *ret_fill_pct)
{
	uint64_t sum = 0, max = 0;

	for (uint32_t i = 0; i < rings->n; i++) {
		const struct ring *r = &rings->rings[i];
		uint64_t n = __atomic_load_n(r->producer_pos, __ATOMIC_ACQUIRE) - r->pos;

		sum += n;
		max = n > max ? n : max;
	}
	if (ret_fill_pct)
		*ret_fill_pct = (uint32_t)(max * 100 / rings->size);
	return sum;
}

void hc_rings_stats(const struct hc_rings *rings, struct hc_rings_stats *ret)
{
	*ret = rings->stats;
}

void hc_rings_reset_fill(struct hc_rings *rings)
{
	rings->stats.fill_max_pct = 0;
}
