/* SPDX-License-Identifier: Apache-2.0
 *
 * The golden captures. Section numbers are those of scap-format.md.
 */
#include "golden.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "common/schema.h"

/* ---- pieces ---- */

void put_u8(struct hc_buf *b, uint8_t v)
{
	hc_buf_put(b, &v, 1);
}
void put_u16(struct hc_buf *b, uint16_t v)
{
	hc_buf_put(b, &v, 2);
}
void put_u32(struct hc_buf *b, uint32_t v)
{
	hc_buf_put(b, &v, 4);
}
void put_u64(struct hc_buf *b, uint64_t v)
{
	hc_buf_put(b, &v, 8);
}
void put_strn16(struct hc_buf *b, const char *s, uint16_t len)
{
	put_u16(b, len);
	hc_buf_put(b, s, len);
}
void put_str16(struct hc_buf *b, const char *s)
{
	put_strn16(b, s, (uint16_t)strlen(s));
}

size_t begin_block(struct hc_buf *b, uint32_t type)
{
	size_t at = b->len;

	put_u32(b, type);
	put_u32(b, 0);
	return at;
}

void end_block(struct hc_buf *b, size_t at)
{
	uint32_t total;

	while ((b->len - at) % 4)
		put_u8(b, 0);
	total = (uint32_t)(b->len - at) + 4;
	memcpy(b->p + at + 4, &total, 4);
	put_u32(b, total);
}

void put_shb(struct hc_buf *b)
{
	size_t at = begin_block(b, 0x0a0d0d0a);

	put_u32(b, 0x1a2b3c4d);
	put_u16(b, 1);
	put_u16(b, 2);
	put_u64(b, UINT64_MAX);
	end_block(b, at);
}

void put_mi(struct hc_buf *b, uint32_t type, const char *host)
{
	size_t at = begin_block(b, type);
	char name[128] = { 0 };

	strncpy(name, host, sizeof name - 1);
	put_u32(b, 4);
	put_u64(b, 8ULL << 30);
	put_u64(b, 0);
	hc_buf_put(b, name, sizeof name);
	put_u64(b, 1600000000000000000);
	for (int i = 0; i < 3; i++)
		put_u64(b, 0);
	end_block(b, at);
}

void put_event(struct hc_buf *b, const struct put_event *e)
{
	int v1 = e->block == 0x204 || e->block == 0x208 || e->block == 0x8010abcd;
	int wide = e->type == PPME_PLUGINEVENT_E || e->type == PPME_CONTAINER_JSON_2_E || e->type == PPME_ASYNCEVENT_E;
	size_t at = begin_block(b, e->block);
	uint32_t sum = 0;

	for (uint32_t i = 0; i < e->n; i++)
		sum += e->lens[i];
	put_u16(b, 2);
	if (e->block == 0x208 || e->block == 0x217 || e->block == 0x222)
		put_u32(b, e->flags);
	put_u64(b, e->ts);
	put_u64(b, (uint64_t)e->tid);
	put_u32(b, (v1 ? 22 : 26) + e->n * (wide ? 4 : 2) + sum);
	put_u16(b, e->type);
	if (!v1)
		put_u32(b, e->n);
	for (uint32_t i = 0; i < e->n; i++)
		hc_buf_put(b, &e->lens[i], wide ? 4 : 2);
	hc_buf_put(b, e->data, sum);
	end_block(b, at);
}

static const uint32_t close_lens[] = { 8, 8 };
static const int64_t close_data[] = { 0, 3 };

static void put_close_as(struct hc_buf *b, uint32_t block, uint64_t ts)
{
	put_event(b, &(struct put_event){ block, 1, ts, 100, PPME_SYSCALL_CLOSE_X, 2, close_lens, close_data });
}

void put_close(struct hc_buf *b, uint64_t ts)
{
	put_close_as(b, 0x216, ts);
}

void put_gzip(struct hc_buf *out, const struct hc_buf *in)
{
	z_stream z = { 0 };
	uLong bound;

	deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
	bound = deflateBound(&z, in->len);
	z.next_in = (Bytef *)in->p;
	z.avail_in = (uInt)in->len;
	z.next_out = (Bytef *)hc_buf_room(out, bound);
	z.avail_out = (uInt)bound;
	deflate(&z, Z_FINISH);
	out->len += z.total_out;
	deflateEnd(&z);
}

