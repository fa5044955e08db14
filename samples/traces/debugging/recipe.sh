# SPDX-License-Identifier: Apache-2.0
#
# Look-alike of ptrace-injection: the same system call, from a program made for it.
play() {
	sleep 0.4 &
	strace -o /dev/null -p $! || :
	strace -f -o /dev/null sh -c 'id >/dev/null'
	wait
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
