# shellcheck shell=bash
# What the scenarios of bench/ share: a network namespace, runs that take turns,
# a line of NDJSON for each, and bounds. A scenario is
#
#	source "$(dirname "$0")/lib.bash"
#	scenario NAME RUNS	# RUNS unless the environment says another
#	measure() { one CASE WHO TRUTH pipeline ...; one ...; }
#	rounds measure
#	bound WHAT "$(median CASE WHO .wall)" '<=' LIMIT
#	finish
#
# and bench/table prints what build/bench/NAME.ndjson then holds.

# shellcheck source=t/lib/net.bash
source "$(dirname "${BASH_SOURCE[0]}")/../t/lib/net.bash"
net_fresh

# What the scenarios set before a run:
state=open		# the state that counts as found
show=--open		# what prt-listen is told to report
zport=80		# the one port that zmap was given
from=-			# the host that scans, and the device whose packets
device=eth0		# are counted there
limit=120		# seconds after which a run is stopped
stops=			# the case is meant to be stopped then

scenario()
{
	name=$1
	: "${RUNS:=$2}"
	log=$NET_BUILD/bench/$name.ndjson
	tmp=$(mktemp -d /run/bench.XXXXXX)
	mkdir -p "${log%/*}"
	: >"$log"
}

# rounds FUNCTION: calls it RUNS times, so that all that it runs takes turns;
# then once more to count system calls, where `one` runs only cases that match
# $calls and slows them down.
rounds()
{
	for ((round = 1; round <= RUNS; round++)); do
		echo "$name: round $round of $RUNS" >&2
		"$1"
	done
	[[ -n ${calls-} ]] || return 0
	echo "$name: system calls" >&2
	round=0
	"$1"
}

# wanted CASE: whether this round has it.
wanted()
{
	[[ $1 =~ ${ONLY-} ]] && { ((round > 0)) || [[ $1 =~ $calls ]]; }
}

# lacks CASE WHO WHY: a row that says why nobody was measured.
lacks()
{
	((round == 1)) && wanted "$1" || return 0
	jq -nc --arg scenario "$name" --arg case "$1" --arg who "$2" \
	    --arg lacks "$3" '$ARGS.named' >>"$log"
}

# one CASE WHO TRUTH MAKER ARG...: MAKER sets the array `cmd`, which is run, with
# '|' between its programs. TRUTH is a file, a line "ip port" for each thing that
# it should find.
one()
{
	local -a cmd=()
	local pid='' before after failed=''

	wanted "$1" || return 0
	"${@:4}"
	command -v "${cmd[0]}" >/dev/null || {
		lacks "$1" "$2" "${cmd[0]} is not installed"
		return
	}
	((round > 0)) || traced
	# Where nothing moves, masscan 1.3.2 may wait for a packet for good.
	[[ ${cmd[*]} != *masscan* ]] ||
	    spawn pid $from ping -qn -i 0.2 "$gateway" >/dev/null
	rm -f "$tmp/cost"
	before=$(on $from cat "/sys/class/net/$device/statistics/tx_packets")
	on $from timed -t "$limit" "$tmp/cost" "${cmd[@]}" >"$tmp/out" 2>"$tmp/err" ||
	    [[ -n $stops ]] || failed=$(tail -n 3 "$tmp/err")
	after=$(on $from cat "/sys/class/net/$device/statistics/tx_packets")
	reap "$pid"
	[[ -n $stops || $(<"$tmp/cost") != *'"stopped":true'* ]] ||
	    failed="stopped after $limit s"
	[[ -z $failed ]] || echo "$name: $1: $2: $failed" >&2
	found "$3" <"$tmp/out" >"$tmp/found"
	score "$3" "$tmp/found" >"$tmp/score"
	logged "$1" "$2" "$failed" $((after - before)) >>"$log"
}

# Puts strace before each program of cmd.
traced()
{
	local -a trace=(strace -f -c -U "name,calls" -o) all
	local w i=0

	rm -f "$tmp"/calls.*
	all=("${trace[@]}" "$tmp/calls.0")
	for w in "${cmd[@]}"; do
		all+=("$w")
		[[ $w != '|' ]] || all+=("${trace[@]}" "$tmp/calls.$((++i))")
	done
	names=$(printf '%s\n' '|' "${cmd[@]}" |
	    awk 'last == "|" { print } { last = $0 }')
	cmd=("${all[@]}")
}

logged()	# CASE WHO FAILED SENT
{
	local -a counts=()

	((round > 0)) || mapfile -t counts < <(
		paste <(echo "$names") <(awk '$1 == "total" { print $2 }' \
		    "$tmp"/calls.*))
	jq -c --arg scenario "$name" --arg case "$1" --arg who "$2" \
	    --argjson round "$round" --arg failed "$3" --argjson sent "$4" \
	    --slurpfile score "$tmp/score" '
	{scenario: $scenario, case: $case, who: $who, round: $round} + . +
	    $score[0] + {sent: $sent} |
	if $failed != "" then .failed = $failed else . end |
	if $round == 0 then .parts = ($ARGS.positional | map(split("\t") |
	    {name: .[0], syscalls: .[1] | tonumber})) else . end
	' --args "${counts[@]}" <"$tmp/cost"
}

