/* SPDX-License-Identifier: Apache-2.0
 *
 * From paths to a verdict: files are found, read, their runs go through the pool, every file is reported as soon as it and all
 * before it are done.
 */
#include "samples/test.h"

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
#include "rules/ruleset.h"
#include "samples/test-pool.h"
#include "samples/test-update.h"
#include "samples/walk.h"

/* ---- finding ---- */

static struct hc_test_suite *push(struct hc_test_list *list)
{
	if (list->n == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 16;
		list->suites = hc_realloc(list->suites, list->cap * sizeof *list->suites);
	}
	list->suites[list->n] = (struct hc_test_suite){ 0 };
	return &list->suites[list->n++];
}

/* Reads what path, name, bundle and member say. */
static void load(struct hc_test_suite *suite, bool scaffold)
{
	struct hc_test_where where = { .name = suite->name, .bundle = suite->bundle, .member = suite->member, .scaffold = scaffold };
	struct hc_diag diag;
	int r = 0;

	if (suite->member)
		hc_test_file_parse(&suite->file, suite->member->name, (const char *)suite->member->p, suite->member->len, &where);
	else
		r = hc_test_file_load(&suite->file, suite->path, &where, &diag);
	if (r)
		hc_buf_printf(&suite->file.doc.errors, "%s\n", diag.text);
	suite->unread = r || suite->file.doc.nerrors;
	if (suite->file.doc.nerrors > HC_YAMLDOC_ERRORS_MAX)
		hc_buf_printf(&suite->file.doc.errors, "and %u more errors\n", suite->file.doc.nerrors - HC_YAMLDOC_ERRORS_MAX);
	suite->chosen = hc_calloc(suite->file.ntests + 1, sizeof *suite->chosen);
	suite->results = hc_calloc(suite->file.ntests + 1, sizeof *suite->results);
}

static int add_file(struct hc_test_list *list, const char *path, bool scaffold, struct hc_diag *diag)
{
	struct hc_test_suite *suite;

	if (list->n >= HC_TEST_FILES_MAX)
		return hc_diag_set(diag, -E2BIG, "more than %d test files", HC_TEST_FILES_MAX);
	suite = push(list);
	suite->path = hc_strdup(path);
	suite->name = hc_strdup(path);
	load(suite, scaffold);
	return 0;
}

/* Something that should have held tests and does not. */
static void add_bad(struct hc_test_list *list, const char *path, const char *text)
{
	struct hc_test_suite *suite = push(list);

	suite->path = hc_strdup(path);
	suite->name = hc_strdup(path);
	suite->unread = true;
	hc_buf_printf(&suite->file.doc.errors, "%s\n", text);
}

/* by_chance: not named by the user but come across; then archives of other kinds are passed over. */
static void add_bundle(struct hc_test_list *list, const char *path, bool by_chance)
{
	const struct hc_archive_member *m = NULL;
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];
	struct hc_buf name HC_BUF_DONE = { 0 };
	struct hc_bundle *bundle;
	struct hc_diag diag;
	bool any = false;

	if (hc_bundle_open(&bundle, path, &diag)) {
		add_bad(list, path, hc_diag_format(&diag, text, sizeof text));
		return;
	}
	if (by_chance && !bundle->manifest) {
		hc_bundle_close(bundle);
		return;
	}
	list->bundles = hc_realloc(list->bundles, (list->nbundles + 1) * sizeof *list->bundles);
	list->bundles[list->nbundles++] = bundle;
	while ((m = hc_bundle_next(bundle, m, "", ""))) {
		struct hc_test_suite *suite;

		if (!hc_ruleset_is_test_name(m->name))
			continue;
		any = true;
		suite = push(list);
		hc_buf_reset(&name);
		hc_buf_printf(&name, "%s:%s", path, m->name);
		suite->path = hc_strdup(path);
		suite->name = hc_strdup(name.p);
		suite->bundle = bundle;
		suite->member = m;
		load(suite, false);
	}
	if (!any)
		add_bad(list, path, "the bundle holds no *.test.yaml");
}

static bool is_bundle_name(const char *name)
{
	const size_t len = strlen(name), tail = strlen(HC_BUNDLE_TAIL);

	return len > tail && !strcmp(name + len - tail, HC_BUNDLE_TAIL);
}

struct finder {
	struct hc_test_list *list;
	bool scaffold;
};

static int found(void *ctx, const char *path, const char *name, struct hc_diag *diag)
{
	const struct finder *f = ctx;

	if (hc_ruleset_is_test_name(name))
		return add_file(f->list, path, f->scaffold, diag);
	if (is_bundle_name(name))
		add_bundle(f->list, path, true);
	return 0;
}

