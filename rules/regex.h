/* SPDX-License-Identifier: Apache-2.0
 *
 * The regex operator: RE2 in POSIX syntax, whole value (rules-language.md 5.3). RE2 because that is what rules were
 * written against and because it runs in time linear in the value whatever the pattern: values come from whoever is being
 * watched. regex-re2.cc behind this header is the only C++ in the tree.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hc_regex;

/* NULL: the pattern is invalid (or compiles to more than RE2's default budget of 8 MiB); reterr_text (size bytes) says why. */
struct hc_regex *hc_regex_new(const char *pattern, size_t len, char *reterr_text, size_t size);
/* Searches anywhere in the value instead of matching all of it, in RE2's own syntax: container.mount[KEY]. */
struct hc_regex *hc_regex_new_search(const char *pattern, size_t len, char *reterr_text, size_t size);
struct hc_regex *hc_regex_free(struct hc_regex *re);

/* Values that are no valid UTF-8 are sanitised first: each maximal invalid sequence becomes U+FFFD. */
bool hc_regex_match(const struct hc_regex *re, const char *text, size_t len);

#ifdef __cplusplus
}
#endif
