/* SPDX-License-Identifier: Apache-2.0
 *
 * The Landlock half of confinement, the same with and without libseccomp. Raw system calls: Debian 12's libc has no
 * wrappers, and its kernel headers know only the first versions of the interface.
 */
#pragma once

#include <stdbool.h>

/* Denies the calling thread, and those it starts, every path not yet open, TCP, and signals and abstract unix sockets
 * out of its own domain, as far as the kernel knows them. Needs no_new_privs. False if the kernel has no Landlock. */
bool hc_landlock_deny_all(void);
