[ -x "$BUILD/record/hindcast-record" ] || { echo 'built without the recorder'; exit 77; }
# the verified runs of selection.md 5.1
cat >rules.yaml <<'END'
- rule: A
  desc: d
  condition: evt.type in (open, openat, read, accept4) and proc.name=x
  output: x
  priority: INFO
- rule: D
  desc: d
  condition: evt.type=kill
  output: x
  priority: INFO
  enabled: false
END
cat >falco.yaml <<'END'
priority: debug
base_syscalls:
  repair: true
  custom_set: ["!open", nosuch]
END
try() { echo "== $*"; hindcast record --dry-run -r rules.yaml "$@" 2>&1; echo "exit $?"; }
try
try -o base_syscalls.repair=true
try -o 'base_syscalls.custom_set=[clone, "!read"]'
try -A
try -c falco.yaml
try -c falco.yaml -o base_syscalls.repair=false -o base_syscalls.custom_set=[]
try --state-set=falco-0.35
try --state-set=falco-0.34
try -o base_syscalls.repare=true
try -c no-such.yaml
