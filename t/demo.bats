#!/usr/bin/env bats
# make demo: it ends soon, shows what it promises, and leaves nothing behind.

bats_require_minimum_version 1.5.0

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	cd "$BATS_TEST_DIRNAME/.." || return 1
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
	unset NET_AMBIENT
}

# report ADDRESS: the part of the report on a host.
report() {
	awk -v h="Scan report for $1" '$0 == h { on = 1 }
	/^$/ { on = 0 } on' "$out/report.txt"
}

@test "a dozen hosts, scanned and shown" {
	local marker="prt-demo-$$-$RANDOM"

	out=$BATS_TEST_TMPDIR/reports
	# it is no test: net.bash is not to think so
	run --separate-stderr env -u BATS_TEST_FILENAME -u BATS_FILE_TMPDIR \
	    -u BATS_TEST_TMPDIR PRT_DEMO="$marker" timeout 60 .ci/demo "$out"
	assert_success
	[[ $output == *'Scan report for 198.18.0.2'* ]]
	[[ $stderr == *"a page for a browser: $out/report.html"* ]]
	run grep -c '^Scan report' "$out/report.txt"
	assert_output 13
	# real servers, and what others answer
	run report 198.18.0.13
	assert_output --regexp '8000/tcp open.*SimpleHTTPServer|8000/tcp open.*Python'
	run report 198.18.0.3
	assert_output --partial 'vsftpd 3.0.3'
	run report 198.18.0.6
	assert_output --regexp '161/udp open.*Cisco'
	# one that drops, one that refuses, and one that only its link shows
	run report 198.18.0.8
	assert_output --partial 'filtered tcp ports (no-response)'
	assert_output --partial 'OpenSSH 9.2p1'
	run report 198.18.0.9
	assert_output --partial 'filtered tcp ports (admin-prohibited)'
	run report 198.18.0.11
	assert_output --partial 'Host is up (arp-response'
	# the certificate that has run out, and the one that has not
	run report 198.18.0.10
	assert_output --partial 'CN=old.office.example'
	assert_output --partial 'tls_issues: expired'
	run report 198.18.0.2
	assert_output --partial 'CN=www.office.example'
	refute_output --partial 'tls_issues: expired'
	# IPv6 alone
	run report 198.18.0.12
	assert_output ''
	run report 2001:db8::c
	assert_output --regexp '22/tcp +open +ssh'
	# the other reports are of the same
	grep -q 'old.office.example' "$out/report.html"
	run xmllint --xpath 'count(//host[status/@state="up"])' "$out/report.xml"
	assert_output 13
	run jq -s 'map(select(.state == "open" and .proto == "tcp")) | length' \
	    "$out/report.ndjson"
	assert_output "$(grep -c '/tcp *open ' "$out/report.txt")"
	# nothing is left: no file, and no process
	run ls -A "$TMPDIR"
	assert_output ''
	run grep -slz "^PRT_DEMO=$marker\$" /proc/[0-9]*/environ
	assert_output ''
}

@test "who may make no namespaces is told what to do" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/unshare"
	printf '#!/bin/sh\necho 1000\n' >"$BATS_TEST_TMPDIR/bin/id"
	chmod +x "$BATS_TEST_TMPDIR"/bin/*
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run .ci/demo "$TMPDIR/reports"
	assert_failure 3
	assert_output --partial 'sudo make demo'
}
