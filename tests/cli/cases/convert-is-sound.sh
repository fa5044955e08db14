# What convert writes is what a current writer must write: every capture there is, in every wrapping.
[ -n "$SHARED" ] || { echo 'the captures of the reference are not here (set HINDCAST_SHARED)'; exit 77; }
for f in "$SHARED"/captures/*; do
	case $f in *busy-1m*) continue ;; esac
	hindcast convert "$f" a.scap.zst 2>/dev/null || { echo "convert $f: $?"; exit 1; }
	python3 "$SRC/tests/cli/scap-lint.py" --converted --unordered --quiet a.scap.zst || exit
	zstd -tq a.scap.zst || exit
	# Again: what is current already stays as it is, byte for byte.
	hindcast convert a.scap.zst b.scap 2>/dev/null && hindcast convert b.scap c.scap.gz 2>/dev/null || exit
	zstd -dqc a.scap.zst | cmp - b.scap && gzip -dc c.scap.gz | cmp - b.scap || exit
	n=$((n + 1))
done
[ "$n" -ge 10 ] && echo sound
