#!/usr/bin/env bats
# prt-os and its own database, against the IP stacks that run here.

bats_require_minimum_version 1.5.0
source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
source "${BATS_TEST_DIRNAME:-t}/lib/oslab.bash"
net_fresh

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	export PRT_DATADIR=$BATS_TEST_DIRNAME/../share
	cd "$BATS_TEST_TMPDIR" || return 1
}

# The hosts of a test are gone before the next one.
teardown() {
	ip -all netns delete
}

# of KEY: its values in the records of stdin
of() { sed -nE "s/.*\t$1=([^\t]*).*/\1/p"; }

# asked HOST FAMILY: the host is named so, over both families, actively and in
# passing.
asked() {
	local lacks

	lacks=$(oslab_lacks "$1")
	[[ -z $lacks ]] || skip "$lacks"
	oslab_up "$1"
	oslab_ask >active
	oslab_ask --passive >passive
	for f in active passive; do
		assert_equal "$f: $(cut -f1 "$f" | sort | paste -sd' ')" \
		    "$f: $(printf '%s\n' "$oslab4" "$oslab6" | sort |
			paste -sd' ')"
		assert_equal "$f: $(of os_family <"$f" | paste -sd' ')" \
		    "$f: $2 $2"
	done
	while read -r conf; do
		((conf >= 95))
	done < <(of os_conf <active)
}

@test "the database is clean, and has no two systems alike" {
	run prt-os --check "$PRT_DATADIR/os-fingerprints"
	assert_success
	assert_output ''
}

@test "every entry says where it is from, and how sure it is" {
	# the comment in front of a name goes on from the line with these words
	run awk '/^#/ { said = said $0; next } /^Fingerprint/ {
		if (said !~ /# (lab|source|docs)[ ,]/ ||
		    said !~ /(sure|family|weak)/)
			print
	    } { said = "" }' "$PRT_DATADIR/os-fingerprints"
	assert_output ''
}

@test "this Linux: its generation, over IPv4 and IPv6" {
	asked linux Linux
	run of os_gen <active
	gen=$(uname -r | cut -d. -f1).X
	assert_line --index 0 --partial "$gen"
	assert_line --index 1 --partial "$gen"
	run of distance <active
	assert_output $'1\n1'
}

@test "Linux with other settings is Linux" {
	for h in "${oslab_hosts[@]}"; do
		[[ $h == linux:* ]] || continue
		asked "$h" Linux
		ip -all netns delete
	done
}

@test "settings that are not told apart are the same system" {
	for h in linux:ip_default_ttl=128 linux:mtu=9000,tcp_ecn=0; do
		oslab_up "$h"
		oslab_ask >active
		assert_equal "$h $(of os_family <active | paste -sd' ')" \
		    "$h Linux Linux"
		ip -all netns delete
	done
}

@test "lwIP is no Linux" {
	asked lwip lwIP
}

@test "passt is neither, though it is where libslirp was" {
	asked passt passt
}

@test "libslirp is no Linux, and not lwIP" {
	asked slirp libslirp
}
