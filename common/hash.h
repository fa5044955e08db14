/* SPDX-License-Identifier: Apache-2.0
 *
 * Hash functions for in-memory tables. Not for integrity, and never visible in any output.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Finaliser with full avalanche (the well-known 64-bit mix of murmur3). */
static inline uint64_t hc_hash_u64(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	return x ^ x >> 33;
}

/* Eight bytes at a time; good enough dispersion for tables whose keys an attacker may choose but whose size is capped. */
static inline uint64_t hc_hash_bytes(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = 0x9e3779b97f4a7c15ULL ^ len, w;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&w, p, 8);
		h = (h ^ w) * 0xff51afd7ed558ccdULL;
		h ^= h >> 32;
	}
	w = 0;
	if (len)
		memcpy(&w, p, len);
	return hc_hash_u64(h ^ w);
}
