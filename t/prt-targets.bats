#!/usr/bin/env bats
# prt-targets: every form of a target, what comes out, and how it fails. Names
# are asked of a server of ours, in a network namespace without a way out.

source "$BATS_TEST_DIRNAME/lib/net.bash"
net_fresh
bats_require_minimum_version 1.5.0

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	cd "$BATS_TEST_TMPDIR" || return 1
	exec </dev/null
}

# gives [-s] ARG... -- LINE...: prt-targets ARG... writes these lines, TABs
# written as blanks, and says nothing.
gives() {
	local -a args=()

	while [[ $1 != -- ]]; do
		args+=("$1")
		shift
	done
	shift
	run --separate-stderr prt-targets "${args[@]}"
	assert_success
	assert_equal "$stderr" ''
	assert_equal "${output//$'\t'/ }" "$(printf '%s\n' "$@")"
}

# The same for a file with these bytes, the first argument being printf's.
# shellcheck disable=SC2059
reads() {
	printf "$1" >in.txt
	gives -f in.txt -- "${@:2}"
}

# refuses STATUS PART ARG...: this status, and a message that has PART.
refuses() {
	run --separate-stderr prt-targets "${@:3}"
	assert_equal "$status" "$1"
	[[ $stderr == *"$2"* ]] || fail "no '$2' in: $stderr"
	[[ $stderr == prt-targets:* ]] || fail "whose message is: $stderr"
}

dns_start() {
	"$BATS_TEST_DIRNAME/lib/dns.py" 5353 >dns.log 3>&- &
	dns=$!
	for _ in {1..100}; do
		grep -q ready dns.log && return 0
		sleep 0.05
	done
	return 1
}

teardown() {
	[[ -z ${dns-} ]] || kill "$dns"
}

# ---- forms ----

@test "addresses, prefixes and ranges are merged and sorted" {
	gives 192.0.2.7 -- 192.0.2.7
	gives 192.0.2.77/24 -- 192.0.2.0/24
	gives 2001:DB8:0::7 -- 2001:db8::7
	gives 2001:db8::/127 -- 2001:db8::/127
	gives 192.0.2.9-192.0.2.20 -- 192.0.2.9-192.0.2.20
	gives 2001:db8::-2001:db8::ff -- 2001:db8::/120
	gives ::ffff:192.0.2.7 -- 192.0.2.7
	gives 192.0.2.128/25 ::1 192.0.2.0/25 10.0.0.1 192.0.2.4 -- \
	    10.0.0.1 192.0.2.0/24 ::1
	gives '[2001:db8::7]' -- 2001:db8::7
}

@test "octet ranges" {
	gives 10.0-1.1,5.1-254 -- 10.0.1.1-10.0.1.254 10.0.5.1-10.0.5.254 \
	    10.1.1.1-10.1.1.254 10.1.5.1-10.1.5.254
	gives '192.0.2.*' -- 192.0.2.0/24
	gives 192.0.2.1,3,5-6 -- 192.0.2.1 192.0.2.3 192.0.2.5-192.0.2.6
	gives 10.9.8.-2 10.9.8.254- -- 10.9.8.0-10.9.8.2 10.9.8.254/31
	gives '10.0.*.*' -- 10.0.0.0/16
	gives 192.0.2.1-2:80 -- '192.0.2.1-192.0.2.2 80 tcp'
}

@test "hosts with ports, and URLs" {
	gives 192.0.2.7:80 -- '192.0.2.7 80 tcp'
	gives '[2001:db8::7]:443' -- '2001:db8::7 443 tcp'
	gives 192.0.2.0/30:53 --proto udp -- '192.0.2.0/30 53 udp'
	gives 192.0.2.7:53 --proto tcp,udp -- '192.0.2.7 53 tcp' \
	    '192.0.2.7 53 udp'
	gives http://192.0.2.7/ -- '192.0.2.7 80 tcp'
	gives HTTPS://user:pass@192.0.2.7/a?b@c#d -- '192.0.2.7 443 tcp'
	gives https://192.0.2.7:8443 -- '192.0.2.7 8443 tcp'
	gives 'ssh://[2001:db8::7]' -- '2001:db8::7 22 tcp'
	gives 'http://[2001:db8::7]:81/x' -- '2001:db8::7 81 tcp'
	gives snmp://192.0.2.7 -- '192.0.2.7 161 udp'
	gives odd://192.0.2.7:5 -- '192.0.2.7 5 tcp'
}

