/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The kernel side: one BPF object. This file holds the hooks; each family of system calls fills its events in its own
 * *.bpf.h, included below so that all share one set of globals and maps.
 *
 * sys_exit is run for every system call of the host. It reads the interest byte first and returns at once if nobody
 * asked; what is left passes the cheap filters and jumps (PROG_ARRAY `exits`, by native number) to the program that
 * fills the event. Calls without a program of their own are generic events and are filled right here.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define HC_SCHEMA_NO_TABLES
#include "common/schema.h"
#include "bpf/abi.h"
#include "bpf/scratch.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/flags.bpf.h"
#include "bpf/kernel.bpf.h"
#include "bpf/filter.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#include "bpf/climb.bpf.h"
#include "bpf/walk.bpf.h"
#include "bpf/file.bpf.h"
#include "bpf/path.bpf.h"
#include "bpf/fd.bpf.h"
#include "bpf/process.bpf.h"
#include "bpf/socket.bpf.h"
#include "bpf/io.bpf.h"
#include "bpf/net.bpf.h"
#include "bpf/cred.bpf.h"
#include "bpf/memory.bpf.h"
#include "bpf/misc.bpf.h"
#include "bpf/trace.bpf.h"
#include "bpf/dispatch.bpf.h"
#include "bpf/enter.bpf.h"
