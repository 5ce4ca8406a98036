#!/usr/bin/env bats
# prt-service against servers of every kind, the hostile ones first.
# bats file_tags=net

# shellcheck source=t/lib/net.bash
source "$BATS_TEST_DIRNAME/lib/net.bash"
net_fresh

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
	net_guard
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "empty input" {
	run --separate-stderr prt-service </dev/null
	assert_success
	assert_output --regexp $'^#prt\tstat\t.*sent=0\t.*complete=1$'
	assert_equal "$stderr" ""
}
