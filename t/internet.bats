#!/usr/bin/env bats
# A /16, one port, one host in five up, held against the truth of the simulated
# internet: what a scan at speed finds, on paths that lose, lie and are full.

source "${BATS_TEST_DIRNAME:-t}/lib/net.bash"
net_fresh

setup_file() {
	net_internet scan --seed internet
	net_truth -p 80 --open 198.19.0.0/16 | awk '{ print $1, $2 }' |
	    sort >"$BATS_FILE_TMPDIR/truth"
	net_offline
	[[ $(wc -l <"$BATS_FILE_TMPDIR/truth") -gt 3000 ]]
}

# scan "SIMNET-OPTIONS" BLAST-OPTION...: sets missed, false and double.
scan() {
	local d=$BATS_TEST_TMPDIR

	# shellcheck disable=SC2086
	net_internet scan --seed internet $1
	on scan timeout 100 bash -o pipefail -c "prt-targets --allow-reserved \
	    198.19.0.0/16 -p 80 | prt-blast --allow-reserved ${*:2} |
	    prt-listen --open" >"$d/out"
	net_offline
	tail -1 "$d/out"
	awk -F'\t' '!/^#/ && $4 == "open" { print $1, $2 }' "$d/out" |
	    sort >"$d/open"
	truth=$(wc -l <"$BATS_FILE_TMPDIR/truth")
	missed=$(sort -u "$d/open" | comm -13 - "$BATS_FILE_TMPDIR/truth" |
	    wc -l)
	false=$(sort -u "$d/open" | comm -23 - "$BATS_FILE_TMPDIR/truth" |
	    wc -l)
	double=$(uniq -d "$d/open" | wc -l)
	echo "missed $missed of $truth, $false false, $double double"
	[[ $false -eq 0 && $double -eq 0 ]]
	tail -1 "$d/out" | grep -q 'complete=1'
}

@test "no loss, and 20,000 forged answers a second: all of it" {
	scan "--delay 5 --forged 20k --dup 5 --reorder 5" -T4
	((missed == 0))
}

@test "5 % lost each way: 99.9 % of it" {
	scan "--delay 10 --loss 5" -T4
	((missed * 1000 <= truth))
}

@test "the fastest template loses no more" {
	scan "--delay 10 --loss 5" -T5
	((missed * 1000 <= truth))
}

@test "a path for 50,000 packets a second, and no --rate: 99.9 % of it" {
	scan "--delay 20 --cap 50k" -T5
	((missed * 1000 <= truth))
}
