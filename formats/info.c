/* SPDX-License-Identifier: Apache-2.0
 *
 * Gathering the facts `hindcast info` shows. The hash is of the stored bytes, all of them: also of what lies behind an
 * unreadable place, and of an archive as a whole.
 */
#include "formats/info.h"

#include <jansson.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ledger.h"
#include "common/mem.h"
#include "common/progress.h"
#include "formats/block.h"
#include "formats/digest.h"
#include "formats/source.h"

/* ---- the hash ---- */

/* What is hashed: a file apart from reading it (an archive is not read in order), anything else on its way by. */
struct hashing {
	struct sha256_ctx sha;
	struct hc_source *inner; /* owned; NULL for a file */
	int fd;                  /* the file; -1 otherwise */
};

static ssize_t hashing_read(struct hc_source *s, void *buf, size_t cap)
{
	struct hashing *h = s->ctx;
	ssize_t n = h->inner->read(h->inner, buf, cap);

	if (n > 0)
		sha256_update(&h->sha, (size_t)n, buf);
	return n;
}

static int open_hashing(struct hashing *h, struct hc_source **ret, const char *path, struct hc_diag *diag)
{
	struct hc_source *s;
	int r = hc_source_open(&s, path, false, diag);

	if (r < 0)
		return r;
	sha256_init(&h->sha);
	if (!s->eager) {
		h->fd = dup(s->fd);
		*ret = s;
		return 0;
	}
	h->inner = s;
	*ret = hc_source_new(hashing_read, NULL, h);
	(*ret)->eager = true;
	return 0;
}

/* Everything, or what the reader left unread; then the digest. */
static void finish_hash(struct hashing *h, char hex[65])
{
	uint8_t buf[65536], digest[SHA256_DIGEST_SIZE];
	off_t at = 0;
	ssize_t n;

	while ((n = h->inner ? h->inner->read(h->inner, buf, sizeof buf) : pread(h->fd, buf, sizeof buf, at)) > 0) {
		sha256_update(&h->sha, (size_t)n, buf);
		at += n;
	}
	if (n < 0)
		return;
	sha256_digest(&h->sha, sizeof digest, digest);
	hc_digest_hex(digest, hex);
}

/* ---- gathering ---- */

static void *grow(void *array, uint32_t n, size_t size)
{
	return n & (n - 1) ? array : hc_realloc(array, (n ? (size_t)n * 2 : 1) * size);
}

static void add_section(struct hc_info *info, const struct hc_section *s)
{
	struct hc_info_section *to;

	info->sections = grow(info->sections, info->nsections, sizeof *to);
	to = &info->sections[info->nsections++];
	*to = (struct hc_info_section){ s->format_major, s->format_minor, s->has_machine, s->machine, s->nthreads, 0,
					s->nfds, s->ninterfaces, s->nusers, s->ngroups, 0 };
	for (uint32_t i = 0; i < s->nthreads; i++)
		to->processes += s->threads[i].tid == s->threads[i].pid;
}

static void add_damage(struct hc_info *info, const struct hc_diag *diag)
{
	if (info->ndamages >= HC_INFO_DAMAGES_MAX)
		return;
	info->damages = grow(info->damages, info->ndamages, sizeof *info->damages);
	info->damages[info->ndamages++] = (struct hc_info_damage){ diag->off, hc_strdup(diag->text) };
}

static uint64_t lost_in(const char *data, size_t len)
{
	json_t *doc = json_loadb(data, len, 0, NULL);
	json_int_t lost = json_integer_value(json_object_get(doc, "lost"));

	json_decref(doc);
	return lost > 0 ? (uint64_t)lost : 0;
}

