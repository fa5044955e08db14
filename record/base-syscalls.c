/* SPDX-License-Identifier: Apache-2.0
 *
 * base_syscalls out of a YAML document, and from -o (record/base-syscalls.h). The value of an -o is YAML itself, so both go the
 * same way.
 */
#include "record/base-syscalls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <yaml.h>

#include "common/cleanup.h"
#include "common/mem.h"

enum { CUSTOM_SET_MAX = 4096 }; /* names; there are some 450 system calls */

static void clear_set(struct hc_base_syscalls *base)
{
	for (size_t i = 0; i < base->n; i++)
		free(base->custom_set[i]);
	base->n = 0;
}

void hc_base_syscalls_done(struct hc_base_syscalls *base)
{
	clear_set(base);
	free(base->custom_set);
	*base = (struct hc_base_syscalls){ 0 };
}

static int fail(struct hc_diag *diag, const yaml_node_t *node, const char *what)
{
	int err = hc_diag_set(diag, -EINVAL, "%s", what);

	diag->line = (uint32_t)node->start_mark.line + 1;
	diag->column = (uint32_t)node->start_mark.column + 1;
	return err;
}

static int add_name(struct hc_base_syscalls *base, const yaml_node_t *node, struct hc_diag *reterr_diag)
{
	if (!node || node->type != YAML_SCALAR_NODE)
		return fail(reterr_diag, node, "base_syscalls.custom_set holds names of system calls (or \"!name\"), nothing else");
	if (base->n == CUSTOM_SET_MAX)
		return fail(reterr_diag, node, "base_syscalls.custom_set has too many entries (4096 at most)");
	base->custom_set = hc_realloc(base->custom_set, (base->n + 1) * sizeof *base->custom_set);
	base->custom_set[base->n++] = hc_strdup((const char *)node->data.scalar.value);
	return 0;
}

static int set_bool(bool *dest, const yaml_node_t *node, struct hc_diag *reterr_diag)
{
	const char *v = node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";

	if (!strcasecmp(v, "true") || !strcasecmp(v, "yes") || !strcasecmp(v, "on"))
		*dest = true;
	else if (!strcasecmp(v, "false") || !strcasecmp(v, "no") || !strcasecmp(v, "off"))
		*dest = false;
	else
		return fail(reterr_diag, node, "base_syscalls.repair and base_syscalls.all are true or false");
	return 0;
}

static int set_key(struct hc_base_syscalls *base, const char *key, yaml_document_t *doc, yaml_node_t *value,
		   struct hc_diag *reterr_diag)
{
	int err = 0;

	if (!strcmp(key, "repair"))
		return set_bool(&base->repair, value, reterr_diag);
	if (!strcmp(key, "all"))
		return set_bool(&base->all, value, reterr_diag);
	if (!strncmp(key, "custom_set[", 11))
		return add_name(base, value, reterr_diag);
	if (strcmp(key, "custom_set"))
		return fail(reterr_diag, value, "base_syscalls knows custom_set, repair and all");
	clear_set(base);
	if (value->type == YAML_SCALAR_NODE && (!*value->data.scalar.value || !strcmp((char *)value->data.scalar.value, "~")))
		return 0;
	if (value->type != YAML_SEQUENCE_NODE)
		return fail(reterr_diag, value, "base_syscalls.custom_set is a list of names: [clone, \"!read\"]");
	for (yaml_node_item_t *i = value->data.sequence.items.start; !err && i < value->data.sequence.items.top; i++)
		err = add_name(base, yaml_document_get_node(doc, *i), reterr_diag);
	return err;
}

static const char *scalar(yaml_document_t *doc, int index)
{
	const yaml_node_t *node = yaml_document_get_node(doc, index);

	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

static int set_mapping(struct hc_base_syscalls *base, yaml_document_t *doc, yaml_node_t *map, struct hc_diag *reterr_diag)
{
	int err = 0;

	if (map->type != YAML_MAPPING_NODE)
		return map->type == YAML_SCALAR_NODE && !*map->data.scalar.value ? 0 :
			       fail(reterr_diag, map, "base_syscalls is a mapping with the keys custom_set, repair and all");
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; !err && p < map->data.mapping.pairs.top; p++)
		err = set_key(base, scalar(doc, p->key), doc, yaml_document_get_node(doc, p->value), reterr_diag);
	return err;
}

