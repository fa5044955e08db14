/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses in texts: IPv4, IPv6 and hardware addresses wherever they stand, also amid a word (-h10.1.2.3, scan_10.1.2.3,
 * backup-10.1.2.3.tar). Digits that are no address stay digits: versions of three parts, times.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

enum hc_text_address_kind {
	HC_TEXT_IPV4,
	HC_TEXT_IPV6,
	HC_TEXT_MAC,     /* six or more pairs of digits with colons */
	HC_TEXT_NUMBERS, /* more than four numbers with dots, four of which could be an address: 10.1.2.3.443 */
};

struct hc_text_address {
	enum hc_text_address_kind kind;
	uint32_t end;     /* in the text, behind it */
	uint8_t addr[16]; /* IPV4: 4 bytes, IPV6: 16 */
};

/* Does an address begin at byte i of the text? What stands before i is looked at, too. */
bool hc_text_address_at(struct hc_str text, uint32_t i, struct hc_text_address *ret);
/* Where in the word from i to end an address begins that goes on behind it; end if none does. */
uint32_t hc_text_address_in(struct hc_str text, uint32_t i, uint32_t end);
