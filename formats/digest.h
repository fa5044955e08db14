/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 as people write it.
 */
#pragma once

#include <stdint.h>

enum { HC_DIGEST_HEX = 65 /* with NUL */ };

/* digest: 32 bytes. */
void hc_digest_hex(const uint8_t *digest, char ret[HC_DIGEST_HEX]);
/* Of a regular file's stored bytes; -EINVAL: it is none, else the error of reading it. */
int hc_digest_file(const char *path, char ret[HC_DIGEST_HEX]);
