#!/usr/bin/env bats
# What prt-blast would send, without sending: golden captures, order, shards.
# Nothing here opens a socket that sends.

bats_require_minimum_version 1.5.0
source "${BATS_TEST_DIRNAME:-t}/lib/golden.bash"

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
	export PRT_DATADIR=$root/share
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "every scan type sends the very bytes of its golden capture" {
	golden_data data
	export PRT_DATADIR=$PWD/data
	for t in "${golden_types[@]}"; do
		for v in $(golden_families "$t"); do
			f=$(golden_name "$t" "$v")
			golden_make "$t" "$v" "$f" >probes
			cmp "$root/t/data/golden/$f" "$f"
			# a packet for every probe, and for every payload
			n=$(wc -l <probes)
			[[ $t != udp ]] || n=$((n + 3))
			command -v capinfos >/dev/null || continue
			assert_equal "$t $v: $(capinfos -Tmrc "$f" |
			    cut -f2 -d,)" "$t $v: $n"
		done
	done
	# none is left over
	assert_equal "$(find . -maxdepth 1 -name '*.pcap' | wc -l)" \
	    "$(find "$root/t/data/golden" -name '*.pcap' | wc -l)"
}

@test "the types of the golden captures are all there are" {
	prt-blast --list-types | cut -f1 | grep -v '^ping$' | sort >types
	printf '%s\n' "${golden_types[@]%%:*}" | sort | diff -u types -
}

@test "tshark finds every checksum good, and nothing malformed" {
	command -v tshark >/dev/null || skip "no tshark here"
	for f in "$root"/t/data/golden/*.pcap; do
		tshark -nr "$f" -o ip.check_checksum:TRUE \
		    -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
		    -T fields -e ip.checksum.status -e tcp.checksum.status \
		    -e udp.checksum.status -e icmp.checksum.status \
		    -e icmpv6.checksum.status -e _ws.malformed -e _ws.short \
		    -e frame.protocols 2>/dev/null >seen
		[[ -s seen ]]
		# 1 is good: the header's in IPv4, and the one behind it
		case $f in
		*/arp-4*) want='^\t\t\t\t\t\t\t' ;;
		*/icmp-*-4*) want='^1\t\t\t1\t\t\t\t' ;;
		*/udp-4*) want='^1\t\t1\t\t\t\t\t' ;;
		*/udp-6*) want='^\t\t1\t\t\t\t\t' ;;
		*/icmp-*-6* | */ndp-6*) want='^\t\t\t\t1\t\t\t' ;;
		*-4*)	want='^1\t1\t\t\t\t\t\t' ;;
		*-6*)	want='^\t1\t\t\t\t\t\t' ;;
		esac
		run grep -vP "$want" seen
		assert_output ''
	done
}

@test "every payload of share/ is sent with good checksums, over both families" {
	command -v tshark >/dev/null || skip "no tshark here"
	for a in 192.0.2.9 2001:db8::9; do
		echo $a | prt-blast --dry-run -s udp -p - --pcap out.pcap \
		    -S 198.51.100.1 -S 2001:db8::1 >probes
		assert_equal "$(wc -l <probes)" 65535
		run tshark -nr out.pcap -o ip.check_checksum:TRUE \
		    -o udp.check_checksum:TRUE -Y 'udp.checksum.status != 1 or
			ip.checksum.status == 0' -c 5
		refute_output --partial 'UDP'
		n=$(tshark -nr out.pcap -Y 'udp.checksum.status == 1' \
		    -o udp.check_checksum:TRUE 2>/dev/null | wc -l)
		((n > 65535))
	done
}

@test "--seed fixes order and packets; without it they differ" {
	args=(--dry-run -p 1-500 -S 198.51.100.1)
	echo 192.0.2.1 | prt-blast "${args[@]}" --seed a --pcap a1 >a1.prt
	echo 192.0.2.1 | prt-blast "${args[@]}" --seed a --pcap a2 >a2.prt
	echo 192.0.2.1 | prt-blast "${args[@]}" --seed b --pcap b >b.prt
	echo 192.0.2.1 | prt-blast "${args[@]}" --pcap c >c.prt
	cmp a1 a2
	cmp a1.prt a2.prt
	for other in b c; do
		run cmp -s a1.prt $other.prt
		assert_failure
		run cmp -s a1 $other
		assert_failure
		diff <(sort a1.prt) <(sort $other.prt)
	done
	# not the order of the ports either
	run cmp -s a1.prt <(sort -t$'\t' -nk2 a1.prt)
	assert_failure
}

@test "--shard: all parts together are every probe, once" {
	printf '%s\n' '192.0.2.0/29' '192.0.2.4-192.0.2.20 80,443' \
	    '2001:db8::/125 53 udp' >in
	for types in syn,udp ping,fin; do
		prt-blast --dry-run -s $types -p 22-40 --seed s <in >all
		[[ $(sort -u all | wc -l) -eq $(wc -l <all) ]]
		for n in 1 2 3 7 100000; do
			((n < 1000)) && last=$n || last=3
			for ((i = 1; i <= last; i++)); do
				prt-blast --dry-run -s $types -p 22-40 \
				    --seed s --shard $i/$n <in >part.$i
			done
			if ((n < 1000)); then
				sort part.* | diff <(sort all) -
				# of equal sizes, but for one
				wc -l part.* | sed '/total/d' |
				    awk 'NR == 1 || $1 < lo { lo = $1 }
					$1 > hi { hi = $1 }
					END { exit hi - lo > 1 }'
				# in the order of the whole
				paste -d'\n' part.? | sed '/^$/d' | cmp all -
			else
				sort part.* | comm -13 <(sort all) - >extra
				[[ ! -s extra && $(cat part.* | wc -l) -eq 3 ]]
			fi
			rm -f part.*
		done
	done
}

