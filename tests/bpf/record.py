#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hindcast record on this kernel, from outside: exit codes, counts, limits, files, signals, what a crash leaves.

  record.py HINDCAST STORM [CASE...]

recorder.py says what is needed and how captures are read here."""
import collections
import contextlib
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

from recorder import (ASYNC, CHDIR_X, CLOSE_X, GETPPID, HINDCAST, OPENAT_E, OPENAT_X, PROCEXIT, STORM, WRITE_X, check, events,
                      ledger, lint, main, numbers, plain, record, recording, rules, until, whole)


def case_exit_codes_are_the_commands():
    for script, code in (("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137)):
        p = record("-w", "a.scap.zst", command=["sh", "-c", script])
        check(p.returncode == code, f"{script}: exit code {p.returncode}, {p.err}")
        lint("a.scap.zst")
    for command, code in (("/no/such/program", 127), ("/etc/passwd", 126)):
        p = record("-w", "a.scap.zst", command=[command])
        check(p.returncode == code and command in p.err, f"{command}: {p.returncode}, {p.err}")
        lint("a.scap.zst")


def case_own_failures_are_125():
    os.symlink("target", "link")
    os.mkdir("open")
    os.chown("open", 12345, -1)
    os.chmod("open", 0o777)
    for path in ("/no/such/dir/file", "link", "open/file"):
        p = record("-w", path, command=["touch", "ran"])
        check(p.returncode == 125 and path in p.err, f"{path}: {p.returncode}, {p.err}")
        p = record("-w", path)
        check(p.returncode == 1, f"{path} without command: {p.returncode}")
    check(not os.path.exists("ran") and not os.path.exists("target"), "the command ran, or a link was followed")


def case_what_is_missing_is_named():
    root = ["setpriv", "--bounding-set"]
    for wrap, words in ((root + ["-all,+bpf"], ["CAP_PERFMON missing", "sudo"]), (root + ["-all,+perfmon"], ["CAP_BPF missing", "sudo"]),
                        (["setarch", "--uname-2.6"], ["too old", "5.17"]), (["sh", "-c", 'ulimit -n 20; exec "$@"', "sh"], ["ulimit -Hn"]),
                        (hidden("/sys/kernel/btf"), ["CONFIG_DEBUG_INFO_BTF"]), (hidden("/sys/kernel/security", "confidentiality"), ["locked down"]),
                        (root + ["-sys_resource"], None), (root + ["-all,+bpf,+perfmon"], None),
                        (hidden("/sys/kernel/security", "integrity"), None)):
        p = subprocess.run([*wrap, HINDCAST, "record", "-w", "m.scap.zst", "--", "true"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        err = p.stderr.decode()
        if p.returncode == 77:
            print(f"   ({wrap[-2]}: cannot be hidden here, not tried)")
        elif words is None:
            check(p.returncode == 0, f"{wrap}: {p.returncode}, {err}")
        else:
            check(p.returncode == 125 and all(w in err for w in words) and not os.path.exists("m.scap.zst"), f"{wrap}: {p.returncode}, {err}")
        if os.path.exists("m.scap.zst"):
            os.unlink("m.scap.zst")
    p = record("-q", "--snapshot", "proc", "-w", "m.scap.zst", command=["true"])
    check(p.returncode == 0 and p.err == "", p.err)


def hidden(folder, lockdown=""):
    """A command's beginning: it sees nothing in that folder, or a lockdown file in that state."""
    return ["unshare", "-m", "sh", "-c", f'mount -t tmpfs none {folder} || exit 77; [ -z "$0" ] || echo "none [$0]" >{folder}/lockdown; exec "$@"',
            lockdown]


