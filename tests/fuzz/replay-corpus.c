/* SPDX-License-Identifier: Apache-2.0
 *
 * A fuzz target without its engine: runs every file of the given directories through it once, so that what was found
 * and fixed stays so in every build.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t len = 0, cap = 1 << 16, n;
	uint8_t *data = malloc(cap), *exact;

	if (!f || !data) {
		perror(path);
		return 1;
	}
	while ((n = fread(data + len, 1, cap - len, f))) {
		len += n;
		if (len == cap)
			data = realloc(data, cap *= 2);
	}
	fclose(f);
	exact = malloc(len ? len : 1);
	memcpy(exact, data, len);
	free(data);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned n = 0;

	for (int i = 1; i < argc; i++) {
		DIR *d = opendir(argv[i]);
		struct dirent *e;
		char path[4096];

		if (!d) {
			perror(argv[i]);
			return 1;
		}
		while ((e = readdir(d))) {
			if (e->d_name[0] == '.')
				continue;
			snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
			if (run_file(path))
				return 1;
			n++;
		}
		closedir(d);
	}
	printf("%u inputs\n", n);
	return n ? 0 : 1;
}
