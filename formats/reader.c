/* SPDX-License-Identifier: Apache-2.0
 *
 * The block layer: plain bytes -> blocks -> lists and events (scap-format.md 2, 9), and the way on after damage.
 *
 * Invariant: a block is looked at only when all of it lies among the unread bytes (plain.h). Everything that is delivered
 * has had its lengths checked; what parameters hold is nobody's promise.
 */
#include "formats/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "formats/members.h"
#include "formats/block.h"
#include "formats/convert.h"
#include "formats/event-block.h"
#include "formats/filter.h"
#include "formats/lists.h"
#include "formats/plain.h"
#include "formats/source.h"

enum {
	/* Lost ranges of a metadata phase that are kept for reporting one by one. */
	QUEUE_MAX = 64,
	/* How far behind the beginning of something that is no capture one may begin. */
	SALVAGE_MAX = 1 << 20,
};

struct outcome {
	struct outcome *next;
	struct hc_diag diag;
};

struct hc_reader {
	struct hc_plain in;
	char *name;
	struct hc_section section;
	struct hc_event ev;
	struct hc_convert *convert; /* NULL: events are delivered as stored */
	struct hc_reader_stats stats;

	struct outcome *queue, **queue_tail; /* SKIPPED reports of a metadata phase, delivered before anything else */
	unsigned queued;
	int held; /* outcome that ended the metadata phase, delivered after the queue; NOTHING_HELD if none */
	struct hc_diag held_diag;
	size_t lists_max;
	uint64_t found_off;  /* where blocks began again after damage; 0: there was none */
	bool foreign_blocks; /* blocks of types no capture has were met before the first event: pcapng? */
};

enum { NOTHING_HELD = -100000 };

static uint64_t block_bit(uint32_t type)
{
	return 1ULL << (type & 63);
}

/* ---- damage ---- */

static int lost(struct hc_reader *r, uint64_t from, uint64_t to, const char *cause, struct hc_diag *diag)
{
	char on[64] = "nothing follows";

	if (r->in.p != r->in.end || r->in.last != HC_PIECE_EOF)
		snprintf(on, sizeof on, "reading goes on at byte %" PRIu64, to);
	r->stats.skipped_ranges++;
	r->stats.skipped_bytes += to - from;
	if (to == from) /* how much is missing, if anything, is not known */
		return hc_diag_set_off(diag, HC_READ_SKIPPED, r->name, (int64_t)from, "damage (%s); %s", cause, on);
	return hc_diag_set_off(diag, HC_READ_SKIPPED, r->name, (int64_t)from, "%" PRIu64 " bytes lost (%s); %s", to - from,
			       cause, on);
}

/* Why stored bytes could not be used, and which. */
static void gap_cause(const struct hc_gap *gap, char *buf, size_t size)
{
	if (gap->in_len)
		snprintf(buf, size, "stored bytes %" PRIu64 " to %" PRIu64 ": %s", gap->in_off, gap->in_off + gap->in_len,
			 gap->cause);
	else
		snprintf(buf, size, "stored byte %" PRIu64 ": %s", gap->in_off, gap->cause);
}

/* The block at r->in.p makes no sense: reports what is lost and goes on behind it. */
static int skip_damage(struct hc_reader *r, const char *cause, struct hc_diag *diag)
{
	uint64_t from = hc_plain_off(&r->in, r->in.p);
	char causes[400], stored[280] = "";
	struct hc_gap gap;

	hc_plain_resync(&r->in, UINT64_MAX, &gap);
	if (gap.cause[0])
		gap_cause(&gap, stored, sizeof stored);
	snprintf(causes, sizeof causes, "%s%s%s", cause, *stored ? ", then " : "", stored);
	r->found_off = hc_plain_off(&r->in, r->in.p);
	return lost(r, from, r->found_off, causes, diag);
}

/* The block at r->in.p cannot be used. If its own length leads to another block just it is lost, else see skip_damage. */
static int skip_block(struct hc_reader *r, uint32_t total, const char *cause, struct hc_diag *diag)
{
	uint64_t from = hc_plain_off(&r->in, r->in.p);

	if (total < HC_BLOCK_OVERHEAD || total > HC_BLOCK_PLAUSIBLE_MAX || hc_plain_need(&r->in, total) ||
	    hc_le32(r->in.p + total - 4) != total)
		return skip_damage(r, cause, diag);
	if (hc_plain_need(&r->in, total + 8) == 0 && !hc_block_header_follows(r->in.p + total, 8))
		return skip_damage(r, cause, diag);
	r->in.p += total;
	return lost(r, from, from + total, cause, diag);
}

