/* SPDX-License-Identifier: Apache-2.0
 *
 * File descriptors and their tables (state-engine.md 3.3, 11). Tables and entries are shared after a fork and copied on the
 * first change (both carry a reference count), so a fork costs nothing and a fork bomb stays small. Small numbers index an
 * array, large and negative ones are in a sorted list. Readers outside the host state never write here, memos apart.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "formats/section.h"
#include "replay/text.h"
#include "rules/memo.h"

enum {
	HC_FDS_MAX = 4096,       /* entries per table (state-engine.md 14) */
	HC_FDS_DENSE_MAX = 4096, /* numbers below this index the array */
	HC_SOCK_BYTES = 40,
};

enum hc_fd_flags {
	HC_FDF_ROLE_CLIENT = 1, HC_FDF_ROLE_SERVER = 2, HC_FDF_CONNECTED = 4, HC_FDF_UPPER = 8, HC_FDF_LOWER = 16,
	HC_FDF_FROM_PROC = 32, /* from the capture's own list */
	HC_FDF_ROLES = HC_FDF_ROLE_CLIENT | HC_FDF_ROLE_SERVER,
};

/* sock overlays all forms of socket data, and a change of type converts nothing: the byte offsets of state-engine.md 3.3
 * are part of what rules can see. Read it through the hc_fd_* accessors below or at those offsets; ports are in host byte
 * order, addresses in network order. */
struct hc_fd {
	uint32_t refs;
	uint8_t type;        /* enum hc_fd_type */
	uint8_t flags;       /* enum hc_fd_flags */
	uint16_t again;      /* an opened file as its open made it: where it is laid by (fd-again.c); else 0 */
	uint32_t open_flags; /* portable */
	uint32_t dev;
	uint64_t ino;
	int64_t pid;                 /* PIDFD; else -1 */
	struct hc_text *name, *raw;  /* raw: as the process passed it; empty unless opened during the capture */
	uint8_t sock[HC_SOCK_BYTES];
	struct hc_memo memo; /* fd-scoped predicates already decided */
};

/* Offsets into hc_fd.sock (state-engine.md 3.3). */
enum {
	HC_V4_SRC = 0, HC_V4_DST = 4, HC_V4_SPORT = 8, HC_V4_DPORT = 10, HC_V4_L4 = 12,
	HC_V6_SRC = 0, HC_V6_DST = 16, HC_V6_SPORT = 32, HC_V6_DPORT = 34, HC_V6_L4 = 36,
	HC_V4S_IP = 0, HC_V4S_PORT = 4, HC_V4S_L4 = 6,
	HC_V6S_IP = 0, HC_V6S_PORT = 16, HC_V6S_L4 = 18,
	HC_UN_SRC = 0, HC_UN_DST = 8,
};

struct hc_fd_slot {
	int64_t fd;
	struct hc_fd *entry;
};

/* The order fd.types shows; see fd-order.c. */
struct hc_fd_order {
	uint16_t *next, *bucket; /* by number, by bucket: number + 1 of what follows, of what stands before its first */
	uint16_t first, nbuckets, n;
	bool lost; /* not kept for this table */
	uint32_t cap;
};

struct hc_fdtable {
	uint32_t refs;
	uint32_t n;              /* entries: proc.fdopencount */
	uint32_t dense_cap;      /* slots of dense */
	uint32_t nsparse, sparse_cap;
	struct hc_fd **dense;    /* by number; NULL: closed */
	struct hc_fd_slot *sparse; /* ascending by fd */
	struct hc_fd_order order;
};

struct hc_fd *hc_fdtable_get_sparse(const struct hc_fdtable *table, int64_t fd);

/* The entry, or NULL; negative numbers are never found (state-engine.md 5.3). table may be NULL. */
static inline struct hc_fd *hc_fdtable_get(const struct hc_fdtable *table, int64_t fd)
{
	if (!table || fd < 0)
		return NULL;
	if (fd < table->dense_cap)
		return table->dense[fd];
	return table->nsparse ? hc_fdtable_get_sparse(table, fd) : NULL;
}

static inline uint32_t hc_fdtable_count(const struct hc_fdtable *table)
{
	return table ? table->n : 0;
}

/* Iterates over all entries, dense ones first in ascending order: start with *pos = 0; false at the end. Also yields
 * entries under negative numbers. table may be NULL. */
bool hc_fdtable_next(const struct hc_fdtable *table, uint32_t *pos, int64_t *ret_fd, struct hc_fd **ret_entry);

/* The same in the order fd.types shows them; only with a table from hc_fds_in_order(). */
bool hc_fdtable_next_in_order(const struct hc_fdtable *table, uint32_t *pos, struct hc_fd **ret_entry);

static inline bool hc_fd_is_ip_tuple(const struct hc_fd *fd)
{
	return fd->type == HC_FD_IPV4_SOCK || fd->type == HC_FD_IPV6_SOCK;
}

static inline bool hc_fd_is_ip_server(const struct hc_fd *fd)
{
	return fd->type == HC_FD_IPV4_SERVSOCK || fd->type == HC_FD_IPV6_SERVSOCK;
}

/* enum hc_l4proto at the offset the entry's type says; HC_L4_NA for what is not an IP socket. */
uint8_t hc_fd_l4proto(const struct hc_fd *fd);
/* Ends of an IP socket: address bytes (borrowed), their number in *ret_len (4 or 16), and the port. For server sockets
 * both give the one address. NULL for what is not an IP socket. */
const uint8_t *hc_fd_source(const struct hc_fd *fd, uint32_t *ret_len, uint16_t *ret_port);
const uint8_t *hc_fd_destination(const struct hc_fd *fd, uint32_t *ret_len, uint16_t *ret_port);
