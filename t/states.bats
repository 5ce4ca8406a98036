#!/usr/bin/env bats
# Every scan type, over IPv4 and IPv6, on a wire and through a gateway, reports
# for every port the state and the reason that nmap reports: t/data/states.tsv.

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh
source "$NET_DIR/t/lib/ground.bash"

table=$NET_DIR/t/data/states.tsv

setup_file() {
	ground pair
	ground routed
}

teardown() {
	[[ -z ${no_icmp-} ]] || : | rules_in rhost prerouting
	[[ -z ${rationing-} ]] || on host sysctl -qw net.ipv4.icmp_ratelimit=0 \
	    net.ipv6.icmp.ratelimit=0
}

# expected TOPOLOGY SCAN FAMILY: rows "port proto state reason".
expected() {
	awk -F'\t' -v OFS='\t' -v t="$1" -v s="$2" -v v="$3" \
	    '$1 == t && $2 == s && $3 == v { print $4, $5, $6, $7 }' "$table"
}

# The same of records on stdin, each exactly as often as it was reported.
found() {
	awk -F'\t' -v OFS='\t' '!/^#/ && $3 != "host" { print $2, $3, $4, $5 }' |
	    sort -n
}

# connect() tells nmap less than the packets tell a raw scan, and what it tells
# depends on whether the call still held the socket when the error came: where
# the filter rejects, nmap's reason and (silence) its state may vary. prt-connect
# reads the error itself: same state, and the reason of the raw scan.
soft() {
	awk -F'\t' -v OFS='\t' '$1 > 26 && $1 < 34 && $4 != "conn-refused" ||
	    $1 == 27 { $3 = "filtered"; $4 = "any" } { print }'
}

exactly() { # exactly TOPOLOGY FAMILY: what prt-connect must say
	join -t $'\t' <(expected "$1" connect "$2") \
	    <(expected "$1" syn "$2") | awk -F'\t' -v OFS='\t' '{
	    print $1, $2, $3, $7 == "reset" ? $4 : $7 }'
}

same() { # same SCAN WANT HAVE
	if [[ $1 == connect ]]; then
		diff <(soft <<<"$2") <(soft <<<"$3")
	else
		diff <(cat <<<"$2") <(cat <<<"$3")
	fi
}

# pipeline SCAN ADDRESS: what a user would type.
pipeline() {
	local proto=T

	[[ $1 != udp ]] || proto=U
	if [[ $1 == connect ]]; then
		echo "prt-targets $2 -p T:22-34 | prt-connect --all"
	else
		echo "prt-targets $2 -p $proto:22-34 | prt-blast -s $1 |" \
		    "prt-listen --all"
	fi
}

# judge SCAN: our pipeline against the table, on a wire and through a gateway,
# both families; all four at a time, since most of it is waiting for silence.
judge() {
	local t v have want pids=()

	for t in pair routed; do
		for v in 4 6; do
			on "$(ground_from $t)" timeout 60 bash -o pipefail -c \
			    "$(pipeline "$1" "$(ground_addr $t $v)")" \
			    >"$BATS_TEST_TMPDIR/$t$v" 3>&- &
			pids+=($!)
		done
	done
	for v in "${pids[@]}"; do
		wait "$v"
	done
	for t in pair routed; do
		for v in 4 6; do
			have=$(cat "$BATS_TEST_TMPDIR/$t$v")
			pipeline "$1" "$(ground_addr $t $v)"
			echo "$have"
			want=$(expected $t "$1" $v)
			[[ $1 != connect ]] || want=$(exactly $t $v)
			[[ $(wc -l <<<"$want") -eq 13 ]]
			diff <(echo "$want") <(found <<<"$have")
		done
	done
}

@test "syn: states on a wire and through a gateway" {
	judge syn
}

@test "ack: states on a wire and through a gateway" {
	judge ack
}

@test "window: states on a wire and through a gateway" {
	judge window
}

@test "maimon: states on a wire and through a gateway" {
	judge maimon
}

@test "fin: states on a wire and through a gateway" {
	judge fin
}

@test "null: states on a wire and through a gateway" {
	judge null
}

@test "xmas: states on a wire and through a gateway" {
	judge xmas
}

@test "flags:SF: states on a wire and through a gateway" {
	judge flags:SF
}

@test "udp: states on a wire and through a gateway" {
	judge udp
}

@test "connect: states on a wire and through a gateway" {
	judge connect
}

