/* SPDX-License-Identifier: Apache-2.0
 *
 * The hostile reader: every golden capture whole, byte by byte, in odd pieces, cut at every offset, and with every bit of
 * its first 4 KiB flipped. Always a documented outcome; run under ASan and UBSan this also shows that nothing is read out
 * of bounds.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "common/hash.h"
#include "common/mem.h"
#include "formats/reader.h"
#include "formats/source.h"
#include "golden.h"

/* What a read gave, as numbers that can be compared. */
struct outcome {
	int first, last; /* of open; of next */
	unsigned events, sections, skipped;
	uint64_t digest; /* of all events and lists */
	uint64_t reports; /* of where and why something was lost or reading ended */
	uint64_t events_digest[16]; /* after so many events: for comparing beginnings */
};

static uint64_t mix(uint64_t h, const void *p, size_t len)
{
	return hc_hash_u64(h * 31 + hc_hash_bytes(p, len));
}

static uint64_t mix_str(uint64_t h, struct hc_str s)
{
	return mix(h, s.p, s.len);
}

static uint64_t digest_section(uint64_t h, const struct hc_section *s)
{
	h = mix(h, s->machine.hostname, strlen(s->machine.hostname));
	for (uint32_t i = 0; i < s->nthreads; i++) {
		const struct hc_thread_info *t = &s->threads[i];

		h = hc_hash_u64(h ^ (uint64_t)t->tid ^ (uint64_t)t->pgid);
		h = mix_str(mix_str(mix_str(mix_str(h, t->args), t->env), t->cgroups), t->root);
		h = mix_str(mix_str(mix_str(mix_str(h, t->comm), t->exe), t->exepath), t->cwd);
	}
	for (uint32_t i = 0; i < s->nfds; i++)
		h = mix_str(hc_hash_u64(h ^ (uint64_t)s->fds[i].fd ^ s->fds[i].dev), s->fds[i].name);
	for (uint32_t i = 0; i < s->ninterfaces; i++)
		h = mix_str(h ^ s->interfaces[i].linkspeed, s->interfaces[i].name);
	for (uint32_t i = 0; i < s->nusers; i++)
		h = mix_str(mix_str(mix_str(h, s->users[i].name), s->users[i].home), s->users[i].shell);
	for (uint32_t i = 0; i < s->ngroups; i++)
		h = mix_str(h ^ s->groups[i].gid, s->groups[i].name);
	return h;
}

static uint64_t digest_event(uint64_t h, struct hc_event *ev)
{
	h = hc_hash_u64(h ^ ev->ts_ns ^ ((uint64_t)ev->type << 48) ^ ev->num);
	for (uint32_t k = 0; k < ev->nparams && k < HC_EVENT_PARAMS_MAX; k++) {
		uint32_t len;
		const uint8_t *p = hc_event_param(ev, k, &len);

		h = mix(h, p, len);
	}
	return h;
}

/* Takes source. */
static void consume(struct hc_source *source, const struct hc_reader_options *options, struct outcome *o)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
	struct hc_diag diag;
	struct hc_event *ev;

	*o = (struct outcome){ 0 };
	o->first = hc_reader_open_source(&r, source, "x", options, &diag);
	if (o->first)
		return;
	o->digest = digest_section(1, hc_reader_section(r));
	while ((o->last = hc_reader_next(r, &ev, &diag)) == HC_READ_EVENT || o->last == HC_READ_SECTION ||
	       o->last == HC_READ_SKIPPED) {
		if (o->last == HC_READ_SECTION) {
			o->sections++;
			o->digest = digest_section(o->digest, hc_reader_section(r));
		} else if (o->last == HC_READ_SKIPPED) {
			o->skipped++;
			cr_assert_geq(diag.off, 0);
			cr_assert(diag.text[0]);
			o->reports = mix(o->reports ^ (uint64_t)diag.off, diag.text, strlen(diag.text));
		} else {
			o->digest = digest_event(o->digest, ev);
			if (o->events < 16)
				o->events_digest[o->events] = digest_event(0, ev);
			o->events++;
		}
		cr_assert_lt(o->events + o->skipped, 100000, "does not end");
	}
	if (o->last != HC_READ_EOF)
		o->reports = mix(o->reports, diag.text, strlen(diag.text));
}

