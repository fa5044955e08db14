/* SPDX-License-Identifier: Apache-2.0
 *
 * Parsing the metadata blocks (machine, processes, fds, interfaces, users) into a section; all versions.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/section.h"

/* Entries of a list that could not be used. */
struct hc_lists_loss {
	size_t at, len;  /* the first one's offset in the body; bytes of all of them */
	char cause[120]; /* of the first one; empty: nothing was lost */
};

/* Adds what a metadata block (canonical type) says to section. body is everything between the 8 header bytes and the
 * trailer. False: something in it could not be used; what was sound has been added all the same. */
bool hc_lists_parse(struct hc_section *section, uint32_t type, const uint8_t *body, size_t len,
		    struct hc_lists_loss *ret_loss);