def case_counts_are_exact_on_two_cpus():
    n = 200000
    for kind, types, names in (("chdir", (CHDIR_X,), "chdir"), ("write", (WRITE_X,), "write"),
                               ("openclose", (3, CLOSE_X, 307), "open, openat, close"), ("fork", (PROCEXIT,), "fork, clone")):
        each = n if kind in ("chdir", "write") else 20000 if kind == "openclose" else 1000
        p = record("-A", "--follow", "-w", "a.scap.zst", "-r", rules(names), command=[STORM, kind, str(each)])
        check(p.returncode == 0, f"{kind}: {p.returncode}, {p.err}")
        recorded, dropped = numbers(p.err)
        seen = collections.Counter(e[0] for e in events("a.scap.zst"))
        check(sum(seen.values()) - seen[ASYNC] == recorded, f"{kind}: the file does not hold the {recorded} events reported")
        got = sum(seen[t] for t in types)
        want = each * (2 if kind == "openclose" else 1)
        lost = sum(sum(o["syscalls"].values()) for name, o in ledger("a.scap.zst") if name == "hindcast.loss")
        check(lost == dropped, f"{kind}: summary says {dropped} dropped, ledger {lost}")
        check(want <= got + dropped <= want + 200, f"{kind}: {got} recorded + {dropped} dropped, issued {want} and a few of the loader")
        if dropped == 0 and kind in ("chdir", "write"):
            check(got == want + (kind == "write" and got - want), f"{kind}: {got} of {want}")
        lint("a.scap.zst")


def case_what_is_shed_is_counted_too():
    n = 1000000
    # In a sanitized build the search for leaks at the end calls getppid too.
    storm = ["env", "ASAN_OPTIONS=detect_leaks=0", STORM, "getppid", str(n)]
    p = record("--all-syscalls", "--ring-size", "16K", "--follow", "-w", "a.scap.zst", command=storm)
    check(p.returncode == 0, f"{p.returncode}, {p.err}")
    got = sum(1 for e in events("a.scap.zst") if e[0] == 1 and struct.unpack_from("<H", e[3], 4)[0] == GETPPID)
    losses = [o for name, o in ledger("a.scap.zst") if name == "hindcast.loss"]
    lost = sum(o["syscalls"].get("getppid", 0) for o in losses)
    check(got + lost == n, f"{got} recorded + {lost} lost or shed, of {n}")
    changes = [o for name, o in ledger("a.scap.zst") if name == "hindcast.selection"]
    if any("shed" in cause for o in losses for cause in o["cpus"].values()):
        check(any(o["reason"] == "shed" and "getppid" in o["removed"] for o in changes), "shed, and the ledger does not say so")
    p = record("--all-syscalls", "--ring-size", "16K", "--no-shed", "-w", "a.scap.zst", command=[STORM, "getppid", "100000"])
    check(p.returncode == 0 and "shed" not in p.err, p.err)


def case_follow_leaves_others_out():
    other = subprocess.Popen(["sh", "-c", "while :; do cd /; cd /tmp; done"])
    try:
        p = record("--follow", "-w", "a.scap.zst", command=["sh", "-c", "cd /; sh -c 'cd /etc' & wait"])
    finally:
        other.kill()
        other.wait()
    check(p.returncode == 0, p.err)
    seen = [e for e in events("a.scap.zst")]
    check(any(e[0] == CHDIR_X for e in seen), "nothing of the command was recorded")
    check(not any(e[2] == other.pid for e in seen), "an outsider was recorded")
    check(len({e[2] for e in seen if e[0] == CHDIR_X}) == 2, "a descendant is missing")


def case_a_killed_recorder_leaves_its_frames():
    p = subprocess.Popen([HINDCAST, "record", "-w", "a.scap.zst", "--", "sh", "-c", "echo $$ >pid; while :; do cd /; cd /tmp; done"])
    until(lambda: os.path.exists("a.scap.zst") and os.path.getsize("a.scap.zst") > 50000, "some frames")
    p.send_signal(signal.SIGKILL)
    p.wait()
    with open("pid") as f:
        os.kill(int(f.read()), signal.SIGKILL)
    check(sum(1 for e in events("a.scap.zst") if e[0] == CHDIR_X) > 1000, "nothing of the run is left")
    with open("whole.scap", "wb") as f:
        f.write(plain("a.scap.zst"))
    lint("whole.scap")


