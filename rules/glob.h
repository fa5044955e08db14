/* SPDX-License-Identifier: Apache-2.0
 *
 * POSIX fnmatch(pattern, text, 0) in the C locale, on bytes with a length (rules-language.md 5.3): `*`, `?`, `[...]` with
 * ranges, classes and negation, backslash (no [.x.], [=x=]). Event data may be the pattern (glob val(F)), and libc's
 * fnmatch takes exponential time on hostile ones; this takes at most len(pattern) * len(text) steps.
 */
#pragma once

#include <stdbool.h>

#include "common/str.h"

bool hc_glob_match(struct hc_str pattern, struct hc_str text, bool fold);

/* Has the pattern any of * ? [ ? (pmatch compares components without them literally.) */
bool hc_glob_is_magic(struct hc_str pattern);
