# Every sample passes the tests that come with it; one at a time or several, the report is the same.
hindcast test -v -j 1 "$SRC/samples" >one
status=$?
hindcast test -v -j 4 "$SRC/samples" >four || status=1
if [ $status != 0 ]; then cat one four; fi
sed -i '$d' one four # the time it took
cmp one four || exit
exit $status
