/* SPDX-License-Identifier: Apache-2.0
 *
 * One YAML tree out of falco.yaml, the files its config_files names and the assignments of the command line, each over
 * the ones before; environment variables are replaced where a text comes in. What the keys mean is config.c's affair.
 */
#include "replay/config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/environ.h"
#include "rules/yamltree.h"

enum { CONFIG_BYTES_MAX = 4 << 20, INDEX_MAX = 4096 /* of a sequence in an assignment */ };

static struct hc_yaml_node *new_node(struct hc_config *config, enum hc_yaml_kind kind, struct hc_str text)
{
	struct hc_yaml_node *n = hc_arena_new(&config->arena, struct hc_yaml_node);

	n->kind = kind;
	n->text = text;
	return n;
}

static void push(struct hc_config *config, struct hc_yaml_node *to, struct hc_yaml_node *item)
{
	struct hc_yaml_node **items = hc_arena_array(&config->arena, struct hc_yaml_node *, to->nitems + 1);

	if (to->nitems)
		memcpy(items, to->items, to->nitems * sizeof *items);
	items[to->nitems++] = item;
	to->items = items;
}

/* The place of mapping[key] or sequence[index], made if it is not there. A node of another kind is replaced. */
static struct hc_yaml_node **member(struct hc_config *config, struct hc_yaml_node *in, struct hc_str key)
{
	if (in->kind != HC_YAML_MAPPING)
		*in = (struct hc_yaml_node){ .kind = HC_YAML_MAPPING };
	for (uint32_t i = 0; i + 1 < in->nitems; i += 2)
		if (hc_str_eq(in->items[i]->text, key))
			return &in->items[i + 1];
	push(config, in, new_node(config, HC_YAML_SCALAR, key));
	push(config, in, new_node(config, HC_YAML_NULL, HC_STR("")));
	return &in->items[in->nitems - 1];
}

static struct hc_yaml_node **element(struct hc_config *config, struct hc_yaml_node *in, uint32_t index)
{
	if (in->kind != HC_YAML_SEQUENCE)
		*in = (struct hc_yaml_node){ .kind = HC_YAML_SEQUENCE };
	while (in->nitems <= index)
		push(config, in, new_node(config, HC_YAML_NULL, HC_STR("")));
	return &in->items[index];
}

/* Replaces the variables in all values below n. */
static void expand_variables(struct hc_config *config, struct hc_yaml_node *n)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	if (n->kind == HC_YAML_SCALAR && memchr(n->text.p, '$', n->text.len)) {
		hc_environ_expand(&text, n->text);
		n->text = (struct hc_str){ hc_arena_dupn(&config->arena, text.p ? text.p : "", text.len), (uint32_t)text.len };
	}
	for (uint32_t i = n->kind == HC_YAML_MAPPING; i < n->nitems; i += n->kind == HC_YAML_MAPPING ? 2 : 1)
		expand_variables(config, n->items[i]);
}

/* ---- files ---- */

static int read_file(struct hc_config *config, const char *path, struct hc_str *ret, struct hc_diag *diag)
{
	HC_FCLOSE FILE *f = fopen(path, "re");
	struct hc_buf text HC_BUF_DONE = { 0 };
	size_t n;

	if (!f)
		return hc_diag_set(diag, -errno, "cannot open the configuration %s: %s", path, strerror(errno));
	do {
		n = fread(hc_buf_room(&text, 65536), 1, 65536, f);
		text.len += n;
		if (text.len > CONFIG_BYTES_MAX)
			return hc_diag_set(diag, -EFBIG, "the configuration %s is larger than 4 MiB", path);
	} while (n);
	if (ferror(f))
		return hc_diag_set(diag, -EIO, "cannot read the configuration %s", path);
	*ret = (struct hc_str){ hc_arena_dupn(&config->arena, text.p ? text.p : "", text.len), (uint32_t)text.len };
	return 0;
}

/* The file as a mapping, variables replaced; NULL for an empty one. */
static int read_mapping(struct hc_config *config, const char *path, struct hc_yaml_node **ret, struct hc_diag *diag)
{
	struct hc_yaml_node **docs;
	struct hc_str text = { 0 };
	uint32_t ndocs;
	int r = read_file(config, path, &text, diag);

	*ret = NULL;
	if (r)
		return r;
	r = hc_yaml_parse(&config->arena, text.p, text.len, &docs, &ndocs, diag);
	if (r) {
		snprintf(diag->file, sizeof diag->file, "%s", path);
		return r;
	}
	if (!ndocs || docs[0]->kind == HC_YAML_NULL)
		return 0;
	if (docs[0]->kind != HC_YAML_MAPPING)
		return hc_diag_set(diag, -EINVAL, "the configuration %s is no mapping of keys to values", path);
	*ret = docs[0];
	expand_variables(config, *ret);
	return 0;
}

enum strategy { APPEND, OVERRIDE, ADD_ONLY };

/* Keys of the first level: sequences get longer if the strategy is APPEND, everything else is replaced or, with
 * ADD_ONLY, left. */
