#!/usr/bin/env bats
# prt-fmt -o html: one file that loads nothing and runs nothing but its script.

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	data=$BATS_TEST_DIRNAME/data/fmt
	export PRT_DATADIR=$BATS_TEST_DIRNAME/../share
	TAB=$'\t'
	cd "$BATS_TEST_TMPDIR" || return 1
	{
		cat "$data/rich.prt"
		printf '%s\n' "192.0.2.20${TAB}443${TAB}tcp${TAB}open${TAB}syn-ack${TAB}time=1764000000${TAB}subject_cn=<script>document.title='owned'</script>${TAB}not_after=1765000000" \
		    "192.0.2.9${TAB}443${TAB}tcp${TAB}open${TAB}<img src=x onerror=\"document.title='owned'\">${TAB}time=1764000000${TAB}not_after=1760000000"
	} >in
	prt-fmt -o html in >out.html
}

# dom FILE: the document after its script has run
dom() {
	local b

	b=$(command -v chromium || command -v chromium-browser ||
	    command -v google-chrome) || skip 'no chromium'
	timeout 120 "$b" --headless --no-sandbox --disable-gpu \
	    --user-data-dir="$PWD/browser" --dump-dom "file://$PWD/$1" \
	    2>err >dom.html
	grep -q '</html>' dom.html || skip 'chromium does not run here'
}

@test "golden" {
	prt-fmt -o html "$data/rich.prt" >out
	diff -u "$data/rich.html" out
}

@test "nothing is loaded from elsewhere, and what a host says is text" {
	run grep -Eic '(src|href|action)=|url\(|@import|https?:' out.html
	assert_output 0
	run grep -c '<script>' out.html
	assert_output 1
	run grep -c '<img' out.html
	assert_output 0
	grep -q '&#60;script&#62;' out.html
}

@test "its policy allows its own script alone" {
	script=$(python3 - <<-'E'
	import base64, hashlib, re
	html = open("out.html", encoding="utf-8", newline="").read()
	script = re.search(r"<script>(.*?)</script>", html, re.S).group(1)
	print(base64.b64encode(hashlib.sha256(script.encode()).digest()).decode())
	E
	)
	grep -q "default-src 'none'" out.html
	grep -qF "script-src 'sha256-$script'" out.html
}

@test "it is well-formed: every element is closed" {
	python3 - <<-'E'
	from html.parser import HTMLParser
	class P(HTMLParser):
	    void, open = {"meta", "input", "br"}, []
	    def handle_starttag(self, tag, attrs):
	        if tag not in self.void: self.open.append(tag)
	    def handle_endtag(self, tag):
	        assert self.open.pop() == tag, tag
	p = P()
	p.feed(open("out.html", encoding="utf-8").read())
	assert p.open == [], p.open
	E
}

@test "what it counts: hosts, open ports, certificates, and the end of the scan" {
	grep -q '<b>4</b>hosts up' out.html
	grep -q '<b>1</b>hosts down' out.html
	grep -q '<b>5</b>open ports' out.html
	grep -q '<b>2</b>certificates' out.html
	grep -q '>11 days left<' out.html
	grep -q '>46 days ago<' out.html
	run grep -c Incomplete out.html
	assert_output 0
	grep -v '#prt.stat' in | prt-fmt -o html | grep -q 'Incomplete: a scan'
}

@test "in a browser: the script runs, and no other" {
	dom out.html
	run cat dom.html
	assert_output --partial '<title>Scan report</title>'
	assert_output --partial '<span id="count">8 of 8</span>'
}

@test "in a browser: filter and sort" {
	# without the policy, so that the test may press its keys
	sed -e 's/<meta http-equiv[^>]*>//' out.html >page.html
	cat >>page.html <<-'E'
	<script>
	var f = document.getElementById("filter");
	f.value = "OPEN 443";
	f.dispatchEvent(new Event("input"));
	var b = document.querySelectorAll("#certs th button")[5];
	b.click();
	document.title = document.querySelector("#certs tbody td").textContent;
	b.click();
	document.title += " " + document.querySelector("#certs tbody td").textContent;
	b = document.querySelectorAll("#ports th button")[1];
	b.click(); b.click();
	document.title += " " + document.querySelector("#ports tbody").rows[0].cells[1].textContent;
	</script>
	E
	dom page.html
	run cat dom.html
	assert_output --partial '<span id="count">3 of 8</span>'
	assert_output --partial '<title>192.0.2.9 192.0.2.20 8080</title>'
}
