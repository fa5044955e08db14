/* SPDX-License-Identifier: Apache-2.0
 *
 * Values to text and JSON. Types and formats are the field's; a value of another kind than its type says (evt.rawarg
 * prints some types as text) is shown by its kind.
 */
#include "replay/show.h"

#include "replay/extract.h"
#include "replay/print.h"

enum { LIST_MAX = 1023 /* bytes of a list as text */ };

static uint64_t masked(uint64_t u, uint8_t type)
{
	int size = hc_param_type_size(type);

	return size > 0 && size < 8 ? u & ((1ull << (8 * size)) - 1) : u;
}

static bool show_integer(struct hc_buf *to, uint64_t u, uint8_t type, uint8_t format)
{
	switch (format) {
	case PF_OCT: hc_print_octal(to, masked(u, type)); return true;
	case PF_HEX: hc_print_hex(to, masked(u, type)); return true;
	case PF_10_PADDED_DEC: hc_print_padded(to, u); return true;
	case PF_DEC: case PF_ID:
		if (hc_type_is_signed(type))
			hc_buf_i64(to, (int64_t)u);
		else
			hc_buf_u64(to, u);
		return true;
	default: return false;
	}
}

static void show_list(struct hc_buf *to, const struct hc_value *value, uint8_t type, uint8_t format, bool base64)
{
	size_t start = to->len;

	hc_buf_putc(to, '(');
	for (uint32_t i = 0; i < value->nitems; i++) {
		if (i)
			hc_buf_putc(to, ',');
		hc_show_text(to, &value->items[i], type, format, base64);
	}
	hc_buf_putc(to, ')');
	if (to->len - start > LIST_MAX) {
		to->len = start + LIST_MAX;
		to->p[to->len] = 0;
	}
}

bool hc_show_text(struct hc_buf *to, const struct hc_value *value, uint8_t type, uint8_t format, bool base64)
{
	switch (value->kind) {
	case HC_VALUE_STRING: hc_buf_put(to, value->s.p, value->s.len); return true;
	case HC_VALUE_BYTES: return hc_print_bytes(to, (const uint8_t *)value->s.p, value->s.len, base64);
	case HC_VALUE_INT: return show_integer(to, value->u, type, format);
	case HC_VALUE_DOUBLE: hc_buf_printf(to, "%.1f", value->d); return true;
	case HC_VALUE_BOOL: hc_buf_puts(to, value->u ? "true" : "false"); return true;
	case HC_VALUE_IP:
		if (type == PT_IPNET)
			hc_buf_puts(to, "<IPNET>");
		else
			hc_print_ip(to, (const uint8_t *)value->s.p, value->s.len);
		return true;
	case HC_VALUE_LIST: show_list(to, value, type, format, base64); return true;
	}
	return false;
}

void hc_show_json(struct hc_buf *to, const struct hc_value *value, uint8_t type, uint8_t format, bool base64)
{
	struct hc_buf text HC_BUF_DONE = { 0 };

	switch (value->kind) {
	case HC_VALUE_STRING: hc_print_json_quoted(to, value->s); return;
	case HC_VALUE_BOOL: hc_buf_puts(to, value->u ? "true" : "false"); return;
	case HC_VALUE_DOUBLE: hc_print_json_double(to, value->d); return;
	case HC_VALUE_INT:
		if ((format == PF_DEC || format == PF_ID) && show_integer(to, value->u, type, format))
			return;
		break;
	case HC_VALUE_LIST:
		hc_buf_putc(to, '[');
		for (uint32_t i = 0; i < value->nitems; i++) {
			if (i)
				hc_buf_putc(to, ',');
			hc_show_json(to, &value->items[i], type, format, base64);
		}
		hc_buf_putc(to, ']');
		return;
	default: break;
	}
	if (hc_show_text(&text, value, type, format, base64))
		hc_print_json_quoted(to, (struct hc_str){ text.p, (uint32_t)text.len });
	else
		hc_buf_puts(to, "null");
}

/* Fields have one type and format, except evt.rawarg: there they are the event's own parameter's. */
struct shape {
	uint8_t type, format;
};

static struct shape shape_of(const struct hc_eval *eval, const struct hc_field *field)
{
	const struct hc_param_info *own = field->id == HC_FIELD_EVT_RAWARG ? hc_rawarg_param(eval, field) : NULL;

	return own ? (struct shape){ own->type, own->format } : (struct shape){ field->type, field->format };
}

bool hc_show_field(struct hc_eval *eval, const struct hc_field *field, struct hc_buf *to)
{
	struct shape shape = shape_of(eval, field);
	struct hc_value value;

	return hc_extract(eval, field, true, &value) && hc_show_text(to, &value, shape.type, shape.format, eval->base64);
}

void hc_show_field_text(struct hc_eval *eval, const struct hc_field *field, struct hc_buf *to)
{
	if (!hc_show_field(eval, field, to))
		hc_buf_puts(to, "<NA>");
}

void hc_show_field_json(struct hc_eval *eval, const struct hc_field *field, struct hc_buf *to)
{
	struct shape shape = shape_of(eval, field);
	struct hc_value value;

	switch (field->id) {
	case HC_FIELD_EVT_TIME: case HC_FIELD_EVT_TIME_S: case HC_FIELD_EVT_TIME_ISO8601: case HC_FIELD_EVT_DATETIME:
	case HC_FIELD_EVT_DATETIME_S: case HC_FIELD_EVT_OUTPUTTIME: hc_buf_u64(to, eval->ev->ts_ns); return;
	default: break;
	}
	/* Times are numbers even where their text is padded (8.4). */
	if (shape.format == PF_10_PADDED_DEC && (shape.type == PT_RELTIME || shape.type == PT_ABSTIME))
		shape.format = PF_DEC;
	if (hc_extract(eval, field, true, &value))
		hc_show_json(to, &value, shape.type, shape.format, eval->base64);
	else
		hc_buf_puts(to, "null");
}
