# SPDX-License-Identifier: Apache-2.0
#
# Look-alike of web-shell and dropped-binary: shells started by programs, files made executable and run.
play() {
	mkdir src && cd src
	printf 'int main(void)\n{\n\treturn 0;\n}\n' >hello.c
	printf 'hello: hello.c\n\t$(CC) -o $@ $<\ntest: hello\n\t./hello\n' >Makefile
	git init -q .
	git config user.name alice && git config user.email alice@example.org
	printf '#!/bin/sh\nmake -s test\n' >.git/hooks/pre-commit && chmod +x .git/hooks/pre-commit
	git add -A
	git commit -q -m 'A program'
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
