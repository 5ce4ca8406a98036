#!/usr/bin/env bash
# The hosts of the state tests, and what nmap says of them.
#
# 22 is open; 23 closed; 24 a server that never answers on UDP, closed on TCP;
# 25 dropped; 26 TCP reset by the filter; 27-33 rejected with ICMP; 34 closed,
# with a reset whose window is not zero.
#
# Run as a program it prints the table t/data/states.tsv: what nmap reports for
# every scan type, family and port of that ground.

ground_rules()
{
	cat <<-'END'
	th dport 25 drop
	tcp dport 26 reject with tcp reset
	th dport 27 reject with icmpx port-unreachable
	th dport 28 reject with icmpx host-unreachable
	th dport 29 reject with icmpx admin-prohibited
	th dport 30 reject with icmpx no-route
	meta nfproto ipv4 th dport 31 reject with icmp prot-unreachable
	meta nfproto ipv4 th dport 32 reject with icmp net-prohibited
	meta nfproto ipv4 th dport 33 reject with icmp host-prohibited
	meta nfproto ipv6 th dport 31 reject with icmpv6 policy-fail
	meta nfproto ipv6 th dport 32 reject with icmpv6 reject-route
	END
}

# ground TOPOLOGY: "pair" (hosts scan, host: the target rejects) or "routed"
# (rscan, gw, rhost: the gateway does). One shell may have both.
ground()
{
	local h

	case $1 in
	pair)	net_pair scan host
		ground_rules | rules host
		h=host ;;
	routed)	net_routed rscan gw rhost
		ground_rules | rules_in gw forward
		h=rhost ;;
	esac
	echo 'tcp sport 34 tcp flags rst tcp window set 1024' |
	    rules_in "$h" output
	listen "$h" tcp:22 udp:22
	listen "$h" -s udp:24
}

# The host that scans, and the target's address: ground_from TOPOLOGY,
# ground_addr TOPOLOGY FAMILY.
ground_from()
{
	case $1 in
	pair)	echo scan ;;
	routed)	echo rscan ;;
	esac
}

ground_addr()
{
	case $1$2 in
	pair4)	echo $NET4.0.2 ;;
	pair6)	echo $NET6::2 ;;
	routed4) echo $NET4.1.2 ;;
	routed6) echo $NET6:1::2 ;;
	esac
}

ground_scans=(syn ack window maimon fin null xmas flags:SF udp connect)

# nmap_flags SCAN
nmap_flags()
{
	case $1 in
	syn)	echo -sS ;;
	ack)	echo -sA ;;
	window)	echo -sW ;;
	maimon)	echo -sM ;;
	fin)	echo -sF ;;
	null)	echo -sN ;;
	xmas)	echo -sX ;;
	flags:SF) echo "-sS --scanflags SYNFIN" ;;
	udp)	echo -sU ;;
	connect) echo -sT ;;
	esac
}

# nmap_states TOPOLOGY SCAN FAMILY: rows of the table.
nmap_states()
{
	local v6=

	[[ $3 == 4 ]] || v6=-6
	# shellcheck disable=SC2046
	on "$(ground_from "$1")" nmap $v6 -n -Pn $(nmap_flags "$2") \
	    --max-retries 2 --max-rtt-timeout 200ms --initial-rtt-timeout 200ms \
	    -p 22-34 -oX - "$(ground_addr "$1" "$3")" |
	sed -n 's/<port /\n&/gp' |
	sed -n 's/^<port protocol="\([a-z]*\)" portid="\([0-9]*\)"><state state="\([^"]*\)" reason="\([^"]*\)".*/'"$1\t$2\t$3"'\t\2\t\1\t\3\t\4/p'
}

# Every row, each nmap in the background: they mostly wait.
nmap_table()
{
	local dir t s v pids=()

	dir=$(mktemp -d /run/nmap.XXXXXX)
	for t in pair routed; do
		for s in "${ground_scans[@]}"; do
			for v in 4 6; do
				nmap_states "$t" "$s" "$v" >"$dir/$t$s$v" &
				pids+=($!)
			done
		done
		wait "${pids[@]}"
		pids=()
	done
	echo "# topology scan family port proto state reason: what nmap 7.93" \
	    "reports; made by t/lib/ground.bash"
	for t in pair routed; do
		for s in "${ground_scans[@]}"; do
			cat "$dir/$t$s"4 "$dir/$t$s"6
		done
	done
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
	set -eu
	# shellcheck source=t/lib/net.bash
	source "$(dirname "$0")/net.bash"
	net_fresh
	ground pair
	ground routed
	nmap_table
fi
