/* SPDX-License-Identifier: Apache-2.0
 *
 * The control socket's language: one request per line, one line of JSON in answer. What a request does is the
 * recording's; this reads requests, and words the answers.
 *
 *   save [REASON]  {"ok": true, "file": PATH, "extended": bool}   the flight recorder's memory and what follows
 *   status         {"ok": true, ...}                              the counters
 *   reload         {"ok": true}                                   as SIGHUP
 *   stop           {"ok": true}                                   as SIGTERM
 *
 * Otherwise {"ok": false, "error": TEXT}. Unknown and broken requests are answered too; the connection goes on.
 */
#pragma once

#include <stddef.h>

#include <jansson.h>

#include "common/buf.h"
#include "record/server.h"

enum {
	HC_CONTROL_LINE_MAX = 1024,
	HC_CONTROL_REASON_MAX = 200, /* bytes of a reason; it goes into the capture */
	HC_CONTROL_DEADLINE_MS = 10000,
};

enum hc_control_verb { HC_CONTROL_SAVE, HC_CONTROL_STATUS, HC_CONTROL_RELOAD, HC_CONTROL_STOP, HC_CONTROL_VERB_COUNT };

struct hc_control_request {
	enum hc_control_verb verb;
	char reason[HC_CONTROL_REASON_MAX + 1]; /* printable UTF-8; empty: none */
};

/* line[len] without its newline. NULL, or what is wrong with it (static text). */
const char *hc_control_parse(const char *line, size_t len, struct hc_control_request *ret);
/* Does it: the answer's object with "ok" in it, taken from the callee. */
typedef json_t *(*hc_control_do)(void *ctx, const struct hc_control_request *request, const struct hc_server_peer *peer);

struct hc_control {
	hc_control_do fn;
	void *ctx;
};

/* hc_server_fn; ctx is a struct hc_control. */
enum hc_server_next hc_control_serve(void *ctx, const struct hc_server_peer *peer, const char *in, size_t len, bool end,
				     size_t *ret_used, struct hc_buf *reply);

/* {"ok": false, "error": text}; text need not be UTF-8. */
json_t *hc_control_error(const char *text);
