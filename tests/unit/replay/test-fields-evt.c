/* SPDX-License-Identifier: Apache-2.0
 *
 * evt.* and fs.path.* (fields-semantics.md 2, 3, 8), mostly the reference's verified examples.
 */
#include <criterion/criterion.h>

#include "field-checks.h"
#include "replay/print.h"

static void setup(void)
{
	asker_begin();
	world_thread(&a.w, 1, 1, 0);
	world_thread(&a.w, 20, 20, 1)->comm = HC_STR("bash");
	struct hc_thread_info *t = world_thread(&a.w, 10, 10, 20);
	t->cwd = HC_STR("/tmp/");
	t->uid = 1000;
	world_fd(&a.w, 10, 0, HC_FD_FILE, "/etc/passwd");
	world_fd(&a.w, 10, 5, HC_FD_DIRECTORY, "/srv");
	world_fd(&a.w, 10, 6, HC_FD_FILE, "/srv/file");
	world_fd(&a.w, 10, 7, HC_FD_UNIX_SOCK, "/dev/log");
	world_fd(&a.w, 10, 8, HC_FD_DIRECTORY, "/");
	asker_load();
	hc_print_zone_set(0);
}

TestSuite(fields_evt, .init = setup, .fini = asker_end);

Test(fields_evt, chmod_shows_path_and_mode_both_ways)
{
	happens(PPME_SYSCALL_CHMOD_X, 10, N(0), S("sub/x"), N(04755));
	shows("evt.args", "res=0 filename=sub/x(/tmp/sub/x) mode=04755(S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID)");
	shows("evt.arg.filename", "/tmp/sub/x");
	shows("evt.arg[1]", "/tmp/sub/x");
	shows_json("evt.arg[9]", "null");
	shows_json("evt.arg[-1]", "null");
	shows("evt.rawarg.filename", "sub/x");
	shows("fs.path.name", "/tmp/sub/x");
	shows("fs.path.nameraw", "sub/x");
	shows_json("fs.path.source", "null");
	happens(PPME_SYSCALL_CHMOD_X, 10, N(0), S("/a//b/../c"), N(0));
	shows("evt.args", "res=0 filename=/a//b/../c mode=0");
	shows("fs.path.name", "/a/c");
}

Test(fields_evt, modes_name_each_bit_once)
{
	happens(PPME_SYSCALL_MKNOD_X, 10, N(0), S("/s"), N(0140600), N(0));
	shows("evt.arg.mode", "S_IWUSR|S_IRUSR|S_IFREG"); /* S_IFSOCK's other bit alone has no name (Q) */
	happens(PPME_SYSCALL_MKNOD_X, 10, N(0), S("/s"), N(0140000), N(0));
	shows("evt.arg.mode", "S_IFREG|S_IFSOCK"); /* an entry of the whole value ends the walk */
	happens(PPME_SYSCALL_MKNOD_X, 10, N(0), S("/s"), N(010644), N(0));
	shows("evt.args", "res=0 path=/s mode=010644(S_IROTH|S_IRGRP|S_IWUSR|S_IRUSR|S_IFIFO) dev=0");
}

Test(fields_evt, numbers_of_32_bits_and_more_print_signed)
{
	happens(PPME_SYSCALL_CHOWN_X, 10, N(0), S("/x"), N(-1), N(1000));
	shows("evt.args", "res=0 path=/x uid=-1 gid=1000");
	happens(PPME_SYSCALL_CLOSE_RANGE_X, 10, N(0), N(900), N(-1), N(0));
	shows("evt.args", "res=0 first=900 last=-1 flags=0");
	shows("evt.rawarg.last", "4294967295");
	happens(PPME_SYSCALL_SETUID_X, 10, N(-1), N(4294967294));
	shows("evt.arg.uid", "<NA>");
	shows("evt.args", "res=-1(EPERM) uid=-2(<NA>)");
}

Test(fields_evt, strings_of_old_recorders_without_a_value_are_absent_ones)
{
	happens(PPME_SYSCALL_ACCESS_X, 10, N(-14), S("(NULL)"), N(0));
	shows("evt.args", "res=-14(EFAULT) name=<NA> mode=0(F_OK)");
	shows("evt.rawarg.name", "<NA>");
	gives("evt.rawarg.name", "<NA>");
}

