#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What hindcast record leaves in the kernel when it is told whom and what to record: known processes do known things, and the
capture holds what was asked for and nothing else.

  pushdown.py HINDCAST STORM DEEDS [CASE...]

recorder.py says what is needed."""
import collections
import contextlib
import os
import signal
import struct
import subprocess
import sys

from recorder import (ASYNC, CHDIR_X, CLOSE_X, HINDCAST, PROCEXIT, WRITE_X, check, events, ledger, lint, main, numbers, recording,
                      rules)

DEEDS = os.path.abspath(sys.argv[3])
OPEN_X, SOCKET_X, SENDTO_X, SWITCH, SIGNAL, PAGE_FAULT = 3, 19, 31, 152, 232, 290
N = 20


class Deed:
    """A process that waits to be let go."""
    def __init__(self, kind, *options, n=N):
        self.process = subprocess.Popen([DEEDS, *options, kind, str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = int(self.process.stdout.readline() or -1)
        check(self.pid > 0, f"deeds {options} {kind} does not begin: {self.process.poll()}")

    def go(self):
        self.process.communicate(b"go\n", timeout=60)
        check(self.process.returncode == 0, f"deeds ends with {self.process.returncode}")


@contextlib.contextmanager
def recorder(*args):
    with contextlib.suppress(FileNotFoundError):
        os.unlink("a.scap") # the file comes when the hooks are live
    p = subprocess.Popen([HINDCAST, "record", "-A", "--ring-size", "32M", "-w", "a.scap", "--compress", "none", *args],
                         stderr=subprocess.PIPE)
    try:
        recording("a.scap")
        yield p
    finally:
        p.send_signal(signal.SIGTERM)
        p.err = p.communicate(timeout=60)[1].decode()
    check(p.returncode == 0 and numbers(p.err)[1] == 0, f"{p.returncode}, {p.err}")
    lint("a.scap")


def threads(etype=CHDIR_X):
    """How many events of that type each thread has."""
    return collections.Counter(tid for t, _, tid, _ in events("a.scap") if t == etype)


def params(body, n):
    lens = struct.unpack_from(f"<{n}H", body)
    at, out = 2 * n, []
    for size in lens:
        out.append(body[at:at + size])
        at += size
    return out


def results():
    """Of chdir: res of each."""
    return [struct.unpack("<q", params(body, 2)[0])[0] for t, _, _, body in events("a.scap") if t == CHDIR_X]


def case_pid_is_that_process_and_its_descendants():
    one, other = Deed("family", n=1), Deed("family", n=1)
    with recorder("--pid", str(one.pid), "-r", rules("chdir")):
        other.go()
        one.go()
    seen = threads()
    check(len(seen) == 3 and seen[one.pid] == 1 and sum(seen.values()) == 3, f"{one.pid}, {other.pid}: {seen}")
    everybody = {tid for t, _, tid, _ in events("a.scap") if t != ASYNC}
    check(other.pid not in everybody, "the other one is in it")
    check(dict(ledger("a.scap"))["hindcast.start"]["filter"]["follow"], "the ledger does not say so")


def case_uid_is_the_effective_one():
    one, other = Deed("chdir", "-u", "12345"), Deed("chdir")
    with recorder("--uid", "12345", "-r", rules("chdir")):
        other.go()
        one.go()
    check(threads() == {one.pid: N}, f"{one.pid}, {other.pid}: {threads()}")
    other = Deed("chdir", "-u", "12345")
    one = Deed("chdir")
    with recorder("--uid", "0", "-r", rules("chdir")):
        other.go()
        one.go()
    check(other.pid not in threads() and threads()[one.pid] == N, f"root: {threads()}")


def case_comm_is_the_whole_name():
    name = "fifteen-letters"
    deeds = {c: Deed("chdir", "-c", c) for c in (name, name[:14], "deed")}
    with recorder("--comm", name, "-r", rules("chdir")):
        for d in deeds.values():
            d.go()
    check(threads() == {deeds[name].pid: N}, f"{threads()}")
    bytes_ = b"d\xc3\xa4d\xe4\xff" # a name is bytes, and the ledger says which
    deeds = {c: Deed("chdir", "-c", c) for c in (bytes_, bytes_ + b"s", bytes_[:-1])}
    with recorder("--comm", bytes_, "-r", rules("chdir")):
        for d in deeds.values():
            d.go()
    check(threads() == {deeds[bytes_].pid: N}, f"{threads()}")
    check(dict(ledger("a.scap"))["hindcast.start"]["filter"]["comm"] == "d\u00e4d\\xe4\\xff", dict(ledger("a.scap"))["hindcast.start"])


def cgroup2():
    with open("/proc/self/mounts") as f:
        for line in f:
            if line.split()[2] == "cgroup2":
                return line.split()[1]
    return None


def case_cgroup_is_that_group_and_those_below():
    mount, made = cgroup2(), []
    if not mount:
        print("   (no cgroup2 is mounted here: not tried)")
        return
    try:
        for name in ("a", "a/below", "ab"):
            path = f"{mount}/hindcast-{os.getpid()}-{name}"
            os.mkdir(path)
            made.append(path)
    except OSError as e:
        print(f"   (no control group can be made here, {e}: not tried)")
        return
    try:
        name = made[0][len(mount):]
        # as people write it, as /proc/PID/cgroup does, and with detours
        for path in (made[0], name, "." + name, made[1] + "/.."):
            inside, below, beside = (Deed("chdir", "-g", group + "/cgroup.procs") for group in made)
            outside = Deed("chdir")
            with recorder("--cgroup", path, "-r", rules("chdir")):
                for d in (outside, beside, below, inside):
                    d.go()
            check(threads() == {inside.pid: N, below.pid: N}, f"{inside.pid}, {below.pid}: {threads()}")
    finally:
        for path in reversed(made):
            os.rmdir(path)


def case_failed_drop_and_only():
    for how, wanted in (("drop", lambda r: r == 0), ("only", lambda r: r == -2)):
        one = Deed("mixed")
        with recorder("--failed", how, "--pid", str(one.pid), "-r", rules("chdir")):
            one.go()
        check(len(results()) == N // 2 and all(map(wanted, results())), f"{how}: {results()}")


def case_filters_together_are_all_of_them():
    family = Deed("mixed", "-u", "12345", "-c", "culprit")
    others = [Deed("mixed", "-u", "12345", "-c", "other"), Deed("mixed", "-u", "23456", "-c", "culprit"), Deed("mixed", "-c", "culprit")]
    with recorder("--uid", "12345", "--comm", "culprit", "--failed", "only", "-r", rules("chdir")):
        for d in others:
            d.go()
        family.go()
    check(threads() == {family.pid: N // 2} and set(results()) == {-2}, f"{threads()}, {results()}")
    # somebody else's pid and name exclude each other
    one, other = Deed("chdir", "-c", "one"), Deed("chdir", "-c", "other")
    with recorder("--pid", str(one.pid), "--comm", "other", "-r", rules("chdir")):
        one.go()
        other.go()
    check(not threads(), f"{threads()}")


def case_the_recorder_is_not_in_it():
    one = Deed("chdir")
    with recorder("--all-syscalls") as p:
        own = {int(t) for t in os.listdir(f"/proc/{p.pid}/task")}
        one.go()
    seen = {tid for t, _, tid, _ in events("a.scap")}
    check(one.pid in seen and not seen & (own | {p.pid}), f"{own} have events")


def case_tracepoints_are_chosen_like_calls():
    for kind, name, etype, least in (("signal", "signaldeliver", SIGNAL, N), ("touch", "page_fault", PAGE_FAULT, N), ("sleep", "switch", SWITCH, N)):
        one = Deed(kind)
        with recorder("--pid", str(one.pid), "-r", rules(name)):
            one.go()
        got = [body for t, _, tid, body in events("a.scap") if t == etype]
        check(len(got) >= least, f"{name}: {len(got)} events")
        if kind == "signal":
            spid, dpid, sig = params(got[0], 3)
            check(len(got) == N and sig == bytes([signal.SIGUSR1]) and
                  struct.unpack("<q", spid) == struct.unpack("<q", dpid) == (one.pid,), f"signal: {params(got[0], 3)}")
        one = Deed(kind)
        with recorder("--pid", str(one.pid), "-r", rules("chdir")):
            one.go()
        check(not threads(etype), f"{name} was not asked for")


def case_callers_of_32_bits():
    one, two, three = Deed("chdir32"), Deed("open32"), Deed("socket32")
    if os.uname().machine != "x86_64":
        print("   (x86 only)")
        return
    try:
        with recorder("-r", rules("chdir, open, close, socket")):
            for d in (one, two, three):
                d.go()
    except Exception:
        if one.process.poll() == 1:
            print("   (this kernel has no 32-bit calls: not tried)")
            return
        raise
    check(threads()[one.pid] == N, f"chdir: {threads()}")
    bodies = [body for t, _, tid, body in events("a.scap") if t == CHDIR_X and tid == one.pid]
    check(all(params(b, 2) == [bytes(8), b"/\0"] for b in bodies), f"chdir: {bodies[0]}")
    opens = [params(body, 6) for t, _, tid, body in events("a.scap") if t == OPEN_X and tid == two.pid]
    check(len(opens) == N and all(o[1] == b"/dev/null\0" for o in opens), f"open: {len(opens)}, {opens[:1]}")
    check(threads(CLOSE_X)[two.pid] >= N, f"close: {threads(CLOSE_X)}")
    sockets = [params(body, 4) for t, _, tid, body in events("a.scap") if t == SOCKET_X and tid == three.pid]
    check(len(sockets) == N, f"socket: {len(sockets)}")
    # the same numbers mean other calls there: nothing of it is seen as 64-bit calls
    one = Deed("chdir32")
    with recorder("--pid", str(one.pid), "-o", "base_syscalls.custom_set=[brk]", "-r", rules("brk")): # 12 on x86_64
        one.go()
    check(sum(1 for t, _, tid, _ in events("a.scap") if tid == one.pid and t == 1) == 0, "chdir of a 32-bit caller is taken for brk")


def case_snaplen_is_what_is_kept():
    for args, want in ((["-s", "10"], 10), ([], 80), (["-s", "1000"], 300), (["-s", "0"], 0)):
        one = Deed("write")
        with recorder("--pid", str(one.pid), *args, "-r", rules("write")):
            one.go()
        writes = [params(body, 4) for t, _, tid, body in events("a.scap") if t == WRITE_X and tid == one.pid]
        check(len(writes) == N, f"{len(writes)} writes")
        for w in writes:
            check(struct.unpack("<q", w[0]) == (300,) and w[1] == b"x" * want and struct.unpack("<I", w[3]) == (300,), f"{args}: {w}")


SENDS = """
import socket
input()
for port, data in ((8125, b"x"), (53, b"x"), (9999, b"x"), (9998, b"GET /")):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(data.ljust(3000, b"x"), ("127.0.0.1", port))
"""


def case_dynamic_snaplen_keeps_more_of_what_says_more():
    for args, want in (([], [80, 80, 80, 80]), (["--dynamic-snaplen"], [2000, 512, 80, 2000]),
                       (["--dynamic-snaplen", "--statsd-port", "9999", "-s", "600"], [600, 600, 2000, 2000]),
                       (["--full-ports", "50-60", "--full-ports", "9998-9999"], [2000, 512, 3000, 3000])):
        p = subprocess.Popen([sys.executable, "-c", SENDS], stdin=subprocess.PIPE)
        with recorder("--pid", str(p.pid), *args, "-r", rules("sendto")):
            p.communicate(b"\n", timeout=60)
        check(p.returncode == 0, f"the sender ends with {p.returncode}")
        sends = [params(body, 5)[1] for t, _, tid, body in events("a.scap") if t == SENDTO_X and tid == p.pid]
        check([len(s) for s in sends] == want and all(s.startswith((b"xxx", b"GET")) for s in sends), f"{args}: {[len(s) for s in sends]}")
        told = dict(ledger("a.scap"))["hindcast.start"].get("dynamic_snaplen")
        check(bool(told) == any(a.startswith("--") for a in args), told)
    check(told == {"statsd_port": 8125, "full_ports": [9998, 9999]}, told)
    for wrong in ("0", "5-4", "1-65536", "x", "5-", "-5"):
        p = subprocess.run([HINDCAST, "record", "--full-ports", wrong, "-w", "b.scap"], stderr=subprocess.PIPE)
        check(p.returncode == 2 and b"--full-ports takes" in p.stderr, f"{wrong}: {p.returncode}, {p.stderr}")


def case_a_command_is_followed_to_its_last_descendant():
    p = subprocess.run([HINDCAST, "record", "-w", "a.scap", "--compress", "none", "--follow", "-r", rules("chdir"), "--", "sh", "-c",
                        "echo | $0 family 5", DEEDS], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(p.returncode == 0, p.stderr.decode())
    seen, pid = threads(), int(p.stdout)
    check(seen[pid] == 5 and sum(seen.values()) == 15 and len(seen) == 11, f"{pid}: {seen}")
    check(threads(PROCEXIT)[pid] == 1, "its end is not there")


def case_pid_has_descendants_already():
    parent = subprocess.Popen([sys.executable, "-c", "import os, subprocess, sys\n"
                               "p = subprocess.Popen([sys.argv[1], 'chdir', '20'])\np.wait()", DEEDS],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child = int(parent.stdout.readline())
    with recorder("--pid", str(parent.pid), "-r", rules("chdir")):
        parent.communicate(b"go\n", timeout=60)
    check(threads() == {child: N}, f"{child}: {threads()}")
    with open("threads.py", "w") as f:
        f.write("import threading, time\ndef f():\n print(threading.get_native_id(), flush=True)\n time.sleep(60)\n"
                "threading.Thread(target=f).start()\n")
    p = subprocess.Popen([sys.executable, "threads.py"], stdout=subprocess.PIPE)
    thread = p.stdout.readline().decode().strip()
    q = subprocess.run([HINDCAST, "record", "-w", "t.scap", "--pid", thread, "-M", "1"], stderr=subprocess.PIPE)
    p.kill()
    check(q.returncode == 2 and f"thread, of process {p.pid}".encode() in q.stderr, q.stderr)


sys.exit(main(globals(), at_once=2)) # they wait much of the time
