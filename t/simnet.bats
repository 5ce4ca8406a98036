#!/usr/bin/env bats
# The simulated internet is what it says it is: what scanners find there is its
# truth, and its rates, losses and delays are those that were asked for.

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

bats_require_minimum_version 1.5.0

all="--tcp open=25,filtered=20,rejected=20 --udp open=30,filtered=20,rejected=15"
all="$all --stacks bsd=30,windows=30"

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	unlink_them 2>/dev/null || :
	net_offline
	echo "$net_stat"
}

# pipe TARGETS PORTS BLAST-OPTION...: every result, in ./out.
pipe() {
	on scan timeout 100 bash -o pipefail -c "prt-targets $1 -p $2 |
	    prt-blast ${*:3} | prt-listen --all" >out
	tail -1 out
	tail -1 out | grep -q 'complete=1'
}

# pipe_is_true TYPE PORTS TARGETS: ./out is the truth.
pipe_is_true() {
	net_truth --scan "$1" -p "$2" "$3" | sort >truth
	grep -v '^#' out | cut -f1-5 | sort >found
	diff truth found | head -20
	echo "$1 $3: $(wc -l <truth) records"
	cmp truth found
}

# exact TYPE TARGETS PORTS BLAST-OPTION...: the pipeline finds the truth.
exact() {
	local proto=

	[[ $1 != udp ]] || proto=U:
	pipe "$2" "$proto$3" -T5 --rate 40k -s "$1" "${@:4}"
	pipe_is_true "$1" "$3" "$2"
}

# share PART WHOLE PERCENT: within 4.5 standard deviations.
share() {
	awk -v k="$1" -v n="$2" -v p="$3" 'BEGIN { p /= 100
	    d = k - n * p; if (d < 0) d = -d
	    printf "%d of %d, %.2f wanted\n", k, n, n * p
	    exit !(d <= 4.5 * sqrt(n * p * (1 - p)) + 1) }'
}

stat_of() { # stat_of NAME
	tail -1 out | sed -n "s/.*\t$1=\([0-9]*\).*/\1/p"
}

@test "the same seed is the same internet, everywhere and for ever" {
	golden() {
		net_options=(--seed "$1" --up 60 --syn-proxy 10
		    --stacks "bsd=30,windows=30")
		net_truth -p 22,80 "${@:2}"
		net_truth -p 80 --scan window "${@:2}"
		net_truth -p 9999 --scan udp "${@:2}"
		net_truth --scan icmp-echo "${@:2}"
	}
	golden this 198.19.0.0/30 2001:db8:5::/126 | cut -f1,2,4,5 |
	    tr '\t' ' ' | diff - <(golden_truth)
	# a host is the same whatever else there is
	golden this 198.19.0.2 >a
	golden this 198.18.0.0/15 | grep '^198\.19\.0\.2'$'\t' | cmp - a
	golden this 198.19.0.0/24 >a
	golden that 198.19.0.0/24 >b
	run ! cmp -s a b
}

@test "every share is what it should be" {
	local n

	net_options=(--seed shares --up 30 --ping 40 --syn-proxy 10
	    --tcp "open=10,filtered=20,rejected=5")
	net_truth --scan arp 198.19.0.0/16 >hosts
	n=$(grep -c up hosts)
	share "$n" 65536 30
	share "$(net_truth --scan icmp-echo --open 198.19.0.0/16 | wc -l)" \
	    "$n" 40
	net_truth --scan syn -p 9 198.19.0.0/16 >ports
	# what a proxy hides is open
	share "$(grep -c syn-ack ports)" "$n" $((10 + 9))
	share "$(grep -c reset ports)" "$n" 58.5
	share "$(grep -c -e unreach -e prohibited ports)" "$n" 4.5
}

@test "the pipeline finds the truth: TCP, every type, both families" {
	local s

	# shellcheck disable=SC2086
	net_internet scan --seed tcp --up 40 $all --syn-proxy 5
	for s in syn ack window maimon fin null xmas; do
		exact "$s" 198.19.7.0/24 21-30,443,65535
		exact "$s" 2001:db8:5:1::/120 21-30,443,65535
	done
}

