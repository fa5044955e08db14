/* SPDX-License-Identifier: Apache-2.0
 *
 * What is written, reads back the same; and the file obeys the rules of scap-format.md 17.1.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zstd.h>

#include "common/mem.h"
#include "formats/reader.h"
#include "formats/writer.h"

struct file {
	uint8_t *p;
	size_t len;
};

static void make_section(struct hc_section *s)
{
	struct hc_thread_info *t;
	struct hc_fd_info *f;
	struct hc_interface *i;
	struct hc_user_info *u;
	struct hc_group_info *g;

	hc_section_init(s);
	s->has_machine = true;
	s->machine = (struct hc_machine){ 2, 1 << 30, 0, "host", 1700000000000000000 };
	for (int n = 0; n < 3; n++) {
		t = hc_section_add_thread(s);
		t->tid = 100 + n;
		t->pid = 100 + (n == 2 ? 1 : n);
		t->ptid = 1;
		t->comm = HC_STR("cat");
		t->exe = HC_STR("/bin/cat");
		t->exepath = HC_STR("/usr/bin/cat");
		t->args = (struct hc_str){ "-v\0/etc/hosts\0", 14 };
		t->env = (struct hc_str){ "A=1\0", 4 };
		t->cwd = HC_STR("/tmp");
		t->cgroups = (struct hc_str){ "cpu=/\0", 6 };
		t->root = HC_STR("/");
		t->cap_effective = 0x1ffffffffff;
		t->exe_ino = 77;
		t->pgid = 100;
		t->exe_upper_layer = n == 1;
	}
	f = hc_section_add_fd(s);
	*f = (struct hc_fd_info){ .tid = 101, .fd = 3, .ino = 42, .type = HC_FD_FILE_V2, .open_flags = 1, .dev = 0x801,
				  .name = HC_STR("/etc/hosts") };
	f = hc_section_add_fd(s);
	*f = (struct hc_fd_info){ .tid = 100, .fd = 4, .ino = 43, .type = HC_FD_IPV4_SOCK, .sip = { 127, 0, 0, 1 },
				  .dip = { 10, 0, 0, 1 }, .sport = 40000, .dport = 443, .l4proto = HC_L4_TCP };
	f = hc_section_add_fd(s);
	*f = (struct hc_fd_info){ .tid = 100, .fd = 5, .type = HC_FD_IPV6_SERVSOCK, .sip = { [15] = 1 }, .sport = 80,
				  .l4proto = HC_L4_TCP };
	f = hc_section_add_fd(s);
	*f = (struct hc_fd_info){ .tid = 100, .fd = 6, .type = HC_FD_UNIX_SOCK, .unix_source = 1, .unix_dest = 2,
				  .name = HC_STR("/run/x") };
	i = hc_section_add_interface(s);
	*i = (struct hc_interface){ .type = 2, .addr = { [15] = 1 }, .name = HC_STR("lo") };
	i = hc_section_add_interface(s);
	*i = (struct hc_interface){ .type = 1, .addr = { 127, 0, 0, 1 }, .netmask = { 255 }, .name = HC_STR("lo") };
	u = hc_section_add_user(s);
	*u = (struct hc_user_info){ 0, 0, HC_STR("root"), HC_STR("/root"), HC_STR("/bin/sh") };
	g = hc_section_add_group(s);
	*g = (struct hc_group_info){ 0, HC_STR("root") };
}

/* close(fd) = res as PPME_SYSCALL_CLOSE_X. */
static struct hc_event close_event(uint64_t ts, const int64_t data[2])
{
	static const uint8_t lens[] = { 8, 0, 8, 0 };

	return (struct hc_event){ .ts_ns = ts, .tid = 100, .type = PPME_SYSCALL_CLOSE_X, .cpu = 1, .nparams = 2, .lens = lens,
				  .data = (const uint8_t *)data };
}

static struct hc_writer *open_writer(int *ret_fd, enum hc_compress compress, bool background, size_t frame_size)
{
	struct hc_writer_options options = { .compress = compress, .background = background, .frame_size = frame_size };
	struct hc_writer *w;
	int fd = memfd_create("out", 0);

