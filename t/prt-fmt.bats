#!/usr/bin/env bats
# prt-fmt: the formats byte for byte, bad input, bad output, and its sandbox.

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	data=$BATS_TEST_DIRNAME/data/fmt
	export PRT_DATADIR=$BATS_TEST_DIRNAME/../share
	unset NO_COLOR
	TAB=$'\t'
	cd "$BATS_TEST_TMPDIR" || return 1
}

# result PORT STATE REASON [FIELD...]: a line about 192.0.2.7
result() {
	local IFS=$TAB
	printf '%s\n' "192.0.2.7$TAB$1${TAB}tcp$TAB$2$TAB$3${4:+$TAB${*:4}}"
}

@test "golden: normal, tsv, ndjson, csv" {
	for o in normal tsv ndjson csv; do
		prt-fmt -o "$o" "$data/scan.prt" >out
		diff -u "$data/$o.out" out
	done
	prt-fmt "$data/scan.prt" | diff -u "$data/normal.out" -
	prt-fmt -j "$data/scan.prt" | diff -u "$data/ndjson.out" -
}

@test "golden: --all, in colour" {
	prt-fmt --all --color always "$data/scan.prt" >out
	diff -u "$data/colour.out" out
}

@test "NDJSON gives the same as the TSV that it was made from" {
	for o in normal tsv ndjson csv; do
		prt-fmt -o "$o" "$data/ndjson.out" >out
		diff -u "$data/$o.out" out
	done
}

@test "NDJSON is JSON, with the types of the table" {
	run jq -es 'all(type == "object") and
	    .[2].port == 8443 and .[2].rtt == 0.0023 and .[1].port == null and
	    .[-1].complete == true and .[2].banner == "hi\\x1b[2J\\n"' \
	    "$data/ndjson.out"
	assert_success
}

@test "stdin, -, and several files" {
	result 22 open syn-ack >a
	result 23 open syn-ack >b
	run bash -c 'prt-fmt -o tsv a - <b'
	assert_success
	assert_line --index 0 --partial "${TAB}22$TAB"
	assert_line --index 1 --partial "${TAB}23$TAB"
	run bash -c 'prt-fmt -o tsv <b'
	assert_line --index 0 --partial "${TAB}23$TAB"
}

@test "an empty input is no fault" {
	for o in tsv ndjson; do
		run prt-fmt -o "$o" /dev/null
		assert_success
		assert_output ''
	done
	run prt-fmt -o csv /dev/null
	assert_success
	assert_equal "${#lines[@]}" 1
	run prt-fmt /dev/null
	assert_success
	assert_line --index 0 --partial 'its stat record is not in the input'
	assert_line --index 1 '0 hosts in this report.'
}

@test "a malformed line: a message with file and line, the rest goes on" {
	{ result 22 open syn-ack; echo "192.0.2.7$TAB"; result 23 open syn-ack; } >in
	for o in normal tsv ndjson csv; do
		run bash -c "prt-fmt -o $o in 2>err"
		assert_failure 1
		assert_output --partial 23
		run cat err
		assert_output --regexp '^prt-fmt: in:2: an empty column: .* is -$'
	done
}

@test "--strict stops at the first malformed line" {
	{ result 22 open syn-ack; echo "x$TAB"; result 23 open syn-ack; } >in
	run bash -c 'prt-fmt --strict -o tsv in in 2>err'
	assert_failure 1
	assert_equal "${#lines[@]}" 1
	run cat err
	assert_equal "${#lines[@]}" 1
}

@test "normal: a result that is not about one address and port" {
	printf '%s\n' "192.0.2.0/24${TAB}22${TAB}tcp${TAB}open${TAB}x" >in
	result 22-23 open syn-ack >>in
	result 65536 open syn-ack >>in
	run prt-fmt in
	assert_failure 1
	assert_line --regexp '^prt-fmt: in:1: .*one address'
	assert_line --regexp '^prt-fmt: in:2: .*one port'
	assert_line --regexp '^prt-fmt: in:3: .*one port'
	assert_line '0 hosts in this report.'
}

