/* SPDX-License-Identifier: Apache-2.0
 *
 * The flight recorder's memory: the last complete captures ("segments", each with its own lists, compressed), old ones
 * forgotten, and the file they are copied to when somebody says so. A saved file is those segments one after the other,
 * which every reader takes as joined sections (scap-format.md 2.4).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/diag.h"

struct hc_flight;

/* Keeps at least window_ns, as far as max_bytes of compressed captures allow. */
struct hc_flight *hc_flight_new(uint64_t window_ns, uint64_t max_bytes);
/* A save ends with the segment that makes it that large, whatever asks for more; 0: no limit. */
void hc_flight_limit_saves(struct hc_flight *flight, uint64_t max_bytes);
struct hc_flight *hc_flight_free(struct hc_flight *flight);
HC_DEFINE_CLEANUP(struct hc_flight *, hc_flight_free);

/* A file in memory for the next segment; owned by the caller. Negative errno if there is none. */
int hc_flight_open(struct hc_flight *flight);
/* The segment in fd is complete: kept, or while saving appended to the file. fd is duplicated. */
int hc_flight_add(struct hc_flight *flight, int fd, uint64_t now_ns, struct hc_diag *reterr_diag);
/* Should the open segment, of that age and size, end? */
bool hc_flight_is_full(const struct hc_flight *flight, uint64_t begun_ns, uint64_t bytes, uint64_t now_ns);

/* Begins to save to fd (taken): save_next copies what is kept, add what follows until another window has passed. Not while a
 * file is being saved (then extend makes it a window from now). */
void hc_flight_save(struct hc_flight *flight, int fd, uint64_t now_ns);
void hc_flight_extend(struct hc_flight *flight, uint64_t now_ns);
/* Copies one more segment: 1 and 0 when there is none left. A segment that does not fit leaves the file without its part that
 * did, and saving ends. */
int hc_flight_save_next(struct hc_flight *flight, struct hc_diag *reterr_diag);
/* While saving: copies what has reached fd, the open segment's file in memory, since the last time. */
int hc_flight_progress(struct hc_flight *flight, int fd, struct hc_diag *reterr_diag);
bool hc_flight_is_saving(const struct hc_flight *flight);
/* Ends the file now; for the end of the recording. */
void hc_flight_stop_saving(struct hc_flight *flight);
