# The kernel's own word on a replay that waits for input: no new privileges, system calls filtered.
[ -z "$SAN" ] || { echo 'sanitizers and seccomp do not go together'; exit 77; }
mkfifo fifo
hindcast replay -q - -r "$SRC/rules/hindcast_rules.yaml" <fifo &
exec 3>fifo
# Until the filter stands; it is loaded before the first byte is asked for.
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	grep -q '^Seccomp:[[:space:]]*2' /proc/$!/status && break
	sleep 0.1
done
grep -E '^(NoNewPrivs|Seccomp):' /proc/$!/status
exec 3>&-
wait $!
echo "exit $?"