static int include_file(struct hc_config *config, const char *path, enum strategy strategy, struct hc_diag *diag)
{
	struct hc_yaml_node *from, **at;
	int r = read_mapping(config, path, &from, diag);

	for (uint32_t i = 0; !r && from && i + 1 < from->nitems; i += 2) {
		struct hc_yaml_node *value = from->items[i + 1];

		at = member(config, config->root, from->items[i]->text);
		if ((*at)->kind == HC_YAML_NULL || strategy == OVERRIDE)
			*at = value;
		else if (strategy == APPEND && (*at)->kind == HC_YAML_SEQUENCE && value->kind == HC_YAML_SEQUENCE)
			for (uint32_t k = 0; k < value->nitems; k++)
				push(config, *at, value->items[k]);
		else if (strategy == APPEND)
			*at = value;
	}
	return r;
}

static int is_yaml(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

/* A file, or the YAML files of a directory by name. What does not exist is passed over: Falco's own falco.yaml names a
 * directory that need not be there. */
static int include(struct hc_config *config, const char *path, enum strategy strategy, struct hc_diag *diag)
{
	struct dirent **entries;
	struct stat st;
	int n, r = 0;

	if (stat(path, &st))
		return 0;
	if (!S_ISDIR(st.st_mode))
		return include_file(config, path, strategy, diag);
	n = scandir(path, &entries, is_yaml, alphasort);
	if (n < 0)
		return hc_diag_set(diag, -errno, "cannot read the configuration directory %s: %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (!r)
			r = include_file(config, hc_arena_printf(&config->arena, "%s/%s", path, entries[i]->d_name), strategy, diag);
		free(entries[i]);
	}
	free(entries);
	return r;
}

/* config_files: [PATH, {path: PATH, strategy: append|override|add-only}] */
static int include_all(struct hc_config *config, struct hc_diag *diag)
{
	static const char *const names[] = { [APPEND] = "append", [OVERRIDE] = "override", [ADD_ONLY] = "add-only" };
	const struct hc_yaml_node *list = hc_yaml_get(config->root, "config_files");
	int r = 0;

	for (uint32_t i = 0; !r && list && list->kind == HC_YAML_SEQUENCE && i < list->nitems; i++) {
		const struct hc_yaml_node *path = list->items[i], *how = NULL;
		enum strategy strategy = APPEND;

		if (path->kind == HC_YAML_MAPPING) {
			how = hc_yaml_get(path, "strategy");
			path = hc_yaml_get(path, "path");
		}
		while (how && strategy <= ADD_ONLY && !hc_str_is(how->text, names[strategy]))
			strategy++;
		if (!path || path->kind != HC_YAML_SCALAR || strategy > ADD_ONLY)
			return hc_diag_set(diag, -EINVAL, "configuration key config_files: expected paths, or path: and strategy: "
							  "(append, override or add-only)");
		r = include(config, path->text.p, strategy, diag);
	}
	return r;
}

int hc_config_load(struct hc_config *config, const char *path, struct hc_diag *reterr_diag)
{
	struct hc_yaml_node *root;
	int r = read_mapping(config, path, &root, reterr_diag);

	if (r || !root)
		return r;
	config->root = root;
	return include_all(config, reterr_diag);
}

/* ---- assignments ---- */

int hc_config_set(struct hc_config *config, const char *assignment, struct hc_diag *reterr_diag)
{
	const char *eq = strchr(assignment, '='), *p = assignment;
	struct hc_yaml_node **at = &config->root, **docs;
	const char *value;
	uint32_t ndocs;

	if (!eq || eq == assignment)
		return hc_diag_set(reterr_diag, -EINVAL, "-o %s: expected KEY=VALUE", assignment);
	while (p < eq) {
		if (*p == '[') {
			char *end;
			unsigned long index = strtoul(p + 1, &end, 10);

			if (end == p + 1)
				index = (*at)->kind == HC_YAML_SEQUENCE ? (*at)->nitems : 0;
			if (*end != ']' || index > INDEX_MAX)
				return hc_diag_set(reterr_diag, -EINVAL, "-o %s: expected an index and ']' after '['", assignment);
			at = element(config, *at, (uint32_t)index);
			p = end + 1;
		} else {
			size_t len = strcspn(p, ".[=");
			char *key = hc_arena_dupn(&config->arena, p, len);

			if (!len)
				return hc_diag_set(reterr_diag, -EINVAL, "-o %s: a part of the key is empty", assignment);
			at = member(config, *at, (struct hc_str){ key, (uint32_t)len });
			p += len;
		}
		p += p < eq && *p == '.';
	}
	value = hc_arena_dup(&config->arena, eq + 1);
	/* Plain values are taken as they are, like Falco does: rules[].disable.rule=* is no YAML alias. */
	if (!*value || !strchr("{[\"'", *value)) {
		*at = new_node(config, HC_YAML_SCALAR, hc_str(value));
		expand_variables(config, *at);
		return 0;
	}
	if (hc_yaml_parse(&config->arena, value, strlen(value), &docs, &ndocs, reterr_diag)) {
		struct hc_diag inner = *reterr_diag;

		return hc_diag_set(reterr_diag, -EINVAL, "-o %s: the value is no YAML: %s", assignment, inner.text);
	}
	*at = ndocs ? docs[0] : new_node(config, HC_YAML_SCALAR, HC_STR(""));
	expand_variables(config, *at);
	return 0;
}
