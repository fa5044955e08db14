# Each sample: its bundle verifies, holds what its folder says, can be packed again to the same bytes, is small, and the index
# names it under its techniques.
cd "$SRC/samples/traces" || exit
n=0
for dir in */; do
	name=${dir%/} work=$OLDPWD/${dir%/} n=$((n + 1))
	hindcast verify -q "$name/$name.tar.zst" && hindcast unpack -q "$name/$name.tar.zst" "$work" || exit
	cmp "$name/recipe.sh" "$work/recipe.sh" && cmp "$name/bundle.yaml" "$work/bundle.yaml" && cmp recipe.sh "$work/shared.sh" || exit
	sed -e "s|^capture: .*|capture: $name.scap.zst|" -e 's|^rules: .*|rules: rules/hindcast_rules.yaml|' "$name/$name.test.yaml" |
		cmp - "$work/$name.test.yaml" || exit
	python3 "$SRC/tests/cli/scap-lint.py" --quiet "$work/$name.scap.zst" || exit
	hindcast pack -q "$work" "$work.tar.zst" && tar --zstd -xOf "$work.tar.zst" manifest.json | cmp - "$work/manifest.json" || exit
	[ "$(wc -c <"$name/$name.tar.zst")" -le 200000 ] || { echo "$name is big"; exit 1; }
	[ -s "$name/$name.test.yaml" ] && grep -q "(traces/$name/recipe.sh)" ../README.md || { echo "$name: not in samples/README.md"; exit 1; }
	for t in $(sed -n 's/^techniques: \[\(.*\)\]/\1/p' "$name/bundle.yaml" | tr -d ,); do
		grep -q "^| $t .*$name" ../README.md || { echo "$name: not under $t in samples/README.md"; exit 1; }
	done
	hindcast info "$work/$name.scap.zst" | grep -q '^ *redact ' || { echo "$name was not redacted"; exit 1; }
done
[ $n -ge 12 ] || { echo "$n samples"; exit 1; }
