/* What programs say on stderr, and their exit statuses. Layer 0; for programs
 * only: the rest of the library neither prints nor exits. */
#ifndef PRT_BASE_MSG_H
#define PRT_BASE_MSG_H

#include <stdarg.h>

#include "base/str.h"

/* Exit statuses of every program, prt-record(5). */
enum {
	PRT_OK = 0,		/* done, "nothing found" included */
	PRT_FAILED = 1,		/* failed at run time, or bad input lines */
	PRT_USAGE = 2,
	PRT_NOPRIV = 3,		/* a capability is missing */
	PRT_STOPPED = 4,	/* stopped early; what was written is valid */
};

/* The name that starts every message: the last part of argv[0]'s path. */
void	msg_init(const char *argv0);
const char *msg_name(void);
/* "name: ...\n" in one write(2). Control bytes, and bytes that are not UTF-8,
 * become '?': a message may quote what a stranger sent. */
void	msg_warn(const char *, ...) __attribute__((format(printf, 1, 2)));
/* "name: file:line: ...\n"; line 0 leaves the number out. */
void	msg_at(const char *file, unsigned long line, const char *, ...)
	    __attribute__((format(printf, 3, 4)));
void	msg_vat(const char *file, unsigned long line, const char *, va_list)
	    __attribute__((format(printf, 3, 0)));
/* msg_warn() for each line of a text. */
void	msg_lines(struct str text);
/* msg_warn(), then exit(status). */
void	msg_die(int status, const char *, ...)
	    __attribute__((format(printf, 2, 3), noreturn));

#endif
