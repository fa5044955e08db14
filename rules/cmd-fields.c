/* SPDX-License-Identifier: Apache-2.0
 *
 * hindcast fields: the field catalogue, for people and programs.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/exit.h"
#include "common/options.h"
#include "rules/expr.h"
#include "rules/field.h"

struct options {
	bool json, names, hidden;
};

static const struct hc_option table[] = {
	{ 0, "json", NULL, "one JSON object per field", HC_OPTION_FLAG, offsetof(struct options, json) },
	{ 'N', "names", NULL, "names only", HC_OPTION_FLAG, offsetof(struct options, names) },
	{ 0, "hidden", NULL, "hidden fields too", HC_OPTION_FLAG, offsetof(struct options, hidden) },
	HC_OPTION_END,
};

static int run(int argc, char **argv);

const struct hc_command hc_cmd_fields = {
	"fields", "[OPTION]... [WORD]...", "list the fields that conditions and outputs may use",
	"With WORDs only fields in whose name or description one of them occurs.", table, run,
};

static const char *const args[] = {
	[HC_ARG_NONE] = "", [HC_ARG_INDEX] = "[index]", [HC_ARG_KEY] = "[key]", [HC_ARG_INDEX_OR_KEY] = "[index or key]",
	[HC_ARG_NAME] = ".name", [HC_ARG_INDEX_OR_NAME] = "[index] or .name",
};

static const struct {
	uint16_t flag;
	const char *name;
} flags[] = {
	{ HC_FIELD_IS_LIST, "list" }, { HC_FIELD_ARG_REQUIRED, "argument required" }, { HC_FIELD_NO_RHS, "not on the right" },
	{ HC_FIELD_NO_TRANSFORMER, "no transformers" }, { HC_FIELD_FILTER_ONLY, "conditions only" },
	{ HC_FIELD_PRINT_ONLY, "outputs only" }, { HC_FIELD_HIDDEN, "hidden" }, { HC_FIELD_DEPRECATED, "deprecated" },
	{ HC_FIELD_SUGGESTED, "suggested output" },
};
enum { NFLAGS = sizeof flags / sizeof *flags };

static bool wanted(const struct hc_field_info *f, char **words, int n, bool hidden)
{
	if ((f->flags & HC_FIELD_HIDDEN) && !hidden)
		return false;
	for (int i = 0; i < n; i++)
		if (strcasestr(f->name, words[i]) || strcasestr(f->help, words[i]))
			return true;
	return !n;
}

/* Fills the text between columns. */
static void put_wrapped(const char *text, int indent, int width)
{
	while (*text) {
		int n = (int)strlen(text);

		if (n > width) {
			for (n = width; n > 0 && text[n] != ' '; n--)
				;
			n = n ? n : width;
		}
		printf("%*s%.*s\n", indent, "", n, text);
		text += n;
		while (*text == ' ')
			text++;
	}
}

static void put_text(const struct hc_field_info *f)
{
	bool any = false;

	printf("%s%s  %s", f->name, args[f->arg], hc_type_text(f->type));
	for (int i = 0; i < NFLAGS; i++)
		if (f->flags & flags[i].flag) {
			printf("%s%s", any ? ", " : "  (", flags[i].name);
			any = true;
		}
	printf("%s\n", any ? ")" : "");
	put_wrapped(f->help, 8, 100);
}

static void put_json(const struct hc_field_info *f)
{
	json_t *list = json_array(), *o;
	char *text;

	for (int i = 0; i < NFLAGS; i++)
		if (f->flags & flags[i].flag)
			json_array_append_new(list, json_string(flags[i].name));
	o = json_pack("{s:s, s:s, s:s, s:b, s:o, s:s}", "name", f->name, "type", hc_type_text(f->type), "argument", args[f->arg], "list",
		      f->flags & HC_FIELD_IS_LIST, "flags", list, "description", f->help);
	text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	puts(text);
	free(text);
	json_decref(o);
}

static int run(int argc, char **argv)
{
	struct options o = { 0 };
	int n, status, shown = 0;

	if (hc_options_parse(&hc_cmd_fields, argc, argv, &o, &n, &status))
		return status;
	for (int i = 0; i < HC_FIELD_COUNT; i++) {
		const struct hc_field_info *f = &hc_field_table[i];

		if (!wanted(f, argv + 1, n, o.hidden))
			continue;
		shown++;
		if (o.json)
			put_json(f);
		else if (o.names)
			puts(f->name);
		else
			put_text(f);
	}
	if (!shown) {
		fprintf(stderr, "hindcast fields: no field's name or description has any of these words\n");
		return HC_EXIT_FAIL;
	}
	return HC_EXIT_OK;
}
