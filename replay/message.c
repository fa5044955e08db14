/* SPDX-License-Identifier: Apache-2.0
 *
 * Filling in templates: segments in order, each token evaluated, rendered, cut or padded to its width.
 */
#include "replay/message.h"

#include "replay/print.h"
#include "replay/show.h"

static bool put_token(struct hc_eval *eval, const struct hc_expr *expr, struct hc_buf *to)
{
	struct hc_expr_ctx cx = { .extract = hc_extract, .ctx = eval, .scratch = &eval->scratch };
	struct hc_value value;

	if (expr->kind == HC_EXPR_FIELD)
		return hc_show_field(eval, expr->field, to);
	return hc_expr_eval(expr, &cx, true, &value) && hc_show_text(to, &value, expr->type, expr->format, eval->base64);
}

bool hc_message_text(struct hc_eval *eval, const struct hc_output *output, bool star, struct hc_buf *to)
{
	size_t start = to->len;

	for (uint32_t i = 0; i < output->nsegments; i++) {
		const struct hc_output_segment *s = &output->segments[i];
		size_t at = to->len;

		if (!s->expr) {
			hc_buf_put(to, s->text.p, s->text.len);
			continue;
		}
		if (!put_token(eval, s->expr, to)) {
			if (!star) {
				to->len = start;
				return false;
			}
			hc_buf_puts(to, "<NA>");
		}
		if (s->width && to->len - at > s->width)
			to->len = at + s->width;
		while (s->width && to->len - at < s->width)
			hc_buf_putc(to, ' ');
	}
	return true;
}

bool hc_message_json(struct hc_eval *eval, const struct hc_output *output, bool star, struct hc_buf *to)
{
	size_t start = to->len;

	hc_buf_putc(to, '{');
	for (uint32_t i = 0; i < output->nfields; i++) {
		struct hc_value value;

		if (!star && !hc_extract(eval, output->fields[i], true, &value)) {
			to->len = start;
			return false;
		}
		if (i)
			hc_buf_putc(to, ',');
		hc_print_json_quoted(to, output->fields[i]->text);
		hc_buf_putc(to, ':');
		hc_show_field_json(eval, output->fields[i], to);
	}
	hc_buf_putc(to, '}');
	return true;
}
