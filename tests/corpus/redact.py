#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real captures, redacted with the built-in policy:

  redact.py HINDCAST SOURCE-ROOT alerts|same-bytes [CAPTURE...]

alerts      with the three official rule files, first and all: the same rules at the same events with the same priority,
            and what was written passes the format's checklists where the input, converted, does; of the large capture only the
            alerts of one mode
same-bytes  one key gives one file, whatever the locale, the time zone and the number of processors

The shared folder is $HINDCAST_SHARED, else ../shared beside the source; without it the test is skipped (exit 77)."""
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from oracle import LARGE, RULES3, Shared  # noqa: E402

NUM = ("-o", "append_output[].extra_fields[]=evt.num")


def run(args, **more):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, **more).stdout


def alerts(hindcast, rules, capture, mode):
    out = run([hindcast, "replay", "-q", "--json", "-o", f"rule_matching={mode}", *NUM, *rules, capture])
    found = [(a["output_fields"]["evt.num"], a["rule"], a["priority"]) for a in map(json.loads, out.splitlines())]
    assert all(num is not None for num, _, _ in found)
    return found


def problems(source, capture):
    """What the checklists find, without its place: what old recorders left out is not there afterwards either."""
    lint = subprocess.run([sys.executable, os.path.join(source, "tests/cli/scap-lint.py"), capture], stdout=subprocess.PIPE,
                          check=False)
    lines = lint.stdout.decode().replace(capture, "").splitlines()
    return {re.sub(r"at byte \d+", "", line) for line in lines if " sections, " not in line}


def check_alerts(hindcast, source, rules, name, capture, work):
    out = os.path.join(work, "out.scap")
    run([hindcast, "redact", "-z", "none", *rules, capture, out])
    bad = 0
    for mode in ("first", "all"):
        want, got = (alerts(hindcast, rules, c, mode) for c in (capture, out))
        if want != got:
            bad += 1
            print(f"{name}: {mode}: changed: {sorted(set(want) ^ set(got))[:10]}")
        else:
            print(f"{name}: {mode}: {len(want)} alerts, the same")
        if os.path.getsize(capture) > LARGE:
            return bad
    converted = os.path.join(work, "converted.scap")
    run([hindcast, "convert", "-z", "none", capture, converted])
    new = problems(source, out) - problems(source, converted)
    for problem in sorted(new):
        print(f"{name}: {problem}")
    return bad + len(new)


def check_bytes(hindcast, rules, name, capture, work):
    key = os.path.join(work, "key")
    with open(key, "wb") as f:
        f.write(b"a key of the tests, not of anyone")
    sums = set()
    cpu = min(os.sched_getaffinity(0))
    for env, before in (({"LC_ALL": "C", "TZ": "UTC"}, []), ({"LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo"}, []),
                        ({"LC_ALL": "C"}, ["taskset", "-c", str(cpu)])):
        out = os.path.join(work, "out.scap.zst")
        run([*before, hindcast, "redact", "-k", key, *rules, capture, out], env=dict(os.environ, **env))
        with open(out, "rb") as f:
            sums.add(hashlib.sha256(f.read()).hexdigest())
    print(f"{name}: {len(sums)} different files")
    return len(sums) > 1


def main():
    hindcast, source, what = sys.argv[1:4]
    shared = Shared(source)
    if not os.path.isdir(shared.root):
        print(f"skipped: no shared folder at {shared.root}")
        sys.exit(77)
    rules, bad = shared.rules(RULES3), 0
    for name, capture in shared.captures(sys.argv[4:]):
        with tempfile.TemporaryDirectory() as work:
            if what == "alerts":
                bad += check_alerts(hindcast, source, rules, name, capture, work)
            elif os.path.getsize(capture) <= LARGE:
                bad += check_bytes(hindcast, rules, name, capture, work)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
