/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking for fields by name in tests: what an output shows, as text or JSON, and what a condition would be given.
 */
#pragma once

#include "event-builder.h"
#include "replay/eval.h"
#include "replay/show.h"
#include "rules/check.h"
#include "rules/output.h"

struct asker {
	struct world w;
	struct hc_eval eval;
	struct hc_checker checker;
	struct hc_buf text;
};

static struct asker a;

static inline void asker_begin(void)
{
	a = (struct asker){ .w = world_begin() };
	hc_checker_init(&a.checker);
}

static inline void asker_load(void)
{
	world_load(&a.w);
	hc_eval_init(&a.eval, a.w.state);
}

static inline void asker_end(void)
{
	hc_eval_done(&a.eval);
	hc_checker_done(&a.checker);
	hc_buf_done(&a.text);
	world_end(&a.w);
}

/* Feeds an event and makes it the current one for questions; rules would have to see it. */
#define happens(type, tid, ...) \
	do { \
		bool seen_ = feed(&a.w, type, tid, __VA_ARGS__); \
		cr_assert(seen_, "the rules do not see the event"); \
		hc_eval_begin(&a.eval, &a.w.built->ev); \
	} while (0)

static inline const struct hc_field *field_of(const char *name)
{
	char template[256];
	const struct hc_output *output;

	snprintf(template, sizeof template, "%%%s", name);
	cr_assert_eq(hc_output_compile(&a.checker, template, strlen(template), &output), 0, "%s: %s", name,
		     a.checker.nnotes ? a.checker.notes[a.checker.nnotes - 1].text : "");
	cr_assert(output->nfields == 1 && output->nsegments == 1, "%s is not one field", name);
	return output->fields[0];
}

static inline const char *json_of(const char *name)
{
	hc_buf_reset(&a.text);
	hc_show_field_json(&a.eval, field_of(name), &a.text);
	return a.text.p;
}

static inline const char *text_of(const char *name)
{
	hc_buf_reset(&a.text);
	hc_show_field_text(&a.eval, field_of(name), &a.text);
	return a.text.p;
}

/* What a condition is given, written like an output; "absent" if nothing. */
static inline const char *condition_of(const char *name)
{
	const struct hc_field *f = field_of(name);
	struct hc_value v;

	hc_buf_reset(&a.text);
	if (!hc_extract(&a.eval, f, false, &v))
		return "absent";
	hc_show_text(&a.text, &v, f->type, f->format == PF_NA ? PF_DEC : f->format, false);
	return a.text.p ? a.text.p : "";
}

#define shows_json(name, want) \
	cr_expect_str_eq(json_of(name), want, "%s: %s, expected %s", name, json_of(name), want)
#define shows(name, want) cr_expect_str_eq(text_of(name), want, "%s: %s, expected %s", name, text_of(name), want)
#define gives(name, want) \
	cr_expect_str_eq(condition_of(name), want, "%s: %s, expected %s", name, condition_of(name), want)
