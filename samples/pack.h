/* SPDX-License-Identifier: Apache-2.0
 *
 * Bundles as bytes: a tar of the members in one zstd frame. The same members give the same bytes: manifest first, the rest
 * sorted by the bytes of their names, owner 0, mode 0644, 1980, no names of people; one thread, fixed level. (Another version
 * of libzstd may compress differently; what is inside stays the same.)
 */
#pragma once

#include "common/buf.h"
#include "common/diag.h"
#include "formats/unarchive.h"

/* Gives the archive, sealed and without a manifest, its manifest, and ret the bundle. 0; HC_READ_UNSUPPORTED or
 * negative errno with diag. name is for messages. */
int hc_pack(struct hc_buf *ret, struct hc_archive *archive, const char *name, struct hc_diag *reterr_diag);
