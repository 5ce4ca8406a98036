#!/usr/bin/env bats
# --host-timeout: a host that takes too long is given up, and costs no other one a
# result.
# bats file_tags=net

# shellcheck source=t/lib/net.bash
source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# lan, and on its switch h2, which is quick, and h3, a tarpit: it drops what is
# sent to it but on two ports, and on one of them it never ends. h4 rations its
# ICMP errors.
setup_file() {
	net_guard
	net_lan lan 4
	serve h2 'banner:22:SSH-2.0-OpenSSH_9.2\r\n'
	serve h3 silent:80 'banner:22:SSH-2.0-OpenSSH_9.2\r\n'
	printf '%s dport != { 22, 80 } drop\n' tcp udp | rules h3
	on h4 sysctl -qw net.ipv4.icmp_ratelimit=1000
}

setup() {
	net_guard
	cd "$BATS_TEST_TMPDIR" || return 1
	TAB=$'\t'
}

# results FILE ADDRESS: "port state reason", without what is beyond them
results() {
	awk -F'\t' -v a="$2" '$1 == a { print $2, $4, $5 }' "$1" | sort -n
}

# scan TIME [OPTION]... <TARGETS
scan() {
	on lan bash -o pipefail -c 'prt-blast --host-timeout "$@" | tee scan.prt |
	    prt-listen --all --pcap heard.pcap' - "$@"
}

# At 200 probes a second h2, the first, takes 0.25 s, and all 1.75 s.
@test "ports: the tarpit is given up, the quick host is whole" {
	printf '%s\n' '198.18.0.2 1-50' '198.18.0.3 22,100-400' |
	    scan 1s --rate 200 --in-order >out
	results out 198.18.0.2 >got
	for p in {1..50}; do
		((p == 22)) && echo "$p open syn-ack" || echo "$p closed reset"
	done | diff - got
	run results out 198.18.0.3
	refute_output --partial filtered
	assert_line --regexp '^- up timedout=1$'
	assert_line '22 open syn-ack'
	run tail -n1 out
	assert_output --partial "${TAB}timeouts=1$TAB"
	assert_output --partial "${TAB}complete=1"
	run grep -c 'why=host-timeout' scan.prt
	assert_output 1
	# and so says the capture
	prt-listen --all -r heard.pcap <scan.prt >again
	diff <(results out 198.18.0.3) <(results again 198.18.0.3)
}

@test "a host that answers nothing in time; one with time enough" {
	scan 100ms -p 100-140 <<<198.18.0.3 >out
	run results out 198.18.0.3
	assert_output '- up user-set'
	run grep -c 'timedout=1' out
	assert_output 1
	scan 1m -p 20-29 <<<198.18.0.2 >out
	run grep -c 'timedout\|timeouts\|host-timeout' out scan.prt
	assert_output $'out:0\nscan.prt:0'
	assert_equal "$(results out 198.18.0.2 | wc -l)" 10
}

@test "discovery takes its time" {
	scan 1ms -s arp <<<198.18.0.2-198.18.0.9 >out
	run grep -c timedout out
	assert_output 0
	run grep -c "host${TAB}up" out
	assert_output 3
}

# Nothing is left to be sent to h3 when h4 is asked again at its own pace.
@test "UDP: of hosts that ration, only they are given up" {
	scan 4s -s udp -p 5001-5040 <<<198.18.0.3-198.18.0.4 >out
	run results out 198.18.0.4
	refute_output --partial 'open|filtered'
	assert_output --partial 'closed port-unreach'
	assert_output --partial '- up timedout=1'
	run results out 198.18.0.3
	assert_equal "$(grep -c '^50.. open|filtered no-response$' <<<"$output")" 40
	refute_output --partial timedout
}