	*ret_fd = dup(fd);
	cr_assert_eq(hc_writer_open(&w, fd, "out", &options, NULL), 0);
	return w;
}

/* File contents live until their test ends. */
static void *kept[64];
static unsigned nkept;

static void *keep(void *p)
{
	cr_assert_lt(nkept, 64);
	return kept[nkept++] = p;
}

static void release(void)
{
	while (nkept)
		free(kept[--nkept]);
}

TestSuite(writer, .fini = release);

static struct file content(int fd)
{
	struct file f;
	struct stat st;

	cr_assert_eq(fstat(fd, &st), 0);
	f.len = (size_t)st.st_size;
	f.p = keep(hc_malloc(f.len + 1));
	cr_assert_eq(pread(fd, f.p, f.len, 0), (ssize_t)f.len);
	close(fd);
	return f;
}

static struct file write_sample(enum hc_compress compress, bool background, size_t frame_size, int nevents)
{
	struct hc_section s;
	struct hc_writer *w;
	int fd;

	w = open_writer(&fd, compress, background, frame_size);
	make_section(&s);
	cr_assert_eq(hc_writer_section(w, &s, NULL), 0);
	for (int n = 0; n < nevents; n++) {
		int64_t data[2] = { 0, n };
		struct hc_event ev = close_event(1000 + (uint64_t)n, data);

		ev.flags = n == 1 ? HC_EVENT_STATE_ONLY : 0;
		cr_assert_eq(hc_writer_event(w, &ev, NULL), 0);
	}
	cr_assert_eq(hc_writer_close(w, NULL), 0);
	hc_section_done(&s);
	return content(fd);
}

/* Reads a capture and writes it again; returns the number of events. */
static uint64_t rewrite(struct file in, enum hc_compress compress, struct file *ret)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	struct hc_reader_stats stats;
	struct hc_diag diag = { 0 };
	struct hc_event *ev;
	struct hc_writer *w;
	int r, fd;

	cr_assert_eq(hc_reader_open_memory(&reader, in.p, in.len, "in", NULL, &diag), 0, "%s", diag.text);
	w = open_writer(&fd, compress, false, 0);
	cr_assert_eq(hc_writer_section(w, hc_reader_section(reader), NULL), 0);
	while ((r = hc_reader_next(reader, &ev, &diag)) == 0)
		cr_assert_eq(hc_writer_event(w, ev, NULL), 0);
	cr_assert_eq(r, HC_READ_EOF, "%d %s", r, diag.text);
	cr_assert_eq(hc_writer_close(w, NULL), 0);
	hc_reader_stats(reader, &stats);
	*ret = content(fd);
	return stats.events;
}

static bool same(struct file a, struct file b)
{
	return a.len == b.len && !memcmp(a.p, b.p, a.len);
}

Test(writer, write_read_write_is_byte_identical)
{
	static const enum hc_compress all[] = { HC_COMPRESS_NONE, HC_COMPRESS_GZIP, HC_COMPRESS_ZSTD };

	for (int i = 0; i < 3; i++) {
		struct file a = write_sample(all[i], false, 0, 50), b, c;

		cr_assert_eq(rewrite(a, all[i], &b), 50);
		rewrite(b, all[i], &c);
		/* b has the fds in the order of the threads; from then on nothing changes. */
		cr_assert(same(b, c), "compression %d", i);
		cr_assert_eq(a.len, b.len, "compression %d", i);
	}
}

