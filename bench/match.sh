#!/usr/bin/env bash
# match.sh - how fast a service-probe database is there, and answers are held
# against it: our own, and one with ten times as many lines, where it is
# installed.

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario match 5
big=/usr/share/nmap/nmap-service-probes

# database WHOSE FILE
database()
{
	local what a kib

	[[ -r $2 ]] || {
		lacks "$1: start" prt "$2 is not there"
		return 0
	}
	"$NET_BUILD/bench/match" "$2" >"$tmp/out"
	while IFS=$'\t' read -r what a kib; do
		if [[ $what == start ]]; then
			pps "$1: start" prt "$(ratio 1000 "$a")" \
			    "{\"ms\":$a,\"kib\":$kib}"
		else
			pps "$1: $what" prt "$a" "{\"kib\":$kib}"
		fi
	done <"$tmp/out"
}

measure()
{
	database own "$NET_DIR/share/service-probes"
	database nmap "$big"
}

rounds measure
bound "ms until our own database is there" \
    "$(median "own: start" prt .ms)" '<=' 5
bound "answers held against it a second" \
    "$(median "own: mixed" prt .pps)" '>=' 20000
bound "ms until nmap's is there" "$(median "nmap: start" prt .ms)" '<=' 60
bound "KiB that it takes, after all answers" \
    "$(worst "nmap: mixed" prt .kib max)" '<=' 40960
for kind in web text binary random mixed; do
	bound "$kind answers held against it a second" \
	    "$(median "nmap: $kind" prt .pps)" '>=' 10000
done
finish
