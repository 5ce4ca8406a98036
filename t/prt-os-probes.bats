#!/usr/bin/env bats
# prt-os asking hosts: real stacks, filters, routers, and what is lost.
# bats file_tags=net

# shellcheck source=t/lib/net.bash
source "$BATS_TEST_DIRNAME/lib/net.bash"
net_fresh

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# scan and host are neighbours; far is behind a router of scan2's.
setup_file() {
	net_guard
	net_pair scan host
	listen host tcp:22
	on host sysctl -qw net.ipv4.tcp_timestamps=2
	net_far
	listen far tcp:22
	host box
	listen box tcp:22
	db=$BATS_FILE_TMPDIR/db
	export db
	make_db
}

# As net_routed, with names of its own.
net_far() {
	host scan2 router far
	link scan2 eth0 router eth0
	link router eth1 far eth0
	addr scan2 eth0 $NET4.0.1/24 $NET6::1/64
	addr router eth0 $NET4.0.254/24 $NET6::fe/64
	addr router eth1 $NET4.1.254/24 $NET6:1::fe/64
	addr far eth0 $NET4.1.2/24 $NET6:1::2/64
	on router sysctl -qw net.ipv4.ip_forward=1 \
	    net.ipv6.conf.all.forwarding=1
	on scan2 ip route add default via $NET4.0.254
	on scan2 ip route add default via $NET6::fe
	on far ip route add default via $NET4.1.254
	on far ip route add default via $NET6:1::fe
	net_met scan2 $NET4.1.2 $NET6:1::2
}

# A database that knows what runs here, and something else: of every value but
# those that differ from host to host.
make_db() {
	cat >"$db" <<-'END'
	MatchPoints
	SEQ(GCD=75%TI=100%CI=50%II=100%SS=80)
	OPS(O1=20%O2=20%O3=20%O4=20%O5=20%O6=20)
	WIN(W1=15%W2=15%W3=15%W4=15%W5=15%W6=15)
	ECN(R=100%DF=20%T=15%W=15%O=15%CC=100%Q=20)
	T1(R=100%DF=20%T=15%S=20%A=20%F=30%RD=20%Q=20)
	T2(R=80%DF=20%T=15%W=25%S=20%A=20%F=30%O=10%RD=20%Q=20)
	T3(R=80%DF=20%T=15%W=25%S=20%A=20%F=30%O=10%RD=20%Q=20)
	T4(R=100%DF=20%T=15%W=25%S=20%A=20%F=30%O=10%RD=20%Q=20)
	T5(R=100%DF=20%T=15%W=25%S=20%A=20%F=30%O=10%RD=20%Q=20)
	T6(R=100%DF=20%T=15%W=25%S=20%A=20%F=30%O=10%RD=20%Q=20)
	T7(R=80%DF=20%T=15%W=25%S=20%A=20%F=30%O=10%RD=20%Q=20)
	U1(R=50%DF=20%T=15%IPL=100%UN=100%RIPL=100%RID=100%RIPCK=100%RUCK=100%RUD=100)
	IE(R=50%DFI=40%T=15%CD=100)

	Fingerprint Other 1
	Class Other | Other | 1 | general purpose
	T1(R=Y%DF=N%T=FA-FF%S=O%A=O%F=AS%RD=0%Q=)
	T5(R=Y%DF=N%T=FA-FF%W=0%S=Z%A=O%F=AR%O=%RD=0%Q=)

	END
	{
		entry Here $NET4.0.2
		entry Here6 $NET6::2 'IP 6'
	} >"$db.more"
	cat "$db.more" >>"$db"
}

# entry NAME ADDRESS [LINE]: a fingerprint of the host, in the database
entry() {
	printf 'Fingerprint %s\nClass Test | %s | 1 | general purpose\n' \
	    "$1" "$1"
	[[ -z ${3-} ]] || echo "$3"
	known "$2" | on scan prt-os --db "$db" --fingerprint | of os_fp |
	    sed 's/)/)\n/g' | sed -E '/^SCAN/d
		s/(SP|ISR|TS)=[^%)]*%?//g; s/%\)/)/; s/GCD=[1-6]/GCD=1-6/'
	echo
}

