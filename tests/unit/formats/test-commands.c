/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast info, convert and merge as they are called.
 */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/exit.h"
#include "common/options.h"
#include "formats/info.h"
#include "golden.h"

extern const struct hc_command hc_cmd_info, hc_cmd_convert, hc_cmd_merge;

static char dir[] = "/tmp/hc-commands-XXXXXX";

static void make_dir(void)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
	cr_redirect_stdout();
	cr_redirect_stderr();
}

static void remove_dir(void)
{
	char cmd[64];

	snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
	if (chdir("/") || system(cmd))
		abort();
}

TestSuite(commands, .init = make_dir, .fini = remove_dir);

static int run(const struct hc_command *cmd, const char *const *args)
{
	char *argv[16] = { (char *)cmd->name };
	int argc = 1, r;

	while (*args)
		argv[argc++] = (char *)*args++;
	r = cmd->run(argc, argv);
	fflush(stdout);
	fflush(stderr);
	return r;
}
#define RUN(cmd, ...) run(&hc_cmd_##cmd, (const char *const[]){ __VA_ARGS__, NULL })

static void put_file(const char *name, const struct hc_buf *b)
{
	FILE *f = fopen(name, "w");

	cr_assert_not_null(f);
	cr_assert_eq(fwrite(b->p, 1, b->len, f), b->len);
	fclose(f);
}

static void put_golden(const char *name, const char *golden)
{
	struct hc_buf b HC_BUF_DONE = { 0 };

	golden_find(golden)->build(&b);
	put_file(name, &b);
}

static bool same_files(const char *a, const char *b)
{
	struct hc_buf x HC_BUF_DONE = { 0 }, y HC_BUF_DONE = { 0 };

	for (int i = 0; i < 2; i++) {
		FILE *f = fopen(i ? b : a, "r");
		char buf[4096];
		size_t n;

		cr_assert_not_null(f);
		while ((n = fread(buf, 1, sizeof buf, f)))
			hc_buf_put(i ? &y : &x, buf, n);
		fclose(f);
	}
	return x.len == y.len && !memcmp(x.p, y.p, x.len);
}

static unsigned files_here(void)
{
	DIR *d = opendir(".");
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

Test(commands, convert_is_idempotent_and_keeps_events)
{
	struct hc_info a, b;

	for (size_t i = 0; i < golden_n; i++) {
		put_golden("in", golden_files[i].name);
		cr_assert_eq(RUN(convert, "in", "one.scap"), 0, "%s", golden_files[i].name);
		cr_assert_eq(RUN(convert, "one.scap", "two.scap.zst"), 0, "%s", golden_files[i].name);
		cr_assert_eq(RUN(convert, "--compress=gzip", "two.scap.zst", "three"), 0, "%s", golden_files[i].name);
		cr_assert_eq(RUN(convert, "-z", "none", "three", "four"), 0, "%s", golden_files[i].name);
		cr_assert(same_files("one.scap", "four"), "%s", golden_files[i].name);
		cr_assert_eq(hc_info_read(&a, "in", false, true, false, NULL), 0);
		cr_assert_eq(hc_info_read(&b, "two.scap.zst", false, false, false, NULL), 0);
		cr_assert_eq(b.stats.events, golden_files[i].events, "%s", golden_files[i].name);
		cr_assert_arr_eq(a.by_type, b.by_type, sizeof a.by_type);
		cr_assert_eq(a.nsections, b.nsections);
		cr_assert_str_eq(b.stats.compression, "zstd");
		hc_info_done(&a);
		hc_info_done(&b);
	}
}

Test(commands, convert_raw_keeps_old_events)
{
	struct hc_info info;

	put_golden("in", "old-events");
	cr_assert_eq(RUN(convert, "-R", "in", "out"), 0);
	cr_assert_eq(hc_info_read(&info, "out", true, false, false, NULL), 0);
	cr_assert_eq(info.stats.events, 6);
	cr_assert_eq(info.by_type[PPME_SYSCALL_READ_E], 1);
	hc_info_done(&info);
	cr_assert_eq(hc_info_read(&info, "out", false, false, false, NULL), 0);
	cr_assert_eq(info.stats.events, 4, "and they convert afterwards as before");
	cr_assert_eq(info.by_type[PPME_SYSCALL_EXECVE_19_X], 1);
	hc_info_done(&info);
}

Test(commands, convert_leaves_nothing_behind_when_it_fails)
{
	put_golden("in", "small");
	cr_assert_eq(RUN(convert, "in", "no/such/dir/out"), HC_EXIT_FAIL);
	cr_assert_eq(RUN(convert, "missing", "out"), HC_EXIT_FAIL);
	cr_assert_eq(RUN(convert, "in"), HC_EXIT_USAGE);
	cr_assert_eq(RUN(convert, "-z", "lzma", "in", "out"), HC_EXIT_USAGE);
	cr_assert_eq(files_here(), 1);
	/* A failing rename: the target is a directory. */
	cr_assert_eq(mkdir("out", 0700), 0);
	cr_assert_eq(RUN(convert, "in", "out"), HC_EXIT_FAIL);
	cr_assert_eq(files_here(), 2);
}

Test(commands, convert_of_damaged_evidence_says_so_and_writes_the_rest)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_info info;

	golden_find("small")->build(&b);
	b.len -= 10;
	put_file("in", &b);
	cr_assert_eq(RUN(convert, "in", "out"), HC_EXIT_DAMAGED);
	cr_assert_eq(hc_info_read(&info, "out", false, false, false, NULL), 0);
	cr_assert_eq(info.stats.events, 1);
	cr_assert(hc_info_is_sound(&info));
	hc_info_done(&info);
}

