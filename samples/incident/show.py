# SPDX-License-Identifier: Apache-2.0
"""show.py ALERTS.jsonl: alerts for people who see them for the first time - one paragraph per rule in the order of the
first alert, what it means for the case, and how often. Exit 1 unless at least six different rules spoke."""
import collections
import json
import re
import shutil
import sys
import textwrap

WANTED = 6
# What each rule means in the played break-in; a rule that is not here speaks for itself.
MEANING = {
    "Shell started by network service": "the web server was used to start a shell: this is the way in",
    "Password store read by unexpected program": "password hashes are gone; every password on this host has to change",
    "Program run from scratch directory": "something runs that no package installed; keep a copy of it",
    "File in scratch directory made executable": "the moment the dropped program became one",
    "Set-uid or set-gid bit given to file": "a way back to root was left behind",
    "Authorized SSH keys changed": "somebody else's key opens this account now",
    "Program run from memory": "a program that was never a file: only a record like this one shows it",
    "Network socket made standard input or output": "a connection was laid onto a program's input and output",
    "Shell talks to network socket": "somebody at the other end of the network types into a shell",
    "Process attached to another with ptrace": "one process took control of another",
    "Memory of another process opened": "and looked for secrets in its memory",
    "Log file removed": "traces are being wiped: what is left on disk is not the whole story",
    "Log file emptied": "the same, more quietly",
    "Shell history tampered with": "the history of commands will not help either",
    "File times set by hand": "a file was made to look old",
}
COLORS = {"Critical": 35, "Error": 31, "Warning": 33, "Notice": 36}


def main():
    alerts = []
    with open(sys.argv[1], encoding="utf-8") as f:
        for line in f:
            if line.startswith("{"):
                alerts.append(json.loads(line))
    counts, first = collections.Counter(), {}
    for a in alerts:
        counts[a["rule"]] += 1
        first.setdefault(a["rule"], a)
    width = min(shutil.get_terminal_size((110, 24)).columns, 130)
    for rule, a in first.items():
        priority = a["priority"]
        mark = priority.upper()
        if sys.stdout.isatty():
            mark = f"\x1b[{COLORS.get(priority, 0)}m{mark}\x1b[0m"
        times = f" ({counts[rule]} times)" if counts[rule] > 1 else ""
        print(f"\n{mark}: {rule}{times}")
        if rule in MEANING:
            print(f"    -> {MEANING[rule]}")
        # "21:45:48.375338505: Warning Program run ...": the priority stands above, and milliseconds will do.
        text = re.sub(r"^(\S+\.\d\d\d)\d*: \w+ ", r"\1 ", a["output"].strip())
        print(textwrap.fill(text, width, initial_indent="    ", subsequent_indent="      ",
                            break_long_words=False, break_on_hyphens=False))
    print(f"\n{len(alerts)} alerts of {len(first)} different rules.")
    if len(first) < WANTED:
        print(f"demo: the played break-in should have raised at least {WANTED}: something is wrong.", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
