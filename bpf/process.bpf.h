/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Processes come and go: the fork and exit hooks keep the set of followed thread groups.
 */
#pragma once

SEC("tp_btf/sched_process_fork")
int hc_fork(__u64 *ctx)
{
	struct task_struct *parent = (struct task_struct *)ctx[0], *child = (struct task_struct *)ctx[1];

	if (hc_config.follow) {
		__u32 from = parent->tgid, to = child->tgid;
		__u8 one = 1;

		if (from != to && bpf_map_lookup_elem(&followed, &from))
			bpf_map_update_elem(&followed, &to, &one, BPF_ANY);
	}
	return 0;
}

SEC("tp_btf/sched_process_exit")
int hc_exit(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];

	/* the last thread of its group; the leader may have gone long before */
	if (hc_config.follow && !task->signal->live.counter) {
		__u32 tgid = task->tgid;

		bpf_map_delete_elem(&followed, &tgid);
	}
	return 0;
}
