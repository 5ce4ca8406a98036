#!/usr/bin/env bats
# The layer check: this tree keeps to it, and every rule catches its breach.

setup() {
	bats_load_library bats-support
	bats_load_library bats-assert
	layers=$BATS_TEST_DIRNAME/lint/layers
	cd "$BATS_TEST_TMPDIR" || return 1
	put lib/base/a.h '/* Bytes. Layer 0. */'
	put lib/base/msg.h '/* Messages. Layer 0. */'
	put lib/pure/b.h '/* Numbers. Layer 1. */' '#include "base/a.h"'
	put lib/meaning/c.h '/* Records. Layer 2. */'
	put lib/meaning/c.c '#include "meaning/c.h"' '#include <stdio.h>' \
	    '#include "pure/b.h"' '/* printf() is for the others */' \
	    'char *s = "exit(1)";'
	put lib/world/d.c '#include <pcap/pcap.h>' '#include <time.h>' \
	    '#include "meaning/c.h"'
	put cmd/prt-a/main.c '#include "base/msg.h"' '#include "local.h"' \
	    'int main(void) { printf("x"); exit(0); }'
	put cmd/prt-a/local.h '/* What main.c needs. */'
	put cmd/prt-b/main.c '#include "world/e.h"'
	put lib/world/e.h '/* Events. Layer 3. */'
}

# put FILE LINE...
put() {
	mkdir -p "${1%/*}"
	printf '%s\n' "${@:2}" >"$1"
}

# breach FILE:LINE WORDS: the check fails and says so, and says no more.
breach() {
	run "$layers" .
	assert_failure 1
	assert_line --index 0 --regexp "^$1: .*$2"
	assert_equal "${#lines[@]}" 1
}

@test "this tree keeps to its layers" {
	run "$layers" "$BATS_TEST_DIRNAME/.."
	assert_success
	assert_output ''
}

@test "a tree that breaks no rule passes" {
	run "$layers" .
	assert_success
	assert_output ''
}

@test "a lower layer includes a higher one" {
	put lib/pure/x.c '#include <stdint.h>' '#include "world/e.h"'
	breach lib/pure/x.c:2 'layer 1 .* includes layer 3'
}

@test "a layer that nobody agreed on" {
	put lib/util/x.c 'int x;'
	breach lib/util/x.c:1 'no layer'
}

@test "a program includes another one's header" {
	put cmd/prt-b/x.c '#include "prt-a/local.h"'
	breach cmd/prt-b/x.c:1 'only what is in lib'
}

@test "a program climbs into another one's folder" {
	put cmd/prt-b/x.c '#include "../prt-a/local.h"'
	breach cmd/prt-b/x.c:1 'no \.\.'
}

@test "a program names a header that its folder lacks" {
	put cmd/prt-b/x.c '#include "local.h"'
	breach cmd/prt-b/x.c:1 'not in cmd/prt-b'
}

@test "the library includes a program" {
	put lib/world/x.c '#include "cmd/prt-a/local.h"'
	breach lib/world/x.c:1 'only what is in lib'
}

@test "an include that names no layer" {
	put lib/base/x.c '#include "a.h"'
	breach lib/base/x.c:1 'layer/a.h'
}

@test "layer 1 includes a header that does I/O" {
	for h in stdio.h unistd.h time.h sys/socket.h fcntl.h; do
		put lib/pure/x.c "#include <$h>"
		breach lib/pure/x.c:1 'no I/O'
	done
}

@test "layer 1 reads the clock through the base layer" {
	put lib/base/clock.h '/* Clocks. Layer 0. */'
	put lib/pure/x.c '#include "base/clock.h"' 'return clock_mono_ns();'
	breach lib/pure/x.c:2 'as arguments'
}

@test "layer 1 keeps a global" {
	put lib/pure/x.c 'static int calls;'
	breach lib/pure/x.c:1 'no globals'
	put lib/pure/x.c '	static struct y cache[4] = {'
	breach lib/pure/x.c:1 'no globals'
	put lib/pure/x.c 'struct y *last;'
	breach lib/pure/x.c:1 'no globals'
	put lib/pure/x.c 'static const int primes[] = {' 'struct y;' '	int i;'
	run "$layers" .
	assert_success
}

@test "a header of another project in one of ours" {
	put lib/world/x.h '/* Rings. Layer 3. */' '#include <libmnl/libmnl.h>'
	breach lib/world/x.h:2 'never in a .h'
}

@test "a header of another project in two files" {
	put lib/world/x.c '#include <pcap.h>'
	breach lib/world/x.c:1 'fenced in lib/world/d.c'
	put lib/world/x.c 'int x;'
	put cmd/prt-a/x.c '#include <pcap.h>'
	run "$layers" .
	assert_failure 1
	assert_output --partial 'is fenced in'
}

@test "a header that does not say its layer, or says another" {
	put lib/world/x.h '/* Rings. */' '/* Layer 3. */'
	breach lib/world/x.h:1 'Layer 3'
	put lib/world/x.h '/* Rings. Layer 2. */'
	breach lib/world/x.h:1 'Layer 3'
	put lib/world/x.h '#include <stdint.h>' '/* Rings. Layer 3. */'
	run "$layers" .
	assert_failure 1
	assert_output --partial 'a header starts with'
}

@test "the library includes what is for programs" {
	put lib/world/x.c '#include "base/msg.h"'
	breach lib/world/x.c:1 'for programs'
}

@test "what programs share speaks, and nothing below includes it" {
	put lib/program/x.h '/* Runs. Layer 4. */'
	put lib/program/x.c '#include "program/x.h"' '#include "base/msg.h"' \
	    '#include "world/e.h"' '	msg_warn("x");'
	run "$layers" .
	assert_success
	put lib/world/x.c '#include "program/x.h"'
	breach lib/world/x.c:1 'layer 3 .* includes layer 4'
}

@test "the library prints or exits" {
	put lib/world/x.c '	exit(1);'
	breach lib/world/x.c:1 'prints or exits: exit'
	put lib/world/x.c '	if (x) perror("y");'
	breach lib/world/x.c:1 'prints or exits: .*perror'
	put lib/world/x.c '	_exit(1);'
	breach lib/world/x.c:1 'prints or exits: _exit'
	put lib/world/x.c '	if (fork() == 0)' '		_exit(0);'
	run "$layers" .
	assert_success
	put lib/world/x.c '	x.exit(1); my_exit(1); snprintf(a, b, c);'
	run "$layers" .
	assert_success
}

@test "a .c that does not include its own header first" {
	put lib/world/e.c '#include <stdint.h>' '#include "world/e.h"'
	breach lib/world/e.c:1 'comes first'
	put lib/world/e_priv.h '/* Parts of events. Layer 3. */'
	put lib/world/e.c '#include "world/e_priv.h"'
	run "$layers" .
	assert_success
}
