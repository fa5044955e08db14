/* SPDX-License-Identifier: Apache-2.0
 *
 * Archive members as sources: telling archives from captures, and finding the capture in one.
 */
#include "formats/members.h"

#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/event.h"
#include "common/mem.h"
#include "formats/archive-input.h"
#include "formats/block.h"
#include "formats/filter.h"
#include "formats/reader.h"

enum {
	LOOK_AHEAD = 192 << 10, /* stored bytes looked at to tell what they are: more than a whole zstd block */
	LISTED_MAX = 10,       /* names in an error message */
	ENTRIES_MAX = 100000,  /* members looked through: a hostile archive may claim any number */
};

struct member {
	struct hc_archive_input input;
	uint8_t *head;          /* the member's first bytes, LOOK_AHEAD at most, read to see what it is */
	size_t head_len, head_at;
	bool failed;            /* nothing more can be read behind the head; error says why */
	char error[120];
};

/* Asked again, libarchive has other words, or none. */
static void note_damage(struct member *m)
{
	m->failed = true;
	snprintf(m->error, sizeof m->error, "damaged archive: %s", hc_archive_input_error(&m->input));
}

static ssize_t member_read(struct hc_source *s, void *buf, size_t cap)
{
	struct member *m = s->ctx;
	la_ssize_t n = -1;

	if (m->head_at < m->head_len) {
		size_t k = m->head_len - m->head_at < cap ? m->head_len - m->head_at : cap;

		memcpy(buf, m->head + m->head_at, k);
		m->head_at += k;
		return (ssize_t)k;
	}
	if (!m->failed)
		n = hc_archive_input_read(&m->input, buf, cap);
	if (n >= 0)
		return n;
	if (!m->failed)
		note_damage(m);
	memcpy(s->error, m->error, sizeof s->error);
	return -EBADMSG;
}

static void free_member(struct member *m)
{
	hc_archive_input_done(&m->input);
	free(m->head);
	free(m);
}

static void member_done(struct hc_source *s)
{
	free_member(s->ctx);
}

/* ---- what is it? ---- */

/* The first plain bytes behind gzip or zstd, of what is in memory. */
static size_t decode_some(const uint8_t *p, size_t len, uint8_t *out, size_t cap)
{
	struct hc_source *s = hc_source_new_memory(p, len);
	struct hc_filter *f = hc_filter_new(s);
	struct hc_gap gap;
	size_t n = 0;

	if (f->read(f, out, cap, &n, &gap) != HC_PIECE_DATA)
		n = 0;
	hc_filter_free(f);
	hc_source_close(s);
	return n;
}

static bool is_container(const uint8_t *p, size_t len)
{
	static const struct {
		const char *magic;
		uint8_t len;
		uint16_t at;
	} magics[] = {
		{ "PK\3\4", 4, 0 },	      { "PK\5\6", 4, 0 },   { "7z\xbc\xaf\x27\x1c", 6, 0 }, { "ustar", 5, 257 },
		{ "070701", 6, 0 },	      { "070702", 6, 0 },   { "070707", 6, 0 },	      { "\xfd" "7zXZ", 6, 0 },
		{ "BZh", 3, 0 },	      { "\x04\x22\x4d\x18", 4, 0 }, { "\x5d\0\0", 3, 0 },
	};

	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		if (len >= (size_t)magics[i].at + magics[i].len && !memcmp(p + magics[i].at, magics[i].magic, magics[i].len))
			return true;
	}
	return false;
}

/* A plain, gzip or zstd capture, by its first bytes. */
static bool is_capture(const uint8_t *p, size_t len)
{
	uint8_t plain[HC_FILTER_OUT_MIN];

	if (len < 4)
		return false;
	if (hc_le32(p) == HC_BLOCK_SHB)
		return true;
	return decode_some(p, len, plain, sizeof plain) >= 4 && hc_le32(plain) == HC_BLOCK_SHB;
}

bool hc_archive_detect(struct hc_source *s)
{
	uint8_t plain[HC_FILTER_OUT_MIN];
	size_t n, before;

	if (s->member)
		return true;
	if (hc_source_want(s, 4) < 0 || s->len < 4 || hc_le32(s->p) == HC_BLOCK_SHB)
		return false;
	/* A pipe that does carry a capture must not wait for more than there is. */
	if (hc_source_want(s, !s->eager ? LOOK_AHEAD : hc_filter_is_compressed(s->p) ? 4 : 512) < 0)
		return false;
	/* What begins as gzip or zstd is that, whatever stands further on. */
	if (!hc_filter_is_compressed(s->p) && is_container(s->p, s->len))
		return true;
	/* More is waited for only until the first plain bytes can be seen. */
	do {
		before = s->len;
		n = decode_some(s->p, s->len, plain, sizeof plain);
		/* A capture, or neither compressed nor a container. */
		if (n >= 4 && (hc_le32(plain) == HC_BLOCK_SHB || hc_le32(plain) == hc_le32(s->p)))
			return false;
	} while (n < 512 && s->len < LOOK_AHEAD && hc_source_more(s) > 0 && s->len > before);
	return is_container(plain, n);
}

