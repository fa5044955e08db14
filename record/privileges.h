/* SPDX-License-Identifier: Apache-2.0
 *
 * Giving up privileges once the hooks are live.
 */
#pragma once

#include <stdbool.h>

#include "common/diag.h"

/* Keeps nothing but: for later_files, what further snapshots and files need; for signals, what passing a signal on to a
 * command that changed its user needs. For the calling thread and all it starts from here on. */
int hc_privileges_drop(bool later_files, bool signals, struct hc_diag *reterr_diag);