@test "prt-connect: the same" {
	on lan bash -c 'prt-targets 198.18.0.2-3 | prt-connect --host-timeout 500ms \
	    --timeout 1s --retries 0 --all -p 1-100' >out
	assert_equal "$(results out 198.18.0.2 | wc -l)" 100
	run results out 198.18.0.3
	refute_output --partial filtered
	assert_output --partial '- up timedout=1'
	run tail -n1 out
	assert_output --partial "${TAB}timeouts=1$TAB"
}

@test "prt-service and prt-tls: conversations end, and the record stays" {
	local prog

	for prog in prt-service prt-tls; do
		{
			printf '198.18.0.%s\t%s\ttcp\topen\tsyn-ack\thost=a\n' \
			    3 80 3 22 2 22
			printf '#prt\tstat\tby=x\n'
		} | on lan timeout 20 $prog --host-timeout 300ms >out
		run cut -f1-4 out
		assert_equal "$(grep -c "open$" <<<"$output")" 3
		run grep -c "^198.18.0.3${TAB}-${TAB}host${TAB}up.*host=a${TAB}timedout=1" out
		assert_output 1
		run grep -c timedout out
		assert_output 1
		run tail -n1 out
		assert_output --partial "${TAB}timeouts=1$TAB"
		awk -F'\t' '$2 == "stat" { print $3 }' out | head -n1 >first
		assert_equal "$(cat first)" by=x
	done
}

# With one conversation at a time, h2 waits for the end of the tarpit.
@test "prt-service: to wait for one's turn takes no time of one's own" {
	printf '198.18.0.%s\t%s\ttcp\topen\tsyn-ack\n' 3 80 2 22 |
	    on lan timeout 20 prt-service --parallel 1 --host-timeout 500ms >out
	run grep -c timedout out
	assert_output 1
	run grep "^198.18.0.2${TAB}22" out
	assert_output --partial 'service=ssh'
}

@test "prtip: no port of such a host in a report, whatever the format" {
	on lan prtip -n -Pn -p 22,80,100-140 --host-timeout 2s -sV \
	    --max-retries 1 198.18.0.2-3 -oA it -oJ it.json >out
	run cat it.nmap
	assert_line 'Skipping host 198.18.0.3 due to host timeout'
	assert_equal "$(grep -c '^22/tcp' it.nmap)" 1
	run grep 198.18.0.3 it.gnmap
	assert_output $'Host: 198.18.0.3 ()\tStatus: Up\nHost: 198.18.0.3 ()\tStatus: Timeout'
	run xmllint --xpath 'string(//host[@timedout="true"]/address/@addr)' it.xml
	assert_output 198.18.0.3
	run xmllint --xpath 'count(//host[@timedout]//port)' it.xml
	assert_output 0
	run jq -r 'select(.timedout != null) | .ip' it.json
	assert_output 198.18.0.3
	# what is read back says it, too
	run prt-fmt -i nmap-xml -o gnmap it.xml
	assert_line "Host: 198.18.0.3 ()${TAB}Status: Timeout"
	[[ ! -e /usr/share/nmap/nmap.dtd ]] ||
		xmllint --noout --dtdvalid /usr/share/nmap/nmap.dtd it.xml
}

@test "prt-diff: what a host lacks that was given up, it has not lost" {
	printf '192.0.2.%s\t%s\ttcp\topen\tsyn-ack\n' 1 22 1 80 2 22 >old
	printf '192.0.2.1\t22\ttcp\topen\tsyn-ack\n' >new
	printf '192.0.2.%s\t-\thost\tup\tuser-set\ttimedout=1\n' 1 2 3 >>new
	run -0 prt-diff old new
	assert_output ''
	sed -i /timedout/d new
	run -1 prt-diff old new
	assert_equal "${#lines[@]}" 2
}

@test "what does not go together is said" {
	run -2 prt-blast --stateless --host-timeout 1s <<<127.0.0.1
	assert_output --partial 'leave one of them out'
	run -2 prt-connect --ping --host-timeout 1s <<<127.0.0.1
	assert_output --partial 'exclude each other'
}
