/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger's entries (record/ledger.h). Counters are read while the kernel writes them; what an entry misses is in
 * the next one, because each starts from what the one before has said.
 */
#include "record/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/mem.h"
#include "common/schema.h"
#include "record/name.h"

void hc_ledger_init(struct hc_ledger *ledger, const struct hc_kernel *kernel, uint64_t now_ns)
{
	*ledger = (struct hc_ledger){ .kernel = kernel, .loss_from_ns = now_ns, .cost_from_ns = now_ns, .cpu_ns = hc_ledger_cpu_ns() };
	hc_kernel_cpus(kernel, &ledger->ncpus);
	ledger->dropped = hc_calloc(ledger->ncpus, sizeof *ledger->dropped);
}

void hc_ledger_done(struct hc_ledger *ledger)
{
	free(ledger->dropped);
	ledger->dropped = NULL;
}

char *hc_ledger_text(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);

	json_decref(object);
	return text;
}

json_t *hc_ledger_names(const struct hc_scset *set)
{
	json_t *names = json_array();

	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
		if (hc_scset_has(set, sc))
			json_array_append_new(names, json_string(hc_sc_table[sc].name));
	return names;
}

uint64_t hc_ledger_cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t hc_ledger_bpf_ns(const struct hc_kernel *kernel)
{
	uint32_t n;
	const volatile struct hc_bpf_cpu *cpus = hc_kernel_cpus(kernel, &n);
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
		if (cpus[i].timed)
			sum += (double)cpus[i].timed_ns / (double)cpus[i].timed * (double)cpus[i].produced;
	return (uint64_t)sum;
}

static json_t *loss_of_cpu(struct hc_ledger *ledger, uint32_t i, uint64_t *sum)
{
	uint32_t n;
	const volatile struct hc_bpf_cpu *cpu = &hc_kernel_cpus(ledger->kernel, &n)[i];
	json_t *causes = NULL;

	for (unsigned why = 0; why < HC_DROP_COUNT; why++) {
		uint64_t now = cpu->dropped[why], lost = now - ledger->dropped[i][why];

		if (!lost)
			continue;
		if (!causes)
			causes = json_object();
		json_object_set_new(causes, hc_kernel_drop_name(why), json_integer((json_int_t)lost));
		ledger->dropped[i][why] = now;
		*sum += lost;
	}
	return causes;
}

char *hc_ledger_trigger(const struct hc_ledger_trigger *t)
{
	json_t *entry = json_pack("{s:s, s:I, s:s*}", "reason", t->reason, "at_ns", (json_int_t)t->at_ns, "text", t->text);

	if (t->has_requester) {
		json_object_set_new(entry, "uid", json_integer(t->uid));
		json_object_set_new(entry, "pid", json_integer(t->pid));
	}
	if (t->alerts) {
		/* names are as the rules file has them, which need not be UTF-8 */
		json_object_set_new(entry, "rule", hc_name_json(t->rule, strlen(t->rule)));
		json_object_set_new(entry, "priority", json_string(t->priority));
		json_object_set_new(entry, "event_ns", json_integer((json_int_t)t->event_ns));
		json_object_set_new(entry, "alerts", json_integer((json_int_t)t->alerts));
	}
	return hc_ledger_text(entry);
}

char *hc_ledger_loss(struct hc_ledger *ledger, uint64_t now_ns)
{
	const volatile __u64 *by_sc = hc_kernel_dropped_by_sc(ledger->kernel);
	json_t *cpus = json_object(), *syscalls = json_object(), *entry;
	uint64_t sum = 0, unfollowed = hc_kernel_unfollowed(ledger->kernel) - ledger->unfollowed;

	for (uint32_t i = 0; i < ledger->ncpus; i++) {
		json_t *causes = loss_of_cpu(ledger, i, &sum);
		char key[16];

		snprintf(key, sizeof key, "%u", i);
		if (causes)
			json_object_set_new(cpus, key, causes);
	}
	if (!sum && !unfollowed) {
		json_decref(cpus);
		json_decref(syscalls);
		ledger->loss_from_ns = now_ns;
		return NULL;
	}
	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++) {
		uint64_t now = by_sc[sc], lost = now - ledger->dropped_by_sc[sc];

		if (lost)
			json_object_set_new(syscalls, hc_sc_table[sc].name, json_integer((json_int_t)lost));
		ledger->dropped_by_sc[sc] = now;
	}
	entry = json_pack("{s:I, s:I, s:I, s:o, s:o}", "from_ns", (json_int_t)ledger->loss_from_ns, "to_ns", (json_int_t)now_ns,
			  "lost", (json_int_t)sum, "cpus", cpus, "syscalls", syscalls);
	if (unfollowed)
		json_object_set_new(entry, "unfollowed", json_integer((json_int_t)unfollowed));
	ledger->unfollowed += unfollowed;
	ledger->loss_from_ns = now_ns;
	return hc_ledger_text(entry);
}

char *hc_ledger_cost(struct hc_ledger *ledger, uint64_t now_ns, uint64_t events, uint64_t bytes, uint32_t fill_max_pct)
{
	uint64_t cpu = hc_ledger_cpu_ns(), bpf = hc_ledger_bpf_ns(ledger->kernel);
	json_t *entry;

	if (bpf < ledger->bpf_ns) /* an estimate: the last timed events may have been quick ones */
		bpf = ledger->bpf_ns;
	entry = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "from_ns", (json_int_t)ledger->cost_from_ns, "to_ns",
			  (json_int_t)now_ns, "events", (json_int_t)(events - ledger->events), "bytes",
			  (json_int_t)(bytes - ledger->bytes), "recorder_cpu_ns", (json_int_t)(cpu - ledger->cpu_ns), "bpf_ns",
			  (json_int_t)(bpf - ledger->bpf_ns), "ring_fill_max_pct", (json_int_t)fill_max_pct);
	ledger->cost_from_ns = now_ns;
	ledger->events = events;
	ledger->bytes = bytes;
	ledger->cpu_ns = cpu;
	ledger->bpf_ns = bpf;
	return hc_ledger_text(entry);
}