@test "a probe that many lines name is sent once" {
	printf '%s\n' 192.0.2.1 192.0.2.0/30 '192.0.2.1 80' \
	    '192.0.2.1-192.0.2.2 80,81 tcp' | prt-blast --dry-run -p 80 >out
	cut -f1-3 out | sort >got
	printf '%s\t%s\ttcp\n' 192.0.2.0 80 192.0.2.1 80 192.0.2.1 81 \
	    192.0.2.2 80 192.0.2.2 81 192.0.2.3 80 | sort | diff -u - got
}

@test "-j writes the same as NDJSON" {
	echo '192.0.2.1 22,80' | prt-blast --dry-run --seed s >tsv
	echo '192.0.2.1 22,80' | prt-blast --dry-run --seed s -j >json
	prt-fmt -j tsv | diff -u - json
	jq -es 'map(.port) | sort == [22, 80]' json
}

@test "each type goes to the targets that fit it" {
	printf '%s\n' '192.0.2.1 53 udp' '2001:db8::1 22 tcp' 192.0.2.2 |
	    prt-blast --dry-run -s syn,udp,icmp-mask,ndp -p T:80,U:123 |
	    cut -f1-3,6 | sort >got
	printf '%s\t%s\t%s\tscan=%s\n' \
	    192.0.2.1 53 udp udp \
	    192.0.2.1 - host icmp-mask \
	    2001:db8::1 22 tcp syn \
	    2001:db8::1 - host ndp \
	    192.0.2.2 80 tcp syn \
	    192.0.2.2 123 udp udp \
	    192.0.2.2 - host icmp-mask | sort | diff -u - got
	# and none that fits is a message
	run --separate-stderr prt-blast --dry-run -s udp <<<'192.0.2.1 80 tcp'
	assert_failure 1
	assert_output ''
	[[ $stderr == *'stdin:1: no scan type of -s fits'* ]]
}

@test "-p is for syn-ping and ack-ping only when it is given" {
	ping_ports() {
		echo 192.0.2.1 | prt-blast --dry-run "$@" | cut -f2,6 |
		    sort | tr '\t\n' '  '
	}
	run ping_ports -s syn-ping,ack-ping
	assert_output '443 scan=syn-ping 80 scan=ack-ping '
	run ping_ports -s syn-ping,ack-ping -p 22
	assert_output '22 scan=ack-ping 22 scan=syn-ping '
}

@test "reserved addresses are refused, piece by piece" {
	run --separate-stderr prt-blast --dry-run -p 1 <<-'END'
	224.0.0.1
	239.255.255.255-240.0.0.1
	192.0.2.1
	END
	assert_failure 1
	assert_output $'192.0.2.1\t1\ttcp\t-\t-\tscan=syn'
	[[ ${stderr_lines[0]} == *'stdin:1: '*--allow-reserved* ]]
	[[ ${stderr_lines[1]} == *'stdin:2: '*--allow-reserved* ]]
	run prt-blast --dry-run -p 1 --allow-reserved <<<'224.0.0.1'
	assert_success
	assert_output $'224.0.0.1\t1\ttcp\t-\t-\tscan=syn'
}

@test "what does not fit the options is a usage error that says the mend" {
	usage() {
		run --separate-stderr prt-blast "$@" </dev/null
		assert_failure 2
		assert_output ''
		[[ -n $stderr ]]
	}
	usage -s nothing
	usage -s flags
	usage -s flags:Q
	usage -s flags:S,flags:A
	usage -s ''
	usage -p 65536
	usage -p nosuchservice
	usage -T 6
	usage --shard 0/3
	usage --shard 4/3
	usage --shard 3
	usage --rate 0
	usage --rate 10 --min-rate 20
	usage --retries 8
	usage -S localhost
	usage -g 0
	usage --ttl 256
	usage 192.0.2.1
	usage --no-such-option
}

@test "a dry run needs no privilege" {
	local -a bare=(setpriv --bounding-set -all)

	[[ $(id -u) -eq 0 ]] || bare=()
	run --separate-stderr "${bare[@]}" prt-blast --dry-run -p 7 \
	    --pcap out.pcap <<<'192.0.2.1'
	assert_success
	assert_output $'192.0.2.1\t7\ttcp\t-\t-\tscan=syn'
	assert_equal "$stderr" ''
	[[ -s out.pcap ]]
}

@test "what a dry run cannot write is an error" {
	run --separate-stderr prt-blast --dry-run -p 7 --pcap no/such/dir \
	    <<<'192.0.2.1'
	assert_failure 1
	[[ $stderr == *'no/such/dir: No such file'* ]]
	[[ -c /dev/full ]]
	run --separate-stderr bash -c \
	    'echo 192.0.2.1 | prt-blast --dry-run -p 7 >/dev/full'
	assert_failure 1
	[[ $stderr == *'No space left'* ]]
	run --separate-stderr prt-blast --dry-run -p 1-999 --pcap /dev/full \
	    <<<'192.0.2.1'
	assert_failure 1
	[[ $stderr == *'/dev/full: No space left'* ]]
}
