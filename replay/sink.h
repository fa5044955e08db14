/* SPDX-License-Identifier: Apache-2.0
 *
 * Where alerts go: standard output, a file, a program's standard input, any of them together. All are opened before the
 * process confines itself; afterwards only writing is left.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/diag.h"

enum { HC_SINKS_MAX = 4 };

struct hc_sink {
	FILE *f;
	const char *name; /* for messages; borrowed */
	pid_t pid;        /* the program's; 0: none */
	int error;        /* first errno of writing; nothing is written after it */
};

struct hc_sinks {
	struct hc_sink items[HC_SINKS_MAX];
	unsigned n;
	bool flush; /* after every alert: somebody is waiting for it */
};

void hc_sinks_stdout(struct hc_sinks *sinks);
/* Appends to the file, making it if need be (mode 0600). 0 or negative errno with diag. */
int hc_sinks_file(struct hc_sinks *sinks, const char *path, struct hc_diag *reterr_diag);
/* Starts the program with /bin/sh; it lives until the last alert is written. */
int hc_sinks_program(struct hc_sinks *sinks, const char *program, struct hc_diag *reterr_diag);

void hc_sinks_put(struct hc_sinks *sinks, const struct hc_buf *line);
/* Flushes, closes, waits for programs. 0, or the first errno negative; diag says where. */
int hc_sinks_close(struct hc_sinks *sinks, struct hc_diag *reterr_diag);
