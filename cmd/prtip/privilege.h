/* May packets be sent raw? A program's own header, no layer. */
#ifndef PRTIP_PRIVILEGE_H
#define PRTIP_PRIVILEGE_H

#include <stdbool.h>

/* Has this process the capability, or prt-blast by its file? */
bool	privilege_is_there(void);

#endif
