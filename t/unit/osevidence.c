#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "meaning/osevidence.h"

#define DEBIAN	"192.0.2.7\t22\ttcp\topen\tx\tproduct=OpenSSH\tversion=9.2p1" \
    "\tinfo=Debian 2+deb12u3; protocol 2.0\tos=Linux\t" \
    "cpe=cpe:/a:openbsd:openssh:9.2p1,cpe:/o:debian:debian_linux"
#define SMB	"192.0.2.7\t445\ttcp\topen\tx\tproduct=Microsoft Windows SMB" \
    "\tversion=10.0.17763\tos=Windows\tcpe=cpe:/o:microsoft:windows"
#define ROUTER	"192.0.2.7\t22\ttcp\topen\tx\tos=RouterOS"
#define UP	"192.0.2.7\t-\thost\tup\t-"
#define NOTHING	"192.0.2.7\t80\ttcp\topen\tx\tproduct=nginx"

/* The host's record, after the ports were heard. */
static void
weighs(const char *ports, bool fits, const char *host, const char *want)
{
	struct record r = { 0 };
	struct osevidence e = { 0 };
	struct str rest = str_of(ports), line;
	struct buf got = { 0 };
	const char *err;

	while (rest.n > 0) {
		line = str_cut(&rest, '\n');
		assert_int_equal(rec_scan(&r, line.p, line.n, &err), 0);
		osevidence_take(&e, &r);
	}
	assert_int_equal(rec_scan(&r, host, strlen(host), &err), 0);
	osevidence_weigh(&e, fits, &r);
	rec_put_tsv(&r, &got);
	buf_putc(&got, '\0');
	got.p[strcspn(got.p, "\n")] = '\0';
	assert_string_equal(got.p, want);
	buf_release(&got);
	rec_release(&r);
}

/* What a server says in brackets, and an agent of SNMP in one sentence. */
static void
by_info(void **state)
{
	static const struct {
		const char *info, *family, *distro;
	} t[] = {
		{ "Debian", "Linux", "Debian" },
		{ "Debian/GNU", "Linux", "Debian" },
		{ "Win64", "Windows", NULL },
		{ "Red Hat Enterprise Linux", "Linux",
		    "Red Hat Enterprise Linux" },
		{ "SNMPv1, public; FreeBSD fw 13.2-RELEASE amd64", "FreeBSD",
		    NULL },
		{ "title: Apache2 Debian Default Page", NULL, NULL },
		{ "Debianish", NULL, NULL }, { "", NULL, NULL },
		{ ";;", NULL, NULL }, { "Unix", NULL, NULL },
	};
	const struct osname *o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		o = osname_of_info(str_of(t[i].info));
		if (t[i].family == NULL) {
			assert_null(o);
			continue;
		}
		assert_non_null(o);
		assert_string_equal(o->family, t[i].family);
		assert_true((o->distro == NULL) == (t[i].distro == NULL));
		if (o->distro != NULL)
			assert_string_equal(o->distro, t[i].distro);
	}
	weighs("192.0.2.7\t80\ttcp\topen\tx\tproduct=Apache httpd\t"
	    "info=Debian\n" NOTHING, false, UP,
	    UP "\tos=Linux (Debian)\tos_family=Linux\tos_vendor=Linux\t"
	    "os_cpe=cpe:/o:linux:linux_kernel,cpe:/o:debian:debian_linux\t"
	    "os_conf=75\tos_method=service");
	/* an agent knows the kernel, and not the distribution */
	weighs("192.0.2.7\t161\tudp\topen\tx\t"
	    "info=SNMPv1, public; Linux 6.1.0-18-amd64\n" DEBIAN, true,
	    UP "\tos=Linux\tos_family=Linux\tos_gen=5.X,6.X\tos_conf=80",
	    UP "\tos=Linux (Debian 12)\tos_family=Linux\tos_gen=6.X\t"
	    "os_conf=95\tos_cpe=cpe:/o:debian:debian_linux:12\t"
	    "os_method=service");
	/* two releases are none */
	weighs(DEBIAN "\n192.0.2.7\t80\ttcp\topen\tx\tproduct=BIND\t"
	    "info=1~deb11u3-Debian", true,
	    UP "\tos=Linux\tos_family=Linux\tos_conf=80\tos_method=probes",
	    UP "\tos=Linux (Debian)\tos_family=Linux\tos_conf=95\t"
	    "os_method=probes,service\tos_cpe=cpe:/o:debian:debian_linux");
}

