/* SPDX-License-Identifier: Apache-2.0
 *
 * The collection compiled: lists flattened, conditions expanded, parsed and checked, outputs compiled, warnings given
 * (rules-language.md 7, 9.3). Done anew after every file, as the reference does, because what is wrong shows at the file
 * in which it first shows. Everything made here lives in compile_arena.
 */
#include <stdlib.h>
#include <string.h>

#include "common/options.h"
#include "rules/expand.h"
#include "rules/hint.h"
#include "rules/origin.h"
#include "rules/parser.h"

/* A rule that can be true for more event codes than this is warned about (selection.md 2.2). */
enum { MANY_EVENTS = 100 };

struct build {
	struct hc_loader *ld;
	struct hc_ruleset *rs;
	struct hc_arena *arena;
	struct hc_list_texts lists;
	struct hc_macro_trees macros;
	struct hc_diag *diag;
};

/* ---- lists ---- */

static int too_much(struct build *b, const struct hc_location *at)
{
	hc_problem_add(b->ld, HC_LOAD_ERR_VALIDATE, at, NULL,
		       "the rules need more than 512 MiB; is a list named very often in other lists?");
	return HC_RULESET_INVALID;
}

static void join(struct hc_buf *buf, const char *item)
{
	bool quote = strchr(item, ' ') && *item != '"' && *item != '\'';

	if (buf->len)
		hc_buf_puts(buf, ", ");
	hc_buf_puts(buf, quote ? "\"" : "");
	hc_buf_puts(buf, item);
	hc_buf_puts(buf, quote ? "\"" : "");
}

static int build_list(struct build *b, uint32_t i, size_t *total)
{
	const struct hc_collection *c = b->rs->collection;
	const struct hc_list_item *item = c->lists[i];
	struct hc_list_text *text = &b->lists.lists[i];
	struct hc_list *list = b->rs->lists[i];
	struct hc_buf buf HC_BUF_DONE = { 0 };
	uint64_t n = 0;

	for (uint32_t k = 0; k < item->nitems; k++) {
		const struct hc_list_item *ref = hc_strmap_get(&c->list_names, hc_str(item->items[k]));

		n += ref && ref->index < item->visibility ? ref->nitems : 1;
	}
	if (n * sizeof(char *) > HC_COLLECTION_TEXT_MAX || (*total += n * sizeof(char *)) > HC_COLLECTION_TEXT_MAX)
		return too_much(b, item->at);
	list->items = hc_arena_array(b->arena, const char *, n + 1);
	for (uint32_t k = 0; k < item->nitems; k++) {
		const struct hc_list_item *ref = hc_strmap_get(&c->list_names, hc_str(item->items[k]));

		if (!ref || ref->index >= item->visibility) {
			list->items[list->nitems++] = item->items[k];
			continue;
		}
		/* the raw items: names of lists among them stay words (Q) */
		memcpy(list->items + list->nitems, ref->items, ref->nitems * sizeof *ref->items);
		list->nitems += ref->nitems;
		((struct hc_list_text *)hc_strmap_get(&b->lists.names, hc_str(ref->name)))->used = true;
	}
	for (uint32_t k = 0; k < list->nitems; k++) {
		join(&buf, list->items[k]);
		if (*total + buf.len > HC_COLLECTION_TEXT_MAX)
			return too_much(b, item->at);
	}
	*total += buf.len;
	list->name = text->name = item->name;
	list->file = item->file->name;
	list->line = item->at->line + 1;
	text->name_len = (uint32_t)strlen(item->name);
	text->len = (uint32_t)buf.len;
	text->text = hc_arena_dupn(b->arena, buf.p ? buf.p : "", buf.len);
	text->odd_name = strpbrk(item->name, " \t\n\r(),=") != NULL;
	b->lists.any_odd |= text->odd_name;
	return 0;
}

static int build_lists(struct build *b)
{
	const struct hc_collection *c = b->rs->collection;
	size_t total = 0;
	int r = 0;

	b->rs->nlists = b->lists.n = c->nlists;
	b->rs->lists = hc_arena_array(b->arena, struct hc_list *, c->nlists + 1);
	b->lists.lists = hc_arena_array(b->arena, struct hc_list_text, c->nlists + 1);
	for (uint32_t i = 0; i < c->nlists; i++) {
		b->rs->lists[i] = hc_arena_new(b->arena, struct hc_list);
		hc_strmap_put(&b->lists.names, hc_str(c->lists[i]->name), &b->lists.lists[i]);
	}
	for (uint32_t i = 0; !r && i < c->nlists; i++)
		r = build_list(b, i, &total);
	return r;
}

