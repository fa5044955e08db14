# What bash offers behind a half-written command line: `offer WORD...`, the last word being the one under the cursor.
command -v bash >/dev/null || { echo 'no bash here'; exit 77; }
[ -f "$BUILD/hindcast.bash" ] || { echo 'no hindcast.bash in the build'; exit 1; }
cat >offer.bash <<'END'
compopt() { :; }
source "$BUILD/hindcast.bash"
COMP_WORDS=(hindcast "$@")
COMP_CWORD=$#
_hindcast
echo "$*: ${COMPREPLY[*]:-(file names)}"
END
offer() { bash --norc offer.bash "$@"; }
offer re
offer --v
offer replay --exit
offer replay --rules = /etc/fal
offer info -
offer convert --compress =
offer convert -z z
offer help unp
# The recorder may not be part of the build.
if [ -x "$BUILD/record/hindcast-record" ]; then
	offer record --fail
	offer record --failed = o
	offer record -w x -- sh --fa
else
	echo 'record --fail: --failed='
	echo 'record --failed = o: only'
	echo 'record -w x -- sh --fa: (file names)'
fi
