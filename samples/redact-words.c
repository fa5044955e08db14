/* SPDX-License-Identifier: Apache-2.0
 *
 * One word and what becomes of it. The pseudonym keeps the parts that rules look for: the longest beginning and end, and
 * everything they look for anywhere; in between stands what the HMAC gives for the whole word. That must not by accident
 * contain something rules look for; if it does, the next attempt is taken.
 */
#include "samples/redact-internal.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "samples/ordinary.h"

enum {
	CACHE_WORDS_MAX = 1 << 18,
	CACHE_BYTES_MAX = 64 << 20,
	COMM_LEN = 15,       /* longer names of programs are cut to this */
	ATTEMPTS_MAX = 16,
	TAIL_DIGITS = 2,     /* python3, eth0: an ordinary word with digits behind it is one, too */
	ID_LEN_MIN = 12, ID_LEN_MAX = 128, UUID_LEN = 36, FULL_ID_LEN = 64,
	WORD_LEN_MAX = 4096, /* beyond that, parts that rules look for are not looked for: it would cost too much */
	HOLDS_MAX = 4096, HOLDS_LEN_MIN = 4,
	KNOWN_MAX = 1 << 16, HOMES_MAX = 1 << 12,
};

static void add_list(struct hc_redactor *r, struct hc_strmap *map, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, " ");

		hc_strmap_put(map, (struct hc_str){ words, (uint32_t)n }, map);
		if (n > COMM_LEN)
			hc_strmap_put(map, (struct hc_str){ words, COMM_LEN }, map);
		words += n + (words[n] == ' ');
	}
}

void hc_redact_words_init(struct hc_redactor *r)
{
	hc_arena_init(&r->fixed);
	hc_arena_init(&r->cached);
	hc_arena_init(&r->section_arena);
	add_list(r, &r->ordinary, hc_ordinary_words);
	add_list(r, &r->accounts, hc_ordinary_accounts);
	add_list(r, &r->hosts, hc_ordinary_hosts);
	for (uint32_t i = 0; i < r->policy->nkeep; i++)
		hc_strmap_put(&r->keep, r->policy->keep[i], r);
	for (uint32_t i = 0; i < r->policy->nsecret; i++)
		hc_strmap_put(&r->secret, r->policy->secret[i], r);
}

void hc_redact_words_done(struct hc_redactor *r)
{
	struct hc_strmap *const maps[] = { &r->ordinary, &r->accounts, &r->hosts, &r->keep, &r->secret, &r->words, &r->known };

	for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
		hc_strmap_done(maps[i]);
	free(r->homes);
	hc_arena_done(&r->fixed);
	hc_arena_done(&r->cached);
	hc_arena_done(&r->section_arena);
}

static void clear_cache(struct hc_redactor *r)
{
	hc_strmap_done(&r->words);
	hc_arena_reset(&r->cached);
}

void hc_redact_forget(struct hc_redactor *r)
{
	hc_strmap_done(&r->known);
	free(r->homes);
	r->homes = NULL;
	r->nhomes = 0;
	clear_cache(r);
	hc_arena_reset(&r->section_arena);
}

/* ---- what kind of word it is ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_number(struct hc_str w)
{
	uint32_t n = 0;

	while (n < w.len && is_digit(w.p[n]))
		n++;
	/* 10M, 5s */
	return n && n <= NUMBER_DIGITS && (n == w.len || (n + 1 == w.len && w.p[n] && strchr("kKmMgGsSdDh", w.p[n])));
}

static bool has(const struct hc_strmap *map, struct hc_str w)
{
	return hc_strmap_get(map, w) != NULL;
}

static bool is_syscall(struct hc_str w)
{
	char name[32];

	if (w.len >= sizeof name || memchr(w.p, 0, w.len))
		return false;
	memcpy(name, w.p, w.len);
	name[w.len] = '\0';
	return hc_sc_by_name(name) >= 0;
}

