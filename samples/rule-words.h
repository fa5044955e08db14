/* SPDX-License-Identifier: Apache-2.0
 *
 * What rules name: the literals of their conditions taken apart into words, so that redaction can leave standing what a
 * comparison looks at. A word that has a part a rule looks for keeps that part; the rest of it goes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/str.h"
#include "common/strmap.h"
#include "rules/ruleset.h"
#include "samples/pseudonym.h"

struct hc_rule_words {
	struct hc_arena arena;
	struct hc_strmap whole;                          /* by the word in lower case; values mean nothing */
	struct hc_str *prefixes, *suffixes, *infixes;    /* lower case; of words */
	uint32_t nprefixes, nsuffixes, ninfixes;
	struct hc_str *env, *buffer;                     /* what is looked for in environments and buffers, as it stands */
	uint32_t nenv, nbuffer;
	struct hc_strmap seen;                           /* against doubles in the lists above */
	uint32_t literals;                               /* for summaries */
};

void hc_rule_words_init(struct hc_rule_words *words);
void hc_rule_words_done(struct hc_rule_words *words);
/* All rules of the set, switched off or not. Addresses and networks go to pins. */
void hc_rule_words_add(struct hc_rule_words *words, const struct hc_ruleset *rules, struct hc_pseudonyms *pins);

bool hc_rule_words_has(const struct hc_rule_words *words, struct hc_str word);

/* What is a word: these bytes; everything else stands between words. The bytes of escapes (\x41, %41) are part of it:
 * taken for separators they would show what is spelt with them. */
static inline bool hc_is_word_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c >= 0x80 ||
	       c == '\\' || c == '%' || c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\r');
}
