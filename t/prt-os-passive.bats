#!/usr/bin/env bats
# prt-os --passive: hosts named by what a scan has seen of them anyway.

# shellcheck disable=SC2016 # scripts of other shells
bats_require_minimum_version 1.5.0
source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

setup_file() {
	net_pair scan host
	listen host tcp:22,80
	rules host <<<'tcp dport 25 drop'
}

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	export PRT_DATADIR=$BATS_TEST_DIRNAME/../share
	cd "$BATS_TEST_TMPDIR" || return 1
}

# of KEY: its value in the host records of stdin
of() { awk '$3 == "host"' FS='\t' | sed -nE "s/.*\t$1=([^\t]*).*/\1/p"; }

# lines FIELD...: results of TCP with these fields, of 192.0.2.7
open_port() { printf '192.0.2.7\t%s\ttcp\topen\tsyn-ack\tttl=%s' "$1" "$2"
	printf '\t%s' "${@:3}"; echo; }

linux=(win=65160 mss=1460 wscale=7 tcpopts=MSTNW df=1 ipid=0)
windows=(win=65535 mss=1460 wscale=8 tcpopts=MNWNNS df=1)

# scan ADDRESS [OPTION...]
scan() {
	on scan bash -o pipefail -c 'echo "$0 22,23,25,80 tcp" |
	    prt-blast "$@" | prt-listen | prt-os --passive' "$@"
}

@test "this Linux, over IPv4 and IPv6: family and generation, no packet more" {
	gen=$(uname -r | cut -d. -f1).X
	for a in "$NET4.0.2" "$NET6::2"; do
		scan "$a" >out
		run of os_family <out
		assert_output Linux
		run of os_gen <out
		assert_output --partial "$gen"
		run of os_method <out
		assert_output passive
		run of distance <out
		assert_output 1
		(($(of os_conf <out) >= 80))
		# the results are there, and its own sums come last
		assert_equal "$(grep -c $'\ttcp\topen\t' out)" 2
		run tail -n 1 out
		assert_output --regexp \
		    $'^#prt\tstat\tby=prt-os\thosts=1\tidentified=1\t.*=1$'
	done
}

@test "a SYN that offers less: less is known, and said with less confidence" {
	scan "$NET4.0.2" >full
	scan "$NET4.0.2" --tcp-options mss >less
	(($(of os_conf <less) < $(of os_conf <full)))
}

@test "with another MTU, without timestamps or SACK: still the same family" {
	for s in tcp_timestamps=0 tcp_sack=0 tcp_window_scaling=0; do
		on host sysctl -qw net.ipv4.$s
		run scan "$NET4.0.2"
		assert_equal "$s $(of os_family <<<"$output")" "$s Linux"
		on host sysctl -qw net.ipv4.${s%=*}=1
	done
	on host ip link set eth0 mtu 1400
	run scan "$NET4.0.2"
	assert_equal "$(of os_family <<<"$output")" Linux
	on host ip link set eth0 mtu 1500
}

@test "needs no privilege, and opens no socket" {
	open_port 22 57 "${linux[@]}" >in
	ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=network -o trace \
	    prt-os --passive <in >out
	assert_equal "$(of os_family <out)" Linux
	run grep -c '(' trace
	assert_output 0
	run setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all \
	    prt-os --passive <in
	assert_success
	assert_equal "$(of os_family <<<"$output")" Linux
}

@test "a Windows, and how far away it is" {
	for p in 135 139 445 3389; do
		open_port $p 115 "${windows[@]}" ipid=$((p + 9000))
	done >in
	run prt-os --passive <in
	run of os_family <<<"$output"
	assert_output Windows
	run prt-os --passive <in
	assert_equal "$(of distance <<<"$output")" 14
	assert_equal "$(of os_vendor <<<"$output")" Microsoft
}

@test "systems that cannot be told apart are no family, and less sure" {
	# macOS or iOS
	open_port 22 64 win=65535 mss=1460 wscale=6 tcpopts=MNWNNTSE df=1 \
	    ipid=0 >in
	run prt-os --passive <in
	assert_equal "$(of os_family <<<"$output")" ''
	assert_equal "$(of os_vendor <<<"$output")" Apple
	assert_equal "$(of os <<<"$output")" \
	    'Apple macOS 10.10 - 15 or iOS 8 - 18'
	(($(of os_conf <<<"$output") < 50))
	# what its services say decides it
	printf '192.0.2.7\t80\ttcp\topen\tsyn-ack\tos=macOS\n' >>in
	run prt-os --passive <in
	assert_equal "$(of os_family <<<"$output")" macOS
	assert_equal "$(of os_method <<<"$output")" passive,service
	(($(of os_conf <<<"$output") > 75))
}

@test "what is like nothing that is known has no record" {
	open_port 22 64 win=1 mss=77 wscale=13 tcpopts=WWWT df=0 ipid=5 >in
	printf '192.0.2.8\t22\ttcp\tclosed\treset\tttl=64\twin=0\tdf=1\n' >>in
	run prt-os --passive <in
	assert_equal "$(of os <<<"$output")" ''
	assert_line --partial $'\thosts=2\tidentified=0\t'
}

