#!/usr/bin/env bash
# The pipeline beside nmap, masscan and zmap, in one network namespace, runs
# taking turns. RUNS=5 is how often, ONLY='1000 ports' picks cases;
# build/bench/scan.ndjson keeps every run. bench/README.md says what each case
# shows. Exits 1 when a bound is broken.

set -euo pipefail
# shellcheck source=t/lib/net.bash
source "$(dirname "$0")/../t/lib/net.bash"
net_fresh

: "${RUNS:=5}"
dir=$NET_BUILD/bench
log=$dir/scan.ndjson
tmp=$(mktemp -d /run/bench.XXXXXX)
mkdir -p "$dir"
: >"$log"

# The namespace itself scans; the host is on a wire, and is the way to a /16
# whose every address it has.
host host
ip link add eth0 type veth peer name eth0 netns host
ip link set eth0 up
on host ip link set eth0 up
ip addr add $NET4.0.1/24 dev eth0
addr host eth0 $NET4.0.2/24
ip route add 198.19.0.0/16 via $NET4.0.2
on host ip route add local 198.19.0.0/16 dev lo
await 10 ping -nqc1 -W1 198.19.3.4
mac=$(on host cat /sys/class/net/eth0/address)
open=$(seq -s, 100 1000 64100),22,80,443
listen - "tcp:$open"
listen host "tcp:$open"
n_open=68	# of all ports
top_open=$(prt-targets 127.0.0.1 -p top:1000 --expand |
    awk -v open="$open" 'BEGIN { n = split(open, a, ","); while (n) o[a[n--]] }
    $2 in o { n++ } END { print n + 0 }')

# The first round measures memory, which takes a wrapper round each program;
# the others measure time, without one.
t()
{
	if ((round == 0)); then
		timed "$tmp/cost" "$@"
	else
		"${@:2}"
	fi
}

# one CASE WHO WANT COMMAND...: one run; it must find WANT open ports.
one()
{
	local n start end

	[[ $1 =~ ${ONLY-} ]] || return 0
	: >"$tmp/cost"
	start=${EPOCHREALTIME/[.,]/}
	"${@:4}" >"$tmp/out" 2>"$tmp/err" ||
	    { tail -c 500 "$tmp/err" >&2; net_die "$1: $2 failed"; }
	end=${EPOCHREALTIME/[.,]/}
	n=$(sed -nE '/^[^#]*\topen\t|^[0-9]+\/tcp +open |^198\.19\.[0-9.]+$/p
	    s/^open tcp ([0-9]+ [^ ]+) .*/\1/p' "$tmp/out" | sort -u | wc -l)
	jq -nc --arg case "$1" --arg who "$2" --argjson want "$3" \
	    --argjson us $((end - start)) --argjson round "$round" \
	    --argjson found "$n" --slurpfile cost "$tmp/cost" \
	    '{case: $case, who: $who, round: $round, wall: ($us / 1e6),
	    found: $found, want: $want, parts: $cost}' >>"$log"
}

pipeline()	# "TARGETS" [BLAST-ARGS]
{
	# shellcheck disable=SC2086
	t prt-targets prt-targets $1 | t prt-blast prt-blast "${@:2}" |
	    t prt-listen prt-listen --open
}

connects()	# TARGETS
{
	t prt-targets prt-targets "$@" | t prt-connect prt-connect --open
}

nmaps()
{
	t nmap nmap -n -Pn "$@"
}

# On a wire where nothing moves masscan 1.3.2 may wait for a packet for good.
masscans()
{
	local pid

	spawn pid - ping -qn -i 0.2 $NET4.0.2 >/dev/null
	t masscan timeout 60 masscan --rate 100000 --wait 1 -oL - --router-mac "$mac" \
	    --adapter-ip $NET4.0.1 -e eth0 "$@"
	reap "$pid"
}

zmaps()
{
	t zmap timeout 60 zmap -q -r 100000 -c 1 -i eth0 -S $NET4.0.1 -b /dev/null \
	    -G "$mac" "$@"
}

for ((round = 0; round <= RUNS; round++)); do
	echo "round $round of $RUNS" >&2
	one "1000 ports, loopback" prt "$top_open" \
	    pipeline "127.0.0.1 -p top:1000"
	one "1000 ports, loopback" "nmap -T4" 0 nmaps -sS -T4 127.0.0.1
	one "65535 ports, loopback" prt "$n_open" pipeline "127.0.0.1 -p -"
	one "65535 ports, loopback" "nmap -T5" "$n_open" \
	    nmaps -sS -T5 -p- 127.0.0.1
	one "65535 ports, connect" prt-connect "$n_open" \
	    connects 127.0.0.1 -p -
	one "65535 ports, connect" "nmap -sT -T5" "$n_open" \
	    nmaps -sT -T5 -p- 127.0.0.1
	one "65535 ports, wire" prt "$n_open" pipeline "$NET4.0.2 -p -"
	one "65535 ports, wire" "prt -T5" "$n_open" \
	    pipeline "$NET4.0.2 -p -" -T5
	one "65535 ports, wire" "nmap -T5" "$n_open" \
	    nmaps -sS -T5 -p- $NET4.0.2
	one "65535 ports, wire" masscan "$n_open" masscans -p1-65535 $NET4.0.2
	one "65536 hosts, one port" "prt -T5" 65536 \
	    pipeline "--allow-reserved 198.19.0.0/16 -p 80" -T5
	one "65536 hosts, one port" masscan 65536 masscans -p80 198.19.0.0/16
	one "65536 hosts, one port" zmap 65536 zmaps -p 80 198.19.0.0/16
done

jq -rs '
def median: sort | .[length / 2 | floor];
def r(n): . * n | round / n;
. as $all | map(select(.round > 0)) | group_by(.case)[] | .[0].case as $case |
(map(select(.who | startswith("nmap")) | .wall) | median) as $nmap |
group_by(.who)[] |
[$case, .[0].who, (map(.wall) | median | r(1000)), (map(.wall) | min | r(1000)),
 (map(.wall) | max | r(1000)),
 (if $nmap then (map(.wall) | median) / $nmap | r(1000) else "-" end),
 "\(map(.found) | min)/\(.[0].want)",
 (.[0].who as $who | [$all[] | select(.case == $case and .who == $who) |
  .parts[]] | group_by(.name) |
  map("\(.[0].name) \((map(.rss_kib) | max) / 1024 | r(10))") | join(", "))] |
@tsv' "$log" >"$tmp/table"
{
	printf 'case\twho\tmedian s\tmin\tmax\tto nmap\topen\tpeak MiB\n'
	cat "$tmp/table"
} | column -t -s $'\t'

# The bounds: a quarter and a half of nmap's time, under 16 MB each.
awk -F'\t' '
function bound(what, ok) { print (ok ? "holds: " : "BROKEN: ") what
	if (!ok) bad = 1 }
$2 == "prt" && $1 == "1000 ports, loopback" {
	bound("1000 loopback ports in at most 1/4 of nmap -T4: " $6, $6 <= .25) }
$2 == "prt" && $1 == "65535 ports, loopback" {
	bound("65535 loopback ports in at most 1/2 of nmap -T5: " $6, $6 <= .5) }
$2 ~ /^prt/ { n = split($8, a, ", "); while (n) { split(a[n--], m, " ")
	if (m[2] > peak[m[1]]) peak[m[1]] = m[2] } }
$2 ~ /^prt/ { split($7, f, "/"); if (f[1] != f[2])
	bound($1 ", " $2 ": found " $7, 0) }
END { for (p in peak) bound(p " peaks under 16 MB: " peak[p] " MiB",
	peak[p] * 1.048576 < 16)
	exit bad }' "$tmp/table"
