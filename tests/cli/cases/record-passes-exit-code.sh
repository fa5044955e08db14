. "$SRC/tests/cli/need-recorder.sh"
hindcast record -q -w a.scap.zst -- sh -c 'exit 7'
echo "command's own: $?"
hindcast record -q -w b.scap.zst -- sh -c 'kill -TERM $$'
echo "killed by SIGTERM: $?"
hindcast record -q -w c.scap.zst -- no-such-program
echo "not found: $?"
