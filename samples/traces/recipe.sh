# SPDX-License-Identifier: Apache-2.0
#
# What all recipes share. A recipe defines play(), which does what is to be recorded, and ends with `. recipe.sh`:
#
#   sh samples/traces/NAME/recipe.sh            as root: plays, records, cuts, redacts, packs: makes NAME.tar.zst anew
#   sh samples/traces/NAME/recipe.sh repack     any user: the same capture with today's tests, texts and rules
#
# A play may do what it likes to its machine and meets nobody: it runs in mount, network and host name spaces of its own.
# What it changes below /etc, /var, /root, /home, /usr/local, /opt, /tmp and /dev/shm goes away with them, the accounts in
# /etc are made up, the only network is loopback. BUILD is the build directory (default: build in the source tree).
set -eu

name=$(basename "$(dirname "$0")")

# The test of the tree runs today's rules; in the bundle everything is at hand.
stage() {
	mkdir -p "$1"
	cp "$here/recipe.sh" "$here/bundle.yaml" "$1/"
	cp "$here/../recipe.sh" "$1/shared.sh"
	sed -e "s|^capture: $name.tar.zst\$|capture: $name.scap.zst|" \
		-e 's|^rules: ../../../rules/hindcast_rules.yaml$|rules: rules/hindcast_rules.yaml|' "$here/$name.test.yaml" >"$1/$name.test.yaml"
}

pack() {
	"$hindcast" pack -q -r "$tree/rules/hindcast_rules.yaml" "$1" "$here/$name.tar.zst"
}

quietly() {
	"$@" >/srv/log 2>&1 || {
		cat /srv/log
		exit 1
	}
}

repack() {
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	"$hindcast" unpack -q "$here/$name.tar.zst" "$work/old"
	stage "$work/new"
	cp "$work/old/$name.scap.zst" "$work/new/"
	pack "$work/new"
}

# An /etc/shadow that opens nothing, homes, a log.
furnish() {
	for d in etc var usr/local opt; do
		mkdir -p "/srv/up/$d" "/srv/work/$d"
		mount -t overlay overlay -o "lowerdir=/$d,upperdir=/srv/up/$d,workdir=/srv/work/$d" "/$d"
	done
	for d in /root /home /tmp /dev/shm; do mount -t tmpfs tmpfs "$d"; done
	chmod 700 /root && chmod 755 /home
	printf 'root:*:19000:0:99999:7:::\nwww-data:*:19000:0:99999:7:::\nalice:$y$j9T$sample$sample:19000:0:99999:7:::\n' >/etc/shadow
	grep -v '^alice:' /etc/passwd >/etc/passwd.new && mv /etc/passwd.new /etc/passwd
	echo 'alice:x:1000:1000::/home/alice:/bin/bash' >>/etc/passwd
	chmod 640 /etc/shadow
	mkdir -p /home/alice/.ssh /var/log /var/www
	echo 'sshd[311]: Accepted publickey for alice from 192.0.2.7' >/var/log/auth.log
	chown -R 1000:1000 /home/alice
	# A control group with an id in its name would make a container of the play.
	for procs in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do
		[ ! -w "$procs" ] || echo $$ >"$procs" || :
	done
	ip link set lo up
	hostname web1
	# Who started all this is nobody's business, and no part of the sample.
	printf '/sbin/init\0' >/srv/init
	mount --bind /srv/init /proc/1/cmdline
	mount -t tmpfs tmpfs /proc/1/fd
	mount -t tmpfs tmpfs /proc/1/task
}

# Inside the name spaces. What the recorder and the play can see of the source tree is only /srv.
record() {
	[ -n "${OUTSIDE:-}" ] && [ "$(readlink /proc/self/ns/mnt)" != "$OUTSIDE" ] || {
		echo "$0: 'inside' is what the recipe calls itself with: the machine's own mounts are no place to play" >&2
		exit 1
	}
	mount -t tmpfs -o mode=755 tmpfs /srv
	mkdir -p /srv/tree /srv/build /srv/bin/record /srv/play
	mount --bind "$tree" /srv/tree
	mount --bind "$build" /srv/build
	cp "$build/hindcast" /srv/bin/
	cp "$build/record/hindcast-record" /srv/bin/record/
	cp "$here/recipe.sh" /srv/play/recipe.sh
	tree=/srv/tree here=/srv/tree/samples/traces/$name hindcast=/srv/bin/hindcast
	cd /srv/play
	furnish
	env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb SAMPLE=play \
		timeout 60 "$hindcast" record --follow -w /srv/raw.scap.zst -r "$tree/rules" -- sh recipe.sh </dev/null >/srv/play.log 2>&1 || {
		cat /srv/play.log
		exit 1
	}
	grep 'events recorded' /srv/play.log
	stage /srv/stage
	# Every event, but only the processes they have to do with.
	quietly "$hindcast" cut --filter "evt.num > 0" /srv/raw.scap.zst /srv/cut.scap.zst
	quietly "$hindcast" redact -l 19 -p "$tree/samples/traces/policy.yaml" -r "$tree/rules" /srv/cut.scap.zst "/srv/stage/$name.scap.zst"
	pack /srv/stage
}

case ${SAMPLE:-}${1:-} in
play)
	play
	exit
	;;
esac
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../../.." && pwd)
build=$(cd "${BUILD:-$tree/build}" && pwd)
hindcast=$build/hindcast
case ${1:-} in
repack) repack ;;
inside)
	trap 'echo "done: $?"' EXIT
	record
	;;
*)
	# As a child of process 1: whoever called is no ancestor of what is recorded.
	log=$(mktemp)
	BUILD=$build OUTSIDE=$(readlink /proc/self/ns/mnt) setsid -f unshare -m -n -u --propagation private sh "$here/recipe.sh" inside >"$log" 2>&1 </dev/null
	tail -n +1 -f "$log" | sed '/^done: [0-9]*$/q' | grep -v '^done: 0$' || :
	status=$(sed -n 's/^done: //p' "$log")
	rm "$log"
	exit "$status"
	;;
esac
