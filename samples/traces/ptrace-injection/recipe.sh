# SPDX-License-Identifier: Apache-2.0
#
# Code injection without the code: one word is written to the unused end of a sleeping process's stack.
play() {
	sleep 30 &
	perl -e '
		$pid = $ARGV[0] + 0; $stack = 0;
		syscall(101, 16, $pid, 0, 0) == 0 or die $!; # PTRACE_ATTACH
		waitpid $pid, 0;
		open $maps, "<", "/proc/$pid/maps"; while (<$maps>) { $stack = hex $1 if /^([0-9a-f]+).*\[stack\]/ }
		syscall(101, 5, $pid, $stack, 0) == 0 or die $!; # PTRACE_POKEDATA, to where nothing is
		open $mem, "<", "/proc/$pid/mem"; sysseek $mem, $stack, 0; sysread $mem, $_, 64;
		syscall(101, 17, $pid, 0, 0)' $! # PTRACE_DETACH
	kill $!
	wait
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
