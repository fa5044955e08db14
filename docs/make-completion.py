#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make-completion.py HINDCAST: completion for bash on standard output, made from what the commands' --help prints, like the
man page (make-man.py): commands, their options, and the words of options that take one of a few (drop|only).

Everything else completes as a file name. Needs nothing of bash-completion but the place it loads the file from."""
import re
import subprocess
import sys

FRONT = """# bash completion for hindcast; made by docs/make-completion.py from hindcast's own --help
_hindcast() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} options= words= i
	local IFS=$' \\t\\n'

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		COMPREPLY=($(compgen -W '%(commands)s' -- "$cur"))
		return
	fi
	# Behind -- stands a command line of its own.
	for ((i = 2; i < COMP_CWORD; i++)); do
		if [ "${COMP_WORDS[i]}" = -- ] && [ "$command" = record ]; then
			if [ "$i" = $((COMP_CWORD - 1)) ]; then
				COMPREPLY=($(compgen -c -- "$cur"))
			fi
			return
		fi
	done
	# --name=VALUE comes as three words, as = separates them.
	if [ "$cur" = = ]; then
		cur=
	elif [ "$prev" = = ]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	case $command in
"""
BACK = """	esac
	if [ -n "$words" ]; then
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
	elif [ "${cur#-}" != "$cur" ]; then
		COMPREPLY=($(compgen -W "$options" -- "$cur"))
		[ "${COMPREPLY[0]%=}" = "${COMPREPLY[0]}" ] || compopt -o nospace
	fi
}
complete -o default -F _hindcast hindcast
"""
OPTION = re.compile(r"  (?:(-\w)(?:, |$| )|    )(?:(--[\w-]+)(\[?=\S+)?)?")


def run(tool, *args):
    p = subprocess.run([tool, *args], capture_output=True, text=True, check=False)
    return p.stdout if p.returncode == 0 else ""


def options(text):
    """(letter, name, takes a value, words) of each option in a command's help."""
    for line in text.split("\n"):
        m = OPTION.match(line)
        if m and (m.group(1) or m.group(2)):
            value = m.group(3) or ""
            help_ = line[m.end():].strip()
            words = value.lstrip("[=").split("|") if "|" in value else []
            if not words and m.group(2) == "--compress":
                words = re.findall(r"zstd|gzip|none", help_)[:3]
            yield m.group(1), m.group(2), bool(value), words


def main():
    tool = sys.argv[1]
    commands = re.findall(r"^  (\w[\w-]*) +\S", run(tool, "--help"), re.M)
    if not commands:
        print(f"make-completion.py: '{tool} --help' names no command", file=sys.stderr)
        return 1
    print(FRONT % {"commands": " ".join([*commands, "help", "--help", "--version"])}, end="")
    for name in commands:
        rows = list(options(run(tool, name, "--help")))
        if not rows:
            continue
        names = " ".join(long + ("=" if value else "") if long else letter for letter, long, value, _ in rows)
        print(f"\t{name})\n\t\toptions='{names}'")
        cases = [("|".join(x for x in (letter, long) if x), " ".join(words)) for letter, long, _, words in rows if words]
        if cases:
            print("\t\tcase $prev in")
            for pattern, words in cases:
                print(f"\t\t{pattern}) words='{words}' ;;")
            print("\t\tesac")
        print("\t\t;;")
    print(f"\thelp)\n\t\twords='{' '.join(commands)}'\n\t\t;;")
    print(BACK, end="")
    return 0


sys.exit(main())