@test "files: comments, blanks, CRLF, several on a line, no last newline" {
	reads '# one\n\n  192.0.2.1  # two\n192.0.2.3\t# x\r\n192.0.2.5' \
	    192.0.2.1 192.0.2.3 192.0.2.5
	reads '192.0.2.1 192.0.2.3   192.0.2.5\n' 192.0.2.1 192.0.2.3 192.0.2.5
	reads '192.0.2.1\t \t# tabs and a comment\n' 192.0.2.1
	reads 'http://192.0.2.1/#top\n' '192.0.2.1 80 tcp'
}

@test "zgrab2's CSV" {
	reads '192.0.2.1,www.test,t1,443\n' \
	    '192.0.2.1 443 tcp host=www.test tag=t1'
	reads '192.0.2.1, www.test\n' '192.0.2.1 host=www.test'
	reads '192.0.2.0/30,,net\n' '192.0.2.0/30 tag=net'
	reads '192.0.2.1,,,8080\n' '192.0.2.1 8080 tcp'
	reads '192.0.2.1,\n' '192.0.2.1'
	reads '"192.0.2.1","www.test","a b"\n' '192.0.2.1 host=www.test tag=a b'
	reads '2001:db8::1,six.test,,25\n' '2001:db8::1 25 tcp host=six.test'
}

@test "masscan's list" {
	reads '#masscan\nopen tcp 80 192.0.2.1 1764000000\nopen udp 53 192.0.2.1 1764000000\nbanner tcp 22 192.0.2.3 1764000000 ssh SSH-2.0-x\nopen icmp 0 192.0.2.9 1764000000\n# end\n' \
	    '192.0.2.1 80 tcp' '192.0.2.1 53 udp' '192.0.2.3 22 tcp' 192.0.2.9
}

@test "NDJSON: ours and naabu's" {
	reads '{"ip":"192.0.2.1","port":443,"proto":"tcp","state":"open","ttl":57}\n' \
	    '192.0.2.1 443 tcp'
	reads '{"host":"www.test","ip":"192.0.2.1","port":443,"protocol":"tcp","tls":false}\n' \
	    '192.0.2.1 443 tcp host=www.test'
	reads '{"host":"192.0.2.1","ip":"192.0.2.1","port":{"Port":53,"Protocol":1}}\n' \
	    '192.0.2.1 53 udp'
	reads '{"ip":"192.0.2.1","port":53,"protocol":"udp"}\n' \
	    '192.0.2.1 53 udp'
}

@test "our records: the target stays, what was measured goes" {
	reads '192.0.2.1\t443\ttcp\topen\tsyn-ack\tttl=57\thost=www.test\ttag=a\n' \
	    '192.0.2.1 443 tcp host=www.test tag=a'
	reads '192.0.2.1\t-\thost\tdown\tno-response\n' 192.0.2.1
	reads '192.0.2.0/24\t22,80\ttcp\n192.0.2.0/24\t53\tudp\n' \
	    '192.0.2.0/24 22,80 tcp' '192.0.2.0/24 53 udp'
	reads '192.0.2.1 22,80 tcp\n192.0.2.3 80\n' \
	    '192.0.2.1 22,80 tcp' '192.0.2.3 80 tcp'
	reads '#prt\tscan\tid=1\n192.0.2.1\n#prt\tstat\tsent=1\n' 192.0.2.1
	reads '192.0.2.1\t80\ttcp\topen\tsyn-ack\ttag=a \\x23b\n' \
	    '192.0.2.1 80 tcp tag=a \x23b'
}

