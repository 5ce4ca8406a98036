#!/usr/bin/env bash
# profile.sh perf|massif|strace [PROGRAM...] - where the time, the memory and the
# system calls of a scan go, program by program (all three of them without a name).
# SCAN= is what is scanned, WITH= the options of prt-blast: by default 65,535 ports
# of a host on a wire, -T5. What the tools write is in build/bench/.

set -euo pipefail
# shellcheck source=t/lib/net.bash
source "$(dirname "$0")/../t/lib/net.bash"
how=${1-}
case $how in
perf | massif | strace) shift ;;
*)	sed -n '2,5s/^# //p' "$0" >&2
	exit 2 ;;
esac
net_fresh
[[ $# -gt 0 ]] || set -- prt-targets prt-blast prt-listen

net_pair scan host
: "${SCAN:=$NET4.0.2 -p -}" "${WITH:=-T5}"
out=$NET_BUILD/bench
mkdir -p "$out"
# valgrind writes at the end, when the programs have dropped their ids.
anybody=$(mktemp -d /run/profile.XXXXXX)
chmod 777 "$anybody"

# wrap PROGRAM: sets `cmd`, what it is run by.
wrap()
{
	cmd=()
	[[ " ${profiled[*]} " == *" $1 "* ]] || return 0
	case $how in
	perf)	cmd=(perf record -q -F 4999 -g -o "$out/$1.perf" --) ;;
	massif)	cmd=(valgrind -q --vgdb=no --tool=massif --stacks=yes
		    --massif-out-file="$anybody/$1.massif"
		    --log-file="$anybody/$1.log") ;;
	strace)	cmd=(strace -f -c -w -o "$out/$1.strace") ;;
	esac
}

show()
{
	printf '\n== %s, %s: %s\n' "$1" "$how" "$2"
	case $how in
	perf)	perf report -i "$2" --stdio --no-children -g none \
		    --percent-limit 0.5 2>/dev/null | grep -v '^#' |
		    grep . | head -40 ;;
	massif)	ms_print "$2" | sed -n '/^ *[KM]B$/,/^Number/p' ;;
	strace)	cat "$2" ;;
	esac
}

profiled=("$@")
line=
for p in prt-targets prt-blast prt-listen; do
	wrap $p
	case $p in
	prt-targets) args=$SCAN ;;
	prt-blast) args=$WITH ;;
	prt-listen) args=--open ;;
	esac
	line+="${line:+| }${cmd[*]} $p $args "
done
echo "$line" >&2
on scan timeout 600 bash -o pipefail -c "$line" >"$out/profile.out"
tail -1 "$out/profile.out"
find "$anybody" -name '*.massif' -exec cp {} "$out/" \;
for p; do
	show "$p" "$out/$p.$how"
done
