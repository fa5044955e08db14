/* SPDX-License-Identifier: Apache-2.0
 *
 * The option parser of common/options.h.
 */
#include "common/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/exit.h"
#include "common/mem.h"

static bool is_end(const struct hc_option *o)
{
	return !o->name && !o->letter && !o->help;
}

static int fail(const struct hc_command *cmd, int *ret_exit, const char *what, const char *word, const char *hint)
{
	fprintf(stderr, "hindcast %s: %s '%s'", cmd->name, what, word);
	if (hint)
		fprintf(stderr, "; did you mean '--%s'?", hint);
	fprintf(stderr, "\nTry 'hindcast %s --help'.\n", cmd->name);
	*ret_exit = HC_EXIT_USAGE;
	return -1;
}

static int number(const struct hc_option *o, const char *text, uint64_t *ret)
{
	char *end;
	unsigned long long v;
	unsigned shift = 0;

	errno = 0;
	if (*text < '0' || *text > '9')
		return -1;
	v = strtoull(text, &end, 10);
	switch (*end) {
	case 'k': case 'K': shift = 10; end++; break;
	case 'm': case 'M': shift = 20; end++; break;
	case 'g': case 'G': shift = 30; end++; break;
	}
	if (errno || *end || v > UINT64_MAX >> shift)
		return -1;
	v <<= shift;
	if (v < o->min || (o->max && v > o->max))
		return -1;
	*ret = v;
	return 0;
}

static int store(const struct hc_command *cmd, const struct hc_option *o, void *options_struct, const char *value, int *ret_exit)
{
	void *dest = (char *)options_struct + o->dest;
	struct hc_option_list *list;
	char shown[64];

	switch (o->kind) {
	case HC_OPTION_FLAG:
		*(bool *)dest = true;
		return 0;
	case HC_OPTION_STRING:
		*(const char **)dest = value;
		return 0;
	case HC_OPTION_LIST:
		list = dest;
		list->items = hc_realloc(list->items, (list->n + 1) * sizeof *list->items);
		list->items[list->n++] = value;
		return 0;
	case HC_OPTION_U64:
		if (!number(o, value, dest))
			return 0;
		if (o->name)
			snprintf(shown, sizeof shown, "--%s", o->name);
		else
			snprintf(shown, sizeof shown, "-%c", o->letter);
		fprintf(stderr, "hindcast %s: %s needs a whole number", cmd->name, shown);
		if (o->max)
			fprintf(stderr, " from %" PRIu64 " to %" PRIu64, o->min, o->max);
		else if (o->min)
			fprintf(stderr, " of at least %" PRIu64, o->min);
		fprintf(stderr, " (K, M, G as suffix), not '%s'\n", value);
		*ret_exit = HC_EXIT_USAGE;
		return -1;
	}
	abort();
}

static const struct hc_option *find_long(const struct hc_command *cmd, const char *name, size_t len)
{
	for (const struct hc_option *o = cmd->options; !is_end(o); o++)
		if (o->name && strlen(o->name) == len && !memcmp(o->name, name, len))
			return o;
	return NULL;
}

