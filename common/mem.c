/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocation that ends the program instead of returning NULL.
 */
#include "common/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *check(void *p, size_t size)
{
	if (!p && size) {
		fprintf(stderr, "hindcast: out of memory (%zu bytes asked for)\n", size);
		abort();
	}
	return p;
}

void *hc_malloc(size_t size)
{
	return check(malloc(size), size);
}

void *hc_calloc(size_t n, size_t size)
{
	return check(calloc(n, size), n && size ? 1 : 0);
}

void *hc_realloc(void *p, size_t size)
{
	return check(realloc(p, size), size);
}

char *hc_strdup(const char *s)
{
	return check(strdup(s), 1);
}

char *hc_strndup(const char *s, size_t max)
{
	return check(strndup(s, max), 1);
}
