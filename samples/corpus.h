/* SPDX-License-Identifier: Apache-2.0
 *
 * Captures as users name many of them: files, and directories that hold some.
 */
#pragma once

#include <stddef.h>

#include "common/arena.h"
#include "common/diag.h"

enum { HC_CORPUS_FILES_MAX = 100000 };

struct hc_corpus {
	const char **paths; /* owned; the texts are in arena */
	size_t n, cap;
	struct hc_arena arena;
};

void hc_corpus_init(struct hc_corpus *corpus);
void hc_corpus_done(struct hc_corpus *corpus);
/* A file as it is; of a directory all files below it with ".scap" in their names and the captures of all bundles (*.tar.zst), by
 * name: none is an error. Hidden ones are left out, links to directories not followed. Standard input is refused: captures are
 * read more than once. 0 or negative errno. */
int hc_corpus_add(struct hc_corpus *corpus, const char *path, struct hc_diag *reterr_diag);
