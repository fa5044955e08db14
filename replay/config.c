/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration: the merged tree (config-tree.c) read through one table of keys.
 */
#include "replay/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/options.h"
#include "rules/field.h"
#include "rules/yamltree.h"

enum key_kind { BOOL, TEXT, MATCHING, OTHER /* read by hand */, OFFLINE /* Falco's, no effect on a replay */ };

static const struct key {
	const char *path;
	enum key_kind kind;
	size_t dest; /* of BOOL, TEXT, MATCHING in struct hc_config */
} keys[] = {
#define KEY(path, kind, member) { path, kind, offsetof(struct hc_config, member) }
	KEY("json_output", BOOL, json_output), KEY("json_include_message_property", BOOL, json_message),
	KEY("json_include_output_property", BOOL, json_output_property),
	KEY("json_include_output_fields_property", BOOL, json_fields), KEY("json_include_tags_property", BOOL, json_tags),
	KEY("time_format_iso_8601", BOOL, iso8601), KEY("buffer_format_base64", BOOL, base64),
	KEY("rule_matching", MATCHING, match_all), KEY("priority", TEXT, priority),
	KEY("stdout_output.enabled", BOOL, stdout_enabled), KEY("file_output.enabled", BOOL, file_enabled),
	KEY("file_output.filename", TEXT, file), KEY("program_output.enabled", BOOL, program_enabled),
	KEY("program_output.program", TEXT, program), KEY("engine.replay.capture_file", TEXT, capture_file),
#undef KEY
	{ "engine.kind", OFFLINE, 0 }, { "engine.kmod", OFFLINE, 0 }, { "engine.ebpf", OFFLINE, 0 },
	{ "engine.modern_ebpf", OFFLINE, 0 }, { "engine.gvisor", OFFLINE, 0 }, { "engine.nodriver", OFFLINE, 0 },
	{ "engine.replay", OTHER, 0 }, { "file_output.keep_alive", OFFLINE, 0 }, { "program_output.keep_alive", OFFLINE, 0 },
	{ "rules_files", OTHER, 0 }, { "rules_file", OTHER, 0 }, { "rules", OTHER, 0 }, { "append_output", OTHER, 0 },
	{ "static_fields", OTHER, 0 }, { "engine", OTHER, 0 }, { "stdout_output", OTHER, 0 }, { "file_output", OTHER, 0 },
	{ "program_output", OTHER, 0 }, { "watch_config_files", OFFLINE, 0 }, { "config_files", OTHER, 0 },
	{ "load_plugins", OFFLINE, 0 }, { "plugins", OFFLINE, 0 }, { "plugins_hostinfo", OFFLINE, 0 },
	{ "libs_logger", OFFLINE, 0 }, { "log_stderr", OFFLINE, 0 }, { "log_syslog", OFFLINE, 0 },
	{ "log_level", OFFLINE, 0 }, { "output_timeout", OFFLINE, 0 }, { "outputs", OFFLINE, 0 },
	{ "outputs_queue", OFFLINE, 0 }, { "buffered_outputs", OFFLINE, 0 }, { "syslog_output", OFFLINE, 0 },
	{ "http_output", OFFLINE, 0 }, { "grpc", OFFLINE, 0 }, { "grpc_output", OFFLINE, 0 }, { "webserver", OFFLINE, 0 },
	{ "metrics", OFFLINE, 0 }, { "syscall_event_drops", OFFLINE, 0 }, { "syscall_event_timeouts", OFFLINE, 0 },
	{ "syscall_buf_size_preset", OFFLINE, 0 }, { "syscall_drop_failed_exit", OFFLINE, 0 },
	{ "modern_bpf", OFFLINE, 0 }, { "base_syscalls", OFFLINE, 0 }, { "falco_libs", OFFLINE, 0 },
	{ "container_engines", OFFLINE, 0 }, { "capture", OFFLINE, 0 }, { "time_zone", OFFLINE, 0 },
};

enum { NKEYS = sizeof keys / sizeof keys[0] };

