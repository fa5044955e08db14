# hindcast rules and hindcast fields: what rules are made of and ask for.
cat >r.yaml <<'END'
- list: shells
  items: [sh, bash]
- macro: shell
  condition: evt.type exists and proc.name in (shells) and evt.type in (open, read)
- rule: Shell reads shadow
  desc: A shell reads the shadow file
  condition: evt.type in (open, openat, read) and shell and fd.name = /etc/shadow
  output: "read by %proc.name of %user.name"
  priority: NOTICE
  tags: [b, a]
- rule: Off
  desc: d
  condition: evt.type = kill
  output: o
  priority: DEBUG
  enabled: false
END
run() { echo "-- hindcast $*"; hindcast "$@" 2>&1; echo "exit $?"; }
run rules r.yaml
run rules --rule "Shell reads shadow" r.yaml
run rules --rule "Shell read shadow" r.yaml
run rules --macros --lists --fields r.yaml
run rules --events --custom-set 'clone,!kill,nosuch' r.yaml
run rules --events --state-set=old r.yaml
run rules --json r.yaml
run rules missing.yaml
run rules
run fields -N rawres
run fields rawres
run fields --json rawres
run fields nosuchword