def case_files_rotate_and_each_stands_alone():
    p = record("-w", "r.scap.zst", "-e", "2000", "-W", "3", "--follow", command=["sh", "-c", "for i in 1 2 3 4 5 6; do $0 chdir 20000; $0 fork 50; done", STORM])
    check(p.returncode == 0, p.err)
    files = sorted(f for f in os.listdir(".") if f.startswith("r-"))
    check(len(files) == 3 and files[-1] != "r-000001.scap.zst", f"files left: {files}")
    lint(*files)
    for f in files:
        names = [name for name, _ in ledger(f)]
        check(names[0] == "hindcast.start" and names[-1] == "hindcast.end", f"{f}: ledger {names}")
        count = sum(1 for e in events(f) if e[0] != ASYNC)
        check(count >= 2000 or f == files[-1], f"{f}: {count} events")
    recorded, dropped = numbers(p.err)
    check(recorded + dropped >= 120000, f"{recorded} recorded, {dropped} dropped of 120000")


def case_limits_end_the_recording():
    p = record("-w", "a.scap.zst", "-n", "10", "-r", rules("chdir"), command=["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 0; do cd /; cd /; done; exit 3"])
    check(p.returncode == 3 and numbers(p.err)[0] == 10, f"-n: {p.returncode}, {p.err}")
    lint("a.scap.zst")
    start = time.time()
    p = record("-w", "a.scap.zst", "-M", "1")
    check(p.returncode == 0 and 0.9 < time.time() - start < 30, f"-M: {p.returncode}, {p.err}")
    lint("a.scap.zst")


def case_a_signal_ends_it_or_is_passed_on():
    p = subprocess.Popen([HINDCAST, "record", "-w", "a.scap.zst"], stderr=subprocess.PIPE)
    recording()
    p.send_signal(signal.SIGINT)
    err = p.communicate(timeout=60)[1].decode()
    check(p.returncode == 0, f"SIGINT: {p.returncode}, {err}")
    numbers(err)
    lint("a.scap.zst")
    p = subprocess.Popen([HINDCAST, "record", "-w", "a.scap.zst", "--", "sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.05; touch ready; done"],
                         stderr=subprocess.PIPE)
    until(lambda: os.path.exists("ready"), "the command")
    p.send_signal(signal.SIGTERM)
    p.communicate(timeout=60)
    check(p.returncode == 9, f"SIGTERM to a command that handles it: {p.returncode}")


def case_what_the_shell_has_set_is_respected():
    def under(shell, *args, command=()):
        argv = ["sh", "-c", shell + '; exec "$@"', "sh", HINDCAST, "record", *args, *(["--", *command] if command else [])]
        return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)

    for shell in ("exec >&- 2>&-", "exec <&- >&-", "exec <&- >&- 2>&-"):
        p = under(shell, "-w", "closed.scap.zst", command=["true"])
        check(p.returncode == 0, f"{shell}: {p.returncode}, {p.stderr}")
        lint("closed.scap.zst") # messages are not in it
    p = under("exec >&-", "-w", "-", "-M", "1")
    check(p.returncode == 1 and b"it is closed" in p.stderr, f"{p.returncode}, {p.stderr}")
    p = under("ulimit -Sn 30", "-w", "files.scap.zst", command=["sh", "-c", "ulimit -Sn"])
    check(p.returncode == 0 and p.stdout == b"30\n", f"few descriptors: {p.returncode}, {p.stdout} {p.stderr}")
    p = under("ulimit -f 2000", "-w", "large.scap", "--compress", "none", command=[STORM, "chdir", "20000"])
    check(p.returncode == 125 and b"large.scap" in p.stderr and b"File too large" in p.stderr, f"{p.returncode}, {p.stderr}")
    whole("large.scap")
    p = under('trap "" PIPE; trap "" USR1', "-w", "traps.scap.zst", command=["grep", "SigIgn", "/proc/self/status"])
    check(int(p.stdout.split()[1], 16) & (1 << 12 | 1 << 9) == 1 << 12 | 1 << 9, f"the command's ignored signals: {p.stdout}")


