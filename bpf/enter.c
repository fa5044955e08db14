/* SPDX-License-Identifier: Apache-2.0
 *
 * See enter.h. Both kinds of events come from perf_event_open(2). Tracepoints have an id in tracefs, which need not be
 * mounted: a mount nobody else sees does as well (fsopen(2), since Linux 5.2).
 */
#include "bpf/enter.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "bpf/hindcast.skel.h"
#include "common/cleanup.h"
#include "common/schema.h"

/* Where a call begins in the kernel. The compat functions have no tracepoint and need not be there. */
static const struct point {
	int sc;
	const char *tracepoint, *function;
} points[HC_BPF_ENTER_POINTS] = {
#if defined(__aarch64__)
	{ PPM_SC_OPENAT, "sys_enter_openat", "__arm64_sys_openat" },
	{ PPM_SC_OPENAT2, "sys_enter_openat2", "__arm64_sys_openat2" },
	{ PPM_SC_CONNECT, "sys_enter_connect", "__arm64_sys_connect" },
#else
	{ PPM_SC_OPEN, "sys_enter_open", "__x64_sys_open" },
	{ PPM_SC_CREAT, "sys_enter_creat", "__x64_sys_creat" },
	{ PPM_SC_OPENAT, "sys_enter_openat", "__x64_sys_openat" },
	{ PPM_SC_OPENAT2, "sys_enter_openat2", "__x64_sys_openat2" },
	{ PPM_SC_CONNECT, "sys_enter_connect", "__x64_sys_connect" },
	{ PPM_SC_OPEN, NULL, "__ia32_compat_sys_open" },
	{ PPM_SC_CREAT, NULL, "__ia32_sys_creat" },
	{ PPM_SC_OPENAT, NULL, "__ia32_compat_sys_openat" },
	{ PPM_SC_OPENAT2, NULL, "__ia32_sys_openat2" },
	{ PPM_SC_CONNECT, NULL, "__ia32_sys_connect" },
	{ PPM_SC_CONNECT, NULL, "__ia32_compat_sys_socketcall" },
#endif
};

/* The number in a small file; -1: there is none. */
static int read_number(int dir, const char *path)
{
	int fd HC_CLOSE = openat(dir, path, O_RDONLY | O_CLOEXEC);
	char text[32];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	return atoi(text);
}

