/* SPDX-License-Identifier: Apache-2.0
 *
 * From conditions to words. Literals of = and in give whole words; contains and its kin give words with open ends where the
 * literal may stand amid a longer word; glob, pmatch and regex give the runs between their wildcards.
 */
#include "samples/rule-words.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "samples/text-address.h"

enum { LITERAL_MAX = 4096, REGEX_RUN_MIN = 2 };

void hc_rule_words_init(struct hc_rule_words *w)
{
	*w = (struct hc_rule_words){ 0 };
	hc_arena_init(&w->arena);
}

void hc_rule_words_done(struct hc_rule_words *w)
{
	free(w->prefixes);
	free(w->suffixes);
	free(w->infixes);
	free(w->env);
	free(w->buffer);
	hc_strmap_done(&w->whole);
	hc_strmap_done(&w->seen);
	hc_arena_done(&w->arena);
}

static struct hc_str lower(struct hc_arena *arena, struct hc_str s)
{
	char *p = hc_arena_dupn(arena, s.p, s.len);

	for (uint32_t i = 0; i < s.len; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			p[i] |= 0x20;
	return (struct hc_str){ p, s.len };
}

static void append(struct hc_rule_words *w, struct hc_str **list, uint32_t *n, char kind, struct hc_str s)
{
	char *key = hc_arena_bytes(&w->arena, s.len + 1);

	key[0] = kind;
	memcpy(key + 1, s.p, s.len);
	if (hc_strmap_put(&w->seen, (struct hc_str){ key, s.len + 1 }, w))
		return;
	if (!(*n & (*n - 1)))
		*list = hc_realloc(*list, (*n ? (size_t)*n * 2 : 1) * sizeof **list);
	(*list)[(*n)++] = (struct hc_str){ key + 1, s.len };
}

static void add_word(struct hc_rule_words *w, struct hc_str word, bool open_left, bool open_right)
{
	struct hc_str s = lower(&w->arena, word);

	hc_strmap_put(&w->whole, s, w);
	if (open_left && open_right)
		append(w, &w->infixes, &w->ninfixes, 'i', s);
	else if (open_left)
		append(w, &w->suffixes, &w->nsuffixes, 's', s);
	else if (open_right)
		append(w, &w->prefixes, &w->nprefixes, 'p', s);
}

/* The words of a text whose ends may be amid words. */
static void add_text(struct hc_rule_words *w, struct hc_str s, bool open_left, bool open_right)
{
	for (uint32_t i = 0, k; i < s.len; i = k) {
		uint32_t dashes = i;

		k = i + 1;
		if (!hc_is_word_byte((uint8_t)s.p[i]))
			continue;
		while (dashes < s.len && s.p[dashes] == '-')
			dashes++;
		for (k = dashes; k < s.len && hc_is_word_byte((uint8_t)s.p[k]); k++)
			;
		if (k == dashes)
			continue;
		add_word(w, (struct hc_str){ s.p + dashes, k - dashes }, open_left && !i && dashes == i, open_right && k == s.len);
		/* amid a word the dashes are part of it */
		if (dashes > i && !i && open_left)
			add_word(w, (struct hc_str){ s.p, k }, true, open_right && k == s.len);
	}
}

/* Text between wildcards: a wildcard may stand for a part of a word. */
static void add_runs(struct hc_rule_words *w, struct hc_str s, const char *wildcards)
{
	for (uint32_t i = 0, k; i < s.len; i = k + 1) {
		for (k = i; k < s.len && !(s.p[k] && strchr(wildcards, s.p[k])); k++)
			;
		add_text(w, (struct hc_str){ s.p + i, k - i }, i > 0, k < s.len);
	}
}

/* Letters and digits of a regular expression that stand for themselves. */
static void add_regex(struct hc_rule_words *w, struct hc_str s)
{
	for (uint32_t i = 0, k; i < s.len; i = k) {
		k = i + 1;
		if (s.p[i] == '\\') {
			k = i + 2;
			continue;
		}
		if (s.p[i] == '[' || s.p[i] == '{') {
			while (k < s.len && s.p[k] != (s.p[i] == '[' ? ']' : '}'))
				k++;
			continue;
		}
		for (k = i; k < s.len && (hc_is_word_byte((uint8_t)s.p[k]) && s.p[k] != '\\'); k++)
			;
		/* ?, * and { make the last character optional */
		if (k - i >= REGEX_RUN_MIN)
			add_word(w, (struct hc_str){ s.p + i, k - i - (k < s.len && strchr("?*{", s.p[k]) != NULL) }, true, true);
		if (k == i)
			k++;
	}
}

static bool starts(struct hc_str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && !memcmp(s.p, prefix, n);
}

static bool is_env(struct hc_str field)
{
	return starts(field, "proc.env") || starts(field, "proc.aenv") || hc_str_is(field, "evt.arg.env") ||
	       hc_str_is(field, "evt.rawarg.env");
}

static bool is_buffer(struct hc_str field)
{
	return starts(field, "evt.buffer") || hc_str_is(field, "evt.arg.data") || hc_str_is(field, "evt.rawarg.data");
}

static void add_literal(struct hc_rule_words *w, struct hc_str field, enum hc_op op, struct hc_str value)
{
	w->literals++;
	if (!value.len || value.len > LITERAL_MAX)
		return;
	if (is_env(field))
		append(w, &w->env, &w->nenv, 'e', value);
	switch (op) {
	case HC_OP_CONTAINS: case HC_OP_ICONTAINS:
		add_text(w, value, true, true);
		break;
	case HC_OP_STARTSWITH:
		add_text(w, value, false, true);
		break;
	case HC_OP_ENDSWITH:
		add_text(w, value, true, false);
		break;
	case HC_OP_GLOB: case HC_OP_IGLOB: case HC_OP_PMATCH:
		add_runs(w, value, "*?[]");
		break;
	case HC_OP_REGEX:
		add_regex(w, value);
		break;
	default:
		add_text(w, value, false, false);
	}
}

/* The field at the bottom of transformers, and what fields and transformers have as arguments. */
static struct hc_str add_operand(struct hc_rule_words *w, const struct hc_operand *op)
{
	struct hc_str field = { 0 };

