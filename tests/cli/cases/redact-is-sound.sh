# A redacted file is a capture, through pipes too; one key gives the same bytes; rules see the same; damage costs only itself.
C=$SRC/samples/incident/incident.scap.zst
printf '%s' 'a key of the tests, not of anyone' >key
hindcast redact -k key --verify "$C" a.scap 2>err || { cat err; exit 1; }
grep -q 'the same rules at the same events' err || { cat err; exit 1; }
python3 "$SRC/tests/cli/scap-lint.py" --quiet a.scap || exit
hindcast redact -k key - - <"$C" 2>/dev/null | cmp - a.scap || exit
hindcast redact -k key "$C" a.scap.zst 2>/dev/null && zstd -dqc a.scap.zst | cmp - a.scap || exit
hindcast redact "$C" other.scap 2>/dev/null && ! cmp -s a.scap other.scap || { echo 'another key, the same file'; exit 1; }
hindcast events a.scap 2>/dev/null | tail -n 1 | grep -c hindcast.redact
# nothing of the key, and nothing that was read or written
! grep -q 'a key of the tests' a.scap || { echo 'the key is in the file'; exit 1; }
# cut short: everything before is there, redacted, and the exit code says so
zstd -dqc "$C" >plain && head -c $(($(wc -c <plain) - 1000)) plain >short
hindcast redact -k key short b.scap 2>/dev/null
echo "damaged: $?"
python3 "$SRC/tests/cli/scap-lint.py" --quiet b.scap || exit
# a pattern of the policy; alerts that change are listed
printf 'secret: [shadow]\n' >policy.yaml
hindcast redact -p policy.yaml --verify "$C" c.scap >changes 2>/dev/null
echo "changed: $?"
grep -c gone changes