void put_zstd(struct hc_buf *out, const struct hc_buf *in, size_t unknown_size)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t bound = ZSTD_compressBound(in->len) + 64;
	ZSTD_inBuffer i = { in->p, in->len, 0 };
	ZSTD_outBuffer o = { hc_buf_room(out, bound), bound, 0 };

	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	if (!unknown_size)
		ZSTD_CCtx_setPledgedSrcSize(c, in->len);
	else
		ZSTD_compressStream2(c, &o, &i, ZSTD_e_flush);
	while (ZSTD_compressStream2(c, &o, &i, ZSTD_e_end))
		;
	out->len += o.pos;
	ZSTD_freeCCtx(c);
}

/* ---- 17.3: the complete small file ---- */

static const uint8_t spec_pl[] = {
	0x15, 0x02, 0x00, 0x00, 0x04, 0x01, 0x00, 0x00, 0xF6, 0x00, 0x00, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x64, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x64, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x63, 0x61, 0x74, 0x08, 0x00, 0x2F,
	0x62, 0x69, 0x6E, 0x2F, 0x63, 0x61, 0x74, 0x0C, 0x00, 0x2F, 0x75, 0x73, 0x72, 0x2F, 0x62, 0x69, 0x6E, 0x2F, 0x63, 0x61,
	0x74, 0x0B, 0x00, 0x2F, 0x65, 0x74, 0x63, 0x2F, 0x68, 0x6F, 0x73, 0x74, 0x73, 0x00, 0x01, 0x00, 0x2F, 0x00, 0x04, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xE8, 0x03, 0x00, 0x00, 0xE8, 0x03, 0x00, 0x00, 0x44, 0x16, 0x00,
	0x00, 0x84, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x78, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x41, 0x3D, 0x31, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x64,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x06, 0x00, 0x63, 0x70, 0x75, 0x3D, 0x2F, 0x00, 0x01, 0x00, 0x2F, 0x00, 0x00,
	0x2A, 0x36, 0xFE, 0x9C, 0x97, 0x17, 0x00, 0x88, 0x00, 0x00, 0xE8, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x83, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x01, 0x00, 0x00,
};
static const uint8_t spec_fdl[] = {
	0x18, 0x02, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x29, 0x00, 0x00, 0x00,
	0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x2A, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x01, 0x00, 0x00,
	0x00, 0x0A, 0x00, 0x2F, 0x65, 0x74, 0x63, 0x2F, 0x68, 0x6F, 0x73, 0x74, 0x73, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x40, 0x00, 0x00, 0x00,
};
static const uint8_t spec_ev[] = {
	0x16, 0x02, 0x00, 0x00, 0x3C, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0xCA, 0xC4, 0x71, 0xFE, 0x9C, 0x97, 0x17, 0x64, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x2E, 0x00, 0x00, 0x00, 0x05, 0x00, 0x02, 0x00, 0x00, 0x00, 0x08, 0x00, 0x08, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3C, 0x00, 0x00, 0x00,
};
static const uint8_t spec_openat[] = {
	0x16, 0x02, 0x00, 0x00, 0x68, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xCA, 0xC4, 0x71, 0xFE, 0x9C, 0x97, 0x17, 0x64, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x57, 0x00, 0x00, 0x00, 0x33, 0x01, 0x07, 0x00, 0x00, 0x00, 0x08, 0x00, 0x08, 0x00,
	0x0B, 0x00, 0x04, 0x00, 0x04, 0x00, 0x04, 0x00, 0x08, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x9C, 0xFF,
	0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x2F, 0x65, 0x74, 0x63, 0x2F, 0x68, 0x6F, 0x73, 0x74, 0x73, 0x00, 0x01, 0x10, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x2A, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x68, 0x00, 0x00, 0x00,
};

static void small_file(struct hc_buf *b)
{
	put_shb(b);
	put_mi(b, 0x201, "spec");
	hc_buf_put(b, spec_pl, sizeof spec_pl);
	hc_buf_put(b, spec_fdl, sizeof spec_fdl);
	hc_buf_put(b, spec_ev, sizeof spec_ev);
	hc_buf_put(b, spec_openat, sizeof spec_openat);
}