static bool is_ordinary(struct hc_redactor *r, struct hc_str w)
{
	struct hc_str stem = w;

	if (!r->policy->ordinary)
		return false;
	if (w.len <= 1 || is_number(w) || has(&r->ordinary, w) || has(&r->accounts, w) || has(&r->hosts, w) || is_syscall(w))
		return true;
	while (stem.len > 1 && w.len - stem.len < TAIL_DIGITS && is_digit(stem.p[stem.len - 1]))
		stem.len--;
	return stem.len > 1 && stem.len < w.len && has(&r->ordinary, stem);
}

/* A container id, a digest, a UUID: only digits of base 16, and enough of them. */
static bool is_id(struct hc_str w)
{
	uint32_t digits = 0;

	if (w.len < ID_LEN_MIN || w.len > ID_LEN_MAX)
		return false;
	for (uint32_t i = 0; i < w.len; i++) {
		if (is_hex(w.p[i]))
			digits++;
		else if ((w.p[i] != '-' && w.p[i] != '_') || w.len != UUID_LEN)
			return false;
	}
	return w.len != UUID_LEN || digits == 32 || digits == UUID_LEN;
}

static bool is_secret_key(struct hc_str w)
{
	static const char *const parts[] = { "passw", "pwd", "passphrase", "secret", "token", "apikey", "api_key", "api-key",
					     "access_key", "access-key", "private_key", "credential", "auth", "bearer" };
	char folded[64];

	if (w.len >= sizeof folded)
		return false;
	for (uint32_t i = 0; i < w.len; i++)
		folded[i] = (char)(w.p[i] >= 'A' && w.p[i] <= 'Z' ? w.p[i] | 0x20 : w.p[i]);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (memmem(folded, w.len, parts[i], strlen(parts[i])))
			return true;
	return w.len == 4 && !memcmp(folded, "pass", 4);
}

/* ---- what it becomes ---- */

/* Does s, in any letter case, begin with (end with, contain) part, which is lower case? */
static bool same_folded(const char *s, struct hc_str part)
{
	for (uint32_t i = 0; i < part.len; i++)
		if ((s[i] >= 'A' && s[i] <= 'Z' ? s[i] | 0x20 : s[i]) != part.p[i])
			return false;
	return true;
}

static int64_t find_folded(struct hc_str s, struct hc_str part)
{
	for (uint32_t i = 0; i + part.len <= s.len; i++)
		if (same_folded(s.p + i, part))
			return i;
	return -1;
}

/* Lengths of the longest beginning and end that rules look for. */
static uint32_t beginning(const struct hc_rule_words *rules, struct hc_str w)
{
	uint32_t best = 0;

	for (uint32_t i = 0; i < rules->nprefixes; i++)
		if (rules->prefixes[i].len > best && rules->prefixes[i].len <= w.len && same_folded(w.p, rules->prefixes[i]))
			best = rules->prefixes[i].len;
	return best;
}

static uint32_t ending(const struct hc_rule_words *rules, struct hc_str w)
{
	uint32_t best = 0;

	for (uint32_t i = 0; i < rules->nsuffixes; i++) {
		struct hc_str s = rules->suffixes[i];

		if (s.len > best && s.len <= w.len && same_folded(w.p + w.len - s.len, s))
			best = s.len;
	}
	return best;
}

/* Would rules find in made what they do not find in the original? */
static bool misleads(const struct hc_rule_words *rules, struct hc_str original, struct hc_str made)
{
	if (hc_rule_words_has(rules, made))
		return true;
	for (uint32_t i = 0; i < rules->ninfixes; i++)
		if (find_folded(made, rules->infixes[i]) >= 0 && find_folded(original, rules->infixes[i]) < 0)
			return true;
	return beginning(rules, made) > beginning(rules, original) || ending(rules, made) > ending(rules, original);
}

static struct hc_str compose(struct hc_redactor *r, struct hc_str w, const char *core, uint32_t head, uint32_t tail)
{
	struct hc_buf b HC_BUF_DONE = { 0 };

