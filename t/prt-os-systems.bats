#!/usr/bin/env bats
# prt-os against the systems of the simulated internet, which answer as their
# documents say: t/simnet/system.c.
# bats file_tags=net

# shellcheck source=t/lib/net.bash
source "$BATS_TEST_DIRNAME/lib/net.bash"
net_fresh

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

net=198.19.0.0/26

setup() {
	net_guard
	cd "$BATS_TEST_TMPDIR" || return 1
}

# internet [OPTION...]: hosts of all systems, and what a scan finds there
internet() {
	net_internet scan --up 100 --ping 100 --tcp open=50 --udp open=0 \
	    --systems all "$@"
	net_truth --scan icmp-echo $net >truth
	prt-targets $net -p 80-89 | on scan prt-blast | on scan prt-listen >in
}

# judge FILE: of every host "ok", "none" or "wrong", its system, what was said
judge() {
	awk -F'\t' '
	function field(k,  i) {
		for (i = 6; i <= NF; i++)
			if (index($i, k "=") == 1)
				return substr($i, length(k) + 2)
		return ""
	}
	FILENAME == "truth" {
		os[$1] = field("os"); gen[$1] = field("os_gen")
		up[$1] = field("uptime"); next
	}
	/^#/ || $3 != "host" { next }
	{
		said = field("os"); u = field("uptime")
		good = index(said, os[$1]) > 0 && (gen[$1] == "" ||
		    index("," field("os_gen") ",", "," gen[$1] ",") > 0)
		if (u != "" && (u < up[$1] - 60 || u > up[$1] + 60))
			good = 0
		print good ? "ok" : said == "" ? "none" : "wrong", os[$1],
		    gen[$1], said, u, up[$1]
	}' truth "$1"
}

@test "every system is named, with its generation, by itself" {
	internet
	on scan prt-os <in >out
	judge out >said
	cat said
	run grep -c ^ok said
	assert_output 64
	# all of them were there, and some told since when
	[[ $(cut -d' ' -f2,3 said | sort -u | wc -l) -ge 12 ]]
	[[ $(grep -c $'\tuptime=' out) -gt 5 ]]
	[[ $(grep -c 'os_conf=100' out) -gt 55 ]]
	# and all else came through as it was
	grep -v $'\thost\t' out | sed '$d' | diff in -
}

@test "through loss and delay nobody is taken for another" {
	internet --loss 5 --delay 40 --jitter 10 --dup 2 --reorder 2
	on scan prt-os <in >out
	judge out >said
	cat said
	run grep -c ^wrong said
	assert_output 0
	(($(grep -c ^ok said) >= 60))
}

@test "forged answers change nothing" {
	internet --forged 20k --forged-ports 61000-64839
	on scan prt-os <in >out
	judge out >said
	cat said
	run grep -c ^ok said
	assert_output 64
}

@test "over IPv6 the families are named" {
	net_internet scan --up 100 --ping 100 --tcp open=50 --udp open=0 \
	    --systems linux6=40,freebsd=20,openbsd=20,macos=20
	net_truth --scan icmp-echo $NET6:5::/123 | sed 's/\tos_gen=[^\t]*//' >truth
	prt-targets $NET6:5::/123 -p 80-89 | on scan prt-blast |
	    on scan prt-listen | on scan prt-os >out
	judge out >said
	cat said
	run grep -c ^ok said
	assert_output 32
}

@test "simnet says which systems there are" {
	run "$NET_BUILD/t/simnet" --systems none=3 --truth 198.19.0.1
	assert_failure 2
	assert_output --regexp "--systems none=3: wants all, .*linux26, .*netx"
}
