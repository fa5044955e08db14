/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening bundles and finding things in them.
 */
#include "samples/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/mem.h"
#include "formats/members.h"
#include "formats/reader.h"
#include "samples/manifest.h"

bool hc_bundle_is(const char *path)
{
	struct hc_source *source;
	bool yes;

	if (hc_source_open(&source, path, false, NULL))
		return false;
	yes = !source->member && hc_archive_detect(source);
	hc_source_close(source);
	return yes;
}

/* What the manifest check found first, for a message. */
struct first {
	const char *file; /* the bundle's name */
	struct hc_diag *diag;
	bool found;
};

static void note_first(void *ctx, const char *member, const struct hc_archive_member *m, const char *problem)
{
	struct first *first = ctx;
	char shown[512];

	if (!problem || first->found)
		return;
	first->found = true;
	hc_diag_set_off(first->diag, HC_READ_UNSUPPORTED, first->file, -1, "member '%s' %s",
			hc_archive_name_show(member, shown, sizeof shown), problem);
}

static int check(struct hc_bundle *bundle, const char *name, struct hc_diag *diag)
{
	const struct hc_archive_member *m = hc_archive_get(bundle->archive, HC_BUNDLE_MANIFEST);
	struct first first = { name, diag, false };
	int r;

	if (!m)
		return 0;
	r = hc_manifest_parse(&bundle->manifest, m, name, diag);
	if (r)
		return r;
	return hc_manifest_check(bundle->manifest, bundle->archive, note_first, &first) ? HC_READ_UNSUPPORTED : 0;
}

int hc_bundle_open_source(struct hc_bundle **ret, struct hc_source *source, const char *name, struct hc_diag *reterr_diag)
{
	struct hc_bundle *bundle = hc_calloc(1, sizeof *bundle);
	int r = hc_archive_load(&bundle->archive, source, name, reterr_diag);

	if (!r)
		r = check(bundle, name, reterr_diag);
	if (r) {
		hc_bundle_close(bundle);
		return r;
	}
	*ret = bundle;
	return 0;
}

int hc_bundle_open(struct hc_bundle **ret, const char *path, struct hc_diag *reterr_diag)
{
	struct hc_source *source;
	int r = hc_source_open(&source, path, false, reterr_diag);

	return r ? r : hc_bundle_open_source(ret, source, path, reterr_diag);
}

struct hc_bundle *hc_bundle_close(struct hc_bundle *bundle)
{
	if (!bundle)
		return NULL;
	hc_archive_free(bundle->archive);
	json_decref(bundle->manifest);
	free(bundle);
	return NULL;
}

bool hc_bundle_path(const char *from, const char *path, struct hc_buf *name)
{
	const char *slash = from ? strrchr(from, '/') : NULL;
	size_t part;

	if (*path == '/')
		return false;
	hc_buf_put(name, from, slash ? (size_t)(slash - from) : 0);
	for (const char *p = path; *p; p += part + (p[part] == '/')) {
		part = strcspn(p, "/");
		if (part == 0 || (part == 1 && *p == '.'))
			continue;
		if (part == 2 && !strncmp(p, "..", 2)) {
			char *up = name->len ? strrchr(name->p, '/') : NULL;

			if (!name->len)
				return false;
			name->len = up ? (size_t)(up - name->p) : 0;
			name->p[name->len] = '\0';
			continue;
		}
		if (name->len)
			hc_buf_putc(name, '/');
		hc_buf_put(name, p, part);
	}
	return true;
}

const struct hc_archive_member *hc_bundle_resolve(const struct hc_bundle *bundle, const char *from, const char *path)
{
	struct hc_buf name HC_BUF_DONE = { 0 };

	return hc_bundle_path(from, path, &name) ? hc_archive_get(bundle->archive, name.p) : NULL;
}

static bool ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && !strcmp(s + n - m, suffix);
}

const struct hc_archive_member *hc_bundle_next(const struct hc_bundle *bundle, const struct hc_archive_member *last,
					       const char *prefix, const char *suffix)
{
	const struct hc_archive *a = bundle->archive;

	for (uint32_t i = last ? (uint32_t)(last - a->members) + 1 : 0; i < a->n; i++) {
		const char *name = a->members[i].name;

		if (!strncmp(name, prefix, strlen(prefix)) && ends_with(name, suffix))
			return &a->members[i];
	}
	return NULL;
}
