/* SPDX-License-Identifier: Apache-2.0
 *
 * What the host looks like at one moment, from /proc: machine, threads, file descriptors, interfaces, users and groups
 * (scap-format.md 16), in the form the writer puts before a capture's first event.
 */
#pragma once

#include "common/diag.h"
#include "formats/section.h"

/* Fills *section, which the caller initialised and owns. host_root is put before every path ("" on the host itself;
 * what HOST_ROOT says inside a container). Tasks that vanish meanwhile are left out; only a /proc that cannot be read
 * at all is an error. */
int hc_snapshot_take(struct hc_section *section, const char *host_root, struct hc_diag *reterr_diag);
