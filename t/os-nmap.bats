#!/usr/bin/env bats
# prt-os with nmap's own database: what nmap names, and how fast.
# bats file_tags=net

# shellcheck source=t/lib/net.bash
source "$BATS_TEST_DIRNAME/lib/net.bash"
net_fresh
bats_require_minimum_version 1.5.0

bats_load_library bats-support
bats_load_library bats-assert

db=/usr/share/nmap/nmap-os-db

setup() {
	net_guard
	cd "$BATS_TEST_TMPDIR" || return 1
	[[ -r $db ]] || skip "$db is not there"
}

# as HOST SETTING...: a Linux that answers in another way
as() { on "$1" sysctl -qw "${@:2}"; }

@test "the same systems as nmap -O, as surely" {
	command -v nmap >/dev/null || skip "nmap is not installed"
	net_lan a 8
	for h in h{2..8}; do
		listen "$h" tcp:80
	done
	as h3 net.ipv4.tcp_timestamps=0
	as h4 net.ipv4.tcp_sack=0
	as h5 net.ipv4.tcp_window_scaling=0
	as h6 net.ipv4.ip_default_ttl=128 net.ipv4.tcp_timestamps=0
	as h7 net.ipv4.tcp_rmem='4096 16384 65536'
	rules h8 <<-'R'
	tcp dport 81 drop
	meta l4proto { udp, icmp } drop
	R
	on a nmap -n -Pn -O -d --max-os-tries 1 --osscan-guess -p 80,81 \
	    -oX nmap.xml -oN nmap.txt "$NET4.0.2-8" >log 2>&1
	run --separate-stderr prt-os -j --guess --limit 30 --db "$db" \
	    --match nmap.txt
	assert_success
	assert_equal "$stderr" ''
	printf '%s\n' "${lines[@]}" >prt.json
	run python3 "$BATS_TEST_DIRNAME/lib/same-os.py" nmap.xml prt.json "$db"
	echo "# ${lines[-1]}" >&3
	assert_success
	assert_line '7 hosts, 0 differ'
}

@test "the same systems as found the plain way" {
	python3 "$BATS_TEST_DIRNAME/lib/os-oracle.py" "$db" 12 >subjects
	assert_equal "$(wc -l <subjects)" 12
	prt-os --guess --db "$db" --match subjects |
	    awk -F'\t' '{ tag = got = ""
		for (i = 6; i <= NF; i++)
			if ($i ~ /^tag=/) tag = substr($i, 5)
			else if ($i ~ /^os_matches=/) got = substr($i, 12)
		print $1, (tag == got ? "same" : tag " but " got) }' >said
	run grep -v ' same$' said
	assert_output ''
	assert_equal "$(wc -l <said)" 12
}

@test "5,600 fingerprints are there in 30 ms, and tried in 2" {
	[[ -z ${SANITIZE-} ]] || skip "instrumented code has other speeds"
	run prt-os --check "$db"
	assert_success
	assert_output ''
	run "$BUILD/bench/os" "$db" 200
	assert_success
	assert_line --regexp '^start'
	awk '$1 == "start" { exit !($2 <= 30) }' <<<"$output" ||
	    fail "too slow: $output"
	awk '$1 == "matches" { exit !($2 >= 500) }' <<<"$output" ||
	    fail "too slow: $output"
}
