/* SPDX-License-Identifier: Apache-2.0
 *
 * Small files as a whole: read up to a cap, written through outfile.h. And what every program does before it opens a file.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/diag.h"

/* Appends the file's bytes to buf. 0 or negative errno with diag; -EFBIG beyond max bytes. */
int hc_file_read(struct hc_buf *buf, const char *path, size_t max, struct hc_diag *reterr_diag);
/* The same of an open descriptor, from where it stands; path is for messages. */
int hc_file_read_fd(struct hc_buf *buf, int fd, const char *path, size_t max, struct hc_diag *reterr_diag);
/* All of it or nothing becomes the file of that name and mode (see outfile.h). 0 or negative errno with diag. */
int hc_file_write(const char *path, const void *p, size_t len, mode_t mode, struct hc_diag *reterr_diag);
/* Occupies the numbers 0 to 2 where the standard streams were closed, or a file opened later would get one and be taken for
 * standard output or error: messages would end up in a capture. Reading and writing fail as if they were closed. To be called
 * first of all. */
void hc_file_hold_standard(void);
/* All of it, whatever write(2) does in between. 0 or negative errno. */
int hc_file_write_fd(int fd, const void *p, size_t len);
