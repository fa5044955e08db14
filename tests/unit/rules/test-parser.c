/* SPDX-License-Identifier: Apache-2.0
 *
 * What conditions parse to, and what is said, and where, about those that do not parse (rules-language.md 4).
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "rules/parser.h"

/* The canonical print of what text parses to, or "line:column: message". */
static const char *parsed(const char *text)
{
	static char out[8192];
	struct hc_arena arena;
	struct hc_buf buf HC_BUF_DONE = { 0 };
	struct hc_diag diag;
	struct hc_ast *ast;

	hc_arena_init(&arena);
	if (hc_condition_parse(&arena, text, strlen(text), &ast, &diag)) {
		snprintf(out, sizeof out, "%u:%u: %s", diag.line, diag.column, diag.text);
	} else {
		hc_ast_print(&buf, ast);
		snprintf(out, sizeof out, "%s", buf.p);
	}
	hc_arena_done(&arena);
	return out;
}

#define IS(text, want) \
	do { \
		const char *got_ = parsed(text); \
		cr_expect_str_eq(got_, want, "%s\n   gave %s\n   want %s", text, got_, want); \
	} while (0)

Test(parser, not_binds_tighter_than_and_than_or)
{
	IS("evt.num=1 or not evt.num=2 and evt.num=3", "(evt.num = 1 or (not evt.num = 2 and evt.num = 3))");
	IS("(evt.num=1 or a) and b", "((evt.num = 1 or a) and b)");
	IS("not not a", "a");
	IS("not(a) and not(not(b))", "(not a and not not b)");
	IS("not not not a", "not a");
	IS("a or b or c", "(a or b or c)");
	IS("a or (b or c)", "(a or (b or c))");
	IS("a and(b)or(c)", "((a and b) or c)");
	IS("( a )and b", "(a and b)");
}

Test(parser, words_need_a_blank_or_parenthesis_behind_them)
{
	IS("a andb", "1:6: expected blank or '(' after 'and'");
	IS("a orb", "1:5: expected blank or '(' after 'or'");
	IS("a b", "1:3: unexpected token after 'a', expecting 'or', 'and'");
	IS("(a))", "1:4: unexpected token after ')', expecting 'or', 'and'");
	IS("proc.name=a\"b\"", "1:12: unexpected token after 'a', expecting 'or', 'and'");
	IS("proc.name=a,b", "1:12: unexpected token after 'a', expecting 'or', 'and'");
	IS("proc.name=a=b", "1:12: unexpected token after 'a', expecting 'or', 'and'");
	IS("fd.name startswith\"a\"",
	   "1:9: expected a valid check operator: one of 'exists', '<=', '<', '>=', '>', '==', '=', '!=', 'glob', "
	   "'iglob', 'contains', 'icontains', 'bcontains', 'startswith', 'bstartswith', 'endswith', 'regex', "
	   "'intersects', 'in', 'pmatch'");
	IS("fd.name in(a,b)and fd.num exists", "(fd.name in (a, b) and fd.num exists)");
	IS("fd.name startswith\t/etc", "fd.name startswith /etc");
	IS("fd.name startswith\n/etc", "fd.name startswith /etc");
}

Test(parser, empty_or_incomplete_text_is_refused)
{
	IS("", "1:1: filter input string is empty");
	IS(" ", "1:2: expected a '(' token, a field check, or an identifier");
	IS("a and", "1:6: expected blank or '(' after 'and'");
	IS("a and ", "1:7: expected a '(' token, a field check, or an identifier");
	IS("(a", "1:3: expected a ')' token");
	IS("\n  (a or\n  )", "3:3: expected a '(' token, a field check, or an identifier");
	IS("!a", "1:1: expected a '(' token, a field check, or an identifier");
	IS("evt.failed", "1:11: expected a valid check operator: one of 'exists', '<=', '<', '>=', '>', '==', '=', "
			 "'!=', 'glob', 'iglob', 'contains', 'icontains', 'bcontains', 'startswith', 'bstartswith', "
			 "'endswith', 'regex', 'intersects', 'in', 'pmatch'");
}

