#!/usr/bin/env bats
# prt-diff: what counts as a change, and what does not.

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	data=$BATS_TEST_DIRNAME/data
	TAB=$'\t'
	cd "$BATS_TEST_TMPDIR" || return 1
}

# result IP PORT STATE [FIELD...]
result() {
	local IFS=$TAB
	printf '%s\n' "$1$TAB$2${TAB}tcp$TAB$3${TAB}-${4:+$TAB${*:4}}"
}

# host IP STATE [FIELD...]
host() {
	local IFS=$TAB
	printf '%s\n' "$1$TAB-${TAB}host$TAB$2${TAB}echo-reply${3:+$TAB${*:3}}"
}

ended() { printf '#prt\tstat\tid=1\tcomplete=%s\n' "$1"; }

# changes [OPTION...]: "IP PORT CHANGE" of old and new
changes() {
	prt-diff "$@" old new 2>err | sed -nE 's/^([^\t]*)\t([^\t]*)\t.*change=([a-z]*).*/\1 \2 \3/p'
}

@test "ports: opened, closed, and other states" {
	{ result 192.0.2.7 22 open; result 192.0.2.7 23 closed
	    result 192.0.2.7 24 open; result 192.0.2.7 25 open
	    result 192.0.2.7 26 filtered; result 192.0.2.7 27 closed; } >old
	{ result 192.0.2.7 26 closed; result 192.0.2.7 25 filtered
	    result 192.0.2.7 24 closed; result 192.0.2.7 23 open
	    result 192.0.2.7 22 open; result 192.0.2.7 99 open
	    result 192.0.2.7 100 closed; } >new
	run prt-diff old new
	assert_failure 1
	assert_output "$(printf '%s\n' \
	    "192.0.2.7${TAB}23${TAB}tcp${TAB}open${TAB}-${TAB}change=opened${TAB}was=closed${TAB}now=open" \
	    "192.0.2.7${TAB}24${TAB}tcp${TAB}closed${TAB}-${TAB}change=closed${TAB}was=open${TAB}now=closed" \
	    "192.0.2.7${TAB}25${TAB}tcp${TAB}filtered${TAB}-${TAB}change=state${TAB}was=open${TAB}now=filtered" \
	    "192.0.2.7${TAB}26${TAB}tcp${TAB}closed${TAB}-${TAB}change=state${TAB}was=filtered${TAB}now=closed" \
	    "192.0.2.7${TAB}99${TAB}tcp${TAB}open${TAB}-${TAB}change=opened${TAB}now=open" |
	    sed 's/\t-\tchange/\tchange/')"
}

@test "the same is silence and exit 0, in any order and format" {
	prt-fmt -o ndjson "$data/fmt/rich.prt" | sort >new
	run prt-diff "$data/fmt/rich.prt" new
	assert_success
	assert_output ''
	run prt-diff /dev/null /dev/null
	assert_success
	{ result 192.0.2.7 22 open; host 192.0.2.8 down; } >old
	result 192.0.2.7 22 open time=5 ttl=3 rtt=0.1 >new
	run prt-diff old new
	assert_success
}

@test "a scan that did not end well closes nothing" {
	{ result 192.0.2.7 22 open; result 192.0.2.8 22 open
	    host 192.0.2.9 up; result 192.0.2.7 23 open; ended 1; } >old
	{ result 192.0.2.7 80 open; result 192.0.2.7 23 closed; } >part
	{ cat part; ended 1; } >new
	assert_equal "$(changes | paste -sd ,)" \
	    '192.0.2.7 22 closed,192.0.2.7 23 closed,192.0.2.7 80 opened,192.0.2.8 22 closed,192.0.2.9 - gone'
	# it said so, it broke off, it is cut in the middle of a line
	{ cat part; ended 0; } >new
	assert_equal "$(changes | paste -sd ,)" \
	    '192.0.2.7 23 closed,192.0.2.7 80 opened'
	grep -q 'new: it did not run to its end' err
	{ printf '#prt\tscan\tid=7\n'; cat part; } >new
	assert_equal "$(changes | wc -l)" 2
	{ printf '#prt\tscan\tid=7\n'; cat part
	    printf '#prt\tstat\tid=7\tcomplete=1\n'; } >new
	assert_equal "$(changes | wc -l)" 5
	{ cat part; ended 1; printf '192.0.2.7\t2\ttcp\topen\t\n'; } >new
	run prt-diff old new
	assert_failure 2
	refute_output --partial $'192.0.2.7\t22'
	# of an old one, what it lacks may have been open
	{ result 192.0.2.7 22 open; ended 0; } >old
	{ result 192.0.2.7 22 open; result 192.0.2.7 23 open; ended 1; } >new
	assert_equal "$(changes)" '192.0.2.7 23 opened'
	grep -q 'old: it did not run to its end' err
}

