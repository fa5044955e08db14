# A changed rule no longer alerts: the test fails and names the comparison that turned false. Every form says it.
cp -r "$SRC/samples/incident" case && mkdir case/rules && cp "$SRC/rules/hindcast_rules.yaml" case/rules || exit
sed -i 's|^rules: .*|rules: rules|' case/incident.test.yaml
hindcast test -q case | sed 's/, [0-9.]* s$//' || exit
sed -i 's/(hc_readers_of_credentials) and/(hc_readers_of_credentials, cat) and/' case/rules/hindcast_rules.yaml
hindcast test case -f 'Password*' >out
echo "exit code: $?"
grep -E 'FAILED|expected|^ +[0-9]+ \||\^|= not' out
grep -o "alerted instead: [^,]*" out
hindcast test case --tap | grep -A4 '^not ok 2'
hindcast test case -q --junit report.xml >/dev/null
python3 -c '
import xml.etree.ElementTree as xml
for t in xml.parse("report.xml").iter("testcase"):
    bad = t.find("failure")
    print(t.get("name") + ":", "ok" if bad is None else bad.get("message") + (" because of cat" if "proc.name=cat" in bad.text else ""))
'
echo '== updated; the order cannot be: one of its rules is silent'
cp case/incident.test.yaml before
hindcast test case -u | sed -n 1,2p
diff before case/incident.test.yaml
hindcast test -q case | sed 's/, [0-9.]* s$//'