Test(writer, lists_read_back_as_written)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	struct file f = write_sample(HC_COMPRESS_ZSTD, false, 0, 1);
	const struct hc_section *s;
	struct hc_section want;

	make_section(&want);
	cr_assert_eq(hc_reader_open_memory(&reader, f.p, f.len, "f", NULL, NULL), 0);
	s = hc_reader_section(reader);
	cr_assert(s->has_machine);
	cr_assert_str_eq(s->machine.hostname, "host");
	cr_assert_eq(s->machine.boot_ts_ns, 1700000000000000000);
	cr_assert_eq(s->nthreads, 3);
	for (int i = 0; i < 3; i++) {
		const struct hc_thread_info *a = &s->threads[i], *b = &want.threads[i];

		cr_assert_eq(a->tid, b->tid);
		cr_assert_eq(a->pid, b->pid);
		cr_assert(hc_str_eq(a->args, b->args));
		cr_assert(hc_str_eq(a->cgroups, b->cgroups));
		cr_assert(hc_str_eq(a->exepath, b->exepath));
		cr_assert_eq(a->exe_upper_layer, b->exe_upper_layer);
		cr_assert_eq(a->exe_ino, 77);
		cr_assert_eq(a->pgid, 100);
		cr_assert_eq(a->loginuid, UINT32_MAX);
		cr_assert_eq(a->vtid, -1);
	}
	cr_assert_eq(s->nfds, 4);
	cr_assert_eq(s->fds[0].type, HC_FD_IPV4_SOCK);
	cr_assert_eq(s->fds[0].dport, 443);
	cr_assert_eq(s->fds[1].sip[15], 1);
	cr_assert(hc_str_is(s->fds[2].name, "/run/x"));
	cr_assert_eq(s->fds[3].dev, 0x801);
	cr_assert_eq(s->ninterfaces, 2);
	cr_assert_eq(s->interfaces[0].type, 1, "IPv4 entries come first");
	cr_assert_eq(s->nusers, 1);
	cr_assert(hc_str_is(s->users[0].shell, "/bin/sh"));
	cr_assert_eq(s->ngroups, 1);
	hc_section_done(&want);
}

Test(writer, background_writes_the_same_bytes)
{
	struct file a = write_sample(HC_COMPRESS_ZSTD, false, 8192, 20000), b = write_sample(HC_COMPRESS_ZSTD, true, 8192, 20000);

	cr_assert(same(a, b));
}

Test(writer, frames_are_cut_at_blocks_and_carry_size_and_checksum)
{
	struct file f = write_sample(HC_COMPRESS_ZSTD, false, 8192, 1000);
	uint8_t plain[8192];
	unsigned frames = 0;

	for (size_t at = 0; at < f.len; frames++) {
		size_t size = ZSTD_findFrameCompressedSize(f.p + at, f.len - at), n;

		cr_assert(!ZSTD_isError(size));
		cr_assert(f.p[at + 4] & 4, "frame %u has no checksum", frames);
		cr_assert_leq(ZSTD_getFrameContentSize(f.p + at, f.len - at), 8192);
		n = ZSTD_decompress(plain, sizeof plain, f.p + at, size);
		cr_assert(!ZSTD_isError(n));
		for (size_t b = 0; b < n; b += hc_le32(plain + b + 4)) {
			cr_assert_leq(b + hc_le32(plain + b + 4), n, "a block goes over the end of frame %u", frames);
			cr_assert_eq(hc_le32(plain + b + hc_le32(plain + b + 4) - 4), hc_le32(plain + b + 4));
		}
		at += size;
	}
	cr_assert_gt(frames, 5);
}

Test(writer, flushed_events_are_readable_before_close)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	int64_t data[2] = { 0, 3 };
	struct hc_event ev = close_event(7, data), *got;
	struct hc_section s;
	struct hc_writer *w;
	struct file f;
	int fd;

	w = open_writer(&fd, HC_COMPRESS_ZSTD, true, 0);
	make_section(&s);
	cr_assert_eq(hc_writer_section(w, &s, NULL), 0);
	cr_assert_eq(hc_writer_event(w, &ev, NULL), 0);
	cr_assert_eq(hc_writer_flush(w, NULL), 0);
	f = content(fd);
	cr_assert_eq(hc_writer_event(w, &ev, NULL), 0);
	cr_assert_eq(hc_reader_open_memory(&reader, f.p, f.len, "f", NULL, NULL), 0);
	cr_assert_eq(hc_reader_next(reader, &got, NULL), 0);
	cr_assert_eq(got->ts_ns, 7);
	cr_assert_eq(got->num, 1);
	cr_assert_eq(hc_event_i64(got, 1, -1), 3);
	cr_assert_eq(hc_reader_next(reader, &got, NULL), HC_READ_EOF);
	cr_assert_eq(hc_writer_close(w, NULL), 0);
	hc_section_done(&s);
}

