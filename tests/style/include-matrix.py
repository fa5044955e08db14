#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""include-matrix.py SOURCE-ROOT: who may include whom, as the architecture draws it.

Checked: every #include "..." names its folder; the folder is allowed; the file exists (generated headers are listed);
quotes are for ours, angle brackets for the system's. Besides: a module's meson.build may not link what it may not
include, and nothing of replay's may reach selection."""
import os
import re
import sys

ALLOWED = {
    "common": {"common"},
    "formats": {"formats", "common"},
    "rules": {"rules", "common"},
    "bpf": {"bpf", "common"},
    "record": {"record", "common", "bpf", "formats", "rules"},
    "replay": {"replay", "common", "formats", "rules"},
    "samples": {"samples", "common", "formats", "rules", "replay"},
}
# Made by the build: config.h in its root, vmlinux.h and skeletons beside bpf/.
GENERATED = re.compile(r"^(config\.h|vmlinux\.h|bpf/vmlinux\.h|(bpf/)?[\w-]+\.skel\.h)$")
# `hindcast diff` tells what would be recorded for each of two rule sets; what it replays is not decided there.
COMPARES_SELECTIONS = "samples/diff-select.c"
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def main():
    root = sys.argv[1]
    problems, seen = [], 0
    for folder, allowed in ALLOWED.items():
        for where, _, files in os.walk(os.path.join(root, folder)):
            for name in sorted(files):
                path = os.path.relpath(os.path.join(where, name), root)
                if name == "meson.build":
                    with open(os.path.join(root, path), encoding="utf-8") as f:
                        for dep in re.findall(r"\b(common|formats|rules|bpf|record|replay|samples)_dep\b", f.read()):
                            if dep not in allowed:
                                problems.append(f"{path}: links {dep}_dep, but {folder}/ may only use {', '.join(sorted(allowed))}")
                if not name.endswith((".c", ".h", ".cc", ".def")):
                    continue
                seen += 1
                with open(os.path.join(root, path), encoding="utf-8") as f:
                    lines = f.readlines()
                for n, line in enumerate(lines, 1):
                    m = INCLUDE.match(line)
                    if not m or GENERATED.match(m.group(2)):
                        continue
                    quote, target = m.groups()
                    top = target.split("/")[0]
                    ours = top in ALLOWED and os.path.isfile(os.path.join(root, target))
                    if quote == "<":
                        if ours:
                            problems.append(f'{path}:{n}: <{target}> is ours: write "{target}"')
                        continue
                    if not ours:
                        problems.append(f'{path}:{n}: "{target}" is no file below the root: includes are folder-qualified')
                    elif top not in allowed:
                        problems.append(f"{path}:{n}: {folder}/ may not include {top}/ ({target})")
                    elif target == "rules/selection.h" and folder in ("replay", "samples", "formats") and path != COMPARES_SELECTIONS:
                        problems.append(f"{path}:{n}: selection is for the recorder only; every recorded event is evaluated")
    for p in problems:
        print(p)
    print(f"{seen} files, {len(problems)} problems")
    return 1 if problems or not seen else 0


sys.exit(main())
