/* SPDX-License-Identifier: Apache-2.0
 *
 * Events and sections as current blocks (scap-format.md 9.1, 17.1). Invariant: every section that was begun holds at
 * least one event when the next one begins or the file is closed; a file without one could not be opened by others.
 */
#include "formats/writer.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "formats/block.h"
#include "formats/frames.h"
#include "formats/writer-lists.h"

struct hc_writer {
	struct hc_frames *frames;
	struct hc_writer_stats stats;
	uint64_t last_ts_ns; /* of the latest event */
	bool begun;          /* a section was begun ... */
	bool has_event;      /* ... and has an event */
	bool has_machine;    /* a section said on what machine */
};

int hc_writer_open(struct hc_writer **ret, int fd, const char *name, const struct hc_writer_options *options,
		   struct hc_diag *reterr_diag)
{
	static const struct hc_writer_options defaults = { 0 };
	struct hc_writer *w = hc_calloc(1, sizeof *w);
	int r = hc_frames_new(&w->frames, fd, name, options ? options : &defaults, reterr_diag);

	if (r < 0) {
		free(w);
		return r;
	}
	*ret = w;
	return 0;
}

void hc_writer_go_background(struct hc_writer *w)
{
	hc_frames_go_background(w->frames);
}

/* Where an event block's wire part goes: header and cpu (and flags) are written, padding and trailer too. NULL: the
 * output failed. */
static uint8_t *event_block(struct hc_writer *w, uint16_t type, uint16_t cpu, uint32_t flags, uint32_t size)
{
	bool large = hc_event_type_is_large(type);
	uint32_t block = large ? (flags ? HC_BLOCK_EVF_V2_LARGE : HC_BLOCK_EV_V2_LARGE) :
				 (flags ? HC_BLOCK_EVF_V2 : HC_BLOCK_EV_V2);
	uint32_t before = 8 + 2 + (flags ? 4 : 0);
	uint32_t total = ((before + size + 3) & ~3U) + 4;
	uint8_t *p = hc_frames_room(w->frames, total);

	if (!p)
		return NULL;
	memcpy(p, &block, 4);
	memcpy(p + 4, &total, 4);
	memcpy(p + 8, &cpu, 2);
	if (flags)
		memcpy(p + 10, &flags, 4);
	memset(p + total - 8, 0, 4); /* padding, where there is some; the wire part goes over the rest */
	memcpy(p + total - 4, &total, 4);
	w->stats.events++;
	w->has_event = true;
	return p + before;
}

/* Longest wire part: LARGE blocks hold 4 GiB less headers, others 64 KiB (scap-format.md 2.7). */
static bool fits(uint16_t type, uint32_t flags, uint64_t size)
{
	if (hc_event_type_is_large(type))
		return size <= HC_WRITER_LARGE_MAX;
	return ((8 + 2 + (flags ? 4 : 0) + size + 3) & ~3ULL) + 4 <= HC_EVENT_BLOCK_MAX;
}

static int refuse(struct hc_diag *diag, uint16_t type, uint64_t size)
{
	return hc_diag_set(diag, HC_WRITE_REFUSED, "event %s of %llu bytes is longer than the format allows",
			   hc_event_table[type].id, (unsigned long long)size);
}

int hc_writer_event(struct hc_writer *w, const struct hc_event *ev, struct hc_diag *reterr_diag)
{
	uint32_t width = hc_event_type_is_large(ev->type) ? 4 : 2, len;
	uint64_t lens = (uint64_t)ev->nparams * width, data = 0, tid = (uint64_t)ev->tid;
	uint8_t *p;

	for (uint32_t i = 0; i < ev->nparams; i++)
		data += width == 4 ? hc_le32(ev->lens + 4 * i) : hc_le16(ev->lens + 2 * i);
	if (!fits(ev->type, ev->flags, HC_EVENT_HEADER + lens + data))
		return refuse(reterr_diag, ev->type, HC_EVENT_HEADER + lens + data);
	len = (uint32_t)(HC_EVENT_HEADER + lens + data);
	p = event_block(w, ev->type, ev->cpu, ev->flags, len);
	if (!p)
		return hc_frames_error(w->frames, reterr_diag);
	memcpy(p, &ev->ts_ns, 8);
	memcpy(p + 8, &tid, 8);
	memcpy(p + 16, &len, 4);
	memcpy(p + 20, &ev->type, 2);
	memcpy(p + 22, &ev->nparams, 4);
	if (lens)
		memcpy(p + 26, ev->lens, lens);
	if (data)
		memcpy(p + 26 + lens, ev->data, data);
	w->last_ts_ns = ev->ts_ns;
	return 0;
}

