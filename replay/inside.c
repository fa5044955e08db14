/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules from inside an archive. See inside.h.
 */
#include "replay/inside.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/mem.h"
#include "formats/members.h"

static bool ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && !strcmp(s + n - m, suffix);
}

bool hc_inside_is_rules(const char *name)
{
	return !strncmp(name, HC_INSIDE_RULES, strlen(HC_INSIDE_RULES)) && (ends_with(name, ".yaml") || ends_with(name, ".yml")) &&
	       !ends_with(name, HC_INSIDE_TEST_SUFFIX);
}

int hc_inside_open(struct hc_inside *ret, const char *path, struct hc_diag *reterr_diag)
{
	struct hc_source *source;
	int r;

	*ret = (struct hc_inside){ 0 };
	if (!strcmp(path, "-"))
		return 0;
	r = hc_source_open(&source, path, false, reterr_diag);
	if (r)
		return r;
	/* What cannot be read again (a pipe) is left to whoever reads the capture. */
	if (source->eager || source->member || !hc_archive_detect(source)) {
		hc_source_close(source);
		return 0;
	}
	r = hc_archive_load(&ret->archive, source, path, reterr_diag);
	if (r)
		return r;
	ret->texts = hc_calloc(ret->archive->n + 1, sizeof *ret->texts);
	for (uint32_t i = 0; i < ret->archive->n; i++) {
		const struct hc_archive_member *m = &ret->archive->members[i];
		struct hc_buf name = { 0 };

		if (!hc_inside_is_rules(m->name))
			continue;
		hc_buf_printf(&name, "%s:%s", path, m->name);
		ret->texts[ret->ntexts++] = (struct hc_rules_text){ name.p, (const char *)m->p, m->len };
	}
	return 0;
}

void hc_inside_done(struct hc_inside *inside)
{
	for (size_t i = 0; i < inside->ntexts; i++)
		free((char *)inside->texts[i].name);
	free(inside->texts);
	hc_archive_free(inside->archive);
	*inside = (struct hc_inside){ 0 };
}

int hc_rules_texts_load(const struct hc_ruleset_options *options, const struct hc_rules_text *texts, size_t ntexts,
			struct hc_ruleset **ret_ruleset, struct hc_diag *reterr_diag)
{
	struct hc_ruleset *rules = *ret_ruleset = hc_ruleset_new(options);
	int r = 0;

	for (size_t i = 0; !r && i < ntexts; i++)
		r = hc_ruleset_add(rules, texts[i].name, texts[i].p, texts[i].len, reterr_diag);
	return r ? r : hc_ruleset_finish(rules, reterr_diag);
}