@test "the pipeline finds the truth: UDP, both families" {
	# shellcheck disable=SC2086
	net_internet scan --seed udp --up 40 $all
	exact udp 198.19.7.0/24 53,80,123,137,161,500,1194,5000-5006
	exact udp 2001:db8:5:1::/120 53,80,123,137,161,500,1194,5000-5006
}

@test "the pipeline finds the truth: discovery" {
	local s

	net_internet scan --seed ping --up 40 --ping 50 --down unreach
	for s in icmp-echo icmp-timestamp icmp-mask; do
		exact "$s" 198.19.7.0/24 0
	done
	exact icmp-echo 2001:db8:5:1::/120 0
	for s in syn-ping ack-ping udp-ping; do
		exact "$s" 198.19.7.0/24 443 -p 443
		exact "$s" 2001:db8:5:1::/120 443 -p 443
	done
	exact udp-ping 198.19.7.0/24 40125
	# nobody routes: the hosts are on the link
	on scan ip route replace 198.19.8.0/24 dev eth0
	on scan ip route replace 2001:db8:5:2::/120 dev eth0
	exact arp 198.19.8.0/24 0
	exact ndp 2001:db8:5:2::/120 0
}

unlink_them() {
	on scan ip route del 198.19.8.0/24 dev eth0
	on scan ip route del 2001:db8:5:2::/120 dev eth0
}

@test "hosts that are down, and a router that says so" {
	# shellcheck disable=SC2086
	net_internet scan --seed down --up 40 $all --down unreach
	exact syn 198.19.7.0/24 22,80
	exact udp 2001:db8:5:1::/120 53,9999
}

# nmap's flags for a type, as in t/lib/ground.bash.
nmap_says() { # nmap_says TYPE TARGETS PORTS
	local v6='' flag

	case $1 in
	syn) flag=-sS ;; ack) flag=-sA ;; window) flag=-sW ;;
	maimon) flag=-sM ;; fin) flag=-sF ;; null) flag=-sN ;;
	xmas) flag=-sX ;; udp) flag=-sU ;;
	esac
	[[ $2 != *:* ]] || v6=-6
	# shellcheck disable=SC2086
	on scan timeout 100 nmap $v6 -n -Pn $flag --max-retries 2 \
	    --initial-rtt-timeout 200ms --max-rtt-timeout 200ms -p "$3" \
	    -oX - "$2" | sed 's/<port /\n&/g; s/<address /\n&/g' | sed -n \
	    -e 's/^<address addr="\([^"]*\)".*/a \1/p' -e 's/^<port protocol="\([a-z]*\)" portid="\([0-9]*\)"><state state="\([^"]*\)" reason="\([^"]*\)".*/p \2 \1 \3 \4/p' |
	    awk -v OFS='\t' '$1 == "a" { ip = $2 }
	    $1 == "p" { print ip, $2, $3, $4, $5 }'
}

