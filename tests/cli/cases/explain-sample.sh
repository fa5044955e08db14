# Why rules alert or do not on the shipped sample, word for word; and what cannot be explained.
f=$SRC/samples/incident/incident.scap.zst r=$SRC/rules/hindcast_rules.yaml
shell='Shell started by network service'
run() {
	echo "-- hindcast explain $*" | sed "s|$SRC|\$SRC|g"
	hindcast explain "$@" 2>&1
	echo "exit $?"
}
run "$f" -r "$r" --rule "$shell"
run "$f" -r "$r" --rule "$shell" -b -n 1
# a changed rule: the comparison that turned false is named, at the event that alerted before
sed 's/^  items: \[nginx, /  items: [/' "$r" >changed.yaml
run "$f" -r changed.yaml --rule "$shell" -b -n 2
run "$f" -r changed.yaml --rule "$shell" --event 186
LC_ALL=C hindcast explain "$f" -r changed.yaml --rule "$shell" --event 186
run "$f" -r changed.yaml --rule "$shell" --event 186 --json
run "$f" -r "$r" --rule "$shell" --event 290 -b
hindcast explain "$f" -r "$r" --rule "$shell" --json | python3 -m json.tool >/dev/null && echo sound
run "$f" -r "$r" --rule 'Shell started by network servce'
run "$f" -r "$r" --rule "$shell" --event 99999
run "$f" -r "$r" --rule "$shell" --event 1
run "$f" -r "$r" --rule "$shell" --event 0
run "$f" -r "$r"
run "$f" --rule "$shell"
run -r "$r" --rule "$shell"
run missing.scap -r "$r" --rule "$shell"
head -c 9000 "$f" >cut.scap.zst
run cut.scap.zst -r "$r" --rule "$shell" -b
# a bundle brings its rules along
mkdir -p d/rules && cp "$f" d/ && cp "$r" d/rules/ && hindcast pack -q d b.tar.zst || exit
run b.tar.zst --rule "$shell" -b -n 1
