r=$SRC/rules/hindcast_rules.yaml
sample=$SRC/samples/incident/incident.scap.zst
printf 'hello\n' >text
: >empty
head -c 9000 "$sample" >cut.scap.zst
zstd -dqc "$sample" | head -c 100000 >cut.scap
run() {
	echo "-- hindcast $*" | sed "s|$SRC|\$SRC|g"
	hindcast "$@" >out.txt 2>err.txt
	echo "exit $?, $(wc -l <out.txt) alerts"
	cat err.txt
}
run replay
run replay "$sample"
run replay -q "$sample" -r no-such-rules.yaml
run replay -q missing.scap -r "$r"
run replay -q text -r "$r"
run replay -q empty -r "$r"
run replay -q cut.scap.zst -r "$r"
run replay -q cut.scap -r "$r"
run replay --frobnicate
run replay -q "$sample" -r "$r" --plan=clever
run replay -q "$sample" -r "$r" --priority=loud
run replay -q "$sample" -r "$r" --since=yesterday
run replay -q "$sample" -r "$r" --exit-alerts
run replay -q "$sample" -r "$r" -w no/such/dir/alerts