Test(commands, merge_makes_sections_in_order_of_time)
{
	struct hc_info info;

	put_golden("late", "small");   /* 2023 */
	put_golden("early", "pl-v9-76"); /* 1970 */
	cr_assert_eq(RUN(merge, "late", "early", "out.zst"), 0);
	cr_assert_eq(hc_info_read(&info, "out.zst", false, false, false, NULL), 0);
	cr_assert_eq(info.nsections, 2);
	cr_assert_eq(info.sections[0].threads, 2);
	cr_assert_eq(info.sections[1].threads, 1);
	cr_assert_eq(info.stats.events, 3);
	hc_info_done(&info);
	cr_assert_eq(RUN(merge, "-k", "late", "early", "out"), 0);
	cr_assert_eq(hc_info_read(&info, "out", false, false, false, NULL), 0);
	cr_assert_eq(info.sections[0].threads, 1);
	hc_info_done(&info);
}

Test(commands, merge_interleaves_events_of_one_host)
{
	struct hc_info info;

	for (int f = 0; f < 2; f++) {
		struct hc_buf b HC_BUF_DONE = { 0 };
		size_t at;

		put_shb(&b);
		at = begin_block(&b, 0x214);
		put_thread_fields(&b, 8, 100);
		put_thread_fields(&b, 8, 200 + f);
		end_block(&b, at);
		for (uint64_t i = 0; i < 10; i++)
			put_close(&b, 1000 + 2 * i + (uint64_t)f);
		put_file(f ? "b" : "a", &b);
	}
	cr_assert_eq(RUN(merge, "--interleave", "b", "a", "out"), 0);
	cr_assert_eq(hc_info_read(&info, "out", false, false, false, NULL), 0);
	cr_assert_eq(info.nsections, 1);
	cr_assert_eq(info.sections[0].threads, 3);
	cr_assert_eq(info.stats.events, 20);
	cr_assert_eq(info.backwards, 0);
	hc_info_done(&info);
	put_golden("joined", "joined");
	cr_assert_eq(RUN(merge, "--interleave", "joined", "a", "out2"), HC_EXIT_FAIL);
	cr_assert_neq(access("out2", F_OK), 0);
}

