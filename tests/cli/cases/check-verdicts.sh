# hindcast check: the verdict per file, what is wrong where, Falco's document, exit codes.
cat >good.yaml <<'END'
- macro: reads
  condition: evt.type in (open, openat) and evt.is_open_read = true
- rule: Reads
  desc: d
  condition: reads and fd.name = /etc/shadow
  output: "read by %proc.name"
  priority: NOTICE
  tags: [b, a]
END
cat >warn.yaml <<'END'
- list: unused
  items: [x]
END
cat >bad.yaml <<'END'
- rule: Broken
  desc: d
  condition: >
    reads and
    fd.name startwith /etc
  output: o
  priority: INFO
END
cp good.yaml named.txt
run() { echo "-- hindcast $*"; hindcast "$@" 2>&1; echo "exit $?"; }
run check good.yaml
run check good.yaml warn.yaml
run check -V good.yaml warn.yaml
run check good.yaml bad.yaml
run check bad.yaml
run check --json good.yaml bad.yaml
cat >shape.yaml <<'END'
- rule: R
  priority: warning
  enabled: maybe
  zeta: 1
  alpha: 2
  override: {}
- list: l
  items:
END
run check --json shape.yaml
run check missing.yaml
run check named.txt
run check
run check -r good.yaml
