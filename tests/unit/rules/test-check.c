/* SPDX-License-Identifier: Apache-2.0
 *
 * What the checker refuses and what it warns about, word for word.
 */
#include <errno.h>

#include "fake.h"

static struct hc_arena arena;
static struct hc_checker checker;

static void init(void)
{
	hc_arena_init(&arena);
	hc_checker_init(&checker);
}
static void done(void)
{
	hc_checker_done(&checker);
	hc_arena_done(&arena);
}
TestSuite(check, .init = init, .fini = done);

static int check(const char *condition)
{
	struct hc_diag diag;
	struct hc_ast *ast;

	cr_assert_eq(hc_condition_parse(&arena, condition, strlen(condition), &ast, &diag), 0, "%s: %s", condition,
		     diag.text);
	return hc_check_condition(&checker, ast);
}

Test(check, refuses_with_the_known_words)
{
	static const struct {
		const char *condition, *message;
		unsigned column;
	} cases[] = {
		{ "proc.nam = x", "filter_check called with nonexistent field proc.nam", 1 },
		{ "proc.name = a and proc.aname[x] = x", "filter_check called with nonexistent field proc.aname[x]", 19 },
		{ "proc.pid contains 5", "filter error: 'contains' operator not supported for numeric filters", 1 },
		{ "proc.name bcontains cafe", "filter error: 'bcontains' operator not supported for string filters", 1 },
		{ "evt.buffer glob x", "filter error: 'glob' operator not supported for buffer filters", 1 },
		{ "fd.sip startswith 1", "filter error: 'startswith' operator not supported for ip address and network filters", 1 },
		{ "evt.failed > 1", "filter error: '>' operator not supported for bool filters", 1 },
		{ "fd.types = x", "filter error: '=' operator not supported for list filters", 1 },
		{ "len(proc.name) contains 1", "filter error: 'contains' operator not supported for numeric filters", 1 },
		{ "evt.rawarg.tuple = 1", "filter error: '=' operator not supported for SOCKTUPLE filters", 1 },
		{ "proc.pid = 0x10", "0x10 is not a valid number", 12 },
		{ "proc.pid = 1.5", "1.5 is not a valid number", 12 },
		{ "proc.pid in (1, abc)", "abc is not a valid number", 17 },
		{ "proc.pid = \"\"", " is not a valid number", 12 },
		{ "evt.rawarg.sig = 9", "wrong parameter type 19", 18 },
		{ "evt.failed = 1", "unrecognized boolean value 1", 14 },
		{ "fd.sport = nosuch", "unrecognized protocol nosuch", 12 },
		{ "fd.sip = 1.2.3", "unrecognized IPv4 address 1.2.3", 10 },
		{ "fd.sip = zz", "unrecognized IPv6 address zz", 10 },
		{ "fd.snet = 1.2.3.4", "unrecognized IP network 1.2.3.4", 11 },
		{ "fd.snet = 1.2.3/8", "unrecognized IP address 1.2.3/8", 11 },
		{ "fd.snet = 1.2.3.4/33", "invalid netmask 33", 11 },
		{ "fd.snet = ::1/0", "invalid v6 netmask 0", 11 },
		{ "evt.buffer bcontains abc", "bcontains and bstartswith operator support hex strings only", 22 },
		{ "evt.buffer bcontains zz", "bcontains and bstartswith operator support hex strings only", 22 },
		{ "evt.type = opena", "unknown event type opena", 12 },
		{ "evt.type contains ope", "unknown event type ope", 19 },
		{ "evt.type in (open, nosuch)", "unknown event type nosuch", 20 },
		{ "proc.name = val(proc.pid)",
		  "field 'proc.name' has type 'CHARBUF' while the right-hand side field 'proc.pid' has incompatible type 'INT64'", 17 },
		{ "proc.aname = val(proc.name)", "field 'proc.aname' doesn't support right-hand side fields", 18 },
		{ "proc.name = val(proc.aname)", "field 'proc.aname' can't be used as a right-hand side field", 17 },
		{ "tolower(proc.pid) = a",
		  "can't add field transformer: type 'INT64' is not supported by 'tolower' transformer applied on field 'proc.pid'", 1 },
		{ "tolower(proc.aname) = a", "field 'proc.aname' does not support transformers", 1 },
		{ "concat(proc.name, proc.pid) = a", "concat() arguments must be strings", 1 },
		{ "join(proc.name) = a", "unknown field transformer 'join'", 1 },
		{ "proc.name = \"a\\x00b\"", "string values with a NUL byte are supported for byte buffer fields only", 13 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct hc_check_note *n;

		cr_expect_lt(check(cases[i].condition), 0, "%s", cases[i].condition);
		if (!checker.nnotes)
			continue;
		n = &checker.notes[checker.nnotes - 1];
		cr_expect(n->error, "%s", cases[i].condition);
		cr_expect_str_eq(n->text, cases[i].message, "%s: %s", cases[i].condition, n->text);
		cr_expect_str_eq(n->code, "LOAD_ERR_COMPILE_CONDITION");
		cr_expect_eq(n->pos.column, cases[i].column, "%s: column %u", cases[i].condition, n->pos.column);
	}
}

Test(check, invalid_regex_is_named)
{
	cr_assert_lt(check("proc.name regex '(a'"), 0);
	cr_assert(strstr(checker.notes[0].text, "invalid regex pattern: "), "%s", checker.notes[0].text);
}

Test(check, hints_name_what_may_be_meant)
{
	check("evt.type = opena");
	cr_assert_not_null(checker.notes[0].hint);
	cr_assert(strstr(checker.notes[0].hint, "open"), "%s", checker.notes[0].hint);
	check("proc.nmae = x");
	cr_assert_str_eq(checker.notes[0].hint, "did you mean 'proc.name'?");
}

Test(check, warns_of_suspicious_literals)
{
	cr_assert_eq(check("proc.name regex foo"), 0);
	cr_assert_eq(checker.nnotes, 1);
	cr_assert_str_eq(checker.notes[0].code, "LOAD_COMPILE_CONDITION");
	cr_assert_str_eq(checker.notes[0].text, "regex check with 'foo' may be optimized with simpler operators such as "
						"'=', 'contains', 'startswith', 'endswith'");
	check("proc.name regex '.*foo.+'");
	cr_assert_eq(checker.nnotes, 1);
	check("proc.name regex '^foo$'");
	cr_assert_eq(checker.nnotes, 1);
	check("proc.name regex '.*$'");
	cr_assert_eq(checker.nnotes, 1);
	check("proc.name regex '^.*foo' or proc.name regex 'foo.*$' or proc.name regex '.'");
	cr_assert_eq(checker.nnotes, 0);
	check("proc.name regex 'fo+'");
	cr_assert_eq(checker.nnotes, 0);
	check("proc.name in (a, proc.pname, \"proc.aname[ 2 ]\")");
	cr_assert_eq(checker.nnotes, 2);
	cr_assert_str_eq(checker.notes[0].text, "'proc.pname' may be a valid field misused as a const string value");
	check("proc.name = \"tolower(proc.name)\"");
	cr_assert_str_eq(checker.notes[0].text,
			 "'tolower(proc.name)' may be a valid field transformer misused as a const string value");
	check("proc.name = \"proc.\\tpname \"");
	cr_assert_eq(checker.nnotes, 1);
	check("proc.name = proc.nothing or fd.name = /etc/passwd.bak");
	cr_assert_eq(checker.nnotes, 0);
}

Test(check, deprecated_fields_are_warned_about_once_each)
{
	check("evt.latency > 5 and tolower(evt.dir) = < or evt.dir = <");
	cr_assert_eq(checker.nnotes, 2);
	cr_assert_str_eq(checker.notes[0].code, "LOAD_DEPRECATED_ITEM");
	cr_assert_str_eq(checker.notes[0].deprecated_field, "evt.dir");
	cr_assert_eq(checker.notes[0].pos.off, 28);
	cr_assert_str_eq(checker.notes[1].deprecated_field, "evt.latency");
	check("proc.name = val(evt.dir)");
	cr_assert_eq(checker.nnotes, 0);
}

Test(check, a_condition_in_error_has_no_other_warnings_than_deprecated_fields)
{
	cr_assert_eq(check("proc.name = proc.pname and fd.num = x and evt.dir = <"), -EINVAL);
	cr_assert_eq(checker.nnotes, 2);
	cr_assert_str_eq(checker.notes[0].deprecated_field, "evt.dir");
	cr_assert(checker.notes[1].error);
}

Test(check, falco_names_the_list_where_an_item_is_meant)
{
	check("fd.num in (1, x)");
	cr_assert_eq(checker.notes[0].pos.off, 14);
	cr_assert_eq(checker.notes[0].node.off, 10);
	check("fd.num = x");
	cr_assert_eq(checker.notes[0].node.off, 9);
	check("toupper(tolower(fd.num)) = x");
	cr_assert_eq(checker.notes[0].pos.off, 8);
	cr_assert_eq(checker.notes[0].node.off, 16);
}

Test(check, equal_comparisons_are_one_predicate)
{
	struct hc_diag diag;
	struct hc_ast *ast;
	static const char text[] = "proc.name in (a, b) or not (proc.name in (a,b) or proc.name in (b, a))";

	cr_assert_eq(hc_condition_parse(&arena, text, strlen(text), &ast, &diag), 0);
	cr_assert_eq(hc_check_condition(&checker, ast), 0);
	cr_assert_eq(checker.npredicates, 2);
	cr_assert_eq(ast->kids[0]->predicate, ast->kids[1]->kids[0]->kids[0]->predicate);
	cr_assert_eq(ast->kids[0]->predicate->scope, HC_SCOPE_THREAD);
}