/* The stored bytes had a gap: what is unread belongs to a block whose rest is gone. */
static int skip_gap(struct hc_reader *r, struct hc_diag *diag)
{
	uint64_t from = hc_plain_off(&r->in, r->in.p);
	const struct hc_gap gap = r->in.gap; /* looking further replaces it */
	struct hc_gap next;
	char cause[280];

	if (!hc_plain_cross_gap(&r->in) && r->in.last == HC_PIECE_DATA)
		hc_plain_resync(&r->in, UINT64_MAX, &next);
	gap_cause(&gap, cause, sizeof cause);
	r->found_off = hc_plain_off(&r->in, r->in.p);
	return lost(r, from, r->found_off, cause, diag);
}

/* The input ended inside a block. If its length was wrong there may be sound blocks behind its beginning. */
static int end_inside(struct hc_reader *r, struct hc_diag *diag)
{
	uint64_t from = hc_plain_off(&r->in, r->in.p);
	size_t left = (size_t)(r->in.end - r->in.p);
	struct hc_gap gap;

	if (r->in.last == HC_PIECE_ERROR)
		return hc_diag_set_off(diag, r->in.gap.err, r->name, -1, "%s", r->in.gap.cause);
	if (left >= 8 && hc_plain_resync(&r->in, UINT64_MAX, &gap))
		return lost(r, from, hc_plain_off(&r->in, r->in.p), "a block longer than the input", diag);
	if (r->in.last == HC_PIECE_CUT)
		return hc_diag_set_off(diag, HC_READ_TRUNCATED, r->name, (int64_t)from,
				       "the capture is cut short: %s; everything before was read", r->in.gap.cause);
	return hc_diag_set_off(diag, HC_READ_TRUNCATED, r->name, (int64_t)from,
			       "the capture is cut short inside a block (%zu bytes of it are there); everything before "
			       "was read", left);
}

/* hc_plain_need() did not get its bytes: the outcome. */
static int no_bytes(struct hc_reader *r, int fetched, struct hc_diag *diag)
{
	if (fetched == HC_PLAIN_GAP)
		return skip_gap(r, diag);
	if (r->in.p == r->in.end && r->in.last == HC_PIECE_EOF)
		return HC_READ_EOF;
	return end_inside(r, diag);
}

/* ---- blocks ---- */

/* The next block, whole at r->in.p; not consumed. 0 or an outcome. */
static int next_block(struct hc_reader *r, uint32_t *ret_type, uint32_t *ret_total, struct hc_diag *diag)
{
	const char *bad;
	int x = hc_plain_need(&r->in, 8);

	if (x)
		return no_bytes(r, x, diag);
	*ret_type = hc_block_canonical(hc_le32(r->in.p));
	*ret_total = hc_le32(r->in.p + 4);
	bad = hc_block_check(*ret_type, *ret_total);
	if (bad && hc_filter_is_compressed(r->in.p))
		bad = "compressed data behind plain blocks: join captures of one kind only, or with 'hindcast merge'";
	if (bad)
		return skip_block(r, *ret_total, bad, diag);
	x = hc_plain_need(&r->in, *ret_total);
	return x ? no_bytes(r, x, diag) : 0;
}

/* A section header, whole at r->in.p. 0 or HC_READ_UNSUPPORTED. */
static int check_shb(struct hc_reader *r, struct hc_diag *diag)
{
	int64_t off = (int64_t)hc_plain_off(&r->in, r->in.p);
	uint32_t magic = hc_le32(r->in.p + 8);
	uint16_t major = hc_le16(r->in.p + 12);

	if (magic == __builtin_bswap32(HC_SHB_MAGIC))
		return hc_diag_set_off(diag, HC_READ_UNSUPPORTED, r->name, off,
				       "written on a big-endian machine; no reader on a little-endian one takes that");
	if (magic != HC_SHB_MAGIC)
		return hc_diag_set_off(diag, HC_READ_UNSUPPORTED, r->name, off,
				       "section header with byte order magic 0x%08x instead of 0x1a2b3c4d", magic);
	if (major > 1)
		return hc_diag_set_off(diag, HC_READ_UNSUPPORTED, r->name, off,
				       "capture format version %u.%u; this reader knows 1.x: use a newer hindcast", major,
				       hc_le16(r->in.p + 14));
	r->section.format_major = major;
	r->section.format_minor = hc_le16(r->in.p + 14);
	return 0;
}