/* ---- 5: process lists ---- */

void put_thread_fields(struct hc_buf *b, int version, int64_t tid)
{
	put_u64(b, (uint64_t)tid);
	put_u64(b, (uint64_t)tid);
	put_u64(b, 1);
	if (version >= 6)
		put_u64(b, 60);
	if (version >= 8)
		put_u64(b, 80);
	put_str16(b, "cat");
	put_str16(b, "/bin/cat");
	if (version >= 7)
		put_str16(b, "/usr/bin/cat");
	put_strn16(b, "-v\0x", 4); /* without the last NUL, which the reader adds */
	put_str16(b, "/tmp");
	put_u64(b, 1024);
	put_u32(b, 0x100);
	put_u32(b, 1000);
	put_u32(b, 1001);
	if (version >= 2) {
		put_u32(b, 21);
		put_u32(b, 22);
		put_u32(b, 23);
		put_u64(b, 24);
		put_u64(b, 25);
	}
	if (version >= 3)
		put_strn16(b, "A=1\0", 4);
	if (version >= 4) {
		put_u64(b, 41);
		put_u64(b, 42);
		put_strn16(b, "cpu=/\0mem=/x", 12);
	}
	if (version >= 5)
		put_str16(b, "/root");
}

static void process_list(struct hc_buf *b, uint32_t type, int version)
{
	size_t at;

	put_shb(b);
	at = begin_block(b, type);
	put_thread_fields(b, version, 100);
	put_thread_fields(b, version, 101);
	end_block(b, at);
	put_close(b, 1000);
}

#define PL(n, type) \
	static void pl_v##n(struct hc_buf *b) \
	{ \
		process_list(b, type, n); \
	}
PL(1, 0x202)
PL(2, 0x207)
PL(3, 0x209)
PL(4, 0x210)
PL(5, 0x211)
PL(6, 0x212)
PL(7, 0x213)
PL(8, 0x214)

/* V9: the same and a tail cut at any length. */
static void put_v9(struct hc_buf *b, int64_t tid, unsigned tail)
{
	struct hc_buf t HC_BUF_DONE = { 0 };
	size_t at = b->len;
	uint32_t len;

	if (tail > 29) {
		put_u64(&t, 25);
		put_u32(&t, 26);
	}
	put_u32(&t, 27);
	put_u8(&t, 1);
	put_u64(&t, 29);
	put_u64(&t, 30);
	put_u64(&t, 31);
	put_u8(&t, 1);
	put_u64(&t, 33);
	put_u64(&t, 34);
	put_u64(&t, 35);
	put_u8(&t, 36);
	put_u8(&t, 1);
	put_u64(&t, 38);
	while (t.len < tail)
		put_u8(&t, 0xee);
	put_u32(b, 0);
	put_thread_fields(b, 9, tid);
	hc_buf_put(b, t.p, tail);
	len = (uint32_t)(b->len - at);
	memcpy(b->p + at, &len, 4);
}

static void pl_v9_tail(struct hc_buf *b, unsigned tail)
{
	size_t at;

	put_shb(b);
	at = begin_block(b, 0x215);
	put_v9(b, 100, tail);
	put_v9(b, 101, tail);
	end_block(b, at);
	put_close(b, 1000);
}

#define PL9(tail) \
	static void pl_v9_##tail(struct hc_buf *b) \
	{ \
		pl_v9_tail(b, tail); \
	}
PL9(0) PL9(4) PL9(5) PL9(29) PL9(30) PL9(66) PL9(67) PL9(68) PL9(76) PL9(90)

/* ---- 6: fd lists ---- */

