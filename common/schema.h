/* SPDX-License-Identifier: Apache-2.0
 *
 * The event schema and the syscall table as C: enums, sets and lookup tables, all derived from events.def,
 * syscalls.def and flags.def. The enumerators keep the names the scap format gives them (PPME_*, PT_*, EC_*,
 * EF_*): they are the field's terms and what one greps for.
 *
 * Also included by the kernel side, so the part above HC_SCHEMA_NO_TABLES uses no libc.
 */
#pragma once

/* Event types, even = enter or one-shot, odd = exit (spec: events.tsv). */
enum hc_event_type {
#define HC_EVENT(code, id, ...) id = code,
#include "common/events.def"
#undef HC_EVENT
	HC_EVENT_COUNT,
	PPME_NONE = 0xffff, /* "this syscall has no such event" */
};

/* Portable syscall codes (spec: syscalls.tsv). */
enum hc_sc {
#define HC_SC(code, id, ...) PPM_SC_##id = code,
#include "common/syscalls.def"
#undef HC_SC
	HC_SC_COUNT,
};

/* Parameter types (spec: scap-format.md 10.1). */
enum hc_param_type {
	PT_NONE, PT_INT8, PT_INT16, PT_INT32, PT_INT64, PT_UINT8, PT_UINT16, PT_UINT32, PT_UINT64,
	PT_CHARBUF, PT_BYTEBUF, PT_ERRNO, PT_SOCKADDR, PT_SOCKTUPLE, PT_FD, PT_PID, PT_FDLIST, PT_FSPATH,
	PT_SYSCALLID, PT_SIGTYPE, PT_RELTIME, PT_ABSTIME, PT_PORT, PT_L4PROTO, PT_SOCKFAMILY, PT_BOOL,
	PT_IPV4ADDR, PT_DYN, PT_FLAGS8, PT_FLAGS16, PT_FLAGS32, PT_UID, PT_GID, PT_DOUBLE, PT_SIGSET,
	PT_CHARBUFARRAY, PT_CHARBUF_PAIR_ARRAY, PT_IPV4NET, PT_IPV6ADDR, PT_IPV6NET, PT_IPADDR, PT_IPNET,
	PT_MODE, PT_FSRELPATH, PT_ENUMFLAGS8, PT_ENUMFLAGS16, PT_ENUMFLAGS32, PT_FD32, PT_PID32,
	HC_PARAM_TYPE_COUNT,
};

enum hc_print_format { PF_NA, PF_DEC, PF_HEX, PF_10_PADDED_DEC, PF_ID, PF_DIR, PF_OCT };

/* Event categories: one low value, plus high bits for where the event comes from (scap-format.md 11.1). */
enum hc_event_category {
	EC_UNKNOWN = 0, EC_OTHER = 1, EC_FILE = 2, EC_NET = 3, EC_IPC = 4, EC_MEMORY = 5, EC_PROCESS = 6,
	EC_SLEEP = 7, EC_SYSTEM = 8, EC_SIGNAL = 9, EC_USER = 10, EC_TIME = 11, EC_PROCESSING = 12,
	EC_IO_READ = 32, EC_IO_WRITE = 33, EC_IO_OTHER = 34, EC_WAIT = 64, EC_SCHEDULER = 128, EC_INTERNAL = 256,
	EC_SYSCALL = 512, EC_TRACEPOINT = 1024, EC_PLUGIN = 2048, EC_METAEVENT = 4096, EC_ITER = 8192,
	HC_EC_LOW_MASK = 511,
	HC_EC_IO_BASE = 32, /* bit shared by the three EC_IO_* */
};

/* Event type flags (scap-format.md 11.1). */
enum hc_event_flags {
	EF_NONE = 0, EF_CREATES_FD = 1, EF_DESTROYS_FD = 2, EF_USES_FD = 4, EF_READS_FROM_FD = 8,
	EF_WRITES_TO_FD = 16, EF_MODIFIES_STATE = 32, EF_UNUSED = 64, EF_WAITS = 128, EF_SKIPPARSERESET = 256,
	EF_OLD_VERSION = 512, EF_LARGE_PAYLOAD = 2048, EF_CONVERTER_MANAGED = 4096,
};

/* What kind of thing a syscall code is, its behaviour in dropping mode, and the sets it belongs to
 * (scap-format.md 11.3, selection.md 3). */
enum hc_sc_kind { HC_SC_UNKNOWN, HC_SC_DEDICATED, HC_SC_GENERIC, HC_SC_TRACEPOINT, HC_SC_RESERVED };
enum hc_sc_driver_flags { UF_NONE = 0, UF_USED = 1, UF_ALWAYS_DROP = 2, UF_NEVER_DROP = 4 };
enum hc_sc_set {
	HC_SCSET_STATE = 1, HC_SCSET_REPAIR_BASE = 2, HC_SCSET_SIMPLE = 4, HC_SCSET_IO = 8, HC_SCSET_IO_OTHER = 16,
	HC_SCSET_FILE = 32, HC_SCSET_NET = 64, HC_SCSET_PROC = 128, HC_SCSET_SYS = 256,
};

enum { HC_EVENT_PARAMS_MAX = 32 }; /* largest nparams of the schema (clone_20 has 21, execve_19 31) */

#define HC_AT_FDCWD (-100) /* the same on every machine (scap-format.md 12.3) */

#ifndef HC_SCHEMA_NO_TABLES
#include <stddef.h>
#include <stdint.h>

struct hc_flag {
	const char *name;
	uint64_t value;
};

/* A named set of portable values, in display order. */
struct hc_flagset {
	const char *name;
	const struct hc_flag *flags;
	size_t n;
};

struct hc_param_info {
	const char *name;
	uint8_t type;   /* enum hc_param_type */
	uint8_t format; /* enum hc_print_format */
	int8_t dirfd;   /* PT_FSRELPATH: index of the directory fd parameter; else -1 */
	const struct hc_flagset *set; /* NULL if none; for PT_DYN the set of selectors */
};

struct hc_event_info {
	const char *id;    /* "PPME_SYSCALL_OPEN_X" */
	const char *name;  /* "open"; "NA" for unused codes */
	uint16_t category; /* enum hc_event_category */
	uint16_t flags;    /* enum hc_event_flags */
	uint8_t nparams;
	const struct hc_param_info *params;
};

struct hc_sc_info {
	const char *name;
	int16_t nr_x86_64, nr_aarch64, nr_ia32, nr_ia32b; /* -1: none there; i386 has two numbers for some calls */
	uint16_t enter, exit;                   /* enum hc_event_type or PPME_NONE */
	uint8_t kind, driver_flags;
	uint16_t category, sets;
};

extern const struct hc_event_info hc_event_table[HC_EVENT_COUNT];
extern const struct hc_sc_info hc_sc_table[HC_SC_COUNT];
extern const struct hc_flagset hc_flagsets[]; /* ends with a NULL name */

/* Fixed size in bytes of a parameter type, or -1 if it varies (scap-format.md 10.1, 10.8). */
int hc_param_type_size(uint8_t type);
const char *hc_param_type_name(uint8_t type);

/* Names of numbers as fields print them; NULL if there is none (fields-semantics.md 10). */
const char *hc_errno_name(int64_t err);
const char *hc_signal_name(uint64_t sig);

/* The set of that name, or NULL. */
const struct hc_flagset *hc_flagset_find(const char *name);

/* The portable code of a syscall by exact kernel name, or -1. */
int hc_sc_by_name(const char *name);
/* ... by x86_64 number, or PPM_SC_UNKNOWN. */
int hc_sc_by_x86_64(int64_t nr);
#endif
