/* SPDX-License-Identifier: Apache-2.0
 *
 * See replay/nobody.h. Leaving all three user ids of root clears the capabilities (capabilities(7)), and the kernel marks the
 * process as not to be traced or dumped, by other processes of nobody's neither.
 */
#include "replay/nobody.h"

#include <grp.h>
#include <unistd.h>

bool hc_nobody_become(void)
{
	if (geteuid())
		return true;
	return !setgroups(0, NULL) && !setresgid(HC_NOBODY, HC_NOBODY, HC_NOBODY) && !setresuid(HC_NOBODY, HC_NOBODY, HC_NOBODY);
}
