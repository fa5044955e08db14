#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The closing lines of ./check: per build directory how many tests ran, failed, were skipped, and why.

Reads what meson leaves in BUILD/meson-logs. A test program that exits 77 is one skipped test, its last line of output
the reason; a Criterion program may also skip single cases (`# SKIP reason` in TAP), counted apart."""
import collections
import json
import re
import sys


def load(build):
    for name in ("testlog-asan.json", "testlog.json"):
        try:
            with open(f"{build}/meson-logs/{name}", encoding="utf-8") as f:
                return [json.loads(line) for line in f if line.strip()]
        except FileNotFoundError:
            continue
    return None


def last_line(test):
    lines = [l for l in (test.get("stdout") or "").splitlines() + (test.get("stderr") or "").splitlines() if l.strip()]
    return re.sub(r"^skipped: ", "", lines[-1].strip()) if lines else "no reason given"


def main():
    bad = False
    for arg in sys.argv[1:]:
        title, build = arg.split("=", 1)
        tests = load(build)
        if tests is None:
            print(f"{title} build: no test ran")
            bad = True
            continue
        results = collections.Counter(t["result"] for t in tests)
        skipped = collections.defaultdict(list)
        cases = case_skips = 0
        for t in tests:
            name = t["name"].split(":")[-1]
            reasons = []
            for line in (t.get("stdout") or "").splitlines():
                if re.match(r"(not )?ok\b", line):
                    cases += 1
                    m = re.search(r"#\s*skip\S*:?\s*(.*)", line, re.I)
                    if m:
                        case_skips += 1
                        reasons.append(m.group(1).strip() or "no reason given")
            if t["result"] == "SKIP":
                skipped[reasons[0] if reasons else last_line(t)].append(name)
            else:
                for r in dict.fromkeys(reasons):
                    skipped[r].append(f"{name} ({reasons.count(r)} of its cases)")
        failed = sum(n for r, n in results.items() if r not in ("OK", "SKIP", "EXPECTEDFAIL"))
        bad = bad or failed > 0
        print(f"{title} build: {len(tests)} tests ({cases} cases): {results['OK'] + results['EXPECTEDFAIL']} ok, "
              f"{failed} failed, {results['SKIP']} skipped, {case_skips} cases skipped")
        for reason, names in sorted(skipped.items()):
            print(f"  skipped: {', '.join(names)}: {reason}")
        for t in tests:
            if t["result"] not in ("OK", "SKIP", "EXPECTEDFAIL"):
                print(f"  {t['result']}: {t['name']}")
    return 1 if bad else 0


sys.exit(main())
