/* SPDX-License-Identifier: Apache-2.0
 *
 * Socket addresses and tuples: reading the parameters PT_SOCKADDR and PT_SOCKTUPLE (scap-format.md 10.4, 10.5) and writing
 * them as text (state-engine.md 12.1). Keeps no state.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/str.h"
#include "replay/fds.h"

enum { HC_AF_UNIX = 1, HC_AF_INET = 2, HC_AF_INET6 = 10 };
enum { HC_SOCK_TEXT_SIZE = 256 /* every text below fits, NUL included; longer unix paths are cut */ };

struct hc_sockaddr {
	uint8_t family; /* HC_AF_* */
	uint8_t ip[16];
	uint16_t port;
	struct hc_str path; /* unix; borrowed from the parameter */
};

struct hc_socktuple {
	uint8_t family;
	uint8_t src[16], dst[16];
	uint16_t sport, dport;
	uint64_t unix_src, unix_dst;
	struct hc_str path;
};

/* False: too short, or another family. p may be NULL with len 0. */
bool hc_sockaddr_read(const uint8_t *p, uint32_t len, struct hc_sockaddr *ret);
bool hc_socktuple_read(const uint8_t *p, uint32_t len, struct hc_socktuple *ret);

/* IPv4-mapped (12.2): "::" counts too. */
bool hc_ip_is_mapped(const uint8_t ip[16]);

/* Parameters as text, for names and for rendering alike: `ip:port`, path, `family N`; empty: "<NA>" (addresses), "NULL"
 * (tuples). buf has HC_SOCK_TEXT_SIZE bytes; returns the length. */
uint32_t hc_sockaddr_text(char *buf, const uint8_t *p, uint32_t len);
uint32_t hc_socktuple_text(char *buf, const uint8_t *p, uint32_t len);
/* Address alone, inet_ntop's text; len 4 or 16. */
uint32_t hc_ip_text(char *buf, const uint8_t *ip, uint32_t len);
/* `ip:port`; and `ip:port->ip:port`, or without the ports. */
uint32_t hc_ip_port_text(char *buf, const uint8_t *ip, uint32_t len, uint16_t port);
uint32_t hc_ip_tuple_text(char *buf, const uint8_t *src, uint16_t sport, const uint8_t *dst, uint16_t dport, uint32_t len,
			  bool ports);
/* `hex->hex path`, the path cut to what fits. */
uint32_t hc_unix_text(char *buf, uint64_t src, uint64_t dst, struct hc_str path);
