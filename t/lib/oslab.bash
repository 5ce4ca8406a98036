# shellcheck shell=bash
# Hosts with different IP stacks, for prt-os(1) to tell apart: what this machine can
# run, each in the network that a test or a script is in (net.bash).
#
#	source t/lib/net.bash; source t/lib/oslab.bash
#	net_fresh
#	oslab_up linux:tcp_timestamps=0
#	oslab_ask --fingerprint		# its host records
#
# linux	this machine's kernel; behind a colon, settings of net.ipv4, or the MTU
#	(mtu=1400), with commas
# lwip	lwIP, as Debian builds it
# slirp	libslirp, the gateway of virtual machines
# passt	passt, another one; it wants to be run by root
#
# Port 22 of a host is open, over both families; $oslab4 and $oslab6 are its
# addresses, and "scan" is the host beside it.

# What the database has been measured with; the others are not told apart, and have
# to be the same system.
oslab_hosts=(linux linux:tcp_timestamps=2 linux:tcp_timestamps=0
    linux:tcp_sack=0 linux:tcp_window_scaling=0
    "linux:tcp_timestamps=0,tcp_sack=0" lwip slirp passt)
# shellcheck disable=SC2034 # of bench/oslab.sh
oslab_others=(linux:tcp_ecn=0 linux:tcp_ecn=1 linux:ip_default_ttl=128
    linux:ip_no_pmtu_disc=1 "linux:tcp_rmem=4096 16384 65536"
    linux:tcp_syncookies=2 linux:tcp_congestion_control=reno linux:mtu=1400
    linux:mtu=9000)

# Why a host cannot be had here, or nothing.
oslab_lacks()
{
	case $1 in
	linux | linux:*) ;;
	lwip)	[[ -x $NET_BUILD/t/oslab/lwip ]] ||
		    echo "liblwip-dev is not installed" ;;
	slirp)	[[ -x $NET_BUILD/t/oslab/slirp ]] ||
		    echo "libslirp-dev is not installed" ;;
	passt)	command -v passt >/dev/null || echo "passt is not installed"
		[[ ${NET_UID:-$(id -u)} -eq 0 ]] ||
		    echo "passt wants to be run by root" ;;
	*)	echo "no such host: ${oslab_hosts[*]}" ;;
	esac
	case $1 in
	lwip | slirp | passt) [[ -c /dev/net/tun ]] || echo "there is no /dev/net/tun" ;;
	esac
}

oslab_tap()
{
	host scan
	on scan ip tuntap add tap0 mode tap
	on scan ip addr add "$NET4.9.1/24" dev tap0
	on scan ip -6 addr add "$NET6:9::1/64" dev tap0 nodad
	on scan ip link set tap0 up
	oslab4=$NET4.9.2 oslab6=$NET6:9::2
}

# It looks for an interface with a route: one that leads nowhere. What is sent to
# the gateway reaches this machine's loopback; but an echo request it would send on
# to the address that it is at, which is behind itself.
oslab_passt()
{
	local sock=/run/oslab-passt

	oslab_tap
	link scan out4 scan out6
	addr scan out4 "$NET4.8.1/24" "$NET6:8::1/64"
	on scan ip link set out6 up
	on scan ip route add default via "$NET4.8.2" dev out4
	on scan ip -6 route add default via "$NET6:8::2" dev out4
	on scan nft -f - <<-'E'
	table inet oslab {
		chain out {
			type filter hook output priority 0
			oif tap0 icmp type echo-request drop
			oif tap0 icmpv6 type echo-request drop
		}
	}
	E
	listen scan tcp:22
	spawn oslab_pid scan passt --foreground --runas 0 -s $sock \
	    -a "$NET4.9.1" -n 24 -g "$oslab4" -a "$NET6:9::1" -g "$oslab6" \
	    --no-dhcp --no-dhcpv6 --no-ra >/dev/null 2>&1
	await 10 test -S $sock
	spawn oslab_pid scan "$NET_DIR/t/lib/tap-relay.py" tap0 $sock
}

oslab_up()
{
	local s
	local -a settings

	case $1 in
	linux | linux:*)
		net_pair scan host
		IFS=, read -ra settings <<<"${1#linux}"
		for s in "${settings[@]#:}"; do
			case $s in
			'')	;;
			mtu=*)	on scan ip link set eth0 mtu "${s#*=}"
				on host ip link set eth0 mtu "${s#*=}" ;;
			*)	on host sysctl -qw "net.ipv4.$s" ;;
			esac
		done
		listen host tcp:22
		oslab4=$NET4.0.2 oslab6=$NET6::2
		;;
	lwip)
		oslab_tap
		spawn oslab_pid scan "$NET_BUILD/t/oslab/lwip" tap0 "$oslab4/24" \
		    "$oslab6" 22 >/dev/null
		;;
	slirp)
		# what its guests connect to is this machine's loopback
		oslab_tap
		listen scan tcp:22
		spawn oslab_pid scan "$NET_BUILD/t/oslab/slirp" tap0 "$NET4.9.0" \
		    "$oslab4" "$NET6:9::" "$oslab6" >/dev/null
		;;
	passt)	oslab_passt ;;
	esac
	await 10 on scan nc -zw1 "$oslab4" 22
	await 10 on scan nc -zw1 "$oslab6" 22
}

# oslab_seen: results of an open and a closed port, over both families.
oslab_seen()
{
	# shellcheck disable=SC2016
	on scan bash -o pipefail -c 'printf "%s\n" "$@" |
	    prt-targets -f - -p 22,23 | prt-blast -T4 | prt-listen' - \
	    "$oslab4" "$oslab6"
}

# oslab_ask [OPTION...]: the host's records, as prt-os makes them.
oslab_ask()
{
	oslab_seen | on scan prt-os "$@" | awk -F'\t' '$3 == "host"'
}
