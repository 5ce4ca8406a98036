/* simnet: an internet of one process, at the far end of a wire. README.md. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "base/clock.h"
#include "base/msg.h"
#include "base/num.h"
#include "base/opt.h"
#include "meaning/portspec.h"
#include "pure/addr.h"
#include "pure/seed.h"
#include "run.h"
#include "system.h"
#include "truth.h"
#include "world/datafile.h"
#include "world/stop.h"

/* Of 2 KiB: what comes while the process has to wait for its turn. */
#define RING_FRAMES	16384
/* Linux's, of one host. */
#define ICMP_BURST	6
/* Linux's icmp_msgs_burst. */
#define TOTAL_BURST	50
#define CAP_QUEUE	1000

struct port_range {
	uint16_t	lo, hi;
};

/* N/BURST or N,QUEUE. */
struct rated {
	uint64_t	rate, depth;
};

static struct {
	const char		*device, *seed, *ports, *scan, *tx;
	struct world		 world;
	struct path_config	 path;
	struct rated		 icmp, cap;
	uint64_t		 icmp_total, backscatter, forged;
	struct port_range	 forged_ports;
	uint64_t		 ready_fd, ring;
	bool			 truth, open;
} arg = {
	.seed = "simnet",
	.ports = "80",
	.scan = "syn",
	.world = {
		.share = {
			[WORLD_TCP] = { [WORLD_OPEN] = WORLD_ALL / 100 * 30,
			    [WORLD_FILTERED] = WORLD_ALL / 100 * 10,
			    [WORLD_REJECTED] = WORLD_ALL / 100 * 5 },
			[WORLD_UDP] = { [WORLD_OPEN] = WORLD_ALL / 100 * 20,
			    [WORLD_FILTERED] = WORLD_ALL / 100 * 20,
			    [WORLD_REJECTED] = WORLD_ALL / 100 * 5 },
		},
		.up = WORLD_ALL / 5,
		.ping = WORLD_ALL / 100 * 70,
	},
	.path = { .tarpit = 500 * (uint64_t)NS_PER_MS },
	.icmp = { 0, ICMP_BURST },
	.cap = { 0, CAP_QUEUE },
	.forged_ports = { 61000, 65095 },
	.ready_fd = 1,
	.ring = RING_FRAMES,
};

/* ---- values ---- */

/* A share in percent. */
static int
parse_share(const char *value, size_t n, uint64_t *share)
{
	char text[32], *end;
	double v;

	if (!str_copy(text, sizeof(text), (struct str){ value, n }) || n == 0 ||
	    (text[0] != '.' && (text[0] < '0' || text[0] > '9')))
		return -1;
	v = strtod(text, &end);
	if (*end != '\0' || !(v >= 0 && v <= 100))
		return -1;
	*share = (uint64_t)(v / 100 * (double)WORLD_ALL + 0.5);
	return 0;
}

static int
set_share(void *dst, const char *value)
{
	if (parse_share(value, strlen(value), dst) == 0)
		return 0;
	msg_warn("'%s' is no share: give a percentage from 0 to 100, such as "
	    "2.5", value);
	return -1;
}

static int
set_loss(void *dst, const char *value)
{
	(void)dst;
	if (set_share(&arg.path.loss_in, value) == -1)
		return -1;
	arg.path.loss_out = arg.path.loss_in;
	return 0;
}

/* "open=20,filtered=5": shares of what `names` has, together 100 at most. */
static int
parse_shares(const char *value, const char *const *names, size_t n,
    uint64_t *share)
{
	struct str rest = str_of(value), item, name;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		share[i] = 0;
	while (rest.p != NULL) {
		item = str_cut(&rest, ',');
		name = str_cut(&item, '=');
		for (i = 0; i < n && !str_is(name, names[i]); i++)
			continue;
		if (i == n || item.p == NULL ||
		    parse_share(item.p, item.n, &share[i]) == -1)
			return -1;
	}
	for (i = 0; i < n; i++)
		sum += share[i];
	return sum <= WORLD_ALL + n ? 0 : -1;
}

static int
set_states(void *dst, const char *value)
{
	static const char *const names[WORLD_NSTATES] = {
		[WORLD_OPEN] = "open", [WORLD_FILTERED] = "filtered",
		[WORLD_REJECTED] = "rejected", [WORLD_CLOSED] = "closed",
	};

	if (parse_shares(value, names, WORLD_NSTATES, dst) == 0)
		return 0;
	msg_warn("'%s': wants percentages, together at most 100, as in "
	    "open=20,closed=70,filtered=8,rejected=2; the rest is closed",
	    value);
	return -1;
}

