. "$SRC/tests/cli/need-recorder.sh"
hindcast record -w no/such/dir/a.scap.zst -- true
