#!/usr/bin/env bats
# Whatever sends them, the packets are the same: those of the seed. What leaves
# is compared, as the far end of a wire captures it, with what --tx pcap writes.

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

bats_require_minimum_version 1.5.0

setup_file() {
	net_pair scan host
	# the far end hears all and answers nothing
	rules host <<<'meta l4proto { tcp, udp, icmp } drop'
	[[ ! -w /dev/net/tun ]] || net_tun tscan thost
}

targets="198.18.0.2 198.19.0.0/21 2001:db8::2 2001:db8:5::/121"
blast="prt-blast --allow-reserved --seed same -S 198.18.0.1 -S 2001:db8::1"

# packets FILE: each packet from its network header on, a line of hexadecimal.
packets() {
	tcpdump -tnr "$1" -x 2>/dev/null | awk '
	/^\t0x/ { sub(/^\t0x[0-9a-f]*: */, ""); gsub(/ /, ""); line = line $0
		next }
	{ if (line) print line; line = "" }
	END { print line }'
}

# sent N OPTION...: what arrives at the host while prt-blast sends N packets, in
# $BATS_TEST_TMPDIR/sent; the last record in $stat.
sent() {
	local n=$1 pid

	on scan ip neigh replace 198.18.0.2 dev eth0 lladdr \
	    "$(on host cat /sys/class/net/eth0/address)"
	on scan ip neigh replace 2001:db8::2 dev eth0 lladdr \
	    "$(on host cat /sys/class/net/eth0/address)"
	on scan ip route replace 198.19.0.0/16 via 198.18.0.2
	on scan ip route replace 2001:db8:5::/48 via 2001:db8::2
	rm -f "$BATS_TEST_TMPDIR/log"
	spawn pid host timeout 20 tcpdump -ni eth0 -Q in -B 32768 -c "$n" -U \
	    -w "$BATS_TEST_TMPDIR/cap" 'tcp or udp' \
	    2>"$BATS_TEST_TMPDIR/log"
	await 10 grep -q listening "$BATS_TEST_TMPDIR/log"
	on scan bash -c "prt-targets $targets | $blast ${*:2}" \
	    >"$BATS_TEST_TMPDIR/out"
	stat=$(tail -1 "$BATS_TEST_TMPDIR/out")
	wait "$pid"
	packets "$BATS_TEST_TMPDIR/cap" >"$BATS_TEST_TMPDIR/sent"
}

# wanted OPTION...: what the seed says.
wanted() {
	# shellcheck disable=SC2086
	on scan bash -c "prt-targets $targets | $blast --dry-run --tx pcap \
	    --pcap $BATS_TEST_TMPDIR/want.pcap $*" >/dev/null
	packets "$BATS_TEST_TMPDIR/want.pcap" >"$BATS_TEST_TMPDIR/want"
}

same() {
	[[ $(wc -l <"$BATS_TEST_TMPDIR/want") -gt 1000 ]]
	cmp "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/sent"
}

same_set() {
	sort -o "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/want"
	sort -o "$BATS_TEST_TMPDIR/sent" "$BATS_TEST_TMPDIR/sent"
	same
}

# 2049 IPv4 and 129 IPv6 addresses
n1=2178

@test "each sender sends the packets of the seed, in its order" {
	local tx

	for tx in raw mmsg xdp; do
		wanted -s syn -p 80
		sent $n1 -s syn -p 80 --tx $tx --rate 20k
		echo "$tx: $stat"
		[[ $stat == *$'\t'"sent=$n1"$'\t'*$'\t'"tx=$tx"$'\t'* ]]
		same
	done
}

@test "several types, UDP payloads and ports too" {
	local tx

	wanted -s fin,udp -p T:80,443,U:53,123
	n=$(wc -l <"$BATS_TEST_TMPDIR/want")
	((n > 4 * n1))
	for tx in mmsg xdp; do
		sent "$n" -s fin,udp -p T:80,443,U:53,123 --tx $tx --rate 20k
		same
	done
}

# What makes frames in the kernel needs root's own namespaces, and a device that
# takes them: a veth does once its other end has GRO.
live() {
	prt-blast --list-tx | grep -q ^xdp-live ||
	    skip "built without xdp-live: no clang, or no libbpf-dev"
	[[ $(id -u) -eq 0 && $NET_UID -eq 0 ]] ||
	    skip "xdp-live needs root outside of user namespaces"
	on host ethtool -K eth0 gro on
}

@test "xdp-live sends the packets of the seed, in its order" {
	local types=syn,ack,xmas,icmp-echo,syn-ping

	live
	wanted -s syn -p 80
	sent $n1 -s syn -p 80 --tx xdp-live --rate 300k
	echo "$stat"
	[[ $stat == *$'\t'"sent=$n1"$'\t'*$'\t'"tx=xdp-live"$'\t'* ]]
	same
	# all that it can, ports and shards too; echo requests are not captured
	wanted -s $types -p 80,443 --shard 2/3
	n=$(grep -cvE '^(45.{16}01|6.{11}3a)' "$BATS_TEST_TMPDIR/want")
	sent "$n" -s $types -p 80,443 --shard 2/3 --tx xdp-live --rate 300k
	[[ $stat == *$'\t'"tx=xdp-live"$'\t'* ]]
	sed -Ei '/^(45.{16}01|6.{11}3a)/d' "$BATS_TEST_TMPDIR/want"
	same
	# by two threads, each with its own part
	wanted -s syn -p 80,81
	sent $((2 * n1)) -s syn -p 80,81 --tx xdp-live --threads 2 --rate 300k
	same_set
}

