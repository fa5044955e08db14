# Mistakes in test files, and runs that cannot be: each with its place, none of them a pass.
cp "$SRC/samples/incident/incident.scap.zst" c.scap.zst && cp "$SRC/rules/hindcast_rules.yaml" r.yaml || exit
head -c 3000 c.scap.zst >cut.scap.zst
mkfifo fifo.scap
cat >bad.test.yaml <<'E'
captur: c.scap.zst
rules: r.yaml
tests:
  - name: x
    expectedOutcome: {counts: {A: many}, otherz: none}
  - rule: y
    expectedOutcome: {output: {regex: '['}}
E
cat >run.test.yaml <<'E'
capture: c.scap.zst
rules: r.yaml
tests:
  - name: no such rule
    expectedOutcome: {counts: {Log file remove: none}}
  - name: no such capture
    capture: nowhere.scap
    expectedOutcome: {others: none}
  - name: no such rules
    rules: nowhere.yaml
    expectedOutcome: {others: none}
  - name: damaged
    capture: cut.scap.zst
    expectedOutcome: {counts: {Log file removed: none}}
  - name: damaged, and so it is meant
    capture: cut.scap.zst
    options: {damaged: allowed}
    expectedOutcome: {counts: {Log file removed: none}}
  - name: hangs
    capture: fifo.scap
    expectedOutcome: {others: none}
  - name: left out
    skip: not today
    expectedOutcome: {others: none}
E
echo '- {rule: X, desc: x, condition: evt.typ=open, output: x, priority: INFO}' >broken.yaml
cat >rules.test.yaml <<'E'
capture: c.scap.zst
rules: broken.yaml
tests: [{rule: X}]
E
shown() { sed 's/, [0-9.]* s$//'; }
for t in bad rules run; do
	hindcast test -v --timeout 10 $t.test.yaml >out
	code=$?
	shown <out
	echo "exit code: $code"
done
# names that would play with terminals, TAP and XML
cat >names.test.yaml <<'E'
capture: c.scap.zst
rules: rules.yaml
tests:
  - {name: "red\e[31m \x7f # ]]> <&\uffff", rule: No such rule}
  - {name: "left\rout", skip: "why\e[0m\nnot", rule: X}
E
hindcast test -l names.test.yaml | cat -v
hindcast test names.test.yaml -j 1 --junit junit.xml | cat -v | sed -n '/ERROR:/p; /skipped:/p'
hindcast test names.test.yaml --tap | cat -v | grep -a 'ok [12]'
python3 -c '
import xml.etree.ElementTree as E
print([c.get("name") for c in E.parse("junit.xml").getroot().iter("testcase")])'
mkdir empty && hindcast test empty
echo "exit code: $?"
hindcast test nowhere
echo "exit code: $?"
hindcast test run.test.yaml names.test.yaml -f names | grep -v '^    ' | shown
hindcast test run.test.yaml -f nothing
echo "exit code: $?"
hindcast test run.test.yaml -l -f 'no such*'
# the documentation's example is one
sed -n '/^```yaml/,/^```/p' "$SRC/docs/testing.md" | grep -v '^```' >docs.test.yaml && hindcast test -l docs.test.yaml
