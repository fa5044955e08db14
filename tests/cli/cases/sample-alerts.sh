# The shipped sample against the shipped rules, word for word; twice, on one thread or two, by either plan: the same bytes.
f=$SRC/samples/incident/incident.scap.zst r=$SRC/rules/hindcast_rules.yaml
hindcast replay -q "$f" -r "$r" | tee first || exit
hindcast replay -q "$f" -r "$r" | cmp - first || exit
hindcast replay -q --one-thread "$f" -r "$r" | cmp - first || exit
hindcast replay -q --plan=naive "$f" -r "$r" | cmp - first || exit
hindcast replay -q - -r "$r" <"$f" | cmp - first || exit
zstd -dqc "$f" | hindcast replay -q - -r "$r" | cmp - first || exit
hindcast replay -q --json "$f" -r "$r" >first.json && hindcast replay -q --json "$f" -r "$r" | cmp - first.json || exit
[ "$(wc -l <first)" = "$(wc -l <first.json)" ]
