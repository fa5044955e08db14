/* SPDX-License-Identifier: Apache-2.0
 *
 * Users and groups of the host and of containers, from the capture alone (state-engine.md 13). Never from the machine that
 * replays.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"
#include "formats/section.h"
#include "replay/text.h"

enum { HC_USERS_MAX = 1 << 18 /* entries in all tables together */ };

struct hc_user {
	uint32_t uid, gid;
	struct hc_text *name, *home, *shell;
};

struct hc_users {
	struct hc_user_slot *slots; /* open addressing by (kind, container, id) */
	uint32_t n, cap;
	uint64_t seed, refused;
};

/* The record of a uid (gid) in the table of a container ("" and NULL: host), or NULL. Borrowed until the next event. */
const struct hc_user *hc_users_find_user(const struct hc_users *users, const struct hc_text *container, uint32_t uid);
/* For groups only gid and name mean something. */
const struct hc_user *hc_users_find_group(const struct hc_users *users, const struct hc_text *container, uint32_t gid);
