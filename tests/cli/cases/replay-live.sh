# What `record --trigger` starts: one line when it is confined, one per alert, nothing of what events say.
sample=$(ls "$SRC"/samples/incident/*.scap.zst | head -n 1)
zstd -dcq "$sample" | hindcast replay --live -r "$SRC/rules/hindcast_rules.yaml" - >out 2>err || { cat err; exit 1; }
head -n 1 out
sed -n 2p out | grep -qE '^alert [0-9]{19} [A-Z][a-z]+ .+$' || { echo 'no alert'; head -n 3 out; }
tail -n +2 out | cut -d ' ' -f 4- | sort -u | while read -r rule; do
	grep -qxF -- "- rule: $rule" "$SRC/rules/hindcast_rules.yaml" || echo "no rule of ours: $rule"
done
hindcast replay -q -r "$SRC/rules/hindcast_rules.yaml" "$sample" | wc -l >all
tail -n +2 out | wc -l | cmp - all && [ ! -s err ] && echo 'as many alerts as ever'