static int event_outcome(struct hc_reader *r, uint32_t type, uint32_t total, bool *ret_again, struct hc_diag *diag);

/* Interface lists that libscap recorded again from a V1 list state a length too small by 4 bytes per entry
 * (scap-format.md 7 "Known defect"). Walks the entries at r->in.p to where padding and a trailer with the stated length
 * follow: *ret_total is the real length, all of which then lies in [p, end), or 0 if this is something else. Returns what
 * hc_plain_need() gave when the bytes ran out. */
static int mend_interface_list(struct hc_reader *r, uint32_t total, uint32_t *ret_total)
{
	uint32_t at = 8;
	int x;

	*ret_total = 0;
	for (uint32_t n = 1; n <= total / 16; n++) {
		uint32_t len, padded;
		uint16_t type, name_len;

		x = hc_plain_need(&r->in, at + 8);
		if (x)
			return x;
		len = hc_le32(r->in.p + at);
		type = hc_le16(r->in.p + at + 4);
		name_len = hc_le16(r->in.p + at + 6);
		if (type < 1 || type > 4 || len != (type & 1 ? 24U : 60U) + name_len)
			return 0;
		at += 4 + len;
		padded = ((at + 3) & ~3U) + 4;
		if (padded - 4 * n == total) {
			x = hc_plain_need(&r->in, padded);
			if (!x && hc_le32(r->in.p + padded - 4) == total)
				*ret_total = padded;
			return x;
		}
	}
	return 0;
}

/* Memory the lists take. */
static size_t lists_size(const struct hc_section *s)
{
	return s->arena.used + (size_t)s->nthreads * sizeof *s->threads + (size_t)s->nfds * sizeof *s->fds +
	       (size_t)s->ninterfaces * sizeof *s->interfaces + (size_t)s->nusers * sizeof *s->users +
	       (size_t)s->ngroups * sizeof *s->groups;
}

/* A metadata block, whole at r->in.p; consumes it. 0 or HC_READ_SKIPPED. */
static int metadata_block(struct hc_reader *r, uint32_t type, uint32_t total, struct hc_diag *diag)
{
	uint64_t off = hc_plain_off(&r->in, r->in.p);
	struct hc_lists_loss loss;
	bool trailer_ok = true;
	int x;

	if (hc_le32(r->in.p + total - 4) != total) {
		uint32_t real = 0;

		x = type == HC_BLOCK_IL_V2 ? mend_interface_list(r, total, &real) : 0;
		if (x)
			return no_bytes(r, x, diag);
		if (real) {
			total = real;
		} else {
			/* Which of the two is wrong? The first one, if it leads nowhere. */
			if (hc_plain_need(&r->in, total + 8) || !hc_block_header_follows(r->in.p + total, 8))
				return skip_damage(r, "a block's two lengths differ", diag);
			trailer_ok = false;
		}
	}
	if (hc_block_is_known(type))
		r->stats.block_types |= block_bit(type);
	else
		r->foreign_blocks = true;
	if (lists_size(&r->section) + total > r->lists_max) {
		r->in.p += total;
		return lost(r, off, off + total, "the section's lists are too big", diag);
	}
	hc_lists_parse(&r->section, type, r->in.p + 8, total - HC_BLOCK_OVERHEAD, &loss);
	r->in.p += total;
	if (loss.cause[0]) {
		r->stats.skipped_ranges++;
		r->stats.skipped_bytes += loss.len;
		return hc_diag_set_off(diag, HC_READ_SKIPPED, r->name, (int64_t)(off + 8 + loss.at),
				       "%s; %zu bytes of the list are left out", loss.cause, loss.len);
	}
	if (!trailer_ok) {
		r->stats.skipped_ranges++;
		return hc_diag_set_off(diag, HC_READ_SKIPPED, r->name, (int64_t)(off + total - 4),
				       "a block's second length differs from its first, which leads to the next block; it is "
				       "used");
	}
	return 0;
}

static void enqueue(struct hc_reader *r, const struct hc_diag *diag)
{
	struct outcome *o;

	if (r->queued++ >= QUEUE_MAX)
		return; /* counted in the statistics all the same */
	o = hc_calloc(1, sizeof *o);
	o->diag = *diag;
	*r->queue_tail = o;
	r->queue_tail = &o->next;
}

