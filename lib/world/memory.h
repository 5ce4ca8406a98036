/* How the allocator asks for memory. Layer 3. */
#ifndef PRT_WORLD_MEMORY_H
#define PRT_WORLD_MEMORY_H

/* For a program that is to start and end quickly: the allocator asks the kernel
 * for some more than it needs, keeps it, and has one arena for all threads,
 * since a second one costs more to make than to share the first. What is not
 * touched takes no memory. */
void	memory_setup(void);

#endif
