/* SPDX-License-Identifier: Apache-2.0
 *
 * The collection: define, append to, override and switch lists, macros and rules (rules-language.md 1.5-1.7). A
 * redefinition keeps the place of the first definition; every touch takes the next number of one counter.
 */
#include "rules/collection.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

/* For what is to change something that is not there. */
#define NOT_THERE(ld, at, ...) \
	(hc_problem_hint(ld, hc_problem_add(ld, HC_LOAD_ERR_VALIDATE, at, NULL, __VA_ARGS__), \
			 "files are loaded in the order given; what defines it has to come before"), \
	 HC_RULESET_INVALID)
#define INVALID(ld, at, ...) (hc_problem_add(ld, HC_LOAD_ERR_VALIDATE, at, NULL, __VA_ARGS__), HC_RULESET_INVALID)

void hc_collection_done(struct hc_collection *collection)
{
	free(collection->lists);
	free(collection->macros);
	free(collection->rules);
	free(collection->plugins);
	hc_strmap_done(&collection->list_names);
	hc_strmap_done(&collection->macro_names);
	hc_strmap_done(&collection->rule_names);
}

/* ---- texts ---- */

static int count_text(struct hc_loader *ld, size_t len)
{
	struct hc_collection *c = ld->ruleset->collection;
	struct hc_location *top;

	c->text_used += len + 1;
	if (c->text_used <= HC_COLLECTION_TEXT_MAX)
		return 0;
	top = hc_location_new(ld, NULL, "rules content", "", NULL);
	return INVALID(ld, top, "the rules need more than 512 MiB; is an alias used very often?");
}

int hc_srctext_from(struct hc_loader *ld, const struct hc_yaml_node *node, struct hc_srctext *ret)
{
	struct hc_arena *arena = &ld->ruleset->arena;

	/* a NUL ends a text: nothing behind it was ever seen by any rule engine */
	ret->len = (uint32_t)strlen(node->text.p);
	ret->p = hc_arena_dupn(arena, node->text.p, ret->len);
	ret->npieces = 1;
	ret->pieces = hc_arena_new(arena, struct hc_srctext_piece);
	ret->pieces[0] = (struct hc_srctext_piece){ 0, ret->len, ld->file, node, 0 };
	return count_text(ld, ret->len);
}

int hc_srctext_append(struct hc_loader *ld, struct hc_srctext *text, const struct hc_srctext *more)
{
	struct hc_arena *arena = &ld->ruleset->arena;
	struct hc_srctext_piece *pieces = hc_arena_array(arena, struct hc_srctext_piece, text->npieces + more->npieces);
	char *p = hc_arena_bytes(arena, (size_t)text->len + more->len + 2);

	memcpy(p, text->p, text->len);
	p[text->len] = ' ';
	memcpy(p + text->len + 1, more->p, (size_t)more->len + 1);
	memcpy(pieces, text->pieces, text->npieces * sizeof *pieces);
	for (uint32_t i = 0; i < more->npieces; i++) {
		pieces[text->npieces + i] = more->pieces[i];
		pieces[text->npieces + i].off += text->len + 1;
	}
	text->p = p;
	text->len += 1 + more->len;
	text->pieces = pieces;
	text->npieces += more->npieces;
	return count_text(ld, text->len);
}

/* ---- lists and macros ---- */

/* Room for one more pointer. */
#define GROW(v, n, cap) \
	do { \
		if ((n) == (cap)) { \
			(cap) = (cap) ? 2 * (cap) : 32; \
			(v) = hc_realloc((v), (cap) * sizeof *(v)); \
		} \
	} while (0)

int hc_collection_define_list(struct hc_loader *ld, struct hc_list_item *list)
{
	struct hc_collection *c = ld->ruleset->collection;
	struct hc_list_item *old = hc_strmap_get(&c->list_names, hc_str(list->name));

	list->visibility = c->counter++;
	list->index = old ? old->index : list->visibility;
	if (!old) {
		old = hc_arena_new(&ld->ruleset->arena, struct hc_list_item);
		GROW(c->lists, c->nlists, c->lists_cap);
		c->lists[c->nlists++] = old;
		hc_strmap_put(&c->list_names, hc_str(list->name), old);
	}
	*old = *list;
	return 0;
}

int hc_collection_append_list(struct hc_loader *ld, const struct hc_list_item *list)
{
	struct hc_collection *c = ld->ruleset->collection;
	struct hc_list_item *old = hc_strmap_get(&c->list_names, hc_str(list->name));

	if (!old)
		return NOT_THERE(ld, list->at, "List uses 'append' or 'override.items: append' but no list by that name already exists");
	if (old->nitems + list->nitems > old->cap) {
		uint32_t cap = 2 * (old->nitems + list->nitems);
		const char **items = hc_arena_array(&ld->ruleset->arena, const char *, cap);

		memcpy(items, old->items, old->nitems * sizeof *items);
		old->items = items;
		old->cap = cap;
	}
	memcpy(old->items + old->nitems, list->items, list->nitems * sizeof *list->items);
	old->nitems += list->nitems;
	old->visibility = c->counter++;
	return 0;
}