Test(parser, numbers_after_orderings_only)
{
	IS("fd.num >= -1", "fd.num >= -1");
	IS("fd.num<0x1F", "fd.num < 0x1F");
	IS("fd.num > 1.5e+3", "fd.num > 1.5e+3");
	IS("fd.num > 1e3", "1:11: unexpected token after '1', expecting 'or', 'and'");
	IS("proc.name > \"a\"", "1:13: expected a number value or a field with a valid transformer: 'val', 'tolower', "
			       "'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt'");
	IS("fd.num > val(fd.l4proto)", "fd.num > val(fd.l4proto)");
}

Test(parser, bare_strings_hold_what_is_no_delimiter)
{
	IS("proc.name=/usr/bin/[a-z]*?{1}<x>+-.$^|&~!%#@:;\\", "proc.name = /usr/bin/[a-z]*?{1}<x>+-.$^|&~!%#@:;\\");
	IS("proc.name = and", "proc.name = and");
	IS("proc.name != not", "proc.name != not");
	IS("fd.name in (and, or)", "fd.name in (and, or)");
	IS("evt.arg.flags contains 010", "evt.arg.flags contains 010");
}

Test(parser, quoted_strings_end_at_the_first_quote_without_backslash)
{
	IS("proc.name = \"a b\"", "proc.name = \"a b\"");
	IS("proc.name = 'it\"s'", "proc.name = \"it\\\"s\"");
	IS("proc.name = \"\"", "proc.name = \"\"");
	IS("proc.name = \"\\n\\t\\\"\\\\ \\/\"", "proc.name = \"\\n\\t\\\"\\\\ /\"");
	IS("proc.name = \"\\x41\\x62\"", "proc.name = Ab");
	IS("proc.name = \"a\\ \"", "proc.name = a\\");
	IS("proc.name = \"a b\\ \"", "proc.name = \"a b\\ \"");
	IS("proc.env[\"A\\xa0 B\\ \"] = \"x\\x00\\n\\ \" and proc.aname[2] in (a,'b!c', \"d\")",
	   "(proc.env[\"A\xa0 B\\ \"] = \"x\\x00\\n\\ \" and proc.aname[2] in (a, b!c, d))");
	IS("proc.name = \"\\d\"", "1:17: unsupported string escape sequence: \\d");
	IS("proc.name = \"\\'\"", "1:17: unsupported string escape sequence: \\'");
	IS("proc.name = \"\\x4\"", "1:18: unsupported string escape sequence: \\x");
	IS("proc.name in (a, \"\\.\")", "1:22: unsupported string escape sequence: \\.");
	IS("proc.name = \"a\\\\\"", "1:13: expected a string value or a field with a valid transformer: 'val', "
				  "'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt'");
}

Test(parser, lists)
{
	IS("fd.name in ()", "fd.name in ()");
	IS("fd.name in (a)", "fd.name in (a)");
	IS("fd.name pmatch ( /etc , '/a b' )", "fd.name pmatch (/etc, \"/a b\")");
	IS("fd.name intersects(a,b)", "fd.name intersects (a, b)");
	IS("fd.name in somelist", "fd.name in (somelist)");
	IS("fd.name in (a,)", "1:15: expected a string value");
	IS("fd.name in (a b)", "1:15: expected a ')' token");
	IS("fd.name in (", "1:13: expected a ')' token");
	IS("fd.name in /etc", "1:12: expected a list, an identifier, or a field with a valid transformer: 'val', "
			      "'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt'");
}

Test(parser, modifiers_only_before_a_list)
{
	IS("fd.name startswith oneof (/a, /b)", "fd.name startswith oneof (/a, /b)");
	IS("fd.name = anyof (a)", "fd.name = anyof (a)");
	IS("fd.name != allof  alist", "fd.name != allof (alist)");
	IS("fd.name contains oneof", "fd.name contains oneof");
	IS("fd.name contains oneof and a", "(fd.name contains oneof and a)");
	IS("fd.name =oneof (a)", "1:16: unexpected token after 'oneof', expecting 'or', 'and'");
	IS("fd.name contains oneof(a)", "1:23: unexpected token after 'oneof', expecting 'or', 'and'");
	IS("fd.name in oneof (a)", "1:18: unexpected token after 'oneof', expecting 'or', 'and'");
}

