# What takes more than a second draws a line on a terminal, wipes it before it ends, and draws nothing elsewhere.
zstd -qdc "$SRC/samples/incident/incident.scap.zst" >one.scap
for _ in $(seq 150); do cat one.scap; done >long.scap
cat >on-terminal.py <<'END'
import os, pty, subprocess, sys, time

def run(terminal):
    """What a convert writes to stderr whose reader sleeps at first."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    p = subprocess.Popen(["hindcast", "convert", "--compress=none", "long.scap", "-"], stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    time.sleep(2)
    p.stdout.read()
    p.wait()
    written = b""
    try: # a terminal hands over in pieces, and ends with an error
        while piece := os.read(ours, 1 << 16):
            written += piece
    except OSError:
        pass
    return written.decode()

drawn = run(True)
line, wiped = drawn.split("\r\x1b[K")[1], drawn.split("\r\x1b[K")[-1]
print(line)
print(wiped.strip())
print(run(False).strip())
END
python3 on-terminal.py
