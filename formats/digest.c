/* SPDX-License-Identifier: Apache-2.0
 *
 * Hashing files.
 */
#include "formats/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/cleanup.h"

void hc_digest_hex(const uint8_t *digest, char ret[HC_DIGEST_HEX])
{
	for (size_t i = 0; i < SHA256_DIGEST_SIZE; i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

int hc_digest_file(const char *path, char ret[HC_DIGEST_HEX])
{
	HC_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t buf[1 << 16], digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	sha256_init(&sha);
	while ((n = read(fd, buf, sizeof buf)) > 0)
		sha256_update(&sha, (size_t)n, buf);
	if (n < 0)
		return -errno;
	sha256_digest(&sha, sizeof digest, digest);
	hc_digest_hex(digest, ret);
	return 0;
}
