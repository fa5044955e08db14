# SPDX-License-Identifier: Apache-2.0
#
# Three ways out of a container, harmless ones: the cgroup is an ordinary directory, the engine a script, process 1 the
# play's own. To the rules they look like the real ones.
play() {
	perl -MIO::Socket::UNIX -e '
		alarm 10; $l = IO::Socket::UNIX->new(Local => "/tmp/docker.sock", Listen => 1) or die $!;
		$c = $l->accept; sysread $c, $b, 65536; print $c "HTTP/1.0 200 OK\r\n\r\n[]"' &
	while [ ! -e /tmp/docker.sock ]; do sleep 0.05; done
	unshare -p -f --mount-proc sh -c '
		mkdir -p /tmp/cgroup/x
		echo 1 >/tmp/cgroup/x/notify_on_release
		echo /tmp/payload >/tmp/cgroup/release_agent
		curl -s --unix-socket /tmp/docker.sock http://engine/containers/json
		nsenter -t 1 -m -u -n id -u'
	wait
}

if [ "${SAMPLE:-}" = play ]; then play; else . "$(dirname "$0")/../recipe.sh"; fi
