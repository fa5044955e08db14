#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""house-style.py SOURCE-ROOT: what can be checked of the style without judgement.

Every source says its licence in the first lines and what it is; no file outgrows 800 lines unless its head says why
("Long because ..."); no line goes past 140 columns with tabs as 8 (120 is the aim, a prototype may stick out); no trailing blanks; nothing is left marked as undone."""
import os
import re
import sys

FOLDERS = ("common", "formats", "rules", "bpf", "record", "replay", "samples", "tests", ".ci")
SOURCE = (".c", ".h", ".cc", ".py", ".sh")
LINES, COLUMNS = 800, 140
UNDONE = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
# Data in C's clothes: one row per line, the row as long as it is.
TABLE = re.compile(r"\.def$")


def sources(root):
    for folder in FOLDERS:
        for where, _, files in os.walk(os.path.join(root, folder)):
            for name in sorted(files):
                path = os.path.join(where, name)
                rel = os.path.relpath(path, root)
                # Test data may look like anything.
                if os.path.islink(path) or re.search(r"/(cases|corpus|golden|__pycache__)/", "/" + rel):
                    continue
                if name.endswith(SOURCE) or TABLE.search(name) or is_script(path):
                    yield rel
    yield from ("demo", "check")


def is_script(path):
    with open(path, "rb") as f:
        return f.read(2) == b"#!"


def check(root, rel):
    try:
        with open(os.path.join(root, rel), encoding="utf-8") as f:
            lines = f.read().split("\n")
    except FileNotFoundError:
        return
    except UnicodeDecodeError as e:
        yield f"{rel}: not UTF-8 ({e.reason} at byte {e.start})"
        return
    table = TABLE.search(rel) is not None
    head = "\n".join(lines[:25])
    if not table and "SPDX-License-Identifier:" not in "\n".join(lines[:3]):
        yield f"{rel}:1: no SPDX-License-Identifier in the first three lines"
    if rel.endswith((".c", ".h", ".cc")) and not re.match(r"/\* SPDX[^\n]*\n \*\n \* \S", head):
        yield f"{rel}:1: the head comment must say what this file is"
    if not table and len(lines) > LINES + 1 and "Long because" not in head:
        yield f"{rel}: {len(lines) - 1} lines: split by noun, or say 'Long because ...' in the head comment"
    for n, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield f"{rel}:{n}: trailing blanks"
        if not table and rel.endswith((".c", ".h", ".cc")) and len(line.expandtabs(8)) > COLUMNS:
            yield f"{rel}:{n}: {len(line.expandtabs(8))} columns"
        m = UNDONE.search(line)
        if m and rel != "tests/style/house-style.py":
            yield f"{rel}:{n}: '{m.group(1)}' left"


def main():
    root = sys.argv[1]
    seen, problems = 0, []
    for rel in sources(root):
        seen += 1
        problems += check(root, rel)
    for p in problems:
        print(p)
    print(f"{seen} files, {len(problems)} problems")
    return 1 if problems or not seen else 0


sys.exit(main())