static void check_documented(const struct outcome *o, const char *name, const char *what, size_t at)
{
	cr_assert(o->first == 0 || o->first == HC_READ_TRUNCATED || o->first == HC_READ_UNSUPPORTED, "%s %s %zu: open gave %d",
		  name, what, at, o->first);
	if (!o->first)
		cr_assert(o->last == HC_READ_EOF || o->last == HC_READ_TRUNCATED || o->last == HC_READ_UNSUPPORTED,
			  "%s %s %zu: ended with %d", name, what, at, o->last);
}

/* ---- pieces ---- */

struct pieces {
	const char *p;
	size_t len, at, size;
};

static ssize_t read_piece(struct hc_source *s, void *buf, size_t cap)
{
	struct pieces *f = s->ctx;
	size_t n = f->len - f->at;

	n = n < f->size ? n : f->size;
	n = n < cap ? n : cap;
	memcpy(buf, f->p + f->at, n);
	f->at += n;
	return (ssize_t)n;
}

Test(hostile, pieces_of_any_size_make_no_difference)
{
	static const size_t sizes[] = { 1, 2, 3, 7, 13, 61, 4093 };
	static const struct hc_reader_options ahead = { .decompress_ahead = true };

	for (size_t i = 0; i < golden_n; i++) {
		struct hc_buf b HC_BUF_DONE = { 0 };
		struct outcome whole, o;

		golden_files[i].build(&b);
		consume(hc_source_new_memory(b.p, b.len), NULL, &whole);
		for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
			for (int eager = 0; eager <= 1; eager++) {
				struct pieces f = { b.p, b.len, 0, sizes[k] };
				struct hc_source *s = hc_source_new(read_piece, NULL, &f);

				s->eager = eager;
				consume(s, NULL, &o);
				cr_assert_arr_eq(&o, &whole, sizeof o, "%s in pieces of %zu", golden_files[i].name, sizes[k]);
			}
		}
		consume(hc_source_new_memory(b.p, b.len), &ahead, &o);
		cr_assert_arr_eq(&o, &whole, sizeof o, "%s decompressed ahead", golden_files[i].name);
	}
}

Test(hostile, cut_anywhere_everything_before_is_delivered)
{
	for (size_t i = 0; i < golden_n; i++) {
		struct hc_buf b HC_BUF_DONE = { 0 };
		struct outcome whole, o;
		unsigned events = 0;

		golden_files[i].build(&b);
		consume(hc_source_new_memory(b.p, b.len), NULL, &whole);
		for (size_t len = 0; len < b.len; len++) {
			/* A copy of just that size: reading behind it shows under ASan. */
			HC_FREE char *copy = hc_malloc(len ? len : 1);

			memcpy(copy, b.p, len);
			consume(hc_source_new_memory(copy, len), NULL, &o);
			check_documented(&o, golden_files[i].name, "cut at", len);
			cr_assert_eq(o.skipped, 0, "%s cut at %zu", golden_files[i].name, len);
			cr_assert_geq(o.events, events, "%s cut at %zu: fewer events than cut earlier", golden_files[i].name, len);
			cr_assert_leq(o.events, whole.events);
			for (unsigned n = 0; n < o.events; n++)
				cr_assert_eq(o.events_digest[n], whole.events_digest[n], "%s cut at %zu: event %u differs",
					     golden_files[i].name, len, n + 1);
			events = o.events;
		}
	}
}

Test(hostile, any_flipped_bit_has_a_documented_outcome, .timeout = 250)
{
	for (size_t i = 0; i < golden_n; i++) {
		struct hc_buf b HC_BUF_DONE = { 0 };
		HC_FREE char *copy = NULL;
		size_t n;

		golden_files[i].build(&b);
		copy = hc_malloc(b.len);
		memcpy(copy, b.p, b.len);
		n = b.len < 4096 ? b.len : 4096;
		for (size_t bit = 0; bit < n * 8; bit++) {
			struct outcome o;

			copy[bit / 8] ^= (char)(1 << bit % 8);
			consume(hc_source_new_memory(copy, b.len), NULL, &o);
			check_documented(&o, golden_files[i].name, "bit flipped", bit);
			copy[bit / 8] ^= (char)(1 << bit % 8);
		}
	}
}

/* ---- damage in the middle of a longer capture ---- */

