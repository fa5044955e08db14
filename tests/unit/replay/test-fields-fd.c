/* SPDX-License-Identifier: Apache-2.0
 *
 * fd.* (fields-semantics.md 5).
 */
#include <criterion/criterion.h>

#include "field-checks.h"

static void setup(void)
{
	struct hc_fd_info *fd;

	asker_begin();
	world_thread(&a.w, 1, 1, 0);
	world_thread(&a.w, 10, 10, 1);
	world_fd(&a.w, 10, 3, HC_FD_FILE, "/etc/passwd");
	world_fd(&a.w, 10, 4, HC_FD_DIRECTORY, "/srv/d");
	world_fd(&a.w, 10, 5, HC_FD_FILE, "/top");
	world_fd(&a.w, 10, 6, HC_FD_FIFO, "pipe:[1]");
	world_fd(&a.w, 10, 7, HC_FD_FILE, "relative");
	world_fd(&a.w, 10, 8, HC_FD_FILE, "/ends/");
	fd = world_fd(&a.w, 10, 12, HC_FD_IPV4_SERVSOCK, "");
	fd->sport = 22;
	fd->l4proto = HC_L4_TCP;
	asker_load();
}

TestSuite(fields_fd, .init = setup, .fini = asker_end);

static void close_of(int64_t fd)
{
	happens(PPME_SYSCALL_CLOSE_X, 10, N(-4), N(fd)); /* fails, so that the entry stays */
}

