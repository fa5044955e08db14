#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast replay is, as ratios measured in one run: replay.py HINDCAST SHARED [--callgrind] [--runs N]

Whole replay of the large capture with the three official rule files, and with the stable one alone, against `zstd -dc` of
the same file to /dev/null; on all cores and pinned to one. Runs alternate and the fastest of each counts, so that other
load on the machine hurts both alike. Then peak memory, the cost of more rules (10 to 10,000 generated ones), and with
--callgrind instructions per event."""
import os
import re
import resource
import subprocess
import sys
import tempfile
import time

SHARED = ""


def timed(args, core=None):
    """Seconds on the clock, seconds of CPU, and peak memory in KiB."""
    if core is not None:
        args = ["taskset", "-c", str(core)] + args
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.execvp(args[0], args)
    _, status, use = os.wait4(child, 0)
    if status:
        sys.exit(f"{' '.join(args)}: status {status}")
    return time.monotonic() - start, use.ru_utime + use.ru_stime, use.ru_maxrss


def rules(*names):
    return [x for n in names for x in ("-r", f"{SHARED}/rules/{n}")]


OFFICIAL = ("falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml")


def generated(n, folder):
    path = f"{folder}/rules-{n}.yaml"
    with open(path, "w", encoding="utf-8") as f:
        for i in range(n):
            kind = i % 3
            condition = (f"evt.type in (open, openat) and fd.name startswith /var/lib/app{i}/ and proc.name = worker{i}" if kind == 0 else
                         f"evt.type = execve and proc.pname = parent{i} and proc.args contains --flag{i}" if kind == 1 else
                         f"evt.type in (read, write) and fd.directory = /srv/data{i} and not proc.aname = shell{i}")
            f.write(f"- rule: Generated {i}\n  desc: d\n  condition: {condition}\n  output: o %proc.name\n  priority: NOTICE\n")
    return path


def main():
    global SHARED
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    hindcast, SHARED = sys.argv[1:3]
    runs = int(sys.argv[sys.argv.index("--runs") + 1]) if "--runs" in sys.argv else 7
    capture = f"{SHARED}/captures/busy-1m.scap.zst"
    events = 1200000
    quiet = ["-q", "-j"]
    cases = {
        "zstd -dc": (["zstd", "-dcq", capture], None),
        "zstd -dc, one core": (["zstd", "-dcq", capture], 0),
        "three files": ([hindcast, "replay", capture, *rules(*OFFICIAL), *quiet], None),
        "three files, one core": ([hindcast, "replay", capture, *rules(*OFFICIAL), *quiet, "--one-thread"], 0),
        "three files, naive": ([hindcast, "replay", capture, *rules(*OFFICIAL), *quiet, "--plan=naive"], None),
        "stable file": ([hindcast, "replay", capture, *rules(OFFICIAL[0]), *quiet], None),
        "stable file, one core": ([hindcast, "replay", capture, *rules(OFFICIAL[0]), *quiet, "--one-thread"], 0),
    }
    best = {}
    for _ in range(runs):
        for name, (args, core) in cases.items():
            wall, cpu, memory = timed(args, core)
            w, c, m = best.get(name, (1e9, 1e9, 0))
            best[name] = (min(w, wall), min(c, cpu), max(m, memory))
    print(f"{'':24} {'wall s':>8} {'ratio':>6} {'cpu s':>8} {'ratio':>6} {'Mevents/s':>10} {'MiB':>6}")
    for name, (wall, cpu, memory) in best.items():
        base = best["zstd -dc, one core" if name.endswith("one core") else "zstd -dc"]
        print(f"{name:24} {wall:8.3f} {wall / base[0]:6.2f} {cpu:8.3f} {cpu / base[1]:6.2f} {events / wall / 1e6:10.2f} {memory / 1024:6.1f}")
    with tempfile.TemporaryDirectory() as folder:
        print(f"\n{'generated rules':24} {'wall s':>8} {'cpu s':>8} {'ns/event':>9}")
        for n in (10, 100, 1000, 10000):
            path = generated(n, folder)
            load = min(timed([hindcast, "check", path])[1] for _ in range(2))
            wall, cpu, _ = min(timed([hindcast, "replay", capture, "-r", path, *quiet, "--one-thread"], 0) for _ in range(2))
            print(f"{n:24} {wall:8.3f} {cpu:8.3f} {(cpu - load) / events * 1e9:9.1f}  (without {load:.3f} s of loading)")
    if "--callgrind" in sys.argv:
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            # replay becomes nobody, and callgrind opens its file again at the end: nobody from the beginning, then
            nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
            text = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", hindcast, "replay", capture,
                                   *rules(*OFFICIAL), *quiet, "--one-thread"], capture_output=True, text=True, check=False,
                                  **nobody).stderr
        found = re.search(r"Collected : (\d+)", text)
        print(f"\ninstructions per event (decompression included): {int(found.group(1)) / events:.0f}" if found else text)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
