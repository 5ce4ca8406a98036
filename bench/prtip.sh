#!/usr/bin/env bash
# prtip.sh - the same command lines, by prtip and by nmap.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario prtip 5

wire 1
listen - tcp:22,80,443
listen host tcp:22,80,443
for a in 127.0.0.1 $NET4.0.2; do
	printf "$a %s\n" 22 80 443 >"$tmp/$a"
done

asks()
{
	cmd=("$@" -n -oG -)
}

measure()
{
	local who a

	for who in prtip nmap; do
		device=lo
		a=127.0.0.1
		one "$a" $who "$tmp/$a" asks $who $a
		one "-sT $a" $who "$tmp/$a" asks $who -sT $a
		one "-p- $a" $who "$tmp/$a" asks $who -p- $a
		device=eth0
		a=$NET4.0.2
		one "$a" $who "$tmp/$a" asks $who $a
		one "-T4 $a" $who "$tmp/$a" asks $who -T4 $a
	done
}

rounds measure
exact '^prtip'
bound "127.0.0.1: time against nmap's" "$(ratio "$(median 127.0.0.1 prtip .wall)" \
    "$(median 127.0.0.1 nmap .wall)")" '<=' 0.3333
finish
