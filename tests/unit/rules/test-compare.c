/* SPDX-License-Identifier: Apache-2.0
 *
 * What each operator says of each type, absent values and quirks included (rules-language.md 5, 6): condition, verdict.
 */
#include "fake.h"

static struct fake fake;

static void init(void)
{
	fake = (struct fake){ 0 };
	fake_set(&fake, "proc.name", FAKE_STR("bash"));
	fake_set(&fake, "proc.pname", FAKE_STR("sshd"));
	fake_set(&fake, "proc.exe", FAKE_STR(""));
	fake_set(&fake, "proc.cmdline", FAKE_STR("bash -c Cat\0hidden"));
	fake_set(&fake, "proc.exepath", FAKE_STR("/usr/bin/bash"));
	fake_set(&fake, "fd.name", FAKE_STR("/etc/passwd"));
	fake_set(&fake, "proc.pid", FAKE_INT(-5));
	fake_set(&fake, "proc.tty", FAKE_INT(34816));
	fake_set(&fake, "evt.cpu", FAKE_INT(0));
	fake_set(&fake, "fd.sport", FAKE_INT(443));
	fake_set(&fake, "evt.failed", FAKE_BOOL(false));
	fake_set(&fake, "proc.fdusage", ((struct hc_value){ .kind = HC_VALUE_DOUBLE, .d = 2.5 }));
	fake_set(&fake, "fd.sip", FAKE_IP("\x7f\0\0\1"));
	fake_set(&fake, "fd.cip", FAKE_IP("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"));
	fake_set(&fake, "fd.snet", FAKE_IP("\x0a\1\2\3"));
	fake_set(&fake, "fd.ip", FAKE_LIST(FAKE_IP("\x0a\0\0\1"), FAKE_IP("\x7f\0\0\1")));
	fake_set(&fake, "fd.net", FAKE_LIST(FAKE_IP("\x0a\0\0\1"), FAKE_IP("\x7f\0\0\1")));
	fake_set(&fake, "fd.port", FAKE_LIST(FAKE_INT(40000), FAKE_INT(22)));
	fake_set(&fake, "proc.aname", FAKE_LIST(FAKE_STR("sshd"), FAKE_STR("systemd")));
	fake_set(&fake, "proc.apid", FAKE_LIST(FAKE_INT(7), FAKE_INT(1)));
	fake_set(&fake, "proc.apid[1]", FAKE_INT(7));
	fake_set(&fake, "evt.buffer", FAKE_BYTES("a\0b\xca\xfe"));
	fake_set(&fake, "fd.types", FAKE_LIST(FAKE_STR("file"), FAKE_STR("pipe")));
	fake_set(&fake, "fd.types[9]", FAKE_NONE);
	fake_set(&fake, "fd.sip.name", FAKE_BOOL(true));
	fake_set(&fake, "fd.cip.name", FAKE_BOOL(false));
	fake_set(&fake, "evt.rawarg.flags", FAKE_INT(4));
	fake_set(&fake, "evt.around[1000000000]", FAKE_INT(1000500000));
	fake_set(&fake, "evt.num", FAKE_INT(17));
	fake_set(&fake, "evt.type", FAKE_STR("openat"));
	fake_set(&fake, "proc.args[0]", FAKE_STR("-nt"));
	fake_set(&fake, "proc.args[1]", FAKE_STR("5"));
}
TestSuite(compare, .init = init);

static bool holds(const char *condition)
{
	struct hc_arena arena;
	struct hc_checker checker;
	struct hc_diag diag;
	struct hc_ast *ast;
	struct hc_expr_ctx cx = { fake_extract, &fake, &arena };
	bool result;

	hc_arena_init(&arena);
	hc_checker_init(&checker);
	cr_assert_eq(hc_condition_parse(&arena, condition, strlen(condition), &ast, &diag), 0, "%s: %s", condition,
		     diag.text);
	cr_assert_eq(hc_check_condition(&checker, ast), 0, "%s: %s", condition,
		     checker.nnotes ? checker.notes[checker.nnotes - 1].text : "");
	cr_assert_eq(ast->kind, HC_AST_CHECK, "%s", condition);
	result = hc_predicate_eval(ast->predicate, &cx);
	hc_checker_done(&checker);
	hc_arena_done(&arena);
	return result;
}

