#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hindcast record when things go wrong: killed at any moment, disks that fail, /proc entries that vanish, clocks that are
set, a file every moment. Whatever happens, there is never a file that does not replay.

  faults.py HINDCAST STORM FAIL_IO [CASE...]

HINDCAST_FAULT_ROUNDS (3; 1 in a sanitized build): how often each way of recording is killed. recorder.py says what is needed."""
import contextlib
import glob
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

from recorder import (ASYNC, CHDIR_X, HINDCAST, STORM, check, events, ledger, lint, main, numbers, record, recording, replays,
                      rules, until, whole)

FAIL_IO = os.path.abspath(sys.argv[3])
SANITIZED = "HINDCAST_SANITIZED" in os.environ # slower, and the same code
ROUNDS = int(os.environ.get("HINDCAST_FAULT_ROUNDS", "1" if SANITIZED else "3"))
SECOND = 1000000000


def preload(fault):
    """The recorder's environment with that fault; what it starts has to be rid of it: see clean."""
    env = dict(os.environ, LD_PRELOAD=FAIL_IO, HINDCAST_FAULT=fault)
    env["ASAN_OPTIONS"] = "verify_asan_link_order=0:" + env.get("ASAN_OPTIONS", "")
    return env


def clean(*command):
    return ["env", "-u", "LD_PRELOAD", *command]


@contextlib.contextmanager
def busy(*kinds):
    """Storms that go on until the end of the block."""
    storms = [subprocess.Popen(["nice", "-n", "19", STORM, kind, str(10**9)], process_group=0) for kind in kinds]
    try:
        yield
    finally:
        for p in storms:
            os.killpg(p.pid, signal.SIGKILL)
            p.wait()


def flight(*args, env=None):
    """A flight recorder whose words are in ./log."""
    return subprocess.Popen([HINDCAST, "record", "--flight", "4s,64M", "--control", "ctl", *args], stderr=open("log", "w"), env=env)


