/* SPDX-License-Identifier: Apache-2.0
 *
 * `hindcast merge FILE... OUT`: several captures as one. Each stays a section with its own processes and files, in the
 * order of time, which is right whatever host they come from; or, with --interleave, the events of captures that were
 * taken of one host at the same time are put into one order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/exit.h"
#include "common/map.h"
#include "common/mem.h"
#include "common/options.h"
#include "formats/copy.h"

struct options {
	const char *compress;
	bool interleave, keep_order;
};

static const struct hc_option table[] = {
	{ 'z', "compress", "METHOD", "zstd, gzip or none; without it the name of OUT decides: .zst, .gz, else none",
	  HC_OPTION_STRING, offsetof(struct options, compress) },
	{ 'i', "interleave", NULL, "one section, events ordered by time: for captures of one host at the same time",
	  HC_OPTION_FLAG, offsetof(struct options, interleave) },
	{ 'k', "keep-order", NULL, "sections in the order of the command line instead of their first events", HC_OPTION_FLAG,
	  offsetof(struct options, keep_order) },
	HC_OPTION_END,
};

static int run(int argc, char **argv);

const struct hc_command hc_cmd_merge = {
	"merge",
	"[OPTION]... FILE... OUT",
	"make one capture of several",
	"Each FILE becomes a section of OUT with its own snapshot of processes and files; replay starts anew at each.\n"
	"OUT is written under a temporary name and put in its place when it is complete; '-' is standard output.\n"
	"\n"
	"The exit code is 4 if a FILE is damaged: what is readable was written.",
	table,
	run,
};

/* One input; with its next event looked at, for ordering. */
struct input {
	struct hc_reader *reader;
	struct hc_event *ev; /* NULL: at its end */
	const char *path;
	uint64_t key_ns; /* time of ev; where none is set, that of the event before */
	uint64_t first_ns;
	uint32_t place; /* on the command line: ties stay in that order */
};

enum { INPUTS_MAX = 512 };

static int by_time(const void *a, const void *b)
{
	const struct input *x = a, *y = b;

	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

/* ---- one section of all ---- */

/* Lists of all inputs in one: the first to describe a thread, its fds, a user or group wins. */
static void merge_lists(struct hc_section *to, const struct hc_section *from, struct hc_map *tids)
{
	bool first = !to->has_machine && !to->nthreads && !to->ninterfaces, fresh;

	if (first) {
		to->has_machine = from->has_machine;
		to->machine = from->machine;
		for (uint32_t i = 0; i < from->ninterfaces; i++)
			*hc_section_add_interface(to) = from->interfaces[i];
		for (uint32_t i = 0; i < from->nusers; i++)
			*hc_section_add_user(to) = from->users[i];
		for (uint32_t i = 0; i < from->ngroups; i++)
			*hc_section_add_group(to) = from->groups[i];
	}
	/* The value says which list a thread came from: its fds come from there too. */
	for (uint32_t i = 0; i < from->nthreads; i++) {
		uint64_t *owner = hc_map_put(tids, (uint64_t)from->threads[i].tid, &fresh);

		if (!fresh)
			continue;
		*owner = (uint64_t)(uintptr_t)from;
		*hc_section_add_thread(to) = from->threads[i];
	}
	for (uint32_t i = 0; i < from->nfds; i++) {
		uint64_t *owner = hc_map_get(tids, (uint64_t)from->fds[i].tid);

		if (owner && *owner == (uint64_t)(uintptr_t)from)
			*hc_section_add_fd(to) = from->fds[i];
	}
}

/* Container events of old captures have no time, and those made in user space may not have got one (scap-format.md 9.1). */
static bool has_time(const struct hc_event *ev)
{
	return ev->ts_ns != 0 && ev->ts_ns != UINT64_MAX;
}

static int advance(struct hc_copy *copy, struct input *in)
{
	int r = hc_copy_next(copy, in->reader, &in->ev);

	if (r == HC_READ_EVENT) {
		if (has_time(in->ev))
			in->key_ns = in->ev->ts_ns;
		return 0;
	}
	in->ev = NULL;
	if (r == HC_READ_SECTION) {
		hc_progress_clear(&copy->progress);
		fprintf(stderr, "hindcast merge: %s has several sections; only captures with one can be interleaved\n",
			in->path);
		return -1;
	}
	return r < 0 ? r : 0;
}

static int interleave(struct hc_copy *copy, struct input *inputs, uint32_t n)
{
	struct hc_section all;
	struct hc_map tids = { 0 };
	struct hc_diag diag;
	int r;

	hc_section_init(&all);
	for (uint32_t i = 0; i < n; i++)
		merge_lists(&all, hc_reader_section(inputs[i].reader), &tids);
	hc_map_done(&tids);
	/* The strings stay with the inputs, which outlive this. */
	r = hc_writer_section(copy->output.writer, &all, &diag);
	hc_section_done(&all);
	if (r) {
		hc_copy_complain(copy, &diag);
		return r;
	}
	for (;;) {
		struct input *next = NULL;

		for (uint32_t i = 0; i < n; i++) {
			if (inputs[i].ev && (!next || inputs[i].key_ns < next->key_ns))
				next = &inputs[i];
		}
		if (!next)
			return 0;
		r = hc_copy_event(copy, next->reader, next->ev);
		if (!r)
			r = advance(copy, next);
		if (r)
			return r;
	}
}

/* ---- sections one after the other ---- */

/* Like hc_copy_all, for a reader whose first event was looked at already. */
static int append(struct hc_copy *copy, struct input *in)
{
	struct hc_diag diag;
	int r = hc_writer_section(copy->output.writer, hc_reader_section(in->reader), &diag);

	if (r) {
		hc_copy_complain(copy, &diag);
		return r;
	}
	while (in->ev) {
		r = hc_copy_event(copy, in->reader, in->ev);
		if (r)
			return r;
		r = hc_copy_next(copy, in->reader, &in->ev);
		if (r == HC_READ_SECTION)
			return hc_copy_all(copy, in->reader);
		if (r != HC_READ_EVENT)
			return r < 0 ? r : 0;
	}
	return 0;
}

/* When the capture begins. If its first event does not say, a second reader looks for one that does, where the input can
 * be read twice. */
static uint64_t first_time(const struct input *in)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;
	struct hc_event *ev;
	int r;

	if (in->ev && has_time(in->ev))
		return in->ev->ts_ns;
	if (!in->ev || !strcmp(in->path, "-") || hc_reader_open(&reader, in->path, NULL, NULL))
		return UINT64_MAX;
	while ((r = hc_reader_next(reader, &ev, NULL)) == HC_READ_EVENT || r == HC_READ_SKIPPED || r == HC_READ_SECTION) {
		if (r == HC_READ_EVENT && has_time(ev))
			return ev->ts_ns;
	}
	return UINT64_MAX;
}

