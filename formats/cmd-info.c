/* SPDX-License-Identifier: Apache-2.0
 *
 * `hindcast info FILE...`: what a capture holds, as text, as JSON (one object per line and file), or as a table for
 * scripts. Everything it shows comes from formats/info.h.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/exit.h"
#include "common/ledger.h"
#include "common/mem.h"
#include "common/options.h"
#include "formats/info.h"

struct options {
	bool json, table, raw, no_hash;
};

static const struct hc_option table[] = {
	{ 'j', "json", NULL, "one JSON object per file and line", HC_OPTION_FLAG, offsetof(struct options, json) },
	{ 'T', "table", NULL, "one tab-separated line per file, after a header line", HC_OPTION_FLAG,
	  offsetof(struct options, table) },
	{ 'R', "raw", NULL, "count events as stored, before old ones are converted", HC_OPTION_FLAG,
	  offsetof(struct options, raw) },
	{ 'H', "no-hash", NULL, "leave out the SHA-256 of the file", HC_OPTION_FLAG, offsetof(struct options, no_hash) },
	HC_OPTION_END,
};

static int run(int argc, char **argv);

const struct hc_command hc_cmd_info = {
	"info",
	"[OPTION]... FILE...",
	"say what a capture holds, and whether it is sound",
	"FILE is a capture (plain, gzip or zstd), '-' for standard input, or ARCHIVE:MEMBER.\n"
	"\n"
	"The exit code is 0 if all files are sound, 4 if one is damaged or no capture, 1 if one cannot be read.",
	table,
	run,
};

/* ---- values as text ---- */

/* "2026-11-23 20:54:53.123456789 UTC" */
static const char *time_text(uint64_t ts_ns, char *buf, size_t size)
{
	time_t s = (time_t)(ts_ns / 1000000000);
	struct tm tm;
	size_t n;

	if (!ts_ns || !gmtime_r(&s, &tm))
		return "unknown";
	n = strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(buf + n, size - n, ".%09u UTC", (unsigned)(ts_ns % 1000000000));
	return buf;
}

static const char *size_text(uint64_t bytes, char *buf, size_t size)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double v = (double)bytes / 1024;
	unsigned u = 0;

	if (bytes < 1024)
		return "";
	while (v >= 1024 && u < 3) {
		v /= 1024;
		u++;
	}
	snprintf(buf, size, " (%.1f %s)", v, units[u]);
	return buf;
}

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static uint64_t duration_ns(const struct hc_info *i)
{
	return i->last_ns - i->first_ns;
}

static double rate(const struct hc_info *i)
{
	return duration_ns(i) ? (double)i->stats.events / seconds(duration_ns(i)) : 0;
}

static const char *state(const struct hc_info *i)
{
	if (hc_info_is_sound(i))
		return "sound";
	return i->truncated && i->ndamages == 1 ? "truncated" : "damaged";
}