static void put_zstd_sized(struct hc_buf *to, const char *p, size_t len)
{
	put_zstd(to, &(struct hc_buf){ (char *)p, len, 0 }, 0);
}

static void put_gzip_part(struct hc_buf *to, const char *p, size_t len)
{
	put_gzip(to, &(struct hc_buf){ (char *)p, len, 0 });
}

static void long_capture(struct hc_buf *b, unsigned n)
{
	put_shb(b);
	for (unsigned i = 0; i < n; i++)
		put_close(b, 1000 + i);
}

Test(hostile, garbage_in_the_middle_costs_only_itself)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct outcome o;

	long_capture(&b, 100);
	memset(b.p + 28 + 60 * 10 + 7, 0x5a, 100); /* events 11 and 12 */
	consume(hc_source_new_memory(b.p, b.len), NULL, &o);
	cr_assert_eq(o.last, HC_READ_EOF);
	cr_assert_eq(o.skipped, 1);
	cr_assert_eq(o.events, 98);
}

/* A process list of three V9 entries, the second of them with that length instead of its own and that much more of comm. */
static void damaged_list(struct hc_buf *b, uint32_t len, uint16_t comm, size_t *ret_at, uint32_t *ret_len)
{
	size_t block;

	put_shb(b);
	block = begin_block(b, 0x215);
	for (int i = 0; i < 3; i++) {
		size_t at = b->len;
		uint32_t own;

		put_u32(b, 0);
		put_thread_fields(b, 9, 100 + i);
		own = (uint32_t)(b->len - at);
		if (i == 1) {
			*ret_at = at;
			*ret_len = own;
			own = len ? len : own;
			if (comm)
				memcpy(b->p + at + 44, &comm, 2);
		}
		memcpy(b->p + at, &own, 4);
	}
	end_block(b, block);
	put_close(b, 1);
}

Test(hostile, what_a_list_lost_is_told_by_the_byte)
{
	static const struct {
		uint32_t len;
		uint16_t comm;
		bool rest;
		uint32_t threads;
	} cases[] = { { 0, 1025, false, 2 }, { 0, 0xfff0, false, 2 }, { 3, 0, true, 1 }, { 1 << 20, 0, true, 1 } };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
		struct hc_buf b HC_BUF_DONE = { 0 };
		struct hc_reader_stats stats;
		struct hc_diag diag;
		struct hc_event *ev;
		uint32_t len;
		size_t at;

		damaged_list(&b, cases[i].len, cases[i].comm, &at, &len);
		cr_assert_eq(hc_reader_open_memory(&r, b.p, b.len, "x", NULL, NULL), 0);
		cr_assert_eq(hc_reader_section(r)->nthreads, cases[i].threads, "case %zu", i);
		cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_SKIPPED);
		cr_assert_eq(diag.off, (int64_t)at, "case %zu: %s", i, diag.text);
		cr_assert(strstr(diag.text, "entry 2"), "%s", diag.text);
		hc_reader_stats(r, &stats);
		cr_assert_eq(stats.skipped_bytes, cases[i].rest ? b.len - 60 - 4 - at : len, "case %zu: %s", i, diag.text);
		cr_assert_eq(hc_reader_next(r, &ev, &diag), 0);
		cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_EOF);
	}
}

Test(hostile, a_list_whose_second_length_alone_is_wrong_is_used)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_diag diag;
	struct hc_event *ev;
	uint32_t len;
	size_t at;

	damaged_list(&b, 0, 0, &at, &len);
	b.p[b.len - 60 - 4] ^= 8;
	cr_assert_eq(hc_reader_open_memory(&r, b.p, b.len, "x", NULL, NULL), 0);
	cr_assert_eq(hc_reader_section(r)->nthreads, 3);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_SKIPPED);
	cr_assert_eq(diag.off, (int64_t)b.len - 60 - 4, "%s", diag.text);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), 0);
}

Test(hostile, a_length_beyond_the_input_costs_only_its_block)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct outcome o;
	uint32_t total = 0xfff0;

	long_capture(&b, 100);
	memcpy(b.p + 28 + 60 * 50 + 4, &total, 4);
	consume(hc_source_new_memory(b.p, b.len), NULL, &o);
	cr_assert_eq(o.last, HC_READ_EOF);
	cr_assert_eq(o.events, 99);
	cr_assert_eq(o.skipped, 1);
}

