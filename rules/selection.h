/* SPDX-License-Identifier: Apache-2.0
 *
 * Adaptive selection: which syscalls the kernel is asked for (selection.md). A pure function of rules and options;
 * only the recorder calls it. It never applies to a capture being replayed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "rules/evtset.h"

enum hc_state_set {
	HC_STATE_SET_CURRENT,
	HC_STATE_SET_FALCO_0_35, /* as 0.35.0 and 0.35.1 had it: for comparison with published examples */
};
/* "current" or "falco-0.35"; -1 for anything else. */
int hc_state_set_parse(const char *name);

/* What takes part: an enabled rule and the calls its condition can be true for (hc_scset_of). */
struct hc_selection_rule {
	const char *name;
	struct hc_scset set;
};

struct hc_selection_options {
	const char *const *custom_set; /* base_syscalls.custom_set: names, or !names */
	uint32_t ncustom_set;
	bool repair;                   /* base_syscalls.repair */
	bool all;                      /* base_syscalls.all, formerly -A */
	enum hc_state_set state_set;
	bool container_plugin;         /* add what the container plugin asks for (selection.md 4, step 2) */
};

enum hc_selection_level { HC_SELECTION_DEBUG, HC_SELECTION_INFO, HC_SELECTION_WARNING, HC_SELECTION_STDERR };

/* A line of selection.md 5, without time stamp and line end. */
struct hc_selection_line {
	enum hc_selection_level level;
	const char *text;
};

/* Why a call is in the final set; several may hold. */
enum hc_selection_reason {
	HC_SELECTED_RULE = 1,    /* a rule wants it: selection.rule says which */
	HC_SELECTED_STATE = 2,   /* needed to keep the picture of processes and fds */
	HC_SELECTED_CUSTOM = 4,  /* named in custom_set */
	HC_SELECTED_REPAIR = 8,  /* added by repair */
	HC_SELECTED_PLUGIN = 16, /* the container plugin asks for it */
	HC_SELECTED_ALWAYS = 32, /* sched_process_exit */
	/* why one that a rule wants is not in it: */
	HC_REMOVED_IGNORED = 64, /* high-volume I/O; `all` keeps it */
	HC_REMOVED_CUSTOM = 128, /* !name in custom_set */
};

struct hc_selection {
	struct hc_scset final;
	struct hc_scset rules;                 /* what the rules want, selected or not */
	uint8_t reason[HC_SC_COUNT];           /* enum hc_selection_reason, ORed */
	uint32_t rule[HC_SC_COUNT];            /* number of rules that want it */
	const char *first_rule[HC_SC_COUNT];   /* the first of them, or NULL; borrowed from the input */
	struct hc_selection_line *lines;       /* in the order to print; in the arena */
	uint32_t nlines;
};

struct hc_ruleset;

/* The active rules of a ruleset as input; in arena, names borrowed from the ruleset. */
struct hc_selection_rule *hc_selection_rules(const struct hc_ruleset *ruleset, struct hc_arena *arena, uint32_t *ret_n);

/* Works the set out. Everything made lives in arena. Never fails: what is wrong with the options is said in lines. */
void hc_selection_make(const struct hc_selection_options *options, const struct hc_selection_rule *rules,
		       uint32_t nrules, struct hc_arena *arena, struct hc_selection *ret);

/* The fixed sets (selection.md 3). */
void hc_selection_state_set(enum hc_state_set which, struct hc_scset *ret);
void hc_selection_ignored_set(enum hc_state_set which, struct hc_scset *ret);
void hc_selection_repair(const struct hc_scset *set, struct hc_scset *ret);

/* "wanted by rule 'Write below etc' and 3 more; state engine" for a call of the final set, or why one that rules want is
 * not in it; in arena. */
const char *hc_selection_why(const struct hc_selection *selection, unsigned sc, struct hc_arena *arena);
