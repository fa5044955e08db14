/* SPDX-License-Identifier: Apache-2.0
 *
 * Points in time as people type them: 2026-11-23T20:55:00[.5][Z|+01:00], "2026-11-23 20:55", @1795467300.25, +90s.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* False: none of these. *ret_relative: counted from the start of the capture (+N with ns, us, ms, s, m, h, d). Times without
 * zone are UTC. */
bool hc_when_parse(const char *text, uint64_t *ret_ns, bool *ret_relative);
