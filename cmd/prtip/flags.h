/* --scanflags: TCP flags as nmap's users write them. A program's own header, no
 * layer. */
#ifndef PRTIP_FLAGS_H
#define PRTIP_FLAGS_H

#include <stddef.h>

/* "SYNFIN", "syn,fin" or a number as the letters of prt-blast's "flags:" into
 * dst, of 9 bytes at least. NULL, or what is wrong with it, and the mend. */
const char *flags_read(char *dst, size_t cap, const char *text);

#endif