	hc_buf_put(&b, w.p, head);
	hc_buf_puts(&b, core);
	for (uint32_t i = 0; i < r->rules.ninfixes; i++) {
		int64_t at = find_folded(w, r->rules.infixes[i]);

		if (at >= 0 && find_folded((struct hc_str){ b.p, (uint32_t)b.len }, r->rules.infixes[i]) < 0)
			hc_buf_put(&b, w.p + at, r->rules.infixes[i].len);
	}
	hc_buf_put(&b, w.p + w.len - tail, tail);
	return (struct hc_str){ hc_arena_dupn(&r->cached, b.p, b.len), (uint32_t)b.len };
}

/* Ids behind a word, as in docker-0123... and pod0123-...: where the id begins, or 0. */
static uint32_t id_tail(struct hc_str w)
{
	static const uint32_t lengths[] = { FULL_ID_LEN, UUID_LEN };

	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		uint32_t at = w.len - lengths[i];

		if (w.len > lengths[i] && is_id((struct hc_str){ w.p + at, lengths[i] }) &&
		    (w.p[at - 1] == '-' || w.p[at - 1] == '_' || (at >= 3 && !memcmp(w.p + at - 3, "pod", 3))))
			return at;
	}
	return 0;
}

/* Is everything between dashes ordinary? For --long-options and kubepods-besteffort-pod. */
static bool parts_ordinary(struct hc_redactor *r, struct hc_str w)
{
	for (uint32_t i = 0, k; i < w.len; i = k + 1) {
		for (k = i; k < w.len && w.p[k] != '-' && w.p[k] != '_'; k++)
			;
		if (!is_ordinary(r, (struct hc_str){ w.p + i, k - i }) && !hc_rule_words_has(&r->rules, (struct hc_str){ w.p + i, k - i }))
			return false;
	}
	return true;
}

/* The beginning that rules name stays: the short form of an id is the beginning of the long one. */
static struct hc_str make_id(struct hc_redactor *r, struct hc_str w, uint32_t at)
{
	struct hc_str id = { w.p + at, w.len - at }, short_id = { w.p + at, HC_PSEUDONYM_ID_SHORT };
	uint32_t named = hc_rule_words_has(&r->rules, short_id) ? short_id.len : beginning(&r->rules, id);
	char *p = hc_arena_bytes(&r->cached, w.len);

	memcpy(p, w.p, at);
	hc_pseudonym_id(&r->pseudonyms, id, p + at);
	memcpy(p + at, id.p, named);
	return (struct hc_str){ p, w.len };
}

static struct hc_str make_pseudonym(struct hc_redactor *r, struct hc_str w)
{
	uint32_t head = beginning(&r->rules, w), tail = ending(&r->rules, w), at = id_tail(w);
	char core[HC_PSEUDONYM_LEN + 1];
	struct hc_str made = { 0 };

	if (w.len > WORD_LEN_MAX) {
		hc_pseudonym_word(&r->pseudonyms, w, 0, core);
		return (struct hc_str){ hc_arena_dup(&r->cached, core), HC_PSEUDONYM_LEN };
	}
	if (is_id(w) || (at && parts_ordinary(r, (struct hc_str){ w.p, at })))
		return make_id(r, w, at);
	if (head + tail > w.len)
		tail = w.len - head;
	for (uint32_t attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
		hc_pseudonym_word(&r->pseudonyms, w, attempt, core);
		made = compose(r, w, core, head, tail);
		if (!misleads(&r->rules, w, made))
			break;
	}
	return made;
}

static struct hc_str make_mask(struct hc_redactor *r, struct hc_str w)
{
	uint32_t head, tail;

	if (w.len > WORD_LEN_MAX)
		return HC_STR("x");
	head = beginning(&r->rules, w);
	tail = ending(&r->rules, w);
	return compose(r, w, "x", head, head + tail > w.len ? w.len - head : tail);
}

