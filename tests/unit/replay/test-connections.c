/* SPDX-License-Identifier: Apache-2.0
 *
 * Sockets: names, roles, tuples (state-engine.md 12), with the verified sequences of 12.9a one by one.
 */
#include <criterion/criterion.h>

#include "event-builder.h"
#include "replay/sockets.h"

enum { TCP = 6, UDP = 17, STREAM = 1, DGRAM = 2, RAW = 3, INPROGRESS = -115 };

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static const uint8_t v6_a[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, v6_b[16] = { 0x20, 1, 0xd, 0xb8, [15] = 2 };
static const uint8_t mapped_a[16] = { [10] = 0xff, 0xff, 10, 0, 0, 1 }, mapped_b[16] = { [10] = 0xff, 0xff, 1, 2, 3, 4 };

static struct world w;

static void setup(void)
{
	w = world_begin();
	world_thread(&w, 10, 10, 0);
	world_load(&w);
}

static void teardown(void)
{
	world_end(&w);
}

TestSuite(connections, .init = setup, .fini = teardown);

static void new_socket(int64_t num, uint32_t domain, uint32_t type, uint32_t proto)
{
	feed(&w, PPME_SOCKET_SOCKET_X, 10, N(num), N(domain), N(type), N(proto), N(0));
}

static void bind_to(int64_t num, struct sock addr)
{
	feed(&w, PPME_SOCKET_BIND_X, 10, N(0), SOCK(addr), N(num));
}

static void connect_to(int64_t res, int64_t num, struct sock tuple, struct sock addr)
{
	feed(&w, PPME_SOCKET_CONNECT_X, 10, N(res), SOCK(tuple), N(num), SOCK(addr));
}

static void sendto(int64_t num, struct sock tuple)
{
	feed(&w, PPME_SOCKET_SENDTO_X, 10, N(1), B("x", 1), N(num), N(1), SOCK(tuple));
}

static void recvfrom(int64_t num, struct sock tuple)
{
	feed(&w, PPME_SOCKET_RECVFROM_X, 10, N(1), B("x", 1), SOCK(tuple), N(num), N(1));
}

enum { NONE = 0, CLIENT = HC_FDF_ROLE_CLIENT, SERVER = HC_FDF_ROLE_SERVER };

static void expect(int64_t num, const char *name, int role, uint8_t l4, bool connected)
{
	struct hc_fd *fd = world_get_fd(&w, 10, num);

	cr_assert_not_null(fd);
	cr_expect_str_eq(text(fd->name), name);
	cr_expect_eq(fd->flags & HC_FDF_ROLES, role, "%s: role %d", name, fd->flags & HC_FDF_ROLES);
	cr_expect_eq(hc_fd_l4proto(fd), l4, "%s: l4proto %d", name, hc_fd_l4proto(fd));
	cr_expect_eq(!!(fd->flags & HC_FDF_CONNECTED), connected, "%s: connected", name);
}

Test(connections, tcp_connect_in_progress_is_connected_and_fixed)
{
	new_socket(3, 2, STREAM, TCP);
	expect(3, "", NONE, HC_L4_TCP, false);
	connect_to(INPROGRESS, 3, tuple4(IP(10, 0, 0, 1), 1111, IP(1, 2, 3, 4), 443), addr4(IP(1, 2, 3, 4), 443));
	expect(3, "10.0.0.1:1111->1.2.3.4:443", CLIENT, HC_L4_TCP, true);
	cr_expect(w.state->fd_name_changed);
	sendto(3, tuple4(IP(10, 0, 0, 1), 1111, IP(9, 9, 9, 9), 443));
	expect(3, "10.0.0.1:1111->1.2.3.4:443", CLIENT, HC_L4_TCP, true);
	cr_expect_not(w.state->fd_name_changed);
}

Test(connections, bound_udp_socket_follows_the_traffic)
{
	new_socket(3, 2, DGRAM, 0);
	bind_to(3, addr4(0, 53));
	expect(3, "0.0.0.0:53", SERVER, HC_L4_UDP, false);
	cr_expect_eq(w.state->fd->type, HC_FD_IPV4_SERVSOCK);
	recvfrom(3, tuple4(IP(5, 5, 5, 5), 5555, IP(10, 0, 0, 1), 53));
	expect(3, "5.5.5.5:5555->10.0.0.1:53", SERVER, HC_L4_UDP, false);
	cr_expect(w.state->fd_name_changed);
	sendto(3, tuple4(IP(10, 0, 0, 1), 53, IP(5, 5, 5, 5), 5555));
	expect(3, "5.5.5.5:5555->10.0.0.1:53", SERVER, HC_L4_UDP, true);
	cr_expect_not(w.state->fd_name_changed);
	recvfrom(3, tuple4(IP(6, 6, 6, 6), 6666, IP(10, 0, 0, 1), 53));
	expect(3, "6.6.6.6:6666->10.0.0.1:53", SERVER, HC_L4_UDP, true);
}

Test(connections, unbound_udp_socket_is_what_it_does_first)
{
	new_socket(3, 2, DGRAM, UDP);
	sendto(3, tuple4(IP(10, 0, 0, 1), 3333, IP(8, 8, 8, 8), 53));
	expect(3, "10.0.0.1:3333->8.8.8.8:53", CLIENT, HC_L4_UDP, true);
	recvfrom(3, tuple4(IP(8, 8, 8, 8), 53, IP(10, 0, 0, 1), 3333));
	expect(3, "10.0.0.1:3333->8.8.8.8:53", CLIENT, HC_L4_UDP, true);
	cr_expect_not(w.state->fd_name_changed);
	sendto(3, tuple4(IP(10, 0, 0, 1), 3333, IP(8, 8, 4, 4), 53));
	expect(3, "10.0.0.1:3333->8.8.4.4:53", CLIENT, HC_L4_UDP, true);
	cr_expect(w.state->fd_name_changed);
	new_socket(4, 2, DGRAM, UDP);
	recvfrom(4, tuple4(IP(7, 7, 7, 7), 7777, IP(10, 0, 0, 1), 9000));
	expect(4, "7.7.7.7:7777->10.0.0.1:9000", SERVER, HC_L4_UDP, true);
}

Test(connections, sendto_on_an_unknown_fd_makes_a_udp_socket)
{
	sendto(7, tuple4(IP(10, 0, 0, 1), 1, IP(1, 2, 3, 4), 2));
	expect(7, "10.0.0.1:1->1.2.3.4:2", CLIENT, HC_L4_UDP, true);
	cr_expect(w.state->fd_name_changed);
	recvfrom(8, tuple4(IP(10, 0, 0, 1), 1, IP(1, 2, 3, 4), 2));
	cr_expect_null(world_get_fd(&w, 10, 8), "receiving does not");
	feed(&w, PPME_SOCKET_SENDMMSG_X, 10, N(1), N(9), N(1), B("x", 1), SOCK(tuple4(1, 2, 3, 4)));
	cr_expect_null(world_get_fd(&w, 10, 9), "neither does sendmmsg");
}

Test(connections, accept_makes_a_server_end)
{
	struct sock tuple = tuple4(IP(7, 7, 7, 7), 7777, IP(10, 0, 0, 1), 80);

	feed(&w, PPME_SOCKET_ACCEPT_5_X, 10, N(5), SOCK(tuple), N(0), N(0), N(5));
	expect(5, "7.7.7.7:7777->10.0.0.1:80", SERVER, HC_L4_TCP, true);
	feed(&w, PPME_SOCKET_ACCEPT4_6_X, 10, N(6), SOCK(tuple6(mapped_b, 1, mapped_a, 2)), N(0), N(0), N(5), N(4096));
	expect(6, "1.2.3.4:1->10.0.0.1:2", SERVER, HC_L4_TCP, true);
	cr_expect_eq(w.state->fd->type, HC_FD_IPV4_SOCK);
	cr_expect_eq(w.state->fd->open_flags, 4096);
	feed(&w, PPME_SOCKET_ACCEPT_5_X, 10, N(7), SOCK(tuple6(v6_a, 1, v6_b, 2)), N(0), N(0), N(5));
	expect(7, "2001:db8::1:1->2001:db8::2:2", SERVER, HC_L4_TCP, true);
	feed(&w, PPME_SOCKET_ACCEPT_5_X, 10, N(8), SOCK(tuple_unix(0xabc, 0xdef, "/run/s")), N(0), N(0), N(5));
	expect(8, "abc->def /run/s", SERVER, HC_L4_NA, true);
	feed(&w, PPME_SOCKET_ACCEPT_5_X, 10, N(9), EMPTY, N(0), N(0), N(5));
	cr_expect_null(world_get_fd(&w, 10, 9));
	cr_expect_eq(w.state->thread->last_fd, 9);
	feed(&w, PPME_SOCKET_ACCEPT_5_X, 10, N(-11), EMPTY, N(0), N(0), N(5));
	cr_expect_null(w.state->fd);
	cr_expect_eq(w.state->thread->last_fd, -1);
}

Test(connections, refused_connect_leaves_no_trace)
{
	new_socket(3, 2, STREAM, TCP);
	connect_to(-111, 3, tuple4(IP(10, 0, 0, 1), 1, IP(1, 2, 3, 4), 2), addr4(IP(1, 2, 3, 4), 2));
	expect(3, "", NONE, HC_L4_TCP, false);
}

Test(connections, names_follow_the_protocol)
{
	new_socket(3, 2, RAW, 1);
	connect_to(0, 3, tuple4(IP(10, 0, 0, 1), 0, IP(1, 2, 3, 4), 0), addr4(IP(1, 2, 3, 4), 0));
	expect(3, "10.0.0.1->1.2.3.4", CLIENT, HC_L4_RAW, true);
	new_socket(4, 2, 5, 132);
	connect_to(0, 4, tuple4(IP(10, 0, 0, 1), 1, IP(1, 2, 3, 4), 2), addr4(IP(1, 2, 3, 4), 2));
	expect(4, "<unknown>", CLIENT, HC_L4_UNKNOWN, true);
	new_socket(5, 2, DGRAM, 0);
	bind_to(5, addr4(IP(10, 0, 0, 1), 0));
	expect(5, "10.0.0.1:0", NONE, HC_L4_UDP, false);
	cr_expect_eq(w.state->fd->type, HC_FD_IPV4_SOCK, "without a port it stays a tuple");
}

Test(connections, socket_types_and_protocols)
{
	static const struct {
		uint32_t domain, type, proto;
		uint8_t fd_type, l4;
	} rows[] = {
		{ 2, STREAM, 0, HC_FD_IPV4_SOCK, HC_L4_TCP }, { 2, STREAM | 0x800, 0, HC_FD_IPV4_SOCK, HC_L4_TCP },
		{ 10, DGRAM, 0, HC_FD_IPV6_SOCK, HC_L4_UDP }, { 10, RAW, 58, HC_FD_IPV6_SOCK, HC_L4_UNKNOWN },
		{ 2, DGRAM, 1, HC_FD_IPV4_SOCK, HC_L4_ICMP }, { 2, RAW, 6, HC_FD_IPV4_SOCK, HC_L4_RAW },
		{ 2, RAW | 0x800, 17, HC_FD_IPV4_SOCK, HC_L4_UDP }, { 2, RAW, 255, HC_FD_IPV4_SOCK, HC_L4_RAW },
		{ 1, STREAM, 0, HC_FD_UNIX_SOCK, HC_L4_NA }, { 16, RAW, 0, HC_FD_NETLINK, HC_L4_NA },
		{ 17, RAW, 3, HC_FD_UNKNOWN, HC_L4_NA },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		new_socket(20 + (int)i, rows[i].domain, rows[i].type, rows[i].proto);
		cr_expect_eq(w.state->fd->type, rows[i].fd_type, "row %zu", i);
		cr_expect_eq(hc_fd_l4proto(w.state->fd), rows[i].l4, "row %zu", i);
	}
}

Test(connections, connect_over_ipv6)
{
	new_socket(3, 10, STREAM, TCP);
	connect_to(0, 3, tuple6(v6_a, 1, v6_b, 2), addr6(v6_b, 2));
	expect(3, "2001:db8::1:1->2001:db8::2:2", CLIENT, HC_L4_TCP, true);
	/* (Q) To a mapped address: the protocol byte of the IPv4 form was never set. */
	new_socket(4, 10, STREAM, TCP);
	connect_to(0, 4, tuple6(mapped_a, 1, mapped_b, 2), addr6(mapped_b, 2));
	expect(4, "<unknown>", CLIENT, HC_L4_UNKNOWN, true);
	cr_expect_eq(w.state->fd->type, HC_FD_IPV4_SOCK);
}

Test(connections, connect_prefers_the_address_it_was_asked_for)
{
	new_socket(3, 2, STREAM, TCP);
	feed(&w, PPME_SOCKET_CONNECT_E, 10, N(3), SOCK(addr4(IP(9, 9, 9, 9), 99)));
	cr_expect_eq(w.state->thread->last_fd, 3);
	connect_to(0, 3, tuple4(IP(10, 0, 0, 1), 1, IP(1, 2, 3, 4), 2), addr4(IP(1, 2, 3, 4), 2));
	expect(3, "10.0.0.1:1->9.9.9.9:99", CLIENT, HC_L4_TCP, true);
	new_socket(4, 2, STREAM, TCP);
	feed(&w, PPME_SOCKET_CONNECT_E, 10, N(4), SOCK(addr4(IP(9, 9, 9, 9), 99)));
	connect_to(0, 4, tuple4(IP(10, 0, 0, 1), 1, IP(1, 2, 3, 4), 2), addr4(IP(7, 7, 7, 7), 7));
	expect(4, "10.0.0.1:1->1.2.3.4:2", CLIENT, HC_L4_TCP, true);
	/* The family is that of the ends as they come out. */
	new_socket(5, 10, STREAM, TCP);
	feed(&w, PPME_SOCKET_CONNECT_E, 10, N(5), SOCK(addr6(v6_b, 99)));
	connect_to(0, 5, tuple6(mapped_a, 1, mapped_b, 2), addr6(mapped_b, 2));
	expect(5, "::ffff:10.0.0.1:1->2001:db8::2:99", CLIENT, HC_L4_TCP, true);
}

Test(connections, connect_without_tuple_keeps_the_destination)
{
	const struct sock none = { .len = 0 };
	struct hc_fd *fd;

	new_socket(3, 2, STREAM, TCP);
	feed(&w, PPME_SOCKET_CONNECT_E, 10, N(3), SOCK(addr4(IP(9, 9, 9, 9), 99)));
	connect_to(INPROGRESS, 3, none, none);
	expect(3, "", NONE, HC_L4_TCP, true);
	fd = world_get_fd(&w, 10, 3);
	cr_expect_eq(hc_le16(fd->sock + HC_V4_DPORT), 99);
	cr_expect_eq(fd->sock[HC_V4_DST], 9);
	new_socket(4, 1, STREAM, 0);
	feed(&w, PPME_SOCKET_CONNECT_E, 10, N(4), SOCK(addr_unix("/run/x")));
	connect_to(0, 4, none, none);
	expect(4, "NULL", NONE, HC_L4_NA, true);
}

Test(connections, unix_sockets_are_named_by_their_ends)
{
	new_socket(3, 1, STREAM, 0);
	bind_to(3, addr_unix("/run/listen"));
	expect(3, "/run/listen", NONE, HC_L4_NA, false);
	new_socket(4, 1, STREAM, 0);
	connect_to(0, 4, tuple_unix(0xffff880012345678, 0, "/run/listen"), addr_unix("/run/listen"));
	expect(4, "ffff880012345678->0 /run/listen", CLIENT, HC_L4_NA, true);
	feed(&w, PPME_SOCKET_RECVMSG_X, 10, N(1), N(1), B("x", 1), SOCK(tuple_unix(1, 2, "/run/other")), EMPTY, N(4));
	expect(4, "1->2 /run/other", CLIENT, HC_L4_NA, true);
	connect_to(0, 4, tuple4(1, 2, 3, 4), addr4(3, 4));
	cr_expect_eq(w.state->fd->type, HC_FD_IPV4_SOCK);
	connect_to(0, 4, tuple_unix(3, 4, "/run/again"), addr_unix("/run/again"));
	cr_expect_str_neq(text(w.state->fd->name), "3->4 /run/again", "not a unix socket any more");
}

/* (B) The tuple is written over the server's address, and read as that. */
Test(connections, bound_ipv6_socket_stays_a_server)
{
	const uint8_t *ip;
	uint32_t len;
	uint16_t port;

	new_socket(3, 10, DGRAM, UDP);
	bind_to(3, addr6((const uint8_t[16]){ 0 }, 53));
	expect(3, ":::53", SERVER, HC_L4_UDP, false);
	cr_expect_eq(w.state->fd->type, HC_FD_IPV4_SERVSOCK, ":: counts as mapped");
	recvfrom(3, tuple6(v6_a, 1111, v6_b, 53));
	expect(3, "2001:db8::1:1111->2001:db8::2:53", SERVER, HC_L4_UNKNOWN, false);
	cr_expect(w.state->fd_name_changed);
	cr_expect_eq(w.state->fd->type, HC_FD_IPV4_SERVSOCK);
	ip = hc_fd_source(w.state->fd, &len, &port);
	cr_expect(len == 4 && !memcmp(ip, (uint8_t[]){ 32, 1, 13, 184 }, 4) && port == 0);
	recvfrom(3, tuple6(v6_a, 1111, v6_b, 53));
	cr_expect_not(w.state->fd_name_changed);
	sendto(3, tuple6(v6_b, 53, v6_a, 1111));
	expect(3, "2001:db8::2:53->2001:db8::1:1111", SERVER, HC_L4_UNKNOWN, false);
	new_socket(4, 10, DGRAM, UDP);
	bind_to(4, addr6(v6_a, 54));
	expect(4, "2001:db8::1:54", SERVER, HC_L4_UDP, false);
	cr_expect_eq(w.state->fd->type, HC_FD_IPV6_SERVSOCK);
	recvfrom(4, tuple6(v6_b, 1111, v6_a, 54));
	expect(4, "2001:db8::2:1111->2001:db8::1:54", SERVER, 0x0d, false);
	cr_expect_eq(w.state->fd->type, HC_FD_IPV6_SERVSOCK);
	ip = hc_fd_source(w.state->fd, &len, &port);
	cr_expect(len == 16 && !memcmp(ip, v6_b, 16) && port == 0x0120);
	/* Mapped ends are IPv4's, and that is a tuple again; its protocol is a byte that nobody set. */
	new_socket(5, 10, DGRAM, UDP);
	bind_to(5, addr6((const uint8_t[16]){ 0 }, 55));
	recvfrom(5, tuple6(mapped_b, 1111, mapped_a, 55));
	expect(5, "1.2.3.4:1111->10.0.0.1:55", SERVER, HC_L4_UDP, false);
	cr_expect_eq(w.state->fd->type, HC_FD_IPV4_SOCK);
}

Test(connections, reading_shows_that_it_is_connected)
{
	new_socket(3, 2, STREAM, TCP);
	feed(&w, PPME_SYSCALL_READ_X, 10, N(-11), EMPTY, N(3), N(1));
	expect(3, "", NONE, HC_L4_TCP, false);
	feed(&w, PPME_SYSCALL_WRITE_X, 10, N(1), B("x", 1), N(3), N(1));
	expect(3, "", NONE, HC_L4_TCP, true);
}

Test(connections, unknown_end_is_filled_from_the_interfaces)
{
	struct hc_interface *f = hc_section_add_interface(&w.section);

	f->type = 1;
	memcpy(f->addr, (uint8_t[]){ 127, 0, 0, 1 }, 4);
	memcpy(f->netmask, (uint8_t[]){ 255, 0, 0, 0 }, 4);
	f = hc_section_add_interface(&w.section);
	f->type = 1;
	memcpy(f->addr, (uint8_t[]){ 172, 16, 0, 9 }, 4);
	memcpy(f->netmask, (uint8_t[]){ 255, 255, 0, 0 }, 4);
	f = hc_section_add_interface(&w.section);
	f->type = 1;
	memcpy(f->addr, (uint8_t[]){ 10, 0, 0, 9 }, 4);
	memcpy(f->netmask, (uint8_t[]){ 255, 0, 0, 0 }, 4);
	world_load(&w);
	new_socket(3, 2, DGRAM, UDP);
	sendto(3, tuple4(0, 3333, IP(10, 8, 8, 8), 53));
	expect(3, "10.0.0.9:3333->10.8.8.8:53", CLIENT, HC_L4_UDP, true);
	new_socket(4, 2, DGRAM, UDP);
	sendto(4, tuple4(0, 3333, IP(8, 8, 8, 8), 53));
	expect(4, "172.16.0.9:3333->8.8.8.8:53", CLIENT, HC_L4_UDP, true);
	new_socket(5, 2, DGRAM, UDP);
	sendto(5, tuple4(0, 53, IP(172, 16, 0, 9), 53));
	expect(5, "0.0.0.0:53->172.16.0.9:53", CLIENT, HC_L4_UDP, true);
	cr_expect(hc_state_is_local(w.state, hc_state_find(w.state, 10), (uint8_t[]){ 10, 0, 0, 9 }, 4));
	cr_expect_not(hc_state_is_local(w.state, hc_state_find(w.state, 10), (uint8_t[]){ 10, 0, 0, 8 }, 4));
}

Test(connections, socketpair_makes_two)
{
	feed(&w, PPME_SOCKET_SOCKETPAIR_X, 10, N(0), N(3), N(4), N(0x10), N(0x20), N(1), N(1), N(0));
	expect(3, "", NONE, HC_L4_NA, false);
	expect(4, "", NONE, HC_L4_NA, false);
	cr_expect_eq(w.state->fd, world_get_fd(&w, 10, 3), "the event's entry is the first");
	cr_expect_eq(w.state->thread->last_fd, 4, "its number the second");
	feed(&w, PPME_SOCKET_SOCKETPAIR_X, 10, N(0), N(5), N(5), N(0x10), N(0x20), N(1), N(1), N(0));
	cr_expect_null(world_get_fd(&w, 10, 5));
}

Test(connections, socketpair_makes_the_first_one_first)
{
	for (int fd = 0; fd < HC_FDS_MAX - 1; fd++)
		feed(&w, PPME_SYSCALL_EVENTFD_X, 10, N(fd), N(0), N(0));
	feed(&w, PPME_SOCKET_SOCKETPAIR_X, 10, N(0), N(5000), N(5001), N(0x10), N(0x20), N(1), N(1), N(0));
	cr_expect_not_null(world_get_fd(&w, 10, 5000));
	cr_expect_null(world_get_fd(&w, 10, 5001), "the table is full");
}

Test(connections, snapshot_lists_of_threads_are_their_own)
{
	static const int64_t owners[] = { 10, 12 };

	world_thread(&w, 12, 10, 1)->flags = HC_CL_CLONE_FILES | HC_CL_CLONE_THREAD;
	world_fd(&w, 10, 3, HC_FD_IPV4_SERVSOCK, "")->sport = 80;
	for (int i = 0; i < 2; i++)
		*world_fd(&w, owners[i], 4, HC_FD_IPV4_SOCK, "") =
			(struct hc_fd_info){ .tid = owners[i], .fd = 4, .type = HC_FD_IPV4_SOCK, .l4proto = HC_L4_TCP, .sport = 80,
					     .dport = 1234, .sip = { 10, 0, 0, 1 }, .dip = { 1, 2, 3, 4 } };
	world_fd(&w, 10, 5, HC_FD_UNKNOWN, "");
	world_load(&w);
	hc_state_loaded(w.state);
	expect(4, "1.2.3.4:1234->10.0.0.1:80", SERVER, HC_L4_TCP, true);
	cr_expect_eq(hc_state_find(w.state, 12)->fds->dense[4]->flags & HC_FDF_ROLES, HC_FDF_ROLE_SERVER);
	cr_expect_null(world_get_fd(&w, 10, 5), "of no type");
}

Test(connections, snapshot_sockets_have_directions)
{
	struct hc_fd_info *in;

	in = world_fd(&w, 10, 3, HC_FD_IPV6_SERVSOCK, "");
	in->sport = 80;
	in->l4proto = HC_L4_TCP;
	in = world_fd(&w, 10, 4, HC_FD_IPV4_SOCK, "");
	*in = (struct hc_fd_info){ .tid = 10, .fd = 4, .type = HC_FD_IPV4_SOCK, .l4proto = HC_L4_TCP, .sport = 80, .dport = 1234,
				   .sip = { 10, 0, 0, 1 }, .dip = { 1, 2, 3, 4 } };
	in = world_fd(&w, 10, 5, HC_FD_IPV4_SOCK, "");
	*in = (struct hc_fd_info){ .tid = 10, .fd = 5, .type = HC_FD_IPV4_SOCK, .l4proto = HC_L4_UDP, .sport = 81, .dport = 53,
				   .sip = { 10, 0, 0, 1 }, .dip = { 1, 2, 3, 4 } };
	in = world_fd(&w, 10, 6, HC_FD_IPV6_SOCK, "");
	*in = (struct hc_fd_info){ .tid = 10, .fd = 6, .type = HC_FD_IPV6_SOCK, .l4proto = HC_L4_TCP, .sport = 80, .dport = 9 };
	memcpy(in->sip, mapped_a, 16);
	memcpy(in->dip, mapped_b, 16);
	in = world_fd(&w, 10, 7, HC_FD_IPV6_SOCK, "");
	*in = (struct hc_fd_info){ .tid = 10, .fd = 7, .type = HC_FD_IPV6_SOCK, .l4proto = HC_L4_TCP, .sport = 80, .dport = 9 };
	memcpy(in->sip, v6_a, 16);
	memcpy(in->dip, v6_b, 16);
	world_fd(&w, 10, 8, HC_FD_UNIX_SOCK, "/run/s");
	world_fd(&w, 10, 9, HC_FD_UNIX_SOCK, "");
	world_load(&w);
	hc_state_loaded(w.state);
	expect(3, ":::80", NONE, HC_L4_TCP, false);
	expect(4, "1.2.3.4:1234->10.0.0.1:80", SERVER, HC_L4_TCP, true);
	expect(5, "10.0.0.1:81->1.2.3.4:53", CLIENT, HC_L4_UDP, false);
	expect(6, "1.2.3.4:9->10.0.0.1:80", SERVER, HC_L4_TCP, true);
	expect(7, "2001:db8::1:80->2001:db8::2:9", NONE, HC_L4_TCP, true);
	expect(8, "/run/s", SERVER, HC_L4_NA, false);
	expect(9, "", CLIENT, HC_L4_NA, false);
}

Test(connections, parameters_are_read_with_care)
{
	struct sock whole[] = { tuple4(1, 2, 3, 4), tuple6(v6_a, 1, v6_b, 2), tuple_unix(1, 2, "p") };
	static const uint32_t least[] = { 13, 37, 18 };
	struct hc_socktuple t;

	for (size_t i = 0; i < 3; i++)
		for (uint32_t len = 0; len <= whole[i].len; len++) {
			uint8_t *exact = malloc(len + 1);

			memcpy(exact, whole[i].p, len);
			exact = realloc(exact, len ? len : 1);
			cr_expect_eq(hc_socktuple_read(exact, len, &t), len >= least[i], "%zu %u", i, len);
			free(exact);
		}
	whole[0].p[0] = 77;
	cr_expect_not(hc_socktuple_read(whole[0].p, 13, &t));
}

Test(connections, texts_of_parameters)
{
	char buf[HC_SOCK_TEXT_SIZE], path[400];
	struct sock s = tuple6(mapped_a, 1, mapped_b, 2);
	uint32_t n;

	hc_socktuple_text(buf, s.p, s.len);
	cr_expect_str_eq(buf, "10.0.0.1:1->1.2.3.4:2");
	hc_socktuple_text(buf, NULL, 0);
	cr_expect_str_eq(buf, "NULL");
	hc_socktuple_text(buf, (const uint8_t *)"\x11", 1);
	cr_expect_str_eq(buf, "family 17");
	s = tuple_unix(0, 0x1f, "");
	hc_socktuple_text(buf, s.p, s.len);
	cr_expect_str_eq(buf, "0->1f ");
	s = addr6(v6_a, 9);
	hc_sockaddr_text(buf, s.p, s.len);
	cr_expect_str_eq(buf, "2001:db8::1:9");
	memset(path, 'p', sizeof path);
	n = hc_unix_text(buf, UINT64_MAX, UINT64_MAX, (struct hc_str){ path, sizeof path });
	cr_expect_eq(n, HC_SOCK_TEXT_SIZE - 1);
	cr_expect_eq(strlen(buf), n);
}