@test "a line without end is refused, and what follows it is not" {
	{ head -c 5000000 /dev/zero | tr '\0' a; echo; result 22 open syn-ack; } >in
	run prt-fmt -o tsv in
	assert_failure 1
	assert_line --index 0 --regexp '^prt-fmt: in:1: .*longer than 4 MiB'
	assert_line --index 1 --partial "${TAB}22$TAB"
}

@test "a last line without a newline counts; CR before the newline does not" {
	printf '192.0.2.7\t22\ttcp\topen\tsyn-ack\r\n192.0.2.8' >in
	run bash -c 'prt-fmt -o tsv in | od -An -c | tr -d " \n"'
	assert_output '192.0.2.7\t22\ttcp\topen\tsyn-ack\n192.0.2.8\n'
}

@test "what a host sent reaches no terminal raw" {
	result 22 open syn-ack 'banner=\x1b[31m\x07' >in
	printf '{"ip":"192.0.2.7","port":23,"proto":"tcp","state":"open","reason":"syn-ack","banner":"\\u001b]0;x\\u0007\\u202e"}\n' >>in
	printf '192.0.2.7\t24\ttcp\topen\tsyn-ack\tbanner=\033[2J\n' >>in
	for o in normal tsv ndjson csv; do
		run bash -c "prt-fmt --color never -o $o in 2>&1"
		refute_output --partial $'\033'
		refute_output --partial $'\u202e'
		assert_output --partial 'in:3: it holds a raw control byte'
	done
}

@test "normal: more than 25 alike are summed up, and --all lists them" {
	for i in {1..25}; do result "$i" closed reset; done >in
	run prt-fmt in
	refute_output --partial 'Not shown'
	assert_line --regexp '^25/tcp +closed'
	result 26 closed reset >>in
	result 27 closed conn-refused >>in
	run prt-fmt in
	assert_line 'Not shown: 26 closed tcp ports (reset)'
	assert_line --regexp '^27/tcp +closed'
	refute_line --regexp '^26/tcp'
	run prt-fmt -a in
	assert_line --regexp '^26/tcp +closed'
}

@test "--open: open ports, the others summed up, hosts without one left out" {
	{
		for i in {1..3}; do result "$i" closed reset; done
		result 9 open syn-ack
		result 10 filtered no-response
		printf '192.0.2.8\t%s\ttcp\tclosed\treset\n' 1 2
		printf '192.0.2.9\t53\tudp\topen|filtered\tno-response\n'
		printf '192.0.2.10\t-\thost\tdown\tno-response\n'
	} >in
	run prt-fmt --open in
	assert_line --partial 'Not shown: 3 closed tcp ports (reset), 1 filtered'
	assert_line --regexp '^9/tcp +open'
	assert_line --regexp '^53/udp +open.filtered'
	refute_line --regexp '^1/tcp'
	refute_output --partial 192.0.2.8
	run prt-fmt --open -o xml in
	assert_output --partial 'extraports state="closed" count="3"'
	refute_output --partial 192.0.2.8
	run prt-fmt --open -o hostport in
	assert_output --regexp '^[0-9.]+:9$'
	run prt-fmt --open -o tsv in
	[[ $(cut -f4 <<<"$output" | sort -u) == $'open\nopen|filtered' ]]
}

@test "--down lists hosts that are down, and still sums ports up" {
	{
		for i in {1..30}; do result "$i" closed reset; done
		printf '192.0.2.10\t-\thost\tdown\tno-response\n'
	} >in
	run prt-fmt in
	refute_output --partial 192.0.2.10
	run prt-fmt --down in
	assert_line 'Scan report for 192.0.2.10'
	assert_line --partial 'Not shown: 30 closed'
	run prt-fmt --down -o xml in
	assert_output --partial '<status state="down" reason="no-response"'
	run prt-fmt --down -o gnmap in
	assert_line --partial 'Status: Down'
}

