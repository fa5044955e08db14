/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration as Falco users have it: falco.yaml and -o KEY=VALUE over it (rules-language.md 8.6, 10). Only what can
 * matter when a capture is replayed is read; other keys Falco knows are named once, unknown ones warned of.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/diag.h"
#include "rules/ruleset.h"

struct hc_yaml_node;

/* One field of extra_fields: a plain field (template NULL) or NAME: TEMPLATE. */
struct hc_config_field {
	const char *name, *template;
};

struct hc_config_append {
	struct hc_output_append match; /* text: extra_output, with what suggested_output adds; NULL: none */
	const struct hc_config_field *fields;
	uint32_t nfields;
	bool suggested;
};

struct hc_config_static {
	const char *name, *value; /* name without "static." */
};

/* Texts are owned by the arena. */
struct hc_config {
	bool json_output, json_message, json_output_property, json_fields, json_tags;
	bool iso8601, base64;
	bool match_all; /* rule_matching: all */
	const char *priority;
	const char **rules_files;
	uint32_t nrules_files;
	struct hc_rule_switch *switches;
	uint32_t nswitches;
	struct hc_config_append *appends;
	uint32_t nappends;
	struct hc_config_static *statics;
	uint32_t nstatics;
	bool stdout_enabled, file_enabled, program_enabled;
	const char *file, *program;
	const char *capture_file;

	struct hc_buf notes; /* lines for stderr: keys without effect here, unknown keys */
	struct hc_arena arena;
	struct hc_yaml_node *root; /* internal: everything merged */
};

void hc_config_init(struct hc_config *config);
void hc_config_done(struct hc_config *config);

/* Reads a file and what its config_files names; before any hc_config_set. 0 or negative errno with diag. */
int hc_config_load(struct hc_config *config, const char *path, struct hc_diag *reterr_diag);
/* "a.b[0].c=value", "list[]=value" (appends); a value that begins with { [ or a quote is YAML, so JSON too, others are
 * taken as they are. 0 or -EINVAL. */
int hc_config_set(struct hc_config *config, const char *assignment, struct hc_diag *reterr_diag);
/* Fills in the members above from all of it. 0 or -EINVAL. */
int hc_config_finish(struct hc_config *config, struct hc_diag *reterr_diag);