Test(fields_evt, raw_arguments_show_in_the_form_of_the_events_own_parameter)
{
	happens(PPME_SYSCALL_MUNMAP_X, 10, N(0), N(1), N(2), N(3), N(0x7f0000001000), N(4096));
	shows("evt.rawarg.addr", "7F0000001000"); /* the name's first parameter is a socket address */
	shows_json("evt.rawarg.addr", "\"7F0000001000\"");
	happens(PPME_SYSCALL_BRK_4_X, 10, N(0x5500), N(1), N(2), N(3), N(0));
	shows("evt.rawarg.res", "5500"); /* elsewhere a decimal result */
	happens(PPME_SYSCALL_FUTEX_X, 10, N(0), N(7), N(129), N(-1));
	shows_json("evt.rawarg.val", "18446744073709551615");
}

Test(fields_evt, options_show_what_they_contain)
{
	happens(PPME_SOCKET_SETSOCKOPT_X, 10, N(0), N(5), N(2), N(0), B("\0", 1), N(0));
	shows("evt.args", "res=0 fd=5(<d>/srv) level=2(SOL_TCP) optname=0(UNKNOWN) val= optlen=0");
	happens(PPME_SOCKET_SETSOCKOPT_X, 10, N(0), N(5), N(2), N(0), B("\x09zz", 3), N(2));
	shows("evt.arg.val", "INVALID DYNAMIC PARAMETER");
	happens(PPME_SOCKET_SETSOCKOPT_X, 10, N(0), N(5), N(2), N(0), EMPTY, N(0));
	shows("evt.arg.val", "NULL");
}

Test(fields_evt, errors_count_in_each_class_they_belong_to)
{
	happens(PPME_SYSCALL_MMAP_X, 10, N(-12), N(1), N(2), N(3), N(0), N(4096), N(1), N(2), N(6), N(0));
	shows_json("evt.count.error.file", "1");
	shows_json("evt.count.error.memory", "1");
	shows_json("evt.count.error.other", "null");
	happens(PPME_SYSCALL_MMAP_X, 10, N(-12), N(1), N(2), N(3), N(0), N(4096), N(1), N(2), N(-1), N(0));
	shows_json("evt.count.error.file", "null");
	shows_json("evt.count.error.memory", "1");
	shows_json("evt.count.error.other", "null");
}

Test(fields_evt, infrastructure_events_tell_about_docker)
{
	static const char text[] = "Event: start; ID:0123456789abcdef; name:web ;Image: nginx@sha256:00";

	happens(PPME_INFRASTRUCTURE_EVENT_E, 10, S("docker"), S("x"), S(text), S(""));
	shows("evt.infra.docker.name", "start");
	shows("evt.infra.docker.container.id", "0123456789ab");
	shows("evt.infra.docker.container.name", "web");
	shows("evt.infra.docker.container.image", "nginx");
}

Test(fields_evt, kill_shows_the_process_and_the_signal_by_name)
{
	happens(PPME_SYSCALL_KILL_X, 10, N(0), N(20), N(9));
	shows("evt.args", "res=0 pid=20(bash) sig=9(SIGKILL)");
	shows("evt.arg.pid", "bash");
	happens(PPME_SYSCALL_KILL_X, 10, N(-3), N(77), N(99));
	shows("evt.args", "res=-3(ESRCH) pid=77 sig=99");
	shows("evt.res", "ESRCH");
	shows_json("evt.rawres", "-3");
	shows_json("evt.failed", "true");
	shows_json("evt.count.error", "1");
}

Test(fields_evt, unknown_errnos_and_pids_print_as_numbers)
{
	happens(PPME_SYSCALL_KILL_X, 10, N(-41), N(20), N(9));
	shows("evt.res", "-41");
	happens(PPME_SYSCALL_SETSID_X, 10, N(-1));
	shows("evt.res", "-1"); /* a PT_PID result (Q) */
}

Test(fields_evt, fds_show_type_and_name)
{
	happens(PPME_SYSCALL_DUP_1_X, 10, N(3), N(0));
	shows("evt.args", "res=3(<f>/etc/passwd) oldfd=0(<f>/etc/passwd)");
	happens(PPME_SYSCALL_OPENAT_2_X, 10, N(-2), N(-100), S("no"), N(1), N(0), EMPTY, EMPTY);
	shows("evt.args", "fd=-2(ENOENT) dirfd=-100(AT_FDCWD) name=no(/tmp/no) flags=1(O_RDONLY) mode=0 dev=<NA> ino=<NA>");
}

