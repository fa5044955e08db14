/* SPDX-License-Identifier: Apache-2.0
 *
 * The files a recording goes to: names, opening them safely, limits per file, the ring of the last files. Which events
 * go into which file is the capture's business; this is where a file ends and the next one's name comes from.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/diag.h"
#include "formats/section.h"
#include "formats/writer.h"
#include "record/flight.h"

struct hc_output_options {
	const char *path;          /* "-": standard output */
	enum hc_compress compress;
	uint64_t max_bytes;        /* per file, as written; 0: no limit. Of a flight recorder's saves: hc_flight_limit_saves */
	uint64_t max_seconds;      /* per file; with it path is a strftime format */
	uint64_t max_events;       /* per file */
	uint64_t keep_files;       /* older ones are removed, saves likewise; 0: all are kept */
	struct hc_flight *flight;  /* files are its segments in memory, path is where it saves to; borrowed; NULL: none */
	uint64_t min_free;         /* stop when the file system has fewer bytes left; UINT64_MAX: the default */
};

struct hc_output;

/* Creates the first file, so that everything that can be wrong with the path is known before anything is recorded; it has no
 * name yet. options are borrowed. */
int hc_output_new(struct hc_output **ret, const struct hc_output_options *options, struct hc_diag *reterr_diag);
/* Closes without a last word: for failures before the first section. */
struct hc_output *hc_output_free(struct hc_output *output);
HC_DEFINE_CLEANUP(struct hc_output *, hc_output_free);

/* Starts a file with that section; a further one is created if the first is used up. now_ns, here as everywhere, is the
 * clock of the events: a step of the wall clock must not end a file, or keep it from ending. */
int hc_output_begin(struct hc_output *output, const struct hc_section *section, uint64_t now_ns, struct hc_diag *reterr_diag);
/* The section and an event have been written: with that in it the file gets its name, so there is no file that does not
 * replay. The oldest file goes if there are too many. */
int hc_output_publish(struct hc_output *output, struct hc_diag *reterr_diag);
/* The first file is written by the caller until then, because a second thread would keep the privileges it starts with; for
 * the other files this is so from the beginning. */
void hc_output_go_background(struct hc_output *output);
/* What was written so far reaches the file, and the one being saved. A file that somebody has deleted is full from then on. */
int hc_output_flush(struct hc_output *output, struct hc_diag *reterr_diag);
/* Ends the file: everything reaches it, it is closed. */
int hc_output_end(struct hc_output *output, uint64_t now_ns, struct hc_diag *reterr_diag);
/* Recording is to end: a pipe or socket whose reader takes nothing for a second is given up from now on, with -ETIMEDOUT. Before
 * it is waited for, unless SIGTERM or SIGINT is waiting to be received. */
void hc_output_hurry(struct hc_output *output);
/* The open file's writer, NULL between files. */
struct hc_writer *hc_output_writer(struct hc_output *output);

/* A ledger event (common/ledger.h): name, one JSON object. */
int hc_output_async(struct hc_output *output, uint64_t ts_ns, const char *name, const char *json,
		    struct hc_diag *reterr_diag);

/* Does a limit say that the open file, with that many events of the kernel in it, is to end now? */
bool hc_output_is_full(const struct hc_output *output, uint64_t events, uint64_t now_ns);
bool hc_output_has_limits(const struct hc_output *output);
/* -ENOSPC and a message if the file system is about to be full. The flight recorder stops a save for that, not itself. */
int hc_output_check_space(struct hc_output *output, struct hc_diag *reterr_diag);

/* With options.flight: a new numbered file, into which goes what is in memory and what follows. */
int hc_output_save(struct hc_output *output, uint64_t now_ns, struct hc_diag *reterr_diag);
/* Something to tell people about that does not end the recording; forgotten by the call. NULL: nothing. */
const char *hc_output_notice(struct hc_output *output);

struct hc_output_stats {
	uint64_t files, bytes_out, bytes_plain; /* over all files, or segments in memory */
	uint64_t recorded_out; /* events of the kernel that are in them, come what may */
	uint64_t saves;   /* of the flight recorder */
	const char *path; /* of the open or last file */
};
void hc_output_stats(const struct hc_output *output, struct hc_output_stats *ret);
