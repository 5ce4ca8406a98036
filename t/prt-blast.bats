#!/usr/bin/env bats
# prt-blast by itself: what it would send, in which order, and what it refuses.
# What it does send is in states.bats, paths.bats, recall.bats and robust.bats.

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_TMPDIR" || return 1
}

# dry TARGET [OPTION]...: the probes, "address port protocol type" by line.
dry() {
	printf '%s\n' "$1" | prt-blast --dry-run "${@:2}" >dry
	awk -F'\t' '!/^#/ { sub(/.*scan=/, "", $6); print $1, $2, $3, $6 }' dry
}

@test "--dry-run prints every probe once, as a target record" {
	dry '127.0.0.0/30 10-19 tcp' | sort >got
	for a in 0 1 2 3; do
		for p in {10..19}; do
			echo "127.0.0.$a $p tcp syn"
		done
	done | sort | diff - got
	# what it prints is what it reads: the same again
	prt-blast --dry-run <dry | sort >again
	sort dry | diff - again
}

@test "-j prints the same records as NDJSON" {
	dry '::1 1-50 tcp' --seed x >tsv
	printf '::1 1-50 tcp\n' | prt-blast --dry-run --seed x -j |
	    jq -r '[.ip, .port, .proto, .scan] | join(" ")' >json
	diff tsv json
}

@test "the order is random, and the seed fixes it" {
	dry '127.0.0.1 1-200 tcp' --seed one >a
	dry '127.0.0.1 1-200 tcp' --seed one | diff a -
	dry '127.0.0.1 1-200 tcp' --seed two >b
	run diff a b
	assert_failure 1
	run sort -nc -k2 a
	assert_failure
	diff <(sort a) <(sort b)
}

@test "--in-order is the order of addresses and ports" {
	run prt-blast --dry-run --in-order -p 1-40 <<<192.0.2.0/29
	assert_output "$(for i in {0..7}; do
		printf "192.0.2.$i\t%s\ttcp\t-\t-\tscan=syn\n" {1..40}
	done)"
}

@test "shards are an exact partition of the probes" {
	dry '127.0.0.0/28 1-10 tcp' --seed s | sort >whole
	for i in 1 2 3; do
		dry '127.0.0.0/28 1-10 tcp' --seed s --shard $i/3 >"part$i"
		[ -s "part$i" ]
	done
	sort part1 part2 part3 | diff whole -
}

@test "-p is for targets that name no port, top:1000 by itself" {
	run dry 127.0.0.1 -p 7,9
	assert_equal "$(sort <<<"$output")" \
	    $'127.0.0.1 7 tcp syn\n127.0.0.1 9 tcp syn'
	assert_equal "$(dry '127.0.0.1 5 tcp' -p 7,9)" '127.0.0.1 5 tcp syn'
	assert_equal "$(dry 127.0.0.1 | wc -l)" 1000
	diff <(dry 127.0.0.1 | awk '{ print $2 }' | sort -n) \
	    <(prt-targets 127.0.0.1 -p top:1000 --expand | cut -f2 | sort -n)
}

@test "-s combines types; T: and U: say which ports are whose" {
	dry 127.0.0.1 -s syn,udp -p T:22,U:53 | sort >got
	printf '127.0.0.1 %s\n' '22 tcp syn' '53 udp udp' | diff - got
}

@test "every scan type that --list-types names is one that it takes" {
	prt-blast --list-types | cut -f1 >types
	for t in syn ack window maimon fin null xmas udp arp ndp icmp-echo \
	    icmp-timestamp icmp-mask ping; do
		grep -qx "$t" types || fail "no $t"
	done
	while read -r t; do
		[ "$t" != flags ] || t=flags:SF
		[ "$t" = ndp ] && to=::1 || to=127.0.0.1
		echo "$to" | prt-blast --dry-run -s "$t" -p 80 >out
	done <types
	run -2 prt-blast -s flags:QQ </dev/null
	assert_output --partial 'no such scan type'
}

