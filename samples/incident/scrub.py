# SPDX-License-Identifier: Apache-2.0
"""scrub.py IN.scap OUT.scap [HOSTNAME]: what may leave the machine a capture was made on.

Plain current captures only (zstd -dc first). Kept are the threads that act in the capture's events, their processes and
parents; everything else of the process and fd lists goes. Environments go everywhere (snapshot and exec events), the host name
is replaced, accounts above 999 go, and interfaces but for loopback. Events stay as they are, but for their env. The recipe for samples in samples/README.md."""
import struct
import sys

MI, IL2, UL2, PL9, FDL2 = 0x201, 0x219, 0x220, 0x215, 0x218
EVENT_BLOCKS = {0x216: 2, 0x217: 6, 0x221: 2, 0x222: 6}  # type -> bytes before ts
EXEC_ENV = {293: 15, 331: 15}  # exec events and the index of their env parameter
LARGE = {322, 324, 402}


def blocks(data):
    at = 0
    while at < len(data):
        kind, total = struct.unpack_from("<II", data, at)
        yield kind, data[at + 8:at + total - 4]
        at += total


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    total = len(body) + 12
    return struct.pack("<II", kind, total) + body + struct.pack("<I", total)


def entries(body, at, extra=0):
    """The entries of a list; extra: what their length does not count of themselves."""
    while len(body) - at >= 4:
        size = struct.unpack_from("<I", body, at)[0] + extra
        yield body[at:at + size]
        at += size


def without_env(entry):
    """A PL V9 entry with its env emptied."""
    at = 4 + 40
    for _ in range(4):  # comm, exe, exepath, args
        at += 2 + struct.unpack_from("<H", entry, at)[0]
    at += 2 + struct.unpack_from("<H", entry, at)[0]  # cwd
    at += 8 + 12 + 12 + 16
    env = struct.unpack_from("<H", entry, at)[0]
    entry = entry[:at] + b"\0\0" + entry[at + 2 + env:]
    return struct.pack("<I", len(entry)) + entry[4:]


def event(kind, body):
    pre = EVENT_BLOCKS[kind]
    _, _, length, type_, n = struct.unpack_from("<QqIHI", body, pre)
    if type_ not in EXEC_ENV or EXEC_ENV[type_] >= n:
        return block(kind, body[:pre + length])
    k = EXEC_ENV[type_]
    lens = list(struct.unpack_from(f"<{n}H", body, pre + 26))
    start = pre + 26 + 2 * n + sum(lens[:k])
    data = body[pre + 26 + 2 * n:start] + body[start + lens[k]:pre + length]
    length -= lens[k]
    lens[k] = 0
    head = body[:pre + 16] + struct.pack("<IHI", length, type_, n)
    return block(kind, head + struct.pack(f"<{n}H", *lens) + data)


def main():
    with open(sys.argv[1], "rb") as f:
        data = f.read()
    host = (sys.argv[3] if len(sys.argv) > 3 else "demo").encode()
    parents, keep = {}, set()
    for kind, body in blocks(data):
        if kind == PL9:
            for e in entries(body, 0):
                tid, pid, ptid = struct.unpack_from("<qqq", e, 4)
                parents[tid] = (pid, ptid)
        elif kind in EVENT_BLOCKS:
            keep.add(struct.unpack_from("<q", body, EVENT_BLOCKS[kind] + 8)[0])
    keep |= {up for tid in keep for up in parents.get(tid, ())}
    out = bytearray()
    for kind, body in blocks(data):
        if kind == MI:
            out += block(kind, body[:20] + host.ljust(128, b"\0") + body[148:])
        elif kind == PL9:
            kept = [without_env(e) for e in entries(body, 0) if struct.unpack_from("<q", e, 4)[0] in keep]
            if kept:
                out += block(kind, b"".join(kept))
        elif kind == FDL2:
            if struct.unpack_from("<q", body)[0] in keep:
                out += block(kind, body[:8] + b"".join(entries(body, 8)))
        elif kind == IL2:
            out += block(kind, b"".join(e for e in entries(body, 0, extra=4) if e.endswith(b"lo")))
        elif kind == UL2:
            ids = [(struct.unpack_from("<BI", e, 4), e) for e in entries(body, 0)]
            out += block(kind, b"".join(e for (_, id_), e in ids if id_ < 1000 or id_ == 65534))
        elif kind in EVENT_BLOCKS:
            out += event(kind, body)
        else:
            out += block(kind, body)
    with open(sys.argv[2], "wb") as f:
        f.write(out)


main()
