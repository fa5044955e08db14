# SPDX-License-Identifier: Apache-2.0
#
# Look-alike of log-clearing: log files move and go, by the hand of the tool that keeps them.
play() {
	for i in 1 2 3; do
		echo 'another day' >>/var/log/app.log
		savelog -c 2 /var/log/app.log
	done
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
