#!/usr/bin/env bats
# share/udp-payloads: every payload is what tshark takes for its protocol.

bats_require_minimum_version 1.5.0

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	cd "$BATS_TEST_DIRNAME/.." || return 1
	payloads=${BUILD:-build}/t/lib/payloads
	want=t/data/udp-payloads.tsv
	packets=$BATS_TEST_TMPDIR/payloads.pcap
}

# The port that a payload's packet goes to.
port_of() {
	"$payloads" share/udp-payloads list |
	    awk -F'\t' -v n="$1" '$1 == n { print $2 }'
}

# The names of the payloads in $packets that tshark finds at fault, and why.
malformed() {
	join -t$'\t' <(grep -v '^#' "$want" | cut -f1 | cat -n | tr -d ' ' |
	    sort -t$'\t' -k1,1) \
	    <(tshark -r "$packets" "$@" -T fields -e frame.number \
	    -e _ws.expert.message -Y '_ws.malformed ||
	    _ws.expert.severity == "Error"' 2>/dev/null |
	    sort -t$'\t' -k1,1) | cut -f2-
}

@test "the list of expectations names every payload, in order" {
	diff <("$payloads" share/udp-payloads list | cut -f1) \
	    <(grep -v '^#' "$want" | cut -f1)
}

@test "tshark finds each payload's protocol, and nothing malformed" {
	command -v tshark >/dev/null || skip "tshark is not installed"
	"$payloads" share/udp-payloads pcap >"$packets"
	decode=()
	while IFS=$'\t' read -r name _ as _; do
		case $name in '#'*) continue ;; esac
		[ -z "${as#-}" ] ||
		    decode+=(-d "udp.port==$(port_of "$name"),$as")
	done <"$want"
	tshark -r "$packets" "${decode[@]}" -T fields -e frame.protocols \
	    2>/dev/null | sed 's/^raw:ip:udp://' \
	    >"$BATS_TEST_TMPDIR/layers"
	paste <(grep -v '^#' "$want" | cut -f1,2) "$BATS_TEST_TMPDIR/layers" |
	    awk -F'\t' '$2 != "-" && $2 != $3 {
		print $1 " is " $3 ", wanted " $2; bad = 1 }
		END { exit bad || NR == 0 }'
	# what tshark calls malformed, by name
	diff <(malformed "${decode[@]}" | cut -f1) \
	    <(grep -v '^#' "$want" | awk -F'\t' '$4 == "malformed" { print $1 }')
}

@test "a payload cut short is found out" {
	command -v tshark >/dev/null || skip "tshark is not installed"
	sed 's/\\x00\\x10\\x00\\x03"/\\x00"/' share/udp-payloads \
	    >"$BATS_TEST_TMPDIR/cut"
	"$payloads" "$BATS_TEST_TMPDIR/cut" pcap >"$packets"
	malformed | grep -q ^dns-version
}

@test "the helper answers for a text that is none" {
	echo 'payload x' >"$BATS_TEST_TMPDIR/bad"
	run -2 "$payloads" "$BATS_TEST_TMPDIR/bad" list
	assert_output --partial "bad:1: payload x has no ports; add"
}

# The n-th example of the manual.
example() {
	awk -v n="$1" '/^\.Bd/ { on = ++i == n; next } /^\.Ed/ { on = 0 }
	    on { gsub(/\\e/, "\\"); print }' man/prt-payloads.5
}

@test "the examples of prt-payloads(5) are read" {
	example 1 >"$BATS_TEST_TMPDIR/1"
	example 2 >"$BATS_TEST_TMPDIR/2"
	run -0 "$payloads" "$BATS_TEST_TMPDIR/1" list
	assert_output $'snmp-v2c-public\t161'
	run -0 "$payloads" "$BATS_TEST_TMPDIR/2" list
	assert_output $'our-state\t7777\nsnmp-private\t161'
}
