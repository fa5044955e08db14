/* SPDX-License-Identifier: Apache-2.0
 *
 * Environment variables in texts of a configuration, as Falco replaces them: ${NAME} is NAME's value, empty if it is not
 * set, and looked through in turn; $${NAME} stands for the text ${NAME}. Everything else, $NAME too, is left as it is.
 */
#pragma once

#include "common/buf.h"
#include "common/str.h"

/* Appends text with its variables replaced. */
void hc_environ_expand(struct hc_buf *to, struct hc_str text);