@test "nmap finds the truth" {
	local s t pids=() p

	# shellcheck disable=SC2086
	net_internet scan --seed nmap --up 100 $all
	for s in syn ack window maimon fin null xmas udp; do
		for t in 198.19.7.0/28 2001:db8:5:1::/124; do
			nmap_says "$s" "$t" 53,123,161,1001-1009 \
			    >"nmap.$s.${t%%[.:]*}" 3>&- &
			pids+=($!)
		done
		# not too many at once: each keeps to its timeouts
		((${#pids[@]} < 6)) || { wait "${pids[@]}"; pids=(); }
	done
	for p in "${pids[@]}"; do
		wait "$p"
	done
	for s in syn ack window maimon fin null xmas udp; do
		for t in 198.19.7.0/28 2001:db8:5:1::/124; do
			net_truth --scan "$s" -p 53,123,161,1001-1009 "$t" |
			    sort >truth
			sort "nmap.$s.${t%%[.:]*}" >found
			echo "$s $t: $(wc -l <truth) records"
			diff truth found
		done
	done
}

@test "connections: connect(2) finds the truth, and they end in good order" {
	net_internet scan --seed connect --up 60 --tcp open=40,filtered=10
	on scan timeout 60 bash -o pipefail -c "prt-targets 198.19.7.0/27 \
	    -p 20-29 | prt-connect -T5" >out
	net_truth --open -p 20-29 198.19.7.0/27 | cut -f1,2 | sort >truth
	awk -F'\t' -v OFS='\t' '$4 == "open" { print $1, $2 }' out |
	    sort >found
	diff truth found
	# data is taken, and the end answered: no reset, nothing hangs
	read -r ip port <truth
	echo data | on scan timeout 10 nc -N -w 5 "$ip" "$port"
	run -1 grep -v TIME-WAIT <(on scan ss -Htan "dst $ip")
}

# What comes back, as tshark sees it: capture N COMMAND..., then ./cap.
capture() {
	local pid

	spawn pid scan timeout 20 tcpdump -ni eth0 -Q in -B 32768 -c "$1" -U \
	    -w cap "${filter:-ip or ip6}" 2>log
	await 10 grep -q listening log
	"${@:2}" >/dev/null
	wait "$pid"
}

@test "answers are what their protocols say, with checksums that hold" {
	local sums=(-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE
	    -o udp.check_checksum:TRUE)

	# shellcheck disable=SC2086
	net_internet scan --seed bytes --up 100 --ping 100 $all
	everything() {
		pipe 198.19.7.0/26 0 -T5 -s icmp-echo,icmp-timestamp,icmp-mask
		pipe 2001:db8:5::/122 0 -T5 -s icmp-echo
		pipe 198.19.7.0/26 1-9,U:53,U:123,U:161 -T5 -s syn,ack,udp
		pipe 2001:db8:5::/122 1-9,U:53,U:123,U:161 -T5 -s syn,fin,udp
	}
	capture 2500 everything
	tshark -r cap "${sums[@]}" -Y 'ip.checksum.status == "Bad" ||
	    tcp.checksum.status == "Bad" || udp.checksum.status == "Bad" ||
	    icmp.checksum.status == "Bad" || icmpv6.checksum.status == "Bad" ||
	    _ws.malformed' >bad 2>/dev/null
	head -20 bad
	[[ ! -s bad ]]
	for f in 'dns.flags.response == 1' 'ntp.flags.mode == 4' \
	    'snmp.data == 2' 'snmp.data == 8' 'icmp.type == 14' \
	    'icmp.type == 18' 'icmpv6.type == 129' 'icmp.type == 0' \
	    'tcp.options.mss_val == 1460' 'tcp.options.mss_val == 1440'; do
		echo "$f"
		[[ -n $(tshark -r cap -Y "$f" -c 2500 2>/dev/null) ]]
	done
}

@test "wrong checksums are answered by nobody" {
	net_internet scan --seed sums --up 100 --tcp open=100
	on scan timeout 60 nmap -n -Pn -sS --badsum --max-retries 0 -p 22,80 \
	    198.19.7.1 >out
	grep '^80/tcp filtered' out
	net_offline
	(($(net_count malformed) >= 2))
	# the ping of net_internet, and ARP
	(($(net_count answered) < 20))
}

@test "a SYN that comes again gets the same number" {
	net_internet scan --seed isn --up 100 --tcp open=100
	twice() {
		pipe 198.19.7.1-198.19.7.10 80 --seed one -T5
		pipe 198.19.7.1-198.19.7.10 80 --seed one -T5
	}
	filter='tcp[tcpflags] & tcp-syn != 0' capture 20 twice
	tcpdump -tSnr cap 2>/dev/null | sort | uniq -c
	[[ $(tcpdump -tSnr cap 2>/dev/null | sort -u | wc -l) -eq 10 ]]
}

@test "loss and doubles, each way, as many as were asked for" {
	net_internet scan --seed loss --up 100 --tcp closed=100 \
	    --loss-in 5 --loss-out 10
	pipe 198.19.0.0/17 80 --stateless --rate 60k -T5
	net_offline
	share "$(net_count lost_in)" 32768 5
	share "$(net_count lost_out)" $((32768 - $(net_count lost_in))) 10
	[[ $(stat_of answered) -eq $((32768 - $(net_count lost_in) -
	    $(net_count lost_out))) ]]
	net_internet scan --seed dup --up 100 --tcp closed=100 --dup 10
	pipe 198.19.0.0/17 80 --stateless --rate 60k -T5
	[[ $(stat_of answered) -eq 32768 ]]
	share "$(stat_of duplicate)" 32768 21	# 1.1 x 1.1
}

@test "the same packets meet the same fate" {
	local i

	for i in 1 2; do
		net_internet scan --seed fate --up 100 --tcp open=50 \
		    --loss 10
		pipe 198.19.0.0/20 80 --stateless --rate 20k -T5 --seed x \
		    --tx mmsg
		grep -v '^#' out | cut -f1-5 | sort >"found.$i"
	done
	share "$(wc -l <found.1)" 4096 81
	cmp found.1 found.2
}

@test "a bottleneck lets through what it should, and drops the tail" {
	net_internet scan --seed cap --up 100 --tcp closed=100 --cap 10k,100
	pipe 198.19.0.0/17 80 --retries 0 --rate 40k --min-rate 40k -T5
	# packets a second over half of the answers, in the median of all such
	# halves: whoever is not let run for a while spoils but some of them
	grep -v '^#' out | grep -o 'time=[0-9.]*' | cut -c6- | sort -n |
	    awk '{ t[NR] = $1 } END { half = int(NR / 2)
	    for (i = 1; i <= half; i++) print t[i + half] - t[i], half, NR }' |
	    sort -n | awk '{ took[NR] = $1; half = $2; n = $3 } END {
	    rate = half / took[int((NR + 1) / 2)]
	    printf "%d answers, %.0f/s\n", n, rate
	    exit !(rate > 9700 && rate < 10100) }'
	# the queue is 10 ms long
	grep -o 'rtt=[0-9.]*' out | cut -c5- | sort -n | awk '{ v[NR] = $1 }
	    END { print v[1], v[int(NR / 2)], v[NR]
	    exit !(v[int(NR / 2)] > 0.009 && v[int(NR / 2)] < 0.015) }'
	net_offline
	[[ $(($(net_count capped) + $(stat_of answered))) -eq 32768 ]]
}

@test "each host keeps its ration of ICMP errors, and all together theirs" {
	local n

	# 20 at once and 10 a second, of three hosts, for 1.2 s
	net_internet scan --seed ration --up 100 --udp closed=100 \
	    --icmp-rate 10/20
	pipe 198.19.7.1-198.19.7.3 U:20000-20399 --stateless --rate 1k \
	    -T5 -s udp
	for n in 1 2 3; do
		grep "^198.19.7.$n"$'\t' out | cut -f6- |
		    grep -o 'time=[0-9.]*' | cut -c6- | sort -n | awk '
		    { t[NR] = $1 } END { want = 20 + 10 * (t[NR] - t[1])
		    printf "%d in %.2f s\n", NR, t[NR] - t[1]
		    exit !(NR > 20 && NR < want + 1.5 && NR > want - 2) }'
	done
	net_offline
	[[ $(($(net_count rationed) + $(stat_of answered))) -eq 1200 ]]
	net_internet scan --seed total --up 100 --udp closed=100 \
	    --icmp-total 100
	pipe 198.19.7.0/22 U:20000 --stateless --rate 1k -T5 -s udp
	# 50 at once
	n=$(stat_of answered)
	echo "$n errors"
	((n >= 50 + 90 && n <= 50 + 130))
}

@test "a SYN proxy is told from a host with open ports" {
	local args

	net_internet scan --seed proxy --up 60 --syn-proxy 20 --loss 2 \
	    --tcp open=30
	for args in "198.19.7.0/25 1-40 -T4" "2001:db8:5::/121 1-40 -T5"; do
		# shellcheck disable=SC2086
		pipe $args
		# shellcheck disable=SC2086
		set -- $args
		net_truth -p "$2" --open "$1" | cut -f1 | sort | uniq -c |
		    awk '$1 == 40 { print $2 }' >proxies
		grep -P '\thost\tup\tsyn-ack\tsuspect=syn-proxy\topen=\d+$' out |
		    cut -f1 | sort | diff proxies -
		[[ $(stat_of suspects) -eq $(wc -l <proxies) ]]
		[[ $(wc -l <proxies) -gt 5 ]]
	done
	# of ports that are all that one asks for, nothing can be said
	pipe 198.19.7.0/25 1-31 -T4
	[[ $(grep -c suspect out) -eq 0 ]]
}

@test "hosts that ration their ICMP errors are asked at the pace of each" {
	net_internet scan --seed pace --up 100 --udp closed=85,open=10 \
	    --icmp-rate 20/6 --loss 2
	pipe 198.19.7.0/28 U:20000-20029 -s udp
	pipe_is_true udp 20000-20029 198.19.7.0/28
	pipe 2001:db8:5::/125 U:20000-20029 -s udp
	pipe_is_true udp 20000-20029 2001:db8:5::/125
}

# A busy machine delays packets and never hurries them: what must not be early is
# held each time, what must not be late in one of five.
calm() {
	local i r=0

	for i in 1 2 3 4 5; do
		"$@" && return 0 || r=$?
		[[ $r -eq 1 ]] || return "$r"
	done
	return 1
}

far() {
	pipe 198.19.7.0/24 80,81 -T4
	grep -v '^#' out | sed 's/rtt=//' | awk -F'\t' '
	    { for (i = 6; i <= NF; i++) if ($i ~ /^0\./) r = $i
	    if (r < 0.030) { print; early = 1 }
	    late += r > 0.055; sum += r; n++
	    if ($1 in was && (d = r - was[$1]) * d > 25e-6) apart++
	    was[$1] = r }
	    END { printf "%d, %.4f on the average, %d late, %d apart\n", n,
	    sum / n, late, apart
	    exit early || n != 512 ? 2 : sum / n > 0.045 || late > n / 10 ||
	    apart > n / 20 }'
}

jittery() {
	pipe 198.19.7.0/24 80,81 -T4
	grep -o 'rtt=[0-9.]*' out | cut -c5- | awk '{ sum += $1; low += $1 < 0.01
	    } END { printf "%.4f on the average, %d low\n", sum / NR, low
	    exit sum / NR <= 0.015 ? 2 : !(sum / NR < 0.030 && low > NR / 8) }'
}

