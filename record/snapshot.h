/* SPDX-License-Identifier: Apache-2.0
 *
 * What the host looks like at one moment: machine, threads, file descriptors, interfaces, users and groups
 * (scap-format.md 16), in the form the writer puts before a capture's first event. Threads and descriptors come from the
 * kernel's iterators (record/iterators.h) where there are any, else from /proc; the rest is from /proc and /etc.
 */
#pragma once

#include "common/diag.h"
#include "formats/section.h"

/* Two files with the records of bpf/snapshot-abi.h. */
struct hc_snapshot_iterators {
	int tasks, files; /* readable from their beginning; borrowed */
};

/* How a snapshot was taken. */
struct hc_snapshot_source {
	bool iterators; /* else /proc */
	char why[160];  /* why not by iterators, though there were some; else empty */
};

/* Fills *section, which the caller initialised and owns. host_root is put before every path ("" on the host itself;
 * what HOST_ROOT says inside a container). iterators may be NULL; what they do not tell is read from /proc. Tasks that
 * vanish meanwhile are left out; only a /proc that cannot be read at all is an error. ret_source may be NULL. */
int hc_snapshot_take(struct hc_section *section, const char *host_root, const struct hc_snapshot_iterators *iterators,
		     struct hc_snapshot_source *ret_source, struct hc_diag *reterr_diag);
