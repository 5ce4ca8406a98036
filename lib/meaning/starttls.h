/* How protocols that begin in clear are brought to TLS. Layer 2. */
#ifndef PRT_MEANING_STARTTLS_H
#define PRT_MEANING_STARTTLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum starttls_got {
	STARTTLS_MORE,	/* the answer is not whole */
	STARTTLS_OK,	/* it is as it should be */
	STARTTLS_NO,	/* the server does not want to, or is another one */
};

#define STARTTLS_STEPS	4
#define STARTTLS_PORTS	2

/* One exchange: what is said, and what is to be heard. */
struct starttls_step {
	const char	*say;		/* NULL: nothing; %s is the host */
	size_t		 n;		/* 0: up to its NUL */
	/* NULL: no answer comes. `want` and `no` are the row's. */
	enum starttls_got (*hear)(const struct starttls_step *, struct str);
	const char	*want, *no;
};

/* One row a protocol. */
struct starttls {
	const char		*name;
	uint16_t		 port[STARTTLS_PORTS];	/* 0: none */
	const char		*service;	/* as service= has it; or NULL */
	struct starttls_step	 step[STARTTLS_STEPS];
};

/* NULL where there is none. */
const struct starttls *starttls_find(const char *name);
const struct starttls *starttls_of_port(uint16_t);
const struct starttls *starttls_of_service(struct str);
/* The names, with blanks between them, for messages. */
void	starttls_names(struct buf *);
/* Appends what a step says. */
void	starttls_say(const struct starttls_step *, struct str host,
	    struct buf *);
/* Does the row have a step of this number? */
bool	starttls_has(const struct starttls *, unsigned step);

#endif