def case_a_terminal_that_is_gone_ends_it_unless_nohup():
    for wrap, survives in (([], False), (["nohup"], True)):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvp((wrap + [HINDCAST])[0], [*wrap, HINDCAST, "record", "-w", "a.scap.zst", "-r", rules("chdir")])
        recording()
        os.close(terminal)
        if survives:
            time.sleep(1)
            check(os.waitpid(pid, os.WNOHANG) == (0, 0), "nohup is not respected")
            os.kill(pid, signal.SIGTERM)
        check(os.waitpid(pid, 0)[1] == 0, "a recording that does not end well")
        lint("a.scap.zst")
        os.unlink("a.scap.zst")


def case_streams_to_standard_output():
    for kind in ("zstd", "gzip", "none"):
        with open("out", "wb") as f:
            p = subprocess.run([HINDCAST, "record", "-w", "-", "--compress", kind, "--", "true"], stdout=f, stderr=subprocess.PIPE)
        check(p.returncode == 0, p.stderr.decode())
        if kind == "gzip":
            subprocess.run("gzip -dc out > o.scap", shell=True, check=True)
            lint("o.scap")
        elif kind == "none":
            os.rename("out", "o.scap")
            lint("o.scap")
        else:
            check(subprocess.run(["zstd", "-tq"], stdin=open("out", "rb")).returncode == 0, "zstd -t")


def case_a_full_disk_leaves_complete_frames():
    os.mkdir("small")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", "small"], stderr=subprocess.DEVNULL).returncode:
        print("   (no tmpfs can be mounted here: not tried)")
        return
    try:
        p = record("-w", "small/a.scap.zst", "--min-free", "0", "--compress", "none", "--follow", command=["sh", "-c", "sleep 2; " + STORM + " chdir 400000; exit 4"])
        check(p.returncode == 125 and "small/a.scap.zst" in p.err, f"{p.returncode}, {p.err}")
        shutil.copy("small/a.scap.zst", "cut.scap")
        left = sum(1 for e in events("cut.scap") if e[0] != ASYNC)
        m = re.search(r"(\d+) events recorded, (\d+) dropped, (\d+) not written", p.err)
        check(m and int(m.group(1)) == left > 0 and int(m.group(3)) > 0, f"{left} events are left; {p.err}")
        p = record("-w", "small/b.scap.zst", "--min-free", "100M", "-M", "20")
        check(p.returncode == 1 and "--min-free" in p.err and not os.path.exists("small/b.scap.zst"), f"reserve: {p.returncode}, {p.err}")
        os.unlink("small/a.scap.zst")
        p = record("-w", "small/c.scap", "--min-free", "1500K", "--compress", "none", "--follow", command=[STORM, "chdir", "40000", "3000"])
        check(p.returncode == 125 and "--min-free" in p.err and "not written" not in p.err, f"reserve: {p.returncode}, {p.err}")
        lint("small/c.scap")
        check(list(ledger("small/c.scap"))[-1][1]["reason"] == "file system full", "the file does not say why it ends")
    finally:
        subprocess.run(["umount", "small"])


