/* SPDX-License-Identifier: Apache-2.0
 *
 * The socket tables in /proc/PID/net (scap-format.md 16.4): read once per network namespace, then asked by inode.
 * Lines that do not parse are passed over: the tables are the kernel's, but their columns have grown before.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "record/snapshot-parts.h"

enum { TABLE_CAP = 256 << 20 }; /* some 1.5 million sockets; beyond it the rest goes without a name */

static struct hc_fd_info *add(struct hc_scan *scan, uint64_t ino)
{
	struct hc_fd_info *s;
	uint64_t *slot;
	bool fresh;

	if (!ino)
		return NULL; /* time-wait and the like: owned by nobody */
	slot = hc_map_put(&scan->sockets, ino, &fresh);
	if (!fresh)
		return NULL;
	s = hc_vec_push(&scan->socket_list, sizeof *s);
	s->ino = ino;
	*slot = scan->socket_list.n;
	return s;
}

/* The n-th blank-separated column of a line, 1-based; NULL if it has fewer. */
static const char *column(const char *line, unsigned n)
{
	for (;;) {
		line += strspn(line, " ");
		if (!*line || *line == '\n')
			return NULL;
		if (!--n)
			return line;
		line += strcspn(line, " \n");
	}
}

/* "0100007F:0016" or its 32-digit brother: groups of 8 hexadecimal digits, each a native number whose bytes are the
 * address in network order. */
static bool address(const char *text, unsigned groups, uint8_t *ret_addr, uint16_t *ret_port)
{
	char hex[9] = { 0 };

	for (unsigned i = 0; i < groups; i++, text += 8) {
		uint32_t v;

		if (strnlen(text, 8) < 8)
			return false;
		memcpy(hex, text, 8);
		v = (uint32_t)strtoul(hex, NULL, 16);
		memcpy(ret_addr + 4 * i, &v, 4);
	}
	if (*text != ':')
		return false;
	*ret_port = (uint16_t)strtoul(text + 1, NULL, 16);
	return true;
}

static void inet_line(struct hc_scan *scan, const char *line, bool v6, uint8_t l4proto)
{
	static const uint8_t any[16];
	const char *local = column(line, 2), *remote = column(line, 3), *inode = column(line, 10);
	struct hc_fd_info s = { .l4proto = l4proto }, *to;

	if (!inode || !address(local, v6 ? 4 : 1, s.sip, &s.sport) || !address(remote, v6 ? 4 : 1, s.dip, &s.dport))
		return;
	to = add(scan, strtoull(inode, NULL, 10));
	if (!to)
		return;
	s.ino = to->ino;
	if (memcmp(s.dip, any, v6 ? 16 : 4)) {
		s.type = v6 ? HC_FD_IPV6_SOCK : HC_FD_IPV4_SOCK;
	} else {
		s.type = v6 ? HC_FD_IPV6_SERVSOCK : HC_FD_IPV4_SERVSOCK;
		s.dport = 0;
	}
	*to = s;
}

static void unix_line(struct hc_scan *scan, const char *line, bool v6, uint8_t l4proto)
{
	const char *inode = column(line, 7), *name;
	struct hc_fd_info *to;

	if (!inode)
		return;
	to = add(scan, strtoull(inode, NULL, 10));
	if (!to)
		return;
	to->type = HC_FD_UNIX_SOCK;
	to->unix_source = strtoull(line, NULL, 16);
	name = inode + strspn(inode, "0123456789");
	if (*name == ' ')
		name++;
	to->name = hc_proc_str(&scan->section->arena, name, strcspn(name, "\n"), HC_FDNAME_CAP);
}

static void netlink_line(struct hc_scan *scan, const char *line, bool v6, uint8_t l4proto)
{
	const char *last = NULL, *next;
	struct hc_fd_info *to;

	for (unsigned n = 1; (next = column(line, n)); n++)
		last = next;
	if (!last)
		return;
	to = add(scan, strtoull(last, NULL, 10));
	if (to)
		to->type = HC_FD_NETLINK;
}

static void read_tables(struct hc_scan *scan, int dir)
{
	static const struct {
		const char *name;
		void (*line)(struct hc_scan *scan, const char *line, bool v6, uint8_t l4proto);
		bool v6;
		uint8_t l4proto;
	} tables[] = {
		{ "net/tcp", inet_line, false, HC_L4_TCP },   { "net/udp", inet_line, false, HC_L4_UDP },
		{ "net/raw", inet_line, false, HC_L4_RAW },   { "net/unix", unix_line, false, HC_L4_UNKNOWN },
		{ "net/netlink", netlink_line, false, HC_L4_UNKNOWN }, { "net/tcp6", inet_line, true, HC_L4_TCP },
		{ "net/udp6", inet_line, true, HC_L4_UDP },   { "net/raw6", inet_line, true, HC_L4_RAW },
	};

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		const char *line;

		if (hc_proc_read(dir, tables[i].name, &scan->b, TABLE_CAP))
			continue;
		line = strchr(scan->b.p, '\n'); /* behind the headings */
		for (; line && line[1]; line = strchr(line + 1, '\n'))
			tables[i].line(scan, line + 1, tables[i].v6, tables[i].l4proto);
	}
}

const struct hc_fd_info *hc_scan_socket(struct hc_scan *scan, int dir, uint64_t ino)
{
	struct stat st;
	bool fresh = true;
	uint64_t *slot;

	if (!fstatat(dir, "ns/net", &st, 0))
		hc_map_put(&scan->netns, st.st_ino, &fresh);
	if (fresh)
		read_tables(scan, dir);
	slot = hc_map_get(&scan->sockets, ino);
	return slot ? (const struct hc_fd_info *)(const void *)scan->socket_list.p + *slot - 1 : NULL;
}
