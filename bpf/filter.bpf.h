/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The filters on who acts, from the cheapest test to the dearest; all before any parameter is read.
 */
#pragma once

/* Thread groups of --follow; the fork and exit hooks keep it. Key: tgid, initial pid namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u8);
} followed SEC(".maps");

/* The filters on who acts: false drops the occurrence without a trace in the counters. */
static __always_inline bool wanted_task(struct task_struct *task)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	if (hc_config.self_tgid && tgid == hc_config.self_tgid)
		return false;
	if (hc_config.helper_tgid && tgid == hc_config.helper_tgid)
		return false;
	if (hc_config.follow && !bpf_map_lookup_elem(&followed, &tgid))
		return false;
	if (hc_config.filter_uid && BPF_CORE_READ(task, cred, euid.val) != hc_config.uid)
		return false;
	if (hc_config.filter_cgroup && bpf_get_current_ancestor_cgroup_id(hc_config.cgroup_level) != hc_config.cgroup_id)
		return false;
	if (hc_config.filter_comm) {
		char comm[HC_BPF_COMM_MAX] = {};
		__u64 differs = 0;

		bpf_get_current_comm(comm, sizeof(comm));
		for (int i = 0; i < HC_BPF_COMM_MAX; i++)
			differs |= comm[i] ^ hc_config.comm[i];
		if (differs)
			return false;
	}
	return true;
}
