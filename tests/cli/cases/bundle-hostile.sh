# Archives made to do harm: refused by the member's name, with code 4, and nothing is left behind. Then a directory that must
# not be packed.
mkdir in && cd in || exit
python3 - <<'EOF'
import io, tarfile
def tar(name, *members):
    with tarfile.open(name, "w", format=tarfile.GNU_FORMAT) as t:
        for path, kind, link in members:
            i = tarfile.TarInfo(path)
            i.type, i.linkname, data = kind, link, b"x" if kind == tarfile.REGTYPE else b""
            i.size = len(data)
            t.addfile(i, io.BytesIO(data))
R = tarfile.REGTYPE
tar("up.tar", ("a", R, ""), ("../evil", R, ""))
tar("absolute.tar", ("/tmp/hindcast-evil", R, ""))
tar("symlink.tar", ("d", tarfile.SYMTYPE, "/tmp"), ("d/evil", R, ""))
tar("hardlink.tar", ("h", tarfile.LNKTYPE, "/etc/passwd"))
tar("device.tar", ("dev", tarfile.CHRTYPE, ""))
tar("pipe.tar", ("fifo", tarfile.FIFOTYPE, ""))
tar("twice.tar", ("a", R, ""), ("A", R, ""))
tar("under.tar", ("a", R, ""), ("a/b", R, ""))
tar("control.tar", ("a\x1b[2Jb", R, ""))
tar("unicode.tar", ("\u00e4", R, ""))
tar("hidden.tar", (".git/hooks/pre-commit", R, ""))
tar("long.tar", ("d/" * 2000 + "x", R, ""))
tar("nomanifest.tar", ("a", R, ""))
with open("big", "wb") as f:
    f.truncate(30 << 20)
EOF
tar --zstd -cf bomb.tar.zst big && rm big
head -c 700 up.tar >cut.tar
echo hello >text
cd .. || exit
for f in up absolute symlink hardlink device pipe twice under control unicode hidden long nomanifest bomb cut text; do
	f=$(echo in/"$f"*)
	hindcast unpack "$f" out; echo "exit $?"
	hindcast verify "$f" >/dev/null 2>&1; echo "verify: $?"
done 2>&1
hindcast replay -q in/up.tar; echo "exit $?"
hindcast unpack in/missing out; echo "exit $?"
ls -A; [ ! -e /tmp/hindcast-evil ] && [ ! -e ../evil ] || echo 'something got out'
mkdir dir && ln -s /etc/passwd dir/link && hindcast pack dir out.tar.zst; echo "exit $?"; ls -A
