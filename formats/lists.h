/* SPDX-License-Identifier: Apache-2.0
 *
 * Parsing the metadata blocks (machine, processes, fds, interfaces, users) into a section; all versions.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/diag.h"
#include "formats/section.h"

/* Adds what a metadata block (canonical type) says to section. body is everything between the 8 header bytes and the
 * trailer. Returns 0, or -EINVAL with the first cause in reterr_diag (text only): what was sound has been added all the
 * same. */
int hc_lists_parse(struct hc_section *section, uint32_t type, const uint8_t *body, size_t len, struct hc_diag *reterr_diag);
