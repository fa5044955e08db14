# SIGKILL in the middle: what was flushed (a frame per second at the latest) is a complete file.
. "$SRC/tests/cli/need-recorder.sh"
# The workload ends by itself: nobody is left to end it.
hindcast record -q -w a.scap.zst -- sh -c 'for i in 1 2 3 4 5 6 7 8; do /bin/true; sleep 0.5; done' &
sleep 3
kill -9 $!
wait $! 2>/dev/null
zstd -tq a.scap.zst || exit
python3 "$SRC/tests/cli/scap-lint.py" --quiet a.scap.zst || exit
[ "$(zstd -dc a.scap.zst | wc -c)" -gt 10000 ] && echo sound
