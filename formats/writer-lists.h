/* SPDX-License-Identifier: Apache-2.0
 *
 * A section's header and lists as blocks; what hc_writer_section does.
 */
#pragma once

#include <stddef.h>

#include "common/buf.h"
#include "formats/section.h"

/* Takes one whole block; other than 0 stops. */
typedef int (*hc_lists_sink)(void *ctx, const void *block, size_t len);

int hc_lists_write(const struct hc_section *section, hc_lists_sink sink, void *ctx);
