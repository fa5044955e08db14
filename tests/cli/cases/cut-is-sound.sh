# Parts of a capture replay with the alerts of the whole; through pipes too; nothing at all is a capture as well.
C=$(ls "$SRC"/samples/incident/*.scap.zst | head -1)
R=$SRC/rules/hindcast_rules.yaml
alerts() { hindcast replay -q --json "$@" -r "$R" -o rule_matching=all || echo "replay: exit $?"; }
lint() { python3 "$SRC/tests/cli/scap-lint.py" --quiet "$@"; }
mid=$(hindcast events -q -p %evt.rawtime "$C" | awk '{ t[NR] = $1 } END { print substr(t[int(NR / 2)], 1, 10) "." substr(t[int(NR / 2)], 11) }')
hindcast cut --until "@$mid" "$C" first.scap.zst 2>/dev/null || echo "first: exit $?"
hindcast cut --since "@$mid" "$C" second.scap 2>/dev/null || echo "second: exit $?"
lint first.scap.zst second.scap
alerts "$C" --until "@$mid" >want; alerts first.scap.zst >got; cmp want got
alerts "$C" --since "@$mid" >want; alerts second.scap >got; cmp want got
[ -s want ] && echo "the second part has alerts"
# cut again, to and from pipes: the same file whatever the way
hindcast cut --since +0.1s "$C" one.scap 2>/dev/null
hindcast cut --since +0.1s - - <"$C" 2>/dev/null >two.scap
hindcast info one.scap | grep -v '^File\|^SHA\|size\| cut ' >a; hindcast info two.scap | grep -v '^File\|^SHA\|size\| cut ' >b; cmp a b
# around an alert, and a tree
alerts "$C" >want
rule=$(head -n 1 want | sed 's/.*"rule":"\([^"]*\)".*/\1/')
hindcast cut --around "$rule" --before 1ms --after 1ms -r "$R" "$C" around.scap 2>/dev/null || echo "around: exit $?"
alerts around.scap >got; grep -q "\"rule\":\"$rule\"" got || echo "the alert is gone"
hindcast cut --tree 1 "$C" tree.scap.gz 2>/dev/null || echo "tree: exit $?"
lint one.scap around.scap
# nothing
hindcast cut --since 2100-01-01T00:00 "$C" none.scap; echo "exit $?"
hindcast events none.scap
lint none.scap
# damage
hindcast convert -z none "$C" whole.scap 2>/dev/null
head -c 60000 whole.scap >broken.scap
hindcast cut --since +0s broken.scap part.scap 2>err; echo "exit $?"
grep -q "broken.scap" err || cat err
lint part.scap
ls -A | grep '^\.'
true
