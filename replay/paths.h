/* SPDX-License-Identifier: Apache-2.0
 *
 * Path arithmetic as fields show it (state-engine.md 10). Works on text alone: symbolic links and the chroot root are not
 * looked at.
 */
#pragma once

#include <stdint.h>

#include "common/event.h"
#include "common/str.h"

struct hc_state;
struct hc_thread;

enum { HC_PATH_SIZE = 1024 /* of results, with the NUL */ };

/* concat(base, path) of 10.1 into buf, which has HC_PATH_SIZE bytes; NUL-terminated, returns the length. Neither may
 * overlap buf. */
uint32_t hc_path_concat(char *buf, struct hc_str base, struct hc_str path);

/* Path of a directory fd for a given name (10.3), into buf of HC_PATH_SIZE + 1 bytes or borrowed from the state. Does not
 * touch the event's fd. thread may be NULL. */
struct hc_str hc_path_dirfd(const struct hc_thread *thread, int64_t dirfd, struct hc_str name, char *buf);

/* A string parameter as consumers read it: bytes up to the first NUL; missing, empty and "(NULL)" give "<NA>"
 * (scap-format.md 10.2). */
struct hc_str hc_event_str(struct hc_event *ev, uint32_t k);
