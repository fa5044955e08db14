/* SPDX-License-Identifier: Apache-2.0
 *
 * From field id to extractor: what the field needs (a thread, fd fields, an fd entry), and whether its value is built
 * and therefore kept for the rest of the event. Adding a field: a row in rules/fields.def, a row here, a test.
 */
#include "replay/extract.h"

#include "common/mem.h"
#include "replay/paths.h"

enum needs {
	THREAD = 1,
	FDS = 2,   /* a thread, and an event type that has fd fields (fields-semantics.md 5.1) */
	ENTRY = 4, /* ... and an entry */
	BUILT = 8, /* costly to make: once per event */
	HELD = 16, /* ... unless there is an entry that holds it */
};

static const struct {
	hc_extractor extract; /* NULL: always absent */
	uint8_t needs;
} rows[HC_FIELD_COUNT] = {
#define ROW(id, f, needs) [HC_FIELD_##id] = { hc_extract_##f, needs }
	ROW(EVT_NUM, evt, 0), ROW(EVT_TIME, evt_text, 0), ROW(EVT_TIME_S, evt_text, 0),
	ROW(EVT_TIME_ISO8601, evt_text, 0), ROW(EVT_DATETIME, evt_text, 0), ROW(EVT_DATETIME_S, evt_text, 0),
	ROW(EVT_OUTPUTTIME, evt_text, 0), ROW(EVT_RAWTIME, evt, 0), ROW(EVT_RAWTIME_S, evt, 0),
	ROW(EVT_RAWTIME_NS, evt, 0), ROW(EVT_RELTIME, evt, 0), ROW(EVT_RELTIME_S, evt, 0),
	ROW(EVT_RELTIME_NS, evt, 0), ROW(EVT_SOURCE, evt_text, 0), ROW(EVT_IS_ASYNC, evt, 0),
	ROW(EVT_ASYNCTYPE, evt_text, 0), ROW(EVT_HOSTNAME, evt_text, 0), ROW(EVT_LATENCY, evt, 0),
	ROW(EVT_LATENCY_S, evt, 0), ROW(EVT_LATENCY_NS, evt, 0), ROW(EVT_LATENCY_QUANTIZED, evt, 0),
	ROW(EVT_LATENCY_HUMAN, evt_text, 0), ROW(EVT_DELTATIME, evt_count, 0), ROW(EVT_DELTATIME_S, evt_count, 0),
	ROW(EVT_DELTATIME_NS, evt_count, 0), ROW(UTIL_CNT, evt_count, 0), ROW(EVT_DIR, evt_text, 0),
	ROW(EVT_TYPE, evt_text, 0), ROW(EVT_TYPE_IS, evt, 0), ROW(SYSCALL_TYPE, evt_text, 0),
	ROW(EVT_CATEGORY, evt_text, 0), ROW(EVT_CPU, evt, 0), ROW(EVT_IS_IO, evt, 0), ROW(EVT_IS_IO_READ, evt, 0),
	ROW(EVT_IS_IO_WRITE, evt, 0), ROW(EVT_IO_DIR, evt_text, 0), ROW(EVT_IS_WAIT, evt, 0),
	ROW(EVT_WAIT_LATENCY, evt, 0), ROW(EVT_IS_SYSLOG, evt, 0), ROW(EVT_COUNT, evt, 0),
	ROW(EVT_RAWRES, evt, 0), ROW(EVT_FAILED, evt, 0), ROW(EVT_COUNT_ERROR, evt, 0),
	ROW(EVT_COUNT_ERROR_FILE, evt, 0), ROW(EVT_COUNT_ERROR_NET, evt, 0), ROW(EVT_COUNT_ERROR_MEMORY, evt, 0),
	ROW(EVT_COUNT_ERROR_OTHER, evt, 0), ROW(EVT_COUNT_EXIT, evt, 0), ROW(EVT_COUNT_PROCINFO, evt, 0),
	ROW(EVT_COUNT_THREADINFO, evt, 0), ROW(EVT_AROUND, evt, 0), ROW(EVT_BUFLEN, evt, 0),
	ROW(EVT_BUFLEN_IN, evt, 0), ROW(EVT_BUFLEN_OUT, evt, 0), ROW(EVT_BUFLEN_FILE, evt, 0),
	ROW(EVT_BUFLEN_FILE_IN, evt, 0), ROW(EVT_BUFLEN_FILE_OUT, evt, 0), ROW(EVT_BUFLEN_NET, evt, 0),
	ROW(EVT_BUFLEN_NET_IN, evt, 0), ROW(EVT_BUFLEN_NET_OUT, evt, 0), ROW(EVT_IS_OPEN_READ, evt_open, 0),
	ROW(EVT_IS_OPEN_WRITE, evt_open, 0), ROW(EVT_IS_OPEN_EXEC, evt_open, 0), ROW(EVT_IS_OPEN_CREATE, evt_open, 0),
	ROW(EVT_INFRA_DOCKER_NAME, evt_infra, 0), ROW(EVT_INFRA_DOCKER_CONTAINER_ID, evt_infra, 0),
	ROW(EVT_INFRA_DOCKER_CONTAINER_NAME, evt_infra, 0), ROW(EVT_INFRA_DOCKER_CONTAINER_IMAGE, evt_infra, 0),
	ROW(EVT_ABSPATH, evt_abspath, THREAD), ROW(EVT_ARGS, arg, BUILT), ROW(EVT_INFO, arg, BUILT),
	ROW(EVT_ARG, arg, BUILT), ROW(EVT_RAWARG, arg, 0), ROW(EVT_BUFFER, arg, 0), ROW(EVT_RES, arg, BUILT),

	ROW(PROC_EXE, proc_text, THREAD), ROW(PROC_EXEPATH, proc_text, THREAD), ROW(PROC_NAME, proc_text, THREAD),
	ROW(PROC_ARGS, proc_text, THREAD | BUILT), ROW(PROC_CMDLINE, proc_text, THREAD | BUILT),
	ROW(PROC_EXELINE, proc_text, THREAD | BUILT), ROW(PROC_ENV, proc_text, THREAD | BUILT),
	ROW(PROC_CWD, proc_text, THREAD), ROW(THREAD_NAMETID, proc_text, THREAD),
	ROW(THREAD_CGROUPS, proc_text, THREAD | BUILT), ROW(THREAD_CGROUP, proc_text, THREAD),
	ROW(THREAD_CAP_PERMITTED, proc_text, THREAD | BUILT), ROW(THREAD_CAP_INHERITABLE, proc_text, THREAD | BUILT),
	ROW(THREAD_CAP_EFFECTIVE, proc_text, THREAD | BUILT), ROW(PROC_STDIN_TYPE, proc_text, THREAD),
	ROW(PROC_STDOUT_TYPE, proc_text, THREAD), ROW(PROC_STDERR_TYPE, proc_text, THREAD),
	ROW(PROC_STDIN_NAME, proc_text, THREAD), ROW(PROC_STDOUT_NAME, proc_text, THREAD),
	ROW(PROC_STDERR_NAME, proc_text, THREAD),

	ROW(PROC_CMDNARGS, proc, THREAD), ROW(PROC_CMDLENARGS, proc, THREAD), ROW(PROC_TTY, proc, THREAD),
	ROW(PROC_PID, proc, THREAD), ROW(PROC_VPID, proc, THREAD), ROW(PROC_SID, proc, THREAD),
	ROW(PROC_VPGID, proc, THREAD), ROW(PROC_PGID, proc, THREAD), ROW(PROC_DURATION, proc, THREAD),
	ROW(PROC_PID_TS, proc, THREAD), ROW(PROC_IS_EXE_WRITABLE, proc, THREAD),
	ROW(PROC_IS_EXE_UPPER_LAYER, proc, THREAD), ROW(PROC_IS_EXE_LOWER_LAYER, proc, THREAD),
	ROW(PROC_IS_EXE_FROM_MEMFD, proc, THREAD), ROW(PROC_IS_SID_LEADER, proc, THREAD),
	ROW(PROC_IS_VPGID_LEADER, proc, THREAD), ROW(PROC_IS_PGID_LEADER, proc, THREAD), ROW(PROC_EXE_INO, proc, THREAD),
	ROW(PROC_EXE_INO_CTIME, proc, THREAD), ROW(PROC_EXE_INO_MTIME, proc, THREAD),
	ROW(PROC_EXE_INO_CTIME_DURATION_PROC_START, proc, THREAD),
	ROW(PROC_EXE_INO_CTIME_DURATION_PIDNS_START, proc, THREAD), ROW(PROC_PIDNS_INIT_START_TS, proc, THREAD),
	ROW(PROC_FDOPENCOUNT, proc, THREAD), ROW(PROC_FDLIMIT, proc, THREAD), ROW(PROC_FDUSAGE, proc, THREAD),
	ROW(PROC_VMSIZE, proc, THREAD), ROW(PROC_VMRSS, proc, THREAD), ROW(PROC_VMSWAP, proc, THREAD),
	ROW(THREAD_PFMAJOR, proc, THREAD), ROW(THREAD_PFMINOR, proc, THREAD), ROW(THREAD_TID, proc, 0),
	ROW(THREAD_ISMAIN, proc, THREAD), ROW(THREAD_VTID, proc, THREAD), ROW(PROC_NTHREADS, proc, THREAD),
	ROW(PROC_NCHILDS, proc, THREAD), ROW(THREAD_VMSIZE, proc, THREAD), ROW(THREAD_VMRSS, proc, THREAD),
	ROW(THREAD_VMSIZE_B, proc, THREAD), ROW(THREAD_VMRSS_B, proc, THREAD), ROW(THREAD_CPU, thread_time, THREAD),
	ROW(THREAD_CPU_USER, thread_time, THREAD), ROW(THREAD_CPU_SYSTEM, thread_time, THREAD),
	ROW(THREAD_EXECTIME, thread_time, 0), ROW(THREAD_TOTEXECTIME, thread_time, 0),

	ROW(PROC_PEXE, lineage, THREAD), ROW(PROC_PEXEPATH, lineage, THREAD), ROW(PROC_PNAME, lineage, THREAD),
	ROW(PROC_PCMDLINE, lineage, THREAD | BUILT), ROW(PROC_PPID, lineage, THREAD), ROW(PROC_PVPID, lineage, THREAD),
	ROW(PROC_PPID_DURATION, lineage, THREAD), ROW(PROC_PPID_TS, lineage, THREAD),
	ROW(PROC_LOGINSHELLID, lineage, THREAD), ROW(PROC_SNAME, lineage, THREAD), ROW(PROC_SID_EXE, lineage, THREAD),
	ROW(PROC_SID_EXEPATH, lineage, THREAD), ROW(PROC_VPGID_NAME, lineage, THREAD),
	ROW(PROC_VPGID_EXE, lineage, THREAD), ROW(PROC_VPGID_EXEPATH, lineage, THREAD),
	ROW(PROC_PGID_NAME, lineage, THREAD), ROW(PROC_PGID_EXE, lineage, THREAD),
	ROW(PROC_PGID_EXEPATH, lineage, THREAD), ROW(PROC_ANAME, ancestors, THREAD | BUILT),
	ROW(PROC_AEXE, ancestors, THREAD | BUILT), ROW(PROC_AEXEPATH, ancestors, THREAD | BUILT),
	ROW(PROC_AARGS, ancestors, THREAD | BUILT), ROW(PROC_ACMDLINE, ancestors, THREAD | BUILT),
	ROW(PROC_AENV, ancestors, THREAD | BUILT), ROW(PROC_APID, ancestors, THREAD | BUILT),

	ROW(USER_UID, user, THREAD), ROW(USER_NAME, user, THREAD), ROW(USER_HOMEDIR, user, THREAD),
	ROW(USER_SHELL, user, THREAD), ROW(USER_LOGINUID, user, THREAD), ROW(USER_LOGINNAME, user, THREAD),
	ROW(GROUP_GID, user, THREAD), ROW(GROUP_NAME, user, THREAD),

	ROW(FD_NUM, fd, FDS), ROW(FD_TYPE, fd, ENTRY), ROW(FD_TYPECHAR, fd, FDS), ROW(FD_UID, fd, FDS),
	ROW(FD_CONNECTED, fd, ENTRY), ROW(FD_NAME_CHANGED, fd, ENTRY), ROW(FD_DEV, fd, ENTRY),
	ROW(FD_DEV_MAJOR, fd, ENTRY), ROW(FD_DEV_MINOR, fd, ENTRY), ROW(FD_INO, fd, ENTRY),
	ROW(FD_IS_UPPER_LAYER, fd, ENTRY), ROW(FD_IS_LOWER_LAYER, fd, ENTRY), ROW(FD_NAME, fd_name, FDS | BUILT | HELD),
	ROW(FD_NAMERAW, fd_name, FDS | BUILT), ROW(FD_DIRECTORY, fd_name, FDS | BUILT | HELD),
	ROW(FD_FILENAME, fd_name, ENTRY), ROW(FD_CONTAINERNAME, fd_name, FDS | BUILT),
	ROW(FD_CONTAINERDIRECTORY, fd_name, FDS | BUILT), ROW(FD_TYPES, fd_types, FDS),
	ROW(FD_IP, sock, ENTRY), ROW(FD_CIP, sock, ENTRY), ROW(FD_SIP, sock, ENTRY), ROW(FD_LIP, sock, ENTRY),
	ROW(FD_RIP, sock, ENTRY), ROW(FD_PORT, sock, ENTRY), ROW(FD_CPORT, sock, ENTRY), ROW(FD_SPORT, sock, ENTRY),
	ROW(FD_LPORT, sock, ENTRY), ROW(FD_RPORT, sock, ENTRY), ROW(FD_L4PROTO, sock, ENTRY),
	ROW(FD_SOCKFAMILY, sock, ENTRY), ROW(FD_IS_SERVER, sock, ENTRY), ROW(FD_PROTO, sock, ENTRY),
	ROW(FD_CPROTO, sock, ENTRY), ROW(FD_SPROTO, sock, ENTRY), ROW(FD_LPROTO, sock, ENTRY),
	ROW(FD_RPROTO, sock, ENTRY), ROW(FD_NET, sock, ENTRY), ROW(FD_CNET, sock, ENTRY), ROW(FD_SNET, sock, ENTRY),
	ROW(FD_LNET, sock, ENTRY), ROW(FD_RNET, sock, ENTRY), ROW(FD_CIP_NAME, sock, ENTRY),
	ROW(FD_SIP_NAME, sock, ENTRY), ROW(FD_LIP_NAME, sock, ENTRY), ROW(FD_RIP_NAME, sock, ENTRY),

	ROW(FS_PATH_NAME, fspath, THREAD), ROW(FS_PATH_NAMERAW, fspath, THREAD), ROW(FS_PATH_SOURCE, fspath, THREAD),
	ROW(FS_PATH_SOURCERAW, fspath, THREAD), ROW(FS_PATH_TARGET, fspath, THREAD), ROW(FS_PATH_TARGETRAW, fspath, THREAD),
	ROW(FDLIST_NUMS, fdlist, THREAD), ROW(FDLIST_NAMES, fdlist, THREAD), ROW(FDLIST_CIPS, fdlist, THREAD),
	ROW(FDLIST_SIPS, fdlist, THREAD), ROW(FDLIST_CPORTS, fdlist, THREAD), ROW(FDLIST_SPORTS, fdlist, THREAD),

	ROW(CONTAINER_ID, container, 0), ROW(CONTAINER_FULL_ID, container, 0), ROW(CONTAINER_NAME, container, 0),
	ROW(CONTAINER_IMAGE, container, 0), ROW(CONTAINER_IMAGE_ID, container, 0), ROW(CONTAINER_TYPE, container, 0),
	ROW(CONTAINER_PRIVILEGED, container, 0), ROW(CONTAINER_MOUNTS, mount, 0), ROW(CONTAINER_MOUNT, mount, 0),
	ROW(CONTAINER_MOUNT_SOURCE, mount, 0), ROW(CONTAINER_MOUNT_DEST, mount, 0), ROW(CONTAINER_MOUNT_MODE, mount, 0),
	ROW(CONTAINER_MOUNT_RDWR, mount, 0), ROW(CONTAINER_MOUNT_PROPAGATION, mount, 0),
	ROW(CONTAINER_IMAGE_REPOSITORY, container, 0), ROW(CONTAINER_IMAGE_TAG, container, 0),
	ROW(CONTAINER_IMAGE_DIGEST, container, 0), ROW(CONTAINER_START_TS, container, 0),
	ROW(CONTAINER_DURATION, container, 0), ROW(CONTAINER_IP, container, 0), ROW(CONTAINER_CNI_JSON, container, 0),
	ROW(CONTAINER_HOST_PID, container, 0), ROW(CONTAINER_HOST_NETWORK, container, 0),
	ROW(CONTAINER_HOST_IPC, container, 0), ROW(CONTAINER_LABEL, pod, 0), ROW(CONTAINER_LABELS, pod, BUILT),
	ROW(K8S_POD_NAME, pod, 0), ROW(K8S_NS_NAME, pod, 0), ROW(K8S_POD_ID, pod, 0), ROW(K8S_POD_UID, pod, 0),
	ROW(K8S_POD_SANDBOX_ID, pod, 0), ROW(K8S_POD_FULL_SANDBOX_ID, pod, 0), ROW(K8S_POD_LABEL, pod, 0),
	ROW(K8S_POD_LABELS, pod, BUILT), ROW(K8S_POD_IP, pod, 0), ROW(K8S_POD_CNI_JSON, pod, 0),
#undef ROW
};

