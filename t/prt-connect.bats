#!/usr/bin/env bats
# prt-connect against real servers and filters, and against shortages.
# bats file_tags=net

# shellcheck source=t/lib/net.bash
source "$BATS_TEST_DIRNAME/lib/net.bash"
net_fresh

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# box: loopback only. scan, host: two hosts on a wire.
setup_file() {
	net_guard
	host box
	net_pair scan host
	listen box tcp:22,80,8000-8009,65535
	listen host tcp:22,80
	filter | rules box
	filter | rules host
}

filter() {
	cat <<-'END'
	tcp dport 1001 drop
	tcp dport 1002 reject with tcp reset
	tcp dport 1003 reject with icmpx port-unreachable
	tcp dport 1004 reject with icmpx host-unreachable
	tcp dport 1005 reject with icmpx admin-prohibited
	tcp dport 1006 reject with icmpx no-route
	meta nfproto ipv4 tcp dport 1007 reject with icmp net-prohibited
	meta nfproto ipv6 tcp dport 1007 reject with icmpv6 policy-fail
	meta nfproto ipv4 tcp dport 1008 reject with icmp prot-unreachable
	END
}

setup() {
	net_guard
	cd "$BATS_TEST_TMPDIR" || return 1
}

# Columns 1 to 5 in order of address and port.
table() {
	grep -v '^#' | cut -f1-5 | LC_ALL=C sort -t$'\t' -k1,1 -k2,2n
}

stat_of() {
	sed -n "s/^#prt\tstat.*\t$1=\([^\t]*\).*/\1/p" "$2"
}