static void add_ledger(struct hc_info *info, struct hc_event *ev)
{
	uint32_t name_len, len;
	const char *name = (const char *)hc_event_param(ev, 1, &name_len);
	const char *data = (const char *)hc_event_param(ev, 2, &len);

	if (name_len <= strlen(HC_LEDGER_PREFIX) || memcmp(name, HC_LEDGER_PREFIX, strlen(HC_LEDGER_PREFIX)) || !data)
		return;
	len = (uint32_t)strnlen(data, len);
	name_len = (uint32_t)strnlen(name, name_len);
	if (name_len == strlen(HC_LEDGER_LOSS) && !memcmp(name, HC_LEDGER_LOSS, name_len))
		info->lost += lost_in(data, len);
	/* Corrections of the lists, not facts about the recording, and long. */
	if (name_len == strlen(HC_LEDGER_STATE) && !memcmp(name, HC_LEDGER_STATE, name_len))
		return;
	if (info->nledger >= HC_INFO_LEDGER_MAX)
		return;
	info->ledger = grow(info->ledger, info->nledger, sizeof *info->ledger);
	info->ledger[info->nledger++] = (struct hc_info_ledger){ ev->num, ev->ts_ns, hc_strndup(name, name_len),
								 hc_strndup(data, len) };
}

/* The seven enter events that are still delivered (scap-format.md 13.5) never reach rules. */
static bool is_passing_enter(uint16_t type)
{
	return !(type & 1) && (hc_event_table[type].category & EC_SYSCALL) &&
	       (hc_event_table[type].flags & EF_CONVERTER_MANAGED);
}

static void add_event(struct hc_info *info, struct hc_event *ev, uint64_t *last_ns)
{
	info->by_type[ev->type]++;
	info->sections[info->nsections - 1].events++;
	info->state_only += ev->flags & HC_EVENT_STATE_ONLY;
	info->enters += is_passing_enter(ev->type);
	info->drop_marks += ev->type == PPME_DROP_E;
	if (ev->type == PPME_ASYNCEVENT_E)
		add_ledger(info, ev);
	/* Not set: 0 in old container events, all ones in events made in user space (scap-format.md 9.1). */
	if (ev->ts_ns == 0 || ev->ts_ns == UINT64_MAX)
		return;
	if (!info->first_ns || ev->ts_ns < info->first_ns)
		info->first_ns = ev->ts_ns;
	if (ev->ts_ns > info->last_ns)
		info->last_ns = ev->ts_ns;
	if (ev->ts_ns < *last_ns)
		info->backwards++;
	else if (*last_ns && ev->ts_ns - *last_ns > info->silence_ns) {
		info->silence_ns = ev->ts_ns - *last_ns;
		info->silence_at = ev->num;
	}
	*last_ns = ev->ts_ns;
}

static int gather(struct hc_info *info, struct hc_reader *reader, bool show_progress, struct hc_diag *diag)
{
	struct hc_progress progress;
	struct hc_event *ev;
	uint64_t last_ns = 0;
	int r;

	hc_progress_init(&progress, "reading", show_progress);
	add_section(info, hc_reader_section(reader));
	for (;;) {
		r = hc_reader_next(reader, &ev, diag);
		if (r == HC_READ_EVENT) {
			add_event(info, ev, &last_ns);
			if (hc_progress_due(&progress)) {
				hc_reader_stats(reader, &info->stats);
				hc_progress_show(&progress, info->stats.bytes_in, info->stats.input_size, info->stats.events,
						 "events");
			}
		} else if (r == HC_READ_SECTION) {
			add_section(info, hc_reader_section(reader));
			last_ns = 0;
		} else if (r == HC_READ_EOF || r < 0) {
			break;
		} else {
			add_damage(info, diag);
			info->truncated |= r == HC_READ_TRUNCATED;
			info->unsupported |= r == HC_READ_UNSUPPORTED;
			if (r != HC_READ_SKIPPED)
				break;
		}
	}
	hc_progress_clear(&progress);
	hc_reader_stats(reader, &info->stats);
	return r < 0 ? r : 0;
}

