/* SPDX-License-Identifier: Apache-2.0
 *
 * bundle.yaml to JSON. Strict: a key with a typing mistake would be lost silently otherwise.
 */
#include "samples/about.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/options.h"
#include "formats/reader.h"
#include "rules/yamltree.h"

enum { ABOUT_BYTES_MAX = 256 << 10 };

static const char *const keys[] = { "title", "description", "kind", "techniques", "references", "license", NULL };

static bool is_list(const char *key)
{
	return !strcmp(key, "techniques") || !strcmp(key, "references");
}

static int complain(struct hc_diag *diag, const char *file, const struct hc_yaml_node *at, const char *format,
		    const char *word, const char *hint)
{
	hc_diag_set(diag, 0, format, word, hint);
	snprintf(diag->file, sizeof diag->file, "%s", file);
	diag->line = at->at.line + 1;
	diag->column = at->at.column + 1;
	return HC_READ_UNSUPPORTED;
}

/* T1059 or T1059.004 */
static bool is_technique(const char *s)
{
	size_t n = strlen(s);

	if (s[0] != 'T' || (n != 5 && n != 9) || (n == 9 && s[5] != '.'))
		return false;
	for (size_t i = 1; i < n; i++)
		if (i != 5 && !isdigit((unsigned char)s[i]))
			return false;
	return true;
}

static int check_value(const char *key, const struct hc_yaml_node *v, const char *file, struct hc_diag *diag)
{
	if (v->kind != HC_YAML_SCALAR)
		return complain(diag, file, v, "%s: expected a text%s", key, is_list(key) ? " for each" : "");
	if (!strcmp(key, "kind") && strcmp(v->text.p, "attack") && strcmp(v->text.p, "benign"))
		return complain(diag, file, v, "kind: expected attack or benign, not '%s'%s", v->text.p, "");
	if (!strcmp(key, "techniques") && !is_technique(v->text.p))
		return complain(diag, file, v, "techniques: '%s' is no MITRE ATT&CK technique, like T1059 or T1059.004%s", v->text.p, "");
	return 0;
}

static int copy(json_t *to, const char *key, const struct hc_yaml_node *v, const char *file, struct hc_diag *diag)
{
	json_t *list;
	int r;

	if (!is_list(key)) {
		r = check_value(key, v, file, diag);
		if (!r)
			json_object_set_new(to, key, json_string(v->text.p));
		return r;
	}
	if (v->kind != HC_YAML_SEQUENCE)
		return complain(diag, file, v, "%s: expected a list%s", key, "");
	list = json_array();
	json_object_set_new(to, key, list);
	for (uint32_t i = 0; i < v->nitems; i++) {
		r = check_value(key, v->items[i], file, diag);
		if (r)
			return r;
		json_array_append_new(list, json_string(v->items[i]->text.p));
	}
	return 0;
}

static int read_mapping(json_t *to, const struct hc_yaml_node *doc, const char *file, struct hc_diag *diag)
{
	for (uint32_t i = 0; i < doc->nitems; i += 2) {
		const char *key = doc->items[i]->kind == HC_YAML_SCALAR ? doc->items[i]->text.p : "", *near;
		size_t k = 0;

		while (keys[k] && strcmp(keys[k], key))
			k++;
		near = keys[k] ? NULL : hc_nearest(key, keys);
		if (!keys[k] && near)
			return complain(diag, file, doc->items[i], "unknown key '%s'; did you mean %s?", key, near);
		if (!keys[k])
			return complain(diag, file, doc->items[i], "unknown key '%s'; there are: %s", key,
					"title, description, kind, techniques, references, license");
	}
	for (size_t k = 0; keys[k]; k++) {
		const struct hc_yaml_node *v = hc_yaml_get(doc, keys[k]);
		int r = v ? copy(to, keys[k], v, file, diag) : 0;

		if (r)
			return r;
	}
	return 0;
}

int hc_about_read(json_t *to, const struct hc_archive_member *m, struct hc_diag *reterr_diag)
{
	struct hc_yaml_node **docs;
	struct hc_arena arena;
	struct hc_diag unwanted;
	uint32_t ndocs;
	int r;

	if (!reterr_diag)
		reterr_diag = &unwanted;
	if (m->len > ABOUT_BYTES_MAX)
		return hc_diag_set_off(reterr_diag, HC_READ_UNSUPPORTED, m->name, -1, "is bigger than 256 KiB");
	hc_arena_init(&arena);
	r = hc_yaml_parse(&arena, (const char *)m->p, m->len, &docs, &ndocs, reterr_diag);
	if (r) {
		snprintf(reterr_diag->file, sizeof reterr_diag->file, "%s", m->name);
		r = HC_READ_UNSUPPORTED;
	} else if (ndocs && (ndocs != 1 || docs[0]->kind != HC_YAML_MAPPING)) {
		r = complain(reterr_diag, m->name, docs[0], "expected one mapping: %s%s", "title: ..., license: ...", "");
	} else if (ndocs) {
		r = read_mapping(to, docs[0], m->name, reterr_diag);
	}
	hc_arena_done(&arena);
	return r;
}
