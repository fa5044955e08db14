# Whichever comparison of a rule is turned round, so that its alert is gone: the nearest misses name it, in their first three
# lines. Comparisons in macros, under `not`, in alternatives; every third of the starter rules that alert on the sample.
exec python3 - <<'P'
import json, os, re, subprocess

source, every = os.environ["SRC"], 3
capture, rules = source + "/samples/incident/incident.scap.zst", source + "/rules/hindcast_rules.yaml"


def hindcast(*args):
    p = subprocess.run(["hindcast", *args], capture_output=True, text=True)
    assert p.returncode == 0, p.stderr
    return p.stdout


def comparisons(node):
    if node["kind"] == "check":
        yield node
    for kid in node.get("of", []):
        yield from comparisons(kid)


lines = open(rules).read().split("\n")
events = {}
for line in hindcast("replay", "-q", "--json", "-o", "rule_matching=all", "-p", "at=%evt.num", capture, "-r", rules).splitlines():
    alert = json.loads(line)
    events.setdefault(alert["rule"], re.search(r"at=(\d+)", alert["output"]).group(1))
turned = tried = 0
for rule, event in events.items():
    tree = json.loads(hindcast("explain", "-q", capture, "-r", rules, "--rule", rule, "--event", event, "--json"))
    assert tree["result"] is True
    for check in comparisons(tree["condition"]):
        tried += 1
        if tried % every:
            continue
        at, column = check["line"] - 1, check["column"] - 1
        if not lines[at][column:].startswith(check["field"]):
            continue
        changed = lines[:at] + [lines[at][:column] + "not " + lines[at][column:]] + lines[at + 1:]
        open("changed.yaml", "w").write("\n".join(changed))
        said = hindcast("explain", "-q", capture, "-r", "changed.yaml", "--rule", rule, "-b", "-n", "3")
        if "the condition was never true" not in said:
            continue
        turned += 1
        misses = said.split("kinds:\n")[1]
        if check["text"][:100] not in misses:
            print(f"{rule}: {check['text']} is not named:\n{misses}")
print("turned round:", "enough" if turned >= 15 else turned)
P
