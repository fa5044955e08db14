# How far a capture exercises rules: three forms of one report, and the alerts are the same as without.
f=$SRC/samples/incident/incident.scap.zst r=$SRC/rules/hindcast_rules.yaml
hindcast replay -q "$f" -r "$r" >plain || exit
hindcast replay -q "$f" -r "$r" --coverage=c.txt --coverage=c.json --coverage c.html | cmp - plain || exit
hindcast replay -q "$f" -r "$r" -w /dev/null --coverage=- | cmp - c.txt || exit
head -n 12 c.txt
tail -n 3 c.txt
# a rule is true as often as it alerts when every match does
hindcast replay -q "$f" -r "$r" --json -o rule_matching=all --coverage=all.json >all.jsonl || exit
python3 - <<'P'
import collections, html.parser, json
alerts = collections.Counter(json.loads(line)["rule"] for line in open("all.jsonl"))
for name in ("c.json", "all.json"):
    report = json.load(open(name))
    assert [r["rule"] for r in report["rules"] if r["true"] != alerts[r["rule"]]] == []
class Page(html.parser.HTMLParser):
    ids, links, tags = set(), set(), set()
    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.ids.update(v for k, v in attrs if k == "id")
        self.links.update(v for k, v in attrs if k in ("href", "src"))
Page().feed(open("c.html").read())
assert "script" not in Page.tags and all(l[0] == "#" and l[1:] in Page.ids for l in Page.links), Page.links
print(len(report["rules"]), "rules,", len(report["files"][0]["comparisons"]), "comparisons,", len(Page.links), "links")
P
hindcast replay -q "$f" -r "$r" --coverage=no/such/dir/c.txt
[ $? = 1 ]