static void all(bool want, const char *const *conditions)
{
	for (; *conditions; conditions++)
		cr_expect_eq(holds(*conditions), want, "%s: should be %s", *conditions, want ? "true" : "false");
}
#define TRUE(...) all(true, (const char *const[]){ __VA_ARGS__, NULL })
#define FALSE(...) all(false, (const char *const[]){ __VA_ARGS__, NULL })

Test(compare, absent_is_false_for_every_operator)
{
	FALSE("proc.cwd = x", "proc.cwd != x", "proc.cwd in (x)", "proc.cwd exists", "proc.cwd contains \"\"",
	      "proc.cwd != oneof (x)", "proc.name = val(proc.cwd)", "proc.name != val(proc.cwd)", "proc.cwd pmatch (/)",
	      "len(proc.cwd) = 0", "proc.cwd regex .*");
}

Test(compare, strings)
{
	TRUE("proc.name = bash", "proc.name == bash", "proc.name != sh", "proc.name > 5", "proc.name contains as",
	     "proc.name startswith ba", "proc.name endswith sh", "proc.name contains \"\"", "proc.exe = \"\"",
	     "proc.exe exists", "proc.name icontains BAS", "proc.name in (sh, bash)", "proc.name intersects (bash)",
	     "proc.cmdline endswith Cat", "fd.name glob /etc*", "fd.name glob '/*/p?ss[wx]d'", "fd.name iglob /ETC/*",
	     "fd.name regex /etc/[a-z]+", "proc.cmdline glob \"bash*\"");
	FALSE("proc.name = Bash", "proc.name < 5", "proc.name contains AS", "proc.name startswith bash1",
	      "proc.name endswith xbash", "proc.exe contains x", "proc.cmdline contains hidden", "fd.name regex passwd",
	      "proc.name in ()", "proc.name in (b, ash)", "fd.name glob /etc", "proc.exe in (a)");
}

Test(compare, long_lists_are_sets)
{
	TRUE("proc.name in (a, b, c, d, e, f, g, bash, h)", "proc.exe in (a, b, c, d, e, \"\")");
	FALSE("proc.name in (a, b, c, d, e, f, g, bas, bashx)");
}

Test(compare, icontains_finds_what_plain_search_finds)
{
	fake_set(&fake, "fd.name", FAKE_STR("xAbab_aBAB_Abc"));
	TRUE("fd.name icontains XA", "fd.name icontains ABC", "fd.name icontains b_a", "fd.name icontains _ABAB_",
	     "fd.name icontains xabab_abab_abc", "fd.name icontains bab", "fd.name icontains \"\"", "fd.name icontains C");
	FALSE("fd.name icontains bb", "fd.name icontains __", "fd.name icontains abc_", "fd.name icontains xabab_abab_abcd",
	      "proc.exe icontains a");
}

Test(compare, regex_values_that_are_no_utf8_are_sanitised)
{
	fake_set(&fake, "fd.name", FAKE_STR("a\xff\xfe" "b"));
	TRUE("fd.name regex a..b", "fd.name regex 'a\xef\xbf\xbd+b'");
	FALSE("fd.name regex a.b");
}

Test(compare, numbers_are_decimal_and_cut_to_width)
{
	TRUE("proc.pid = -5", "proc.pid < 0", "proc.pid <= -5", "proc.pid > -6", "proc.tty = 034816", "evt.cpu = 65536",
	     "fd.sport = 65979", "fd.sport = https", "fd.sport in (80, 443)", "proc.tty >= 1", "proc.pid in (1, -5, 3)",
	     "proc.tty = 4295002112", "proc.pid exists");
	FALSE("proc.pid > 0", "proc.tty < 0", "fd.sport = http", "proc.pid in (4294967291)", "proc.pid != -5");
}

