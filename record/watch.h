/* SPDX-License-Identifier: Apache-2.0
 *
 * Notices that rule files change: written in place, replaced, added to or removed from a rules directory, or replaced with it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct hc_watch;

/* paths are files and directories; what cannot be watched is passed over. Never NULL. */
struct hc_watch *hc_watch_new(char *const *paths, size_t n);
struct hc_watch *hc_watch_free(struct hc_watch *watch);
/* Did one of the paths change after that time (wall clock)? For what happened before there was a watch. */
bool hc_watch_is_newer(char *const *paths, size_t n, struct timespec than);
/* Readable when something happened; -1 if nothing is watched. */
int hc_watch_fd(const struct hc_watch *watch);
/* Takes what happened; was it about one of the paths? */
bool hc_watch_changed(struct hc_watch *watch);
