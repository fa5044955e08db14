/* SPDX-License-Identifier: Apache-2.0
 *
 * Filling and formatting diagnostics.
 */
#include "common/diag.h"

#include <inttypes.h>
#include <stdio.h>

static void reset(struct hc_diag *diag, const char *file, int64_t off)
{
	diag->text[0] = '\0';
	snprintf(diag->file, sizeof diag->file, "%s", file ? file : "");
	diag->off = off;
	diag->line = diag->column = 0;
}

int hc_diag_set(struct hc_diag *diag, int err, const char *format, ...)
{
	va_list ap;

	if (!diag)
		return err;
	reset(diag, NULL, -1);
	va_start(ap, format);
	vsnprintf(diag->text, sizeof diag->text, format, ap);
	va_end(ap);
	return err;
}

int hc_diag_set_off(struct hc_diag *diag, int err, const char *file, int64_t off, const char *format, ...)
{
	va_list ap;

	if (!diag)
		return err;
	reset(diag, file, off);
	va_start(ap, format);
	vsnprintf(diag->text, sizeof diag->text, format, ap);
	va_end(ap);
	return err;
}

const char *hc_diag_format(const struct hc_diag *diag, char *buf, uint32_t size)
{
	if (diag->line)
		snprintf(buf, size, "%s:%u:%u: %s", diag->file, diag->line, diag->column, diag->text);
	else if (diag->file[0] && diag->off >= 0)
		snprintf(buf, size, "%s: at byte %" PRId64 ": %s", diag->file, diag->off, diag->text);
	else if (diag->file[0])
		snprintf(buf, size, "%s: %s", diag->file, diag->text);
	else
		snprintf(buf, size, "%s", diag->text);
	return buf;
}