static void put_fd(struct hc_buf *b, int v2, uint8_t type, int dev)
{
	size_t at = b->len;
	uint32_t alen = type == 4 || type == 6 ? 16 : 4, len;

	if (v2)
		put_u32(b, 0);
	put_u64(b, 10 + type);
	put_u64(b, 1000 + type);
	put_u8(b, type);
	if (type == 3 || type == 4) {
		for (uint32_t i = 0; i < 2 * alen; i++)
			put_u8(b, (uint8_t)(i + 1));
		put_u16(b, 1111);
		put_u16(b, 2222);
		put_u8(b, 2);
	} else if (type == 5 || type == 6) {
		for (uint32_t i = 0; i < alen; i++)
			put_u8(b, (uint8_t)(i + 1));
		put_u16(b, 80);
		put_u8(b, 3);
	} else if (type == 8) {
		put_u64(b, 0x1111);
		put_u64(b, 0x2222);
		put_str16(b, "/run/sock");
	} else if (type == 16) {
		put_u32(b, 0x1001);
		put_str16(b, "/etc/hosts");
		if (dev)
			put_u32(b, 0x801);
	} else if (type >= 22) {
		put_u64(b, 77); /* whatever a newer recorder put there */
	} else if (type) {
		put_str16(b, "/name");
	}
	len = (uint32_t)(b->len - at);
	if (v2)
		memcpy(b->p + at, &len, 4);
}

static void fd_list(struct hc_buf *b, uint32_t type, int v2)
{
	size_t at;

	put_shb(b);
	at = begin_block(b, type);
	put_u64(b, 100);
	for (uint8_t t = 0; t < 22; t++)
		put_fd(b, v2, t, v2);
	if (v2) {
		put_fd(b, 1, 40, 0);
		put_fd(b, 1, 16, 0);
	}
	end_block(b, at);
	put_close(b, 1000);
}

static void fdl_v1(struct hc_buf *b)
{
	fd_list(b, 0x203, 0);
}
static void fdl_v2(struct hc_buf *b)
{
	fd_list(b, 0x218, 1);
}

/* ---- 7: interfaces ---- */

/* layout: 1/2 with linkspeed, 3/4 without; type is what is written. */
static void put_interface(struct hc_buf *b, int v2, uint16_t type, uint16_t layout)
{
	size_t at = b->len;
	uint32_t alen = type & 1 ? 4 : 16, len;

	if (v2)
		put_u32(b, 0);
	put_u16(b, type);
	put_u16(b, 4);
	for (uint32_t i = 0; i < 3 * alen; i++)
		put_u8(b, (uint8_t)(i + 1));
	if (layout <= 2)
		put_u64(b, 1000 + type);
	hc_buf_put(b, "eth0", 4);
	len = (uint32_t)(b->len - at) - 4;
	if (v2)
		memcpy(b->p + at, &len, 4);
}

static void il_v1(struct hc_buf *b)
{
	size_t at;

	put_shb(b);
	at = begin_block(b, 0x205);
	for (uint16_t t = 1; t <= 4; t++)
		put_interface(b, 0, t, t);
	end_block(b, at);
	put_close(b, 1000);
}

static void il_v2(struct hc_buf *b)
{
	size_t at;

	put_shb(b);
	at = begin_block(b, 0x219);
	for (uint16_t t = 1; t <= 4; t++)
		put_interface(b, 1, t, t);
	end_block(b, at);
	put_close(b, 1000);
}

/* The known defect: both lengths too small by 4 per entry, and types 3 and 4 in the layout of 1 and 2. */
static void il_v2_defect(struct hc_buf *b)
{
	size_t at;
	uint32_t total;

	put_shb(b);
	at = begin_block(b, 0x219);
	for (uint16_t t = 1; t <= 4; t++)
		put_interface(b, 1, t, t > 2 ? t - 2 : t);
	end_block(b, at);
	total = (uint32_t)(b->len - at) - 4 * 4;
	memcpy(b->p + at + 4, &total, 4);
	memcpy(b->p + b->len - 4, &total, 4);
	put_close(b, 1000);
}

/* ---- 8: users ---- */

static void user_list(struct hc_buf *b, uint32_t type, int v2)
{
	size_t at, entry;
	uint32_t len;

	put_shb(b);
	at = begin_block(b, type);
	entry = b->len;
	if (v2)
		put_u32(b, 0);
	put_u8(b, 0);
	put_u32(b, 1000);
	put_u32(b, 1001);
	put_str16(b, "bob");
	put_str16(b, "/home/bob");
	put_str16(b, "/bin/sh");
	if (v2) {
		put_u32(b, 0xeeeeeeee); /* what a newer recorder appended */
		len = (uint32_t)(b->len - entry);
		memcpy(b->p + entry, &len, 4);
	}
	entry = b->len;
	if (v2)
		put_u32(b, 0);
	put_u8(b, 1);
	put_u32(b, 1001);
	put_str16(b, "bobs");
	if (v2) {
		len = (uint32_t)(b->len - entry);
		memcpy(b->p + entry, &len, 4);
	}
	end_block(b, at);
	put_close(b, 1000);
}

