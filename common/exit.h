/* SPDX-License-Identifier: Apache-2.0
 *
 * Exit codes of every hindcast command. Documented in README.md; scripts depend on them.
 * `hindcast record -- COMMAND` passes COMMAND's own code on; its own failures then are 125-127, as env(1) has them.
 */
#pragma once

enum hc_exit {
	HC_EXIT_OK = 0,
	HC_EXIT_FAIL = 1,       /* could not do it: missing file, no privilege, write error, a test that fails ... */
	HC_EXIT_USAGE = 2,      /* bad options or arguments */
	HC_EXIT_RULES = 3,      /* rules do not load */
	HC_EXIT_DAMAGED = 4,    /* not a capture, or a damaged one: everything readable was processed */
	HC_EXIT_INCOMPLETE = 5, /* the capture is sound but states gaps (drops), and the option to care was given */
	HC_EXIT_ALERTS = 6,     /* alerts were raised, and the option to say so was given */
	HC_EXIT_CHANGES = 7,    /* two sides differ, and the option to say so was given */
};
