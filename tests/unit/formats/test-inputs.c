/* SPDX-License-Identifier: Apache-2.0
 *
 * Where captures come from: files, pipes, archive members, files that still grow; and the caps on memory.
 */
#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/reader.h"
#include "golden.h"

static char dir[] = "/tmp/hc-inputs-XXXXXX";

static void make_dir(void)
{
	cr_assert_not_null(mkdtemp(dir));
}

static void remove_dir(void)
{
	char cmd[64];

	snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
	cr_assert_eq(system(cmd), 0);
}

TestSuite(inputs, .init = make_dir, .fini = remove_dir);

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void add_member(struct archive *a, const char *name, const void *p, size_t len)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, name);
	archive_entry_set_size(e, (la_int64_t)len);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	cr_assert_eq(archive_write_header(a, e), ARCHIVE_OK);
	cr_assert_eq(archive_write_data(a, p, len), (la_ssize_t)len);
	archive_entry_free(e);
}

enum kind { TAR, TAR_ZSTD, TAR_GZIP, TAR_LZ4, TAR_XZ, CPIO, ZIP, SEVENZIP };

/* An archive of a text and the golden files named. */
static const char *make_archive(const char *name, enum kind kind, const char *const *members)
{
	struct archive *a = archive_write_new();
	const char *path = path_of(name);

	if (kind == ZIP)
		archive_write_set_format_zip(a);
	else if (kind == SEVENZIP)
		archive_write_set_format_7zip(a);
	else if (kind == CPIO)
		archive_write_set_format_cpio_newc(a);
	else
		archive_write_set_format_ustar(a);
	if (kind == TAR_ZSTD)
		archive_write_add_filter_zstd(a);
	if (kind == TAR_GZIP)
		archive_write_add_filter_gzip(a);
	if (kind == TAR_LZ4)
		archive_write_add_filter_lz4(a);
	if (kind == TAR_XZ)
		archive_write_add_filter_xz(a);
	cr_assert_eq(archive_write_open_filename(a, path), ARCHIVE_OK);
	add_member(a, "readme.txt", "hello\n", 6);
	for (; *members; members++) {
		struct hc_buf b HC_BUF_DONE = { 0 };

		golden_find(*members)->build(&b);
		add_member(a, *members, b.p, b.len);
	}
	archive_write_close(a);
	archive_write_free(a);
	return path;
}

static int count(const char *path, unsigned *ret_events, struct hc_diag *diag)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
	struct hc_event *ev;
	int x = hc_reader_open(&r, path, NULL, diag);

	*ret_events = 0;
	if (x)
		return x;
	while ((x = hc_reader_next(r, &ev, diag)) == 0 || x == HC_READ_SECTION)
		*ret_events += x == 0;
	return x;
}

Test(inputs, the_only_capture_in_an_archive)
{
	static const char *const one[] = { "zstd-frames", NULL };
	static const enum kind kinds[] = { TAR, TAR_ZSTD, TAR_GZIP, TAR_LZ4, TAR_XZ, CPIO, ZIP, SEVENZIP };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct hc_diag diag = { 0 };
		unsigned n;
		int x = count(make_archive("a", kinds[i], one), &n, &diag);

		cr_assert_eq(x, HC_READ_EOF, "kind %zu: %d %s", i, x, diag.text);
		cr_assert_eq(n, 6, "kind %zu: %u events", i, n);
	}
}

Test(inputs, several_captures_need_a_name)
{
	static const char *const two[] = { "small", "joined", NULL };
	struct hc_diag diag;
	char member[300];
	const char *path = make_archive("b.zip", ZIP, two);
	unsigned n;

	cr_assert_eq(count(path, &n, &diag), HC_READ_UNSUPPORTED);
	cr_assert(strstr(diag.text, "2 captures"), "%s", diag.text);
	cr_assert(strstr(diag.text, "small, joined"), "%s", diag.text);
	snprintf(member, sizeof member, "%s/b.zip:joined", dir);
	cr_assert_eq(count(member, &n, &diag), HC_READ_EOF);
	cr_assert_eq(n, 4);
	snprintf(member, sizeof member, "%s/b.zip:nope", dir);
	cr_assert_eq(count(member, &n, &diag), HC_READ_UNSUPPORTED);
	cr_assert(strstr(diag.text, "no member 'nope'"), "%s", diag.text);
	snprintf(member, sizeof member, "%s/c.zip:nope", dir);
	cr_assert_eq(count(member, &n, &diag), -ENOENT);
}