/* What comes from outside is shown without control characters, which could steer a terminal. */
static void put_safe(const char *s)
{
	for (; *s; s++)
		putchar((unsigned char)*s < ' ' || *s == 0x7f ? '?' : *s);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void row(const char *label)
{
	printf("%-16s ", label);
}

/* ---- text ---- */

static void text_sections(const struct hc_info *i)
{
	char a[64], b[64];

	for (uint32_t n = 0; n < i->nsections; n++) {
		const struct hc_info_section *s = &i->sections[n];

		if (i->nsections > 1)
			printf("\nSection %u: %" PRIu64 " event%s\n", n + 1, s->events, plural(s->events));
		if (s->has_machine) {
			row("Host");
			put_safe(*s->machine.hostname ? s->machine.hostname : "(no name)");
			if (s->machine.ncpus != UINT32_MAX)
				printf(", %u CPU%s", s->machine.ncpus, plural(s->machine.ncpus));
			printf(", %" PRIu64 " bytes of memory%s\n", s->machine.memory_bytes,
			       size_text(s->machine.memory_bytes, a, sizeof a));
			row("Booted");
			puts(time_text(s->machine.boot_ts_ns, b, sizeof b));
		}
		row("At the start");
		printf("%u process%s with %u thread%s, %u fd%s, %u interface%s, %u user%s, %u group%s\n", s->processes,
		       s->processes == 1 ? "" : "es", s->threads, plural(s->threads), s->fds, plural(s->fds), s->interfaces,
		       plural(s->interfaces), s->users, plural(s->users), s->groups, plural(s->groups));
	}
}

static void text_ledger(const struct hc_info *i)
{
	if (!i->nledger)
		return;
	printf("\nRecorder's ledger\n");
	for (uint32_t n = 0; n < i->nledger; n++) {
		printf("  %-20s ", i->ledger[n].name + strlen(HC_LEDGER_PREFIX));
		put_safe(i->ledger[n].data);
		putchar('\n');
	}
}

static void text_types(const struct hc_info *i)
{
	uint16_t types[HC_EVENT_COUNT];
	uint32_t n = hc_info_types(i, types);

	if (n)
		printf("\n%12s %6s  %s\n", "events", "%", "type");
	for (uint32_t k = 0; k < n; k++) {
		const struct hc_event_info *e = &hc_event_table[types[k]];

		printf("%12" PRIu64 " %6.2f  %s%s\n", i->by_type[types[k]],
		       100.0 * (double)i->by_type[types[k]] / (double)i->stats.events, e->name,
		       (e->category & EC_SYSCALL) && !(types[k] & 1) ? " (enter)" : "");
	}
}

static void text(const char *path, const struct hc_info *i)
{
	struct hc_buf blocks HC_BUF_DONE = { 0 };
	char a[64];

	hc_info_blocks(i, &blocks);
	row("File");
	put_safe(path);
	putchar('\n');
	row("Format");
	if (i->sections[0].format_major || i->sections[0].format_minor)
		printf("scap %u.%u", i->sections[0].format_major, i->sections[0].format_minor);
	else
		printf("scap, its version is lost");
	printf("; blocks %s\n", blocks.p ? blocks.p : "none");
	row("Compression");
	printf("%s", i->stats.compression);
	if (i->stats.bytes_in != i->stats.bytes_plain && i->stats.bytes_in)
		printf(", factor %.1f", (double)i->stats.bytes_plain / (double)i->stats.bytes_in);
	putchar('\n');
	row("Stored size");
	printf("%" PRIu64 " bytes%s\n", i->stats.bytes_in, size_text(i->stats.bytes_in, a, sizeof a));
	row("Plain size");
	printf("%" PRIu64 " bytes%s\n", i->stats.bytes_plain, size_text(i->stats.bytes_plain, a, sizeof a));
	if (i->sha256[0]) {
		row("SHA-256");
		puts(i->sha256);
	}
	row("State");
	puts(state(i));
	for (uint32_t n = 0; n < i->ndamages; n++) {
		if (i->damages[n].off >= 0)
			printf("  at byte %" PRId64 ": ", i->damages[n].off);
		else
			printf("  ");
		put_safe(i->damages[n].text);
		putchar('\n');
	}
	if (i->stats.skipped_ranges > i->ndamages)
		printf("  and %" PRIu64 " more\n", i->stats.skipped_ranges - i->ndamages);
	row("Events");
	printf("%" PRIu64, i->stats.events);
	if (i->state_only)
		printf(", %" PRIu64 " of them for the state only", i->state_only);
	if (i->enters)
		printf(", %" PRIu64 " enter event%s", i->enters, plural(i->enters));
	if (i->stats.filtered)
		printf("; %" PRIu64 " old one%s merged into others or dropped", i->stats.filtered, plural(i->stats.filtered));
	if (i->stats.newer)
		printf("; %" PRIu64 " of newer types than are known here passed over", i->stats.newer);
	putchar('\n');
	row("First");
	puts(time_text(i->first_ns, a, sizeof a));
	row("Last");
	puts(time_text(i->last_ns, a, sizeof a));
	row("Duration");
	printf("%.6f s", seconds(duration_ns(i)));
	if (duration_ns(i))
		printf(", %.1f events/s", rate(i));
	putchar('\n');
	row("Longest silence");
	printf("%.6f s", seconds(i->silence_ns));
	if (i->silence_at)
		printf(", before event %" PRIu64, i->silence_at);
	putchar('\n');
	if (i->backwards) {
		row("Out of order");
		printf("%" PRIu64 " event%s older than the one before\n", i->backwards, i->backwards == 1 ? " is" : "s are");
	}
	if (i->lost || i->drop_marks) {
		row("Gaps");
		printf("%" PRIu64 " event%s lost according to the recorder, thinned out %" PRIu64 " time%s\n", i->lost,
		       plural(i->lost), i->drop_marks, plural(i->drop_marks));
	}
	if (i->nsections > 1) {
		row("Sections");
		printf("%u\n", i->nsections);
	}
	text_sections(i);
	text_ledger(i);
	text_types(i);
}

/* ---- JSON ---- */

/* JSON strings are UTF-8; other bytes become '?'. */
static json_t *string(const char *s)
{
	json_t *j = json_string(s);
	char *copy, *p;

	if (j)
		return j;
	copy = hc_strdup(s);
	for (p = copy; *p; p++)
		*p = (unsigned char)*p >= 0x80 ? '?' : *p;
	j = json_string(copy);
	free(copy);
	return j;
}

static json_t *number(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static json_t *json_section(const struct hc_info_section *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "format", json_sprintf("%u.%u", s->format_major, s->format_minor));
	json_object_set_new(o, "events", number(s->events));
	json_object_set_new(o, "threads", number(s->threads));
	json_object_set_new(o, "processes", number(s->processes));
	json_object_set_new(o, "fds", number(s->fds));
	json_object_set_new(o, "interfaces", number(s->interfaces));
	json_object_set_new(o, "users", number(s->users));
	json_object_set_new(o, "groups", number(s->groups));
	if (s->has_machine) {
		json_object_set_new(o, "hostname", string(s->machine.hostname));
		json_object_set_new(o, "cpus", number(s->machine.ncpus));
		json_object_set_new(o, "memory_bytes", number(s->machine.memory_bytes));
		json_object_set_new(o, "boot_ns", number(s->machine.boot_ts_ns));
	}
	return o;
}

static json_t *json_types(const struct hc_info *i)
{
	uint16_t types[HC_EVENT_COUNT];
	uint32_t n = hc_info_types(i, types);
	json_t *a = json_array();

	for (uint32_t k = 0; k < n; k++)
		json_array_append_new(a, json_pack("{s:i, s:s, s:s, s:o}", "code", (int)types[k], "id",
						   hc_event_table[types[k]].id, "type", hc_event_table[types[k]].name, "events",
						   number(i->by_type[types[k]])));
	return a;
}

static json_t *json_ledger(const struct hc_info *i)
{
	json_t *a = json_array();

	for (uint32_t n = 0; n < i->nledger; n++) {
		json_t *data = json_loads(i->ledger[n].data, 0, NULL);

		json_array_append_new(a, json_pack("{s:o, s:o, s:o, s:o}", "event", number(i->ledger[n].num), "ts_ns",
						   number(i->ledger[n].ts_ns), "name", string(i->ledger[n].name), "data",
						   data ? data : string(i->ledger[n].data)));
	}
	return a;
}

static void json(const char *path, const struct hc_info *i)
{
	struct hc_buf blocks HC_BUF_DONE = { 0 };
	json_t *o = json_object(), *a;

	hc_info_blocks(i, &blocks);
	json_object_set_new(o, "file", string(path));
	json_object_set_new(o, "state", string(state(i)));
	json_object_set_new(o, "compression", string(i->stats.compression));
	json_object_set_new(o, "blocks", string(blocks.p ? blocks.p : ""));
	json_object_set_new(o, "stored_bytes", number(i->stats.bytes_in));
	json_object_set_new(o, "plain_bytes", number(i->stats.bytes_plain));
	if (i->sha256[0])
		json_object_set_new(o, "sha256", string(i->sha256));
	json_object_set_new(o, "events", number(i->stats.events));
	json_object_set_new(o, "state_only_events", number(i->state_only));
	json_object_set_new(o, "enter_events", number(i->enters));
	json_object_set_new(o, "filtered_events", number(i->stats.filtered));
	json_object_set_new(o, "newer_events", number(i->stats.newer));
	json_object_set_new(o, "first_ns", number(i->first_ns));
	json_object_set_new(o, "last_ns", number(i->last_ns));
	json_object_set_new(o, "duration_ns", number(duration_ns(i)));
	json_object_set_new(o, "events_per_second", json_real(rate(i)));
	json_object_set_new(o, "longest_silence_ns", number(i->silence_ns));
	json_object_set_new(o, "longest_silence_before_event", number(i->silence_at));
	json_object_set_new(o, "out_of_order", number(i->backwards));
	json_object_set_new(o, "lost_events", number(i->lost));
	json_object_set_new(o, "drop_marks", number(i->drop_marks));
	json_object_set_new(o, "damaged_ranges", number(i->stats.skipped_ranges));
	json_object_set_new(o, "damaged_bytes", number(i->stats.skipped_bytes));
	json_object_set_new(o, "damage", a = json_array());
	for (uint32_t n = 0; n < i->ndamages; n++)
		json_array_append_new(a, json_pack("{s:I, s:o}", "offset", (json_int_t)i->damages[n].off, "text",
						   string(i->damages[n].text)));
	json_object_set_new(o, "sections", a = json_array());
	for (uint32_t n = 0; n < i->nsections; n++)
		json_array_append_new(a, json_section(&i->sections[n]));
	json_object_set_new(o, "ledger", json_ledger(i));
	json_object_set_new(o, "types", json_types(i));
	json_dumpf(o, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(o);
}

/* ---- table ---- */

static void table_header(void)
{
	puts("file\tstate\tcompression\tstored_bytes\tplain_bytes\tsections\tevents\ttypes\tfirst_ns\tlast_ns\tduration_ns\t"
	     "lost_events\tdamaged_ranges\tdamaged_bytes\tsha256");
}

static void table_row(const char *path, const struct hc_info *i)
{
	uint16_t types[HC_EVENT_COUNT];

	put_safe(path);
	printf("\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%u\t%" PRIu64 "\t%u\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
	       "\t%" PRIu64 "\t%" PRIu64 "\t%s\n",
	       state(i), i->stats.compression, i->stats.bytes_in, i->stats.bytes_plain, i->nsections, i->stats.events,
	       hc_info_types(i, types), i->first_ns, i->last_ns, duration_ns(i), i->lost, i->stats.skipped_ranges,
	       i->stats.skipped_bytes, i->sha256[0] ? i->sha256 : "-");
}

static int run(int argc, char **argv)
{
	struct options o = { 0 };
	int n = 0, status = HC_EXIT_OK;

	if (hc_options_parse(&hc_cmd_info, argc, argv, &o, &n, &status))
		return status;
	if (n == 0) {
		fprintf(stderr, "hindcast info: which capture? Try 'hindcast info --help'.\n");
		return HC_EXIT_USAGE;
	}
	if (o.json && o.table) {
		fprintf(stderr, "hindcast info: --json or --table, not both\n");
		return HC_EXIT_USAGE;
	}
	if (o.table)
		table_header();
	for (int k = 1; k <= n; k++) {
		struct hc_info info;
		struct hc_diag diag;
		char message[1200];
		int r = hc_info_read(&info, argv[k], o.raw, !o.no_hash, true, &diag);

		if (r) {
			fprintf(stderr, "hindcast info: %s\n", hc_diag_format(&diag, message, sizeof message));
			status = r < 0 ? HC_EXIT_FAIL : status == HC_EXIT_FAIL ? status : HC_EXIT_DAMAGED;
			continue;
		}
		if (!hc_info_is_sound(&info) && status == HC_EXIT_OK)
			status = HC_EXIT_DAMAGED;
		if (o.json)
			json(argv[k], &info);
		else if (o.table)
			table_row(argv[k], &info);
		else {
			if (k > 1)
				putchar('\n');
			text(argv[k], &info);
		}
		hc_info_done(&info);
	}
	return status;
}