/* Everything from behind a section header to the first event, which is then held (or what came instead). */
static void load_metadata(struct hc_reader *r)
{
	struct hc_diag diag;
	uint32_t type, total;
	bool events = false; /* any were met, of whatever kind */

	for (;;) {
		bool again = false;
		int x = next_block(r, &type, &total, &diag);

		if (!x && type == HC_BLOCK_SHB) {
			/* Two section headers in a row: the first section was empty. */
			x = check_shb(r, &diag);
			if (!x)
				r->in.p += total;
		} else if (!x && hc_block_is_event(type)) {
			events = true;
			x = event_outcome(r, type, total, &again, &diag);
			if (!x && !again) {
				r->held = HC_READ_EVENT;
				return;
			}
		} else if (!x) {
			x = metadata_block(r, type, total, &diag);
		}
		/* Other readers refuse such a capture (scap-format.md 2.4). */
		if (x == HC_READ_EOF && !events)
			x = hc_diag_set_off(&diag, HC_READ_TRUNCATED, r->name, (int64_t)hc_plain_off(&r->in, r->in.p),
					    "the capture ends before its first event: it is cut short, or nothing was recorded");
		if (x == HC_READ_SKIPPED) {
			enqueue(r, &diag);
		} else if (x) {
			r->held = x;
			r->held_diag = diag;
			return;
		}
	}
}

/* ---- the reader ---- */

/* Makes r->ev an event of the current schema. 0: there it is, or with *ret_again there is nothing to deliver. */
static int convert(struct hc_reader *r, bool *ret_again, struct hc_diag *diag)
{
	uint16_t type = r->ev.type;
	uint32_t nparams = r->ev.nparams;
	const char *bad = NULL;

	switch (hc_convert_event(r->convert, &r->ev, &bad)) {
	case HC_CONVERT_PASS:
		return 0;
	case HC_CONVERT_STORED:
		r->stats.stored_enters++;
		r->stats.filtered++;
		r->stats.section_filtered++;
		*ret_again = true;
		return 0;
	case HC_CONVERT_DROPPED:
		r->stats.filtered++;
		r->stats.section_filtered++;
		*ret_again = true;
		return 0;
	default:
		r->stats.skipped_ranges++;
		return hc_diag_set_off(diag, HC_READ_SKIPPED, r->name, (int64_t)r->ev.off,
				       "event %s with %u parameters skipped: %s", hc_event_table[type].id, nparams, bad);
	}
}

static inline int current(struct hc_reader *r, bool *ret_again, struct hc_diag *diag)
{
	return HC_LIKELY(!r->convert || hc_convert_passes(&r->ev)) ? 0 : convert(r, ret_again, diag);
}

/* An event block, whole at r->in.p; consumes it. 0: r->ev is an event to deliver, or with *ret_again there is none. */
static int event_outcome(struct hc_reader *r, uint32_t type, uint32_t total, bool *ret_again, struct hc_diag *diag)
{
	const char *bad = NULL;
	bool trailer_ok = hc_le32(r->in.p + total - 4) == total;
	enum hc_event_parsed parsed;

	/* Trailers of events are not compared by libscap; a wrong one only counts if what follows makes no sense, or if the
	 * block's first length is the wrong one. Looking there may move the block, so it is parsed afterwards. */
	if (!trailer_ok)
		trailer_ok = !hc_event_ends_before(r->in.p, type, total) &&
			     (hc_plain_need(&r->in, total + 8) || hc_block_header_follows(r->in.p + total, 8));
	r->ev.off = hc_plain_off(&r->in, r->in.p);
	r->stats.block_types |= block_bit(type);
	parsed = hc_event_parse(&r->ev, r->in.p, type, total, &bad);
	if (!trailer_ok)
		return skip_damage(r, bad ? bad : "an event block's two lengths differ", diag);
	r->in.p += total;
	if (parsed == HC_EVENT_PARSED_BAD) {
		uint64_t to = hc_plain_off(&r->in, r->in.p);

		return lost(r, to - total, to, bad, diag);
	}
	if (parsed == HC_EVENT_PARSED_UNKNOWN_TYPE) {
		r->stats.newer++;
		*ret_again = true;
		return 0;
	}
	return current(r, ret_again, diag);
}

