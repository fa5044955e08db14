#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cuts the shared captures and compares the parts with the whole:

  cut.py HINDCAST SOURCE-ROOT time|select [--windows N] [--seed S] [CAPTURE...]

time    N random windows of each capture: every field of every event, the alerts of the three official rule files (first and
        all) and those of operators.yaml are those of the whole in that window, but for what counts from the start
select  by filter, process tree, container and around a rule: every event that is kept shows the same fields
Every file written is checked by tests/cli/scap-lint.py as well. In a sanitized build some fields stand for all.

The shared folder is $HINDCAST_SHARED, else ../shared beside the source; without it the test is skipped (exit 77)."""
import argparse
import collections
import os
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import oracle  # noqa: E402

# What counts from the start of a capture, or from the last time it was asked for.
COUNTING = {"evt.num", "evt.count", "evt.reltime", "evt.reltime.s", "evt.reltime.ns", "evt.deltatime", "evt.deltatime.s",
            "evt.deltatime.ns", "util.cnt", "thread.exectime", "thread.totexectime"}
LARGE = "busy-1m"  # only its alerts, and few fields of few events
FEW = ["evt.rawtime", "evt.type", "evt.args", "fd.name", "fd.num", "proc.name", "proc.pname", "proc.cmdline", "proc.exepath",
       "proc.cwd", "proc.duration", "proc.nthreads", "proc.aname[2]", "user.name", "fd.types", "proc.fdopencount"]


def at(ns):
    return f"@{ns // 10**9}.{ns % 10**9:09}"


class Cutter:
    def __init__(self, hindcast, source, directory):
        self.hindcast, self.shared, self.dir = hindcast, oracle.Shared(source), directory
        self.lint = os.path.join(source, "tests", "cli", "scap-lint.py")
        self.bad = self.compared = 0

    def fail(self, text):
        self.bad += 1
        if self.bad <= 40:
            print(text)

    def columns(self, name):
        if name == LARGE or oracle.SANITIZED:
            return FEW
        rows = self.shared.oracle(f"{name}.fields.jsonl.zst") or self.shared.oracle("libs-sample.fields.jsonl.zst")
        return sorted(set(rows[0]) | set(FEW))

    def events(self, capture, columns, condition=None):
        return oracle.objects([self.hindcast, "events", "-q", "--json", "-p", "*" + " ".join("%" + c for c in columns),
                               capture] + ([condition] if condition else []))

    def cut(self, capture, *options):
        out = os.path.join(self.dir, "part.scap")
        run = subprocess.run([self.hindcast, "cut", *options, capture, out], capture_output=True, text=True, env=oracle.ENV,
                             check=False)
        if run.returncode:
            sys.exit(f"cut {options} {capture}: exit {run.returncode}\n{run.stderr}")
        lost = re.search(r"(\d+) attributes .* could not", run.stderr)
        if lost:
            self.fail(f"{capture} {options}: {lost.group(0)}")
        run = subprocess.run([sys.executable, self.lint, "--quiet", "--converted", "--unordered", out], capture_output=True,
                             text=True, check=False)
        if run.returncode:
            self.fail(f"{capture} {options}: {run.stdout[:400]}")
        return out

    def same_events(self, what, wants, gots):
        if len(wants) != len(gots):
            self.fail(f"{what}: {len(gots)} events, {len(wants)} expected")
        different, example = collections.Counter(), {}
        for want, got in zip(wants, gots):
            for c, value in want.items():
                if c not in COUNTING and got[c] != value:
                    different[c] += 1
                    example.setdefault(c, f"event {want.get('evt.num')}: {got[c]!r}, expected {value!r}")
        for c, n in different.most_common(8):
            self.fail(f"{what}: {c} differs in {n} events; {example[c][:240]}")
        self.compared += len(wants)

    def alerts(self, capture, rules, mode, *options):
        out = []
        for a in oracle.objects([self.hindcast, "replay", "-q", capture, *self.shared.rules(rules), "--json",
                                 "-o", f"rule_matching={mode}", *options]):
            a = oracle.same_alert(a)
            for c in COUNTING:
                a["output_fields"].pop(c, None)
            if rules == ["operators.yaml"]:
                a.pop("output")
            out.append(a)
        return out

    def same_alerts(self, what, capture, part, since, until):
        rule_sets = [(list(oracle.RULES3), "first"), (list(oracle.RULES3), "all")]
        if LARGE not in capture:
            rule_sets.append((["operators.yaml"], "all"))
        for rules, mode in rule_sets:
            add = ["-p", "%evt.rawtime %thread.tid %evt.type"]
            wants = self.alerts(capture, rules, mode, *add, "--since", at(since), "--until", at(until))
            gots = self.alerts(part, rules, mode, *add)
            self.compared += len(wants)
            if wants != gots:
                pairs = [(a, b) for a, b in zip(wants, gots) if a != b]
                self.fail(f"{what}: {rules[0]} {mode}: {len(gots)} alerts, {len(wants)} expected; {str(pairs[:1])[:400]}")


def check_time(c, names, windows, seed):
    for name, capture in c.shared.captures(names):
        columns = c.columns(name)
        rnd = random.Random(f"{seed} {name}")
        if name == LARGE:
            times = [int(e["evt.rawtime"]) for e in c.events(capture, ["evt.rawtime"], "evt.type in (clone, clone3, execve)")]
        else:
            whole = c.events(capture, columns)
            times = [int(e["evt.rawtime"]) for e in whole]
        for _ in range(windows):
            since, until = sorted((rnd.choice(times), rnd.choice(times)))
            if name == LARGE:
                until = min(until, since + 40 * 10**6)
                wants = c.events(capture, columns, f"evt.rawtime >= {since} and evt.rawtime <= {until}")
            else:
                wants = [e for e in whole if since <= int(e["evt.rawtime"]) <= until]
            what = f"{name} from {at(since)} to {at(until)}"
            part = c.cut(capture, "--since", at(since), "--until", at(until))
            c.same_events(what, wants, c.events(part, columns))
            c.same_alerts(what, capture, part, since, until)


def check_select(c, names, windows, seed):
    conditions = ["evt.type in (read, write, close)", "proc.name startswith s", "evt.is_open_read = true and fd.name contains lib",
                  "evt.type = execve", "fd.type in (ipv4, ipv6, unix)", "proc.aname = sh"]
    for name, capture in c.shared.captures(names):
        if name == LARGE:
            continue
        columns = sorted(set(c.columns(name)) | {"evt.cpu", "thread.tid", "proc.pid", "container.id", "proc.ppid"})
        rnd = random.Random(f"{seed} {name}")
        whole = c.events(capture, columns)
        by_key = collections.defaultdict(list)
        for e in whole:
            by_key[tuple(e[k] for k in ("evt.rawtime", "thread.tid", "evt.type", "evt.cpu", "evt.args"))].append(e)
        # By filter: exactly those that match.
        for condition in rnd.sample(conditions, min(windows, len(conditions))):
            wants = c.events(capture, columns, condition)
            c.same_events(f"{name}: {condition}", wants, c.events(c.cut(capture, "--filter", condition), columns))
        # By tree and container: at least those that say so of themselves, and all as they were.
        parents = sorted({e["proc.ppid"] for e in whole if e["proc.ppid"] and e["proc.ppid"] > 1})
        containers = sorted({e["container.id"] for e in whole if e["container.id"] not in (None, "host", "<NA>")})
        picks = [("--tree", str(pid), lambda e, pid=pid: pid in (e["proc.pid"], e["proc.ppid"]))
                 for pid in rnd.sample(parents, min(windows, len(parents)))]
        picks += [("--container", i, lambda e, i=i: e["container.id"] == i)
                  for i in rnd.sample(containers, min(windows, len(containers)))]
        for option, value, surely in picks:
            gots = c.events(c.cut(capture, option, value), columns)
            if len(gots) < sum(map(surely, whole)):
                c.fail(f"{name}: {option} {value}: {len(gots)} events, at least {sum(map(surely, whole))} expected")
            taken = collections.Counter()
            for got in gots:
                key = tuple(got[k] for k in ("evt.rawtime", "thread.tid", "evt.type", "evt.cpu", "evt.args"))
                if taken[key] >= len(by_key[key]):
                    c.fail(f"{name}: {option} {value}: event {key} is not in the whole")
                    break
                c.same_events(f"{name}: {option} {value}", [by_key[key][taken[key]]], [got])
                taken[key] += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("hindcast")
    parser.add_argument("source")
    parser.add_argument("check", choices=("time", "select"))
    parser.add_argument("--windows", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("captures", nargs="*")
    o = parser.parse_intermixed_args()
    with tempfile.TemporaryDirectory() as directory:
        cutter = Cutter(o.hindcast, o.source, directory)
        if not os.path.isdir(cutter.shared.root):
            print(f"skipped: no shared folder at {cutter.shared.root}")
            sys.exit(77)
        {"time": check_time, "select": check_select}[o.check](cutter, o.captures, o.windows, o.seed)
    print(f"{cutter.compared} events and alerts compared, {cutter.bad} complaints")
    sys.exit(bool(cutter.bad or not cutter.compared))


main()
