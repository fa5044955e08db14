#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast captures are read, as a ratio to `zstd -dc FILE >/dev/null` measured in the same run.

usage: reading.py BENCH_READ [-n ROUNDS] [FILE]

Both programs run in turn, so that whatever else the machine does meets both; the best round of each counts. On a
busy machine the processor time is the better measure for one core. "one core"
is pinned to one, "ahead" decompresses on a second thread. Aims: at most 1.3 and below 1.1.
"""
import argparse
import os
import resource
import shutil
import subprocess
import sys
import time


def best(commands, rounds):
    """Smallest wall-clock and processor seconds of each command, run in turn."""
    result = [(float('inf'), float('inf'))] * len(commands)
    for _ in range(rounds):
        for i, (argv, cpus) in enumerate(commands):
            start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, cpus))
            after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            result[i] = min(result[i][0], wall), min(result[i][1], cpu)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('bench_read')
    parser.add_argument('-n', type=int, default=15)
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    shared = os.environ.get('HINDCAST_SHARED', os.path.join(os.path.dirname(root), 'shared'))
    parser.add_argument('file', nargs='?', default=os.path.join(shared, 'captures', 'busy-1m.scap.zst'))
    a = parser.parse_args()
    if not os.path.exists(a.file):
        print(f'skipped: {a.file} is not there; name a zstd capture or set HINDCAST_SHARED')
        return 77
    if not shutil.which('zstd'):
        print('skipped: no zstd program to compare with')
        return 77
    every = os.sched_getaffinity(0)
    one = {min(every)}
    zstd = ['zstd', '-dcq', a.file]
    runs = best([(zstd, one), ([a.bench_read, a.file], one), (zstd, every), ([a.bench_read, '-a', a.file], every)], a.n)
    print(subprocess.run([a.bench_read, a.file], capture_output=True, text=True, check=True).stdout.strip())
    for name, z, r in ('one core', runs[0], runs[1]), ('ahead', runs[2], runs[3]):
        for what, k in ('wall clock', 0), ('processor', 1):
            print(f'{name:8} {what:10}: zstd -dc {z[k] * 1e3:7.1f} ms, reading {r[k] * 1e3:7.1f} ms, ratio {r[k] / z[k]:.2f}')
    print(f'peak memory of any of them: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MiB')
    return 0


sys.exit(main())
