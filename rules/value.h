/* SPDX-License-Identifier: Apache-2.0
 *
 * The value of a field for one event. "Absent" is not a value: extraction then returns false (rules-language.md 5.2).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/schema.h"
#include "common/str.h"

/* How a value is compared and printed; the type column of fields.tsv folded to what behaves differently.
 * Width and signedness of numbers are the field's (rules/field.h). */
enum hc_value_kind {
	HC_VALUE_STRING, /* s: bytes up to the first NUL count */
	HC_VALUE_BYTES,  /* s: all of it counts */
	HC_VALUE_INT,    /* u: sign- or zero-extended to 64 bits by the field's type */
	HC_VALUE_DOUBLE,
	HC_VALUE_BOOL,   /* u: 0 or 1 */
	HC_VALUE_IP,     /* s: 4 or 16 bytes, network order */
	HC_VALUE_LIST,   /* items, all of one other kind */
};

struct hc_value {
	enum hc_value_kind kind;
	uint32_t nitems;
	union {
		struct hc_str s;
		uint64_t u;
		double d;
		const struct hc_value *items;
	};
};

/* What kind a field type's values have; types that only know `exists` say HC_VALUE_BYTES. */
static inline enum hc_value_kind hc_value_kind_of(uint8_t param_type)
{
	switch (param_type) {
	case PT_CHARBUF: case PT_FSPATH: case PT_FSRELPATH:
		return HC_VALUE_STRING;
	case PT_INT8: case PT_INT16: case PT_INT32: case PT_INT64: case PT_UINT8: case PT_UINT16: case PT_UINT32:
	case PT_UINT64: case PT_ERRNO: case PT_FD: case PT_PID: case PT_SYSCALLID: case PT_SIGTYPE: case PT_RELTIME:
	case PT_ABSTIME: case PT_PORT: case PT_L4PROTO: case PT_SOCKFAMILY: case PT_FLAGS8: case PT_FLAGS16:
	case PT_FLAGS32: case PT_UID: case PT_GID: case PT_MODE: case PT_ENUMFLAGS8: case PT_ENUMFLAGS16:
	case PT_ENUMFLAGS32: case PT_FD32: case PT_PID32:
		return HC_VALUE_INT;
	case PT_DOUBLE:
		return HC_VALUE_DOUBLE;
	case PT_BOOL:
		return HC_VALUE_BOOL;
	case PT_IPADDR: case PT_IPNET: case PT_IPV4ADDR: case PT_IPV6ADDR:
		return HC_VALUE_IP;
	default:
		return HC_VALUE_BYTES;
	}
}

/* Numbers that are stored sign-extended. */
static inline bool hc_type_is_signed(uint8_t param_type)
{
	switch (param_type) {
	case PT_INT8: case PT_INT16: case PT_INT32: case PT_INT64: case PT_ERRNO: case PT_FD: case PT_PID: case PT_FD32:
	case PT_PID32:
		return true;
	default:
		return false;
	}
}
