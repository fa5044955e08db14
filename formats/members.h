/* SPDX-License-Identifier: Apache-2.0
 *
 * Captures inside archives (tar, zip, 7-zip, cpio) and in compressions that are not ours (xz, bzip2, lz4 ...), through
 * libarchive.
 */
#pragma once

#include "common/diag.h"
#include "formats/source.h"

/* Do the unread bytes of source look like something that must go through hc_archive_open? Reads ahead, consumes
 * nothing. */
bool hc_archive_detect(struct hc_source *source);

/* A source of the member's bytes: the one called source->member or, if that is NULL, the only one that is a capture.
 * source is taken, also on failure. Where source cannot be rewound (a pipe) the first capture is taken. Returns 0,
 * HC_READ_UNSUPPORTED (no such member, several captures, no capture, not an archive) or negative errno. */
int hc_archive_open(struct hc_source **ret, struct hc_source *source, const char *name, struct hc_diag *reterr_diag);
