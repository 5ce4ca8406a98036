# shellcheck shell=bash
# The ground of every test that sends a packet: a fresh network namespace with
# no way out, and small networks inside it. For bats files and for scripts.
#
#	source t/lib/net.bash
#	net_fresh		# first thing in a file: moves into the namespace
#	net_pair scan host	# builds a network
#	on scan prt-blast ...	# runs a command in one of its hosts
#
# Everything lives in a network and a mount namespace of its own, so it is gone
# when the last process is, however that ended; processes that are left behind
# (spawn) die with the shell that started them. Needs no privilege.

NET_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${BUILD:=build}"
case $BUILD in
/*)	NET_BUILD=$BUILD ;;
*)	NET_BUILD=$NET_DIR/$BUILD ;;
esac
export NET_DIR NET_BUILD
# Only what was built here, ahead of what may be installed.
case :$PATH: in
*:"$NET_BUILD/t/lib":*) ;;
*)	PATH=$NET_BUILD/bin:$NET_BUILD/t/lib:$PATH:/usr/sbin:/sbin
	export PATH ;;
esac

# The prefixes: RFC 2544 and RFC 3849, which no one owns.
NET4=198.18
NET6=2001:db8

net_die()
{
	echo "net.bash: $*" >&2
	exit 1
}

# Moves the running script into fresh namespaces; in a bats file, the process
# that runs the file's tests. What it was before is kept in NET_AMBIENT, and
# net_guard holds every later step against it.
net_fresh()
{
	local -a argv flags=(--net --mount --propagation private)

	if [[ -n ${NET_AMBIENT-} ]]; then
		net_guard
		net_private
		return
	fi
	NET_AMBIENT=$(readlink /proc/self/ns/net)
	NET_UID=$(id -u)
	export NET_AMBIENT NET_UID
	[[ $NET_UID -eq 0 ]] || flags+=(--user --map-root-user)
	# The same process again. For a bats file that is the one that runs its
	# tests, which has just made a directory and wants to make it again.
	mapfile -d '' -t argv <"/proc/$$/cmdline"
	[[ -n ${BATS_TEST_FILENAME-} ]] || exec unshare "${flags[@]}" -- "${argv[@]}"
	[[ -z ${BATS_FILE_TMPDIR-} ]] || rm -rf "$BATS_FILE_TMPDIR" \
	    "$BATS_FILE_TMPDIR"-*.source_file
	exec unshare "${flags[@]}" -- "${argv[@]}" >&3 2>&3
}

# Fails at once in the machine's own network, or in any with a way out of it.
net_guard()
{
	local bad

	[[ -n ${NET_AMBIENT-} ]] ||
	    net_die "not in a namespace of its own: call net_fresh first"
	[[ $(readlink /proc/self/ns/net) != "$NET_AMBIENT" ]] ||
	    net_die "this is the machine's own network: nothing may be sent"
	bad=$(ip -d -j link show | jq -r '.[] | select(.link_type != "loopback"
	    and (.linkinfo.info_kind // "physical" | IN("veth", "tun", "bridge",
	    "sit", "ipip", "gre", "ip6tnl", "ip6gre", "gretap", "vti", "ip6_vti",
	    "erspan", "ip6gretap", "ip_vti", "tunl", "ifb") | not)) | .ifname')
	[[ -z $bad ]] || net_die "a device that may lead out: $bad"
}

# What programs keep by name gets a place of this test's own.
net_private()
{
	[[ -z ${NET_PRIVATE-} ]] || return 0
	mount -t tmpfs none /run || net_die "cannot mount a private /run"
	mount -t tmpfs -o mode=1777 none /dev/shm ||
	    net_die "cannot mount a private /dev/shm"
	[[ -z $(ip route show default)$(ip -6 route show default) ]] ||
	    net_die "a fresh namespace has a default route"
	ip link set lo up
	net_quick
	export NET_PRIVATE=1
}

# A host answers at once and as often as it is asked.
net_quick()
{
	sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 \
	    net.ipv4.icmp_msgs_per_sec=10000000 \
	    net.ipv4.icmp_msgs_burst=10000000 \
	    net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
	    net.ipv6.conf.default.router_solicitations=0 \
	    net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0 \
	    net.ipv4.ip_local_port_range="32768 60999" \
	    net.ipv4.neigh.default.gc_thresh3=100000 \
	    net.ipv6.neigh.default.gc_thresh3=100000 2>/dev/null ||
	sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 \
	    net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
}

# host NAME...: namespaces that are hosts.
host()
{
	local h

	for h; do
		ip netns add "$h"
		on "$h" ip link set lo up
		on "$h" net_quick
	done
}

# on HOST COMMAND...: runs a command, or a function of this file, in a host; "-"
# is the namespace that the script itself is in.
on()
{
	local h=$1

	shift
	if [[ $h == - ]]; then
		"$@"
		return
	fi
	if [[ $(type -t "$1") == function ]]; then
		# shellcheck disable=SC2016
		ip netns exec "$h" bash -c 'source "$NET_DIR/t/lib/net.bash"
		    "$@"' on "$@"
	else
		ip netns exec "$h" "$@"
	fi
}

# into HOST COMMAND...: becomes the command, so that a background has its id. A
# shell makes its background deaf to SIGINT: that is undone.
into()
{
	local h=$1

	shift
	[[ $h == - ]] || set -- ip netns exec "$h" "$@"
	exec env --default-signal=INT,QUIT "$@"
}

# link A DEVA B DEVB: a wire between two hosts.
link()
{
	ip link add name "$2" netns "$1" type veth peer name "$4" netns "$3"
	on "$1" ip link set "$2" up
	on "$3" ip link set "$4" up
}

# addr HOST DEV ADDRESS/LEN...
addr()
{
	local h=$1 dev=$2 a

	shift 2
	for a; do
		case $a in
		*:*)	on "$h" ip addr add "$a" dev "$dev" nodad ;;
		*)	on "$h" ip addr add "$a" dev "$dev" ;;
		esac
	done
}

# await SECONDS COMMAND...: until the command succeeds.
await()
{
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))

	shift
	until "$@" >/dev/null 2>&1; do
		((${EPOCHREALTIME/[.,]/} < end)) || {
			echo "waited in vain for: $*" >&2
			return 1
		}
		read -rt 0.01 <> <(:) || :
	done
}

# spawn VAR HOST COMMAND...: a process in the background that dies with this
# shell; its id is kept in VAR, and reap ends it.
spawn()
{
	local -n spawn_pid=$1
	local h=$2

	shift 2
	into "$h" setpriv --pdeathsig KILL -- "$@" 3>&- &
	# shellcheck disable=SC2034
	spawn_pid=$!
}

# reap PID...
reap()
{
	local p

	for p; do
		[[ -n $p ]] || continue
		kill -KILL "$p" 2>/dev/null || :
		wait "$p" 2>/dev/null || :
	done
}

# listen HOST SPEC...: real listeners (t/lib/listeners.c); returns when all
# ports are open. They live as long as this shell.
listen()
{
	net_server listeners "$@"
}

# serve HOST SPEC...: servers of every kind (t/lib/services.c), the same way.
serve()
{
	net_server services "$@"
}

# net_server PROGRAM HOST ARGUMENT...
net_server()
{
	local prog=$1 h=$2 fifo line pid

	shift 2
	fifo=$(mktemp -u "${BATS_TEST_TMPDIR:-${BATS_FILE_TMPDIR:-/run}}/l.XXXXXX")
	mkfifo "$fifo"
	into "$h" setpriv --pdeathsig KILL -- \
	    "$NET_BUILD/t/lib/$prog" "$@" >"$fifo" 3>&- &
	pid=$!
	line=
	read -r line <"$fifo" || :
	rm -f "$fifo"
	[[ $line == ready ]] || net_die "$prog ($pid) did not start: $*"
}

# ---- networks ----

# Two hosts on a wire: A 198.18.0.1, 2001:db8::1; B 198.18.0.2, 2001:db8::2.
net_pair()
{
	host "$1" "$2"
	link "$1" eth0 "$2" eth0
	addr "$1" eth0 $NET4.0.1/24 $NET6::1/64
	addr "$2" eth0 $NET4.0.2/24 $NET6::2/64
	net_met "$1" $NET4.0.2 $NET6::2
}

# A - gateway - B: A 198.18.0.1, B 198.18.1.2, gateway .254 on both sides;
# 2001:db8::1, 2001:db8:1::2, ::fe.
net_routed()
{
	host "$1" "$2" "$3"
	link "$1" eth0 "$2" eth0
	link "$2" eth1 "$3" eth0
	addr "$1" eth0 $NET4.0.1/24 $NET6::1/64
	addr "$2" eth0 $NET4.0.254/24 $NET6::fe/64
	addr "$2" eth1 $NET4.1.254/24 $NET6:1::fe/64
	addr "$3" eth0 $NET4.1.2/24 $NET6:1::2/64
	on "$2" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	on "$1" ip route add default via $NET4.0.254
	on "$1" ip route add default via $NET6::fe
	on "$3" ip route add default via $NET4.1.254
	on "$3" ip route add default via $NET6:1::fe
	net_met "$1" $NET4.1.2 $NET6:1::2
}

# net_lan A N: A (198.18.0.1) and the hosts h2..hN (198.18.0.2.., 2001:db8::2..)
# on one switch.
net_lan()
{
	local i

	host "$1" switch
	on switch ip link add br0 type bridge
	on switch ip link set br0 up
	link "$1" eth0 switch p1
	on switch ip link set p1 master br0
	addr "$1" eth0 $NET4.0.1/24 $NET6::1/64
	for ((i = 2; i <= $2; i++)); do
		host "h$i"
		link "h$i" eth0 switch "p$i"
		on switch ip link set "p$i" master br0
		addr "h$i" eth0 "$NET4.0.$i/24" "$NET6::$(printf %x "$i")/64"
	done
	for ((i = 2; i <= $2; i++)); do
		net_met "$1" "$NET4.0.$i" "$NET6::$(printf %x "$i")"
	done
	on "$1" ip neigh flush all
}

# Two hosts with no Ethernet between them: tun0 on both ends.
net_tun()
{
	local pid

	host "$1" "$2"
	spawn pid "$1" "$NET_BUILD/t/lib/tunwire" tun0 "/run/netns/$2" tun0
	await 5 on "$2" ip link show tun0
	on "$1" ip link set tun0 up
	on "$2" ip link set tun0 up
	addr "$1" tun0 $NET4.0.1/24 $NET6::1/64
	addr "$2" tun0 $NET4.0.2/24 $NET6::2/64
	net_met "$1" $NET4.0.2 $NET6::2
}

# net_met HOST ADDRESS...: until each has answered a ping.
net_met()
{
	local h=$1 a

	shift
	for a; do
		await 10 on "$h" ping -nqc1 -W1 "$a"
	done
}

# rules HOST: loads nft rules for its input from stdin, one a line without
# "add rule"; rules that were there are gone.
rules()
{
	rules_in "$1" input
}

# rules_in HOST HOOK
rules_in()
{
	on "$1" nft -f - <<-END
	table inet t_$2
	delete table inet t_$2
	table inet t_$2 {
		chain c {
			type filter hook $2 priority 0;
			$(cat)
		}
	}
	END
}

# lossy HOST PERCENT: every packet to and from the host is lost by chance.
lossy()
{
	echo "meta l4proto { tcp, udp } numgen random mod 100 < $2 drop" |
	    rules_in "$1" input
	echo "meta l4proto { tcp, udp } numgen random mod 100 < $2 drop" |
	    rules_in "$1" output
}

# ---- the simulated internet: t/simnet/README.md ----

# net_internet A [SIMNET-OPTION...]: A (198.18.0.1, 2001:db8::1) and, behind the
# gateway 198.18.0.254, 2001:db8::fe, an internet: 198.19.0.0/16 and
# 2001:db8:5::/48. Called again, it puts another one in its place. What it says
# at its end is in $net_stat after net_offline.
net_internet()
{
	local fifo line

	net_offline
	if ! ip netns list | grep -qw "$1-isp"; then
		host "$1" "$1-isp"
		on "$1-isp" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
		link "$1" eth0 "$1-isp" eth0
		addr "$1" eth0 $NET4.0.1/24 $NET6::1/64
		on "$1" ip route add 198.19.0.0/16 via $NET4.0.254
		on "$1" ip route add $NET6:5::/48 via $NET6::fe
		# simnet hears it first; the kernel there need not look
		on "$1-isp" nft -f - <<-'END'
		table netdev isp {
			chain in {
				type filter hook ingress device eth0 priority 0
				policy drop
			}
		}
		END
	fi
	net_options=("${@:2}")
	net_log=$(mktemp -u "${BATS_TEST_TMPDIR:-/run}/simnet.XXXXXX")
	fifo=$net_log.ready
	mkfifo "$fifo"
	into "$1-isp" setpriv --pdeathsig KILL -- "$NET_BUILD/t/simnet" \
	    -i eth0 --gateway $NET4.0.254,$NET6::fe "${net_options[@]}" \
	    198.19.0.0/16 $NET6:5::/48 >"$fifo" 2>"$net_log" 3>&- &
	net_simnet=$!
	line=
	read -r line <"$fifo" || :
	rm -f "$fifo"
	[[ $line == ready ]] ||
	    net_die "simnet did not start: $(cat "$net_log")"
	net_met "$1" $NET4.0.254 $NET6::fe
}

# Ends the internet; what it counted is in $net_stat then.
net_offline()
{
	net_stat=
	[[ -n ${net_simnet-} ]] || return 0
	kill -TERM "$net_simnet"
	wait "$net_simnet" || :
	net_simnet=
	net_stat=$(cat "$net_log")
}

# net_count NAME: a number of $net_stat.
net_count()
{
	sed -n "s/.*\t$1=\([0-9]*\).*/\1/p" <<<"$net_stat"
}

# net_truth SIMNET-OPTION... PREFIX...: what is true in that internet.
net_truth()
{
	"$NET_BUILD/t/simnet" "${net_options[@]}" --truth "$@"
}
