/* SPDX-License-Identifier: Apache-2.0
 *
 * Members between memory and a directory.
 */
#pragma once

#include "common/buf.h"
#include "common/diag.h"
#include "formats/unarchive.h"

/* All regular files below dir as an archive, sealed, but for names that begin with a dot and an old manifest.json at the top.
 * Anything a bundle cannot hold is an error. ret_left_out: a line for each name passed over. 0; HC_READ_UNSUPPORTED; negative errno. */
int hc_folder_load(struct hc_archive **ret, const char *dir, struct hc_buf *ret_left_out, struct hc_diag *reterr_diag);

/* Makes dir, which must not exist, hold the members: written beside it under a temporary name, then renamed, so that it appears
 * complete or not at all. Nothing outside is touched, nothing is overwritten. 0 or negative errno. */
int hc_folder_make(const char *dir, const struct hc_archive *archive, struct hc_diag *reterr_diag);
