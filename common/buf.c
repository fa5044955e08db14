/* SPDX-License-Identifier: Apache-2.0
 *
 * The growing byte string of common/buf.h.
 */
#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

void hc_buf_done(struct hc_buf *buf)
{
	free(buf->p);
	*buf = (struct hc_buf){ 0 };
}

void hc_buf_reset(struct hc_buf *buf)
{
	buf->len = 0;
	if (buf->p)
		buf->p[0] = '\0';
}

char *hc_buf_room(struct hc_buf *buf, size_t extra)
{
	if (buf->cap - buf->len <= extra) {
		size_t cap = buf->cap ? buf->cap : 128;

		while (cap - buf->len <= extra)
			cap *= 2;
		buf->p = hc_realloc(buf->p, cap);
		buf->cap = cap;
	}
	return buf->p + buf->len;
}

void hc_buf_put(struct hc_buf *buf, const void *p, size_t len)
{
	char *to = hc_buf_room(buf, len);

	if (len)
		memcpy(to, p, len);
	buf->len += len;
	buf->p[buf->len] = '\0';
}

void hc_buf_puts(struct hc_buf *buf, const char *s)
{
	hc_buf_put(buf, s, strlen(s));
}

void hc_buf_putc(struct hc_buf *buf, char c)
{
	hc_buf_put(buf, &c, 1);
}

void hc_buf_printf(struct hc_buf *buf, const char *format, ...)
{
	va_list ap;
	int n;
	char *to;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	to = hc_buf_room(buf, (size_t)n);
	va_start(ap, format);
	vsnprintf(to, (size_t)n + 1, format, ap);
	va_end(ap);
	buf->len += (size_t)n;
}

void hc_buf_u64(struct hc_buf *buf, uint64_t v)
{
	char digits[20];
	size_t n = sizeof digits;

	do
		digits[--n] = (char)('0' + v % 10);
	while (v /= 10);
	hc_buf_put(buf, digits + n, sizeof digits - n);
}

void hc_buf_i64(struct hc_buf *buf, int64_t v)
{
	if (v < 0)
		hc_buf_putc(buf, '-');
	hc_buf_u64(buf, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}
