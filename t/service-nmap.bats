#!/usr/bin/env bats
# prt-service with nmap's own database beside nmap, on the same answers.
# bats file_tags=net

# shellcheck source=t/lib/net.bash
source "$BATS_TEST_DIRNAME/lib/net.bash"
net_fresh

bats_load_library bats-support
bats_load_library bats-assert

db=/usr/share/nmap/nmap-service-probes

setup() {
	net_guard
	cd "$BATS_TEST_TMPDIR" || return 1
	command -v nmap >/dev/null || skip "nmap is not installed"
	[[ -r $db ]] || skip "$db is not there"
	specs=()
	port=20001
	: >names
	# Servers of this machine that are silent for so long stay silent.
	awk '/^totalwaitms/ { next }
	{ print }
	/^Probe/ { print "totalwaitms 800" }' "$db" >probes
}

teardown() {
	reap "${pid-}"
}

# serve KIND[:ASKED] PROTO WHAT TEXT: one more port that says it.
serve() {
	specs+=("${1%%:*}:$port${1#"${1%%:*}"}:${4//:/\\:}")
	printf '%d\t%s\t%s\n' "$port" "$2" "$3" >>names
	port=$((port + 1))
}

# corpus PROBES KIND N: some N of the answers of t/data/banners to probes that
# match, here and there: each one that nmap does not know costs it time.
corpus() {
	local probe what rest
	local -a all=()

	while IFS=$'\t' read -r probe what rest; do
		# shellcheck disable=SC2053 # a pattern
		[[ $probe != $1 ]] || all+=("$what"$'\t'"${rest##*banner=}")
	done < <(cat "$BATS_TEST_DIRNAME"/data/banners/*.tsv)
	for ((i = 0; i < ${#all[@]}; i += ${#all[@]} / $3 + 1)); do
		serve "$2" "${1%%/*}" "${all[i]%%$'\t'*}" "${all[i]#*$'\t'}"
	done
}

# Both ask all of them, and have to find the same.
compare() {	# INTENSITY NMAP-OPTION...
	local ports=20001-$((port - 1))

	spawn pid - services "${specs[@]}" >ready
	await 10 grep -q ready ready
	nmap -n -Pn "${@:2}" -sV --version-intensity "$1" -T5 --versiondb probes \
	    -p "$ports" -oX nmap.xml 127.0.0.1 >nmap.out 2>&1 &
	awk -F'\t' -v OFS='\t' '{ print "127.0.0.1", $1, $2, "open", "x" }' \
	    names | prt-service -j -T5 --intensity "$1" \
	    --db probes >prt.json
	wait $!
	run python3 "$BATS_TEST_DIRNAME/lib/same-services.py" nmap.xml \
	    prt.json names
	echo "# ${lines[-1]}" >&3
	assert_success
}

@test "the same services as nmap on TCP" {
	while IFS=$'\t' read -r how what text; do
		case $how in
		banner|reply)	serve "$how" tcp "$what" "$text" ;;
		GET)		serve "ask:GET " tcp "$what" "$text" ;;
		esac
	done <"$BATS_TEST_DIRNAME/data/service-nmap.tsv"
	corpus tcp/NULL banner 60
	corpus tcp/GetRequest "ask:GET " 40
	compare 2 -sT
}

@test "the same services as nmap on UDP" {
	corpus "udp/*" udp 60
	compare 7 -sU
}
