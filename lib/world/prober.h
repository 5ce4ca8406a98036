/* Conversations with ports: many at once, within the limits for all of them and
 * for each host. Layer 3. */
#ifndef PRT_WORLD_PROBER_H
#define PRT_WORLD_PROBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "world/connect.h"
#include "world/talk.h"

struct prober;
struct host;
struct port;		/* the caller's */
struct svc_probe;	/* and what it asked by: only kept for it */

struct prober_conf {
	struct connect_conf	 connect;	/* parallel: of all */
	unsigned		 per_host;	/* conversations at once */
	size_t			 most;		/* bytes of one conversation */
};

/* A port's first question waits for those of ports that are at work already, and
 * gets half of the places at most: it may be listened to for long. */
enum conv_class { CONV_LATER, CONV_TLS, CONV_FIRST, CONV_NCLASS };

enum conv_state { CONV_WAITING, CONV_CONNECTING, CONV_TALKING, CONV_MISSED };

/* One question to one port. */
struct conv {
	struct talk		 talk;		/* first */
	struct loop_timer	 settle;	/* has it said what it has to? */
	struct prober		*pr;
	struct conv		*prev, *next;	/* of all of them */
	struct conv		*after;		/* in a queue */
	struct host		*host;
	struct port		*port;		/* NULL: nobody wants it */
	struct conv		*kin;		/* of the same port: the port's */
	const struct svc_probe	*probe;
	struct str		 say;
	const char		*name;		/* for SNI, or NULL */
	enum conv_state		 state;
	enum conv_class		 class;
	bool			 udp, tls, plain, eager;
	struct sock_peer	 peer;
	uint64_t		 wait;		/* ns from its opening */
	uint64_t		 opened;
	uint64_t		 since;		/* when unseen bytes began to come */
	uint64_t		 rtt;		/* ns, of the connect */
	size_t			 looked;	/* bytes that were judged: the port's */
};

/* Each may drop the conversation, and ask new questions. */
struct prober_calls {
	void	(*opened)(struct conv *);
	/* There is no connection. The caller drops it. */
	void	(*missed)(struct conv *, const struct connect_outcome *);
	/* TLS is agreed on. */
	void	(*secured)(struct conv *);
	/* It has spoken, and now is silent for a moment, or speaks on and on. */
	void	(*heard)(struct conv *);
	/* It is over. The caller drops it. */
	void	(*ended)(struct conv *, enum talk_end);
};

/* NULL with errno when out of memory. tls may be NULL: then nobody asks by it. */
struct prober *prober_new(struct loop *, const struct prober_conf *,
	    struct tls_client *tls, const struct prober_calls *);
/* How many of so many conversations at once the limit of open files lets there
 * be, at least 1; raises the soft limit. */
unsigned prober_places(unsigned wanted);
/* Ends all conversations without a call. */
void	prober_free(struct prober *);

/* A question: from the time it is connected on, `wait` ns are given to the answer.
 * It goes out when the limits let it. NULL when out of memory. */
struct ask {
	u128			 addr;
	uint16_t		 port;
	bool			 udp, tls;
	bool			 plain;		/* TLS without name and ALPN */
	bool			 first;		/* of this port */
	bool			 eager;		/* heard() comes at once */
	const struct svc_probe	*probe;
	struct str		 say;		/* first; has to stay there */
	const char		*name;
	uint64_t		 wait;
};
struct conv *prober_ask(struct prober *, struct port *, const struct ask *);
/* A conversation in clear goes on inside of TLS: secured() follows. 0, or -1 when
 * out of memory. */
int	prober_secure(struct conv *);
/* Says something else; the bytes have to stay there. A datagram is sent once more
 * when no answer comes. */
void	prober_say(struct conv *, struct str);
void	prober_drop(struct conv *);
/* As connect_steer(): what is being said goes on. */
void	prober_steer(struct prober *, bool paused, double speed,
	    double reached);
/* Connects and datagrams so far, repetitions counted in. */
uint64_t prober_sent(const struct prober *);

#endif
