#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `hindcast info` says of every golden capture, word for word; and of each with its last byte missing.

usage: golden.py MAKE_GOLDEN HINDCAST [--update]

The expected lines stand in info.jsonl beside this file; --update writes them anew: read the difference.
"""
import difflib
import os
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
expected = os.path.join(here, 'info.jsonl')


def lines(make, hindcast):
    with tempfile.TemporaryDirectory() as d:
        subprocess.run([make, d], check=True)
        for name in sorted(os.listdir(d)):
            if name.startswith(('gzip', 'zstd')):
                continue  # their sizes depend on the version of the library
            for cut in False, True:
                if cut:
                    with open(f'{d}/{name}', 'r+b') as f:
                        f.truncate(os.path.getsize(f'{d}/{name}') - 1)
                p = subprocess.run([hindcast, 'info', '--json', '--no-hash', name], cwd=d, capture_output=True, text=True)
                yield f'{name}{" cut" if cut else ""}: exit {p.returncode} {p.stdout.strip()}{p.stderr.strip()}\n'


got = list(lines(*map(os.path.abspath, sys.argv[1:3])))
if sys.argv[3:] == ['--update']:
    open(expected, 'w').writelines(got)
    sys.exit(0)
diff = list(difflib.unified_diff(open(expected).readlines(), got, 'expected', 'now'))
sys.stdout.writelines(line[:400].rstrip('\n') + '\n' for line in diff)
sys.exit(bool(diff))
