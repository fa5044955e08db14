/* SPDX-License-Identifier: Apache-2.0
 *
 * A set of path patterns and the question whether one of them is a component-wise prefix of a path
 * (rules-language.md 5.7). Built once, asked without allocating.
 */
#pragma once

#include <stdbool.h>

#include "common/arena.h"
#include "common/str.h"

struct hc_pmatch;

/* patterns are copied; the set lives in arena. */
struct hc_pmatch *hc_pmatch_new(struct hc_arena *arena, const struct hc_str *patterns, uint32_t n);
bool hc_pmatch(const struct hc_pmatch *set, struct hc_str path);