/* ---- conditions ---- */

/* Our place for byte off of what origin describes; len bytes of it, unless a list stands there. self: the macro the problem
 * is reported for, if it is one. */
static void place(struct build *b, struct hc_problem *p, const struct hc_origin *o, uint32_t off, uint32_t len, const char *self)
{
	const struct hc_load_result *file;
	uint32_t at;

	if (hc_origin_find(o, off, &len, &file, &at))
		hc_problem_place(b->ld, p, file, at, len);
	if (o->macro && o->macro != self)
		p->macro = o->macro;
}

/* List substitution and parsing. The tree's positions are those of the substituted text; its origin explains them. macro:
 * the name if it is one's text, else NULL. */
static int parse(struct build *b, const struct hc_srctext *text, const struct hc_location *at, const char *macro,
		 struct hc_ast **ret)
{
	struct hc_origin *origin = hc_arena_new(b->arena, struct hc_origin);
	char hint[HC_HINT_MAX] = "";
	struct hc_expanded x;
	struct hc_diag diag = { 0 };
	struct hc_problem *p;
	uint32_t *from;
	int r = hc_expand_lists(&b->lists, text->p, text->len, &x, &diag);

	if (r)
		x.text.len = 0;
	from = hc_arena_array(b->arena, uint32_t, x.text.len + 1);
	memcpy(from, x.from, (x.text.len + 1) * sizeof *from);
	*origin = (struct hc_origin){ macro, text, from, (uint32_t)x.text.len };
	if (!r)
		r = hc_condition_parse(b->arena, x.text.p, x.text.len, ret, &diag);
	if (r) {
		const char *shown = r && x.text.len ? hc_arena_dupn(&b->rs->arena, x.text.p, x.text.len) : text->p;

		p = hc_problem_add(b->ld, HC_LOAD_ERR_COMPILE_CONDITION, hc_location_in_text(b->ld, at, shown, &diag), shown,
				   "%s", diag.text);
		place(b, p, origin, (uint32_t)diag.off, 0, macro);
		if (diag.off >= 0) /* else it is no place in the text that is wrong */
			hc_hint_syntax(x.text.p ? x.text.p : "", (size_t)diag.off, diag.text, hint);
		if (hint[0])
			hc_problem_hint(b->ld, p, "%s", hint);
		r = HC_RULESET_INVALID;
	} else {
		hc_origin_note(*ret, origin, &b->lists);
	}
	hc_expanded_done(&x);
	return r;
}

static const char *nearest_macro(struct build *b, struct hc_str name)
{
	const char **names = hc_arena_array(b->arena, const char *, b->macros.n + 1);

	for (uint32_t i = 0; i < b->macros.n; i++)
		names[i] = b->macros.macros[i].name;
	return hc_nearest(hc_arena_dupn(b->arena, name.p, name.len), names);
}

static int expand(struct build *b, struct hc_ast **ast, uint32_t visibility, const struct hc_srctext *text,
		  const struct hc_location *at, const char *self, uint32_t *ret_nodes, uint32_t *ret_depth)
{
	const struct hc_macro_tree *named;
	const struct hc_ast *ref = NULL;
	struct hc_diag diag = { 0 };
	struct hc_problem *p;
	bool undefined;
	const char *near;

	if (!hc_expand_macros(&b->macros, b->arena, ast, visibility, ret_nodes, ret_depth, &diag, &ref, &undefined))
		return 0;
	p = hc_problem_add(b->ld, HC_LOAD_ERR_VALIDATE, hc_location_in_text(b->ld, at, text->p, &diag), text->p, "%s",
			   diag.text);
	place(b, p, ref->origin, (uint32_t)diag.off, ref->macro.len, self);
	if (!undefined)
		return HC_RULESET_INVALID;
	named = hc_strmap_get(&b->macros.names, ref->macro);
	near = named ? NULL : nearest_macro(b, ref->macro);
	if (named && named->ast == *ast)
		hc_problem_hint(b->ld, p, "a macro cannot refer to itself");
	else if (named)
		hc_problem_hint(b->ld, p, "macro '%s' is first defined after this one; a macro sees only those before it",
				named->name);
	else if (near)
		hc_problem_hint(b->ld, p, "did you mean '%s'?", near);
	else
		hc_problem_hint(b->ld, p, "a macro has to be defined in this file or one loaded before it: '- macro: %.*s'",
				(int)(ref->macro.len < 64 ? ref->macro.len : 64), ref->macro.p);
	return HC_RULESET_INVALID;
}