Test(compare, doubles_and_bools)
{
	TRUE("proc.fdusage > 2", "proc.fdusage < 3", "proc.fdusage != 2", "evt.failed = false", "evt.failed != true",
	     "evt.failed in (false)");
	FALSE("proc.fdusage = 2", "evt.failed = true", "evt.failed in (true)");
}

Test(compare, addresses_and_networks)
{
	TRUE("fd.sip = 127.0.0.1", "fd.sip != ::1", "fd.cip = ::1", "fd.sip in (10.0.0.1, 127.0.0.1)",
	     "fd.snet = 10.0.0.0/8", "fd.snet != 11.0.0.0/8", "fd.snet != fe80::/10", "fd.snet in (1.0.0.0/8, 10.1.0.0/15)",
	     "fd.snet = 0.0.0.0/0", "fd.snet intersects (10.1.2.3/32)");
	FALSE("fd.sip = ::1", "fd.cip = 0.0.0.1", "fd.snet = fe80::/10", "fd.snet in (10.1.2.4/32)", "fd.snet in ()");
}

Test(compare, both_ends_take_either_but_not_equal_takes_all)
{
	TRUE("fd.ip = 127.0.0.1", "fd.ip = 10.0.0.1", "fd.ip != 1.1.1.1", "fd.ip exists", "fd.port = 22", "fd.port > 30000",
	     "fd.port < 30", "fd.port in (22)", "fd.net = 127.0.0.0/8", "fd.net in (10.0.0.0/8, 1.0.0.0/8)",
	     "fd.net != 1.0.0.0/8", "fd.net != fe80::/10", "fd.port != oneof (1, 22)");
	FALSE("fd.ip != 127.0.0.1", "fd.ip in (127.0.0.1)", "fd.net in (1.0.0.0/8, 10.0.0.0/8)", "fd.net != 10.0.0.0/8",
	      "fd.port != 22", "fd.net intersects (10.0.0.0/8)", "fd.port in (23)", "fd.net = fe80::/10");
	fake_set(&fake, "fd.ip", FAKE_NONE);
	TRUE("fd.ip exists");
	FALSE("fd.ip = 1.1.1.1", "fd.ip != 1.1.1.1");
}

Test(compare, any_ancestor_satisfies)
{
	TRUE("proc.aname = systemd", "proc.aname != sshd", "proc.aname in (x, sshd)", "proc.aname startswith sys",
	     "proc.aname exists", "proc.apid = 1", "proc.apid > 5", "proc.apid[1] in (7)", "proc.aname pmatch (sshd)");
	FALSE("proc.aname = bash", "proc.apid in (1)", "proc.apid > 7");
	fake_set(&fake, "proc.aname", FAKE_NONE);
	FALSE("proc.aname exists", "proc.aname != x", "proc.aname = x");
}

Test(compare, buffers_have_bytes_behind_nul)
{
	TRUE("evt.buffer contains b", "evt.buffer bcontains cafe", "evt.buffer bcontains 00", "evt.buffer startswith a",
	     "evt.buffer bstartswith 6100", "evt.buffer endswith \"\\xfe\"", "evt.buffer = \"a\\x00b\\xca\\xfe\"",
	     "len(evt.buffer) = 5", "evt.buffer in (q, \"a\\x00b\\xca\\xfe\")");
	FALSE("evt.buffer = a", "evt.buffer bstartswith cafe", "evt.buffer contains c");
}

Test(compare, pmatch_is_a_prefix_of_components)
{
	TRUE("fd.name pmatch (/etc)", "fd.name pmatch (/etc/)", "fd.name pmatch (etc)", "fd.name pmatch (/)",
	     "fd.name pmatch (/*)", "fd.name pmatch (/*/pass*)", "fd.name pmatch (/e*)", "fd.name pmatch (/etc/passwd)",
	     "fd.name pmatch (\"\")", "fd.name pmatch (//etc, /x)", "fd.name pmatch (/x, /etc)");
	FALSE("fd.name pmatch (/et)", "fd.name pmatch (/etc/passwd/x)", "fd.name pmatch ()", "fd.name pmatch (/x, /y/z)",
	      "fd.name pmatch (/etc/pass)");
}