def case_a_deleted_file_is_followed_by_another():
    p = subprocess.Popen([HINDCAST, "record", "-w", "a.scap.zst", "--follow", "--", "sh", "-c",
                          "while [ ! -e done ]; do cd .; : >round; sleep 0.1; done"], stderr=subprocess.PIPE)
    recording()
    os.unlink("a.scap.zst")
    recording()
    for _ in range(2): # the second round begins after the file
        with contextlib.suppress(FileNotFoundError):
            os.unlink("round")
        until(lambda: os.path.exists("round"), "another round")
    open("done", "w").close()
    err = p.communicate(timeout=60)[1].decode()
    check(p.returncode == 0 and "deleted a.scap.zst" in err, f"{p.returncode}, {err}")
    lint("a.scap.zst")
    check(any(e[0] == CHDIR_X for e in events("a.scap.zst", again=False)), "nothing is in the other file")


def case_the_ledger_says_what_was_recorded():
    p = record("-w", "a.scap.zst", "-s", "123", "--follow", command=[STORM, "chdir", "2000"])
    check(p.returncode == 0, p.err)
    entries = dict(ledger("a.scap.zst"))
    check(set(entries) >= {"hindcast.start", "hindcast.selection", "hindcast.snapshot", "hindcast.cost", "hindcast.end"}, entries.keys())
    cost = entries["hindcast.cost"]
    check(0 < cost["bpf_ns"] < cost["to_ns"] - cost["from_ns"] and
          0 < cost["recorder_cpu_ns"] < os.cpu_count() * (cost["to_ns"] - cost["from_ns"]), cost)
    check(entries["hindcast.start"]["snaplen"] == 123 and entries["hindcast.start"]["filter"]["follow"], entries["hindcast.start"])
    check("execve" in entries["hindcast.selection"]["syscalls"], entries["hindcast.selection"])
    check(entries["hindcast.end"]["events"] == numbers(p.err)[0], entries["hindcast.end"])
    first = next(events("a.scap.zst"))
    check(first[0] == ASYNC, "the ledger's first entries stand before the events")


def case_what_rules_ask_for_in_vain_is_said():
    base = ("-o", "base_syscalls.custom_set=[clone, nosuch]")
    p = record("-w", "a.scap.zst", "-r", rules("read, openat"), *base, command=["true"])
    check(p.returncode == 0 and "are not activated" in p.err and "(unsupported-evttype): read\n" in p.err and ": nosuch\n" in p.err, p.err)
    for options in (("-A", "-r", "rules.yaml"), ("-q", "-r", "rules.yaml", *base)):
        p = record("-w", "a.scap.zst", *options, command=["true"])
        check(p.returncode == 0 and "warning" not in p.err, f"{options}: {p.err}")


def case_enter_events_can_be_left_out():
    for options, some, ways in (((), True, ("functions", "tracepoints", "sys_enter")), (("--no-enter-events",), False, ("none",))):
        p = record("-w", "a.scap.zst", "--follow", "-r", rules("openat"), *options, command=["cat", "/dev/null"])
        check(p.returncode == 0, p.err)
        types = [e[0] for e in events("a.scap.zst")]
        check(OPENAT_X in types and (OPENAT_E in types) == some, f"{options}: {types}")
        way = dict(ledger("a.scap.zst"))["hindcast.start"]["enter_events"]
        check(way in ways, f"{options}: {way}")