@test "output is input" {
	prt-targets 192.0.2.0/24:80 '[2001:db8::/64]:443' 10.0.0.1-10.0.0.9 \
	    192.0.2.7:8080 >one
	prt-targets -f one >two
	cmp one two
	prt-targets -j -f one >one.json
	prt-targets -f one.json >two
	cmp one two
}

# ---- ports ----

@test "-p goes to targets that name no port" {
	gives -p 22,80-82 192.0.2.7 -- '192.0.2.7 22,80-82 tcp'
	gives -p 22 192.0.2.7 192.0.2.9:443 -- '192.0.2.7 22 tcp' \
	    '192.0.2.9 443 tcp'
	gives -p T:22,U:53,161 192.0.2.7 -- '192.0.2.7 22 tcp' \
	    '192.0.2.7 53,161 udp'
	gives -p 53 --proto tcp,udp 192.0.2.7 -- '192.0.2.7 53 tcp' \
	    '192.0.2.7 53 udp'
	gives -p -,^1-65533 192.0.2.7 -- '192.0.2.7 65534-65535 tcp'
	gives -p ssh,https 192.0.2.7 -- '192.0.2.7 22,443 tcp'
	gives -p top:1 192.0.2.7 -- '192.0.2.7 80 tcp'
	run prt-targets -p top:1000 192.0.2.7 --count
	assert_output --partial 'probes=1000'
}

@test "ports of the same hosts are merged, no probe twice" {
	gives 192.0.2.7:80 192.0.2.7:443 192.0.2.7:80 -- '192.0.2.7 80,443 tcp'
	gives 192.0.2.0/29 192.0.2.4:8080 -p 80 -- '192.0.2.0/30 80 tcp' \
	    '192.0.2.4 80,8080 tcp' '192.0.2.5-192.0.2.7 80 tcp'
	gives 192.0.2.0/30:1 192.0.2.2/30:2 192.0.2.0/31:3 -- \
	    '192.0.2.0/31 1-3 tcp' '192.0.2.2/31 1-2 tcp'
	for i in {1..300}; do
		echo "192.0.2.$((RANDOM % 8)):$((1 + RANDOM % 4))"
		echo "192.0.2.$((RANDOM % 8))-9:$((1 + RANDOM % 4))"
	done >lines
	prt-targets -e -f lines -x 192.0.2.5 | sort >all
	sort -u all | cmp - all
	# the same by expanding every line on its own
	sort -u lines | while read -r line; do
		prt-targets -e "$line" -x 192.0.2.5 </dev/null
	done | sort -u | cmp - all
}

@test "-p: messages point at what is wrong" {
	refuses 2 "at character 4, 'htp': no port has this name" -p 22,htp 192.0.2.1
	refuses 2 "at character 1, '99999'" -p 99999 192.0.2.1
	refuses 2 "say from what" -p ^22 192.0.2.1
	refuses 2 "--proto sctp" --proto sctp 192.0.2.1
}

@test "a broken ports or reserved file is a message with its line" {
	mkdir share
	echo '10.0.0.0/8 # x' >share/reserved
	printf 'tcp\t80\thttp\ntcp\teighty\n' >share/ports
	PRT_DATADIR=share refuses 1 'share/ports:2: ' -p http 192.0.2.1
	printf '10.0.0.0/8\n10.0.0\n' >share/reserved
	PRT_DATADIR=share refuses 1 'share/reserved:2: ' 192.0.2.1
	rm share/reserved
	PRT_DATADIR=share refuses 1 'share/reserved: No such file' 192.0.2.1
	PRT_DATADIR=share gives --allow-reserved 10.0.0.1 -- 10.0.0.1
}

# ---- excludes and reserved space ----

