#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/str.h"
#include "meaning/targetspec.h"
#include "portarg.h"
#include "privilege.h"
#include "pure/addr.h"

/* ---- options against each other ---- */

static unsigned
tcp_scans(const struct ask *a)
{
	return a->scans & ~(unsigned)ASK_UDP;
}

/* What goes with a scan of ports, and was given without one. */
static const char *
port_option(const struct ask *a)
{
	return a->ports != NULL ? "-p" : a->fast ? "-F" : a->top != 0 ?
	    "--top-ports" : a->exclude_ports != NULL ? "--exclude-ports" :
	    a->services ? "-sV" : a->tls ? "--tls" : a->os ? "-O" : a->all ? "-A" :
	    a->scans != 0 ? "a scan of ports" : a->scanflags != NULL ?
	    "--scanflags" : NULL;
}

static int
check_scans(const struct ask *a)
{
	unsigned tcp = tcp_scans(a);

	if (__builtin_popcount(tcp) > 1)
		msg_warn("only one scan type of TCP at a time: run one after "
		    "the other");
	else if (a->scans == (ASK_CONNECT | ASK_UDP))
		msg_warn("-sT does not go with -sU: -sS does, or run one after "
		    "the other");
	else if (a->scanflags != NULL && tcp != 0 && tcp != ASK_SYN)
		msg_warn("--scanflags goes with -sS: its answers are judged "
		    "as those to a SYN");
	else if (a->ports != NULL && a->fast)
		msg_warn("-F and -p both say which ports: leave one of them "
		    "out");
	else if (a->ports != NULL && a->top != 0)
		msg_warn("--top-ports and -p both say which ports: leave one "
		    "of them out");
	else if (a->intensity != UINT64_MAX && !a->services && !a->all)
		msg_warn("--version-intensity wants -sV");
	else if (a->guess && !a->os && !a->all)
		msg_warn("--osscan-guess wants -O");
	else if (a->all_ports && !a->services && !a->all)
		msg_warn("--allports wants -sV");
	else
		return 0;
	return -1;
}

static int
check_modes(const struct ask *a)
{
	const char *ports = port_option(a);

	if (a->list && a->ping_only)
		msg_warn("-sL only lists the targets, and -sn asks who is up: "
		    "leave one of them out");
	else if ((a->list || a->ping_only) && ports != NULL)
		msg_warn("%s scans no ports: leave out %s, or -%s",
		    a->list ? "-sL" : "-sn", ports, a->list ? "sL" : "sn");
	else if (a->ping_only && a->no_ping)
		msg_warn("-sn asks who is up, and -Pn takes that for granted: "
		    "leave one of them out");
	else if (a->no_ping && a->pings != 0)
		msg_warn("-Pn takes all hosts for up: leave it out to ask by "
		    "-PS and the like");
	else if (a->pings & ASK_PING_ARP && a->pings != ASK_PING_ARP)
		msg_warn("-PR asks by ARP only; hosts on the link are asked by "
		    "it anyway: leave it out");
	else if (a->quiet && a->nout == 0 && !a->explain)
		msg_warn("-q shows nothing, and no file is named: -oX FILE "
		    "names one");
	else if (a->privileged && a->unprivileged)
		msg_warn("--privileged and --unprivileged: leave one of them "
		    "out");
	else if (a->delay != 0 && a->min_rate > NS_PER_S / a->delay)
		msg_warn("--min-rate is more than --scan-delay lets through: "
		    "leave one of them out");
	else if (a->no_names && a->all_names)
		msg_warn("-n looks up no names, and -R all: leave one of them "
		    "out");
	else if (a->rate != 0 && a->min_rate > a->rate)
		msg_warn("--min-rate is above --max-rate: raise one, or lower "
		    "the other");
	else
		return 0;
	return -1;
}

/* ---- targets ---- */

static int
check_target(const char *option, struct str text, bool ports)
{
	struct targetspec t;
	const char *why;

	if (targetspec_parse(&t, text, &why) == -1)
		msg_warn("%s%.*s: %s", option, STR_ARG(text), why);
	else if (t.has_port && !ports)
		msg_warn("%s%.*s: the port goes to -p, or add -Pn",
		    option, STR_ARG(text));
	else
		return 0;
	return -1;
}

static int
check_targets(const struct ask *a)
{
	struct str rest;
	size_t i;

	for (i = 0; i < a->targets.n; i++)
		if (check_target("", str_of(a->targets.v[i]),
		    a->no_ping || a->list) == -1)
			return -1;
	for (i = 0; i < a->excludes.n; i++)
		for (rest = str_of(a->excludes.v[i]); rest.p != NULL;)
			if (check_target("--exclude ", str_trim(str_cut(&rest,
			    ',')), true) == -1)
				return -1;
	return 0;
}

static int
check_readable(const struct words *w, const char *option)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		if (strcmp(w->v[i], "-") == 0 || access(w->v[i], R_OK) == 0)
			continue;
		msg_warn("%s %s: %s", option, w->v[i], strerror(errno));
		return -1;
	}
	return 0;
}

static int
check_ping_ports(const struct words *w, char letter)
{
	struct str rest, one;
	uint64_t port;
	size_t i;

	for (i = 0; i < w->n; i++)
		for (rest = str_of(w->v[i]); rest.p != NULL;) {
			one = str_cut(&rest, ',');
			if (one.n > 0 && num_scan_u64(one.p, one.n, &port) ==
			    one.n && port >= 1 && port <= 65535)
				continue;
			msg_warn("-P%c%s: wants ports from 1 to 65535 with "
			    "commas between, as -P%c22,80", letter, w->v[i],
			    letter);
			return -1;
		}
	return 0;
}

