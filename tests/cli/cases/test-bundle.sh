# What a bundle says of its tests is what is tested; its tests reach nothing outside.
mkdir -p case/rules case/tests && cp "$SRC/samples/incident/incident.scap.zst" case && cp "$SRC/rules/hindcast_rules.yaml" case/rules || exit
sed 's|^capture: |&../|; s|^rules: .*|rules: ../rules|' "$SRC/samples/incident/incident.test.yaml" >case/tests/incident.test.yaml
hindcast pack -q case case.tar.zst || exit
cd / && hindcast test "$OLDPWD/case.tar.zst" -q | sed 's/, [0-9.]* s$//'
cd "$OLDPWD" && rm -r case/incident.scap.zst && cp -r "$SRC/samples/incident/incident.scap.zst" .
sed -i 's|^capture: ../|&../|; s|^rules: .*|rules: /etc|' case/tests/incident.test.yaml
hindcast pack -q case case.tar.zst
hindcast test case.tar.zst | sed 's/, [0-9.]* s$//'
hindcast test -q case.tar.zst >/dev/null
echo "exit code: $?"
hindcast test -u case.tar.zst
echo "exit code: $?"