@test "-x and -X" {
	gives 192.0.2.0/29 -x 192.0.2.3 -- 192.0.2.0-192.0.2.2 192.0.2.4/30
	gives 192.0.2.0/29 -x 192.0.2.0-192.0.2.3,192.0.2.7 -- \
	    192.0.2.4-192.0.2.6
	gives 192.0.2.0/29 -x 192.0.2.1,3,5-7 -x 192.0.2.0 -- 192.0.2.2 192.0.2.4
	printf '192.0.2.4/30 # upper half\n192.0.2.0\n' >not
	gives 192.0.2.0/29 -X not -- 192.0.2.1-192.0.2.3
	gives 192.0.2.1:80 2001:db8::1 -x ::/0 -- '192.0.2.1 80 tcp'
	gives 192.0.2.1 -x 0.0.0.0/0 -- ''
	printf '192.0.2.0/30,,lab\n' >tagged
	gives -f tagged -x 192.0.2.1 -- '192.0.2.0 tag=lab' '192.0.2.2/31 tag=lab'
	refuses 1 "an exclude is a whole host" 192.0.2.0/24 -x 192.0.2.1:80
}

@test "reserved addresses are left out with one message an item" {
	refuses 1 "'224.0.0.1': 1 reserved address (first 224.0.0.1) left out" \
	    224.0.0.1 192.0.2.1
	assert_output 192.0.2.1
	refuses 1 "'223.255.255.254-224.0.0.9': 10 reserved addresses" \
	    223.255.255.254-224.0.0.9
	assert_output 223.255.255.254/31
	run --separate-stderr prt-targets ff02::1 '224-226.1.2.3' 255.255.255.255
	assert_failure 1
	assert_equal "${#stderr_lines[@]}" 3
	assert_output ''
	gives --allow-reserved 224.0.0.1 -- 224.0.0.1
	gives 224.0.0.1 192.0.2.1 -x 224.0.0.0/4 -- 192.0.2.1
	gives 127.0.0.1 10.0.0.1 172.16.0.1 192.168.0.1 169.254.0.1 -- \
	    10.0.0.1 127.0.0.1 169.254.0.1 172.16.0.1 192.168.0.1
	gives ::1 fe80::1 fd00::1 -- ::1 fd00::1 fe80::1
}

@test "the whole internet costs nothing" {
	gives 0.0.0.0/0 -X "$BATS_TEST_DIRNAME/../share/reserved" --count -- \
	    '#prt stat hosts=3737124352 probes=3737124352'
	run bash -c 'ulimit -v 200000; prt-targets 1.0.0.0/8 --seed 3 -p - |
	    head -n 5 | wc -l'
	[[ -n ${SANITIZE-} ]] || assert_output 5
}

# ---- expanded output ----

@test "--expand: each host, each port" {
	gives -e 192.0.2.0/30 -- 192.0.2.0 192.0.2.1 192.0.2.2 192.0.2.3
	gives -e 192.0.2.0/31 2001:db8::1:7 -p 80,443 -- '192.0.2.0 80 tcp' \
	    '192.0.2.0 443 tcp' '192.0.2.1 80 tcp' '192.0.2.1 443 tcp' \
	    '2001:db8::1:7 80 tcp' '2001:db8::1:7 443 tcp'
	gives -e -j 192.0.2.1:80 -- '{"ip":"192.0.2.1","port":80,"proto":"tcp"}'
	reads '192.0.2.0/31,,t,5\n' '192.0.2.0/31 5 tcp tag=t'
	gives -e -f in.txt -- '192.0.2.0 5 tcp tag=t' '192.0.2.1 5 tcp tag=t'
}

@test "a shuffle is a permutation that its seed fixes" {
	local -a what=(10.0.0.0/24 10.1.0.0/28 2001:db8::/126 -p '1-50,U:7')

	prt-targets -e "${what[@]}" >plain
	prt-targets --seed 7 "${what[@]}" >seven
	prt-targets --seed 7 "${what[@]}" >again
	prt-targets --seed 8 "${what[@]}" >eight
	prt-targets --shuffle "${what[@]}" >any
	cmp seven again
	run ! cmp -s seven eight
	run ! cmp -s seven plain
	run ! cmp -s any seven
	for f in plain seven eight any; do
		sort "$f" >"$f.sorted"
		cmp plain.sorted "$f.sorted"
	done
	run wc -l <plain
	assert_output "$((276 * 51))"
}