/* Delivers r->ev. */
static inline int deliver(struct hc_reader *r, struct hc_event **ret_event)
{
	r->ev.num = ++r->stats.events;
	*ret_event = &r->ev;
	return HC_READ_EVENT;
}

/* All but the machine starts anew (scap-format.md 2.4). */
static int begin_section(struct hc_reader *r)
{
	struct hc_section old = r->section;

	hc_section_done(&r->section);
	hc_section_init(&r->section);
	r->section.machine = old.machine;
	r->section.has_machine = old.has_machine;
	r->section.format_major = old.format_major;
	r->section.format_minor = old.format_minor;
	if (r->convert)
		hc_convert_reset(r->convert);
	r->stats.sections++;
	r->stats.section_filtered = 0;
	load_metadata(r);
	return HC_READ_SECTION;
}

/* Everything that is not an event block lying whole in front of us. 0: r->ev holds an event. */
static int next_slow(struct hc_reader *r, bool *ret_again, struct hc_diag *diag)
{
	uint32_t type, total;
	int x = next_block(r, &type, &total, diag);
	char cause[80];

	if (x)
		return x;
	if (hc_block_is_event(type))
		return event_outcome(r, type, total, ret_again, diag);
	if (type == HC_BLOCK_SHB) {
		x = check_shb(r, diag);
		if (x)
			return x;
		r->in.p += total;
		return begin_section(r);
	}
	/* Lists behind damage: the header of their section is among what was lost. */
	if (hc_block_is_known(type) && r->found_off && hc_plain_off(&r->in, r->in.p) == r->found_off)
		return begin_section(r);
	snprintf(cause, sizeof cause, "a block of type 0x%x between events", type);
	return skip_block(r, total, cause, diag);
}

/* Reports first, then what ended the metadata phase. NOTHING_HELD: go on reading. */
static int next_held(struct hc_reader *r, struct hc_event **ret_event, struct hc_diag *diag)
{
	struct outcome *o = r->queue;
	int x = r->held;

	if (o) {
		if (diag)
			*diag = o->diag;
		r->queue = o->next;
		if (!r->queue)
			r->queue_tail = &r->queue;
		free(o);
		return HC_READ_SKIPPED;
	}
	if (x == NOTHING_HELD)
		return x;
	if (x == HC_READ_EVENT) {
		r->held = NOTHING_HELD;
		return deliver(r, ret_event);
	}
	/* Final outcomes stay. */
	if (diag && x != HC_READ_EOF)
		*diag = r->held_diag;
	return x;
}

int hc_reader_next(struct hc_reader *r, struct hc_event **ret_event, struct hc_diag *reterr_diag)
{
	int x;

	if (HC_UNLIKELY(r->queue || r->held != NOTHING_HELD)) {
		x = next_held(r, ret_event, reterr_diag);
		if (x != NOTHING_HELD)
			return x;
	}
	for (;;) {
		size_t left = (size_t)(r->in.end - r->in.p);
		const char *bad;
		bool again = false;

		if (HC_LIKELY(left >= 8)) {
			uint32_t type = hc_le32(r->in.p), total = hc_le32(r->in.p + 4);

			/* The common case, in one piece; everything else, and everything odd, goes the slow way. */
			if (HC_LIKELY((type == HC_BLOCK_EV_V2 || type == HC_BLOCK_EVF_V2) && total <= left &&
				   total <= HC_EVENT_BLOCK_MAX && total >= HC_BLOCK_OVERHEAD + 2 + HC_EVENT_HEADER &&
				   hc_le32(r->in.p + total - 4) == total &&
				   hc_event_parse(&r->ev, r->in.p, type, total, &bad) == HC_EVENT_PARSED_EVENT)) {
				r->ev.off = hc_plain_off(&r->in, r->in.p);
				r->stats.block_types |= block_bit(type);
				r->in.p += total;
				x = current(r, &again, reterr_diag);
				if (HC_LIKELY(!x && !again))
					return deliver(r, ret_event);
				if (x)
					return x;
				continue;
			}
		}
		x = next_slow(r, &again, reterr_diag);
		if (x == 0 && !again)
			return deliver(r, ret_event);
		if (x == 0)
			continue;
		if (x != HC_READ_SKIPPED && x != HC_READ_SECTION) {
			r->held = x; /* for those who ask again */
			if (reterr_diag)
				r->held_diag = *reterr_diag;
		}
		return x;
	}
}

#define UNKNOWN_DATA "unknown data"
enum { LOOKED_AT = 256 };

