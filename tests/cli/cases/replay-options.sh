# What Falco's users have in their command lines and falco.yaml: -p container, variables, included files, plain values.
f=$SRC/samples/incident/incident.scap.zst
cat >r.yaml <<'Y'
- rule: First
  desc: d
  condition: evt.type=procexit and proc.pid>0
  output: "gone %proc.name"
  priority: NOTICE
- rule: Second
  desc: d
  condition: evt.type=procexit
  output: "gone"
  priority: INFO
Y
mkdir config.d
echo 'rule_matching: all' >config.d/more.yaml
echo "{config_files: [config.d, absent.d], rules_files: ['\${DIR_OF_RULES}/r.yaml'], webserver: {enabled: true}, prioritty: info}" >falco.yaml
export DIR_OF_RULES=.
hindcast replay -q "$f" -c falco.yaml -p container >all || exit
[ "$(grep -c 'Notice gone .' all)" = "$(grep -c 'Informational gone$' all)" ] || exit
hindcast replay -q "$f" -c falco.yaml -pk -o 'rules[].disable.rule=*' -o 'rules[].enable.rule=Sec*' >second || exit
grep Informational all | cmp - second || exit
hindcast replay -q "$f" -r r.yaml -o 'append_output[]={"extra_output": "by %proc.pname"}' -o file_output.enable=yes | grep -vc 'Notice gone .* by [^ ]'
[ $? = 1 ] || exit
hindcast replay -q "$f" -r r.yaml -o 'append_output[]={"extra_output'
[ $? = 2 ]
