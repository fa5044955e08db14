/* SPDX-License-Identifier: Apache-2.0
 *
 * A capture as an output file (common/outfile.h): it appears under its name only when it is complete, and an interrupted
 * command leaves nothing.
 */
#pragma once

#include <stdbool.h>

#include "common/diag.h"
#include "common/outfile.h"
#include "formats/writer.h"

struct hc_output {
	struct hc_writer *writer;
	struct hc_outfile file;
};

/* Creates the output for path (borrowed until close), readable by its owner only. From here on SIGINT, SIGTERM and
 * SIGHUP only set a flag: see hc_output_interrupted. */
int hc_output_open(struct hc_output *ret, const char *path, const struct hc_writer_options *options,
		   struct hc_diag *reterr_diag);
/* Completes the file and puts it in its place; or, with keep false or on error, removes it. 0 or the first error. */
int hc_output_close(struct hc_output *output, bool keep, struct hc_diag *reterr_diag);
bool hc_output_interrupted(void);

/* What --compress and the name of the output ask for: by name .zst means zstd, .gz gzip, all else none. -EINVAL: no such
 * method. */
int hc_output_compression(const char *option, const char *path, enum hc_compress *ret);