void hc_config_init(struct hc_config *config)
{
	*config = (struct hc_config){ .json_output_property = true, .json_fields = true, .json_tags = true, .stdout_enabled = true };
	hc_arena_init(&config->arena);
	config->root = hc_arena_new(&config->arena, struct hc_yaml_node);
	config->root->kind = HC_YAML_MAPPING;
}

void hc_config_done(struct hc_config *config)
{
	hc_arena_done(&config->arena);
	hc_buf_done(&config->notes);
}

static const struct hc_yaml_node *find(const struct hc_config *config, const char *path)
{
	const struct hc_yaml_node *n = config->root;
	char key[64];

	while (n && *path) {
		size_t len = strcspn(path, ".");

		snprintf(key, sizeof key, "%.*s", (int)len, path);
		n = n->kind == HC_YAML_MAPPING ? hc_yaml_get(n, key) : NULL;
		path += len + (path[len] == '.');
	}
	return n;
}

static int wrong(struct hc_diag *diag, const char *key, const char *expected)
{
	return hc_diag_set(diag, -EINVAL, "configuration key %s: expected %s", key, expected);
}

static int read_key(struct hc_config *config, const struct key *key, struct hc_diag *diag)
{
	const struct hc_yaml_node *n = find(config, key->path);
	void *dest = (char *)config + key->dest;
	int truth;

	if (!n || n->kind == HC_YAML_NULL)
		return 0;
	if (n->kind != HC_YAML_SCALAR)
		return wrong(diag, key->path, "a single value");
	switch (key->kind) {
	case BOOL:
		truth = hc_yaml_bool(n->text);
		if (truth < 0)
			return wrong(diag, key->path, "true or false");
		*(bool *)dest = truth;
		return 0;
	case MATCHING:
		if (!hc_str_is(n->text, "first") && !hc_str_is(n->text, "all"))
			return wrong(diag, key->path, "first or all");
		*(bool *)dest = hc_str_is(n->text, "all");
		return 0;
	default: *(const char **)dest = n->text.p; return 0;
	}
}

static const char *text_of(const struct hc_yaml_node *mapping, const char *key)
{
	const struct hc_yaml_node *n = mapping->kind == HC_YAML_MAPPING ? hc_yaml_get(mapping, key) : NULL;

	return n && n->kind == HC_YAML_SCALAR ? n->text.p : NULL;
}

/* A sequence of scalars, or a single one. */
static int read_texts(struct hc_config *config, const struct hc_yaml_node *n, const char *key, const char ***ret,
		      uint32_t *ret_n, struct hc_diag *diag)
{
	uint32_t count = n->kind == HC_YAML_SEQUENCE ? n->nitems : 1;

	*ret = hc_arena_array(&config->arena, const char *, count);
	*ret_n = count;
	for (uint32_t i = 0; i < count; i++) {
		const struct hc_yaml_node *item = n->kind == HC_YAML_SEQUENCE ? n->items[i] : n;

		if (item->kind != HC_YAML_SCALAR)
			return wrong(diag, key, "a list of single values");
		(*ret)[i] = item->text.p;
	}
	return 0;
}

/* rules: [{enable: {rule: PATTERN}}, {disable: {tag: TAG}}] */
static int read_switches(struct hc_config *config, const struct hc_yaml_node *n, struct hc_diag *diag)
{
	if (n->kind != HC_YAML_SEQUENCE)
		return wrong(diag, "rules", "a list of enable: and disable:");
	config->switches = hc_arena_array(&config->arena, struct hc_rule_switch, n->nitems);
	for (uint32_t i = 0; i < n->nitems; i++) {
		const struct hc_yaml_node *item = n->items[i], *enable, *what;
		struct hc_rule_switch *s = &config->switches[config->nswitches++];

		enable = item->kind == HC_YAML_MAPPING ? hc_yaml_get(item, "enable") : NULL;
		what = enable ? enable : item->kind == HC_YAML_MAPPING ? hc_yaml_get(item, "disable") : NULL;
		if (!what)
			return wrong(diag, "rules", "enable: or disable: in each entry");
		*s = (struct hc_rule_switch){ .enable = enable, .rule = text_of(what, "rule"), .tag = text_of(what, "tag") };
		if (!s->rule && !s->tag)
			return wrong(diag, "rules", "rule: or tag: below enable: and disable:");
	}
	return 0;
}