/* Where it stands in time is what the first event with a time says; the machine is only that of its own section. */
Test(commands, merge_of_captures_whose_first_events_have_no_time)
{
	static const uint64_t times[][4] = { { UINT64_MAX, 400, 600, 800 }, { 0, 100, 500, 700 } };
	struct hc_info info;

	for (int f = 0; f < 2; f++) {
		struct hc_buf b HC_BUF_DONE = { 0 };

		put_shb(&b);
		if (f)
			put_mi(&b, 0x201, "early");
		for (int i = 0; i < 4; i++)
			put_close(&b, times[f][i]);
		put_file(f ? "early" : "late", &b);
	}
	cr_assert_eq(RUN(merge, "late", "early", "out"), 0);
	cr_assert_eq(hc_info_read(&info, "out", false, false, false, NULL), 0);
	cr_assert_eq(info.nsections, 2);
	cr_assert_str_eq(info.sections[0].machine.hostname, "early");
	cr_assert_str_eq(info.sections[1].machine.hostname, "");
	cr_assert_eq(info.sections[1].machine.ncpus, UINT32_MAX);
	hc_info_done(&info);
	cr_assert_eq(RUN(merge, "--interleave", "late", "early", "out"), 0);
	cr_assert_eq(hc_info_read(&info, "out", false, false, false, NULL), 0);
	cr_assert_eq(info.stats.events, 8);
	cr_assert_eq(info.backwards, 0);
	cr_assert_eq(info.last_ns, 800);
	hc_info_done(&info);
}

/* Standard output of the last command, from a file it was sent to. */
static json_t *info_json(const char *file, int *ret_exit)
{
	int saved = dup(STDOUT_FILENO), fd = open("json", O_RDWR | O_CREAT | O_TRUNC, 0600);
	json_t *doc;

	dup2(fd, STDOUT_FILENO);
	*ret_exit = RUN(info, "--json", file);
	dup2(saved, STDOUT_FILENO);
	close(fd);
	close(saved);
	doc = json_load_file("json", 0, NULL);
	cr_assert_not_null(doc);
	return doc;
}

Test(commands, info_tells_sound_from_damaged)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	json_t *doc;
	int status;

	put_golden("in", "joined");
	doc = info_json("in", &status);
	cr_assert_eq(status, 0);
	cr_assert_str_eq(json_string_value(json_object_get(doc, "state")), "sound");
	cr_assert_eq(json_integer_value(json_object_get(doc, "events")), 4);
	cr_assert_eq(json_array_size(json_object_get(doc, "sections")), 3);
	cr_assert_eq(strlen(json_string_value(json_object_get(doc, "sha256"))), 64);
	json_decref(doc);
	golden_find("joined")->build(&b);
	b.p[b.len - 60 + 4] ^= 0x40;
	put_file("in", &b);
	doc = info_json("in", &status);
	cr_assert_eq(status, HC_EXIT_DAMAGED);
	cr_assert_str_neq(json_string_value(json_object_get(doc, "state")), "sound");
	cr_assert_eq(json_array_size(json_object_get(doc, "damage")), 1);
	json_decref(doc);
}

Test(commands, info_hash_is_that_of_the_file)
{
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_info info;

	golden_find("gzip-members")->build(&b);
	hc_buf_puts(&b, "trailing bytes nobody reads");
	put_file("in", &b);
	cr_assert_eq(hc_info_read(&info, "in", false, true, false, NULL), 0);
	put_file("expected", &(struct hc_buf){ info.sha256, 64, 65 });
	hc_info_done(&info);
	cr_assert_eq(system("sha256sum in | cut -c1-64 | tr -d '\\n' | cmp -s - expected"), 0);
}

Test(commands, info_shows_the_ledger)
{
	static const char text[] = "{\"from_ns\":1,\"to_ns\":2,\"lost\":17}";
	uint32_t lens[] = { 4, 14, sizeof text };
	char data[4 + 14 + sizeof text] = { 0 };
	struct hc_buf b HC_BUF_DONE = { 0 };
	struct hc_info info;

	memcpy(data + 4, "hindcast.loss", 14);
	memcpy(data + 18, text, sizeof text);
	put_shb(&b);
	put_event(&b, &(struct put_event){ 0x221, 0, 1000, -1, PPME_ASYNCEVENT_E, 3, lens, data });
	put_file("in", &b);
	cr_assert_eq(hc_info_read(&info, "in", false, false, false, NULL), 0);
	cr_assert_eq(info.nledger, 1);
	cr_assert_str_eq(info.ledger[0].data, text);
	cr_assert_eq(info.lost, 17);
	hc_info_done(&info);
	cr_assert_eq(RUN(info, "in"), 0);
	cr_assert_eq(RUN(info, "-T", "in"), 0);
	cr_assert_eq(RUN(info, "nowhere"), HC_EXIT_FAIL);
	cr_assert_eq(RUN(info, NULL), HC_EXIT_USAGE);
}
