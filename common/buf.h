/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing byte string, always NUL-terminated once something was put in. Zero-initialise; hc_buf_done frees.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hc_buf {
	char *p;
	size_t len, cap; /* bytes: used (without the NUL), allocated */
};

void hc_buf_done(struct hc_buf *buf);
/* For locals: struct hc_buf b HC_BUF_DONE = { 0 }; */
#define HC_BUF_DONE __attribute__((cleanup(hc_buf_done)))
/* Keeps the memory, drops the content. */
void hc_buf_reset(struct hc_buf *buf);
/* Room for `extra` more bytes plus the NUL; returns where they go. */
char *hc_buf_room(struct hc_buf *buf, size_t extra);
void hc_buf_put(struct hc_buf *buf, const void *p, size_t len);
void hc_buf_puts(struct hc_buf *buf, const char *s);
void hc_buf_putc(struct hc_buf *buf, char c);
void hc_buf_printf(struct hc_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Decimal, faster than printf: output renders many of them. */
void hc_buf_u64(struct hc_buf *buf, uint64_t v);
void hc_buf_i64(struct hc_buf *buf, int64_t v);
