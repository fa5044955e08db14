/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger: what a capture says about its own making, as PPME_ASYNCEVENT_E events (plugin id 0, tid -1) whose names
 * begin with "hindcast." and whose data is one JSON object (architecture decision 5). Written by record/, read by
 * `hindcast info` and `replay`. Keys are only ever added; readers pass over names and keys they do not know. Times are
 * ns since the epoch; syscalls are named as in common/syscalls.def; an interval's end is the next one's start.
 *
 *   hindcast.start      once per file: {"version", "kernel", "arch", "file": number from 1, "started_ns", "snaplen",
 *                       "rings": {"cpus", "bytes": of each}, "filter": {"follow", "failed", "uid", "comm", ...},
 *                       "margin_ns": reordering window}; with --dynamic-snaplen "dynamic_snaplen": {"statsd_port",
 *                       "full_ports": [first, last]}
 *   hindcast.selection  first in each file and at every change: {"reason": "start" | "reload" | "shed" | "restore",
 *                       "why": text, "syscalls": [all that is recorded from here on], "added": [...], "removed": [...],
 *                       "rules": [files]}; start adds "unsupported": syscalls the rules want that are not recorded
 *   hindcast.snapshot   {"from_ns", "to_ns", "threads", "fds", "skipped", "source": "bpf" (iterators) | "proc"; if that
 *                       was not the first choice "source_why": text}: the lists at the start of the file were
 *                       read in this interval; events of the same interval follow, so what they did may be in the
 *                       lists already; of tasks that ended before they were read, that many events were left out
 *   hindcast.loss       only for intervals with losses: {"from_ns", "to_ns", "lost": sum, "cpus": {"0": {"ring-full":
 *                       n, ...}, ...}, "syscalls": {"read": n, ...}}; with --follow or --pid "unfollowed": processes that
 *                       began when no more could be followed; of those and their children there is nothing
 *   hindcast.cost       {"from_ns", "to_ns", "events", "bytes", "recorder_cpu_ns": the first time with what starting took,
 *                       "bpf_ns": what the BPF programs have spent on these events, from one in 128 that is timed,
 *                       "ring_fill_max_pct"}
 *   hindcast.trigger    flight recorder: why this file was saved {"reason": "SIGUSR2" | "control" | "alert", "at_ns"}; for the
 *                       former two who asked: "uid", "pid", and in which words: "text"; for an alert of --trigger "rule",
 *                       "priority", "event_ns": time of the last event that raised it, "alerts": how many of that rule
 *                       since the entry before that names it
 *   hindcast.live       the live replay of --trigger: {"state": "running", "rules": [files], "confinement"} in each file;
 *                       {"state": "behind", "left_out": events it did not get, "to_ns"} when it is too slow;
 *                       {"state": "ended", "why"} from when there is none any more
 *   hindcast.cut        first in what `hindcast cut` wrote: {"version", "from_ns", "to_ns": the window asked for,
 *                       "source_sha256": of the input if it is a file, "filter", "tree", "container", "around": what was
 *                       asked for, "threads", "fds": in the lists that follow the picture of the host at from_ns}
 *   hindcast.state      behind the lists of such a file, state-only: numbers that lists cannot hold (replay/state-numbers.c):
 *                       {"threads": [{"tid", attribute: value ...}], "groups": [{"pid", "live", "reaper"} or
 *                       {"pid", "gone"}], "fds": [{"tid", "fd", "flags" ...}], "orders": [{"tid", "buckets", "fds": []}],
 *                       "exits": [[ptid, tid, ns]]}
 *   hindcast.end        last in each file: {"reason", "events", "lost"} for the file
 *   hindcast.redact     behind everything else in a file from which private data was taken out (samples/redact.h):
 *                       {"version", "classes": {"user": "pseudonym", ...: what was done with which}, "ordinary",
 *                       "rules": {"files", "literals"}, "removed": {"user": {"values", "bytes"}, ...}, "named", "opaque",
 *                       "cut"}; the key is nowhere
 */
#pragma once

#define HC_LEDGER_PREFIX "hindcast."
#define HC_LEDGER_START "hindcast.start"
#define HC_LEDGER_SELECTION "hindcast.selection"
#define HC_LEDGER_SNAPSHOT "hindcast.snapshot"
#define HC_LEDGER_LOSS "hindcast.loss"
#define HC_LEDGER_COST "hindcast.cost"
#define HC_LEDGER_TRIGGER "hindcast.trigger"
#define HC_LEDGER_LIVE "hindcast.live"
#define HC_LEDGER_CUT "hindcast.cut"
#define HC_LEDGER_STATE "hindcast.state"
#define HC_LEDGER_END "hindcast.end"
#define HC_LEDGER_REDACT "hindcast.redact"
