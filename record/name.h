/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of threads, files and rules in JSON. They are bytes, JSON knows UTF-8 only, and no entry of the ledger and no answer may be
 * lost over a name.
 */
#pragma once

#include <jansson.h>

/* Bytes that are no UTF-8 become \xHH. */
json_t *hc_name_json(const char *name, size_t len);
