/* SPDX-License-Identifier: Apache-2.0
 *
 * The hooks that tell of five calls at their entry already: open, creat, openat, openat2, connect (scap-format.md 14.1).
 * A program at sys_enter would tax every call of the host for them. So they hang, where the kernel allows it, at the entry
 * functions of those calls, which costs the others nothing; or else at their tracepoints (syscalls/sys_enter_*), which costs
 * the others the test of a bit. sys_enter is the last resort.
 *
 * Not here: which of them is asked for; that is the interest table's to say (hc_bpf_select() in bpf/loader.h).
 */
#pragma once

#include <stdbool.h>

struct hc_bpf;

/* From the best to the last resort. */
enum hc_bpf_enter_way {
	HC_BPF_ENTER_NONE,           /* no enter events */
	HC_BPF_ENTER_AT_FUNCTIONS,   /* kprobes */
	HC_BPF_ENTER_AT_TRACEPOINTS, /* 64-bit callers only: the kernel does not run them for others */
	HC_BPF_ENTER_AT_ALL,         /* sys_enter */
};

enum { HC_BPF_ENTER_POINTS = 11 }; /* five calls; the same from 32-bit programs; socketcall(2) */

/* Zero is one without anything. The perf events (-1: there is none) wait without a program until a call is selected, since
 * by then the recorder may have given up the privilege to open them; at tracepoints already that costs every call the bit. */
struct hc_bpf_enter {
	enum hc_bpf_enter_way way;
	int events[HC_BPF_ENTER_POINTS];
	bool live[HC_BPF_ENTER_POINTS];
};

/* Between opening and loading the skeleton: opens the events, and has the one program loaded that will be needed. Where the
 * kernel does not have `way` the next is tried; ret->way says what it has come to. */
void hc_bpf_enter_open(struct hc_bpf *skel, enum hc_bpf_enter_way way, struct hc_bpf_enter *ret);

/* Is the call (portable code) one of the five? */
bool hc_bpf_enter_tells(int sc);

/* Puts the program to the events of those calls whose enter events the interest table asks for, once and for good; a call
 * that is not selected any more is passed over by the program. 0 or a negative errno. */
int hc_bpf_enter_adjust(struct hc_bpf *skel, struct hc_bpf_enter *enter);

/* Closes the events, and with that ends what hangs there. Leaves zero. */
void hc_bpf_enter_close(struct hc_bpf_enter *enter);

/* The way's name: none, functions, tracepoints or sys_enter. */
const char *hc_bpf_enter_text(const struct hc_bpf_enter *enter);
