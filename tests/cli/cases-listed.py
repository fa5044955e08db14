#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cases-listed.py CLI-DIR NAME...: every script of cases/ is a test, and no expectation stands without its script."""
import os
import sys

folder, listed = os.path.join(sys.argv[1], "cases"), set(sys.argv[2:])
found = set(os.listdir(folder))
scripts = {f[:-3] for f in found if f.endswith(".sh")}
stray = {f for f in found if os.path.splitext(f)[0] not in scripts or os.path.splitext(f)[1] not in
         (".sh", ".exit", ".stdout", ".stderr")}
for name in sorted(scripts ^ listed):
    print(f"{name}: {'not listed in tests/cli/meson.build' if name in scripts else 'listed, but not there'}")
for name in sorted(stray):
    print(f"cases/{name}: belongs to no script")
sys.exit(1 if scripts ^ listed or stray else 0)
