# SPDX-License-Identifier: Apache-2.0
#
# Look-alike of suid-backdoor and scheduled-persistence: a package manager does the same all day.
play() {
	mkdir -p pkg/DEBIAN pkg/etc/cron.d pkg/usr/local/lib/sample
	printf 'Package: sample\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: a sample\n' >pkg/DEBIAN/control
	printf '#!/bin/sh\nset -e\nchmod 4755 /usr/local/lib/sample/helper\necho sample >/etc/profile.d/sample.sh\n' >pkg/DEBIAN/postinst
	chmod 755 pkg/DEBIAN/postinst
	echo '@daily root /usr/local/lib/sample/helper' >pkg/etc/cron.d/sample
	cp /bin/true pkg/usr/local/lib/sample/helper
	dpkg-deb -b pkg sample.deb
	dpkg -i sample.deb
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