@test "shards are disjoint, complete and the same on every machine" {
	local -a what=(10.0.0.0/25 -p 1-7)

	for seed in -e --seed=5; do
		: >parts
		for i in 1 2 3 4 5; do
			prt-targets "$seed" --shard "$i/5" "${what[@]}" >>parts
			prt-targets "$seed" --shard "$i/5" -c "${what[@]}" >count
			grep -q "shard=$i/5" count
		done
		prt-targets -e "${what[@]}" | sort >whole
		sort parts | cmp - whole
	done
	run prt-targets --shard 1/3 -c 192.0.2.0/30
	assert_output --partial 'probes=2'
	run prt-targets --shard 5/5 192.0.2.0/30
	assert_success
	assert_output ''
	refuses 2 'wants --seed' --shuffle --shard 1/2 192.0.2.0/24
	refuses 2 'wants i/n' --shard 0/2 192.0.2.0/24
	refuses 2 'wants i/n' --shard 3/2 192.0.2.0/24
	refuses 2 'wants i/n' --shard 1 192.0.2.0/24
}

@test "a sample is distinct, within bounds, and shared out by shards" {
	prt-targets --sample 500 10.0.0.0/22 -p 80,443 >s
	run wc -l <s
	assert_output 500
	sort -u s >u
	run wc -l <u
	assert_output 500
	prt-targets -e 10.0.0.0/22 -p 80,443 | sort >all
	run bash -c 'comm -23 u all'
	assert_output ''
	run bash -c 'prt-targets --sample 99 192.0.2.0/30 | wc -l'
	assert_output 4
	prt-targets --sample 10 --seed 4 10.0.0.0/8 | sort >ten
	for i in 1 2 3; do
		prt-targets --sample 10 --seed 4 --shard $i/3 10.0.0.0/8
	done | sort | cmp - ten
}

@test "--count" {
	gives -c 192.0.2.0/24 -- '#prt stat hosts=256 probes=256'
	gives -c 192.0.2.0/24 -p 80,443,U:53 -- '#prt stat hosts=256 probes=768'
	gives -c 192.0.2.0/24 192.0.2.5:80 192.0.3.1:80 -- \
	    '#prt stat hosts=257 probes=258'
	gives -c 2001:db8::/64 -p - -- \
	    '#prt stat hosts=18446744073709551616 probes=1208907372870555465154560'
	reads '192.0.2.5,a.test\n192.0.2.5,b.test,,80\n192.0.2.5,a.test,,80\n192.0.2.5,a.test,,81\n' \
	    '192.0.2.5 host=a.test' '192.0.2.5 80-81 tcp host=a.test' \
	    '192.0.2.5 80 tcp host=b.test'
	gives -c -f in.txt -- '#prt stat hosts=2 probes=4'
	gives -c -j 192.0.2.1 -- '{"prt":"stat","hosts":1,"probes":1}'
	refuses 1 'cannot be numbered' -e 2001:db8::/64
	gives --sample 1 --seed 1 -c 192.0.2.0/24 -- '#prt stat probes=1'
}

# ---- names ----

@test "names: all addresses, one, one family, host= kept" {
	dns_start
	set -- --dns-server 127.0.0.1:5353
	gives "$@" one.test -- '192.0.2.11 host=one.test'
	gives "$@" two.test:80 -- \
	    '192.0.2.21-192.0.2.22 80 tcp host=two.test' \
	    '2001:db8::21 80 tcp host=two.test'
	gives "$@" -e -4 https://two.test/ -- \
	    '192.0.2.21 443 tcp host=two.test' '192.0.2.22 443 tcp host=two.test'
	gives "$@" -6 two.test -- '2001:db8::21 host=two.test'
	gives "$@" -4 --first two.test -- '192.0.2.21 host=two.test'
	gives "$@" bücher.test -- '192.0.2.33 host=bücher.test'
	gives "$@" One.Test. -- '192.0.2.11 host=One.Test.'
	gives "$@" 192.0.2.8/30 -x one.test -- 192.0.2.8-192.0.2.10
	gives "$@" one.test 192.0.2.11 -p 25 -- '192.0.2.11 25 tcp' \
	    '192.0.2.11 25 tcp host=one.test'
	printf ',one.test,t,25\none.test 22,80 tcp\none.test\t443\ttcp\n' >in.txt
	gives "$@" -f in.txt -- '192.0.2.11 22,80,443 tcp host=one.test' \
	    '192.0.2.11 25 tcp host=one.test tag=t'
}