@test "hosts are as far away as they should be, and stay there" {
	net_internet scan --seed far --up 100 --tcp open=100 --delay 40
	calm far
	net_internet scan --seed far --up 100 --tcp open=100 --jitter 40
	calm jittery
}

overtaken() {
	net_internet scan --seed order --up 100 --tcp open=100 --reorder 20
	pipe 198.19.0.0/20 80 -T4 --rate 10k
	net_offline
	share "$(net_count reordered)" 4096 20 || return 2
	# of those that were not, hardly one takes a millisecond
	grep -o 'rtt=[0-9.]*' out | cut -c5- | awk '{ held += $1 > 0.001 }
	    END { print held
	    exit held <= NR * 0.17 ? 2 : held >= NR * 0.4 }'
}

@test "answers are overtaken" {
	calm overtaken
}

@test "tarpits open late, with a closed window" {
	net_internet scan --seed tar --up 100 --tcp open=100 --tarpit 30 \
	    --tarpit-delay 80
	filter='tcp[tcpflags] & tcp-syn != 0' \
	    capture 256 pipe 198.19.7.0/24 80
	share "$(tcpdump -nr cap 'tcp[14:2] = 0' 2>/dev/null | wc -l)" 256 30
	share "$(grep -o 'rtt=[0-9.]*' out | cut -c5- |
	    awk '$1 >= 0.08' | wc -l)" 256 30
	exact syn 198.19.8.0/26 80 -T3
}