@test "addresses that may be scanned by mistake are refused" {
	run -1 --separate-stderr prt-blast --dry-run -p 80 <<<224.0.0.1
	assert_output ''
	[[ $stderr == *stdin:1:*--allow-reserved* ]]
	ip route add 240.0.0.0/8 dev lo
	run -0 prt-blast --dry-run -p 80 --allow-reserved <<<240.0.0.1
	assert_output --partial '240.0.0.1	80	tcp'
}

@test "usage errors say the mend, and exit 2" {
	while read -r -a args; do
		run -2 --separate-stderr prt-blast "${args[@]}" </dev/null
		assert_output ''
		[[ $stderr == prt-blast:* ]] || fail "${args[*]}: $stderr"
	done <<-'END'
		-s nope
		-s flags
		-s flags:Q
		-s flags:S,flags:A
		-p nosuchservice
		--shard 0/3
		--shard 3
		--rate 0
		--in-order --shard 1/2
		--rate 10 --min-rate 20
		--retries 8
		-g 0
		-p 99999
		--shard 3/2
		-T 9
		--rate x
		-S nope
		-g 99999
		--ping icmp-echo
		-s ping --ping nope
		-s ping --ping syn
		-s ping --ping syn-ping
		-s ping --ping icmp-echo:80
		-s ping --ping ack-ping:0
		-s ping --ping arp
		-s ping --ping udp-ping
		-s udp,udp-ping
		-s udp,ping --ping udp-ping:53
		--max-rtt 0
		--ttl 0
		--nonsense
		extra
	END
}

@test "--fields names every field that it writes" {
	echo '127.0.0.1 1-20 tcp' | prt-blast >out 2>err
	tr '\t' '\n' <out | sed -n 's/^\([a-z_]*\)=.*/\1/p' | sort -u >written
	[ -s written ]
	comm -23 written <(prt-blast --fields | cut -f1 | sort -u) >lacks
	run cat lacks
	assert_output ''
}

@test "shards of several types and of more parts than probes" {
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

@test "--ping says what the type ping is beyond the link" {
	asked() {
		echo "${1}" | prt-blast --dry-run -s ping "${@:2}" |
		    cut -f2,6 | sort | tr '\t\n' '  '
	}
	run asked 192.0.2.1
	assert_output '- scan=icmp-echo - scan=icmp-timestamp 443 scan=syn-ping'\
' 80 scan=ack-ping '
	run asked 192.0.2.1 --ping icmp-mask,syn-ping:22,syn-ping:25,ack-ping:22
	assert_output '- scan=icmp-mask 22 scan=ack-ping 22 scan=syn-ping'\
' 25 scan=syn-ping '
	run asked 2001:db8::1 --ping icmp-echo,icmp-mask
	assert_output '- scan=icmp-echo '
	run asked 2001:db8::1 --ping udp-ping:53,syn-ping:53
	assert_output '53 scan=syn-ping 53 scan=udp-ping '
}

@test "-p is for the pings by TCP and UDP only when it is given" {
	ping_ports() {
		echo 192.0.2.1 | prt-blast --dry-run "$@" | cut -f2,6 |
		    sort | tr '\t\n' '  '
	}
	run ping_ports -s syn-ping,ack-ping
	assert_output '443 scan=syn-ping 80 scan=ack-ping '
	run ping_ports -s syn-ping,ack-ping -p 22
	assert_output '22 scan=ack-ping 22 scan=syn-ping '
	run ping_ports -s udp-ping
	assert_output '40125 scan=udp-ping '
	run ping_ports -s udp-ping,syn-ping -p T:22,U:53,161
	assert_output '161 scan=udp-ping 22 scan=syn-ping 53 scan=udp-ping '
}

@test "UDP scan and UDP ping do not go in one scan, and the message says why" {
	for args in '-s udp,udp-ping' '-s ping,udp --ping icmp-echo,udp-ping:9'
	do
		# shellcheck disable=SC2086
		run --separate-stderr prt-blast --dry-run $args <<<192.0.2.1
		assert_failure 2
		assert_output ''
		[[ $stderr == *'does not tell which of them it is for'* ]]
	done
	# the usual discovery goes with a UDP scan
	echo 192.0.2.1 | prt-blast --dry-run -s ping,udp -p U:53 >got
	assert_equal "$(wc -l <got)" 5
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
