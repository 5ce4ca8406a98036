/* Command lines that have a name: files of share/templates and of the user's
 * configuration. A program's own header, no layer. */
#ifndef PRTIP_TEMPLATE_H
#define PRTIP_TEMPLATE_H

#include <stddef.h>

#include "base/buf.h"

/* The words of a template. They point into `text`. */
struct template {
	char		**argv;	/* [0] is the name; ended by NULL */
	int		  argc;
	struct buf	  text;
};

/* Reads one: 0, or -1 after a message. */
int	template_read(struct template *, const char *name);
void	template_release(struct template *);
/* Prints all of them with what they say of themselves, the user's first: an exit
 * status. */
int	template_list(void);

#endif
