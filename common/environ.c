/* SPDX-License-Identifier: Apache-2.0
 *
 * Values may name further variables; a chain that goes on for long is a circle and is cut off.
 */
#include "common/environ.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 8, NAME_MAX_LEN = 255 };

/* Length of "${NAME}" at p, 0 if there is none. A variable inside the braces is not looked for. */
static uint32_t reference_at(const char *p, const char *end)
{
	const char *close;

	if (end - p < 3 || p[0] != '$' || p[1] != '{')
		return 0;
	close = memchr(p, '}', (size_t)(end - p));
	return close && close - p <= NAME_MAX_LEN ? (uint32_t)(close - p + 1) : 0;
}

static void expand(struct hc_buf *to, struct hc_str text, int depth)
{
	const char *p = text.p, *end = p + text.len;
	char name[NAME_MAX_LEN + 1];
	const char *value;
	uint32_t n;

	while (p < end) {
		n = *p == '$' ? reference_at(p + 1, end) : 0;
		if (n) { /* $${...}: as text, without the first dollar */
			hc_buf_put(to, p + 1, n);
			p += 1 + n;
			continue;
		}
		n = reference_at(p, end);
		if (!n) {
			hc_buf_putc(to, *p++);
			continue;
		}
		memcpy(name, p + 2, n - 3);
		name[n - 3] = '\0';
		value = getenv(name);
		if (value && depth < DEPTH_MAX)
			expand(to, hc_str(value), depth + 1);
		p += n;
	}
}

void hc_environ_expand(struct hc_buf *to, struct hc_str text)
{
	if (text.len)
		expand(to, text, 0);
}
