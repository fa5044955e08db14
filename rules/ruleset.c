/* SPDX-License-Identifier: Apache-2.0
 *
 * A ruleset's life: files in, switches, plugin requirements, the list of rules that take part. What a file says is
 * items.c's and build.c's business.
 */
#include "rules/ruleset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/mem.h"
#include "common/options.h"
#include "rules/collection.h"

static const char *const priorities[HC_PRIORITY_COUNT] = {
	"Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug",
};

const char *hc_priority_name(enum hc_priority priority)
{
	return priorities[priority];
}

int hc_priority_parse(const char *name)
{
	for (int i = 0; i < HC_PRIORITY_COUNT; i++)
		if (!strcasecmp(name, priorities[i]))
			return i;
	return strcasecmp(name, "info") ? -1 : HC_PRIORITY_INFORMATIONAL;
}

const struct hc_rule *hc_ruleset_find(const struct hc_ruleset *ruleset, const char *name, const char **ret_near)
{
	const char **names = hc_calloc(ruleset->nrules + 1, sizeof *names);
	const struct hc_rule *rule = NULL;

	for (uint32_t i = 0; i < ruleset->nrules; i++) {
		names[i] = ruleset->rules[i]->name;
		if (!strcmp(names[i], name))
			rule = ruleset->rules[i];
	}
	if (ret_near)
		*ret_near = rule ? NULL : hc_nearest(name, names);
	free(names);
	return rule;
}

struct hc_ruleset *hc_ruleset_new(const struct hc_ruleset_options *options)
{
	struct hc_ruleset *rs = hc_calloc(1, sizeof *rs);

	if (options)
		rs->options = *options;
	hc_arena_init(&rs->arena);
	hc_arena_init(&rs->compile_arena);
	hc_checker_init(&rs->checker);
	rs->collection = hc_calloc(1, sizeof *rs->collection);
	return rs;
}

struct hc_ruleset *hc_ruleset_free(struct hc_ruleset *ruleset)
{
	if (!ruleset)
		return NULL;
	for (uint32_t i = 0; i < ruleset->nresults; i++) {
		free(ruleset->results[i]->errors);
		free(ruleset->results[i]->warnings);
		free(ruleset->results[i]->schema_warnings);
		free(ruleset->results[i]->lines);
	}
	free(ruleset->results);
	free(ruleset->ignored);
	hc_collection_done(ruleset->collection);
	free(ruleset->collection);
	hc_checker_done(&ruleset->checker);
	hc_arena_done(&ruleset->compile_arena);
	hc_arena_done(&ruleset->arena);
	free(ruleset);
	return NULL;
}

static struct hc_load_result *add_result(struct hc_ruleset *rs, const char *name, const char *text, size_t len)
{
	struct hc_load_result *res = hc_arena_new(&rs->arena, struct hc_load_result);
	uint32_t cap = 64;

	res->name = hc_arena_dup(&rs->arena, name);
	res->text = hc_arena_dupn(&rs->arena, text, len);
	res->len = len;
	res->successful = true;
	res->lines = hc_malloc(cap * sizeof *res->lines);
	res->lines[res->nlines++] = 0;
	for (const char *p = res->text; (p = memchr(p, '\n', len - (size_t)(p - res->text)));) {
		if (res->nlines == cap) {
			cap *= 2;
			res->lines = hc_realloc(res->lines, cap * sizeof *res->lines);
		}
		res->lines[res->nlines++] = (uint32_t)(++p - res->text);
	}
	rs->results = hc_realloc(rs->results, (rs->nresults + 1) * sizeof *rs->results);
	rs->results[rs->nresults++] = res;
	return res;
}

int hc_ruleset_add(struct hc_ruleset *ruleset, const char *name, const char *text, size_t len,
		   struct hc_diag *reterr_diag)
{
	struct hc_loader ld = { .ruleset = ruleset };
	int r;

	if (len > HC_YAML_BYTES_MAX) {
		hc_diag_set_off(reterr_diag, -EFBIG, name, -1, "the rules file is larger than 64 MiB; split it");
		return -EFBIG;
	}
	ld.file = add_result(ruleset, name, text, len);
	r = hc_items_read(&ld, ld.file->text, len);
	return r ? r : hc_ruleset_build(&ld, reterr_diag);
}

/* ---- files ---- */

static int read_file(const char *path, struct hc_buf *buf, struct hc_diag *diag)
{
	HC_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return hc_diag_set(diag, -errno, "Could not open file %s for reading: %s", path, strerror(errno));
	while (n > 0 && buf->len <= HC_YAML_BYTES_MAX) {
		n = read(fd, hc_buf_room(buf, 65536), 65536);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			return hc_diag_set(diag, -errno, "Could not read file %s: %s", path, strerror(errno));
		else
			buf->len += (size_t)n;
	}
	hc_buf_puts(buf, "");
	return 0;
}

