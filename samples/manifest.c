/* SPDX-License-Identifier: Apache-2.0
 *
 * Manifests written and checked. Only integers and text go in, in a fixed order: the same members give the same bytes.
 */
#include "samples/manifest.h"

#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ledger.h"
#include "common/strmap.h"
#include "config.h"
#include "formats/info.h"
#include "rules/ruleset.h"
#include "samples/about.h"
#include "samples/bundle.h"

enum {
	LEDGER_MAX = 64, /* entries of one capture that are copied */
	HEX_MAX = 2 * SHA256_DIGEST_SIZE + 1,
};

/* ---- making ---- */

static void digest(const struct hc_archive_member *m, char hex[HEX_MAX])
{
	uint8_t bytes[SHA256_DIGEST_SIZE];
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_update(&sha, m->len, m->p);
	sha256_digest(&sha, sizeof bytes, bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

static json_t *text(const char *s)
{
	json_t *j = json_string(s);

	return j ? j : json_string("(no UTF-8)");
}

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* By content, or by name: what claims to be a capture must be one. */
static bool is_capture(const struct hc_archive_member *m)
{
	HC_CLEANUP(hc_reader_close) struct hc_reader *reader = NULL;

	return strstr(m->name, ".scap") || hc_reader_open_memory(&reader, m->p, m->len, m->name, NULL, NULL) == 0;
}

/* What tells how the capture came to be. Of the selection only the rules and the number of syscalls: the list is long, and in
 * the capture. What is written again and again (cost, loss, changes of the selection) is left out; losses are in the sum. */
static json_t *ledger_entry(const struct hc_info_ledger *l, bool *seen_selection)
{
	bool selection = !strcmp(l->name, HC_LEDGER_SELECTION);
	json_t *data, *entry;

	if (!strcmp(l->name, HC_LEDGER_COST) || !strcmp(l->name, HC_LEDGER_LOSS) || (selection && *seen_selection))
		return NULL;
	data = json_loads(l->data, JSON_REJECT_DUPLICATES, NULL);
	if (selection && json_is_object(data)) {
		size_t n = json_array_size(json_object_get(data, "syscalls"));

		json_object_set_new(data, "syscalls", number(n));
		json_object_del(data, "added");
		json_object_del(data, "removed");
		*seen_selection = true;
	}
	entry = json_object();
	json_object_set_new(entry, "event", text(l->name));
	json_object_set_new(entry, "data", data ? data : text(l->data));
	return entry;
}

static json_t *ledger(const struct hc_info *info)
{
	json_t *list = json_array();
	bool seen_selection = false;

	for (uint32_t i = 0; i < info->nledger && json_array_size(list) < LEDGER_MAX; i++) {
		json_t *entry = ledger_entry(&info->ledger[i], &seen_selection);

		if (entry)
			json_array_append_new(list, entry);
	}
	return list;
}

static json_t *capture_facts(const struct hc_archive_member *m, const struct hc_info *info)
{
	const struct hc_info_section *first = &info->sections[0];
	json_t *c = json_object(), *machine = json_object();
	char format[32];

	snprintf(format, sizeof format, "scap %u.%u", first->format_major, first->format_minor);
	json_object_set_new(c, "member", text(m->name));
	json_object_set_new(c, "format", text(format));
	json_object_set_new(c, "compression", text(info->stats.compression));
	json_object_set_new(c, "events", number(info->stats.events));
	json_object_set_new(c, "first_ns", number(info->first_ns));
	json_object_set_new(c, "last_ns", number(info->last_ns));
	json_object_set_new(c, "lost", number(info->lost));
	json_object_set_new(c, "sound", json_boolean(hc_info_is_sound(info)));
	if (first->has_machine) {
		json_object_set_new(machine, "cpus", number(first->machine.ncpus));
		json_object_set_new(machine, "memory_bytes", number(first->machine.memory_bytes));
	}
	json_object_set_new(c, "machine", machine);
	json_object_set_new(c, "ledger", ledger(info));
	return c;
}

static int add_captures(json_t *captures, const struct hc_archive *archive, struct hc_diag *diag)
{
	for (uint32_t i = 0; i < archive->n; i++) {
		const struct hc_archive_member *m = &archive->members[i];
		struct hc_info info;
		int r;

		if (!is_capture(m))
			continue;
		r = hc_info_read_memory(&info, m->p, m->len, m->name, diag);
		if (r)
			return r < 0 ? r : HC_READ_UNSUPPORTED;
		json_array_append_new(captures, capture_facts(m, &info));
		hc_info_done(&info);
	}
	return 0;
}

static void add_members(json_t *members, const struct hc_archive *archive)
{
	for (uint32_t i = 0; i < archive->n; i++) {
		const struct hc_archive_member *m = &archive->members[i];
		json_t *j = json_object();
		char hex[HEX_MAX];

		if (!strcmp(m->name, HC_BUNDLE_MANIFEST)) {
			json_decref(j);
			continue;
		}
		digest(m, hex);
		json_object_set_new(j, "name", text(m->name));
		json_object_set_new(j, "size", number(m->len));
		json_object_set_new(j, "sha256", text(hex));
		json_array_append_new(members, j);
	}
}

static json_t *pair(const char *a, const char *x, const char *b, const char *y)
{
	json_t *j = json_object();

	json_object_set_new(j, a, text(x));
	json_object_set_new(j, b, text(y));
	return j;
}

int hc_manifest_make(struct hc_buf *ret, const struct hc_archive *archive, struct hc_diag *reterr_diag)
{
	const struct hc_archive_member *about = hc_archive_get(archive, HC_BUNDLE_ABOUT);
	json_t *j = json_object(), *captures = json_array(), *members = json_array();
	char *out;
	int r = 0;

	json_object_set_new(j, "format", text("hindcast-bundle"));
	json_object_set_new(j, "version", number(HC_MANIFEST_VERSION));
	json_object_set_new(j, "tool", pair("name", "hindcast", "version", HC_VERSION));
	json_object_set_new(j, "schema", pair("capture", "scap 1.2", "rules_engine", HC_ENGINE_VERSION));
	if (about)
		r = hc_about_read(j, about, reterr_diag);
	json_object_set_new(j, "captures", captures);
	json_object_set_new(j, "members", members);
	if (!r)
		r = add_captures(captures, archive, reterr_diag);
	if (!r) {
		add_members(members, archive);
		out = json_dumps(j, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		hc_buf_puts(ret, out);
		hc_buf_putc(ret, '\n');
		free(out);
	}
	json_decref(j);
	return r;
}

/* ---- checking ---- */

int hc_manifest_parse(json_t **ret, const struct hc_archive_member *m, const char *archive_name, struct hc_diag *reterr_diag)
{
	json_error_t error;
	json_t *j = NULL;
	const char *format;
	json_int_t version;

	if (m->len <= HC_MANIFEST_BYTES_MAX)
		j = json_loadb((const char *)m->p, m->len, JSON_REJECT_DUPLICATES, &error);
	if (!j)
		return hc_diag_set_off(reterr_diag, HC_READ_UNSUPPORTED, archive_name, -1, "%s: %s", m->name,
				       m->len > HC_MANIFEST_BYTES_MAX ? "is bigger than 8 MiB" : error.text);
	format = json_string_value(json_object_get(j, "format"));
	version = json_integer_value(json_object_get(j, "version"));
	if (!format || strcmp(format, "hindcast-bundle") || version < 1 || !json_is_array(json_object_get(j, "members"))) {
		json_decref(j);
		return hc_diag_set_off(reterr_diag, HC_READ_UNSUPPORTED, archive_name, -1,
				       "%s: is no manifest of a hindcast bundle", m->name);
	}
	if (version > HC_MANIFEST_VERSION) {
		json_decref(j);
		return hc_diag_set_off(reterr_diag, HC_READ_UNSUPPORTED, archive_name, -1,
				       "%s: version %lld; this hindcast knows bundles up to version %d", m->name,
				       (long long)version, HC_MANIFEST_VERSION);
	}
	*ret = j;
	return 0;
}

/* What is wrong with one member; NULL: nothing. */
static const char *problem_of(const json_t *row, const struct hc_archive_member *m)
{
	const char *sha256 = json_string_value(json_object_get(row, "sha256"));
	const json_t *size = json_object_get(row, "size");
	char hex[HEX_MAX];

	if (!m)
		return "is missing: the manifest lists it";
	if (!sha256 || !json_is_integer(size))
		return "has no hash or size in the manifest";
	if ((uint64_t)json_integer_value(size) != m->len)
		return "has another size than the manifest says";
	digest(m, hex);
	return strcmp(hex, sha256) ? "has another SHA-256 than the manifest says" : NULL;
}

unsigned hc_manifest_check(const json_t *manifest, const struct hc_archive *archive, hc_manifest_fn fn, void *ctx)
{
	const json_t *rows = json_object_get(manifest, "members");
	struct hc_strmap listed = { 0 };
	unsigned problems = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const char *name = json_string_value(json_object_get(row, "name")), *problem;
		const struct hc_archive_member *m = name ? hc_archive_get(archive, name) : NULL;

		if (!name)
			problem = "has no name";
		else if (hc_strmap_put(&listed, hc_str(name), (void *)row))
			problem = "is listed twice in the manifest";
		else
			problem = problem_of(row, m);
		problems += problem != NULL;
		fn(ctx, name ? name : "(one of the manifest)", m, problem);
	}
	for (uint32_t i = 0; i < archive->n; i++) {
		const struct hc_archive_member *m = &archive->members[i];

		if (!strcmp(m->name, HC_BUNDLE_MANIFEST) || hc_strmap_get(&listed, hc_str(m->name)))
			continue;
		problems++;
		fn(ctx, m->name, m, "is not in the manifest");
	}
	hc_strmap_done(&listed);
	return problems;
}
