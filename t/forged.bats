#!/usr/bin/env bats
# What does not prove itself is never reported: the target is silent, and a
# forger next to it answers what it sees with lies (t/lib/forger.py).

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

setup_file() {
	net_pair scan host
	rules host <<-'END'
	meta l4proto { tcp, udp } drop
	icmp type { echo-request, timestamp-request } drop
	icmpv6 type echo-request drop
	END
}

teardown() {
	reap "${forger-}"
}

forge() { # forge KINDS [ARG...]
	rm -f "$BATS_TEST_TMPDIR/ready"
	spawn forger host python3 "$NET_DIR/t/lib/forger.py" eth0 "$1" \
	    --ready "$BATS_TEST_TMPDIR/ready" "${@:2}"
	await 10 test -e "$BATS_TEST_TMPDIR/ready"
	rx=$(received)
}

received() {
	on scan cat /sys/class/net/eth0/statistics/rx_packets
}

# The test has a point only if the lies arrived.
lied() { # lied ATLEAST
	local n=$(($(received) - rx))

	echo "$n packets came"
	((n >= $1))
}

# scan SCAN ADDRESS [BLAST-ARG...]: sets $have to "port proto state reason",
# $addrs to the addresses that were reported.
scan() {
	local out cmd proto=T

	[[ $1 != udp ]] || proto=U
	cmd="prt-targets $2 -p $proto:1000-1015 |
	    prt-blast -T5 -s $1 ${*:3} | prt-listen --all"
	out=$(on scan timeout 60 bash -o pipefail -c "$cmd")
	echo "$cmd"
	echo "$out"
	have=$(awk -F'\t' -v OFS='\t' '!/^#/ { print $2, $3, $4, $5 }' \
	    <<<"$out" | sort -n)
	addrs=$(grep -v '^#' <<<"$out" | cut -f1 | sort -u)
}

# all PROTO STATE REASON: that, for every port, once.
all() {
	diff <(for p in {1000..1015}; do
		printf '%s\t%s\t%s\t%s\n' "$p" "$1" "$2" "$3"
	done) <(echo "$have")
}

@test "true answers of the forger are believed, once each" {
	local a

	forge proxy
	for a in $NET4.0.2 $NET6::2; do
		scan syn "$a"
		all tcp open syn-ack
	done
	reap "$forger"
	forge replay
	for a in $NET4.0.2 $NET6::2; do
		scan syn "$a"
		all tcp open syn-ack
		scan udp "$a"
		all udp open udp-response
	done
	lied 1000
}

@test "TCP: right ports, wrong cookie" {
	local a s

	forge cookie
	for a in $NET4.0.2 $NET6::2; do
		scan syn "$a" --retries 1
		all tcp filtered no-response
		for s in fin ack; do
			scan "$s" "$a" --retries 1
			[[ $have != *reset* && $have != *closed* ]]
			[[ $(wc -l <<<"$have") -eq 16 ]]
		done
	done
	lied 1000
}

@test "TCP and UDP: an answer to a port that never asked" {
	local a

	forge port
	for a in $NET4.0.2 $NET6::2; do
		scan syn "$a" --retries 1
		all tcp filtered no-response
		scan udp "$a" --retries 1
		all udp 'open|filtered' no-response
	done
	lied 300
}

@test "TCP and UDP: an answer from a host that was never probed" {
	local a

	forge stranger
	for a in $NET4.0.2 $NET6::2; do
		scan syn "$a" --retries 1
		all tcp filtered no-response
		[[ $addrs == "$a" ]]
		scan udp "$a" --retries 1
		all udp 'open|filtered' no-response
		[[ $addrs == "$a" ]]
	done
	lied 300
}

@test "TCP and UDP: an answer from a port that was never probed" {
	local a

	forge wrongport
	for a in $NET4.0.2 $NET6::2; do
		scan syn "$a" --retries 1
		all tcp filtered no-response
		scan udp "$a" --retries 1
		all udp 'open|filtered' no-response
	done
	lied 200
}

@test "ICMP errors that quote packets nobody sent" {
	local a

	forge quote
	for a in $NET4.0.2 $NET6::2; do
		scan syn "$a" --retries 1
		all tcp filtered no-response
		[[ $addrs == "$a" ]]
		scan udp "$a" --retries 1
		all udp 'open|filtered' no-response
		[[ $addrs == "$a" ]]
	done
	lied 2000
}

@test "answers of yesterday's scan, replayed" {
	local log=$BATS_TEST_TMPDIR/log a

	for a in $NET4.0.2 $NET6::2; do
		rm -f "$log"
		forge record --log "$log"
		scan syn "$a" --retries 0 -g 40000
		reap "$forger"
		[[ $(stat -c %s "$log") -ge 800 ]]
		forge play --log "$log"
		scan syn "$a" --retries 0 -g 40000
		all tcp filtered no-response
		lied 16
		reap "$forger"
	done
}

@test "echo and timestamp replies with another identifier or sender" {
	local s a out

	forge echo
	for s in icmp-echo icmp-timestamp; do
		out=$(on scan timeout 60 bash -o pipefail -c "
		    prt-targets $NET4.0.2 | prt-blast -T5 -s $s | prt-listen --all")
		echo "$out"
		[[ $(grep -v '^#' <<<"$out" | cut -f1,3,4) == \
		    $NET4.0.2$'\thost\tdown' ]]
	done
	out=$(on scan timeout 60 bash -o pipefail -c "prt-targets $NET6::2 |
	    prt-blast -T5 -s icmp-echo | prt-listen --all")
	echo "$out"
	[[ $(grep -v '^#' <<<"$out" | cut -f1,3,4) == $NET6::2$'\thost\tdown' ]]
	lied 15
}

@test "ARP replies for who was not asked for" {
	local out

	forge arp
	out=$(on scan timeout 60 bash -o pipefail -c "
	    prt-targets $NET4.0.2 $NET4.0.9 | prt-blast -s arp |
	    prt-listen --all")
	echo "$out"
	[[ $(grep -v '^#' <<<"$out" | cut -f1,3,4 | sort) == \
	    $NET4.0.2$'\thost\tup\n'$NET4.0.9$'\thost\tdown' ]]
	lied 4
}
