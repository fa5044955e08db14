/* SPDX-License-Identifier: Apache-2.0
 *
 * From paths to a verdict: files are found, read, their runs go through the pool, every file is reported as soon as it and all
 * before it are done.
 */
#include "samples/test.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/exit.h"
#include "common/mem.h"
#include "rules/glob.h"
#include "samples/test-pool.h"
#include "samples/test-update.h"

/* ---- finding ---- */

struct finder {
	struct hc_test_list *list;
	const struct hc_test_source *source;
	const char *top; /* the directory given; "" for a file */
	bool scaffold;
	struct hc_diag *diag;
};

static bool is_test_name(const char *name)
{
	static const char *const ends[] = { ".test.yaml", ".test.yml" };
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (len > strlen(ends[i]) && !strcmp(name + len - strlen(ends[i]), ends[i]))
			return true;
	return false;
}

/* below: the file's directory seen from the top. */
static int add_file(struct finder *f, const char *path, const char *below)
{
	struct hc_test_list *list = f->list;
	struct hc_test_where where = { .inside = f->source && f->source->inside, .below = below, .scaffold = f->scaffold };
	const char *base = strrchr(path, '/');
	struct hc_buf name HC_BUF_DONE = { 0 };
	struct hc_test_suite *suite;
	struct hc_diag diag;

	if (list->n >= HC_TEST_FILES_MAX)
		return hc_diag_set(f->diag, -E2BIG, "more than %d test files", HC_TEST_FILES_MAX);
	if (list->n == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 16;
		list->suites = hc_realloc(list->suites, list->cap * sizeof *list->suites);
	}
	suite = &list->suites[list->n++];
	*suite = (struct hc_test_suite){ .path = hc_strdup(path) };
	if (f->source && f->source->name)
		hc_buf_printf(&name, "%s:%s%s%s", f->source->name, below, *below ? "/" : "", base ? base + 1 : path);
	else
		hc_buf_puts(&name, path);
	suite->name = hc_strdup(name.p);
	where.name = suite->name;
	if (hc_test_file_load(&suite->file, path, &where, &diag)) {
		suite->unread = true;
		hc_buf_printf(&suite->file.doc.errors, "%s\n", diag.text);
	}
	suite->unread |= suite->file.doc.nerrors > 0;
	if (suite->file.doc.nerrors > HC_YAMLDOC_ERRORS_MAX)
		hc_buf_printf(&suite->file.doc.errors, "and %u more errors\n", suite->file.doc.nerrors - HC_YAMLDOC_ERRORS_MAX);
	suite->chosen = hc_calloc(suite->file.ntests + 1, sizeof *suite->chosen);
	suite->results = hc_calloc(suite->file.ntests + 1, sizeof *suite->results);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_directory(struct finder *f, const char *path, const char *below, int depth);

static int add_entry(struct finder *f, const char *path, const char *below, const char *name, int depth)
{
	struct hc_buf full HC_BUF_DONE = { 0 }, under HC_BUF_DONE = { 0 };
	struct stat st;

	hc_buf_printf(&full, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", name);
	if (lstat(full.p, &st))
		return 0; /* gone meanwhile */
	if (S_ISDIR(st.st_mode)) {
		hc_buf_printf(&under, "%s%s%s", below, *below ? "/" : "", name);
		return add_directory(f, full.p, under.p, depth + 1);
	}
	if (!is_test_name(name) || (f->source && f->source->inside && !S_ISREG(st.st_mode)))
		return 0;
	return add_file(f, full.p, below);
}

static int add_directory(struct finder *f, const char *path, const char *below, int depth)
{
	DIR *dir = opendir(path);
	char **names = NULL;
	size_t n = 0, cap = 0;
	int r = 0;

	if (!dir)
		return hc_diag_set(f->diag, -errno, "cannot read the directory %s: %s", path, strerror(errno));
	for (struct dirent *e; (e = readdir(dir));) {
		if (e->d_name[0] == '.')
			continue;
		if (n == cap) {
			cap = cap ? 2 * cap : 32;
			names = hc_realloc(names, cap * sizeof *names);
		}
		names[n++] = hc_strdup(e->d_name);
	}
	closedir(dir);
	if (n)
		qsort(names, n, sizeof *names, by_name);
	for (size_t i = 0; i < n; i++) {
		if (!r && depth < HC_TEST_TREE_DEPTH_MAX)
			r = add_entry(f, path, below, names[i], depth);
		free(names[i]);
	}
	free(names);
	return r;
}

int hc_test_list_add(struct hc_test_list *list, const char *path, const struct hc_test_source *source, bool scaffold,
		     struct hc_diag *reterr_diag)
{
	struct finder f = { .list = list, .source = source, .scaffold = scaffold, .diag = reterr_diag };
	struct stat st;

	if (stat(path, &st))
		return hc_diag_set(reterr_diag, -errno, "cannot open %s: %s", path, strerror(errno));
	return S_ISDIR(st.st_mode) ? add_directory(&f, path, "", 0) : add_file(&f, path, "");
}

void hc_test_list_done(struct hc_test_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		hc_test_suite_done(&list->suites[i]);
	free(list->suites);
	*list = (struct hc_test_list){ 0 };
}

/* ---- choosing ---- */

static bool wanted(const char *filter, const struct hc_test_suite *suite, const char *test)
{
	struct hc_buf full HC_BUF_DONE = { 0 };

	if (!filter)
		return true;
	hc_buf_printf(&full, "%s: %s", suite->name, test);
	if (hc_glob_is_magic(hc_str(filter)))
		return hc_glob_match(hc_str(filter), (struct hc_str){ full.p, (uint32_t)full.len }, false) ||
		       hc_glob_match(hc_str(filter), hc_str(test), false);
	return strstr(full.p, filter);
}

/* How many tests are to be run or told; files that cannot be read count as one. */
static uint32_t choose(struct hc_test_list *list, const char *filter)
{
	uint32_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		struct hc_test_suite *s = &list->suites[i];

		for (uint32_t k = 0; !s->unread && k < s->file.ntests; k++) {
			s->chosen[k] = wanted(filter, s, s->file.tests[k].name);
			s->nchosen += s->chosen[k];
			if (s->chosen[k] && s->file.tests[k].skip)
				s->results[k].status = HC_TEST_SKIPPED;
		}
		n += s->unread ? 1 : s->nchosen;
	}
	return n;
}

static void print_list(const struct hc_test_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct hc_test_suite *s = &list->suites[i];

		for (uint32_t k = 0; !s->unread && k < s->file.ntests; k++)
			if (s->chosen[k])
				printf("%s: %s%s\n", s->name, s->file.tests[k].name, s->file.tests[k].skip ? " (skipped)" : "");
	}
}

