/* SPDX-License-Identifier: Apache-2.0
 *
 * Policies from YAML. The built-in one is such a text too, so what --print-policy shows is what is done. Whatever is not
 * understood is an error: a misspelt class that stayed at its default could give something away.
 */
#include "samples/policy.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/options.h"
#include "rules/yamldoc.h"

enum { POLICY_BYTES_MAX = 4 << 20 };

static const char *const class_names[] = { "user", "host", "ip", "path-home", "path-system", "path", "command", "args", "env",
					   "buffer", "container", NULL };
static const char *const action_names[] = { "keep", "pseudonym", "mask", "drop", NULL };
static const char *const keys[] = { "classes", "ordinary", "keep", "secret", "homes", "patterns", NULL };
static const char *const ordinary_actions[] = { "keep", "pseudonym", NULL };
static const char *const word_actions[] = { "keep", "pseudonym", "mask", NULL };
static const char *const pattern_keys[] = { "match", "action", NULL };

const char hc_policy_default[] =
	"# What hindcast redact does with what. Actions:\n"
	"#   keep       stays, but for what belongs to another class\n"
	"#   pseudonym  word by word, the same for the same word everywhere under one key\n"
	"#   mask       every word becomes the same\n"
	"#   drop       is left out; where there must be a value, as mask\n"
	"# Words that rules name stay in all classes.\n"
	"classes:\n"
	"  user: pseudonym       # names of users and groups but those every system has; also in paths and arguments\n"
	"  host: pseudonym       # names of this machine and its interfaces\n"
	"  ip: pseudonym         # addresses keep their kind (private, link-local ...) and the prefixes they share\n"
	"  path-home: pseudonym  # below home folders\n"
	"  path-system: keep     # /usr but /usr/local, /bin, /sbin, /lib*, /proc, /sys, /dev, /boot\n"
	"  path: pseudonym       # all other paths\n"
	"  command: pseudonym    # names of processes and programs\n"
	"  args: pseudonym       # arguments and other text given to system calls\n"
	"  env: drop             # environments\n"
	"  buffer: drop          # what was read and written, and other raw memory\n"
	"  container: pseudonym  # ids, names, images, labels, control groups\n"
	"# Words every Linux host knows (grep, etc, log, --recursive) and numbers of up to five digits stay where the\n"
	"# class is pseudonym.\n"
	"ordinary: keep\n"
	"# Further words that stay, and words that never do, wherever they stand.\n"
	"keep: []\n"
	"secret: []\n"
	"# Folders of home folders besides /home.\n"
	"homes: []\n"
	"# Words that match a regular expression as a whole: keep, pseudonym or mask; the first that matches counts.\n"
	"#   - match: 'proj-[a-z0-9]+'\n"
	"#     action: pseudonym\n"
	"patterns: []\n";

const char *hc_redact_class_name(enum hc_redact_class c)
{
	return class_names[c];
}

const char *hc_redact_action_name(enum hc_redact_action a)
{
	return action_names[a];
}

struct parse {
	struct hc_policy *policy;
	struct hc_yamldoc *doc;
};

/* The number of a word among names, or -1 after a complaint that suggests one. */
static int pick(struct parse *p, const struct hc_yaml_node *node, const char *const *names, const char *what)
{
	const char *text = hc_yamldoc_scalar(p->doc, node, what), *near;
	char hint[128];

	if (!text)
		return -1;
	for (int i = 0; names[i]; i++)
		if (!strcmp(text, names[i]))
			return i;
	near = strlen(text) < 64 ? hc_nearest(text, names) : NULL;
	if (near)
		snprintf(hint, sizeof hint, "did you mean '%s'?", near);
	hc_yamldoc_complain(p->doc, node, near ? hint : NULL, "unknown %s '%.60s'", what, text);
	return -1;
}

static void read_classes(struct parse *p, const struct hc_yaml_node *node)
{
	if (!hc_yamldoc_mapping(p->doc, node, "classes", class_names))
		return;
	for (uint32_t i = 0; i < node->nitems; i += 2) {
		int a = pick(p, node->items[i + 1], action_names, "action");

		for (int c = 0; a >= 0 && c < HC_REDACT_CLASS_COUNT; c++)
			if (hc_str_is(node->items[i]->text, class_names[c]))
				p->policy->action[c] = (enum hc_redact_action)a;
	}
}

static void read_words(struct parse *p, const struct hc_yaml_node *node, const char *what, struct hc_str **words, uint32_t *n)
{
	const char **texts;

	if (!hc_yamldoc_scalars(p->doc, node, what, &texts, n))
		return;
	*words = hc_arena_array(&p->policy->arena, struct hc_str, *n + 1);
	for (uint32_t i = 0; i < *n; i++)
		(*words)[i] = hc_str(hc_arena_dup(&p->policy->arena, texts[i]));
}

