/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the golden captures (tests/unit/formats/golden.c) into a directory, one file each.
 * usage: make-golden DIRECTORY
 */
#include <stdio.h>

#include "golden.h"

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < golden_n; i++) {
		struct hc_buf b HC_BUF_DONE = { 0 };
		char path[4096];
		FILE *f;

		golden_files[i].build(&b);
		snprintf(path, sizeof path, "%s/%s.scap", argv[1], golden_files[i].name);
		f = fopen(path, "w");
		if (!f || fwrite(b.p, 1, b.len, f) != b.len || fclose(f)) {
			perror(path);
			return 1;
		}
	}
	return argc != 2;
}
