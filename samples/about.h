/* SPDX-License-Identifier: Apache-2.0
 *
 * bundle.yaml: what people say about a bundle. All keys are optional:
 *
 *   title: Reverse shell over /dev/tcp
 *   description: ...
 *   kind: attack              or benign
 *   techniques: [T1059.004]   MITRE ATT&CK
 *   references: [https://...]
 *   license: Apache-2.0       as SPDX has it
 */
#pragma once

#include <jansson.h>

#include "common/diag.h"
#include "formats/unarchive.h"

/* Copies what it says into a JSON object, in the order above. 0 or HC_READ_UNSUPPORTED with diag: file, line, column. */
int hc_about_read(json_t *to, const struct hc_archive_member *member, struct hc_diag *reterr_diag);
