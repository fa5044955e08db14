# SPDX-License-Identifier: Apache-2.0
#
# Look-alike of reverse-shell: the same /dev/tcp, but the connection becomes nobody's standard input.
play() {
	perl -MIO::Socket::INET -e '
		alarm 10; $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8080, Listen => 2, ReuseAddr => 1) or die $!;
		$c = $l->accept; close $c;
		$c = $l->accept; sysread $c, $b, 4096; print $c "HTTP/1.0 200 OK\r\n\r\nok\n"' &
	while ! grep -q ':1F90 .* 0A ' /proc/net/tcp; do sleep 0.05; done
	bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080 && exec 3>&- && echo open'
	curl -s http://127.0.0.1:8080/health
	wait
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
