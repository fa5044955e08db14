/* SPDX-License-Identifier: Apache-2.0
 *
 * Ed25519 in OpenSSL's PEM files.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "samples/sign.h"

/* RFC 8410, 10.3 and 10.1: one key pair; RFC 8032, 7.1, test 1: another. */
static const char secret_pem[] = "-----BEGIN PRIVATE KEY-----\n"
				 "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
				 "-----END PRIVATE KEY-----\n";
static const char public_pem[] = "-----BEGIN PUBLIC KEY-----\n"
				 "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
				 "-----END PUBLIC KEY-----\n";

static char path[] = "/tmp/hc-sign-XXXXXX";

static void make_file(void)
{
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
}

static void remove_file(void)
{
	cr_assert_eq(unlink(path), 0);
}

TestSuite(sign, .init = make_file, .fini = remove_file);

static int load(bool public, const char *text, uint8_t *key, struct hc_diag *diag)
{
	cr_assert_eq(hc_file_write(path, text, strlen(text), 0600, diag), 0);
	return public ? hc_sign_load_public(key, path, diag) : hc_sign_load_secret(key, path, diag);
}

Test(sign, a_signature_is_that_of_the_rfc)
{
	static const uint8_t secret[HC_SIGN_KEY_SIZE] = {
		0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
		0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
	};
	static const uint8_t expected[8] = { 0xe5, 0x56, 0x43, 0x00, 0xc3, 0x60, 0xac, 0x72 };
	uint8_t signature[HC_SIGN_SIZE];

	hc_sign_make(signature, secret, "", 0);
	cr_expect_arr_eq(signature, expected, sizeof expected);
}

Test(sign, what_one_key_signs_the_other_checks)
{
	uint8_t secret[HC_SIGN_KEY_SIZE], public[HC_SIGN_KEY_SIZE], signature[HC_SIGN_SIZE];
	struct hc_diag diag;

	cr_assert_eq(load(false, secret_pem, secret, &diag), 0, "%s", diag.text);
	cr_assert_eq(load(true, public_pem, public, &diag), 0, "%s", diag.text);
	hc_sign_make(signature, secret, "bundle", 6);
	cr_expect(hc_sign_check(public, "bundle", 6, signature));
	cr_expect_not(hc_sign_check(public, "bundlf", 6, signature));
	cr_expect_not(hc_sign_check(public, "bundle", 5, signature));
	signature[63] ^= 1;
	cr_expect_not(hc_sign_check(public, "bundle", 6, signature));
}

Test(sign, says_what_is_wrong_with_a_key)
{
	uint8_t key[HC_SIGN_KEY_SIZE];
	struct hc_diag diag;

	cr_expect_eq(load(false, public_pem, key, &diag), -EINVAL);
	cr_expect_str_eq(diag.text,
			 "is no Ed25519 key in PEM (\"BEGIN PRIVATE KEY\"), as 'openssl genpkey -algorithm ed25519' writes one");
	cr_expect_eq(load(true, secret_pem, key, &diag), -EINVAL);
	cr_expect_eq(load(false, "", key, &diag), -EINVAL);
	cr_expect_eq(load(false, "-----BEGIN PRIVATE KEY-----\nMC4C", key, &diag), -EINVAL);
	cr_expect_eq(load(false, "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n", key, &diag), -EINVAL);
	cr_expect_eq(load(false, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", key, &diag), -EINVAL);
	cr_expect_str_eq(diag.text, "is encrypted; 'openssl pkey -in FILE -out PLAIN' takes the password off");
	cr_expect_eq(hc_sign_load_secret(key, "/no/such/key", &diag), -ENOENT);
}
