#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""spec-agreement.py DUMP-SCHEMA SOURCE-ROOT: the compiled schema equals the reference tables, row by row.

The reference is the shared folder's spec/*.tsv (HINDCAST_SHARED, else beside the source tree); without it the test is
skipped. Compared: events.tsv, syscalls.tsv (x86_64, aarch64 and i386 numbers), flags.tsv (names, values, order) and
the kernel-value mappings of flags.tsv against common/flagmaps.def."""
import collections
import os
import re
import subprocess
import sys

MAX_SHOWN = 20


def rows(path):
    with open(path, encoding="utf-8") as f:
        next(f)
        return [line.rstrip("\n").split("\t") for line in f if line.strip()]


def dump(tool, what):
    out = subprocess.run([tool, what], check=True, capture_output=True, text=True).stdout
    return [line.split("\t") for line in out.splitlines()]


def compare(what, want, got):
    want, got = ["\t".join(r) for r in want], ["\t".join(r) for r in got]
    bad = [(w, g) for w, g in zip(want, got) if w != g]
    print(f"{what}: {len(want)} rows in the reference, {len(got)} here, {len(bad)} differ")
    for w, g in bad[:MAX_SHOWN]:
        print(f"  reference: {w}\n  here:      {g}")
    return not bad and len(want) == len(got)


def syscall_row(r):
    driver = "-" if r[9] in ("-", "UF_NONE") else r[9]
    return [r[0], r[1], r[2], r[3], r[4], r[6], r[7], r[8], driver, r[10], r[11]]


def maps_here(source):
    """flagmaps.def as {mapping: [(kernel value, portable value)]}, the x86_64 side."""
    with open(f"{source}/common/flagmaps.def", encoding="utf-8") as f:
        text = f.read()
    text = re.sub(r"#if defined\(__aarch64__\).*?#else(.*?)#endif", r"\1", text, count=1, flags=re.S)
    macros = dict(re.findall(r"#define (HC_KERNEL_\w+)\s+(\w+)", text))
    maps = {}
    for name, body in re.findall(r"#define HC_MAP_(\w+)\(X\)((?:[^\n]*\\\n)*[^\n]*)", text):
        maps[name] = [(str(int(macros.get(v, v), 0)), str(int(p, 0)))
                      for v, p in re.findall(r"X\(\w+, *([\w-]+), *([\w-]+)\)", body)]
    return maps


def maps_wanted(flags):
    maps = collections.defaultdict(list)
    for r in flags:
        if r[5] not in ("-", "identity") and r[4] != "-":  # "-": a name this kernel has no value for
            for m in r[5].split(","):
                # Some rows fold two kernel values into one: "20/66". The constants' names are for readers only.
                maps[m] += [(value, r[2]) for value in r[4].split("/")]
    return maps


def compare_maps(want, here):
    want = {(m, *row) for m in want for row in want[m]}
    here = {(m, *row) for m in here for row in here[m]}
    print(f"flag maps: {len(want)} pairs in the reference, {len(here)} here, {len(want ^ here)} on one side only")
    for row in sorted(want ^ here)[:MAX_SHOWN]:
        print("  only in the " + ("reference: " if row in want else "map: "), *row)
    return want == here


def main():
    tool, source = sys.argv[1:3]
    spec = os.path.join(os.environ.get("HINDCAST_SHARED", os.path.join(source, "..", "shared")), "spec")
    if not os.path.exists(f"{spec}/events.tsv"):
        print(f"skipped: the reference tables are not here ({os.path.normpath(spec)}; set HINDCAST_SHARED)")
        return 77
    flags = rows(f"{spec}/flags.tsv")
    ok = compare("events", rows(f"{spec}/events.tsv"), dump(tool, "events"))
    ok &= compare("syscalls", [syscall_row(r) for r in rows(f"{spec}/syscalls.tsv")], dump(tool, "syscalls"))
    ok &= compare("flags", [[*r[:2], str(int(r[2]) % 2**64)] for r in flags], dump(tool, "flags"))
    want, here = maps_wanted(flags), maps_here(source)
    ok &= compare_maps(want, here)
    return 0 if ok else 1


sys.exit(main())
