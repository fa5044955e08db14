/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole archive as a bundle: opened, searched, and, where it opens without a manifest, packed: what was packed opens and has
 * the same members.
 */
#include <stdlib.h>
#include <string.h>

#include "formats/reader.h"
#include "samples/bundle.h"
#include "samples/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct hc_bundle *try_open(const void *p, size_t len)
{
	struct hc_bundle *bundle = NULL;
	struct hc_diag diag;
	int r = hc_bundle_open_source(&bundle, hc_source_new_memory(p, len), "fuzz", &diag);

	if (r != 0 && r != HC_READ_UNSUPPORTED && r != HC_READ_TRUNCATED)
		abort();
	if (r && !diag.text[0])
		abort();
	return bundle;
}

static void search(const struct hc_bundle *bundle)
{
	const struct hc_archive *a = bundle->archive;

	for (uint32_t i = 0; i < a->n; i++) {
		const struct hc_archive_member *m = &a->members[i];

		if (hc_archive_name_problem(m->name) || (i && strcmp(a->members[i - 1].name, m->name) >= 0) || m->p[m->len])
			abort();
		if (hc_bundle_resolve(bundle, NULL, m->name) != m)
			abort();
		hc_bundle_resolve(bundle, m->name, "../x/../../y");
	}
	for (const struct hc_archive_member *m = NULL; (m = hc_bundle_next(bundle, m, "", HC_INSIDE_TEST_SUFFIX));)
		hc_inside_is_rules(m->name);
}

static void pack_again(struct hc_archive *archive)
{
	struct hc_buf packed HC_BUF_DONE = { 0 };
	uint32_t n = archive->n;
	struct hc_bundle *again;
	struct hc_diag diag;

	if (n == HC_ARCHIVE_MEMBERS_MAX || hc_pack(&packed, archive, "fuzz", &diag))
		return;
	again = try_open(packed.p, packed.len);
	if (!again || !again->manifest || again->archive->n != n + 1)
		abort();
	hc_bundle_close(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hc_bundle *bundle = try_open(data, size);

	if (!bundle)
		return 0;
	search(bundle);
	if (!bundle->manifest)
		pack_again(bundle->archive);
	hc_bundle_close(bundle);
	return 0;
}
