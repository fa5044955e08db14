/* SPDX-License-Identifier: Apache-2.0
 *
 * What of a falco.yaml concerns recording: base_syscalls (selection.md 4). Everything else in it is Falco's business.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/diag.h"

struct hc_base_syscalls {
	char **custom_set; /* owned */
	size_t n;
	bool repair, all;
};

void hc_base_syscalls_done(struct hc_base_syscalls *base);
/* Reads path; a file without base_syscalls changes nothing. Place in diag. */
int hc_base_syscalls_read(struct hc_base_syscalls *base, const char *path, struct hc_diag *reterr_diag);
/* One -o "base_syscalls.repair=true", "base_syscalls.custom_set=[a, \"!b\"]", "base_syscalls.custom_set[]=a". */
int hc_base_syscalls_set(struct hc_base_syscalls *base, const char *assignment, struct hc_diag *reterr_diag);
