/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields that show parameters: evt.arg, evt.rawarg, evt.args, evt.res, evt.buffer (fields-semantics.md 2.3, 2.4, 3).
 */
#include "replay/extract.h"

#include "replay/paths.h"
#include "replay/render.h"

/* Index of the parameter called name, or -1. */
static int param_named(const struct hc_event_info *info, struct hc_str name)
{
	for (int k = 0; k < info->nparams; k++)
		if (hc_str_is(name, info->params[k].name))
			return k;
	return -1;
}

const struct hc_param_info *hc_rawarg_param(const struct hc_eval *eval, const struct hc_field *field)
{
	const struct hc_event_info *info = hc_event_info(eval->ev);
	int k = param_named(info, field->key);

	return k >= 0 ? &info->params[k] : NULL;
}

/* The resolved text of parameter k if it has one, else the plain one. */
static bool give_param(struct hc_eval *eval, uint32_t k, bool base64, struct hc_value *ret)
{
	struct hc_buf *plain = hc_eval_text(eval), *resolved = &eval->text2;

	hc_buf_reset(resolved);
	return hc_render_param(eval, k, base64, plain, resolved) && hc_give_buf(eval, ret, resolved->len ? resolved : plain);
}

static bool give_plain(struct hc_eval *eval, uint32_t k, struct hc_value *ret)
{
	struct hc_buf *plain = hc_eval_text(eval), *resolved = &eval->text2;

	hc_buf_reset(resolved);
	return hc_render_param(eval, k, eval->base64, plain, resolved) && hc_give_buf(eval, ret, plain);
}

static bool give_res(struct hc_eval *eval, struct hc_value *ret)
{
	const struct hc_event_info *info = hc_event_info(eval->ev);
	uint32_t len;

	if (!(info->category & EC_SYSCALL) || !(eval->ev->type & 1) || !info->nparams || eval->ev->type == PPME_GENERIC_X)
		return false;
	hc_event_param(eval->ev, 0, &len);
	if (len != 4 && len != 8)
		return false;
	if (hc_event_i64(eval->ev, 0, 0) >= 0)
		return hc_give_str(ret, HC_STR("SUCCESS"));
	return give_param(eval, 0, false, ret);
}

static bool give_buffer(struct hc_eval *eval, bool for_output, struct hc_value *ret)
{
	int k = param_named(hc_event_info(eval->ev), HC_STR("data"));
	const uint8_t *p;
	uint32_t len;

	if (k < 0)
		return false;
	p = hc_event_param(eval->ev, (uint32_t)k, &len);
	if (for_output && (!len || hc_event_info(eval->ev)->params[k].type != PT_BYTEBUF))
		return give_param(eval, (uint32_t)k, eval->base64, ret);
	if (!len)
		return false;
	*ret = (struct hc_value){ .kind = HC_VALUE_BYTES, .s = { (const char *)p, len } };
	return true;
}

/* 3.3. In conditions a value of the event's own type; it only counts if that is of the kind the literal was read as. */
static bool give_raw(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	const struct hc_event_info *info = hc_event_info(eval->ev);
	int k = param_named(info, field->key);
	const struct hc_param_info *param;
	enum hc_value_kind kind;
	const uint8_t *p;
	uint32_t len;

	if (k < 0)
		return false;
	param = &info->params[k];
	p = hc_event_param(eval->ev, (uint32_t)k, &len);
	kind = hc_value_kind_of(param->type);
	if (!p || (!for_output && kind != hc_value_kind_of(field->type)))
		return false;
	if (kind == HC_VALUE_STRING)
		return hc_give_str(ret, hc_event_str(eval->ev, (uint32_t)k));
	if (!len)
		return false;
	if (kind == HC_VALUE_INT && (int)len == hc_param_type_size(param->type)) {
		/* Types the reference cannot print raw end its run; here they print as text (3.3 (B)). */
		if (for_output && (param->type == PT_ERRNO || param->type == PT_MODE || param->type == PT_SIGTYPE ||
				   param->type == PT_UID || param->type == PT_GID))
			return give_plain(eval, (uint32_t)k, ret);
		return hc_give_int(ret, hc_type_is_signed(param->type) ? (uint64_t)hc_event_i64(eval->ev, (uint32_t)k, 0)
								       : hc_event_u64(eval->ev, (uint32_t)k, 0));
	}
	if (for_output)
		return give_plain(eval, (uint32_t)k, ret);
	*ret = (struct hc_value){ .kind = HC_VALUE_BYTES, .s = { (const char *)p, len } };
	return true;
}

bool hc_extract_arg(struct hc_eval *eval, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct hc_buf *buf;
	int k;

	switch (field->id) {
	case HC_FIELD_EVT_RES: return give_res(eval, ret);
	case HC_FIELD_EVT_BUFFER: return give_buffer(eval, for_output, ret);
	case HC_FIELD_EVT_RAWARG: return give_raw(eval, field, for_output, ret);
	case HC_FIELD_EVT_ARG:
		if (field->key.len)
			k = param_named(hc_event_info(eval->ev), field->key);
		else
			k = field->has_index && field->index < HC_EVENT_PARAMS_MAX ? (int)field->index : -1;
		return k >= 0 && give_param(eval, (uint32_t)k, for_output && eval->base64, ret);
	default:
		buf = hc_eval_text(eval);
		hc_render_params(eval, for_output && eval->base64, buf);
		return hc_give_buf(eval, ret, buf);
	}
}
