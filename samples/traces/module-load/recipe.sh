# SPDX-License-Identifier: Apache-2.0
#
# An attempt that fails; it tells as much as one that works.
play() {
	echo 'not a module' >/tmp/rk.ko
	perl -e 'open $f, "<", "/tmp/rk.ko"; $none = ""; syscall(313, fileno $f, $none, 0); print "$!\n"' # finit_module
	rm /tmp/rk.ko
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
