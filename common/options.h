/* SPDX-License-Identifier: Apache-2.0
 *
 * Command lines from one static table per command: parsing, --help and the man page read the same rows.
 *
 * GNU conventions: short clusters (-Aq), -oVALUE, -o VALUE, --name=VALUE, --name VALUE, unambiguous prefixes of long
 * names are *not* accepted, `--` ends options. Options and positional arguments may be mixed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum hc_option_kind {
	HC_OPTION_FLAG,   /* bool *: set to true */
	HC_OPTION_STRING, /* const char **: last one wins; borrowed from argv */
	HC_OPTION_LIST,   /* struct hc_option_list *: every occurrence, in order; borrowed from argv */
	HC_OPTION_U64,    /* uint64_t *: decimal, with K, M, G (1024-based) as suffix; min <= value <= max */
	HC_OPTION_GROUP,  /* a heading in --help; only help is used */
};

struct hc_option_list {
	const char **items; /* owned: hc_options_done frees it */
	size_t n;
};

struct hc_option {
	char letter;       /* 0: none */
	const char *name;  /* without dashes; NULL: none */
	const char *arg;   /* placeholder in help, NULL for flags */
	const char *help;  /* one line or several separated by \n */
	uint8_t kind;
	size_t dest;       /* offsetof in the command's options struct */
	uint64_t min, max; /* HC_OPTION_U64 only; max 0 means no limit */
};
#define HC_OPTION_END { .name = NULL, .letter = 0, .help = NULL }

/* What `hindcast NAME` is; one static const object per command, listed in commands.def. */
struct hc_command {
	const char *name;
	const char *usage;   /* "[OPTION]... FILE..." */
	const char *summary; /* one line */
	const char *detail;  /* paragraphs after the options in --help; may be NULL */
	const struct hc_option *options;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns enum hc_exit */
};

/* Parses argv[1..] into *options_struct. Positional arguments are moved to argv[1..] in order and *ret_n counts them
 * (NULL: none are allowed). -h/--help prints help to stdout. Returns 0 to go on; otherwise the caller returns
 * ret_exit at once: an error was printed ("hindcast replay: unknown option '--foo'; did you mean '--for'?"), or help was. */
int hc_options_parse(const struct hc_command *cmd, int argc, char **argv, void *options_struct, int *ret_n, int *ret_exit);
/* Frees what the parser allocated, the lists. Not needed after a parse that failed. */
void hc_options_done(const struct hc_command *cmd, void *options_struct);

/* The help text to stdout; as the parser does for --help. */
void hc_options_help(const struct hc_command *cmd);

/* The entry of names nearest to word by edit distance, or NULL if none is near enough to suggest (at most a third of
 * word's length, at least 1). names ends with NULL. */
const char *hc_nearest(const char *word, const char *const *names);
