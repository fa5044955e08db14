/* SPDX-License-Identifier: Apache-2.0
 *
 * See record/iterators.h. libbpf's complaints go where record/kernel.c has sent them: the errno says enough here, as
 * there is a way without.
 */
#include "record/iterators.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/snapshot.skel.h"
#include "common/mem.h"

struct hc_iterators {
	struct hc_snapshot_bpf *skel; /* NULL: none */
	enum hc_iterators_use use;
	char why[128]; /* why there are none */
};

int hc_iterators_parse(const char *text)
{
	static const char *const names[] = { "auto", "proc", "bpf" };

	for (int i = 0; i < 3; i++)
		if (!strcmp(text, names[i]))
			return i;
	return -EINVAL;
}

static int load(struct hc_iterators *it)
{
	it->skel = hc_snapshot_bpf__open();
	return !it->skel ? -errno : hc_snapshot_bpf__load(it->skel) ?: hc_snapshot_bpf__attach(it->skel);
}

int hc_iterators_new(struct hc_iterators **ret, enum hc_iterators_use use, struct hc_diag *reterr_diag)
{
	struct hc_iterators *it HC_CLEANUP(hc_iterators_free) = hc_calloc(1, sizeof *it);
	int err = use == HC_ITERATORS_NEVER ? 0 : load(it);

	it->use = use;
	if (err && use == HC_ITERATORS_ALWAYS)
		return hc_diag_set(reterr_diag, err, "this kernel does not load the BPF iterators that --snapshot bpf asks for: %s",
				   strerror(-err));
	if (err) {
		snprintf(it->why, sizeof it->why, "the kernel does not load the BPF iterators: %s", strerror(-err));
		hc_snapshot_bpf__destroy(it->skel);
		it->skel = NULL;
	}
	*ret = TAKE(it);
	return 0;
}

struct hc_iterators *hc_iterators_free(struct hc_iterators *it)
{
	if (!it)
		return NULL;
	hc_snapshot_bpf__destroy(it->skel);
	free(it);
	return NULL;
}

bool hc_iterators_missing(const struct hc_iterators *it)
{
	return !it->skel;
}

int hc_iterators_snapshot(const struct hc_iterators *it, struct hc_section *section, const char *host_root,
			  struct hc_snapshot_source *ret_source, struct hc_diag *reterr_diag)
{
	int tasks HC_CLOSE = it->skel ? bpf_iter_create(bpf_link__fd(it->skel->links.hc_snap_tasks)) : -1;
	int files HC_CLOSE = it->skel ? bpf_iter_create(bpf_link__fd(it->skel->links.hc_snap_files)) : -1;
	const struct hc_snapshot_iterators both = { tasks, files };
	bool have = tasks >= 0 && files >= 0;
	int err = hc_snapshot_take(section, host_root, have ? &both : NULL, ret_source, reterr_diag);

	if (!have && it->use != HC_ITERATORS_NEVER)
		snprintf(ret_source->why, sizeof ret_source->why, "%s",
			 it->skel ? "the kernel does not open the BPF iterators" : it->why);
	if (!err && it->use == HC_ITERATORS_ALWAYS && !ret_source->iterators)
		return hc_diag_set(reterr_diag, -ENOTSUP, "no snapshot by BPF iterators, as --snapshot bpf asks for: %s",
				   ret_source->why);
	return err;
}
