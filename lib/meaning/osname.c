#include "meaning/osname.h"

#include <stdbool.h>
#include <string.h>

#define GENERAL	"general purpose"
#define SYSTEM(said, cpe, vendor, type, stack)	\
	{ said, cpe, said, vendor, type, stack, NULL }
#define DISTRO(name, cpe)	\
	{ NULL, cpe, "Linux", "Linux", GENERAL, "Linux", name }

const struct osname osname_rows[] = {
	{ "Linux", "linux:linux_kernel", "Linux", "Linux", NULL, "Linux",
	    NULL },
	DISTRO("Debian", "debian:debian_linux"),
	DISTRO("Ubuntu", "canonical:ubuntu_linux"),
	DISTRO("Red Hat Enterprise Linux", "redhat:enterprise_linux"),
	DISTRO("Fedora", "fedoraproject:fedora"),
	DISTRO("CentOS", "centos:centos"),
	DISTRO("SUSE Linux Enterprise", "suse:linux_enterprise"),
	DISTRO("openSUSE", "opensuse:leap"),
	DISTRO("Alpine", "alpinelinux:alpine_linux"),
	DISTRO("OpenWrt", "openwrt:openwrt"),
	SYSTEM("Android", "google:android", "Google", "phone", "Linux"),
	SYSTEM("RouterOS", "mikrotik:routeros", "MikroTik", "router", "Linux"),
	SYSTEM("Windows", "microsoft:windows", "Microsoft", GENERAL,
	    "Windows"),
	SYSTEM("FreeBSD", "freebsd:freebsd", "FreeBSD", GENERAL, "FreeBSD"),
	SYSTEM("OpenBSD", "openbsd:openbsd", "OpenBSD", GENERAL, "OpenBSD"),
	SYSTEM("NetBSD", "netbsd:netbsd", "NetBSD", GENERAL, "NetBSD"),
	SYSTEM("macOS", "apple:macos", "Apple", GENERAL, "macOS"),
	{ "Mac OS X", "apple:mac_os_x", "macOS", "Apple", GENERAL, "macOS",
	    NULL },
	SYSTEM("Solaris", "oracle:solaris", "Oracle", GENERAL, "Solaris"),
	{ "SunOS", "sun:sunos", "Solaris", "Oracle", GENERAL, "Solaris",
	    NULL },
	SYSTEM("illumos", "illumos:illumos", "illumos", GENERAL, "illumos"),
	SYSTEM("AIX", "ibm:aix", "IBM", GENERAL, "AIX"),
	SYSTEM("IOS XE", "cisco:ios_xe", "Cisco", "router", "IOS"),
	SYSTEM("IOS", "cisco:ios", "Cisco", "router", "IOS"),
	SYSTEM("NX-OS", "cisco:nx-os", "Cisco", "switch", "Linux"),
	{ "JunOS", "juniper:junos", "JUNOS", "Juniper", "router", "FreeBSD",
	    NULL },
	SYSTEM("ESXi", "vmware:esxi", "VMware", "specialized", "ESXi"),
	SYSTEM("VxWorks", "windriver:vxworks", "Wind River", "specialized",
	    "VxWorks"),
	SYSTEM("QNX", "blackberry:qnx", "BlackBerry", "specialized", "QNX"),
	SYSTEM("VRP", "huawei:vrp", "Huawei", "router", "VRP"),
	SYSTEM("Comware", "h3c:comware", "H3C", "switch", "Comware"),
};
_Static_assert(sizeof(osname_rows) / sizeof(osname_rows[0]) == OSNAME_N,
    "OSNAME_N counts them");

const struct osname *
osname_of(struct str said)
{
	size_t i;

	for (i = 0; i < OSNAME_N; i++)
		if (osname_rows[i].said != NULL &&
		    str_is(said, osname_rows[i].said))
			return &osname_rows[i];
	return NULL;
}

const struct osname *
osname_of_cpe(struct str cpe)
{
	static const char start[] = "cpe:/o:";
	size_t i, n, skip = sizeof(start) - 1;

	if (cpe.n < skip || memcmp(cpe.p, start, skip) != 0)
		return NULL;
	cpe.p += skip;
	cpe.n -= skip;
	for (i = 0; i < OSNAME_N; i++) {
		n = strlen(osname_rows[i].cpe);
		/* a product may have its version in its name: windows_10 */
		if (cpe.n >= n && memcmp(cpe.p, osname_rows[i].cpe, n) == 0 &&
		    (cpe.n == n || cpe.p[n] == ':' || cpe.p[n] == '_'))
			return &osname_rows[i];
	}
	return NULL;
}

/* Words of banners, and the row's CPE. */
static const struct {
	const char	*word, *cpe;
} words[] = {
	{ "Debian", "debian:debian_linux" },
	{ "Raspbian", "debian:debian_linux" },
	{ "Ubuntu", "canonical:ubuntu_linux" },
	{ "Red Hat", "redhat:enterprise_linux" },
	{ "Fedora", "fedoraproject:fedora" },
	{ "CentOS", "centos:centos" },
	{ "openSUSE", "opensuse:leap" },
	{ "Alpine", "alpinelinux:alpine_linux" },
	{ "Linux", "linux:linux_kernel" },
	{ "Win32", "microsoft:windows" },
	{ "Win64", "microsoft:windows" },
	{ "FreeBSD", "freebsd:freebsd" },
	{ "OpenBSD", "openbsd:openbsd" },
	{ "NetBSD", "netbsd:netbsd" },
	{ "Darwin", "apple:macos" },
	{ "SunOS", "sun:sunos" },
	{ "AIX", "ibm:aix" },
};

static bool
starts_with_word(struct str s, const char *word)
{
	size_t n = strlen(word);

	if (s.n < n || memcmp(s.p, word, n) != 0)
		return false;
	return s.n == n || strchr(" /,-)", s.p[n]) != NULL;
}

static const struct osname *
row_of(const char *cpe)
{
	size_t i;

	for (i = 0; i < OSNAME_N; i++)
		if (strcmp(osname_rows[i].cpe, cpe) == 0)
			return &osname_rows[i];
	return NULL;
}

const struct osname *
osname_of_info(struct str info)
{
	struct str part;
	size_t i;

	while (info.n > 0) {
		part = str_trim(str_cut(&info, ';'));
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (starts_with_word(part, words[i].word))
				return row_of(words[i].cpe);
	}
	return NULL;
}
