/* SPDX-License-Identifier: Apache-2.0
 *
 * What rules files require: an engine version, which is checked at once, and plugins, which are looked for when all files
 * are read (rules-language.md 1.3, 1.4). The only plugin that counts as present is container.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "rules/collection.h"

#define INVALID(ld, at, ...) (hc_problem_add(ld, HC_LOAD_ERR_YAML_VALIDATE, at, NULL, __VA_ARGS__), HC_RULESET_INVALID)

typedef const struct hc_yaml_node *node_t;

static const char *const version_keys[] = { "required_engine_version", NULL };
static const char *const plugin_keys[] = { "required_plugin_versions", NULL };

static bool parse_version(const char *s, uint32_t v[3])
{
	return sscanf(s, "%" SCNu32 ".%" SCNu32 ".%" SCNu32, &v[0], &v[1], &v[2]) == 3;
}

static int compare_versions(const uint32_t a[3], const uint32_t b[3])
{
	for (int i = 0; i < 3; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

int hc_engine_version_read(struct hc_loader *ld, node_t item, const struct hc_location *parent)
{
	const struct hc_location *at = hc_location_new(ld, parent, "required_engine_version", "", item);
	struct hc_collection *c = ld->ruleset->collection;
	uint32_t v[3] = { 0 }, engine[3];
	struct hc_problem *p;
	node_t value;
	int r;

	hc_item_warn_unknown_keys(ld, item, version_keys, at);
	r = hc_item_scalar(ld, item, "required_engine_version", at, false, &value);
	if (r)
		return r;
	if (!hc_item_to_u32(value->text, &v[1]) && !parse_version(value->text.p, v)) {
		p = hc_problem_add(ld, HC_LOAD_ERR_YAML_VALIDATE, at, NULL,
				   "Unable to parse engine version '%s' as a semver string. Expected \"x.y.z\" semver format.",
				   value->text.p);
		hc_problem_place_node(ld, p, ld->file, value);
		return HC_RULESET_INVALID;
	}
	parse_version(HC_ENGINE_VERSION, engine);
	if (v[0] != engine[0] || compare_versions(engine, v) < 0) {
		p = hc_problem_add(ld, HC_LOAD_ERR_VALIDATE, at, NULL,
				   "Rules require engine version %u.%u.%u, but engine version is %s", v[0], v[1], v[2],
				   HC_ENGINE_VERSION);
		hc_problem_place_node(ld, p, ld->file, value);
		hc_problem_hint(ld, p, "these rules are newer than this program; with a lower number here they are at least tried");
		return HC_RULESET_INVALID;
	}
	if (compare_versions(c->engine_version, v) < 0)
		memcpy(c->engine_version, v, sizeof v);
	return 0;
}

static int read_requirement(struct hc_loader *ld, node_t entry, const struct hc_location *parent, const char *item_type,
			    struct hc_plugin_requirement *ret, const struct hc_location **ret_at)
{
	node_t name, version;
	int r;

	*ret_at = hc_location_new(ld, parent, item_type, "", entry);
	if (entry->kind != HC_YAML_MAPPING)
		return INVALID(ld, *ret_at, strstr(item_type, "alternative") ? "Plugin version alternative must be a mapping" :
									      "Plugin version must be a mapping");
	r = hc_item_scalar(ld, entry, "name", *ret_at, false, &name);
	if (r)
		return r;
	*ret_at = hc_location_new(ld, parent, item_type, name->text.p, entry);
	r = hc_item_scalar(ld, entry, "version", *ret_at, false, &version);
	if (r)
		return r;
	*ret = (struct hc_plugin_requirement){ name->text.p, version->text.p };
	return 0;
}

static int check_requirements(struct hc_loader *ld, const struct hc_plugin_requirements *reqs,
			      const struct hc_location *at)
{
	uint32_t v[3];

	for (uint32_t i = 0; i < reqs->n; i++) {
		const struct hc_plugin_requirement *req = &reqs->alternatives[i];

		if (!parse_version(req->version, v)) {
			hc_problem_add(ld, HC_LOAD_ERR_VALIDATE, at, NULL, "Invalid required version '%s' for plugin '%s'",
				       req->version, req->name);
			return HC_RULESET_INVALID;
		}
		for (uint32_t k = 0; k < i; k++) {
			if (strcmp(reqs->alternatives[k].name, req->name))
				continue;
			hc_problem_add(ld, HC_LOAD_ERR_VALIDATE, at, NULL,
				       "Defined multiple alternative version requirements for plugin '%s'", req->name);
			return HC_RULESET_INVALID;
		}
	}
	return 0;
}

static int read_plugin(struct hc_loader *ld, node_t entry, const struct hc_location *parent)
{
	struct hc_collection *c = ld->ruleset->collection;
	const struct hc_location *at, *alternative_at;
	struct hc_plugin_requirements reqs = { 0 };
	struct hc_plugin_requirement first;
	node_t alternatives;
	int r = read_requirement(ld, entry, parent, "required plugin versions entry", &first, &at);

	if (r)
		return r;
	alternatives = hc_yaml_get(entry, "alternatives");
	if (alternatives && alternatives->kind != HC_YAML_SEQUENCE)
		return INVALID(ld, at, "Value of plugin version alternatives must be a sequence");
	reqs.n = alternatives ? alternatives->nitems + 1 : 1;
	reqs.alternatives = hc_arena_array(&ld->ruleset->arena, struct hc_plugin_requirement, reqs.n);
	reqs.alternatives[0] = first;
	for (uint32_t i = 1; i < reqs.n; i++) {
		r = read_requirement(ld, alternatives->items[i - 1], at, "required plugin versions alternative",
				     &reqs.alternatives[i], &alternative_at);
		if (r)
			return r;
	}
	r = check_requirements(ld, &reqs, at);
	if (r)
		return r;
	if (c->nplugins == c->plugins_cap) {
		c->plugins_cap = c->plugins_cap ? 2 * c->plugins_cap : 4;
		c->plugins = hc_realloc(c->plugins, c->plugins_cap * sizeof *c->plugins);
	}
	c->plugins[c->nplugins++] = reqs;
	return 0;
}

int hc_plugin_versions_read(struct hc_loader *ld, node_t item, const struct hc_location *parent)
{
	node_t value = hc_yaml_get(item, "required_plugin_versions");
	const struct hc_location *at = hc_location_new(ld, parent, "required plugin versions", "", value);
	int r = 0;

	hc_item_warn_unknown_keys(ld, item, plugin_keys, at);
	if (value->kind != HC_YAML_SEQUENCE)
		return INVALID(ld, at, "Value of required_plugin_versions must be a sequence");
	for (uint32_t i = 0; !r && i < value->nitems; i++)
		r = read_plugin(ld, value->items[i], at);
	return r;
}

int hc_plugin_versions_check(const struct hc_ruleset *rs, struct hc_diag *diag)
{
	const struct hc_collection *c = rs->collection;
	uint32_t have[3], need[3];

	parse_version(HC_CONTAINER_PLUGIN_VERSION, have);
	for (uint32_t i = 0; i < c->nplugins; i++) {
		const struct hc_plugin_requirements *reqs = &c->plugins[i];
		struct hc_buf names HC_BUF_DONE = { 0 };
		bool met = false;

		for (uint32_t k = 0; k < reqs->n; k++) {
			const struct hc_plugin_requirement *req = &reqs->alternatives[k];

			met |= !strcmp(req->name, "container") && parse_version(req->version, need) && need[0] == have[0] &&
			       compare_versions(need, have) <= 0;
			hc_buf_printf(&names, "%s%s (>= %s)", k ? ", " : "", req->name, req->version);
		}
		if (!met)
			return hc_diag_set(diag, -ENOENT, "Plugin requirement not satisfied, must load one of: %s", names.p);
	}
	return 0;
}
