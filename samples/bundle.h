/* SPDX-License-Identifier: Apache-2.0
 *
 * A bundle: one archive with captures, the rules that speak about them, tests, and a manifest that says what each member
 * is and how the captures were made. docs/sharing.md has the layout.
 *
 * Invariant: a bundle that was opened agrees with its manifest, to the byte. An archive without one opens as well; its
 * `manifest` is NULL.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "formats/unarchive.h"
#include "replay/inside.h"

/* Members with a meaning of their own. */
#define HC_BUNDLE_MANIFEST "manifest.json" /* made by pack, checked by everyone */
#define HC_BUNDLE_ABOUT "bundle.yaml"      /* title, licence ...: written by people, copied into the manifest */
#define HC_BUNDLE_TAIL ".tar.zst" /* what is taken for a bundle where directories are searched */
/* Rules are where hc_inside_is_rules (replay/inside.h) finds them. */

struct hc_bundle {
	struct hc_archive *archive; /* owned; its members are read directly: sorted, in memory */
	json_t *manifest;           /* owned; NULL: the archive has none */
};

/* Is path an archive, by its content, rather than a capture or anything else? False if it cannot be opened. */
bool hc_bundle_is(const char *path);

/* Opens and checks. 0; HC_READ_UNSUPPORTED or HC_READ_TRUNCATED (refused, damaged, not what its manifest says: diag names the
 * member); or negative errno. */
int hc_bundle_open(struct hc_bundle **ret, const char *path, struct hc_diag *reterr_diag);
/* The same over a source, which is taken, also on failure; name is for messages. */
int hc_bundle_open_source(struct hc_bundle **ret, struct hc_source *source, const char *name, struct hc_diag *reterr_diag);
struct hc_bundle *hc_bundle_close(struct hc_bundle *bundle);
HC_DEFINE_CLEANUP(struct hc_bundle *, hc_bundle_close);

/* Appends the name that `path` means to a file of a bundle called `from`, or to its root ("": the root itself). False: it leads
 * outside. */
bool hc_bundle_path(const char *from, const char *path, struct hc_buf *ret);
/* The member that `path` means to a file of the bundle called `from` ("tests/a.test.yaml" and "../x.scap.zst" is "x.scap.zst");
 * from NULL: to the bundle's root. NULL if there is none, or path leads outside. Borrowed. */
const struct hc_archive_member *hc_bundle_resolve(const struct hc_bundle *bundle, const char *from, const char *path);
/* The next member after `last` (NULL: from the first) whose name begins with prefix and ends with suffix; NULL: no more. For
 * "all tests": prefix "", suffix HC_INSIDE_TEST_SUFFIX. */
const struct hc_archive_member *hc_bundle_next(const struct hc_bundle *bundle, const struct hc_archive_member *last,
					       const char *prefix, const char *suffix);
