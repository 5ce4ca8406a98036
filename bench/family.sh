#!/usr/bin/env bash
# family.sh - the same work over IPv4 and over IPv6: ports of this machine and of
# one on a wire, and hosts of a simulated internet.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario family 5

wire 1
open=$(seq -s, 100 1000 64100),22,80,443
listen - "tcp:$open"
listen host "tcp:$open"

# ports CASE IPV4 IPV6
ports()
{
	local ip v
	local -a six=()

	for v in 4 6; do
		ip=$2
		((v == 4)) || ip=$3 six=(-6)
		tr , '\n' <<<"$open" | sed "s/^/$ip /" >"$tmp/$ip"
		one "$1" "prt, IPv$v" "$tmp/$ip" pipeline "$ip -p 1-65535" -T5
		one "$1" "nmap, IPv$v" "$tmp/$ip" \
		    nmaps "${six[@]}" -sS -T5 -p 1-65535 "$ip"
	done
}

hosts()	# CASE
{
	local net v

	internet --ring 65536
	for v in 4 6; do
		net=198.19.0.0/16
		((v == 4)) || net=$NET6:5::/112
		truth -p 80,443 $net >"$tmp/net"
		one "$1" "prt, IPv$v" "$tmp/net" pipeline "$net -p 80,443" -T5
	done
	net_offline
	from=-
}

measure()
{
	device=lo
	ports "65535 ports, loopback" 127.0.0.1 ::1
	device=eth0
	ports "65535 ports, wire" $NET4.0.2 $NET6::2
	! wanted "65536 hosts, 2 ports" || hosts "65536 hosts, 2 ports"
}

rounds measure
exact '^prt'
case="65536 hosts, 2 ports"
for what in "time:.wall" "processor time:(.parts | map(.user + .sys) | add)"; do
	bound "$case: ${what%%:*} for IPv6 against IPv4" \
	    "$(ratio "$(median "$case" "prt, IPv6" "${what#*:}")" \
	    "$(median "$case" "prt, IPv4" "${what#*:}")")" '<=' 1.05
done
finish