int hc_collection_define_macro(struct hc_loader *ld, struct hc_macro_item *macro)
{
	struct hc_collection *c = ld->ruleset->collection;
	struct hc_macro_item *old = hc_strmap_get(&c->macro_names, hc_str(macro->name));

	macro->visibility = c->counter++;
	macro->index = old ? old->index : macro->visibility;
	if (!old) {
		old = hc_arena_new(&ld->ruleset->arena, struct hc_macro_item);
		GROW(c->macros, c->nmacros, c->macros_cap);
		c->macros[c->nmacros++] = old;
		hc_strmap_put(&c->macro_names, hc_str(macro->name), old);
	}
	*old = *macro;
	return 0;
}

int hc_collection_append_macro(struct hc_loader *ld, const struct hc_macro_item *macro)
{
	struct hc_collection *c = ld->ruleset->collection;
	struct hc_macro_item *old = hc_strmap_get(&c->macro_names, hc_str(macro->name));

	if (!old)
		return NOT_THERE(ld, macro->at,
				 "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists");
	old->visibility = c->counter++;
	return hc_srctext_append(ld, &old->condition, &macro->condition);
}

/* ---- rules ---- */

/* Only the syscall source is known here. */
static bool known_source(const char *source)
{
	return !strcmp(source, "syscall");
}

int hc_collection_define_rule(struct hc_loader *ld, struct hc_rule_item *rule)
{
	struct hc_collection *c = ld->ruleset->collection;
	struct hc_rule_item *old = hc_strmap_get(&c->rule_names, hc_str(rule->name));

	if (old && strcmp(old->source, rule->source))
		return INVALID(ld, rule->at, "Rule has been re-defined with a different source");
	if (!known_source(rule->source)) {
		rule->unknown_source = true;
		hc_problem_add(ld, HC_LOAD_UNKNOWN_SOURCE, rule->at, NULL, "Unknown source %s, skipping", rule->source);
	}
	for (uint32_t i = 0; i < rule->nexceptions; i++) {
		struct hc_exception *ex = &rule->exceptions[i];

		if (!ex->fields.set)
			return INVALID(ld, ex->at, "Rule exception item must have fields property with a list of fields");
		if (hc_exception_check(ld, ex, !rule->unknown_source))
			return HC_RULESET_INVALID;
	}
	rule->visibility = c->counter++;
	rule->index = old ? old->index : rule->visibility;
	if (!old) {
		old = hc_arena_new(&ld->ruleset->arena, struct hc_rule_item);
		GROW(c->rules, c->nrules, c->rules_cap);
		c->rules[c->nrules++] = old;
		hc_strmap_put(&c->rule_names, hc_str(rule->name), old);
	}
	*old = *rule;
	return 0;
}

static int append_exception(struct hc_loader *ld, struct hc_rule_item *rule, struct hc_exception *ex)
{
	struct hc_arena *arena = &ld->ruleset->arena;
	struct hc_exception *old = NULL, *more;
	struct hc_exception_entry *values;

	for (uint32_t i = 0; !old && i < rule->nexceptions; i++)
		if (!strcmp(rule->exceptions[i].name, ex->name))
			old = &rule->exceptions[i];
	if (!old) {
		if (!ex->fields.set)
			return INVALID(ld, ex->at, "Rule exception must have fields property with a list of fields");
		if (!ex->nvalues)
			return INVALID(ld, ex->at, "Rule exception must have values property with a list of values");
		if (hc_exception_check(ld, ex, !rule->unknown_source))
			return HC_RULESET_INVALID;
		more = hc_arena_array(arena, struct hc_exception, rule->nexceptions + 1);
		if (rule->nexceptions)
			memcpy(more, rule->exceptions, rule->nexceptions * sizeof *more);
		more[rule->nexceptions++] = *ex;
		rule->exceptions = more;
		return 0;
	}
	if (ex->fields.set)
		return INVALID(ld, ex->at, "Can not append exception fields to existing exception, only values");
	if (ex->comps.set)
		return INVALID(ld, ex->at, "Can not append exception comps to existing exception, only values");
	values = hc_arena_array(arena, struct hc_exception_entry, old->nvalues + ex->nvalues + 1);
	if (old->nvalues)
		memcpy(values, old->values, old->nvalues * sizeof *values);
	if (ex->nvalues)
		memcpy(values + old->nvalues, ex->values, ex->nvalues * sizeof *values);
	old->values = values;
	old->nvalues += ex->nvalues;
	return 0;
}