@test "a scanner's own word counts, and a cut one closes nothing" {
	cp "$data/foreign/nmap.xml" old
	prt-fmt -o tsv --only 'port!=80' old >new
	assert_equal "$(changes)" '10.9.0.2 80 closed'
	head -c 1000 old >new
	run prt-diff old new
	assert_failure 2
	assert_output --regexp 'new:[0-9]+: the XML ends before'
	refute_output --partial change=
	run prt-diff "$data/foreign/nmap-udp.gnmap" "$data/foreign/nmap-udp.xml"
	assert_success
	cp "$data/foreign/masscan.json" new
	assert_equal "$(changes -i auto | wc -l)" 0
}

@test "hosts: appeared and gone, by their own record or their ports" {
	{ host 192.0.2.1 up host=a.example; host 192.0.2.2 down
	    result 192.0.2.3 22 closed; host 192.0.2.5 up; } >old
	{ host 192.0.2.1 down; host 192.0.2.2 up; result 192.0.2.4 22 closed
	    result 192.0.2.5 1 filtered; } >new
	assert_equal "$(changes | paste -sd ,)" \
	    '192.0.2.1 - gone,192.0.2.2 - appeared,192.0.2.4 - appeared,192.0.2.5 - gone'
	run prt-diff old new
	assert_line --index 0 "192.0.2.1${TAB}-${TAB}host${TAB}down${TAB}echo-reply${TAB}host=a.example${TAB}change=gone"
}

@test "services and versions, where both scans know them" {
	{ result 192.0.2.7 1 open service=http product=nginx version=1.1
	    result 192.0.2.7 2 open service=ssh
	    result 192.0.2.7 3 open
	    result 192.0.2.7 4 open service=http product=nginx
	    result 192.0.2.7 5 open service=http product=nginx; } >old
	{ result 192.0.2.7 1 open service=http product=nginx version=1.2
	    result 192.0.2.7 2 open service=http
	    result 192.0.2.7 3 open service=ftp product=vsftpd
	    result 192.0.2.7 4 open
	    result 192.0.2.7 5 open service=http product=Apache version=2; } >new
	assert_equal "$(changes | paste -sd ,)" \
	    '192.0.2.7 1 version,192.0.2.7 2 service,192.0.2.7 5 version'
	run prt-diff old new
	assert_line --index 0 --partial "was=nginx 1.1${TAB}now=nginx 1.2"
	assert_line --index 2 --partial "was=nginx${TAB}now=Apache 2"
}

@test "certificates: another one, and those that run out" {
	day=86400
	now=1764000000
	{ result 192.0.2.7 443 open fingerprint_sha256=aa
	    result 192.0.2.7 444 open fingerprint_sha256=cc; } >old
	{ result 192.0.2.7 443 open fingerprint_sha256=bb time=$now \
	    not_after=$((now + 10 * day + 5))
	    result 192.0.2.7 444 open fingerprint_sha256=cc time=$now.5 \
	    not_after=$((now + 40 * day))
	    result 192.0.2.7 445 open time=$now not_after=$((now - 3 * day))
	    result 192.0.2.7 446 closed time=$now not_after=1; } >new
	assert_equal "$(changes | paste -sd ,)" \
	    '192.0.2.7 443 certificate,192.0.2.7 445 opened'
	run prt-diff --expiring 30d old new
	assert_line --partial "192.0.2.7${TAB}443${TAB}tcp${TAB}open${TAB}not_after=1764864005${TAB}days=10${TAB}change=expiring"
	assert_line --partial "days=-3${TAB}change=expired"
	refute_line --partial "${TAB}444$TAB"
	assert_equal "$(changes --expiring 41d | grep -c 444)" 1
}

