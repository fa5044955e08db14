# SPDX-License-Identifier: Apache-2.0
#
# What is done with the first foothold: every secret in reach is collected. All of them are made up.
play() {
	mkdir -p /home/alice/.aws /var/www/app
	printf '%s\n' '-----BEGIN OPENSSH PRIVATE KEY-----' 'c2FtcGxl' '-----END OPENSSH PRIVATE KEY-----' >/home/alice/.ssh/id_ed25519
	printf '[default]\naws_access_key_id = AKIAEXAMPLE\n' >/home/alice/.aws/credentials
	echo "db_password = 'example'" >/var/www/app/config.php
	find /home /root /var/www -name 'id_*' -o -name '*.pem' -o -name credentials
	grep -rn password /var/www
	cat /home/alice/.ssh/id_ed25519
	cat /home/alice/.aws/credentials
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
