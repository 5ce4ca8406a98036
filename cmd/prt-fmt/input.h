/* What prt-fmt reads: its operands, all opened before the first byte is read. A
 * program's own header, no layer. */
#ifndef PRT_FMT_INPUT_H
#define PRT_FMT_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "stage.h"
#include "world/source.h"

struct inputs {
	int		*fd;
	const char	**name;
	size_t		 n;
};

/* Opens the operands ("-" is stdin, and so is none at all): 0, or -1 after a
 * message. */
int	inputs_open(struct inputs *, char **operand, size_t n);
/* One input that is open already. */
int	inputs_take(struct inputs *, int fd, const char *name);
void	inputs_close(struct inputs *);
/* From here on SIGTERM ends the reading, and so does SIGINT, but for the first
 * one when the input is a pipe: ^C reaches the whole pipeline, and what the
 * scan still has to say is part of the report. */
void	inputs_catch(const struct inputs *);
/* Did one of those signals come? */
bool	inputs_stopped(void);
/* Gives every record of every input, read as `how` says, to the stage; messages
 * for what is malformed, the first of which ends it with how.strict. An exit
 * status. */
int	inputs_format(const struct inputs *, const struct source *how,
	    struct stage *);

#endif
