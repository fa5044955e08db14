/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeping the ledger (common/ledger.h): what is written is composed here as JSON, from the kernel's counters and what
 * the recorder knows of itself. Where it goes and when is the capture's business.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "record/kernel.h"

/* Counters as they stood at the last entry, so that each entry tells of its interval alone. */
struct hc_ledger {
	const struct hc_kernel *kernel; /* borrowed */
	uint32_t ncpus;
	uint64_t (*dropped)[HC_DROP_COUNT]; /* [ncpus] */
	uint64_t dropped_by_sc[HC_BPF_SC_MAX];
	uint64_t unfollowed;
	uint64_t loss_from_ns, cost_from_ns;
	uint64_t events, bytes, cpu_ns, bpf_ns; /* at the last cost entry */
};

void hc_ledger_init(struct hc_ledger *ledger, const struct hc_kernel *kernel, uint64_t now_ns);
void hc_ledger_done(struct hc_ledger *ledger);

/* The interval's hindcast.loss, to be freed; NULL if nothing was lost in it (it then goes on). */
char *hc_ledger_loss(struct hc_ledger *ledger, uint64_t now_ns);
/* The interval's hindcast.cost, to be freed; events and bytes are totals so far. */
char *hc_ledger_cost(struct hc_ledger *ledger, uint64_t now_ns, uint64_t events, uint64_t bytes, uint32_t fill_max_pct);

/* Why a save was asked for. Texts are borrowed and may be NULL. */
struct hc_ledger_trigger {
	const char *reason;  /* "SIGUSR2", "control" or "alert" */
	const char *text;    /* the requester's own words */
	bool has_requester;
	pid_t pid;           /* the requester's */
	uid_t uid;
	uint64_t at_ns;      /* when it was asked for */
	const char *rule, *priority; /* of an alert */
	uint64_t event_ns;   /* time of the event that raised it */
	uint64_t alerts;     /* of that rule, since the last entry that names it; 0: not an alert */
};
/* hindcast.trigger, to be freed. */
char *hc_ledger_trigger(const struct hc_ledger_trigger *trigger);

/* Names of a set's members as a JSON array, in the order of their codes. */
json_t *hc_ledger_names(const struct hc_scset *set);
/* Serialises and releases; to be freed. */
char *hc_ledger_text(json_t *object);
/* CPU time this process has used. */
uint64_t hc_ledger_cpu_ns(void);
/* Time the BPF programs have spent on making events, as far as the timed ones of each CPU say. */
uint64_t hc_ledger_bpf_ns(const struct hc_kernel *kernel);