Test(hostile, a_length_that_covers_the_next_block_does_not_hide_it)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct outcome o;

	long_capture(&b, 10);
	b.p[28 + 60 * 5 + 4] = 120;
	consume(hc_source_new_memory(b.p, b.len), NULL, &o);
	cr_assert_eq(o.last, HC_READ_EOF);
	cr_assert_eq(o.events, 9);
	cr_assert_eq(o.skipped, 1);
}

Test(hostile, a_block_too_long_for_its_type_costs_only_itself)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct outcome o;
	size_t at;

	long_capture(&b, 10);
	at = begin_block(&b, 0x216);
	for (int i = 0; i < 70000 / 60; i++) /* it is full of what looks like events */
		put_close(&b, 1);
	end_block(&b, at);
	put_close(&b, 2000);
	at = begin_block(&b, 0x999); /* and one that has no place between events */
	put_close(&b, 1);
	end_block(&b, at);
	put_close(&b, 2001);
	consume(hc_source_new_memory(b.p, b.len), NULL, &o);
	cr_assert_eq(o.last, HC_READ_EOF);
	cr_assert_eq(o.events, 12);
	cr_assert_eq(o.skipped, 2);
}

Test(hostile, a_very_long_block_is_read_whole)
{
	uint32_t lens[] = { 4, 2, 40 << 20 };
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct outcome whole, o;
	HC_FREE void *data = hc_calloc(1, (40 << 20) + 6);
	struct pieces f;

	put_shb(&b);
	put_event(&b, &(struct put_event){ 0x221, 0, 1000, -1, PPME_ASYNCEVENT_E, 3, lens, data });
	put_close(&b, 1001);
	consume(hc_source_new_memory(b.p, b.len), NULL, &whole);
	cr_assert_eq(whole.events, 2);
	f = (struct pieces){ b.p, b.len, 0, 100001 };
	consume(hc_source_new(read_piece, NULL, &f), NULL, &o);
	cr_assert_arr_eq(&o, &whole, sizeof o);
}

Test(hostile, a_damaged_zstd_frame_costs_only_itself)
{
	struct hc_buf plain HC_BUF_DONE = { 0 }, packed HC_BUF_DONE = { 0 };
	size_t second = 0, third = 0;
	struct outcome o;

	long_capture(&plain, 300);
	for (unsigned f = 0; f < 3; f++) {
		/* Frames of 100 events, cut at block boundaries as the writer does. */
		size_t from = f ? 28 + f * 6000 : 0;
		struct hc_buf part = { plain.p + from, (f ? 6000 : 6028), 0 };

		second = f == 1 ? packed.len : second;
		third = f == 2 ? packed.len : third;
		put_zstd(&packed, &part, 0);
	}
	for (size_t at = second + 12; at < third; at += 3) {
		packed.p[at] ^= 0x55;
		consume(hc_source_new_memory(packed.p, packed.len), NULL, &o);
		packed.p[at] ^= 0x55;
		cr_assert_eq(o.last, HC_READ_EOF, "byte %zu", at);
		cr_assert_geq(o.events, 200, "byte %zu: %u events", at, o.events);
		cr_assert_leq(o.events, 300);
		cr_assert_geq(o.skipped, 1, "byte %zu", at);
		for (unsigned n = 0; n < 16; n++)
			cr_assert_neq(o.events_digest[n], 0);
	}
}

