#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""packages.py SOURCE-ROOT: what the build files ask for is what .ci/setup installs. A machine that has a package already
does not notice that the set-up forgot it; a bare one does."""
import os
import re
import subprocess
import sys

# Debian 12's package for each name that meson.build files look up.
PACKAGES = {
    "criterion": "libcriterion-dev", "jansson": "libjansson-dev", "libarchive": "libarchive-dev", "libbpf": "libbpf-dev",
    "libcap-ng": "libcap-ng-dev", "libelf": "libelf-dev", "libseccomp": "libseccomp-dev", "libzstd": "libzstd-dev",
    "nettle": "nettle-dev", "re2": "libre2-dev", "threads": "libc6-dev", "yaml-0.1": "libyaml-dev", "zlib": "zlib1g-dev",
    "bpftool": "bpftool", "clang": "clang", "hogweed": "nettle-dev", "python3": "python3", "zstd": "zstd",
}


def main():
    root = sys.argv[1]
    installed = set(subprocess.run([os.path.join(root, ".ci/setup"), "--list"], capture_output=True, text=True,
                                   check=True).stdout.split())
    problems, seen = [], 0
    for where, folders, files in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith((".git", "build"))]
        if "meson.build" not in files:
            continue
        path = os.path.join(where, "meson.build")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for name in re.findall(r"\b(?:dependency|find_program)\('([^'/]+)'", text):
            seen += 1
            if os.path.exists(os.path.join(where, name)):
                continue  # a script of ours
            package = PACKAGES.get(name)
            if package is None:
                problems.append(f"{os.path.relpath(path, root)}: '{name}': say in tests/style/packages.py which package has it")
            elif package not in installed:
                problems.append(f"{os.path.relpath(path, root)}: '{name}' needs {package}, which .ci/setup does not install")
    for p in problems:
        print(p)
    print(f"{seen} look-ups, {len(problems)} problems")
    return 1 if problems or not seen else 0


sys.exit(main())
