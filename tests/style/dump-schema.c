/* SPDX-License-Identifier: Apache-2.0
 *
 * Prints the compiled-in schema tables in the columns of the reference's TSV files, for spec-agreement.py to compare:
 * what the compiler made of the .def files, not their text.
 */
#include <stdio.h>
#include <string.h>

#include "common/schema.h"

#define BIT(b) { #b, b }
struct bit {
	const char *name;
	unsigned value;
};

static const char *const kinds[] = { "unknown", "dedicated", "generic", "tracepoint", "reserved" };
static const char *const formats[] = { "PF_NA", "PF_DEC", "PF_HEX", "PF_10_PADDED_DEC", "PF_ID", "PF_DIR", "PF_OCT" };

static void bits(unsigned v, const struct bit *names, size_t n, const char *none)
{
	const char *sep = "";

	if (!v)
		printf("%s", none);
	for (size_t i = 0; i < n; i++)
		if (v & names[i].value) {
			printf("%s%s", sep, names[i].name);
			sep = ",";
		}
}

static void category(unsigned v)
{
	static const struct bit low[] = {
		BIT(EC_UNKNOWN), BIT(EC_OTHER), BIT(EC_FILE), BIT(EC_NET), BIT(EC_IPC), BIT(EC_MEMORY), BIT(EC_PROCESS),
		BIT(EC_SLEEP), BIT(EC_SYSTEM), BIT(EC_SIGNAL), BIT(EC_USER), BIT(EC_TIME), BIT(EC_PROCESSING),
		BIT(EC_IO_READ), BIT(EC_IO_WRITE), BIT(EC_IO_OTHER), BIT(EC_WAIT), BIT(EC_SCHEDULER), BIT(EC_INTERNAL),
	};
	static const struct bit high[] = {
		BIT(EC_SYSCALL), BIT(EC_TRACEPOINT), BIT(EC_PLUGIN), BIT(EC_METAEVENT), BIT(EC_ITER),
	};

	for (size_t i = 0; i < sizeof low / sizeof *low; i++)
		if ((v & HC_EC_LOW_MASK) == low[i].value)
			printf("%s", low[i].name);
	if (v & ~(unsigned)HC_EC_LOW_MASK) {
		printf(",");
		bits(v & ~(unsigned)HC_EC_LOW_MASK, high, sizeof high / sizeof *high, "");
	}
}

static void events(void)
{
	static const struct bit flags[] = {
		BIT(EF_CREATES_FD), BIT(EF_DESTROYS_FD), BIT(EF_USES_FD), BIT(EF_READS_FROM_FD), BIT(EF_WRITES_TO_FD),
		BIT(EF_MODIFIES_STATE), BIT(EF_UNUSED), BIT(EF_WAITS), BIT(EF_SKIPPARSERESET), BIT(EF_OLD_VERSION),
		BIT(EF_LARGE_PAYLOAD), BIT(EF_CONVERTER_MANAGED),
	};

	for (unsigned i = 0; i < HC_EVENT_COUNT; i++) {
		const struct hc_event_info *e = &hc_event_table[i];

		printf("%u\t%s\t%s\t", i, e->id, e->name);
		category(e->category);
		printf("\t");
		bits(e->flags, flags, sizeof flags / sizeof *flags, "EF_NONE");
		printf("\t%u\t", e->nparams);
		for (unsigned k = 0; k < e->nparams; k++) {
			const struct hc_param_info *p = &e->params[k];

			printf("%s%s:%s:%s", k ? ";" : "", p->name, hc_param_type_name(p->type), formats[p->format]);
			if (p->set)
				printf(":%s", p->set->name);
			if (p->dirfd >= 0)
				printf(":dirfd=%d", p->dirfd);
		}
		printf("%s\n", e->nparams ? "" : "-");
	}
}

static void number(int nr, const char *end)
{
	if (nr < 0)
		printf("-%s", end);
	else
		printf("%d%s", nr, end);
}

static const char *event_name(unsigned type)
{
	return type == PPME_NONE ? "-" : hc_event_table[type].id;
}

static void syscalls(void)
{
	static const struct bit driver[] = { BIT(UF_USED), BIT(UF_ALWAYS_DROP), BIT(UF_NEVER_DROP) };
	static const struct bit sets[] = {
		{ "state", HC_SCSET_STATE }, { "repair_base", HC_SCSET_REPAIR_BASE }, { "simple", HC_SCSET_SIMPLE },
		{ "io", HC_SCSET_IO }, { "io_other", HC_SCSET_IO_OTHER }, { "file", HC_SCSET_FILE },
		{ "net", HC_SCSET_NET }, { "proc", HC_SCSET_PROC }, { "sys", HC_SCSET_SYS },
	};

	for (unsigned i = 0; i < HC_SC_COUNT; i++) {
		const struct hc_sc_info *s = &hc_sc_table[i];

		printf("%s\t%u\t", s->name, i);
		number(s->nr_x86_64, "\t");
		number(s->nr_aarch64, "\t");
		number(s->nr_ia32, s->nr_ia32b >= 0 ? "," : "\t");
		if (s->nr_ia32b >= 0)
			number(s->nr_ia32b, "\t");
		printf("%s\t%s\t%s\t", event_name(s->enter), event_name(s->exit), kinds[s->kind]);
		bits(s->driver_flags, driver, sizeof driver / sizeof *driver, "-");
		printf("\t");
		if (s->kind == HC_SC_UNKNOWN || s->kind == HC_SC_RESERVED)
			printf("-");
		else
			category(s->category);
		printf("\t");
		bits(s->sets, sets, sizeof sets / sizeof *sets, "-");
		printf("\n");
	}
}

static void flags(void)
{
	for (const struct hc_flagset *s = hc_flagsets; s->name; s++)
		for (size_t i = 0; i < s->n; i++)
			printf("%s\t%s\t%llu\n", s->name, s->flags[i].name, (unsigned long long)s->flags[i].value);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "events"))
		events();
	else if (argc == 2 && !strcmp(argv[1], "syscalls"))
		syscalls();
	else if (argc == 2 && !strcmp(argv[1], "flags"))
		flags();
	else
		return 2;
	return 0;
}
