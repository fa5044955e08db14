/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC-SHA256 as a source of names, hexadecimal ids and flip bits. Each use has a domain byte of its own, so that a name
 * tells nothing about an address. Addresses follow Crypto-PAn: bit i is flipped or not by a keyed function of the i bits
 * before it, so two addresses with n leading bits in common have n in common afterwards. A prefix on the way to a pin
 * flips nothing: then the pinned prefix maps to itself, and as all is a permutation, nothing else maps into it.
 */
#include "samples/pseudonym.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

enum domain { DOMAIN_WORD = 1, DOMAIN_ID_SHORT, DOMAIN_ID, DOMAIN_IP4, DOMAIN_IP6, DOMAIN_ADDRESS };
enum { DIGEST = SHA256_DIGEST_SIZE };

static const struct hc_pin builtin[] = {
	/* IPv4: this network, loopback, private, shared, link-local, documentation, benchmarking, multicast, broadcast */
	{ { 0 }, 4, 8, false }, { { 0 }, 4, 32, true }, { { 127 }, 4, 8, true }, { { 10 }, 4, 8, false },
	{ { 172, 16 }, 4, 12, false }, { { 192, 168 }, 4, 16, false }, { { 100, 64 }, 4, 10, false },
	{ { 169, 254 }, 4, 16, false }, { { 169, 254, 169, 254 }, 4, 32, true }, { { 192, 0, 2 }, 4, 24, false },
	{ { 198, 51, 100 }, 4, 24, false }, { { 203, 0, 113 }, 4, 24, false }, { { 198, 18 }, 4, 15, false },
	{ { 224 }, 4, 4, true }, { { 240 }, 4, 4, false }, { { 255, 255, 255, 255 }, 4, 32, true },
	/* IPv6: unspecified, loopback, global unicast, documentation, unique local, link-local, multicast */
	{ { 0 }, 16, 128, true }, { { [15] = 1 }, 16, 128, true }, { { 0x20 }, 16, 3, false },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 16, 32, false }, { { 0xfd }, 16, 8, false }, { { 0xfc }, 16, 7, false },
	{ { 0xfe, 0x80 }, 16, 10, false }, { { 0xff }, 16, 8, true },
};

/* IPv6 prefixes of 96 bits behind which an IPv4 address stands: mapped, NAT64. */
static const uint8_t embedding[][12] = {
	{ [10] = 0xff, [11] = 0xff },
	{ 0x00, 0x64, 0xff, 0x9b },
};

void hc_pseudonyms_init(struct hc_pseudonyms *ps, const void *key, size_t len)
{
	*ps = (struct hc_pseudonyms){ 0 };
	hmac_sha256_set_key(&ps->mac, len, key);
	for (size_t i = 0; i < sizeof builtin / sizeof *builtin; i++)
		hc_pseudonyms_pin(ps, builtin[i].addr, builtin[i].len, builtin[i].bits, builtin[i].whole);
}

void hc_pseudonyms_done(struct hc_pseudonyms *ps)
{
	free(ps->pins);
	explicit_bzero(ps, sizeof *ps);
}

