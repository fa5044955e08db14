/* SPDX-License-Identifier: Apache-2.0
 *
 * The ruleset that comes with hindcast: what is used where no rules are named.
 */
#pragma once

#include "common/arena.h"

/* Its path: in the source tree when the program runs from a build tree inside it, else where it is installed. In arena. */
char *hc_rules_shipped(struct hc_arena *arena);
