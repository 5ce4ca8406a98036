#!/usr/bin/env bats
# Packets find their way: loopback, hosts on the link, through a gateway, a
# device without Ethernet; with the source that was asked for.

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

setup_file() {
	net_lan scan 5
	listen scan tcp:22 udp:24
	for i in 2 3 4 5; do
		listen "h$i" tcp:22
	done
	net_routed rscan gw rhost
	listen rhost tcp:22
	[[ ! -w /dev/net/tun ]] || {
		net_tun tscan thost
		listen thost tcp:22 udp:22
	}
}

# scan HOST SCRIPT: sets $have to sorted "ip port proto state".
scan() {
	local out

	echo "$2"
	out=$(on "$1" timeout 60 bash -o pipefail -c "$2")
	echo "$out"
	tail -1 <<<"$out" | grep -q 'complete=1'
	have=$(awk -F'\t' '!/^#/ { print $1, $2, $3, $4 }' <<<"$out" | sort)
}

is() { # is LINE...
	diff <(printf '%s\n' "$@" | sort) <(echo "$have")
}

@test "loopback: 127.0.0.1, the rest of 127/8, ::1, the own address" {
	local a

	for a in 127.0.0.1 ::1 $NET4.0.1 $NET6::1; do
		scan scan "prt-targets $a -p T:22,23,U:23,24 |
		    prt-blast -s syn,udp | prt-listen"
		is "$a 22 tcp open" "$a 23 tcp closed" "$a 23 udp closed" \
		    "$a 24 udp open"
	done
	# A UDP server there answers as 127.0.0.1, which proves nothing.
	scan scan "prt-targets 127.9.8.7 -p 22,23 | prt-blast | prt-listen"
	is "127.9.8.7 22 tcp open" "127.9.8.7 23 tcp closed"
}

@test "loopback beside the wire, both families, in one scan" {
	scan scan "prt-targets 127.0.0.1 ::1 $NET4.0.2 $NET6::2 -p 22,23 |
	    prt-blast | prt-listen"
	is {127.0.0.1,::1,$NET4.0.2,$NET6::2}\ {22\ tcp\ open,23\ tcp\ closed}
}

@test "hosts on the link, and addresses that nobody has" {
	scan scan "prt-targets $NET4.0.0/28 -p 22 | prt-blast | prt-listen"
	is $NET4.0.{1,2,3,4,5}\ 22\ tcp\ open
	scan scan "prt-targets $NET6::/125 -p 22 | prt-blast | prt-listen"
	is $NET6::{1,2,3,4,5}\ 22\ tcp\ open
}

@test "an address that nobody on the link has is down, once, with --all" {
	scan scan "prt-targets $NET4.0.2 $NET4.0.77 -p 22,23 | prt-blast |
	    prt-listen --all"
	is "$NET4.0.2 22 tcp open" "$NET4.0.2 23 tcp closed" \
	    "$NET4.0.77 - host down"
}

@test "through a gateway" {
	local a

	for a in $NET4.1.2 $NET6:1::2; do
		scan rscan "prt-targets $a -p 22,23 | prt-blast | prt-listen"
		is "$a 22 tcp open" "$a 23 tcp closed"
	done
	# The gateway itself, and who is behind it, in one scan.
	scan rscan "prt-targets $NET4.1.2 $NET4.0.254 -p 22,23 | prt-blast |
	    prt-listen"
	is "$NET4.1.2 22 tcp open" "$NET4.1.2 23 tcp closed" \
	    $NET4.0.254\ {22,23}\ tcp\ closed
}

@test "a tun device: no Ethernet at all" {
	local a

	[[ -w /dev/net/tun ]] || skip "/dev/net/tun may not be opened"
	for a in $NET4.0.2 $NET6::2; do
		scan tscan "prt-targets $a -p T:22,23,U:22,23 |
		    prt-blast -s syn,udp | prt-listen"
		is "$a 22 tcp open" "$a 23 tcp closed" "$a 22 udp open" \
		    "$a 23 udp closed"
		scan tscan "prt-targets $a | prt-blast -s icmp-echo | prt-listen"
		is "$a - host up"
		scan tscan "prt-targets $a | prt-blast -s ping | prt-listen"
		is "$a - host up"
	done
}

@test "-S, -g and --ttl are what the target sees" {
	addr scan eth0 $NET4.0.100/24 $NET6::100/64
	rules h2 <<-END
	ip saddr $NET4.0.100 ip ttl 77 tcp sport 4444 tcp dport 22 counter
	ip6 saddr $NET6::100 ip6 hoplimit 77 tcp sport 4444 tcp dport 22 counter
	END
	scan scan "prt-targets $NET4.0.2 $NET6::2 -p 22 |
	    prt-blast -S $NET4.0.100 -S $NET6::100 -g 4444 --ttl 77 |
	    prt-listen"
	is {$NET4.0.2,$NET6::2}\ 22\ tcp\ open
	on h2 nft list table inet t_input
	[[ $(on h2 nft list table inet t_input | grep -c 'packets 1 ') -eq 2 ]]
	: | rules h2
}

@test "a capture is judged again, with the same result" {
	local dir=$BATS_TEST_TMPDIR

	on scan timeout 60 bash -o pipefail -c "
	    prt-targets $NET4.0.2 $NET6::3 127.0.0.1 -p 20-25 |
	    prt-blast | tee '$dir/scan' |
	    prt-listen --pcap '$dir/pcap' >'$dir/live'"
	timeout 60 prt-listen -r "$dir/pcap" <"$dir/scan" >"$dir/again"
	cat "$dir/live" "$dir/again"
	[[ $(grep -vc '^#' "$dir/live") -eq 18 ]]
	diff <(grep -v '^#' "$dir/live" | cut -f1-5 | sort) \
	    <(grep -v '^#' "$dir/again" | cut -f1-5 | sort)
}

@test "shards: every probe in exactly one" {
	local i

	for i in 1 2 3; do
		scan scan "prt-targets $NET4.0.2 -p 1-300 |
		    prt-blast --seed x --shard $i/3 | prt-listen --all"
		echo "$have" >"$BATS_TEST_TMPDIR/$i"
		[[ $(wc -l <<<"$have") -eq 100 ]]
	done
	diff <(cut -d' ' -f2 "$BATS_TEST_TMPDIR"/[123] | sort -n) <(seq 300)
}

@test "--dry-run sends nothing" {
	local before after

	before=$(on scan cat /sys/class/net/eth0/statistics/tx_packets)
	on scan timeout 60 bash -o pipefail -c "
	    prt-targets $NET4.0.2 -p 1-100 | prt-blast --dry-run" \
	    >"$BATS_TEST_TMPDIR/out"
	after=$(on scan cat /sys/class/net/eth0/statistics/tx_packets)
	[[ $(grep -vc '^#' "$BATS_TEST_TMPDIR/out") -eq 100 ]]
	((after - before < 20))
}
