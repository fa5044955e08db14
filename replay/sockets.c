/* SPDX-License-Identifier: Apache-2.0
 *
 * Socket addresses and tuples as bytes and as text. What the texts mean for names is in connections.c.
 */
#include "replay/sockets.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "common/event.h"

static struct hc_str path_of(const uint8_t *p, uint32_t len)
{
	const uint8_t *nul = memchr(p, 0, len);

	return (struct hc_str){ (const char *)p, nul ? (uint32_t)(nul - p) : len };
}

bool hc_sockaddr_read(const uint8_t *p, uint32_t len, struct hc_sockaddr *ret)
{
	if (!len)
		return false;
	*ret = (struct hc_sockaddr){ .family = p[0] };
	switch (p[0]) {
	case HC_AF_INET:
		if (len < 7)
			return false;
		memcpy(ret->ip, p + 1, 4);
		ret->port = hc_le16(p + 5);
		return true;
	case HC_AF_INET6:
		if (len < 19)
			return false;
		memcpy(ret->ip, p + 1, 16);
		ret->port = hc_le16(p + 17);
		return true;
	case HC_AF_UNIX:
		if (len < 2)
			return false;
		ret->path = path_of(p + 1, len - 1);
		return true;
	default:
		return false;
	}
}

bool hc_socktuple_read(const uint8_t *p, uint32_t len, struct hc_socktuple *ret)
{
	if (!len)
		return false;
	*ret = (struct hc_socktuple){ .family = p[0] };
	switch (p[0]) {
	case HC_AF_INET:
		if (len < 13)
			return false;
		memcpy(ret->src, p + 1, 4);
		ret->sport = hc_le16(p + 5);
		memcpy(ret->dst, p + 7, 4);
		ret->dport = hc_le16(p + 11);
		return true;
	case HC_AF_INET6:
		if (len < 37)
			return false;
		memcpy(ret->src, p + 1, 16);
		ret->sport = hc_le16(p + 17);
		memcpy(ret->dst, p + 19, 16);
		ret->dport = hc_le16(p + 35);
		return true;
	case HC_AF_UNIX:
		if (len < 18)
			return false;
		ret->unix_src = hc_le64(p + 1);
		ret->unix_dst = hc_le64(p + 9);
		ret->path = path_of(p + 17, len - 17);
		return true;
	default:
		return false;
	}
}

bool hc_ip_is_mapped(const uint8_t ip[16])
{
	static const uint8_t zero[16];

	return !memcmp(ip, zero, 10) && ((ip[10] == 0xff && ip[11] == 0xff) || !memcmp(ip + 10, zero, 6));
}

uint32_t hc_ip_text(char *buf, const uint8_t *ip, uint32_t len)
{
	if (!inet_ntop(len == 4 ? AF_INET : AF_INET6, ip, buf, INET6_ADDRSTRLEN))
		buf[0] = '\0';
	return (uint32_t)strlen(buf);
}

static uint32_t put(char *buf, uint32_t n, struct hc_str s)
{
	const uint32_t room = HC_SOCK_TEXT_SIZE - 1 - n;

	if (s.len > room)
		s.len = room;
	if (s.len)
		memcpy(buf + n, s.p, s.len);
	buf[n + s.len] = '\0';
	return n + s.len;
}

uint32_t hc_ip_port_text(char *buf, const uint8_t *ip, uint32_t len, uint16_t port)
{
	uint32_t n = hc_ip_text(buf, ip, len);

	return n + (uint32_t)snprintf(buf + n, HC_SOCK_TEXT_SIZE - n, ":%u", port);
}

uint32_t hc_ip_tuple_text(char *buf, const uint8_t *src, uint16_t sport, const uint8_t *dst, uint16_t dport, uint32_t len,
			  bool ports)
{
	/* Two addresses and ports need 2 * (45 + 6) + 2 bytes: far below HC_SOCK_TEXT_SIZE. */
	uint32_t n = ports ? hc_ip_port_text(buf, src, len, sport) : hc_ip_text(buf, src, len);

	n = put(buf, n, HC_STR("->"));
	n += hc_ip_text(buf + n, dst, len);
	return ports ? n + (uint32_t)snprintf(buf + n, HC_SOCK_TEXT_SIZE - n, ":%u", dport) : n;
}

static uint32_t put_hex(char *buf, uint32_t n, uint64_t v)
{
	int shift = v ? (63 - __builtin_clzll(v)) / 4 * 4 : 0;

	for (; shift >= 0; shift -= 4)
		buf[n++] = "0123456789abcdef"[v >> shift & 15];
	return n;
}

uint32_t hc_unix_text(char *buf, uint64_t src, uint64_t dst, struct hc_str path)
{
	uint32_t n = put(buf, put_hex(buf, 0, src), HC_STR("->"));

	n = put(buf, put_hex(buf, n, dst), HC_STR(" "));
	return put(buf, n, path);
}

static uint32_t family_text(char *buf, uint8_t family)
{
	return (uint32_t)snprintf(buf, HC_SOCK_TEXT_SIZE, "family %u", family);
}

uint32_t hc_sockaddr_text(char *buf, const uint8_t *p, uint32_t len)
{
	struct hc_sockaddr a;

	if (!len)
		return put(buf, 0, HC_STR("<NA>"));
	if (!hc_sockaddr_read(p, len, &a))
		return family_text(buf, p[0]);
	if (a.family == HC_AF_UNIX)
		return put(buf, 0, a.path);
	return hc_ip_port_text(buf, a.ip, a.family == HC_AF_INET ? 4 : 16, a.port);
}

uint32_t hc_socktuple_text(char *buf, const uint8_t *p, uint32_t len)
{
	struct hc_socktuple t;

	if (!len)
		return put(buf, 0, HC_STR("NULL"));
	if (!hc_socktuple_read(p, len, &t))
		return family_text(buf, p[0]);
	if (t.family == HC_AF_UNIX)
		return hc_unix_text(buf, t.unix_src, t.unix_dst, t.path);
	if (t.family == HC_AF_INET)
		return hc_ip_tuple_text(buf, t.src, t.sport, t.dst, t.dport, 4, true);
	if (hc_ip_is_mapped(t.src) && hc_ip_is_mapped(t.dst))
		return hc_ip_tuple_text(buf, t.src + 12, t.sport, t.dst + 12, t.dport, 4, true);
	return hc_ip_tuple_text(buf, t.src, t.sport, t.dst, t.dport, 16, true);
}
