[ -x "$BUILD/record/hindcast-record" ] || { echo 'built without the recorder'; exit 77; }
timeout 20 hindcast record --frobnicate -- true
echo $?
timeout 20 hindcast record -C huge -- true
echo $?
timeout 20 hindcast record -C -- true
echo $?
timeout 20 hindcast record --compress=lzma -- true
echo $?
timeout 20 hindcast record -r no-such-rules.yaml -- true
echo $?
