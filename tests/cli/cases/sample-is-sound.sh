# What is committed as recorded here obeys every rule a recorder must obey.
python3 "$SRC/tests/cli/scap-lint.py" --quiet "$SRC/samples/incident/incident.scap.zst" && hindcast check "$SRC/rules/hindcast_rules.yaml"
