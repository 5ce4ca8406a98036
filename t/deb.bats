#!/usr/bin/env bats
# make deb: a package that lintian has nothing to say of, and that works.

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return 1
	unset MAKEFLAGS MAKELEVEL
	deb=$BATS_FILE_TMPDIR/deb
	export deb
	[[ -n ${SANITIZE-} ]] || make --no-print-directory deb \
	    deb="$deb" DEB_BUILD="${BUILD:-$PWD/build}" \
	    >"$BATS_FILE_TMPDIR/log" 2>&1 || {
		cat "$BATS_FILE_TMPDIR/log"
		return 1
	}
}

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	cd "$BATS_TEST_DIRNAME/.." || return 1
	[[ -z ${SANITIZE-} ]] ||
	    skip "what is built here is instrumented: no package is made of it"
	cat "$BATS_FILE_TMPDIR/log"
	package=$(tail -1 "$BATS_FILE_TMPDIR/log")
	[[ -s $package ]]
}

@test "lintian has no tag for it" {
	run lintian --allow-root -I "$package"
	assert_success
	assert_output ''
}

@test "what is in it works, and depends on what is loaded late, too" {
	local p

	dpkg-deb -x "$package" "$BATS_TEST_TMPDIR/root"
	for p in cmd/*; do
		"$BATS_TEST_TMPDIR/root/usr/bin/${p##*/}" --version
		[[ -s $BATS_TEST_TMPDIR/root/usr/share/man/man1/${p##*/}.1.gz ]]
	done
	run env -u PRT_DATADIR "$BATS_TEST_TMPDIR/root/usr/bin/prt-targets" \
	    127.0.0.1 -p top:3 --count
	assert_success
	run dpkg-deb -f "$package" Depends
	for p in libc6 libssl3 libpcap0.8 libc-ares2 libidn2-0 libsqlite3-0; do
		assert_output --regexp "(^|, )$p( |,|\$)"
	done
	(cd "$BATS_TEST_TMPDIR/root" && dpkg-deb -e "$package" ../control &&
	    md5sum --quiet -c ../control/md5sums)
}

@test "the programs that send and capture get the capability" {
	local p

	dpkg-deb -e "$package" "$BATS_TEST_TMPDIR/control"
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho "$@"\n' >"$BATS_TEST_TMPDIR/bin/setcap"
	chmod +x "$BATS_TEST_TMPDIR/bin/setcap"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run sh \
	    "$BATS_TEST_TMPDIR/control/postinst" configure
	assert_success
	assert_line 'cap_net_raw+ep /usr/bin/prt-blast'
	assert_line 'cap_net_raw+ep /usr/bin/prt-listen'
	refute_output --partial prt-fmt
	# a file system that keeps none is no reason to fail
	printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/setcap"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run sh \
	    "$BATS_TEST_TMPDIR/control/postinst" configure
	assert_success
	assert_output --partial 'only root scans'
}