def case_the_snapshot_says_where_it_comes_from():
    sleeper = subprocess.Popen(["sleep", "100"])
    try:
        for source in ("bpf", "proc"):
            name = source + ".scap.zst"
            p = record("-w", name, "--snapshot", source, "-e", "40", command=["sh", "-c", "for i in 1 2 3 4 5 6; do /bin/true; sleep 0.2; done"])
            check(p.returncode == 0, p.err)
            files = sorted(f for f in os.listdir(".") if f.startswith(source))
            check(len(files) > 1, "no second file, which is made with fewer privileges")
            lint(*files)
            for f in files:
                entry = dict(ledger(f))["hindcast.snapshot"]
                check(entry["source"] == source and "source_why" not in entry, f"{f}: {entry}")
                check(entry["threads"] > 1 and entry["fds"] > 3, f"{f}: {entry}")
    finally:
        sleeper.kill()
    p = record("-w", "x.scap.zst", "--snapshot", "nowhere", command=["true"])
    check(p.returncode == 2 and "--snapshot is auto" in p.err, p.err)
    env = dict(os.environ, HOST_ROOT=os.getcwd() + "/host")
    os.makedirs("host")
    os.symlink("/proc", "host/proc")
    p = record("-w", "y.scap.zst", command=["true"], env=env)
    check(p.returncode == 0 and dict(ledger("y.scap.zst"))["hindcast.snapshot"]["source"] == "bpf", p.err)
    os.unlink("host/proc")
    os.makedirs("host/proc/self")
    with open("host/proc/self/status", "w") as f:
        f.write("NSpid:\t4711\t1\n")
    p = record("-w", "z.scap.zst", command=["true"], env=env)
    entry = dict(ledger("z.scap.zst"))["hindcast.snapshot"]
    check(p.returncode == 0 and entry["source"] == "proc" and "pid namespace" in entry["source_why"], entry)


def case_the_flight_recorder_saves_the_past_and_what_follows():
    # The command's halves last five seconds or more each, on the slowest machine too; it says when the first is over.
    os.mkdir("out")
    p = subprocess.Popen([HINDCAST, "record", "--flight", "4s", "-w", "out/f.scap.zst", "--", "sh", "-c",
                          'for half in 1 2; do i=0; while [ $i -lt 50 ]; do cd .; sleep 0.1; i=$((i+1)); done; : >half; done'],
                         stderr=subprocess.PIPE)
    until(lambda: os.path.exists("half"), "the first half to be over")
    os.chdir("out")
    check(os.listdir(".") == [], f"files before anything was saved: {os.listdir('.')}")
    p.send_signal(signal.SIGUSR2)
    err = p.communicate(timeout=60)[1].decode()
    check(p.returncode == 0 and "saved out/f-000001.scap.zst" in err, err)
    check(os.listdir(".") == ["f-000001.scap.zst"], f"files: {os.listdir('.')}")
    lint("f-000001.scap.zst")
    shown = [e for e in events("f-000001.scap.zst") if e[0] == CHDIR_X]
    span = (shown[-1][1] - shown[0][1]) / 1e9
    check(6 < span < 12, f"{span} s of events were saved")
    check([o["reason"] for name, o in ledger("f-000001.scap.zst") if name == "hindcast.trigger"] == ["SIGUSR2"], "no trigger in the ledger")


def case_privileges_end_before_the_command_begins():
    p = record("-w", "a.scap.zst", command=["sh", "-c", "cat /proc/$PPID/task/*/status; exec cat /proc/self/status"])
    caps = re.findall(rb"CapEff:\s*(\w+)", p.stdout)
    check(p.returncode == 0 and len(caps) >= 2, p.err)
    check(all(int(c, 16) == 1 << 5 for c in caps[:-1]), f"the recorder keeps {caps[:-1]}, not CAP_KILL alone")
    check(int(caps[-1], 16) == int(re.search(r"CapEff:\s*(\w+)", open("/proc/self/status").read()).group(1), 16),
          "the command has lost privileges")


def case_rules_are_reloaded_in_place():
    def changes():
        return [o for name, o in ledger("a.scap.zst") if name == "hindcast.selection"]

    rules("chdir")
    log = open("log", "w+")
    p = subprocess.Popen([HINDCAST, "record", "-w", "a.scap.zst", "-r", "rules.yaml"], stderr=log)
    recording()
    rules("chdir, getppid")
    until(lambda: changes()[-1].get("added") == ["getppid"], "the changed file to be read")
    check(changes()[-1]["reason"] == "reload" and changes()[-1]["why"] == "rule files changed", changes()[-1])
    with open("rules.yaml", "w") as f:
        f.write("- rule: broken\n")
    until(lambda: "not used" in open("log").read(), "the complaint about a broken file")
    rules("chdir, getppid, getpid")
    p.send_signal(signal.SIGHUP)
    until(lambda: changes()[-1].get("added") == ["getpid"] or changes()[-2].get("added") == ["getpid"], "SIGHUP to be obeyed")
    p.send_signal(signal.SIGTERM)
    check(p.wait(60) == 0, f"{p.returncode}")
    lint("a.scap.zst")