/* A frame of several blocks, damaged in any of them: what is lost of it is known, whatever way it comes in. */
Test(hostile, offsets_behind_a_damaged_zstd_frame_are_right)
{
	struct hc_buf plain HC_BUF_DONE = { 0 }, packed HC_BUF_DONE = { 0 };
	size_t first;

	put_shb(&plain);
	for (unsigned i = 0; i < 7500; i++) /* four blocks, not quite regular */
		put_close(&plain, hc_hash_u64(i) & 0xffff);
	put_zstd(&packed, &plain, 0);
	first = packed.len;
	put_zstd(&packed, &plain, 0);
	for (size_t at = 20; at < first; at += 97) {
		for (int pieces = 0; pieces < 2; pieces++) {
			HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
			struct pieces f = { packed.p, packed.len, 0, 10007 };
			struct hc_source *s = pieces ? hc_source_new(read_piece, NULL, &f) :
						       hc_source_new_memory(packed.p, packed.len);
			struct hc_reader_stats stats;
			struct hc_event *ev;
			int x;

			packed.p[at] ^= 0x10;
			s->eager = pieces;
			if (hc_reader_open_source(&r, s, "x", NULL, NULL) == 0) {
				while ((x = hc_reader_next(r, &ev, NULL)) != HC_READ_EOF)
					cr_assert(x == HC_READ_EVENT || x == HC_READ_SECTION || x == HC_READ_SKIPPED, "%d", x);
				hc_reader_stats(r, &stats);
				cr_assert_eq(stats.bytes_plain, 2 * plain.len, "byte %zu, pieces %d: %zu of %zu", at, pieces,
					     (size_t)stats.bytes_plain, 2 * plain.len);
			}
			packed.p[at] ^= 0x10;
		}
	}
}

/* One outcome for one file, whatever way it comes in. A header put in the middle of a block spoils that and looks like a
 * frame itself: where the search for the next one begins must not hang on how much was there. */
Test(hostile, damage_is_told_the_same_whole_and_in_pieces, .timeout = 250)
{
	static const size_t sizes[] = { 5, 997, 10007 };
	struct hc_buf plain HC_BUF_DONE = { 0 };

	put_shb(&plain);
	for (unsigned i = 0; i < 5000; i++)
		put_close(&plain, hc_hash_u64(i) & 0xffff);
	for (int kind = 0; kind < 4; kind++) {
		struct hc_buf packed HC_BUF_DONE = { 0 };

		for (size_t at = 0, n; at < plain.len; at += n) {
			n = kind & 1 ? plain.len : 28 + 60 * 2000 - (at ? 28 : 0); /* one frame or three */
			n = n < plain.len - at ? n : plain.len - at;
			(kind < 2 ? put_zstd_sized : put_gzip_part)(&packed, plain.p + at, n);
		}
		for (size_t at = 200; at + 18 < packed.len; at += packed.len / 23) {
			struct outcome whole, o;
			char saved[18];

			memcpy(saved, packed.p + at, 18);
			memcpy(packed.p + at, packed.p, 18);
			consume(hc_source_new_memory(packed.p, packed.len), NULL, &whole);
			for (size_t k = 0; k < 2 * sizeof sizes / sizeof *sizes; k++) {
				struct pieces f = { packed.p, packed.len, 0, sizes[k / 2] };
				struct hc_source *s = hc_source_new(read_piece, NULL, &f);

				s->eager = k & 1;
				consume(s, NULL, &o);
				cr_assert_arr_eq(&o, &whole, sizeof o, "kind %d, byte %zu, in pieces of %zu, eager %zu", kind, at,
						 sizes[k / 2], k & 1);
			}
			memcpy(packed.p + at, saved, 18);
		}
	}
}

/* Reads so many bytes, then fails for good. */
static ssize_t read_then_fail(struct hc_source *s, void *buf, size_t cap)
{
	ssize_t n = read_piece(s, buf, cap);

	return n ? n : -EIO;
}

/* What was read before an error comes out first; the error ends it. */
Test(hostile, a_read_error_costs_nothing_that_was_read_before)
{
	struct hc_buf plain HC_BUF_DONE = { 0 };

	long_capture(&plain, 300);
	for (int kind = 0; kind < 3; kind++) {
		HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
		struct hc_buf b HC_BUF_DONE = { 0 };
		struct pieces f = { 0 };
		struct hc_diag diag;
		struct hc_event *ev;
		unsigned n = 0;
		int x;

		if (kind == 0)
			hc_buf_put(&b, plain.p, plain.len);
		else if (kind == 1)
			put_zstd_sized(&b, plain.p, plain.len);
		else
			put_gzip_part(&b, plain.p, plain.len);
		f = (struct pieces){ b.p, b.len - (kind ? 2 : 0), 0, 100 }; /* in the middle of the checksum */
		cr_assert_eq(hc_reader_open_source(&r, hc_source_new(read_then_fail, NULL, &f), "x", NULL, &diag), 0, "kind %d: %s",
			     kind, diag.text);
		while ((x = hc_reader_next(r, &ev, &diag)) == HC_READ_EVENT)
			n++;
		cr_assert_eq(x, -EIO, "kind %d: %d", kind, x);
		cr_assert_eq(n, 300, "kind %d: %u", kind, n);
	}
}

