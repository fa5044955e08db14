/* SPDX-License-Identifier: Apache-2.0
 *
 * PEM around the one DER form each that RFC 8410 has for a plain Ed25519 key, and nettle's Ed25519. Compared byte by byte
 * instead of parsed: what looks different is refused.
 */
#include "samples/sign.h"

#include <errno.h>
#include <nettle/base64.h>
#include <nettle/eddsa.h>
#include <stdio.h>
#include <string.h>

#include "common/file.h"

enum { PEM_MAX = 64 << 10 };

/* What stands before the 32 bytes of the key. */
static const uint8_t secret_head[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20 };
static const uint8_t public_head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };

/* The bytes between -----BEGIN label----- and -----END label-----: how many, or -1. */
static int decode_pem(const char *text, const char *label, uint8_t *out, size_t cap)
{
	char begin[64], end[64];
	const char *from, *to;
	struct base64_decode_ctx ctx;
	size_t len = cap;

	snprintf(begin, sizeof begin, "-----BEGIN %s-----", label);
	snprintf(end, sizeof end, "-----END %s-----", label);
	from = strstr(text, begin);
	if (!from)
		return -1;
	from += strlen(begin);
	to = strstr(from, end);
	if (!to || BASE64_DECODE_LENGTH((size_t)(to - from)) > cap)
		return -1;
	base64_decode_init(&ctx);
	if (!base64_decode_update(&ctx, &len, out, (size_t)(to - from), from) || !base64_decode_final(&ctx))
		return -1;
	return (int)len;
}

static int load(uint8_t *ret, const char *path, const char *label, const uint8_t *head, size_t head_len, struct hc_diag *diag)
{
	struct hc_buf text HC_BUF_DONE = { 0 };
	uint8_t der[256];
	int r = hc_file_read(&text, path, PEM_MAX, diag), n;

	if (r)
		return r;
	n = decode_pem(text.p, label, der, sizeof der);
	if (n == (int)head_len + HC_SIGN_KEY_SIZE && !memcmp(der, head, head_len))
		memcpy(ret, der + head_len, HC_SIGN_KEY_SIZE);
	else if (strstr(text.p, "ENCRYPTED PRIVATE KEY"))
		r = hc_diag_set_off(diag, -EINVAL, path, -1, "is encrypted; 'openssl pkey -in FILE -out PLAIN' takes the password off");
	else
		r = hc_diag_set_off(diag, -EINVAL, path, -1, "is no Ed25519 key in PEM (\"BEGIN %s\"), as 'openssl genpkey -algorithm "
				    "ed25519' %s", label, head == secret_head ? "writes one" : "and 'openssl pkey -pubout' write one");
	explicit_bzero(der, sizeof der);
	explicit_bzero(text.p, text.len);
	return r;
}

int hc_sign_load_secret(uint8_t ret_key[HC_SIGN_KEY_SIZE], const char *path, struct hc_diag *reterr_diag)
{
	return load(ret_key, path, "PRIVATE KEY", secret_head, sizeof secret_head, reterr_diag);
}

int hc_sign_load_public(uint8_t ret_key[HC_SIGN_KEY_SIZE], const char *path, struct hc_diag *reterr_diag)
{
	return load(ret_key, path, "PUBLIC KEY", public_head, sizeof public_head, reterr_diag);
}

void hc_sign_make(uint8_t ret_signature[HC_SIGN_SIZE], const uint8_t secret[HC_SIGN_KEY_SIZE], const void *p, size_t len)
{
	uint8_t public[HC_SIGN_KEY_SIZE];

	ed25519_sha512_public_key(public, secret);
	ed25519_sha512_sign(public, secret, len, p, ret_signature);
}

bool hc_sign_check(const uint8_t public[HC_SIGN_KEY_SIZE], const void *p, size_t len, const uint8_t signature[HC_SIGN_SIZE])
{
	return ed25519_sha512_verify(public, len, p, signature);
}