static int
set_stacks(void *dst, const char *value)
{
	static const char *const names[WORLD_NSTACKS] = {
		[WORLD_LINUX] = "linux", [WORLD_BSD] = "bsd",
		[WORLD_WINDOWS] = "windows",
	};

	if (parse_shares(value, names, WORLD_NSTACKS, dst) == 0)
		return 0;
	msg_warn("--stacks %s: wants percentages, together at most 100, as in "
	    "bsd=10,windows=30; the rest is linux", value);
	return -1;
}

/* "all", or shares by name. */
static int
set_systems(void *dst, const char *value)
{
	const char *names[WORLD_SYSTEMS];
	uint64_t *share = dst;
	struct buf list = { 0 };
	size_t i;

	for (i = 0; i < WORLD_SYSTEMS; i++) {
		names[i] = systems[i].name;
		buf_printf(&list, i > 0 ? ", %s" : "%s", names[i]);
		share[i] = WORLD_ALL / WORLD_SYSTEMS + 1;
	}
	if (strcmp(value, "all") != 0 &&
	    parse_shares(value, names, WORLD_SYSTEMS, share) == -1) {
		msg_warn("--systems %s: wants all, or percentages, together at "
		    "most 100, of %.*s", value, STR_ARG(buf_view(&list)));
		buf_release(&list);
		return -1;
	}
	buf_release(&list);
	return 0;
}

static int
set_down(void *dst, const char *value)
{
	if (strcmp(value, "silent") != 0 && strcmp(value, "unreach") != 0) {
		msg_warn("--down %s: it is silent or unreach", value);
		return -1;
	}
	*(bool *)dst = strcmp(value, "unreach") == 0;
	return 0;
}

static int
set_gateways(void *dst, const char *value)
{
	struct str rest = str_of(value), item;
	struct world *w = dst;
	u128 a;

	while (rest.p != NULL) {
		item = str_cut(&rest, ',');
		if (item.n == 0 || addr_scan(item.p, item.n, &a) != item.n) {
			msg_warn("--gateway: '%.*s' is no address: give "
			    "addresses with commas between", STR_ARG(item));
			return -1;
		}
		if (w->ngateways == WORLD_GATEWAYS) {
			msg_warn("--gateway: more than %d addresses: give "
			    "fewer", WORLD_GATEWAYS);
			return -1;
		}
		w->gateway[w->ngateways++] = a;
	}
	return 0;
}

/* Milliseconds, or a duration with its unit. */
static int
set_ms(void *dst, const char *value)
{
	size_t n = strlen(value);
	uint64_t ns;

	if (n == 0 || num_parse_duration(value, &ns) == -1)
		goto bad;
	if (value[n - 1] >= '0' && value[n - 1] <= '9')
		ns /= 1000;
	if (ns > 60 * (uint64_t)NS_PER_S)
		goto bad;
	*(uint64_t *)dst = ns;
	return 0;
bad:
	msg_warn("'%s': wants milliseconds, or a time such as 20ms or 1.5s, of "
	    "at most a minute", value);
	return -1;
}

/* A count, then a separator and another one. */
static int
set_rated(struct rated *r, const char *value, char sep)
{
	struct str rest = str_of(value), head = str_cut(&rest, sep);
	char text[32];

	if (!str_copy(text, sizeof(text), head) ||
	    num_parse_count(text, &r->rate) == -1 ||
	    r->rate > NS_PER_S)
		return -1;
	if (rest.p == NULL)
		return 0;
	if (num_parse_count(rest.p, &r->depth) == -1 || r->depth == 0 ||
	    r->depth > NS_PER_S)
		return -1;
	return 0;
}

static int
set_icmp(void *dst, const char *value)
{
	if (set_rated(dst, value, '/') == 0)
		return 0;
	msg_warn("--icmp-rate %s: wants errors a second and how many at once, "
	    "as in 1 or 10/20", value);
	return -1;
}

static int
set_cap(void *dst, const char *value)
{
	if (set_rated(dst, value, ',') == 0)
		return 0;
	msg_warn("--cap %s: wants packets a second and how many may queue, as "
	    "in 50k or 50k,1000", value);
	return -1;
}