@test "normal: one host's ports that were only counted are not shown, and said" {
	{ result 22 open syn-ack; result 23 closed reset; } >in
	stat() { printf '#prt\tstat\tid=%s\tcomplete=1\t%s\n' "$@" >>in; }
	stat 1 $'hosts=1\topen=1\tclosed=1\tfiltered=998\topen|filtered=1'
	run prt-fmt in
	assert_line 'Not shown: 998 filtered ports, 1 open|filtered port'
	stat 2 $'hosts=1\tfiltered=2\tclosed=x'
	run prt-fmt in
	assert_line 'Not shown: 1000 filtered ports, 1 open|filtered port'
	# nobody knows which host they belong to
	stat 3 $'hosts=2\tfiltered=2'
	run prt-fmt in
	refute_line --partial 'Not shown'
	sed -i 's/hosts=2/hosts=1/' in
	printf '192.0.2.8\t22\ttcp\topen\tsyn-ack\n' >>in
	run prt-fmt in
	refute_line --partial 'Not shown'
}

@test "normal: numbers, not letters, give the order" {
	result 443 open syn-ack >in
	result 80 open syn-ack >>in
	printf '%s\n' "192.0.2.10$TAB-${TAB}host${TAB}up${TAB}echo-reply" >>in
	run prt-fmt in
	assert_line --index 0 'Scan report for 192.0.2.7'
	assert_line --index 3 --regexp '^80/tcp'
	assert_line --index 4 --regexp '^443/tcp'
	assert_line --index 5 'Scan report for 192.0.2.10'
}

@test "normal: a scan that broke off, or stopped early, is called incomplete" {
	grep -v '#prt.stat' "$data/scan.prt" >in
	run prt-fmt in
	assert_success
	assert_output --partial 'INCOMPLETE: the syn scan broke off'
	sed 's/complete=1/complete=0/' "$data/scan.prt" >in
	run prt-fmt in
	assert_output --partial 'INCOMPLETE: the syn scan stopped before its end'
	sed 's/complete=1/recv_drop=7&/; s/recv_drop=7/&\t/' "$data/scan.prt" >in
	run prt-fmt in
	refute_output --partial INCOMPLETE
	refute_output --partial 'not in the input'
	assert_output --partial '7 packets came too fast'
}

@test "csv: columns, quotes, and no formula" {
	result 22 open syn-ack 'a=x,"y"' 'b==1+1' 'c=-0.5' 'd=@SUM(1)' \
	    $'e=\uff1d1' 'f= +1-1' >in
	run bash -c "prt-fmt -F port,a,b,c,d,e,f,none in | tr -d '\r'"
	assert_line --index 0 'port,a,b,c,d,e,f,none'
	assert_line --index 1 \
	    "22,\"x,\"\"y\"\"\",\"'=1+1\",-0.5,\"'@SUM(1)\",\"'"$'\uff1d'"1\",\"' +1-1\","
	python3 -c 'import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline="")))
assert all(len(r) == len(rows[0]) for r in rows), rows
assert rows[2][1] == "8443" and rows[1][1] == "", rows' "$data/csv.out"
}

@test "usage errors say the mend, and exit 2" {
	run prt-fmt -o pdf /dev/null
	assert_failure 2
	assert_output --regexp "^prt-fmt: no format 'pdf': normal, tsv, .* and [a-z]+ are there$"
	run prt-fmt --color perhaps /dev/null
	assert_failure 2
	run prt-fmt -F 'ip,,port' /dev/null
	assert_failure 2
	assert_output --partial 'such as ip,port,state'
}

