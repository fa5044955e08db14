/* SPDX-License-Identifier: Apache-2.0
 *
 * Capabilities after loading (record/privileges.h). Draining is reading mapped memory and writing to an open file: it
 * needs none. libcap-ng, because the bounding set and ambient capabilities have to go as well.
 */
#include "record/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

int hc_privileges_drop(const struct hc_privileges *wanted, struct hc_diag *reterr_diag)
{
	const struct {
		unsigned cap;
		bool wanted;
	} caps[] = {
		{ CAP_SYS_PTRACE, wanted->files },
		{ CAP_DAC_READ_SEARCH, wanted->files },
		{ CAP_DAC_OVERRIDE, wanted->files || wanted->name },
		{ CAP_KILL, wanted->signals },
	};
	bool keep[sizeof caps / sizeof *caps], bounding;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return hc_diag_set(reterr_diag, -errno, "cannot give up the right to gain privileges: %s", strerror(errno));
	capng_setpid(0);
	capng_get_caps_process();
	bounding = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	for (size_t i = 0; i < sizeof caps / sizeof *caps; i++)
		keep[i] = caps[i].wanted && capng_have_capability(CAPNG_PERMITTED, caps[i].cap);
	capng_clear(CAPNG_SELECT_BOTH);
	for (size_t i = 0; i < sizeof caps / sizeof *caps; i++)
		if (keep[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, caps[i].cap);
	if (capng_apply(bounding ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS))
		return hc_diag_set(reterr_diag, -EPERM, "cannot give up privileges (capset fails)");
	return 0;
}

bool hc_privileges_see_all(void)
{
	capng_get_caps_process();
	return capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_PTRACE) && capng_have_capability(CAPNG_EFFECTIVE, CAP_DAC_READ_SEARCH);
}
