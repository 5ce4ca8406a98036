/* --iflist. A program's own header, no layer. */
#ifndef PRTIP_IFLIST_H
#define PRTIP_IFLIST_H

/* Prints the interfaces with their addresses, and the routes: an exit status. */
int	iflist(void);

#endif
