/* SPDX-License-Identifier: Apache-2.0
 *
 * The field catalogue as a table, and the parsing of references against it (fields-semantics.md 1, 3.1). Names are
 * resolved once, when rules load; equal texts give one object.
 */
#include "rules/field.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/hash.h"
#include "common/mem.h"
#include "common/options.h"
#include "common/strmap.h"

const struct hc_field_info hc_field_table[HC_FIELD_COUNT] = {
#define HC_FIELD(id, name, type, format, arg, flags, scope, match, help) \
	[HC_FIELD_##id] = { name, type, format, HC_ARG_##arg, HC_SCOPE_##scope, HC_MATCH_##match, flags, help },
#include "rules/fields.def"
#undef HC_FIELD
};

void hc_field_set_init(struct hc_field_set *set)
{
	*set = (struct hc_field_set){ 0 };
	hc_arena_init(&set->arena);
}

void hc_field_set_done(struct hc_field_set *set)
{
	free(set->fields);
	free(set->buckets);
	hc_arena_done(&set->arena);
	*set = (struct hc_field_set){ 0 };
}

/* Rows by name; made once, never freed. */
static struct hc_strmap by_name;

static void index_names(void)
{
	for (size_t i = 0; i < HC_FIELD_COUNT; i++)
		hc_strmap_put(&by_name, hc_str(hc_field_table[i].name), (void *)&hc_field_table[i]);
}

const struct hc_field_info *hc_field_info_find(struct hc_str name)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, index_names);
	return hc_strmap_get(&by_name, name);
}

/* Does some field begin with these bytes, the dot behind the class among them? */
static bool is_class(const char *class, size_t len)
{
	for (size_t i = 0; i < HC_FIELD_COUNT; i++)
		if (!strncmp(hc_field_table[i].name, class, len))
			return true;
	return false;
}

const char *hc_field_nearest(struct hc_str name)
{
	const char *names[HC_FIELD_COUNT + 1];
	char word[64], *dot;

	for (size_t i = 0; i < HC_FIELD_COUNT; i++)
		names[i] = hc_field_table[i].name;
	names[HC_FIELD_COUNT] = NULL;
	if (name.len >= sizeof word)
		return NULL;
	snprintf(word, sizeof word, "%.*s", (int)name.len, name.p);
	/* a right name behind another class is more likely than a wrong letter: proc.uid for user.uid */
	dot = strchr(word, '.');
	for (size_t i = 0; dot && is_class(word, (size_t)(dot - word) + 1) && i < HC_FIELD_COUNT; i++)
		if (strchr(names[i], '.') && !strcmp(strchr(names[i], '.'), dot) && !(hc_field_table[i].flags & HC_FIELD_HIDDEN))
			return names[i];
	return hc_nearest(word, names);
}

/* The entry whose name is `name`, or `name` up to one of its dots (then *ret_suffix is what follows the dot). Only
 * entries that take a .NAME are found by their beginning. */
static const struct hc_field_info *find_with_suffix(struct hc_str name, struct hc_str *ret_suffix)
{
	const struct hc_field_info *info = hc_field_info_find(name);

	*ret_suffix = (struct hc_str){ 0 };
	if (info)
		return info;
	/* the longest, should two do */
	for (uint32_t len = name.len; len-- > 0;) {
		if (name.p[len] != '.' || len + 1 == name.len)
			continue;
		info = hc_field_info_find((struct hc_str){ name.p, len });
		if (info && (info->arg == HC_ARG_NAME || info->arg == HC_ARG_INDEX_OR_NAME)) {
			*ret_suffix = (struct hc_str){ name.p + len + 1, name.len - len - 1 };
			return info;
		}
	}
	return NULL;
}

/* The type of the first parameter of that name in the schema, by code (fields-semantics.md 3.3); PT_NONE if no event
 * has one. */
static uint8_t param_by_name(struct hc_str name, uint8_t *ret_format)
{
	for (unsigned e = 0; e < HC_EVENT_COUNT; e++)
		for (unsigned k = 0; k < hc_event_table[e].nparams; k++)
			if (hc_str_is(name, hc_event_table[e].params[k].name)) {
				*ret_format = hc_event_table[e].params[k].format;
				return hc_event_table[e].params[k].type;
			}
	return PT_NONE;
}

