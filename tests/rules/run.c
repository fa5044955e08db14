/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the .rt files beside it: what conditions mean, what rules files expand to, and what is said about bad ones, word
 * for word. Tests in a file are separated by empty lines; `#` begins a comment line between tests.
 *
 *   a condition                     three lines: the verdict for an event that has just these fields. Values: "text" with
 *   proc.name="cat" fd.num=3        \n \t \\ \" \xHH, whole numbers, true, false, addresses, [lists]; `-`: no field at all.
 *   true
 *
 *   %%FAIL                          a condition that does not compile: line:column and message
 *   a condition
 *   1:5: message
 *
 *   %%FILE                          rules files (more %%FILE sections are further files), then any of
 *   - rule: ...
 *   %%COMPILED NAME                 the expanded condition of a rule or macro
 *   (a = b)
 *   %%LIST NAME                     the items of a list, comma separated
 *   %%REPORT                        what check -V says about all of it
 *   %%STARTUP                       the message of a start-up error
 *   %%END
 *
 * usage: run-rt FILE.rt... ; prints TAP. With RT_UPDATE=1 prints the files' REPORT sections as they are now instead.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "rules/naive.h"
#include "rules/parser.h"
#include "rules/ruleset.h"

enum { FIELDS_MAX = 16, FILES_MAX = 8 };

static const char *file_name;
static unsigned line_no, ntests, nfailed;
static bool update;

static void verdict(bool good, unsigned line, const char *what)
{
	ntests++;
	nfailed += !good;
	if (!update)
		printf("%sok %u - %s:%u %s\n", good ? "" : "not ", ntests, file_name, line, what);
}

static void differs(const char *want, const char *got)
{
	if (!update)
		printf("# want: %s\n# got:  %s\n", want, got);
}

/* ---- events ---- */

struct given {
	char name[64];
	const char *text; /* the value as written */
};
struct event {
	struct given fields[FIELDS_MAX];
	unsigned n;
	struct hc_arena arena;
};

static int hex_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

/* A value of the field's type; *p is moved behind it. */
static struct hc_value value_of(struct event *ev, const struct hc_field *f, const char **p)
{
	struct hc_value v = { .kind = hc_value_kind_of(f->type) };
	char *out, *end, text[64];
	uint32_t n = 0;

	if (**p == '[') {
		struct hc_value *items = hc_arena_array(&ev->arena, struct hc_value, 16);

		for ((*p)++; **p && **p != ']';) {
			items[n++] = value_of(ev, f, p);
			*p += strspn(*p, ", ");
		}
		(*p)++;
		return (struct hc_value){ .kind = HC_VALUE_LIST, .nitems = n, .items = items };
	}
	if (**p == '"') {
		out = hc_arena_bytes(&ev->arena, strlen(*p) + 1);
		for ((*p)++; **p && **p != '"'; (*p)++) {
			if (**p != '\\') {
				out[n++] = **p;
				continue;
			}
			(*p)++;
			if (**p == 'x') {
				out[n++] = (char)(hex_digit((*p)[1]) * 16 + hex_digit((*p)[2]));
				*p += 2;
			} else {
				out[n++] = **p == 'n' ? '\n' : **p == 't' ? '\t' : **p;
			}
		}
		(*p)++;
		out[n] = '\0';
		v.s = (struct hc_str){ out, n };
		return v;
	}
	n = (uint32_t)strcspn(*p, " ,]");
	snprintf(text, sizeof text, "%.*s", (int)n, *p);
	*p += n;
	if (v.kind == HC_VALUE_IP) {
		out = hc_arena_bytes(&ev->arena, 16);
		v.s = (struct hc_str){ out, strchr(text, ':') ? 16 : 4 };
		if (inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, out) != 1)
			abort();
	} else if (v.kind == HC_VALUE_BOOL) {
		v.u = !strcmp(text, "true");
	} else if (v.kind == HC_VALUE_DOUBLE) {
		v.d = strtod(text, NULL);
	} else if (v.kind == HC_VALUE_INT) {
		v.u = *text == '-' ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
	} else {
		fprintf(stderr, "%s:%u: %s needs a \"text\", not %s\n", file_name, line_no, f->text.p, text);
		exit(2);
	}
	return v;
}

