/* SPDX-License-Identifier: Apache-2.0
 *
 * What went wrong, for people: library code fills one, programs print it. A diagnostic never owns anything, so it can
 * live on the stack and be dropped.
 */
#pragma once

#include <stdarg.h>
#include <stdint.h>

enum { HC_DIAG_TEXT_MAX = 768, HC_DIAG_FILE_MAX = 256 };

struct hc_diag {
	char text[HC_DIAG_TEXT_MAX]; /* one sentence: what was found, what was expected, what to do */
	char file[HC_DIAG_FILE_MAX]; /* input it is about; empty if none */
	int64_t off;                 /* byte offset in the uncompressed input; -1 if it means nothing here */
	uint32_t line, column;       /* 1-based place in a text input; 0 if it means nothing here */
};

/* Formats into diag->text and leaves the rest empty; returns err, so that a caller can write
 * `return hc_diag_set(diag, -EINVAL, "...")`. diag may be NULL. */
int hc_diag_set(struct hc_diag *diag, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));
int hc_diag_set_off(struct hc_diag *diag, int err, const char *file, int64_t off, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* "file:line:column: text" or "file: at byte N: text" or "text" into buf; returns buf. */
const char *hc_diag_format(const struct hc_diag *diag, char *buf, uint32_t size);