@test "lies are told, and none is believed" {
	# shellcheck disable=SC2086
	net_internet scan --seed lies --up 40 --ping 50 $all --forged 20k \
	    --backscatter 5k
	exact syn 198.19.0.0/20 80
	exact syn 2001:db8:5::/116 80
	exact fin 198.19.0.0/21 80
	exact ack 2001:db8:5::/117 80
	exact udp 198.19.0.0/22 53,123,161
	exact icmp-echo 198.19.0.0/22 0
	exact icmp-echo 2001:db8:5::/118 0
	(($(stat_of invalid) > 100))
	net_offline
	(($(net_count forged) > 10000 && $(net_count backscatter) > 2000))
}

@test "what still waits when it ends goes out" {
	net_internet scan --seed end --up 100 --tcp open=100 --delay 600
	on scan timeout 20 bash -o pipefail -c "prt-targets 198.19.7.0/26 \
	    -p 80 | prt-blast -T3 | prt-listen" >out &
	pid=$!
	# when it has been asked, and not answered
	asked() {
		(($(on scan cat /sys/class/net/eth0/statistics/tx_packets) >
		    before + 64))
	}
	before=$(on scan cat /sys/class/net/eth0/statistics/tx_packets)
	await 10 asked
	net_offline
	wait "$pid"
	[[ $(stat_of open) -eq 64 ]]
}