static int read_extra_fields(struct hc_config *config, const struct hc_yaml_node *n, struct hc_config_append *to,
			     struct hc_diag *diag)
{
	struct hc_config_field *fields;

	if (n->kind != HC_YAML_SEQUENCE)
		return wrong(diag, "append_output.extra_fields", "a list");
	fields = hc_arena_array(&config->arena, struct hc_config_field, n->nitems);
	to->fields = fields;
	for (uint32_t i = 0; i < n->nitems; i++) {
		const struct hc_yaml_node *item = n->items[i];
		struct hc_config_field *f = &fields[to->nfields++];

		if (item->kind == HC_YAML_SCALAR)
			*f = (struct hc_config_field){ .name = item->text.p };
		else if (item->kind == HC_YAML_MAPPING && item->nitems == 2 && item->items[1]->kind == HC_YAML_SCALAR)
			*f = (struct hc_config_field){ .name = item->items[0]->text.p, .template = item->items[1]->text.p };
		else
			return wrong(diag, "append_output.extra_fields", "FIELD or NAME: TEMPLATE in each entry");
	}
	return 0;
}

static int read_append(struct hc_config *config, const struct hc_yaml_node *n, struct hc_config_append *to, struct hc_diag *diag)
{
	const struct hc_yaml_node *match, *v;
	const char **tags;
	int r = 0;

	if (n->kind != HC_YAML_MAPPING)
		return wrong(diag, "append_output", "a list of mappings");
	match = hc_yaml_get(n, "match");
	if (match && match->kind == HC_YAML_MAPPING) {
		to->match.source = text_of(match, "source");
		to->match.rule = text_of(match, "rule");
		v = hc_yaml_get(match, "tags");
		if (v && v->kind != HC_YAML_NULL) {
			r = read_texts(config, v, "append_output.match.tags", &tags, &to->match.ntags, diag);
			to->match.tags = tags;
		}
	}
	to->match.text = text_of(n, "extra_output");
	v = hc_yaml_get(n, "suggested_output");
	to->suggested = v && hc_yaml_bool(v->text) == 1;
	v = hc_yaml_get(n, "extra_fields");
	if (!r && v && v->kind != HC_YAML_NULL)
		r = read_extra_fields(config, v, to, diag);
	return r;
}

static int read_appends(struct hc_config *config, const struct hc_yaml_node *n, struct hc_diag *diag)
{
	if (n->kind != HC_YAML_SEQUENCE)
		return wrong(diag, "append_output", "a list");
	config->appends = hc_arena_array(&config->arena, struct hc_config_append, n->nitems);
	for (uint32_t i = 0; i < n->nitems; i++) {
		int r = read_append(config, n->items[i], &config->appends[config->nappends++], diag);

		if (r)
			return r;
	}
	return 0;
}

static int read_statics(struct hc_config *config, const struct hc_yaml_node *n, struct hc_diag *diag)
{
	if (n->kind != HC_YAML_MAPPING)
		return wrong(diag, "static_fields", "a mapping of names to values");
	config->statics = hc_arena_array(&config->arena, struct hc_config_static, n->nitems / 2);
	for (uint32_t i = 0; i + 1 < n->nitems; i += 2) {
		if (n->items[i + 1]->kind != HC_YAML_SCALAR)
			return wrong(diag, "static_fields", "a single value for each name");
		config->statics[config->nstatics++] =
			(struct hc_config_static){ n->items[i]->text.p, n->items[i + 1]->text.p };
	}
	return 0;
}

