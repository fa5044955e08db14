/* SPDX-License-Identifier: Apache-2.0
 *
 * The snapshot's half of the kernel side: the BPF iterators that list threads and descriptors (bpf/snapshot.bpf.c).
 * Loading them needs the privileges of the start, reading them again for a later file needs none.
 */
#pragma once

#include <stdbool.h>

#include "common/cleanup.h"
#include "common/diag.h"
#include "record/snapshot.h"

enum hc_iterators_use { HC_ITERATORS_AUTO, HC_ITERATORS_NEVER, HC_ITERATORS_ALWAYS };

struct hc_iterators;

/* "auto", "proc" or "bpf"; negative: none of them. */
int hc_iterators_parse(const char *text);
/* Loads the iterators. What stands in their way is an error for ALWAYS only. */
int hc_iterators_new(struct hc_iterators **ret, enum hc_iterators_use use, struct hc_diag *reterr_diag);
struct hc_iterators *hc_iterators_free(struct hc_iterators *iterators);
HC_DEFINE_CLEANUP(struct hc_iterators *, hc_iterators_free);

/* Will snapshots be read from /proc? */
bool hc_iterators_missing(const struct hc_iterators *iterators);

/* hc_snapshot_take by iterators if they are there, else from /proc; ret_source->why says why they are not, unless that was
 * asked for. */
int hc_iterators_snapshot(const struct hc_iterators *iterators, struct hc_section *section, const char *host_root,
			  struct hc_snapshot_source *ret_source, struct hc_diag *reterr_diag);
