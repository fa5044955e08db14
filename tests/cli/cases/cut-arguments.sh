# What cut refuses, in words; and that nothing is left behind.
C=$SRC/samples/incident/incident.scap.zst
[ -e "$C" ] || C=$(ls "$SRC"/samples/incident/*.scap.zst | head -1)
hindcast cut "$C"; echo "exit $?"
hindcast cut --since tomorrow "$C" out.scap; echo "exit $?"
hindcast cut --since +5s --until +1s "$C" out.scap; echo "exit $?"
hindcast cut --around "No such rule" "$C" out.scap; echo "exit $?"
hindcast cut --around "No such rule" -r "$SRC/rules/hindcast_rules.yaml" "$C" out.scap; echo "exit $?"
hindcast cut --around x -r "$SRC/rules/hindcast_rules.yaml" - out.scap; echo "exit $?"
hindcast cut --before 3s "$C" out.scap; echo "exit $?"
hindcast cut --filter 'proc.nam=cat' "$C" out.scap; echo "exit $?"
hindcast cut -z lzma "$C" out.scap; echo "exit $?"
hindcast cut nowhere.scap out.scap; echo "exit $?"
ls -A