# pps CASE WHO RATE [MEMBERS]: logs a rate that was measured in another way.
pps()
{
	jq -nc --arg scenario "$name" --arg case "$1" --arg who "$2" \
	    --argjson round "$round" --argjson pps "$3" --argjson more "${4-{\}}" \
	    '{scenario: $scenario, case: $case, who: $who, round: $round,
	    pps: $pps} + $more' >>"$log"
}

# found TRUTH: what a program's output names as found, "ip port", from the output
# of prt, nmap -oG -, masscan -oL - or zmap.
found()
{
	awk -v state="$state" -v zport="$zport" -v truth="$1" '
	# nmap does not list the most frequent state, it counts it: so many
	# that are true and not listed, and the rest are false.
	function ignored(n,    k) {
		for (k in asked)
			if (n > 0 && !(k in listed)) {
				print k
				n--
			}
		while (n-- > 0)
			print ip, "false" n
	}
	BEGIN { while ((getline k <truth) > 0) asked[k] }
	/^#/ { next }
	/^Host: / {
		ip = $2
		delete listed
		n = split(substr($0, index($0, "Ports: ") + 7), a, ", ")
		if (index($0, "Ports: ") == 0)
			next
		for (i = 1; i <= n; i++) {
			split(a[i], f, "/")
			listed[ip " " f[1]]
			if (f[2] == state)
				print ip, f[1]
		}
		if (match($0, /Ignored State: [^ ]+ \([0-9]+\)/)) {
			split(substr($0, RSTART, RLENGTH), f, /[ ()]+/)
			if (f[3] == state)
				ignored(f[4])
		}
		next
	}
	/^open (tcp|udp) / { print $4, $3; next }
	/^[0-9a-f.:]+$/ { print $1, zport; next }
	$4 == state { print $1, $2 }'
}

# score TRUTH FOUND: as JSON.
score()
{
	awk 'FNR == NR { if (!($0 in true)) want++; true[$0]; next }
	seen[$0]++ { dup++; next }
	$0 in true { found++; next }
	{ false++ }
	END { printf "{\"want\":%d,\"found\":%d,\"false\":%d,\"dup\":%d}\n",
		want, found, false, dup }' "$1" "$2"
}

# ---- what is run ----

pipeline()	# "TARGETS" [BLAST-ARGS]
{
	# shellcheck disable=SC2206
	cmd=(prt-targets $1 '|' prt-blast "${@:2}" '|' prt-listen "$show")
}

connects()	# TARGETS
{
	cmd=(prt-targets "$@" '|' prt-connect --open)
}

nmaps()
{
	cmd=(nmap -n -Pn -oG - "$@")
}

# The others cannot ask routes for a gateway's address in a namespace.
masscans()
{
	cmd=(masscan --wait 1 -oL - --router-mac "$mac" --adapter-ip "$NET4.0.1"
	    -e eth0 "$@")
}

zmaps()
{
	cmd=(zmap -q -c 1 -i eth0 -S "$NET4.0.1" -b /dev/null -G "$mac" "$@")
}

# ---- networks ----

# The script's own namespace on a wire to a host, 198.18.0.2 and 2001:db8::2,
# which is the way to 198.19.0.0/16 and 2001:db8:5::/48, whose every address it
# has. $mac is its link-layer address. QUEUES are those of the device.
wire()	# QUEUES
{
	host host
	ip link add eth0 numtxqueues "$1" numrxqueues "$1" type veth \
	    peer name eth0 netns host numtxqueues "$1" numrxqueues "$1"
	ip link set eth0 up
	on host ip link set eth0 up
	addr - eth0 $NET4.0.1/24 $NET6::1/64
	addr host eth0 $NET4.0.2/24 $NET6::2/64
	ip route add 198.19.0.0/16 via $NET4.0.2
	ip route add $NET6:5::/48 via $NET6::2
	on host ip route add local 198.19.0.0/16 dev lo
	on host ip route add local $NET6:5::/48 dev lo
	net_met - $NET4.0.2 $NET6::2
	mac=$(on host cat /sys/class/net/eth0/address)
	gateway=$NET4.0.2
}

# internet SIMNET-OPTION...: instead of that, the host scan, and behind its gateway
# an internet: net_internet of t/lib/net.bash.
internet()
{
	from=scan
	net_internet scan --seed bench "$@"
	mac=$(on scan-isp cat /sys/class/net/eth0/address)
	gateway=$NET4.0.254
}

# truth SIMNET-OPTION... PREFIX: its "ip port" that are open.
truth()
{
	net_truth --open "$@" | awk -F'\t' '!/^#/ { print $1, $2 }'
}

