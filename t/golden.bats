#!/usr/bin/env bats
# The packets that prt-blast makes, byte for byte, without sending them.

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
			[[ $t != udp* ]] || n=$((n + 3))
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
		*/udp-4* | */udp-ping-4*) want='^1\t\t1\t\t\t\t\t' ;;
		*/udp-6* | */udp-ping-6*) want='^\t\t1\t\t\t\t\t' ;;
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
