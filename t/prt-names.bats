#!/usr/bin/env bats
# prt-names: what hosts are called in DNS, by a server of the tests' own.

# shellcheck disable=SC2016 # scripts of other shells
bats_require_minimum_version 1.5.0
# shellcheck source=t/lib/net.bash
source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	host self
	printf '%s\n' '# of the tests' '192.0.2.50 fifty.test fifty # known' \
	    '127.0.0.1 here.test' '127.0.0.1 later.test' 'no address' \
	    '192.0.2.51 bad"name' '2001:db8::50	six-fifty.test' >hosts
	mount --bind hosts /etc/hosts
	: >resolv
	mount --bind resolv /etc/resolv.conf
	into self "$NET_DIR/t/lib/dns.py" 5353 >dns.log 2>&1 3>&- </dev/null &
	echo $! >dns.pid
	await 10 grep -q ready dns.log
}

teardown_file() {
	reap "$(cat "$BATS_FILE_TMPDIR/dns.pid")"
}

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	reap "${pid-}"
}

# up ADDRESS...: records of hosts that are up.
up() { printf '%s\t-\thost\tup\techo-reply\n' "$@"; }

# names [OPTION...]: prt-names, with the server.
names() { on self prt-names --dns-server 127.0.0.1:5353 "$@"; }

# of KEY: its value in the last stat record of stdin.
of() { tail -n1 | sed -nE "s/.*\t$1=([^\t]*).*/\1/p"; }

# called ADDRESS NAMES [OPTION...]: an address, and what it is called.
called() {
	up "$1" | names "${@:3}" | head -n1 >got
	assert_equal "$(cat got)" "$(up "$1")${2:+$'\tptr='$2}"
}

@test "names of IPv4 and IPv6 addresses, one and several" {
	called 192.0.2.1 one.test
	called 192.0.2.2 two.test,deux.test
	called 2001:db8::1 six.test
	called 192.0.2.15 n0.test,n1.test,n2.test,n3.test,n4.test,n5.test,n6.test,n7.test
	called 192.0.2.3 ''
	called 192.0.2.13 ''
}

@test "/etc/hosts comes first, and no server is asked for a loopback address" {
	called 192.0.2.50 fifty.test
	called 2001:db8::50 six-fifty.test
	called 127.0.0.1 here.test
	called 127.0.0.9 ''
	called ::1 ''
	called 192.0.2.51 ''
	run grep -c '127.0.0\|192.0.2.50' "$BATS_FILE_TMPDIR/dns.log"
	assert_output 0
}

@test "no name of a stranger's choice forges anything" {
	local a

	for a in 10 11 12; do
		called 192.0.2.$a ''
	done
	up 192.0.2.14 | names | head -n1 | grep -qE $'\tptr=x{63}\\.y{63}\\.z{63}\\.test$'
	# an answer that is cut short, and one that is an error
	called 192.0.2.30 ''
	called 192.0.2.20 ''
}

@test "all records pass in their order, and each address is asked once" {
	{
		echo '# a remark'
		printf '#prt\tscan\tid=1\n'
		up 198.51.100.1 198.51.100.2
		printf '198.51.100.1\t80\ttcp\topen\tsyn-ack\tx=y\n'
		up 198.51.100.1 192.0.2.3
		printf '198.51.100.3\t-\thost\tdown\tno-response\n'
		printf '198.51.100.4\t-\thost\tup\techo-reply\tptr=old.test\n'
		printf '198.51.100.0/24\t80\n'
		printf '#prt\tstat\tby=x\tcomplete=1\n'
	} >in
	names <in >out
	grep -v '^# ' in | sed -E '/\tup\t/ { /ptr=/! s/^198.51.100.(.)\t.*/&\tptr=host-198-51-100-\1.test/ }' >want
	head -n -1 out | diff want -
	assert_equal "$(of hosts <out) $(of answered <out) $(of named <out)" '3 3 2'
	assert_equal "$(of complete <out)" 1
	assert_equal "$(grep -cx 198.51.100.1 "$BATS_FILE_TMPDIR/dns.log")" 1

	# hosts that are down, and targets, by --all
	names --all <in >out
	grep -q $'^198.51.100.3\t.*\tptr=host-198-51-100-3.test$' out
	echo 198.51.100.7 | names --all >out
	grep -q '^198.51.100.7.*ptr=host-198-51-100-7.test$' out

	# and NDJSON, in and out
	up 192.0.2.2 | names -j | names -j >out
	assert_equal "$(head -n1 out | jq -c .ptr)" '["two.test","deux.test"]'
}

