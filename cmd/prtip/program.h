/* Where the other programs of prt are. A program's own header, no layer. */
#ifndef PRTIP_PROGRAM_H
#define PRTIP_PROGRAM_H

/* The path by which to start a program: beside this one, else as PATH has it.
 * To be freed; NULL when there is none, with errno. */
char	*program_path(const char *name);
/* What a shell has to be told for the same: the name alone when PATH leads
 * there. To be freed; NULL out of memory. */
char	*program_name(const char *name);

#endif