static void ul_v1(struct hc_buf *b)
{
	user_list(b, 0x206, 0);
}
static void ul_v2(struct hc_buf *b)
{
	user_list(b, 0x220, 1);
}

/* ---- 9: events ---- */

static const uint32_t async_lens[] = { 4, 5, 70 };
static const uint8_t async_data[79] = { 0, 0, 0, 0, 'n', 'a', 'm', 'e', 0, 'd' };

static void events_v1(struct hc_buf *b)
{
	static const uint32_t notify_lens[] = { 2, 3 };
	size_t at;
	uint32_t len;

	put_shb(b);
	put_close_as(b, 0x204, 1000);
	put_close_as(b, 0x208, 1001);
	/* The types whose len is 3 too much (9.4). */
	at = b->len;
	put_event(b, &(struct put_event){ 0x204, 0, 1002, 100, PPME_NOTIFICATION_E, 2, notify_lens, "1\0de" });
	len = 22 + 4 + 5 + 3;
	memcpy(b->p + at + 26, &len, 4);
	/* No parameters at all. */
	put_event(b, &(struct put_event){ 0x204, 0, 1003, 100, PPME_PROCEXIT_1_E, 0, NULL, NULL });
}

static void events_v2(struct hc_buf *b)
{
	put_shb(b);
	put_close_as(b, 0x216, 1000);
	put_close_as(b, 0x217, 1001);
	put_event(b, &(struct put_event){ 0x221, 0, 1002, -1, PPME_ASYNCEVENT_E, 3, async_lens, async_data });
	put_event(b, &(struct put_event){ 0x222, 1, 1003, -1, PPME_ASYNCEVENT_E, 3, async_lens, async_data });
	put_event(b, &(struct put_event){ 0x216, 0, 1004, 100, 454, 2, close_lens, close_data }); /* a type to come */
	put_close(b, 1005);
}

/* ---- 3: aliases; 2: files ---- */

static void aliases(struct hc_buf *b)
{
	size_t at;

	put_shb(b);
	put_mi(b, 0x8002abcd, "alias");
	at = begin_block(b, 0x8000abcd);
	put_thread_fields(b, 1, 100);
	end_block(b, at);
	at = begin_block(b, 0x8013abcd);
	put_thread_fields(b, 2, 102);
	end_block(b, at);
	at = begin_block(b, 0x8014abcd);
	put_thread_fields(b, 3, 103);
	end_block(b, at);
	at = begin_block(b, 0x8001abcd);
	put_u64(b, 100);
	put_fd(b, 0, 1, 0);
	end_block(b, at);
	at = begin_block(b, 0x8011abcd);
	put_interface(b, 0, 3, 3);
	end_block(b, at);
	at = begin_block(b, 0x8012abcd);
	put_u8(b, 1);
	put_u32(b, 7);
	put_str16(b, "g");
	end_block(b, at);
	put_close_as(b, 0x8010abcd, 1000);
}

static void joined(struct hc_buf *b)
{
	size_t at;

	process_list(b, 0x209, 3);
	put_shb(b);
	put_mi(b, 0x201, "second");
	put_close(b, 2000);
	put_close(b, 2001);
	/* A section header with options, an unknown block before the first event, and a list that replaces. */
	at = begin_block(b, 0x0a0d0d0a);
	put_u32(b, 0x1a2b3c4d);
	put_u16(b, 1);
	put_u16(b, 0);
	put_u64(b, UINT64_MAX);
	put_u64(b, 0x0102030405060708);
	end_block(b, at);
	at = begin_block(b, 0x7777);
	put_u64(b, 1);
	end_block(b, at);
	at = begin_block(b, 0x205);
	put_interface(b, 0, 1, 1);
	put_interface(b, 0, 2, 2);
	end_block(b, at);
	at = begin_block(b, 0x205);
	put_interface(b, 0, 3, 3);
	end_block(b, at);
	put_close(b, 3000);
}

