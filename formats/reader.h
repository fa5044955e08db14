/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading captures: whatever the bytes are wrapped in, events come out in the current schema.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/diag.h"
#include "common/event.h"
#include "formats/section.h"

struct hc_reader;
struct hc_source;

/* Outcomes of hc_reader_next besides 0 (an event) and negative errno (dead handle: I/O error). */
enum hc_read {
	HC_READ_EVENT = 0,
	HC_READ_EOF,         /* regular end */
	HC_READ_SECTION,     /* a new section began: hc_reader_section() tells of it, all host state starts anew */
	HC_READ_SKIPPED,     /* bytes were lost (range and cause in diag); reading goes on behind them */
	HC_READ_TRUNCATED,   /* the input ends inside something; everything before was delivered; final */
	HC_READ_UNSUPPORTED, /* cannot be read from here on (version, byte order); final */
};

struct hc_reader_options {
	bool decompress_ahead; /* on a second thread; worth it for big inputs */
	bool follow;           /* at the end wait for more, as tail -f does */
	size_t lists_max;      /* bytes a section's lists may take; 0: HC_READER_LISTS_MAX */
	bool raw;              /* no conversion: events as stored, all versions (info, convert --raw) */
};

/* What reading may cost in memory, whatever the file says: a block as long as it really is, up to 256 MiB (formats/block.h);
 * a section's lists, up to this; the zstd window, up to 128 MiB (formats/filter.h); stored enter events, up to 64 MiB
 * (formats/convert.h). A capture of an ordinary host takes 10 MiB. */
enum { HC_READER_LISTS_MAX = 512 << 20 };

/* Opens path ("-" is standard input; "ARCHIVE" picks the only capture inside, "ARCHIVE:MEMBER" a named one) and reads
 * up to the first event. options may be NULL. Returns 0, HC_READ_UNSUPPORTED or HC_READ_TRUNCATED (not a capture: diag
 * says what it looks like instead), or negative errno. */
int hc_reader_open(struct hc_reader **ret, const char *path, const struct hc_reader_options *options, struct hc_diag *reterr_diag);
struct hc_reader *hc_reader_close(struct hc_reader *reader);
HC_DEFINE_CLEANUP(struct hc_reader *, hc_reader_close);

/* The same over a source (taken, also on failure) or memory (borrowed until close); name is for messages, copied ("-" is
 * spelled out). */
int hc_reader_open_source(struct hc_reader **ret, struct hc_source *source, const char *name,
			  const struct hc_reader_options *options, struct hc_diag *reterr_diag);
int hc_reader_open_memory(struct hc_reader **ret, const void *p, size_t len, const char *name,
			  const struct hc_reader_options *options, struct hc_diag *reterr_diag);

/* The next event, borrowed until the following call; see enum hc_read. */
int hc_reader_next(struct hc_reader *reader, struct hc_event **ret_event, struct hc_diag *reterr_diag);

/* The current section's lists; borrowed until HC_READ_SECTION or close. */
const struct hc_section *hc_reader_section(const struct hc_reader *reader);

/* Totals so far, for summaries, progress bars and `hindcast info`. */
struct hc_reader_stats {
	uint64_t events, sections, skipped_ranges, skipped_bytes;
	uint64_t stored_enters, filtered; /* kept by the conversion; all that it did not deliver, those included */
	uint64_t bytes_in, bytes_plain; /* consumed of the input; after decompression */
	uint64_t input_size;            /* 0 if unknown (a pipe) */
	const char *compression;        /* "none", "gzip", "zstd"; static */
	uint64_t newer;                 /* events of types this schema does not have: passed over */
	uint64_t section_filtered;      /* events the conversion dropped since the current section began */
	uint64_t forgotten_enters;      /* stored enter events given up because there were too many */
	uint64_t block_types;           /* bit (type & 63) for each type of block met, but for section headers */
};
void hc_reader_stats(const struct hc_reader *reader, struct hc_reader_stats *ret);