@test "several scan types at once: syn,udp" {
	local v have want

	for v in 4 6; do
		have=$(on scan timeout 60 bash -o pipefail -c "
		    prt-targets $(ground_addr pair $v) -p T:22-34,U:22-34 |
		    prt-blast -s syn,udp | prt-listen --all")
		want=$({ expected pair syn $v; expected pair udp $v; } | sort)
		diff <(echo "$want") <(found <<<"$have" | sort)
	done
}

@test "a hop that ends the packet's life: filtered time-exceeded" {
	local v s have proto

	for v in 4 6; do
		for s in syn udp fin; do
			proto=T
			[[ $s != udp ]] || proto=U
			have=$(on rscan timeout 60 bash -o pipefail -c "
			    prt-targets $(ground_addr routed $v) \
				-p $proto:22,23 |
			    prt-blast --ttl 1 -s $s | prt-listen --all")
			echo "$s $v: $have"
			[[ $(found <<<"$have" | cut -f3,4 | sort -u) == \
			    $'filtered\ttime-exceeded' ]]
			[[ $(found <<<"$have" | wc -l) -eq 2 ]]
		done
	done
}

@test "udp: a host that rations its ICMP errors, as Linux does by default" {
	local v have

	rationing=1
	on host sysctl -qw net.ipv4.icmp_ratelimit=1000 \
	    net.ipv6.icmp.ratelimit=1000
	for v in 4 6; do
		# Six errors at once, then one a second: the six are taken first.
		on scan timeout 60 bash -o pipefail -c "
		    prt-targets $(ground_addr pair $v) -p U:6000-6009 |
		    prt-blast -s udp --retries 0 | prt-listen" >/dev/null
		have=$(on scan timeout 60 bash -o pipefail -c "
		    prt-targets $(ground_addr pair $v) -p U:5000-5011 |
		    prt-blast -s udp | prt-listen --all")
		echo "$have"
		[[ $(found <<<"$have" | cut -f3,4 | uniq -c) =~ \
		    ^\ *12\ closed.port-unreach$ ]]
	done
}

@test "nmap, where it is installed, says what the table says" {
	local t s v

	command -v nmap >/dev/null || skip "nmap is not installed"
	nmap_table >"$BATS_TEST_TMPDIR/nmap"
	for t in pair routed; do
		for s in "${ground_scans[@]}"; do
			for v in 4 6; do
				echo "$t $s $v"
				same "$s" "$(expected "$t" "$s" $v)" \
				    "$(table=$BATS_TEST_TMPDIR/nmap
				    expected "$t" "$s" $v)"
			done
		done
	done
}

# ---- discovery ----

# hosts: rows "address state reason" of host records on stdin.
hosts() {
	awk -F'\t' -v OFS='\t' '!/^#/ && $3 == "host" { print $1, $4, $5 }' |
	    sort
}

# discover HOST SCAN ADDRESS...: sets $have
discover() {
	local h=$1 s=$2

	shift 2
	have=$(on "$h" timeout 60 bash -o pipefail -c "
	    prt-targets $* | prt-blast -s $s | prt-listen --all")
	echo "$s $*: $have"
	have=$(hosts <<<"$have")
}

up() { # up ADDRESS REASON
	grep -Fxq "$1"$'\t'up$'\t'"$2" <<<"$have"
}

down() { # down ADDRESS
	grep -Eq "^$1"$'\t'"down"$'\t'"(no-response|host-unreach)\$" <<<"$have"
}

@test "arp: up and down, with the MAC" {
	local mac

	discover scan arp $NET4.0.2 $NET4.0.9
	up $NET4.0.2 arp-response
	down $NET4.0.9
	mac=$(on host cat /sys/class/net/eth0/address)
	on scan timeout 60 bash -c "prt-targets $NET4.0.2 |
	    prt-blast -s arp | prt-listen" | grep -q "mac=$mac"
}

@test "ndp: up and down" {
	discover scan ndp $NET6::2 $NET6::9
	up $NET6::2 nd-response
	down $NET6::9
}

@test "icmp-echo: up and down, on a wire and through a gateway" {
	discover scan icmp-echo $NET4.0.2 $NET4.0.9
	up $NET4.0.2 echo-reply
	down $NET4.0.9
	discover scan icmp-echo $NET6::2 $NET6::9
	up $NET6::2 echo-reply
	down $NET6::9
	discover rscan icmp-echo $NET4.1.2 $NET4.1.9
	up $NET4.1.2 echo-reply
	down $NET4.1.9
	discover rscan icmp-echo $NET6:1::2 $NET6:1::9
	up $NET6:1::2 echo-reply
	down $NET6:1::9
}

@test "icmp-timestamp: up and down, on a wire and through a gateway" {
	discover scan icmp-timestamp $NET4.0.2 $NET4.0.9
	up $NET4.0.2 timestamp-reply
	down $NET4.0.9
	discover rscan icmp-timestamp $NET4.1.2 $NET4.1.9
	up $NET4.1.2 timestamp-reply
	down $NET4.1.9
}

@test "udp-ping: what is closed and what answers is up, through a gateway" {
	local a

	discover rscan udp-ping $NET4.1.2 $NET6:1::2 $NET4.1.9
	up $NET4.1.2 port-unreach
	up $NET6:1::2 port-unreach
	down $NET4.1.9
	for a in $NET4.1.2 $NET6:1::2; do
		discover rscan "udp-ping -p 22" "$a"
		up "$a" udp-response
		# silence, and what only the gateway says
		discover rscan "udp-ping -p 24,25,27,28" "$a"
		down "$a"
		# one port that answers is enough
		discover rscan "ping --ping udp-ping:25,udp-ping:22" "$a"
		up "$a" udp-response
	done
}

@test "icmp-mask: silent from Linux, up from a host that answers" {
	local pid

	discover scan icmp-mask $NET4.0.2
	down $NET4.0.2
	spawn pid host python3 "$NET_DIR/t/lib/forger.py" eth0 mask \
	    --ready "$BATS_TEST_TMPDIR/ready"
	await 10 test -e "$BATS_TEST_TMPDIR/ready"
	discover scan icmp-mask $NET4.0.2
	reap "$pid"
	up $NET4.0.2 addressmask-reply
}

@test "ping: the sensible set for where the target is" {
	discover scan ping $NET4.0.2 $NET4.0.9
	up $NET4.0.2 arp-response
	down $NET4.0.9
	discover scan ping $NET6::2 $NET6::9
	up $NET6::2 nd-response
	down $NET6::9
	discover rscan ping $NET4.1.2 $NET4.1.9
	[[ $have == $NET4.1.2$'\t'up$'\t'* ]]
	down $NET4.1.9
	discover rscan ping $NET6:1::2 $NET6:1::9
	[[ $have == *$NET6:1::2$'\t'up$'\t'* ]]
	down $NET6:1::9
	[[ $(wc -l <<<"$have") -eq 2 ]]
}

@test "ping finds a host that answers no ICMP, by SYN 443 and ACK 80" {
	no_icmp=1
	echo 'meta l4proto { icmp, icmpv6 } drop' | rules_in rhost prerouting
	on gw ip -6 neigh replace $NET6:1::2 dev eth1 nud permanent lladdr \
	    "$(on rhost cat /sys/class/net/eth0/address)"
	on rhost ip -6 neigh replace $NET6:1::fe dev eth0 nud permanent lladdr \
	    "$(on gw cat /sys/class/net/eth1/address)"
	discover rscan ping $NET4.1.2
	up $NET4.1.2 reset
	discover rscan ping $NET6:1::2
	up $NET6:1::2 reset
}

@test "nmap, where it is installed, agrees on who is up and why" {
	command -v nmap >/dev/null || skip "nmap is not installed"
	reason() {
		on "$1" nmap -n -sn --reason -oX - "${@:2}" |
		    sed -n 's/.*<status state="\([^"]*\)" reason="\([^"]*\)".*/\1 \2/p'
	}
	[[ $(reason scan $NET4.0.2) == "up arp-response" ]]
	[[ $(reason scan -6 $NET6::2) == "up nd-response" ]]
	[[ $(reason rscan -PE $NET4.1.2) == "up echo-reply" ]]
	[[ $(reason rscan -6 -PE $NET6:1::2) == "up echo-reply" ]]
	[[ $(reason rscan -PP $NET4.1.2) == "up timestamp-reply" ]]
	[[ $(reason rscan -PS23 $NET4.1.2) == "up reset" ]]
	[[ $(reason rscan -PA22 $NET4.1.2) == "up reset" ]]
	[[ $(reason rscan -PU $NET4.1.2) == "up port-unreach" ]]
	[[ $(reason rscan -PU22 $NET4.1.2) == "up udp-response" ]]
	[[ $(reason rscan -6 -PU $NET6:1::2) == "up port-unreach" ]]
}