Test(inputs, an_archive_without_a_capture_says_what_it_has)
{
	static const char *const none[] = { NULL };
	struct hc_diag diag;
	unsigned n;

	cr_assert_eq(count(make_archive("d.tar", TAR, none), &n, &diag), HC_READ_UNSUPPORTED);
	cr_assert(strstr(diag.text, "readme.txt"), "%s", diag.text);
}

Test(inputs, a_cut_archive_delivers_what_is_there)
{
	static const char *const one[] = { "joined", NULL };
	const char *path = make_archive("e.zip", ZIP, one);
	int fd = open(path, O_RDWR);
	off_t size = lseek(fd, 0, SEEK_END);
	struct hc_diag diag;
	unsigned n;

	for (off_t len = size - 1; len > 0; len--) {
		int x;

		cr_assert_eq(ftruncate(fd, len), 0);
		x = count(path, &n, &diag);
		cr_assert(x == HC_READ_EOF || x == HC_READ_TRUNCATED || x == HC_READ_UNSUPPORTED || x == HC_READ_SKIPPED,
			  "cut to %ld: %d", (long)len, x);
	}
	close(fd);
}

Test(inputs, a_cut_archive_gives_every_byte_before_the_cut)
{
	static const char *const one[] = { "joined", NULL };
	const char *path = make_archive("cut.tar", TAR, one);
	int fd = open(path, O_RDWR);
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_diag diag;
	unsigned n, all, before = 0;
	off_t member = 512 + 512 + 512; /* header and text of the first one, its own header */

	golden_find("joined")->build(&b);
	cr_assert_eq(count(path, &all, &diag), HC_READ_EOF);
	for (size_t len = 28; len < b.len; len++) {
		HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
		struct hc_event *ev;
		int x;

		before = 0;
		cr_assert_eq(hc_reader_open_memory(&r, b.p, len, "x", NULL, NULL), 0);
		while ((x = hc_reader_next(r, &ev, NULL)) == 0 || x == HC_READ_SECTION)
			before += x == 0;
		cr_assert_eq(ftruncate(fd, member + (off_t)len), 0);
		cr_assert_eq(count(path, &n, &diag), HC_READ_TRUNCATED, "%zu", len);
		cr_assert_eq(n, before, "%zu bytes: %u events, plain %u", len, n, before);
		cr_assert_eq(ftruncate(fd, member), 0);
		cr_assert_eq(pwrite(fd, b.p, b.len, member), (ssize_t)b.len);
	}
	cr_assert_gt(before, 0);
	close(fd);
}

/* ---- a file still being written ---- */

struct growing {
	int fd;
	const struct hc_buf *b;
};

static void *grow(void *arg)
{
	struct growing *g = arg;

	for (size_t at = 100; at < g->b->len;) {
		size_t n = g->b->len - at < 333 ? g->b->len - at : 333;

		usleep(20000);
		if (write(g->fd, g->b->p + at, n) != (ssize_t)n)
			break;
		at += n;
	}
	return NULL;
}

Test(inputs, a_growing_file_is_followed)
{
	static const struct hc_reader_options variants[] = { { .follow = true }, { .follow = true, .decompress_ahead = true } };

	for (int v = 0; v < 2; v++) {
		HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
		struct hc_buf b HC_BUF_DONE = { 0 };
		struct growing g;
		struct hc_event *ev;
		pthread_t thread;
		unsigned n = 0;

		put_shb(&b);
		for (uint64_t i = 0; i < 20; i++)
			put_close(&b, 1000 + i);
		g = (struct growing){ open(path_of("grow"), O_RDWR | O_CREAT | O_TRUNC, 0600), &b };
		cr_assert_eq(write(g.fd, b.p, 100), 100);
		cr_assert_eq(pthread_create(&thread, NULL, grow, &g), 0);
		cr_assert_eq(hc_reader_open(&r, path_of("grow"), &variants[v], NULL), 0);
		while (n < 20) {
			cr_assert_eq(hc_reader_next(r, &ev, NULL), 0);
			cr_assert_eq(ev->ts_ns, 1000 + n++);
		}
		pthread_join(thread, NULL);
		close(g.fd);
		/* Closing does not wait for more to come. */
	}
}

