/* What the two halves of a port ask of each other: which questions go out, and what
 * the answers mean. */
#ifndef PRT_SERVICE_PORT_PRIV_H
#define PRT_SERVICE_PORT_PRIV_H

#include "port.h"

/* Ends a conversation. */
void	port_drop(struct conv *);
/* All is known: the port is the caller's again. */
void	port_finish(struct port *);
/* The next question goes out in the next turn of the loop. */
void	port_step_soon(struct port *);
/* Is it still to be found out whether it speaks TLS? */
bool	port_may_be_tls(const struct port *);
/* It speaks TLS, or may: that is told before all else. */
void	port_suspect_tls(struct port *);
/* Looks at what has come since the last time: true when that ended the port, or
 * the conversation at least. */
bool	port_judge(struct port *, struct conv *);

#endif
