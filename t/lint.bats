#!/usr/bin/env bats
# Manual pages, option tables and documents agree with the programs, and the
# checks that say so catch what they are for.

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	tree=$BATS_TEST_DIRNAME/..
	lint=$BATS_TEST_DIRNAME/lint
	: "${BUILD:=$tree/build}"
	cd "$BATS_TEST_TMPDIR" || return 1
}

# A tree with one program, whose --help lists -j/--json and --rate.
fixture() {
	mkdir -p bin cmd/prt-x man t
	touch t/prt-x.bats
	cat >bin/prt-x <<-'END'
		#!/bin/sh
		cat <<'HELP'
		usage: prt-x [OPTION]...

		Output:
		  -j, --json                write NDJSON
		      --rate N              probes a second, as in -9
		Standard options:
		  -h, --help                print this help
		HELP
	END
	chmod +x bin/prt-x
	page '.It Fl j , Fl -json' '.It Fl -rate Ar n'
}

page() {
	{
		printf '%s\n' '.Dd November 23, 2026' '.Dt PRT-X 1' '.Os' \
		    '.Sh NAME' '.Nm prt-x' '.Nd a fixture' '.Sh SYNOPSIS' \
		    '.Nm' '.Sh DESCRIPTION' 'It is what' '.Fl z' 'is not.' \
		    '.Bl -tag -width Ds'
		for item; do
			printf '%s\n' "$item" 'Text.'
		done
		printf '%s\n' '.El'
	} >man/prt-x.1
}

man_fault() {
	run "$lint/man" . "$PWD/bin"
	assert_failure 1
	assert_output --partial "$1"
}

@test "every program has its page and its tests, and they agree" {
	run "$lint/man" "$tree" "$BUILD/bin"
	assert_success
	assert_output ''
}

@test "the man check passes what is right" {
	fixture
	run "$lint/man" . "$PWD/bin"
	assert_success
	assert_output ''
}

@test "the man check: an option that the page lacks" {
	fixture
	page '.It Fl j , Fl -json'
	man_fault 'man/prt-x.1: lacks --rate'
}

@test "the man check: an option that the program lacks" {
	fixture
	page '.It Fl j , Fl -json' '.It Fl -rate Ar n' '.It Fl q'
	man_fault 'man/prt-x.1: has -q'
}

@test "the man check: a short option with another long one's page" {
	fixture
	page '.It Fl J , Fl -json' '.It Fl -rate Ar n'
	man_fault 'man/prt-x.1: lacks -j'
}

@test "the man check: no page, no tests, a page that is malformed" {
	fixture
	rm man/prt-x.1
	man_fault 'prt-x: no page'
	fixture
	rm t/prt-x.bats
	man_fault 'prt-x: no test'
	fixture
	echo '.Bl -tag' >>man/prt-x.1
	man_fault 'man/prt-x.1:'
}

style_fault() {
	mkdir -p lib/base
	printf '%b' "$1" >lib/base/x.c
	run "$lint/style" .
	assert_failure 1
	assert_line --index 0 --partial "$2"
}

@test "the style check passes what is right" {
	mkdir -p lib/base
	printf '%s\n' 'static int' 'f(int x)' '{' '	if (x)' \
	    '		return 1;	/* yes */' \
	    '	y = (struct y){ 1 };' '}' 'static const int a[] = {' '	1,' \
	    '};' 'const struct big table =' '{' '	1,' '};' >lib/base/x.c
	run "$lint/style" .
	assert_success
	assert_output ''
}

@test "the style check catches what it is for" {
	style_fault 'int x; \n' 'lib/base/x.c:1: blank at the end'
	style_fault '\n        int x;\n' 'lib/base/x.c:2: indentation'
	style_fault '   \tint x;\n' 'blank before a tab'
	style_fault 'int f(void)\n{\n}\n' 'return type'
	style_fault 'int\nf(void) {\n}\n' 'brace of a function'
	style_fault '\tif(x)\n' 'keyword'
	style_fault '\tif (x){\n' 'before the brace'
	style_fault '\tx = 1; // one\n' 'comments'
	style_fault 'typedef int foo_t;\n' '_t types'
	style_fault '/* TO''DO: all of it */\n' 'unfinished'
	style_fault 'int x;\r\n' 'carriage return'
	style_fault "int $(printf 'x%.0s' {1..100});\n" 'wider'
}
@test "what CONTRIBUTING.md and README.md name exists" {
	cd "$tree" || return 1
	while IFS= read -r f; do
		case $f in
		*NAME*)	continue ;;
		esac
		[ -e "$f" ] || fail "$f does not exist"
	done < <(grep -ohE \
	    '(^|[ `(])(cmd|lib|t|share|man|bench|\.ci)/[A-Za-z0-9_./-]+' \
	    CONTRIBUTING.md README.md DECISIONS.md |
	    sed 's/^[ `(]//; s/[.]$//' | sort -u)
}

@test "README.md lists every program" {
	cd "$tree" || return 1
	for p in cmd/*/; do
		p=$(basename "$p")
		grep -q "^| \`$p\` |" README.md || fail "no row for $p"
	done
}
