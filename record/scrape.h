/* SPDX-License-Identifier: Apache-2.0
 *
 * A text given to whoever connects: as HTTP to those who ask with GET (Prometheus behind a proxy, curl --unix-socket),
 * as it is to those who send anything else, or nothing (nc -U, socat).
 */
#pragma once

#include "record/server.h"

enum {
	HC_SCRAPE_DEADLINE_MS = 5000,
	HC_SCRAPE_QUIET_MS = 300, /* who has sent nothing by then will not */
};

struct hc_scrape {
	void (*render)(void *ctx, struct hc_buf *out);
	void *ctx;
};

/* hc_server_fn; ctx is a struct hc_scrape. */
enum hc_server_next hc_scrape_serve(void *ctx, const struct hc_server_peer *peer, const char *in, size_t len, bool end,
				    size_t *ret_used, struct hc_buf *reply);
