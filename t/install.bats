#!/usr/bin/env bats
# make install, uninstall and dist.

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	cd "$BATS_TEST_DIRNAME/.." || return 1
	build=${BUILD:-$PWD/build}
	dest=$BATS_TEST_TMPDIR/dest
	# Only install is on trial: what is built here is built already.
	unset MAKEFLAGS MAKELEVEL
	programs=$(ls cmd)
	PATH=$PATH:/usr/sbin:/sbin	# getcap
}

# As the build that is there was made.
make_in() {
	make --no-print-directory -o all BUILD="$build" \
	    ${SANITIZE:+SANITIZE="$SANITIZE"} "$@"
}

@test "install puts programs, manuals, data and completions under DESTDIR" {
	run make_in install DESTDIR="$dest" PREFIX=/usr
	assert_success
	for p in $programs; do
		[ -x "$dest/usr/bin/$p" ] || fail "no $p"
		[ -s "$dest/usr/share/man/man1/$p.1" ] || fail "no page of $p"
		[ -s "$dest/usr/share/bash-completion/completions/$p" ] ||
		    fail "no bash completion for $p"
		grep -q "^#compdef $p\$" \
		    "$dest/usr/share/zsh/site-functions/_$p" ||
		    fail "no zsh completion for $p"
		grep -q -- "-c $p -l help" \
		    "$dest/usr/share/fish/vendor_completions.d/$p.fish" ||
		    fail "no fish completion for $p"
	done
	[ -s "$dest/usr/share/man/man5/prt-record.5" ]
	diff -r share "$dest/usr/share/prt"
}

@test "install gives CAP_NET_RAW to those that send or capture packets, or says how" {
	run make_in install DESTDIR="$dest" PREFIX=/usr
	assert_success
	for p in $programs; do
		caps=$(getcap "$dest/usr/bin/$p")
		case $p in
		prt-blast|prt-listen|prt-os)
			[[ $caps == *" cap_net_raw=ep" ]] ||
			    assert_output --partial \
			    "sudo setcap cap_net_raw+ep /usr/bin/$p" ;;
		*)	assert_equal "$caps" '' ;;
		esac
	done
}

@test "install as an ordinary user says how to give the capability" {
	# what the recipe goes by
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho 1000\n' >"$BATS_TEST_TMPDIR/bin/id"
	chmod +x "$BATS_TEST_TMPDIR/bin/id"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run make_in install DESTDIR="$dest" \
	    PREFIX=/opt
	assert_success
	assert_output --partial 'sudo setcap cap_net_raw+ep /opt/bin/prt-blast'
	assert_output --partial 'sudo setcap cap_net_raw+ep /opt/bin/prt-listen'
	assert_equal "$(getcap "$dest"/opt/bin/*)" ''
}

@test "an installed program finds its data wherever PREFIX is moved to" {
	make_in install DESTDIR="$dest" PREFIX=/opt/prt >/dev/null
	run env -u PRT_DATADIR "$dest/opt/prt/bin/prt-targets" 127.0.0.1 \
	    -p top:3 --count
	assert_success
}

@test "uninstall leaves nothing behind" {
	make_in install DESTDIR="$dest" PREFIX=/usr >/dev/null
	make_in uninstall DESTDIR="$dest" PREFIX=/usr >/dev/null
	run find "$dest" ! -type d
	assert_output ''
}

@test "dist packs what is committed" {
	git rev-parse HEAD >/dev/null 2>&1 ||
	    skip "this tree is no git repository: dist packs a commit"
	run make --no-print-directory dist BUILD="$BATS_TEST_TMPDIR/d"
	assert_success
	run tar -tzf "$BATS_TEST_TMPDIR"/d/prt-*.tar.gz
	assert_success
	assert_line --regexp '^prt-[0-9.]+/Makefile$'
	assert_line --regexp '^prt-[0-9.]+/lib/base/opt.c$'
}

@test "help names every target that users call" {
	run make --no-print-directory help
	assert_success
	for t in all check install uninstall clean dist lint fmt fuzz bench \
	    cover asan deps run help; do
		assert_line --regexp "^  make $t +[a-z]"
	done
}

@test "the user's CFLAGS and LDFLAGS have the last word" {
	run env -u SANITIZE make -n BUILD="$BATS_TEST_TMPDIR/b" V=1 \
	    CFLAGS='-O0 -fno-stack-protector' LDFLAGS=-Wl,-z,lazy
	assert_success
	assert_output --regexp \
	    '-fstack-protector-strong .* -O0 -fno-stack-protector -MMD'
	assert_output --regexp '-Wl,-z,now -Wl,-z,lazy'
	refute_output --partial _FORTIFY_SOURCE
}
