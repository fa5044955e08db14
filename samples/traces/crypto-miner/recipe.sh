# SPDX-License-Identifier: Apache-2.0
#
# The pool is a script on loopback, the miner perl under another name; nothing is mined.
play() {
	perl -MIO::Socket::INET -e '
		alarm 10; $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 3333, Listen => 1, ReuseAddr => 1) or die $!;
		$c = $l->accept; $_ = <$c>; print $c qq({"id":1,"result":true,"error":null}\n)' &
	while ! grep -q ':0D05 .* 0A ' /proc/net/tcp; do sleep 0.05; done
	cp /usr/bin/perl /dev/shm/kworker
	/dev/shm/kworker -MIO::Socket::INET -e '
		$s = IO::Socket::INET->new("127.0.0.1:3333") or die $!;
		print $s qq({"id":1,"method":"mining.subscribe","params":[]}\n); $_ = <$s>' -- -o stratum+tcp://127.0.0.1:3333 -u wallet
	wait
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