static void read_homes(struct parse *p, const struct hc_yaml_node *node)
{
	read_words(p, node, "homes", &p->policy->homes, &p->policy->nhomes);
	for (uint32_t i = 0; i < p->policy->nhomes; i++) {
		struct hc_str *home = &p->policy->homes[i];

		while (home->len > 1 && home->p[home->len - 1] == '/')
			home->len--;
		if (home->len < 2 || home->p[0] != '/')
			hc_yamldoc_complain(p->doc, node, NULL, "expected the absolute path of a folder, not '%.60s'", home->p);
	}
}

static void read_pattern(struct parse *p, const struct hc_yaml_node *node)
{
	struct hc_policy_pattern pattern;
	const char *match;
	char why[256];
	int a;

	if (!hc_yamldoc_mapping(p->doc, node, "a pattern", pattern_keys))
		return;
	if (!hc_yaml_get(node, "match") || !hc_yaml_get(node, "action")) {
		hc_yamldoc_complain(p->doc, node, NULL, "a pattern needs both match and action");
		return;
	}
	match = hc_yamldoc_scalar(p->doc, hc_yaml_get(node, "match"), "match");
	a = pick(p, hc_yaml_get(node, "action"), word_actions, "action for words");
	if (!match || a < 0)
		return;
	pattern.action = (enum hc_redact_action)a;
	pattern.regex = hc_regex_new(match, strlen(match), why, sizeof why);
	if (pattern.regex)
		p->policy->patterns[p->policy->npatterns++] = pattern;
	else
		hc_yamldoc_complain(p->doc, hc_yaml_get(node, "match"), NULL, "not a regular expression: %s", why);
}

static void clear_patterns(struct hc_policy *policy)
{
	for (uint32_t i = 0; i < policy->npatterns; i++)
		hc_regex_free(policy->patterns[i].regex);
	free(policy->patterns);
	policy->patterns = NULL;
	policy->npatterns = 0;
}

static void read_patterns(struct parse *p, const struct hc_yaml_node *node)
{
	if (node->kind != HC_YAML_SEQUENCE) {
		hc_yamldoc_complain(p->doc, node, NULL, "patterns is a list");
		return;
	}
	clear_patterns(p->policy);
	p->policy->patterns = hc_calloc(node->nitems + 1, sizeof *p->policy->patterns);
	for (uint32_t i = 0; i < node->nitems; i++)
		read_pattern(p, node->items[i]);
}

static void read_policy(struct parse *p)
{
	const struct hc_yaml_node *root = p->doc->root, *node;
	struct hc_policy *policy = p->policy;
	int a;

	if (!root || root->kind == HC_YAML_NULL || !hc_yamldoc_mapping(p->doc, root, "a policy", keys))
		return;
	if ((node = hc_yaml_get(root, "classes")))
		read_classes(p, node);
	if ((node = hc_yaml_get(root, "ordinary"))) {
		a = pick(p, node, ordinary_actions, "action for ordinary words");
		if (a >= 0)
			policy->ordinary = a == HC_REDACT_KEEP;
	}
	if ((node = hc_yaml_get(root, "keep")))
		read_words(p, node, "keep", &policy->keep, &policy->nkeep);
	if ((node = hc_yaml_get(root, "secret")))
		read_words(p, node, "secret", &policy->secret, &policy->nsecret);
	if ((node = hc_yaml_get(root, "homes")))
		read_homes(p, node);
	if ((node = hc_yaml_get(root, "patterns")))
		read_patterns(p, node);
}

/* Reads what is in doc, which is done for. */
static int take_document(struct hc_policy *policy, struct hc_yamldoc *doc, struct hc_buf *errors)
{
	struct parse p = { policy, doc };
	int r = 0;

	if (!doc->nerrors)
		read_policy(&p);
	if (doc->nerrors) {
		hc_buf_put(errors, doc->errors.p, doc->errors.len);
		r = -EINVAL;
	}
	hc_yamldoc_done(doc);
	return r;
}

int hc_policy_read(struct hc_policy *policy, const char *name, const char *text, size_t len, struct hc_buf *errors)
{
	struct hc_yamldoc doc;

	hc_yamldoc_parse(&doc, name, text, len);
	return take_document(policy, &doc, errors);
}

int hc_policy_load(struct hc_policy *policy, const char *path, struct hc_buf *errors)
{
	struct hc_yamldoc doc;
	struct hc_diag diag;
	char text[HC_DIAG_TEXT_MAX + HC_DIAG_FILE_MAX + 64];
	int r = hc_yamldoc_load(&doc, path, path, POLICY_BYTES_MAX, &diag);

	if (!r)
		return take_document(policy, &doc, errors);
	hc_buf_printf(errors, "%s\n", hc_diag_format(&diag, text, sizeof text));
	hc_yamldoc_done(&doc);
	return r;
}

void hc_policy_init(struct hc_policy *policy)
{
	struct hc_buf errors HC_BUF_DONE = { 0 };
	int r;

	*policy = (struct hc_policy){ 0 };
	hc_arena_init(&policy->arena);
	r = hc_policy_read(policy, "built-in policy", hc_policy_default, strlen(hc_policy_default), &errors);
	assert(!r);
	(void)r;
}

void hc_policy_done(struct hc_policy *policy)
{
	clear_patterns(policy);
	hc_arena_done(&policy->arena);
}