int hc_test_list_add(struct hc_test_list *list, const char *path, bool scaffold, struct hc_diag *reterr_diag)
{
	struct stat st;

	if (stat(path, &st))
		return hc_diag_set(reterr_diag, -errno, "cannot open %s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return hc_walk(path, found, &(struct finder){ list, scaffold }, reterr_diag);
	if (hc_ruleset_is_test_name(path) || !hc_bundle_is(path))
		return add_file(list, path, scaffold, reterr_diag);
	if (scaffold)
		return hc_diag_set(reterr_diag, -EINVAL, "%s: --update cannot rewrite what is in a bundle; unpack it", path);
	add_bundle(list, path, false);
	return 0;
}

void hc_test_list_done(struct hc_test_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		hc_test_suite_done(&list->suites[i]);
	free(list->suites);
	for (size_t i = 0; i < list->nbundles; i++)
		hc_bundle_close(list->bundles[i]);
	free(list->bundles);
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

		s->nchosen = 0;
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
			if (s->chosen[k]) {
				printf("%s: ", s->name);
				hc_test_report_name(stdout, s->file.tests[k].name);
				puts(s->file.tests[k].skip ? " (skipped)" : "");
			}
	}
}

/* ---- running ---- */

struct session {
	struct hc_test_list *list;
	const struct hc_test_list_options *options;
	bool rewriting; /* the first of two passes: expectations are rewritten, nothing is told */
	struct hc_test_job *jobs;
	size_t *suite_of, njobs; /* by job */
	size_t told;             /* suites finished */
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

	if (suite->unread || suite->member || !hc_test_edited(&suite->file, suite->results, suite->file.ntests, &text))
		return;
	/* What would not load is not written. */
	hc_test_file_parse(&again, suite->path, text.p, text.len, &(struct hc_test_where){ .scaffold = true });
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
	if (s->rewriting) {
		rewrite(s, suite);
		return;
	}
	if (!suite->unread && !suite->nchosen)
		return; /* nothing of it was asked for */
	hc_test_totals_add(&s->totals, suite);
	if (s->options->tap)
		s->number = hc_test_report_tap(stdout, suite, s->number);
	else if (!s->options->quiet || suite->unread)
		hc_test_report_text(stdout, suite, s->options->verbose);
	fflush(stdout);
}

/* Tells of all suites before this one that have not been: they had nothing to run. */
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

/* All jobs through the pool. 0 or an exit code. */
static int run_pass(struct session *s, double *ret_seconds)
{
	const struct hc_test_list_options *o = s->options;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct hc_test_pool_options pool = { .parallel = o->parallel ? o->parallel : cpus > 0 ? (unsigned)cpus : 1,
					     .timeout_s = o->timeout_s ? o->timeout_s : 120, .update = s->rewriting,
					     .done = job_done, .ctx = s };
	struct timespec start, end;
	struct hc_diag diag;
	int r;

	make_jobs(s);
	if (pool.parallel > s->njobs)
		pool.parallel = s->njobs ? (unsigned)s->njobs : 1;
	clock_gettime(CLOCK_MONOTONIC, &start);
	r = hc_test_pool(s->jobs, s->njobs, &pool, &diag);
	clock_gettime(CLOCK_MONOTONIC, &end);
	*ret_seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	if (r)
		complain(s, &diag);
	else
		tell_up_to(s, s->list->n);
	free(s->jobs);
	free(s->suite_of);
	s->jobs = NULL;
	s->suite_of = NULL;
	s->njobs = s->told = 0;
	return r ? HC_EXIT_FAIL : 0;
}

/* After a pass that rewrote files: everything is read again, so that the second one shows what the files now say. */
static void read_again(struct session *s)
{
	for (size_t i = 0; i < s->list->n; i++) {
		struct hc_test_suite *suite = &s->list->suites[i];
		struct hc_test_suite now = { .rewritten = suite->rewritten, .bundle = suite->bundle, .member = suite->member };

		if (suite->unread)
			continue;
		now.path = TAKE(suite->path);
		now.name = TAKE(suite->name);
		hc_test_suite_done(suite);
		*suite = now;
		load(suite, false);
	}
	choose(s->list, s->options->filter);
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
	double seconds;
	int exit_code = 0;

	if (s->options->update) {
		s->rewriting = true;
		exit_code = run_pass(s, &seconds);
		s->rewriting = false;
		read_again(s);
	}
	if (!exit_code && s->options->tap)
		hc_test_report_tap_plan(stdout, choose(s->list, s->options->filter));
	if (!exit_code)
		exit_code = run_pass(s, &seconds);
	if (exit_code)
		return exit_code;
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

	if (!choose(list, options->filter)) {
		fprintf(stderr, "%s: %s\n", options->command, options->filter ? "no test matches the filter" :
			"no tests: nothing here is named *.test.yaml");
		return HC_EXIT_USAGE;
	}
	if (options->list) {
		print_list(list);
		return HC_EXIT_OK;
	}
	return run_all(&s);
}
