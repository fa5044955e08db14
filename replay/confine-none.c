/* SPDX-License-Identifier: Apache-2.0
 *
 * Confinement without libseccomp, or under a sanitizer, whose runtime must open files to report: what is left is
 * no_new_privs and, without sanitizer, Landlock and the user id.
 */
#include "replay/confine.h"

#include <sys/prctl.h>
#include <unistd.h>

#include "replay/landlock.h"
#include "replay/nobody.h"

bool hc_confine_has_seccomp(void)
{
	return false;
}

void hc_confine(struct hc_confinement *ret)
{
	ret->not_root = HC_CONFINE_LANDLOCK ? hc_nobody_become() : geteuid() != 0;
	ret->no_new_privs = !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	ret->landlock = HC_CONFINE_LANDLOCK && hc_landlock_deny_all();
	ret->seccomp = false;
}