static int
set_port_range(void *dst, const char *value)
{
	struct port_range *r = dst;
	size_t n = strlen(value), at;
	uint64_t lo, hi;

	at = num_scan_u64(value, n, &lo);
	if (at == 0 || value[at] != '-' || lo > 65535 ||
	    num_parse(value + at + 1, lo, 65535, &hi) == -1) {
		msg_warn("--forged-ports %s: wants a range of ports, as in "
		    "61000-65095", value);
		return -1;
	}
	*r = (struct port_range){ (uint16_t)lo, (uint16_t)hi };
	return 0;
}

static const struct opt options[] = {
	{ .kind = OPT_GROUP, .help = "Where" },
	{ .kind = OPT_STRING, .sh = 'i', .lng = "interface", .arg = "DEV",
	    .help = "the Ethernet device, which wants no address of its own",
	    .dst = &arg.device },
	{ .kind = OPT_CALL, .lng = "gateway", .arg = "ADDR,...",
	    .help = "addresses on the link that lead to the prefixes",
	    .dst = &arg.world, .set = set_gateways },
	{ .kind = OPT_STRING, .lng = "tx", .arg = "NAME",
	    .help = "the sender, of prt-blast --list-tx: mmsg, xdp (by speed)",
	    .dst = &arg.tx },
	{ .kind = OPT_COUNT, .lng = "ring", .arg = "N",
	    .help = "frames of 2 KiB that may wait to be read (16384)",
	    .dst = &arg.ring, .lo = 32, .hi = 1 << 20 },
	{ .kind = OPT_NUMBER, .lng = "ready-fd", .arg = "FD",
	    .help = "where the line \"ready\" is written once it listens (1)",
	    .dst = &arg.ready_fd, .hi = 1023 },
	{ .kind = OPT_GROUP, .help = "Who is there" },
	{ .kind = OPT_STRING, .lng = "seed", .arg = "TEXT",
	    .help = "decides everything: the same text, the same internet",
	    .dst = &arg.seed },
	{ .kind = OPT_CALL, .lng = "up", .arg = "PCT",
	    .help = "hosts that are up (20)", .dst = &arg.world.up,
	    .set = set_share },
	{ .kind = OPT_CALL, .lng = "tcp", .arg = "STATE=PCT,...",
	    .help = "TCP ports that are open (30), filtered (10), rejected (5)",
	    .dst = arg.world.share[WORLD_TCP], .set = set_states },
	{ .kind = OPT_CALL, .lng = "udp", .arg = "STATE=PCT,...",
	    .help = "UDP ports that are open (20), filtered (20), rejected (5)",
	    .dst = arg.world.share[WORLD_UDP], .set = set_states },
	{ .kind = OPT_CALL, .lng = "ping", .arg = "PCT",
	    .help = "hosts up that answer ICMP queries (70)",
	    .dst = &arg.world.ping, .set = set_share },
	{ .kind = OPT_CALL, .lng = "down", .arg = "WHAT",
	    .help = "hosts that are down are silent, or unreach (silent)",
	    .dst = &arg.world.unreach, .set = set_down },
	{ .kind = OPT_CALL, .lng = "stacks", .arg = "STACK=PCT,...",
	    .help = "hosts that are bsd (0), windows (0); the rest is linux",
	    .dst = arg.world.stack, .set = set_stacks },
	{ .kind = OPT_CALL, .lng = "systems", .arg = "all|NAME=PCT,...",
	    .help = "hosts that answer as these systems do (0)",
	    .dst = arg.world.system, .set = set_systems },
	{ .kind = OPT_CALL, .lng = "syn-proxy", .arg = "PCT",
	    .help = "hosts behind a box that answers for every port (0)",
	    .dst = &arg.world.proxied, .set = set_share },
	{ .kind = OPT_CALL, .lng = "tarpit", .arg = "PCT",
	    .help = "hosts that open with a closed window, and late (0)",
	    .dst = &arg.world.tarpit, .set = set_share },
	{ .kind = OPT_CALL, .lng = "tarpit-delay", .arg = "MS",
	    .help = "how late (500)", .dst = &arg.path.tarpit,
	    .set = set_ms },
	{ .kind = OPT_CALL, .lng = "icmp-rate", .arg = "N[/BURST]",
	    .help = "ICMP errors a second of each host (no bound, /6)",
	    .dst = &arg.icmp, .set = set_icmp },
	{ .kind = OPT_COUNT, .lng = "icmp-total", .arg = "N",
	    .help = "ICMP errors a second of all together (no bound)",
	    .dst = &arg.icmp_total, .hi = NS_PER_S },
	{ .kind = OPT_GROUP, .help = "The way there" },
	{ .kind = OPT_CALL, .lng = "loss", .arg = "PCT",
	    .help = "packets lost, each way (0)", .set = set_loss },
	{ .kind = OPT_CALL, .lng = "loss-in", .arg = "PCT",
	    .help = "packets lost towards the hosts",
	    .dst = &arg.path.loss_in, .set = set_share },
	{ .kind = OPT_CALL, .lng = "loss-out", .arg = "PCT",
	    .help = "packets lost on the way back",
	    .dst = &arg.path.loss_out, .set = set_share },
	{ .kind = OPT_CALL, .lng = "dup", .arg = "PCT",
	    .help = "packets that arrive twice, each way (0)",
	    .dst = &arg.path.dup, .set = set_share },
	{ .kind = OPT_CALL, .lng = "reorder", .arg = "PCT",
	    .help = "answers held back by 1 to 10 ms (0)",
	    .dst = &arg.path.reorder, .set = set_share },
	{ .kind = OPT_CALL, .lng = "delay", .arg = "MS",
	    .help = "round trip, 3/4 to 5/4 of it by host (0)",
	    .dst = &arg.path.delay, .set = set_ms },
	{ .kind = OPT_CALL, .lng = "jitter", .arg = "MS",
	    .help = "up to so much more, by packet (0)",
	    .dst = &arg.path.jitter, .set = set_ms },
	{ .kind = OPT_CALL, .lng = "cap", .arg = "PPS[,QUEUE]",
	    .help = "packets a second towards the hosts (no bound,1000)",
	    .dst = &arg.cap, .set = set_cap },
	{ .kind = OPT_GROUP, .help = "What nobody asked for" },
	{ .kind = OPT_COUNT, .lng = "backscatter", .arg = "PPS",
	    .help = "stray answers a second to any port (0)",
	    .dst = &arg.backscatter, .hi = NS_PER_S },
	{ .kind = OPT_COUNT, .lng = "forged", .arg = "PPS",
	    .help = "forged answers a second to what was asked (0)",
	    .dst = &arg.forged, .hi = NS_PER_S },
	{ .kind = OPT_CALL, .lng = "forged-ports", .arg = "LO-HI",
	    .help = "the scanner's ports that they try (61000-65095)",
	    .dst = &arg.forged_ports, .set = set_port_range },
	{ .kind = OPT_GROUP, .help = "The truth" },
	{ .kind = OPT_FLAG, .lng = "truth",
	    .help = "send nothing: print what a scan has to find",
	    .dst = &arg.truth },
	{ .kind = OPT_STRING, .sh = 'p', .lng = "ports", .arg = "PORTS",
	    .help = "of these ports (80)", .dst = &arg.ports },
	{ .kind = OPT_STRING, .lng = "scan", .arg = "TYPE",
	    .help = "by this scan type, of prt-blast --list-types (syn)",
	    .dst = &arg.scan },
	{ .kind = OPT_FLAG, .lng = "open",
	    .help = "only what is open or up", .dst = &arg.open },
	{ .kind = OPT_GROUP },
};

