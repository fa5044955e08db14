/* SPDX-License-Identifier: Apache-2.0
 *
 * A Landlock ruleset that handles all it can and allows nothing: there are no rules to add.
 */
#include "replay/landlock.h"

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"

/* The same numbers on every architecture. */
#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#endif
#ifndef __NR_landlock_restrict_self
#define __NR_landlock_restrict_self 446
#endif

enum { LANDLOCK_VERSION = 1 }; /* flag: return the version of the interface instead of a ruleset */

/* struct landlock_ruleset_attr of the newest version known here. Older kernels take it as long as what they do not know
 * is zero. */
struct ruleset {
	uint64_t fs, net, scoped;
};

/* Rights by the version that brought them. */
static struct ruleset all_rights(long version)
{
	struct ruleset r = { .fs = (1u << 13) - 1 }; /* execute ... make symlink */

	if (version >= 2)
		r.fs |= 1u << 13; /* refer: rename across directories */
	if (version >= 3)
		r.fs |= 1u << 14; /* truncate */
	if (version >= 4)
		r.net = 3; /* bind and connect TCP */
	if (version >= 5)
		r.fs |= 1u << 15; /* ioctl of devices opened from now on */
	if (version >= 6)
		r.scoped = 3; /* abstract unix sockets, signals */
	return r;
}

bool hc_landlock_deny_all(void)
{
	long version = syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
	struct ruleset r = all_rights(version);
	int fd HC_CLOSE = -1;

	if (version < 1)
		return false;
	fd = (int)syscall(__NR_landlock_create_ruleset, &r, sizeof r, 0);
	return fd >= 0 && !syscall(__NR_landlock_restrict_self, fd, 0);
}