Test(compare, lists)
{
	TRUE("fd.types in (file, pipe, x)", "fd.types intersects (pipe)", "fd.types exists", "fd.types[9] exists",
	     "fd.types[9] in (x)", "fd.types[9] in ()", "len(fd.types) = 2", "join(\"-\", fd.types) = file-pipe",
	     "tolower(fd.types) in (file, pipe)");
	FALSE("fd.types in (file)", "fd.types intersects (x)", "fd.types[9] intersects (x)", "fd.types in ()",
	      "fd.types intersects ()");
}

Test(compare, modifiers_count_literals)
{
	TRUE("proc.name = anyof (sh, bash)", "proc.name = oneof (sh, bash)", "proc.name contains allof (b, sh)",
	     "fd.name != oneof (/etc/passwd, x)", "proc.name != allof (a, b)", "proc.name startswith anyof (x, b)",
	     "proc.pid = anyof (1, -5)", "fd.name regex anyof (x, '/.*')");
	FALSE("proc.name contains oneof (b, sh)", "proc.name != allof (bash, x)", "proc.name = anyof ()",
	      "proc.name = oneof ()", "proc.name != allof ()", "proc.name = allof (bash, sh)");
}

Test(compare, field_against_field)
{
	TRUE("proc.name != val(proc.pname)", "proc.name = basename(proc.exepath)", "proc.name in val(proc.name)",
	     "proc.exepath endswith val(proc.name)", "proc.exepath glob concat(\"/usr/*/\", proc.name)",
	     "fd.sip != val(fd.cip)");
	FALSE("proc.name = val(proc.pname)", "proc.name in val(proc.pname)");
}

Test(compare, transformers)
{
	TRUE("toupper(proc.name) = BASH", "tolower(proc.cmdline) endswith cat", "len(proc.name) = 4",
	     "basename(fd.name) = passwd", "concat(proc.name, \"/\", proc.pname) = bash/sshd", "b64(\"YmFzaA\") = bash",
	     "b64(\"YmFzaA==\") = bash", "join(\",\", (proc.name, proc.pid)) = \"bash,-5\"",
	     "getopt((proc.args[0], proc.args[1]), \"nt:\")[t] = 5", "getopt((proc.args[0], proc.args[1]), \"nt:\")[n] = n",
	     "len(getopt((proc.args[0], proc.args[1]), \"n\")) = 2", "len(concat(proc.exe, proc.exe)) = 0");
	FALSE("b64(proc.exepath) exists", "b64(\"Ym*\") exists", "getopt((proc.args[0], proc.args[1]), \"nt:\")[x] exists",
	      "concat(proc.name, proc.cwd) exists", "join(\"\", (proc.name, proc.cwd)) exists");
}

Test(compare, unresolved_names_differ_from_everything)
{
	TRUE("fd.sip.name != a.com", "fd.sip.name exists", "fd.cip.name exists");
	FALSE("fd.sip.name = a.com", "fd.sip.name in (a.com)", "fd.cip.name != a.com", "fd.sip.name contains a",
	      "fd.lip.name exists");
}

Test(compare, raw_arguments_and_time_windows)
{
	TRUE("evt.rawarg.flags = 4", "evt.rawarg.flags exists", "evt.around[1000000000] = 1");
	FALSE("evt.rawarg.flags in (4)", "evt.around[1000000000] = 0", "evt.around[1000000000] != 0");
	fake_set(&fake, "evt.rawarg.flags", FAKE_STR("4"));
	FALSE("evt.rawarg.flags = 4", "evt.rawarg.flags != 4");
}
