/* SPDX-License-Identifier: Apache-2.0
 *
 * manifest.json: what a bundle says of itself. Made from the members alone, so that the same members give the same bytes;
 * no time of packing, no name of the machine or the person.
 *
 *   format "hindcast-bundle", version 1   keys are only ever added; a higher version is refused
 *   tool {name, version}                  what packed it
 *   schema {capture, rules_engine}        versions of what it understands
 *   title, description, kind, techniques, references, license   from bundle.yaml, as far as given
 *   captures [{member, format, compression, events, first_ns, last_ns, lost, sound, machine, ledger}]   ledger: how it was
 *                                         recorded, cut and redacted (common/ledger.h), without what belongs to intervals
 *   members [{name, size, sha256}]        all but the manifest, sorted by the bytes of the names
 */
#pragma once

#include <jansson.h>

#include "common/buf.h"
#include "common/diag.h"
#include "formats/unarchive.h"

enum { HC_MANIFEST_VERSION = 1, HC_MANIFEST_BYTES_MAX = 8 << 20 };

/* The manifest of the archive's members as text. 0 or HC_READ_UNSUPPORTED (what is named as a capture is none, bundle.yaml does
 * not say what it should) with diag. */
int hc_manifest_make(struct hc_buf *ret, const struct hc_archive *archive, struct hc_diag *reterr_diag);

/* Reads one. archive_name is for messages. 0 or HC_READ_UNSUPPORTED. */
int hc_manifest_parse(json_t **ret, const struct hc_archive_member *member, const char *archive_name,
		      struct hc_diag *reterr_diag);
/* Members against manifest, in the manifest's order, then those it does not list. member: its name; m: NULL if it is missing;
 * problem: NULL if it is as it should be. Returns how many problems there are. */
typedef void (*hc_manifest_fn)(void *ctx, const char *member, const struct hc_archive_member *m, const char *problem);
unsigned hc_manifest_check(const json_t *manifest, const struct hc_archive *archive, hc_manifest_fn fn, void *ctx);
