/* SPDX-License-Identifier: Apache-2.0
 *
 * Pseudonyms: keyed, the same for the same; addresses keep what they have in common and what is pinned.
 */
#include "samples/pseudonym.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct hc_pseudonyms ps;

static void setup(void)
{
	hc_pseudonyms_init(&ps, "0123456789abcdef", 16);
}

static void teardown(void)
{
	hc_pseudonyms_done(&ps);
}

TestSuite(pseudonym, .init = setup, .fini = teardown);

static const char *ip(const char *text)
{
	static char out[4][INET6_ADDRSTRLEN];
	static int turn;
	uint8_t addr[16];
	bool v6 = strchr(text, ':') != NULL;

	turn = (turn + 1) % 4;
	cr_assert(inet_pton(v6 ? AF_INET6 : AF_INET, text, addr) == 1);
	hc_pseudonym_ip(&ps, addr, v6 ? 16 : 4, addr);
	return inet_ntop(v6 ? AF_INET6 : AF_INET, addr, out[turn], INET6_ADDRSTRLEN);
}

static uint32_t v4(const char *text)
{
	uint32_t a;

	cr_assert(inet_pton(AF_INET, text, &a) == 1);
	return ntohl(a);
}

Test(pseudonym, words_are_the_same_under_one_key_and_others_under_another)
{
	char a[HC_PSEUDONYM_LEN + 1], b[HC_PSEUDONYM_LEN + 1];
	struct hc_pseudonyms other;

	hc_pseudonym_word(&ps, HC_STR("alice"), 0, a);
	hc_pseudonym_word(&ps, HC_STR("alice"), 0, b);
	cr_assert_str_eq(a, b);
	hc_pseudonym_word(&ps, HC_STR("Alice"), 0, b);
	cr_assert_str_neq(a, b);
	hc_pseudonym_word(&ps, HC_STR("alice"), 1, b);
	cr_assert_str_neq(a, b);
	hc_pseudonyms_init(&other, "0123456789abcdeF", 16);
	hc_pseudonym_word(&other, HC_STR("alice"), 0, b);
	cr_assert_str_neq(a, b);
	hc_pseudonyms_done(&other);
}

/* FIPS 198 cannot be got wrong by nettle; that it is asked for the right thing can be. */
Test(pseudonym, a_word_is_the_hmac_of_domain_attempt_and_word)
{
	struct hmac_sha256_ctx mac;
	uint8_t digest[32];
	char a[HC_PSEUDONYM_LEN + 1], want[HC_PSEUDONYM_LEN + 1] = "x";

	hmac_sha256_set_key(&mac, 16, (const uint8_t *)"0123456789abcdef");
	hmac_sha256_update(&mac, 5, (const uint8_t *)"\1\0\0\0\0");
	hmac_sha256_update(&mac, 3, (const uint8_t *)"bob");
	hmac_sha256_digest(&mac, 32, digest);
	for (int i = 1; i < HC_PSEUDONYM_LEN; i++)
		want[i] = "0123456789abcdef"[digest[i] & 15];
	hc_pseudonym_word(&ps, HC_STR("bob"), 0, a);
	cr_assert_str_eq(a, want);
}

Test(pseudonym, the_short_form_of_an_id_begins_the_long_one)
{
	static const char id[] = "3ad7b26ded6d8e2f3ad7b26ded6d8e2f3ad7b26ded6d8e2f3ad7b26ded6d8e2f";
	char whole[64], head[12];

	hc_pseudonym_id(&ps, hc_str(id), whole);
	hc_pseudonym_id(&ps, (struct hc_str){ id, 12 }, head);
	cr_assert(!memcmp(whole, head, 12));
	cr_assert(memcmp(whole, id, 12) && memcmp(whole + 20, id + 20, 12));
	for (int i = 0; i < 64; i++)
		cr_assert(strchr("0123456789abcdef", whole[i]));
}

Test(pseudonym, separators_of_an_id_stay)
{
	char out[36];

	hc_pseudonym_id(&ps, HC_STR("12345678-1234-1234-1234-123456789abc"), out);
	cr_assert(out[8] == '-' && out[13] == '-' && out[18] == '-' && out[23] == '-');
}