static const struct opt_prog prog = {
	.name = "simnet",
	.synopsis = "-i DEV [OPTION]... PREFIX...",
	.about = "Answers for whole networks, for tests and benchmarks of "
	    "scanners, or says what is true there.",
	.manual = "t/simnet/README.md",
	.opts = options,
	.fields = rec_fields_put,
};

/* ---- the truth ---- */

static int
load_ports(struct portspec *spec, bool udp)
{
	unsigned protos = udp ? PORTSPEC_UDP : PORTSPEC_TCP;
	struct portspec_error err;
	struct ports names = { 0 };
	struct buf text = { 0 };
	char path[4096];
	unsigned long line;
	const char *what;
	int r;

	if (portspec_wants_ports(arg.ports)) {
		if (datafile_read("ports", &text, path, sizeof(path)) == -1) {
			msg_warn("%s: %s: say where it is with "
			    "PRT_DATADIR=share", path, strerror(errno));
			return -1;
		}
		if (ports_parse(&names, text.p, text.n, &line, &what) == -1) {
			msg_at(path, line, "%s", what);
			return -1;
		}
	}
	r = portspec_parse(spec, arg.ports, protos, &names, &err);
	if (r == -1)
		msg_warn("-p %s: at character %zu, '%.*s': %s", arg.ports,
		    err.at + 1, (int)err.n, arg.ports + err.at, err.what);
	ports_release(&names);
	buf_release(&text);
	return r;
}