@test "services alone, with the stack, and against it" {
	local ssh='product=OpenSSH	os=Linux	cpe=cpe:/a:openbsd:openssh:9.2p1,cpe:/o:debian:debian_linux'

	printf '192.0.2.7\t22\ttcp\topen\tsyn-ack\t%s\n' "$ssh" >in
	run prt-os --passive <in
	assert_equal "$(of os <<<"$output")" 'Linux (Debian)'
	assert_equal "$(of os_method <<<"$output")" service
	assert_equal "$(of os_conf <<<"$output")" 75
	open_port 22 57 "${linux[@]}" "$ssh" >in
	run prt-os --passive <in
	assert_equal "$(of os_method <<<"$output")" passive,service
	assert_equal "$(of os_family <<<"$output")" Linux
	assert_regex "$(of os <<<"$output")" '^Linux .* \(Debian\)$'
	(($(of os_conf <<<"$output") > 90))
	# a Linux kernel that calls itself by another name
	open_port 8291 57 "${linux[@]}" os=RouterOS >in
	run prt-os --passive <in
	assert_equal "$(of os_family <<<"$output")" RouterOS
	assert_equal "$(of device_type <<<"$output")" router
	# the service is another machine's: the stack is this one's
	open_port 445 57 "${linux[@]}" os=Windows >in
	run prt-os --passive <in
	assert_equal "$(of os_family <<<"$output")" Linux
	assert_equal "$(of os_method <<<"$output")" passive
	(($(of os_conf <<<"$output") < 50))
	# services that contradict each other are no evidence
	printf '192.0.2.7\t%s\ttcp\topen\tsyn-ack\tos=%s\n' 22 Linux 445 \
	    Windows >in
	run prt-os --passive <in
	assert_equal "$(of os <<<"$output")" ''
}

@test "forwarded ports and SYN proxies halve the confidence" {
	open_port 22 57 "${linux[@]}" >in
	sure=$(prt-os --passive <in | of os_conf)
	open_port 80 118 "${windows[@]}" ipid=7 >>in
	run prt-os --passive <in
	(($(of os_conf <<<"$output") <= sure / 2))
	open_port 22 57 "${linux[@]}" >in
	printf '192.0.2.7\t-\thost\tup\tsyn-ack\tsuspect=syn-proxy\n' >>in
	run prt-os --passive <in
	(($(of os_conf <<<"$output") <= sure / 2))
}

@test "records pass as they are, names travel, -j writes NDJSON" {
	cat >in <<-'E'
	#prt	scan	id=1	x=y
	192.0.2.7	22	tcp	open	syn-ack	ttl=64	win=65160	mss=1460	wscale=7	tcpopts=MSTNW	df=1	ipid=0	host=a.example	tag=t
	{"ip":"192.0.2.7","port":23,"proto":"tcp","state":"closed","reason":"reset","ttl":64,"win":0,"df":true,"ipid":0,"new":[1]}
	192.0.2.0/24	22	tcp
	E
	prt-os --passive <in >out
	head -n 4 out | diff <(sed 3d in) <(sed 3d out | head -n 3)
	assert_equal "$(sed -n 3p out)" \
	    $'192.0.2.7\t23\ttcp\tclosed\treset\tttl=64\twin=0\tdf=1\tipid=0\tnew=1'
	assert_equal "$(of host <out) $(of tag <out)" 'a.example t'
	prt-os --passive -j <in >json
	run jq -r 'select(.proto == "host") | .host, .os_family' json
	assert_output $'a.example\nLinux'
	assert_equal "$(sed -n 3p json)" "$(sed -n 3p in)"
}

@test "a malformed line: its number, the rest goes on; --strict stops" {
	{ printf '192.0.2.7\t22\ttcp\topen\tx\ty\n'; open_port 22 64 "${linux[@]}"; } >in
	run -1 --separate-stderr prt-os --passive <in
	[[ $stderr == *'prt-os: stdin:1: '* ]]
	assert_equal "$(of os_family <<<"$output")" Linux
	run -1 --separate-stderr prt-os --passive --strict <in
	assert_equal "$(of os_family <<<"$output")" ''
	assert_line --partial complete=0
}

@test "more hosts than are kept: each is told of once, and memory is bounded" {
	awk -v rest="$(printf '\\t%s' "${linux[@]:1}")" 'BEGIN {
	    for (i = 0; i < 270000; i++)
		printf "10.%d.%d.%d\t22\ttcp\topen\tsyn-ack\tttl=60\twin=%d%s\n",
		    i / 65536, i / 256 % 256, i % 256, i % 50000, rest }' >in
	timed -t 60 cost cat in '|' prt-os --passive >out
	assert_equal "$(awk '$3 == "host"' FS='\t' out | wc -l)" 270000
	assert_equal "$(awk '$3 == "host" { print $1 }' FS='\t' out | sort -u |
	    wc -l)" 270000
	[[ -n $SANITIZE ]] || (($(jq '.parts[1].rss_kib' cost) < 60000))
}
