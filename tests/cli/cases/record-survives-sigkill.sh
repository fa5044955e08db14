# SIGKILL in the middle: everything up to the last closed frame (one per second at the latest) is there. The frame being
# written at that moment may be cut, which is told (4), not fatal.
. "$SRC/tests/cli/need-recorder.sh"
# The workload ends by itself: nobody is left to end it.
hindcast record -q -w a.scap.zst -- sh -c 'for i in 1 2 3 4 5 6 7 8; do /bin/true; sleep 0.5; done' &
sleep 3
kill -9 $!
wait $! 2>/dev/null
hindcast events -q a.scap.zst >events 2>err
status=$?
[ $status = 0 ] || [ $status = 4 ] || { echo "exit $status"; cat err; exit 1; }
[ "$(wc -l <events)" -ge 20 ] && grep -q '/bin/true\|/usr/bin/true' events && echo replays