/* ---- running ---- */

struct session {
	struct hc_test_list *list;
	const struct hc_test_list_options *options;
	struct hc_test_job *jobs;
	size_t *suite_of, njobs; /* by job */
	size_t told;             /* suites reported */
	struct hc_test_totals totals;
	uint32_t number;         /* of the next TAP line */
	bool failed;             /* something could not be written */
};

static void complain(const struct session *s, const struct hc_diag *diag)
{
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", s->options->command, diag->text);
}

static void rewrite(struct session *s, struct hc_test_suite *suite)
{
	struct hc_buf text HC_BUF_DONE = { 0 };
	struct hc_test_file again;
	struct hc_diag diag;
	bool sound;

	if (suite->unread || !hc_test_edited(&suite->file, suite->results, suite->file.ntests, &text))
		return;
	/* What would not load is not written. */
	hc_test_file_parse(&again, suite->path, text.p, text.len, NULL);
	sound = !again.doc.nerrors;
	hc_test_file_done(&again);
	if (!sound)
		hc_diag_set(&diag, -EINVAL, "%s: its shape is beyond --update; it stays as it is", suite->path);
	if (!sound || hc_test_rewrite(suite->path, &text, &diag)) {
		complain(s, &diag);
		s->failed = true;
		return;
	}
	suite->rewritten = true;
}

static void tell(struct session *s, struct hc_test_suite *suite)
{
	if (s->options->update)
		rewrite(s, suite);
	hc_test_totals_add(&s->totals, suite);
	if (s->options->tap)
		s->number = hc_test_report_tap(stdout, suite, s->number);
	else if (!s->options->quiet || suite->unread)
		hc_test_report_text(stdout, suite, s->options->verbose);
	fflush(stdout);
}

