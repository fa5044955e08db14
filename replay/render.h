/* SPDX-License-Identifier: Apache-2.0
 *
 * Event parameters as text (fields-semantics.md 3.2): what evt.arg, evt.args and evt.res show. Each parameter has a
 * plain text and possibly a resolved one: 3 and <f>/etc/passwd, -2 and ENOENT, 4097 and O_RDONLY|O_CLOEXEC.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "replay/eval.h"

/* Appends the plain text of parameter k of the current event to plain and its resolved text, if it has one, to
 * resolved. base64: how byte buffers are shown. False if the event has no such parameter. */
bool hc_render_param(struct hc_eval *eval, uint32_t k, bool base64, struct hc_buf *plain, struct hc_buf *resolved);

/* All of them: "name=plain(resolved) name=plain ..." */
void hc_render_params(struct hc_eval *eval, bool base64, struct hc_buf *to);
