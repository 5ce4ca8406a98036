#!/usr/bin/env bats
# prt-record(5) against the field table, and its examples against a shell.

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	page=$BATS_TEST_DIRNAME/../man/prt-record.5
	root=$BATS_TEST_DIRNAME/..
	export PRT_DATADIR=$root/share
	cd "$BATS_TEST_TMPDIR" || return 1
}

# The items of a list of the page as --fields prints them: name, type, meaning.
items() {
	awk -v section="$1" '
	function flush() {
		if (name != "")
			print name "\t" type "\t" text
		name = type = text = ""
	}
	/^\.S[sh] / { flush(); on = $0 == ".Ss " section }
	!on { next }
	/^\.El/ { flush(); exit }
	/^\.It Cm / { flush(); name = $3; next }
	/^\.Pq / && name != "" && text == "" { type = $2; next }
	name != "" { text = text (text == "" ? "" : " ") $0 }
	' "$page"
}

@test "the page has the fields of the table, each with its type and meaning" {
	prt-fmt --fields >table
	items Columns | cut -f 1,3 >page
	assert_equal "$(wc -l <page)" 5
	head -n 5 table | cut -f 1,3 | diff -u - page
	items Fields >page
	tail -n +6 table | diff -u - page
}

@test "every field that a program or the library sets is in the table" {
	prt-fmt --fields | cut -f 1 | LC_ALL=C sort >table
	{
		grep -rhoE 'rec_set(_copy|_bytes|_u64|_ns)?\(&?[a-z>.-]+, "[^"]*"' \
		    "$root/cmd" "$root/lib"
		grep -rhoE 'put_(bytes|list|str|int|bool)\(r, "[^"]*"' \
		    "$root/cmd/prt-tls"
	} | sed 's/.*"\(.*\)"/\1/' |
	    LC_ALL=C sort -u >used
	[ -s used ]
	run comm -23 used table
	assert_output ''
}

@test "no program claims a field that it does not set" {
	for dir in "$root"/cmd/prt-*/; do
		p=$(basename "$dir")
		[ "$p" != prt-fmt ] || continue
		"$p" --fields | tail -n +6 | cut -f 1 >claimed
		[ -s claimed ]
		in=("$dir" "$root/lib/meaning/scanrec.c")
		! grep -rqF '"program/' "$dir" || in+=("$root/lib/program")
		while read -r field; do
			grep -rqF "\"$field\"" "${in[@]}" || echo "$p: $field"
		done <claimed
	done >wrong
	run cat wrong
	assert_output ''
}

@test "the examples of lines are records, in both spellings" {
	awk '/^\.Bd -literal/ { on = 1; next } /^\.Ed/ { on = 0 }
	    on && /^(192|#prt)/ { gsub(/  +/, "\t"); print }' "$page" >all
	assert_equal "$(wc -l <all)" 12
	prt-fmt --strict -o tsv all | diff -u all -
	head -n 4 all >tsv
	awk '/^\.Ss NDJSON/ { in_json = 1 } /^\.Bd -literal/ { on = 1; next }
	    /^\.Ed/ { on = 0; if (in_json) exit }
	    on && in_json { printf "%s%s", $0, /}$/ ? "\n" : "" }' \
	    "$page" >json
	assert_equal "$(wc -l <json)" 3
	tail -n 3 tsv | prt-fmt --strict -j >out
	# the example shortens the columns no further
	sed 's/, *"/,"/g' json | diff -u - out
}

@test "the examples of commands do what they say" {
	cat >scan.prt <<-'END'
	192.0.2.7	443	tcp	open	syn-ack	ttl=57	host=b.example
	192.0.2.7	80	tcp	closed	reset
	192.0.2.8	22	tcp	open	syn-ack	host=a.example	ttl=1
	#prt	stat	id=1	complete=1
	END
	example() {
		awk -v from="$1" '/^\.Bd -literal -offset/ { on = 1; next }
		    /^\.Ed/ { if (on && index(text, from) == 1) printf "%s", text
			on = 0; text = "" }
		    on { gsub(/\\e/, "\\"); text = text $0 "\n" }' "$page"
	}
	run bash -c "$(example awk)"
	assert_output $'192.0.2.7:443\n192.0.2.8:22'
	run bash -c "$(example 'grep -oP')"
	assert_output $'a.example\nb.example'
	grep -v 443 scan.prt >yesterday.prt
	cp scan.prt today.prt
	run bash -c "$(example 'open()')"
	assert_output '192.0.2.7 443 tcp'
	run bash -c "$(example 'grep -q')"
	assert_output ''
	sed -i '$d' scan.prt
	run bash -c "$(example 'grep -q')"
	assert_output 'scan broke off'
}
