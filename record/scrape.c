/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/scrape.h. Of a request only the method counts; its headers are waited for, because some clients take an
 * answer that comes before they have sent everything for an error.
 */
#include "record/scrape.h"

#include <string.h>

static bool begins_with_get(const char *in, size_t len)
{
	static const char get[] = "GET ";

	return !memcmp(in, get, len < 4 ? len : 4);
}

static bool is_whole(const char *in, size_t len)
{
	return memmem(in, len, "\r\n\r\n", 4) || memmem(in, len, "\n\n", 2);
}

enum hc_server_next hc_scrape_serve(void *ctx, const struct hc_server_peer *peer, const char *in, size_t len, bool end,
				    size_t *ret_used, struct hc_buf *reply)
{
	const struct hc_scrape *scrape = ctx;
	struct hc_buf text HC_BUF_DONE = { 0 };

	if (begins_with_get(in, len) && !end && !is_whole(in, len))
		return HC_SERVER_MORE;
	scrape->render(scrape->ctx, &text);
	if (len >= 4 && begins_with_get(in, len))
		hc_buf_printf(reply, "HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
				     "Content-Length: %zu\r\nConnection: close\r\n\r\n", text.len);
	hc_buf_put(reply, text.p, text.len);
	return HC_SERVER_LAST;
}
