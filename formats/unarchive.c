/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading an archive, suspiciously: each header is judged before a byte of its data is read, sizes are counted as data
 * arrives and never believed.
 */
#include "formats/unarchive.h"

#include <archive_entry.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/strmap.h"
#include "formats/archive-input.h"
#include "formats/reader.h"

enum {
	CHUNK = 64 << 10,
	SHOWN_MAX = 80, /* bytes of a name in a message */
};

struct load {
	struct hc_archive_input input;
	struct hc_archive *archive;
	uint32_t entries; /* headers met, directories included */
	const char *name; /* for messages */
	struct hc_diag *diag;
};

/* ---- names ---- */

const char *hc_archive_name_show(const char *name, char *buf, size_t size)
{
	struct hc_buf b HC_BUF_DONE = { 0 };

	for (size_t i = 0; name[i]; i++) {
		if (i == SHOWN_MAX) {
			hc_buf_puts(&b, "...");
			break;
		}
		if (name[i] < ' ' || name[i] > '~')
			hc_buf_printf(&b, "\\x%02x", (unsigned char)name[i]);
		else
			hc_buf_putc(&b, name[i]);
	}
	snprintf(buf, size, "%s", b.p ? b.p : "");
	return buf;
}

const char *hc_archive_name_problem(const char *name)
{
	size_t len = strlen(name), part;

	if (!len)
		return "has no name";
	if (name[0] == '/')
		return "has an absolute path";
	if (len > HC_ARCHIVE_NAME_MAX)
		return "has a name longer than 255 bytes";
	for (size_t i = 0; i < len; i++) {
		if (name[i] < ' ' || name[i] == 0x7f)
			return "has control characters in its name, or bytes beyond ASCII";
		if (strchr("\\:*?\"<>|", name[i]))
			return "has a character in its name that is none on every system (one of \\ : * ? \" < > |)";
	}
	for (const char *p = name;; p += part + 1) {
		part = strcspn(p, "/");
		if (part == 0)
			return "has an empty component in its path";
		if (part == 2 && !strncmp(p, "..", 2))
			return "climbs out with '..'";
		if (part == 1 && *p == '.')
			return "has a '.' in its path";
		/* Hidden files mean something to programs that find them: .git, .bashrc. */
		if (*p == '.')
			return "has a component that begins with a dot";
		if (p[part - 1] == '.' || p[part - 1] == ' ' || *p == ' ')
			return "has a component that begins or ends with a blank, or ends with a dot";
		if (!p[part])
			return NULL;
	}
}

/* ---- all names together ---- */

static int refuse(const char *archive, const char *name, const char *problem, struct hc_diag *diag)
{
	char shown[SHOWN_MAX * 4 + 8];

	return hc_diag_set_off(diag, HC_READ_UNSUPPORTED, archive, -1, "refused: member '%s' %s",
			       hc_archive_name_show(name, shown, sizeof shown), problem);
}

/* What would fall together on some system: files that differ in letter case only, a file where a directory must be. NULL, or
 * what is wrong with *ret_name. */
static const char *find_clash(const struct hc_archive *a, struct hc_arena *arena, struct hc_strmap *places, const char **ret_name)
{
	static char file, directory; /* marks in the map */

	for (uint32_t i = 0; i < a->n; i++) {
		char *lower = hc_arena_dup(arena, a->members[i].name);

		*ret_name = a->members[i].name;
		for (char *p = lower; *p; p++)
			*p = (char)tolower(*p);
		for (char *slash = strchr(lower, '/'); slash; slash = strchr(slash + 1, '/')) {
			if (hc_strmap_put(places, (struct hc_str){ lower, (uint32_t)(slash - lower) }, &directory) == &file)
				return "is in a directory that is a file as well";
		}
		if (hc_strmap_get(places, hc_str(lower)) == &file)
			return "comes twice (letter case aside)";
		if (hc_strmap_put(places, hc_str(lower), &file))
			return "is a directory as well";
	}
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct hc_archive_member *)a)->name, ((const struct hc_archive_member *)b)->name);
}

int hc_archive_seal(struct hc_archive *a, const char *name, struct hc_diag *reterr_diag)
{
	struct hc_strmap places = { 0 };
	const char *problem, *member;
	struct hc_arena arena;

	if (a->n)
		qsort(a->members, a->n, sizeof *a->members, by_name);
	hc_arena_init(&arena);
	problem = find_clash(a, &arena, &places, &member);
	hc_strmap_done(&places);
	hc_arena_done(&arena);
	return problem ? refuse(name, member, problem, reterr_diag) : 0;
}

void hc_archive_add(struct hc_archive *a, const char *name, struct hc_buf *data)
{
	if (a->n == a->cap) {
		a->cap = a->cap ? a->cap * 2 : 16;
		a->members = hc_realloc(a->members, a->cap * sizeof *a->members);
	}
	data->p = hc_realloc(data->p, data->len + 1);
	data->p[data->len] = '\0';
	a->members[a->n++] = (struct hc_archive_member){ hc_strdup(name), (uint8_t *)data->p, data->len };
	a->bytes += data->len;
	*data = (struct hc_buf){ 0 };
}

/* ---- loading ---- */

