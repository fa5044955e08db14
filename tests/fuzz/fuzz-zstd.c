/* SPDX-License-Identifier: Apache-2.0
 *
 * The zstd layer.
 */
#include "filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return read_through_filter(hc_filter_new_zstd, data, size);
}
