/* What the records of a report say of one host, for the formats that group by
 * host. A program's own header, no layer. */
#ifndef PRT_FMT_HOST_H
#define PRT_FMT_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "meaning/ports.h"
#include "os.h"
#include "report.h"
#include "summary.h"

/* Ports alike in these are summed up when there are more than a few. */
struct group {
	struct str	 proto;
	struct str	 state;
	struct str	 reason;
	size_t		 n;
};

enum { NGROUP = 32, FEW = 25 };

struct host {
	const struct report	*rp;
	size_t		 from, to;	/* its entries */
	struct group	 group[NGROUP];	/* of ports that are not open */
	size_t		 ngroup;
	size_t		 nports;
	struct str	 state;		/* up, down, or absent */
	struct str	 reason;
	struct str	 ttl;		/* of the packet that showed it */
	struct str	 name;		/* by which it was asked for */
	struct str	 ptr;		/* the list of those it has in DNS */
	struct str	 mac;
	struct str	 vendor;
	struct str	 suspect;
	struct host_os	 os;
	struct str	 rtt;		/* the host's own, else the least */
	struct str	 first, last;	/* time of its answers, or absent */
	bool		 timedout;	/* it took too long: ports are left out */
	bool		 answered;	/* a port's state was proved by it */
};

/* Reads what all the records from entry `from` on say of their host; `scratch`
 * holds one of them at a time. Texts point into the report. */
void	host_read(struct host *, const struct report *, size_t from,
	    struct record *scratch);
/* What to call it: what its user did, else its first name in DNS; or absent. */
struct str host_name(const struct host *);
/* Reads entry i. False when a later record says the same of the same port. */
bool	host_record(const struct host *, size_t i, struct record *);
/* The group that a record was counted in; NULL for an open port's. */
const struct group *host_group(const struct host *, const struct record *);
/* Is the group summed up: more than FEW ports, or none that --open shows? */
bool	host_sums_up(const struct host *, const struct group *);
/* Is a port of it one of a group that is? */
bool	host_is_one_of_many(const struct host *, const struct record *);
/* How many ports in a state the scan of this one host counted without a record
 * for each; 0 when the report has more hosts, or does not say. */
uint64_t host_uncounted(const struct host *, struct str state);
/* Host records only, and what they say is that nobody is there. */
bool	host_is_down(const struct host *);
/* The service of a port's record: what it says, else the port's usual one. */
struct str host_service(const struct ports *, const struct record *,
	    uint16_t port);
/* Counts every host of the report, and puts those that are shown: not the ones
 * that are down, unless all are wanted. */
void	hosts_each(struct sink *, const struct report *, struct buf *,
	    struct seen *, void (*put)(struct sink *, struct buf *,
	    const struct host *, struct record *));
/* Compares decimal seconds by value: they have no sign and no exponent. */
bool	host_less(struct str, struct str);

#endif