@test "names that have no address: one message each, with its line" {
	dns_start
	printf 'one.test\nno.test\n\nempty.test:80\nbroken.test\nsix.test\n' >in.txt
	run --separate-stderr prt-targets --dns-server 127.0.0.1:5353 -4 -f in.txt
	assert_failure 1
	assert_output $'192.0.2.11\thost=one.test'
	assert_equal "$(sort <<<"$stderr")" "prt-targets: in.txt:2: 'no.test': no such name
prt-targets: in.txt:4: 'empty.test': the name has no address
prt-targets: in.txt:5: 'broken.test': the DNS servers fail or cannot be reached
prt-targets: in.txt:6: 'six.test': the name has no address"
	refuses 1 "'multicast.test': 1 reserved address (first 224.0.0.251)" \
	    --dns-server 127.0.0.1:5353 multicast.test
	assert_output $'192.0.2.44\thost=multicast.test'
	run --separate-stderr prt-targets --strict --dns-server 127.0.0.1:5353 -f in.txt
	assert_failure 1
	assert_output ''
	assert_equal "${#stderr_lines[@]}" 1
}

@test "thousands of names at once" {
	dns_start
	for i in {1..5000}; do
		echo "h$i.bulk.test"
	done >in.txt
	prt-targets -4 --dns-server 127.0.0.1:5353 -f in.txt >out
	run wc -l <out
	assert_output 5000
	grep -qx $'10.0.19.136\thost=h5000.bulk.test' out
}

@test "names: /etc/hosts, no server, no resolving" {
	printf '127.0.0.1 localhost\n192.0.2.99 hosts.test\n' >hosts
	mount --bind hosts /etc/hosts
	gives -4 --dns-server 127.0.0.1:9 hosts.test -- '192.0.2.99 host=hosts.test'
	umount /etc/hosts
	refuses 1 "'one.test': no DNS server answered" \
	    --dns-server 127.0.0.1:9 one.test
	refuses 1 "a name, and -n" -n one.test
	refuses 1 "DNS servers are written" --dns-server nowhere one.test
	refuses 2 "-4 and -6" -4 -6 one.test
}

# ---- how it fails ----

@test "bad targets: one message with the line, the rest goes on, status 1" {
	printf '192.0.2.1\n10.0.0.300\nx y z w v\t\n1.2.3.4:99999\n{"port":1}\n192.0.2.3\n' >in.txt
	run --separate-stderr prt-targets -n -f in.txt
	assert_failure 1
	assert_equal "$output" $'192.0.2.1\n192.0.2.3'
	[[ $stderr == *"in.txt:2: '10.0.0.300': it looks like an address"* ]]
	[[ $stderr == *"in.txt:4: '1.2.3.4:99999': the port is"* ]]
	[[ $stderr == *'in.txt:5: '* ]]
	for bad in 1.2.3.4/33 ::/129 1.2.3 1.2.3.4.5 01.2.3.4 1.2.3.9-5 \
	    2001:db8::1::2 '[::1' '[1.2.3.4]:80' '[::1]x' '[::1]:' \
	    1.2.3.4: fe80::1%eth0 a..b -.test 'a b'$'\t' http:// http:///x \
	    gone://192.0.2.1 1.2.3.4,1.2.3.5,1.2.3.6,1.2.3.7,80 \
	    10.0.0.1,10.0.0.2 ',,,' 192.0.2.1,a.test,t,x 256.1-2.3.4 \
	    1-254.1-254.1-254.1-254 '*' '' "$(printf 'a%.0s' {1..300})"; do
		run --separate-stderr prt-targets -n -- "$bad"
		assert_failure 1
		assert_output ''
		assert_equal "${#stderr_lines[@]}" 1
	done
}

