/* What the rooms of a port share among themselves. */
#ifndef PRT_TLS_PORT_PRIV_H
#define PRT_TLS_PORT_PRIV_H

#include "port.h"

/* Ends what is going on; done() comes in the next turn of the loop. */
void	port_finish(struct port *, const char *why);
/* Puts the hello of the step that the port has come to into p->hello, on top of
 * what is in *h already: 0, or -1. */
int	port_make_hello(struct port *, struct tls_hello *);
/* p->in is all that came. */
void	port_judge(struct port *);

/* ---- DTLS, port_dtls.c ---- */

/* 0, or -1 when out of memory. */
int	port_dtls_start(struct port *);
void	port_dtls_heard(struct conv *);
void	port_dtls_ended(struct port *, enum talk_end);
void	port_dtls_release(struct port *);

#endif