@test "every state and reason, IPv4 and IPv6, on loopback and on a wire" {
	local a at

	for at in box,127.0.0.1 box,::1 scan,$NET4.0.2 scan,$NET6::2; do
		a=${at#*,}
		echo "$at"
		printf '%s\t22,23,1001-1006\ttcp\n' "$a" |
		    on "${at%,*}" prt-connect --all -T5 >out
		table <out >got
		cat >want <<-END
		$a	22	tcp	open	syn-ack
		$a	23	tcp	closed	conn-refused
		$a	1001	tcp	filtered	no-response
		$a	1002	tcp	closed	conn-refused
		$a	1003	tcp	closed	port-unreach
		$a	1004	tcp	filtered	host-unreach
		$a	1005	tcp	filtered	admin-prohibited
		$a	1006	tcp	filtered	net-unreach
		END
		[[ $a != *:* ]] || sed -i s/net-unreach/no-route/ want
		diff want got
		run tail -n1 out
		assert_output --regexp $'^#prt\tstat\t.*probes=8\t.*open=1\tclosed=3\tfiltered=4\t.*complete=1$'
	done
}

@test "ICMP errors that IPv4 and IPv6 name differently" {
	echo "127.0.0.1 1007,1008 tcp" | on box prt-connect --all >out
	assert_equal "$(table <out | cut -f4,5 | tr '\n\t' ', ')" \
	    "filtered net-prohibited,filtered proto-unreach,"
	echo "::1 1007 tcp" | on box prt-connect --all >out
	assert_equal "$(table <out | cut -f5)" admin-prohibited
}

@test "--ping: a record for each host, and nothing of its ports" {
	printf '%s\n' $NET4.0.0/29 $NET6::2 |
	    on scan prt-connect --ping --all --timeout 300ms >out
	cat out
	diff <(printf '%s\thost\tdown\n' $NET4.0.{0,3,4,5,6,7}
	    printf '%s\thost\tup\n' $NET4.0.{1,2} $NET6::2) \
	    <(grep -v '^#' out | cut -f1,3,4 | sort -k3,3 -k1,1)
	[[ $(stat_of up out) -eq 3 && $(stat_of down out) -eq 6 ]]
	# one answer is enough; who is down is only counted
	printf '%s\n' "$NET4.0.2 - - - - host=a.example" $NET4.0.9 |
	    on scan prt-connect --ping -p 23,24 --timeout 300ms >out
	[[ $(grep -cv '^#' out) -eq 1 ]]
	grep -q $'\tup\tconn-refused\t.*host=a.example' out
	[[ $(stat_of down out) -eq 1 ]]
	run prt-connect --ping --shard 1/2 </dev/null
	assert_failure 2
}

@test "discovery in front: only the ports of who is up" {
	printf '%s\n' $NET4.0.2 $NET4.0.9 | on scan bash -c '
	    prt-connect --ping --timeout 300ms | prt-connect -p 22,23' |
	    grep -v host >out
	diff <(printf '%s\t%s\n' $NET4.0.2 $'22\ttcp\topen\tsyn-ack' \
	    $NET4.0.2 $'23\ttcp\tclosed\tconn-refused') <(table <out)
}

@test "what is filtered is counted, and reported with --all only" {
	echo "127.0.0.1 22,23,1001,1004 tcp" >in
	on box prt-connect -T5 <in >out
	assert_equal "$(table <out | cut -f2,4 | tr '\n\t' ',=')" "22=open,23=closed,"
	assert_equal "$(stat_of filtered out)" 2
	assert_equal "$(stat_of answered out)" 3
	on box prt-connect -T5 --open <in >out
	assert_equal "$(table <out | cut -f2,4 | tr '\n\t' ',=')" "22=open,"
	assert_equal "$(stat_of closed out)" 1
}

@test "65,535 ports of 127.0.0.1 and ::1: every one found, and right" {
	printf '127.0.0.1\t1-65535\ttcp\n::1\t1-65535\ttcp\n' >in
	on box prt-connect --all -T5 <in >out
	table <out >got
	assert_equal "$(wc -l <got)" 131070
	assert_equal "$(cut -f1,2 got | uniq | wc -l)" 131070
	assert_equal "$(awk '$1 == "::1" && $4 == "open" { printf "%s ", $2 }' got)" \
	    "22 80 8000 8001 8002 8003 8004 8005 8006 8007 8008 8009 65535 "
	assert_equal "$(awk '$1 == "127.0.0.1" && $4 == "open"' got | wc -l)" 13
	assert_equal "$(awk '$4 == "closed"' got | wc -l)" \
	    $((2 * (65535 - 13 - 5) - 1))
}

@test "a connection to itself is no open port" {
	host narrow
	# The only ports to come from are the ones that are scanned.
	on narrow sysctl -qw net.ipv4.ip_local_port_range="40000 40003"
	on narrow python3 - <<-'END'
	import socket
	for _ in range(64):	# the trap works: a plain client falls into it
	    s = socket.socket()
	    try:
	        s.connect(("127.0.0.1", 40000))
	        break
	    except ConnectionRefusedError:
	        s.close()
	else:
	    raise SystemExit("no connection met itself")
	END
	for _ in 1 2 3 4 5 6 7 8; do
		printf '127.0.0.1\t40000-40003\ttcp\n::1\t40000-40003\ttcp\n' |
		    on narrow prt-connect --all >out
		assert_equal "$(table <out | cut -f4 | sort | uniq -c |
		    tr -d ' ')" 8closed
	done
}

@test "a server on a port of the narrow range is still open" {
	host narrow2
	on narrow2 sysctl -qw net.ipv4.ip_local_port_range="40000 40001"
	listen narrow2 tcp:40000
	echo "127.0.0.1 40000,40001 tcp" | on narrow2 prt-connect >out
	assert_equal "$(table <out | cut -f2,4 | tr '\n\t' ',=')" \
	    "40000=open,40001=closed,"
}

@test "fewer files than ports: 32, and silent ones at once" {
	echo "127.0.0.1 1-1000 tcp" >in
	on box bash -c 'ulimit -n 32 && exec prt-connect --all -T5' <in >out
	assert_equal "$(table <out | wc -l)" 1000
	echo "127.0.0.1 1001 tcp" >in
	for i in {2..120}; do echo "127.0.0.$i 1001 tcp"; done >>in
	on box bash -c 'ulimit -n 32 && exec prt-connect --all --timeout 20ms
	    --retries 0' <in >out
	assert_equal "$(table <out | grep -c no-response)" 120
	assert_equal "$(stat_of complete out)" 1
}

