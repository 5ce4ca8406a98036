#!/usr/bin/env bash
# types.sh - each scan type on 1,000 ports, and UDP on five: this machine, and
# one on a wire. What is open is silent to FIN, NULL and Xmas.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario types 3
calls='^(syn|connect|udp),'

wire 1
for h in - host; do
	listen $h tcp:22,80,443,1000 udp:67,68
done
for ip in 127.0.0.1 $NET4.0.2; do
	printf "$ip %s\n" 22 80 443 1000 >"$tmp/tcp-$ip"
	printf "$ip %s\n" {1..1000} >"$tmp/ack-$ip"
	printf "$ip %s\n" 67 68 >"$tmp/udp-$ip"
done
udp=53,67,68,123,161

# types WHERE ADDRESS NMAP-TIMING
types()
{
	local type where=$1 ip=$2 flag

	show=--all state=open
	one "syn, $where" prt "$tmp/tcp-$ip" pipeline "$ip -p 1-1000" -s syn
	one "syn, $where" nmap "$tmp/tcp-$ip" nmaps -sS "$3" -p 1-1000 "$ip"
	one "connect, $where" prt-connect "$tmp/tcp-$ip" connects "$ip" -p 1-1000
	one "connect, $where" nmap "$tmp/tcp-$ip" nmaps -sT "$3" -p 1-1000 "$ip"
	state='open|filtered'
	for type in fin null xmas; do
		case $type in
		fin)	flag=-sF ;;
		null)	flag=-sN ;;
		xmas)	flag=-sX ;;
		esac
		one "$type, $where" prt "$tmp/tcp-$ip" \
		    pipeline "$ip -p 1-1000" -s $type
		one "$type, $where" nmap "$tmp/tcp-$ip" \
		    nmaps $flag "$3" -p 1-1000 "$ip"
	done
	state=unfiltered
	one "ack, $where" prt "$tmp/ack-$ip" pipeline "$ip -p 1-1000" -s ack
	one "ack, $where" nmap "$tmp/ack-$ip" nmaps -sA "$3" -p 1-1000 "$ip"
	state=open
	one "udp, $where" prt "$tmp/udp-$ip" \
	    pipeline "$ip -p U:$udp" -s udp
	one "udp, $where" nmap "$tmp/udp-$ip" nmaps -sU "$3" -p $udp "$ip"
	[[ $where != loopback ]] || return 0
	one "udp, $where" masscan "$tmp/udp-$ip" masscans --rate 1000 \
	    -p "U:${udp//,/,U:}" "$ip"
}

measure()
{
	device=lo
	types loopback 127.0.0.1 -T4
	device=eth0
	types wire $NET4.0.2 -T4
}

rounds measure
exact '^prt'
finish
