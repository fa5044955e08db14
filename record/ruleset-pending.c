/* SPDX-License-Identifier: Apache-2.0
 *
 * Until the rules loader is there: no rules, so the selection is the state set alone.
 */
#include <stdlib.h>

#include "common/mem.h"
#include "rules/ruleset.h"
#include "rules/selection.h"

__attribute__((weak)) int hc_ruleset_load(const struct hc_ruleset_options *options, const char *const *paths, size_t npaths,
					  struct hc_ruleset **ret_ruleset, struct hc_diag *reterr_diag)
{
	*ret_ruleset = hc_calloc(1, sizeof **ret_ruleset);
	return 0;
}
__attribute__((weak)) struct hc_ruleset *hc_ruleset_free(struct hc_ruleset *ruleset)
{
	free(ruleset);
	return NULL;
}
__attribute__((weak)) void hc_report_text(FILE *out, const struct hc_ruleset *ruleset, bool with_warnings)
{
}
__attribute__((weak)) int hc_state_set_parse(const char *name)
{
	return 0;
}
__attribute__((weak)) void hc_selection_make(const struct hc_selection_options *options,
					     const struct hc_selection_rule *rules, uint32_t nrules,
					     struct hc_arena *arena, struct hc_selection *ret)
{
	for (unsigned sc = 1; sc < HC_SC_COUNT; sc++)
		if (hc_sc_table[sc].sets & HC_SCSET_STATE || hc_sc_table[sc].sets & HC_SCSET_FILE)
			hc_scset_add(&ret->final, sc);
}