@test "files that run out on the way are waited for" {
	for i in {1..100}; do echo "127.0.0.$i 1001 tcp"; done >in
	# The limit sinks below what is in use once the scan has started.
	# shellcheck disable=SC2016 # for the inner shell
	on box bash -c 'prt-connect --all --timeout 300ms --retries 0 \
	    --parallel 90 --rate 300 <in >out & p=$!
	    sleep 0.15; prlimit --pid $p --nofile=16:16; wait $p'
	assert_equal "$(table <out | grep -c no-response)" 100
	assert_equal "$(stat_of complete out)" 1
}

@test "ports that run out are waited for" {
	host ports
	filter | rules ports
	on ports sysctl -qw net.ipv4.ip_local_port_range="50000 50009"
	# ten ports to one address and port; but each address has its own ten
	for p in {1..40}; do echo "127.0.0.1 1001 tcp"; done >in
	on ports bash -c 'echo 1001 | python3 -c "
import socket, time
s = []
for i in range(10):	# takes all the ports to that destination
    c = socket.socket(); c.setblocking(False); s.append(c)
    try: c.connect((\"127.0.0.1\", 1001))
    except BlockingIOError: pass
print(flush=True)
time.sleep(0.6)
" | { read -r _; prt-connect --all --timeout 50ms --retries 0 <in; }' >out
	assert_equal "$(table <out)" \
	    $'127.0.0.1\t1001\ttcp\tfiltered\tno-response'
	assert_equal "$(stat_of complete out)" 1
}

@test "host= and tag= travel, rtt= and time= are there" {
	printf '%s\n' $'127.0.0.1\t22\ttcp\t-\t-\thost=a.example\ttag=x' \
	    $'127.0.0.1\t22,23\ttcp\t-\t-\thost=b.example' |
	    on box prt-connect >out
	run cut -f2,4,8- <(grep -v '^#' out | sort -t= -k4)
	assert_output $'22\topen\thost=a.example\ttag=x\n22\topen\thost=b.example\n23\tclosed\thost=b.example' ||
	    assert_output $'22\topen\thost=a.example\ttag=x\n23\tclosed\thost=b.example\n22\topen\thost=b.example'
	assert_equal "$(grep -cE $'\trtt=0\.[0-9]{6}\ttime=[0-9]+\.[0-9]{6}' out)" 3
	# one probe, whatever names it has
	assert_equal "$(stat_of sent out)" 2
}

@test "targets without ports get -p, in any of its spellings" {
	echo 127.0.0.1 | on box prt-connect -p 22,8000-8002,^8001 >out
	assert_equal "$(table <out | cut -f2 | tr '\n' ' ')" "22 8000 8002 "
	echo 127.0.0.1 | on box prt-connect -p ssh,T:80 >out
	assert_equal "$(table <out | cut -f2 | tr '\n' ' ')" "22 80 "
	echo 127.0.0.1 | on box prt-connect >out
	assert_equal "$(stat_of probes out)" 1000
	# a target's own ports win
	echo "127.0.0.1 23 tcp" | on box prt-connect -p 22 >out
	assert_equal "$(table <out | cut -f2)" 23
	run on box prt-connect -p U:53 </dev/null
	assert_failure 2
	assert_output --partial "TCP only"
	run on box prt-connect -p 70000 </dev/null
	assert_failure 2
}

@test "its own output and NDJSON are input; other records pass" {
	echo "127.0.0.1 22,23 tcp" | on box prt-connect -j >one
	grep -q '"port":22,"proto":"tcp","state":"open","reason":"syn-ack","rtt":0' one
	grep -v '"#prt"' one >in
	printf '%s\n' '# a comment' '' $'#prt\tscan\tid=7\tx=y' \
	    $'192.0.2.1\t53\tudp\topen\tudp-response\tk=v' >>in
	on box prt-connect <in >two
	assert_equal "$(table <two | grep ^127 | cut -f2,4 | tr '\n\t' ',=')" \
	    "22=open,23=closed,"
	grep -qx $'#prt\tscan\tid=7\tx=y' two
	grep -qx $'192.0.2.1\t53\tudp\topen\tudp-response\tk=v' two
}

@test "what discovery found goes on; a host that is down is not scanned" {
	printf '%s\n' $'127.0.0.1\t-\thost\tup\techo-reply' \
	    $'127.0.0.2\t-\thost\tdown\tno-response' |
	    on box prt-connect -p 22 >out
	assert_equal "$(table <out)" $'127.0.0.1\t-\thost\tup\techo-reply
127.0.0.1\t22\ttcp\topen\tsyn-ack
127.0.0.2\t-\thost\tdown\tno-response'
	assert_equal "$(stat_of probes out)" 1
}

@test "a target of another protocol is refused" {
	printf '%s\n' "127.0.0.1 53 udp" "127.0.0.1 22 tcp" >in
	run --separate-stderr on box prt-connect <in
	assert_failure 1
	[[ $stderr == "prt-connect: stdin:1: only TCP"* ]]
	assert_output --partial open=1
}

@test "shards are an exact partition of the probes" {
	echo "127.0.0.0/29 20-40 tcp" >in
	for i in 1 2 3; do
		on box prt-connect --shard $i/3 --all -T5 <in | table
	done >parts
	on box prt-connect --seed x --all -T5 <in | table >whole
	LC_ALL=C sort -t$'\t' -k1,1 -k2,2n parts | diff - whole
	assert_equal "$(wc -l <whole)" 168
}

@test "the order is random, and fixed by --seed" {
	echo "127.0.0.1 8000-8009 tcp" >in
	order() { on box prt-connect --seed "$1" <in | grep -v '^#' | cut -f2; }
	order a >a1
	order a >a2
	order other >b
	cmp a1 a2
	refute cmp -s a1 b
	sort a1 >sorted
	refute cmp -s a1 sorted
}

@test "--in-order asks host after host, port after port" {
	printf '127.0.0.1 20-29 tcp\n127.0.0.2 20-29 tcp\n' |
	    on box prt-connect --in-order --parallel 1 | grep -v '^#' |
	    cut -f1,2 >out
	diff <(printf '%s\n' $'127.0.0.1\t'{20..29} $'127.0.0.2\t'{20..29}) out
}

@test "input that keeps arriving is scanned as it comes" {
	mkfifo pipe
	on box prt-connect <pipe >out &
	local pid=$!
	exec 9>pipe
	echo "127.0.0.1 22 tcp" >&9
	await 5 grep -q $'\t22\ttcp\topen' out
	echo "127.0.0.1 80 tcp" >&9
	await 5 grep -q $'\t80\ttcp\topen' out
	refute grep -q stat out
	exec 9>&-
	wait $pid
	assert_equal "$(stat_of open out)" 2
}

@test "--rate is kept, on loopback too" {
	echo "127.0.0.1 1-300 tcp" | on box prt-connect --rate 500 >out
	local s
	s=$(stat_of seconds out)
	awk -v s="$s" 'BEGIN { exit !(s >= 0.59 && s < 3) }'
}

@test "the default rate to others is bounded, to loopback it is not" {
	echo "$NET4.0.2 2000-4999 tcp" | on scan prt-connect >out
	awk -v s="$(stat_of seconds out)" 'BEGIN { exit !(s >= 0.28) }'
	# 6.5 s if it were
	echo "127.0.0.1 1-65535 tcp" | on box prt-connect >out
	awk -v s="$(stat_of seconds out)" 'BEGIN { exit !(s < 5) }'
}

@test "--timeout and --retries are kept" {
	echo "127.0.0.1 1001 tcp" >in
	on box prt-connect --all --timeout 100ms --retries 2 <in >out
	assert_equal "$(stat_of sent out)" 3
	awk -v s="$(stat_of seconds out)" 'BEGIN { exit !(s >= 0.3 && s < 2) }'
	on box prt-connect --all --timeout 100ms --retries 0 <in >out
	assert_equal "$(stat_of sent out)" 1
}

@test "a port that answers only the second time is found" {
	host deaf
	listen deaf tcp:22
	# the first SYN to each is dropped
	rules deaf <<-'END'
	tcp flags & (syn | ack) == syn tcp dport 22 numgen inc mod 2 == 0 drop
	END
	echo "127.0.0.1 22 tcp" | on deaf prt-connect --timeout 100ms >out
	assert_equal "$(table <out | cut -f4)" open
	grep -q $'\tattempt=2' out
}

@test "a server that resets what it accepted is open" {
	host curt
	rules curt <<-'END'
	tcp flags & (syn | ack) == syn tcp dport 22 numgen inc mod 2 == 0 drop
	END
	cat >server.py <<-'END'
	import socket, struct
	s = socket.create_server(("127.0.0.1", 22))
	print("ready", flush=True)
	while True:
	    c, _ = s.accept()
	    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
	        struct.pack("ii", 1, 0))
	    c.close()
	END
	local pid
	spawn pid curt python3 server.py >said
	await 5 grep -q ready said
	# The kernel repeats the SYN after a second, while prt-connect sleeps:
	# it wakes up to a connection that has come and gone.
	echo "127.0.0.1 22 tcp" >in
	# shellcheck disable=SC2016
	on curt bash -c 'prt-connect --timeout 10s --retries 0 <in >out & p=$!
	    sleep 0.5; kill -STOP $p; sleep 1; kill -CONT $p; wait $p'
	reap "$pid"
	assert_equal "$(table <out | cut -f4,5)" $'open\tsyn-ack'
}

@test "5 % loss each way" {
	host la lb
	link la eth0 lb eth0
	addr la eth0 $NET4.9.1/24
	addr lb eth0 $NET4.9.2/24
	net_met la $NET4.9.2
	listen lb tcp:3000-3499
	lossy lb 5
	echo "$NET4.9.2 3000-3999 tcp" | on la prt-connect >out
	assert_equal "$(stat_of open out)" 500
	assert_equal "$(stat_of closed out)" 500
}

@test "-S and -i choose where probes come from" {
	echo "$NET4.0.2 22 tcp" >in
	on scan prt-connect -S $NET4.0.1 -i eth0 <in >out
	assert_equal "$(table <out | cut -f4)" open
	echo "127.0.0.1 22 tcp" | on box prt-connect -S 127.9.9.9 >out
	assert_equal "$(table <out | cut -f4)" open
	run on scan prt-connect -S 203.0.113.9 <in
	assert_failure 1
	assert_output --partial "ip address"
	run on scan prt-connect -i nosuch0 <in
	assert_failure 1
	assert_output --partial "no such interface"
	run on scan prt-connect -S nonsense <in
	assert_failure 2
}

@test "link-local targets go out of -i" {
	local ll
	ll=$(on host ip -6 -j addr show dev eth0 scope link |
	    jq -r '.[].addr_info[].local // empty')
	echo "$ll 22,23 tcp" | on scan prt-connect -i eth0 >out
	assert_equal "$(table <out | cut -f4 | tr '\n' ' ')" "open closed "
}

@test "no route is an error, not a silence" {
	printf '%s\n' "203.0.113.1 80 tcp" "2001:db8:9::1 80 tcp" \
	    "127.0.0.1 22 tcp" >in
	run --separate-stderr on box prt-connect --all <in
	assert_failure 1
	assert_equal "${#stderr_lines[@]}" 1
	[[ $stderr == *"cannot send to"*"ip route get"* ]]
	assert_output --partial $'127.0.0.1\t22\ttcp\topen'
	refute_output --partial 203.0.113.1
	assert_output --partial $'unreached=2\t'
	assert_output --partial complete=0
}

@test "a neighbour that is not there is filtered host-unreach" {
	echo "$NET4.0.77 80 tcp" |
	    on scan prt-connect --all --timeout 10s --retries 0 >out
	assert_equal "$(table <out | cut -f4,5)" $'filtered\thost-unreach'
}

@test "reserved space is refused" {
	echo "224.0.0.1 80 tcp" >in
	run --separate-stderr on box prt-connect --all <in
	assert_failure 1
	[[ $stderr == *"stdin:1: "*"--allow-reserved"* ]]
	assert_output --partial "probes=0"
	# the rest of a range is scanned
	echo "223.255.255.255-224.0.0.1 80 tcp" >in
	run --separate-stderr on box prt-connect --all <in
	assert_output --partial "probes=1"
	run --separate-stderr on box prt-connect --all --allow-reserved <in
	assert_output --partial "probes=3"
}

@test "empty input" {
	run --separate-stderr on box prt-connect </dev/null
	assert_success
	assert_output --regexp $'^#prt\tstat\t.*sent=0\t.*complete=1$'
	assert_equal "$stderr" ""
}

@test "a malformed line is named, the rest goes on; --strict stops" {
	printf '%s\n' "127.0.0.1 22 tcp" "example.org" "127.0.0.1 80 tcp" >in
	run --separate-stderr on box prt-connect <in
	assert_failure 1
	[[ $stderr == "prt-connect: stdin:2: "* ]]
	assert_equal "${#stderr_lines[@]}" 1
	assert_output --partial "open=2"
	assert_output --partial "complete=1"
	run --separate-stderr on box prt-connect --strict <in
	assert_failure 1
	assert_output --partial "complete=0"
}

@test "a full disk is an error, a closed pipe is not" {
	echo "127.0.0.1 1-2000 tcp" >in
	run on box bash -c 'prt-connect <in >/dev/full'
	assert_failure 1
	assert_output --partial "No space left"
	# shellcheck disable=SC2016
	run on box bash -c 'prt-connect <in | head -n1 >/dev/null
	    echo ${PIPESTATUS[0]}'
	assert_output 0
}

@test "SIGINT and SIGTERM: what there is, a stat record, status 4" {
	local sig
	for sig in INT TERM; do
		printf '127.0.0.1\t22,1001\ttcp\n' >in
		# in the foreground, it sends no SIGCONT, which could wake the
		# leak checker's own stop of the process
		run --separate-stderr on box timeout --foreground -s $sig 0.5 \
		    prt-connect --timeout 30s <in
		# timeout(1) says 124 whatever the status was
		assert_failure 124
		assert_output --partial $'22\ttcp\topen'
		assert_equal "${lines[-1]##*$'\t'}" complete=0
		assert_equal "$stderr" ""
	done
	# shellcheck disable=SC2016
	on box bash -c 'prt-connect --timeout 30s <in >out & p=$!
	    sleep 0.3; kill -INT $p; wait $p; echo $? >status'
	assert_equal "$(cat status)" 4
}

@test "progress: on a terminal, or when asked for, and cleared at the end" {
	echo "127.0.0.1 1001 tcp" >in
	run --separate-stderr on box prt-connect --timeout 1300ms \
	    --retries 0 --progress <in
	[[ $stderr == "prt-connect: 0.0 %, 1/s, 0 found"* ]]
	on box script -qec "prt-connect --timeout 500ms --retries 0 <in >out" \
	    /dev/null >screen
	grep -q $'\rprt-connect: 0.0 %, .*\e\\[K' screen
	[[ $(tail -c 4 screen) == $'\r\e[K' ]]
	run --separate-stderr on box prt-connect --timeout 500ms --retries 0 <in
	assert_equal "$stderr" ""
}

@test "usage" {
	run prt-connect 127.0.0.1 </dev/null
	assert_failure 2
	assert_output --partial "prt-targets 127.0.0.1 | prt-connect"
	run prt-connect --open --all </dev/null
	assert_failure 2
	run prt-connect -T9 </dev/null
	assert_failure 2
	run prt-connect --shard 5/4 </dev/null
	assert_failure 2
	run prt-connect --fields
	assert_success
	assert_line --partial "reason"
	assert_line --partial "rtt"
}

@test "--fields names every field that is written" {
	printf '%s\n' $'127.0.0.1\t22,1004\ttcp\t-\t-\thost=a\ttag=b' |
	    on box prt-connect --all >out
	prt-connect --fields | cut -f1 | LC_ALL=C sort >named
	grep -v '^#' out | cut -f6- >pairs
	grep '^#' out | cut -f3- >>pairs
	tr '\t' '\n' <pairs | cut -d= -f1 | LC_ALL=C sort -u >written
	assert_equal "$(comm -23 written named | tr '\n' ' ')" ""
}

@test "agrees with nmap -sT on what is open and closed" {
	command -v nmap >/dev/null || skip "nmap is not installed"
	on scan nmap -n -Pn -sT -oG - -p 20-30,80,1002 $NET4.0.2 |
	    grep -o '[0-9]*/open/' | cut -d/ -f1 | sort -n >want
	echo "$NET4.0.2 20-30,80,1002 tcp" | on scan prt-connect --open |
	    table | cut -f2 >got
	diff want got
}
