/* SPDX-License-Identifier: Apache-2.0
 *
 * malloc that does not return NULL: out of memory ends the program with a message naming the size. Sizes that come
 * from a file must have met their named cap before they get here.
 */
#pragma once

#include <stddef.h>

void *hc_malloc(size_t size);
void *hc_calloc(size_t n, size_t size);
void *hc_realloc(void *p, size_t size);
char *hc_strdup(const char *s);
char *hc_strndup(const char *s, size_t max);
