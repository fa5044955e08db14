#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An independent reader of captures that complains: every rule of scap-format.md 17.1 (what a writer must do), the
limits of 2.7, and hindcast's own promises about zstd frames. It shares no code with hindcast; the event schema comes
from common/events.def and flags.def, which tests/style compares with the reference.

  scap-lint.py [OPTION]... FILE...     plain, or .zst (frames are checked, then `zstd -t` and `zstd -dc` are used)
    --converted    a re-written capture of other tools: what the original lacked may be missing (parameters at the
                   end, threads, boot time, times of meta events)
    --unordered    time stamps may go back
    --quiet        print problems only
  scap-lint.py --self-test             the linter on good and on broken captures made here
  scap-lint.py --small-file FILE       writes the small capture of scap-format.md 17.3, for tests

Exit: 0 clean, 1 problems, 2 usage or unreadable."""
import collections
import os
import re
import struct
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SHB, MI, PL9, FDL2, IL2, UL2 = 0x0A0D0D0A, 0x201, 0x215, 0x218, 0x219, 0x220
EV2, EVF2, EV2L, EVF2L = 0x216, 0x217, 0x221, 0x222
EVENTS = {EV2, EVF2, EV2L, EVF2L}
BLOCKS = {SHB: "SHB", MI: "MI", PL9: "PL V9", FDL2: "FDL V2", IL2: "IL V2", UL2: "UL V2", EV2: "EV V2", EVF2: "EVF V2",
          EV2L: "EV V2 LARGE", EVF2L: "EVF V2 LARGE"}
# Order of the lists before the first event (3.1).
RANK = {SHB: 0, MI: 1, IL2: 2, UL2: 3, PL9: 4, FDL2: 5}
LARGE_TYPES = {322, 324, 402}
# Old types a writer may still write: enter events that come out of the conversion (13.5).
OLD_ALLOWED = {2, 22, 58, 292, 306, 326, 330}
FIXED = {"INT8": 1, "INT16": 2, "INT32": 4, "INT64": 8, "UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8, "ERRNO": 8,
         "FD": 8, "PID": 8, "SYSCALLID": 2, "SIGTYPE": 1, "RELTIME": 8, "ABSTIME": 8, "PORT": 2, "L4PROTO": 1,
         "SOCKFAMILY": 1, "BOOL": 4, "IPV4ADDR": 4, "FLAGS8": 1, "FLAGS16": 2, "FLAGS32": 4, "UID": 4, "GID": 4,
         "DOUBLE": 8, "SIGSET": 4, "IPV4NET": 8, "IPV6ADDR": 16, "IPV6NET": 32, "MODE": 4, "ENUMFLAGS8": 1,
         "ENUMFLAGS16": 2, "ENUMFLAGS32": 4, "FD32": 4, "PID32": 4}
STRINGS = {"CHARBUF", "FSPATH", "FSRELPATH"}
DYN_SIZES = {"sockopt_dynamic_param": {0: None, 1: 8, 2: 4, 3: 8, 4: 8}, "ptrace_dynamic_param": {0: 8, 1: 1},
             "bpf_dynamic_param": {0: 8, 1: 8}, "keyctl_dynamic_param": {0: 8, 1: None}}
# Sets whose values are made by a mapping, so that no other bit can occur; the rest are copied from the caller.
MAPPED = {"file_flags", "clone_flags", "umount_flags", "unlinkat_flags", "access_flags", "chmod_mode", "prot_flags",
          "mmap_flags", "eventfd2_flags", "pipe2_flags", "memfd_create_flags", "linkat_flags"}
SHOWN = 5  # problems of one kind printed per file


class Schema:
    def __init__(self):
        self.events, self.sets = {}, {}
        text = self.read("events.def")
        for m in re.finditer(r'^HC_EVENT\((\d+), (\w+), "([^"]*)", ([^"]*?), (\d+),(.*?)\)$', text, re.M | re.S):
            flags = set(re.findall(r"EF_\w+", m.group(4)))
            params = []
            for p in re.finditer(r'\bP([SD]?)\("([^"]*)", PT_(\w+), \w+(?:, (\w+))?\)', m.group(6)):
                params.append((p.group(2), p.group(3), p.group(4) if p.group(1) == "S" else None))
            assert len(params) == int(m.group(5)), m.group(2)
            self.events[int(m.group(1))] = (m.group(2), flags, params)
        assert len(self.events) == 454, len(self.events)
        for m in re.finditer(r"#define HC_FLAGSET_(\w+)\(X\)((?:[^\n]*\\\n)*[^\n]*)", self.read("flags.def")):
            union = 0
            for v in re.findall(r"X\(\w+, *(-?\w+)\)", m.group(2)):
                union |= int(v, 0)
            self.sets[m.group(1)] = union

    @staticmethod
    def read(name):
        with open(os.path.join(ROOT, "common", name), encoding="utf-8") as f:
            return f.read()


class Broken(Exception):
    """The structure is so wrong that nothing behind it can be checked."""


class Cursor:
    def __init__(self, data, start, end, lint):
        self.data, self.at, self.end, self.lint = data, start, end, lint

    def left(self):
        return self.end - self.at

    def bytes(self, n):
        if n > self.left():
            raise Broken(f"at byte {self.at}: {n} bytes wanted, {self.left()} left in what holds them")
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.bytes(struct.calcsize("<" + form)))[0]

    def str16(self, what, limit):
        n = self.number("H")
        if n > limit:
            self.lint.problem("string too long", self.at, f"{what}: {n} bytes, at most {limit}")
        s = self.bytes(n)
        return s

    def set16(self, what, limit):
        s = self.str16(what, limit)
        if s and s[-1] != 0:
            self.lint.problem("string set without final NUL", self.at, what)
        return s


class Lint:
    def __init__(self, schema, data, converted=False, ordered=True):
        self.schema, self.data = schema, data
        self.converted, self.ordered = converted, ordered
        self.problems = collections.defaultdict(list)
        self.blocks, self.types = collections.Counter(), collections.Counter()
        self.boundaries = set()
        self.sections = 0

    def problem(self, kind, off, text):
        self.problems[kind].append(f"at byte {off}: {text}")

    # -- blocks

    def run(self):
        at, size = 0, len(self.data)
        try:
            if not size:
                raise Broken("the file is empty")
            while at < size:
                self.boundaries.add(at)
                at = self.block(at)
            self.boundaries.add(size)
            self.end_section(size)
        except Broken as e:
            self.problem("structure", at, str(e))
        return self

    def block(self, at):
        if len(self.data) - at < 12:
            raise Broken(f"{len(self.data) - at} bytes left, too few for a block")
        kind, total = struct.unpack_from("<II", self.data, at)
        if kind not in BLOCKS:
            raise Broken(f"block type {kind:#x} is none that a current writer writes")
        if total < 12 or total % 4 or at + total > len(self.data):
            raise Broken(f"{BLOCKS[kind]}: total_length {total} is impossible here")
        trailer = struct.unpack_from("<I", self.data, at + total - 4)[0]
        if trailer != total:
            self.problem("trailer", at, f"{BLOCKS[kind]}: total_length {total}, trailer {trailer}")
        self.blocks[BLOCKS[kind]] += 1
        if kind == SHB:
            if at:
                self.end_section(at)
            self.begin_section(at, total)
        elif not self.sections:
            raise Broken("the first block is no section header")
        elif kind in EVENTS:
            self.event(at, kind, total)
        else:
            if self.in_events:
                raise Broken(f"{BLOCKS[kind]} after the first event of its section")
            if RANK[kind] < self.rank:
                self.problem("order of lists", at, f"{BLOCKS[kind]} too late")
            self.rank = RANK[kind]
            c = Cursor(self.data, at + 8, at + total - 4, self)
            {MI: self.machine, PL9: self.processes, FDL2: self.fds, IL2: self.interfaces, UL2: self.users}[kind](c, at)
            pad = c.bytes(c.left())
            if len(pad) > 3 or any(pad):
                self.problem("padding", at, f"{BLOCKS[kind]}: {len(pad)} bytes behind the body: {pad[:8].hex()}")
        return at + total

    def begin_section(self, at, total):
        body = self.data[at + 8:at + total - 4]
        want = struct.pack("<IHHQ", 0x1A2B3C4D, 1, 2, 2 ** 64 - 1)
        if body != want:
            self.problem("section header", at, f"body {body.hex()}, must be {want.hex()}")
        self.sections += 1
        self.in_events, self.rank = False, 0
        self.tids, self.fd_tids, self.machine_seen, self.ncpus = {}, set(), False, 0
        self.last_ts, self.known, self.events = 0, set(), 0

    def end_section(self, at):
        if not self.events:
            self.problem("section without event", at, "a reader cannot open it")
        if not self.machine_seen:
            self.problem("no machine info", at, "the section has none")

    def machine(self, c, at):
        if c.left() != 180:
            self.problem("machine info", at, f"body of {c.left()} bytes, must be 180")
        self.ncpus = c.number("I")
        memory = c.number("Q")
        c.number("Q")
        host = c.bytes(128)
        name = host.split(b"\0")[0]
        if b"\0" not in host or host[len(name):].strip(b"\0"):
            self.problem("machine info", at, "host name is not one string and zeros")
        boot = c.number("Q")
        if any(c.bytes(24)):
            self.problem("machine info", at, "reserved bytes are not zero")
        if not self.converted and not (self.ncpus and memory and boot):
            self.problem("machine info", at, f"cpus {self.ncpus}, memory {memory}, boot {boot}: none may be 0")
        self.machine_seen = True

    def processes(self, c, at):
        while c.left() >= 4:
            start = c.at
            size = c.number("I")
            if size < 4 or start + size > c.end:
                raise Broken(f"process entry at byte {start}: length {size} leaves the block")
            e = Cursor(self.data, c.at, start + size, self)
            tid, pid, ptid = e.number("q"), e.number("q"), e.number("q")
            e.number("q"), e.number("q")
            for what in ("comm", "exe", "exepath"):
                if b"\0" in e.str16(what, 1024):
                    self.problem("NUL in string", start, f"tid {tid}: {what}")
            e.set16(f"tid {tid}: args", 4096)
            cwd = e.str16("cwd", 1024)
            if not cwd:
                self.problem("empty cwd", start, f"tid {tid}: '/' must be written")
            e.number("q"), e.number("I"), e.bytes(8), e.bytes(12), e.bytes(16)
            e.set16(f"tid {tid}: env", 4096)
            e.bytes(16)
            e.set16(f"tid {tid}: cgroups", 4096)
            e.str16("root", 1024)
            if e.left() != 76:
                self.problem("process entry", start, f"tid {tid}: {e.left()} bytes behind root, must be 76")
            e.bytes(16)
            if e.number("B") > 1:
                self.problem("process entry", start, f"tid {tid}: exe_writable is no boolean")
            if tid in self.tids:
                self.problem("thread listed twice", start, f"tid {tid}")
            if tid <= 0 or pid <= 0 or ptid < -1:
                self.problem("process entry", start, f"tid {tid}, pid {pid}, ptid {ptid}")
            self.tids[tid] = pid
            self.known.add(tid)
            c.at = start + size

    def fds(self, c, at):
        tid = c.number("q")
        if tid not in self.tids:
            self.problem("fd list of unknown thread", at, f"tid {tid}")
        elif tid in self.fd_tids:
            self.problem("two fd lists of one thread", at, f"tid {tid}")
        self.fd_tids.add(tid)
        seen = set()
        while c.left() >= 4:
            start = c.at
            size = c.number("I")
            if size < 4 or start + size > c.end:
                raise Broken(f"fd entry at byte {start}: length {size} leaves the block")
            e = Cursor(self.data, c.at, start + size, self)
            fd, _, kind = e.number("q"), e.number("Q"), e.number("B")
            if self.tids.get(tid, tid) != tid:
                self.problem("fd of no main thread", start, f"tid {tid} fd {fd}")
            if fd < 0 or fd in seen:
                self.problem("fd number", start, f"tid {tid} fd {fd}: negative or twice")
            seen.add(fd)
            sock = {3: 13, 4: 37, 5: 7, 6: 19}.get(kind)
            if sock:
                if e.bytes(sock)[-1] > 5:
                    self.problem("fd entry", start, f"tid {tid} fd {fd}: l4proto above 5")
            elif not 1 <= kind <= 21:
                self.problem("fd entry", start, f"tid {tid} fd {fd}: type {kind}")
                e.at = e.end
            else:
                if kind == 8:
                    e.bytes(16)
                if kind == 16:
                    flags = e.number("I")
                    if flags & ~self.schema.sets["file_flags"]:
                        self.problem("unportable flags", start, f"tid {tid} fd {fd}: open_flags {flags:#x}")
                if b"\0" in e.str16("fd name", 1023):
                    self.problem("NUL in string", start, f"tid {tid} fd {fd}: name")
                if kind == 16:
                    e.number("I")
            if e.left():
                self.problem("fd entry", start, f"tid {tid} fd {fd}: {e.left()} surplus bytes")
            c.at = start + size

    def interfaces(self, c, at):
        last = 0
        while c.left() >= 4:
            start = c.at
            size = c.number("I")
            if start + 4 + size > c.end:
                raise Broken(f"interface entry at byte {start}: length {size} leaves the block")
            e = Cursor(self.data, c.at, c.at + size, self)
            kind, n = e.number("H"), e.number("H")
            if kind not in (1, 2) or n > 1023:
                raise Broken(f"interface entry at byte {start}: type {kind}, name of {n} bytes")
            if kind < last:
                self.problem("order of interfaces", start, "IPv4 entries come first")
            last = kind
            e.bytes({1: 12, 2: 48}[kind])
            e.number("Q")
            e.bytes(n)
            if e.left():
                self.problem("interface entry", start, f"{e.left()} surplus bytes")
            c.at = start + 4 + size

    def users(self, c, at):
        last = 0
        while c.left() >= 4:
            start = c.at
            size = c.number("I")
            if size < 4 or start + size > c.end:
                raise Broken(f"user entry at byte {start}: length {size} leaves the block")
            e = Cursor(self.data, c.at, start + size, self)
            kind = e.number("B")
            if kind > 1 or kind < last:
                self.problem("user entry", start, f"type {kind}: users (0) come before groups (1)")
            last = kind
            e.bytes(8 if kind == 0 else 4)
            for what in ("name", "home", "shell")[:3 if kind == 0 else 1]:
                e.str16(what, 255)
            if e.left():
                self.problem("user entry", start, f"{e.left()} surplus bytes")
            c.at = start + size

    # -- events

    def event(self, at, kind, total):
        flagged, large = kind in (EVF2, EVF2L), kind in (EV2L, EVF2L)
        c = Cursor(self.data, at + 8, at + total - 4, self)
        self.in_events = True
        self.events += 1
        cpu = c.number("H")
        word = c.number("I") if flagged else 0
        if flagged and not word:
            self.problem("EVF block without flags", at, "EV is for that")
        if word & ~1:
            self.problem("flags word", at, f"{word:#x}: only bit 0 is ever stored")
        start = c.at
        ts, tid, length, type_, n = c.number("Q"), c.number("q"), c.number("I"), c.number("H"), c.number("I")
        if type_ not in self.schema.events:
            raise Broken(f"event type {type_}")
        name, flags, params = self.schema.events[type_]
        where = f"{name} of tid {tid}"
        self.types[name] += 1
        width = 4 if type_ in LARGE_TYPES else 2
        if large != (type_ in LARGE_TYPES):
            self.problem("LARGE block", at, f"{where} in {BLOCKS[kind]}")
        if not large and (total > 65544 or length > 65000):
            self.problem("event too big", at, f"{where}: block of {total}, event of {length} bytes")
        if length < 26 + n * width or start + length > at + total - 4:
            raise Broken(f"{where}: len {length} with {n} parameters does not fit its block")
        if total != (8 + 2 + (4 if flagged else 0) + length + 4 + 3) // 4 * 4:
            self.problem("block length", at, f"{where}: total_length {total} for an event of {length}")
        lens = struct.unpack_from(f"<{n}{'I' if width == 4 else 'H'}", self.data, c.at)
        c.at += n * width
        if 26 + n * width + sum(lens) != length:
            self.problem("event length", at, f"{where}: len {length}, parts make {26 + n * width + sum(lens)}")
        pad = self.data[start + length:at + total - 4]
        if any(pad):
            self.problem("padding", at, f"{where}: {pad.hex()}")
        self.header(at, where, cpu, ts, tid, type_, flags)
        if n != len(params) and not (self.converted and n < len(params)):
            self.problem("parameter count", at, f"{where}: {n}, the schema has {len(params)}")
        values = []
        for k in range(min(n, len(params))):
            value = c.bytes(lens[k])
            values.append(value)
            self.param(at, f"{where}: {params[k][0]}", params[k], k, value)
        self.threads(at, where, type_, tid, values)

    def header(self, at, where, cpu, ts, tid, type_, flags):
        if "EF_UNUSED" in flags or ("EF_OLD_VERSION" in flags and type_ not in OLD_ALLOWED):
            self.problem("type not for writing", at, where)
        if self.ncpus and self.ncpus != 0xFFFFFFFF and cpu >= self.ncpus and tid != -1:
            self.problem("cpu number", at, f"{where}: cpu {cpu} of {self.ncpus}")
        if ts == 2 ** 64 - 1 or (ts == 0 and not self.converted):
            self.problem("time stamp", at, f"{where}: {ts}")
        elif self.ordered and ts < self.last_ts:
            self.problem("time goes back", at, f"{where}: by {self.last_ts - ts} ns")
        self.last_ts = max(self.last_ts, ts if ts != 2 ** 64 - 1 else 0)
        if type_ in (322, 354, 356, 358, 360, 402) and tid != -1:
            self.problem("thread of a meta event", at, f"{where}: must be -1")

    def param(self, at, where, param, k, value):
        pname, ptype, pset = param
        n = len(value)
        if ptype in FIXED:
            # Empty is allowed only where drivers do it; never for a result, an fd or a thread number (10.2).
            if n == 0 and (self.converted or not (k == 0 or ptype in ("FD", "PID", "ERRNO"))):
                return
            if n != FIXED[ptype]:
                self.problem("size of a parameter", at, f"{where} ({ptype}): {n} bytes, must be {FIXED[ptype]}")
                return
            v = int.from_bytes(value, "little", signed=ptype in ("FD", "PID", "ERRNO", "FD32", "PID32"))
            if ptype in ("FD", "PID") and not -2 ** 31 <= v < 2 ** 31 and not self.converted:
                self.problem("number not sign-extended", at, f"{where}: {v}")
            if pset in MAPPED and ptype.startswith("FLAGS") and v & ~self.schema.sets[pset]:
                self.problem("unportable flags", at, f"{where}: {v:#x} has bits outside {pset}")
        elif ptype in STRINGS:
            if n and (value[-1] != 0 or b"\0" in value[:-1]):
                self.problem("string", at, f"{where}: not one string with one NUL: {value[:40]!r}")
        elif ptype in ("SOCKADDR", "SOCKTUPLE"):
            self.address(at, where, ptype, value)
        elif ptype == "FDLIST" and n:
            if n < 2 or n != 2 + 10 * struct.unpack_from("<H", value)[0]:
                self.problem("fd list parameter", at, f"{where}: {n} bytes")
        elif ptype == "DYN" and n:
            sizes = DYN_SIZES.get(pset, {})
            if value[0] not in sizes or sizes[value[0]] not in (None, n - 1):
                self.problem("dynamic parameter", at, f"{where}: selector {value[0]}, {n - 1} bytes")
        elif ptype == "IPADDR" and n not in (0, 4, 16) or ptype == "IPNET" and n not in (0, 8, 32):
            self.problem("size of a parameter", at, f"{where}: {n} bytes")

    def address(self, at, where, ptype, value):
        if not value:
            return
        tuple_ = ptype == "SOCKTUPLE"
        want = {2: 13 if tuple_ else 7, 10: 37 if tuple_ else 19}.get(value[0])
        if value[0] == 1:
            path = value[17:] if tuple_ else value[1:]
            if len(value) < (18 if tuple_ else 2) or path[-1:] != b"\0" or b"\0" in path[:-1] or len(path) > 109:
                self.problem("unix address", at, f"{where}: {value[:48].hex()}")
        elif want is None or len(value) != want:
            self.problem("address", at, f"{where}: family {value[0]}, {len(value)} bytes")

    # Every thread an event names has been listed, or was seen being born (17.1, item 9).
    def threads(self, at, where, type_, tid, values):
        name, _, params = self.schema.events[type_]
        # These tell of kernel threads, too, which no list has (16.1) and which are born without a call.
        if name in ("PPME_SCHEDSWITCH_6_E", "PPME_PAGE_FAULT_E", "PPME_SIGNALDELIVER_E"):
            return
        if re.match(r"PPME_SYSCALL_(CLONE|FORK|VFORK|CLONE3)_?\d*_X", name) and values and len(values[0]) == 8:
            res = struct.unpack("<q", values[0])[0]
            if res > 0:
                self.known.add(res)
            self.known.add(tid)
        # A child's first events may come before its parent's clone returns; exec describes its process in full.
        if name in ("PPME_SYSCALL_EXECVE_19_X", "PPME_PROCEXIT_1_E"):
            self.known.add(tid)
        if tid > 0 and tid not in self.known and not self.converted:
            self.problem("thread never introduced", at, where)
            self.known.add(tid)


def zstd_frames(raw):
    """[(content size, has checksum)] of every frame; skippable frames and missing sizes are errors here."""
    at, frames, bad = 0, [], []
    while at < len(raw):
        magic = struct.unpack_from("<I", raw, at)[0] if len(raw) - at >= 4 else 0
        if magic & 0xFFFFFFF0 == 0x184D2A50:
            bad.append(f"skippable frame at byte {at}")
            at += 8 + struct.unpack_from("<I", raw, at + 4)[0]
            continue
        if magic != 0xFD2FB528:
            bad.append(f"no frame at byte {at}")
            break
        d = raw[at + 4]
        single, checksum, dictionary = d >> 5 & 1, d >> 2 & 1, (0, 1, 2, 4)[d & 3]
        fcs = (1 if single else 0, 2, 4, 8)[d >> 6]
        p = at + 5 + (0 if single else 1) + dictionary
        size = int.from_bytes(raw[p:p + fcs], "little") + (256 if fcs == 2 else 0) if fcs else None
        p += fcs
        try:
            while True:
                header = int.from_bytes(raw[p:p + 3], "little")
                p += 3 + (1 if header >> 1 & 3 == 1 else header >> 3)
                if header & 1 or p >= len(raw):
                    break
        except IndexError:
            bad.append(f"frame at byte {at} is cut")
        frames.append((size, bool(checksum), at))
        if size is None:
            bad.append(f"frame at byte {at} does not state its content size")
        if not checksum:
            bad.append(f"frame at byte {at} has no checksum")
        at = p + (4 if checksum else 0)
    return frames, bad


def lint_file(schema, path, converted, ordered, quiet):
    with open(path, "rb") as f:
        data = f.read()
    frames = None
    extra = []
    if data[:4] == b"\x28\xb5\x2f\xfd":
        test = subprocess.run(["zstd", "-tq", path], capture_output=True, text=True, check=False)
        if test.returncode:
            extra.append(f"zstd -t: {test.stderr.strip()}")
        frames, bad = zstd_frames(data)
        extra += bad
        data = subprocess.run(["zstd", "-dc", path], capture_output=True, check=False).stdout
    lint = Lint(schema, data, converted, ordered).run()
    if frames:
        at = 0
        for size, _, where in frames:
            if at not in lint.boundaries:
                extra.append(f"frame at byte {where} begins inside a block (plain byte {at})")
            at += size or 0
        if at != len(data):
            extra.append(f"frames state {at} bytes in all, {len(data)} came out")
    for text in extra:
        lint.problems["zstd"].append(text)
    count = sum(len(v) for v in lint.problems.values())
    for kind, texts in sorted(lint.problems.items()):
        for text in texts[:SHOWN]:
            print(f"{path}: {kind}: {text}")
        if len(texts) > SHOWN:
            print(f"{path}: {kind}: {len(texts) - SHOWN} more")
    if not quiet:
        print(f"{path}: {lint.sections} sections, {sum(lint.types.values())} events of {len(lint.types)} types, "
              f"{len(data)} bytes" + (f", {len(frames)} zstd frames" if frames else "") + f": {count} problems")
    return count


# -- self test: the small file of scap-format.md 17.3 and its spoilt relatives

PL_HEX = """1502000004010000F60000006400000000000000640000000000000001000000000000006400000000000000640000000000000003006361
7408002F62696E2F6361740C002F7573722F62696E2F6361740B002F6574632F686F7374730001002F000400000000000000000000E80300
00E8030000441600008403000000000000000000000000000078000000000000000400413D31006400000000000000640000000000000006
006370753D2F0001002F00002A36FE9C971700880000E8030000000000000000000000000000000000000000000000000000000083000000
000000000000000000000000000000000000000000006400000000000000000004010000"""
FDL_HEX = """180200004000000064000000000000002900000003000000000000002A0000000000000010010000000A002F6574632F686F737473010800
0000000040000000"""
CLOSE_HEX = """160200003C000000020000CAC471FE9C971764000000000000002E0000000500020000000800080000000000000000000300000000000000
3C000000"""


def small_file():
    shb = struct.pack("<II", SHB, 28) + struct.pack("<IHHQ", 0x1A2B3C4D, 1, 2, 2 ** 64 - 1) + struct.pack("<I", 28)
    mi = struct.pack("<IIIQQ", MI, 192, 4, 1 << 30, 0) + b"host".ljust(128, b"\0")
    mi += struct.pack("<QQQQI", 1700000000 * 10 ** 9, 0, 0, 0, 192)
    return shb + mi + bytes.fromhex(PL_HEX) + bytes.fromhex(FDL_HEX) + bytes.fromhex(CLOSE_HEX)


def self_test(schema):
    good = small_file()
    assert len(good) == 604, len(good)
    failures = []

    def expect(what, data, kind):
        got = set(Lint(schema, bytes(data)).run().problems)
        if (kind is None) != (not got) or (kind is not None and kind not in got):
            failures.append(f"{what}: expected {kind or 'no problem'}, found {sorted(got) or 'none'}")

    def patched(off, new):
        return good[:off] + new + good[off + len(new):]

    event = good[544:]
    expect("the file of 17.3", good, None)
    expect("two sections", good + good, None)
    expect("empty", b"", "structure")
    expect("version 1.0", patched(14, b"\0\0"), "section header")
    expect("machine info of zeros", patched(28 + 8, b"\0" * 4), "machine info")
    expect("trailer of an event", patched(600, b"\x40"), "trailer")
    expect("cut in the last block", good[:-4], "structure")
    expect("no event", good[:544], "section without event")
    expect("list after the first event", good + good[480:544], "structure")
    expect("lists in the wrong order", good[:28] + good[220:544] + good[28:220] + event, "order of lists")
    expect("fd of no listed thread", patched(488, b"\x65"), "fd list of unknown thread")
    expect("fd entry with surplus", patched(496, b"\x28"), "structure")
    expect("unportable open flags", patched(480 + 37, b"\0\0\0\x80"), "unportable flags")
    expect("padding not zero", patched(544 - 7, b"\x01"), "padding")
    expect("old event type", patched(574, b"\x04"), "type not for writing")
    expect("parameter count", good[:544] + event[:32] + b"\x01" + event[33:], "parameter count")
    expect("length table", good[:544] + event[:36] + b"\x07" + event[37:], "size of a parameter")
    expect("fd not sign-extended", good[:544] + event[:48] + b"\x9c\xff\xff\xff\0\0\0\0" + event[56:],
           "number not sign-extended")
    switch = struct.pack("<IIHQQIHI6HQQQIII", EV2, 88, 0, struct.unpack_from("<Q", event, 10)[0], 7, 74, 152, 6, 8, 8, 8, 4, 4, 4,
                         0, 0, 0, 0, 0, 0)
    expect("switch away from a kernel thread", good + switch + struct.pack("<I", 88), None)
    expect("thread out of nowhere", good[:544] + event[:18] + b"\x07" + event[19:], "thread never introduced")
    expect("cpu above the machine's", good[:544] + event[:8] + b"\x09" + event[9:], "cpu number")
    expect("time going back", good + event[:17] + b"\x16" + event[18:], "time goes back")
    expect("small type in a LARGE block", good[:544] + b"\x21" + event[1:], "LARGE block")
    for f in failures:
        print(f)
    print(f"self-test: {len(failures)} failures")
    return 1 if failures else 0


def main():
    options = {a for a in sys.argv[1:] if a.startswith("--")}
    paths = [a for a in sys.argv[1:] if not a.startswith("--")]
    known = {"--converted", "--unordered", "--quiet", "--self-test", "--small-file"}
    if options - known or (not paths and "--self-test" not in options):
        print(__doc__, file=sys.stderr)
        return 2
    schema = Schema()
    if "--self-test" in options:
        return self_test(schema)
    if "--small-file" in options:
        with open(paths[0], "wb") as f:
            f.write(small_file())
        return 0
    bad = 0
    for path in paths:
        try:
            bad += lint_file(schema, path, "--converted" in options, "--unordered" not in options, "--quiet" in options)
        except OSError as e:
            print(f"{path}: {e.strerror}", file=sys.stderr)
            return 2
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
