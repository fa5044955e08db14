/* SPDX-License-Identifier: Apache-2.0
 *
 * Loading the BPF object, and turning the ways this can fail into sentences somebody can act on. What the kernel
 * itself says (verifier, libbpf) is kept and shown only if no better reason is found.
 */
#include "record/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <cap-ng.h>

#include "bpf/hindcast.skel.h"
#include "bpf/loader.h"
#include "common/mem.h"
#include "common/schema.h"

struct hc_kernel {
	struct hc_bpf *skel;
	struct hc_bpf_rings rings;
	struct hc_bpf_enter enter;
};

/* The last of libbpf's complaints. libbpf has one print function per process, so this is one per process too. */
static char complaint[512];

static int keep_complaint(enum libbpf_print_level level, const char *format, va_list ap)
{
	char line[sizeof complaint];
	size_t len;

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof line, format, ap);
	len = strlen(line);
	while (len && line[len - 1] == '\n')
		line[--len] = '\0';
	if (strstr(line, "RLIMIT_MEMLOCK"))
		return 0; /* no limit since Linux 5.11; tried in vain when bpf(2) itself is refused */
	if (!*complaint) /* the first one names the cause, the others follow from it */
		memcpy(complaint, line, len + 1);
	return 0;
}

/* First bytes of a small file as a string without its newline. */
static bool read_line(const char *path, char *ret, size_t size)
{
	int fd HC_CLOSE = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

	if (n < 0)
		return false;
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return true;
}

/* Before anything is tried: what certainly cannot work. */
static int preflight(struct hc_diag *reterr_diag)
{
	bool admin, bpf, perfmon;
	struct utsname u;
	unsigned major = 0, minor = 0;
	char state[128];

	uname(&u);
	if (sscanf(u.release, "%u.%u", &major, &minor) == 2 && (major < 5 || (major == 5 && minor < 17)))
		return hc_diag_set(reterr_diag, -ENOSYS,
				   "this kernel (%s) is too old to record: Linux 5.17 or later is needed, for bpf_loop",
				   u.release);
	capng_get_caps_process();
	admin = capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN);
	bpf = admin || capng_have_capability(CAPNG_EFFECTIVE, CAP_BPF);
	perfmon = admin || capng_have_capability(CAPNG_EFFECTIVE, CAP_PERFMON);
	if (!bpf || !perfmon)
		return hc_diag_set(reterr_diag, -EPERM,
				   "no privilege to record: %s%s%s missing. Run it as root (sudo hindcast record ...), or give it the "
				   "capabilities CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH",
				   bpf ? "" : "CAP_BPF", !bpf && !perfmon ? " and " : "", perfmon ? "" : "CAP_PERFMON");
	if (access("/proc/self/fd", X_OK))
		return hc_diag_set(reterr_diag, -ENOENT,
				   "cannot read /proc (%s): recording needs it to list what runs; mount -t proc proc /proc",
				   strerror(errno));
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return hc_diag_set(reterr_diag, -ENOENT,
				   "cannot read /sys/kernel/btf/vmlinux (%s): recording needs a kernel built with CONFIG_DEBUG_INFO_BTF "
				   "(Debian's are), and /sys mounted", strerror(errno));
	if (read_line("/sys/kernel/security/lockdown", state, sizeof state) && strstr(state, "[confidentiality]"))
		return hc_diag_set(reterr_diag, -EPERM,
				   "the kernel is locked down in confidentiality mode, which forbids BPF programs to read kernel memory "
				   "(/sys/kernel/security/lockdown); boot without lockdown=confidentiality to record");
	return 0;
}

static int explain_load(int err, struct hc_diag *reterr_diag)
{
	if (err == -EPERM || err == -EACCES)
		return hc_diag_set(reterr_diag, err,
				   "the kernel refuses the BPF programs (%s), though the capabilities are there: a container's seccomp "
				   "profile or a security module forbids it. Record on the host itself, or allow the container bpf(2) "
				   "(docker run --privileged, or --security-opt seccomp=unconfined)%s%s", strerror(-err),
				   *complaint ? "; libbpf says: " : "", complaint);
	if (err == -EMFILE || strstr(complaint, strerror(EMFILE))) /* libbpf forgets the error of its probes */
		return hc_diag_set(reterr_diag, err,
				   "cannot load the BPF programs: too many open files. Each program and each CPU's ring needs a "
				   "descriptor, several hundred in all: raise the limit (ulimit -Hn 4096)");
	return hc_diag_set(reterr_diag, err, "cannot load the BPF programs: %s%s%s", strerror(-err),
			   *complaint ? "; libbpf says: " : "", complaint);
}

int hc_kernel_open(struct hc_kernel **ret, const struct hc_bpf_config *config, bool enter_events, uint64_t ring_size,
		   struct hc_diag *reterr_diag)
{
	__attribute__((cleanup(hc_kernel_closep))) struct hc_kernel *kernel = NULL;
	int err = preflight(reterr_diag);