/* An old pair that is merged, an execve that takes many steps. */
static void old_events(struct hc_buf *b)
{
	static const uint32_t one[] = { 8 }, read_e[] = { 8, 4 }, read_x[] = { 8, 5 };
	static const uint32_t exec[] = { 8, 4, 3, 8, 8, 8, 2, 8 };
	static const uint8_t exec_data[] = "\0\0\0\0\0\0\0\0cat\0-v\0dddddddddddddddddddddddd/\0llllllll";

	put_shb(b);
	put_event(b, &(struct put_event){ 0x204, 0, 1000, 100, PPME_SYSCALL_READ_E, 2, read_e, "\3\0\0\0\0\0\0\0\x50\0\0\0" });
	put_event(b, &(struct put_event){ 0x204, 0, 1001, 100, PPME_SYSCALL_READ_X, 2, read_x, "\5\0\0\0\0\0\0\0hello" });
	put_event(b, &(struct put_event){ 0x216, 0, 1002, 100, PPME_SYSCALL_CLOSE_E, 1, one, "\7\0\0\0\0\0\0\0" });
	put_event(b, &(struct put_event){ 0x216, 0, 1003, 100, PPME_SYSCALL_CLOSE_X, 1, one, "\0\0\0\0\0\0\0\0" });
	put_event(b, &(struct put_event){ 0x216, 0, 1004, 100, PPME_SYSCALL_EXECVE_8_E, 0, NULL, NULL });
	put_event(b, &(struct put_event){ 0x216, 0, 1005, 100, PPME_SYSCALL_EXECVE_8_X, 8, exec, exec_data });
}

/* Several gzip members and zstd frames whose ends are not those of blocks. */
static void several(struct hc_buf *b, int zstd)
{
	struct hc_buf plain HC_BUF_DONE = { 0 };

	small_file(&plain);
	joined(&plain);
	for (size_t at = 0, n; at < plain.len; at += n) {
		struct hc_buf part = { plain.p + at, 0, 0 };

		n = part.len = plain.len - at < 301 ? plain.len - at : 301;
		if (zstd)
			put_zstd(b, &part, at % 2);
		else
			put_gzip(b, &part);
	}
}

static void gzip_members(struct hc_buf *b)
{
	several(b, 0);
}
static void zstd_frames(struct hc_buf *b)
{
	several(b, 1);
}

const struct golden golden_files[] = {
	{ "small", small_file, 2 },
	{ "pl-v1", pl_v1, 1 }, { "pl-v2", pl_v2, 1 }, { "pl-v3", pl_v3, 1 }, { "pl-v4", pl_v4, 1 },
	{ "pl-v5", pl_v5, 1 }, { "pl-v6", pl_v6, 1 }, { "pl-v7", pl_v7, 1 }, { "pl-v8", pl_v8, 1 },
	{ "pl-v9-0", pl_v9_0, 1 }, { "pl-v9-4", pl_v9_4, 1 }, { "pl-v9-5", pl_v9_5, 1 }, { "pl-v9-29", pl_v9_29, 1 },
	{ "pl-v9-30", pl_v9_30, 1 }, { "pl-v9-66", pl_v9_66, 1 }, { "pl-v9-67", pl_v9_67, 1 },
	{ "pl-v9-68", pl_v9_68, 1 }, { "pl-v9-76", pl_v9_76, 1 }, { "pl-v9-90", pl_v9_90, 1 },
	{ "fdl-v1", fdl_v1, 1 }, { "fdl-v2", fdl_v2, 1 },
	{ "il-v1", il_v1, 1 }, { "il-v2", il_v2, 1 }, { "il-v2-defect", il_v2_defect, 1 },
	{ "ul-v1", ul_v1, 1 }, { "ul-v2", ul_v2, 1 },
	{ "events-v1", events_v1, 4 }, { "events-v2", events_v2, 5 },
	{ "aliases", aliases, 1 }, { "joined", joined, 4 }, { "old-events", old_events, 4 },
	{ "gzip-members", gzip_members, 6 }, { "zstd-frames", zstd_frames, 6 },
};
const size_t golden_n = sizeof golden_files / sizeof *golden_files;

const struct golden *golden_find(const char *name)
{
	for (size_t i = 0; i < golden_n; i++) {
		if (!strcmp(golden_files[i].name, name))
			return &golden_files[i];
	}
	abort();
}
