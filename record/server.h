/* SPDX-License-Identifier: Apache-2.0
 *
 * A Unix socket served beside the recording: few connections, small requests, nothing that ever waits. What is asked
 * and answered is the caller's; here is what keeps a slow or hostile client from costing more than its share: a limit on
 * connections and on new ones per second, a deadline for each, one read per connection and pass.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/cleanup.h"
#include "common/diag.h"

enum {
	HC_SERVER_CONNECTIONS_MAX = 8,  /* at a time; further ones wait in the backlog */
	HC_SERVER_REQUEST_MAX = 4096,   /* bytes of a request; a connection with more is closed */
	HC_SERVER_ACCEPTS_PER_SECOND = 32,
};

struct hc_server_options {
	const char *path;       /* of the socket */
	const char *what;       /* "control socket", for messages */
	bool everybody;         /* else only this user and root: mode 0600, and credentials are looked at */
	uint32_t deadline_ms;   /* how long a connection may take for a request and its answer */
	uint32_t quiet_ms;      /* after that much silence fn is asked whether it can answer what has come; 0: never */
};

struct hc_server_peer {
	pid_t pid;
	uid_t uid;
};

enum hc_server_next {
	HC_SERVER_MORE,  /* the request is not complete */
	HC_SERVER_TAKEN, /* *ret_used bytes were it; further requests may follow */
	HC_SERVER_LAST,  /* the connection ends behind the answer */
};

/* in[len]: what has come and is not taken yet. end: nothing more will come, or nothing has for quiet_ms. The answer is
 * appended to reply. */
typedef enum hc_server_next (*hc_server_fn)(void *ctx, const struct hc_server_peer *peer, const char *in, size_t len, bool end,
					    size_t *ret_used, struct hc_buf *reply);

struct hc_server;

/* Listens. A socket that a recorder of this user left behind at path is replaced; anything else there is an error. */
int hc_server_new(struct hc_server **ret, const struct hc_server_options *options, struct hc_diag *reterr_diag);
/* Nobody is served any more, and the name is free. */
void hc_server_stop(struct hc_server *server);
/* Closes everything and removes the socket. */
struct hc_server *hc_server_free(struct hc_server *server);
HC_DEFINE_CLEANUP(struct hc_server *, hc_server_free);

/* Readable when there is something to do. */
int hc_server_fd(const struct hc_server *server);
/* Does what can be done without waiting; to be called when the descriptor is readable and ten times a second or so. */
void hc_server_serve(struct hc_server *server, uint64_t now_ns, hc_server_fn fn, void *ctx);