def kept(n):
    """So many events are in its memory."""
    def status():
        p = subprocess.run([HINDCAST, "control", "ctl", "status"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60)
        return p.returncode == 0 and json.loads(p.stdout)["events"] >= n
    until(status, f"{n} events")


def said(text):
    def has():
        with open("log") as f:
            return text in f.read()
    until(has, f"the recorder to say '{text}'")


def ended(p):
    p.send_signal(signal.SIGTERM)
    with open("log") as f:
        check(p.wait(60) == 0, f"{p.returncode}, {f.read()}")


def captures():
    return sorted(f for f in os.listdir(".") if ".scap" in f)


def case_two_hundred_rotations():
    each, files_wanted = 2000, 50 if SANITIZED else 200
    p = record("-A", "--follow", "-w", "r.scap.zst", "-e", "300", "-r", rules("chdir"),
               command=["sh", "-c", "n=0; until [ -e $2 ]; do $0 slow $1; n=$((n + $1)); done; echo $n >n", STORM, str(each),
                        f"r-{files_wanted:06}.scap.zst"])
    n = int(open("n").read())
    files = captures()
    check(p.returncode == 0 and len(files) >= files_wanted, f"{p.returncode}, {len(files)} files, {p.err}")
    recorded, dropped = numbers(p.err)
    got = sum(1 for f in files for e in events(f, again=False) if e[0] == CHDIR_X)
    check(got + dropped == n, f"{got} recorded in all files, {dropped} dropped, of {n}")
    for f in files:
        names = [name for name, _ in ledger(f)]
        check(names[0] == "hindcast.start" and names[-1] == "hindcast.end" and "hindcast.snapshot" in names, f"{f}: {names}")
    lint(*files)
    for f in files[::10]:
        replays(f)
    p = subprocess.run([HINDCAST, "info", "--json", *files], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(p.returncode == 0 and p.stdout, p.stderr.decode()[-500:])


def case_killed_at_any_moment():
    ways = {"single": ["-w", "a.scap.zst"], "plain": ["-w", "a.scap", "--compress", "none"],
            "gzip": ["-w", "a.scap.gz", "--compress", "gzip"], "rotating": ["-w", "a.scap.zst", "-e", "3000"],
            "ring": ["-w", "a.scap", "--compress", "none", "-e", "3000", "-W", "3"],
            "flight": ["-w", "a.scap.zst", "--flight", "4s,1M"]}
    dice = random.Random(os.environ.get("HINDCAST_FAULT_SEED", time.time()))
    files = empty = 0
    with busy("slow"):
        for way, args in ways.items():
            for _ in range(ROUNDS):
                for f in os.listdir("."):
                    os.unlink(f)
                begun, delay = dice.random() < 0.7, dice.uniform(0, 1)
                p = subprocess.Popen([HINDCAST, "record", "-q", *args], stderr=subprocess.DEVNULL)
                if begun:
                    until(lambda: p.poll() is not None or captures() or way == "flight" and listens(p.pid), "a file to be killed over")
                end = time.time() + delay
                while time.time() < end:
                    time.sleep(min(0.1, max(0, end - time.time())))
                    if way == "flight" and p.poll() is None and listens(p.pid):
                        p.send_signal(signal.SIGUSR2)
                p.send_signal(signal.SIGKILL)
                p.wait()
                left = os.listdir(".")
                check(left == [f for f in left if ".scap" in f], f"{way}: left behind: {left}")
                empty += not left
                for f in captures():
                    files += 1
                    check(replays(f, damaged=True) > 0, f"{way}, killed {delay:.3f} s after {'the first file' if begun else 'the start'}: {f} is empty")
                    if way != "flight":
                        whole(f)
    print(f"   killed {len(ways) * ROUNDS} times, {empty} times before the first file, {files} files replay")


def listens(pid):
    """Before the recorder listens, SIGUSR2 would be its end."""
    try:
        with open(f"/proc/{pid}/status") as f:
            blocked = re.search(r"SigBlk:\s*(\w+)", f.read())
            return int(blocked.group(1), 16) >> signal.SIGUSR2 - 1 & 1
    except OSError:
        return False


def case_short_writes_lose_nothing():
    n = 20000
    for kind in ("zstd", "none"):
        p = record("-A", "--follow", "-w", "a.scap", "--compress", kind, "-r", rules("chdir"), command=clean(STORM, "chdir", str(n)),
                   env=preload("short=4093"))
        check(p.returncode == 0, p.err)
        recorded, dropped = numbers(p.err)
        got = sum(1 for e in events("a.scap") if e[0] == CHDIR_X)
        check(got + dropped == n, f"{got} recorded, {dropped} dropped of {n}")
        os.rename("a.scap", "a.scap.zst" if kind == "zstd" else "b.scap")
    lint("a.scap.zst", "b.scap")
    p = flight("-w", "f.scap.zst", env=preload("short=1009"))
    with busy("slow"):
        kept(1000)
        p.send_signal(signal.SIGUSR2)
        said("saving to f-000001.scap.zst")
    ended(p)
    lint("f-000001.scap.zst")


def case_a_reader_that_stands_still_does_not_hold_up_the_end():
    for ours, its in (os.pipe(), tuple(end.detach() for end in socket.socketpair())):
        with open("log", "w") as log:
            p = subprocess.Popen([HINDCAST, "record", "--all-syscalls", "--compress", "none", "-w", "-"], stdout=its, stderr=log)
        os.close(its)
        with busy("openclose"):
            os.read(ours, 1) # it records
            time.sleep(1.5)
            check(p.poll() is None, "the recording has ended before it was asked to")
            p.send_signal(signal.SIGTERM)
            check(p.wait(30) == 1, p.returncode)
        os.close(ours)
        said("takes nothing")
        with open("log") as f:
            text = f.read()
        check("not written" in text and "cannot write" in text, text)
    # a slow reader is no reason
    with open("log", "w") as log:
        p = subprocess.Popen([HINDCAST, "record", "-A", "--follow", "-w", "-", "--", STORM, "chdir", "30000"], stdout=subprocess.PIPE,
                             stderr=log)
    time.sleep(2.5)
    got = b""
    while part := os.read(p.stdout.fileno(), 30000):
        got += part
        time.sleep(0.02)
    check(p.wait(30) == 0, p.returncode)
    with open("a.scap.zst", "wb") as f:
        f.write(got)
    lint("a.scap.zst")


def case_a_disk_that_fails_leaves_complete_frames():
    for fault in ("eio=", "stuck="):
        for kind, limit in (("zstd", "200000"), ("none", "3000000")):
            p = record("-A", "--follow", "-w", "a.scap", "--compress", kind, "-r", rules("chdir"),
                       command=clean("sh", "-c", "sleep 1.5; $0 chdir 400000; exit 3", STORM), env=preload(fault + limit))
            check(p.returncode == 125 and "a.scap" in p.err and "Input/output error" in p.err, f"{fault}: {p.returncode}, {p.err}")
            read = replays("a.scap", damaged=fault[0] == "s")
            whole("a.scap")
            n = sum(1 for _ in events("a.scap")) # hindcast can make something of a cut frame, too
            check(read == n or fault[0] == "s" and read > n, f"{fault}, {kind}: hindcast reads {read} events of {n}")
            os.unlink("a.scap")
    # the first frame already: there is no file at all
    p = record("-w", "a.scap.zst", command=clean("touch", "ran"), env=preload("eio=1000"))
    check(p.returncode == 125 and "a.scap.zst" in p.err and not captures(), f"{p.returncode}, {p.err}, {os.listdir('.')}")


def case_a_disk_that_fails_ends_a_save_not_the_recording():
    p = flight("-w", "f.scap.zst", env=preload("eio=100000"))
    with busy("openclose"):
        kept(200000)
        p.send_signal(signal.SIGUSR2)
        said("cannot save")
    said("Input/output error")
    check(p.poll() is None, "the recording has ended")
    ended(p)
    for f in captures():
        replays(f)
        lint(f)


def case_a_full_disk_leaves_what_fits():
    os.mkdir("small")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", "small"], stderr=subprocess.DEVNULL).returncode:
        print("   (no tmpfs can be mounted here: not tried)")
        return
    try:
        p = record("-w", "small/a.scap", "--min-free", "0", "--compress", "none", "-C", "500K", "--follow",
                   command=["sh", "-c", "$0 slow 80000; exit 4", STORM])
        check(p.returncode == 125 and "small/a-0" in p.err and "No space left" in p.err, f"{p.returncode}, {p.err}")
        left = sorted(os.listdir("small"))
        check(len(left) >= 2 and left == [f for f in left if f.startswith("a-0")], f"{left}, {p.err}")
        for f in left:
            shutil.copy("small/" + f, f)
            os.unlink("small/" + f)
        for f in left:
            replays(f)
            whole(f)
        lint(*left[:-1])
        # the flight recorder goes on in memory
        with open("small/full", "wb") as f, contextlib.suppress(OSError):
            while f.write(bytes(65536)):
                f.flush()
        p = flight("--min-free", "0", "-w", "small/f.scap.zst")
        with busy("slow"):
            kept(1000)
            p.send_signal(signal.SIGUSR2)
            said("No space left")
            os.unlink("small/full")
            p.send_signal(signal.SIGUSR2)
            until(lambda: any(os.path.getsize("small/" + f) for f in os.listdir("small")), "a save, once there is room")
        ended(p)
        left = [f for f in os.listdir("small") if os.path.getsize("small/" + f)]
        for f in left:
            replays("small/" + f)
    finally:
        subprocess.run(["umount", "-l", "small"])


def case_processes_may_vanish_under_the_snapshot():
    for kind in ("fork", "exec", "thread"):
        with busy(kind):
            p = record("-w", kind + ".scap.zst", "-e", "1", "-M", "3", "-n", "100000")
        check(p.returncode == 0, f"{kind}: {p.returncode}, {p.err}")
        check(len(captures()) >= 2, f"{kind}: {captures()}, {p.err}")
        lint(*captures())
        replays(captures()[-1])
        for f in captures():
            os.unlink(f)


def case_times_in_names_and_a_ring():
    p = record("-w", "t-%H%M%S.scap.zst", "-G", "1", "-W", "3", "-M", "6", command=None)
    check(p.returncode == 0, p.err)
    files = captures()
    check(len(files) == 3 and all(re.fullmatch(r"t-\d{6}\.scap\.zst", f) for f in files), f"{files}, {p.err}")
    lint(*files)
    # a name that comes again takes the place of the older file, as with tcpdump
    p = record("-w", "same-%Y.scap.zst", "-G", "1", "-M", "3", command=None)
    check(p.returncode == 0 and len(glob.glob("same-*")) == 1, f"{os.listdir('.')}, {p.err}")
    lint(*glob.glob("same-*"))


def case_a_clock_that_is_set_moves_no_event():
    for step in ("3600", "-3600"):
        p = record("-w", "c.scap.zst", "-G", "1", "--follow", command=clean("sh", "-c", "for i in 1 2 3 4 5 6; do cd /; sleep 1; done"),
                   env=preload("clock=" + step))
        now = time.time_ns()
        check(p.returncode == 0, p.err)
        files = captures()
        check(4 <= len(files) <= 8, f"step {step}: {len(files)} files of a second each, in 6 s")
        lint(*files)
        last = 0
        for f in files:
            for etype, ts, tid, _ in events(f, again=False):
                check(now - 60 * SECOND < ts <= now, f"{f}: an event {(ts - now) / 1e9:.1f} s from now")
                check(etype == ASYNC or ts >= last, f"{f}: time runs back")
                last = max(last, ts)
            os.unlink(f)


def case_a_clock_that_is_set_does_not_touch_the_flight_recorder():
    p = subprocess.Popen([HINDCAST, "record", "--flight", "4s", "--uid", "54321", "-w", "f.scap.zst"], stderr=subprocess.PIPE,
                         env=preload("clock=-86400"))
    time.sleep(4)
    p.send_signal(signal.SIGUSR2)
    until(lambda: os.path.exists("f-000001.scap.zst"), "the file")
    time.sleep(7)
    p.send_signal(signal.SIGTERM)
    err = p.communicate(timeout=60)[1].decode()
    check(p.returncode == 0 and "saved f-000001.scap.zst" in err, err)
    lint("f-000001.scap.zst")


def case_a_save_that_fails_costs_no_older_one():
    with open("f-000001.scap", "w") as f:
        f.write("of another day")
    p = flight("-w", "f.scap", "--compress", "none", "-W", "1", env=preload("eio=0"))
    with busy("openclose"):
        kept(200000)
        time.sleep(1.5) # a segment is complete
        p.send_signal(signal.SIGUSR2)
        said("cannot save")
    ended(p)
    check(captures() == ["f-000001.scap"] and "0 files were saved" in open("log").read(), f"{captures()}, {open('log').read()}")


sys.exit(main(globals(), at_once=3)) # they wait most of the time; the longest begin
