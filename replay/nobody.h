/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a capture as root is nobody's need: the part of confinement that gives the user id away.
 */
#pragma once

#include <stdbool.h>

enum { HC_NOBODY = 65534 };

/* Root becomes nobody, in all its ids, with no groups and no capabilities. For a process without threads. False if it still is
 * root: in a user namespace without that id, or without CAP_SETUID and CAP_SETGID. Who is not root keeps his id: true. */
bool hc_nobody_become(void);