static void
services_alone(void **state)
{
	(void)state;
	weighs(NOTHING, false, UP, UP);
	weighs(NOTHING "\n" DEBIAN, false, UP "\tos_fp=T2(R=N)",
	    UP "\tos_fp=T2(R=N)\tos=Linux (Debian 12)\tos_family=Linux\t"
	    "os_vendor=Linux\tos_cpe=cpe:/o:linux:linux_kernel,"
	    "cpe:/o:debian:debian_linux:12\tos_conf=75\t"
	    "os_method=service");
	weighs(SMB, false, UP, UP "\tos=Windows 10 1809 or Server 2019\t"
	    "os_family=Windows\tos_vendor=Microsoft\t"
	    "device_type=general purpose\tos_cpe=cpe:/o:microsoft:windows\t"
	    "os_gen=10,2019\tos_conf=75\tos_method=service");
	/* one of them is another machine's, and nobody knows which */
	weighs(SMB "\n" DEBIAN, false, UP, UP);
}

static void
beside_the_stack(void **state)
{
	(void)state;
	weighs(DEBIAN, true, UP "\tos=Linux 6.X\tos_family=Linux\t"
	    "os_gen=6.X\tos_conf=88\tos_method=fingerprint",
	    UP "\tos=Linux 6.X (Debian 12)\tos_family=Linux\tos_gen=6.X\t"
	    "os_conf=97\tos_method=fingerprint,service\t"
	    "os_cpe=cpe:/o:debian:debian_linux:12");
	weighs(SMB, true, UP "\tos=Windows 10 or 11\tos_family=Windows\t"
	    "os_gen=11,10\tos_conf=100\tos_method=fingerprint",
	    UP "\tos=Windows 10 1809 or Server 2019\tos_family=Windows\t"
	    "os_gen=10\tos_conf=100\tos_method=fingerprint,service");
	/* the stack is that of its kernel */
	weighs(ROUTER, true, UP "\tos=Linux 5.X\tos_family=Linux\t"
	    "os_gen=5.X\tdevice_type=general purpose\tos_conf=90\t"
	    "os_method=fingerprint",
	    UP "\tos=RouterOS\tos_family=RouterOS\t"
	    "device_type=router\tos_conf=98\t"
	    "os_method=fingerprint,service\tos_vendor=MikroTik\t"
	    "os_cpe=cpe:/o:mikrotik:routeros");
	/* a port of another machine's */
	weighs(SMB, false, UP "\tos=Linux 6.X\tos_family=Linux\tos_conf=90\t"
	    "os_method=fingerprint", UP "\tos=Linux 6.X\tos_family=Linux\t"
	    "os_conf=45\tos_method=fingerprint");
	/* services that are torn change nothing */
	weighs(SMB "\n" DEBIAN, true, UP "\tos=Linux 6.X\tos_conf=90",
	    UP "\tos=Linux 6.X\tos_conf=90");
}

static void
devices(void **state)
{
	static const char printer[] = "192.0.2.7\t631\ttcp\topen\tx\t"
	    "device=printer", plc[] = "192.0.2.7\t102\ttcp\topen\tx\t"
	    "device=Omron PLC";

	(void)state;
	weighs(printer, true, UP "\tos=Linux 6.X\tdevice_type=general purpose",
	    UP "\tos=Linux 6.X\tdevice_type=printer");
	weighs(plc, false, UP, UP "\tdevice_type=PLC");
	/* what the stack knows, or nothing agrees on */
	weighs(printer, true, UP "\tdevice_type=router",
	    UP "\tdevice_type=router");
	weighs("192.0.2.7\t102\ttcp\topen\tx\tdevice=PLC\n"
	    "192.0.2.7\t631\ttcp\topen\tx\tdevice=printer", true, UP, UP);
	weighs("192.0.2.7\t80\ttcp\topen\tx\tdevice=blueprinter", true, UP,
	    UP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_info),
		cmocka_unit_test(services_alone),
		cmocka_unit_test(beside_the_stack),
		cmocka_unit_test(devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
