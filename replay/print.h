/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes to text, knowing nothing of events: JSON strings, Base64, buffers as dots, addresses, times
 * (rules-language.md 8.2 to 8.4). Everything is appended to a hc_buf.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/str.h"

/* The text inside JSON quotes: escapes, and U+FFFD for every ill-formed UTF-8 sequence. */
void hc_print_json(struct hc_buf *buf, struct hc_str s);
/* The text as it is, but for U+FFFD in the place of every ill-formed sequence: for formats that must be valid UTF-8. */
void hc_print_utf8(struct hc_buf *buf, struct hc_str s);
/* JSON text with the quotes. */
void hc_print_json_quoted(struct hc_buf *buf, struct hc_str s);
/* A double as JSON: the shortest decimal that reads back the same; null if it is no finite number. */
void hc_print_json_double(struct hc_buf *buf, double d);

/* For terminals and pages: control characters, ill-formed UTF-8 and what turns the direction of writing as \n, \x1b, \u202e;
 * all else as it is. */
void hc_print_visible(struct hc_buf *buf, struct hc_str s);

/* Standard alphabet with padding. */
void hc_print_base64(struct hc_buf *buf, const void *p, size_t len);

/* A byte buffer for people: printable ASCII as is, everything else as a dot. */
void hc_print_dotted(struct hc_buf *buf, const uint8_t *p, size_t len);
/* A buffer in the chosen format as the reference's line buffer holds it: dotted ones are cut (to 1021 bytes once they are
 * longer than 1022), too long Base64 is not shown: false, nothing appended. */
bool hc_print_bytes(struct hc_buf *buf, const uint8_t *p, size_t len, bool base64);

/* A network-order address of 4 or 16 bytes; IPv6 in inet_ntop form, without brackets. */
void hc_print_ip(struct hc_buf *buf, const uint8_t *addr, uint32_t len);

/* Upper-case hexadecimal and octal without prefix; decimal padded with zeros to at least nine digits. */
void hc_print_hex(struct hc_buf *buf, uint64_t v);
void hc_print_octal(struct hc_buf *buf, uint64_t v);
void hc_print_padded(struct hc_buf *buf, uint64_t v);

/* Local times use one offset for the whole run, the one valid now, as the reference does (DST of the event's own date is
 * ignored). Fixed at the first use; hc_print_zone_set overrides it for tests. */
void hc_print_zone_set(int32_t offset_s);
enum hc_print_time_format {
	HC_PRINT_CLOCK,      /* HH:MM:SS.nnnnnnnnn, local */
	HC_PRINT_CLOCK_S,    /* HH:MM:SS, local */
	HC_PRINT_DATE,       /* YYYY-MM-DD HH:MM:SS.nnnnnnnnn, local */
	HC_PRINT_DATE_S,     /* YYYY-MM-DD HH:MM:SS, local */
	HC_PRINT_ISO8601,    /* YYYY-MM-DDTHH:MM:SS.nnnnnnnnn+0000 */
	HC_PRINT_ISO8601_Z,  /* YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ */
};
void hc_print_time(struct hc_buf *buf, uint64_t ts_ns, enum hc_print_time_format format);
