/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules at work. The plan answers which rules match an event; what is here turns that into alerts and counts.
 */
#include "replay/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "replay/alert.h"
#include "replay/collect.h"
#include "rules/plan.h"
#include "rules/ruleset.h"

struct hc_replay {
	struct hc_replay_options options;
	struct hc_ruleset *ruleset;
	struct hc_plan *plan;
	struct hc_evset wanted;
	struct hc_alert_options alert_options;
	struct hc_alert_rule *alerts; /* by number in the plan */
	uint64_t *counts;             /* likewise */
	uint64_t total;
	struct hc_arena arena;
	struct hc_buf line;
	const char *capture;
	struct hc_sinks *sinks;
	struct hc_collect *collect; /* instead of sinks, if set */
};

/* append_output for the loader: the configuration's entries with a text, then -p. */
static struct hc_output_append *make_appends(struct hc_replay *replay, uint32_t *ret_n)
{
	const struct hc_config *config = replay->options.config;
	struct hc_output_append *appends = hc_arena_array(&replay->arena, struct hc_output_append, config->nappends + 1);
	uint32_t n = 0;

	for (uint32_t i = 0; i < config->nappends; i++)
		if (config->appends[i].match.text)
			appends[n++] = config->appends[i].match;
	if (replay->options.extra_output)
		appends[n++] = (struct hc_output_append){ .text = replay->options.extra_output };
	*ret_n = n;
	return appends;
}

static bool has_tag(const struct hc_rule *rule, const char *tag)
{
	for (uint32_t i = 0; i < rule->ntags; i++)
		if (!strcmp(rule->tags[i], tag))
			return true;
	return false;
}

static bool applies(const struct hc_output_append *match, const struct hc_rule *rule)
{
	if ((match->source && strcmp(match->source, rule->source)) || (match->rule && strcmp(match->rule, rule->name)))
		return false;
	for (uint32_t i = 0; i < match->ntags; i++)
		if (!has_tag(rule, match->tags[i]))
			return false;
	return true;
}

/* A template of the configuration, or %FIELD for a plain field. */
static int compile(struct hc_replay *replay, const char *template, const struct hc_output **ret, struct hc_diag *diag)
{
	struct hc_checker *checker = &replay->ruleset->checker;

	if (!hc_output_compile(checker, template, strlen(template), ret))
		return 0;
	return hc_diag_set(diag, -EINVAL, "append_output: %s: %s", template,
			   checker->nnotes ? checker->notes[checker->nnotes - 1].text : "does not compile");
}

static const char *static_value(const struct hc_config *config, const char *name)
{
	for (uint32_t i = 0; i < config->nstatics; i++)
		if (!strncmp(name, "static.", 7) && !strcmp(name + 7, config->statics[i].name))
			return config->statics[i].value;
	return NULL;
}

static int make_entry(struct hc_replay *replay, const struct hc_config_field *f, struct hc_alert_entry *ret, struct hc_diag *diag)
{
	const char *constant = static_value(replay->options.config, f->name);
	const struct hc_output *output;
	int r;

	*ret = (struct hc_alert_entry){ .key = hc_str(f->name) };
	if (!f->template && constant) {
		ret->text = constant;
		return 0;
	}
	r = compile(replay, f->template ? f->template : hc_arena_printf(&replay->arena, "%%%s", f->name), &output, diag);
	if (r)
		return r;
	if (f->template)
		ret->output = output;
	else if (output->nfields == 1 && output->nsegments == 1)
		ret->field = output->fields[0];
	else
		return hc_diag_set(diag, -EINVAL, "append_output: '%s' is no field", f->name);
	return 0;
}

/* Entries of output_fields that the configuration adds to a rule (rules-language.md 8.6). */
static int make_extra(struct hc_replay *replay, const struct hc_rule *rule, struct hc_alert_entry **ret, uint32_t *ret_n,
		      struct hc_diag *diag)
{
	const struct hc_config *config = replay->options.config;
	uint32_t max = 0, n = 0;

	for (uint32_t i = 0; i < config->nappends; i++)
		max += config->appends[i].nfields + config->nstatics;
	*ret = hc_arena_array(&replay->arena, struct hc_alert_entry, max + 1);
	for (uint32_t i = 0; i < config->nappends; i++) {
		const struct hc_config_append *a = &config->appends[i];

		if (!applies(&a->match, rule))
			continue;
		for (uint32_t k = 0; a->suggested && k < config->nstatics; k++)
			(*ret)[n++] = (struct hc_alert_entry){
				.key = hc_str(hc_arena_printf(&replay->arena, "static.%s", config->statics[k].name)),
				.text = config->statics[k].value };
		for (uint32_t k = 0; k < a->nfields; k++) {
			int r = make_entry(replay, &a->fields[k], &(*ret)[n++], diag);

			if (r)
				return r;
		}
	}
	*ret_n = n;
	return 0;
}

