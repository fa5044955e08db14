# SIGKILL in the middle: everything up to the last closed frame (one per second at the latest) is there. The frame being
# written at that moment may be cut, which is told (4), not fatal.
. "$SRC/tests/cli/need-recorder.sh"
# The workload ends by itself, at the latest after a minute: nobody is left to end it.
hindcast record -q -w a.scap.zst -- sh -c 'i=0; while [ ! -e done ] && [ $((i += 1)) -le 120 ]; do /bin/true; sleep 0.5; done' &
# Loading takes its time on a busy machine: kill once a frame with the workload in it is in the file.
for i in $(seq 100); do
	sleep 0.3
	hindcast events -q a.scap.zst 2>/dev/null | grep -q '/bin/true' && break
done
kill -9 $!
wait $! 2>/dev/null
: >done
hindcast events -q a.scap.zst >events 2>err
status=$?
[ $status = 0 ] || [ $status = 4 ] || { echo "exit $status"; cat err; exit 1; }
[ "$(wc -l <events)" -ge 20 ] && grep -q '/bin/true\|/usr/bin/true' events && echo replays