@test "a file that is not there, a directory" {
	run prt-fmt ./nothing
	assert_failure 1
	assert_output 'prt-fmt: ./nothing: No such file or directory'
	run prt-fmt -o tsv .
	assert_failure 1
	assert_output --partial 'cannot read'
}

@test "a full disk is an error" {
	for o in normal tsv ndjson csv; do
		run bash -c "prt-fmt -o $o '$data/scan.prt' >/dev/full"
		assert_failure 1
		assert_output --partial 'cannot write to standard output: No space'
	done
}

@test "a closed pipe is a quiet end" {
	for i in {1..5000}; do result "$i" open syn-ack; done >in
	for o in normal tsv ndjson csv; do
		run bash -c "{ prt-fmt -o $o in in in in; echo \$? >status; } | head -n 1"
		assert_success
		assert_equal "${#lines[@]}" 1
		assert_equal "$(cat status)" 0
	done
}

@test "colour is for terminals, and NO_COLOR and --color have a say" {
	command -v script >/dev/null || skip 'no script(1) for a terminal'
	result 22 open syn-ack >in
	tty() { script -qec "$1" /dev/null </dev/null; }
	run tty 'prt-fmt in'
	assert_output --partial $'\033[32mopen'
	run tty 'NO_COLOR=1 prt-fmt in'
	refute_output --partial $'\033'
	run tty 'TERM=dumb prt-fmt in'
	refute_output --partial $'\033'
	run tty 'NO_COLOR=1 prt-fmt --color always in'
	assert_output --partial $'\033[32mopen'
	run prt-fmt in
	refute_output --partial $'\033'
}

@test "without names of services there is a message and a report" {
	result 22 open syn-ack service=ssh >in
	result 23 open syn-ack >>in
	PRT_DATADIR=/nonexistent run prt-fmt in
	assert_line --regexp '^prt-fmt: .*ports: No such file'
	assert_line --regexp '^22/tcp open +ssh +syn-ack$'
	assert_line --regexp '^23/tcp open +syn-ack$'
}

# running FORMAT: starts prt-fmt on a pipe, in $pid, with its output in out;
# descriptor 8 is the pipe.
running() {
	mkfifo pipe
	prt-fmt -o "$1" pipe >out 2>err 3>&- &
	pid=$!
	exec 8>pipe
	result 22 open syn-ack >&8
}

# until_true COMMAND...: at most 5 seconds
until_true() {
	for _ in {1..100}; do
		if "$@"; then return 0; fi
		sleep 0.05
	done
	"$@"
}

# Waits until prt-fmt catches SIGINT and SIGTERM and has read what there is.
reading() {
	until_true grep -q '^SigCgt:.*4[0-9a-f][0-9a-f]2$' "/proc/$pid/status"
	sleep 0.2
}

@test "sandbox: no new privileges, and few system calls" {
	running tsv
	until_true test -s out
	run cat "/proc/$pid/status"
	assert_line "NoNewPrivs:${TAB}1"
	if [ -n "${SANITIZE-}" ]; then
		echo '# sanitizers: no seccomp to look for' >&3
	else
		assert_line "Seccomp:${TAB}2"
	fi
	exec 8>&-
	wait "$pid"
}

@test "line formats pass a record on before the input ends" {
	for o in tsv ndjson csv; do
		running "$o"
		until_true grep -q 192.0.2.7 out
		exec 8>&-
		wait "$pid"
		rm pipe
	done
}

@test "the first ^C waits for the pipeline, the second does not" {
	running normal
	reading
	kill -INT "$pid"
	sleep 0.2
	kill -0 "$pid"
	result 23 open syn-ack >&8
	sleep 0.2
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	exec 8>&-
	assert_equal "$status" 4
	run cat out
	assert_output --partial 22/tcp
	assert_output --partial 23/tcp
}

@test "SIGTERM writes what was read, and exits 4" {
	running normal
	reading
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	exec 8>&-
	assert_equal "$status" 4
	run cat out
	assert_output --partial 22/tcp
}
