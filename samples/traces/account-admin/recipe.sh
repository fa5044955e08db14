# SPDX-License-Identifier: Apache-2.0
#
# Look-alike of shadow-theft and account-takeover: the same files, touched by those whose work it is.
play() {
	useradd -m bob
	passwd -S bob
	chage -l bob
	usermod -a -G games bob
	getent passwd bob
	userdel -r bob
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
