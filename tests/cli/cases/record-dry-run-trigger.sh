# The calls of the trigger's rules are recorded besides those of the rules given with -r.
[ -x "$BUILD/record/hindcast-record" ] || { echo 'built without the recorder'; exit 77; }
printf -- '- rule: a\n  desc: d\n  condition: evt.type = uname\n  output: o\n  priority: NOTICE\n' >a.yaml
printf -- '- rule: a\n  desc: another\n  condition: evt.type = swapoff\n  output: o\n  priority: ERROR\n' >b.yaml
hindcast record --dry-run --flight 60s -r a.yaml --trigger b.yaml | sed -n 's/^\(([0-9]*) syscalls in rules.*\)$/\1/p'
hindcast record --dry-run --flight 60s -r a.yaml | sed -n 's/^\(([0-9]*) syscalls in rules.*\)$/\1/p'