static bool extract(void *ctx, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct event *ev = ctx;

	for (unsigned i = 0; i < ev->n; i++)
		if (hc_str_is(field->text, ev->fields[i].name)) {
			const char *p = ev->fields[i].text;

			*ret = value_of(ev, field, &p);
			/* fields with several candidates give them as a list to conditions */
			if (field->match != HC_MATCH_ONE && ret->kind != HC_VALUE_LIST) {
				struct hc_value *one = hc_arena_new(&ev->arena, struct hc_value);

				*one = *ret;
				*ret = (struct hc_value){ .kind = HC_VALUE_LIST, .nitems = 1, .items = one };
			}
			return true;
		}
	return false;
}

static void read_event(struct event *ev, const char *line)
{
	hc_arena_init(&ev->arena);
	ev->n = 0;
	while (*line && *line != '-') {
		const char *eq = strchr(line, '=');
		bool quoted = false;
		int depth = 0;

		if (!eq || ev->n == FIELDS_MAX) {
			fprintf(stderr, "%s:%u: an event is field=value ...: %s\n", file_name, line_no, line);
			exit(2);
		}
		snprintf(ev->fields[ev->n].name, sizeof ev->fields->name, "%.*s", (int)(eq - line), line);
		ev->fields[ev->n++].text = eq + 1;
		for (line = eq + 1; *line && (quoted || depth || *line != ' '); line++) {
			if (*line == '\\')
				line++;
			else if (*line == '"')
				quoted = !quoted;
			else if (!quoted)
				depth += (*line == '[') - (*line == ']');
		}
		line += strspn(line, " ");
	}
}

/* ---- conditions ---- */

/* NULL and ast, or the error as line:column: message in text. */
static const char *compile(struct hc_checker *checker, struct hc_arena *arena, const char *condition, struct hc_ast **ast,
			   char *text, size_t size)
{
	struct hc_diag diag;

	if (hc_condition_parse(arena, condition, strlen(condition), ast, &diag)) {
		snprintf(text, size, "%u:%u: %s", diag.line, diag.column, diag.text);
		return text;
	}
	if (hc_check_condition(checker, *ast)) {
		const struct hc_check_note *note = &checker->notes[checker->nnotes - 1];

		snprintf(text, size, "%u:%u: %s", note->pos.line, note->pos.column, note->text);
		return text;
	}
	return NULL;
}

static void run_condition(unsigned line, const char *condition, const char *event, const char *want)
{
	struct hc_checker checker;
	struct hc_arena arena;
	struct event ev;
	struct hc_expr_ctx cx = { .extract = extract, .ctx = &ev };
	const char *error, *got;
	struct hc_ast *ast;
	char text[1024];

	hc_checker_init(&checker);
	hc_arena_init(&arena);
	read_event(&ev, event);
	cx.scratch = &ev.arena;
	error = compile(&checker, &arena, condition, &ast, text, sizeof text);
	got = error ? error : hc_naive_eval(ast, &cx) ? "true" : "false";
	verdict(!strcmp(got, want), line, condition);
	if (strcmp(got, want))
		differs(want, got);
	hc_arena_done(&ev.arena);
	hc_arena_done(&arena);
	hc_checker_done(&checker);
}

static void run_fail(unsigned line, const char *condition, const char *want)
{
	struct hc_checker checker;
	struct hc_arena arena;
	struct hc_ast *ast;
	const char *error;
	char text[1024];

	hc_checker_init(&checker);
	hc_arena_init(&arena);
	error = compile(&checker, &arena, condition, &ast, text, sizeof text);
	if (!error)
		error = "compiles";
	verdict(!strcmp(error, want), line, condition);
	if (strcmp(error, want))
		differs(want, error);
	hc_arena_done(&arena);
	hc_checker_done(&checker);
}

/* ---- files ---- */

/* The lines of one section; the next line that begins with %% stays in *line. */
static void section(FILE *f, char **line, size_t *cap, struct hc_buf *buf)
{
	hc_buf_puts(buf, "");
	while (getline(line, cap, f) > 0) {
		line_no++;
		if (!strncmp(*line, "%%", 2))
			return;
		hc_buf_puts(buf, *line);
	}
	**line = '\0';
}

static void compare(unsigned line, const char *what, const char *want, const char *got)
{
	verdict(!strcmp(want, got), line, what);
	if (strcmp(want, got) && !update)
		fprintf(stderr, "%s:%u: want\n%s----- got\n%s-----\n", file_name, line, want, got);
}

