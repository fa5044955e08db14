#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A break-in, played: what an intruder does after finding a hole in a web server, with real processes and no harm. All
# it changes lies in a scratch directory of its own and goes away at the end; what it reads goes to /dev/null; its one
# network connection is to itself. Run by ./demo under `hindcast record`, as root (step 2 reads /etc/shadow).
#
# Each step says on standard output what is being played; the recorder does not see that text.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
d=$(mktemp -d /tmp/hindcast-demo.XXXXXX)
trap 'rm -rf "$d"' EXIT
mkdir -p "$d/var/log" "$d/home/.ssh" "$d/spool"
echo 'sshd[311]: Accepted password for root from 203.0.113.9' >"$d/var/log/auth.log"
echo 'a login' >"$d/var/log/wtmp"
echo 'make install' >"$d/home/.bash_history"
n=0
step() {
	n=$((n + 1))
	printf '  %2d. %s\n' "$n" "$1"
}

step 'a web server is tricked into starting a shell'
cp /bin/sh "$d/nginx"
"$d/nginx" -c 'sh -c "id; uname -a"; :' >/dev/null

step 'the shell reads the password hashes'
cat /etc/shadow >/dev/null 2>&1 || :

step 'a program is dropped in /tmp, made executable and run'
cp /usr/bin/id "$d/updater"
chmod 0755 "$d/updater"
"$d/updater" >/dev/null

step 'a set-uid copy is left behind'
cp /bin/true "$d/helper"
chmod 4755 "$d/helper"

step 'a key is added to the keys that open an account'
echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample intruder' >>"$d/home/.ssh/authorized_keys"

if command -v python3 >/dev/null; then
	step 'a program is run from memory, without ever being a file'
	python3 -I "$here/acts.py" memfd

	step 'a shell is tied to a network connection'
	python3 -I "$here/acts.py" reverse-shell

	step 'another process is taken over with ptrace, and its memory read'
	python3 -I "$here/acts.py" ptrace
fi

step 'logs and history are removed, a file is back-dated'
rm "$d/var/log/auth.log"
: >"$d/var/log/wtmp"
ln -sf /dev/null "$d/home/.bash_history"
touch -d '2020-01-01' "$d/helper"
