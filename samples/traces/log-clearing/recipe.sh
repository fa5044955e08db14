# SPDX-License-Identifier: Apache-2.0
#
# What an intruder does last. (The audit daemon is sleep(1) under its name.)
play() {
	cp /bin/sleep /usr/local/sbin/auditd
	touch /var/log/wtmp /root/.bash_history
	auditd 60 &
	until grep -q auditd /proc/$!/comm; do :; done
	kill -9 $!
	rm /var/log/auth.log
	echo >/var/log/wtmp
	ln -sf /dev/null /root/.bash_history
	touch -d '2020-01-01' /usr/local/sbin/auditd
	wait
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
