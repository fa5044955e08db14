/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding captures.
 */
#include "samples/corpus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/mem.h"
#include "samples/bundle.h"
#include "samples/walk.h"

void hc_corpus_init(struct hc_corpus *corpus)
{
	*corpus = (struct hc_corpus){ 0 };
	hc_arena_init(&corpus->arena);
}

void hc_corpus_done(struct hc_corpus *corpus)
{
	free(corpus->paths);
	hc_arena_done(&corpus->arena);
	*corpus = (struct hc_corpus){ 0 };
}

static int add(struct hc_corpus *corpus, const char *path, struct hc_diag *diag)
{
	if (corpus->n >= HC_CORPUS_FILES_MAX)
		return hc_diag_set(diag, -E2BIG, "more than %d captures", HC_CORPUS_FILES_MAX);
	if (corpus->n == corpus->cap) {
		corpus->cap = corpus->cap ? 2 * corpus->cap : 16;
		corpus->paths = hc_realloc(corpus->paths, corpus->cap * sizeof *corpus->paths);
	}
	corpus->paths[corpus->n++] = hc_arena_dup(&corpus->arena, path);
	return 0;
}

/* The captures of a bundle, as BUNDLE:MEMBER. */
static int add_members(struct hc_corpus *corpus, const char *path, struct hc_diag *diag)
{
	HC_CLEANUP(hc_bundle_close) struct hc_bundle *bundle = NULL;
	const struct hc_archive_member *m = NULL;
	int r = hc_bundle_open(&bundle, path, diag);

	if (r > 0)
		return -EINVAL; /* refused; diag says why */
	while (!r && (m = hc_bundle_next(bundle, m, "", "")))
		if (strstr(m->name, ".scap"))
			r = add(corpus, hc_arena_printf(&corpus->arena, "%s:%s", path, m->name), diag);
	return r;
}

static int see(void *ctx, const char *path, const char *name, struct hc_diag *diag)
{
	const size_t len = strlen(name), tail = strlen(HC_BUNDLE_TAIL);

	if (strstr(name, ".scap"))
		return add(ctx, path, diag);
	return len > tail && !strcmp(name + len - tail, HC_BUNDLE_TAIL) ? add_members(ctx, path, diag) : 0;
}

int hc_corpus_add(struct hc_corpus *corpus, const char *path, struct hc_diag *reterr_diag)
{
	size_t before = corpus->n;
	struct stat st;
	int r;

	if (!strcmp(path, "-"))
		return hc_diag_set(reterr_diag, -EINVAL, "captures are read more than once here; standard input can be read once");
	if (stat(path, &st) || !S_ISDIR(st.st_mode)) /* ARCHIVE:MEMBER is no file either; opening it will tell */
		return add(corpus, path, reterr_diag);
	r = hc_walk(path, see, corpus, reterr_diag);
	if (!r && corpus->n == before)
		r = hc_diag_set(reterr_diag, -ENOENT, "%s holds no file with .scap in its name, nor a bundle with one", path);
	return r;
}