/* A falco.yaml, of whose keys only one matters. */
static int set_config(struct hc_base_syscalls *base, yaml_document_t *doc, yaml_node_t *root, struct hc_diag *reterr_diag)
{
	int err = 0;

	if (root->type != YAML_MAPPING_NODE)
		return fail(reterr_diag, root, "no falco.yaml: at the top there is a mapping of keys to values");
	for (yaml_node_pair_t *p = root->data.mapping.pairs.start; !err && p < root->data.mapping.pairs.top; p++)
		if (!strcmp(scalar(doc, p->key), "base_syscalls"))
			err = set_mapping(base, doc, yaml_document_get_node(doc, p->value), reterr_diag);
	return err;
}

/* Loads the one document of a parser whose input is set. */
static int load(yaml_parser_t *parser, yaml_document_t *doc, struct hc_diag *reterr_diag)
{
	if (yaml_parser_load(parser, doc))
		return 0;
	hc_diag_set(reterr_diag, -EINVAL, "not YAML: %s", parser->problem ? parser->problem : "unreadable");
	reterr_diag->line = (uint32_t)parser->problem_mark.line + 1;
	reterr_diag->column = (uint32_t)parser->problem_mark.column + 1;
	return -EINVAL;
}

int hc_base_syscalls_read(struct hc_base_syscalls *base, const char *path, struct hc_diag *reterr_diag)
{
	FILE *f HC_FCLOSE = fopen(path, "re");
	yaml_parser_t parser;
	yaml_document_t doc;
	yaml_node_t *root;
	int err;

	if (!f)
		return hc_diag_set(reterr_diag, -errno, "cannot read %s: %s", path, strerror(errno));
	yaml_parser_initialize(&parser);
	yaml_parser_set_input_file(&parser, f);
	err = load(&parser, &doc, reterr_diag);
	if (!err) {
		root = yaml_document_get_root_node(&doc);
		err = root ? set_config(base, &doc, root, reterr_diag) : 0; /* an empty file sets nothing */
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
	if (err)
		snprintf(reterr_diag->file, sizeof reterr_diag->file, "%s", path);
	return err;
}

int hc_base_syscalls_set(struct hc_base_syscalls *base, const char *assignment, struct hc_diag *reterr_diag)
{
	static const char section[] = "base_syscalls";
	const char *equals = strchr(assignment, '='), *value = equals ? equals + 1 : "";
	char key[64];
	yaml_parser_t parser;
	yaml_document_t doc;
	yaml_node_t *root;
	int err;

	if (!equals || (size_t)(equals - assignment) >= sizeof key)
		return hc_diag_set(reterr_diag, -EINVAL, "-o takes KEY=VALUE, not '%s'", assignment);
	snprintf(key, sizeof key, "%.*s", (int)(equals - assignment), assignment);
	if (strncmp(key, section, sizeof section - 1) || (key[sizeof section - 1] && key[sizeof section - 1] != '.'))
		return hc_diag_set(reterr_diag, -EINVAL, "-o %s: only base_syscalls.custom_set, .repair and .all matter to a recording",
				   key);
	yaml_parser_initialize(&parser);
	yaml_parser_set_input_string(&parser, (const unsigned char *)value, strlen(value));
	err = load(&parser, &doc, reterr_diag);
	if (!err) {
		root = yaml_document_get_root_node(&doc);
		if (!root)
			err = hc_diag_set(reterr_diag, -EINVAL, "-o %s needs a value", key);
		else if (key[sizeof section - 1] == '.')
			err = set_key(base, key + sizeof section, &doc, root, reterr_diag);
		else
			err = set_mapping(base, &doc, root, reterr_diag);
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
	return err;
}