Test(pseudonym, addresses_keep_their_kind)
{
	static const struct {
		const char *ip, *net;
		int bits;
	} cases[] = { { "10.1.2.3", "10.0.0.0", 8 }, { "172.20.5.6", "172.16.0.0", 12 }, { "192.168.77.1", "192.168.0.0", 16 },
		      { "169.254.1.2", "169.254.0.0", 16 }, { "100.99.1.2", "100.64.0.0", 10 }, { "203.0.113.77", "203.0.113.0", 24 } };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *to = ip(cases[i].ip);
		uint32_t mask = UINT32_MAX << (32 - cases[i].bits);

		cr_assert_eq(v4(to) & mask, v4(cases[i].net), "%s became %s", cases[i].ip, to);
		cr_assert_str_neq(to, cases[i].ip);
	}
}

Test(pseudonym, special_addresses_stay)
{
	static const char *const stay[] = { "0.0.0.0", "127.0.0.1", "127.0.0.53", "224.0.0.251", "255.255.255.255", "169.254.169.254",
					    "::", "::1", "ff02::1", "::ffff:127.0.0.1" };

	for (size_t i = 0; i < sizeof stay / sizeof *stay; i++)
		cr_assert_str_eq(ip(stay[i]), stay[i]);
}

static bool is_special(uint32_t a)
{
	return a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 || a >> 24 == 127 || a >> 28 == 14 || a >> 16 == 0xa9fe;
}

Test(pseudonym, no_public_address_becomes_special)
{
	for (uint32_t a = 1; a; a += 0x01030507u) {
		uint32_t n = htonl(a);
		uint8_t to[4];
		uint32_t b;
		bool was, is;

		if (a + 0x01030507u < a)
			break;
		hc_pseudonym_ip(&ps, (uint8_t *)&n, 4, to);
		b = (uint32_t)to[0] << 24 | (uint32_t)to[1] << 16 | (uint32_t)to[2] << 8 | to[3];
		was = is_special(a);
		is = is_special(b);
		cr_assert_eq(was, is, "%08x became %08x", a, b);
	}
}

static int common_bits(uint32_t a, uint32_t b)
{
	return a == b ? 32 : __builtin_clz(a ^ b);
}

Test(pseudonym, shared_prefixes_stay_shared)
{
	static const char *const a[] = { "8.8.8.8", "8.8.4.4", "8.9.1.1", "93.184.216.34", "93.184.216.35", "10.0.0.1", "10.0.0.254" };

	for (size_t i = 0; i < sizeof a / sizeof *a; i++)
		for (size_t k = 0; k < sizeof a / sizeof *a; k++)
			cr_assert_eq(common_bits(v4(a[i]), v4(a[k])), common_bits(v4(ip(a[i])), v4(ip(a[k]))), "%s %s", a[i], a[k]);
}

Test(pseudonym, mapped_addresses_follow_ipv4)
{
	char want[64];

	snprintf(want, sizeof want, "::ffff:%s", ip("93.184.216.34"));
	cr_assert_str_eq(ip("::ffff:93.184.216.34"), want);
}

Test(pseudonym, what_rules_name_stays_in_and_out)
{
	uint8_t net[4] = { 93, 184, 216, 0 }, one[4] = { 8, 8, 8, 8 };

	hc_pseudonyms_pin(&ps, net, 4, 24, false);
	hc_pseudonyms_pin(&ps, one, 4, 32, true);
	cr_assert_str_eq(ip("8.8.8.8"), "8.8.8.8");
	cr_assert_eq(v4(ip("93.184.216.34")) >> 8, v4("93.184.216.0") >> 8);
	for (uint32_t i = 0; i < 65536; i += 97) {
		char text[32];

		snprintf(text, sizeof text, "93.184.%u.%u", i >> 8, i & 255);
		cr_assert_eq(v4(ip(text)) >> 8 == v4("93.184.216.0") >> 8, i >> 8 == 216, "%s", text);
	}
}
