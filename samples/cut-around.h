/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a capture's alerts are: the windows of `hindcast cut --around`.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "samples/cut.h"

struct hc_cut_around {
	const char *rule;              /* name */
	const char *const *paths;      /* rules files and directories */
	size_t npaths;
	uint64_t before_ns, after_ns;
};

/* Replays the capture and gives the windows around the rule's alerts, those that touch as one; to be freed. 0, or an exit
 * code of common/exit.h with the reason on stderr. */
int hc_cut_around(const struct hc_cut_around *around, const char *capture, struct hc_cut_window **ret, size_t *ret_n);
