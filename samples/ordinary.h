/* SPDX-License-Identifier: Apache-2.0
 *
 * What redaction need not hide, each list as words with a blank behind each.
 */
#pragma once

extern const char hc_ordinary_words[];    /* anywhere */
extern const char hc_ordinary_accounts[]; /* users and groups that distributions create */
extern const char hc_ordinary_hosts[];    /* labels of host names */