static int build_macros(struct build *b)
{
	const struct hc_collection *c = b->rs->collection;
	int r = 0;

	b->macros.n = b->rs->nmacros = c->nmacros;
	b->macros.macros = hc_arena_array(b->arena, struct hc_macro_tree, c->nmacros + 1);
	b->rs->macros = hc_arena_array(b->arena, struct hc_macro *, c->nmacros + 1);
	for (uint32_t i = 0; i < c->nmacros; i++) {
		const struct hc_macro_item *item = c->macros[i];
		struct hc_macro *macro = hc_arena_new(b->arena, struct hc_macro);

		b->macros.macros[i].name = item->name;
		b->macros.macros[i].index = item->index;
		hc_strmap_put(&b->macros.names, hc_str(item->name), &b->macros.macros[i]);
		*macro = (struct hc_macro){ .name = item->name, .condition = item->condition.p, .file = item->file->name,
					    .line = item->at->line + 1 };
		b->rs->macros[i] = macro;
	}
	for (uint32_t i = 0; !r && i < c->nmacros; i++)
		r = parse(b, &c->macros[i]->condition, c->macros[i]->condition_at, c->macros[i]->name,
			  &b->macros.macros[i].ast);
	for (uint32_t i = 0; !r && i < c->nmacros; i++) {
		const struct hc_macro_item *item = c->macros[i];
		struct hc_macro_tree *m = &b->macros.macros[i];

		r = expand(b, &m->ast, item->visibility, &item->condition, item->at, item->name, &m->nodes, &m->depth);
		m->done = true;
		b->rs->macros[i]->ast = m->ast;
	}
	return r;
}

/* Comparing with the text <NA> in fields that came with it (rules-language.md 9.3); those fields do not exist here. */
static bool unsafe_na(const struct hc_ast *ast)
{
	bool found = false;

	for (uint32_t i = 0; i < ast->nkids; i++)
		found |= unsafe_na(ast->kids[i]);
	if (ast->kind != HC_AST_CHECK || ast->left->kind != HC_OPERAND_FIELD ||
	    (strncmp(ast->left->name.p, "ka.", 3) && strncmp(ast->left->name.p, "jevt.", 5)) ||
	    (ast->op != HC_OP_EQ && ast->op != HC_OP_NE && ast->op != HC_OP_IN && ast->op != HC_OP_INTERSECTS &&
	     ast->op != HC_OP_PMATCH))
		return found;
	for (uint32_t i = 0; i < ast->nvalues; i++)
		found |= hc_str_is(ast->values[i].value, "<NA>");
	return found;
}

static enum hc_load_code code_named(const char *name)
{
	for (int code = 0; code < HC_LOAD_CODE_COUNT; code++)
		if (!strcmp(hc_load_code_name((enum hc_load_code)code), name))
			return (enum hc_load_code)code;
	abort(); /* a code nobody documented */
}

/* Errors that skip-if-unknown-filter turns into a warning (rules-language.md 9.2). */
static bool is_unknown_filter(const char *message)
{
	return strstr(message, "nonexistent field") || strstr(message, "invalid formatting token") ||
	       strstr(message, "unknown event type") || strstr(message, "unknown filter:");
}

/* Falco's sentences about fields that went with the enter events. */
static const char *deprecated_text(struct build *b, const char *field, bool in_output)
{
	if (in_output)
		return hc_arena_printf(b->arena, "usage of deprecated field '%s' has been detected in the rule output", field);
	if (!strcmp(field, "evt.dir"))
		return "due to the drop of enter events, 'evt.dir = <' always evaluates to true, and 'evt.dir = >' always evaluates "
		       "to false. The rule expression can be simplified by removing the condition on 'evt.dir'";
	return "field is not available due to the drop of enter events.";
}

