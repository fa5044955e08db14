#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What recording costs, in one run and one table: recording.py BUILD

ns added to a system call, selected and not, against no tracer and against an empty program at the same hook; the recorder's
CPU time and the bytes on disk per event; how many open+close pairs a second on two CPUs at once are recorded without a drop.
Needs root, BTF, and a machine that does nothing else; takes about a minute. Builds what it needs in BUILD."""
import os
import re
import subprocess
import sys
import tempfile

KINDS = {"getppid": ("getppid", 1), "openclose": ("open, openat, close", 2), "write": ("write", 1), "chdir": ("chdir", 1)}
SECONDS = 2  # of a storm whose rate is tried


class Recorder:
    def __init__(self, build, folder):
        self.hindcast, self.storm, self.folder = f"{build}/hindcast", f"{build}/tests/bpf/storm", folder

    def run(self, kind, n, rate=0, rings="8M"):
        """Events recorded and dropped, bytes of the file, CPU seconds of the recorder, seconds of the storm."""
        rules, capture = f"{self.folder}/rules.yaml", f"{self.folder}/a.scap.zst"
        with open(rules, "w", encoding="utf-8") as f:
            f.write(f"- rule: r\n  desc: d\n  condition: evt.type in ({KINDS[kind][0]})\n  output: o\n  priority: INFO\n")
        p = subprocess.run([self.hindcast, "record", "-A", "--follow", "--no-shed", "--ring-size", rings, "-r", rules, "-w", capture,
                            "--", "sh", "-c", 'date +%s%N; "$@"; date +%s%N', "sh", self.storm, kind, str(n), str(rate)],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        found = re.search(r"(\d+) events recorded, (\d+) dropped", p.stderr.decode())
        if p.returncode or not found:
            sys.exit(p.stderr.decode())
        info = subprocess.run([self.hindcast, "info", capture], stdout=subprocess.PIPE, check=True).stdout.decode()
        cpu = sum(int(x) for x in re.findall(r'"recorder_cpu_ns":(\d+)', info))
        begun, ended = map(int, p.stdout.split())
        return int(found.group(1)), int(found.group(2)), os.path.getsize(capture), cpu / 1e9, (ended - begun) / 1e9


def per_event(recorder):
    print(f"\n{'per event':<12} {'recorder, ns':>13} {'on disk, bytes':>15} {'dropped at full speed':>22}")
    for kind in KINDS:
        base = recorder.run(kind, 2)
        many = recorder.run(kind, 2000000)
        events = many[0] - base[0]
        print(f"{kind:<12} {(many[3] - base[3]) / events * 1e9:13.0f} {(many[2] - base[2]) / events:15.1f} "
              f"{many[1] / (many[0] + many[1]):22.1%}")


def drop_free(recorder):
    """Pairs a second on each of two CPUs: the most that was tried without a drop, and whether that was all they can make."""
    def fits(rate):
        n = 2 * rate * SECONDS
        result = recorder.run("openclose", n, rate)
        return result[1] == 0, n / 2 / result[4]

    good, bad, best = 0, 16384, 0
    while True:
        ok, real = fits(bad)
        if not ok:
            break
        if real < 1.2 * best:
            return max(real, best), "more they cannot make"
        best, good, bad = real, bad, 2 * bad
    for _ in range(4):
        middle = (good + bad) // 2
        ok, real = fits(middle)
        if ok:
            best, good = real, middle
        else:
            bad = middle
    return best, "more are dropped in part"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if os.geteuid() != 0:
        sys.exit("recording.py: recording needs root")
    build = os.path.abspath(sys.argv[1])
    subprocess.run(["ninja", "-C", build, "tests/bench/syscall-cost", "tests/bpf/storm", "record/hindcast-record", "hindcast"],
                   stdout=subprocess.DEVNULL, check=True)
    subprocess.run([f"{build}/tests/bench/syscall-cost"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(build, folder)
        per_event(recorder)
        pairs, why = drop_free(recorder)
        print(f"\nopen+close without a drop for {SECONDS} s: {pairs:.0f} pairs a second on each of two CPUs ({why})")


main()