@test "a host without a record of its own gets one, for its name" {
	{
		printf '198.51.100.21\t%s\ttcp\tclosed\treset\n' 80 81
		printf '198.51.100.22\t80\ttcp\tfiltered\tno-response\n'
		printf '192.0.2.3\t80\ttcp\topen\tsyn-ack\n'
		printf '#prt\tstat\tby=x\tcomplete=1\n'
	} >in
	names <in >out
	{
		head -n4 in
		printf '198.51.100.21\t-\thost\tup\t-\tptr=host-198-51-100-21.test\n'
		tail -n1 in
	} >want
	head -n -1 out | diff want -
	# without a stat record, in the end
	head -n4 in | names >end
	head -n 5 want | diff - <(head -n -1 end)
	# that nobody was asked whether it is up stays known
	prt-fmt -o xml <out | grep -c 'reason="user-set"' >known
	assert_equal "$(cat known)" 3
}

@test "silence costs one timeout, and then nobody is asked any more" {
	up 203.0.113.{1..200} >in
	names --timeout 400ms <in >out 2>err
	diff in <(head -n -1 out)
	assert_equal "$(of answered <out) $(of complete <out)" '0 1'
	[[ $(of seconds <out) =~ ^[01]\. ]]
	assert_equal "$(cat err)" \
	    'prt-names: --dns-server 127.0.0.1:5353: no answer, so the rest was not asked'
	# a few that are silent keep nobody else's names away
	{ up 203.0.113.1 203.0.113.2; up 192.0.2.1; } | names --timeout 400ms >out
	assert_equal "$(of named <out)" 1
}

@test "without a server that can be reached it costs nothing, and says nothing" {
	up 192.0.2.{1..100} >in
	for s in 192.0.2.53 127.0.0.1:9 '[2001:db8::53]:53'; do
		on self prt-names --dns-server "$s" <in >out 2>err
		diff in <(grep -v 'fifty' out | head -n 0; head -n -1 out |
		    sed 's/\tptr=fifty.test//')
		[[ $(of seconds <out) =~ ^0\.[0-4] ]]
		assert_equal "$(of complete <out)" 1
	done
	run --separate-stderr on self prt-names <in
	assert_success
	[[ -z $stderr ]]
}

@test "thousands of addresses at once, in bounded memory" {
	seq 0 9999 | awk '{ printf "100.64.%d.%d\t-\thost\tup\techo-reply\n",
	    $1 / 256, $1 % 256 }' >in
	on self timed cost cat in '|' prt-names --dns-server 127.0.0.1:5353 >out
	assert_equal "$(of named <out)" 10000
	cut -f1 out | head -n -1 | diff <(cut -f1 in) -
	[[ -n ${SANITIZE-} ]] || (($(jq '.parts[1].kib' cost) < 16384))
	names --parallel 1 <in | tail -n1 | grep -q 'named=10000'
}

