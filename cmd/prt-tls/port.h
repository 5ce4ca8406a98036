/* Finding out how one port speaks TLS: by a hello of our own and what the server
 * shows in clear, or by a whole handshake. */
#ifndef PRT_TLS_PORT_H
#define PRT_TLS_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meaning/dtls.h"
#include "meaning/starttls.h"
#include "meaning/tlshello.h"
#include "more.h"
#include "world/prober.h"
#include "world/verdict.h"

struct port;

/* What all ports share. */
struct port_env {
	struct loop	*l;
	struct prober	*pr;
	bool		 full;		/* whole handshakes only */
	struct more_conf more;
	size_t		 most;		/* bytes of handshake messages */
	uint64_t	 timeout;	/* ns for a port in all */
	uint8_t		 random[TLS_RANDOM];
	/* All is known. The port is the caller's again. */
	void		(*done)(void *ctx, struct port *);
	void		*ctx;
};

struct port {
	struct port_env		*env;
	u128			 addr;
	uint16_t		 nr;
	bool			 udp;		/* it is asked by DTLS */
	bool			 was_open;	/* an earlier stage says so */
	bool			 skipped;	/* not to be asked */
	char			*name;		/* for SNI, or NULL */
	const struct starttls	*dialect;	/* spoken first, or NULL */
	enum port_state		 state;
	struct connect_outcome	 outcome;	/* when it is not open */
	bool			 tls;		/* it speaks TLS */
	bool			 named;		/* it was asked by its name */
	bool			 full;		/* by a whole handshake */
	const char		*why;		/* not, or no further; or NULL */
	struct tls_in		 in;		/* what it showed */
	struct more		*more;		/* what else it has, or NULL */
	/* private */
	const char		*refusal;	/* the first one */
	struct dtls_in		*dtls;		/* UDP: what becomes `in` */
	uint8_t			 hellos;	/* of DTLS: the cookie wants a 2nd */
	struct conv		*conv;
	struct buf		 hello;
	struct loop_timer	 limit;
	unsigned		 step;
	unsigned		 exchange;	/* of the dialect */
	struct buf		 said;
	bool			 over;		/* done() is to come */
};

/* Zeroed but for env, addr, nr, udp, was_open, name and dialect. 0, or -1 when out
 * of memory; done() is never called from within. */
int	port_start(struct port *);
/* Nothing is asked; done() comes in the next turn of the loop. */
int	port_skip(struct port *);
extern const struct prober_calls port_calls;
/* Ends what is going on, and frees what it holds; not the struct. */
void	port_release(struct port *);

#endif
