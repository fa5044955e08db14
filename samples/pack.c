/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing bundles. What is written is read back at once: nobody can pack what nobody can open.
 */
#include "samples/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <zstd.h>

#include "samples/bundle.h"
#include "samples/manifest.h"

enum {
	EPOCH_1980 = 315532800, /* tar complains about 1970 */
	/* Captures are compressed already; trying hard is for the texts beside them, and a matter of seconds up to this size. */
	HARD_MAX = 16 << 20,
	LEVEL_HARD = 19, LEVEL_FAST = 3,
};

static la_ssize_t to_buf(struct archive *a, void *ctx, const void *p, size_t len)
{
	hc_buf_put(ctx, p, len);
	return (la_ssize_t)len;
}

static int add(struct archive *a, const struct hc_archive_member *m)
{
	struct archive_entry *e = archive_entry_new();
	int r;

	archive_entry_set_pathname(e, m->name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_mtime(e, EPOCH_1980, 0);
	archive_entry_set_size(e, (la_int64_t)m->len);
	r = archive_write_header(a, e);
	archive_entry_free(e);
	if (r == ARCHIVE_OK && archive_write_data(a, m->p, m->len) != (la_ssize_t)m->len)
		r = ARCHIVE_FATAL;
	return r;
}

static int make_tar(struct hc_buf *ret, const struct hc_archive *archive, const char *name, struct hc_diag *diag)
{
	const struct hc_archive_member *manifest = hc_archive_get(archive, HC_BUNDLE_MANIFEST);
	struct archive *a = archive_write_new();
	int r;

	archive_write_set_format_gnutar(a); /* names of 255 bytes, no headers with times or ids of their own */
	archive_write_set_bytes_in_last_block(a, 1);
	r = archive_write_open(a, ret, NULL, to_buf, NULL);
	if (r == ARCHIVE_OK)
		r = add(a, manifest);
	for (uint32_t i = 0; r == ARCHIVE_OK && i < archive->n; i++) {
		if (&archive->members[i] != manifest)
			r = add(a, &archive->members[i]);
	}
	if (r == ARCHIVE_OK)
		r = archive_write_close(a);
	if (r != ARCHIVE_OK)
		hc_diag_set_off(diag, -EIO, name, -1, "cannot be packed: %s", archive_error_string(a));
	archive_write_free(a);
	return r == ARCHIVE_OK ? 0 : -EIO;
}

static int compress(struct hc_buf *ret, const struct hc_buf *tar, const char *name, struct hc_diag *diag)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();
	size_t bound = ZSTD_compressBound(tar->len), n;

	if (!z)
		return hc_diag_set_off(diag, -ENOMEM, name, -1, "out of memory");
	ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, tar->len <= HARD_MAX ? LEVEL_HARD : LEVEL_FAST);
	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	n = ZSTD_compress2(z, hc_buf_room(ret, bound), bound, tar->p, tar->len);
	ZSTD_freeCCtx(z);
	if (ZSTD_isError(n))
		return hc_diag_set_off(diag, -EIO, name, -1, "cannot be compressed: %s", ZSTD_getErrorName(n));
	ret->len += n;
	return 0;
}

static int read_back(const struct hc_buf *packed, const char *name, struct hc_diag *diag)
{
	struct hc_bundle *bundle;
	int r = hc_bundle_open_source(&bundle, hc_source_new_memory(packed->p, packed->len), name, diag);

	if (!r)
		hc_bundle_close(bundle);
	return r;
}

int hc_pack(struct hc_buf *ret, struct hc_archive *archive, const char *name, struct hc_diag *reterr_diag)
{
	struct hc_buf manifest HC_BUF_DONE = { 0 }, tar HC_BUF_DONE = { 0 };
	int r = hc_manifest_make(&manifest, archive, reterr_diag);

	if (r)
		return r;
	hc_archive_add(archive, HC_BUNDLE_MANIFEST, &manifest);
	r = hc_archive_seal(archive, name, reterr_diag);
	if (!r)
		r = make_tar(&tar, archive, name, reterr_diag);
	if (!r)
		r = compress(ret, &tar, name, reterr_diag);
	return r ? r : read_back(ret, name, reterr_diag);
}