static bool has_yaml_name(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

static int load_file(struct hc_ruleset *rs, const char *path, struct hc_diag *diag)
{
	struct hc_buf buf HC_BUF_DONE = { 0 };
	int r = read_file(path, &buf, diag);

	return r ? r : hc_ruleset_add(rs, path, buf.p, buf.len, diag);
}

bool hc_ruleset_is_test_name(const char *name)
{
	static const char *const ends[] = { ".test.yaml", ".test.yml" };
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (len > strlen(ends[i]) && !strcmp(name + len - strlen(ends[i]), ends[i]))
			return true;
	return false;
}

static int wanted(const struct dirent *entry)
{
	return has_yaml_name(entry->d_name) && !hc_ruleset_is_test_name(entry->d_name);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_dir(struct hc_ruleset *rs, const char *path, struct hc_diag *diag)
{
	struct dirent **entries;
	struct stat st;
	int n = scandir(path, &entries, wanted, by_name), r = 0, result = 0;

	if (n < 0)
		return hc_diag_set(diag, -errno, "Could not read directory %s: %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		HC_FREE char *file = NULL;

		if (asprintf(&file, "%s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/", entries[i]->d_name) < 0)
			abort();
		free(entries[i]);
		if (r < 0 || (r && !rs->options.validate) || stat(file, &st) || !S_ISREG(st.st_mode))
			continue;
		r = load_file(rs, file, diag);
		result = r ? r : result;
	}
	free(entries);
	return result;
}

int hc_ruleset_load(const struct hc_ruleset_options *options, const char *const *paths, size_t npaths,
		    struct hc_ruleset **ret_ruleset, struct hc_diag *reterr_diag)
{
	struct hc_ruleset *rs = hc_ruleset_new(options);
	struct stat st;
	int r = 0;

	for (size_t i = 0; r >= 0 && (!r || rs->options.validate) && i < npaths; i++) {
		if (stat(paths[i], &st)) {
			r = hc_diag_set(reterr_diag, -errno, "Could not open file %s for reading: %s", paths[i], strerror(errno));
		} else if (S_ISDIR(st.st_mode)) {
			r = load_dir(rs, paths[i], reterr_diag);
		} else if (has_yaml_name(paths[i])) {
			r = load_file(rs, paths[i], reterr_diag);
		} else {
			rs->ignored = hc_realloc(rs->ignored, (rs->nignored + 1) * sizeof *rs->ignored);
			rs->ignored[rs->nignored++] = hc_arena_dup(&rs->arena, paths[i]);
		}
	}
	if (r >= 0 && !rs->invalid)
		r = hc_ruleset_finish(rs, reterr_diag);
	if (r < 0) {
		hc_ruleset_free(rs);
		return r;
	}
	*ret_ruleset = rs;
	return rs->invalid ? HC_RULESET_INVALID : 0;
}

/* ---- after the last file ---- */

/* Each literal part of the pattern is looked for at its first possible place, without going back (Q). */
static bool matches(const char *pattern, const char *name)
{
	const char *star = strchr(pattern, '*'), *part;
	size_t len;

	if (!star)
		return !strcmp(pattern, name);
	len = (size_t)(star - pattern);
	if (strncmp(pattern, name, len))
		return false;
	name += len;
	for (part = star + 1; (star = strchr(part, '*')); part = star + 1) {
		const char *hit;

		len = (size_t)(star - part);
		hit = memmem(name, strlen(name), part, len);
		if (!hit)
			return false;
		name = hit + len;
	}
	if (!*part)
		return true;
	name = strstr(name, part);
	return name && !name[strlen(part)];
}

static bool switched(const struct hc_rule_switch *s, const struct hc_rule *rule)
{
	if (s->rule)
		return matches(s->rule, rule->name);
	for (uint32_t i = 0; s->tag && i < rule->ntags; i++)
		if (!strcmp(rule->tags[i], s->tag))
			return true;
	return false;
}

struct ranked {
	struct hc_rule *rule;
	uint32_t rank;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->rule->place < y->rule->place ? -1 : 1;
}

int hc_ruleset_finish(struct hc_ruleset *ruleset, struct hc_diag *reterr_diag)
{
	int min = ruleset->options.min_priority ? hc_priority_parse(ruleset->options.min_priority) : HC_PRIORITY_DEBUG;
	struct ranked *ranked;
	int r = hc_plugin_versions_check(ruleset, reterr_diag);

	if (r)
		return r;
	if (min < 0)
		return hc_diag_set(reterr_diag, -EINVAL,
				   "unknown priority '%s'; one of emergency, alert, critical, error, warning, notice, informational, debug",
				   ruleset->options.min_priority);
	ranked = hc_arena_array(&ruleset->compile_arena, struct ranked, ruleset->nrules + 1);
	for (uint32_t i = 0; i < ruleset->nrules; i++)
		ranked[i].rule = ruleset->rules[i];
	/* a rule switched on goes behind all that were on already (rules-language.md 7.2) */
	for (uint32_t s = 0; s < ruleset->options.nswitches; s++) {
		const struct hc_rule_switch *sw = &ruleset->options.switches[s];

		for (uint32_t i = 0; i < ruleset->nrules; i++) {
			if (!switched(sw, ranked[i].rule))
				continue;
			if (sw->enable && !ranked[i].rule->enabled)
				ranked[i].rank = s + 1;
			ranked[i].rule->enabled = sw->enable;
		}
	}
	qsort(ranked, ruleset->nrules, sizeof *ranked, by_rank);
	ruleset->active = hc_arena_array(&ruleset->compile_arena, struct hc_rule *, ruleset->nrules + 1);
	ruleset->nactive = 0;
	for (uint32_t i = 0; i < ruleset->nrules; i++) {
		struct hc_rule *rule = ranked[i].rule;

		if (rule->compiled && rule->enabled && (int)rule->priority <= min)
			ruleset->active[ruleset->nactive++] = rule;
	}
	return 0;
}
