# Every command the front names has help that begins with its usage, on standard output.
for c in $(hindcast --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'); do
	[ "$c" != record ] || [ -x "$BUILD/record/hindcast-record" ] || continue
	hindcast "$c" --help >out 2>err && [ ! -s err ] && head -n 1 out | grep -q "^Usage: hindcast $c" || { echo "$c: bad --help"; exit 1; }
	hindcast help "$c" | cmp - out || exit
	[ "$(awk '{ if (length($0) > w) w = length($0) } END { print w }' out)" -le 120 ] || { echo "$c: --help is wider than 120 columns"; exit 1; }
	hindcast "$c" --no-such-option >out 2>err
	[ $? = 2 ] && grep -q "unknown option '--no-such-option'" err || { echo "$c: --no-such-option"; cat err; exit 1; }
done
