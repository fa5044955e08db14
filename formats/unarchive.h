/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole archive in memory: its regular files by name, after everything was refused that a hostile one could hold
 * against whoever unpacks it. For bundles, whose rules and tests are needed before a process confines itself; captures too
 * big for that are read as members (formats/members.h).
 *
 * Invariant: once loaded or sealed, every name is one that hc_archive_name_problem accepts, no two are equal (letter case aside), none is a
 * directory of another.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/diag.h"
#include "formats/source.h"

/* What loading may cost, whatever the archive says. A capture beyond that is better cut first. */
enum {
	HC_ARCHIVE_MEMBERS_MAX = 4096,
	HC_ARCHIVE_NAME_MAX = 255,            /* bytes; what the oldest tar holds */
	HC_ARCHIVE_BYTES_MAX = 512 << 20,     /* of all members together */
	HC_ARCHIVE_RATIO_MAX = 500,           /* unpacked to stored bytes ... */
	HC_ARCHIVE_RATIO_FREE = 16 << 20,     /* ... once this much was unpacked */
};

struct hc_archive_member {
	const char *name; /* as a path with '/', relative; owned by the archive */
	const uint8_t *p; /* likewise; a NUL stands behind the last byte */
	size_t len;
};

struct hc_archive {
	struct hc_archive_member *members; /* sorted by the bytes of their names */
	uint32_t n, cap;
	uint64_t bytes; /* of all members */
};

/* Reads all of source, which is taken, also on failure; name is for messages. Returns 0; HC_READ_UNSUPPORTED (no archive, or
 * one that is refused; diag names the member); HC_READ_TRUNCATED (damaged); or negative errno. */
int hc_archive_load(struct hc_archive **ret, struct hc_source *source, const char *name, struct hc_diag *reterr_diag);
struct hc_archive *hc_archive_free(struct hc_archive *archive);
HC_DEFINE_CLEANUP(struct hc_archive *, hc_archive_free);

/* The member of that name, or NULL; borrowed. */
const struct hc_archive_member *hc_archive_get(const struct hc_archive *archive, const char *name);

/* For making one: the name is copied, the data taken; HC_ARCHIVE_BYTES_MAX is the caller's to mind. Then seal, which sorts and
 * checks what hc_archive_load promises of all names together (not of each): 0 or HC_READ_UNSUPPORTED. */
void hc_archive_add(struct hc_archive *archive, const char *name, struct hc_buf *data);
int hc_archive_seal(struct hc_archive *archive, const char *name, struct hc_diag *reterr_diag);

/* Why no member may be called that ("climbs out with '..'"), or NULL: relative, components that are no dots, printable ASCII
 * without what a shell or another system would trip over. One spelling for each name: nothing to normalise. */
const char *hc_archive_name_problem(const char *name);
/* The name for messages: escaped and shortened into buf; returns buf. */
const char *hc_archive_name_show(const char *name, char *buf, size_t size);