/* Passes on what the checker said about a condition; *ret_skip: the rule is to be left out. */
static int pass_condition_notes(struct build *b, const struct hc_rule_item *item, const struct hc_srctext *text,
				const struct hc_origin *origin, bool *ret_skip)
{
	int r = 0;

	*ret_skip = false;
	for (uint32_t i = 0; i < b->rs->checker.nnotes; i++) {
		const struct hc_check_note *note = &b->rs->checker.notes[i];
		bool skip = note->error && item->skip_if_unknown_filter && is_unknown_filter(note->text);
		enum hc_load_code code = skip ? HC_LOAD_UNKNOWN_FILTER : code_named(note->code);
		struct hc_diag pos = { .off = note->node.off, .line = note->node.line, .column = note->node.column };
		struct hc_problem *p;

		if (note->deprecated_field)
			p = hc_problem_add(b->ld, code, item->condition_at, NULL, "%s",
					   deprecated_text(b, note->deprecated_field, false));
		else
			p = hc_problem_add(b->ld, code, hc_location_in_text(b->ld, item->condition_at, text->p, &pos),
					   text->p, "%s", note->text);
		p->deprecated_field = note->deprecated_field;
		if (note->hint)
			hc_problem_hint(b->ld, p, "%s", note->hint);
		place(b, p, note->check ? note->check->origin : origin, note->pos.off, note->len, NULL);
		*ret_skip |= skip;
		if (note->error && !skip)
			r = HC_RULESET_INVALID;
	}
	return r;
}

/* ---- outputs ---- */

static bool has_tags(const struct hc_rule_item *item, const struct hc_output_append *append)
{
	for (uint32_t i = 0; i < append->ntags; i++) {
		bool has = false;

		for (uint32_t k = 0; k < item->ntags; k++)
			has |= !strcmp(item->tags[k], append->tags[i]);
		if (!has)
			return false;
	}
	return true;
}

/* The template with what append_output adds to it. */
static const char *output_text(struct build *b, const struct hc_rule_item *item)
{
	const char *text = item->output.p;

	for (uint32_t i = 0; i < b->rs->options.nappends; i++) {
		const struct hc_output_append *append = &b->rs->options.appends[i];

		if ((!append->source || !*append->source || !strcmp(append->source, item->source)) &&
		    (!append->rule || !*append->rule || !strcmp(append->rule, item->name)) && has_tags(item, append))
			text = hc_arena_printf(b->arena, "%s %s", text, append->text);
	}
	return text;
}

static int build_output(struct build *b, const struct hc_rule_item *item, struct hc_rule *rule, bool *ret_skip)
{
	struct hc_checker *checker = &b->rs->checker;
	int r = 0;

	*ret_skip = false;
	rule->output = output_text(b, item);
	hc_output_compile(checker, rule->output, strlen(rule->output), &rule->compiled_output);
	for (uint32_t i = 0; i < checker->nnotes; i++) {
		const struct hc_check_note *note = &checker->notes[i];
		bool skip = note->error && item->skip_if_unknown_filter && is_unknown_filter(note->text);
		enum hc_load_code code = skip ? HC_LOAD_UNKNOWN_FILTER : code_named(note->code);
		bool whole = code == HC_LOAD_DEPRECATED_ITEM && !note->deprecated_field;
		const struct hc_load_result *file;
		struct hc_problem *p;
		uint32_t at;

		p = hc_problem_add(b->ld, code, whole ? item->at : item->output_at, NULL, "%s",
				   note->deprecated_field ? deprecated_text(b, note->deprecated_field, true) : note->text);
		p->deprecated_field = note->deprecated_field;
		if (note->hint)
			hc_problem_hint(b->ld, p, "%s", note->hint);
		if (note->pos.off <= item->output.len && hc_srctext_place(&item->output, note->pos.off, &file, &at))
			hc_problem_place(b->ld, p, file, at, note->len);
		*ret_skip |= skip;
		if (note->error && !skip)
			r = HC_RULESET_INVALID;
	}
	return r;
}

/* ---- rules ---- */

/* The condition of a rule whose text is complete. */
static int build_condition(struct build *b, const struct hc_rule_item *item, const struct hc_srctext *text,
			   struct hc_rule *rule)
{
	struct hc_diag diag = { 0 };
	struct hc_problem *p;
	struct hc_ast *ast;
	uint32_t nodes, depth;
	bool skip;
	const struct hc_origin *origin;
	int r = parse(b, text, item->condition_at, NULL, &ast);