static int open_event(int type, uint64_t config, const char *function)
{
	struct perf_event_attr attr = { .type = type, .size = sizeof attr, .config = config, .disabled = 1, .sample_period = 1 };

	attr.kprobe_func = (uintptr_t)function;
	/* its program runs on every CPU, whichever one the event is opened for */
	return (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

static bool open_functions(struct hc_bpf_enter *enter)
{
	int type = read_number(AT_FDCWD, "/sys/bus/event_source/devices/kprobe/type");

	for (int i = 0; i < HC_BPF_ENTER_POINTS && points[i].function; i++) {
		enter->events[i] = type < 0 ? -1 : open_event(type, 0, points[i].function);
		if (enter->events[i] < 0 && points[i].tracepoint)
			return false;
	}
	return true;
}

static int open_tracefs(void)
{
	int dir = open("/sys/kernel/tracing/events/syscalls", O_RDONLY | O_DIRECTORY | O_CLOEXEC), mount;
	int fs HC_CLOSE = dir < 0 ? fsopen("tracefs", FSOPEN_CLOEXEC) : -1;

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0 || (mount = fsmount(fs, FSMOUNT_CLOEXEC, 0)) < 0)
		return dir;
	dir = openat(mount, "events/syscalls", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(mount);
	return dir;
}

static bool open_tracepoints(struct hc_bpf_enter *enter)
{
	int dir HC_CLOSE = open_tracefs();

	for (int i = 0; i < HC_BPF_ENTER_POINTS && points[i].tracepoint; i++) {
		char path[32];
		int id;

		snprintf(path, sizeof path, "%s/id", points[i].tracepoint);
		id = dir < 0 ? -1 : read_number(dir, path);
		enter->events[i] = id < 0 ? -1 : open_event(PERF_TYPE_TRACEPOINT, id, NULL);
		if (enter->events[i] < 0)
			return false;
	}
	return true;
}

static void close_events(struct hc_bpf_enter *enter)
{
	for (int i = 0; i < HC_BPF_ENTER_POINTS; i++) {
		if (enter->events[i] >= 0)
			close(enter->events[i]);
		enter->events[i] = -1;
	}
}

void hc_bpf_enter_open(struct hc_bpf *skel, enum hc_bpf_enter_way way, struct hc_bpf_enter *ret)
{
	*ret = (struct hc_bpf_enter){ .way = way };
	memset(ret->events, -1, sizeof ret->events);
	if (ret->way == HC_BPF_ENTER_AT_FUNCTIONS && !open_functions(ret)) {
		close_events(ret);
		ret->way = HC_BPF_ENTER_AT_TRACEPOINTS;
	}
	if (ret->way == HC_BPF_ENTER_AT_TRACEPOINTS && !open_tracepoints(ret)) {
		close_events(ret);
		ret->way = HC_BPF_ENTER_AT_ALL;
	}
	/* none of them is loaded unless asked for */
	bpf_program__set_autoload(skel->progs.hc_enter_function, ret->way == HC_BPF_ENTER_AT_FUNCTIONS);
	bpf_program__set_autoload(skel->progs.hc_enter_tracepoint, ret->way == HC_BPF_ENTER_AT_TRACEPOINTS);
	bpf_program__set_autoload(skel->progs.hc_sys_enter, ret->way == HC_BPF_ENTER_AT_ALL);
}

bool hc_bpf_enter_tells(int sc)
{
	for (int i = 0; i < HC_BPF_ENTER_POINTS && points[i].tracepoint; i++)
		if (points[i].sc == sc)
			return true;
	return false;
}

static bool asked_for(const struct hc_bpf *skel, int sc)
{
#if defined(__aarch64__)
	int nr = hc_sc_table[sc].nr_aarch64;
#else
	int nr = hc_sc_table[sc].nr_x86_64;
#endif

	return skel->bss->hc_interest[nr] & HC_INTEREST_NATIVE_ENTER;
}

int hc_bpf_enter_adjust(struct hc_bpf *skel, struct hc_bpf_enter *enter)
{
	const bool functions = enter->way == HC_BPF_ENTER_AT_FUNCTIONS;
	const int prog = bpf_program__fd(functions ? skel->progs.hc_enter_function : skel->progs.hc_enter_tracepoint);

	if (!functions && enter->way != HC_BPF_ENTER_AT_TRACEPOINTS)
		return 0;
	for (int i = 0; i < HC_BPF_ENTER_POINTS; i++) {
		if (enter->events[i] < 0 || enter->live[i] || !asked_for(skel, points[i].sc))
			continue;
		if (ioctl(enter->events[i], PERF_EVENT_IOC_SET_BPF, prog) < 0)
			return -errno;
		enter->live[i] = true;
	}
	return 0;
}

void hc_bpf_enter_close(struct hc_bpf_enter *enter)
{
	if (enter->way != HC_BPF_ENTER_NONE)
		close_events(enter);
	*enter = (struct hc_bpf_enter){ .way = HC_BPF_ENTER_NONE };
}

const char *hc_bpf_enter_text(const struct hc_bpf_enter *enter)
{
	static const char *const texts[] = {
		[HC_BPF_ENTER_NONE] = "none",
		[HC_BPF_ENTER_AT_FUNCTIONS] = "functions",
		[HC_BPF_ENTER_AT_TRACEPOINTS] = "tracepoints",
		[HC_BPF_ENTER_AT_ALL] = "sys_enter",
	};

	return texts[enter->way];
}
