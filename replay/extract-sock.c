/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses, ports and protocols of fd.* (fields-semantics.md 5.4, 5.5). In a tuple source means client and destination
 * server; which end is local depends on the capture's interfaces.
 */
#include "replay/extract.h"

struct end {
	const uint8_t *addr; /* NULL: absent */
	uint32_t len;
	uint16_t port;
};

enum which { CLIENT, SERVER, LOCAL, REMOTE };

static bool has_role(const struct hc_fd *fd)
{
	return fd->flags & HC_FDF_ROLES;
}

static struct end source(const struct hc_fd *fd)
{
	struct end e = { 0 };

	e.addr = hc_fd_source(fd, &e.len, &e.port);
	return e;
}

static struct end destination(const struct hc_fd *fd)
{
	struct end e = { 0 };

	e.addr = hc_fd_destination(fd, &e.len, &e.port);
	return e;
}

/* One end of the event's socket as 5.4's table has it; .addr NULL if absent. */
static struct end end_of(struct hc_eval *eval, enum which which)
{
	const struct hc_fd *fd = eval->fd;
	struct end none = { 0 }, client;
	bool client_is_local;

	if (!has_role(fd))
		return none;
	if (hc_fd_is_ip_server(fd))
		return which == SERVER ? source(fd) : none;
	if (!hc_fd_is_ip_tuple(fd))
		return none;
	switch (which) {
	case CLIENT: return source(fd);
	case SERVER: return destination(fd);
	default:
		client = source(fd);
		client_is_local = hc_state_is_local(eval->state, eval->thread, client.addr, client.len);
		return client_is_local == (which == LOCAL) ? client : destination(fd);
	}
}

static bool give_ip(struct hc_value *ret, struct end e)
{
	*ret = (struct hc_value){ .kind = HC_VALUE_IP, .s = { (const char *)e.addr, e.len } };
	return e.addr;
}

static bool give_port(struct hc_value *ret, struct end e)
{
	return e.addr && hc_give_int(ret, e.port);
}

/* Unlike the address, the port of a server socket needs no role: snapshots have none (5.4). */
static bool give_server_port(struct hc_eval *eval, struct hc_value *ret)
{
	return give_port(ret, hc_fd_is_ip_server(eval->fd) ? source(eval->fd) : end_of(eval, SERVER));
}

uint8_t hc_fd_shown_l4proto(const struct hc_fd *fd)
{
	uint8_t proto = hc_fd_l4proto(fd);

	return hc_fd_is_ip_server(fd) || has_role(fd) || proto == HC_L4_RAW ? proto : HC_L4_NA;
}

static const char *l4proto_word(uint8_t proto)
{
	switch (proto) {
	case HC_L4_TCP: return "tcp";
	case HC_L4_UDP: return "udp";
	case HC_L4_ICMP: return "icmp";
	case HC_L4_RAW: return "raw";
	default: return "<NA>";
	}
}

/* Ports as text, with the reference's empty strings where it falls through (5.4 (Q)). */
static bool give_proto(struct hc_eval *eval, enum which which, struct hc_value *ret)
{
	const struct hc_fd *fd = eval->fd;
	struct end e = end_of(eval, which);
	struct hc_buf *buf;

	if (hc_fd_is_ip_server(fd) && which == SERVER)
		return hc_give_str(ret, HC_STR(""));
	if (!e.addr)
		return which == CLIENT && has_role(fd) && hc_give_str(ret, HC_STR(""));
	buf = hc_eval_text(eval);
	hc_buf_u64(buf, e.port);
	return hc_give_buf(eval, ret, buf);
}

/* fd.ip, fd.net, fd.port, fd.proto: both ends, whatever the role; only conditions can use them (5.5). */
static bool give_both(struct hc_eval *eval, bool port, bool for_output, struct hc_value *ret)
{
	struct hc_value *items = hc_arena_array(&eval->scratch, struct hc_value, 2);
	struct end ends[2];
	uint32_t n = 0;

	if (for_output)
		return false;
	if (hc_fd_is_ip_tuple(eval->fd) || hc_fd_is_ip_server(eval->fd))
		ends[n++] = source(eval->fd);
	if (hc_fd_is_ip_tuple(eval->fd))
		ends[n++] = destination(eval->fd);
	for (uint32_t i = 0; i < n; i++) {
		if (port)
			give_port(&items[i], ends[i]);
		else
			give_ip(&items[i], ends[i]);
	}
	*ret = (struct hc_value){ .kind = HC_VALUE_LIST, .nitems = n, .items = items };
	return true;
}

static bool is_server(struct hc_eval *eval)
{
	struct end server;

	if (hc_fd_is_ip_server(eval->fd))
		return true;
	if (!hc_fd_is_ip_tuple(eval->fd))
		return false;
	server = destination(eval->fd);
	return hc_state_is_local(eval->state, eval->thread, server.addr, server.len);
}

bool hc_extract_sock(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	const struct hc_fd *fd = eval->fd;

	switch (field->id) {
	case HC_FIELD_FD_IP: case HC_FIELD_FD_NET: return give_both(eval, false, for_output, ret);
	case HC_FIELD_FD_PORT: case HC_FIELD_FD_PROTO: return give_both(eval, true, for_output, ret);
	case HC_FIELD_FD_CIP: case HC_FIELD_FD_CNET: return give_ip(ret, end_of(eval, CLIENT));
	case HC_FIELD_FD_SIP: case HC_FIELD_FD_SNET: return give_ip(ret, end_of(eval, SERVER));
	case HC_FIELD_FD_LIP: case HC_FIELD_FD_LNET: return give_ip(ret, end_of(eval, LOCAL));
	case HC_FIELD_FD_RIP: case HC_FIELD_FD_RNET: return give_ip(ret, end_of(eval, REMOTE));
	case HC_FIELD_FD_CPORT: return give_port(ret, end_of(eval, CLIENT));
	case HC_FIELD_FD_SPORT: return give_server_port(eval, ret);
	case HC_FIELD_FD_LPORT: return give_port(ret, end_of(eval, LOCAL));
	case HC_FIELD_FD_RPORT: return give_port(ret, end_of(eval, REMOTE));
	case HC_FIELD_FD_CPROTO: return give_proto(eval, CLIENT, ret);
	case HC_FIELD_FD_SPROTO: return give_proto(eval, SERVER, ret);
	case HC_FIELD_FD_LPROTO: return give_proto(eval, LOCAL, ret);
	case HC_FIELD_FD_RPROTO: return give_proto(eval, REMOTE, ret);
	case HC_FIELD_FD_L4PROTO: return hc_give_str(ret, hc_str(l4proto_word(hc_fd_shown_l4proto(fd))));
	case HC_FIELD_FD_SOCKFAMILY:
		if (fd->type == HC_FD_UNIX_SOCK)
			return hc_give_str(ret, HC_STR("unix"));
		return (hc_fd_is_ip_tuple(fd) || hc_fd_is_ip_server(fd)) && hc_give_str(ret, HC_STR("ip"));
	case HC_FIELD_FD_IS_SERVER: return hc_give_bool(ret, is_server(eval));
	default: /* fd.cip.name and kin: names are never resolved */
		return !for_output && hc_give_bool(ret, hc_fd_is_ip_tuple(fd) && has_role(fd));
	}
}