/* What a file is that is not a capture, by its first bytes: LOOKED_AT, or all. */
static const char *looks_like(const uint8_t *p, size_t len)
{
	static const struct {
		const char *magic;
		size_t len;
		const char *what;
	} kinds[] = {
		{ "\xd4\xc3\xb2\xa1", 4, "a pcap network capture" }, { "\x4d\x3c\xb2\xa1", 4, "a pcap network capture" },
		{ "\x7f" "ELF", 4, "a program" },		     { "\xfd" "7zXZ", 5, "xz data" },
		{ "BZh", 3, "bzip2 data" },			     { "\x04\x22\x4d\x18", 4, "lz4 data" },
		{ "PK\x03\x04", 4, "a zip archive" },		     { "\x1f\x8b", 2, "gzip data inside other compressed data" },
		{ "\x28\xb5\x2f\xfd", 4, "zstd data inside other compressed data" },
	};
	size_t text = 0;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (len >= kinds[i].len && !memcmp(p, kinds[i].magic, kinds[i].len))
			return kinds[i].what;
	}
	while (text < len && text < LOOKED_AT && ((p[text] >= ' ' && p[text] < 0x7f) || (p[text] && strchr("\t\r\n", p[text]))))
		text++;
	return text && (text == len || text == LOOKED_AT) ? "text" : UNKNOWN_DATA;
}

/* There is no section header where there should be one. If blocks are found all the same, that is damage like any other:
 * true, and it is reported with what follows. */
static bool salvage(struct hc_reader *r, const char *cause)
{
	uint64_t from = hc_plain_off(&r->in, r->in.p);
	struct hc_gap gap = r->in.gap, next;
	struct hc_diag diag;
	char stored[280];
	enum hc_plausible here;
	size_t want = 8;

	do
		here = hc_block_plausible(r->in.p, (size_t)(r->in.end - r->in.p), &want);
	while (here == HC_PLAUSIBLE_UNKNOWN && !hc_plain_need(&r->in, want));
	if (here == HC_PLAUSIBLE_YES) {
		/* Just the header is missing. */
	} else if (r->in.last == HC_PIECE_GAP && (size_t)(r->in.end - r->in.p) < HC_SHB_LEN) {
		gap_cause(&gap, stored, sizeof stored);
		cause = stored;
		if (!hc_plain_cross_gap(&r->in) &&
		    (r->in.last != HC_PIECE_DATA || !hc_plain_resync(&r->in, SALVAGE_MAX, &next)))
			return false;
	} else if (!hc_plain_resync(&r->in, SALVAGE_MAX, &next)) {
		return false;
	}
	lost(r, from, hc_plain_off(&r->in, r->in.p), cause, &diag);
	enqueue(r, &diag);
	return true;
}

/* The section header that begins at r->in.p, its fixed part there; consumes it. */
static int take_first_header(struct hc_reader *r, struct hc_diag *diag)
{
	uint32_t total = hc_le32(r->in.p + 4);
	int x = check_shb(r, diag);

	if (x)
		return x;
	if (total < HC_SHB_LEN || total > HC_BLOCK_MAX)
		return hc_diag_set_off(diag, HC_READ_UNSUPPORTED, r->name, 0,
				       "section header of %u bytes; expected %u, or a few more", total, HC_SHB_LEN);
	if (hc_plain_need(&r->in, total))
		return hc_diag_set_off(diag, HC_READ_TRUNCATED, r->name, 0, "ends inside the section header (%zu bytes of %u)",
				       (size_t)(r->in.end - r->in.p), total);
	r->in.p += total;
	return 0;
}