@test "what waits takes memory that is bounded" {
	local rss

	net_internet scan --seed memory --up 100 --tcp open=100 --delay 300 \
	    --ring 4096
	pipe 198.19.0.0/16 80 --stateless --rate 60k -T4
	rss=$(awk '/^RssAnon/ { print $2 }' "/proc/$net_simnet/status")
	echo "$rss KiB for $((60000 * 3 / 10)) frames at a time"
	((rss < 12000))
	net_offline
	[[ $(net_count full) -eq 0 ]]
}

@test "what it cannot do, it says" {
	run -2 simnet 198.19.0.0/16
	[[ $output == "simnet: which device?"* ]]
	run -2 simnet -i eth0
	[[ $output == "simnet: which prefixes?"* ]]
	run -2 simnet --truth nowhere
	[[ $output == *"'nowhere' is no prefix"* ]]
	run -2 simnet --truth --scan sing 198.19.0.0/16
	[[ $output == *"--scan sing"* ]]
	run -2 simnet --truth -p x 198.19.0.0/16
	[[ $output == *"-p x"* ]]
	run -1 simnet -i nodev 198.19.0.0/16
	[[ $output == *"nodev: no Ethernet device"* ]]
	run -1 simnet -i lo 198.19.0.0/16
	[[ $output == *"lo: no Ethernet device"* ]]
	for bad in '--up 101' '--up x' '--loss -1' '--tcp open=60,closed=41' \
	    '--tcp ajar=5' '--udp open' '--stacks vax=5' '--down maybe' \
	    '--gateway 1.2.3' '--delay fast' '--cap x' '--cap 5,0' \
	    '--icmp-rate 1/x' '--forged-ports 5' '--forged-ports 9-5'; do
		# shellcheck disable=SC2086
		run -2 simnet $bad 198.19.0.0/16
		echo "$bad: $output"
		[[ -n $output ]]
	done
}

simnet() {
	"$NET_BUILD/t/simnet" "$@"
}

golden_truth() {
	cat <<-'END'
	198.19.0.0 22 closed reset
	198.19.0.0 80 filtered net-prohibited
	198.19.0.1 22 filtered no-response
	198.19.0.1 80 filtered no-response
	198.19.0.2 22 filtered net-prohibited
	198.19.0.2 80 closed reset
	198.19.0.3 22 filtered no-response
	198.19.0.3 80 closed reset
	2001:db8:5:: 22 filtered no-response
	2001:db8:5:: 80 filtered no-response
	2001:db8:5::1 22 open syn-ack
	2001:db8:5::1 80 filtered no-response
	2001:db8:5::2 22 filtered no-response
	2001:db8:5::2 80 filtered no-response
	2001:db8:5::3 22 filtered no-response
	2001:db8:5::3 80 filtered no-response
	198.19.0.0 80 filtered net-prohibited
	198.19.0.1 80 filtered no-response
	198.19.0.2 80 closed reset
	198.19.0.3 80 closed reset
	2001:db8:5:: 80 filtered no-response
	2001:db8:5::1 80 filtered no-response
	2001:db8:5::2 80 filtered no-response
	2001:db8:5::3 80 filtered no-response
	198.19.0.0 9999 open udp-response
	198.19.0.1 9999 open|filtered no-response
	198.19.0.2 9999 closed port-unreach
	198.19.0.3 9999 open udp-response
	2001:db8:5:: 9999 open|filtered no-response
	2001:db8:5::1 9999 closed port-unreach
	2001:db8:5::2 9999 open|filtered no-response
	2001:db8:5::3 9999 closed port-unreach
	198.19.0.0 - up echo-reply
	198.19.0.1 - down no-response
	198.19.0.2 - up echo-reply
	198.19.0.3 - down no-response
	2001:db8:5:: - down no-response
	2001:db8:5::1 - down no-response
	2001:db8:5::2 - down no-response
	2001:db8:5::3 - up echo-reply
	END
}