Test(fields_fd, directory_and_filename_cut_at_the_last_slash)
{
	static const struct {
		int64_t fd;
		const char *name, *directory, *filename, *character;
	} cases[] = {
		{ 3, "\"/etc/passwd\"", "\"/etc\"", "\"passwd\"", "\"f\"" },
		{ 4, "\"/srv/d\"", "\"/srv/d\"", "null", "\"d\"" },
		{ 5, "\"/top\"", "\"/\"", "\"top\"", "\"f\"" },
		{ 6, "\"pipe:[1]\"", "null", "null", "\"p\"" },
		{ 7, "\"relative\"", "\"/\"", "\"/\"", "\"f\"" },
		{ 8, "\"/ends/\"", "\"/ends/\"", "\"/ends/\"", "\"f\"" },
		{ 99, "\"\"", "\"/\"", "null", "\"o\"" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		close_of(cases[i].fd);
		shows_json("fd.name", cases[i].name);
		shows_json("fd.directory", cases[i].directory);
		shows_json("fd.filename", cases[i].filename);
		shows_json("fd.typechar", cases[i].character);
	}
}

Test(fields_fd, are_absent_for_events_without_fds)
{
	happens(PPME_SYSCALL_UNLINK_2_X, 10, N(0), S("/x"));
	shows_json("fd.num", "null");
	shows_json("fd.name", "null");
	shows_json("fd.typechar", "null");
	gives("fd.ip", "absent");
}

Test(fields_fd, names_of_failed_opens_come_from_the_event)
{
	happens(PPME_SYSCALL_OPENAT_2_X, 10, N(-2), N(4), S("..//x"), N(1), N(0), N(0), N(0));
	shows("fd.name", "/srv/x");
	shows("fd.nameraw", "../x"); /* runs of slashes become one */
	shows_json("fd.num", "-1");
	shows("fd.typechar", "f");
	shows_json("fd.type", "null");
	shows("fd.containername", ":/srv/x");
	shows("fd.uid", "10-1");
	happens(PPME_SYSCALL_OPEN_X, 10, N(-2), S("no"), N(1), N(0), N(0), N(0));
	shows("fd.name", "/home/no");
	shows("fd.typechar", "o");
}

Test(fields_fd, opened_files_tell_device_and_layers)
{
	happens(PPME_SYSCALL_OPENAT_2_X, 10, N(9), N(-100), S("/x"), N(1 | 32768), N(0), N(0x801), N(77));
	shows("fd.dev", "801");
	shows_json("fd.dev", "\"801\"");
	shows_json("fd.dev.major", "8");
	shows_json("fd.dev.minor", "1");
	shows_json("fd.ino", "77");
	shows_json("fd.is_upper_layer", "true");
	shows_json("fd.name_changed", "true");
	shows_json("fd.types[9]", "[\"file\"]");
	shows_json("fd.types[50]", "null");
	shows("fd.types[9]", "(file)");
}

static void connect_tcp(void)
{
	struct sock t = tuple4(0x0a000001, 1111, 0x01020304, 443);

	happens(PPME_SOCKET_SOCKET_X, 10, N(9), N(2), N(1), N(0), N(0));
	shows_json("fd.sport", "null"); /* no role yet */
	shows("fd.l4proto", "<NA>");
	gives("fd.port", "(0,0)");
	happens(PPME_SOCKET_CONNECT_X, 10, N(0), SOCK(t), N(9), EMPTY);
}

Test(fields_fd, client_sockets_name_both_ends)
{
	connect_tcp();
	shows("fd.name", "10.0.0.1:1111->1.2.3.4:443");
	shows("fd.cip", "10.0.0.1");
	shows("fd.sip", "1.2.3.4");
	shows_json("fd.cport", "1111");
	shows_json("fd.sport", "443");
	shows("fd.sproto", "443");
	shows("fd.l4proto", "tcp");
	shows("fd.sockfamily", "ip");
	shows("fd.type", "ipv4");
	shows_json("fd.connected", "true");
	shows("fd.snet", "<IPNET>");
	shows("fd.ip", "<NA>");
	gives("fd.ip", "(10.0.0.1,1.2.3.4)");
	gives("fd.port", "(1111,443)");
	gives("fd.sip.name", "true");
	shows("fd.sip.name", "<NA>");
	shows("evt.arg.fd", "<4t>10.0.0.1:1111->1.2.3.4:443");
	/* without interfaces the server's side is local */
	shows("fd.lip", "1.2.3.4");
	shows("fd.rip", "10.0.0.1");
	shows_json("fd.is_server", "false");
}

Test(fields_fd, bound_sockets_are_servers_without_client)
{
	struct sock s = addr4(0, 53);

	happens(PPME_SOCKET_SOCKET_X, 10, N(9), N(2), N(2), N(0), N(0));
	happens(PPME_SOCKET_BIND_X, 10, N(0), SOCK(s), N(9));
	shows("fd.name", "0.0.0.0:53");
	shows("fd.sip", "0.0.0.0");
	shows_json("fd.sport", "53");
	shows_json("fd.sproto", "\"\""); /* (Q) */
	shows_json("fd.cproto", "\"\"");
	shows_json("fd.cip", "null");
	shows_json("fd.lport", "null");
	shows("fd.l4proto", "udp");
	shows_json("fd.is_server", "true");
	gives("fd.port", "(53)");
	gives("fd.sip.name", "false");
}

/* Server sockets of the snapshot have no role: no address, but a port (5.4). */
Test(fields_fd, servers_of_the_snapshot_have_a_port_only)
{
	happens(PPME_SOCKET_LISTEN_X, 10, N(0), N(12), N(5));
	shows("fd.name", "0.0.0.0:22");
	shows_json("fd.sip", "null");
	shows_json("fd.sport", "22");
	shows_json("fd.sproto", "\"\"");
	shows_json("fd.cproto", "null");
	shows("fd.l4proto", "tcp");
}

Test(fields_fd, failed_accepts_show_the_empty_tuple)
{
	happens(PPME_SOCKET_ACCEPT4_6_X, 10, N(-11), EMPTY, N(0), N(0), N(0), N(0));
	shows("fd.name", "NULL");
	shows("fd.typechar", "4");
	shows_json("fd.sip", "null");
}

Test(fields_fd, other_entries_have_no_addresses_but_a_protocol_text)
{
	close_of(3);
	shows_json("fd.sip", "null");
	shows("fd.l4proto", "<NA>");
	shows_json("fd.sockfamily", "null");
	gives("fd.ip", "()");
	gives("fd.net", "()");
	shows_json("fd.is_server", "false");
}