/* What suggested_output appends: " a_b=%a.b" per suggested field, then the static ones (8.6). */
static void expand_suggested(struct hc_config *config, struct hc_config_append *to)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	if (to->match.text)
		hc_buf_puts(&text, to->match.text);
	for (int id = 0; id < HC_FIELD_COUNT; id++) {
		if (!(hc_field_table[id].flags & HC_FIELD_SUGGESTED))
			continue;
		if (text.len)
			hc_buf_putc(&text, ' ');
		for (const char *p = hc_field_table[id].name; *p; p++)
			hc_buf_putc(&text, *p == '.' ? '_' : *p);
		hc_buf_puts(&text, "=%");
		hc_buf_puts(&text, hc_field_table[id].name);
	}
	for (uint32_t i = 0; i < config->nstatics; i++)
		hc_buf_printf(&text, "%sstatic_%s=%s", text.len ? " " : "", config->statics[i].name, config->statics[i].value);
	to->match.text = hc_arena_dupn(&config->arena, text.p ? text.p : "", text.len);
}

static const struct key *key_named(const char *path)
{
	for (size_t k = 0; k < NKEYS; k++)
		if (!strcmp(path, keys[k].path))
			return &keys[k];
	return NULL;
}

/* Sections whose members the table lists. */
static bool has_members(const char *path)
{
	size_t len = strlen(path);

	for (size_t k = 0; k < NKEYS; k++)
		if (!strncmp(keys[k].path, path, len) && keys[k].path[len] == '.')
			return true;
	return false;
}

static void note_unknown(struct hc_config *config, const char *path)
{
	const char *names[NKEYS + 1], *near;
	uint32_t n = 0;

	for (size_t k = 0; k < NKEYS; k++)
		if (!strchr(keys[k].path, '.') == !strchr(path, '.'))
			names[n++] = keys[k].path;
	names[n] = NULL;
	near = hc_nearest(path, names);
	hc_buf_printf(&config->notes, "unknown configuration key '%s'", path);
	if (near)
		hc_buf_printf(&config->notes, "; did you mean '%s'?", near);
	hc_buf_putc(&config->notes, '\n');
}

static void note_unknown_below(struct hc_config *config, const struct hc_yaml_node *mapping, const char *prefix)
{
	for (uint32_t i = 0; mapping->kind == HC_YAML_MAPPING && i + 1 < mapping->nitems; i += 2) {
		char *path = hc_arena_printf(&config->arena, "%s%s%s", prefix, *prefix ? "." : "", mapping->items[i]->text.p);

		if (!key_named(path))
			note_unknown(config, path);
		else if (has_members(path))
			note_unknown_below(config, mapping->items[i + 1], path);
	}
}

/* Says which keys of the file do nothing here, and which nobody knows. */
static void note_keys(struct hc_config *config)
{
	bool any = false;

	for (uint32_t i = 0; i + 1 < config->root->nitems; i += 2) {
		struct hc_str name = config->root->items[i]->text;
		const struct key *key = key_named(name.p);

		if (key && key->kind == OFFLINE) {
			hc_buf_printf(&config->notes, "%s%s", any ? ", " : "configuration keys without effect on a replay: ", name.p);
			any = true;
		}
	}
	if (any)
		hc_buf_putc(&config->notes, '\n');
	note_unknown_below(config, config->root, "");
}

int hc_config_finish(struct hc_config *config, struct hc_diag *reterr_diag)
{
	const struct hc_yaml_node *n;
	int r = 0;

	for (size_t k = 0; !r && k < NKEYS; k++)
		if (keys[k].kind != OTHER && keys[k].kind != OFFLINE)
			r = read_key(config, &keys[k], reterr_diag);
	n = find(config, "rules_files");
	if (!n)
		n = find(config, "rules_file");
	if (!r && n && n->kind != HC_YAML_NULL)
		r = read_texts(config, n, "rules_files", &config->rules_files, &config->nrules_files, reterr_diag);
	n = find(config, "rules");
	if (!r && n && n->kind != HC_YAML_NULL)
		r = read_switches(config, n, reterr_diag);
	n = find(config, "append_output");
	if (!r && n && n->kind != HC_YAML_NULL)
		r = read_appends(config, n, reterr_diag);
	n = find(config, "static_fields");
	if (!r && n && n->kind != HC_YAML_NULL)
		r = read_statics(config, n, reterr_diag);
	if (r)
		return r;
	for (uint32_t i = 0; i < config->nappends; i++)
		if (config->appends[i].suggested)
			expand_suggested(config, &config->appends[i]);
	note_keys(config);
	return 0;
}
