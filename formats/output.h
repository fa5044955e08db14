/* SPDX-License-Identifier: Apache-2.0
 *
 * An output file that appears under its name only when it is complete: written beside it under a temporary name, then
 * renamed. An interrupted command leaves neither.
 */
#pragma once

#include <stdbool.h>

#include "common/diag.h"
#include "formats/writer.h"

struct hc_output {
	struct hc_writer *writer;
	char *path, *temp; /* owned; temp NULL: standard output */
	int fd;            /* a second descriptor of the file, to sync it; -1 for standard output */
};

/* Creates the output for path ("-": standard output), readable by its owner only. From here on SIGINT, SIGTERM and
 * SIGHUP only set a flag: see hc_output_interrupted. */
int hc_output_open(struct hc_output *ret, const char *path, const struct hc_writer_options *options,
		   struct hc_diag *reterr_diag);
/* Completes the file and puts it in its place; or, with keep false or on error, removes it. 0 or the first error. */
int hc_output_close(struct hc_output *output, bool keep, struct hc_diag *reterr_diag);
bool hc_output_interrupted(void);

/* What --compress and the name of the output ask for: by name .zst means zstd, .gz gzip, all else none. -EINVAL: no such
 * method. */
int hc_output_compression(const char *option, const char *path, enum hc_compress *ret);
