# An unknown field, a slip of the pen, a missing key, no YAML: place, line, caret, what to do.
cat >unknown-field.yaml <<'END'
- rule: R
  desc: d
  condition: evt.type = open and proc.nmae = cat
  output: x
  priority: ERROR
END
cat >syntax.yaml <<'END'
- rule: R
  desc: d
  condition: evt.type = open andproc.name = cat
  output: x
  priority: ERROR
END
cat >no-output.yaml <<'END'
- rule: R
  desc: d
  condition: evt.type = open
  priority: ERROR
END
printf 'a: [\n' >not-yaml.yaml
for f in unknown-field syntax no-output not-yaml; do
	hindcast replay "$SRC/samples/incident/incident.scap.zst" -r $f.yaml
	echo "exit $?"
done 2>&1
# warnings that an alias multiplies are kept up to a limit, and what is left out is said
python3 - >many.yaml <<'END'
print('- &a {rule: R, desc: d, condition: evt.type = open, output: o, priority: INFO, ' + 'k' * 1000 + ': 1}')
print('- *a\n' * 20000)
END
hindcast check -V many.yaml 2>&1 >/dev/null | tail -n 1
