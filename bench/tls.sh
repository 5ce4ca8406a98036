#!/usr/bin/env bash
# tls.sh - how long it takes to read a certificate, beside OpenSSL's d2i_X509().

set -euo pipefail
# shellcheck source=bench/lib.bash
source "$(dirname "$0")/lib.bash"
scenario tls 3

measure()
{
	local what us

	"$NET_BUILD/bench/tls" >"$tmp/out"
	while IFS=$'\t' read -r what us; do
		[[ $what == bytes ]] ||
		    pps certificates "$what" "$(ratio 1000000 "$us")" \
			"{\"us\":$us}"
	done <"$tmp/out"
}

rounds measure
bound "microseconds to read a certificate of 1.3 KB" \
    "$(median certificates read .us)" '<=' 0.7
bound "times as fast as d2i_X509()" "$(ratio "$(median certificates d2i .us)" \
    "$(median certificates read .us)")" '>=' 100
finish
