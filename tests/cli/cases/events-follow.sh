# A capture that is still being written: what is complete of it is printed at once, the rest when it comes.
zstd -qdc "$SRC/samples/incident/incident.scap.zst" >whole
half=$(($(wc -c <whole) / 2))
cat >follow.py <<'END'
import subprocess, sys

whole, half = open("whole", "rb").read(), int(sys.argv[1])
want = subprocess.run(["hindcast", "events", "whole"], capture_output=True).stdout
n = len(subprocess.run(["hindcast", "events", "-"], input=whole[:half], capture_output=True).stdout)
out = open("growing", "wb", buffering=0)
out.write(whole[:half])
p = subprocess.Popen(["hindcast", "events", "--follow", "growing"], stdout=subprocess.PIPE)
print("the first half:", 0 < n < len(want) and p.stdout.read(n) == want[:n])
out.write(whole[half:])
print("the rest:", p.stdout.read(len(want) - n) == want[n:])
print("still there:", p.poll() is None)
p.kill()
END
python3 follow.py "$half"
