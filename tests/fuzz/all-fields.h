/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks for every field there is, in both forms, so that a fuzz target reaches all of the extraction.
 */
#pragma once

#include <assert.h>
#include <stdint.h>
#include <stdio.h>

#include "replay/eval.h"

/* Arguments for fields that take or need one. */
static const char *const all_fields_args[] = { "0", "1", "-1", "99999", "A", "a.b/c", "1s", "x(", "" };

struct all_fields {
	struct hc_field_set set;
	const struct hc_field *fields[8192];
	uint32_t n;
};

static inline void all_fields_add(struct all_fields *all, const char *name, const char *arg)
{
	struct hc_diag diag;

	assert(all->n < sizeof all->fields / sizeof *all->fields);
	if (!hc_field_parse(&all->set, hc_str(name), arg, hc_str(arg ? arg : ""), hc_str(name), &all->fields[all->n], &diag) &&
	    all->fields[all->n]->slot == all->n) /* not seen before */
		all->n++;
}

static inline void all_fields_init(struct all_fields *all)
{
	char name[128];

	hc_field_set_init(&all->set);
	all->n = 0;
	for (int type = 0; type < HC_EVENT_COUNT; type++)
		for (int k = 0; k < hc_event_table[type].nparams; k++) {
			snprintf(name, sizeof name, "evt.arg.%s", hc_event_table[type].params[k].name);
			all_fields_add(all, name, NULL);
			snprintf(name, sizeof name, "evt.rawarg.%s", hc_event_table[type].params[k].name);
			all_fields_add(all, name, NULL);
		}
	all_fields_add(all, "thread.cgroup.cpu", NULL);
	all_fields_add(all, "evt.type.is.open", NULL);
	for (int id = 0; id < HC_FIELD_COUNT; id++) {
		all_fields_add(all, hc_field_table[id].name, NULL);
		for (size_t i = 0; hc_field_table[id].arg && i < sizeof all_fields_args / sizeof *all_fields_args; i++)
			all_fields_add(all, hc_field_table[id].name, all_fields_args[i]);
	}
}

static inline void all_fields_done(struct all_fields *all)
{
	hc_field_set_done(&all->set);
}

/* Reads every byte of a value: an extraction that points outside of its event is then seen by ASan. */
static inline uint64_t all_fields_touch(const struct hc_value *v)
{
	uint64_t sum = 0;

	switch (v->kind) {
	case HC_VALUE_STRING:
	case HC_VALUE_BYTES:
	case HC_VALUE_IP:
		for (uint32_t i = 0; i < v->s.len; i++)
			sum += (uint8_t)v->s.p[i];
		return sum;
	case HC_VALUE_LIST:
		for (uint32_t i = 0; i < v->nitems; i++)
			sum += all_fields_touch(&v->items[i]);
		return sum;
	default:
		return v->u;
	}
}

static inline uint64_t all_fields_extract(struct all_fields *all, struct hc_eval *eval)
{
	struct hc_value v;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < all->n; i++)
		for (int for_output = 0; for_output < 2; for_output++)
			if (hc_extract(eval, all->fields[i], for_output, &v))
				sum += all_fields_touch(&v);
	return sum;
}
