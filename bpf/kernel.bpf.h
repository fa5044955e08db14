/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Reading the kernel: tasks, files. Where structures differ between 6.1 and now, the older or newer shape is declared
 * here with a ___suffix and CO-RE picks what the running kernel has.
 */
#pragma once

/* Thread groups of --follow; the fork and exit hooks keep it. Key: tgid, initial pid namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u8);
} followed SEC(".maps");

static __always_inline bool wanted_task(struct task_struct *task, __u32 tgid)
{
	if (hc_config.self_tgid && tgid == hc_config.self_tgid)
		return false;
	if (hc_config.follow && !bpf_map_lookup_elem(&followed, &tgid))
		return false;
	return true;
}

/* The file an fd of the current task refers to; NULL if none. */
static __always_inline struct file *file_of_fd(__s32 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *fdt;
	struct file **fds, *file = NULL;

	if (fd < 0)
		return NULL;
	fdt = BPF_CORE_READ(task, files, fdt);
	if (!fdt || (__u32)fd >= BPF_CORE_READ(fdt, max_fds))
		return NULL;
	fds = BPF_CORE_READ(fdt, fd);
	bpf_probe_read_kernel(&file, sizeof(file), fds + fd);
	return file;
}

/* scap-format.md 10.9; a kernel dev_t has 20 bits of minor. */
static __always_inline __u32 encode_dev(__u32 dev)
{
	__u32 major = dev >> 20, minor = dev & 0xfffff;

	return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
}
