#!/usr/bin/env bash
# soak.sh - one long scan of the simulated internet: does memory stay flat, is
# every open port found once, does it end as complete? SOAK= is how many seconds
# it takes, about, 1800 without it; PPS= the rate. Every five seconds' memory is
# in build/bench/soak.ndjson. Not part of `make bench` without a name.

set -euo pipefail
# shellcheck source=t/lib/net.bash
source "$(dirname "$0")/../t/lib/net.bash"
net_fresh

: "${SOAK:=1800}" "${PPS:=30000}"
log=$NET_BUILD/bench/soak.ndjson
tmp=$(mktemp -d /run/soak.XXXXXX)
mkdir -p "${log%/*}"
: >"$log"

# Most probes are to silent hosts, and go out again as long as some answer: 3.5
# packets a probe.
ports=$((SOAK * PPS * 10 / 35 / 65536))
((ports > 0)) || ports=1
net_internet scan --seed soak --delay 10 --loss 0.5
net_truth -p 1-$ports --open 198.19.0.0/16 | awk '{ print $1, $2 }' |
    LC_ALL=C sort >"$tmp/truth"
echo "65536 hosts x $ports ports, $PPS packets a second" >&2

mkfifo "$tmp/a" "$tmp/b"
targets='' blast='' listen=''
spawn targets scan bash -c "exec prt-targets 198.19.0.0/16 --allow-reserved \
    -p 1-$ports >$tmp/a"
spawn blast scan bash -c "exec prt-blast --allow-reserved -T4 --rate $PPS \
    <$tmp/a >$tmp/b"
spawn listen scan bash -c "exec prt-listen --open <$tmp/b >$tmp/out"

# rss PID: KiB, 0 when it has ended.
rss()
{
	awk '/^VmRSS/ { n = $2 } END { print n + 0 }' "/proc/$1/status" \
	    2>/dev/null || echo 0
}

start=$SECONDS
while [[ $(rss "$listen") -gt 0 ]] && ((SECONDS - start < SOAK * 3)); do
	jq -nc --argjson s $((SECONDS - start)) \
	    --argjson blast "$(rss "$blast")" \
	    --argjson listen "$(rss "$listen")" \
	    '{seconds: $s, rss_kib: {"prt-blast": $blast,
	    "prt-listen": $listen}}' >>"$log"
	sleep 5
done
wait "$targets" "$blast" "$listen"
net_offline
echo "$net_stat" >&2
tail -2 "$tmp/out"

awk -F'\t' '!/^#/ && $4 == "open" { print $1, $2 }' "$tmp/out" |
    LC_ALL=C sort >"$tmp/open"
bad=0
# hold WHAT N LIMIT: N must not be above it.
hold()
{
	if (($2 <= $3)); then
		echo "holds: $1: $2"
	else
		echo "BROKEN: $1: $2, more than $3"
		bad=1
	fi
}
truth=$(wc -l <"$tmp/truth")
echo "$((SECONDS - start)) s, $truth open ports"
hold "open ports missed" "$(LC_ALL=C comm -13 <(uniq "$tmp/open") \
    "$tmp/truth" | wc -l)" $((truth / 10000))
hold "false ones" "$(LC_ALL=C comm -23 <(uniq "$tmp/open") "$tmp/truth" |
    wc -l)" 0
hold "double ones" "$(uniq -d "$tmp/open" | wc -l)" 0
hold "scans that are not complete" \
    "$(tail -1 "$tmp/out" | grep -vc 'complete=1' || :)" 0
# From a tenth of the time on; the board's bits are touched in random order, so
# the whole bitmap is there by then.
for p in prt-blast prt-listen; do
	hold "KiB that $p grew by" "$(jq -s --arg p $p '
	    .[(length / 10 | floor) + 1:] | map(.rss_kib[$p]) |
	    map(select(. > 0)) | max - .[0]' "$log")" 512
done
exit $bad
