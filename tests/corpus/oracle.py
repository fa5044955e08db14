#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays the shared captures and compares with what the reference engine says of them:

  oracle.py HINDCAST SOURCE-ROOT fields|alerts|operators|counts|determinism|plans [CAPTURE...]

fields       every field of every listed event; prints a table of agreement per field
alerts       three official rule files, first and all, object by object (hostname aside)
operators    event numbers per rule of operators.yaml
counts       alerts per rule of the large capture
determinism  two runs of everything are byte-identical, one thread or two
plans        --plan=naive and --plan=graph alert alike, every capture and rule file, first and all (of the large one in a sanitized build, one pair)

The shared folder is $HINDCAST_SHARED, else ../shared beside the source; without it the test is skipped (exit 77).
Fields that may differ are those of docs/differences.md, listed in EXEMPT."""
import collections
import glob
import hashlib
import json
import os
import subprocess
import sys

RULES3 = ("falco_rules.yaml", "falco-incubating_rules.yaml", "falco-sandbox_rules.yaml")
ENV = dict(os.environ, TZ="UTC")
ENV.pop("FALCO_HOSTNAME", None)
LARGE = 4 << 20  # bytes of a capture that some checks take less trouble with
SANITIZED = "HINDCAST_SANITIZED" in os.environ  # slower, and the same code


def stale_buffer(want, _got):
    """The reference shows stale memory for an empty buffer."""
    return not want.get("evt.buflen")


EXEMPT = {"evt.buffer": stale_buffer}


class Shared:
    def __init__(self, source):
        self.root = os.environ.get("HINDCAST_SHARED", os.path.normpath(os.path.join(source, "..", "shared")))

    def captures(self, names):
        for path in sorted(glob.glob(f"{self.root}/captures/*")):
            name = os.path.basename(path)
            for end in (".gz", ".zst", ".scap"):
                name = name[: -len(end)] if name.endswith(end) else name
            if not names or name in names:
                yield name, path

    def oracle(self, name):
        path = f"{self.root}/oracle/{name}"
        if not os.path.exists(path):
            return None
        text = subprocess.run(["zstd", "-dcq", path], capture_output=True, text=True, check=True).stdout
        return [json.loads(line) for line in text.splitlines()]

    def rules(self, names):
        return [arg for name in names for arg in ("-r", f"{self.root}/rules/{name}")]


def output(args):
    """Standard output of a run that must succeed."""
    run = subprocess.run(args, capture_output=True, env=ENV, check=False)
    if run.returncode:
        sys.exit(f"{' '.join(args)}: exit {run.returncode}\n{run.stderr.decode()}")
    return run.stdout


def objects(args):
    return [json.loads(line) for line in output(args).splitlines() if line.startswith(b"{")]


def check_fields(hindcast, shared, names):
    total, bad, example = collections.Counter(), collections.Counter(), {}
    for name, capture in shared.captures(names):
        rows = shared.oracle(f"{name}.fields.jsonl.zst")
        if not rows:
            continue
        wants = {row["evt.num"]: row for row in rows}
        columns = sorted(rows[0])
        gots = objects([hindcast, "events", capture, "--json", "-p", "*" + " ".join("%" + c for c in columns)])
        gots = {got["evt.num"]: got for got in gots if got["evt.num"] in wants}
        for num, want in wants.items():
            got = gots.get(num, {})
            for c in columns:
                if c in EXEMPT and EXEMPT[c](want, got):
                    continue
                total[c] += 1
                if c not in got or got[c] != want[c]:
                    bad[c] += 1
                    example.setdefault(c, f"{name} event {num}: {got.get(c, 'not shown')!r}, expected {want[c]!r}")
    for c in sorted(total, key=lambda c: (-bad[c], c)):
        print(f"{c:38} {total[c] - bad[c]:7} of {total[c]:7} equal  {example.get(c, '')[:200]}")
    print(f"{sum(total.values()) - sum(bad.values())} of {sum(total.values())} values equal, "
          f"{len(bad)} of {len(total)} fields with a difference")
    return bool(bad) or not total


def same_alert(a):
    a = dict(a)
    a.pop("hostname", None)
    a["tags"] = sorted(a.get("tags", []))
    return a


def check_alerts(hindcast, shared, names):
    bad = total = 0
    for name, capture in shared.captures(names):
        for mode in ("first", "all"):
            want = shared.oracle(f"{name}.alerts-{mode}.jsonl.zst")
            if want is None:
                continue
            got = objects([hindcast, "replay", capture, *shared.rules(RULES3), "--json", "-o", f"rule_matching={mode}",
                           "-o", "time_format_iso_8601=true"])
            total += max(len(want), len(got))
            pairs = [(a, b) for a, b in zip(map(same_alert, want), map(same_alert, got)) if a != b]
            wrong = len(pairs) + abs(len(want) - len(got))
            bad += wrong
            if wrong:
                print(f"{name}, {mode}: {len(got)} alerts, {len(want)} expected, {wrong} differ")
                for a, b in pairs[:1]:
                    print(f"  expected {json.dumps(a)}\n  got      {json.dumps(b)}")
    print(f"{total - bad} of {total} alerts equal")
    return bool(bad) or not total


def check_operators(hindcast, shared, names):
    bad = total = 0
    for name, capture in shared.captures(names):
        path = f"{shared.root}/oracle/{name}.operators.json"
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as f:
            want = json.load(f)
        got = collections.defaultdict(list)
        for a in objects([hindcast, "replay", capture, *shared.rules(["operators.yaml"]), "--json", "-o", "rule_matching=all"]):
            got[a["rule"]].append(a["output_fields"]["evt.num"])
        for rule in sorted(set(want) | set(got)):
            total += 1
            if want.get(rule, []) != got.get(rule, []):
                bad += 1
                odd = sorted(set(want.get(rule, [])) ^ set(got.get(rule, [])))
                print(f"{name}, {rule}: {len(got.get(rule, []))} events, {len(want.get(rule, []))} expected; first: {odd[:1]}")
    print(f"{total - bad} of {total} (capture, rule) pairs equal")
    return bool(bad) or not total


def check_counts(hindcast, shared, _names):
    bad = total = 0
    for path in glob.glob(f"{shared.root}/oracle/*.alert-counts.json"):
        name = os.path.basename(path).split(".")[0]
        with open(path, encoding="utf-8") as f:
            wants = json.load(f)
        for mode, want in wants.items():
            for _, capture in shared.captures([name]):
                alerts = objects([hindcast, "replay", capture, *shared.rules(RULES3), "--json", "-o", f"rule_matching={mode}"])
                got = collections.Counter(a["rule"] for a in alerts)
                for rule in sorted(set(want) | set(got)):
                    total += 1
                    if want.get(rule, 0) != got[rule]:
                        bad += 1
                        print(f"{name}, {mode}, {rule}: {got[rule]} alerts, {want.get(rule, 0)} expected")
    print(f"{total - bad} of {total} counts equal")
    return bool(bad) or not total


def check_determinism(hindcast, shared, names):
    bad = total = 0
    for name, capture in shared.captures(names):
        runs = [["replay", capture, *shared.rules(RULES3), "-j"], ["replay", capture, *shared.rules(RULES3)]]
        if os.path.getsize(capture) < 1 << 20:  # the large one's event text would be gigabytes
            runs.append(["events", capture])
        for args in runs:
            total += 1
            digests = {hashlib.sha256(output([hindcast, *args, *extra])).hexdigest() for extra in ([], [], ["--one-thread"])}
            if len(digests) != 1:
                bad += 1
                print(f"{name}: hindcast {' '.join(args)}: runs differ")
    print(f"{total - bad} of {total} commands give the same bytes every time")
    return bool(bad) or not total


def check_plans(hindcast, shared, names):
    sets = [["operators.yaml"], ["falco_rules-2023-03-22.yaml"], list(RULES3)] + [[r] for r in RULES3]
    bad = total = 0
    for name, capture in shared.captures(names):
        shortened = SANITIZED and os.path.getsize(capture) > LARGE
        for files in [list(RULES3)] if shortened else sets:
            for mode in ("all",) if shortened else ("first", "all"):
                total += 1
                args = [hindcast, "replay", capture, *shared.rules(files), "-j", "-o", f"rule_matching={mode}"]
                graph, naive = output(args), output(args + ["--plan=naive"])
                if graph != naive:
                    bad += 1
                    a, b = graph.splitlines(), naive.splitlines()
                    first = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
                    print(f"{name}, {', '.join(files)}, {mode}: {len(a)} alerts by the graph, {len(b)} naively; alert {first} differs:\n"
                          f"  graph {a[first:first + 1]}\n  naive {b[first:first + 1]}")
    print(f"{total - bad} of {total} (capture, rules, mode) triples alike")
    return bool(bad) or not total


CHECKS = {"fields": check_fields, "alerts": check_alerts, "operators": check_operators, "counts": check_counts,
          "determinism": check_determinism, "plans": check_plans}


def main():
    if len(sys.argv) < 4 or sys.argv[3] not in CHECKS:
        sys.exit(__doc__)
    shared = Shared(sys.argv[2])
    if not os.path.isdir(f"{shared.root}/oracle"):
        print(f"skipped: no captures with reference answers at {shared.root} (set HINDCAST_SHARED)")
        sys.exit(77)
    sys.exit(1 if CHECKS[sys.argv[3]](sys.argv[1], shared, sys.argv[4:]) else 0)


if __name__ == "__main__":
    main()