static int merge(struct hc_copy *copy, struct input *inputs, uint32_t n, const struct options *o)
{
	int r = 0;

	for (uint32_t i = 0; i < n && !r; i++)
		r = advance(copy, &inputs[i]);
	if (r)
		return r;
	if (o->interleave)
		return interleave(copy, inputs, n);
	if (!o->keep_order) {
		for (uint32_t i = 0; i < n; i++)
			inputs[i].first_ns = first_time(&inputs[i]);
		qsort(inputs, n, sizeof *inputs, by_time);
	}
	for (uint32_t i = 0; i < n && !r; i++) {
		r = append(copy, &inputs[i]);
		inputs[i].reader = hc_reader_close(inputs[i].reader);
	}
	return r;
}

static int run(int argc, char **argv)
{
	struct hc_copy copy = { .command = "merge" };
	struct hc_writer_options writing = { .background = true };
	HC_FREE struct input *inputs = NULL;
	struct options o = { 0 };
	struct hc_diag diag;
	int n = 0, status = 0, r;

	if (hc_options_parse(&hc_cmd_merge, argc, argv, &o, &n, &status))
		return status;
	if (n < 2 || n - 1 > INPUTS_MAX) {
		fprintf(stderr, "hindcast merge: one to %d inputs and one output are needed. Try 'hindcast merge --help'.\n",
			INPUTS_MAX);
		return HC_EXIT_USAGE;
	}
	if (hc_output_compression(o.compress, argv[n], &writing.compress) < 0) {
		fprintf(stderr, "hindcast merge: unknown compression '%s'; expected zstd, gzip or none\n", o.compress);
		return HC_EXIT_USAGE;
	}
	inputs = hc_calloc((size_t)n, sizeof *inputs);
	n--;
	for (int i = 0; i < n; i++) {
		inputs[i].path = argv[i + 1];
		inputs[i].place = (uint32_t)i;
		r = hc_reader_open(&inputs[i].reader, argv[i + 1], NULL, &diag);
		if (!r)
			continue;
		hc_copy_complain(&copy, &diag);
		status = r < 0 ? HC_EXIT_FAIL : HC_EXIT_DAMAGED;
		goto out;
	}
	r = hc_output_open(&copy.output, argv[n + 1], &writing, &diag);
	if (r) {
		hc_copy_complain(&copy, &diag);
		status = HC_EXIT_FAIL;
		goto out;
	}
	hc_progress_init(&copy.progress, "merging", true);
	status = hc_copy_finish(&copy, merge(&copy, inputs, (uint32_t)n, &o));
out:
	for (int i = 0; i < n; i++)
		hc_reader_close(inputs[i].reader);
	return status;
}
