/* Setting a record's fields. What is empty is not set. */
#ifndef PRT_TLS_PUT_H
#define PRT_TLS_PUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "meaning/record.h"

/* What was gathered: foreign bytes, or text of ours; the buffer is empty then. */
void	put_bytes(struct record *, const char *key, struct buf *);
void	put_list(struct record *, const char *key, struct buf *);
/* Foreign bytes. */
void	put_str(struct record *, const char *key, struct str);
void	put_int(struct record *, const char *key, int64_t);
void	put_bool(struct record *, const char *key, bool);
/* Appends one of a list to what is gathered. */
void	put_item(struct buf *, const char *name);

#endif
