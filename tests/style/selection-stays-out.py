#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves that a replay cannot select: selection-stays-out.py BUILD-DIR SOURCE-ROOT

Starting from every object of replay/, undefined symbols are followed through the objects of the project's libraries to
whatever defines them: the object of rules/selection.c must not be among those reached. The same holds for samples/, save for
`hindcast diff`, which compares selections in a file of its own. No other file of either includes the header. The closure is
tried out on the commands that do select, so that a broken one shows."""
import pathlib
import re
import subprocess
import sys

build, root = map(pathlib.Path, sys.argv[1:])
DIFF = re.compile(r"\b(cmd-diff|diff|diff-report|diff-select)\.c\.o$")


objects = [o for folder in ("common", "formats", "rules", "replay", "samples")
           for o in sorted((build / folder).glob("lib*.p/**/*.o"))]
table = {o: (set(), set()) for o in objects}  # what each defines and what it wants
nm = subprocess.run(["nm", "-g", "-A", *objects], capture_output=True, text=True, check=True).stdout
for path, rest in (line.split(":", 1) for line in nm.splitlines()):
    kind, name = rest.split()[-2:]
    table[pathlib.Path(path)][kind in "Uwv"].add(name)
owner = {name: o for o, (defined, _) in table.items() for name in defined}


def reached(start):
    seen, todo = set(), list(start)
    while todo:
        o = todo.pop()
        if o in seen:
            continue
        seen.add(o)
        todo += [owner[name] for name in table[o][1] if name in owner]
    return seen


def objects_of(name):
    return [o for o in objects if re.search(name, str(o.relative_to(build)))]


selection = objects_of(r"^rules/.*\bselection\.c\.o$")
replay = objects_of(r"^replay/")
errors = []
if len(selection) != 1 or not replay:
    errors.append("cannot find the objects of rules/selection.c and replay/; is everything built?")
else:
    for command in ("rules", "diff"):
        if selection[0] not in reached(objects_of(rf"\bcmd-{command}\.c\.o$")):
            errors.append(f"the closure is broken: `hindcast {command}` does select, and is not seen to")
    if selection[0] in reached(replay):
        errors.append("selection can be reached from replay/")
    if selection[0] in reached(o for o in objects_of(r"^samples/") if not DIFF.search(str(o))):
        errors.append("selection can be reached from samples/ other than through `hindcast diff`")
for folder in ("replay", "samples"):
    for path in sorted((root / folder).rglob("*.[ch]")):
        if path.name != "diff-select.c" and re.search(r'#include\s+"rules/selection\.h"', path.read_text(errors="replace")):
            errors.append(f"{path.relative_to(root)} includes rules/selection.h")
for e in errors:
    print(e)
print(f"{len(replay)} objects of replay/ reach {len(reached(replay))} of {len(objects)} objects")
sys.exit(bool(errors))
