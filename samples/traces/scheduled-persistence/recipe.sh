# SPDX-License-Identifier: Apache-2.0
#
# Four of the places from where an intruder's program comes back after a reboot or a login.
play() {
	mkdir -p /etc/cron.d /etc/systemd/system /var/spool/cron/crontabs
	echo '*/5 * * * * root /var/lib/.update' >/etc/cron.d/sysupdate
	echo '@reboot /var/lib/.update' >>/var/spool/cron/crontabs/root
	printf '[Service]\nExecStart=/var/lib/.update\n[Install]\nWantedBy=multi-user.target\n' >/etc/systemd/system/update.service
	echo '/var/lib/.update &' >>/home/alice/.bashrc
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
