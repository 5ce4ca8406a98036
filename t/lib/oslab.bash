# shellcheck shell=bash
# Hosts with different IP stacks, for prt-os(1) to tell apart: what this machine can
# run, each in the network that a test or a script is in (net.bash).
#
#	source t/lib/net.bash; source t/lib/oslab.bash
#	net_fresh
#	oslab_up linux:tcp_timestamps=0
#	oslab_ask --fingerprint		# its host records
#
# linux	this machine's kernel; behind a colon, settings of net.ipv4, with commas
# lwip	lwIP, as Debian builds it
# slirp	libslirp, the gateway of virtual machines
#
# Port 22 of a host is open, over both families; $oslab4 and $oslab6 are its
# addresses, and "scan" is the host beside it.

# What the database has been measured with.
oslab_hosts=(linux linux:tcp_timestamps=2 linux:tcp_timestamps=0
    linux:tcp_sack=0 linux:tcp_window_scaling=0
    "linux:tcp_timestamps=0,tcp_sack=0" lwip slirp)

# Why a host cannot be had here, or nothing.
oslab_lacks()
{
	case $1 in
	linux | linux:*) ;;
	lwip)	[[ -x $NET_BUILD/t/oslab/lwip ]] ||
		    echo "liblwip-dev is not installed" ;;
	slirp)	[[ -x $NET_BUILD/t/oslab/slirp ]] ||
		    echo "libslirp-dev is not installed" ;;
	*)	echo "no such host: ${oslab_hosts[*]}" ;;
	esac
	case $1 in
	lwip | slirp) [[ -c /dev/net/tun ]] || echo "there is no /dev/net/tun" ;;
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

oslab_up()
{
	local -a settings

	case $1 in
	linux | linux:*)
		net_pair scan host
		IFS=, read -ra settings <<<"${1#linux}"
		settings=("${settings[@]#:}")
		[[ $1 == linux ]] ||
		    on host sysctl -qw "${settings[@]/#/net.ipv4.}"
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
	esac
	await 10 on scan ping -qc1 -W1 "$oslab4"
	await 10 on scan ping -qc1 -W1 "$oslab6"
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