/* ---- the machine ---- */

static int
check_way(const struct ask *a)
{
	u128 addr;

	if (a->ifname != NULL && if_nametoindex(a->ifname) == 0) {
		msg_warn("-e %s: no such interface; 'ip link' lists them",
		    a->ifname);
		return -1;
	}
	if (a->source != NULL && addr_scan(a->source, strlen(a->source),
	    &addr) != strlen(a->source)) {
		msg_warn("-S %s: wants an address of this machine", a->source);
		return -1;
	}
	if (a->source != NULL && a->v6 != a->v4 && addr_is4(addr) == a->v6) {
		msg_warn("-S %s: is of the other family than -%c", a->source,
		    a->v6 ? '6' : '4');
		return -1;
	}
	return 0;
}

static bool
same_output(const struct ask *a, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (strcmp(a->out[k].path, a->out[i].path) == 0)
			return true;
	return false;
}

static int
check_paths(const struct ask *a)
{
	bool shown = false;
	size_t i;

	for (i = 0; i < a->nout; i++) {
		if (strcmp(a->out[i].path, "-") == 0) {
			if (shown)
				msg_warn("two outputs to standard output: "
				    "give one of them a file");
			if (shown)
				return -1;
			shown = true;
		} else if (same_output(a, i)) {
			msg_warn("%s: two outputs to one file: give each its "
			    "own", a->out[i].path);
			return -1;
		}
	}
	return 0;
}

/* Nothing is lost yet when a later check fails: a file keeps what it has. */
static int
check_writable(const struct ask *a)
{
	const char *path;
	size_t i;
	int fd;

	for (i = 0; i < a->nout && !a->explain; i++) {
		path = a->out[i].path;
		if (strcmp(path, "-") == 0)
			continue;
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY,
		    0666);
		if (fd == -1) {
			msg_warn("cannot write %s: %s", path,
			    strerror(errno));
			return -1;
		}
		close(fd);
	}
	return 0;
}

/* ---- privilege ---- */

/* Does anything of it need raw packets? */
static const char *
wants_raw(const struct ask *a)
{
	if (a->scans & ~(unsigned)ASK_CONNECT)
		return a->scans & ASK_UDP ? "-sU" : "this scan";
	if (a->scanflags != NULL)
		return "--scanflags";
	if (a->os)
		return "-O";
	if (a->pings & ~(unsigned)(ASK_PING_SYN | ASK_PING_ACK))
		return "this discovery";
	if (a->trace)
		return "--packet-trace";
	return a->sport != 0 ? "-g" : a->ttl != 0 ? "--ttl" : NULL;
}

/* Chooses between raw packets and connect(2). */
static int
choose(struct ask *a)
{
	const char *what = wants_raw(a);

	if (a->list || (a->no_ping && a->scans == ASK_CONNECT)) {
		a->unprivileged = a->scans == ASK_CONNECT;
		return PRT_OK;
	}
	if (!a->unprivileged && !a->privileged && !privilege_is_there()) {
		a->unprivileged = true;
		if (what == NULL)
			msg_warn("without CAP_NET_RAW hosts and ports are "
			    "asked by connect(2); run as root, or once 'make "
			    "install' as root, for more");
	}
	if (a->unprivileged && what != NULL) {
		msg_warn("%s needs CAP_NET_RAW: run as root, or once 'setcap "
		    "cap_net_raw=ep' on prt-blast, prt-listen and prt-os; "
		    "-sT and -PS work without", what);
		return PRT_NOPRIV;
	}
	if (a->scans == 0)
		a->scans = a->unprivileged ? ASK_CONNECT : ASK_SYN;
	return PRT_OK;
}

static void
tell(const struct ask *a)
{
	if (a->targets.n + a->files.n == 0)
		msg_warn("no targets were named, so 0 hosts are scanned: "
		    "'prtip 192.0.2.0/24', or -iL FILE");
	if (a->ifname != NULL && (a->os || a->all) && !a->unprivileged)
		msg_warn("-O goes out by the routes, whatever -e says");
	if (a->retries != UINT64_MAX && a->retries > 7 &&
	    a->scans & ~(unsigned)ASK_CONNECT)
		msg_warn("--max-retries %llu: 7 times are the most",
		    (unsigned long long)a->retries);
}

int
check(struct ask *a)
{
	int r;

	if (check_scans(a) == -1 || check_modes(a) == -1)
		return PRT_USAGE;
	if (check_paths(a) == -1 || check_targets(a) == -1 ||
	    portarg_check(a) == -1 ||
	    check_ping_ports(&a->syn_ports, 'S') == -1 ||
	    check_ping_ports(&a->ack_ports, 'A') == -1 ||
	    check_ping_ports(&a->udp_ports, 'U') == -1)
		return PRT_USAGE;
	if (check_readable(&a->files, "-iL") == -1 ||
	    check_readable(&a->exclude_files, "--excludefile") == -1 ||
	    check_way(a) == -1)
		return PRT_FAILED;
	if ((r = choose(a)) != PRT_OK)
		return r;
	if (check_writable(a) == -1)
		return PRT_FAILED;
	tell(a);
	return PRT_OK;
}
