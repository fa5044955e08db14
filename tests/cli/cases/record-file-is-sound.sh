# The file passes zstd's own test and an independent reader's, is private, and holds what happened.
. "$SRC/tests/cli/need-recorder.sh"
hindcast record -q -w a.scap.zst -- sh "$SRC/samples/incident/incident.sh" >/dev/null || exit
zstd -tq a.scap.zst || exit
python3 "$SRC/tests/cli/scap-lint.py" --quiet a.scap.zst || exit
stat -c %a a.scap.zst
for kind in gzip none; do
	hindcast record -q --compress=$kind -w b.scap -- sh -c 'cat /etc/hostname; id' >/dev/null || exit
	if [ $kind = gzip ]; then gzip -dc b.scap >c.scap; else cp b.scap c.scap; fi || exit
	python3 "$SRC/tests/cli/scap-lint.py" --quiet c.scap || exit
	rm b.scap c.scap
done
