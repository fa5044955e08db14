/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/control.h.
 */
#include "record/control.h"

#include <stdlib.h>
#include <string.h>

#include "record/name.h"

static const char *const verbs[HC_CONTROL_VERB_COUNT] = {
	[HC_CONTROL_SAVE] = "save", [HC_CONTROL_STATUS] = "status", [HC_CONTROL_RELOAD] = "reload", [HC_CONTROL_STOP] = "stop",
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A reason ends up in the capture and on terminals: no control characters, nothing but UTF-8, a bounded length. */
static void take_reason(const char *p, size_t len, char *ret)
{
	json_t *text;

	while (len > HC_CONTROL_REASON_MAX || (len && is_blank(p[len - 1])))
		len--;
	for (size_t i = 0; i < len; i++)
		ret[i] = (unsigned char)p[i] < 0x20 || p[i] == 0x7f ? '?' : p[i];
	ret[len] = '\0';
	text = json_string(ret); /* NULL: no UTF-8, perhaps because it was cut within a character */
	for (size_t i = 0; !text && i < len; i++)
		if ((unsigned char)ret[i] >= 0x80)
			ret[i] = '?';
	json_decref(text);
}

const char *hc_control_parse(const char *line, size_t len, struct hc_control_request *ret)
{
	size_t word = 0, rest;

	while (len && is_blank(line[len - 1]))
		len--;
	while (len && is_blank(*line)) {
		line++;
		len--;
	}
	while (word < len && !is_blank(line[word]))
		word++;
	rest = word;
	while (rest < len && is_blank(line[rest]))
		rest++;
	*ret = (struct hc_control_request){ .verb = HC_CONTROL_VERB_COUNT };
	for (unsigned v = 0; v < HC_CONTROL_VERB_COUNT; v++)
		if (strlen(verbs[v]) == word && !memcmp(verbs[v], line, word))
			ret->verb = v;
	if (ret->verb == HC_CONTROL_VERB_COUNT)
		return "unknown request; there are: save [REASON], status, reload, stop";
	if (ret->verb == HC_CONTROL_SAVE)
		take_reason(line + rest, len - rest, ret->reason);
	else if (rest < len)
		return "status, reload and stop take nothing else on their line";
	return NULL;
}

json_t *hc_control_error(const char *text)
{
	return json_pack("{s:b, s:o}", "ok", 0, "error", hc_name_json(text, strlen(text)));
}

static void put(struct hc_buf *reply, json_t *answer)
{
	char *text = json_dumps(answer, JSON_PRESERVE_ORDER);

	hc_buf_puts(reply, text);
	hc_buf_putc(reply, '\n');
	free(text);
	json_decref(answer);
}

enum hc_server_next hc_control_serve(void *ctx, const struct hc_server_peer *peer, const char *in, size_t len, bool end,
				     size_t *ret_used, struct hc_buf *reply)
{
	const struct hc_control *control = ctx;
	const char *newline = memchr(in, '\n', len), *wrong;
	size_t line = newline ? (size_t)(newline - in) : len;
	struct hc_control_request request;

	if (line > HC_CONTROL_LINE_MAX) {
		put(reply, hc_control_error("a request is one line of at most 1024 bytes"));
		return HC_SERVER_LAST;
	}
	if (!newline && !(end && len))
		return HC_SERVER_MORE;
	*ret_used = newline ? line + 1 : len;
	wrong = hc_control_parse(in, line, &request);
	put(reply, wrong ? hc_control_error(wrong) : control->fn(control->ctx, &request, peer));
	return HC_SERVER_TAKEN;
}
