/* SPDX-License-Identifier: Apache-2.0
 *
 * A libarchive handle that reads from a source. Only formats and filters that are decoded inside libarchive are allowed:
 * none of those that start another program.
 */
#pragma once

#include <archive.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/source.h"

/* Zero-initialise, set file. Stays where it is while open: libarchive holds its address. */
struct hc_archive_input {
	struct archive *archive;
	struct hc_source *file; /* owned: the archive's bytes */
	size_t given;           /* bytes of file->p that libarchive holds, to be skipped on its next call */
	bool seekable;          /* set by open */

	const uint8_t *block; /* of the current member: what libarchive decoded and is not read yet */
	size_t block_len, hole; /* zeros to give before it */
	la_int64_t at; /* bytes of the member that were read */
};

/* strict: nothing may stand behind a tar's end; more members there come like the others, anything else is damage. Otherwise a
 * tar ends at its end, and bytes that are no archive but compressed count as one with a single member. ARCHIVE_OK or
 * libarchive's error. */
int hc_archive_input_open(struct hc_archive_input *input, bool strict);
/* From the beginning again, not strict; for seekable ones. */
int hc_archive_input_reopen(struct hc_archive_input *input);
void hc_archive_input_done(struct hc_archive_input *input);
/* Goes to the next member, as archive_read_next_header. */
int hc_archive_input_next(struct hc_archive_input *input, struct archive_entry **ret);
/* Up to cap bytes of the member: how many, 0 at its end, or libarchive's error. Unlike archive_read_data, which keeps to
 * itself what it had when the archive turns out to be cut or damaged, this gives every byte before that. */
la_ssize_t hc_archive_input_read(struct hc_archive_input *input, void *buf, size_t cap);
/* libarchive's words for what is wrong. */
const char *hc_archive_input_error(const struct hc_archive_input *input);
