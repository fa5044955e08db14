/* SPDX-License-Identifier: Apache-2.0
 *
 * What is in a capture, counted in one pass: for `hindcast info` and for tests.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/diag.h"
#include "common/schema.h"
#include "formats/reader.h"

enum { HC_INFO_DAMAGES_MAX = 1000, HC_INFO_LEDGER_MAX = 10000 };

struct hc_info_section {
	uint16_t format_major, format_minor;
	bool has_machine;
	struct hc_machine machine;
	uint32_t threads, processes, fds, interfaces, users, groups;
	uint64_t events;
};

/* A ledger entry (common/ledger.h): an async event "hindcast.NAME" with a JSON document. */
struct hc_info_ledger {
	uint64_t num, ts_ns;
	char *name, *data; /* owned */
};

struct hc_info_damage {
	int64_t off; /* plain offset */
	char *text;  /* owned */
};

struct hc_info {
	char sha256[65]; /* of the stored bytes, hexadecimal; empty if not asked for */
	struct hc_reader_stats stats;
	struct hc_info_section *sections;
	struct hc_info_ledger *ledger;
	struct hc_info_damage *damages; /* the first HC_INFO_DAMAGES_MAX */
	uint32_t nsections, nledger, ndamages;
	bool truncated, unsupported; /* how reading ended, if not regularly */
	uint64_t by_type[HC_EVENT_COUNT];
	uint64_t state_only, enters;     /* events that never reach rules: marked so; the enter events that pass */
	uint64_t drop_marks;             /* PPME_DROP_E: the driver began to thin out */
	uint64_t first_ns, last_ns;      /* smallest and biggest time stamp; 0 if none is set */
	uint64_t backwards;              /* events older than the one before */
	uint64_t silence_ns, silence_at; /* longest time between two events; number of the event that ended it */
	uint64_t lost;                   /* sum of the ledger's losses */
};

/* Reads the whole of path. Returns 0 or HC_READ_UNSUPPORTED, HC_READ_TRUNCATED (not a capture at all) or negative errno with
 * reterr_diag; damage inside is no error but in ret. show_progress: a line on stderr if it takes long. */
int hc_info_read(struct hc_info *ret, const char *path, bool raw, bool hash, bool show_progress,
		 struct hc_diag *reterr_diag);
/* The same of a capture in memory, without the hash and what to show meanwhile. */
int hc_info_read_memory(struct hc_info *ret, const void *p, size_t len, const char *name, struct hc_diag *reterr_diag);
void hc_info_done(struct hc_info *info);

/* Is all of it there, as far as the format tells? */
static inline bool hc_info_is_sound(const struct hc_info *info)
{
	return !info->ndamages && !info->truncated && !info->unsupported;
}

/* Names of the block versions met: "EV V2, FDL V2, ..." */
void hc_info_blocks(const struct hc_info *info, struct hc_buf *to);
/* Event types by falling count, at most HC_EVENT_COUNT; returns how many. */
uint32_t hc_info_types(const struct hc_info *info, uint16_t *ret_types);
