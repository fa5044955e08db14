# The same files make the same bytes: whatever the order, modes and times of the files, the locale, the zone, the umask, the
# number of processors; and what was unpacked packs to what it was.
make() {
	mkdir -p "$1/rules"
	for f in $2; do cp "$SRC/samples/incident/incident.scap.zst" "$1/$f.scap.zst"; done
	printf 'title: A break-in, played\ntechniques: [T1059.004]\nlicense: Apache-2.0\n' >"$1/bundle.yaml"
	cp "$SRC/rules/hindcast_rules.yaml" "$1/rules/"
}
make one 'a b'
make two 'b a'
touch -d 1999-12-31 two/* && chmod 600 two/*.zst && mkdir two/empty
hindcast pack -q one 1.tar.zst &&
	LC_ALL=de_DE.UTF-8 LANG=tr_TR.UTF-8 TZ=Asia/Kathmandu hindcast pack -q two 2.tar.zst &&
	(umask 077; TZ=America/St_Johns taskset -c 0 hindcast pack -q one 3.tar.zst) &&
	hindcast pack -q one - >4.tar.zst || exit
for n in 2 3 4; do cmp 1.tar.zst $n.tar.zst || exit; done
hindcast unpack -q 1.tar.zst three && hindcast pack -q three 5.tar.zst && cmp 1.tar.zst 5.tar.zst || exit
rm -r one/rules && hindcast pack -q -r "$SRC/rules" one 6.tar.zst && cmp 1.tar.zst 6.tar.zst || exit
zstd -tq 1.tar.zst && tar --zstd -tvf 1.tar.zst | sed 's/ [0-9]* 1980/ SIZE 1980/'
hindcast verify 1.tar.zst | sed 's/  *[0-9]* *[0-9a-f]\{64\}/ SIZE HASH/'