static int8_t listed_action(struct hc_redactor *r, struct hc_str w)
{
	for (uint32_t i = 0; i < r->policy->npatterns; i++)
		if (hc_regex_match(r->policy->patterns[i].regex, w.p, w.len))
			return (int8_t)r->policy->patterns[i].action;
	if (has(&r->secret, w))
		return HC_REDACT_PSEUDONYM;
	return has(&r->keep, w) ? HC_REDACT_KEEP : -1;
}

/* A name of four or more letters within a longer word: its class, or -1. */
static int8_t holds_known(struct hc_redactor *r, struct hc_str w)
{
	for (uint32_t i = 0; i < r->known.cap && r->known.n <= HOLDS_MAX; i++) {
		const struct hc_strmap_slot *slot = &r->known.slots[i];

		if (slot->key.p && slot->key.len >= HOLDS_LEN_MIN && slot->key.len < w.len &&
		    memmem(w.p, w.len, slot->key.p, slot->key.len))
			return (int8_t)((uintptr_t)slot->value - 1);
	}
	return -1;
}

const struct hc_redact_word *hc_redact_word(struct hc_redactor *r, struct hc_str word)
{
	struct hc_redact_word *w = hc_strmap_get(&r->words, word);
	uintptr_t known;

	if (w)
		return w;
	if (r->words.n >= CACHE_WORDS_MAX || r->cached.used >= CACHE_BYTES_MAX)
		clear_cache(r);
	word.p = hc_arena_dupn(&r->cached, word.p, word.len);
	w = hc_arena_new(&r->cached, struct hc_redact_word);
	known = (uintptr_t)hc_strmap_get(&r->known, word);
	w->known = (int8_t)((int)known - 1);
	w->action = listed_action(r, word);
	w->named = hc_rule_words_has(&r->rules, word);
	w->ordinary = is_ordinary(r, word);
	w->holds = w->ordinary || w->named ? -1 : holds_known(r, word);
	w->account = has(&r->accounts, word);
	w->host = has(&r->hosts, word) || is_number(word);
	w->secret_key = is_secret_key(word);
	w->pseudonym = make_pseudonym(r, word);
	w->mask = make_mask(r, word);
	hc_strmap_put(&r->words, word, w);
	return w;
}

static void know_word(struct hc_redactor *r, struct hc_str name, enum hc_redact_class class, bool ordinary)
{
	struct hc_strmap *usual = class == HC_REDACT_USER ? &r->accounts : &r->hosts;
	char *p;

	if (name.len < 2 || is_number(name) || has(usual, name) || has(&r->known, name) || r->known.n >= KNOWN_MAX)
		return;
	if (!ordinary && is_ordinary(r, name))
		return;
	p = hc_arena_dupn(&r->section_arena, name.p, name.len);
	hc_strmap_put(&r->known, (struct hc_str){ p, name.len }, (void *)((uintptr_t)class + 1));
	clear_cache(r);
}

void hc_redact_know(struct hc_redactor *r, struct hc_str name, enum hc_redact_class class, bool ordinary)
{
	for (uint32_t i = 0, k; i < name.len; i = k + 1) {
		for (k = i; k < name.len && hc_is_word_byte((uint8_t)name.p[k]); k++)
			;
		know_word(r, (struct hc_str){ name.p + i, k - i }, class, ordinary);
		/* DOMAIN\\user */
		for (uint32_t at = i; at < k; at++)
			if (name.p[at] == '\\')
				know_word(r, (struct hc_str){ name.p + at + 1, k - at - 1 }, class, ordinary);
	}
}

void hc_redact_know_home(struct hc_redactor *r, struct hc_str path)
{
	while (path.len && path.p[path.len - 1] == '/')
		path.len--;
	if (path.len < 2 || path.p[0] != '/' || r->nhomes >= HOMES_MAX)
		return;
	if (!(r->nhomes & (r->nhomes - 1)))
		r->homes = hc_realloc(r->homes, (r->nhomes ? (size_t)r->nhomes * 2 : 1) * sizeof *r->homes);
	r->homes[r->nhomes++] = (struct hc_str){ hc_arena_dupn(&r->section_arena, path.p, path.len), path.len };
}