Test(parser, field_arguments)
{
	IS("proc.aname[2] = a", "proc.aname[2] = a");
	IS("proc.env['A B'] = a", "proc.env[\"A B\"] = a");
	IS("proc.aname [2] = a", "1:12: expected a valid check operator: one of 'exists', '<=', '<', '>=', '>', '==', "
				 "'=', '!=', 'glob', 'iglob', 'contains', 'icontains', 'bcontains', 'startswith', "
				 "'bstartswith', 'endswith', 'regex', 'intersects', 'in', 'pmatch'");
	IS("proc.aname[] = a", "1:12: expected a valid field argument: a quoted string or a bare string");
	IS("proc.aname[2 = a", "1:13: expected a ']' token");
}

Test(parser, transformers_on_both_sides)
{
	IS("tolower(proc.name) = a", "tolower(proc.name) = a");
	IS("toupper( tolower( proc.aname[2] ) ) in (A)", "toupper(tolower(proc.aname[2])) in (A)");
	IS("proc.name = val(proc.pname)", "proc.name = val(proc.pname)");
	IS("proc.name = basename(proc.exe)", "proc.name = basename(proc.exe)");
	IS("proc.name in val(proc.aname)", "proc.name in val(proc.aname)");
	IS("join(\",\", (proc.name, \"x\", 5)) = a", "join(\",\", (proc.name, \"x\", \"5\")) = a");
	IS("getopt((proc.args[0], proc.args[1]), \"n:\")[n] = a", "getopt((proc.args[0], proc.args[1]), \"n:\")[n] = a");
	IS("concat(proc.name, '/', proc.pname) contains a", "concat(proc.name, \"/\", proc.pname) contains a");
	IS("tolower(a) = b", "1:9: expected a field or a nested valid transformer: 'val', 'tolower', 'toupper', 'b64', "
			     "'basename', 'len', 'join', 'concat', 'getopt'");
	IS("tolower(proc.name = b", "1:19: expected a ')' token closing the transformer");
	IS("val(proc.name) = b", "1:4: unexpected token after 'val', expecting 'or', 'and'");
	IS("proc.name = val(tolower(proc.name))", "1:17: expected a field within 'val' transformer");
	IS("proc.name = tolowerx", "proc.name = tolowerx");
}

Test(parser, nesting_ends_where_the_reference_ends_it)
{
	char text[2048];
	const int most = 198; /* pairs of parentheses around a simple comparison */

	for (int n = most; n <= most + 1; n++) {
		memset(text, '(', (size_t)n);
		strcpy(text + n, "evt.num=1");
		memset(text + n + 9, ')', (size_t)n);
		text[2 * n + 9] = '\0';
		if (n == most)
			IS(text, "evt.num = 1");
		else
			cr_expect(strstr(parsed(text), "exceeded max depth limit of 1000"));
	}
}

Test(parser, positions_count_lines_and_bytes)
{
	struct hc_arena arena;
	struct hc_diag diag;
	struct hc_ast *ast;
	const char *text = "a and\n b.c = \"x";

	hc_arena_init(&arena);
	cr_assert_eq(hc_condition_parse(&arena, text, strlen(text), &ast, &diag), -22);
	cr_expect_eq(diag.off, 13);
	cr_expect_eq(diag.line, 2);
	cr_expect_eq(diag.column, 8);
	cr_assert_eq(hc_condition_parse(&arena, "a and\n b.c = d", 14, &ast, &diag), 0);
	cr_expect_eq(ast->kids[1]->pos.off, 7);
	cr_expect_eq(ast->kids[1]->pos.line, 2);
	cr_expect_eq(ast->kids[1]->pos.column, 2);
	cr_expect_eq(ast->kids[1]->values[0].pos.off, 13);
	hc_arena_done(&arena);
}
