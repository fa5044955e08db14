# SPDX-License-Identifier: Apache-2.0
#
# How userland rootkits hide files; the library here is libm under another name.
play() {
	cp /lib/x86_64-linux-gnu/libm.so.6 /dev/shm/.libcache.so
	LD_PRELOAD=/dev/shm/.libcache.so ls /srv/play
	echo /dev/shm/.libcache.so >/etc/ld.so.preload
	ls /srv/play
	: >/etc/ld.so.preload
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
