# What does not go together is said before anything is touched, with what to do instead.
[ -x "$BUILD/record/hindcast-record" ] || { echo 'built without the recorder'; exit 77; }
r() {
	timeout 20 hindcast record "$@"
	echo $?
}
r --flight 60s -G 10
r --flight 60s -e 10
r --flight 60s -w -
r --flight 3s
r --flight 60s,10
r --trigger t.yaml
r --trigger-priority warning
r --flight 60s --trigger t.yaml --trigger-priority loud
r -W 3
r -w - -C 1M
r -w - -W 3
printf -- '- rule: r\n  desc: d\n  condition: evt.type = opne\n  output: o\n  priority: ERROR\n' >t.yaml
r --flight 60s --trigger t.yaml
r --flight 60s --trigger t.yaml -- true
printf -- '- rule: r\n  desc: d\n  condition: evt.type = open\n  output: o\n  priority: NOTICE\n' >t.yaml
r --flight 60s --trigger t.yaml --trigger-priority error
r --flight 60s --trigger missing.yaml
ls
