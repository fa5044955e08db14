# Every sample passes the tests that come with it.
hindcast test "$SRC/samples" >report
status=$?
if [ $status != 0 ]; then cat report; fi
exit $status