	if (r)
		return r;
	origin = ast->origin;
	r = expand(b, &ast, UINT32_MAX, text, item->at, NULL, &nodes, &depth);
	if (r)
		return r;
	if (unsafe_na(ast)) {
		/* Falco has no message for it */
		p = hc_problem_add(b->ld, HC_LOAD_UNSAFE_NA_CHECK, item->condition_at, NULL, "%s", "");
		hc_problem_hint(b->ld, p, "use the 'exists' operator instead");
	}
	hc_check_condition(&b->rs->checker, ast);
	r = pass_condition_notes(b, item, text, origin, &skip);
	if (r || skip)
		return r;
	r = hc_evset_of(ast, &rule->events, &diag);
	if (r) {
		hc_diag_set(b->diag, r, "Runtime error: %s", diag.text);
		if (b->diag) {
			snprintf(b->diag->file, sizeof b->diag->file, "%s", item->file->name);
			b->diag->line = item->condition_at->line + 1;
			b->diag->column = item->condition_at->column + 1;
		}
		return r;
	}
	rule->ast = ast;
	rule->compiled = true;
	if (hc_evset_count(&rule->events) > MANY_EVENTS && item->warn_evttypes) {
		p = hc_problem_add(b->ld, HC_LOAD_NO_EVTTYPE, item->at, NULL,
				   "Rule matches too many evt.type values. This has a significant performance penalty.");
		hc_problem_hint(b->ld, p, "restrict it with 'evt.type in (...) and ...', or set warn_evttypes: false");
	}
	return 0;
}

static int build_rule(struct build *b, const struct hc_rule_item *item, struct hc_rule *rule)
{
	struct hc_srctext *text = hc_arena_new(b->arena, struct hc_srctext);
	bool skip;
	int r;

	if (item->unknown_source)
		return 0;
	r = hc_exceptions_apply(b->ld, item, text);
	if (r)
		return r;
	rule->condition = text->p;
	r = build_output(b, item, rule, &skip);
	if (r || skip)
		return r;
	return build_condition(b, item, text, rule);
}

static int build_rules(struct build *b)
{
	const struct hc_collection *c = b->rs->collection;
	int r = 0;

	b->rs->nrules = c->nrules;
	b->rs->rules = hc_arena_array(b->arena, struct hc_rule *, c->nrules + 1);
	for (uint32_t i = 0; i < c->nrules; i++) {
		const struct hc_rule_item *item = c->rules[i];
		struct hc_rule *rule = b->rs->rules[i] = hc_arena_new(b->arena, struct hc_rule);

		*rule = (struct hc_rule){
			.name = item->name, .desc = item->desc, .source = item->source, .condition = item->condition.p,
			.output = item->output.p, .priority = item->priority, .tags = item->tags, .ntags = item->ntags,
			.enabled = item->enabled, .warn_evttypes = item->warn_evttypes,
			.skip_if_unknown_filter = item->skip_if_unknown_filter, .capture = item->capture,
			.capture_duration = item->capture_duration, .place = i, .file = item->file->name,
			.line = item->at->line + 1,
		};
	}
	for (uint32_t i = 0; !r && i < c->nrules; i++)
		r = build_rule(b, c->rules[i], b->rs->rules[i]);
	return r;
}

static void warn_unused(struct build *b)
{
	const struct hc_collection *c = b->rs->collection;

	for (uint32_t i = 0; i < c->nmacros; i++) {
		b->rs->macros[i]->used = b->macros.macros[i].used;
		if (!b->rs->macros[i]->used)
			hc_problem_add(b->ld, HC_LOAD_UNUSED_MACRO, c->macros[i]->at, NULL,
				       "Macro not referred to by any other rule/macro");
	}
	for (uint32_t i = 0; i < c->nlists; i++) {
		b->rs->lists[i]->used = b->lists.lists[i].used;
		if (!b->rs->lists[i]->used)
			hc_problem_add(b->ld, HC_LOAD_UNUSED_LIST, c->lists[i]->at, NULL,
				       "List not referred to by any other rule/macro");
	}
}

int hc_ruleset_build(struct hc_loader *ld, struct hc_diag *reterr_diag)
{
	struct build b = { .ld = ld, .rs = ld->ruleset, .arena = &ld->ruleset->compile_arena, .diag = reterr_diag };
	int r;

	hc_arena_reset(b.arena);
	ld->ruleset->nrules = ld->ruleset->nmacros = ld->ruleset->nlists = ld->ruleset->nactive = 0;
	r = build_lists(&b);
	if (!r)
		r = build_macros(&b);
	if (!r)
		r = build_rules(&b);
	if (!r)
		warn_unused(&b);
	hc_strmap_done(&b.lists.names);
	hc_strmap_done(&b.macros.names);
	return r;
}
