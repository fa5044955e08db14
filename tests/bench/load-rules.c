/* SPDX-License-Identifier: Apache-2.0
 *
 * How long loading rules takes: the files named, then generated rules in growing numbers, each with what one rule costs,
 * which must stay about the same. Prints only; CPU time of the fastest of several runs.
 * usage: bench-load-rules [FILE...]
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "rules/ruleset.h"

enum { RUNS = 5 };

static double cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* n rules over n / 10 lists and macros, in the manner of real ones. */
static void generate(struct hc_buf *buf, unsigned n)
{
	unsigned shared = n / 10;

	hc_buf_reset(buf);
	for (unsigned i = 0; i < shared; i++)
		hc_buf_printf(buf,
			      "- list: l%u\n  items: [a%u, b%u, \"c %u\", d]\n"
			      "- macro: m%u\n  condition: proc.name in (l%u) or fd.name startswith /x%u\n",
			      i, i, i, i, i, i, i);
	for (unsigned i = 0; i < n; i++)
		hc_buf_printf(buf,
			      "- rule: Rule %u\n  desc: number %u\n"
			      "  condition: evt.type in (open, openat) and m%u and not proc.pname = p%u and (fd.name contains s%u or "
			      "user.uid = %u)\n"
			      "  output: \"file=%%fd.name proc=%%proc.name n=%u\"\n  priority: INFO\n  tags: [t%u]\n",
			      i, i, i % shared, i, i, i, i, i % 7);
}

static double load_generated(const struct hc_buf *text)
{
	double best = 1e9;

	for (int run = 0; run < RUNS; run++) {
		double start = cpu_ms();
		struct hc_ruleset *rs = hc_ruleset_new(NULL);
		struct hc_diag diag;

		if (hc_ruleset_add(rs, "generated.yaml", text->p, text->len, &diag) || hc_ruleset_finish(rs, &diag))
			printf("generated rules do not load\n");
		hc_ruleset_free(rs);
		best = cpu_ms() - start < best ? cpu_ms() - start : best;
	}
	return best;
}

static int load_files(const char *const *paths, size_t n)
{
	double best = 1e9;
	uint32_t rules = 0;

	for (int run = 0; run < RUNS; run++) {
		double start = cpu_ms();
		struct hc_ruleset *rs;
		struct hc_diag diag;

		if (hc_ruleset_load(NULL, paths, n, &rs, &diag)) {
			fprintf(stderr, "%s\n", diag.text);
			return 1;
		}
		rules = rs->nrules;
		hc_ruleset_free(rs);
		best = cpu_ms() - start < best ? cpu_ms() - start : best;
	}
	printf("%zu files, %" PRIu32 " rules: %.1f ms\n", n, rules, best);
	return 0;
}

int main(int argc, char **argv)
{
	struct hc_buf text HC_BUF_DONE = { 0 };
	int r = argc > 1 ? load_files((const char *const *)argv + 1, (size_t)argc - 1) : 0;

	for (unsigned n = 100; n <= 10000; n *= 10) {
		double ms;

		generate(&text, n);
		ms = load_generated(&text);
		printf("%5u generated rules: %8.1f ms, %.1f us each\n", n, ms, ms * 1e3 / n);
	}
	return r;
}
