/* SPDX-License-Identifier: Apache-2.0
 *
 * An output file that is there whole or not at all: written beside its place under a hidden name, put there at the end.
 * What stands in its place and is no file (a device, a pipe, "-" for standard output) is opened and written as it is.
 * Never through a symbolic link to a file: who can plant one should not choose what is replaced.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/diag.h"

struct hc_outfile {
	const char *name; /* for messages: the path, or "standard output"; borrowed from the caller */
	char *temp;       /* owned: the hidden name; NULL: written as it is */
	int fd;           /* owned */
};

/* path is borrowed until close; mode is the finished file's. 0 or negative errno with diag. */
int hc_outfile_open(struct hc_outfile *ret, const char *path, mode_t mode, struct hc_diag *reterr_diag);
/* Puts the file in its place, on the disk and by name; or, with keep false and on error, removes it. 0 or the error. */
int hc_outfile_close(struct hc_outfile *file, bool keep, struct hc_diag *reterr_diag);
