/* SPDX-License-Identifier: Apache-2.0
 *
 * Keyed pseudonyms: the same original under the same key gives the same replacement, in every place and every file, and
 * without the key nobody can try out guesses. HMAC-SHA256 throughout. Addresses keep their prefixes in common: a
 * permutation of the tree of prefixes, in which pinned prefixes (private, link-local ..., what rules name) stay where
 * they are.
 */
#pragma once

#include <nettle/hmac.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

enum {
	HC_PSEUDONYM_LEN = 11, /* a letter and ten hexadecimal digits: distinct for a million words, short enough for comm */
	HC_PSEUDONYM_ID_SHORT = 12, /* digits of a container id's short form, which stays the beginning of the long one */
};

struct hc_pin {
	uint8_t addr[16];
	uint8_t len;  /* 4 or 16 */
	uint8_t bits; /* of the prefix */
	bool whole;   /* what is inside stays as well */
};

struct hc_pseudonyms {
	struct hmac_sha256_ctx mac; /* in its initial state between calls */
	struct hc_pin *pins;
	uint32_t npins;
};

/* The built-in pins are those of the special-purpose address registries. */
void hc_pseudonyms_init(struct hc_pseudonyms *ps, const void *key, size_t len);
/* Wipes the key. */
void hc_pseudonyms_done(struct hc_pseudonyms *ps);

/* attempt: 0, or the number of an alternative where that one would not do. NUL-terminated. */
void hc_pseudonym_word(struct hc_pseudonyms *ps, struct hc_str word, uint32_t attempt, char ret[HC_PSEUDONYM_LEN + 1]);
/* Hexadecimal digits become others, what stands between them stays; as long as the original. */
void hc_pseudonym_id(struct hc_pseudonyms *ps, struct hc_str id, char *ret);

/* A kernel address, which only serves to tell objects apart; 0 stays 0. */
uint64_t hc_pseudonym_address(struct hc_pseudonyms *ps, uint64_t address);

/* Before the first IP address: the prefix maps to itself, with whole everything in it too. */
void hc_pseudonyms_pin(struct hc_pseudonyms *ps, const uint8_t *addr, uint32_t len, uint32_t bits, bool whole);
/* An IP address of 4 or 16 bytes in network order; ret may be addr. IPv4 inside IPv6 is treated as IPv4. */
void hc_pseudonym_ip(struct hc_pseudonyms *ps, const uint8_t *addr, uint32_t len, uint8_t *ret);
/* Instead of a pseudonym: the first address of the narrowest pinned prefix that holds it. */
void hc_pseudonym_ip_mask(const struct hc_pseudonyms *ps, const uint8_t *addr, uint32_t len, uint8_t *ret);