static const char *kind_problem(struct archive_entry *e)
{
	if (archive_entry_hardlink(e) || archive_entry_hardlink_w(e))
		return "is a hard link";
	switch (archive_entry_filetype(e)) {
	case AE_IFREG: case AE_IFDIR: return NULL;
	case AE_IFLNK: return "is a symbolic link";
	case AE_IFCHR: case AE_IFBLK: return "is a device";
	case AE_IFIFO: return "is a named pipe";
	case AE_IFSOCK: return "is a socket";
	default: return "is no regular file";
	}
}

/* The name as others see it: "./x" is x (tar of a directory), "x/" a directory's. NULL if it is no ASCII. */
static char *plain_name(struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);
	size_t len;
	char *copy;

	if (!name)
		return NULL;
	if (!strncmp(name, "./", 2))
		name += 2;
	copy = hc_strdup(name);
	len = strlen(copy);
	if (archive_entry_filetype(e) == AE_IFDIR && len && copy[len - 1] == '/')
		copy[len - 1] = '\0';
	return copy;
}

static int read_data(struct load *l, const char *name, struct hc_buf *to)
{
	for (;;) {
		uint64_t bytes;
		la_ssize_t n = hc_archive_input_read(&l->input, hc_buf_room(to, CHUNK), CHUNK);

		if (n < 0)
			return hc_diag_set_off(l->diag, HC_READ_TRUNCATED, l->name, -1, "damaged in member '%s': %s", name,
					       hc_archive_input_error(&l->input));
		if (n == 0)
			return 0;
		to->len += (size_t)n;
		bytes = l->archive->bytes + to->len;
		if (bytes > HC_ARCHIVE_BYTES_MAX)
			return refuse(l->name, name, "makes it more than 512 MiB unpacked", l->diag);
		if (bytes > HC_ARCHIVE_RATIO_FREE &&
		    bytes / HC_ARCHIVE_RATIO_MAX > l->input.file->off + l->input.given)
			return refuse(l->name, name, "unpacks to more than 500 times what is stored", l->diag);
	}
}

static int load_entry(struct load *l, struct archive_entry *e)
{
	struct hc_buf data HC_BUF_DONE = { 0 };
	HC_FREE char *name = NULL;
	const char *problem;
	int r;

	if (++l->entries > HC_ARCHIVE_MEMBERS_MAX)
		return hc_diag_set_off(l->diag, HC_READ_UNSUPPORTED, l->name, -1, "refused: more than %d members",
				       HC_ARCHIVE_MEMBERS_MAX);
	name = plain_name(e);
	problem = kind_problem(e);
	if (!problem && !name)
		problem = "has bytes beyond ASCII in its name";
	/* What `tar -C DIR .` begins with. */
	if (!problem && archive_entry_filetype(e) == AE_IFDIR && (!*name || !strcmp(name, ".")))
		return 0;
	if (!problem)
		problem = hc_archive_name_problem(name);
	if (!problem && archive_filter_count(l->input.archive) > 2)
		problem = "is compressed more than once";
	if (problem && !name)
		return hc_diag_set_off(l->diag, HC_READ_UNSUPPORTED, l->name, -1, "refused: member %u %s", l->entries, problem);
	if (problem)
		return refuse(l->name, name, problem, l->diag);
	if (archive_entry_filetype(e) == AE_IFDIR)
		return 0;
	r = read_data(l, name, &data);
	if (!r)
		hc_archive_add(l->archive, name, &data);
	return r;
}

static int load_all(struct load *l)
{
	struct archive_entry *e;
	int r = hc_archive_input_open(&l->input, true);

	if (r != ARCHIVE_OK)
		return hc_diag_set_off(l->diag, HC_READ_UNSUPPORTED, l->name, -1, "cannot be opened as an archive: %s",
				       hc_archive_input_error(&l->input));
	while ((r = hc_archive_input_next(&l->input, &e)) == ARCHIVE_OK || r == ARCHIVE_WARN) {
		int x = load_entry(l, e);

		if (x)
			return x;
	}
	if (r != ARCHIVE_EOF && !l->entries)
		return hc_diag_set_off(l->diag, HC_READ_UNSUPPORTED, l->name, -1, "is no archive: %s",
				       hc_archive_input_error(&l->input));
	if (r != ARCHIVE_EOF)
		return hc_diag_set_off(l->diag, HC_READ_TRUNCATED, l->name, -1, "damaged behind member %u: %s", l->entries,
				       hc_archive_input_error(&l->input));
	return hc_archive_seal(l->archive, l->name, l->diag);
}

int hc_archive_load(struct hc_archive **ret, struct hc_source *source, const char *name, struct hc_diag *reterr_diag)
{
	struct load l = { .input.file = source, .archive = hc_calloc(1, sizeof *l.archive), .name = name, .diag = reterr_diag };
	int r = load_all(&l);

	hc_archive_input_done(&l.input);
	if (r) {
		hc_archive_free(l.archive);
		return r;
	}
	*ret = l.archive;
	return 0;
}

struct hc_archive *hc_archive_free(struct hc_archive *a)
{
	if (!a)
		return NULL;
	for (uint32_t i = 0; i < a->n; i++) {
		free((char *)a->members[i].name);
		free((uint8_t *)a->members[i].p);
	}
	free(a->members);
	free(a);
	return NULL;
}

const struct hc_archive_member *hc_archive_get(const struct hc_archive *a, const char *name)
{
	struct hc_archive_member key = { .name = name };

	return a->n ? bsearch(&key, a->members, a->n, sizeof key, by_name) : NULL;
}