def others():
    """Become nobody, in the child of a subprocess call."""
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    os.umask(0)


def stopped(p):
    p.send_signal(signal.SIGTERM)
    err = p.communicate(timeout=60)[1].decode()
    check(p.returncode == 0, f"{p.returncode}, {err}")
    return err


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def case_two_recorders_spare_each_others_files():
    for args, first in ((["-w", "a.scap.zst"], "a.scap.zst"), (["-w", "b.scap.zst", "-C", "1G"], "b-000001.scap.zst")):
        one = subprocess.Popen([HINDCAST, "record", *args], stderr=subprocess.PIPE)
        recording(first)
        inode = os.stat(first).st_ino
        two = record(*args, "-M", "5")
        check(two.returncode == 1 and "another recorder is writing" in two.err, f"{two.returncode}, {two.err}")
        stopped(one)
        check(os.stat(first).st_ino == inode, "the file was exchanged")
        lint(first)
        three = record(*args, "-M", "1")
        check(three.returncode == 0, f"after its end: {three.err}")


def case_what_was_in_a_file_appended_to_stays():
    before = os.urandom(1000000)
    with open("out", "wb") as f:
        f.write(before)
    sh = "ulimit -f 2000; exec $0 record --all-syscalls --compress none -w - -- sh -c 'for i in $(seq 3000); do /bin/true; done' >>out"
    p = subprocess.run(["bash", "-c", sh, HINDCAST], stderr=subprocess.PIPE, timeout=120) # in KiB, where sh may count in half ones
    check(p.returncode == 125 and b"File too large" in p.stderr, f"{p.returncode}, {p.stderr}")
    with open("out", "rb") as f:
        check(f.read(len(before)) == before, "what was there is gone")
        with open("rest.scap", "wb") as rest:
            rest.write(f.read())
    whole("rest.scap")


def case_what_others_could_have_put_there_is_not_opened():
    os.chmod(".", 0o755)
    os.mkdir("public")
    os.chmod("public", 0o1777)
    subprocess.run(["mkfifo", "public/a.scap", "public/m.new"], check=True, preexec_fn=others)
    p = record("-w", "public/a.scap", "--compress", "none", "-M", "1")
    check(p.returncode == 1 and "another user" in p.err, f"{p.returncode}, {p.err}")
    p = record("-w", "b.scap", "--metrics", "public/m", "-M", "7") # nobody reads the pipe m.new
    check(p.returncode == 0 and "hindcast_record_events_total" in open("public/m").read(), f"{p.returncode}, {p.err}")
    p = subprocess.Popen([HINDCAST, "record", "-w", "public/c.scap", "-G", "2", "-C", "1G", "--compress", "none"], stderr=subprocess.PIPE)
    recording("public/c-000001.scap")
    subprocess.run(["mkfifo", "public/c-000002.scap"], check=True, preexec_fn=others)
    recording("public/c-000003.scap") # the next that is free
    stopped(p)
    lint("public/c-000001.scap", "public/c-000003.scap")


def case_a_directory_of_somebody_else_is_written_to_again():
    os.mkdir("home")
    os.chown("home", 12345, 12345)
    p = subprocess.Popen([HINDCAST, "record", "-w", "home/a.scap.zst", "--metrics", "home/m"], stderr=subprocess.PIPE)
    recording("home/a.scap.zst")
    os.unlink("home/a.scap.zst")
    recording("home/a.scap.zst")
    until(lambda: os.path.exists("home/m"), "the metrics")
    check("deleted home/a.scap.zst" in stopped(p), "nothing is said")
    lint("home/a.scap.zst")


