#!/usr/bin/env bats
# prt-fmt and SQLite: scans into a database, out of it, and what its views say.

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	root=$BATS_TEST_DIRNAME/..
	data=$BATS_TEST_DIRNAME/data/fmt
	export PRT_DATADIR=$root/share
	TAB=$'\t'
	cd "$BATS_TEST_TMPDIR" || return 1
}

# result IP PORT STATE [FIELD...]
result() {
	local IFS=$TAB
	printf '%s\n' "$1$TAB$2${TAB}tcp$TAB$3${4:+$TAB-$TAB${*:4}}"
}

ended() { printf '#prt\tstat\tid=1\tcomplete=%s\n' "$1"; }

query() {
	command -v sqlite3 >/dev/null || skip 'no sqlite3'
	sqlite3 -cmd '.timeout 5000' db "$1"
}

@test "a scan goes in, and comes out as it was" {
	run prt-fmt -o sqlite:db "$data/rich.prt"
	assert_success
	assert_output ''
	prt-fmt -i sqlite:db -o tsv >out
	{ grep -v '#prt' "$data/rich.prt"; grep '#prt' "$data/rich.prt"; } |
	    diff -u - out
	# the newest of them
	result 192.0.2.9 22 open >in
	prt-fmt -o sqlite:db in
	run prt-fmt -i sqlite:db -o tsv
	assert_output "192.0.2.9${TAB}22${TAB}tcp${TAB}open"
	run query 'SELECT count(*) FROM scans'
	assert_output 2
}

@test "@N names a scan, from the first or from the newest" {
	for port in 21 22 23; do
		result 192.0.2.9 "$port" open >in
		prt-fmt -o sqlite:db in
	done
	for pair in 1:21 3:23 -1:23 -2:22 -3:21; do
		run prt-fmt -i "sqlite:db@${pair%:*}" -o hostport
		assert_success
		assert_output "192.0.2.9:${pair#*:}"
	done
	for n in 4 -4 99999999999999999999; do
		run prt-fmt -i "sqlite:db@$n" -o tsv
		assert_failure 1
		assert_output --partial 'there are 3, up to number 3'
	done
	# a name with an @ is a name
	cp db db@home
	run prt-fmt -i sqlite:db@home -o hostport
	assert_output 192.0.2.9:23
	run prt-fmt -o sqlite:db@2 in
	assert_failure 2
	assert_output --partial 'no @2'
}

@test "it is sound: types, keys, indexes, the journal" {
	prt-fmt -o sqlite:db "$data/rich.prt"
	run query 'PRAGMA integrity_check; PRAGMA foreign_key_check;
	    PRAGMA journal_mode'
	assert_output $'ok\nwal'
	run query "SELECT DISTINCT typeof(port), typeof(ttl), typeof(time),
	    length(addr) FROM results WHERE port = 22"
	assert_output 'integer|integer|real|16'
	run query "SELECT ip FROM results WHERE state = 'open' ORDER BY addr,
	    port DESC LIMIT 1"
	assert_output 192.0.2.10
	run query 'PRAGMA foreign_keys = ON; DELETE FROM scans;
	    SELECT count(*) FROM results; SELECT count(*) FROM metas'
	assert_output $'0\n0'
	run query "EXPLAIN QUERY PLAN SELECT ip FROM results WHERE
	    state = 'open' AND port = 22 AND proto = 'tcp'"
	assert_output --partial results_open
}

@test "views: open_ports and latest are of the newest scan" {
	result 192.0.2.7 22 open >a
	{ result 192.0.2.10 80 open service=http; result 192.0.2.9 443 open
	    result 192.0.2.9 25 closed; } >b
	prt-fmt -o sqlite:db a
	prt-fmt -o sqlite:db b
	run query 'SELECT ip, port, service FROM open_ports'
	assert_output $'192.0.2.9|443|\n192.0.2.10|80|http'
	run query 'SELECT count(*) FROM latest'
	assert_output 3
}