static bool is_event_name(struct hc_str name)
{
	for (unsigned e = 2; e < HC_EVENT_COUNT; e++)
		if (hc_str_is(name, hc_event_table[e].name))
			return true;
	return false;
}

static bool is_subsystem(struct hc_str name)
{
	for (uint32_t i = 0; i < name.len; i++)
		if (!(name.p[i] == '_' || (unsigned)((name.p[i] | 32) - 'a') < 26u))
			return false;
	return name.len > 0;
}

/* Decimal with optional sign, nothing else; false if it is no number of 32 bits. */
static bool parse_index(struct hc_str text, int64_t *ret)
{
	bool minus = text.len && text.p[0] == '-';
	uint32_t i = minus || (text.len && text.p[0] == '+');
	int64_t v = 0;

	if (i == text.len)
		return false;
	for (; i < text.len; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		v = v * 10 + (text.p[i] - '0');
		if (v > INT32_MAX)
			return false;
	}
	*ret = minus ? -v : v;
	return true;
}

/* Why a reference is unknown, for the hint (NULL: nobody asks); the message itself always has the one shape rules' authors know. */
struct why {
	char text[HC_FIELD_HINT_MAX];
};
#define TEXT(s) (int)((s).len < 100 ? (s).len : 100), (s).p
#define UNKNOWN(why, ...) ((why) ? snprintf((why)->text, sizeof (why)->text, __VA_ARGS__) : 0, -EINVAL)

/* The .NAME behind evt.arg, evt.rawarg, evt.type.is, evt.abspath, thread.cgroup. */
static int take_suffix(struct hc_field *f, struct hc_str suffix, struct why *why)
{
	uint8_t format = PF_NA, type;

	switch (f->id) {
	case HC_FIELD_EVT_ARG:
	case HC_FIELD_EVT_RAWARG:
		type = param_by_name(suffix, &format);
		if (type == PT_NONE)
			return UNKNOWN(why, "no event has a parameter '%.*s'", TEXT(suffix));
		if (f->id == HC_FIELD_EVT_RAWARG) {
			f->type = type;
			f->format = format;
		}
		break;
	case HC_FIELD_EVT_TYPE_IS:
		if (!is_event_name(suffix))
			return UNKNOWN(why, "no event is named '%.*s'", TEXT(suffix));
		break;
	case HC_FIELD_EVT_ABSPATH:
		if (!hc_str_is(suffix, "src") && !hc_str_is(suffix, "dst"))
			return UNKNOWN(why, "only evt.abspath.src and evt.abspath.dst exist");
		break;
	default:
		if (!is_subsystem(suffix))
			return UNKNOWN(why, "the name of a cgroup subsystem consists of letters and _");
	}
	f->key = suffix;
	return 0;
}

/* evt.around's time is in ns since the epoch: wider than an index. */
static int take_time(struct hc_field *f, struct hc_str arg, struct why *why)
{
	char digits[24], *end;

	snprintf(digits, sizeof digits, "%.*s", TEXT(arg));
	errno = 0;
	f->index = (int64_t)strtoull(digits, &end, 10);
	if (errno || *end || arg.len >= sizeof digits || digits[0] < '0' || digits[0] > '9')
		return UNKNOWN(why, "[%.*s] is not a time in ns since the epoch", TEXT(arg));
	f->has_index = true;
	return 0;
}

static int take_argument(struct hc_field *f, struct hc_str arg, struct why *why)
{
	uint8_t kind = f->info->arg;

	if (kind == HC_ARG_NONE || kind == HC_ARG_NAME)
		return UNKNOWN(why, "%s takes no [argument]", f->info->name);
	if (!arg.len)
		return UNKNOWN(why, "the [argument] is empty");
	if (f->id == HC_FIELD_EVT_AROUND)
		return take_time(f, arg, why);
	if (kind != HC_ARG_KEY && parse_index(arg, &f->index)) {
		f->has_index = f->index != -1;
		return 0;
	}
	if (kind == HC_ARG_INDEX || kind == HC_ARG_INDEX_OR_NAME)
		return UNKNOWN(why, "[%.*s] is not a decimal index", TEXT(arg));
	f->key = arg;
	return 0;
}

