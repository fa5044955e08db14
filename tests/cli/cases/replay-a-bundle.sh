# A bundle is replayed as its capture is; with its own rules where none are given.
c=$SRC/samples/incident/incident.scap.zst r=$SRC/rules/hindcast_rules.yaml
mkdir -p d/rules && cp "$c" d/ && hindcast pack -q -r "$r" d b.tar.zst && hindcast replay -q "$c" -r "$r" >expected || exit
hindcast replay -q b.tar.zst | cmp - expected || exit
hindcast replay -q b.tar.zst -r "$r" | cmp - expected || exit
hindcast replay -q b.tar.zst:incident.scap.zst -r "$r" | cmp - expected || exit
[ "$(hindcast events -q b.tar.zst | wc -l)" = "$(hindcast events -q "$c" | wc -l)" ] || exit
hindcast info b.tar.zst | grep -c '^Events'
printf -- '- rule: x\n' >d/rules/zz.yaml && hindcast pack -q -r "$r" d b.tar.zst && hindcast replay -q b.tar.zst; echo "exit $?"
rm -r d/rules && hindcast pack -q d b.tar.zst && hindcast replay -q b.tar.zst; echo "exit $?"
cp d/incident.scap.zst d/second.scap.zst && hindcast pack -q -r "$r" d b.tar.zst && hindcast replay -q b.tar.zst; echo "exit $?"
hindcast replay -q b.tar.zst:second.scap.zst -r "$r" | cmp - expected
