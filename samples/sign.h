/* SPDX-License-Identifier: Apache-2.0
 *
 * Ed25519 signatures beside a bundle: 64 raw bytes over all bytes of the file. Keys are PEM files as OpenSSL writes them, so
 * that everybody has the tools:
 *
 *   openssl genpkey -algorithm ed25519 -out key.pem
 *   openssl pkey -in key.pem -pubout -out key.pub.pem
 *   openssl pkeyutl -verify -pubin -inkey key.pub.pem -rawin -in X.tar.zst -sigfile X.tar.zst.sig
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/diag.h"

enum { HC_SIGN_KEY_SIZE = 32, HC_SIGN_SIZE = 64 };

/* The secret key of a PEM file ("PRIVATE KEY", not encrypted); the caller wipes it. 0 or negative errno with diag. */
int hc_sign_load_secret(uint8_t ret_key[HC_SIGN_KEY_SIZE], const char *path, struct hc_diag *reterr_diag);
/* The public key of a PEM file ("PUBLIC KEY"). */
int hc_sign_load_public(uint8_t ret_key[HC_SIGN_KEY_SIZE], const char *path, struct hc_diag *reterr_diag);

void hc_sign_make(uint8_t ret_signature[HC_SIGN_SIZE], const uint8_t secret[HC_SIGN_KEY_SIZE], const void *p, size_t len);
bool hc_sign_check(const uint8_t public[HC_SIGN_KEY_SIZE], const void *p, size_t len, const uint8_t signature[HC_SIGN_SIZE]);