static void append_tags(struct hc_loader *ld, struct hc_rule_item *rule, const struct hc_rule_item *more)
{
	const char **tags = hc_arena_array(&ld->ruleset->arena, const char *, rule->ntags + more->ntags + 1);
	uint32_t n = 0, i = 0, k = 0;

	/* both are sorted sets */
	while (i < rule->ntags || k < more->ntags) {
		int order = i == rule->ntags ? 1 : k == more->ntags ? -1 : strcmp(rule->tags[i], more->tags[k]);

		tags[n++] = order <= 0 ? rule->tags[i] : more->tags[k];
		i += order <= 0;
		k += order >= 0;
	}
	rule->tags = tags;
	rule->ntags = n;
}

static bool other_source(const struct hc_rule_item *rule, const char *source)
{
	return source && *rule->source && strcmp(rule->source, source);
}

int hc_collection_append_rule(struct hc_loader *ld, struct hc_rule_update *u)
{
	struct hc_collection *c = ld->ruleset->collection;
	struct hc_rule_item *rule = hc_strmap_get(&c->rule_names, hc_str(u->v.name));
	int r = 0;

	if (!rule)
		return NOT_THERE(ld, u->v.at, "Rule uses 'append' or 'override.<key>: append' but no rule by that name already exists");
	if (!u->condition && !u->output && !u->desc && !u->tags && !u->exceptions)
		return INVALID(ld, u->v.at, "Appended rule must have exceptions or condition property");
	if (other_source(rule, u->v.source))
		return INVALID(ld, u->v.at, "Rule has been re-defined with a different source");
	if (u->condition)
		r = hc_srctext_append(ld, &rule->condition, &u->v.condition);
	if (!r && u->output)
		r = hc_srctext_append(ld, &rule->output, &u->v.output);
	if (r)
		return r;
	if (u->desc)
		rule->desc = hc_arena_printf(&ld->ruleset->arena, "%s %s", rule->desc, u->v.desc);
	if (u->tags)
		append_tags(ld, rule, &u->v);
	for (uint32_t i = 0; !r && u->exceptions && i < u->v.nexceptions; i++)
		r = append_exception(ld, rule, &u->v.exceptions[i]);
	rule->visibility = c->counter++;
	return r;
}

int hc_collection_replace_rule(struct hc_loader *ld, struct hc_rule_update *u)
{
	struct hc_collection *c = ld->ruleset->collection;
	struct hc_rule_item *rule = hc_strmap_get(&c->rule_names, hc_str(u->v.name));

	if (!rule)
		return NOT_THERE(ld, u->v.at,
				 "An 'override.<key>: replace' to a rule was requested but no rule by that name already exists");
	if (other_source(rule, u->v.source))
		return INVALID(ld, u->v.at, "Rule has been re-defined with a different source");
	if (u->condition)
		rule->condition = u->v.condition;
	if (u->output)
		rule->output = u->v.output;
	if (u->desc)
		rule->desc = u->v.desc;
	if (u->tags) {
		rule->tags = u->v.tags;
		rule->ntags = u->v.ntags;
	}
	if (u->exceptions) {
		/* Unlike anywhere else operators and fields are not looked at here: what is wrong with them shows when the
		 * condition is compiled (rules-language.md 2.1). */
		for (uint32_t i = 0; i < u->v.nexceptions; i++)
			if (hc_exception_shape(ld, &u->v.exceptions[i]))
				return HC_RULESET_INVALID;
		rule->exceptions = u->v.exceptions;
		rule->nexceptions = u->v.nexceptions;
	}
	if (u->priority)
		rule->priority = u->v.priority;
	if (u->enabled)
		rule->enabled = u->v.enabled;
	if (u->warn_evttypes)
		rule->warn_evttypes = u->v.warn_evttypes;
	if (u->skip_if_unknown_filter)
		rule->skip_if_unknown_filter = u->v.skip_if_unknown_filter;
	if (u->capture)
		rule->capture = u->v.capture;
	if (u->capture_duration)
		rule->capture_duration = u->v.capture_duration;
	rule->visibility = c->counter++;
	return 0;
}

int hc_collection_enable_rule(struct hc_loader *ld, const char *name, bool enabled, const struct hc_location *at,
			      const struct hc_yaml_node *node)
{
	struct hc_rule_item *rule = hc_strmap_get(&ld->ruleset->collection->rule_names, hc_str(name));
	struct hc_problem *p;

	if (!rule) {
		p = hc_problem_add(ld, HC_LOAD_ERR_VALIDATE, at, NULL,
				   "Rule has 'enabled' key but no rule by that name already exists");
		hc_problem_place_node(ld, p, ld->file, node);
		return HC_RULESET_INVALID;
	}
	rule->enabled = enabled;
	return 0;
}