static int resolve(struct hc_field *f, struct hc_str name, bool has_arg, struct hc_str arg, struct why *why)
{
	struct hc_str suffix;
	const char *near;
	int r = 0;

	f->info = find_with_suffix(name, &suffix);
	if (!f->info) {
		near = why ? hc_field_nearest(name) : NULL;
		return near ? UNKNOWN(why, "did you mean '%s'?", near) : UNKNOWN(why, "`hindcast fields` lists all fields");
	}
	f->id = (enum hc_field_id)(f->info - hc_field_table);
	f->type = f->info->type;
	f->format = f->info->format;
	f->scope = f->info->scope;
	f->match = f->info->match;
	f->is_list = f->info->flags & HC_FIELD_IS_LIST;
	if (suffix.len && has_arg)
		return UNKNOWN(why, "both .%.*s and an [argument]", TEXT(suffix));
	if (suffix.len)
		r = take_suffix(f, suffix, why);
	else if (has_arg)
		r = take_argument(f, arg, why);
	else if (f->info->flags & HC_FIELD_ARG_REQUIRED)
		return UNKNOWN(why, "%s requires an argument", f->info->name);
	if (r < 0)
		return r;
	/* One ancestor is an ordinary value. proc.aenv: a name too (fields-semantics.md 4.2). */
	if (f->match == HC_MATCH_ANY && (f->id == HC_FIELD_PROC_AENV ? f->key.len > 0 : f->has_index))
		f->match = HC_MATCH_ONE;
	return 0;
}

void hc_field_hint(struct hc_str name, bool has_arg, struct hc_str arg, char ret_hint[HC_FIELD_HINT_MAX])
{
	struct hc_field f = { 0 };
	struct why why = { "" };

	resolve(&f, name, has_arg, arg, &why);
	memcpy(ret_hint, why.text, sizeof why.text);
}

static void grow(struct hc_field_set *set)
{
	uint32_t n = set->nbuckets ? set->nbuckets * 2 : 64;

	free(set->buckets);
	set->buckets = hc_calloc(n, sizeof *set->buckets);
	set->nbuckets = n;
	for (uint32_t i = 0; i < set->n; i++) {
		struct hc_str t = set->fields[i]->text;
		uint32_t b = (uint32_t)hc_hash_bytes(t.p, t.len) & (n - 1);

		while (set->buckets[b])
			b = (b + 1) & (n - 1);
		set->buckets[b] = i + 1;
	}
}

int hc_field_parse(struct hc_field_set *set, struct hc_str name, bool has_arg, struct hc_str arg, struct hc_str text,
		   const struct hc_field **ret, struct hc_diag *diag)
{
	struct hc_field f = { 0 }, *copy;
	uint32_t b;

	if (set->n * 2 >= set->nbuckets)
		grow(set);
	b = (uint32_t)hc_hash_bytes(text.p, text.len) & (set->nbuckets - 1);
	for (; set->buckets[b]; b = (b + 1) & (set->nbuckets - 1))
		if (hc_str_eq(set->fields[set->buckets[b] - 1]->text, text)) {
			*ret = set->fields[set->buckets[b] - 1];
			return 0;
		}
	if (resolve(&f, name, has_arg, arg, NULL) < 0)
		return hc_diag_set(diag, -EINVAL, "filter_check called with nonexistent field %.*s", TEXT(text));
	copy = hc_arena_new(&set->arena, struct hc_field);
	*copy = f;
	copy->key.p = hc_arena_dupn(&set->arena, f.key.p ? f.key.p : "", f.key.len);
	copy->text = (struct hc_str){ hc_arena_dupn(&set->arena, text.p, text.len), text.len };
	copy->slot = set->n;
	if (set->n == set->cap) {
		set->cap = set->cap ? set->cap * 2 : 32;
		set->fields = hc_realloc(set->fields, set->cap * sizeof *set->fields);
	}
	set->fields[set->n++] = copy;
	set->buckets[b] = set->n;
	*ret = copy;
	return 0;
}

const struct hc_field *hc_field_of(struct hc_field_set *set, const char *name)
{
	const struct hc_field *f = NULL;
	int r = hc_field_parse(set, hc_str(name), false, (struct hc_str){ 0 }, hc_str(name), &f, NULL);

	assert(r == 0);
	(void)r;
	return f;
}
