/* SPDX-License-Identifier: Apache-2.0
 *
 * libarchive's callbacks over a source.
 */
#include "formats/archive-input.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static la_ssize_t on_read(struct archive *a, void *ctx, const void **ret)
{
	struct hc_archive_input *input = ctx;
	struct hc_source *s = input->file;

	hc_source_skip(s, input->given);
	input->given = 0;
	if (!s->len) {
		ssize_t n = hc_source_more(s);

		if (n < 0) {
			archive_set_error(a, (int)-n, "%s", strerror((int)-n));
			return -1;
		}
	}
	*ret = s->p;
	input->given = s->len;
	return (la_ssize_t)s->len;
}

static la_int64_t on_seek(struct archive *a, void *ctx, la_int64_t offset, int whence)
{
	struct hc_archive_input *input = ctx;
	struct hc_source *s = input->file;
	off_t at;

	if (!input->seekable)
		return ARCHIVE_FAILED;
	if (whence == SEEK_CUR) {
		offset += (la_int64_t)(s->off + input->given);
		whence = SEEK_SET;
	}
	at = lseek(s->fd, offset, whence);
	if (at < 0)
		return ARCHIVE_FAILED;
	s->len = 0;
	s->err = 0;
	s->off = (uint64_t)at;
	input->given = 0;
	return at;
}

la_ssize_t hc_archive_input_read(struct hc_archive_input *input, void *buf, size_t cap)
{
	size_t n;

	while (!input->block_len) {
		la_int64_t off;
		int r = archive_read_data_block(input->archive, (const void **)&input->block, &input->block_len, &off);

		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			return r;
		input->hole = off > input->at ? (uint64_t)(off - input->at) : 0;
	}
	/* Sparse files: what is not stored is zeros. */
	if (input->hole) {
		n = input->hole < cap ? input->hole : cap;
		memset(buf, 0, n);
		input->hole -= n;
	} else {
		n = input->block_len < cap ? input->block_len : cap;
		memcpy(buf, input->block, n);
		input->block += n;
		input->block_len -= n;
	}
	input->at += (la_int64_t)n;
	return (la_ssize_t)n;
}

int hc_archive_input_next(struct hc_archive_input *input, struct archive_entry **ret)
{
	input->block_len = input->hole = 0;
	input->at = 0;
	return archive_read_next_header(input->archive, ret);
}

int hc_archive_input_open(struct hc_archive_input *input, bool strict)
{
	struct archive *a = input->archive = archive_read_new();

	input->seekable = input->file->fd >= 0 && !input->file->eager;
	archive_read_support_format_tar(a);
	archive_read_support_format_zip(a);
	archive_read_support_format_7zip(a);
	archive_read_support_format_cpio(a);
	if (strict)
		archive_read_set_format_option(a, "tar", "read_concatenated_archives", "1");
	else
		archive_read_support_format_raw(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_lz4(a);
	archive_read_set_read_callback(a, on_read);
	archive_read_set_callback_data(a, input);
	if (input->seekable)
		archive_read_set_seek_callback(a, on_seek);
	return archive_read_open1(a);
}

int hc_archive_input_reopen(struct hc_archive_input *input)
{
	archive_read_free(input->archive);
	input->archive = NULL;
	input->given = 0;
	input->block_len = 0;
	input->file->len = 0;
	input->file->off = 0;
	if (lseek(input->file->fd, 0, SEEK_SET) < 0)
		return ARCHIVE_FATAL;
	return hc_archive_input_open(input, false);
}

void hc_archive_input_done(struct hc_archive_input *input)
{
	archive_read_free(input->archive);
	input->archive = NULL;
	input->file = hc_source_close(input->file);
}

const char *hc_archive_input_error(const struct hc_archive_input *input)
{
	const char *text = archive_error_string(input->archive);

	return text ? text : "no details";
}
