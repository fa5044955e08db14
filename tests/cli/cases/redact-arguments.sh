# What redact refuses, and how it says so.
C=$SRC/samples/incident/incident.scap.zst
[ -e "$C" ] || { echo "no capture at $C"; exit 1; }
try() { echo "\$ hindcast redact $*" | sed "s|$C|C|g" >&2; hindcast redact "$@"; echo "exit $?" >&2; }
try
try "$C"
try --verify "$C" -
try --no-rules -r x.yaml "$C" out
try -z lz4 "$C" out
printf short >key
try -k key "$C" out
try -k nokey "$C" out
try -r norules.yaml "$C" out
try nocapture out
printf 'clases: {}\nclasses:\n  user: maks\n  paths: keep\nhomes: [srv]\n' >policy.yaml
try -p policy.yaml "$C" out
try -p nopolicy.yaml "$C" out
echo 'not a capture' >text
try text out
ls
