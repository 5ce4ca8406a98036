#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "meaning/osrelease.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))

static const struct osrelease *
of(const char *product, const char *version, const char *info)
{
	const struct osrelease *o;
	struct record r = { 0 };

	rec_data(&r, STR("192.0.2.7"), STR("22"), STR("tcp"), STR("open"),
	    STR_NONE);
	rec_set(&r, "product", str_of(product));
	rec_set(&r, "version", str_of(version));
	rec_set(&r, "info", str_of(info));
	o = osrelease_of(&r);
	rec_release(&r);
	return o;
}

static void
releases(void **state)
{
	static const struct {
		const char *product, *version, *info, *system, *name, *gens;
	} t[] = {
		{ "OpenSSH", "9.2p1", "Debian 2+deb12u3; protocol 2.0",
		    "Debian", "12", NULL },
		{ "OpenSSH", "8.4p1", "Debian 5; protocol 2.0", "Debian",
		    "11", NULL },
		{ "OpenSSH", "9.6p1", "Ubuntu 3ubuntu13.5; protocol 2.0",
		    "Ubuntu", "24.04", NULL },
		{ "Snapcast", "0.26.0", "Debian GNU/Linux 12 (bookworm)",
		    "Debian", "12", NULL },
		{ "Linux telnetd", "", "Ubuntu 22.04", "Ubuntu", "22.04",
		    NULL },
		{ "MySQL", "8.0.36", "0ubuntu0.22.04.1", "Ubuntu", "22.04",
		    NULL },
		{ "MariaDB", "10.11.6-MariaDB-0+deb12u1", "", "Debian", "12",
		    NULL },
		{ "ISC BIND", "9.16.48", "Debian 1~deb11u1", "Debian", "11",
		    NULL },
		{ "Net-SNMP", "", "SNMPv1, public; Linux 6.18.44-fc-v669",
		    "Linux", "6", "6.X" },
		{ "Net-SNMP", "", "SNMPv1, public; Linux 2.6.32-71.el6",
		    "Linux", "2.6", "2.6.X" },
		{ "Net-SNMP", "", "SNMPv1, public; Windows 6.3", "Windows",
		    "8.1 or Server 2012 R2", "8.1,2012" },
		{ "Microsoft Windows SMB", "10.0.17763", "", "Windows",
		    "10 1809 or Server 2019", "10,2019" },
		{ "Microsoft DNS", "6.3.9600", "", "Windows",
		    "8.1 or Server 2012 R2", "8.1,2012" },
		{ "Microsoft Windows Server 2008 R2 Standard 7601 Service "
		    "Pack 1", "", "", "Windows",
		    "7 SP1 or Server 2008 R2 SP1", "7,2008" },
		{ "Microsoft Windows 5.1", "", "", "Windows", "XP", "XP" },
		{ "Microsoft IIS httpd", "8.5", "", "Windows",
		    "8.1 or Server 2012 R2", "8.1,2012" },
		{ "Microsoft IIS ftpd", "6.0", "", "Windows", "Server 2003",
		    "2003" },
	};
	const struct osrelease *o;
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		o = of(t[i].product, t[i].version, t[i].info);
		if (o == NULL)
			fail_msg("%s %s: none", t[i].product, t[i].version);
		assert_string_equal(o->system, t[i].system);
		assert_string_equal(o->name, t[i].name);
		if (t[i].gens == NULL)
			assert_null(o->gens);
		else
			assert_string_equal(o->gens, t[i].gens);
	}
}

static void
none(void **state)
{
	static const struct {
		const char *product, *version, *info;
	} t[] = {
		{ "", "", "" },
		{ "OpenSSH", "9.2p1", "protocol 2.0" },
		{ "OpenSSH", "5.3p1", "Debian 3; protocol 2.0" },
		{ "Dropbear sshd", "8.4p1", "Debian 5" },
		{ "x", "1+deb", "" }, { "x", "1+deb123u1", "" },
		{ "x", "1+deb12", "" }, { "x", "1deb12u1", "" },
		{ "x", "ubuntu", "" },
		{ "x", "0ubuntu0.122.04", "" }, { "x", "0ubuntu0.22.041", "" },
		{ "Microsoft Windows SMB", "10.0", "" },
		{ "Microsoft Windows SMB", "10.0.99999", "" },
		{ "Microsoft Windows RPC", "", "" },
		{ "Microsoft IIS httpd", "", "" },
		{ "x", "", "Debian GNU/Linux bookworm" },
		{ "x", "", "Linux" }, { "x", "", "Linux 6" },
		{ "x", "", "Linux 2" }, { "x", "", "Linux 2.7.1" },
		{ "x", "", "Linux 99.1" }, { "x", "", "Windows " },
		{ "x", "", "Debian GNU/Linux 12.4.7" },
	};
	const struct osrelease *o;
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		o = of(t[i].product, t[i].version, t[i].info);
		if (o != NULL)
			fail_msg("%s %s: %s %s", t[i].product, t[i].version,
			    o->system, o->name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(releases),
		cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