Test(hostile, damaged_gzip_member_costs_at_most_its_rest)
{
	struct hc_buf plain HC_BUF_DONE = { 0 }, packed HC_BUF_DONE = { 0 };
	size_t second;
	struct outcome o;

	long_capture(&plain, 300);
	put_gzip(&packed, &(struct hc_buf){ plain.p, 6028, 0 });
	second = packed.len;
	put_gzip(&packed, &(struct hc_buf){ plain.p + 6028, 6000, 0 });
	put_gzip(&packed, &(struct hc_buf){ plain.p + 12028, 6000, 0 });
	packed.p[second + 12] ^= 0x7f;
	consume(hc_source_new_memory(packed.p, packed.len), NULL, &o);
	cr_assert_eq(o.last, HC_READ_EOF);
	cr_assert_geq(o.events, 200);
	cr_assert_geq(o.skipped, 1);
}

/* The beginning of a capture is damaged like any other part of it: it costs what was in there. */
Test(hostile, a_lost_beginning_costs_only_itself)
{
	struct hc_buf plain HC_BUF_DONE = { 0 }, joined HC_BUF_DONE = { 0 };
	size_t lists, first;
	struct outcome o;

	put_shb(&plain);
	put_mi(&plain, 0x201, "h");
	lists = plain.len;
	for (unsigned i = 0; i < 2500; i++)
		put_close(&plain, 1000 + i);
	/* Cut off, exactly or not; overwritten; behind foreign bytes. */
	for (size_t from = 1; from <= 28; from++) {
		consume(hc_source_new_memory(plain.p + from, plain.len - from), NULL, &o);
		cr_assert_eq(o.first, 0, "from byte %zu", from);
		cr_assert_eq(o.events, 2500, "from byte %zu: %u", from, o.events);
		cr_assert_eq(o.skipped, 1);
		cr_assert_eq(o.last, HC_READ_EOF);
	}
	hc_buf_put(&joined, plain.p, plain.len);
	memset(joined.p, 0, lists + 60 * 3);
	consume(hc_source_new_memory(joined.p, joined.len), NULL, &o);
	cr_assert_eq(o.events, 2497);
	cr_assert_eq(o.skipped, 1);
	hc_buf_reset(&joined);
	for (unsigned i = 0; i < 1000; i++)
		hc_buf_putc(&joined, (char)hc_hash_u64(i));
	hc_buf_put(&joined, plain.p, plain.len);
	consume(hc_source_new_memory(joined.p, joined.len), NULL, &o);
	cr_assert_eq(o.events, 2500);
	/* In compressed form: the first frame or member. */
	for (int kind = 0; kind < 2; kind++) {
		hc_buf_reset(&joined);
		first = lists + 60 * 500;
		(kind ? put_zstd_sized : put_gzip_part)(&joined, plain.p, first);
		memset(joined.p + (kind ? 4 : 10), 0xff, 20);
		(kind ? put_zstd_sized : put_gzip_part)(&joined, plain.p + first, plain.len - first);
		consume(hc_source_new_memory(joined.p, joined.len), NULL, &o);
		cr_assert_eq(o.first, 0, "kind %d", kind);
		cr_assert_eq(o.events, 2000, "kind %d: %u", kind, o.events);
		cr_assert_eq(o.skipped, 1);
	}
}

/* Lists behind damage belong to a section whose header was lost: none of the state before is theirs. */
Test(hostile, a_lost_header_between_sections_is_noticed)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_diag diag;
	struct hc_event *ev;
	size_t at;

	put_shb(&b);
	put_mi(&b, 0x201, "first");
	put_close(&b, 1);
	at = b.len;
	put_shb(&b);
	put_mi(&b, 0x201, "second");
	put_close(&b, 2);
	memset(b.p + at, 0xff, 20);
	cr_assert_eq(hc_reader_open_memory(&r, b.p, b.len, "x", NULL, &diag), 0);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_EVENT);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_SKIPPED);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_SECTION);
	cr_assert_str_eq(hc_reader_section(r)->machine.hostname, "second");
	cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_EVENT);
	cr_assert_eq(ev->ts_ns, 2);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_EOF);
}