@test "normal, for people, and NDJSON" {
	{ result 192.0.2.7 22 open; result 192.0.2.7 25 open host=a.example
	    result 192.0.2.7 80 open service=http product=nginx version=1; } >old
	{ result 192.0.2.7 23 open service=telnet; result 192.0.2.7 25 filtered \
	    host=a.example
	    result 192.0.2.7 80 open service=http product=nginx version=2; } >new
	run prt-diff -o normal old new
	assert_failure 1
	assert_line --index 0 '- 192.0.2.7 22/tcp closed'
	assert_line --index 1 '+ 192.0.2.7 23/tcp opened telnet'
	assert_line --index 2 '! 192.0.2.7 (a.example) 25/tcp state: open -> filtered'
	assert_line --index 3 '! 192.0.2.7 80/tcp version: nginx 1 -> nginx 2'
	run bash -c "prt-diff -j old new | jq -r '[.port, .change, .was] | @tsv'"
	assert_line --index 0 "22${TAB}closed${TAB}open"
}

@test "what changed is a target" {
	result 127.0.0.1 9 open >old
	: >new
	run bash -c 'prt-diff old new | grep change=closed | prt-targets -f - | cut -f 1-3'
	assert_output "127.0.0.1${TAB}9${TAB}tcp"
}

@test "scans larger than the memory that they get" {
	awk 'BEGIN { srand(1); for (i = 0; i < 60000; i++)
		printf "198.18.%d.%d\t%d\ttcp\topen\tsyn-ack\tttl=%d\n",
		    rand() * 16, rand() * 256, 1 + rand() * 999, i % 9 }' >old
	awk 'NR % 1000 != 0' old >new
	prt-diff old new >a || [ $? -eq 1 ]
	prt-diff --memory 40k old new >b || [ $? -eq 1 ]
	cmp a b
	comm -23 <(cut -f 1-3 old | sort -u) <(cut -f 1-3 new | sort -u) >lost
	grep change=closed a | cut -f 1-3 | sort | diff - lost
	[ -s lost ]
	# the last result about a thing counts, wherever it was
	{ cat old; result 198.18.0.0 1 closed; } >new
	{ result 198.18.0.0 1 closed; cat old; result 198.18.0.0 1 open; } >new2
	run prt-diff --memory 40k new new2
	assert_failure 1
	assert_line --partial "198.18.0.0${TAB}1${TAB}tcp${TAB}open"
	TMPDIR=/nonexistent run prt-diff --memory 40k old new
	assert_failure 2
	assert_output --partial 'set TMPDIR'
}

@test "trouble is exit 2, and said" {
	run prt-diff old
	assert_failure 2
	assert_output --partial 'wants two scans'
	run prt-diff ./none /dev/null
	assert_failure 2
	assert_output 'prt-diff: ./none: No such file or directory'
	result 192.0.2.7 22 open >old
	run bash -c 'prt-diff old /dev/null >/dev/full'
	assert_failure 2
	assert_output --partial 'cannot write to standard output'
	run prt-diff -o csv old old
	assert_failure 2
	run prt-diff -i csv old old
	assert_failure 2
	{ echo "x$TAB"; cat old; } >new
	run prt-diff old new
	assert_failure 2
	assert_output --partial 'new:1: '
	run prt-diff . old
	assert_failure 2
	assert_output --partial 'cannot read'
}

@test "scans in a database, against each other and against a file" {
	{ result 192.0.2.7 22 open; result 192.0.2.7 23 open; } >one
	{ result 192.0.2.7 22 open; result 192.0.2.7 24 open; } >two
	prt-fmt -o sqlite:db one
	prt-fmt -o sqlite:db two
	prt-diff one two >want || :
	run prt-diff sqlite:db@1 sqlite:db
	assert_failure 1
	assert_output "$(<want)"
	run prt-diff one sqlite:db@-1
	assert_failure 1
	assert_output "$(<want)"
	run prt-diff sqlite:db@-1 two
	assert_success
	run prt-diff sqlite:db@7 two
	assert_failure 2
	assert_line --partial 'no scan 7: there are 2, up to number 2'
	run prt-diff two sqlite:none
	assert_failure 2
	assert_line 'prt-diff: sqlite:none: unable to open database file'
}

@test "sandbox: no new privileges, and few system calls" {
	mkfifo pipe
	prt-diff pipe /dev/null >out 3>&- &
	pid=$!
	exec 8>pipe
	result 192.0.2.7 22 open >&8
	for _ in {1..100}; do
		! grep -q "^NoNewPrivs:${TAB}1" "/proc/$pid/status" || break
		sleep 0.05
	done
	sleep 0.1
	run cat "/proc/$pid/status"
	exec 8>&-
	wait "$pid" || :
	assert_line "NoNewPrivs:${TAB}1"
	[ -n "${SANITIZE-}" ] || assert_line "Seccomp:${TAB}2"
	grep -q change=closed out
}