Test(fields_evt, relative_paths_of_at_calls_have_an_empty_base_for_unknown_fds)
{
	happens(PPME_SYSCALL_UNLINKAT_2_X, 10, N(0), N(5), S("../x"), N(0));
	shows("evt.arg.name", "/x");
	shows("fs.path.name", "/x");
	happens(PPME_SYSCALL_UNLINKAT_2_X, 10, N(0), N(8), S("etc/x"), N(0));
	shows("fs.path.name", "/etc/x"); /* no second slash behind the root directory's */
	happens(PPME_SYSCALL_UNLINKAT_2_X, 10, N(0), EMPTY, S("x"), N(0));
	shows_json("evt.abspath", "null");
	happens(PPME_SYSCALL_UNLINKAT_2_X, 10, N(0), N(99), S("foo/../bar"), N(0));
	shows("evt.arg.name", "bar");
	shows("fs.path.name", "bar");
	happens(PPME_SYSCALL_UNLINKAT_2_X, 10, N(0), N(-100), S("foo"), N(0));
	shows("evt.arg.name", "/tmp/foo");
	shows("fs.path.name", "<UNKNOWN>foo"); /* (Q) */
	happens(PPME_SYSCALL_MKDIRAT_X, 10, N(0), N(6), S("foo"), N(0755));
	shows("fs.path.name", "<UNKNOWN>foo"); /* a file is no directory (Q) */
}

Test(fields_evt, only_successful_calls_have_paths_and_eperm_is_the_only_failing_open)
{
	happens(PPME_SYSCALL_UNLINK_2_X, 10, N(-2), S("/x"));
	shows_json("fs.path.name", "null");
	happens(PPME_SYSCALL_OPENAT_2_X, 10, N(-2), N(-100), S("/x"), N(1), N(0), EMPTY, EMPTY);
	shows("fs.path.name", "/x");
	happens(PPME_SYSCALL_OPENAT_2_X, 10, N(-2), N(-100), S("x"), N(1), N(0), EMPTY, EMPTY);
	shows("fs.path.name", "<UNKNOWN>");
	happens(PPME_SYSCALL_OPENAT_2_X, 10, N(-1), N(-100), S("/x"), N(1), N(0), EMPTY, EMPTY);
	shows_json("fs.path.name", "null");
}

Test(fields_evt, two_path_calls_have_source_and_target)
{
	happens(PPME_SYSCALL_RENAME_X, 10, N(0), S("old"), S("/new"));
	shows("fs.path.source", "/tmp/old");
	shows("fs.path.target", "/new");
	shows_json("fs.path.name", "null");
	happens(PPME_SYSCALL_LINKAT_2_X, 10, N(0), N(5), S("old"), N(5), S("new"), N(0));
	shows("fs.path.source", "/tmp/new"); /* that way round, and relative to the cwd (Q) */
	shows("fs.path.target", "/tmp/old");
	shows("fs.path.sourceraw", "new");
	happens(PPME_SYSCALL_RENAMEAT2_X, 10, N(0), N(5), S("old"), N(99), S("new"), N(0));
	shows("fs.path.source", "/srv/old");
	shows("fs.path.target", "<UNKNOWN>new");
	happens(PPME_SYSCALL_SYMLINKAT_X, 10, N(0), S("t"), N(5), S("l"));
	shows("fs.path.source", "/srv/l");
	shows("fs.path.target", "<UNKNOWN>t");
	happens(PPME_SYSCALL_FCHMOD_X, 10, N(0), N(6), N(0600));
	shows("fs.path.name", "/srv/file");
}

Test(fields_evt, abspath_joins_and_then_replaces_the_fd)
{
	happens(PPME_SYSCALL_RENAMEAT2_X, 10, N(0), N(5), S("old"), N(99), S("new"), N(0));
	shows("evt.abspath", "/srv/old");
	shows("evt.abspath.src", "/srv/old");
	shows("evt.abspath.dst", "<UNKNOWN>/new");
	happens(PPME_SYSCALL_OPENAT_2_X, 10, N(8), N(5), S("f"), N(1), N(0), N(1), N(2));
	shows("fd.name", "/srv/f");
	shows("evt.abspath", "/srv/f");
	shows("fd.num", "8");
	shows("fd.name", "/srv"); /* (Q) */
	shows("fd.type", "directory");
	gives("fd.num", "8");
	happens(PPME_SYSCALL_OPENAT_2_X, 10, N(9), N(-100), S("./g"), N(1), N(0), N(1), N(2));
	shows("evt.abspath", "/tmp/g");
	shows("fd.type", "file");
}

