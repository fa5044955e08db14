# Damaged evidence can be packed, and everybody is told; damage that the manifest does not know of is something else.
mkdir d && zstd -dqc "$SRC/samples/incident/incident.scap.zst" | head -c 100000 >d/cut.scap && hindcast pack -q d b.tar.zst
echo "exit $?"
hindcast verify b.tar.zst | sed 's/  *[0-9]* *[0-9a-f]\{64\}/ SIZE HASH/'
hindcast unpack -q b.tar.zst u && cmp d/cut.scap u/cut.scap
# As sound as the first one, says this one's manifest.
sed 's/"sound": false/"sound": true/' u/manifest.json >m && mv m u/manifest.json && tar -C u --zstd -cf lie.tar.zst manifest.json cut.scap
hindcast verify -q lie.tar.zst; echo "exit $?"
# A byte changed on the way.
printf X | dd of=u/cut.scap bs=1 seek=50000 conv=notrunc 2>/dev/null && tar -C u --zstd -cf changed.tar.zst manifest.json cut.scap
hindcast verify -q changed.tar.zst; echo "exit $?"
hindcast unpack changed.tar.zst no; echo "exit $?"
echo 'no capture' >d/x.scap && hindcast pack d no.tar.zst; echo "exit $?"; ls
