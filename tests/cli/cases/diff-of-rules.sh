# A change of rules over the sample: alerts lost, gained, changed, each with its reason; what would be recorded; the cost.
cp "$SRC/rules/hindcast_rules.yaml" old.yaml || exit
sed 's/(hc_readers_of_credentials) and/(hc_readers_of_credentials, cat) and/
     s/rule: Log file emptied/rule: Log file zeroed/' old.yaml >new.yaml
cat >>new.yaml <<'E'
- rule: Log file removed
  priority: CRITICAL
  override: {priority: replace}
- rule: File times set by hand
  enabled: false
  override: {enabled: replace}
- {rule: Shared memory, desc: x, condition: evt.type=shmget, output: x, priority: INFO}
E
mkdir captures && cp "$SRC/samples/incident/incident.scap.zst" captures/a.scap.zst || exit
hindcast diff -r old.yaml -r new.yaml captures
echo "exit code: $?"
hindcast diff -r new.yaml -r old.yaml captures --markdown --exit-changes -n 1
echo "exit code: $?"
hindcast diff -r old.yaml -r old.yaml captures --exit-changes
echo "exit code: $?"
hindcast diff -r old.yaml -r new.yaml captures --json | python3 -c '
import json, sys
d = json.load(sys.stdin)
print(d["captures"], d["old"]["alerts"], d["new"]["alerts"], [s["name"] for s in d["syscalls_added"]])
for kind in ("lost", "gained", "changed"):
    for a in d[kind]:
        print(kind, a["event"], a["rule"], "|", a.get("why"), "|", a.get("was", {}).get("priority"), a["priority"])
'
# with rule_matching first another rule may come before it
printf '%s\n' '- {rule: First, desc: x, condition: "evt.type=openat and fd.name=/etc/shadow", output: x, priority: INFO}' >first.yaml
hindcast diff -r old.yaml -r first.yaml,old.yaml captures | grep -A9 '^Password'
hindcast diff -o rule_matching=all -r old.yaml -r first.yaml,old.yaml captures | head -n 1
hindcast diff -r old.yaml captures
echo "exit code: $?"
hindcast diff -r old.yaml -r new.yaml -
echo "exit code: $?"
mkdir bundles && cp "$SRC"/samples/traces/*-*/shadow-theft.tar.zst bundles/ || exit
hindcast diff -r old.yaml -r new.yaml bundles captures --markdown | grep -A6 '^###'
mkdir empty; hindcast diff -r old.yaml -r new.yaml empty
echo "exit code: $?"
# a bundle that is refused: by name, with the reason
mkdir bad && ln -s /etc/passwd link && tar -cf - link | zstd -q >bad/evil.tar.zst || exit
hindcast diff -r old.yaml -r new.yaml bad
echo "exit code: $?"