Test(fields_evt, abspath_leaves_the_directory_or_what_was_opened)
{
	happens(PPME_SYSCALL_OPENAT_2_X, 10, N(9), N(5), S("x"), N(1), N(0), N(0), N(0));
	shows("fs.path.name", "/srv/x");
	shows("evt.abspath", "/srv/x");
	shows("fs.path.name", "/srv"); /* (Q), like fd.name */
	happens(PPME_SYSCALL_OPENAT_2_X, 10, N(9), N(99), S("x"), N(1), N(0), N(0), N(0));
	shows("evt.abspath", "<UNKNOWN>/x");
	shows("fd.type", "file"); /* no directory to take the place: the fd's entry again */
	shows("fd.name", "<UNKNOWN>x");
	shows("fs.path.name", "<UNKNOWN>");
}

Test(fields_evt, opens_say_what_they_are_for)
{
	static const struct {
		uint32_t flags, mode;
		int64_t res;
		const char *read, *write, *create, *exec;
	} cases[] = {
		{ 1, 0, 3, "true", "false", "false", "false" },
		{ 2, 0, 3, "false", "true", "false", "false" },
		{ 3, 0, -13, "true", "true", "false", "false" },            /* failing ones as well */
		{ 2 | 4, 0644, 3, "false", "true", "false", "false" },      /* O_CREAT of a file that was there */
		{ 2 | 4 | 16384, 0755, 3, "false", "true", "true", "true" },
		{ 2 | 8192, 0100, 3, "false", "true", "true", "true" },     /* O_TMPFILE */
		{ 2 | 8192, 0100, -13, "false", "true", "false", "true" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		happens(PPME_SYSCALL_OPENAT_2_X, 10, N(cases[i].res), N(-100), S("/x"), N(cases[i].flags), N(cases[i].mode), N(0), N(0));
		shows("evt.is_open_read", cases[i].read);
		shows("evt.is_open_write", cases[i].write);
		shows("evt.is_open_create", cases[i].create);
		shows("evt.is_open_exec", cases[i].exec);
	}
	happens(PPME_SYSCALL_CREAT_X, 10, N(3), S("/x"), N(0711), N(0), N(0), N(0));
	shows("evt.is_open_exec", "true");
	shows("evt.is_open_write", "false");
	happens(PPME_SYSCALL_UNLINK_2_X, 10, N(0), S("/x"));
	shows_json("evt.is_open_read", "false"); /* present for every event */
}

Test(fields_evt, io_events_have_buffers_lengths_and_categories)
{
	happens(PPME_SYSCALL_WRITE_X, 10, N(3), L("a\0b"), N(6), N(3));
	shows_json("evt.buflen", "3");
	shows_json("evt.buflen.file.out", "3");
	shows_json("evt.buflen.in", "null");
	shows_json("evt.buflen.net", "null");
	shows("evt.buffer", "a.b");
	gives("evt.buffer", "a.b");
	shows("evt.io_dir", "write");
	shows("evt.category", "file");
	shows_json("evt.is_syslog", "false");
	happens(PPME_SYSCALL_WRITE_X, 10, N(0), EMPTY, N(7), N(0));
	shows("evt.buffer", "NULL");
	gives("evt.buffer", "absent");
	shows_json("evt.is_syslog", "true");
	shows("evt.category", "ipc");
	happens(PPME_SYSCALL_READ_X, 10, N(-9), EMPTY, N(55), N(9));
	shows_json("evt.buflen", "null");
	shows("evt.category", "unknown");
	shows_json("evt.count.error.other", "1");
	shows_json("evt.count.error.file", "null");
	happens(PPME_SYSCALL_OPEN_X, 10, N(-2), S("/x"), N(1), N(0), N(0), N(0));
	shows_json("evt.count.error.file", "1");
	shows_json("evt.count.error.other", "null");
}

Test(fields_evt, base64_is_for_outputs_only)
{
	a.eval.base64 = true;
	happens(PPME_SYSCALL_WRITE_X, 10, N(3), L("a\0b"), N(6), N(3));
	shows("evt.buffer", "YQBi");
	shows("evt.arg.data", "YQBi");
	gives("evt.arg.data", "a.b");
}

Test(fields_evt, generic_events_go_by_their_syscall)
{
	happens(PPME_GENERIC_X, 10, N(PPM_SC_GETPPID), N(110));
	shows("evt.type", "getppid");
	shows("syscall.type", "getppid");
	shows_json("evt.rawres", "null");
	shows_json("evt.res", "null");
	shows_json("evt.args", "\"\"");
	shows("evt.arg[0]", "getppid");
	happens(PPME_GENERIC_X, 10, N(0), N(110));
	shows("evt.type", "getppid"); /* unknown code: by the native number */
}

Test(fields_evt, results_are_absent_without_one)
{
	happens(PPME_PROCEXIT_1_E, 10, N(0), N(0), N(0), N(0), N(1));
	shows_json("evt.rawres", "null");
	shows_json("evt.failed", "null");
	shows_json("evt.count.exit", "null");
	shows("evt.dir", ">");
	shows_json("syscall.type", "null");
}

Test(fields_evt, times_are_integers_in_json)
{
	happens(PPME_SYSCALL_UNLINK_2_X, 10, N(0), S("/x"));
	shows("evt.time", "00:16:40.000000000");
	shows_json("evt.time", "1000000000000");
	shows("evt.time.iso8601", "1970-01-01T00:16:40.000000000+0000");
	shows_json("evt.datetime.s", "1000000000000");
	shows("evt.rawtime.ns", "000000000");
	shows_json("evt.rawtime.ns", "0");
	happens(PPME_SYSCALL_UNLINK_2_X, 10, N(0), S("/x"));
	shows_json("evt.reltime", "1000");
	shows("evt.reltime", "000001000");
	shows("evt.latency.human", "0ns");
}

Test(fields_evt, deltatime_counts_from_the_previous_question_of_the_same_asker)
{
	happens(PPME_SYSCALL_UNLINK_2_X, 10, N(0), S("/x"));
	shows_json("evt.deltatime", "0");
	shows_json("util.cnt", "0");
	happens(PPME_SYSCALL_UNLINK_2_X, 10, N(0), S("/x"));
	happens(PPME_SYSCALL_UNLINK_2_X, 10, N(0), S("/x"));
	shows_json("evt.deltatime", "2000");
	shows_json("evt.deltatime", "2000"); /* the same event: the same answer */
	shows_json("util.cnt", "1");
	a.eval.owner = 7;
	shows_json("evt.deltatime", "0");
}

Test(fields_evt, type_is_names_the_first_code_of_that_name)
{
	happens(PPME_SYSCALL_OPENAT_2_X, 10, N(-2), N(-100), S("/x"), N(1), N(0), N(0), N(0));
	gives("evt.type.is.openat", "0"); /* the name's first code is the obsolete one */
	happens(PPME_SYSCALL_OPEN_X, 10, N(-2), S("/x"), N(1), N(0), N(0), N(0));
	gives("evt.type.is.open", "1");
	gives("evt.type.is.openat", "0");
	shows("evt.type.is.open", "<NA>"); /* no print format (Q) */
}

Test(fields_evt, poll_lists_its_fds)
{
	static const uint8_t fds[] = { 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0, 4, 0,
				       255, 255, 255, 255, 255, 255, 255, 255, 0, 0 };

	happens(PPME_SYSCALL_POLL_X, 10, N(1), B(fds, sizeof fds), N(100));
	shows("evt.args", "res=1 fds=0:f1 7:u4 18446744073709551615:?0 timeout=100");
	shows("fdlist.nums", "0,7,-1");
	shows("fdlist.names", "/etc/passwd,/dev/log,<NA>");
	shows_json("fdlist.cips", "null");
}

/* The reference reads all servers' addresses as IPv4 (Q). */
Test(fields_evt, poll_shows_ipv6_servers_by_four_bytes)
{
	static const uint8_t address[] = { 10, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 22, 0 };
	static const uint8_t fds[] = { 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0 };

	happens(PPME_SOCKET_SOCKET_X, 10, N(9), N(10), N(1), N(0), N(0));
	happens(PPME_SOCKET_BIND_X, 10, N(0), B(address, sizeof address), N(9));
	shows("fd.sip", "2001:db8::1");
	happens(PPME_SYSCALL_POLL_X, 10, N(1), B(fds, sizeof fds), N(100));
	shows("fdlist.sips", "32.1.13.184");
	shows("fdlist.names", "2001:db8::1:22");
}

Test(fields_evt, broken_parameters_print_as_absent_and_never_crash)
{
	happens(PPME_SYSCALL_KILL_X, 10, L("abc"), B("x", 1), B("toolong", 7));
	shows("evt.args", "res=<NA> pid=<NA> sig=<NA>");
	shows_json("evt.rawres", "null");
	happens(PPME_SYSCALL_POLL_X, 10, N(1), B("\xff\xff\x01", 3), N(0));
	shows("evt.arg.fds", "");
	shows_json("fdlist.nums", "null");
	happens(PPME_SOCKET_BIND_X, 10, N(0), B("\x02\x01", 2), N(7));
	shows("evt.arg.addr", text_of("evt.arg.addr"));
}