static void mac(struct hc_pseudonyms *ps, enum domain domain, uint32_t number, const void *p, size_t len, uint8_t ret[DIGEST])
{
	const uint8_t head[5] = { (uint8_t)domain, (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
				  (uint8_t)(number >> 24) };

	hmac_sha256_update(&ps->mac, sizeof head, head);
	hmac_sha256_update(&ps->mac, len, p);
	hmac_sha256_digest(&ps->mac, DIGEST, ret);
}

void hc_pseudonym_word(struct hc_pseudonyms *ps, struct hc_str word, uint32_t attempt, char ret[HC_PSEUDONYM_LEN + 1])
{
	static const char lead[] = "xzqjvwk", digits[] = "0123456789abcdef";
	uint8_t digest[DIGEST];

	mac(ps, DOMAIN_WORD, attempt, word.p, word.len, digest);
	ret[0] = lead[attempt % (sizeof lead - 1)];
	for (int i = 1; i < HC_PSEUDONYM_LEN; i++)
		ret[i] = digits[digest[i] & 15];
	ret[HC_PSEUDONYM_LEN] = '\0';
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* The next digits of the id, lower case and without separators: *at in id, up to max of them. */
static size_t take_digits(struct hc_str id, size_t *at, char *ret, size_t max)
{
	size_t n = 0;

	for (; *at < id.len && n < max; ++*at)
		if (is_hex(id.p[*at]))
			ret[n++] = (char)(id.p[*at] | 0x20);
	return n;
}

void hc_pseudonym_id(struct hc_pseudonyms *ps, struct hc_str id, char *ret)
{
	char digits[HC_PSEUDONYM_ID_SHORT];
	uint8_t digest[DIGEST];
	size_t at = 0, n = take_digits(id, &at, digits, sizeof digits), k = 0;
	bool upper = false;

	for (size_t i = 0; i < id.len; i++)
		upper |= id.p[i] >= 'A' && id.p[i] <= 'F';
	mac(ps, DOMAIN_ID_SHORT, 0, digits, n, digest);
	for (size_t i = 0; i < id.len; i++) {
		if (!is_hex(id.p[i])) {
			ret[i] = id.p[i];
			continue;
		}
		/* the short form's digits come from the short form alone, further ones from the whole */
		if (k >= HC_PSEUDONYM_ID_SHORT && (k - HC_PSEUDONYM_ID_SHORT) % DIGEST == 0)
			mac(ps, DOMAIN_ID, (uint32_t)k, id.p, id.len, digest);
		ret[i] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")
			[digest[k < HC_PSEUDONYM_ID_SHORT ? k : (k - HC_PSEUDONYM_ID_SHORT) % DIGEST] & 15];
		k++;
	}
}

uint64_t hc_pseudonym_address(struct hc_pseudonyms *ps, uint64_t address)
{
	uint8_t digest[DIGEST];
	uint64_t v;

	if (!address)
		return 0;
	mac(ps, DOMAIN_ADDRESS, 0, &address, sizeof address, digest);
	memcpy(&v, digest, sizeof v);
	return v | 0xffffULL << 48; /* as kernel addresses look */
}

static bool same_bits(const uint8_t *a, const uint8_t *b, uint32_t bits)
{
	const uint32_t whole = bits / 8, rest = bits % 8;

	return !memcmp(a, b, whole) && (!rest || !((a[whole] ^ b[whole]) >> (8 - rest)));
}

void hc_pseudonyms_pin(struct hc_pseudonyms *ps, const uint8_t *addr, uint32_t len, uint32_t bits, bool whole)
{
	struct hc_pin pin = { .len = (uint8_t)len, .bits = (uint8_t)bits, .whole = whole };

	memcpy(pin.addr, addr, len);
	for (uint32_t i = 0; i < ps->npins; i++) {
		struct hc_pin *other = &ps->pins[i];

		if (other->len == len && other->bits == bits && same_bits(other->addr, addr, bits)) {
			other->whole |= whole;
			return;
		}
	}
	if (!(ps->npins & (ps->npins - 1)))
		ps->pins = hc_realloc(ps->pins, (ps->npins ? (size_t)ps->npins * 2 : 1) * sizeof *ps->pins);
	ps->pins[ps->npins++] = pin;
}

/* Which part of an IPv6 address is to be treated: 12 bytes in front of an embedded IPv4 address stay. */
static uint32_t embedded(const uint8_t *addr, uint32_t len)
{
	for (size_t i = 0; len == 16 && i < sizeof embedding / sizeof *embedding; i++)
		if (!memcmp(addr, embedding[i], sizeof *embedding))
			return sizeof *embedding;
	return 0;
}

void hc_pseudonym_ip(struct hc_pseudonyms *ps, const uint8_t *addr, uint32_t len, uint8_t *ret)
{
	uint32_t skip = embedded(addr, len), held = 0; /* leading bits that stay because a pin needs them */
	uint8_t in[16], digest[DIGEST];

	memcpy(in, addr, len);
	if (skip) {
		memmove(ret, in, skip);
		hc_pseudonym_ip(ps, in + skip, 4, ret + skip);
		return;
	}
	/* The nodes on the way to a pin are those above where the address and the pin part, that one included. */
	for (uint32_t i = 0; i < ps->npins; i++) {
		const struct hc_pin *pin = &ps->pins[i];
		uint32_t common = 0;

		if (pin->len != len)
			continue;
		while (common < pin->bits && same_bits(in, pin->addr, common + 1))
			common++;
		if (common == pin->bits && pin->whole) {
			memcpy(ret, in, len);
			return;
		}
		common = common == pin->bits ? common : common + 1;
		if (common > held)
			held = common;
	}
	for (uint32_t byte = 0; byte < len; byte++) {
		uint8_t flips = 0;

		/* one digest has the flip bits of all 255 prefixes that end within this byte */
		mac(ps, len == 4 ? DOMAIN_IP4 : DOMAIN_IP6, byte, in, byte, digest);
		for (uint32_t bit = 0; bit < 8; bit++) {
			uint32_t node = (1U << bit) | (uint32_t)in[byte] >> (8 - bit);

			if (byte * 8 + bit >= held && digest[node / 8] >> node % 8 & 1)
				flips |= (uint8_t)(0x80 >> bit);
		}
		ret[byte] = in[byte] ^ flips;
	}
}

void hc_pseudonym_ip_mask(const struct hc_pseudonyms *ps, const uint8_t *addr, uint32_t len, uint8_t *ret)
{
	uint32_t skip = embedded(addr, len);
	const struct hc_pin *best = NULL;
	uint8_t in[16];

	memcpy(in, addr, len);
	if (skip) {
		memmove(ret, in, skip);
		hc_pseudonym_ip_mask(ps, in + skip, 4, ret + skip);
		return;
	}
	for (uint32_t i = 0; i < ps->npins; i++) {
		const struct hc_pin *pin = &ps->pins[i];

		if (pin->len == len && (!best || pin->bits > best->bits) && same_bits(in, pin->addr, pin->bits))
			best = pin;
	}
	if (best && best->whole) {
		memcpy(ret, in, len);
		return;
	}
	memset(ret, 0, len);
	if (best)
		memcpy(ret, best->addr, len);
	else
		ret[0] = 192; /* what no pin holds: the first network of the old class C */
	ret[len - 1] |= 1;
}
