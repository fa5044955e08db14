/* SPDX-License-Identifier: Apache-2.0
 *
 * Load results as the document Falco prints in validation mode (rules-language.md 9.6): same keys, same codes, same
 * sentences.
 */
#include <jansson.h>

#include "common/mem.h"
#include "rules/report.h"
#include "rules/ruleset.h"

/* The sentences the document has for warnings; for errors it repeats the short text. */
static const char *const descriptions[HC_LOAD_CODE_COUNT] = {
	[HC_LOAD_UNKNOWN_SOURCE] = "A rule has a unknown event source. This can occur when reading rules content without having a "
				   "corresponding plugin loaded, etc. The rule will be silently ignored.",
	[HC_LOAD_UNSAFE_NA_CHECK] = "Comparing a field value with <NA> is unsafe and can lead to unpredictable behavior of the rule "
				    "condition. If you need to check for the existence of a field, consider using the 'exists' "
				    "operator instead.",
	[HC_LOAD_NO_EVTTYPE] = "A rule condition matches too many evt.type values. This has a significant performance penalty. Make "
			       "the condition more specific by adding an evt.type field or further restricting the number of "
			       "evt.type values in the condition.",
	[HC_LOAD_UNKNOWN_FILTER] = "A rule condition or output refers to a field or evt.type that does not exist. This is normally an "
				   "error, but if a rule has a skip-if-unknown-filter property, the error is downgraded to a "
				   "warning.",
	[HC_LOAD_UNUSED_MACRO] = "A macro is defined in the rules content but is not used by any other macro or rule.",
	[HC_LOAD_UNUSED_LIST] = "A list is defined in the rules content but is not used by any other list, macro, or rule.",
	[HC_LOAD_UNKNOWN_ITEM] = "An unknown top-level object is in the rules content. It will be ignored.",
	[HC_LOAD_DEPRECATED_ITEM] = "A deprecated item is employed by lists, macros, or rules.",
	[HC_LOAD_WARNING_EXTENSION] = "An extension item has a warning",
	[HC_LOAD_APPEND_NO_VALUES] = "A rule exception is overriding/appending with no values",
	[HC_LOAD_EXCEPTION_NAME_NOT_UNIQUE] = "A rule is defining multiple exceptions with the same name",
	[HC_LOAD_INVALID_MACRO_NAME] = "A macro is defined with an invalid name",
	[HC_LOAD_INVALID_LIST_NAME] = "A list is defined with an invalid name",
	[HC_LOAD_COMPILE_CONDITION] = "A rule condition or output have been parsed with a warning",
	[HC_LOAD_UNKNOWN_KEY] = "An item in the rules content contains an unrecognized key. The key will be ignored. This may "
				"indicate a typo or a property placed on the wrong item type.",
};

/* Snippets may be cut inside a character: what is no UTF-8 is replaced. */
static json_t *string(const char *s)
{
	json_t *value = json_string(s);
	char *copy;

	if (value)
		return value;
	copy = hc_strdup(s);
	for (char *p = copy; *p; p++)
		if ((signed char)*p < 0)
			*p = '?';
	value = json_string(copy);
	free(copy);
	return value;
}

static json_t *location(const struct hc_location *at)
{
	return json_pack("{s:o, s:o, s:{s:o, s:i, s:i, s:i}}", "item_type", string(at->item_type), "item_name",
			 string(at->item_name), "position", "name", string(at->name), "line", (int)at->line, "column",
			 (int)at->column, "offset", (int)at->off);
}

/* Outermost first. */
static void locations(json_t *array, const struct hc_location *at)
{
	if (at->parent)
		locations(array, at->parent);
	json_array_append_new(array, location(at));
}

static json_t *problem(const struct hc_problem *p)
{
	const char *desc = hc_load_is_error(p->code) ? hc_load_code_short(p->code) : descriptions[p->code];
	json_t *array = json_array(), *o;

	locations(array, p->at);
	o = json_pack("{s:o, s:o, s:o, s:{s:o, s:o}}", "code", string(hc_load_code_name(p->code)), "codedesc", string(desc),
		      "message", string(p->message), "context", "locations", array, "snippet", string(p->snippet));
	if (p->deprecated_field)
		json_object_set_new(o, "deprecated_field", string(p->deprecated_field));
	return o;
}

static json_t *problems(struct hc_problem *const *list, uint32_t n)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < n; i++)
		json_array_append_new(array, problem(list[i]));
	return array;
}

static json_t *result(const struct hc_load_result *res)
{
	json_t *o = json_pack("{s:o, s:b, s:o, s:o}", "name", string(res->name), "successful", res->successful, "errors",
			      problems(res->errors, res->nerrors), "warnings", problems(res->warnings, res->nwarnings));
	json_t *array;

	if (res->nschema_warnings) {
		array = json_array();
		for (uint32_t i = 0; i < res->nschema_warnings; i++)
			json_array_append_new(array, string(res->schema_warnings[i]));
		json_object_set_new(o, "schema_valid", json_boolean(res->schema_valid));
		json_object_set_new(o, "schema_warnings", array);
	}
	return o;
}

void hc_report_json(struct hc_buf *out, const struct hc_ruleset *ruleset)
{
	json_t *array = json_array(), *doc;
	char *text;

	for (uint32_t i = 0; i < ruleset->nresults; i++)
		json_array_append_new(array, result(ruleset->results[i]));
	doc = json_pack("{s:o}", "falco_load_results", array);
	text = json_dumps(doc, JSON_COMPACT | JSON_SORT_KEYS);
	hc_buf_puts(out, text);
	hc_buf_putc(out, '\n');
	free(text);
	json_decref(doc);
}
