# SPDX-License-Identifier: Apache-2.0
#
# Sourced by cases that record: skips them, with the recorder's own words, where recording is not possible. Any other
# failure of the recorder is left for the case to find.
if ! hindcast record -q -w probe.scap.zst -- true >probe.out 2>probe.err; then
	reason=$(head -n 1 probe.err)
	case $reason in
	*'no privilege'* | *'built without'* | *'cannot run the recorder'* | *BTF* | *lockdown* | *'kernel'*)
		echo "recording is not possible here: $reason"
		exit 77
		;;
	esac
fi
rm -f probe.scap.zst probe.out probe.err
