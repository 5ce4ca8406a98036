#!/usr/bin/env bats
# share/service-probes: every line has a banner, and every banner the meaning
# that it should have (t/data/banners/README.md).

bats_require_minimum_version 1.5.0

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	cd "$BATS_TEST_DIRNAME/.." || return 1
	db=share/service-probes
}

@test "prt-service finds nothing wrong with the database" {
	run -0 prt-service --check "$db"
}

@test "banners mean what they should, and every line has one" {
	run -0 t/lib/banners "$db" t/data/banners/*.tsv
}

@test "a banner that means something else, and a line without one, are found out" {
	printf 'tcp/NULL\ta document\tservice=smtp\tbanner=SSH-2.0-x\\r\\n\n' \
	    >"$BATS_TEST_TMPDIR/wrong.tsv"
	run -1 t/lib/banners "$db" "$BATS_TEST_TMPDIR/wrong.tsv"
	assert_line --partial 'wanted service=smtp'
	assert_line --partial 'no banner for: match ssh'
}

@test "no probe asks for what changes a server" {
	run -1 grep -nE '^Probe .* q.(PUT|POST|DELETE|QUIT|SHUTDOWN|MAIL|RCPT)' "$db"
}
