/* Single keys from the terminal. A program's own header, no layer. */
#ifndef PRTIP_KEYS_H
#define PRTIP_KEYS_H

#include <stdbool.h>

/* Lets keys come one by one and unseen, when standard input is a terminal whose
 * foreground we are; false when it is not. Signals from the keyboard stay. */
bool	keys_open(void);
/* The same again, after we were stopped and the shell had the terminal. */
void	keys_again(void);
/* The terminal as it was. */
void	keys_close(void);

#endif