static int make_alerts(struct hc_replay *replay, struct hc_diag *diag)
{
	struct hc_ruleset *rules = replay->ruleset;
	const struct hc_field *time =
		hc_field_of(&rules->checker.fields, replay->options.config->iso8601 ? "evt.time.iso8601" : "evt.time");

	replay->alerts = hc_arena_array(&replay->arena, struct hc_alert_rule, rules->nactive + 1);
	replay->counts = hc_arena_array(&replay->arena, uint64_t, rules->nactive + 1);
	replay->plan = hc_plan_new();
	for (uint32_t i = 0; i < rules->nactive; i++) {
		const struct hc_rule *rule = rules->active[i];
		struct hc_evset events = rule->events;
		struct hc_alert_entry *extra;
		uint32_t nextra;
		int r = make_extra(replay, rule, &extra, &nextra, diag);

		if (r)
			return r;
		hc_evset_add(&events, PPME_ASYNCEVENT_E); /* every rule looks at async events (rules-language.md 7.1) */
		hc_plan_add(replay->plan, rule->name, rule->ast, &events);
		hc_evset_unite(&replay->wanted, &events);
		hc_alert_prepare(&replay->alerts[i], rule, rule->compiled_output, time, extra, nextra, &replay->arena);
	}
	hc_plan_seal(replay->plan, replay->options.naive);
	return 0;
}

int hc_replay_new(struct hc_replay **ret, const struct hc_replay_options *options, struct hc_diag *reterr_diag)
{
	const struct hc_config *config = options->config;
	struct hc_ruleset_options load = { .switches = options->switches, .nswitches = options->nswitches,
					   .min_priority = config->priority };
	struct hc_replay *replay = hc_calloc(1, sizeof *replay);
	int r;

	*ret = replay;
	replay->options = *options;
	replay->alert_options = (struct hc_alert_options){
		.json = config->json_output, .iso8601 = config->iso8601, .include_message = config->json_message,
		.include_output = config->json_output_property, .include_fields = config->json_fields,
		.include_tags = config->json_tags };
	replay->alert_options.live = options->live;
	hc_arena_init(&replay->arena);
	load.appends = make_appends(replay, &load.nappends);
	if (options->ntexts)
		r = hc_rules_texts_load(&load, options->texts, options->ntexts, &replay->ruleset, reterr_diag);
	else
		r = hc_ruleset_load(&load, options->paths, options->npaths, &replay->ruleset, reterr_diag);
	if (r < 0)
		return r;
	if (r) {
		hc_report_text(stderr, replay->ruleset, false);
		return HC_REPLAY_INVALID;
	}
	return make_alerts(replay, reterr_diag);
}

struct hc_replay *hc_replay_free(struct hc_replay *replay)
{
	if (!replay)
		return NULL;
	hc_plan_free(replay->plan);
	hc_ruleset_free(replay->ruleset);
	hc_arena_done(&replay->arena);
	hc_buf_done(&replay->line);
	free(replay);
	return NULL;
}

const struct hc_evset *hc_replay_wanted(const struct hc_replay *replay)
{
	return &replay->wanted;
}

void hc_replay_capture(struct hc_replay *replay, const char *name, struct hc_sinks *sinks)
{
	replay->capture = name;
	replay->sinks = sinks;
	replay->collect = NULL;
}

void hc_replay_collect(struct hc_replay *replay, struct hc_collect *collect)
{
	replay->collect = collect;
}

bool hc_replay_event(void *ctx, struct hc_eval *eval)
{
	struct hc_replay *replay = ctx;
	const uint32_t *rules;
	uint32_t n = hc_eval_rules(eval, replay->plan, replay->options.config->match_all, &rules);

	for (uint32_t i = 0; i < n; i++) {
		replay->counts[rules[i]]++;
		replay->total++;
		if (replay->collect) {
			hc_collect_put(replay->collect, eval, &replay->alerts[rules[i]], rules[i]);
			continue;
		}
		hc_buf_reset(&replay->line);
		hc_alert_put(eval, &replay->alerts[rules[i]], rules[i], replay->capture, &replay->alert_options, &replay->line);
		hc_sinks_put(replay->sinks, &replay->line);
	}
	return true;
}

const struct hc_ruleset *hc_replay_rules(const struct hc_replay *replay)
{
	return replay->ruleset;
}

uint64_t hc_replay_alerts(const struct hc_replay *replay)
{
	return replay->total;
}

void hc_replay_statistics(const struct hc_replay *replay, FILE *out)
{
	static const char *const names[HC_PRIORITY_COUNT] = { "EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE",
							      "INFO", "DEBUG" };
	uint64_t by_priority[HC_PRIORITY_COUNT] = { 0 };
	const struct hc_ruleset *rules = replay->ruleset;

	for (uint32_t i = 0; i < rules->nactive; i++)
		by_priority[rules->active[i]->priority] += replay->counts[i];
	fprintf(out, "Events detected: %" PRIu64 "\nRule counts by severity:\n", replay->total);
	for (int p = 0; p < HC_PRIORITY_COUNT; p++)
		if (by_priority[p])
			fprintf(out, "   %s: %" PRIu64 "\n", names[p], by_priority[p]);
	fputs("Triggered rules by rule name:\n", out);
	for (uint32_t k = 0; k < rules->nrules; k++)
		for (uint32_t i = 0; i < rules->nactive; i++)
			if (rules->active[i] == rules->rules[k] && replay->counts[i])
				fprintf(out, "   %s: %" PRIu64 "\n", rules->rules[k]->name, replay->counts[i]);
}