static void compiled(const struct hc_ruleset *rs, const char *name, struct hc_buf *out)
{
	for (uint32_t i = 0; i < rs->nrules; i++)
		if (!strcmp(rs->rules[i]->name, name) && rs->rules[i]->ast)
			hc_ast_print(out, rs->rules[i]->ast);
	for (uint32_t i = 0; !out->len && i < rs->nmacros; i++)
		if (!strcmp(rs->macros[i]->name, name) && rs->macros[i]->ast)
			hc_ast_print(out, rs->macros[i]->ast);
	hc_buf_puts(out, "\n");
}

static void listed(const struct hc_ruleset *rs, const char *name, struct hc_buf *out)
{
	for (uint32_t i = 0; i < rs->nlists; i++)
		for (uint32_t k = 0; !strcmp(rs->lists[i]->name, name) && k < rs->lists[i]->nitems; k++)
			hc_buf_printf(out, "%s%s", k ? ", " : "", rs->lists[i]->items[k]);
	hc_buf_puts(out, "\n");
}

static void report(const struct hc_ruleset *rs, struct hc_buf *out)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	hc_report_text(f, rs, true);
	fclose(f);
	hc_buf_put(out, text, len);
	free(text);
}

static void run_files(FILE *f, char **line, size_t *cap)
{
	struct hc_ruleset_options options = { .validate = true };
	struct hc_ruleset *rs = hc_ruleset_new(&options);
	struct hc_diag diag = { 0 };
	unsigned nfiles = 0;
	char name[32];

	while (!strncmp(*line, "%%FILE", 6)) {
		struct hc_buf text HC_BUF_DONE = { 0 };

		section(f, line, cap, &text);
		snprintf(name, sizeof name, "%c.yaml", 'a' + (char)nfiles++);
		hc_ruleset_add(rs, name, text.p, text.len, &diag);
	}
	if (!rs->invalid && !diag.text[0])
		hc_ruleset_finish(rs, &diag);
	while (**line && strncmp(*line, "%%END", 5)) {
		struct hc_buf want HC_BUF_DONE = { 0 }, got HC_BUF_DONE = { 0 };
		unsigned at = line_no;
		char what[128];

		snprintf(what, sizeof what, "%s", *line);
		what[strcspn(what, "\n")] = '\0';
		section(f, line, cap, &want);
		hc_buf_puts(&got, "");
		if (!strncmp(what, "%%COMPILED ", 11))
			compiled(rs, what + 11, &got);
		else if (!strncmp(what, "%%LIST ", 7))
			listed(rs, what + 7, &got);
		else if (!strcmp(what, "%%REPORT"))
			report(rs, &got);
		else if (!strcmp(what, "%%STARTUP"))
			hc_buf_printf(&got, "%s\n", diag.text);
		else
			hc_buf_printf(&got, "unknown section\n");
		if (update)
			printf("%s:%u %s\n%s", file_name, at, what, got.p);
		compare(at, what, want.p, got.p);
	}
	hc_ruleset_free(rs);
}

static char *chomp(char *s)
{
	s[strcspn(s, "\n")] = '\0';
	return s;
}

static void run_file(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL, *second = NULL, *third = NULL;
	size_t cap = 0, cap2 = 0, cap3 = 0;

	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(2);
	}
	file_name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	line_no = 0;
	while (getline(&line, &cap, f) > 0) {
		unsigned at = ++line_no;

		if (*line == '#' || *line == '\n')
			continue;
		if (!strncmp(line, "%%FILE", 6)) {
			run_files(f, &line, &cap);
			continue;
		}
		if (getline(&second, &cap2, f) <= 0 || getline(&third, &cap3, f) <= 0) {
			fprintf(stderr, "%s:%u: three lines make a test\n", path, at);
			exit(2);
		}
		line_no += 2;
		chomp(second);
		chomp(third);
		if (!strncmp(line, "%%FAIL", 6))
			run_fail(at, second, third);
		else
			run_condition(at, chomp(line), second, third);
	}
	free(line);
	free(second);
	free(third);
	fclose(f);
}

int main(int argc, char **argv)
{
	update = getenv("RT_UPDATE") != NULL;
	for (int i = 1; i < argc; i++)
		run_file(argv[i]);
	if (!update)
		printf("1..%u\n", ntests);
	return nfailed && !update ? 1 : 0;
}