@test "views: changes are those that prt-diff finds" {
	{ result 192.0.2.7 22 open service=ssh product=x version=1
	    result 192.0.2.7 23 open; result 192.0.2.7 24 open
	    result 192.0.2.7 25 closed; ended 1; } >a
	{ result 192.0.2.7 22 open service=ssh product=x version=2
	    result 192.0.2.7 24 closed; result 192.0.2.7 25 open; ended 1; } >b
	prt-fmt -o sqlite:db a
	prt-fmt -o sqlite:db b
	query 'SELECT ip, port, change FROM changes' | sort >out
	prt-diff a b | sed -nE 's/^([^\t]*)\t([^\t]*)\t.*change=([a-z]*).*/\1|\2|\3/p' |
	    sort | diff -u - out
	# a scan that broke off closes what it saw, and nothing else
	sed 's/complete=1/complete=0/' b >c
	rm db
	prt-fmt -o sqlite:db a
	prt-fmt -o sqlite:db c
	run query "SELECT port FROM changes WHERE change = 'closed'"
	assert_output 24
	run query 'SELECT complete FROM scans'
	assert_output $'1\n0'
}

@test "--only, and other scanners' output, go in as well" {
	prt-fmt -o sqlite:db --only state=open \
	    "$root/t/data/foreign/nmap.xml"
	run query 'SELECT port, product, complete FROM open_ports, scans'
	assert_output $'22|OpenSSH|1\n80|SimpleHTTPServer|1'
}

@test "what hosts say is data" {
	result 192.0.2.7 22 open "banner=');DROP TABLE results;--" \
	    'product="x'"'" >in
	prt-fmt -o sqlite:db in
	run query 'SELECT banner, product FROM results'
	assert_output "');DROP TABLE results;--|\"x'"
	# no line of it, but the others
	{ printf '192.0.2.7\t1-5\ttcp\topen\n'; cat in; } >bad
	run prt-fmt -o sqlite:db bad
	assert_failure 1
	assert_output --partial 'bad:1: a result is about one port'
	run query 'SELECT count(*) FROM latest'
	assert_output 1
}

@test "SIGTERM: what was read is in the database, as incomplete" {
	mkfifo pipe
	prt-fmt -o sqlite:db pipe 3>&- &
	pid=$!
	exec 8>pipe
	{ printf '#prt\tscan\tid=4\n'; result 192.0.2.7 22 open; } >&8
	for _ in {1..100}; do
		! grep -q "^Seccomp:${TAB}2" "/proc/$pid/status" || break
		sleep 0.05
	done
	sleep 0.2
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	exec 8>&-
	assert_equal "$status" 4
	run query 'SELECT port, complete FROM latest, scans'
	assert_output '22|0'
}

@test "what is wrong is said" {
	run prt-fmt -o sqlite:/nonexistent/db "$data/rich.prt"
	assert_failure 1
	assert_output 'prt-fmt: /nonexistent/db: unable to open database file'
	run prt-fmt -i sqlite:./none
	assert_failure 1
	assert_line 'prt-fmt: ./none: unable to open database file'
	run prt-fmt -o sqlite "$data/rich.prt"
	assert_failure 2
	assert_output --partial 'as in sqlite:FILE'
	run prt-fmt -i sqlite:db "$data/rich.prt"
	assert_failure 2
	head -c 5000 /dev/urandom >db
	run prt-fmt -o sqlite:db "$data/rich.prt"
	assert_failure 1
	assert_output --partial 'not a database'
	run prt-fmt -i sqlite:db
	assert_failure 1
}

@test "two scans at the same time wait for each other" {
	for i in {1..2000}; do result 192.0.2.7 "$i" open; done >in
	prt-fmt -o sqlite:db in
	prt-fmt -o sqlite:db in &
	one=$!
	prt-fmt -o sqlite:db in
	wait "$one"
	run query 'SELECT count(*) FROM results; SELECT count(*) FROM scans'
	assert_output $'6000\n3'
}

@test "the queries of the manual run" {
	prt-fmt -o sqlite:scans.db "$data/rich.prt"
	prt-fmt -o sqlite:scans.db "$data/rich.prt"
	command -v sqlite3 >/dev/null || skip 'no sqlite3'
	mandoc -T utf8 -O width=200 "$root/man/prt-fmt.1" | sed 's/.\x08//g' |
	    grep -E '^ *(SELECT|FROM|WHERE|GROUP|DELETE)' >queries
	run grep -c SELECT queries
	assert_output 5
	run sqlite3 scans.db <queries
	assert_success
	assert_line --index 0 --partial '192.0.2.10|22'
}
