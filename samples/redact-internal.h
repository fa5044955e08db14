/* SPDX-License-Identifier: Apache-2.0
 *
 * The redactor's parts: words (redact-words.c), texts made of them (redact-text.c), JSON (redact-json.c), parameters of
 * events (redact-event.c), lists (redact-section.c).
 */
#pragma once

#include "common/strmap.h"
#include "samples/pseudonym.h"
#include "samples/redact.h"
#include "samples/rule-words.h"

enum { NUMBER_DIGITS = 5 }; /* ports, modes, most pids; longer numbers are pseudonymised */

/* Everything about a word that does not depend on where it stands. Kept until there are too many. */
struct hc_redact_word {
	struct hc_str pseudonym;     /* with the parts that rules look for */
	struct hc_str mask;          /* likewise */
	int8_t action;               /* enum hc_redact_action by pattern, keep or secret list; -1: the class decides */
	int8_t known;                /* HC_REDACT_USER or _HOST: one of the section's names; -1: none */
	int8_t holds;                /* likewise, of a name that is only a part of it */
	bool named;                  /* rules name it */
	bool ordinary, account, host; /* in the lists of ordinary.h */
	bool secret_key;             /* what follows it is likely to be a secret */
};

struct hc_redactor {
	const struct hc_policy *policy;
	struct hc_pseudonyms pseudonyms;
	struct hc_rule_words rules;
	uint32_t nrules_files;
	struct hc_redact_counts counts;

	struct hc_arena fixed;   /* keys of the maps below */
	struct hc_strmap ordinary, accounts, hosts, keep, secret;

	struct hc_arena cached;  /* words; emptied when full: they come out the same again */
	struct hc_strmap words;

	struct hc_arena section_arena; /* of the names below */
	struct hc_strmap known;        /* names of users and hosts of this section; value: a class + 1 */
	struct hc_str *homes;          /* home folders, without slash at the end */
	uint32_t nhomes;
	struct hc_section section;

	struct hc_buf text, data, lens, json; /* of the current event */
};

/* ---- words ---- */

void hc_redact_words_init(struct hc_redactor *r);
void hc_redact_words_done(struct hc_redactor *r);
const struct hc_redact_word *hc_redact_word(struct hc_redactor *r, struct hc_str word);
/* The section's names, word by word, ordinary words only if said so: before its first text. All forgotten by _forget. */
void hc_redact_know(struct hc_redactor *r, struct hc_str name, enum hc_redact_class class, bool ordinary);
void hc_redact_know_home(struct hc_redactor *r, struct hc_str path);
void hc_redact_forget(struct hc_redactor *r);

/* ---- texts; all append to out ---- */

enum hc_redact_mode {
	HC_REDACT_WHOLE_PATH = 1, /* all of it is one path, if it begins with a slash */
	HC_REDACT_CGROUP = 2,     /* systemd's escapes are not ours */
	HC_REDACT_ORDINARY = 4,   /* ordinary words stay even in classes of names */
};

void hc_redact_text(struct hc_redactor *r, struct hc_buf *out, enum hc_redact_class class, struct hc_str s, unsigned mode);
/* Strings with their NULs: each by itself, but a secret may stand in the one behind its key. */
void hc_redact_strings(struct hc_redactor *r, struct hc_buf *out, enum hc_redact_class class, struct hc_str s, unsigned mode);
/* A path, or the name of a program that may be one. */
void hc_redact_path(struct hc_redactor *r, struct hc_buf *out, enum hc_redact_class class, struct hc_str s);
void hc_redact_env(struct hc_redactor *r, struct hc_buf *out, struct hc_str s);
void hc_redact_buffer(struct hc_redactor *r, struct hc_buf *out, struct hc_str s);
/* len is 4 or 16. */
void hc_redact_ip(struct hc_redactor *r, const uint8_t *addr, uint32_t len, uint8_t *ret);

/* ---- JSON; appends a document, "{}" if s is none ---- */

void hc_redact_container_json(struct hc_redactor *r, struct hc_buf *out, struct hc_str s);
void hc_redact_ledger_json(struct hc_redactor *r, struct hc_buf *out, struct hc_str s);
/* ... of the redaction itself. */
void hc_redact_ledger_data(struct hc_redactor *r, struct hc_buf *out);
