/* What the two files of the sandbox share. Layer 3. */
#ifndef PRT_WORLD_SANDBOX_PRIV_H
#define PRT_WORLD_SANDBOX_PRIV_H

/* The leak checker at the end of a sanitized program starts a thread that
 * traces its parent and looks it up in /proc, and a coverage build writes
 * files: neither could be let through without letting everything through. */
#if defined(__SANITIZE_ADDRESS__) || defined(PRT_COVERAGE)
#define WITHOUT_SANDBOX
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
    __has_feature(thread_sanitizer)
#define WITHOUT_SANDBOX
#endif
#endif

#include <stdbool.h>

/* no_new_privs and no file; with `tcp`, connections are left. As
 * sandbox_enter(). */
int	sandbox_begin(bool tcp);

#endif