@test "no privilege, no file and no capability is left, and sockets are" {
	mkfifo in
	into self prt-names --dns-server 127.0.0.1:5353 <in >out 3>&- 8>&- &
	pid=$!
	exec 8>in
	up 192.0.2.1 >&8
	await 10 grep -q one.test out
	run grep -E '^(CapEff|NoNewPrivs|Seccomp):' "/proc/$pid/status"
	[[ $output == *$'NoNewPrivs:\t1'* && $output == *$'CapEff:\t0000000000000000'* ]]
	[[ -n ${SANITIZE-} || $output == *$'Seccomp:\t2'* ]]
	# stopped, it passes on what still comes
	kill -INT "$pid"
	await 10 awk '/^SigPnd|^ShdPnd/ && $2 != "0000000000000000" { exit 1 }' \
	    "/proc/$pid/status"
	printf '192.0.2.9\t80\ttcp\topen\tsyn-ack\n' >&8
	await 10 grep -q 192.0.2.9 out
	exec 8>&-
	wait "$pid" && status=0 || status=$?
	pid=
	assert_equal "$status" 4
	assert_equal "$(of complete <out)" 0
}

@test "what is wrong, and the end of its reader" {
	run -1 --separate-stderr names <<<$'nonsense\t-\thost\tup\tx\n{'
	[[ $stderr == *'prt-names: stdin:2: '* ]]
	up 192.0.2.1 >good
	{ echo '{'; cat good; } >in
	run -1 --separate-stderr names --strict <in
	[[ $output != *one.test* ]]
	run -1 --separate-stderr prt-names --dns-server nonsense <good
	[[ $stderr == *'DNS servers are written'* ]]
	run -2 --separate-stderr prt-names 192.0.2.1
	[[ $stderr == *'records come on stdin'* ]]
	run -1 --separate-stderr on self bash -c 'prt-names <good >/dev/full'
	run on self bash -c 'set -o pipefail
	    yes "$(cat good)" | head -n 9999 | prt-names | head -n1'
	[[ $status -ne 1 && $output == *192.0.2.1* ]]
}

@test "reports: by what a host was asked for, and by what DNS calls it" {
	{
		up 192.0.2.2 | sed 's/$/\thost=www.example/'
		up 192.0.2.1
		printf '192.0.2.1\t80\ttcp\topen\tsyn-ack\n'
		printf '#prt\tstat\tby=x\thosts=2\tcomplete=1\n'
	} | names >rec
	prt-fmt <rec >normal
	grep -qx 'Scan report for one.test (192.0.2.1)' normal
	grep -qx 'Scan report for www.example (192.0.2.2)' normal
	grep -qx 'rDNS record for 192.0.2.2: two.test, deux.test' normal
	# it is no scan, and its sums are in no report
	assert_equal "$(grep -c ' complete:' normal)" 1
	prt-fmt -o gnmap <rec | grep -q '^Host: 192.0.2.1 (one.test)'
	prt-fmt -o html <rec | grep -q 'one\.test'
	prt-fmt -o targets <rec | grep -q 'ptr=one.test$'
	prt-fmt -o xml <rec >out.xml
	xmllint --noout out.xml
	grep -qx '<hostname name="www.example" type="user"/>' out.xml
	assert_equal "$(grep -c 'type="PTR"/>' out.xml)" 3
	# and back
	prt-fmt -o tsv out.xml >back
	grep -q $'^192.0.2.2\t.*\thost=www.example.*\tptr=two.test,deux.test' back
	grep -q $'^192.0.2.1\t-\thost\tup\t.*\tptr=one.test' back
	run grep -c $'^192.0.2.1\t.*\thost=' back
	assert_output 0
}

@test "prtip: hosts that are up have their names, with -n none has" {
	on self prtip --dns-servers 127.0.0.1:5353 -sn -oX xml -q 127.0.0.1
	grep -q '<hostname name="here.test" type="PTR"/>' xml
	on self prtip --dns-servers 127.0.0.1:5353 -n -sn -oX xml -q 127.0.0.1
	run grep -c '<hostname ' xml
	assert_output 0
	on self prtip --dns-servers 127.0.0.1:5353 --allow-reserved -sL \
	    198.51.100.40/31 >out
	assert_equal "$(grep -c 'ptr=host-198-51-100-4[01]' out)" 2
}