/* What was read may be wrong: not the same as a file that was cut. */
Test(hostile, a_wrong_checksum_at_the_end_is_no_cut)
{
	struct hc_buf plain HC_BUF_DONE = { 0 };

	long_capture(&plain, 3);
	for (int kind = 0; kind < 2; kind++) {
		HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
		struct hc_buf packed HC_BUF_DONE = { 0 };
		struct hc_diag diag;
		struct hc_event *ev;
		int x;

		(kind ? put_zstd_sized : put_gzip_part)(&packed, plain.p, plain.len);
		packed.p[packed.len - 1] ^= 1;
		cr_assert_eq(hc_reader_open_memory(&r, packed.p, packed.len, "x", NULL, &diag), 0, "%s", diag.text);
		for (int i = 0; i < 3; i++)
			cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_EVENT);
		x = hc_reader_next(r, &ev, &diag);
		cr_assert_eq(x, HC_READ_SKIPPED, "kind %d: %d %s", kind, x, diag.text);
		cr_assert(strstr(diag.text, "checksum"), "%s", diag.text);
		cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_EOF);
	}
}

Test(hostile, trailing_garbage_is_reported)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
	struct hc_buf plain HC_BUF_DONE = { 0 }, packed HC_BUF_DONE = { 0 };
	struct hc_diag diag;
	struct hc_event *ev;
	struct outcome o;
	char range[64];
	int x;

	long_capture(&plain, 3);
	put_gzip(&packed, &plain);
	hc_buf_puts(&packed, "this is not gzip");
	consume(hc_source_new_memory(packed.p, packed.len), NULL, &o);
	cr_assert_eq(o.events, 3);
	cr_assert_eq(o.last, HC_READ_EOF);
	cr_assert_eq(o.skipped, 1);
	cr_assert_eq(hc_reader_open_memory(&r, packed.p, packed.len, "x", NULL, NULL), 0);
	while ((x = hc_reader_next(r, &ev, &diag)) == 0)
		;
	cr_assert_eq(x, HC_READ_SKIPPED);
	snprintf(range, sizeof range, "stored bytes %zu to %zu", packed.len - 16, packed.len);
	cr_assert(strstr(diag.text, range), "%s: %s", range, diag.text);
	/* Zero padding is none. */
	packed.len -= 16;
	hc_buf_put(&packed, (char[512]){ 0 }, 512);
	consume(hc_source_new_memory(packed.p, packed.len), NULL, &o);
	cr_assert_eq(o.events, 3);
	cr_assert_eq(o.skipped, 0);
	/* Nor is it between members. */
	put_gzip_part(&packed, plain.p + 28, plain.len - 28);
	consume(hc_source_new_memory(packed.p, packed.len), NULL, &o);
	cr_assert_eq(o.events, 6);
	cr_assert_eq(o.skipped, 0);
}

Test(hostile, captures_of_different_compression_joined_are_named)
{
	for (int kind = 0; kind < 4; kind++) {
		HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
		struct hc_buf plain HC_BUF_DONE = { 0 }, b HC_BUF_DONE = { 0 };
		struct hc_diag diag;
		struct hc_event *ev;

		long_capture(&plain, 1);
		if (kind == 0)
			hc_buf_put(&b, plain.p, plain.len);
		else if (kind == 1)
			put_zstd(&b, &plain, 0);
		else
			put_gzip(&b, &plain);
		if (kind == 2)
			hc_buf_put(&b, plain.p, plain.len);
		else if (kind == 3)
			put_zstd(&b, &plain, 0);
		else
			put_gzip(&b, &plain);
		cr_assert_eq(hc_reader_open_memory(&r, b.p, b.len, "x", NULL, NULL), 0);
		cr_assert_eq(hc_reader_next(r, &ev, &diag), 0);
		cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_SKIPPED);
		cr_assert(strstr(diag.text, "join captures of one kind"), "%d: %s", kind, diag.text);
		cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_EOF);
	}
}

Test(hostile, a_read_error_is_an_error)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
	struct hc_diag diag;

	cr_assert_eq(hc_reader_open(&r, "/nonexistent/x.scap", NULL, &diag), -ENOENT);
	cr_assert_eq(hc_reader_open(&r, "/", NULL, &diag), -EISDIR);
	cr_assert(strstr(diag.text, "directory"));
}
