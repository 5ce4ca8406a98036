#!/usr/bin/env bats
# prt-listen by itself: what it reports of a scan of this machine, and what it
# makes of input that is no scan. How it judges is in states.bats.

# shellcheck disable=SC2016 # scripts of other shells
source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

setup_file() {
	host box
	listen box tcp:22,80
	rules box <<<'tcp dport 25 drop'
}

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_TMPDIR" || return 1
}

# scan OPTION...: ports 22, 23, 25 and 80 of the box, as "port state reason".
scan() {
	on box bash -o pipefail -c 'echo "127.0.0.1 22,23,25,80 tcp" |
	    prt-blast | tee scan.prt | prt-listen "$@"' - "$@" >out
	awk -F'\t' '!/^#/ { print $2, $4, $5 }' out | sort -n
}

@test "open and closed ports by default, silence is only counted" {
	run scan
	assert_output $'22 open syn-ack\n23 closed reset\n80 open syn-ack'
	run tail -1 out
	assert_output --regexp '^#prt	stat	.*open=2'
	assert_output --regexp 'filtered=1'
	assert_output --regexp 'complete=1'
}

@test "--open, --all" {
	run scan --open
	assert_output $'22 open syn-ack\n80 open syn-ack'
	run scan --all
	assert_output "22 open syn-ack
23 closed reset
25 filtered no-response
80 open syn-ack"
}

@test "-j writes the same as NDJSON" {
	scan -j >/dev/null
	jq -r 'select(.state == "open") | "\(.port) \(.reason)"' <out |
	    sort -n >got
	printf '%s\n' '22 syn-ack' '80 syn-ack' | diff - got
	tail -1 out | jq -e '.complete == true and .open == 2'
}

# answer PORT [OPTION...]: what the answer of a port tells of the stack.
answer() {
	local port=$1

	shift
	on box bash -o pipefail -c 'echo "$0 tcp" | prt-blast "$@" |
	    tee scan.prt | prt-listen --pcap heard.pcap' "127.0.0.1 $port" "$@" \
	    >out
	awk -F'\t' '!/^#/ { for (i = 6; i <= NF; i++) if ($i !~ /^r?t[it]/)
	    printf "%s ", $i }' out
}

@test "what the answer tells of the stack, as much as the probe offered" {
	run answer 22
	assert_output --regexp \
	    '^win=[1-9][0-9]* mss=65495 wscale=[0-9]+ tcpopts=MSTNW df=1 ipid=0 $'
	run answer 23
	assert_output 'win=0 df=1 ipid=0 '
	run answer 22 --tcp-options mss
	assert_output --regexp '^win=[1-9][0-9]* mss=65495 df=1 ipid=0 $'
	# the same from the capture
	prt-listen -r heard.pcap <scan.prt | sed 's/\trtt=[^\t]*//' >again
	diff <(grep -v '^#' out | sed 's/\trtt=[^\t]*//') <(grep -v '^#' again)
	on box sysctl -qw net.ipv4.tcp_timestamps=0 net.ipv4.tcp_sack=0
	run answer 22
	assert_output --regexp ' tcpopts=MNW '
	on box sysctl -qw net.ipv4.tcp_timestamps=1 net.ipv4.tcp_sack=1
}

@test "a capture is judged again offline, from the saved scan" {
	scan --pcap heard.pcap >first
	prt-listen -r heard.pcap <scan.prt >again
	awk -F'\t' '!/^#/ { print $2, $4, $5 }' again | sort -n | diff first -
	# the records of another scan prove nothing in this capture
	cp scan.prt first.prt
	scan >/dev/null
	prt-listen -r heard.pcap <scan.prt >other
	run grep -c open$'\t' other
	assert_output 0
}

@test "results of before pass through; without a scan it is not complete" {
	run -4 --separate-stderr prt-listen \
	    <<<$'192.0.2.1\t80\ttcp\topen\tsyn-ack\tttl=9\tx=y'
	assert_line --index 0 $'192.0.2.1\t80\ttcp\topen\tsyn-ack\tttl=9\tx=y'
	assert_line --index 1 --regexp '^#prt	stat	.*complete=0$'
	assert_equal "${#lines[@]}" 2
}

@test "a malformed line: its number and the mend, exit 1" {
	run -1 --separate-stderr prt-listen <<<$'127.0.0.1\t-g'
	[[ $stderr == *'prt-listen: stdin:1: '* ]]
	assert_line --index 0 --regexp '^#prt	stat	.*complete=0$'
}

@test "a capture that is none, or is not there" {
	scan >/dev/null
	run -1 --separate-stderr prt-listen -r nowhere.pcap <scan.prt
	[[ $stderr == "prt-listen: --read nowhere.pcap: No such file"* ]]
	echo 'no capture' >text
	run -1 --separate-stderr prt-listen -r text <scan.prt
	[[ $stderr == "prt-listen: --read text: "* ]]
}

@test "usage errors say the mend, and exit 2" {
	for args in '--open --all' '-r -' '-r x --pcap y' extra --nonsense; do
		# shellcheck disable=SC2086 # words
		run -2 --separate-stderr prt-listen $args </dev/null
		assert_output ''
		[[ $stderr == prt-listen:* ]] || fail "$args: $stderr"
	done
}

@test "--fields names every field that it writes" {
	scan --all >/dev/null
	tr '\t' '\n' <out | sed -n 's/^\([a-z_]*\)=.*/\1/p' | sort -u >written
	[ -s written ]
	comm -23 written <(prt-listen --fields | cut -f1 | sort -u) >lacks
	run cat lacks
	assert_output ''
}
