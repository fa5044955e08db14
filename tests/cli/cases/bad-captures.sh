# Every command that reads captures says the same clear things about what is none, and keeps what can be read.
python3 "$SRC/tests/cli/scap-lint.py" --small-file good.scap
printf 'hello, this is no capture at all\n' >text
: >empty
head -c 590 good.scap >cut.scap
zstd -q good.scap -o good.scap.zst && head -c 150 good.scap.zst >cut.scap.zst
zstd -q text -o text.zst
printf '\n\r\r\n\034\0\0\0\032+<M\001\0\002\0\377\377\377\377\377\377\377\377\034\0\0\0' >otherendian
for f in text empty missing.scap . cut.scap cut.scap.zst text.zst otherendian; do
	for command in info events "convert -z none"; do
		set -- $command
		echo "-- hindcast $command $f"
		case $1 in convert) set -- "$@" "$f" out.scap ;; *) set -- "$@" "$f" ;; esac
		rm -f out.scap
		hindcast "$@" >out.txt 2>err.txt
		echo "exit $?"
		cat err.txt
	done
done