# sink HOW: the host hears nothing any more of what its wire brings, which only
# counts: dropped by nft where a packet enters, or by XDP before that.
sink()
{
	on host ip link set eth0 xdp off
	on host nft 'table netdev sink; delete table netdev sink'
	case $1 in
	nft)	on host nft 'add table netdev sink; add chain netdev sink in {
		    type filter hook ingress device eth0 priority 0;
		    policy drop; }' ;;
	xdp)	on host ip link set eth0 xdp obj "$NET_BUILD/bench/drop.bpf.o" \
		    sec xdp 2>"$tmp/err" ;;
	esac
}

# inflow CASE WHO AFTER SECONDS MAKER ARG...: how many packets a second come in at
# the host in so many seconds, from so long after the first on, while what MAKER
# made runs.
inflow()
{
	local -a cmd=()
	local n pid

	wanted "$1" || return 0
	"${@:5}"
	command -v "${cmd[0]}" >/dev/null || {
		lacks "$1" "$2" "${cmd[0]} is not installed"
		return
	}
	rm -f "$tmp/cost"
	timed -t 20 "$tmp/cost" "${cmd[@]}" >/dev/null 2>"$tmp/err" &
	pid=$!
	# shellcheck disable=SC2016
	n=$(into host timeout 15 bash -c '
	count() { read -r "$1" </sys/class/net/eth0/statistics/rx_packets; }
	nap() { read -rt "$1" <> <(:) || :; }
	count first
	count n
	while ((n < first + 20)); do
		nap 0.005
		count n
	done
	nap "$0"
	start=${EPOCHREALTIME/[.,]/}
	count first
	nap "$1"
	end=${EPOCHREALTIME/[.,]/}
	count n
	echo $(((n - first) * 10000000 / (end - start)))
	' "$3" "$4") || n=
	kill -ALRM $pid 2>/dev/null || :	# which ends what it runs
	wait $pid || :
	[[ -n $n ]] || {
		lacks "$1" "$2" "it sent nothing: $(tail -n 1 "$tmp/err")"
		return
	}
	pps "$1" "$2" "${n%?}.${n: -1}" "$(jq -c '{parts}' "$tmp/cost")"
}

# ---- what comes of it ----

# median CASE WHO PATH: of the rounds; nothing when it was not measured.
median()
{
	jq -rs --arg case "$1" --arg who "$2" "map(select(.case == \$case and
	    .who == \$who and .round > 0 and .failed == null) | $3 |
	    select(. != null)) | sort | .[(length - 1) / 2 | floor] // empty" \
	    "$log"
}

# worst CASE WHO PATH min|max
worst()
{
	jq -rs --arg case "$1" --arg who "$2" "map(select(.case == \$case and
	    .who == \$who and .round > 0) | $3 | select(. != null)) | $4 //
	    empty" "$log"
}

# syscalls CASE WHO: of all programs together.
syscalls()
{
	jq -rs --arg case "$1" --arg who "$2" 'map(select(.case == $case and
	    .who == $who and .round == 0) | .parts | map(.syscalls) | add) |
	    .[0] // empty' "$log"
}

# ratio A B: A / B, when there are both.
ratio()
{
	[[ -z $1 || -z $2 ]] || awk -v a="$1" -v b="$2" 'BEGIN {
		printf "%.4g\n", a / b }'
}

# bound WHAT VALUE OP LIMIT: holds or is broken; says nothing about a value that
# was not measured.
bound()
{
	[[ -n $2 ]] || return 0
	jq -nc --arg scenario "$name" --arg bound "$1" --argjson value "$2" \
	    --arg op "$3" --argjson limit "$4" '
	{scenario: $scenario, bound: $bound, value: $value, op: $op,
	    limit: $limit, ok: (if $op == "<=" then $value <= $limit
	    elif $op == ">=" then $value >= $limit
	    elif $op == "<" then $value < $limit
	    else $value == $limit end)}' >>"$log"
}

# exact WHO: in no run of whom that matches was a thing missed, false or double.
exact()
{
	local n bad

	read -r n bad < <(jq -rs --arg who "$1" 'map(select(.round > 0 and
	    .want != null and (.who | test($who)))) | "\(length) \(
	    map(select(.found != .want or .false + .dup > 0)) | length)"' "$log")
	((n == 0)) || bound "of $n runs, those with anything missed, false or double" \
	    "$bad" == 0
}

# honest WHO: in no run of whom that matches was a thing false or double.
honest()
{
	local n bad

	read -r n bad < <(jq -rs --arg who "$1" 'map(select(.round > 0 and
	    .want != null and (.who | test($who)))) | "\(length) \(
	    map(select(.false + .dup > 0)) | length)"' "$log")
	((n == 0)) || bound "of $n runs, those with anything false or double" \
	    "$bad" == 0
}

# Prints the tables; broken bounds, and failures of our own, are the status.
finish()
{
	[[ -s $log ]] || return 0	# no case is called what ONLY says
	"$NET_DIR/bench/table" "$log"
}