@test "xdp-live leaves to others what it cannot make" {
	live
	wanted -s udp -p 53
	sent "$(wc -l <"$BATS_TEST_TMPDIR/want")" -s udp -p 53 --tx xdp-live \
	    --rate 300k
	[[ $stat == *$'\t'tx=xdp$'\t'* ]]
	same
	on host ethtool -K eth0 gro off
	wanted -s syn -p 80
	sent $n1 -s syn -p 80 --tx xdp-live --rate 300k
	[[ $stat == *$'\t'tx=xdp$'\t'* ]]
	same
}

@test "without the privilege xdp-live says which" {
	prt-blast --list-tx | grep -q ^xdp-live ||
	    skip "built without xdp-live: no clang, or no libbpf-dev"
	run -3 unshare -rn prt-blast --tx xdp-live <<<198.18.0.2
	[[ $output == *"needs CAP_BPF and CAP_NET_ADMIN"* ]]
}

@test "a scan by xdp-live finds what there is" {
	local out

	live
	listen host tcp:100,200,300
	echo | rules host
	out=$(on scan bash -c 'prt-targets 198.18.0.2 2001:db8::2 -p 1-1000 |
	    prt-blast --stateless --tx xdp-live --rate 250k |
	    prt-listen --open')
	echo "$out"
	[[ $(grep -c open$'\t' <<<"$out") -eq 6 ]]
	grep -q 'complete=1' <<<"$out"
}

@test "threads share the packets out, and lose or double none" {
	wanted -s syn -p 80,81,82,83
	sent $((4 * n1)) -s syn -p 80,81,82,83 --tx mmsg --threads 3 \
	    --rate 100k
	[[ $stat == *$'\t'"sent=$((4 * n1))"$'\t'* ]]
	same_set
}

@test "shards are disjoint, and together the whole" {
	local i

	wanted -s syn -p 80,81
	mv "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/whole"
	for i in 1 2 3; do
		wanted -s syn -p 80,81 --shard $i/3
		cat "$BATS_TEST_TMPDIR/want"
	done >"$BATS_TEST_TMPDIR/sent"
	mv "$BATS_TEST_TMPDIR/whole" "$BATS_TEST_TMPDIR/want"
	same_set
}

@test "without --tx: mmsg at modest rates, xdp beyond what that can" {
	sent $n1 -s syn -p 80 --rate 20k
	[[ $stat == *$'\t'tx=mmsg$'\t'* ]]
	sent $n1 -s syn -p 80 --rate 400k
	[[ $stat == *$'\t'tx=xdp$'\t'* ]]
}

@test "loopback is raw's, whatever is asked" {
	on scan bash -c 'prt-targets 127.0.0.1 -p 1-100 |
	    prt-blast --tx xdp | prt-listen' 2>&1 |
	    tee "$BATS_TEST_TMPDIR/out"
	grep -q 'prt-blast: --tx xdp does not go everywhere: sent by raw$' \
	    "$BATS_TEST_TMPDIR/out"
	[[ $(grep -c closed "$BATS_TEST_TMPDIR/out") -ge 100 ]]
}

@test "::1 takes frames, and is raw's by name" {
	local tx

	for tx in mmsg raw; do
		on scan bash -c "prt-targets ::1 -p 1-100 |
		    prt-blast --tx $tx | prt-listen" 2>&1 |
		    tee "$BATS_TEST_TMPDIR/out"
		[[ $(grep -c closed "$BATS_TEST_TMPDIR/out") -ge 100 ]]
		[[ $(<"$BATS_TEST_TMPDIR/out") != *"does not go"* ]]
	done
}

@test "a device without Ethernet is not AF_XDP's" {
	[[ -w /dev/net/tun ]] || skip "no /dev/net/tun"
	on tscan bash -c 'prt-targets 198.18.0.2 -p 1-50 |
	    prt-blast --tx xdp | prt-listen' 2>&1 |
	    tee "$BATS_TEST_TMPDIR/out"
	grep -q 'sent by mmsg$' "$BATS_TEST_TMPDIR/out"
	[[ $(grep -c "tcp.closed" "$BATS_TEST_TMPDIR/out") -eq 50 ]]
}

@test "what --tx does not go with is said" {
	local pair want

	run -0 prt-blast --list-tx
	for want in raw mmsg xdp null pcap; do
		grep -q "^$want"$'\t' <<<"$output"
	done
	while IFS=: read -r pair want; do
		# shellcheck disable=SC2086
		run -2 prt-blast $pair </dev/null
		[[ $output == *"$want"* ]]
	done <<-'END'
	--tx none:--tx none: no such way to send; 'prt-blast --list-tx'
	--tx null:it goes with --dry-run
	--tx pcap:it goes with --dry-run
	--tx mmsg --dry-run:leave one of them out
	--tx pcap --dry-run:--pcap FILE
	--threads 0:--threads
	END
}

@test "a dry run with null or pcap prints how fast, and no probe" {
	run -0 bash -c "prt-targets 198.19.0.0/16 -p 80 |
	    prt-blast --allow-reserved --dry-run --tx null --threads 2"
	[[ ${#lines[@]} -eq 1 && $output == *$'\t'sent=65536$'\t'*tx=null* ]]
}