int hc_writer_wire_event(struct hc_writer *w, uint16_t cpu, uint32_t flags, const void *wire, uint32_t size,
			 struct hc_diag *reterr_diag)
{
	uint16_t type;
	uint8_t *p;

	if (size < HC_EVENT_HEADER || hc_le32((const uint8_t *)wire + 16) != size)
		return hc_diag_set(reterr_diag, HC_WRITE_REFUSED, "event of %u bytes whose own length disagrees", size);
	type = hc_le16((const uint8_t *)wire + 20);
	if (type >= HC_EVENT_COUNT)
		return hc_diag_set(reterr_diag, HC_WRITE_REFUSED, "event of unknown type %u", type);
	if (!fits(type, flags, size))
		return refuse(reterr_diag, type, size);
	p = event_block(w, type, cpu, flags, size);
	if (!p)
		return hc_frames_error(w->frames, reterr_diag);
	memcpy(p, wire, size);
	if (!(flags & HC_EVENT_STATE_ONLY))
		hc_frames_count(w->frames);
	w->last_ts_ns = hc_le64(wire);
	return 0;
}

/* A section must not stay without events (scap-format.md 2.4): one that says nothing and that every reader knows. */
static int complete_section(struct hc_writer *w, struct hc_diag *reterr_diag)
{
	static const uint8_t lens[] = { 4, 0, 8, 0 }, data[12];
	struct hc_event ev = { .type = PPME_SCAPEVENT_E, .tid = -1, .ts_ns = w->last_ts_ns, .nparams = 2, .lens = lens,
			       .data = data };

	return w->begun && !w->has_event ? hc_writer_event(w, &ev, reterr_diag) : 0;
}

static int put_block(void *ctx, const void *block, size_t len)
{
	struct hc_writer *w = ctx;
	uint8_t *p = hc_frames_room(w->frames, len);

	if (!p)
		return hc_frames_error(w->frames, NULL);
	memcpy(p, block, len);
	return 0;
}

int hc_writer_section(struct hc_writer *w, const struct hc_section *section, struct hc_diag *reterr_diag)
{
	struct hc_section said = *section;
	int r = complete_section(w, reterr_diag);

	if (r)
		return r;
	w->begun = true;
	w->has_event = false;
	/* What is not said of the machine is what an earlier section said (scap-format.md 2.4): another one's. */
	if (w->has_machine && !section->has_machine) {
		said.has_machine = true;
		said.machine = (struct hc_machine){ .ncpus = UINT32_MAX };
	}
	w->has_machine = said.has_machine;
	r = hc_lists_write(&said, put_block, w);
	return r ? hc_frames_error(w->frames, reterr_diag) : 0;
}

int hc_writer_flush(struct hc_writer *w, struct hc_diag *reterr_diag)
{
	return hc_frames_flush(w->frames, reterr_diag);
}

int hc_writer_close(struct hc_writer *w, struct hc_diag *reterr_diag)
{
	int r;

	if (!w)
		return 0;
	complete_section(w, NULL);
	r = hc_frames_close(w->frames, reterr_diag);
	free(w);
	return r;
}

void hc_writer_stats(const struct hc_writer *w, struct hc_writer_stats *ret)
{
	struct hc_frames_stats frames;

	hc_frames_stats(w->frames, &frames);
	*ret = w->stats;
	ret->bytes_plain = frames.plain;
	ret->bytes_out = frames.out;
	ret->frames = frames.frames;
	ret->recorded_out = frames.counted;
}