/* ---- choosing a member ---- */

static void read_head(struct member *m)
{
	m->head_len = m->head_at = 0;
	m->failed = false;
	while (m->head_len < LOOK_AHEAD) {
		la_ssize_t n = hc_archive_input_read(&m->input, m->head + m->head_len, LOOK_AHEAD - m->head_len);

		if (n < 0)
			note_damage(m);
		if (n <= 0)
			return;
		m->head_len += (size_t)n;
	}
}

static bool same_name(const char *entry, const char *wanted)
{
	if (!strncmp(entry, "./", 2))
		entry += 2;
	if (!strncmp(wanted, "./", 2))
		wanted += 2;
	return !strcmp(entry, wanted);
}

/* What a look through the archive found. */
struct found {
	unsigned captures;
	struct hc_buf first;  /* name of the first capture */
	struct hc_buf listed; /* names for a message: the captures or, if there are none, all members */
	struct hc_buf others;
	unsigned entries;
};

static void list(struct hc_buf *b, const char *name, unsigned n)
{
	if (n < LISTED_MAX)
		hc_buf_printf(b, "%s%s", n ? ", " : "", name);
	else if (n == LISTED_MAX)
		hc_buf_puts(b, " ...");
}

/* Goes to the member called wanted or, with NULL, to the first capture; stops there. ARCHIVE_OK, _EOF or an error. With
 * all set it does not stop. */
static int look(struct member *m, const char *wanted, bool all, struct found *found)
{
	struct archive_entry *e;
	int r;

	while ((r = hc_archive_input_next(&m->input, &e)) == ARCHIVE_OK || r == ARCHIVE_WARN) {
		const char *name = archive_entry_pathname(e);

		if (!name || archive_entry_filetype(e) == AE_IFDIR)
			continue;
		if (found->entries >= ENTRIES_MAX)
			return ARCHIVE_EOF;
		list(&found->others, name, found->entries++);
		if (wanted && !same_name(name, wanted))
			continue;
		read_head(m);
		if (!wanted && !is_capture(m->head, m->head_len))
			continue;
		if (!found->captures)
			hc_buf_puts(&found->first, name);
		list(&found->listed, name, found->captures++);
		if (!all)
			return ARCHIVE_OK;
	}
	return r;
}

static int no_member(struct member *m, const char *name, const char *wanted, const struct found *found, int r,
		     struct hc_diag *diag)
{
	if (r != ARCHIVE_EOF && !found->entries)
		return hc_diag_set_off(diag, HC_READ_UNSUPPORTED, name, -1, "cannot be opened as an archive: %s",
				       hc_archive_input_error(&m->input));
	if (wanted)
		return hc_diag_set_off(diag, HC_READ_UNSUPPORTED, name, -1, "no member '%s' in this archive; it has: %s", wanted,
				       found->others.p ? found->others.p : "none");
	return hc_diag_set_off(diag, HC_READ_UNSUPPORTED, name, -1, "no capture in this archive; it has: %s",
			       found->others.p ? found->others.p : "no members");
}

static int choose(struct member *m, const char *name, const char *wanted, struct hc_diag *diag)
{
	struct hc_buf only HC_BUF_DONE = { 0 };
	struct found found = { 0 };
	int r = look(m, wanted, !wanted && m->input.seekable, &found), x = 0;

	if (!found.captures) {
		x = no_member(m, name, wanted, &found, r, diag);
	} else if (found.captures > 1) {
		x = hc_diag_set_off(diag, HC_READ_UNSUPPORTED, name, -1,
				    "%u captures in this archive; choose one by :MEMBER behind its name (%s)", found.captures,
				    found.listed.p);
	} else if (!wanted && m->input.seekable) {
		hc_buf_puts(&only, found.first.p);
	}
	hc_buf_done(&found.first);
	hc_buf_done(&found.listed);
	hc_buf_done(&found.others);
	if (x || !only.p)
		return x;
	/* Looking for others went past it. */
	found = (struct found){ 0 };
	if (hc_archive_input_reopen(&m->input) == ARCHIVE_OK)
		look(m, only.p, false, &found);
	x = found.captures ? 0 : hc_diag_set_off(diag, -EIO, name, -1, "the archive changed while it was read");
	hc_buf_done(&found.first);
	hc_buf_done(&found.listed);
	hc_buf_done(&found.others);
	return x;
}

int hc_archive_open(struct hc_source **ret, struct hc_source *file, const char *name, struct hc_diag *reterr_diag)
{
	struct member *m = hc_calloc(1, sizeof *m);
	struct hc_source *s;
	int r;

	m->input.file = file;
	m->head = hc_malloc(LOOK_AHEAD);
	if (hc_archive_input_open(&m->input, false) != ARCHIVE_OK)
		r = hc_diag_set_off(reterr_diag, HC_READ_UNSUPPORTED, name, -1, "cannot be opened as an archive: %s",
				    hc_archive_input_error(&m->input));
	else
		r = choose(m, name, file->member, reterr_diag);
	if (r) {
		free_member(m);
		return r;
	}
	s = hc_source_new(member_read, member_done, m);
	*ret = s;
	return 0;
}
