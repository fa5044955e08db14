#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make-man.py HINDCAST VERSION: hindcast(1) on standard output, made from what the commands' --help prints, which the
commands make from their option tables: a man page cannot describe an option that is not there."""
import re
import subprocess
import sys

INTRO = """.SH DESCRIPTION
.B hindcast
records what a Linux host does into a capture file, and runs detection rules in Falco's language over captures, as often as
one likes and on any machine. Recording needs root and a kernel with BTF; everything else needs neither.
"""
EXIT = """.SH EXIT STATUS
.TP
0
done; nothing to complain about
.TP
1
could not do it: missing file, no privilege, write error
.TP
2
bad options or arguments
.TP
3
rules do not load
.TP
4
not a capture, or a damaged one; everything readable was processed
.TP
5
the capture is sound but states gaps, and the option to care was given
.TP
6
alerts were raised, and the option to say so was given
.TP
7
two sides differ, and the option to say so was given
.PP
.B hindcast record \\-\\- COMMAND
passes COMMAND's own exit status on; its own failures then are 125 to 127.
"""
SEE = """.SH SEE ALSO
.BR falco (8),
.BR zstd (1),
.BR bpf (2)
"""


def run(tool, *args):
    p = subprocess.run([tool, *args], capture_output=True, text=True, check=False)
    return p.stdout if p.returncode == 0 else ""


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + l if l.startswith((".", "'")) else l for l in text.split("\n"))


def command(name, text):
    lines = text.split("\n")
    print(f".SS hindcast {name}")
    usage = re.sub(r"^Usage: hindcast \S+ ?", "", lines[0])
    print(f".B hindcast {name}\n{roff(usage)}\n.PP")
    in_option = False
    for line in lines[2:]:
        m = re.match(r"  ( ?-\S.*?|   *--\S.*?)(?:  +(\S.*))?$", line)
        if m and line.startswith("  "):
            print(f".TP\n.B {roff(m.group(1).strip())}")
            if m.group(2):
                print(roff(m.group(2)))
            in_option = True
        elif in_option and line.startswith(" " * 20):
            print(roff(line.strip()))
        elif not line.strip():
            print(".PP")
            in_option = False
        elif line.startswith("  "):
            print(f".nf\n{roff(line)}\n.fi")
        else:
            print(roff(line))


def main():
    tool, version = sys.argv[1:3]
    front = run(tool, "--help")
    commands = re.findall(r"^  (\w[\w-]*) +\S", front, re.M)
    if not commands:
        print(f"make-man.py: '{tool} --help' names no command", file=sys.stderr)
        return 1
    print(f'.TH HINDCAST 1 "" "hindcast {version}"')
    print('.SH NAME\nhindcast \\- record what a host does, and run Falco rules over the record\n.SH SYNOPSIS')
    print(".B hindcast\nCOMMAND [ARGUMENT]...")
    print(INTRO + ".SH COMMANDS")
    for name in commands:
        text = run(tool, name, "--help")
        if text:
            command(name, text)
    print(EXIT + SEE, end="")
    return 0


sys.exit(main())
