/* SPDX-License-Identifier: Apache-2.0
 *
 * Right-hand side literals as typed values, parsed once when rules load (rules-language.md 5.4 to 5.6).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/diag.h"
#include "common/str.h"

/* One literal; what is set depends on the type it was parsed for. */
struct hc_literal_value {
	struct hc_str s;  /* text or bytes (strings, buffers, addresses: 4 or 16 bytes in network order) */
	uint64_t u;       /* numbers: extended to 64 bits by the type's width and sign; ports, bools; a double's bits */
	uint8_t prefix;   /* networks: bits that count */
	uint8_t pivot;    /* strings: where a byte stands that is rare in values, for searching */
};

/* Parses text for values of a parameter type. 0, or -EINVAL with Falco's wording in diag->text. Bytes live in arena or
 * are borrowed from text. hex: the literal of bcontains, bstartswith. */
int hc_literal_parse(struct hc_arena *arena, struct hc_str text, uint8_t param_type, bool hex,
		     struct hc_literal_value *ret, struct hc_diag *diag);

/* Is the address (4 or 16 bytes) of the net's family? Inside it? */
bool hc_net_same_family(const struct hc_literal_value *net, struct hc_str addr);
bool hc_net_has(const struct hc_literal_value *net, struct hc_str addr);

/* Port of a service name by the embedded table, or -1. */
int hc_service_port(struct hc_str name);
