#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The flight recorder's ways to be told, on this kernel and from outside: the live replay of --trigger, the control socket; and
the metrics' socket.

  trigger.py HINDCAST STORM [CASE...]

recorder.py says what is needed and how captures are read here."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

from recorder import ASYNC, HINDCAST, STORM, check, events, ledger, lint, main, plain, record, rules, until

TRIGGER = "- rule: %s\n  desc: x\n  condition: evt.type in (open, openat, openat2, creat) and fd.name endswith %s\n  output: x\n  priority: %s\n"


def triggers(path):
    return [o for name, o in ledger(path) if name == "hindcast.trigger"]


def marks(path, name):
    """Times of the events in which that name is a parameter."""
    return [ts for etype, ts, _, body in events(path) if etype != ASYNC and name.encode() in body]


def live_replays(of):
    """Processes of the live replay that a recorder has started."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                argv = f.read().split(b"\0")
            with open(f"/proc/{pid}/stat") as f:
                parent = int(f.read().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError):
            continue
        if parent == of and b"--live" in argv:
            found.append(int(pid))
    return found


def start(*args):
    log = open("log", "w+")
    return subprocess.Popen([HINDCAST, "record", *args], stderr=log, stdout=subprocess.DEVNULL)


def log_has(text):
    with open("log") as f:
        return text in f.read()


def ask(*words):
    p = subprocess.run([HINDCAST, "control", "ctl", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return p.returncode, json.loads(p.stdout or b"{}")


def status(key):
    return ask("status")[1].get(key)


def scrape(http=False):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(60)
    s.connect("met")
    if http:
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    got = b""
    while True:
        part = s.recv(65536)
        if not part:
            return got
        got += part


def case_an_alert_saves_what_was_before_it():
    with open("t.yaml", "w") as f:
        f.write(TRIGGER % ("marker opened", "the-marker", "WARNING") + TRIGGER % ("too mild", "mild-marker", "NOTICE"))
    p = start("--flight", "4s", "-w", "f.scap.zst", "-r", rules("chdir"), "--trigger", "t.yaml", "--trigger-priority", "warning",
              "--control", "ctl", "--metrics", "unix:met")
    until(lambda: os.path.exists("ctl") and status("events"), "the recording to begin")
    open("before-it", "w").close()
    open("mild-marker", "w").close()
    until(lambda: status("events") > 0 and b"live_up 1" in scrape(), "the live replay")
    time.sleep(1)
    check(not [f for f in os.listdir(".") if f.startswith("f-")], "saved without a reason")
    when = time.time_ns()
    open("the-marker", "w").close()
    until(lambda: status("saves") == 1, "the alert")
    open("after-it", "w").close()
    until(lambda: not status("saving"), "the end of the save")
    ask("stop")
    check(p.wait(60) == 0 and log_has('because of rule marker opened'), open("log").read())
    saved = "f-000001.scap.zst"
    lint(saved)
    for name in ("before-it", "mild-marker", "the-marker", "after-it"):
        check(marks(saved, name), f"{name} is not in the saved file")
    check(min(marks(saved, "before-it")) < min(marks(saved, "the-marker")), "nothing from before the alert")
    t = triggers(saved)
    check(len(t) == 1 and t[0]["reason"] == "alert" and t[0]["rule"] == "marker opened" and t[0]["priority"] == "Warning", t)
    check(t[0]["event_ns"] in marks(saved, "the-marker") and abs(t[0]["event_ns"] - when) < 60e9, t)
    live = [o for name, o in ledger(saved) if name == "hindcast.live"]
    check(live and live[0]["state"] == "running" and live[0]["rules"] == ["t.yaml"], live)
    check("seccomp=1" not in live[0]["confinement"] or "uid=65534" in live[0]["confinement"], live)
    check(not os.path.exists("ctl") and not os.path.exists("met"), "sockets are left")


def case_the_commands_last_act_still_triggers():
    with open("t.yaml", "w") as f:
        f.write(TRIGGER % ("marker opened", "the-marker", "CRITICAL"))
    p = record("--flight", "60s", "-w", "f.scap.zst", "--trigger", "t.yaml", command=["touch", "the-marker"])
    check(p.returncode == 0 and "saved f-000001.scap.zst" in p.err, p.err)
    lint("f-000001.scap.zst")
    check(marks("f-000001.scap.zst", "the-marker") and triggers("f-000001.scap.zst")[0]["rule"] == "marker opened", p.err)


def case_without_its_live_replay_the_recording_goes_on():
    with open("t.yaml", "w") as f:
        f.write(TRIGGER % ("marker opened", "the-marker", "CRITICAL"))
    p = start("--flight", "4s", "-w", "f.scap.zst", "--trigger", "t.yaml", "--control", "ctl")
    until(lambda: os.path.exists("ctl") and status("events"), "the recording to begin")
    live = live_replays(p.pid)
    check(len(live) == 1, f"live replays: {live}")
    os.kill(live[0], signal.SIGKILL)
    until(lambda: log_has("was killed by signal 9"), "the recorder to notice")
    before = status("events")
    until(lambda: status("events") > before, "more events")
    code, answer = ask("save", "after", "the", "end")
    check(code == 0 and answer["file"] == "f-000001.scap.zst", answer)
    until(lambda: not status("saving"), "the end of the save")
    ask("stop")
    check(p.wait(60) == 0, open("log").read())
    lint("f-000001.scap.zst")
    states = [o["state"] for name, o in ledger("f-000001.scap.zst") if name == "hindcast.live"]
    check("ended" in states, f"the ledger says {states}")


def case_a_live_replay_that_hangs_holds_nothing_up():
    with open("t.yaml", "w") as f:
        f.write(TRIGGER % ("marker opened", "the-marker", "CRITICAL"))
    p = start("--flight", "10m", "-w", "f.scap.zst", "-r", rules("chdir"), "--trigger", "t.yaml", "--control", "ctl", "--no-shed")
    until(lambda: os.path.exists("ctl") and status("events"), "the recording to begin")
    live = live_replays(p.pid)[0]
    os.kill(live, signal.SIGSTOP)
    try:
        # more than what is kept for it
        until(lambda: not subprocess.run([STORM, "chdir", "1000000"]).returncode and status("live")["left_out"], "its stream to be cut")
        check(status("live")["running"], "a reader that stands still is not dead")
    finally:
        os.kill(live, signal.SIGCONT)
    open("the-marker", "w").close()
    until(lambda: open("the-marker", "w").close() or status("saves"), "an alert, once it has caught up")
    ask("stop")
    check(p.wait(60) == 0, open("log").read())
    saved = "f-000001.scap.zst" # millions of events: not for the lint, which takes its time over each
    left_out = sum(o["left_out"] for name, o in ledger(saved) if name == "hindcast.live" and o["state"] == "behind")
    check(left_out > 0 and triggers(saved)[0]["rule"] == "marker opened", f"{left_out} left out, {triggers(saved)}")
    recorded = sum(1 for e in events(saved, again=False) if e[0] != ASYNC)
    m = re.search(r"(\d+) events recorded", open("log").read())
    check(m and int(m.group(1)) == recorded, f"{recorded} events in the file, all told {m and m.group(1)}")


def case_rules_of_a_trigger_that_do_not_load_are_told_at_once():
    with open("t.yaml", "w") as f:
        f.write("- rule: broken\n  desc: x\n  condition: proc.nam = x\n  output: x\n  priority: INFO\n")
    p = record("--flight", "60s", "-w", "f.scap.zst", "--trigger", "t.yaml")
    check(p.returncode == 3 and "t.yaml:3" in p.err and "proc.nam" in p.err, f"{p.returncode}: {p.err}")
    with open("t.yaml", "w") as f:
        f.write(TRIGGER % ("marker opened", "the-marker", "INFO"))
    p = record("--flight", "60s", "-w", "f.scap.zst", "--trigger", "t.yaml", "--trigger-priority", "alert")
    check(p.returncode == 3 and "could ever raise an alert" in p.err, f"{p.returncode}: {p.err}")
    check(os.listdir(".") == ["t.yaml"], os.listdir("."))


def case_the_control_socket_does_what_it_is_asked():
    p = start("--flight", "4s", "-w", "f.scap.zst", "-r", rules("chdir"), "--control", "ctl")
    until(lambda: os.path.exists("ctl") and status("events"), "the recording to begin")
    check(os.stat("ctl").st_mode & 0o777 == 0o600, oct(os.stat("ctl").st_mode))
    code, answer = ask("save", "suspicious", "login")
    check(code == 0 and answer == {"ok": True, "file": "f-000001.scap.zst", "extended": False}, answer)
    code, answer = ask("save")
    check(code == 0 and answer["extended"], answer)
    rules("chdir, getppid")
    code, answer = ask("reload")
    check(code == 0 and answer == {"ok": True}, answer)
    with open("rules.yaml", "w") as f:
        f.write("- rule: broken\n")
    code, answer = ask("reload")
    check(code == 1 and not answer["ok"], answer)
    code, answer = ask("sing")
    check(code == 1 and "unknown request" in answer["error"], answer)
    check(ask("stop") == (0, {"ok": True}), "stop")
    check(p.wait(60) == 0, open("log").read())
    lint("f-000001.scap.zst")
    t = triggers("f-000001.scap.zst")
    check([o["reason"] for o in t] == ["control", "control"] and t[0]["text"] == "suspicious login" and "text" not in t[1], t)
    check(t[0]["uid"] == 0 and t[0]["pid"] > 1, t)
    changes = [o for name, o in ledger("f-000001.scap.zst") if name == "hindcast.selection"]
    check(any(o["reason"] == "reload" and o["why"] == "control" for o in changes), changes)
    p = subprocess.run([HINDCAST, "control", "ctl", "status"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(p.returncode == 1 and b"no such socket" in p.stderr, p.stderr)


def case_what_is_being_saved_survives_a_kill():
    p = start("--flight", "10m", "-w", "f.scap.zst", "--control", "ctl")
    until(lambda: os.path.exists("ctl") and status("events"), "the recording to begin")
    open("before-it", "w").close()
    until(lambda: ask("save", "x")[0] == 0, "a save")
    open("after-it", "w").close()
    saved = "f-000001.scap.zst"
    until(lambda: os.path.exists(saved) and marks(saved, "after-it"), "what follows to reach the file")
    p.send_signal(signal.SIGKILL)
    p.wait()
    check(marks(saved, "before-it") and triggers(saved)[0]["text"] == "x", "not saved")
    with open("whole.scap", "wb") as f:
        f.write(plain(saved))
    lint("whole.scap")


def case_saves_have_a_size_and_a_number_and_spare_older_ones():
    for n in 1, 2:
        with open(f"f-00000{n}.scap.zst", "w") as f:
            f.write("of another day")
    p = start("--flight", "10m", "-C", "1", "-W", "4", "-w", "f.scap.zst", "--control", "ctl")
    until(lambda: os.path.exists("ctl") and status("events"), "the recording to begin")
    for n in (1, 2, 3):
        until(lambda: status("saving") is False, "the end of a save")
        code, answer = ask("save", f"no {n}")
        check(code == 0 and not answer["extended"], answer)
    until(lambda: status("saving") is False, "the end of a save")
    ask("stop")
    check(p.wait(60) == 0, open("log").read())
    files = sorted(f for f in os.listdir(".") if f.startswith("f-"))
    check(files == [f"f-00000{n}.scap.zst" for n in (2, 3, 4, 5)], files)
    check(open(files[0]).read() == "of another day", "an older file was overwritten")
    lint(*files[1:])
    check("no 3" in [o["text"] for o in triggers(files[3])], triggers(files[3]))


def case_metrics_are_served_to_everybody():
    p = start("-w", "a.scap.zst", "-r", rules("chdir"), "--metrics", "unix:met", "--control", "ctl")
    until(lambda: os.path.exists("ctl") and status("events"), "the recording to begin")
    text = scrape()
    check(text.startswith(b"# HELP hindcast_record_events_total") and b'lost_events_total{cpu="0"' in text, text[:200])
    web = scrape(http=True)
    check(web.startswith(b"HTTP/1.0 200 OK\r\n") and b"\r\n\r\n# HELP" in web, web[:200])
    code, answer = ask("save")
    check(code == 1 and "--flight" in answer["error"], answer)
    check(ask("stop")[0] == 0 and p.wait(60) == 0, open("log").read())
    lint("a.scap.zst")


def case_a_deleted_save_is_missed():
    p = start("--flight", "10m", "-w", "f.scap.zst", "--control", "ctl")
    until(lambda: os.path.exists("ctl") and status("events"), "the recording to begin")
    check(ask("save", "one")[0] == 0, "no save")
    until(lambda: os.path.exists("f-000001.scap.zst"), "the file")
    os.unlink("f-000001.scap.zst")
    until(lambda: log_has("deleted f-000001.scap.zst"), "the loss to be noticed")
    code, answer = ask("save", "two")
    check(code == 0 and not answer["extended"], answer)
    until(lambda: os.path.exists(answer["file"]), "the other file")
    ask("stop")
    check(p.wait(60) == 0, open("log").read())
    lint(answer["file"])


sys.exit(main(globals())) # one at a time: a trigger watches the whole host
