/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/name.h. What is UTF-8 is jansson's to say, as it would refuse the rest.
 */
#include "record/name.h"

#include "common/buf.h"

/* Bytes of the UTF-8 character at p; 0: there is none. */
static size_t character(const char *p, size_t len)
{
	for (size_t n = 1; n <= 4 && n <= len; n++) {
		json_t *one = json_stringn(p, n);

		json_decref(one);
		if (one)
			return n;
	}
	return 0;
}

json_t *hc_name_json(const char *name, size_t len)
{
	json_t *text = json_stringn(name, len);
	struct hc_buf escaped HC_BUF_DONE = { 0 };

	for (size_t i = 0; !text && i < len;) {
		size_t n = character(name + i, len - i);

		if (n)
			hc_buf_put(&escaped, name + i, n);
		else
			hc_buf_printf(&escaped, "\\x%02x", (unsigned char)name[i]);
		i += n ? n : 1;
	}
	return text ? text : json_stringn(escaped.p, escaped.len);
}