setup() {
	net_guard
	cd "$BATS_TEST_TMPDIR" || return 1
}

# known ADDRESS...: what a scan knows of them
known() {
	local a

	for a; do
		printf '%s\t22\ttcp\topen\tsyn-ack\n' "$a"
		printf '%s\t23\ttcp\tclosed\treset\n' "$a"
	done
}

# of KEY: its value in the records of stdin
of() { sed -nE "s/.*\t$1=([^\t]*).*/\1/p"; }

# tests FILE: a fingerprint, an attribute a line
tests() {
	sed 's/)/)\n/g' "$1" | awk -F'[()%]' '!/^SCAN|^$/ {
		for (i = 2; i <= NF; i++)
			if ($i != "")
				print $1, $i }'
}

@test "the fingerprint is the one that nmap takes" {
	on scan nmap -n -Pn -O -d -p 22,23 $NET4.0.2 >said 2>&1 &
	known $NET4.0.2 | on scan prt-os --db "$db" --fingerprint >out
	wait $!
	of os_fp <out >ours
	sed -n 's/^OS://p' said | tr -d '\n' >theirs
	[[ -s ours && -s theirs ]]
	tests ours | grep -vE '^SEQ (SP|ISR|GCD)=' >a
	tests theirs | grep -vE '^SEQ (SP|ISR|GCD)=' >b
	diff a b
	[[ $(wc -l <a) -gt 75 ]]
	# random numbers: SP and ISR are near, the GCD is small
	for k in SP ISR; do
		a=$(sed -n "s/.*[(%]$k=\([^%)]*\).*/\1/p" ours)
		b=$(sed -n "s/.*[(%]$k=\([^%)]*\).*/\1/p" theirs)
		((16#$a > 16#$b ? 16#$a - 16#$b < 24 : 16#$b - 16#$a < 24))
	done
}

@test "hosts are named over IPv4 and IPv6, on a wire and on loopback" {
	local s

	known $NET4.0.2 $NET6::2 | on scan prt-os --db "$db" >out
	known $NET4.0.2 $NET6::2 >in
	head -n4 out | diff in -
	grep -v '^#' out | tail -n2 | LC_ALL=C sort >got
	assert_equal "$(cut -f1-5 got)" "$(printf '%s\t-\thost\tup\t-\n' \
	    $NET4.0.2 $NET6::2)"
	assert_equal "$(of os <got)" $'Here\nHere6'
	assert_equal "$(of os_method <got)" $'probes\nprobes'
	assert_equal "$(of distance <got)" $'1\n1'
	tail -n1 out | grep -q 'by=prt-os	hosts=2	identified=2	.*unreached=0	.*complete=1'
	s=$(of seconds <out)
	[[ ${s%.*} -lt 2 ]]
	known 127.0.0.1 ::1 | on box prt-os --db "$db" --guess >out
	assert_equal "$(of distance <out)" $'0\n0'
	assert_equal "$(grep -c $'\tos=Here' out)" 2
}

@test "what services say of the host is weighed in" {
	{
		known $NET4.0.2 $NET6::2
		printf '%s\t2222\ttcp\topen\tx\tproduct=OpenSSH\tversion=9.2p1\tinfo=Debian 2+deb12u3\tos=Linux\tcpe=cpe:/o:debian:debian_linux\n' $NET4.0.2
		printf '%s\t445\ttcp\topen\tx\tos=Windows\n' $NET6::2
	} | on scan prt-os >out
	grep $'\thost\t' out | LC_ALL=C sort >got
	assert_regex "$(of os <got | head -n1)" '^Linux .* \(Debian 12\)$'
	assert_equal "$(of os_method <got)" $'probes,service\nprobes'
	# where they contradict the stack, that counts, and half
	assert_equal "$(of os_family <got)" $'Linux\nLinux'
	(($(of os_conf <got | tail -n1) <= 50))
}

@test "a router away: distance, and the time to live that the host began with" {
	known $NET4.1.2 $NET6:1::2 |
	    on scan2 prt-os --db "$db" --fingerprint >out
	assert_equal "$(of distance <out)" $'2\n2'
	of os_fp <out >fp
	assert_equal "$(grep -o '%T=40' fp | wc -l)" \
	    "$(grep -o '%T=' fp | wc -l)"
	assert_equal "$(of os <out | sort)" $'Here\nHere6'
}

@test "without Ethernet in between, and by an address of the link" {
	local ll

	net_tun tuna tunb
	listen tunb tcp:22
	known $NET4.0.2 $NET6::2 | on tuna prt-os >out &
	pid=$!
	ll=$(on host ip -j -6 addr show dev eth0 scope link |
	    jq -r '.[].addr_info[] | .local // empty')
	known "$ll" | on scan prt-os >near
	wait "$pid"
	assert_equal "$(of os_family <out)" $'Linux\nLinux'
	assert_equal "$(of distance <out)" $'1\n1'
	assert_equal "$(of os_family <near)" Linux
}

@test "uptime is that of the machine, where the clock tells it" {
	local up want

	# without a random offset the kernel counts milliseconds since it began
	known $NET4.0.2 | on scan prt-os --db "$db" --uptime-guess >out &
	known $NET4.0.2 | on scan prt-os --db "$db" >plain &
	known $NET4.1.2 | on scan2 prt-os --db "$db" --uptime-guess >random &
	wait
	read -r want _ </proc/uptime
	up=$(of uptime <out)
	((up >= ${want%.*} - 5 && up <= ${want%.*} + 5))
	# what most systems begin at random is not believed, and what is random
	# in each connection cannot be
	for f in plain random; do
		grep -q $'\tup\t' $f
		assert_equal "$(of uptime <$f)" ''
	done
}

@test "a host behind a filter is not guessed with confidence" {
	local conf

	# the open port only
	rules far <<-'END'
	meta l4proto { icmp, udp } drop
	tcp dport != 22 drop
	END
	known $NET4.1.2 | on scan2 prt-os --db "$db" >out
	assert_equal "$(of os <out)" ''
	of os_fp <out >fp
	grep -q 'G=N' fp
	grep -q 'T5(R=N)' fp
	grep -q 'T1(R=Y' fp
	known $NET4.1.2 | on scan2 prt-os --db "$db" --guess >out
	rules far </dev/null
	conf=$(of os_conf <out)
	[[ $conf -le 60 ]]
}

@test "behind a filter, what the scan has seen counts, and names travel along" {
	local conf

	rules far <<-'END'
	meta l4proto { icmp, udp } drop
	tcp dport != 22 drop
	END
	echo $NET4.1.2 22 tcp - - host=far.example tag=lab | on scan2 bash -c \
	    "prt-blast | prt-listen | prt-os -T5 >$PWD/out"
	rules far </dev/null
	grep $'\thost\tup\t' out >named
	assert_equal "$(of os_family <named)" Linux
	assert_equal "$(of os_method <named)" passive
	assert_equal "$(of host <named)" far.example
	assert_equal "$(of tag <named)" lab
	conf=$(of os_conf <named)
	((conf >= 30 && conf < 85))
	grep -q 'G=N' named
}

@test "a filter that says so is not asked again, and one that drops all is nobody" {
	rules far <<-'END'
	udp dport 1-65535 reject with icmpx admin-prohibited
	meta l4proto icmp drop
	END
	known $NET4.1.2 | on scan2 prt-os -T5 --db "$db" --guess --fingerprint >out
	of os_fp <out | grep -q 'U1(R=N)IE(R=N)'
	rules far <<<'meta l4proto { tcp, udp, icmp } drop'
	known $NET4.1.2 | on scan2 prt-os -T5 --db "$db" >out
	rules far </dev/null
	run grep -c $'\thost\t' out
	assert_output 0
	tail -n1 out | grep -q 'hosts=1	identified=0	.*complete=1'
}

@test "probes that are lost are sent again" {
	# by count, not by chance: some of so few are lost each time
	rules_in far input <<<'meta l4proto { tcp, udp } numgen inc mod 13 == 4 drop'
	rules_in far output <<<'meta l4proto tcp numgen inc mod 11 == 7 drop'
	known $NET4.1.2 | on scan2 prt-os -T5 --db "$db" --fingerprint >out
	rules_in far input </dev/null
	rules_in far output </dev/null
	assert_equal "$(of os <out)" Here
	(($(of sent <out) > 22))
	of os_fp <out >fp
	grep -q 'T4(R=Y.*T5(R=Y.*T6(R=Y.*T7(R=Y.*U1(R=Y.*IE(R=Y' fp
}

@test "a closed port is found by itself; an open one is not looked for" {
	printf '%s\t22\ttcp\topen\tsyn-ack\n' $NET4.0.2 |
	    on scan prt-os --db "$db" --fingerprint >out
	assert_equal "$(of os <out)" Here
	of os_fp <out | grep -qE '%CT=4[0-9]{4}%'
	printf '%s\t-\thost\tup\techo-reply\n' $NET4.0.2 |
	    on scan prt-os --db "$db" --fingerprint >out
	assert_equal "$(of os <out)" ''
	of os_fp <out >fp
	grep -q 'T5(R=Y.*T6(R=Y.*T7(R=Y.*U1(R=Y.*IE(R=Y' fp
	run grep -E 'OPS|WIN|ECN|T1|T2' fp
	assert_failure
	# a port that is not open any more
	printf '%s\t24\ttcp\topen\tsyn-ack\n' $NET4.0.2 |
	    on scan prt-os --db "$db" --fingerprint >out
	run grep -E 'OPS|WIN|ECN|T1|T2' out
	assert_failure
	# a target, without a state
	echo $NET4.0.2 22 tcp | on scan prt-os --db "$db" >out
	assert_equal "$(of os <out)" Here
}

@test "hosts come before the record that ends the scan which found them" {
	{
		known $NET4.0.2
		printf '#prt\tstat\tby=prt-listen\tcomplete=1\n'
		printf '%s\t25\ttcp\tclosed\treset\n' $NET4.0.2
		printf '# a comment\nodd\n'
		printf '%s\t80\ttcp\tfiltered\tno-response\n' $NET4.0.9
		printf '%s\t-\thost\tdown\tno-response\n' $NET4.0.8
	} >in
	run --separate-stderr on scan prt-os --db "$db" -j <in
	assert_failure 1
	[[ $stderr == *'stdin:6: column 1'* ]]
	assert_equal "$(jq -r '[.ip // "meta", .state // .by] | join(" ")' \
	    <<<"$output")" "$(cat <<-END
	$NET4.0.2 open
	$NET4.0.2 closed
	$NET4.0.2 up
	meta prt-listen
	$NET4.0.2 closed
	odd 
	$NET4.0.9 filtered
	$NET4.0.8 down
	meta prt-os
	END
	)"
}

@test "it sleeps while a record waits and its input has hung up" {
	{
		known $NET4.0.2
		printf '#prt\tstat\tby=prt-listen\tcomplete=1\n'
	} >in
	on scan timed cost cat in '|' prt-os --db "$db" >out
	jq . cost
	jq -e '.wall as $wall | .parts[1] | .user + .sys < $wall / 3' cost
	tail -n1 out | grep -q 'complete=1'
}

@test "--parallel and --rate: how many hosts at once, how fast" {
	local s

	known $NET4.0.2 $NET6::2 |
	    on scan prt-os --db "$db" --parallel 1 --progress >one 2>err &
	# 24 probes a host: the second one begins a second later
	known $NET4.0.2 $NET6::2 | on scan prt-os --db "$db" --rate 24 >out
	wait
	for f in one out; do
		s=$(of seconds <$f)
		((${s%.*} >= 2))
	done
	grep -q '^prt-os: .*found' err
	assert_equal "$(of os <out | sort)" $'Here\nHere6'
}

@test "-S: from another address of this machine" {
	addr scan eth0 $NET4.0.77/24
	rules host <<<"ip saddr $NET4.0.1 drop"
	known $NET4.0.2 | on scan prt-os -T5 --db "$db" -S $NET4.0.77 >out
	rules host </dev/null
	assert_equal "$(of os <out)" Here
}

@test "who answers for every port, or for some of them, is not named for sure" {
	{
		known $NET4.0.2
		printf '%s\t-\thost\tup\tsyn-ack\tsuspect=syn-proxy\n' $NET4.0.2
	} | on scan prt-os --db "$db" --guess >out
	assert_equal "$(of os_conf <out)" 60
}

@test "stdout: a full disk is an error, a closed pipe a quiet end" {
	[[ -c /dev/full ]]
	known $NET4.0.2 >in
	run --separate-stderr on scan bash -c \
	    "prt-os --db '$db' <in >/dev/full"
	assert_failure 1
	[[ $stderr == *'No space left'* ]]
	run --separate-stderr on scan bash -c \
	    "{ prt-os --db '$db' <in; echo \$? >status; } | head -n 1"
	assert_equal "$stderr" ''
	assert_equal "$(cat status)" 0
}

@test "without the privilege: exit 3, and how to get it" {
	run --separate-stderr on scan setpriv --bounding-set -net_raw \
	    --inh-caps -net_raw prt-os --db "$db" <<<$NET4.0.2
	assert_failure 3
	[[ $stderr == *"setcap cap_net_raw=ep"*prt-os* ]]
	assert_output ''
}

@test "privilege is gone before the first byte is read" {
	mkfifo in
	exec 8<>in
	into scan prt-os --db "$db" <in >out 3>&- 8>&- &
	pid=$!
	await 5 grep -q 'prt-os' "/proc/$pid/comm"
	await 5 grep -q '^CapEff:	0*$' "/proc/$pid/status"
	await 5 grep -q '^NoNewPrivs:	1$' "/proc/$pid/status"
	grep -q '^CapPrm:	0*$' "/proc/$pid/status"
	exec 8>&-
	wait "$pid"
	grep -q 'hosts=0	.*complete=1' out
}

@test "Ctrl-C ends it: what was read is written, exit 4" {
	mkfifo in
	exec 8<>in
	into scan prt-os --db "$db" <in >out 3>&- 8>&- &
	pid=$!
	known $NET4.0.2 >&8
	await 5 grep -q 23 out
	kill -INT "$pid"
	wait "$pid" || got=$?
	assert_equal "${got-}" 4
	exec 8>&-
	known $NET4.0.2 | diff - <(grep -v '^#' out)
	tail -n1 out | grep -q 'by=prt-os	.*complete=0'
}

@test "addresses that nobody should ask, networks, and no way there" {
	run --separate-stderr on scan prt-os --db "$db" <<-END
	224.0.0.1
	$NET4.0.0/24
	203.0.113.7
	END
	assert_failure 1
	[[ ${stderr_lines[0]} == *'stdin:1: '*--allow-reserved* ]]
	[[ ${stderr_lines[1]} == *'stdin:2: a network is not asked'* ]]
	[[ ${stderr_lines[2]} == *"cannot send to 203.0.113.7"*'ip route get'* ]]
	assert_line --partial 'unreached=1'
	assert_line --partial 'complete=0'
	assert_equal "${#lines[@]}" 4
	run --separate-stderr on scan prt-os --db "$db" --allow-reserved \
	    <<<240.0.0.1
	[[ $stderr == *'cannot send to 240.0.0.1'* ]]
	run --separate-stderr on scan prt-os --db "$db" --strict <<-END
	$NET4.0.0/24
	$NET4.0.2
	END
	assert_failure 1
	assert_line --partial 'hosts=0'
}
