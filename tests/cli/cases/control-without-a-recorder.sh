# The client of a recorder's control socket, with nobody there; it needs no recorder in the build.
hindcast control
echo $?
hindcast control nowhere status
echo $?
touch file
hindcast control file status
echo $?
hindcast control nowhere save 'two
lines'
echo $?
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("dead")'
hindcast control dead stop
echo $?
hindcast control "$(printf '%0200d' 0)" status
echo $?