int hc_info_read(struct hc_info *ret, const char *path, bool raw, bool hash, bool show_progress,
		 struct hc_diag *reterr_diag)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	struct hc_reader_options options = { .raw = raw };
	struct hashing hashing = { .fd = -1 };
	struct hc_source *source;
	struct hc_diag unwanted;
	int r;

	*ret = (struct hc_info){ 0 };
	if (!reterr_diag)
		reterr_diag = &unwanted;
	if (!hash) {
		r = hc_reader_open(&reader, path, &options, reterr_diag);
	} else {
		r = open_hashing(&hashing, &source, path, reterr_diag);
		if (r < 0)
			return r;
		r = hc_reader_open_source(&reader, source, path, &options, reterr_diag);
	}
	if (!r)
		r = gather(ret, reader, show_progress, reterr_diag);
	if (hash && !r)
		finish_hash(&hashing, ret->sha256);
	/* The reader goes first: its source reads through the hashing one. */
	reader = hc_reader_close(reader);
	hc_source_close(hashing.inner);
	if (hashing.fd >= 0)
		close(hashing.fd);
	if (r)
		hc_info_done(ret);
	return r;
}

int hc_info_read_memory(struct hc_info *ret, const void *p, size_t len, const char *name, struct hc_diag *reterr_diag)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	int r = hc_reader_open_memory(&reader, p, len, name, NULL, reterr_diag);

	*ret = (struct hc_info){ 0 };
	if (!r)
		r = gather(ret, reader, false, reterr_diag);
	if (r)
		hc_info_done(ret);
	return r;
}

void hc_info_done(struct hc_info *info)
{
	for (uint32_t i = 0; i < info->nledger; i++) {
		free(info->ledger[i].name);
		free(info->ledger[i].data);
	}
	for (uint32_t i = 0; i < info->ndamages; i++)
		free(info->damages[i].text);
	free(info->sections);
	free(info->ledger);
	free(info->damages);
	*info = (struct hc_info){ 0 };
}

/* ---- summaries ---- */

void hc_info_blocks(const struct hc_info *info, struct hc_buf *to)
{
	static const struct {
		uint32_t type;
		const char *name;
	} blocks[] = {
		{ HC_BLOCK_MI, "MI" },		  { HC_BLOCK_PL_V1, "PL V1" },	{ HC_BLOCK_PL_V2, "PL V2" },
		{ HC_BLOCK_PL_V3, "PL V3" },	  { HC_BLOCK_PL_V4, "PL V4" },	{ HC_BLOCK_PL_V5, "PL V5" },
		{ HC_BLOCK_PL_V6, "PL V6" },	  { HC_BLOCK_PL_V7, "PL V7" },	{ HC_BLOCK_PL_V8, "PL V8" },
		{ HC_BLOCK_PL_V9, "PL V9" },	  { HC_BLOCK_FDL_V1, "FDL V1" }, { HC_BLOCK_FDL_V2, "FDL V2" },
		{ HC_BLOCK_IL_V1, "IL V1" },	  { HC_BLOCK_IL_V2, "IL V2" },	{ HC_BLOCK_UL_V1, "UL V1" },
		{ HC_BLOCK_UL_V2, "UL V2" },	  { HC_BLOCK_EV_V1, "EV V1" },	{ HC_BLOCK_EVF_V1, "EVF V1" },
		{ HC_BLOCK_EV_V2, "EV V2" },	  { HC_BLOCK_EVF_V2, "EVF V2" }, { HC_BLOCK_EV_V2_LARGE, "EV V2 LARGE" },
		{ HC_BLOCK_EVF_V2_LARGE, "EVF V2 LARGE" },
	};
	const char *separator = "";

	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
		if (info->stats.block_types & 1ULL << (blocks[i].type & 63)) {
			hc_buf_printf(to, "%s%s", separator, blocks[i].name);
			separator = ", ";
		}
	}
}

static int by_count(const void *a, const void *b, void *counts)
{
	uint16_t x = *(const uint16_t *)a, y = *(const uint16_t *)b;
	const uint64_t *n = counts;

	return n[x] != n[y] ? (n[x] < n[y] ? 1 : -1) : (x > y) - (x < y);
}

uint32_t hc_info_types(const struct hc_info *info, uint16_t *ret_types)
{
	uint32_t n = 0;

	for (uint32_t t = 0; t < HC_EVENT_COUNT; t++) {
		if (info->by_type[t])
			ret_types[n++] = (uint16_t)t;
	}
	qsort_r(ret_types, n, sizeof *ret_types, by_count, (void *)info->by_type);
	return n;
}
