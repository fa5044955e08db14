#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Command lines and what users see: run.py [--update] BUILD-DIR SCRIPT...

A script SCRIPT.sh is run by sh in an empty directory, with `hindcast` of the build first in PATH, nothing on standard
input and a bare environment (TZ=UTC). What it must do stands beside it, each file optional:

  SCRIPT.exit     the exit code (no file: 0)
  SCRIPT.stdout   standard output, word for word; SCRIPT.stderr the same for standard error (no file: not looked at)

In expected texts `[..]` stands for any characters of one line, a line `...` for any number of lines. In what a script
prints, its directory is shown as $DIR, the source tree as $SRC, the build as $BUILD, before it is compared.
A script that exits with 77 is skipped; its last line of output says why.

--update writes the three files from what happened; read the difference before committing it. Variables for scripts:
$SRC, $BUILD, $SHARED (the shared folder, empty when absent), $SAN (1 in a sanitizer build)."""
import difflib
import os
import re
import signal
import subprocess
import sys
import tempfile

TIMEOUT = 120  # seconds; a hang is a failure, slowness is not


def environment(build, source, directory):
    shared = os.environ.get("HINDCAST_SHARED", os.path.normpath(os.path.join(source, "..", "shared")))
    env = {"PATH": f"{build}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": directory, "TZ": "UTC",
           "LC_ALL": "C.UTF-8", "SRC": source, "BUILD": build, "SHARED": shared if os.path.isdir(shared) else "",
           "SAN": os.environ.get("HINDCAST_SANITIZED", "")}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            env[name] = os.environ[name]
    return env


def shown(raw, build, source, directory):
    text = raw.decode("utf-8", "backslashreplace")
    for path, name in ((directory, "$DIR"), (build, "$BUILD"), (source, "$SRC")):
        text = text.replace(path, name)
    return text


def line_matches(pattern, line):
    parts = pattern.split("[..]")
    return line == pattern or (len(parts) > 1 and
                               re.fullmatch(".*".join(re.escape(p) for p in parts), line, re.S) is not None)


def matches(want, got):
    """Lists of lines; `...` in want swallows any number of lines."""
    if not want:
        return not got
    if want[0] == "...":
        return any(matches(want[1:], got[i:]) for i in range(len(got) + 1))
    return bool(got) and line_matches(want[0], got[0]) and matches(want[1:], got[1:])


def expected(base, what):
    try:
        with open(f"{base}.{what}", encoding="utf-8") as f:
            return f.read()
    except FileNotFoundError:
        return None


def update(base, what, text, default):
    path = f"{base}.{what}"
    old = expected(base, what)
    if old is None and text == default:
        return
    if old is not None and what != "exit" and matches(old.split("\n"), text.split("\n")):
        return
    if old != text:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        print(f"{path}: {'changed' if old is not None else 'written'}")


def run(build, source, script, updating):
    base = script[:-3]
    with tempfile.TemporaryDirectory(prefix="hindcast-cli.") as directory:
        os.chmod(directory, 0o755)  # scripts that give up root must reach their files
        p = subprocess.Popen(["sh", script], cwd=directory, env=environment(build, source, directory),
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        try:
            out, err = (shown(raw, build, source, directory) for raw in p.communicate(timeout=TIMEOUT))
        except subprocess.TimeoutExpired:
            # With all it started: a recorder left behind would record for ever.
            os.killpg(p.pid, signal.SIGKILL)
            p.communicate()
            print(f"{base}: still running after {TIMEOUT} s")
            return 1
    if p.returncode == 77:
        print((out + err).strip().split("\n")[-1] or "skipped, no reason given")
        return 77
    if updating:
        update(base, "exit", f"{p.returncode}\n", "0\n")
        update(base, "stdout", out, None)
        update(base, "stderr", err, None)
        return 0
    bad = []
    want = int((expected(base, "exit") or "0").strip())
    if p.returncode != want:
        bad.append(f"exit code {p.returncode}, expected {want}")
    for what, got in (("stdout", out), ("stderr", err)):
        text = expected(base, what)
        if text is not None and not matches(text.split("\n"), got.split("\n")):
            bad.append("".join(difflib.unified_diff(text.splitlines(True), got.splitlines(True), f"expected {what}", what)))
    if bad:
        print(f"{base}:", *bad, sep="\n")
        print("-- stdout", out, "-- stderr", err, sep="\n")
        return 1
    return 0


def main():
    sys.setrecursionlimit(20000)
    args = [a for a in sys.argv[1:] if a != "--update"]
    if len(args) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    build, source = os.path.abspath(args[0]), os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
    results = [run(build, source, os.path.abspath(s), "--update" in sys.argv) for s in args[1:]]
    return next((r for r in results if r not in (0, 77)), 77 if results and all(r == 77 for r in results) else 0)


sys.exit(main())