static const struct hc_option *find_short(const struct hc_command *cmd, char letter)
{
	for (const struct hc_option *o = cmd->options; !is_end(o); o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

static const char *suggest(const struct hc_command *cmd, const char *word)
{
	const char *names[128];
	size_t n = 0;

	for (const struct hc_option *o = cmd->options; !is_end(o) && n < 127; o++)
		if (o->name)
			names[n++] = o->name;
	names[n] = NULL;
	return hc_nearest(word, names);
}

static int parse(const struct hc_command *cmd, int argc, char **argv, void *options_struct, int *ret_n, int *ret_exit)
{
	int n = 0;

	for (int i = 1; i < argc; i++) {
		char *a = argv[i];

		if (a[0] != '-' || !a[1] || a[1] == ':') { /* "-:MEMBER": of the archive on standard input */
			if (!ret_n)
				return fail(cmd, ret_exit, "unexpected argument", a, NULL);
			argv[++n] = a;
		} else if (!strcmp(a, "--")) {
			if (!ret_n && i + 1 < argc)
				return fail(cmd, ret_exit, "unexpected argument", argv[i + 1], NULL);
			while (++i < argc)
				argv[++n] = argv[i];
		} else if (!strcmp(a, "--help") || !strcmp(a, "-h")) {
			hc_options_help(cmd);
			*ret_exit = HC_EXIT_OK;
			return -1;
		} else if (a[1] == '-') {
			char *eq = strchr(a, '=');
			size_t len = eq ? (size_t)(eq - a) - 2 : strlen(a) - 2;
			const struct hc_option *o = find_long(cmd, a + 2, len);

			if (!o) {
				if (eq)
					*eq = '\0';
				return fail(cmd, ret_exit, "unknown option", a, suggest(cmd, a + 2));
			}
			if (o->kind == HC_OPTION_FLAG && eq)
				return fail(cmd, ret_exit, "no value belongs to option", a, NULL);
			if (o->kind != HC_OPTION_FLAG && !eq && i + 1 == argc)
				return fail(cmd, ret_exit, "a value is missing after", a, NULL);
			if (store(cmd, o, options_struct, eq ? eq + 1 : o->kind == HC_OPTION_FLAG ? NULL : argv[++i], ret_exit))
				return -1;
		} else {
			for (char *p = a + 1; *p; p++) {
				const struct hc_option *o = find_short(cmd, *p);
				char letter[] = { '-', *p, '\0' };

				if (!o)
					return fail(cmd, ret_exit, "unknown option", letter, NULL);
				if (o->kind == HC_OPTION_FLAG) {
					store(cmd, o, options_struct, NULL, ret_exit);
					continue;
				}
				if (!p[1] && i + 1 == argc)
					return fail(cmd, ret_exit, "a value is missing after", letter, NULL);
				if (store(cmd, o, options_struct, p[1] ? p + 1 : argv[++i], ret_exit))
					return -1;
				break;
			}
		}
	}
	if (ret_n)
		*ret_n = n;
	return 0;
}

int hc_options_parse(const struct hc_command *cmd, int argc, char **argv, void *options_struct, int *ret_n, int *ret_exit)
{
	int r = parse(cmd, argc, argv, options_struct, ret_n, ret_exit);

	if (r)
		hc_options_done(cmd, options_struct);
	return r;
}

void hc_options_done(const struct hc_command *cmd, void *options_struct)
{
	for (const struct hc_option *o = cmd->options; !is_end(o); o++)
		if (o->kind == HC_OPTION_LIST) {
			struct hc_option_list *list = (void *)((char *)options_struct + o->dest);

			free(list->items);
			*list = (struct hc_option_list){ 0 };
		}
}

void hc_options_help(const struct hc_command *cmd)
{
	printf("Usage: hindcast %s %s\n\n%s\n", cmd->name, cmd->usage, cmd->summary);
	for (const struct hc_option *o = cmd->options; !is_end(o); o++) {
		char left[64];
		const char *line = o->help, *nl;

		if (o->kind == HC_OPTION_GROUP) {
			printf("\n%s:\n", o->help);
			continue;
		}
		if (o == cmd->options)
			printf("\n");
		snprintf(left, sizeof left, "  %c%c%s%s%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
			 o->letter && o->name ? ", " : o->name ? "  " : "", o->name ? "--" : "", o->name ? o->name : "",
			 o->arg ? (o->name ? "=" : " ") : "", o->arg ? o->arg : "");
		if (strlen(left) > 29)
			printf("%s\n%30s", left, "");
		else
			printf("%-30s", left);
		for (; (nl = strchr(line, '\n')); line = nl + 1)
			printf("%.*s\n%30s", (int)(nl - line), line, "");
		printf("%s\n", line);
	}
	printf("%-30s%s\n", "  -h, --help", "show this help");
	if (cmd->detail)
		printf("\n%s\n", cmd->detail);
}

/* Edit distance with insertion, deletion, substitution and exchange of neighbours, words cut at 63 bytes. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][64], *before = rows[0], *last = rows[1], *row = rows[2], *spare;
	size_t la = strlen(a), lb = strlen(b);

	la = la < 63 ? la : 63;
	lb = lb < 63 ? lb : 63;
	for (size_t j = 0; j <= lb; j++)
		last[j] = j;
	for (size_t i = 1; i <= la; i++) {
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[lb];
}

const char *hc_nearest(const char *word, const char *const *names)
{
	size_t best = strlen(word) / 3 > 1 ? strlen(word) / 3 : 1;
	const char *found = NULL;

	for (; *names; names++) {
		size_t d = distance(word, *names);

		if (d < best || (d == best && !found)) {
			best = d;
			found = *names;
		}
	}
	return found;
}
