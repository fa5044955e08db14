#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hindcast record for a long time: file after file, the same memory, descriptors and threads at the end as at the beginning,
and not one event that is neither in a file nor in the ledger's losses.

  soak.py HINDCAST STORM

HINDCAST_SOAK_SECONDS: how long (120; an hour is 3600). Its load is light (20,000 calls and 40 programs a second), so that it
can run beside other tests. recorder.py says what is needed."""
import os
import re
import struct
import subprocess
import sys
import time

from recorder import AGAIN, CHDIR_X, EVENTS, HINDCAST, STORM, check, ledger, lint, main, numbers, plain, replays, rules

SECONDS = int(os.environ.get("HINDCAST_SOAK_SECONDS", "120"))
RATE, EXECS = 10000, 20 # on each CPU in a second
FILE_SECONDS = 5
SLACK_KIB = 2048


def count(path):
    """chdir events that are in no earlier file."""
    data, off, n = plain(path), 0, 0
    while off < len(data):
        kind, total = struct.unpack_from("<II", data, off)
        if kind in EVENTS - AGAIN and struct.unpack_from("<H", data, off + 30)[0] == CHDIR_X:
            n += 1
        off += total
    return n


def look(pid):
    """Resident KiB, descriptors, threads."""
    with open(f"/proc/{pid}/status") as f:
        status = f.read()
    return int(re.search(r"VmRSS:\s*(\d+)", status).group(1)), len(os.listdir(f"/proc/{pid}/fd")), int(re.search(r"Threads:\s*(\d+)", status).group(1))


class Files:
    """Counts and removes files once the next one has begun."""
    def __init__(self):
        self.events = self.lost = self.all_lost = self.n = 0

    def take(self, last=False):
        names = sorted(f for f in os.listdir(".") if f.startswith("s-"))
        for name in names if last else names[:-1]:
            self.events += count(name)
            for entry, o in ledger(name):
                if entry == "hindcast.loss":
                    self.lost += o["syscalls"].get("chdir", 0)
                    self.all_lost += o["lost"]
            if self.n % 20 == 0:
                lint(name)
                replays(name)
            self.n += 1
            os.unlink(name)


def case_nothing_grows_and_nothing_is_missing():
    n = 2 * RATE * SECONDS
    log = open("log", "w+")
    p = subprocess.Popen([HINDCAST, "record", "--follow", "-r", rules("chdir"), "-w", "s.scap.zst", "-G", str(FILE_SECONDS), "--", "sh", "-c",
                          "$0 exec $1 $2 & $0 chdir $3 $4; wait", STORM, str(2 * EXECS * SECONDS), str(EXECS), str(n), str(RATE)], stderr=log)
    begun, samples, files = time.time(), [], Files()
    while p.poll() is None:
        time.sleep(1)
        try:
            samples.append(look(p.pid))
        except (OSError, AttributeError):
            break # it has just ended
        files.take()
    check(p.wait(60) == 0, open("log").read())
    files.take(last=True)
    recorded, dropped = numbers(open("log").read())
    shed = re.search(r"(\d+) shed", open("log").read())
    gone = dropped + (int(shed.group(1)) if shed else 0)
    check(files.events + files.lost == n, f"{files.events} chdir in {files.n} files + {files.lost} lost, {n} issued")
    check(files.all_lost == gone, f"ledger: {files.all_lost} lost, summary: {gone}")
    steady = samples[len(samples) // 4:]
    early, late = steady[:len(steady) // 2], steady[len(steady) // 2:]
    peaks = [[max(s[i] for s in part) for i in range(3)] for part in (early, late)]
    print(f"   {time.time() - begun:.0f} s: {n} calls, {files.events} in {files.n} files, {files.lost} lost ({recorded} events in all); "
          f"memory {peaks[0][0]} KiB at most in the first half, {peaks[1][0]} in the second")
    check(peaks[1][0] <= peaks[0][0] + SLACK_KIB, f"memory grows: {[s[0] for s in samples]}")
    # the next file's lists take some of both for a moment: what stays is the least there is
    for i, name in ((1, "descriptors"), (2, "threads")):
        check(min(s[i] for s in late) <= min(s[i] for s in early), f"{name} grow: {[s[i] for s in samples]}")


sys.exit(main(globals()))
