/* Finding out what listens on one port: which questions are asked, and when the
 * answer is known. */
#ifndef PRT_SERVICE_PORT_H
#define PRT_SERVICE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "finding.h"
#include "meaning/svcmatch.h"
#include "order.h"
#include "world/prober.h"
#include "world/verdict.h"

#define BANNER_MAX	512	/* bytes kept of the first answer */

struct port;

/* What all ports share. */
struct port_env {
	struct loop		*l;
	struct prober		*pr;
	struct order		*order;
	struct svcmatch		*match;
	const struct svc_probe	*null;		/* never NULL */
	bool			 tls;		/* it may be asked by TLS */
	unsigned		 at_once;	/* conversations with one port */
	uint64_t		 grace;		/* ns for a banner to come alone */
	uint64_t		 pace;		/* ns between two questions */
	uint64_t		 timeout;	/* ns for a port in all */
	/* All is known. The port is the caller's again. */
	void			(*done)(void *ctx, struct port *);
	void			*ctx;
};

struct port {
	struct port_env		*env;
	u128			 addr;
	uint16_t		 nr;
	bool			 udp;
	bool			 was_open;	/* an earlier stage says so */
	char			*name;		/* for SNI, or NULL */
	bool			 skipped;	/* not to be asked */
	enum port_state		 state;
	struct connect_outcome	 outcome;	/* TCP: when it is not open */
	bool			 answered;	/* a byte at least */
	bool			 tls;		/* it is looked at through TLS */
	struct finding		 found;
	struct finding		 clear;		/* before TLS was spoken */
	char			*banner;	/* what it said first */
	size_t			 nbanner;
	/* private */
	struct conv		*convs;
	unsigned		 nconv;
	struct cursor		 cursor;
	struct loop_timer	 step, limit;
	uint64_t		 rtt;		/* ns, of a connect */
	bool			 suspect;	/* TLS comes first */
	bool			 tried, tried_out;	/* TLS: asked, told */
	bool			 nameless;	/* TLS: the name does no good */
	bool			 exhausted;	/* no probe is left */
	bool			 enough;	/* nothing more is to be asked */
	bool			 curt_null, lone, saw_tls;
	unsigned		 asked, curt, patient, refused, alone, floods;
	const struct svc_probe	*first[2];	/* the first ones asked */
};

/* Zeroed but for env, addr, nr, udp, was_open and name. 0, or -1 when out of
 * memory; done() is never called from within. */
int	port_start(struct port *);
/* Nothing is asked; done() comes in the next turn of the loop. */
void	port_skip(struct port *);
extern const struct prober_calls port_calls;
/* Ends what is going on, and frees what it holds; not the struct. */
void	port_release(struct port *);

#endif