@test "hostile bytes forge nothing" {
	printf '192.0.2.1,,a\033[31m\\x\001b\nx\033]0;pwn\007\n192.0.2.3\t80\ttcp\topen\tx\ttag=a\033b\n' >in.txt
	run --separate-stderr prt-targets -n -f in.txt
	assert_failure 1
	assert_output $'192.0.2.1\ttag=a\\x1b[31m\\\\x\\x01b'
	[[ $stderr != *$'\033'* && $stderr != *$'\007'* ]]
	head -c 20000 /dev/urandom >in.txt
	run prt-targets -n -f in.txt
	assert [ "$status" -le 1 ]
}

@test "--strict stops at the first bad target and writes nothing" {
	printf '192.0.2.1\nx/y\n1.2.3.4.5\n' >in.txt
	run --separate-stderr prt-targets --strict -f in.txt
	assert_failure 1
	assert_output ''
	assert_equal "${#stderr_lines[@]}" 1
}

@test "stdin: by default, as -, empty, closed" {
	run bash -c 'echo 192.0.2.1 | prt-targets'
	assert_output 192.0.2.1
	run bash -c 'echo 192.0.2.1 | prt-targets -f - 192.0.2.3'
	assert_output $'192.0.2.1\n192.0.2.3'
	run bash -c 'echo 192.0.2.1 | prt-targets -'
	assert_output 192.0.2.1
	run prt-targets </dev/null
	assert_success
	assert_output ''
	run prt-targets -e --shuffle -p 80 </dev/null
	assert_success
	assert_output ''
	run bash -c 'prt-targets <&-'
	assert_failure 1
	assert_output --partial 'Bad file descriptor'
	refuses 1 'nowhere.txt: No such file' -f nowhere.txt
}

@test "a full disk is an error, a closed pipe a quiet end" {
	run --separate-stderr bash -c 'prt-targets 192.0.2.0/24 >/dev/full'
	assert_failure 1
	[[ $stderr == *'No space left'* ]]
	# shellcheck disable=SC2016
	run --separate-stderr bash -c \
	    'prt-targets -e 10.0.0.0/12 | head -n 1; echo ${PIPESTATUS[0]}'
	assert_output $'10.0.0.0\n0'
	assert_equal "$stderr" ''
}

@test "SIGTERM: whole records, status 4" {
	mkfifo p
	prt-targets -e 10.0.0.0/8 -p - >p 3>&- &
	pid=$!
	exec 7<p
	head -n 1000 <&7 >some
	kill "$pid"
	cat <&7 >rest
	exec 7<&-
	assert_equal "$(tail -c 1 rest)" ''
	status=0
	wait "$pid" || status=$?
	assert_equal "$status" 4
}

@test "SIGTERM while a DNS server keeps silent: status 4 at once" {
	dns_start
	prt-targets --dns-server 127.0.0.1:5353 silent.test >out 3>&- &
	pid=$!
	sleep 0.5
	kill -TERM "$pid"
	SECONDS=0 status=0
	wait "$pid" || status=$?
	assert_equal "$status" 4
	assert [ "$SECONDS" -le 2 ]
	assert [ ! -s out ]
}

@test "options: help, version, fields, usage" {
	run prt-targets --help
	assert_success
	assert_output --partial '--allow-reserved'
	run prt-targets --fields
	assert_success
	assert_output --partial $'host\ttext'
	refuses 2 'no option' --nonsense
	refuses 2 'sample' --sample 0 192.0.2.1
	refuses 2 'seed' --seed x 192.0.2.1
}
