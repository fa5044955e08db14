# A process that dies is the failure of its own tests: here one waits for its capture, and is killed.
cp "$SRC/samples/incident/incident.scap.zst" c.scap.zst && cp "$SRC/rules/hindcast_rules.yaml" r.yaml || exit
mkfifo fifo.scap
for n in 1 2 3; do
	c=c.scap.zst
	[ $n != 2 ] || c=fifo.scap
	printf 'capture: %s\nrules: r.yaml\ntests: [{rule: Log file removed}]\n' $c >$n.test.yaml
done
[ -e /proc/$$/task/$$/children ] || { echo 'this kernel does not tell the children of a process'; exit 77; }
hindcast test -j 2 -v >out &
# Once the first file is told, the only process that stays is the second's.
while :; do
	worker=$(cat /proc/$!/task/$!/children)
	case ${worker% } in
	'' | *' '*) ;;
	*) ! grep -q '^1.test.yaml: ok' out || break ;;
	esac
	sleep 0.1
done
kill -KILL $worker
wait $!
echo "exit code: $?"
sed 's/, [0-9.]* s$//' out