Test(inputs, events_of_a_pipe_come_before_it_ends)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
	struct hc_buf b HC_BUF_DONE = { 0 }, packed HC_BUF_DONE = { 0 };
	struct hc_event *ev;
	char name[32];
	int fds[2];

	put_shb(&b);
	put_close(&b, 1000);
	put_zstd(&packed, &b, 0);
	cr_assert_eq(pipe(fds), 0);
	cr_assert_eq(write(fds[1], packed.p, packed.len), (ssize_t)packed.len);
	snprintf(name, sizeof name, "/dev/fd/%d", fds[0]);
	cr_assert_eq(hc_reader_open(&r, name, NULL, NULL), 0);
	cr_assert_eq(hc_reader_next(r, &ev, NULL), 0);
	cr_assert_eq(ev->ts_ns, 1000);
	hc_buf_reset(&b);
	hc_buf_reset(&packed);
	put_close(&b, 1001);
	put_zstd(&packed, &b, 0);
	cr_assert_eq(write(fds[1], packed.p, packed.len), (ssize_t)packed.len);
	cr_assert_eq(hc_reader_next(r, &ev, NULL), 0);
	cr_assert_eq(ev->ts_ns, 1001);
	close(fds[1]);
	cr_assert_eq(hc_reader_next(r, &ev, NULL), HC_READ_EOF);
	close(fds[0]);
}

/* ---- caps ---- */

static long resident_kb(void)
{
	long total, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	cr_assert_not_null(f);
	cr_assert_eq(fscanf(f, "%ld %ld", &total, &resident), 2);
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

Test(inputs, claimed_lengths_allocate_nothing)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	long before = resident_kb();

	/* A process list that claims 255 MiB, an event block that claims 200 MiB, and little behind them. */
	put_shb(&b);
	put_u32(&b, 0x215);
	put_u32(&b, 255 << 20);
	put_u64(&b, 0);
	for (int i = 0; i < 100; i++)
		put_close(&b, 1000);
	put_u32(&b, 0x221);
	put_u32(&b, 200 << 20);
	put_u64(&b, 0);
	for (int i = 0; i < 100; i++)
		put_close(&b, 1000);
	for (int i = 0; i < 50; i++) {
		HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
		struct hc_event *ev;
		unsigned n = 0;
		int x;

		cr_assert_eq(hc_reader_open_memory(&r, b.p, b.len, "x", NULL, NULL), 0);
		while ((x = hc_reader_next(r, &ev, NULL)) == 0 || x == HC_READ_SKIPPED)
			n += x == 0;
		cr_assert_eq(x, HC_READ_EOF);
		cr_assert_eq(n, 200);
	}
	cr_assert_lt(resident_kb() - before, 32 << 10);
}

Test(inputs, lists_are_capped)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *r = NULL;
	struct hc_reader_options options = { .lists_max = 1 << 20 };
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_event *ev;
	struct hc_diag diag;
	unsigned blocks = 0;

	put_shb(&b);
	for (int64_t tid = 1; b.len < 4 << 20; tid++, blocks++) {
		size_t at = begin_block(&b, 0x214);

		for (int i = 0; i < 100; i++)
			put_thread_fields(&b, 8, tid * 100 + i);
		end_block(&b, at);
	}
	put_close(&b, 1000);
	cr_assert_eq(hc_reader_open_memory(&r, b.p, b.len, "x", &options, NULL), 0);
	cr_assert_gt(hc_reader_section(r)->nthreads, 1000);
	cr_assert_lt(hc_reader_section(r)->nthreads, blocks * 100);
	cr_assert_eq(hc_reader_next(r, &ev, &diag), HC_READ_SKIPPED);
	cr_assert(strstr(diag.text, "lists"), "%s", diag.text);
	while (hc_reader_next(r, &ev, &diag) == HC_READ_SKIPPED)
		;
	cr_assert_eq(ev->ts_ns, 1000);
}
