/* SPDX-License-Identifier: Apache-2.0
 *
 * A file that gets its name when it is worth having one. Until then it has none (O_TMPFILE), so whatever ends us before
 * that leaves nothing behind, and a file of that name from before stays what it was. Where the file system has no nameless
 * files it is a hidden one beside its place, which a SIGKILL can leave there.
 *
 * Never through a symbolic link, never in a directory where others could exchange it under our hands, always mode 0600:
 * captures hold what the whole host read and wrote. Devices and pipes have their names already and are simply opened.
 */
#pragma once

#include <stdbool.h>

#include "common/cleanup.h"
#include "common/diag.h"

struct hc_newfile;

/* Creates the file that shall be path's (copied). */
int hc_newfile_create(struct hc_newfile **ret, const char *path, struct hc_diag *reterr_diag);
/* Without a name the file is gone with its last descriptor. NULL is fine. */
struct hc_newfile *hc_newfile_free(struct hc_newfile *file);
HC_DEFINE_CLEANUP(struct hc_newfile *, hc_newfile_free);

/* A descriptor to write with; owned by the caller; negative errno if there is none left. */
int hc_newfile_fd(const struct hc_newfile *file);
/* Puts the file where it belongs, in the place of the one there; nothing if that was done before. Needs the right to write
 * into the directory, as creating did. */
int hc_newfile_publish(struct hc_newfile *file, struct hc_diag *reterr_diag);
/* Has somebody removed it since it has its name? */
bool hc_newfile_is_deleted(const struct hc_newfile *file);
/* Its directory, for questions about the file system; borrowed until free; -1 for devices and pipes. */
int hc_newfile_dir(const struct hc_newfile *file);

/* -EBUSY and a message, which calls it path, if a recorder is writing the file of that name in dir: replacing it would cost
 * all that is in it. */
int hc_newfile_check_unused(int dir, const char *name, const char *path, struct hc_diag *reterr_diag);

/* Does path's directory belong to somebody else? Then root needs a capability to write there. */
bool hc_newfile_dir_is_foreign(const char *path);

/* The directory of path, opened (owned by the caller), if it is one to write into. */
int hc_newfile_open_dir(const char *path, struct hc_diag *reterr_diag);