/* Reports all suites before this one that have not been: they had nothing to run. */
static void tell_up_to(struct session *s, size_t suite)
{
	while (s->told < suite)
		tell(s, &s->list->suites[s->told++]);
}

static void job_done(void *ctx, struct hc_test_job *job)
{
	struct session *s = ctx;
	size_t i = (size_t)(job - s->jobs);
	struct hc_test_suite *suite = &s->list->suites[s->suite_of[i]];

	suite->seconds += job->seconds;
	hc_buf_put(&suite->messages, job->messages.p, job->messages.len);
	hc_buf_done(&job->messages);
	if (i + 1 == s->njobs || s->suite_of[i + 1] != s->suite_of[i])
		tell_up_to(s, s->suite_of[i] + 1);
}

static void make_jobs(struct session *s)
{
	size_t cap = 0;

	for (size_t i = 0; i < s->list->n; i++)
		cap += s->list->suites[i].file.nruns;
	s->jobs = hc_calloc(cap + 1, sizeof *s->jobs);
	s->suite_of = hc_calloc(cap + 1, sizeof *s->suite_of);
	for (size_t i = 0; i < s->list->n; i++) {
		struct hc_test_suite *suite = &s->list->suites[i];

		for (uint32_t run = 0; !suite->unread && run < suite->file.nruns; run++) {
			bool any = false;

			for (uint32_t k = 0; k < suite->file.ntests; k++)
				any |= hc_test_in_run(&suite->file, suite->chosen, run, k);
			if (!any)
				continue;
			s->suite_of[s->njobs] = i;
			s->jobs[s->njobs++] = (struct hc_test_job){ .file = &suite->file, .run = run, .chosen = suite->chosen,
								    .results = suite->results };
		}
	}
}

static int write_junit(const struct session *s, double seconds)
{
	struct hc_buf text HC_BUF_DONE = { 0 };
	HC_FCLOSE FILE *f = fopen(s->options->junit, "we");
	struct hc_diag diag;

	hc_test_report_junit(&text, s->list->suites, s->list->n, seconds);
	if (f && fwrite(text.p, 1, text.len, f) == text.len && !fflush(f))
		return 0;
	complain(s, (hc_diag_set(&diag, -errno, "cannot write %s: %s", s->options->junit, strerror(errno)), &diag));
	return -1;
}

static int run_all(struct session *s)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct hc_test_pool_options pool = { .parallel = s->options->parallel ? s->options->parallel : cpus > 0 ? (unsigned)cpus : 1,
					     .timeout_s = s->options->timeout_s ? s->options->timeout_s : 120,
					     .update = s->options->update, .done = job_done, .ctx = s };
	struct timespec start, end;
	struct hc_diag diag;
	double seconds;
	int r;

	make_jobs(s);
	if (pool.parallel > s->njobs)
		pool.parallel = s->njobs ? (unsigned)s->njobs : 1;
	clock_gettime(CLOCK_MONOTONIC, &start);
	r = hc_test_pool(s->jobs, s->njobs, &pool, &diag);
	clock_gettime(CLOCK_MONOTONIC, &end);
	seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	if (r) {
		complain(s, &diag);
		return HC_EXIT_FAIL;
	}
	tell_up_to(s, s->list->n);
	if (!s->options->tap)
		hc_test_report_totals(stdout, &s->totals, seconds);
	if (s->options->junit && write_junit(s, seconds))
		return HC_EXIT_FAIL;
	if (s->totals.n[HC_TEST_FAILED] || s->totals.n[HC_TEST_ERROR] || s->failed)
		return HC_EXIT_FAIL;
	return s->totals.unread ? HC_EXIT_USAGE : HC_EXIT_OK;
}

int hc_test_list_run(struct hc_test_list *list, const struct hc_test_list_options *options)
{
	struct session s = { .list = list, .options = options, .number = 1 };
	uint32_t n = choose(list, options->filter);
	int exit_code;

	if (!n) {
		fprintf(stderr, "%s: %s\n", options->command, options->filter ? "no test matches the filter" :
			"no tests: nothing here is named *.test.yaml");
		return HC_EXIT_USAGE;
	}
	if (options->list) {
		print_list(list);
		return HC_EXIT_OK;
	}
	if (options->tap)
		hc_test_report_tap_plan(stdout, n);
	exit_code = run_all(&s);
	free(s.jobs);
	free(s.suite_of);
	return exit_code;
}