static struct hc_eval_slot *slot_of(struct hc_eval *eval, uint32_t slot)
{
	if (slot >= eval->nslots) {
		uint32_t n = slot + 64;

		eval->slots = hc_realloc(eval->slots, n * sizeof *eval->slots);
		memset(eval->slots + eval->nslots, 0, (n - eval->nslots) * sizeof *eval->slots);
		eval->nslots = n;
	}
	return &eval->slots[slot];
}

bool hc_extract(void *ctx, const struct hc_field *field, bool for_output, struct hc_value *ret)
{
	struct hc_eval *eval = ctx;
	uint8_t needs = rows[field->id].needs;
	hc_extractor extract = rows[field->id].extract;
	struct hc_eval_slot *slot;

	if (!extract || (needs & THREAD && !eval->thread) || (needs & (FDS | ENTRY) && !eval->fd_fields) ||
	    (needs & ENTRY && !eval->fd))
		return false;
	if (!(needs & BUILT) || (needs & HELD && eval->fd))
		return extract(eval, field, for_output, ret);
	slot = slot_of(eval, field->slot);
	if (slot->built[for_output].serial != eval->built_serial || slot->built[for_output].field != field) {
		slot->built[for_output].present = extract(eval, field, for_output, &slot->built[for_output].value);
		slot->built[for_output].serial = eval->built_serial;
		slot->built[for_output].field = field;
	}
	*ret = slot->built[for_output].value;
	return slot->built[for_output].present;
}

bool hc_give_copy(struct hc_eval *eval, struct hc_value *ret, const char *p, size_t len)
{
	char *copy = hc_arena_bytes(&eval->scratch, len + 1);

	if (len)
		memcpy(copy, p, len);
	copy[len] = 0;
	return hc_give_str(ret, (struct hc_str){ copy, (uint32_t)len });
}

bool hc_give_concat(struct hc_eval *eval, struct hc_value *ret, struct hc_str base, struct hc_str path)
{
	char full[HC_PATH_SIZE];

	return hc_give_copy(eval, ret, full, hc_path_concat(full, base, path));
}

void hc_join_nuls(struct hc_buf *to, struct hc_str s)
{
	size_t start = to->len;

	s = hc_strings(s);
	if (s.len && !s.p[s.len - 1])
		s.len--;
	if (!s.len)
		return;
	hc_buf_put(to, s.p, s.len);
	for (char *p = to->p + start, *end = to->p + to->len; (p = memchr(p, 0, (size_t)(end - p))); p++)
		*p = ' ';
}