static int read_first_header(struct hc_reader *r, struct hc_diag *diag)
{
	int x = hc_plain_need(&r->in, HC_SHB_LEN);
	size_t left = (size_t)(r->in.end - r->in.p);
	const struct hc_gap gap = r->in.gap;
	const char *what;

	if (x && r->in.last == HC_PIECE_ERROR)
		return hc_diag_set_off(diag, gap.err, r->name, -1, "%s", gap.cause);
	if (x && !left && r->in.last == HC_PIECE_EOF)
		return hc_diag_set_off(diag, HC_READ_TRUNCATED, r->name, -1, "is empty; expected a capture");
	if (x == HC_PLAIN_GAP && salvage(r, NULL))
		return 0;
	if (x && (!left || x == HC_PLAIN_GAP))
		return hc_diag_set_off(diag, HC_READ_TRUNCATED, r->name, -1, "no capture in it: %s", gap.cause);
	if (!memcmp(r->in.p, "\x0a\x0d\x0d\x0a", left < 4 ? left : 4))
		return !x ? take_first_header(r, diag) :
			    hc_diag_set_off(diag, HC_READ_TRUNCATED, r->name, 0, "ends inside the section header (%zu bytes)",
					    left);
	hc_plain_need(&r->in, LOOKED_AT);
	what = looks_like(r->in.p, (size_t)(r->in.end - r->in.p));
	if (!strcmp(what, UNKNOWN_DATA) && salvage(r, "no section header at the beginning"))
		return 0;
	return hc_diag_set_off(diag, HC_READ_UNSUPPORTED, r->name, -1,
			       "not a capture but %s; expected a scap file (plain, gzip or zstd), which begins with 0A 0D "
			       "0D 0A", what);
}

int hc_reader_open_source(struct hc_reader **ret, struct hc_source *source, const char *name,
			  const struct hc_reader_options *options, struct hc_diag *reterr_diag)
{
	static const struct hc_reader_options defaults = { 0 };
	HC_CLEANUP(hc_reader_close) struct hc_reader *r = hc_calloc(1, sizeof *r);
	struct hc_diag ignored;
	int x;

	if (!options)
		options = &defaults;
	if (!reterr_diag)
		reterr_diag = &ignored;
	if (!strcmp(name, "-"))
		name = "standard input";
	r->name = hc_strdup(name);
	r->held = NOTHING_HELD;
	r->queue_tail = &r->queue;
	r->stats.input_size = source->size;
	hc_section_init(&r->section);
	r->lists_max = options->lists_max ? options->lists_max : HC_READER_LISTS_MAX;
	if (!options->raw)
		r->convert = hc_convert_new();
	if (hc_archive_detect(source)) {
		x = hc_archive_open(&source, source, name, reterr_diag);
		if (x)
			return x;
	}
	/* Enough to tell what it is, before the filter is chosen. */
	x = hc_source_want(source, 4);
	if (x < 0 && x != -EBADMSG) {
		hc_source_close(source);
		return hc_diag_set_off(reterr_diag, x, name, -1, "reading failed: %s", strerror(-x));
	}
	hc_plain_init(&r->in, source, options->decompress_ahead);
	r->stats.compression = hc_stream_compression(r->in.stream);
	x = read_first_header(r, reterr_diag);
	if (x)
		return x;
	r->stats.sections = 1;
	load_metadata(r);
	if (r->held == HC_READ_TRUNCATED && r->in.end == r->in.p && r->foreign_blocks && !r->section.nthreads)
		return hc_diag_set_off(reterr_diag, HC_READ_UNSUPPORTED, name, -1,
				       "a pcapng file without system events: probably a network capture; expected a scap "
				       "capture");
	*ret = TAKE(r);
	return 0;
}

int hc_reader_open(struct hc_reader **ret, const char *path, const struct hc_reader_options *options,
		   struct hc_diag *reterr_diag)
{
	struct hc_source *source;
	int r = hc_source_open(&source, path, options && options->follow, reterr_diag);

	if (r < 0)
		return r;
	return hc_reader_open_source(ret, source, path, options, reterr_diag);
}

int hc_reader_open_memory(struct hc_reader **ret, const void *p, size_t len, const char *name,
			  const struct hc_reader_options *options, struct hc_diag *reterr_diag)
{
	return hc_reader_open_source(ret, hc_source_new_memory(p, len), name, options, reterr_diag);
}

struct hc_reader *hc_reader_close(struct hc_reader *r)
{
	if (!r)
		return NULL;
	hc_plain_done(&r->in);
	while (r->queue) {
		struct outcome *o = r->queue;

		r->queue = o->next;
		free(o);
	}
	hc_section_done(&r->section);
	hc_convert_free(r->convert);
	free(r->name);
	free(r);
	return NULL;
}

const struct hc_section *hc_reader_section(const struct hc_reader *r)
{
	return &r->section;
}

void hc_reader_stats(const struct hc_reader *r, struct hc_reader_stats *ret)
{
	*ret = r->stats;
	ret->bytes_in = r->in.stored;
	ret->bytes_plain = hc_plain_off(&r->in, r->in.p);
	ret->forgotten_enters = r->convert ? hc_convert_forgotten(r->convert) : 0;
}
