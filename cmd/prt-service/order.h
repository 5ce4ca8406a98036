/* In which order the probes of the database are tried on a port. */
#ifndef PRT_SERVICE_ORDER_H
#define PRT_SERVICE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meaning/svcdb.h"

struct order;

/* How far a port has come; zero-initialised is the start. */
struct cursor {
	bool		 rest;	/* those that name the port are done */
	size_t		 at;
	const char	*soft;	/* only probes that find this service; or NULL */
};

/* The database must outlive it. NULL when out of memory. */
struct order *order_new(const struct svcdb *, unsigned intensity);
void	order_free(struct order *);
/* The next probe with a payload: first those that name the port, the least rare
 * first, then the others up to the intensity, or any that finds what a soft match
 * says; NULL when there is none left. *named says whether it names the port. */
const struct svc_probe *order_next(struct order *, struct cursor *,
	    enum svc_proto, uint16_t port, bool tls, bool *named);
/* Do its lines know this service by more than a soft match? */
bool	order_finds(struct order *, const struct svc_probe *,
	    const char *service);
/* Is TLS likelier on the port than anything in clear? */
bool	order_is_tls(const struct order *, uint16_t port);

#endif