static int
tell_truth(void)
{
	const struct truth *t = truth_find(str_of(arg.scan));
	bool udp = strcmp(arg.scan, "udp") == 0;
	struct portspec spec = { 0 };
	struct recout out;

	if (t == NULL) {
		msg_warn("--scan %s: no scan type whose truth is known: "
		    "prt-blast --list-types names them, but for ping and "
		    "flags", arg.scan);
		return PRT_USAGE;
	}
	if (load_ports(&spec, udp) == -1)
		return PRT_USAGE;
	recout_init(&out, 1, REC_TSV);
	truth_write(t, &arg.world, &spec.set[udp ? PORTS_UDP : PORTS_TCP],
	    arg.open, &out);
	portspec_release(&spec);
	if (recout_close(&out) == -1 && out.error != EPIPE) {
		msg_warn("cannot write to standard output: %s",
		    strerror(out.error));
		return PRT_FAILED;
	}
	return stop ? PRT_STOPPED : PRT_OK;
}

/* ---- the packets ---- */

static int
open_net(struct run *r)
{
	const char *what;

	if (arg.device == NULL) {
		msg_warn("which device? Name it with -i; or ask for --truth");
		return PRT_USAGE;
	}
	r->wire = wire_open(arg.device, arg.tx, (unsigned)arg.ring, &what);
	if (r->wire == NULL) {
		msg_warn("%s: no %s: %s%s", arg.device, what, strerror(errno),
		    errno == EPERM ? ": needs CAP_NET_RAW: run it as root, in "
		    "a network namespace" : "");
		return errno == EPERM ? PRT_NOPRIV : PRT_FAILED;
	}
	r->wheel = wheel_new(clock_wall_ns());
	r->answers = answers_new(&arg.world, wire_mac(r->wire),
	    limit_rate(arg.icmp.rate, arg.icmp.depth),
	    limit_rate(arg.icmp_total, TOTAL_BURST));
	if (r->wheel == NULL || r->answers == NULL) {
		msg_warn("out of memory");
		return PRT_FAILED;
	}
	arg.path.cap = arg.cap.rate;
	arg.path.queue = arg.cap.depth;
	path_init(&r->path, &arg.path, &arg.world);
	noise_init(&r->noise, &arg.world, r->answers,
	    (double)arg.backscatter, (double)arg.forged, clock_wall_ns());
	r->noise.sport_lo = arg.forged_ports.lo;
	r->noise.sport_hi = arg.forged_ports.hi;
	return PRT_OK;
}

static void
say(int fd, const void *p, size_t n)
{
	/* nobody listening is no failure */
	if (write(fd, p, n) == -1)
		return;
}

static int
serve(struct run *r)
{
	struct buf stat = { 0 };
	int status = PRT_OK;

	say((int)arg.ready_fd, "ready\n", 6);
	if (run_net(r) == -1) {
		msg_warn("%s: %s: is the device still there, and up?",
		    arg.device, strerror(errno));
		status = PRT_FAILED;
	}
	run_stat(r, &stat);
	if (!stat.oom)
		say(2, stat.p, stat.n);
	buf_release(&stat);
	return status;
}

static int
simulate(void)
{
	static struct run r;
	int status;

	r.world = &arg.world;
	if ((status = open_net(&r)) == PRT_OK)
		status = serve(&r);
	answers_free(r.answers);
	wheel_free(r.wheel);
	wire_close(r.wire);
	return status;
}

static int
read_prefixes(char **operand)
{
	struct rangeset *set = &arg.world.prefixes;
	u128 first, last;

	for (; *operand != NULL; operand++) {
		if (addr_range_parse(*operand, strlen(*operand), &first,
		    &last) == -1) {
			msg_warn("'%s' is no prefix: write 198.19.0.0/16, "
			    "2001:db8::/64, or a-b", *operand);
			return -1;
		}
		if (rangeset_add(set, first, last) == -1) {
			msg_warn("out of memory");
			return -1;
		}
	}
	rangeset_normalise(set);
	if (set->n > 0)
		return 0;
	msg_warn("which prefixes? Name them behind the options, as in "
	    "198.19.0.0/16");
	return -1;
}

int
main(int argc, char **argv)
{
	int first, status;

	msg_init(argv[0]);
	if ((first = opt_parse(&prog, argc, argv, &status)) == -1)
		return status;
	if (read_prefixes(argv + first) == -1)
		return PRT_USAGE;
	seed_key(arg.world.key, arg.seed, strlen(arg.seed));
	stop_catch();
	status = arg.truth ? tell_truth() : simulate();
	rangeset_release(&arg.world.prefixes);
	return status;
}