def case_metrics_come_back():
    os.mkdir("m") # cannot be replaced by a file
    p = subprocess.Popen([HINDCAST, "record", "-w", "a.scap.zst", "--metrics", "m"], stderr=open("log", "w"))
    until(lambda: "tries again" in open("log").read(), "the complaint")
    os.rmdir("m")
    until(lambda: os.path.isfile("m"), "the metrics")
    p.send_signal(signal.SIGTERM)
    check(p.wait(60) == 0 and open("log").read().count("metrics") == 1, open("log").read())
    for args in (["--metrics", "c", "--control", "c"], ["--metrics", "unix:c", "--control", "c"], ["--metrics", "a.scap.zst"]):
        check(record("-w", "a.scap.zst", *args).returncode == 2, args)


def case_a_command_that_goes_on_alone_costs_nothing():
    rules("chdir")
    p = subprocess.Popen([HINDCAST, "record", "-r", "rules.yaml", "-w", "a.scap", "-e", "1", "-M", "1", "--control", "ctl", "--", "sleep", "9"],
                         stderr=open("log", "w"))
    until(lambda: "still runs" in open("log").read(), "the end of the recording")
    rules("chdir, getppid") # a reason to reload, but for whom?
    used = cpu_seconds(p.pid)
    asked = subprocess.run([HINDCAST, "control", "-t", "5", "ctl", "status"], stderr=subprocess.PIPE)
    check(asked.returncode == 1 and b"no such socket" in asked.stderr, asked.stderr)
    time.sleep(2)
    used = cpu_seconds(p.pid) - used
    check(p.wait(60) == 0 and used < 0.2, f"{used} s of CPU time in 2 s")


def case_stopped_before_the_command_began_is_125():
    p = subprocess.Popen([HINDCAST, "record", "-w", "a.scap", "--", "touch", "ran"], stderr=subprocess.PIPE)
    until(lambda: any("signalfd" in os.readlink(f"/proc/{p.pid}/fd/{n}") for n in os.listdir(f"/proc/{p.pid}/fd")), "the signals to be taken")
    p.send_signal(signal.SIGTERM)
    p.communicate(timeout=60)
    check(p.returncode == (0 if os.path.exists("ran") else 125), p.returncode)


def case_a_ring_of_times_counts_earlier_recordings():
    for name in "t-mine.scap", "t-5.scapx":
        open(name, "w").close()
    for _ in range(2):
        p = record("-w", "t-%s.scap", "--compress", "none", "-G", "1", "-W", "2", "-M", "4")
        check(p.returncode == 0, p.err)
        files = sorted(os.listdir("."))
        check(len(files) == 4 and files[2:] == ["t-5.scapx", "t-mine.scap"], files)
        lint(*files[:2])


def case_in_a_pid_name_space_it_says_what_it_cannot_do():
    inside = ["unshare", "--pid", "--fork"] # but with the host's /proc
    p = subprocess.run([*inside, HINDCAST, "record", "-w", "a.scap", "--follow", "--", "true"], stderr=subprocess.PIPE)
    check(p.returncode == 2 and b"--pid=host" in p.stderr, f"{p.returncode}, {p.stderr}")
    p = subprocess.Popen([*inside, HINDCAST, "record", "-w", "a.scap", "--compress", "none", "--all-syscalls", "-M", "3"], stderr=subprocess.PIPE)
    recording("a.scap")
    with open(f"/proc/{p.pid}/task/{p.pid}/children") as f:
        recorder = int(f.read())
    p.communicate(timeout=60)
    own = sum(1 for e in events("a.scap") if e[2] == recorder and e[0] != ASYNC)
    check(p.returncode == 0 and own == 0, f"{p.returncode}, {own} events of its own")


sys.exit(main(globals(), at_once=2)) # they wait much of the time
