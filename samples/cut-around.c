/* SPDX-License-Identifier: Apache-2.0
 *
 * Alerts to windows of time. All rules that match an event count, not only the first: which rules stand beside the one
 * asked for makes no difference.
 */
#include "samples/cut-around.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/exit.h"
#include "common/mem.h"
#include "common/options.h"
#include "replay/collect.h"
#include "replay/config.h"

#define COMMAND "hindcast cut"

static int complain(int code, const struct hc_diag *diag)
{
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];

	fprintf(stderr, COMMAND ": %s\n", hc_diag_format(diag, text, sizeof text));
	return code;
}

static bool is_active(const struct hc_ruleset *rules, const char *name)
{
	for (uint32_t i = 0; i < rules->nactive; i++)
		if (!strcmp(rules->active[i]->name, name))
			return true;
	return false;
}

static int no_such_rule(const struct hc_ruleset *rules, const char *name)
{
	HC_FREE const char **names = hc_calloc(rules->nactive + 1, sizeof *names);
	const char *near;

	for (uint32_t i = 0; i < rules->nactive; i++)
		names[i] = rules->active[i]->name;
	near = hc_nearest(name, names);
	fprintf(stderr, COMMAND ": no rule '%s' is active", name);
	if (near)
		fprintf(stderr, "; did you mean '%s'?", near);
	fputc('\n', stderr);
	return HC_EXIT_USAGE;
}

static int by_start(const void *a, const void *b)
{
	const struct hc_cut_window *x = a, *y = b;

	return x->from_ns < y->from_ns ? -1 : x->from_ns > y->from_ns;
}

static size_t windows_of(const struct hc_collect *alerts, const struct hc_cut_around *around, struct hc_cut_window *to)
{
	size_t n = 0, joined = 0;

	for (size_t i = 0; i < alerts->n; i++) {
		const uint64_t ts_ns = alerts->items[i].ts_ns;

		if (strcmp(alerts->items[i].rule->name, around->rule) != 0)
			continue;
		to[n++] = (struct hc_cut_window){
			.from_ns = ts_ns > around->before_ns ? ts_ns - around->before_ns : 0,
			.to_ns = ts_ns < UINT64_MAX - around->after_ns ? ts_ns + around->after_ns : UINT64_MAX,
		};
	}
	qsort(to, n, sizeof *to, by_start);
	for (size_t i = 0; i < n; i++) {
		if (joined && to[i].from_ns <= to[joined - 1].to_ns) {
			if (to[i].to_ns > to[joined - 1].to_ns)
				to[joined - 1].to_ns = to[i].to_ns;
		} else {
			to[joined++] = to[i];
		}
	}
	return joined;
}

static int find(const struct hc_cut_around *around, struct hc_replay *replay, const char *capture,
		struct hc_cut_window **ret, size_t *ret_n)
{
	struct hc_run run = { .command = COMMAND, .no_ahead = hc_run_on_one_cpu(), .progress = true };
	struct hc_run_input input;
	struct hc_collect alerts;
	struct hc_diag diag;
	int status = 0;

	if (!is_active(hc_replay_rules(replay), around->rule))
		return no_such_rule(hc_replay_rules(replay), around->rule);
	if (hc_run_open(&input, capture, &diag))
		return complain(HC_EXIT_FAIL, &diag);
	hc_collect_init(&alerts, 0);
	hc_collect_run(&alerts, replay, &run, &input, 1);
	*ret = hc_calloc(alerts.n ? alerts.n : 1, sizeof **ret);
	*ret_n = windows_of(&alerts, around, *ret);
	if (run.failed) {
		status = HC_EXIT_FAIL;
	} else if (!*ret_n) {
		fprintf(stderr, COMMAND ": %s: '%s' raises no alert here; nothing was written\n", capture, around->rule);
		status = HC_EXIT_FAIL;
	}
	hc_collect_done(&alerts);
	return status;
}

int hc_cut_around(const struct hc_cut_around *around, const char *capture, struct hc_cut_window **ret, size_t *ret_n)
{
	struct hc_config config;
	struct hc_replay_options options = { .config = &config, .paths = around->paths, .npaths = around->npaths };
	struct hc_replay *replay = NULL;
	struct hc_diag diag;
	int r, status;

	*ret = NULL;
	*ret_n = 0;
	hc_config_init(&config);
	config.match_all = true;
	r = hc_replay_new(&replay, &options, &diag);
	if (r < 0)
		status = complain(r == -EINVAL ? HC_EXIT_RULES : HC_EXIT_FAIL, &diag);
	else
		status = r ? HC_EXIT_RULES : find(around, replay, capture, ret, ret_n);
	hc_replay_free(replay);
	hc_config_done(&config);
	return status;
}