	if (op->kind == HC_OPERAND_FIELD) {
		if (op->has_arg) {
			add_text(w, op->arg, false, false);
			if (is_env(op->name))
				append(w, &w->env, &w->nenv, 'e', op->arg);
		}
		return op->name;
	}
	if (op->kind == HC_OPERAND_LITERAL)
		add_text(w, op->name, false, false);
	for (uint32_t i = 0; i < op->nargs; i++) {
		struct hc_str f = add_operand(w, op->args[i]);

		if (!field.len)
			field = f;
	}
	return field;
}

/* Addresses in texts stay, too: fd.name has them. */
static void pin_text(struct hc_rule_words *w, struct hc_str s, struct hc_pseudonyms *pins)
{
	struct hc_text_address found;

	for (uint32_t i = 0, k; i < s.len; i = k) {
		if (hc_text_address_at(s, i, &found)) {
			k = found.end;
			if (found.kind == HC_TEXT_IPV4)
				hc_pseudonyms_pin(pins, found.addr, 4, 32, true);
			else if (found.kind == HC_TEXT_IPV6)
				hc_pseudonyms_pin(pins, found.addr, 16, 128, true);
			else
				add_word(w, (struct hc_str){ s.p + i, k - i }, false, false);
			continue;
		}
		for (k = i; k < s.len && hc_is_word_byte((uint8_t)s.p[k]); k++)
			;
		k = k == i ? i + 1 : hc_text_address_in(s, i, k);
	}
}

static void add_check(struct hc_rule_words *w, const struct hc_ast *check, struct hc_pseudonyms *pins)
{
	const struct hc_predicate *p = check->predicate;
	struct hc_str field = add_operand(w, check->left);

	if (check->right)
		add_operand(w, check->right);
	for (uint32_t i = 0; i < check->nvalues; i++) {
		add_literal(w, field, check->op, check->values[i].value);
		pin_text(w, check->values[i].value, pins);
	}
	for (uint32_t i = 0; p && i < p->nvalues; i++) {
		const struct hc_literal_value *v = &p->values[i];
		bool net = p->left->type == PT_IPNET || p->left->type == PT_IPV4NET || p->left->type == PT_IPV6NET;

		if (p->kind == HC_VALUE_IP && (v->s.len == 4 || v->s.len == 16))
			hc_pseudonyms_pin(pins, (const uint8_t *)v->s.p, v->s.len, net ? v->prefix : v->s.len * 8, !net);
		else if (is_buffer(field) && v->s.len && v->s.len <= LITERAL_MAX)
			append(w, &w->buffer, &w->nbuffer, 'b', v->s);
	}
}

static void add_tree(struct hc_rule_words *w, const struct hc_ast *ast, struct hc_pseudonyms *pins)
{
	if (ast->kind == HC_AST_CHECK) {
		add_check(w, ast, pins);
		return;
	}
	for (uint32_t i = 0; i < ast->nkids; i++)
		add_tree(w, ast->kids[i], pins);
}

void hc_rule_words_add(struct hc_rule_words *w, const struct hc_ruleset *rules, struct hc_pseudonyms *pins)
{
	for (uint32_t i = 0; i < rules->nrules; i++)
		if (rules->rules[i]->ast)
			add_tree(w, rules->rules[i]->ast, pins);
}

bool hc_rule_words_has(const struct hc_rule_words *w, struct hc_str word)
{
	char folded[256];

	if (word.len > sizeof folded)
		return false;
	for (uint32_t i = 0; i < word.len; i++)
		folded[i] = (char)(word.p[i] >= 'A' && word.p[i] <= 'Z' ? word.p[i] | 0x20 : word.p[i]);
	return hc_strmap_get(&w->whole, (struct hc_str){ folded, word.len });
}