	if (err)
		return err;
	*complaint = '\0';
	libbpf_set_print(keep_complaint);
	kernel = hc_calloc(1, sizeof *kernel);
	kernel->skel = hc_bpf__open();
	if (!kernel->skel)
		return explain_load(-errno, reterr_diag);
	kernel->skel->rodata->hc_config = *config;
	hc_bpf_enter_open(kernel->skel, enter_events ? HC_BPF_ENTER_AT_FUNCTIONS : HC_BPF_ENTER_NONE, &kernel->enter);
	err = hc_bpf_load(kernel->skel, ring_size, &kernel->rings);
	if (err)
		return explain_load(err, reterr_diag);
	*ret = TAKE(kernel);
	return 0;
}

struct hc_kernel *hc_kernel_close(struct hc_kernel *kernel)
{
	if (!kernel)
		return NULL;
	if (kernel->rings.fds)
		hc_bpf_rings_close(&kernel->rings);
	hc_bpf_enter_close(&kernel->enter);
	hc_bpf__destroy(kernel->skel);
	free(kernel);
	return NULL;
}

int hc_kernel_select(struct hc_kernel *kernel, const struct hc_scset *set, const struct hc_scset *shed,
		     struct hc_diag *reterr_diag)
{
	uint8_t flags[HC_BPF_SC_MAX] = { 0 };
	int err;

	for (unsigned sc = 0; sc < HC_SC_COUNT; sc++)
		flags[sc] = !hc_scset_has(set, sc) ? 0 : hc_scset_has(shed, sc) ? HC_BPF_SHED : 1;
	err = hc_bpf_select(kernel->skel, flags, &kernel->enter);
	if (err)
		return hc_diag_set(reterr_diag, err, "cannot hook a tracepoint that the selection asks for: %s", strerror(-err));
	return 0;
}

uint64_t hc_kernel_lost(const struct hc_kernel *kernel, uint64_t *ret_shed)
{
	const struct hc_bpf_cpu volatile *cpus = kernel->skel->bss->hc_cpus;
	uint64_t lost = 0, shed = 0;

	for (size_t i = 0; i < kernel->rings.n; i++) {
		for (int why = 0; why < HC_DROP_COUNT; why++)
			lost += why == HC_DROP_SHED ? 0 : cpus[i].dropped[why];
		shed += cpus[i].dropped[HC_DROP_SHED];
	}
	*ret_shed = shed;
	return lost;
}

uint64_t hc_kernel_unfollowed(const struct hc_kernel *kernel)
{
	return *(const volatile __u64 *)&kernel->skel->bss->hc_unfollowed;
}

int hc_kernel_attach(struct hc_kernel *kernel, struct hc_diag *reterr_diag)
{
	const char *program = "?";
	int err;

	*complaint = '\0';
	err = hc_bpf_attach(kernel->skel, &kernel->enter, &program);
	if (err)
		return hc_diag_set(reterr_diag, err, "cannot attach the BPF program %s: %s%s%s", program, strerror(-err),
				   *complaint ? "; libbpf says: " : "", complaint);
	return 0;
}

const char *hc_kernel_enter_text(const struct hc_kernel *kernel)
{
	return hc_bpf_enter_text(&kernel->enter);
}

void hc_kernel_detach(struct hc_kernel *kernel)
{
	hc_bpf__detach(kernel->skel);
	hc_bpf_enter_close(&kernel->enter);
}

int hc_kernel_follow(struct hc_kernel *kernel, pid_t pid, struct hc_diag *reterr_diag)
{
	int err = hc_bpf_follow(kernel->skel, (uint32_t)pid);

	if (err)
		return hc_diag_set(reterr_diag, err, "cannot tell the kernel side to follow process %d: %s", (int)pid, strerror(-err));
	return 0;
}

const int *hc_kernel_rings(const struct hc_kernel *kernel, uint32_t *ret_n, uint32_t *ret_size)
{
	*ret_n = (uint32_t)kernel->rings.n;
	*ret_size = (uint32_t)kernel->rings.nbytes;
	return kernel->rings.fds;
}

const volatile struct hc_bpf_cpu *hc_kernel_cpus(const struct hc_kernel *kernel, uint32_t *ret_n)
{
	*ret_n = (uint32_t)kernel->rings.n;
	return kernel->skel->bss->hc_cpus;
}

const volatile __u64 *hc_kernel_dropped_by_sc(const struct hc_kernel *kernel)
{
	return kernel->skel->bss->hc_dropped_by_sc;
}

const char *hc_kernel_drop_name(unsigned why)
{
	static const char *const names[HC_DROP_COUNT] = {
		[HC_DROP_RING_FULL] = "ring-full", [HC_DROP_NO_RING] = "no-ring", [HC_DROP_TOO_BIG] = "too-big",
		[HC_DROP_BUSY] = "busy",           [HC_DROP_NO_FILLER] = "no-filler",
		[HC_DROP_SHED] = "shed",
	};

	return why < HC_DROP_COUNT && names[why] ? names[why] : "unknown";
}
