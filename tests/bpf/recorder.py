# SPDX-License-Identifier: Apache-2.0
"""What the tests of the recorder from outside share: running it, reading what it wrote, running the cases of a script.

Needs root and BTF; main exits 77 with the reason otherwise. Captures are read here by a block walk of a few lines and by
tests/cli/scap-lint.py, not by hindcast."""
import importlib.util
import io
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
LINT = os.path.join(HERE, "..", "cli", "scap-lint.py")
HINDCAST, STORM = (os.path.abspath(p) for p in sys.argv[1:3])
RULES = "- rule: all storms\n  desc: calls of the tests\n  condition: evt.type in (%s)\n  output: x\n  priority: INFO\n"
EVENTS = {0x216, 0x217, 0x221, 0x222}
AGAIN = {0x217, 0x222} # with flags: for the state only, they are in the file before
CHDIR_X, ASYNC, PROCEXIT, WRITE_X, CLOSE_X, OPENAT_E, OPENAT_X = 95, 402, 186, 9, 5, 306, 307
GETPPID = 41  # portable code, common/syscalls.def


class Failed(Exception):
    pass


def check(ok, message):
    if not ok:
        raise Failed(message)


def record(*args, command=None, **kw):
    argv = [HINDCAST, "record", *args] + (["--", *command] if command else [])
    p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, **kw)
    p.err = p.stderr.decode()
    return p


def load_lint():
    spec = importlib.util.spec_from_file_location("scap_lint", LINT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plain(path):
    """Uncompressed bytes; of a cut file those of its complete frames, members or (without compression) blocks."""
    with open(path, "rb") as f:
        data = f.read()
    if data[:4] == b"\x28\xb5\x2f\xfd":
        p = subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if p.returncode == 0:
            return p.stdout
        frames, _ = load_lint().zstd_frames(data)
        return p.stdout[:sum(size or 0 for size, _, _ in frames[:-1])]
    if data[:2] == b"\x1f\x8b":
        out = b""
        while data:
            member = zlib.decompressobj(31)
            part = member.decompress(data)
            if not member.eof:
                break
            out, data = out + part, member.unused_data
        return out
    off = 0
    while off + 8 <= len(data):
        total = struct.unpack_from("<I", data, off + 4)[0]
        if total < 12 or off + total > len(data):
            break
        off += total
    return data[:off]


def events(path, again=True):
    """(type, ts, tid, bytes behind the lengths) of each event; without `again` only those that are in no earlier file."""
    data, off = plain(path), 0
    while off + 8 <= len(data):
        kind, total = struct.unpack_from("<II", data, off)
        if total < 12 or off + total > len(data):
            return
        if kind in EVENTS and (again or kind not in AGAIN):
            at = off + 10 + (4 if kind in (0x217, 0x222) else 0)
            ts, tid, size, etype, n = struct.unpack_from("<QqIHI", data, at)
            yield etype, ts, tid, data[at + 26:at + size]
        off += total


def ledger(path):
    """(name, object) of the hindcast.* events."""
    for etype, _, tid, body in events(path):
        if etype == ASYNC:
            a, b, c = struct.unpack_from("<III", body)
            name = body[12 + a:12 + a + b - 1].decode()
            check(tid == -1 and struct.unpack_from("<I", body, 12) == (0,), "ledger event with a thread or plugin")
            yield name, json.loads(body[12 + a + b:12 + a + b + c])


def lint(*paths):
    p = subprocess.run([sys.executable, LINT, "--quiet", *paths], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check(p.returncode == 0, "scap-lint: " + p.stdout.decode())


def whole(path):
    """What is left of a file is what a recorder writes, to its last complete frame."""
    with open("whole.scap", "wb") as f:
        f.write(plain(path))
    lint("whole.scap")
    os.unlink("whole.scap")


def replays(path, damaged=False):
    """hindcast replays the file, from end to end or to where it is cut; the number of events it says it read."""
    with open("none.yaml", "w") as f:
        f.write("- rule: none\n  desc: never\n  condition: evt.type = execve and proc.name = there-is-none\n  output: x\n  priority: INFO\n")
    p = subprocess.run([HINDCAST, "replay", "-r", "none.yaml", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    err = p.stderr.decode()
    m = re.search(r"(\d+) events read", err)
    check(p.returncode in ((0, 4) if damaged else (0,)) and m, f"{path} does not replay ({p.returncode}): {err}")
    check(int(m.group(1)) > 0, f"{path}: nothing was read: {err}")
    return int(m.group(1))


def numbers(err):
    m = re.search(r"(\d+) events recorded, (\d+) dropped", err)
    check(m, "no summary in: " + err)
    return int(m.group(1)), int(m.group(2))


def rules(names):
    with open("rules.yaml", "w") as f:
        f.write(RULES % names)
    return "rules.yaml"


def until(condition, what):
    """Waits for something that takes longer on a busy machine."""
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise Failed("waited in vain for " + what)


def recording(path="a.scap.zst"):
    """The hooks are live and the first frame is in the file."""
    until(lambda: os.path.exists(path) and os.path.getsize(path) > 0, "the recording to begin")


def main(cases, at_once=1):
    """Runs the case_* functions, or those named in the arguments, each in a process and a directory of its own; the exit code."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL) # that the tests themselves run under nohup is none of their business
    if os.geteuid() != 0:
        print("skipped: recording needs root")
        return 77
    if not os.access("/sys/kernel/btf/vmlinux", os.R_OK):
        print("skipped: this kernel has no /sys/kernel/btf/vmlinux")
        return 77
    p = subprocess.run([HINDCAST, "record", "-q", "-w", "/dev/null", "--", "true"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if p.returncode == 125 and (b"privilege" in p.stderr or b"refuses the BPF" in p.stderr):
        print("skipped: " + p.stderr.decode())
        return 77
    wanted = [a for a in sys.argv[3:] if re.fullmatch(r"[a-z_0-9]+", a)]
    todo = [(name[5:], case) for name, case in cases.items()
            if name.startswith("case_") and (not wanted or name[5:] in wanted)]
    running = failures = 0
    while todo or running:
        if todo and running < at_once:
            sys.stdout.flush()
            if os.fork() == 0:
                os._exit(run(*todo.pop(0)))
            todo.pop(0)
            running += 1
            continue
        failures += os.wait()[1] != 0
        running -= 1
    return 1 if failures else 0


def run(name, case):
    """One case, in a directory of its own; the exit code."""
    out, sys.stdout = sys.stdout, io.StringIO() # in one piece, where several cases run at once
    begun, failed = time.time(), True
    with tempfile.TemporaryDirectory(prefix="hindcast-record-") as where:
        os.chdir(where)
        try:
            case()
            failed = False
            print(f"ok   {name} ({time.time() - begun:.1f} s)")
        except Failed as e:
            print(f"FAIL {name}: {e}")
        except Exception: # not one of ours: with all that helps to find it
            print(f"FAIL {name}:\n{traceback.format_exc()}")
        os.chdir("/")
    out.write(sys.stdout.getvalue())
    out.flush()
    return failed