Test(writer, section_without_events_gets_a_harmless_one)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	struct file f = write_sample(HC_COMPRESS_NONE, false, 0, 0);
	struct hc_event *ev;

	cr_assert_eq(hc_reader_open_memory(&reader, f.p, f.len, "f", NULL, NULL), 0);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), 0);
	cr_assert_eq(ev->type, PPME_SCAPEVENT_E);
	cr_assert_eq(ev->nparams, 2);
	cr_assert_eq(hc_reader_next(reader, &ev, NULL), HC_READ_EOF);
}

Test(writer, wire_events_and_large_types)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	/* close(3) = 0 in wire form, and an async event of 100,000 data bytes. */
	uint8_t wire[46] = { 9, [8] = 5, [16] = 46, [20] = PPME_SYSCALL_CLOSE_X, [22] = 2, [26] = 8, [28] = 8, [38] = 3 };
	uint32_t lens[3] = { 4, 5, 100000 };
	uint8_t *data = hc_calloc(1, 100009);
	struct hc_event ev = { .ts_ns = 10, .tid = -1, .type = PPME_ASYNCEVENT_E, .nparams = 3, .lens = (uint8_t *)lens,
			       .data = data }, *got;
	struct hc_section s;
	struct hc_writer *w;
	struct file f;
	uint32_t len;
	int fd;

	memcpy(data + 4, "name", 5);
	w = open_writer(&fd, HC_COMPRESS_ZSTD, false, 65536);
	hc_section_init(&s);
	cr_assert_eq(hc_writer_section(w, &s, NULL), 0);
	cr_assert_eq(hc_writer_wire_event(w, 3, 0, wire, sizeof wire, NULL), 0);
	cr_assert_eq(hc_writer_event(w, &ev, NULL), 0);
	wire[16] = 45;
	cr_assert_eq(hc_writer_wire_event(w, 3, 0, wire, sizeof wire, NULL), HC_WRITE_REFUSED);
	ev.type = PPME_SYSCALL_WRITE_X;
	ev.nparams = 2;
	ev.lens = (uint8_t *)(uint16_t[]){ 60000, 60000 };
	cr_assert_eq(hc_writer_event(w, &ev, NULL), HC_WRITE_REFUSED);
	cr_assert_eq(hc_writer_close(w, NULL), 0);
	f = content(fd);
	cr_assert_eq(hc_reader_open_memory(&reader, f.p, f.len, "f", NULL, NULL), 0);
	cr_assert_eq(hc_reader_next(reader, &got, NULL), 0);
	cr_assert_eq(got->cpu, 3);
	cr_assert_eq(got->ts_ns, 9);
	cr_assert_eq(got->tid, 5);
	cr_assert_eq(hc_event_i64(got, 1, -1), 3);
	cr_assert_eq(hc_reader_next(reader, &got, NULL), 0);
	cr_assert_eq(got->type, PPME_ASYNCEVENT_E);
	cr_assert_str_eq((const char *)hc_event_param(got, 1, &len), "name");
	hc_event_param(got, 2, &len);
	cr_assert_eq(len, 100000);
	cr_assert_eq(hc_reader_next(reader, &got, NULL), HC_READ_EOF);
	free(data);
}

Test(writer, a_full_device_is_an_error_that_sticks)
{
	int fd = open("/dev/full", O_WRONLY);
	struct hc_writer *w;
	struct hc_section s;
	struct hc_diag diag;

	if (fd < 0)
		cr_skip("no /dev/full here");
	cr_assert_eq(hc_writer_open(&w, fd, "/dev/full", NULL, &diag), 0);
	make_section(&s);
	cr_assert_eq(hc_writer_section(w, &s, &diag), 0);
	cr_assert_eq(hc_writer_flush(w, &diag), -ENOSPC);
	cr_assert(strstr(diag.text, "No space left"), "%s", diag.text);
	cr_assert_eq(hc_writer_close(w, &diag), -ENOSPC);
	hc_section_done(&s);
}
