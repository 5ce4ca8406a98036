#!/usr/bin/env bats
# `make run`: the first thing that a newcomer sees.

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

setup_file() {
	host here
	listen here tcp:22,8080
}

setup() {
	bats_require_minimum_version 1.5.0
	bats_load_library bats-support
	bats_load_library bats-assert
	cd "$BATS_TEST_DIRNAME/.." || return 1
}

@test "with CAP_NET_RAW the pipeline scans this machine" {
	run --separate-stderr on here .ci/scan-here "$NET_BUILD/bin"
	assert_success
	assert_line --regexp '^22/tcp +open'
	assert_line --regexp '^8080/tcp +open'
	[[ $stderr == *'prt-blast | prt-listen'* ]]
}

@test "without it prt-connect does, and says so" {
	run --separate-stderr on here setpriv --bounding-set -net_raw \
	    .ci/scan-here "$NET_BUILD/bin"
	assert_success
	assert_line --regexp '^22/tcp +open'
	assert_line --regexp '^8080/tcp +open'
	[[ $stderr == *'CAP_NET_RAW, which you do not have'* ]]
	[[ $stderr == *'prt-connect | prt-fmt'* ]]
}
